"""The next period of a case beside today, with any treatments started."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ..errors import TooHard
from ..inference.beliefs import Array, Beliefs
from ..inference.dense import DenseEngine, dense_engine
from ..inference.differences import by_differences
from ..inference.evidence import encode, impossible
from ..model.distributions import NoisyOr
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Treatment
from .unrolling import Unrolled, unrolled
from .visits import Visit, outcome_of

Plan = Mapping[str, float]
"""The treatments that are started, each with the chance that it succeeds."""
ALL: Mapping[str, str] = MappingProxyType({})
"""The states today of all whom the findings may speak of: any."""
RARE = 2.0**-100
"""A chance of success so small that, to the last bit, no two treatments succeed."""


class Start(NamedTuple):
    """Today's likelihoods (S,) of the findings and of being among some, log P(findings), and
    P(among them | findings).
    """

    row: Array
    log_evidence: float
    share: float


class Pair(NamedTuple):
    """Today and the next period in one network, where some treatments may be started."""

    both: Unrolled
    engine: DenseEngine


@dataclass(frozen=True, eq=False)
class NextPeriod:
    """Today and the next period of one network."""

    today: Network

    @cached_property
    def upstream(self) -> frozenset[str]:
        """The outcome and all that reaches it."""
        return self.today.ancestors(self.today.outcome) | {self.today.outcome}

    def reaching(self, treatment: Treatment) -> dict[str, str]:
        """Return those of a treatment's targets that reach the outcome."""
        return {name: state for name, state in treatment.targets.items() if name in self.upstream}

    def outcomes(
        self, findings: Findings, plans: Sequence[Plan], among: Mapping[str, str] = ALL
    ) -> Array:
        """Return P(outcome of the next period = state, today `among` | today's findings, plan),
        shape (plans, states). `among` are some by their states today: all of them, if not given.

        All plans start from the same case, which stays as it is where no treatment reaches; they
        work through what they aim at alone. Raises `ImpossibleEvidence` naming a smallest set of
        findings that cannot hold together.
        """
        outcome = outcome_of(self.today)
        start = self._start(findings, among)
        if isinstance(outcome.distribution, NoisyOr):
            healthy = self._chances(start, plans, 0)
            return np.stack([healthy, start.share - healthy], axis=1)
        states = range(len(outcome.states))
        return np.stack([self._chances(start, plans, state) for state in states], axis=1)

    def risks(
        self, findings: Findings, plans: Sequence[Plan], among: Mapping[str, str] = ALL
    ) -> list[float]:
        """Return P(outcome of the next period is not healthy, today `among` | today's findings,
        plan).
        """
        outcome_of(self.today)
        start = self._start(findings, among)
        risks: list[float] = (start.share - self._chances(start, plans, 0)).tolist()
        return risks

    def share(self, findings: Findings, among: Mapping[str, str]) -> float:
        """Return P(today `among` | today's findings); raises as `outcomes` does."""
        return self._start(findings, among).share

    def alone(
        self, findings: Findings, treatments: Sequence[str], among: Mapping[str, str] = ALL
    ) -> tuple[float, list[float]]:
        """Return P(outcome of the next period is not healthy, today `among` | today's findings),
        and the same for each treatment if it alone succeeds for certain.

        P(healthy | treatment succeeds) = P(healthy, treatment succeeds) / RARE, all of them being
        started with that chance: one row answers all. Raises as `outcomes` does.
        """
        outcome_of(self.today)
        start = self._start(findings, among)
        if start.share == 0.0:
            return 0.0, [0.0] * len(treatments)
        pair = self._every
        nodes = [pair.both.successes[1][name] for name in treatments]
        rare = dict.fromkeys(self.today.treatments, RARE)
        try:
            beliefs = self._beliefs(pair, start.row, [rare], 0, nodes)
        except TooHard:
            plans = [{}, *({name: 1.0} for name in treatments)]
            before, *risks = self.risks(findings, plans, among)
            return before, risks
        share = start.share
        healthy = min(math.exp(beliefs.log_evidence[0] - start.log_evidence), share)
        places = [pair.both.network.slices[node].start + 1 for node in nodes]
        sure = np.minimum(healthy * (beliefs.marginals[0, places] / RARE), share)
        return share - healthy, (share - sure).tolist()

    @property
    def _every(self) -> Pair:
        return _pair(self.today, tuple(self.today.treatments))

    def _start(self, findings: Findings, among: Mapping[str, str]) -> Start:
        told, some = encode(self.today, [findings, among])
        engine = dense_engine(self.today)
        log_evidence = float(engine(told[None], None, ()).log_evidence[0])
        if log_evidence == -math.inf:
            raise impossible(self.today, findings)
        if not among:
            return Start(told, log_evidence, 1.0)
        both = float(engine((told * some)[None], None, ()).log_evidence[0])
        return Start(told * some, log_evidence, min(math.exp(both - log_evidence), 1.0))

    def _chances(self, start: Start, plans: Sequence[Plan], state: int) -> Array:
        """Return P(outcome of the next period = state, among some today | today's findings, plan)
        (plans,).

        All plans are rows of one network with every treatment; where that is too hard, each has its
        own.
        """
        if start.share == 0.0:
            return np.zeros(len(plans))
        try:
            logs = self._beliefs(self._every, start.row, plans, state).log_evidence
        except TooHard:
            own = [(_pair(self.today, tuple(plan)), plan) for plan in plans]
            alone = [self._beliefs(pair, start.row, [plan], state) for pair, plan in own]
            logs = np.concatenate([np.zeros(0), *(beliefs.log_evidence for beliefs in alone)])
        chances: Array = np.minimum(np.exp(logs - start.log_evidence), start.share)
        return chances

    def _beliefs(
        self,
        pair: Pair,
        row: Array,
        plans: Sequence[Plan],
        state: int,
        targets: Collection[str] = (),
    ) -> Beliefs:
        """Return what is known of `targets`, and log P(row today, outcome of the next period =
        state | plan), one row for each plan.
        """
        network, outcome = pair.both.network, self.today.outcome
        likelihoods = np.ones((len(plans), len(network.columns)))
        for name, place in self.today.slices.items():
            likelihoods[:, network.slices[name]] = row[place]
        place = network.slices[pair.both.names[1][outcome]]
        likelihoods[:, place] = np.arange(place.stop - place.start) == state
        parameters = np.tile(pair.engine.parameters, (len(plans), 1))
        for name, node in pair.both.successes[1].items():
            chances = np.array([plan.get(name, 0.0) for plan in plans])
            parameters[:, pair.engine.places[node]] = np.stack([1 - chances, chances], axis=1)
        return by_differences(pair.engine, likelihoods, parameters, targets)


@lru_cache(maxsize=16)
def _pair(network: Network, treatments: tuple[str, ...]) -> Pair:
    both = unrolled(network, [Visit(), Visit(treatments=treatments)], switches=True)
    return Pair(both, DenseEngine(both.network, both.common))


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
