"""The inner loop, compiled by numba: every step of a program on many rows at once. The only module
that imports numba, which takes 0.4 s.

A buffer of shape (slots,) holds one row; one of shape (slots, lanes) holds a row in each lane, and
a step is then done on whole vectors. Lanes never meet and no step is contracted or reordered, so a
row's answer is the same to the last bit whichever buffer it went through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from .beliefs import Array
from .elimination import CONSTANTS, MINUS_ONE, ONE, ZERO
from .program import ADD, DEVIATE, DIVIDE, JOIN, MULTIPLY_ADD, MULTIPLY_TWICE, OPERANDS

F = TypeVar("F", bound=Callable[..., Any])
SLOT_BYTES = 128
"""Two vectors of 512 bits: fewer lanes spend their time reading the program, more no longer fit the
cache.
"""
VECTOR_BYTES = 64
WORD = ir.IntType(64)


def compiled(function: F) -> F:
    """Return the function compiled: kept on disk between processes, unless there is no folder to
    write to.
    """
    try:
        return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:
        return cast(F, njit(nogil=True, error_model="numpy")(function))


def buffer(slots: int, rows: int) -> Array:
    """Return room for one row, or for as many as a wide slot has lanes; aligned, since a vector
    across two cache lines costs twice.
    """
    if rows == 1:
        return np.empty(slots)
    room = np.empty(slots * SLOT_BYTES + VECTOR_BYTES, np.uint8)
    skipped = -room.ctypes.data % VECTOR_BYTES
    return room[skipped : skipped + slots * SLOT_BYTES].view(np.float64).reshape(slots, -1)


def _instructions(_: Any, cells: Any, kind: Any, count: Any, code: Any, at: Any) -> Any:
    """Do `count` steps of one kind, whose slots begin at `code[at]`.

    Written as instructions: a loop over lanes is compiled with tests of whether operands overlap,
    which cost more than the step itself.
    """
    width = 1 if cells.ndim == 1 else SLOT_BYTES * 8 // cells.dtype.bitwidth

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, kind, count, code, at = arguments
        first = context.make_array(signature.args[0])(context, builder, array).data
        slots = context.make_array(signature.args[3])(context, builder, code).data
        number = context.get_data_type(cells.dtype)
        vector = ir.VectorType(number, width) if width > 1 else number
        align = VECTOR_BYTES if width > 1 else cells.dtype.bitwidth // 8

        def pointer(place: Any, operand: int) -> Any:
            slot = builder.load(builder.gep(slots, [builder.add(place, WORD(operand))]))
            return builder.bitcast(
                builder.gep(first, [builder.mul(builder.zext(slot, WORD), WORD(width))]),
                vector.as_pointer(),
            )

        for known, operands in enumerate(OPERANDS):
            with (
                builder.if_then(builder.icmp_signed("==", kind, WORD(known))),
                cgutils.for_range(builder, count) as loop,
            ):
                place = builder.add(at, builder.mul(loop.index, WORD(1 + operands)))
                values = [
                    builder.load(pointer(place, 1 + operand), align=align)
                    for operand in range(operands)
                ]
                builder.store(_result(builder, known, *values), pointer(place, 0), align=align)
        return context.get_dummy_value()

    return types.void(cells, types.int64, types.int64, code, types.int64), generate


_run: Any = intrinsic(_instructions)


def _result(builder: Any, kind: int, x: Any, y: Any, z: Any = None, w: Any = None) -> Any:
    if kind == ADD:
        return builder.fadd(x, y)
    if kind == DIVIDE:
        return builder.fdiv(x, y)
    if kind == DEVIATE:
        difference = builder.fsub(x, y)
        opposite = builder.fneg(difference)
        positive = builder.fcmp_ordered(">", difference, opposite)
        return builder.fadd(builder.select(positive, difference, opposite), z)
    product = builder.fmul(x, y)
    if kind == JOIN:
        return builder.select(builder.fcmp_ordered("<", product, z), z, product)
    if kind == MULTIPLY_ADD:
        return builder.fadd(product, z)
    if kind == MULTIPLY_TWICE:
        return builder.fadd(product, builder.fmul(z, w))
    return product


@compiled
def _fill(flat: Any, first: int, lanes: int, rows: Any, start: int) -> None:
    """Put rows into lanes; the last row also fills the lanes that are left over."""
    for lane in range(lanes):
        row = rows[min(start + lane, len(rows) - 1)]
        for index in range(len(row)):
            flat[(first + index) * lanes + lane] = row[index]


@compiled
def run(
    code: Any,
    runs: Any,
    answers: Any,
    evidence_slot: int,
    deviation_slot: int,
    parameter_slot: int,
    cells: Any,
    evidence: Any,
    parameters: Any,
    least: float,
    slack: float,
    found: Any,
    z: Any,
) -> None:
    """Fill `found` (n, answers) and `z` (n,), P(evidence) or nan where it or a total is out of
    range; `parameters` is (1, P) or (n, P).
    """
    lanes = cells.size // len(cells)
    flat = cells.reshape(-1)
    for lane in range(lanes):
        flat[ZERO * lanes + lane] = 0
        flat[ONE * lanes + lane] = 1
        flat[MINUS_ONE * lanes + lane] = -1
    for start in range(0, len(evidence), lanes):
        _fill(flat, CONSTANTS, lanes, evidence, start)
        if start == 0 or len(parameters) > 1:
            _fill(flat, parameter_slot, lanes, parameters, start)
        for index in range(len(runs)):
            _run(cells, runs[index, 0], runs[index, 1], code, runs[index, 2])
        for lane in range(min(lanes, len(evidence) - start)):
            value = flat[evidence_slot * lanes + lane]
            deviation = flat[deviation_slot * lanes + lane]
            z[start + lane] = np.nan
            if least < value < 1 / least and deviation <= slack * value:
                z[start + lane] = value
            row = found[start + lane]
            for index in range(len(row)):
                row[index] = flat[answers[index] * lanes + lane]
