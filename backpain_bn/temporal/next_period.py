"""The next period beside today's: one network of two slices, in which each action is a row of
parameters.

What persists is the same variable in both slices. Where a treatment may change it or make it be
drawn again, it has a twin in the next period whose table can be switched, by parameters alone,
between a copy of today's value, a new draw, and the state that a treatment brings about.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from ..inference.beliefs import Array
from ..inference.engine import Engine
from ..inference.evidence import encode, impossible
from ..model.distributions import Mechanism, NoisyOr, Row, Table, number
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Treatment, Variable
from .unrolling import outcome_of, persists, plain_variables, redrawn, suffix

Setting = tuple[str, str, float]
"""A variable, the state that is brought about, and the chance that it is; else the variable is as
it would have been without.
"""


class World(NamedTuple):
    """One way the next period may come about: what persists and yet is drawn again, and what is
    brought about.
    """

    redrawn: frozenset[str] = frozenset()
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True, eq=False)
class NextPeriod:
    """Today (variables under their own names) and the next period (`twins`) in one network."""

    today: Network
    network: Network
    twins: Mapping[str, str]

    @cached_property
    def engine(self) -> Engine:
        """The compiled pair, which answers P(findings of today, outcome in the next period) and
        nothing else.

        Engines use the compiled kernel once it is loaded; numpy would take longer for the first
        question than loading does.
        """

        return Engine(
            self.network, frozenset(), frozenset((*self.today.variables, self._outcome))
        )

    @cached_property
    def upstream(self) -> frozenset[str]:
        """The outcome and all that reaches it."""
        return self.today.ancestors(self.today.outcome) | {self.today.outcome}

    @cached_property
    def _redrawn(self) -> Mapping[str, frozenset[str]]:
        return {name: redrawn(self.today, [name]) & self.upstream for name in self.twins}

    def reaching(self, treatment: Treatment) -> dict[str, str]:
        """Return those of a treatment's targets that reach the outcome."""
        return {name: state for name, state in treatment.targets.items() if name in self.upstream}

    def redrawn(self, treatments: Iterable[Treatment]) -> frozenset[str]:
        """Return what persists and yet is drawn again under these treatments: the descendants of
        what they act on.
        """
        return frozenset().union(
            *(self._redrawn[name] for treatment in treatments for name in self.reaching(treatment))
        )

    def ways(
        self, plan: Sequence[Treatment], chances: Sequence[float], again: frozenset[str]
    ) -> Iterator[tuple[float, World]]:
        """Yield the ways that treatments may turn out, `again` being drawn again, with their
        probabilities.

        A treatment of a single target that is otherwise kept is a mixture inside that target's
        table; the others succeed or fail, each by each.
        """
        inside: list[Setting] = []
        each: list[tuple[float, list[Setting]]] = []
        for treatment, chance in zip(plan, chances, strict=True):
            targets = self.reaching(treatment)
            if len(targets) == 1 and all(
                persists(self.today, name) and name not in again for name in targets
            ):
                inside += [(name, state, chance) for name, state in targets.items()]
            else:
                each.append((chance, [(name, state, 1.0) for name, state in targets.items()]))
        for successes in product((True, False), repeat=len(each)):
            odds = math.prod(
                chance if success else 1 - chance
                for success, (chance, _) in zip(successes, each, strict=True)
            )
            outside = [
                setting
                for success, (_, settings) in zip(successes, each, strict=True)
                if success
                for setting in settings
            ]
            if odds > 0:
                yield odds, World(again, (*inside, *outside))

    @property
    def _outcome(self) -> str:
        return self.twins.get(self.today.outcome, self.today.outcome)

    def outcomes(self, findings: Findings, worlds: Sequence[World]) -> Array:
        """Return P(outcome in the next period = state | today's findings, world), shape (worlds,
        states).

        Raises `ImpossibleEvidence` naming a smallest set of findings that cannot hold together.
        """
        place = self.network.slices[self._outcome]
        states = place.stop - place.start
        asked = [(world, state) for world in dict.fromkeys(worlds) for state in range(1, states)]
        evidence = np.ones((1 + len(asked), len(self.network.columns)))
        evidence[:, : len(self.today.columns)] = encode(self.today, [findings])
        for row, (_, state) in enumerate(asked, 1):
            evidence[row, place] *= np.eye(states)[state]
        tables = {world: self.parameters(world) for world, _ in asked}
        log_evidence = self.engine(
            evidence, np.array([self._kept, *(tables[world] for world, _ in asked)])
        ).log_evidence
        if log_evidence[0] == -math.inf:
            raise impossible(self.today, findings)
        unhealthy = np.exp(log_evidence[1:] - log_evidence[0]).reshape(-1, states - 1)
        found = dict(
            zip(tables, np.column_stack([1 - unhealthy.sum(axis=1), unhealthy]), strict=True)
        )
        return np.array([found[world] for world in worlds]).reshape(-1, states)

    def pains(
        self, findings: Findings, plans: Sequence[tuple[Sequence[Treatment], Sequence[float]]]
    ) -> list[tuple[float, float]]:
        """Return P(outcome unhealthy in the next period) as it is and with each plan of
        (treatments, chances of success).

        For both, the descendants of all that the plan acts on are drawn again. All plans are one
        batch of rows.
        """
        worlds: list[World] = []
        weights: list[list[float]] = []
        for plan, chances in plans:
            again = self.redrawn(plan)
            odds, some = zip(*self.ways(plan, chances, again), strict=True)
            weights.append(list(odds))
            worlds += [World(again), *some]
        pain = iter((1 - self.outcomes(findings, worlds)[:, 0]).tolist() if worlds else ())
        return [(next(pain), sum(weight * next(pain) for weight in odds)) for odds in weights]

    def parameters(self, world: World) -> Array:
        """Return the parameters of one world: kept unless redrawn, then set."""
        engine = self.engine
        found = self._kept.copy()
        for name in world.redrawn:
            place = engine.places[self.twins[name]]
            found[place] = engine.parameters[place]
        for name, state, chance in world.settings:
            place = engine.places[self.twins[name]]
            found[place] = (1 - chance) * found[place] + chance * self._brought_about(name, state)
        return found

    @cached_property
    def _kept(self) -> Array:
        found = self.engine.parameters.copy()
        for name, twin in self.twins.items():
            if persists(self.today, name):
                found[self.engine.places[twin]] = self._copied(name)
        return found

    def _copied(self, name: str) -> Array:
        distribution, states = (
            self.network[self.twins[name]].distribution,
            len(self.today[name].states),
        )
        if isinstance(distribution, NoisyOr):
            links = np.zeros(1 + len(distribution.mechanisms))
            links[-1] = 1.0
            return np.stack([1 - links, links], axis=1).ravel()
        return np.tile(np.eye(states).ravel(), len(distribution.rows) // states)

    def _brought_about(self, name: str, state: str) -> Array:
        """Return the parameters that make the state certain; a mixture of them and the copy is that
        mixture of the two tables.
        """
        distribution, chosen = (
            self.network[self.twins[name]].distribution,
            self.today.state(name, state),
        )
        if isinstance(distribution, NoisyOr):
            links = np.zeros(1 + len(distribution.mechanisms))
            links[[0, -1]] = chosen
            return np.stack([1 - links, links], axis=1).ravel()
        return np.tile(np.eye(len(self.today[name].states))[chosen], len(distribution.rows))


@lru_cache(maxsize=4)
def next_period(network: Network) -> NextPeriod:
    """Return today and the next period of a network, compiled at the first question; from the cache
    if it was asked for before.

    Raises `BackpainError` where the network names no outcome; its first question raises `TooHard`
    where the two together are too hard.

    >>> from backpain_bn.model import number, prior
    >>> states = ("no", "yes")
    >>> ache = NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)),))
    >>> joint = Network(
    ...     "joint",
    ...     {
    ...         "weak": Variable("weak", states, prior(0.7, 0.3)),
    ...         "ache": Variable("ache", states, ache, persists=False),
    ...     },
    ...     outcome="ache",
    ...     treatments={"train": Treatment("train", "Train", {"weak": "no"}, number(0.5))},
    ... )
    >>> sure = World(settings=(("weak", "no", 1.0),))
    >>> next_period(joint).outcomes({"ache": "yes"}, [World(), sure]).round(4).tolist()
    [[0.584, 0.416], [0.9, 0.1]]
    """
    outcome = outcome_of(network).name
    upstream = network.ancestors(outcome) | {outcome}
    targets = {name for one in network.treatments.values() for name in one.targets}
    acted = targets & upstream
    moved = acted.union(*(network.descendants(name) for name in acted))
    mark = suffix(network, "next")
    late = [
        name
        for name in network.order
        if name in upstream and (name in moved or not persists(network, name))
    ]
    twins = {name: f"{name}{mark}" for name in late}
    variables = plain_variables(network)
    for name, twin in twins.items():
        distribution = network[name].distribution.renamed(twins)
        if persists(network, name):
            distribution = _switchable(network[name], distribution)
        variables[twin] = Variable(twin, network[name].states, distribution)
    return NextPeriod(network, Network(network.name, variables), twins)


def _switchable(variable: Variable, distribution: NoisyOr | Table) -> NoisyOr | Table:
    """Return the distribution with today's value as a last parent, which makes no difference until
    parameters say so.
    """
    if isinstance(distribution, NoisyOr):
        return NoisyOr(
            distribution.leak,
            (
                *distribution.mechanisms,
                Mechanism({variable.name: variable.states[1:]}, number(0.0)),
            ),
        )
    rows = (
        Row((*row.given, state), row.numbers)
        for row in distribution.rows
        for state in variable.states
    )
    return Table((*distribution.parents, variable.name), tuple(rows))
