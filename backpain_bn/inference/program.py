"""A circuit laid out for the kernel: one flat program over few slots, each used again as soon as
its cell is read for the last time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .circuit import Circuit
from .elimination import CONSTANTS, ONE, ZERO

Numbers = NDArray[np.int64]
MULTIPLY, ADD, MULTIPLY_ADD, MULTIPLY_TWICE, JOIN, DEVIATE, DIVIDE = range(7)
"""The kinds of step: x * y, x + y, x * y + z, x * y + z * w; then, to read off posteriors, max(x *
y, 0), |x - y| + z, x / y.

Half of a circuit's factors are the constant 1, which the first kinds spare the kernel to read.
"""
OPERANDS = (2, 2, 3, 4, 3, 3, 2)


@dataclass(frozen=True, eq=False)
class Program:
    """The program of a circuit.

    `runs` (r, 3): kind, number of steps, and place in `code`, where each step has its result's slot
    and then its operands'.

    Slots: 3 constants, S likelihoods, P parameters (the first at `parameters`), which stay; then
    the rest. `evidence` is the slot of Z, `answers` those of all posteriors (S,) and, if they were
    asked for, of (dZ / d parameter) / Z (P,), 0 for what was not asked for; `deviation` that of the
    sum of all |sum of states - Z|.
    """

    circuit: Circuit
    owner: Numbers
    code: NDArray[np.uint32]
    runs: Numbers
    slots: int
    parameters: int
    evidence: int
    answers: Numbers
    deviation: int

    @property
    def flops(self) -> int:
        """The number of multiplications, additions and divisions for one row."""
        return int(np.array([1, 1, 2, 3, 1, 2, 1])[self.runs[:, 0]] @ self.runs[:, 1])


def program(circuit: Circuit, owner: Numbers) -> Program:
    """Return the program of a circuit; `owner` (S,) numbers the variable of each state."""
    readings, answers, deviation = _readings(circuit, owner)
    results, operands, kinds, layers = (
        np.concatenate(part) for part in zip(_steps(circuit), readings, strict=True)
    )
    order = np.lexsort((kinds, layers))
    results, operands, kinds = results[order], operands[order], kinds[order]
    fixed = CONSTANTS + circuit.states + len(circuit.parameters)
    slot, slots = _slots(
        results, operands, fixed, np.array([circuit.evidence, deviation, *answers])
    )
    bounds = np.concatenate([[0], np.flatnonzero(np.diff(kinds)) + 1, [len(kinds)]])
    runs, code, place = [], [np.zeros(0, dtype=np.int64)], 0
    for start, stop in zip(bounds.tolist(), bounds[1:].tolist(), strict=False):
        if start < stop:
            kind = int(kinds[start])
            runs.append((kind, stop - start, place))
            code.append(
                slot[
                    np.column_stack([results[start:stop], operands[start:stop, : OPERANDS[kind]]])
                ].ravel()
            )
            place += len(code[-1])
    return Program(
        circuit,
        owner,
        np.concatenate(code).astype(np.uint32),
        np.array(runs, dtype=np.int64).reshape(-1, 3),
        slots,
        CONSTANTS + circuit.states,
        int(slot[circuit.evidence]),
        slot[answers],
        int(slot[deviation]),
    )


def _steps(circuit: Circuit) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return result, up to four operands, kind and layer of every step, factors of 1 moved to where
    the kind leaves them out.
    """
    width = [layer.stop - layer.start for layer in circuit.layers]
    operands = np.full((sum(width), 4), ZERO, dtype=np.int64)
    results = np.zeros(sum(width), dtype=np.int64)
    start = 0
    for layer, count in zip(circuit.layers, width, strict=True):
        rows = slice(start, start + count)
        results[rows] = np.arange(layer.start, layer.stop)
        for column, cells in enumerate((layer.a, layer.b, layer.c, layer.d)):
            if len(cells):
                operands[rows, column] = cells
        start += count
    for first in (0, 2):
        swap = operands[:, first] == ONE
        operands[swap, first : first + 2] = operands[swap, first : first + 2][:, ::-1]
    one = operands == ONE
    swap = one[:, 1] & ~one[:, 3] & (operands[:, 2] != ZERO)
    operands[swap] = operands[swap][:, [2, 3, 0, 1]]
    one = operands == ONE
    alone = (operands[:, 2] == ZERO) | (operands[:, 3] == ZERO)
    kinds = np.select(
        [alone, one[:, 1] & one[:, 3], one[:, 3]], [MULTIPLY, ADD, MULTIPLY_ADD], MULTIPLY_TWICE
    ).astype(np.int64)
    operands[kinds == ADD, 1] = operands[kinds == ADD, 2]
    return results, operands, kinds, np.repeat(np.arange(len(width)), width)


def _readings(
    circuit: Circuit, owner: Numbers
) -> tuple[tuple[Numbers, Numbers, Numbers, Numbers], Numbers, int]:
    """Return the steps that make answers of the gradient, the cells of the answers, and the cell of
    the summed deviations from Z.

    A joint below 0 can only be a rounded 0. Totals go from a variable's first state to its last, as
    numpy's do.
    """
    steps: list[tuple[int, tuple[int, int, int, int], int, int]] = []

    def emit(turn: int, kind: int, x: int, y: int, z: int = ZERO) -> int:
        steps.append((circuit.size + len(steps), (x, y, z, ZERO), kind, len(circuit.layers) + turn))
        return steps[-1][0]

    answers, deviation = np.full(circuit.answers, ZERO, dtype=np.int64), ZERO
    for name in dict.fromkeys(owner[circuit.gradient >= 0].tolist()):
        states = np.flatnonzero(owner == name).tolist()
        joint = [emit(0, JOIN, int(circuit.gradient[state]), CONSTANTS + state) for state in states]
        total = joint[0]
        for turn, other in enumerate(joint[1:]):
            total = emit(1 + turn, ADD, total, other)
        deviation = emit(len(owner), DEVIATE, total, circuit.evidence, deviation)
        answers[states] = [emit(len(owner), DIVIDE, mine, total) for mine in joint]
    for index in np.flatnonzero(circuit.slopes >= 0).tolist():
        answers[circuit.states + index] = emit(
            len(owner), DIVIDE, int(circuit.slopes[index]), circuit.evidence
        )
    results, operands, kinds, layers = (
        zip(*steps, strict=True) if steps else ((), np.zeros((0, 4)), (), ())
    )
    arrays = (
        np.array(results, np.int64),
        np.array(operands, np.int64),
        np.array(kinds, np.int64),
        np.array(layers, np.int64),
    )
    return arrays, answers, deviation


def _slots(results: Numbers, operands: Numbers, fixed: int, kept: Numbers) -> tuple[Numbers, int]:
    """Return the slot of every cell and the number of slots: a step's result takes the slot freed
    last, which is still in cache.
    """
    steps = np.arange(len(results))
    last = np.full(max(fixed, int(results.max(initial=0)) + 1), -1)
    last[results] = steps + 1
    np.maximum.at(last, operands.ravel(), np.repeat(steps, operands.shape[1]))
    last[kept] = len(results)
    dying = np.argsort(last[fixed:], kind="stable") + fixed
    ends = np.searchsorted(last[dying], steps, side="right").tolist()
    cells: list[int] = dying.tolist()
    slot = list(range(fixed)) + [ZERO] * (len(last) - fixed)
    free: list[int] = []
    top, begin = fixed, 0
    for cell, end in zip(results.tolist(), ends, strict=True):
        free += [slot[other] for other in cells[begin:end]]
        begin = end
        if free:
            slot[cell] = free.pop()
        else:
            slot[cell] = top
            top += 1
    return np.array(slot), top
