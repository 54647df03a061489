"""Which single numbers the first place among the contributors hangs on."""

from __future__ import annotations

from collections.abc import Iterator

from ..display.blocks import Block, Item, Note, View
from ..display.causes import blamed_words
from ..display.result import Rows
from ..display.words import capital
from ..explain.attribution import Contributors, contributors
from ..model.findings import Findings
from ..model.network import Network
from ..model.numbers import Parameter
from ..records import record
from .draws import NO_RANGES, has_ranges
from .one_way import LISTED, MATTERS, if_words, inside, number_dict, tornado
from .share_curves import share_curves


@record
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


@record
class RankFlips(Rows[RankFlip]):
    """Which numbers the first contributor's share and place hang on, the largest swing on its own
    range first; `level` are the causes that any small change may put before it.
    """

    network: Network
    findings: Findings
    first: str
    share: float
    rows: tuple[RankFlip, ...]
    level: tuple[str, ...] = ()

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

    def sections(self) -> list[View]:
        """Return the tornado of the first contributor's share, and the numbers that alone could
        cost it its place.
        """
        title = "What the first place hangs on"
        if not self.rows:
            return []
        if not has_ranges(self.network):
            return [View(title, (Note(NO_RANGES),))]
        first = Note(f"First now: {self._named(self.first)}{self._level()}.")
        swings = [(row.parameter, row.low, row.high) for row in self.rows]
        blocks = tornado(self.network, "Its share", self.share, swings)
        return [View(title, (first, *blocks, *self._rivals()))]

    def _named(self, name: str) -> str:
        return blamed_words(self.network, name, self.findings)

    def _level(self) -> str:
        others = ", ".join(map(self._named, self.level))
        return f"; level with it, within half a point: {others}" if others else ""

    def _rivals(self) -> Iterator[Block]:
        flips = [row for row in self.rows if row.within]
        if not flips:
            yield Note(
                "No single number, anywhere in its own range, would put another cause first."
            )
        for rival in dict.fromkeys(row.rival for row in flips[:LISTED]):
            name = capital(self._named(rival), self.network)
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

    share_c(t) = P(Y' absent, Y present, e)(t) / P(Y present, e)(t), both linear in t, because two
    worlds share their switches: two evaluations say all, and the flip is where two straight lines
    meet. Of a table below a cause they are straight between the values at which its rows,
    cumulated, meet (see `share_curves`). Raises as `contributors` does. `found` saves working the
    contributors out again.
    """
    found = contributors(network, findings) if found is None else found
    names = [row.variable for row in found.rows]
    if not names:
        return RankFlips(network, findings, "", 0.0, ())
    rows = []
    for curve in share_curves(network, findings, names):
        number = curve.parameter.number
        low, high = float(curve(number.low)[0]), float(curve(number.high)[0])
        at, rival = curve.overtaken()
        if at is not None:
            rows.append(RankFlip(curve.parameter, low, high, at, names[rival]))
        elif curve.swing > MATTERS:
            rows.append(RankFlip(curve.parameter, low, high, None, ""))
    rows.sort(key=lambda row: -row.swing)
    level = tuple(row.variable for row in found.level)
    return RankFlips(network, findings, names[0], found.rows[0].share, tuple(rows), level)
