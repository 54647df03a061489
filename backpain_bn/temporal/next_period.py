"""The next period of a case beside today, with any treatments started."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from ..inference.beliefs import Array
from ..inference.dense import DenseEngine
from ..inference.evidence import encode, impossible
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Treatment
from .unrolling import Unrolled, unrolled
from .visits import Visit, outcome_of

Plan = Mapping[str, float]
"""The treatments that are started, each with the chance that it succeeds."""
MOST_PAIRS = 128
"""Of one network so many pairs are kept; then all are made anew."""


class Pair(NamedTuple):
    """Today and the next period in one network, after some treatments were started."""

    both: Unrolled
    engine: DenseEngine


@dataclass(frozen=True, eq=False)
class NextPeriod:
    """Today and the next period of one network, a pair for each set of treatments."""

    today: Network
    pairs: dict[frozenset[str], Pair] = field(default_factory=dict)

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

        All plans start from the same case, which stays as it is where no treatment reaches; they
        work through what they aim at alone. Raises `ImpossibleEvidence` naming a smallest set of
        findings that cannot hold together.
        """
        row = encode(self.today, [findings])[0]
        found = [self._outcome(row, plan) for plan in plans]
        if any(outcome is None for outcome in found):
            raise impossible(self.today, findings)
        states = len(outcome_of(self.today).states)
        return np.array(found, dtype=float).reshape(-1, states)

    def risks(self, findings: Findings, plans: Sequence[Plan]) -> list[float]:
        """Return P(outcome of the next period is not healthy | today's findings, plan)."""
        risks: list[float] = (1 - self.outcomes(findings, plans)[:, 0]).tolist()
        return risks

    def _outcome(self, told: Array, plan: Plan) -> Array | None:
        both, engine = self._pair(frozenset(plan))
        row = np.ones((1, len(both.network.columns)))
        for name, place in self.today.slices.items():
            row[0, both.network.slices[name]] = told[place]
        own = engine.parameters.copy()
        for name, node in both.successes[1].items():
            own[engine.places[node]] = (1 - plan[name], plan[name])
        outcome = both.names[1][self.today.outcome]
        beliefs = engine(row, own, (outcome,))
        if beliefs.log_evidence[0] == -math.inf:
            return None
        return beliefs.marginals[0, both.network.slices[outcome]]

    def _pair(self, started: frozenset[str]) -> Pair:
        if started not in self.pairs:
            if len(self.pairs) == MOST_PAIRS:
                self.pairs.clear()
            names = [name for name in self.today.treatments if name in started]
            both = unrolled(self.today, [Visit(), Visit(treatments=names)], switches=True)
            self.pairs[started] = Pair(both, DenseEngine(both.network, both.common))
        return self.pairs[started]


@lru_cache(maxsize=4)
def next_period(network: Network) -> NextPeriod:
    """Return today and the next period of a network, from the cache if it was asked for before.

    Raises `BackpainError` where the network names no outcome.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> states = ("no", "yes")
    >>> ache = NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)),))
    >>> weak = Variable("weak", states, prior(0.7, 0.3))
    >>> joint = Network(
    ...     "joint",
    ...     {"weak": weak, "ache": Variable("ache", states, ache)},
    ...     outcome="ache",
    ...     treatments={"train": Treatment("train", "Train", {"weak": "no"}, number(0.5))},
    ... )
    >>> found = next_period(joint).outcomes({"ache": "yes"}, [{}, {"train": 1.0}])
    >>> found.round(4).tolist()
    [[0.584, 0.416], [0.9, 0.1]]
    """
    outcome_of(network)
    return NextPeriod(network)
