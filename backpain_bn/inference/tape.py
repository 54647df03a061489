"""The steps of a circuit: an elimination over cells instead of numbers, and once more backwards for
the gradient.

A factor of cells holds, at each place, the number of the cell where the value will lie. Two factors
multiplied, or an axis summed out, are steps `A[o] = A[a] * A[b] + A[c] * A[d]` that make new cells;
what is the constant 0 or 1 makes none.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import TooHard
from .elimination import CONSTANTS, ONE, ZERO, Axis

Cells = NDArray[np.int32]
NONE: Cells = np.zeros(0, dtype=np.int32)
LOOKED_AT = 16
"""How many of the smallest factors are tried as partners in a product."""
MOST_STEPS = 2**22
"""A circuit of more steps than this is refused: it would take half a minute to write."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveFactor:
    """A factor of cells; `live` if the gradient of what it holds is wanted."""

    axes: tuple[Axis, ...]
    table: Cells
    live: bool


@dataclass(frozen=True, slots=True)
class Layer:
    """Steps that may run at once: cells[start:stop] = A[a] * A[b] + A[c] * A[d], or only the first
    product where c is empty.
    """

    start: int
    stop: int
    a: Cells
    b: Cells
    c: Cells
    d: Cells


class Tape:
    """The layers of steps written so far; cells below `first` are inputs."""

    def __init__(self, first: int, sizes: Mapping[Axis, int]) -> None:
        self.first = first
        self.size = first
        self.sizes = sizes
        self.layers: list[Layer] = []
        self.history: list[tuple[LiveFactor, LiveFactor, LiveFactor]] = []

    def eliminate(self, factors: Sequence[LiveFactor], order: Sequence[Axis]) -> LiveFactor:
        """Sum out all axes in this order; return the factor without axes, which holds the cell of
        Z.
        """
        place = {axis: index for index, axis in enumerate(order)}
        buckets: list[list[LiveFactor]] = [[] for _ in range(len(order) + 1)]

        def put(factor: LiveFactor) -> None:
            buckets[min([place[axis] for axis in factor.axes], default=len(order))].append(factor)

        for factor in factors:
            put(factor)
        for axis in order:
            put(self._summed_out(buckets[place[axis]], axis))
        result, *rest = buckets[-1]
        for factor in rest:
            result = self._multiply(result, factor, None)
        return result

    def _summed_out(self, bucket: list[LiveFactor], axis: Axis) -> LiveFactor:
        bucket.sort(key=_rank)
        while len(bucket) > 2:
            first = bucket.pop(0)
            joint = [self._joint(first, other) for other in bucket[:LOOKED_AT]]
            second = bucket.pop(joint.index(min(joint)))
            insort(bucket, self._multiply(first, second, None), key=_rank)
        if len(bucket) == 1:
            bucket.insert(0, LiveFactor((), np.array(ONE, dtype=np.int32), False))
        return self._multiply(bucket[0], bucket[1], axis)

    def _joint(self, one: LiveFactor, other: LiveFactor) -> int:
        return math.prod(self.sizes[axis] for axis in {*one.axes, *other.axes})

    def _multiply(self, one: LiveFactor, other: LiveFactor, drop: Axis | None) -> LiveFactor:
        every = dict.fromkeys((*one.axes, *other.axes))
        axes = tuple(axis for axis in every if axis != drop)
        out = LiveFactor(axes, self._contract(one, other, axes), one.live or other.live)
        if out.live:
            self.history.append((one, other, out))
        return out

    def gradient(self, result: LiveFactor, leaves: Sequence[LiveFactor]) -> NDArray[np.int64]:
        """Walk back; return, for each input cell, the cell of the derivative of the result, or -1
        where it was not asked for.
        """
        above = {id(result): LiveFactor((), np.array(ONE, dtype=np.int32), True)}
        for one, other, out in reversed(self.history):
            slope = above.pop(id(out))
            for mine, partner in ((one, other), (other, one)):
                if mine.live:
                    cells = self._contract(slope, partner, mine.axes)
                    above[id(mine)] = LiveFactor(mine.axes, cells, True)
        found = np.full(self.first, -1, dtype=np.int64)
        if leaves:
            inputs = np.concatenate([leaf.table.ravel() for leaf in leaves])
            slopes = np.concatenate([above[id(leaf)].table.ravel() for leaf in leaves])
            self._gather(found, inputs, slopes)
        return found

    def _gather(self, found: NDArray[np.int64], inputs: Cells, slopes: Cells) -> None:
        """Set the gradient of each input to the sum of the slopes at all places where it stands."""
        found[inputs] = ZERO
        there = (inputs >= CONSTANTS) & (slopes != ZERO)
        inputs, slopes = inputs[there], slopes[there]
        order = np.argsort(inputs, kind="stable")
        cells, first, counts = np.unique(inputs[order], return_index=True, return_counts=True)
        for count in np.unique(counts).tolist():
            mine = counts == count
            terms = slopes[order[first[mine][:, None] + np.arange(count)]]
            found[cells[mine]] = self._sums(terms, np.full_like(terms, ONE))

    def _contract(self, one: LiveFactor, other: LiveFactor, axes: tuple[Axis, ...]) -> Cells:
        """Write out[axes] = sum over all other axes of one * other; return the cells of the
        result.
        """
        summed = tuple(axis for axis in dict.fromkeys((*one.axes, *other.axes)) if axis not in axes)
        every = (*axes, *summed)
        shape = tuple(self.sizes[axis] for axis in every)
        rows = math.prod(shape[: len(axes)])
        a = _spread(one, every, shape).reshape(rows, -1)
        b = _spread(other, every, shape).reshape(rows, -1)
        empty = (a == ZERO) | (b == ZERO)
        if not empty.any():
            return self._sums(a, b).reshape(shape[: len(axes)])
        keep = np.argsort(empty, axis=1, kind="stable")
        a, b = np.take_along_axis(a, keep, 1), np.take_along_axis(b, keep, 1)
        terms = (~empty).sum(axis=1)
        cells = np.full(rows, ZERO, dtype=np.int32)
        for count in sorted(set(terms[terms > 0].tolist())):
            mine = terms == count
            cells[mine] = self._sums(a[mine, :count], b[mine, :count])
        return cells.reshape(shape[: len(axes)])

    def _sums(self, a: Cells, b: Cells) -> Cells:
        """Write the sums of products along each row of a and b."""
        if a.shape[1] == 1:
            return self._products(a[:, 0], b[:, 0])
        cells = self._emit(a[:, 0], b[:, 0], a[:, 1], b[:, 1])
        for term in range(2, a.shape[1]):
            cells = self._emit(cells, np.full_like(cells, ONE), a[:, term], b[:, term])
        return cells

    def _products(self, a: Cells, b: Cells) -> Cells:
        """Write the products, except those with 1, which are cells that there are already."""
        known = (a == ONE) | (b == ONE)
        if not known.any():
            return self._emit(a, b)
        cells = np.where(a == ONE, b, a)
        if not known.all():
            cells[~known] = self._emit(a[~known], b[~known])
        return cells

    def _emit(self, a: Cells, b: Cells, c: Cells = NONE, d: Cells = NONE) -> Cells:
        start = self.size
        self.size += len(a)
        if self.size > MOST_STEPS:
            raise TooHard(f"a circuit would take more than {MOST_STEPS:,} steps")
        self.layers.append(Layer(start, self.size, a, b, c, d))
        return np.arange(start, self.size, dtype=np.int32)


def _rank(factor: LiveFactor) -> tuple[bool, int]:
    return factor.live, factor.table.size


def _spread(factor: LiveFactor, every: tuple[Axis, ...], shape: tuple[int, ...]) -> Cells:
    own = [axis for axis in every if axis in factor.axes]
    cells = factor.table.transpose([factor.axes.index(axis) for axis in own])
    spread = np.empty(shape, dtype=np.int32)
    spread[...] = cells.reshape(
        [size if axis in factor.axes else 1 for axis, size in zip(every, shape, strict=True)]
    )
    return spread
