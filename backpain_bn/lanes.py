"""The inner loop, compiled by numba: every step of a plan on many rows at once. The only module that imports numba, which takes 0.4 s.

A buffer of shape (slots,) holds one row; one of shape (slots, lanes) holds a row in each lane, and a step is then done on whole vectors.
Lanes never meet and no step is contracted or reordered, so a row's answer is the same to the last bit whichever buffer it went through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from .circuit import CONSTANTS, MINUS_ONE, ONE, ZERO
from .plan import ADD, MULTIPLY, MULTIPLY_ADD, MULTIPLY_TWICE

F = TypeVar("F", bound=Callable[..., Any])
SLOT_BYTES = 128
"""Two vectors of 512 bits: fewer lanes spend their time reading the program, more no longer fit the cache."""
VECTOR_BYTES = 64


def compiled(function: F) -> F:
    """Return the function compiled: kept on disk between processes, unless there is no folder to write to."""
    try:
        fast: F = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        fast = njit(nogil=True, error_model="numpy")(function)
    return fast


def buffer(slots: int, rows: int, dtype: type) -> np.ndarray[Any, Any]:
    """Return room for one row, or for as many as a wide slot has lanes; aligned, since a vector across two cache lines costs twice."""
    if rows == 1:
        return np.empty(slots, dtype)
    room = np.empty(slots * SLOT_BYTES + VECTOR_BYTES, np.uint8)
    skipped = -room.ctypes.data % VECTOR_BYTES
    return room[skipped : skipped + slots * SLOT_BYTES].view(dtype).reshape(slots, -1)


@intrinsic  # type: ignore[untyped-decorator]
def _step(_: Any, cells: Any, kind: Any, code: Any, at: Any) -> Any:
    """Do one step of literal `kind`, whose slots are `code[at:]`.

    Written as instructions: a loop over lanes is compiled with tests of whether operands overlap, which cost more than the step itself.
    """
    if not isinstance(kind, types.Literal):
        return None
    width = 1 if cells.ndim == 1 else SLOT_BYTES * 8 // cells.dtype.bitwidth

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = ir.IntType(64)
        first = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        slots = context.make_array(signature.args[2])(context, builder, arguments[2]).data
        number = context.get_data_type(cells.dtype)
        vector = ir.VectorType(number, width) if width > 1 else number
        align = VECTOR_BYTES if width > 1 else cells.dtype.bitwidth // 8

        def pointer(operand: int) -> Any:
            slot = builder.load(builder.gep(slots, [builder.add(arguments[3], ir.Constant(word, operand))]))
            place = builder.gep(first, [builder.mul(builder.zext(slot, word), ir.Constant(word, width))])
            return builder.bitcast(place, vector.as_pointer())

        def value(operand: int) -> Any:
            return builder.load(pointer(operand), align=align)

        if kind.literal_value == ADD:
            result = builder.fadd(value(1), value(2))
        else:
            result = builder.fmul(value(1), value(2))
        if kind.literal_value == MULTIPLY_ADD:
            result = builder.fadd(result, value(3))
        elif kind.literal_value == MULTIPLY_TWICE:
            result = builder.fadd(result, builder.fmul(value(3), value(4)))
        builder.store(result, pointer(0), align=align)
        return context.get_dummy_value()

    return types.void(cells, kind, code, types.intp), generate


@compiled
def _steps(cells: Any, kinds: Any, counts: Any, code: Any) -> None:
    at = 0
    for run in range(len(kinds)):
        kind = kinds[run]
        if kind == MULTIPLY:
            for _ in range(counts[run]):
                _step(cells, MULTIPLY, code, at)
                at += 3
        elif kind == ADD:
            for _ in range(counts[run]):
                _step(cells, ADD, code, at)
                at += 3
        elif kind == MULTIPLY_ADD:
            for _ in range(counts[run]):
                _step(cells, MULTIPLY_ADD, code, at)
                at += 4
        else:
            for _ in range(counts[run]):
                _step(cells, MULTIPLY_TWICE, code, at)
                at += 5


@compiled
def _fill(flat: Any, first: int, lanes: int, rows: Any, start: int) -> None:
    """Put rows into lanes; the last row also fills the lanes that are left over."""
    for lane in range(lanes):
        row = rows[min(start + lane, len(rows) - 1)]
        for index in range(len(row)):
            flat[(first + index) * lanes + lane] = row[index]


@compiled
def _read(flat: Any, lanes: int, gradient: Any, spans: Any, joint: Any, total: Any, z: Any, slack: float) -> None:
    """Leave the posteriors in `joint` (S * lanes), and nan in `z` (lanes) where the states of a variable do not sum to Z."""
    zero = flat[ZERO]
    for span in range(len(spans)):
        first, last = spans[span, 0], spans[span, 1]
        total[:] = 0
        for state in range(first, last):
            slope, weight, place = gradient[state] * lanes, (CONSTANTS + state) * lanes, state * lanes
            for lane in range(lanes):
                value = flat[slope + lane] * flat[weight + lane]
                joint[place + lane] = zero if value < 0 else value
                total[lane] += joint[place + lane]
        for lane in range(lanes):
            if not abs(total[lane] - z[lane]) <= slack * z[lane]:
                z[lane] = np.nan
        for state in range(first, last):
            for lane in range(lanes):
                joint[state * lanes + lane] /= total[lane]


@compiled
def run(
    code: Any, kinds: Any, counts: Any, gradient: Any, spans: Any, evidence_slot: int, parameter_slot: int,
    cells: Any, evidence: Any, parameters: Any, least: float, slack: float, marginals: Any, z: Any,
) -> None:  # fmt: skip
    """Fill `marginals` (n, S) and `z` (n,), P(evidence) or nan where it or a total is out of range; `parameters` is (1, P) or (n, P)."""
    lanes = cells.size // len(cells)
    flat = cells.reshape(-1)
    joint, total, some_z = np.zeros(evidence.shape[1] * lanes, flat.dtype), np.empty(lanes, flat.dtype), np.empty(lanes, flat.dtype)
    for lane in range(lanes):
        flat[ZERO * lanes + lane], flat[ONE * lanes + lane], flat[MINUS_ONE * lanes + lane] = 0, 1, -1
    for start in range(0, len(evidence), lanes):
        _fill(flat, CONSTANTS, lanes, evidence, start)
        if start == 0 or len(parameters) > 1:
            _fill(flat, parameter_slot, lanes, parameters, start)
        _steps(cells, kinds, counts, code)
        for lane in range(lanes):
            value = flat[evidence_slot * lanes + lane]
            some_z[lane] = value if least < value < 1 / least else np.nan
        _read(flat, lanes, gradient, spans, joint, total, some_z, slack)
        for lane in range(min(lanes, len(evidence) - start)):
            z[start + lane] = some_z[lane]
            row = marginals[start + lane]
            for index in range(len(row)):
                row[index] = joint[index * lanes + lane]
