"""A circuit laid out for the kernel: one flat program over few slots, each used again as soon as its cell is read for the last time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .circuit import CONSTANTS, ONE, ZERO, Circuit

MULTIPLY, ADD, MULTIPLY_ADD, MULTIPLY_TWICE = range(4)
"""The kinds of step: x * y, x + y, x * y + z, x * y + z * w. Half of a circuit's factors are the constant 1 and need not be read."""
OPERANDS = ((0, 1), (0, 2), (0, 1, 2), (0, 1, 2, 3))


@dataclass(frozen=True, eq=False)
class Plan:
    """The program: run `i` is `counts[i]` steps of `kinds[i]`, which lie in `code` one after the other: slot of the result, of the operands.

    Slots: 3 constants, S likelihoods, P parameters, all kept; then the rest. `evidence` is the slot of Z, `gradient` (S,) the slot of
    dZ / d likelihood (-1: not asked), `spans` (V, 2) the states of each variable that was asked for, first and last + 1.
    """

    code: NDArray[np.uint32]
    kinds: NDArray[np.int64]
    counts: NDArray[np.int64]
    slots: int
    parameters: int
    evidence: int
    gradient: NDArray[np.int64]
    spans: NDArray[np.int64]

    @property
    def flops(self) -> int:
        """The number of multiplications and additions for one row."""
        each = np.array([1, 1, 2, 3])
        return int((each[self.kinds] * self.counts).sum())


def plan(circuit: Circuit, owner: NDArray[np.int64]) -> Plan:
    """Return the program of a circuit; `owner` (S,) numbers the variable of each state."""
    results, operands, kinds, blocks = _steps(circuit)
    order = np.lexsort((kinds, blocks))
    results, operands, kinds, blocks = results[order], operands[order], kinds[order], blocks[order]
    fixed = CONSTANTS + circuit.states + len(circuit.parameters)
    slot, slots = _slots(circuit, results, operands, fixed)
    cuts = np.flatnonzero(np.diff(kinds)) + 1
    bounds = np.concatenate([[0], cuts, [len(kinds)]])
    run_kinds = kinds[bounds[:-1]] if len(kinds) else np.zeros(0, dtype=np.int64)
    code = [
        slot[np.column_stack([results[start:stop], operands[start:stop, OPERANDS[kind]]])].ravel()
        for start, stop, kind in zip(bounds[:-1].tolist(), bounds[1:].tolist(), run_kinds.tolist(), strict=False)
    ]
    asked = circuit.gradient >= 0
    names = np.unique(owner[asked])
    return Plan(
        np.concatenate([np.zeros(0, dtype=np.uint32), *code]).astype(np.uint32),
        run_kinds,
        np.diff(bounds)[: len(run_kinds)],
        slots,
        CONSTANTS + circuit.states,
        int(slot[circuit.evidence]),
        np.where(asked, slot[circuit.gradient], -1),
        np.column_stack([np.searchsorted(owner, names), np.searchsorted(owner, names, side="right")]),
    )


def _steps(circuit: Circuit) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return result, four operands, kind and block of every step, factors of 1 moved to where the kind leaves them out."""
    width = [block.stop - block.start for block in circuit.blocks]
    operands = np.full((sum(width), 4), ZERO, dtype=np.int64)
    results = np.zeros(sum(width), dtype=np.int64)
    start = 0
    for block, count in zip(circuit.blocks, width, strict=True):
        rows = slice(start, start + count)
        results[rows] = np.arange(block.start, block.stop)
        for column, cells in enumerate((block.a, block.b, block.c, block.d)):
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
    kinds = np.select([alone, one[:, 1] & one[:, 3], one[:, 3]], [MULTIPLY, ADD, MULTIPLY_ADD], MULTIPLY_TWICE).astype(np.int64)
    return results, operands, kinds, np.repeat(np.arange(len(width)), width)


def _slots(circuit: Circuit, results: NDArray[np.int64], operands: NDArray[np.int64], fixed: int) -> tuple[NDArray[np.int64], int]:
    """Return the slot of every cell and the number of slots: a step's result takes the slot freed last, which is still in cache."""
    steps = np.arange(len(results))
    last = np.full(circuit.size, -1)
    last[results] = steps + 1
    np.maximum.at(last, operands.ravel(), np.repeat(steps, operands.shape[1]))
    last[[circuit.evidence, *circuit.gradient[circuit.gradient >= 0]]] = len(results)
    dying = np.argsort(last[fixed:], kind="stable") + fixed
    ends = np.searchsorted(last[dying], steps, side="right").tolist()
    cells: list[int] = dying.tolist()
    slot = list(range(fixed)) + [0] * (circuit.size - fixed)
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
