"""Why one thing rather than another: what tells two hypotheses apart, and what would."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict

import numpy as np

from ..display.blocks import Block, Note, TextTable, View
from ..display.result import Rows
from ..display.words import (
    capital,
    decibans,
    finite,
    full_label,
    likelier_words,
    named_finding,
    percent,
    plain,
    state_words,
)
from ..errors import BackpainError
from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.evidence import encode
from ..inference.posterior import posterior
from ..model.findings import Findings, Told, findings_of
from ..model.network import Network
from ..records import record
from .log_odds import Hypothesis, LogRatio
from .shapley import MOST_EXACT, ORDERS, shapley

SILENT = 0.05
"""A finding or an answer that moves the ratio by less, in decibans, does not tell the two apart."""
SETTLED = 60.0
"""An answer that rules one of the two out counts as so many decibans when questions are ranked."""


@record
class Difference:
    """How much one finding speaks for the one rather than the other, in decibans: `weight` is its
    mean over all orders, infinite where it settles it, and `error` the standard error of a sampled
    one.
    """

    variable: str
    words: str
    weight: float
    error: float


@record
class OpenAnswer:
    """One answer to an open question: its probability, and the ratio in decibans after it."""

    state: str
    probability: float
    ratio: float


@record
class OpenQuestion:
    """An open question and what its answers would do: `moves` is the expected |change| of the ratio
    in decibans, an answer that rules one of the two out counting as 60.
    """

    variable: str
    question: str
    moves: float
    answers: tuple[OpenAnswer, ...]


@record
class Contrast(Rows[Difference]):
    """Why `one` rather than the `other`: 10 log10 [P(one) / P(other)] `before` and `after` the
    findings, and one row per finding in the order told, whose finite weights add up to the change.

    `likely` holds P(one | e) and P(other | e). `ask` is the open question that would tell the two
    apart most, None where nothing is left that does. `orders` is the number of orders sampled, 0
    where the weights are exact.
    """

    network: Network
    one: Hypothesis
    other: Hypothesis
    likely: tuple[float, float]
    before: float
    after: float
    orders: int
    rows: tuple[Difference, ...]
    ask: OpenQuestion | None

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per finding; a weight that is infinite is None there."""
        return [asdict(row) | {"weight": finite(row.weight)} for row in self.rows]

    def sections(self) -> list[View]:
        """Return how much likelier the one is, what speaks for which, and what would tell."""
        one, other = self._names
        return [
            View(f"Why {one} rather than {other}", (*self._ratio(), *self._said(), *self._next()))
        ]

    @property
    def _names(self) -> tuple[str, str]:
        one, other = (state_words(self.network, *each) for each in (self.one, self.other))
        return one, other

    def _ratio(self) -> Iterator[Block]:
        one, other = self._names
        yield Note(
            f"{capital(one, self.network)}: {percent(self.likely[0])} likely; {other}: "
            f"{percent(self.likely[1])}."
        )
        now = capital(likelier_words(one, other, self.after), self.network)
        yield Note(f"{now}; before your answers {likelier_words(one, other, self.before)}.")

    def _said(self) -> Iterator[Block]:
        one, other = self._names
        speaking = sorted(self.rows, key=lambda row: -row.weight)
        for name, sign in ((one, 1), (other, -1)):
            some = [row for row in speaking[::sign] if sign * row.weight >= SILENT]
            if some:
                named = "; ".join(f"{row.words} ({decibans(sign * row.weight)})" for row in some)
                yield Note(f"Speaks for {name}: {named}.")
        silent = [row.words for row in self.rows if abs(row.weight) < SILENT]
        if silent:
            yield Note(f"Does not tell them apart: {'; '.join(silent)}.")
        if len(silent) < len(self.rows):
            yield Note(
                "In decibans: 3 double how much likelier the one is than the other, 10 make it ten "
                "times. The weights are averages over all orders of telling and add up to the "
                "whole change."
            )
        if self.orders:
            yield Note(f"Averaged over {self.orders:,} orders of the findings, chosen at random.")

    def _next(self) -> Iterator[Block]:
        one, other = self._names
        if self.ask is None:
            yield Note("No open question would tell them apart.")
            return
        yield Note(
            f"What would tell them apart most: {self._asked(self.ask)} (expected to move this by "
            f"{self.ask.moves:.1f} decibans)"
        )
        rows = [
            (plain(each.state), percent(each.probability), likelier_words(one, other, each.ratio))
            for each in self.ask.answers
            if each.probability > 0
        ]
        yield TextTable(("answer", "likely", "then"), tuple(rows))

    def _asked(self, ask: OpenQuestion) -> str:
        if self.network.role(ask.variable).test:
            return f"{full_label(self.network[ask.variable])}. {ask.question}"
        return ask.question


def contrast(
    network: Network,
    findings: Told,
    variable: str,
    rather_than: str,
    *,
    state: str | None = None,
    other_state: str | None = None,
) -> Contrast:
    """Return what each finding says for one hypothesis rather than another, and the open question
    that would tell them apart most.

    Both are that a variable is in `state` (`other_state`), by default in any unhealthy one. The
    weights are the Shapley values of v(S) = 10 log10 [P(one | S) / P(other | S)], S any of the
    findings, so that they are the differences of both hypotheses' own (see `weight_of_evidence`);
    exact for up to 16 findings. The question is the one with the largest sum over x of P(x | e)
    |v(e, x) - v(e)|, the two variables' own questions left aside.

    Raises as `posterior` does, and `BackpainError` where both are the same variable, where one of
    them was told, and where neither can be.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> states = ("no", "yes")
    >>> links = (
    ...     Mechanism({"rain": ("yes",)}, number(0.5)),
    ...     Mechanism({"sprinkler": ("yes",)}, number(0.8)),
    ... )
    >>> slippery = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.6)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", states, prior(0.7, 0.3)),
    ...         "sprinkler": Variable("sprinkler", states, prior(0.8, 0.2)),
    ...         "wet": Variable("wet", states, NoisyOr(number(0.1), links)),
    ...         "slippery": Variable("slippery", states, slippery, question="Slippery?"),
    ...     },
    ... )
    >>> answer = contrast(garden, {"wet": "yes"}, "sprinkler", "rain")
    >>> [(row.words, round(row.weight, 2)) for row in answer]
    [('wet', 1.34)]
    >>> answer.ask.variable, round(answer.ask.moves, 2)
    ('slippery', 3.29)
    """
    told = findings_of(network, findings)
    one = _hypothesis(network, told, variable, state)
    other = _hypothesis(network, told, rather_than, other_state)
    if one.variable == other.variable:
        raise BackpainError(
            f"{one.variable} cannot be set against itself; name another variable to compare it with"
        )
    now = posterior(network, told)
    likely = tuple(sum(now[each.variable][s] for s in each.states) for each in (one, other))
    if not any(likely):
        raise BackpainError(
            f"neither {one.variable} nor {other.variable} can be so after these findings; there "
            "is nothing to tell apart"
        )
    ratio = LogRatio(network, told, one, other)
    found = shapley(len(told), ratio)
    rows = tuple(
        Difference(name, named_finding(network, name, finding), weight, error)
        for (name, finding), weight, error in zip(
            told.items(), found.weight.tolist(), found.error.tolist(), strict=True
        )
    )
    ends = ratio(np.array([[False] * len(told), [True] * len(told)]).reshape(2, len(told)))
    return Contrast(
        network,
        one,
        other,
        (likely[0], likely[1]),
        float(ends[0]),
        float(ends[1]),
        ORDERS if len(told) > MOST_EXACT else 0,
        rows,
        _most_telling(network, told, ratio, float(ends[1])),
    )


def _hypothesis(network: Network, told: Findings, variable: str, state: str | None) -> Hypothesis:
    if isinstance(told.get(variable), str):
        raise BackpainError(
            f"{variable} is one of the findings ({variable}={told[variable]}); compare variables "
            "that were not observed"
        )
    if state is None:
        return Hypothesis(variable, network[variable].unhealthy)
    return Hypothesis(variable, (network[variable].states[network.state(variable, state)],))


def _most_telling(
    network: Network, told: Findings, ratio: LogRatio, now: float
) -> OpenQuestion | None:
    """Return the open question that is expected to move the ratio most, if any moves it."""
    aside = {*told, ratio.one.variable, ratio.other.variable}
    asked = [
        (name, state)
        for name, variable in network.variables.items()
        if variable.question and name not in aside
        for state in variable.states
    ]
    if not asked or math.isinf(now):
        return None
    engine = engine_for(network)
    rows = encode(network, [{**told, name: state} for name, state in asked])
    logs = engine(np.concatenate([ratio.row, rows])).log_evidence
    chances = np.exp(logs[1:] - logs[0])
    ratios = np.full(len(rows), now)
    ratios[chances > 0] = LogRatio(network, {}, ratio.one, ratio.other).of(rows[chances > 0])
    best: OpenQuestion | None = None
    for name in dict.fromkeys(name for name, _ in asked):
        own = [index for index, (other, _) in enumerate(asked) if other == name]
        moves = float(chances[own] @ _moved(ratios[own], now))
        if moves >= (best.moves if best else SILENT):
            answers = tuple(
                OpenAnswer(asked[index][1], float(chances[index]), float(ratios[index]))
                for index in own
            )
            best = OpenQuestion(name, network[name].question, moves, answers)
    return best


def _moved(ratios: Array, now: float) -> Array:
    return np.asarray(np.minimum(np.abs(np.nan_to_num(ratios, nan=now) - now), SETTLED))
