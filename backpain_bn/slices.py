"""The next run beside today's: one network of two slices, in which each action is a row of parameters.

What persists is the same variable in both slices. Where a treatment may change it or make it be drawn again, it has a twin on the next run
whose table can be switched, by parameters alone, between a copy of today's value, a new draw, and the state that a treatment brings about.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from .engine import CircuitEngine
from .errors import BackpainError
from .evidence import Findings, encode, impossible
from .kernel import Array
from .network import Mechanism, Network, NoisyOr, Row, Table, Variable, number

CELLS_AT_ONCE = 2**25
"""As many rows are run at once as have no more cells than this (numpy holds them all)."""
LANES = 16


class World(NamedTuple):
    """One way the next run may come about.

    `redrawn`: what persists and yet is drawn again. `set`: (variable, state, chance that it is brought about, else it is as without).
    """

    redrawn: frozenset[str] = frozenset()
    set: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class NextRun:
    """Today (variables under their own names) and the next run (`twins`) in one network."""

    today: Network
    network: Network
    twins: Mapping[str, str]

    @cached_property
    def engine(self) -> CircuitEngine:
        """The compiled pair, which answers P(findings of today, outcome on the next run) and nothing else."""
        return CircuitEngine(self.network, frozenset(), frozenset((*self.today.variables, self._outcome)))

    @property
    def _outcome(self) -> str:
        return self.twins.get(self.today.outcome, self.today.outcome)

    def outcomes(self, findings: Findings, worlds: Sequence[World]) -> Array:
        """Return P(outcome on the next run = state | today's findings, world), shape (worlds, states).

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
        log_evidence = self._run(evidence, np.array([self._kept, *(tables[world] for world, _ in asked)]))
        if log_evidence[0] == -math.inf:
            raise impossible(self.today, findings)
        unhealthy = np.exp(log_evidence[1:] - log_evidence[0]).reshape(-1, states - 1)
        found = dict(zip(tables, np.column_stack([1 - unhealthy.sum(axis=1), unhealthy]), strict=True))
        return np.array([found[world] for world in worlds]).reshape(-1, states)

    def _run(self, evidence: Array, parameters: Array) -> Array:
        step = max(CELLS_AT_ONCE // self.engine.circuit.size // LANES, 1) * LANES
        starts = range(0, len(evidence), step)
        return np.concatenate([self.engine(evidence[i : i + step], parameters[i : i + step]).log_evidence for i in starts])

    def parameters(self, world: World) -> Array:
        """Return the parameters of one world: kept unless redrawn, then set."""
        circuit = self.engine.circuit
        found = self._kept.copy()
        for name in world.redrawn:
            place = circuit.places[self.twins[name]]
            found[place] = circuit.parameters[place]
        for name, state, chance in world.set:
            place = circuit.places[self.twins[name]]
            found[place] = (1 - chance) * found[place] + chance * self._brought_about(name, state)
        return found

    @cached_property
    def _kept(self) -> Array:
        found = self.engine.circuit.parameters.copy()
        for name, twin in self.twins.items():
            if self.today[name].persists:
                found[self.engine.circuit.places[twin]] = self._copied(name)
        return found

    def _copied(self, name: str) -> Array:
        distribution, states = self.network[self.twins[name]].distribution, len(self.today[name].states)
        if isinstance(distribution, NoisyOr):
            links = np.zeros(1 + len(distribution.mechanisms))
            links[-1] = 1.0
            return np.stack([1 - links, links], axis=1).ravel()
        return np.tile(np.eye(states).ravel(), len(distribution.rows) // states)

    def _brought_about(self, name: str, state: str) -> Array:
        """Return the parameters that make the state certain; a mixture of them and the copy is that mixture of the two tables."""
        distribution, chosen = self.network[self.twins[name]].distribution, self.today.state(name, state)
        if isinstance(distribution, NoisyOr):
            links = np.zeros(1 + len(distribution.mechanisms))
            links[0] = chosen
            links[-1] = chosen if self.today[name].persists or len(links) == 1 else 0
            return np.stack([1 - links, links], axis=1).ravel()
        return np.tile(np.eye(len(self.today[name].states))[chosen], len(distribution.rows))


@lru_cache(maxsize=4)
def next_run(network: Network) -> NextRun:
    """Return today and the next run of a network, compiled at the first question; from the cache if it was asked for before.

    Raises `BackpainError` where the network names no outcome, `TooHard` where the two together are too hard.
    """
    if not network.outcome:
        raise BackpainError(f"{network.name} names no outcome that treatments could lower; `posterior` works on any network")
    upstream = network.ancestors(network.outcome) | {network.outcome}
    acted = {name for treatment in network.treatments.values() for name in treatment.targets} & upstream
    moved = acted.union(*(network.descendants(name) for name in acted))
    mark = suffix(network, "next")
    late = [name for name in network.order if name in upstream and (name in moved or not network[name].persists)]
    twins = {name: f"{name}{mark}" for name in late}
    variables = dict(network.variables)
    for name, twin in twins.items():
        distribution = renamed(network[name].distribution, twins)
        if network[name].persists:
            distribution = _switchable(network[name], distribution)
        variables[twin] = replace(network[name], name=twin, distribution=distribution, marginal=None)
    return NextRun(network, Network(f"{network.name}, today and next", variables), twins)


def suffix(network: Network, word: str) -> str:
    """Return an ending that no variable's name has: @word, @@word, ..."""
    mark = f"@{word}"
    while any(name.endswith(mark) for name in network.variables):
        mark = f"@{mark}"
    return mark


def renamed(distribution: NoisyOr | Table, names: Mapping[str, str]) -> NoisyOr | Table:
    """Return the same distribution over parents of other names."""
    if isinstance(distribution, NoisyOr):
        conditions = [{names.get(parent, parent): states for parent, states in m.when.items()} for m in distribution.mechanisms]
        mechanisms = (Mechanism(when, m.number) for when, m in zip(conditions, distribution.mechanisms, strict=True))
        return NoisyOr(distribution.leak, tuple(mechanisms))
    return Table(tuple(names.get(parent, parent) for parent in distribution.parents), distribution.rows)


def _switchable(variable: Variable, distribution: NoisyOr | Table) -> NoisyOr | Table:
    """Return the distribution with today's value as a last parent, which makes no difference until parameters say so."""
    if isinstance(distribution, NoisyOr):
        return NoisyOr(distribution.leak, (*distribution.mechanisms, Mechanism({variable.name: variable.states[1:]}, number(0.0))))
    rows = (Row((*row.given, state), row.numbers) for row in distribution.rows for state in variable.states)
    return Table((*distribution.parents, variable.name), tuple(rows))


def redrawn(network: Network, acted: Iterable[str]) -> frozenset[str]:
    """Return what persists and yet is drawn again where these variables are acted on: their descendants."""
    below: Collection[str] = frozenset().union(*(network.descendants(name) for name in acted))
    return frozenset(name for name in below if network[name].persists)
