"""The inner loop, written as LLVM instructions: every step of a program on many rows at once. The
only module that imports llvmlite; it is compiled in every process anew, in a tenth of a second.

A wide kernel holds a row in each lane of a vector and does a step on whole vectors; a narrow one
does one row at a time. Lanes never meet and no step is contracted or reordered, so a row's answer
is the same to the last bit whichever kernel it went through.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from .beliefs import Array
from .elimination import CONSTANT_VALUES, CONSTANTS
from .program import ADD, DEVIATE, DIVIDE, JOIN, MULTIPLY_ADD, MULTIPLY_TWICE, OPERANDS, Program

WIDE = 16
"""Lanes of two vectors of 512 bits: fewer spend their time reading the program, more no longer fit
the cache.
"""
ALIGNMENT = 64
WORD, REAL, SLOT, NOTHING = ir.IntType(64), ir.DoubleType(), ir.IntType(32), ir.VoidType()
LOCK = Lock()


class Arguments(NamedTuple):
    """What a kernel is given: room for the slots; the program; the rows; where answers go."""

    cells: Any
    code: Any
    runs: Any
    run_count: Any
    answers: Any
    answer_count: Any
    evidence: Any
    states: Any
    parameters: Any
    parameter_count: Any
    own: Any
    rows: Any
    found: Any


KINDS = Arguments(
    REAL.as_pointer(),
    SLOT.as_pointer(),
    WORD.as_pointer(),
    WORD,
    WORD.as_pointer(),
    WORD,
    REAL.as_pointer(),
    WORD,
    REAL.as_pointer(),
    WORD,
    WORD,
    WORD,
    REAL.as_pointer(),
)


def run(program: Program, evidence: Array, parameters: Array, found: Array) -> None:
    """Fill `found` (n, answers + 2): the answers to rows of likelihoods (n, S), then Z and the
    summed deviation from it. `parameters` are (1, P) or (n, P); all arrays are contiguous.
    """
    lanes = WIDE if len(evidence) > 1 else 1
    cells = _room(program.slots * lanes)
    cells[: CONSTANTS * lanes] = np.repeat(CONSTANT_VALUES, lanes)
    answers = np.append(program.answers, [program.evidence, program.deviation])
    _compiled(lanes)(
        cells.ctypes.data,
        program.code.ctypes.data,
        program.runs.ctypes.data,
        len(program.runs),
        answers.ctypes.data,
        len(answers),
        evidence.ctypes.data,
        evidence.shape[1],
        parameters.ctypes.data,
        parameters.shape[1],
        int(len(parameters) > 1),
        len(evidence),
        found.ctypes.data,
    )


def _room(size: int) -> Array:
    """Return aligned room, since a vector across two cache lines costs twice."""
    room = np.empty(8 * size + ALIGNMENT, np.uint8)
    skipped = -room.ctypes.data % ALIGNMENT
    aligned: NDArray[np.float64] = room[skipped : skipped + 8 * size].view(np.float64)
    return aligned


def _compiled(lanes: int) -> Callable[..., None]:
    with LOCK:
        return _machine_code(lanes)[1]


@cache
def _machine_code(lanes: int) -> tuple[Any, Callable[..., None]]:
    """Return the owner of the compiled kernel, and the kernel; Python's lock is free meanwhile."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    host = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    machine = llvm.Target.from_default_triple().create_target_machine(*host, opt=1)
    module = llvm.parse_assembly(str(_module(lanes)))
    module.triple = llvm.get_default_triple()
    owner = llvm.create_mcjit_compiler(module, machine)
    owner.finalize_object()
    kinds = [ctypes.c_void_p if kind.is_pointer else ctypes.c_int64 for kind in KINDS]
    return owner, ctypes.CFUNCTYPE(None, *kinds)(owner.get_function_address("run"))


def _module(lanes: int) -> ir.Module:
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(NOTHING, KINDS), "run")
    builder = ir.IRBuilder(function.append_basic_block())
    given = Arguments(*function.args)
    with _loop(builder, WORD(0), given.rows, lanes) as start:
        _batch(builder, given, lanes, start)
    builder.ret_void()
    return module


def _batch(builder: ir.IRBuilder, given: Arguments, lanes: int, start: Any) -> None:
    """Answer the rows from `start` that fit into the lanes; the last row also fills those that are
    left over.
    """
    last = builder.sub(given.rows, WORD(1))
    _fill(builder, given.cells, lanes, (given.evidence, given.states), WORD(CONSTANTS), start, last)
    is_first = builder.icmp_signed("==", start, WORD(0))
    each_its_own = builder.icmp_signed("!=", given.own, WORD(0))
    with builder.if_then(builder.or_(is_first, each_its_own)):
        source = given.parameters, given.parameter_count
        place = builder.add(WORD(CONSTANTS), given.states)
        last = builder.select(each_its_own, last, WORD(0))
        _fill(builder, given.cells, lanes, source, place, start, last)
    with _loop(builder, WORD(0), given.run_count) as index:
        place = builder.mul(index, WORD(3))
        kind, count, at = (_load(builder, given.runs, place, step) for step in range(3))
        for known in range(len(OPERANDS)):
            with builder.if_then(builder.icmp_signed("==", kind, WORD(known))):
                _steps(builder, given, lanes, known, count, at)
    left = builder.sub(given.rows, start)
    used = builder.select(builder.icmp_signed("<", left, WORD(lanes)), left, WORD(lanes))
    with _loop(builder, WORD(0), used) as lane:
        _read(builder, given, lanes, lane, builder.add(start, lane))


def _fill(
    builder: ir.IRBuilder,
    cells: Any,
    lanes: int,
    source: tuple[Any, Any],
    first: Any,
    start: Any,
    last: Any,
) -> None:
    """Put rows of the source, a pointer and a length, into the slots from `first` on, one row into
    each lane; none beyond the `last`.
    """
    values, length = source
    with _loop(builder, WORD(0), WORD(lanes)) as lane:
        row = builder.add(start, lane)
        row = builder.select(builder.icmp_signed("<", row, last), row, last)
        begin = builder.mul(row, length)
        with _loop(builder, WORD(0), length) as index:
            value = builder.load(builder.gep(values, [builder.add(begin, index)]))
            slot = builder.mul(builder.add(first, index), WORD(lanes))
            builder.store(value, builder.gep(cells, [builder.add(slot, lane)]))


def _steps(
    builder: ir.IRBuilder, given: Arguments, lanes: int, kind: int, count: Any, at: Any
) -> None:
    """Do `count` steps of one kind, whose slots begin at `code[at]`."""
    vector = ir.VectorType(REAL, lanes) if lanes > 1 else REAL
    align = 8 * lanes if lanes == 1 else ALIGNMENT

    def pointer(place: Any, operand: int) -> Any:
        slot = builder.zext(_load(builder, given.code, place, operand), WORD)
        there = builder.gep(given.cells, [builder.mul(slot, WORD(lanes))])
        return builder.bitcast(there, vector.as_pointer())

    with _loop(builder, WORD(0), count) as index:
        place = builder.add(at, builder.mul(index, WORD(1 + OPERANDS[kind])))
        values = [
            builder.load(pointer(place, 1 + operand), align=align, typ=vector)
            for operand in range(OPERANDS[kind])
        ]
        builder.store(_result(builder, kind, *values), pointer(place, 0), align=align)


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


def _read(builder: ir.IRBuilder, given: Arguments, lanes: int, lane: Any, row: Any) -> None:
    """Write the answers of one lane to its row."""
    begin = builder.mul(row, given.answer_count)
    with _loop(builder, WORD(0), given.answer_count) as index:
        slot = builder.mul(_load(builder, given.answers, index, 0), WORD(lanes))
        value = builder.load(builder.gep(given.cells, [builder.add(slot, lane)]))
        builder.store(value, builder.gep(given.found, [builder.add(begin, index)]))


def _load(builder: ir.IRBuilder, pointer: Any, place: Any, step: int) -> Any:
    return builder.load(builder.gep(pointer, [builder.add(place, WORD(step))]))


@contextmanager
def _loop(builder: ir.IRBuilder, first: Any, last: Any, step: int = 1) -> Iterator[Any]:
    """Repeat what is written inside for first, first + step, ... below last."""
    before = builder.block
    test = builder.append_basic_block()
    body = builder.append_basic_block()
    after = builder.append_basic_block()
    builder.branch(test)
    builder.position_at_end(test)
    index = builder.phi(WORD)
    index.add_incoming(first, before)
    builder.cbranch(builder.icmp_signed("<", index, last), body, after)
    builder.position_at_end(body)
    yield index
    index.add_incoming(builder.add(index, WORD(step)), builder.block)
    builder.branch(test)
    builder.position_at_end(after)
