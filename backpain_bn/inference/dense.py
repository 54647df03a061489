"""Exact inference by elimination of dense tables: one case or few, any network that fits in memory,
joints, P(evidence).

Every table is sliced by what is told for certain, what neither findings nor targets depend on is
dropped, and a noisy-OR that is told to be absent falls apart into one factor for each mechanism.
The plan of the rest depends only on which variables are told, and is kept.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ..model.distributions import NoisyOr
from ..model.network import Network
from .beliefs import Array, Beliefs, check_shapes
from .elimination import Axis, Factor, Order, elimination_order, sizes_of
from .families import Families
from .one_case import MOST_CELLS, OneCase, Scratch
from .plan import Joints, Plan, leaf_of, plan_for
from .recent import Recent
from .said import FREE, MIXED, MOST_KINDS, TOLD, WEIGHED, Said, fewer, grouped, said_of

MOST_PLANS = 16
SMALL_CLUSTER = 2**9
"""Tensors of so many cells cost a single row no more than the call from Python."""
COST_OF_LAYING, COST_OF_A_PRODUCT = 2**15, 2**13
"""Cells that would be worked through in the time that Python needs to lay out a product, and to
call for one.
"""
SMALL, LARGE = 2**18, 2**23
"""Rows of many kinds share plans where all cells of the network are no more than the first, never
where they are more than the second.
"""


class DenseEngine:
    """A network as factors; plans are made when they are first needed. Answers rows of
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
        self.families = Families(network, frozenset(subtracted))
        self.places, self.parameters = self.families.places, self.families.parameters
        places = network.slices.values()
        self.starts = np.array([place.start for place in places], dtype=np.intp)
        self.sizes = np.array([place.stop - place.start for place in places], dtype=np.intp)
        models = [variable.distribution for variable in network.variables.values()]
        self.is_noisy_or = np.array([isinstance(model, NoisyOr) for model in models], dtype=bool)
        self.worked, self.last = 0.0, 0.0
        self._plans: Recent[Plan] = Recent(MOST_PLANS)
        self._cases: Recent[OneCase | None] = Recent(MOST_PLANS)
        self._everything = frozenset(network.variables)
        self._scratch = Scratch()

    def __call__(
        self, evidence: Array, own: Array | None = None, targets: Collection[str] | None = None
    ) -> Beliefs:
        """Answer rows of likelihoods (n, S): P(state | row) of the targets (default: all variables)
        and log P(row).

        `own` (n, P) gives every row parameters of its own, (P,) all of them others. Raises
        `TooHard` where it would take too much memory.
        """
        check_shapes(evidence, own, len(self.network.columns), len(self.parameters))
        wanted = self._everything if targets is None else frozenset(targets)
        if own is None and len(evidence) == 1:
            one = self._one_case(evidence[0], wanted)
            if one is not None:
                return one
        answers, logs = np.zeros(evidence.shape), np.full(len(evidence), -np.inf)
        for said, rows in self.kinds(evidence):
            if own is None and targets is None and not said.any():
                answers[rows], logs[rows] = self._prior
                continue
            plan = self._plan(said, wanted, (), len(rows) == 1)
            for start in range(0, len(rows), plan.rows_at_once):
                some = rows[start : start + plan.rows_at_once]
                found, tops = self._run(plan, said, evidence[some], _rows_of(own, some))
                self.worked += COST_OF_A_PRODUCT * len(plan.tree.steps)
                self.worked += plan.tree.cells * len(some)
                answers[some] = self.marginals(found, evidence[some], wanted)
                logs[some] = found.log_evidence + tops
        return Beliefs(answers, logs)

    def _one_case(self, row: Array, wanted: frozenset[str]) -> Beliefs | None:
        """Answer one row (S,) by what was bound for rows that say the same, or None where it has to
        go the long way.
        """
        said, largest = self._said(row)
        if not largest.all():
            return None
        if not said.any() and wanted is self._everything:
            return Beliefs(self._prior.marginals.copy(), self._prior.log_evidence.copy())
        case = self._case(said, wanted)
        found = case.run(row, largest) if case is not None else None
        if case is None or found is None:
            return None
        self.worked += COST_OF_A_PRODUCT * len(case.tree.steps) + case.tree.cells
        self.last = case.cost
        answer, log_evidence = found
        if (largest != 1.0).any():
            log_evidence += float(np.log(largest).sum())
        return Beliefs(answer[None], np.array([log_evidence]))

    def _case(self, said: Said, wanted: frozenset[str]) -> OneCase | None:
        """Return the plan for what one row says, bound to the network's own numbers; None where
        it is too large for that.
        """

        def make() -> OneCase | None:
            plan = self._plan(said, wanted, (), True)
            return self._bound(plan, said, wanted) if plan.tree.cells <= MOST_CELLS else None

        return self._cases.of((said.tobytes(), wanted), make)

    def _bound(self, plan: Plan, said: Said, wanted: frozenset[str]) -> OneCase:
        of_each = dict(zip(self.network.variables, said.tolist(), strict=True))
        told = [name for name, what in of_each.items() if what >= TOLD]
        leaves = [
            leaf_of(factor, plan.told, plan.tree)
            for each in self.families.chosen(of_each, wanted)
            for factor in self.families.values(*each)
        ]
        read = [name for name in of_each if name in wanted]
        return OneCase(
            plan.tree, leaves, plan.weighed, told, read, self.network.slices, self._scratch
        )

    @cached_property
    def factors_of_all(self) -> tuple[Factor, ...]:
        """The factors of cells where nothing is told."""
        return tuple(
            factor for name in self.network for factor in self.families.factors(name, FREE)
        )

    @cached_property
    def order_of_all(self) -> Order:
        """The elimination order where nothing is told."""
        factors = self.factors_of_all
        return elimination_order([factor.axes for factor in factors], sizes_of(factors))

    @cached_property
    def _prior(self) -> Beliefs:
        """The answer to a row that says nothing."""
        free, row = (
            np.zeros(len(self.sizes), dtype=np.int8),
            np.ones((1, len(self.network.columns))),
        )
        plan = self._plan(free, self._everything, (), True)
        if plan.tree.cells <= MOST_CELLS:
            bound = self._bound(plan, free, self._everything)
            answer = bound.run(row[0], np.ones(len(self.sizes)))
            if answer is not None:
                return Beliefs(answer[0][None], np.zeros(1))
        found, _ = self._run(plan, free, row, None)
        return Beliefs(self.marginals(found, row, self._everything), np.zeros(1))

    def joint(self, evidence: Array, names: Sequence[str]) -> tuple[Array, float]:
        """Return P(names | evidence) of one row (S,), one axis per name, and log P(evidence).

        Where the row is impossible, zeros and -inf. Raises `TooHard` as a call does.
        """
        table, log_evidence = (
            np.zeros([len(self.network[name].states) for name in names]),
            -math.inf,
        )
        places = [list(self.network.variables).index(name) for name in names]
        for said, _ in self.kinds(evidence[None]):
            said[places] = WEIGHED
            plan = self._plan(said, frozenset(), tuple(names), True)
            found, tops = self._run(plan, said, evidence[None], None)
            log_evidence = float((found.log_evidence + tops)[0])
            if log_evidence > -math.inf:
                whole = found.total[..., 0]
                order = plan.tree.sorted(names)
                table = (whole / whole.sum()).transpose([order.index(name) for name in names])
        return table, log_evidence

    def _run(self, plan: Plan, said: Said, rows: Array, own: Array | None) -> tuple[Joints, Array]:
        """Return what a plan says of rows, and the logs of the largest weights, which it was not
        told.
        """
        tops, states, weights = self.told(said, rows)
        return plan.run(self.families.cells(own), states, weights, len(rows)), tops

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

    def marginals(self, found: Joints, rows: Array, wanted: frozenset[str]) -> Array:
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

    def kinds(self, evidence: Array) -> Iterator[tuple[Said, NDArray[np.int64]]]:
        """Yield what rows say of each variable (V,), and which rows say it; rows that leave a
        variable no state are left out.
        """
        said, largest = self._said(np.ascontiguousarray(evidence.T))
        rows = np.flatnonzero(largest.all(axis=0))
        kinds = grouped(said.T[rows])
        if len(kinds) > MOST_KINDS and self._saves_to_share(len(kinds), len(rows)):
            kinds = fewer(said.T[rows])
        for kind, places in kinds:
            yield kind, rows[places]

    def _saves_to_share(self, kinds: int, rows: int) -> bool:
        """Return whether rows of many kinds cost less in plans that they share, where little is
        cut away, than in a plan for each kind.
        """
        order = self.order_of_all
        each = COST_OF_LAYING * len(order.axes)
        if order.cells <= SMALL:
            return True
        return order.cells <= LARGE and order.cells * rows <= each * kinds

    def _said(self, columns: Array) -> tuple[Said, Array]:
        return said_of(columns, self.starts, self.is_noisy_or)

    def _plan(
        self, said: Said, wanted: frozenset[str], kept: tuple[str, ...], is_single: bool
    ) -> Plan:
        """Return the plan for what is said, for a single row or for many."""

        def make() -> Plan:
            of_each = dict(zip(self.network.variables, said.tolist(), strict=True))
            small = SMALL_CLUSTER if is_single else 0
            found = self._laid_out(of_each, wanted, kept, small)
            self.worked += COST_OF_LAYING * len(found.tree.steps)
            return found

        return self._plans.of((said.tobytes(), wanted, kept, is_single), make)

    def _laid_out(
        self,
        said: Mapping[str, int],
        wanted: frozenset[str],
        kept: tuple[str, ...],
        small: int,
    ) -> Plan:
        """Lay out the factors of all that is wanted or told and of what that depends on."""
        families = self.families.chosen(said, [*wanted, *kept])
        factors = [factor for each in families for factor in self.families.factors(*each)]
        told = {name for name, what in said.items() if what >= TOLD}
        weighed = [name for name, what in said.items() if what in (WEIGHED, MIXED)]
        return plan_for(factors, told, weighed, wanted - told, kept, small)


@lru_cache(maxsize=16)
def dense_engine(network: Network) -> DenseEngine:
    """Return the dense engine of a network, from the cache if it was asked for before."""
    return DenseEngine(network)


def _rows_of(own: Array | None, rows: NDArray[np.int64]) -> Array | None:
    return own if own is None or own.ndim == 1 else own[rows]
