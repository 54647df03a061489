"""Several bucket trees over the same rows, run as one: a product that several of them have is
worked out once.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .beliefs import Array
from .bucket_tree import PLAIN, SURE_POWER, UNIT, is_deep
from .contraction import Contraction, Numbers, Tensor
from .elimination import Axis
from .plan import MOST_AT_ONCE, MOST_ROWS, Leaf, Plan, States, Weights, levelled, tensors_of


class TensorProduct(NamedTuple):
    """Tensor `out` from others, whether it is rescaled, and what is not needed any more."""

    parts: Numbers
    out: int
    up: Contraction
    rescales: bool
    done: tuple[int, ...]


class Forest:
    """Plans without read or kept axes, each with a total of its own.

    Axes are numbered in one order for all trees, so that they can share tensors; a helper that has
    another number of states in another tree is another axis.
    """

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = tuple(plans)
        self.numbers: dict[tuple[Axis, int], int] = {}
        self.sizes: list[int] = []
        self.axes: list[Numbers] = [()]
        self.leaves: dict[int, Leaf] = {}
        self.weighed: dict[int, Axis] = {}
        self._depth = [0]
        self._known: dict[Hashable, int] = {}
        self._made: list[TensorProduct] = []
        self.roots = [self._planted(plan) for plan in self.plans]
        self.steps = self._steps()
        cells = max((plan.tree.cells for plan in self.plans), default=1)
        self.rows_at_once = max(1, min(MOST_ROWS, MOST_AT_ONCE // cells))

    def _planted(self, plan: Plan) -> int:
        """Add what a tree has that is not there yet, and return its root."""
        tree = plan.tree
        number = [self._number(*each) for each in zip(tree.names, tree.sizes, strict=True)]
        scopes = [tuple([number[axis] for axis in scope]) for scope in tree.scopes]
        here = [self._leaf(*each) for each in zip(plan.leaves, scopes, strict=False)]
        here += [self._weight(axis, number[tree.place[axis]]) for axis in plan.weighed]
        here.append(0)
        for parts, out in tree.steps:
            here.append(self._product(sorted([here[part] for part in parts]), sorted(scopes[out])))
        return here[tree.root]

    def _number(self, axis: Axis, size: int) -> int:
        if (axis, size) not in self.numbers:
            self.numbers[axis, size] = len(self.sizes)
            self.sizes.append(size)
        return self.numbers[axis, size]

    def _leaf(self, leaf: Leaf, scope: Numbers) -> int:
        told, rest = tuple(sorted(leaf.told, key=str)), tuple(sorted(scope))
        order = [(*scope, *leaf.told).index(axis) for axis in (*rest, *told)]
        cells = leaf.cells.transpose(order)
        key = told, rest, cells.shape, cells.tobytes()
        if key not in self._known:
            self.leaves[self._new(key, rest)] = Leaf(told, cells)
        return self._known[key]

    def _weight(self, axis: Axis, number: int) -> int:
        if axis not in self._known:
            self.weighed[self._new(axis, (number,))] = axis
        return self._known[axis]

    def _product(self, parts: Collection[int], axes: Collection[int]) -> int:
        key = tuple(parts), tuple(axes)
        if key not in self._known:
            up = Contraction([self.axes[part] for part in parts], tuple(axes), self.sizes)
            out = self._new(key, tuple(axes))
            before = sum(self._depth[part] for part in parts) + len(parts) - 2
            rescales = is_deep(self._depth, out, before)
            self._made.append(TensorProduct(tuple(parts), out, up, rescales, ()))
        return self._known[key]

    def _new(self, key: Hashable, axes: Numbers) -> int:
        self._known[key] = len(self.axes)
        self._depth.append(0)
        self.axes.append(axes)
        return self._known[key]

    def _steps(self) -> list[TensorProduct]:
        """Return the products, each with the tensors that nothing after it needs."""
        needed = set(self.roots)
        steps = []
        for step in reversed(self._made):
            steps.append(step._replace(done=tuple({*step.parts} - needed)))
            needed.update(step.parts)
        return steps[::-1]

    def run(
        self, cells: Array, states: States, weights: Weights, wanted: NDArray[np.bool_]
    ) -> Array:
        """Return log P(row) of n rows by each plan (plans, n), -inf where it is not `wanted`
        (plans, n); see `Plan.run`.
        """
        n = wanted.shape[1]
        found = np.full(wanted.shape, -np.inf)
        size = self.rows_at_once
        for start in range(0, n, size):
            some = np.arange(start, min(start + size, n))
            given = _chosen(cells, states, weights, some)
            found[:, some] = self._run(*given, wanted[:, some])
        return found

    def _run(
        self, cells: Array, states: States, weights: Weights, wanted: NDArray[np.bool_]
    ) -> Array:
        n = wanted.shape[1]
        found = np.full(wanted.shape, -np.inf)
        with np.errstate(all="ignore"):
            totals = self._totals(cells, states, weights, n)
            for index, total in enumerate(totals):
                values, power = levelled(total, 0, n)
                bits = np.log2(np.where(values > 0, values, 1.0)) + power
                sure = (values > 0) & (bits > SURE_POWER) & wanted[index]
                found[index, sure] = bits[sure] * math.log(2)
                lost = np.flatnonzero(~sure & wanted[index])
                if len(lost):
                    again = _chosen(cells, states, weights, lost)
                    answer = self.plans[index].run(*again, len(lost))
                    found[index, lost] = answer.log_evidence
        return found

    def _totals(self, cells: Array, states: States, weights: Weights, n: int) -> list[Tensor]:
        tensors = {0: UNIT}
        leaves = tensors_of(tuple(self.leaves.values()), cells, states, n)
        tensors.update(zip(self.leaves, leaves, strict=True))
        for index, axis in self.weighed.items():
            likely = weights[axis]
            tensors[index] = Tensor(likely[0] if n == len(cells) == 1 else likely.T, 0)
        for step in self.steps:
            out = PLAIN.contract(step.up, [tensors[part] for part in step.parts])
            if step.rescales:
                out = PLAIN.rescale(out, len(self.axes[step.out]))
            tensors[step.out] = out
            for tensor in step.done:
                del tensors[tensor]
        return [tensors[root] for root in self.roots]


def _chosen(
    cells: Array,
    states: Mapping[Axis, NDArray[np.int64]],
    weights: Mapping[Axis, Array],
    rows: NDArray[np.int64],
) -> tuple[Array, dict[Axis, NDArray[np.int64]], dict[Axis, Array]]:
    """Return what belongs to some of the rows."""
    own = cells if len(cells) == 1 else cells[rows]
    told = {axis: state[rows] for axis, state in states.items()}
    return own, told, {axis: weight[rows] for axis, weight in weights.items()}
