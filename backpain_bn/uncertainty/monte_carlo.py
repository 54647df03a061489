"""How sure: every number drawn from its cited range at once, and what that does to each
probability, share and place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import shorten

import numpy as np
from numpy.typing import NDArray

from ..display.blocks import Bar, Block, Note, Table, View
from ..display.result import Result
from ..display.words import percent, short_label, state_words
from ..errors import BackpainError, shown
from ..explain.attribution import SHOWN, Contributor, Contributors, contributors
from ..explain.conflict import Conflict, conflict
from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.posterior import Posterior, posterior
from ..model.distributions import Number
from ..model.findings import Findings
from ..model.network import Network
from .one_way import Turns, turns
from .parameters import Asked, actions, answers, parameters

DRAWS = 1000
LONGEST_LABEL = 30
LEVEL = 0.9
SETTLED = 0.9
"""The order of the first two is settled if the first is ahead in at least this share of the
draws.
"""
WIDTH_95 = 3.92
"""A cited range is taken for a 95 % interval: so many standard deviations wide."""
INSIDE = 1e-12
"""A drawn probability keeps this distance from 0 and 1: only what is written as impossible is
impossible.
"""


@dataclass(frozen=True, slots=True)
class Sureness:
    """One contributor: its probability and its share, each with the interval that holds 90 of 100
    draws, and how often it comes first.
    """

    contributor: Contributor
    present: tuple[float, float]
    share: tuple[float, float]
    first: float


@dataclass(frozen=True, eq=False)
class Robustness(Result):
    """How sure the answer is, if every number of the network may lie anywhere in its cited range.

    `rows` has every contributor, in the order of the answer. `low` and `high` (S,) are the ends of
    the 90 % intervals of all posteriors, `unexplained` those of what no listed cause explains.
    `ahead` is the share of the draws in which the first contributor's share is larger than the
    second's. `turns` says which single numbers the first place hangs on, `conflict` whether the
    findings fit together.
    """

    network: Network
    findings: Findings
    now: Posterior
    answer: Contributors
    draws: int
    rows: tuple[Sureness, ...]
    low: Array
    high: Array
    unexplained: tuple[float, float]
    ahead: float
    turns: Turns
    conflict: Conflict

    @property
    def settled(self) -> bool:
        """Whether the first contributor is ahead of the second in at least 90 of 100 draws."""
        return self.ahead >= SETTLED

    def interval(self, variable: str, state: str) -> tuple[float, float]:
        """Return the 90 % interval of P(variable = state | findings); raises `UnknownName`."""
        column = self.network.slices[self.network[variable].name].start + self.network.state(
            variable, state
        )
        return float(self.low[column]), float(self.high[column])

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per contributor, for a table or JSON."""
        return [
            {
                "variable": row.contributor.variable, "label": row.contributor.label,
                "present": row.contributor.present, "present_low": row.present[0], "present_high": row.present[1],
                "share": row.contributor.share, "share_low": row.share[0], "share_high": row.share[1],
                "first": row.first, "grade": row.contributor.grade,
            }
            for row in self.rows
        ]  # fmt: skip

    def views(self) -> list[View]:
        """Return whether the order is settled, the contributors with their intervals, what the
        order hangs on, and how the findings fit.
        """
        outcome = self.network[self.network.outcome]
        kinds = [
            name
            for name in outcome.parents
            if self.network.role(name).kind_of_outcome and name not in self.findings
        ]
        first = View("How sure", (*self._order(), *self._intervals()))
        return [
            first,
            View("How sure the kind of pain is", tuple(map(self._bar, kinds))),
            *self.turns.views(),
            *self.conflict.views(),
        ]

    def _order(self) -> Iterator[Block]:
        if not self.rows:
            return
        top, *others = self.rows
        first = short_label(self.network[top.contributor.variable])
        rival = max(others, key=lambda row: row.first, default=top)
        also = (
            f", {short_label(self.network[rival.contributor.variable])} in "
            f"{round(100 * rival.first)}"
            if top.first < 1
            else ""
        )
        yield Note(f"{first[0].upper()}{first[1:]} comes first in {of_100(top.first)} draws{also}.")
        if others and not self.settled:
            second = short_label(self.network[others[0].contributor.variable])
            yield Note(
                f"The order of the first two is not settled: {first} is ahead of {second} in "
                f"{of_100(self.ahead)} draws "
                f"({of_100(SETTLED)} would settle it)."
            )

    def _intervals(self) -> Iterator[Block]:
        yield Note(
            "In a draw, every number behind the answer is taken anew from the range that its "
            "sources allow, all numbers at once. "
            f"In brackets: where 90 of 100 draws lie ({self.draws:,} draws). "
            "Causes and connections that the network does not have are not in it."
        )
        free = (
            self.findings.get(self.network.outcome) == self.network[self.network.outcome].states[0]
        )
        bars, rows = [], []
        for row in self.rows[:SHOWN]:
            cause = row.contributor
            finding = self.findings.get(cause.variable)
            present = "as told" if isinstance(finding, str) else between(cause.present, row.present)
            states = (
                [finding] if isinstance(finding, str) else self.network[cause.variable].states[1:]
            )
            words = state_words(self.network, cause.variable, states)
            label = f"{words[0].upper()}{words[1:]}"
            bars.append(
                Bar(
                    shorten(label, LONGEST_LABEL, placeholder=" ..."),
                    cause.share,
                    None,
                    row.share[0],
                    row.share[1],
                )
            )
            rows.append((present, of_100(row.first), label))
        if rows:
            yield Note(f"Share of {'the risk' if free else 'this pain'}:")
            yield from bars
            yield Table(("is present", "comes first", "cause"), tuple(rows))
        yield Note(
            f"No identified cause: {between(min(self.answer.unexplained, 1.0), self.unexplained)}."
        )

    def _bar(self, name: str) -> Bar:
        first = self.network.slices[name].start
        label = shorten(
            (self.network[name].label or name).split(" (")[0], LONGEST_LABEL, placeholder=" ..."
        )
        return Bar(
            label,
            self.now.present(name),
            None,
            float(1 - self.high[first]),
            float(1 - self.low[first]),
        )


def robustness(
    network: Network, findings: Findings, draws: int = DRAWS, seed: int = 0
) -> Robustness:
    """Return 90 % intervals of all posteriors and shares, how often the first contributor stays
    first, and what its place hangs on.

    Parameters theta_1 .. theta_n are drawn from the cited ranges (see `drawn`); P(h | e, theta_i)
    and share_c(theta_i) are exact for each, and the interval runs from their 5 % to their 95 %
    quantile (probabilistic sensitivity analysis; Doubilet et al. 1985). Draws are not weighted by
    how well they predict these findings. Raises as `contributors` does, and `BackpainError` for
    fewer than one draw.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Row, Variable
    >>> from backpain_bn.model import Table as Rows
    >>> common = Rows((), (Row((), (Number(0.7, 0.6, 0.8), Number(0.3, 0.2, 0.4))),))
    >>> pain = NoisyOr(
    ...     Number(0.1, 0.05, 0.15), (Mechanism({"weak": ("yes",)}, Number(0.5, 0.3, 0.7)),)
    ... )
    >>> two = Network(
    ...     "two",
    ...     {
    ...         "weak": Variable("weak", ("no", "yes"), common, "Weak", "impairment"),
    ...         "pain": Variable("pain", ("no", "yes"), pain, "Pain", "presentation"),
    ...     },
    ...     outcome="pain",
    ... )
    >>> sure = robustness(two, {"pain": "yes"})
    >>> (
    ...     [round(end, 1) for end in sure.interval("weak", "yes")],
    ...     [round(end, 1) for end in sure.rows[0].share],
    ... )
    ([0.6, 0.8], [0.4, 0.7])
    """
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise BackpainError(
            f"the number of draws is {shown(draws)}; it must be a whole number from 1 up"
        )
    now = posterior(network, findings)
    answer = contributors(network, findings, now)
    tables = drawn(network, draws, seed)
    names = [row.variable for row in answer.rows]
    marginals, _ = next(answers(network, [(findings, {})], tables))
    shares, unexplained = _shares(network, findings, names, marginals, tables)
    first = (
        np.bincount(shares.argmax(axis=1), minlength=len(names)) / draws if names else np.zeros(0)
    )
    ends = _ends(shares).T.tolist()
    present = [_ends(1 - marginals[:, network.slices[name].start]).tolist() for name in names]
    rows = tuple(
        Sureness(row, (a[0], a[1]), (b[0], b[1]), c)
        for row, a, b, c in zip(answer.rows, present, ends, first.tolist(), strict=True)
    )
    low, high = _ends(marginals)
    ahead = float((shares[:, 0] > shares[:, 1]).mean()) if len(names) > 1 else 1.0
    bare = _ends(unexplained).tolist()
    hangs_on, fit = turns(network, findings, answer), conflict(network, findings, seed=seed)
    return Robustness(
        network,
        findings,
        now,
        answer,
        draws,
        rows,
        low,
        high,
        (bare[0], bare[1]),
        ahead,
        hangs_on,
        fit,
    )


def beta(number: Number) -> tuple[float, float] | None:
    """Return the two parameters of the Beta distribution that a number's range stands for; None
    where there is nothing to draw.

    Mean p, standard deviation sd = (high - low) / 3.92: alpha = p nu and beta = (1 - p) nu, where
    nu = p (1 - p) / sd^2 - 1. Where the range is too wide for that, nu = 1 / max(p, 1 - p): as wide
    as can be without two peaks. What is 0 or 1 stays so.

    >>> [round(value, 3) for value in beta(Number(0.15, 0.05, 0.30))]
    [4.552, 25.795]
    >>> beta(Number(0.15, 0.15, 0.15)) is None
    True
    """
    p, sd = number.p, (number.high - number.low) / WIDTH_95
    if not 0 < p < 1 or sd <= INSIDE:
        return None
    nu = max(p * (1 - p) / sd**2 - 1, 1 / max(p, 1 - p))
    return p * nu, (1 - p) * nu


def drawn(network: Network, draws: int, seed: int) -> Array:
    """Return sets of the engine's parameters, shape (draws, P): every number drawn from its range.

    Each link, leak and state but the first has its own Beta (see `beta`); the first state takes the
    rest, and a row whose others exceed 1 is scaled back to 1. Numbers that rest first on the same
    study (expert judgement and claims are none) are high in the same draws and low in the same
    draws, as if the study had read high or low; only the states of one row, which compete, never
    share. Same seed, same draws.
    """
    chance, ranks = np.random.default_rng(seed), dict[tuple[str, int], NDArray[np.intp]]()
    own = engine_for(network).parameters
    tables = np.repeat(own[None], draws, axis=0)
    touched = set()
    for one in parameters(network):
        shape = beta(one.number)
        if shape is None:
            continue
        sample = chance.beta(*shape, size=draws).clip(INSIDE, 1 - INSIDE)
        study = next(
            (
                id
                for id in one.number.sources
                if id in network.sources and network.sources[id].counts
            ),
            None,
        )
        if study is not None:
            key = (study, one.position)
            if key not in ranks:
                ranks[key] = chance.permutation(draws)
            sample = np.sort(sample)[ranks[key]]
        tables[:, one.first + one.position] = sample
        touched.add((one.first, one.size))
    for first, size in touched:
        cells = tables[:, first : first + size]
        cells[:, 0] = np.maximum(1 - cells[:, 1:].sum(axis=1), INSIDE) if own[first] > 0 else 0.0
        cells /= cells.sum(axis=1, keepdims=True)
    return tables


def _shares(
    network: Network, findings: Findings, names: Sequence[str], marginals: Array, tables: Array
) -> tuple[Array, Array]:
    """Return the attributable shares (n, causes) and the unexplained part (n,) under n sets of
    parameters; see `contributors`.
    """
    outcome = network.slices[network.outcome].start
    risks = {name: finding for name, finding in findings.items() if network.role(name).background}
    asked: list[Asked] = [one for name in names for one in actions(network, findings, name)]
    asked += [({}, {name: network[name].states[0] for name in names}), (risks, {})]
    pain = (1 - told[:, outcome] for told, _ in answers(network, asked, tables))
    shares = np.zeros((len(tables), len(names)))
    for column, name in enumerate(names):
        place = network.slices[name]
        healthy = next(pain)
        for state in range(place.start + 1, place.stop):
            shares[:, column] += marginals[:, state] * (1 - _ratio(healthy, next(pain)))
    return shares, _ratio(next(pain), next(pain))


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.ones(len(whole)), where=whole > 0)


def _ends(values: Array) -> Array:
    ends: Array = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return ends


def between(value: float, ends: tuple[float, float]) -> str:
    """Return a probability with its interval, as "39 % (25 % to 55 %)"."""
    return f"{percent(value)} ({percent(ends[0])} to {percent(ends[1])})"


def of_100(part: float) -> str:
    """Return a share of the draws as "71 of 100"."""
    return f"{round(100 * part)} of 100"
