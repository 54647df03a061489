"""Exact inference by elimination of dense tables: one case or few, any network that fits in memory,
joints, P(evidence).

Every table is sliced by what is told for certain, what neither findings nor targets depend on is
dropped, and a noisy-OR that is told to be absent falls apart into one factor for each mechanism.
The layout of the rest depends only on which variables are told, and is kept.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ..model.distributions import NoisyOr
from ..model.network import Network
from .beliefs import Array, Beliefs, check_shapes
from .elimination import (
    CONSTANT_VALUES,
    CONSTANTS,
    SMALLEST_LEAK,
    Axis,
    Factor,
    Helper,
    Order,
    elimination_order,
    needed,
    sizes_of,
)
from .elimination import family as family_factors
from .layout import Answer, Layout, laid_out

Said = NDArray[np.int8]
FREE, WEIGHED, MIXED, TOLD, ABSENT, SAFE = range(6)
"""What a row says of a variable: nothing, likelihoods, a state, or that a noisy-OR is in its first
state; the last is a noisy-OR that may be present, but loses few digits by subtraction.
"""
LEAST_LEAKS = 1e-4
"""What the leaks of noisy-ORs that are subtracted have for a product at least: four digits are lost
at most.
"""
MOST_LAYOUTS = 16
SMALL_CLUSTER = 2**9
"""Tensors of so many cells cost a single row no more than the call from Python."""
COST_OF_LAYING, COST_OF_A_PRODUCT = 2**15, 2**13
"""Cells that would be worked through in the time that Python needs to lay out a product, and to
call for one.
"""
MOST_KINDS, SMALL = 4, 2**18
"""Rows of more kinds than this share layouts where all cells of the network are few: what is told
in some rows only is a likelihood then.
"""


class DenseEngine:
    """A network as factors; layouts are made when they are first needed. Answers rows of
    likelihoods as any engine does.

    `subtracted` names noisy-ORs that are not rare, small as their leak is: they are never chained.

    >>> from backpain_bn.model import Mechanism, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> states = ("no", "yes")
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", states, prior(0.8, 0.2)),
    ...         "wet": Variable("wet", states, wet),
    ...     },
    ... )
    >>> found = DenseEngine(garden)(np.array([[1.0, 1.0, 0.0, 1.0]]))
    >>> found.marginals.round(4).tolist(), np.exp(found.log_evidence).round(3).tolist()
    ([[0.3053, 0.6947, 0.0, 1.0]], [0.262])
    """

    def __init__(self, network: Network, subtracted: Collection[str] = ()) -> None:
        self.network = network
        self.subtracted = frozenset(subtracted)
        own = [variable.distribution.parameters() for variable in network.variables.values()]
        ends = np.cumsum([0, *map(len, own)]).tolist()
        names = list(network.variables)
        self.places = {name: slice(*ends[index : index + 2]) for index, name in enumerate(names)}
        self.parameters: Array = np.concatenate([np.zeros(0), *own])
        self.starts = np.array([place.start for place in network.slices.values()], dtype=np.intp)
        self.sizes = np.diff(np.append(self.starts, len(network.columns)))
        models = [variable.distribution for variable in network.variables.values()]
        self.is_noisy_or = np.array([isinstance(model, NoisyOr) for model in models], dtype=bool)
        self.worked = 0.0
        self._layouts: OrderedDict[object, Layout] = OrderedDict()
        self._families: dict[tuple[str, int], tuple[Factor, ...]] = {}

    def __call__(
        self, evidence: Array, own: Array | None = None, targets: Collection[str] | None = None
    ) -> Beliefs:
        """Answer rows of likelihoods (n, S): P(state | row) of the targets (default: all variables)
        and log P(row).

        `own` (n, P) gives every row parameters of its own, (P,) all of them others. Raises
        `TooHard` where it would take too much memory.
        """
        check_shapes(evidence, own, len(self.network.columns), len(self.parameters))
        answers, logs = np.zeros(evidence.shape), np.full(len(evidence), -np.inf)
        wanted = frozenset(self.network.variables if targets is None else targets)
        for said, rows in self.alike(evidence):
            if own is None and targets is None and not said.any():
                answers[rows], logs[rows] = self._prior
                continue
            layout = self._layout(said, wanted, (), len(rows) == 1)
            for start in range(0, len(rows), layout.rows_at_once):
                some = rows[start : start + layout.rows_at_once]
                found, tops = self._run(layout, said, evidence[some], _rows_of(own, some))
                self.worked += COST_OF_A_PRODUCT * len(layout.tree.steps)
                self.worked += layout.tree.cells * len(some)
                answers[some] = self.marginals(found, evidence[some], wanted)
                logs[some] = found.log_evidence + tops
        return Beliefs(answers, logs)

    @cached_property
    def factors_of_all(self) -> tuple[Factor, ...]:
        """The factors of cells where nothing is told."""
        return tuple(factor for name in self.network for factor in self.family(name, FREE))

    @cached_property
    def order_of_all(self) -> Order:
        """The elimination order where nothing is told."""
        factors = self.factors_of_all
        return elimination_order([factor.axes for factor in factors], sizes_of(factors))

    @cached_property
    def _prior(self) -> Beliefs:
        """The answer to a row that says nothing."""
        free = np.zeros(len(self.network.variables), dtype=np.int8)
        wanted, row = frozenset(self.network.variables), np.ones((1, len(self.network.columns)))
        found, _ = self._run(self._layout(free, wanted, (), True), free, row, None)
        return Beliefs(self.marginals(found, row, wanted), np.zeros(1))

    def joint(self, evidence: Array, names: Sequence[str]) -> tuple[Array, float]:
        """Return P(names | evidence) of one row (S,), one axis per name, and log P(evidence).

        Where the row is impossible, zeros and -inf. Raises `TooHard` as a call does.
        """
        table, log_evidence = (
            np.zeros([len(self.network[name].states) for name in names]),
            -math.inf,
        )
        places = [list(self.network.variables).index(name) for name in names]
        for said, _ in self.alike(evidence[None]):
            said[places] = WEIGHED
            layout = self._layout(said, frozenset(), tuple(names), True)
            found, tops = self._run(layout, said, evidence[None], None)
            log_evidence = float((found.log_evidence + tops)[0])
            if log_evidence > -math.inf:
                whole = found.total[..., 0]
                order = layout.tree.sorted(names)
                table = (whole / whole.sum()).transpose([order.index(name) for name in names])
        return table, log_evidence

    def _run(
        self, layout: Layout, said: Said, rows: Array, own: Array | None
    ) -> tuple[Answer, Array]:
        """Return what a layout says of rows, and the logs of the largest weights, which it was not
        told.
        """
        tops, states, weights = self.told(said, rows)
        return layout.run(self.cells(own), states, weights, len(rows)), tops

    def told(
        self, said: Said, rows: Array
    ) -> tuple[Array, dict[Axis, NDArray[np.int64]], dict[Axis, Array]]:
        """Return the logs (n,) of the largest likelihoods multiplied, the states told, and the
        likelihoods, 1 at most.
        """
        tops = np.maximum.reduceat(rows, self.starts, axis=1)
        scaled = rows / np.repeat(tops, self.sizes, axis=1)
        states: dict[Axis, NDArray[np.int64]] = {}
        weights: dict[Axis, Array] = {}
        for (name, place), what in zip(self.network.slices.items(), said.tolist(), strict=True):
            if what >= TOLD:
                states[name] = rows[:, place].argmax(axis=1)
            elif what != FREE:
                weights[name] = scaled[:, place]
        return np.log(tops).sum(axis=1), states, weights

    def cells(self, own: Array | None) -> Array:
        """Return the values that factors of cells name: constants, then parameters; (1, cells) or
        (n, cells).
        """
        parameters = np.atleast_2d(self.parameters if own is None else own)
        return np.hstack([np.tile(CONSTANT_VALUES, (len(parameters), 1)), parameters])

    def marginals(self, found: Answer, rows: Array, wanted: frozenset[str]) -> Array:
        """Return P(state | row) of what is wanted; what was told is what it is, and impossible rows
        are 0.
        """
        joint = rows.T.copy()
        for axis, values in found.joints.items():
            joint[self.network.slices[str(axis)]] = values
        totals = np.add.reduceat(joint, self.starts, axis=0)
        joint /= np.repeat(np.where(totals > 0, totals, 1.0), self.sizes, axis=0)
        asked = np.repeat([name in wanted for name in self.network.variables], self.sizes)
        possible = np.isfinite(found.log_evidence)
        return np.where(asked & possible[:, None], joint.T, 0.0)

    def alike(self, evidence: Array) -> Iterator[tuple[Said, NDArray[np.int64]]]:
        """Yield what rows say of each variable (V,), and which rows say it; rows that leave a
        variable no state are left out.
        """
        columns = np.ascontiguousarray(evidence.T)
        possible = np.add.reduceat(columns > 0, self.starts, axis=0, dtype=np.int64)
        least = np.minimum.reduceat(columns, self.starts, axis=0)
        most = np.maximum.reduceat(columns, self.starts, axis=0)
        said = np.where(least == most, FREE, WEIGHED).astype(np.int8)
        said[possible == 1] = TOLD
        said[(possible == 1) & (columns[self.starts] > 0) & self.is_noisy_or[:, None]] = ABSENT
        rows = np.flatnonzero((possible > 0).all(axis=0))
        every = said.T[rows]
        kinds = _grouped(every)
        if len(kinds) > MOST_KINDS and self.order_of_all.cells <= SMALL:
            kinds = _fewer(every)
        for kind, places in kinds:
            yield kind, rows[places]

    def _layout(
        self, said: Said, wanted: frozenset[str], kept: tuple[str, ...], is_single: bool
    ) -> Layout:
        """Return the layout for what is said, for a single row or for many."""
        key = said.tobytes(), wanted, kept, is_single
        found = self._layouts.pop(key, None)
        if found is None:
            of_each = dict(zip(self.network.variables, said.tolist(), strict=True))
            small = SMALL_CLUSTER if is_single else 0
            found = self._laid_out(of_each, wanted, kept, small)
            self.worked += COST_OF_LAYING * len(found.tree.steps)
        self._layouts[key] = found
        if len(self._layouts) > MOST_LAYOUTS:
            self._layouts.popitem(last=False)
        return found

    def _laid_out(
        self,
        said: Mapping[str, int],
        wanted: frozenset[str],
        kept: tuple[str, ...],
        small: int,
    ) -> Layout:
        """Lay out the factors of all that is wanted or told and of what that depends on."""
        names = self.needed(said, [*wanted, *kept])
        safe = self.safely_subtracted(said)
        factors = [
            factor
            for name in names
            for factor in self.family(name, SAFE if name in safe else said[name])
        ]
        told = {name for name, what in said.items() if what >= TOLD}
        weighed = [name for name, what in said.items() if what in (WEIGHED, MIXED)]
        return laid_out(factors, told, weighed, wanted - told, kept, small)

    def safely_subtracted(self, said: Mapping[str, int]) -> set[str]:
        """Return the noisy-ORs that may be present and yet need not be chained, those of most
        mechanisms first: P(present) is at least the leak, so all together they lose no more digits
        than `LEAST_LEAKS` has.
        """
        present = [
            (len(model.mechanisms), model.leak.p, name)
            for name, what in said.items()
            if what in (TOLD, WEIGHED)
            and isinstance(model := self.network[name].distribution, NoisyOr)
            and model.leak.p >= SMALLEST_LEAK
        ]
        found, left = set(), 1.0
        for _, leak, name in sorted(present, reverse=True):
            if left * leak >= LEAST_LEAKS:
                found.add(name)
                left *= leak
        return found

    def needed(self, said: Mapping[str, int], wanted: Collection[str]) -> list[str]:
        """Return what is wanted, what something is said of, and all that these depend on."""
        told = [name for name, what in said.items() if what != FREE]
        return needed(self.network, [*wanted, *told])

    def family(self, name: str, what: int) -> tuple[Factor, ...]:
        """Return the factors of cells of P(name | parents), for what is said of it.

        A noisy-OR that may be present is chained, for that adds where findings make its presence
        rare, unless that is known to be safe; an absent one falls apart.
        """
        key = name, what
        found = self._families.get(key)
        if found is None:
            first = CONSTANTS + self.places[name].start
            variable, present = self.network[name], what in (TOLD, WEIGHED)
            common = name in self.subtracted
            factors = family_factors(self.network, variable, first, present, common)
            found = tuple(
                _without_helpers(factor) if what == ABSENT else factor for factor in factors
            )
            self._families[key] = found
        return found


@lru_cache(maxsize=16)
def dense_engine(network: Network) -> DenseEngine:
    """Return the dense engine of a network, from the cache if it was asked for before."""
    return DenseEngine(network)


def _rows_of(own: Array | None, rows: NDArray[np.int64]) -> Array | None:
    return own if own is None or own.ndim == 1 else own[rows]


def _grouped(said: Said) -> list[tuple[Said, NDArray[np.int64]]]:
    """Return the different rows, each with where it stands."""
    if len(said) and (said == said[0]).all():
        return [(said[0].copy(), np.arange(len(said)))]
    found: dict[bytes, list[int]] = {}
    for place, row in enumerate(said):
        found.setdefault(row.tobytes(), []).append(place)
    return [
        (np.frombuffer(row, dtype=np.int8).copy(), np.array(places))
        for row, places in found.items()
    ]


def _fewer(said: Said) -> list[tuple[Said, NDArray[np.int64]]]:
    """Return rows that tell of the same variables together, or all of them where those kinds are
    many, too; each with what can be said of them at once.
    """
    kinds = _grouped(np.minimum(said, TOLD))
    if len(kinds) > MOST_KINDS:
        return [(_mixed(said), np.arange(len(said)))]
    return [(_mixed(said[places]), places) for _, places in kinds]


def _mixed(kinds: Said) -> Said:
    """Return what can be said of rows of several kinds at once."""
    least, most = kinds.min(axis=0), kinds.max(axis=0)
    several = np.where(least >= TOLD, TOLD, MIXED)
    return np.where(least == most, least, several).astype(np.int8)


def _without_helpers(factor: Factor) -> Factor:
    """Return the factor with all helpers in their first state."""
    is_helper = [isinstance(axis, Helper) for axis in factor.axes]
    index = tuple(0 if helper else slice(None) for helper in is_helper)
    axes = tuple(axis for axis, helper in zip(factor.axes, is_helper, strict=True) if not helper)
    return Factor(axes, factor.table[index])
