"""Factors laid out for one set of told axes, then run for any states of them: in doubles, or beyond
their range where need be.

What is told for certain slices the tables, so a plan depends only on which axes are told. It is
refused, in words, where it would take more memory than it may.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import TooHard, listed
from .beliefs import Array
from .bucket_tree import BEYOND, MOST_POWER, PLAIN, SURE_POWER, BucketTree, TreeRun
from .contraction import Tensor, normal, rescaled
from .elimination import Axis, Factor, Order, elimination_order, sizes_of
from .memory import SHARE, allowed_bytes

MOST_ROWS = 256
MOST_AT_ONCE = 2**24
"""How many rows, and how many cells of how many rows, are worked on at once."""
CHEAP = 2**12
"""A single row is not worth the search for an order of fewer cells than this."""
MOST_TRIED = 12
"""How many axes of the largest clique are tried as the finding that would help most."""
BYTES = 8
ALWAYS_FREE = 2**17
"""Bytes for which nobody asks the system whether they are free."""
Scopes = Sequence[Sequence[Axis]]
States = Mapping[Axis, NDArray[np.int64]]
Weights = Mapping[Axis, Array]


class Leaf(NamedTuple):
    """A factor of cells as a plan needs it: its axes in the order of the tree, then those that
    are told.
    """

    told: tuple[Axis, ...]
    cells: NDArray[Any]

    def at(self, states: Mapping[Axis, Any]) -> NDArray[np.int64]:
        """Return the cells that are left for these states of the told axes, rows last."""
        index: list[Any] = [states[axis] for axis in self.told]
        found: NDArray[np.int64] = self.cells[(..., *index)]
        return found


class Joints(NamedTuple):
    """What a plan says of n rows: P(axis, row), up to a factor for each row, (states, n); log
    P(row) (n,), -inf if impossible.

    With kept axes `total` is P(kept axes, row), up to the factor that `log_evidence` belongs to,
    (*states, n).
    """

    joints: Mapping[Axis, Array]
    log_evidence: Array
    total: Array


@dataclass(frozen=True, eq=False)
class Plan:
    """Factors of cells, the axes that are told, those that have likelihoods of their own, and the
    tree of products.
    """

    factors: tuple[Factor, ...]
    told: frozenset[Axis]
    weighed: tuple[Axis, ...]
    tree: BucketTree

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The factors as the tree needs them."""
        return tuple([leaf_of(factor, self.told, self.tree) for factor in self.factors])

    @property
    def rows_at_once(self) -> int:
        """How many rows are worked on at once."""
        return max(1, min(MOST_ROWS, MOST_AT_ONCE // self.tree.cells))

    def run(self, cells: Array, states: States, weights: Weights, n: int) -> Joints:
        """Answer n rows: with `cells` (1, cells), or (n, cells) where each row has tables of its
        own.

        `states` (n,) are those of all told axes, `weights` (n, states) the likelihoods, at most 1,
        of the weighed ones. Rows of which doubles may not hold everything are run again with a
        power for each cell.
        """
        with np.errstate(all="ignore"):
            leaves = self._leaves(cells, states, weights, n)
            answer, sure = self._read(self.tree.run(leaves, PLAIN), n)
            lost = np.flatnonzero(~sure)
            if len(lost):
                own = cells if len(cells) == 1 else cells[lost]
                chosen = {axis: state[lost] for axis, state in states.items()}
                likely = {axis: weight[lost] for axis, weight in weights.items()}
                leaves = self._leaves(own, chosen, likely, len(lost))
                far = [normal(leaf.values, leaf.power) for leaf in leaves]
                again, _ = self._read(self.tree.run(far, BEYOND), len(lost))
                for axis, joint in again.joints.items():
                    answer.joints[axis][:, lost] = joint
                answer.log_evidence[lost] = again.log_evidence
                answer.total[..., lost] = again.total
        return answer

    def slopes(
        self, cells: Array, states: States, weights: Weights, log_scale: float
    ) -> tuple[float, Array]:
        """Return P(row) of one row and its derivative by each of the `cells` (1, cells), both over
        exp(log_scale), a probability that is not less than the row's.
        """
        with np.errstate(all="ignore"):
            leaves, arithmetic = self._leaves(cells, states, weights, 1), PLAIN
            if log_scale < SURE_POWER * math.log(2):
                leaves = [normal(leaf.values, leaf.power) for leaf in leaves]
                arithmetic = BEYOND
            found = self.tree.run(leaves, arithmetic)
            power = round(log_scale / math.log(2))
            scale = math.exp(power * math.log(2) - log_scale)
            told = {axis: int(state[0]) for axis, state in states.items()}
            gradient = np.zeros(cells.shape[1])
            for index, leaf in enumerate(self.leaves):
                slope, here = found.slopes[index], leaf.at(told)
                values = np.ldexp(slope.values, slope.power - power) * scale
                there = self.tree.slopes[index]
                own = [slice(None) if axis in there else None for axis in self.tree.scopes[index]]
                np.add.at(gradient, here, np.broadcast_to(values[tuple(own)], here.shape))
            total = np.ldexp(found.total.values, found.total.power - power) * scale
        return float(total), gradient

    def _leaves(self, cells: Array, states: States, weights: Weights, n: int) -> list[Tensor]:
        leaves = tensors_of(self.leaves, cells, states, n)
        if n == 1 and len(cells) == 1:
            return leaves + [Tensor(weights[axis][0], 0) for axis in self.weighed]
        return leaves + [Tensor(weights[axis].T, 0) for axis in self.weighed]

    def _read(self, found: TreeRun, n: int) -> tuple[Joints, NDArray[np.bool_]]:
        """Return the answer, and of which rows plain arithmetic is sure to be right."""
        total, power = levelled(found.total, self.tree.kept, n)
        power = np.broadcast_to(power, n)
        z = total.sum(axis=tuple(range(self.tree.kept)))
        possible = z > 0
        bits = np.log2(np.where(possible, z, 1.0)) + power
        sure = possible & (bits > SURE_POWER)
        if found.powers and not sure.all():
            sure |= possible & (reduce(np.maximum, found.powers) - bits < MOST_POWER)
        joints: dict[Axis, Array] = {}
        for axes, tensor in found.joints:
            values, start = levelled(tensor, 1, n)[0], 0
            for axis in axes:
                joints[axis] = values[start : start + self.tree.size(axis)]
                start += self.tree.size(axis)
        logs = np.where(possible, bits * math.log(2), -np.inf)
        return Joints(joints, logs, total), sure


def plan_for(
    factors: Sequence[Factor],
    told: Collection[Axis],
    weighed: Sequence[Axis] = (),
    wanted: Collection[Axis] = (),
    kept: tuple[Axis, ...] = (),
    small: int = 0,
    sloped: bool = False,
) -> Plan:
    """Return the plan for factors of cells: `wanted` axes are read off, `kept` ones span the
    result; `sloped` where derivatives will be asked for. What has at most `small` cells is
    multiplied in one go, which pays where rows are few.

    Raises `TooHard` naming the variables that hang together too closely, and the finding that would
    help most.
    """
    sizes = sizes_of(factors)
    free = {axis: size for axis, size in sizes.items() if axis not in told}
    scopes = [tuple(axis for axis in factor.axes if axis in free) for factor in factors]
    scopes += [(axis,) for axis in weighed]
    if not kept and math.prod(free.values()) <= small:
        order = Order(tuple(free), 1.0, ())
    else:
        order = elimination_order(scopes, free, kept, CHEAP if small else 0.0)
    read = [axis for axis in wanted if axis in free]
    slopes = len(factors) if sloped else 0
    tree = BucketTree(scopes, order.axes, free, read, kept, small, slopes)
    limit = allowed_bytes() if BYTES * tree.cells > ALWAYS_FREE else ALWAYS_FREE
    if BYTES * tree.cells > limit:
        raise _too_hard(scopes, free, order.largest, BYTES * tree.cells, limit)
    return Plan(tuple(factors), frozenset(told), tuple(weighed), tree)


def _too_hard(
    scopes: Scopes, sizes: Mapping[Axis, int], largest: Sequence[Axis], needed: int, limit: int
) -> TooHard:
    names = list(dict.fromkeys(axis if isinstance(axis, str) else axis.of for axis in largest))
    trials = [axis for axis in largest if isinstance(axis, str)][:MOST_TRIED]
    left = {axis: _cells_without(axis, scopes, sizes) for axis in trials}
    best = min(left, key=left.__getitem__, default=None)
    hint = f"; to know {best} would help most" if best is not None else ""
    return TooHard(
        f"exact inference would take {_bytes(needed)} of memory (limit {_bytes(limit)}, "
        f"{SHARE:.0%} of what is free); these variables hang together too closely: "
        f"{listed(names)}{hint}"
    )


def _bytes(number: int) -> str:
    return f"{number / 1e9:,.1f} GB" if number >= 1e8 else f"{number / 1e6:,.1f} MB"


def _cells_without(axis: Axis, scopes: Scopes, sizes: Mapping[Axis, int]) -> float:
    rest = {other: size for other, size in sizes.items() if other != axis}
    return elimination_order(
        [[other for other in scope if other != axis] for scope in scopes], rest
    ).cells


def leaf_of(factor: Factor, told: Collection[Axis], tree: BucketTree) -> Leaf:
    """Return a factor of cells, or of values, as a leaf of a tree."""
    last = tuple(axis for axis in factor.axes if axis in told)
    rest = tree.sorted([axis for axis in factor.axes if axis not in told])
    places = [factor.axes.index(axis) for axis in (*rest, *last)]
    return Leaf(last, factor.table.transpose(places))


def tensors_of(leaves: Sequence[Leaf], cells: Array, states: States, n: int) -> list[Tensor]:
    """Return the values of leaves for n rows with the states that they are told; see
    `Plan.run`.
    """
    if n == 1 and len(cells) == 1:
        one = {axis: int(state[0]) for axis, state in states.items()}
        return list(_sliced(cells[0], leaves, one)) if leaves else []
    columns = np.ascontiguousarray(cells.T)
    return [_sliced_by_rows(columns, leaf, states) for leaf in leaves]


def _sliced(cells: Array, leaves: Sequence[Leaf], states: Mapping[Axis, int]) -> Iterator[Tensor]:
    """Yield the leaves of one row, the largest value of each in [1/2, 1); all are looked up at
    once.
    """
    places = [leaf.at(states) for leaf in leaves]
    values = cells[np.concatenate([place.ravel() for place in places])]
    ends = np.cumsum([place.size for place in places])
    starts = np.concatenate([[0], ends[:-1]])
    shifts = np.frexp(np.maximum.reduceat(np.abs(values), starts))[1]
    values = np.ldexp(values, -np.repeat(shifts, np.diff(ends, prepend=0)))
    pairs = zip(starts.tolist(), ends.tolist(), shifts.tolist(), places, strict=True)
    for start, end, shift, place in pairs:
        yield Tensor(values[start:end].reshape(place.shape), shift)


def _sliced_by_rows(cells: Array, leaf: Leaf, states: States) -> Tensor:
    """Return the leaf with rows last, or without rows where all have the same; `cells` (cells, n)
    or (cells, 1).
    """
    is_shared = cells.shape[1] == 1
    if not leaf.told:
        values = cells[leaf.cells]
        return Tensor(values[..., 0] if is_shared else values, 0)
    chosen = leaf.at(states)
    rows = 0 if is_shared else np.arange(chosen.shape[-1])
    values = cells[chosen, rows]
    return rescaled(Tensor(values, 0), values.ndim - 1)


def levelled(tensor: Tensor, dims: int, n: int) -> tuple[Array, Any]:
    """Return non-negative values (*states, n) and one power for each row, or for all."""
    values, power = np.asarray(tensor.values), tensor.power
    if values.ndim == dims:
        values = values[..., None]
        if n > 1:
            values = np.repeat(values, n, axis=-1)
        if np.ndim(power):
            power = np.asarray(power)[..., None]
    if np.ndim(power) > 1:
        top = power.max(axis=tuple(range(dims)))
        values, power = np.ldexp(values, np.maximum(power - top, -2000)), top
    return np.maximum(values, 0.0), power
