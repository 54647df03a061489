"""The next period of a case beside today: one network of both, in which every plan of treatments is a
row of parameters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ..inference.beliefs import Array
from ..inference.engine import CircuitEngine
from ..inference.evidence import encode, impossible
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Treatment
from .unrolling import Unrolled, unrolled
from .visits import Visit, outcome_of

Plan = Mapping[str, float]
"""The treatments that are started, each with the chance that it succeeds."""


@dataclass(frozen=True, eq=False)
class NextPeriod:
    """Today and the next period of one network, with every treatment of the file ready to start."""

    today: Network
    both: Unrolled

    @cached_property
    def engine(self) -> CircuitEngine:
        """The compiled pair, which answers P(findings of today, outcome of the next period)."""
        return CircuitEngine(
            self.both.network, frozenset(), frozenset((*self.today, self._outcome))
        )

    @property
    def _outcome(self) -> str:
        return self.both.names[1][self.today.outcome]

    @cached_property
    def upstream(self) -> frozenset[str]:
        """The outcome and all that reaches it."""
        return self.today.ancestors(self.today.outcome) | {self.today.outcome}

    def reaching(self, treatment: Treatment) -> dict[str, str]:
        """Return those of a treatment's targets that reach the outcome."""
        return {name: state for name, state in treatment.targets.items() if name in self.upstream}

    def outcomes(self, findings: Findings, plans: Sequence[Plan]) -> Array:
        """Return P(outcome of the next period = state | today's findings, plan), shape (plans,
        states).

        All plans start from the same case: it stays as it is where no treatment reaches. Raises
        `ImpossibleEvidence` naming a smallest set of findings that cannot hold together.
        """
        place = self.both.network.slices[self._outcome]
        states = place.stop - place.start
        row = np.ones(len(self.both.network.columns))
        for name, own in self.today.slices.items():
            row[self.both.network.slices[name]] = encode(self.today, [findings])[0, own]
        evidence = np.tile(row, (1 + len(plans) * (states - 1), 1))
        for index in range(1, len(evidence)):
            evidence[index, place] = np.eye(states)[1 + (index - 1) % (states - 1)]
        parameters = [self._parameters(plan) for plan in plans for _ in range(1, states)]
        log_evidence = self.engine(
            evidence, np.array([self._parameters({}), *parameters])
        ).log_evidence
        if log_evidence[0] == -math.inf:
            raise impossible(self.today, findings)
        unhealthy = np.exp(log_evidence[1:] - log_evidence[0]).reshape(-1, states - 1)
        return np.column_stack([1 - unhealthy.sum(axis=1), unhealthy])

    def risks(self, findings: Findings, plans: Sequence[Plan]) -> list[float]:
        """Return P(outcome of the next period is not healthy | today's findings, plan)."""
        risks: list[float] = (1 - self.outcomes(findings, plans)[:, 0]).tolist()
        return risks

    def _parameters(self, plan: Plan) -> Array:
        found = self.engine.circuit.parameters.copy()
        for name, node in self.both.successes[1].items():
            chance = plan.get(name, 0.0)
            if node in self.engine.circuit.places:
                found[self.engine.circuit.places[node]] = (1 - chance, chance)
        return found


@lru_cache(maxsize=4)
def next_period(network: Network) -> NextPeriod:
    """Return today and the next period of a network, compiled at the first question; from the cache
    if it was asked for before.

    Raises `BackpainError` where the network names no outcome; its first question raises `TooHard`
    where the two together are too hard.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> states = ("no", "yes")
    >>> ache = NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)),))
    >>> joint = Network(
    ...     "joint",
    ...     {
    ...         "weak": Variable("weak", states, prior(0.7, 0.3)),
    ...         "ache": Variable("ache", states, ache),
    ...     },
    ...     outcome="ache",
    ...     treatments={"train": Treatment("train", "Train", {"weak": "no"}, number(0.5))},
    ... )
    >>> found = next_period(joint).outcomes({"ache": "yes"}, [{}, {"train": 1.0}])
    >>> found.round(4).tolist()
    [[0.584, 0.416], [0.9, 0.1]]
    """
    outcome_of(network)
    return NextPeriod(
        network, unrolled(network, [Visit(), Visit(treatments=[*network.treatments])])
    )
