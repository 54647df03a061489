"""What speaks for and against one state of one variable: weights of evidence that add up to the
whole change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..display import citations as cite
from ..display.blocks import Block, Note, Table, View, Waterfall
from ..display.text import Rows, decibans, percent
from ..errors import BackpainError
from ..inference.engine import engine_for
from ..inference.evidence import Findings, likelihood
from ..inference.executors import Array
from ..inference.posterior import posterior
from ..model.network import Network

MOST_EXACT = 16
"""Up to so many findings every subset is asked; above, orders are sampled."""
ORDERS = 1024
SEED = 20
SMALL = 12
"""Above so many findings a circuit for this one variable pays for its compilation."""
ROWS_AT_ONCE = 8192
SILENT = 0.05
"""A finding that never moves the log-odds by so many decibans says nothing."""

Sets = NDArray[np.bool_]
LogOdds = Callable[[Sets], Array]
"""Which findings are told (n, m) -> log-odds of the hypothesis in decibans (n,), -inf or inf where
they settle it.
"""


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
        name = cite.state_words(self.network, self.variable, [self.state])
        title = f"What speaks for and against {name}"
        if not self.rows:
            return [
                View(
                    title,
                    (
                        Note(
                            f"Nothing was told yet. {_capital(name)}: {percent(self.before)} of "
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
        return Waterfall(_capital(name), self.before, self.after, (*steps, *other, *settling))

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
        return Table(header, tuple(rows))

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

    >>> from backpain_bn.model.network import Mechanism, NoisyOr, Variable, number, prior
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


class _Account(NamedTuple):
    """One figure per finding, as in `Weight`; `swing` is the largest change that it ever makes."""

    weight: Array
    alone: Array
    last: Array
    told: Array
    settles: Array
    swing: Array
    error: Array


def _settled(log_odds: LogOdds, m: int) -> _Account:
    """Return the account of m findings: those that settle the hypothesis as such, the rest as if
    these had not been told.
    """
    whole = _Account(*np.zeros((7, m)))
    rest = np.arange(m)
    while len(rest):
        part = (_by_subsets if m <= MOST_EXACT else _by_orders)(
            _among(log_odds, rest, m), len(rest)
        )
        settling = part.settles > 0
        for column, figures in zip(whole, part, strict=True):
            column[rest] = figures
        if not settling.any():
            break
        rest = rest[~settling]
    return whole


def _among(log_odds: LogOdds, players: NDArray[np.int64], m: int) -> LogOdds:
    def ask(sets: Sets) -> Array:
        every = np.zeros((len(sets), m), dtype=bool)
        every[:, players] = sets
        return log_odds(every)

    return ask


def _change(after: Array, before: Array) -> Array:
    """Return after - before, 0 where both are infinite: what is settled already is not moved."""
    with np.errstate(invalid="ignore"):
        return np.where(after == before, 0.0, after - before)


def _by_subsets(log_odds: LogOdds, m: int) -> _Account:
    """Return the exact account, from the log-odds after each of the 2^m subsets."""
    codes = np.arange(2**m)
    values = log_odds((codes[:, None] >> np.arange(m) & 1).astype(bool))
    sizes = (
        np.bitwise_count(codes)
        if hasattr(np, "bitwise_count")
        else (codes[:, None] >> np.arange(m) & 1).sum(axis=1)
    )
    share = np.array([1 / (m * math.comb(m - 1, size)) for size in range(m)])
    columns = []
    for player in range(m):
        bit = 1 << player
        low, high = (
            values.reshape(-1, 2, bit)[:, 0].ravel(),
            values.reshape(-1, 2, bit)[:, 1].ravel(),
        )
        weights = share[sizes.reshape(-1, 2, bit)[:, 0].ravel()]
        change = _change(high, low)
        settles = weights[np.isinf(change)].sum()
        ends = _change(values[[bit, -1, 2 * bit - 1]], values[[0, -1 - bit, bit - 1]])
        columns.append(
            [
                np.dot(weights, change) if not settles else change[np.isinf(change)][0],
                *ends,
                settles,
                np.abs(change).max(),
                0.0,
            ]
        )
    return _Account(*np.array(columns).T)


def _by_orders(log_odds: LogOdds, m: int) -> _Account:
    """Return the account from sampled orders, each with its mirror image, and the standard errors
    of the weights.
    """
    rng = np.random.default_rng(SEED)
    half = rng.permuted(np.tile(np.arange(m), (ORDERS // 2, 1)), axis=1)
    orders = np.stack([half, half[:, ::-1]], axis=1).reshape(-1, m)
    ranks = np.argsort(orders, axis=1)
    sets = ranks[:, None, :] < np.arange(m + 1)[None, :, None]
    values = log_odds(sets.reshape(-1, m)).reshape(ORDERS, m + 1)
    change = np.take_along_axis(_change(values[:, 1:], values[:, :-1]), ranks, axis=1)
    first, whole = values[:1, 0], values[:1, -1]
    single, prefix = np.eye(m, dtype=bool), np.tri(m, dtype=bool)
    told = np.concatenate([first, log_odds(prefix)])
    alone, last = _change(log_odds(single), first), _change(whole, log_odds(~single))
    infinite = np.isinf(change)
    settles = np.maximum(infinite.mean(axis=0), np.isinf(alone) / ORDERS)
    finite = np.where(infinite, 0.0, change)
    weight = np.where(settles > 0, np.copysign(math.inf, whole), finite.mean(axis=0))
    spread = finite.reshape(-1, 2, m).mean(axis=1).std(axis=0, ddof=1)
    error = np.where(settles > 0, 0.0, spread / math.sqrt(ORDERS // 2))
    return _Account(
        weight,
        alone,
        last,
        _change(told[1:], told[:-1]),
        settles,
        np.abs(change).max(axis=0),
        error,
    )


def _words(network: Network, told: Findings, name: str) -> str:
    finding = told[name]
    return (
        cite.state_words(network, name, [finding])
        if isinstance(finding, str)
        else f"{cite.short_label(network[name])} (uncertain)"
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


def odds_words(db: float) -> str:
    """Return what a weight of evidence does to the odds, in words.

    >>> print(
    ...     *(odds_words(db).replace("\\N{NO-BREAK SPACE}", " ") for db in (3.0, 1.0, 7.0)),
    ...     sep=", ",
    ... )
    doubles the odds, raises the odds by 26 %, makes the odds 5 times as high
    >>> print(
    ...     *(
    ...         odds_words(db).replace("\\N{NO-BREAK SPACE}", " ")
    ...         for db in (-3.0, -1.0, -7.0, -0.04)
    ...     ),
    ...     sep=", ",
    ... )
    halves the odds, lowers the odds by 21 %, divides the odds by 5, hardly changes the odds
    """
    factor = 10 ** (abs(db) / 10)
    if factor < 1.012:
        return "hardly changes the odds"
    if 1.9 <= factor < 2.1:
        return "doubles the odds" if db > 0 else "halves the odds"
    if 2.9 <= factor < 3.1 and db > 0:
        return "triples the odds"
    if factor < 1.9:
        return (
            f"raises the odds by {percent(factor - 1)}"
            if db > 0
            else f"lowers the odds by {percent(1 - 1 / factor)}"
        )
    times = f"{factor:.2g}" if factor < 100 else f"{float(f'{factor:.2g}'):,.0f}"
    return f"makes the odds {times} times as high" if db > 0 else f"divides the odds by {times}"


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
