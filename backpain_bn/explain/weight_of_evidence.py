"""What speaks for and against one state of one variable: weights of evidence that add up to the
whole change.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..display.blocks import Block, Note, TextTable, View, Waterfall
from ..display.result import Rows
from ..display.words import capital, decibans, odds_words, percent, short_label, state_words
from ..errors import BackpainError
from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.evidence import likelihood
from ..inference.posterior import posterior
from ..model.findings import Findings
from ..model.network import Network
from .shapley import MOST_EXACT, ORDERS, SMALL, LogOdds, Sets, _settled

ROWS_AT_ONCE = 8192
SILENT = 0.05
"""A finding that never moves the log-odds by so many decibans says nothing."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True)
class Why(Rows[Weight]):
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
        return tuple(
            sorted((row for row in self.rows if row.weight >= SILENT), key=lambda row: -row.weight)
        )

    @property
    def speaks_against(self) -> tuple[Weight, ...]:
        """The findings that lower the odds, the strongest first."""
        return tuple(
            sorted((row for row in self.rows if row.weight <= -SILENT), key=lambda row: row.weight)
        )

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
                "variable": row.variable, "finding": row.words, "weight": _finite(row.weight), "alone": _finite(row.alone),
                "last": _finite(row.last), "told": _finite(row.told), "settles": row.settles, "silent": row.silent, "error": row.error,
            }
            for row in self.rows
        ]  # fmt: skip

    def views(self) -> list[View]:
        """Return the steps from before to after, what speaks for and against in a sentence each,
        and the weights beside each other.
        """
        name = state_words(self.network, self.variable, [self.state])
        title = f"What speaks for and against {name}"
        if not self.rows:
            return [
                View(
                    title,
                    (
                        Note(
                            f"Nothing was told yet. {capital(name)}: {percent(self.before)} of "
                            "runners in general."
                        ),
                    ),
                )
            ]
        blocks = [self._steps(name), *self._sentences(name)]
        if len(self.rows) > 1 and not all(row.silent for row in self.rows):
            blocks += [self._table(), *self._notes()]
        return [View(title, tuple(blocks))]

    def _steps(self, name: str) -> Block:
        moving = [*self.speaks_for, *self.speaks_against]
        steps = [(row.words, row.weight) for row in moving if math.isfinite(row.weight)]
        rest = sum(row.weight for row in (*self.balanced, *self.says_nothing))
        other = [("all other answers together", rest)] if abs(rest) >= SILENT else []
        settling = [(row.words, row.weight) for row in moving if math.isinf(row.weight)]
        return Waterfall(capital(name), self.before, self.after, (*steps, *other, *settling))

    def _sentences(self, name: str) -> Iterator[Block]:
        if self.before in (0.0, 1.0):
            yield Note(
                f"This network takes {name} as {'impossible' if self.before == 0 else 'certain'} "
                "before anything is told."
            )
        for verb, rows in (
            ("speaks for", self.speaks_for),
            ("speaks against", self.speaks_against),
        ):
            if rows:
                yield Note(f"What {verb} {name}: {'; '.join(map(_said, rows))}.")
        if self.balanced:
            yield Note(
                "What hardly matters on the whole: "
                f"{'; '.join(row.words for row in self.balanced)}."
            )
        if self.says_nothing:
            yield Note(
                f"What says nothing about it: {'; '.join(row.words for row in self.says_nothing)}."
            )
        if any(math.isinf(row.weight) for row in self.rows) and any(
            math.isfinite(row.weight) for row in self.rows
        ):
            yield Note(
                f"Without what settles it, {name} would be {percent(self.unsettled)} likely; the "
                "other weights lead there."
            )

    def _table(self) -> Block:
        header = ("in the order told", "adds", "alone", "if told last", "weight")
        rows = (
            (
                row.words,
                *map(_figure, (row.told, row.alone, row.last)),
                _figure(row.weight, row.error),
            )
            for row in self.rows
            if not row.silent
        )
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


def why(network: Network, findings: Findings, variable: str, state: str | None = None) -> Why:
    """Return what each finding says for and against a hypothesis, variable = state (default: the
    last, unhealthiest state).

    W(h : i | S) = 10 log10 [P(i | h, S) / P(i | not h, S)], the change in the log-odds of h in
    decibans (Good 1950). The weight of a finding is its mean over all orders of telling, the
    Shapley value of the log-odds (Shapley 1953; Lundberg and Lee 2017), findings not told yet being
    summed out: sum over S without i of |S|! (m - |S| - 1)! / m! * W(h : i | S). Exact for up to 16
    findings, all 2^m subsets as rows; above that 1024 sampled orders in mirrored pairs, seeded,
    with standard errors. The weights sum to the whole change either way.

    A finding that makes the hypothesis certain or impossible after some subset of the others has
    infinite weight. All other findings are then accounted for as if those had not been told, also
    when told `alone`, `last` and in the order `told`.

    Raises as `posterior` does, and `BackpainError` where the variable is itself one of the
    findings.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> states = ("no", "yes")
    >>> pain = NoisyOr(
    ...     number(0.1),
    ...     (
    ...         Mechanism({"weak": ("yes",)}, number(0.5)),
    ...         Mechanism({"stiff": ("yes",)}, number(0.8)),
    ...     ),
    ... )
    >>> back = Network(
    ...     "back",
    ...     {
    ...         "weak": Variable("weak", states, prior(0.7, 0.3)),
    ...         "stiff": Variable("stiff", states, prior(0.8, 0.2)),
    ...         "pain": Variable("pain", states, pain),
    ...     },
    ... )
    >>> answer = why(back, {"pain": "yes", "stiff": "yes"}, "weak")
    >>> [
    ...     (row.words, round(row.weight, 2), round(row.alone, 2), round(row.last, 2))
    ...     for row in answer
    ... ]
    [('pain', 2.26, 4.06, 0.45), ('stiff', -1.81, 0.0, -3.61)]
    >>> round(answer.before, 4), round(answer.after, 4)
    (0.3, 0.3223)
    """
    states = network[variable].states
    chosen = network.state(variable, states[-1] if state is None else state)
    told = {name: finding for name, finding in findings.items() if finding is not None}
    after = posterior(network, told)
    if isinstance(told.get(variable), str):
        raise BackpainError(
            f"{variable} is one of the findings ({variable}={told[variable]}); ask why of a "
            "variable that was not observed"
        )
    log_odds = _log_odds(network, told, variable, chosen)
    account = _settled(log_odds, len(told))
    rows = [
        Weight(
            name,
            _words(network, told, name),
            weight,
            alone,
            last,
            in_order,
            settles,
            swing < SILENT,
            error,
        )
        for name, (weight, alone, last, in_order, settles, swing, error) in zip(
            told, np.array(account).T.tolist(), strict=True
        )
    ]
    rest = {row.variable: told[row.variable] for row in rows if math.isfinite(row.weight)}
    unsettled = after if len(rest) == len(told) else posterior(network, rest)
    before, without, now = (
        known[variable][states[chosen]] for known in (posterior(network), unsettled, after)
    )
    return Why(
        network,
        variable,
        states[chosen],
        before,
        without,
        now,
        ORDERS if len(told) > MOST_EXACT else 0,
        tuple(rows),
    )


def _log_odds(network: Network, told: Findings, variable: str, state: int) -> LogOdds:
    """Return the function from sets of findings to the log-odds of variable = state."""
    engine = (
        engine_for(network, frozenset({variable}), frozenset({*told, variable}))
        if len(told) > SMALL
        else engine_for(network)
    )
    given = [
        (network.slices[name], likelihood(network, name, finding))
        for name, finding in told.items()
        if finding is not None
    ]
    owner = np.repeat(np.arange(len(given)), [len(weights) for _, weights in given])
    columns = np.concatenate(
        [np.arange(place.start, place.stop) for place, _ in given] + [np.zeros(0, dtype=int)]
    )
    likelihoods = np.concatenate([weights for _, weights in given] + [np.zeros(0)])
    own = network.slices[variable]
    places = np.arange(own.start, own.stop)

    def rows(sets: Sets) -> Array:
        evidence = np.ones((len(sets), len(network.columns)))
        evidence[:, columns] = np.where(sets[:, owner], likelihoods, 1.0)
        return evidence

    def clamped(evidence: Array, kept: NDArray[np.int64]) -> Array:
        """Return log10 P(hypothesis, findings), which unlike a posterior never rounds to 0."""
        other = evidence.copy()
        other[:, np.setdiff1d(places, kept)] = 0
        return np.asarray(engine(other).log_evidence) / math.log(10)

    def ask(sets: Sets) -> Array:
        evidence = rows(sets)
        marginals = engine(evidence).marginals[:, own]
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.log10(marginals[:, state]) - np.log10(
                np.delete(marginals, state, axis=1).sum(axis=1)
            )
        edge = ~np.isfinite(odds)
        if edge.any():
            odds[edge] = clamped(evidence[edge], places[[state]]) - clamped(
                evidence[edge], np.delete(places, state)
            )
        return np.asarray(10 * odds)

    return lambda sets: np.concatenate(
        [ask(sets[start : start + ROWS_AT_ONCE]) for start in range(0, len(sets), ROWS_AT_ONCE)]
    )


def _words(network: Network, told: Findings, name: str) -> str:
    finding = told[name]
    return (
        state_words(network, name, [finding])
        if isinstance(finding, str)
        else f"{short_label(network[name])} (uncertain)"
    )


def _said(row: Weight) -> str:
    if math.isinf(row.weight):
        how = "makes it certain" if row.weight > 0 else "rules it out"
        return (
            f"{row.words} (settles it: "
            f"{how}{'' if math.isinf(row.alone) else ' together with other answers'})"
        )
    return f"{row.words} ({decibans(row.weight)}, {odds_words(row.weight)})"


def _finite(db: float) -> float | None:
    return db if math.isfinite(db) else None


def _figure(db: float, error: float = 0.0) -> str:
    if math.isinf(db):
        return "settles"
    return (f"{db:+.1f}" if abs(db) >= SILENT else "0.0") + (
        f" ± {max(error, 0.01):.2f}" if error else ""
    )
