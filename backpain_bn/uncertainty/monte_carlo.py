"""How sure: every number drawn from its cited range at once, and what that does to each
probability, share and place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..display.blocks import Bar, Block, Note, TextTable, View
from ..display.causes import blamed_words
from ..display.result import Rows
from ..display.words import (
    between,
    capital,
    counted,
    full_label,
    of_100,
    state_words,
    this_outcome,
)
from ..explain.attribution import SHOWN, Contributor, Contributors, contributors
from ..explain.conflict import Conflict
from ..explain.shares import otherwise
from ..inference.beliefs import Array
from ..inference.evidence import encode
from ..inference.interventions import SeenAndDone, answers
from ..inference.posterior import Posterior, posterior
from ..model.findings import Findings
from ..model.network import Network, check_network
from ..records import record
from .draws import NO_RANGES, check_draws, drawn, has_ranges, without_range
from .rank_flips import RankFlips

DRAWS = 1000
LEVEL = 0.9
SETTLED = 0.9
"""The order of the first two is settled if the first is ahead in at least this share of the
draws.
"""


@record
class ContributorInterval:
    """One contributor: its probability and its share, each with the interval that holds 90 of 100
    draws, and how often it comes first.
    """

    contributor: Contributor
    present: tuple[float, float]
    share: tuple[float, float]
    first: float


@record
class Robustness(Rows[ContributorInterval]):
    """How sure the answer is, if every number of the network may lie anywhere in its cited range.

    `rows` has the first six contributors, in the order of the answer; only these are drawn. `low`
    and `high` (S,) are the ends of the 90 % intervals of all posteriors, `unexplained` those of
    what no listed cause explains. `ahead` is the part of the draws in which the first contributor's
    share is larger than the second's. Beside it, where they were asked for: which single numbers
    the first place hangs on
    (`rank_flips`), and whether the findings fit together (`conflict`).

    Where no number has a range nothing is drawn: `draws` is 0, and there are no rows.
    """

    network: Network
    findings: Findings
    now: Posterior
    answer: Contributors
    draws: int
    rows: tuple[ContributorInterval, ...]
    low: Array
    high: Array
    unexplained: tuple[float, float]
    ahead: float
    rank_flips: RankFlips | None = None
    conflict: Conflict | None = None

    @property
    def settled(self) -> bool:
        """Whether the first contributor is ahead of the second in at least 90 of 100 draws."""
        return self.ahead >= SETTLED

    def interval(self, variable: str, state: str) -> tuple[float, float]:
        """Return the 90 % interval of P(variable = state | findings); raises `UnknownName`."""
        first = self.network.slices[self.network[variable].name].start
        column = first + self.network.state(variable, state)
        return float(self.low[column]), float(self.high[column])

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per contributor, for a table or JSON."""
        return [
            {
                "variable": row.contributor.variable,
                "label": row.contributor.label,
                "present": row.contributor.present,
                "present_low": row.present[0],
                "present_high": row.present[1],
                "share": row.contributor.share,
                "share_low": row.share[0],
                "share_high": row.share[1],
                "first": row.first,
                "grade": row.contributor.grade,
            }
            for row in self.rows
        ]

    def sections(self) -> list[View]:
        """Return whether the order is settled, the contributors with their intervals, what the
        order hangs on, and how the findings fit.
        """
        kinds = [name for name in self.network.kinds if name not in self.findings]
        views = [View("How sure", (*self._order(), *self._intervals(), self._unexplained()))]
        if not self.draws:
            views = [View("How sure", (Note(NO_RANGES),))]
        elif kinds:
            title = f"How sure the kind of {self.network.vocabulary.outcome} is"
            views.append(View(title, tuple(map(self._bar, kinds))))
        if self.rank_flips is not None and self.draws:
            views += self.rank_flips.views()
        if self.conflict is not None:
            views += self.conflict.views()
        return views

    def _order(self) -> Iterator[Block]:
        if not self.rows:
            return
        top, *others = self.rows
        first = self._label(top)
        also = ""
        if top.first < 1:
            rival = max(others, key=lambda row: row.first)
            also = f", {self._label(rival)} in {round(100 * rival.first)}"
        yield Note(
            f"{capital(first, self.network)} comes first in {of_100(top.first)} draws{also}."
        )
        if others and not self.settled:
            yield Note(
                f"The order of the first two is not settled: {first} is ahead of "
                f"{self._label(others[0])} in {of_100(self.ahead)} draws ({of_100(SETTLED)} would "
                "settle it)."
            )

    def _label(self, row: ContributorInterval) -> str:
        return blamed_words(self.network, row.contributor.variable, self.findings)

    def _intervals(self) -> Iterator[Block]:
        yield Note(
            "In a draw, every number behind the answer is taken anew from the range that its "
            "sources allow, all numbers at once. In brackets: where 90 of 100 draws lie "
            f"({counted(self.draws, 'draw')}). Causes and connections that the network does not "
            "have are not in it."
        )
        fixed, every = without_range(self.network)
        if fixed:
            yield Note(f"{fixed} of the {every} numbers have no range, and stay as they are.")
        if not self.rows:
            return
        yield Note(f"Share of {this_outcome(self.network, self.findings)}:")
        for row in self.rows:
            yield Bar(self._cause(row), row.contributor.share, None, *row.share)
        cells = [(self._present(row), of_100(row.first), self._cause(row)) for row in self.rows]
        yield TextTable(("is present", "comes first", "cause"), tuple(cells))

    def _cause(self, row: ContributorInterval) -> str:
        name = row.contributor.variable
        finding = self.findings.get(name)
        states = (finding,) if isinstance(finding, str) else self.network[name].unhealthy
        return capital(state_words(self.network, name, states), self.network)

    def _present(self, row: ContributorInterval) -> str:
        if isinstance(self.findings.get(row.contributor.variable), str):
            return "as told"
        return between(row.contributor.present, row.present)

    def _unexplained(self) -> Block:
        part = between(self.answer.unexplained, self.unexplained)
        return Note(f"No identified cause: {part}.")

    def _bar(self, name: str) -> Bar:
        first = self.network.slices[name].start
        label = full_label(self.network[name]).split(" (")[0]
        low, high = float(1 - self.high[first]), float(1 - self.low[first])
        return Bar(label, self.now.present(name), None, low, high)


def robustness(
    network: Network, findings: Findings, draws: int = DRAWS, seed: int = 0
) -> Robustness:
    """Return 90 % intervals of all posteriors and of the first shares, and how often the first
    contributor stays first.

    Parameters theta_1 .. theta_n are drawn from the cited ranges (see `drawn`); P(h | e, theta_i)
    and share_c(theta_i) are exact for each, and the interval runs from their 5 % to their 95 %
    quantile (probabilistic sensitivity analysis; Doubilet et al. 1985). Draws are not weighted by
    how well they predict these findings. Raises as `contributors` does, and `BackpainError` for
    fewer than one draw, or a seed below 0.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Row, Variable
    >>> from backpain_bn.model.distributions import Number
    >>> from backpain_bn.model import Table as Rows
    >>> common = Rows((), (Row((), (Number(0.7, 0.6, 0.8), Number(0.3, 0.2, 0.4))),))
    >>> link = Mechanism({"rain": ("yes",)}, Number(0.5, 0.3, 0.7))
    >>> wet = NoisyOr(Number(0.1, 0.05, 0.15), (link,))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), common),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ...     outcome="wet",
    ... )
    >>> sure = robustness(garden, {"wet": "yes"})
    >>> [round(end, 1) for end in sure.interval("rain", "yes")]
    [0.6, 0.8]
    >>> [round(end, 1) for end in sure.rows[0].share]
    [0.4, 0.7]
    """
    check_network(network)
    check_draws(draws, seed)
    now = posterior(network, findings)
    answer = contributors(network, findings, now)
    if not has_ranges(network):
        part = answer.unexplained
        return Robustness(
            network, findings, now, answer, 0, (), now.row, now.row, (part, part), ahead=0.0
        )
    tables = drawn(network, draws, seed)
    told = encode(network, [findings])
    marginals = next(answers(network, [SeenAndDone(told)], parameters=tables)).marginals
    drawn_rows = answer.rows[:SHOWN]
    sets = [*([row.variable] for row in drawn_rows), network.causes]
    changed = otherwise(network, told, sets, parameters=tables).changed
    shares, unexplained = changed[:, :-1], 1 - changed[:, -1]
    low, high = _ends(marginals)
    return Robustness(
        network,
        findings,
        now,
        answer,
        draws,
        tuple(_drawn_contributors(network, drawn_rows, marginals, shares)),
        low,
        high,
        _interval(unexplained),
        float((shares[:, 0] > shares[:, 1]).mean()) if len(drawn_rows) > 1 else 1.0,
    )


def _drawn_contributors(
    network: Network, rows: Sequence[Contributor], marginals: Array, shares: Array
) -> Iterator[ContributorInterval]:
    """Yield the intervals of contributors, from marginals (draws, S) and shares (draws, rows)."""
    first = shares.argmax(axis=1) if rows else np.zeros(0, dtype=np.intp)
    for index, row in enumerate(rows):
        present = 1 - marginals[:, network.slices[row.variable].start]
        often = float((first == index).mean())
        yield ContributorInterval(row, _interval(present), _interval(shares[:, index]), often)


def _interval(values: Array) -> tuple[float, float]:
    low, high = _ends(values).tolist()
    return low, high


def _ends(values: Array) -> Array:
    ends: Array = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return ends
