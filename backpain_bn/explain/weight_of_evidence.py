"""What speaks for and against one state of one variable: weights of evidence that add up to the
whole change.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from ..display.blocks import Block, Note, TextTable, View, Waterfall
from ..display.result import Rows
from ..display.words import (
    capital,
    decibans,
    finite,
    named_finding,
    odds_words,
    percent,
    state_words,
)
from ..errors import BackpainError
from ..inference.posterior import posterior
from ..model.findings import Findings, Told, findings_of
from ..model.network import Network, check_network
from ..records import record
from .log_odds import log_odds
from .shapley import MOST_EXACT, ORDERS, shapley

SILENT = 0.05
"""A finding that never moves the log-odds by so many decibans says nothing."""


@record
class Weight:
    """What one finding says, in decibans: averaged over all orders (`weight`), told `alone`, told
    `last`, and in the order it was `told`.

    `weight` is infinite where the finding settles the hypothesis, by itself or with others;
    `settles` is the share of orders in which it is this one that does. `silent`: it never moves the
    odds. `error` is the standard error of a sampled weight, 0 where it is exact.
    """

    variable: str
    words: str
    weight: float
    alone: float
    last: float
    told: float
    settles: float
    silent: bool
    error: float


@record
class WeightOfEvidence(Rows[Weight]):
    """The case for and against `variable` = `state`: `before` and `after` the findings, and one row
    per finding in the order told.

    Finite weights add up to the log-odds (decibans) of `unsettled` less those of `before`, where
    `unsettled` is the probability without the findings that settle it; it equals `after` where none
    does. `orders` is the number of orders sampled, 0 where the weights are exact.
    """

    network: Network
    variable: str
    state: str
    before: float
    unsettled: float
    after: float
    orders: int
    rows: tuple[Weight, ...]

    @property
    def speaks_for(self) -> tuple[Weight, ...]:
        """The findings that raise the odds, the strongest first."""
        rows = [row for row in self.rows if row.weight >= SILENT]
        return tuple(sorted(rows, key=lambda row: -row.weight))

    @property
    def speaks_against(self) -> tuple[Weight, ...]:
        """The findings that lower the odds, the strongest first."""
        rows = [row for row in self.rows if row.weight <= -SILENT]
        return tuple(sorted(rows, key=lambda row: row.weight))

    @property
    def balanced(self) -> tuple[Weight, ...]:
        """The findings that move the odds up after some answers and down after others, by next to
        nothing on the whole.
        """
        return tuple(row for row in self.rows if abs(row.weight) < SILENT and not row.silent)

    @property
    def says_nothing(self) -> tuple[Weight, ...]:
        """The findings that move the odds by less than 0.05 decibans, whatever else is told."""
        return tuple(row for row in self.rows if row.silent)

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per finding; what is infinite is None there, as JSON knows no
        infinity, and `settles` is above 0.
        """
        return [
            {
                "variable": row.variable,
                "finding": row.words,
                "weight": finite(row.weight),
                "alone": finite(row.alone),
                "last": finite(row.last),
                "told": finite(row.told),
                "settles": row.settles,
                "silent": row.silent,
                "error": row.error,
            }
            for row in self.rows
        ]

    def sections(self) -> list[View]:
        """Return the steps from before to after, what speaks for and against in a sentence each,
        and the weights beside each other.
        """
        name = self._hypothesis
        title = f"What speaks for and against {name}"
        if not self.rows:
            population = self.network.vocabulary.population
            before = f"{capital(name, self.network)}: {percent(self.before)} of {population}"
            return [View(title, (Note(f"Nothing was told yet. {before}."),))]
        blocks = [self._steps(), *self._certain(), *self._sentences(), *self._without()]
        if len(self.rows) > 1 and not all(row.silent for row in self.rows):
            blocks += [self._table(), *self._notes()]
        return [View(title, tuple(blocks))]

    @property
    def _hypothesis(self) -> str:
        return state_words(self.network, self.variable, [self.state])

    def _steps(self) -> Block:
        moving = [*self.speaks_for, *self.speaks_against]
        steps = [(row.words, row.weight) for row in moving if math.isfinite(row.weight)]
        rest = sum(row.weight for row in (*self.balanced, *self.says_nothing))
        if abs(rest) >= SILENT:
            steps.append(("all other answers together", rest))
        steps += [(row.words, row.weight) for row in moving if math.isinf(row.weight)]
        return Waterfall(
            capital(self._hypothesis, self.network), self.before, self.after, tuple(steps)
        )

    def _certain(self) -> Iterator[Block]:
        if self.before in (0.0, 1.0):
            how = "impossible" if self.before == 0 else "certain"
            taken = f"This network takes {self._hypothesis} as {how}"
            yield Note(f"{taken} before anything is told.")

    def _sentences(self) -> Iterator[Block]:
        if self.speaks_for:
            yield Note(f"What speaks for {self._hypothesis}: {_all_said(self.speaks_for)}.")
        if self.speaks_against:
            yield Note(f"What speaks against {self._hypothesis}: {_all_said(self.speaks_against)}.")
        if self.balanced:
            named = "; ".join(row.words for row in self.balanced)
            yield Note(f"What hardly matters on the whole: {named}.")
        if self.says_nothing:
            named = "; ".join(row.words for row in self.says_nothing)
            yield Note(f"What says nothing about it: {named}.")

    def _without(self) -> Iterator[Block]:
        infinite = [math.isinf(row.weight) for row in self.rows]
        if any(infinite) and not all(infinite):
            yield Note(
                f"Without what settles it, {self._hypothesis} would be {percent(self.unsettled)} "
                "likely; the other weights lead there."
            )

    def _table(self) -> Block:
        header = ("in the order told", "adds", "alone", "if told last", "weight")
        rows = []
        for row in self.rows:
            if not row.silent:
                figures = map(_figure, (row.told, row.alone, row.last))
                rows.append((row.words, *figures, _figure(row.weight, row.error)))
        return TextTable(header, tuple(rows))

    def _notes(self) -> Iterator[Block]:
        yield Note(
            "In decibans: 3 double the odds, 10 make them ten times as high, below 0 they fall. "
            "What a finding adds depends on what was "
            "told before it; its weight is the average over all orders, and the weights add up to "
            "the whole change."
        )
        if self.orders:
            yield Note(
                f"Averaged over {self.orders:,} orders of the {len(self.rows)} findings, chosen "
                "at random; ± is the standard error."
            )


def weight_of_evidence(
    network: Network, findings: Told, variable: str, state: str | None = None
) -> WeightOfEvidence:
    """Return what each finding says for and against a hypothesis, variable = state (default: the
    last state, the unhealthiest where states run so).

    W(h : i | S) = 10 log10 [P(i | h, S) / P(i | not h, S)], the change in the log-odds of h in
    decibans (Good 1950). The weight of a finding is its mean over all orders of telling, the
    Shapley value of the log-odds (see `shapley`; Lundberg and Lee 2017), findings not told yet
    being summed out. Exact for up to 16 findings, all 2^m subsets as rows; above that from sampled
    orders, with standard errors. The weights sum to the whole change either way.

    A finding that makes the hypothesis certain or impossible after some subset of the others has
    infinite weight. All other findings are then accounted for as if those had not been told, also
    when told `alone`, `last` and in the order `told`.

    Raises as `posterior` does, and `BackpainError` where the variable is itself one of the
    findings.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> states = ("no", "yes")
    >>> wet = NoisyOr(
    ...     number(0.1),
    ...     (
    ...         Mechanism({"rain": ("yes",)}, number(0.5)),
    ...         Mechanism({"sprinkler": ("yes",)}, number(0.8)),
    ...     ),
    ... )
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", states, prior(0.7, 0.3)),
    ...         "sprinkler": Variable("sprinkler", states, prior(0.8, 0.2)),
    ...         "wet": Variable("wet", states, wet),
    ...     },
    ... )
    >>> answer = weight_of_evidence(garden, {"wet": "yes", "sprinkler": "yes"}, "rain")
    >>> for row in answer:
    ...     print(row.words, round(row.weight, 2), round(row.alone, 2), round(row.last, 2))
    wet 2.26 4.06 0.45
    sprinkler -1.81 0.0 -3.61
    >>> round(answer.before, 4), round(answer.after, 4)
    (0.3, 0.3223)
    """
    check_network(network)
    if state is None:
        state = network[variable].unhealthy[-1]
    chosen = network[variable].states[network.state(variable, state)]
    told = findings_of(network, findings)
    after = posterior(network, told)
    if isinstance(told.get(variable), str):
        raise BackpainError(
            f"{variable} is one of the findings ({variable}={told[variable]}); ask why of a "
            "variable that was not observed"
        )
    rows = _weights(network, told, variable, chosen)
    rest = {row.variable: told[row.variable] for row in rows if math.isfinite(row.weight)}
    unsettled = after if len(rest) == len(told) else posterior(network, rest)
    return WeightOfEvidence(
        network,
        variable,
        chosen,
        before=posterior(network)[variable][chosen],
        unsettled=unsettled[variable][chosen],
        after=after[variable][chosen],
        orders=ORDERS if len(told) > MOST_EXACT else 0,
        rows=rows,
    )


def _weights(network: Network, told: Findings, variable: str, state: str) -> tuple[Weight, ...]:
    found = shapley(len(told), log_odds(network, told, variable, state))
    figures = np.array(found).T.tolist()
    rows = []
    for (name, finding), each in zip(told.items(), figures, strict=True):
        weight, alone, last, in_order, settles, swing, error = each
        rows.append(
            Weight(
                name,
                named_finding(network, name, finding),
                weight,
                alone,
                last,
                in_order,
                settles,
                silent=swing < SILENT,
                error=error,
            )
        )
    return tuple(rows)


def _all_said(rows: Iterable[Weight]) -> str:
    return "; ".join(_said(row) for row in rows)


def _said(row: Weight) -> str:
    if math.isfinite(row.weight):
        return f"{row.words} ({decibans(row.weight)}, {odds_words(row.weight)})"
    how = "makes it certain" if row.weight > 0 else "rules it out"
    if math.isfinite(row.alone):
        how = f"{how} together with other answers"
    return f"{row.words} (settles it: {how})"


def _figure(db: float, error: float = 0.0) -> str:
    if math.isinf(db):
        return "settles"
    figure = f"{db:+.1f}" if abs(db) >= SILENT else "0.0"
    return f"{figure} ± {max(error, 0.01):.2f}" if error else figure
