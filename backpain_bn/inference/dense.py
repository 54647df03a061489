"""Exact inference by elimination of dense tables: one case or few, any network that fits in memory, joints, P(evidence).

Every table is sliced by what is told for certain, what neither findings nor targets depend on is dropped, and a noisy-OR that is told to
be absent falls apart into one factor for each mechanism. The layout of the rest depends only on which variables are told, and is kept.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..cpt import parameters
from ..errors import BackpainError, TooHard, listed
from ..kernel import Array, Beliefs
from ..network import Network, NoisyOr
from .bucket_tree import BEYOND, MOST_POWER, PLAIN, SURE_POWER, Arithmetic, BucketTree, Outcome
from .contraction import Tensor, normal, rescaled
from .elimination import CONSTANTS, Axis, Factor, Helper, elimination_order, family
from .memory import allowed_bytes

FREE, WEIGHED, TOLD, ABSENT = range(4)
"""What a row says of a variable: nothing, likelihoods, a state, or that a noisy-OR is in its first state."""
MOST_LAYOUTS = 64
MOST_ROWS = 256
MOST_AT_ONCE = 2**24
"""How many cells of how many rows are worked on at once."""
MOST_TRIED = 12
"""How many variables of the largest clique are tried as the finding that would make a network easier."""


class Leaf(NamedTuple):
    """A factor of cells as a layout needs it: what is told stands first, the rest in the order of the tree."""

    told: tuple[str, ...]
    cells: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Layout:
    """What is done whenever the same variables are told: the leaves, the variables with likelihoods, the tree of products."""

    leaves: tuple[Leaf, ...]
    weighed: tuple[str, ...]
    tree: BucketTree


class DenseEngine:
    """A network as factors; layouts are made when they are first needed. Answers rows of likelihoods as any engine does.

    >>> from ..network import Mechanism, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> states = ("no", "yes")
    >>> garden = Network("garden", {"rain": Variable("rain", states, prior(0.8, 0.2)), "wet": Variable("wet", states, wet)})
    >>> found = DenseEngine(garden)(np.array([[1.0, 1.0, 0.0, 1.0]]))
    >>> found.marginals.round(4).tolist(), np.exp(found.log_evidence).round(3).tolist()
    ([[0.3053, 0.6947, 0.0, 1.0]], [0.262])
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        own = [parameters(variable) for variable in network.variables.values()]
        ends = np.cumsum([0, *map(len, own)]).tolist()
        names = list(network.variables)
        self.places = {name: slice(*ends[index : index + 2]) for index, name in enumerate(names)}
        self.parameters: Array = np.concatenate([np.zeros(0), *own])
        self.starts = np.array([place.start for place in network.slices.values()], dtype=np.int64)
        self.sizes = np.diff(np.append(self.starts, len(network.columns)))
        models = [variable.distribution for variable in network.variables.values()]
        self.is_noisy_or = np.array([isinstance(model, NoisyOr) for model in models], dtype=bool)
        self._layouts: OrderedDict[object, Layout] = OrderedDict()
        self._families: dict[str, tuple[Factor, ...]] = {}

    def __call__(self, evidence: Array, own: Array | None = None, targets: Collection[str] | None = None) -> Beliefs:
        """Answer rows of likelihoods (n, S): P(state | row) of the targets (default: all variables) and log P(row).

        `own` (n, P) gives every row parameters of its own. Raises `TooHard` where it would take too much memory.
        """
        self._check(evidence, own)
        answers, logs = np.zeros(evidence.shape), np.full(len(evidence), -np.inf)
        wanted = frozenset(self.network.variables if targets is None else targets)
        for said, rows in self._alike(evidence):
            weights = evidence[rows]
            tops = np.maximum.reduceat(weights, self.starts, axis=1)
            scaled = weights / np.repeat(tops, self.sizes, axis=1)
            layout = self._layout(said, wanted, ())
            step = self._rows_at_once(layout)
            for start in range(0, len(rows), step):
                some = slice(start, start + step)
                tables = None if own is None else own[rows[some]]
                found = self._run(layout, said, scaled[some], tables, wanted)
                answers[rows[some]], logs[rows[some]] = found
            logs[rows] += np.log(tops).sum(axis=1)
        return Beliefs(answers, logs)

    def joint(self, evidence: Array, names: Sequence[str]) -> tuple[Array, float]:
        """Return P(names | evidence) of one row (S,), one axis per name, and log P(evidence); zeros and -inf where impossible."""
        sizes = [len(self.network[name].states) for name in names]
        (said, _), *_ = [*self._alike(evidence[None]), (None, None)]
        if said is None:
            return np.zeros(sizes), -math.inf
        codes = said.copy()
        order = list(self.network.variables)
        codes[[order.index(name) for name in names]] = WEIGHED
        layout = self._layout(codes, frozenset(), tuple(names))
        tops = np.maximum.reduceat(evidence, self.starts)
        scaled = evidence / np.repeat(tops, self.sizes)
        total = self._outcome(layout, self._leaves(layout, codes, scaled[None], None)).total
        values = np.ldexp(np.maximum(total.values, 0.0), total.power - np.max(total.power))
        whole = float(values.sum())
        if whole == 0:
            return np.zeros(sizes), -math.inf
        kept = layout.tree.sorted(names)
        logs = math.log(whole) + float(np.max(total.power)) * math.log(2) + float(np.log(tops).sum())
        return (values / whole).transpose([kept.index(name) for name in names]), logs

    def _check(self, evidence: Array, own: Array | None) -> None:
        states, size = len(self.network.columns), len(self.parameters)
        if evidence.ndim != 2 or evidence.shape[1] != states:
            raise BackpainError(f"likelihoods have shape {evidence.shape}; rows of {states} are needed, one per state")
        if own is not None and own.shape != (len(evidence), size):
            raise BackpainError(f"parameters have shape {own.shape}; {(len(evidence), size)} is needed")

    def _alike(self, evidence: Array) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield what rows say of each variable (V,), and which rows say it; rows that leave a variable no state are left out."""
        possible = np.add.reduceat(evidence > 0, self.starts, axis=1, dtype=np.int64)
        least = np.minimum.reduceat(evidence, self.starts, axis=1)
        most = np.maximum.reduceat(evidence, self.starts, axis=1)
        said = np.where(least == most, FREE, WEIGHED)
        said[possible == 1] = TOLD
        said[(possible == 1) & (evidence[:, self.starts] > 0) & self.is_noisy_or] = ABSENT
        rows = np.flatnonzero((possible > 0).all(axis=1))
        if len(rows) == 1:
            yield said[rows[0]], rows
        elif len(rows):
            kinds, which = np.unique(said[rows], axis=0, return_inverse=True)
            for index, kind in enumerate(kinds):
                yield kind, rows[which.ravel() == index]

    def _layout(self, said: NDArray[np.int64], wanted: frozenset[str], kept: tuple[str, ...]) -> Layout:
        key = said.tobytes(), wanted, kept
        found = self._layouts.pop(key, None)
        if found is None:
            found = self._laid_out(dict(zip(self.network.variables, said.tolist(), strict=True)), wanted, kept)
        self._layouts[key] = found
        if len(self._layouts) > MOST_LAYOUTS:
            self._layouts.popitem(last=False)
        return found

    def _laid_out(self, said: Mapping[str, int], wanted: frozenset[str], kept: tuple[str, ...]) -> Layout:
        """Lay out the factors of all that is wanted or told and of what that depends on."""
        needed = {*wanted, *kept, *(name for name, what in said.items() if what != FREE)}
        for name in reversed(self.network.order):
            if name in needed:
                needed.update(self.network[name].parents)
        factors = [factor for name in self.network.variables if name in needed for factor in self._family(name)]
        told = {name for name, what in said.items() if what in (TOLD, ABSENT)}
        absent = {name for name, what in said.items() if what == ABSENT}
        weighed = tuple(name for name, what in said.items() if what == WEIGHED)
        cut = [_without(factor, absent) for factor in factors]
        scopes = [tuple(axis for axis in factor.axes if axis not in told) for factor in cut]
        scopes += [(name,) for name in weighed]
        sizes = {axis: size for factor in cut for axis, size in zip(factor.axes, factor.table.shape, strict=True)}
        free = {axis: size for axis, size in sizes.items() if axis not in told}
        order = elimination_order(scopes, free, kept)
        self._refuse(order.largest, order.cells, scopes, free)
        tree = BucketTree(scopes, order.axes, free, wanted - told, kept)
        leaves = tuple(_leaf(factor, told, tree) for factor in cut)
        return Layout(leaves, weighed, tree)

    def _family(self, name: str) -> tuple[Factor, ...]:
        found = self._families.get(name)
        if found is None:
            first = CONSTANTS + self.places[name].start
            found = tuple(family(self.network, self.network[name], first, False))
            self._families[name] = found
        return found

    @cached_property
    def _constants(self) -> Array:
        return np.array([0.0, 1.0, -1.0])

    @cached_property
    def _cells(self) -> Array:
        return np.concatenate([self._constants, self.parameters])

    def _refuse(self, largest, cells, scopes, sizes) -> None:
        pass

    def _rows_at_once(self, layout: Layout) -> int:
        return max(1, min(MOST_ROWS, MOST_AT_ONCE // layout.tree.cells))

    def _leaves(self, layout: Layout, said: NDArray[np.int64], rows: Array, own: Array | None) -> list[Tensor]:
        """Return the tensors of the leaves: sliced by what the rows tell, with the rows as last axis where they differ."""
        slices = self.network.slices
        states = {name: rows[:, slices[name]].argmax(axis=1) for leaf in layout.leaves for name in leaf.told}
        if own is None and len(rows) == 1:
            one = {name: int(state[0]) for name, state in states.items()}
            leaves = [_sliced(self._cells, leaf, one) for leaf in layout.leaves]
            return leaves + [Tensor(rows[0, slices[name]], 0) for name in layout.weighed]
        cells = self._cells[None] if own is None else np.hstack([np.tile(self._constants, (len(own), 1)), own])
        leaves = [_sliced_by_rows(cells, leaf, states) for leaf in layout.leaves]
        return leaves + [Tensor(rows[:, slices[name]].T, 0) for name in layout.weighed]

    def _outcome(self, layout: Layout, leaves: list[Tensor]) -> Outcome:
        return layout.tree.run(leaves, PLAIN)

    def _run(
        self, layout: Layout, said: NDArray[np.int64], rows: Array, own: Array | None, wanted: frozenset[str]
    ) -> tuple[Array, Array]:
        """Return the marginals (n, S) and log P(row) (n,) of rows that tell the same variables."""
        leaves = self._leaves(layout, said, rows, own)
        with np.errstate(all="ignore"):
            found = layout.tree.run(leaves, PLAIN)
            answers, logs, sure = self._read(layout, found, rows, wanted)
            lost = np.flatnonzero(~sure)
            if len(lost):
                tables = None if own is None else own[lost]
                leaves = self._leaves(layout, said, rows[lost], tables)
                again = layout.tree.run([normal(leaf.values, leaf.power) for leaf in leaves], BEYOND)
                answers[lost], logs[lost], _ = self._read(layout, again, rows[lost], wanted)
        return answers, logs

    def _read(
        self, layout: Layout, found: Outcome, rows: Array, wanted: frozenset[str]
    ) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Return marginals, log P(row), and whether plain arithmetic is sure to be right."""
        z = np.broadcast_to(found.total.values, len(rows))
        possible = z > 0
        bits = np.log2(np.where(possible, z, 1.0)) + found.total.power
        sure = possible & (bits > SURE_POWER)
        if found.powers and not sure.all():
            highest = reduce(np.maximum, found.powers)
            sure |= possible & (highest - bits < MOST_POWER)
        joint = rows.T.copy()
        for axis, tensor in found.joints.items():
            values = tensor.values
            if np.ndim(tensor.power) == values.ndim:
                values = np.ldexp(values, tensor.power - tensor.power.max(axis=0))
            joint[self.network.slices[axis]] = values.reshape(len(values), -1)
        np.maximum(joint, 0.0, out=joint)
        totals = np.add.reduceat(joint, self.starts, axis=0)
        joint /= np.repeat(np.where(totals > 0, totals, 1.0), self.sizes, axis=0)
        asked = np.repeat([name in wanted for name in self.network.variables], self.sizes)
        answers = np.where(asked & possible[:, None], joint.T, 0.0)
        return answers, np.where(possible, bits * math.log(2), -np.inf), sure


@lru_cache(maxsize=16)
def dense_engine(network: Network) -> DenseEngine:
    """Return the dense engine of a network, from the cache if it was asked for before."""
    return DenseEngine(network)


def _without(factor: Factor, absent: Collection[str]) -> Factor:
    """Return the factor with the helpers of absent noisy-ORs in their first state."""
    fixed = [isinstance(axis, Helper) and axis.of in absent for axis in factor.axes]
    index = tuple(0 if gone else slice(None) for gone in fixed)
    axes = tuple(axis for axis, gone in zip(factor.axes, fixed, strict=True) if not gone)
    return Factor(axes, factor.table[index])


def _leaf(factor: Factor, told: Collection[Axis], tree: BucketTree) -> Leaf:
    first = [axis for axis in factor.axes if axis in told]
    rest = tree.sorted([axis for axis in factor.axes if axis not in told])
    table = factor.table.transpose([factor.axes.index(axis) for axis in (*first, *rest)])
    return Leaf(tuple(axis for axis in first if isinstance(axis, str)), table)


def _sliced(cells: Array, leaf: Leaf, states: Mapping[str, int]) -> Tensor:
    values = cells[leaf.cells[tuple(states[name] for name in leaf.told)]]
    if leaf.told:
        return rescaled(Tensor(values, 0), values.ndim)
    return Tensor(values, 0)


def _sliced_by_rows(cells: Array, leaf: Leaf, states: Mapping[str, NDArray[np.int64]]) -> Tensor:
    """Return the leaf with rows last; `cells` (n, cells) or (1, cells)."""
    if not leaf.told:
        table = np.moveaxis(cells[:, leaf.cells], 0, -1) if len(cells) > 1 else cells[0, leaf.cells]
        return Tensor(table, 0)
    chosen = leaf.cells[tuple(states[name] for name in leaf.told)]
    rows = np.arange(len(chosen)) if len(cells) > 1 else np.zeros(len(chosen), dtype=np.int64)
    values = cells[rows.reshape(-1, *[1] * (chosen.ndim - 1)), chosen]
    return rescaled(Tensor(np.moveaxis(values, 0, -1), 0), values.ndim - 1)
