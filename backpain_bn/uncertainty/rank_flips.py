"""Which single numbers the first place among the contributors hangs on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..display.blocks import Block, Item, Note, View
from ..display.result import Result
from ..display.words import capital, short_label
from ..explain.attribution import (
    Contributors,
    actions,
    contributors,
    share,
    unhealthy_columns,
)
from ..inference.beliefs import Array
from ..inference.evidence import encode
from ..inference.interventions import Case
from ..model.findings import Findings
from ..model.network import Network
from ..model.numbers import Parameter, numbers_of
from .lines import lines
from .one_way import LISTED, MATTERS, if_words, inside, number_dict, tornado

HALVINGS = 40
STEPS = 16
"""Points at which each part of a number's way from 0 to 1 (below, in and above its range) is looked
at for a change of first place.
"""


@dataclass(frozen=True, slots=True)
class RankFlip:
    """What one number does to the first contributor: its share at the ends of the number's range,
    and where another takes its place.

    `at` is the value nearest to the number's own at which `rival` overtakes; None where no value
    from 0 to 1 does that.
    """

    parameter: Parameter
    low: float
    high: float
    at: float | None
    rival: str

    @property
    def swing(self) -> float:
        """How far the share swings between the ends of the number's range."""
        return abs(self.high - self.low)

    @property
    def within(self) -> bool:
        """Whether the number's own range allows the flip."""
        return self.at is not None and inside(self.parameter.number, self.at)


@dataclass(frozen=True, eq=False)
class RankFlips(Result):
    """Which numbers the first contributor's share and place hang on, the largest swing on its own
    range first.
    """

    network: Network
    findings: Findings
    first: str
    share: float
    rows: tuple[RankFlip, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per number, for a table or JSON."""
        return [
            number_dict(self.network, row.parameter)
            | {
                "share_at_low": row.low,
                "share_at_high": row.high,
                "turns_at": row.at,
                "rival": row.rival,
                "within_range": row.within,
            }
            for row in self.rows
        ]

    def views(self) -> list[View]:
        """Return the tornado of the first contributor's share, and the numbers that alone could
        cost it its place.
        """
        if not self.rows:
            return []
        first = Note(f"First now: {short_label(self.network[self.first])}.")
        swings = [(row.parameter, row.low, row.high) for row in self.rows]
        blocks = tornado(self.network, "Its share", self.share, swings)
        return [View("What the first place hangs on", (first, *blocks, *self._rivals()))]

    def _rivals(self) -> Iterator[Block]:
        flips = [row for row in self.rows if row.within]
        if not flips:
            yield Note(
                "No single number, anywhere in its own range, would put another cause first."
            )
        for rival in dict.fromkeys(row.rival for row in flips[:LISTED]):
            name = capital(short_label(self.network[rival]))
            yield Note(f"{name} would come first if one of these were")
            for row in flips[:LISTED]:
                if row.rival == rival and row.at is not None:
                    yield Item(if_words(self.network, row.parameter, row.at))
        if len(flips) > LISTED:
            yield Note(f"{len(flips) - LISTED} more numbers could change the first place too.")


def rank_flips(
    network: Network, findings: Findings, found: Contributors | None = None
) -> RankFlips:
    """Return how the first contributor's share follows each number, and where another contributor
    overtakes it.

    share_c(t) is put together (see `attribution.share`) from probabilities that are linear in t,
    each from two evaluations; a flip is looked for on a grid over [0, 1], finest in the number's
    own range, and then bisected. Raises as `contributors` does. `found` saves working the
    contributors out again.
    """
    found = contributors(network, findings) if found is None else found
    names = [row.variable for row in found.rows]
    if not names:
        return RankFlips(network, findings, "", 0.0, ())
    varied = numbers_of(network)
    shares = _ShareCurves(network, findings, names, varied)
    every = np.arange(len(varied))
    ranges = np.array([[one.number.low, one.number.high] for one in varied])
    ends = shares([0], every, ranges)[..., 0]
    grid = _grid(varied)
    values = shares(range(len(names)), every, grid)
    at, rival = _flips(shares, np.array([one.number.p for one in varied]), grid, values)
    swings = np.ptp(values[..., 0], axis=1)
    rows = []
    for index, one in enumerate(varied):
        low, high = ends[index].tolist()
        if not np.isnan(at[index]):
            rows.append(RankFlip(one, low, high, float(at[index]), names[rival[index]]))
        elif swings[index] > MATTERS:
            rows.append(RankFlip(one, low, high, None, ""))
    rows.sort(key=lambda row: -row.swing)
    return RankFlips(network, findings, names[0], found.rows[0].share, tuple(rows))


class _ShareCurves:
    """The shares of causes as functions of each number."""

    def __init__(
        self,
        network: Network,
        findings: Findings,
        causes: Sequence[str],
        varied: Sequence[Parameter],
    ) -> None:
        told = encode(network, [findings])
        states = [unhealthy_columns(network, name) for name in causes]
        every = [column for some in states for column in some]
        self.present = lines(network, [Case(told)], varied, [every])[0]
        acted = [case for name in causes for case in actions(network, told, name)]
        outcome = [unhealthy_columns(network, network.outcome)] * len(acted)
        targets = frozenset({network.outcome})
        later = iter(lines(network, acted, varied, outcome, targets=targets))
        self.risks = [[next(later) for _ in network[name].states] for name in causes]
        ends = np.cumsum([1, *map(len, states)]).tolist()
        self.columns = [slice(start, stop) for start, stop in pairwise(ends)]

    def __call__(self, causes: Sequence[int], numbers: NDArray[np.intp], t: Array) -> Array:
        """Return the shares (n, k, causes) with number `numbers[i]` at `t[i, j]`."""
        present = self.present(numbers, t)
        return np.stack([self._share(cause, present, numbers, t) for cause in causes], axis=-1)

    def _share(self, cause: int, present: Array, numbers: NDArray[np.intp], t: Array) -> Array:
        risks = [one(numbers, t)[..., 1:].sum(axis=-1) for one in self.risks[cause]]
        own = self.columns[cause]
        # Where the findings are impossible, P(c | e)(t) is its limit: numerator and denominator
        # vanish together, so it is constant.
        whole = present[..., :1]
        limit = np.broadcast_to(self.present.near[own], present[..., own].shape).copy()
        likely = np.divide(present[..., own], whole, out=limit, where=whole > MATTERS)
        return share(likely, np.stack(risks, axis=-1))


def _grid(varied: Sequence[Parameter]) -> Array:
    corners = np.array(
        [(0.0, one.number.low, one.number.p, one.number.high, 1.0) for one in varied]
    )
    return np.linspace(corners[:, :-1], corners[:, 1:], STEPS, axis=-1).reshape(len(varied), -1)


def _flips(
    shares: _ShareCurves, p: Array, grid: Array, values: Array
) -> tuple[Array, NDArray[np.intp]]:
    """Return for each number the value nearest to its own at which the first cause is overtaken
    (nan: nowhere), and by which.
    """
    at, rival = np.full(len(p), np.nan), np.zeros(len(p), dtype=np.intp)
    lead = values[..., 1:].max(axis=-1, initial=-np.inf) - values[..., 0]
    distance = np.where(lead > MATTERS, np.abs(grid - p[:, None]), np.inf)
    numbers = np.flatnonzero(np.isfinite(distance).any(axis=1))
    if not len(numbers):
        return at, rival
    nearest = distance.argmin(axis=1)[numbers]
    beyond = grid[numbers, nearest]
    before = _next_towards(p[numbers], grid[numbers], beyond)
    rivals = np.flatnonzero((values[numbers, nearest] > values[numbers, nearest, :1]).any(axis=0))
    causes = [0, *rivals.tolist()]
    for _ in range(HALVINGS):
        middle = (before + beyond) / 2
        here = shares(causes, numbers, middle[:, None])[:, 0]
        ahead = here[:, 1:].max(axis=-1) > here[:, 0]
        before, beyond = np.where(ahead, before, middle), np.where(ahead, middle, beyond)
    at[numbers] = beyond
    rival[numbers] = rivals[shares(causes, numbers, beyond[:, None])[:, 0, 1:].argmax(axis=-1)]
    return at, rival


def _next_towards(p: Array, grid: Array, t: Array) -> Array:
    """Return the point of each row of the grid that comes after t on the way to p."""
    above = np.where(grid > t[:, None], grid, np.inf).min(axis=1)
    below = np.where(grid < t[:, None], grid, -np.inf).max(axis=1)
    return np.select([t > p, t < p], [below, above], p)
