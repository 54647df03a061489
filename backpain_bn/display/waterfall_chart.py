"""From a probability before to one after, in steps of evidence, on an axis of log odds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from .axes import Marks, log_odds
from .blocks import Waterfall
from .lettering import width_of, wrapped
from .svg import (
    BOLD,
    GAP,
    LABEL_ROOM,
    LETTER,
    LINE,
    PAD,
    SMALL,
    THICK,
    WIDTH,
    Picture,
    Place,
    bar,
    dot,
    key,
    line,
    picture,
    row_height,
    text,
    text_block,
    title_block,
    upright_marks,
    widest,
)
from .words import decibans, percent

PLOT_TOP = 26
DECIBAN = 10 / math.log(10)
"""How many decibans a unit of log odds is."""
ODDS, DECIBANS = 62, 74
"""How wide the two columns of figures are, in pixels."""
_RARE = tuple(10.0**-power for power in range(2, 9))
MARKS = (
    *(0.5, 0.1, 0.9, 0.3, 0.7),
    *(p for rare in _RARE for p in (rare, 1 - rare)),
    *(0.2, 0.8, 0.05, 0.95, 0.4, 0.6, 0.02, 0.98),
    *(step / 20 for step in range(3, 18)),
)
"""Probabilities that may label a log-odds axis, the ones people know best first."""
FINE_MARKS = tuple(step / 100 for step in range(3, 98))
MOST_MARKS, FEWEST_MARKS = 7, 3
EDGE = 26
"""The room in pixels that an end of the axis gets for 0 % or 100 %."""
LARGEST_FACTOR = 90
"""Factors on the odds are written out up to so many decibans."""


def waterfall_chart(fall: Waterfall) -> Picture:
    """Return the steps from before to after, labelled in percent; equal lengths are equal
    evidence.
    """
    steps = [wrapped(label, LABEL_ROOM, LETTER) for label, _ in fall.steps]
    names = [["Before"], *steps, ["Now"]]
    head = f"{fall.label}: {percent(fall.before)} before, {percent(fall.after)} now"
    title = wrapped(head, WIDTH - 2 * PAD, LETTER, BOLD)
    top = PAD + len(title) * LINE + PLOT_TOP
    bottom = float(top + sum(map(row_height, names)))
    middles = list(_middles(names, top))
    left = PAD + (LABEL_ROOM if fall.span else widest(names, LETTER)) + GAP
    levels = _levels(fall)
    every = [*levels, log_odds(fall.after)]
    axis = _Axis(every, left + 8, WIDTH - PAD - ODDS - DECIBANS, fall.span / DECIBAN)
    parts = [title_block(title), *_heads(top - 13)]
    for middle, label in zip(middles, names, strict=True):
        parts.append(text_block(left - GAP, middle, label, "end"))
    for level, (start, stop) in zip(levels, pairwise(middles), strict=True):
        parts.append(line(axis.at(level), start, axis.at(level), stop, "thread"))
    for (_, db), ends, middle in zip(fall.steps, pairwise(levels), middles[1:-1], strict=True):
        parts.append(_step(ends, db, axis.at, middle))
    for p, middle in ((fall.before, middles[0]), (fall.after, middles[-1])):
        parts.append(dot(axis.at(log_odds(p)), middle, 5.5))
        parts.append(text(WIDTH - PAD, middle, percent(p), "end strong"))
    keys = _keys(fall)
    grid = upright_marks(axis.marks(), top - 4, bottom + 2)
    height = bottom + (50 if keys else 24)
    return picture([grid, *parts, key(left, bottom + 38, keys)], height, _words(fall))


def _middles(names: Sequence[Sequence[str]], top: float) -> Iterator[float]:
    for label in names:
        yield top + row_height(label) / 2
        top += row_height(label)


def span_of(falls: Iterable[Waterfall]) -> float:
    """Return the decibans between the lowest and the highest place of the widest waterfall.

    >>> span_of([Waterfall("a", 0.5, 0.9, (("b", 13.0), ("c", -3.0)))])
    13.0
    """
    widths = [0.0]
    for fall in falls:
        ends = [*_levels(fall), log_odds(fall.after)]
        finite = [level for level in ends if math.isfinite(level)] or [0.0]
        widths.append(max(finite) - min(finite))
    return round(max(widths) * DECIBAN, 6)


def _levels(fall: Waterfall) -> list[float]:
    """Log odds before the first step and after each; what is settled stays settled."""
    levels = [log_odds(fall.before)]
    for _, db in fall.steps:
        settled = math.isinf(levels[-1])
        levels.append(levels[-1] if settled else levels[-1] + db / DECIBAN)
    return levels


def _heads(y: float) -> list[str]:
    return [
        text(WIDTH - PAD - ODDS, y, "decibans", "end small"),
        text(WIDTH - PAD, y, "odds", "end small"),
    ]


def _keys(fall: Waterfall) -> list[tuple[str, str]]:
    keys = []
    if any(db > 0 for _, db in fall.steps):
        keys.append(("two", "speaks for it"))
    if any(db < 0 for _, db in fall.steps):
        keys.append(("one", "speaks against it"))
    return keys


class _Axis:
    """Log odds from left to right, with an edge at a side where something is settled; where it
    shares its `span` with others, with an edge at both.
    """

    def __init__(
        self, levels: Sequence[float], left: float, right: float, shared: float = 0.0
    ) -> None:
        finite = [level for level in levels if math.isfinite(level)] or [0.0]
        span = max(max(finite) - min(finite), shared)
        slack = max(1.2 - span, 0.16 * span, 0.2) / 2
        middle = (min(finite) + max(finite)) / 2
        self.levels = levels
        self.left, self.right = left, right
        self.low, self.high = middle - span / 2 - slack, middle + span / 2 + slack
        self.start = left + (EDGE if shared or -math.inf in levels else 0)
        self.end = right - (EDGE if shared or math.inf in levels else 0)

    def at(self, level: float) -> float:
        if math.isinf(level):
            return self.left if level < 0 else self.right
        part = (level - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * part

    def marks(self) -> Marks:
        """Places with their words, none of which touch: settled ends, then probabilities that
        people know well.
        """
        chosen = []
        if -math.inf in self.levels:
            chosen.append((self.left, "0 %"))
        if math.inf in self.levels:
            chosen.append((self.right, "100 %"))
        for candidates, most in ((MARKS, MOST_MARKS), (FINE_MARKS, FEWEST_MARKS)):
            for p in candidates:
                mark = (self.at(log_odds(p)), f"{100 * p:g} %")
                if len(chosen) < most and self._free(mark, chosen):
                    chosen.append(mark)
        return chosen

    def _free(self, mark: tuple[float, str], chosen: Marks) -> bool:
        x, words = mark
        if not self.start <= x <= self.end:
            return False
        half = width_of(words, SMALL) / 2 + 14
        return all(abs(x - other) > half + width_of(more, SMALL) / 2 for other, more in chosen)


def _step(ends: tuple[float, float], db: float, at: Place, middle: float) -> str:
    start, stop = sorted(map(at, ends))
    shape = bar(start, max(stop, start + 1.5), middle, THICK, _kind(db))
    if math.isinf(db):
        return shape + text(WIDTH - PAD, middle, "settles it", "end")
    number = decibans(db).split()[0].replace("-", "−")
    figures = text(WIDTH - PAD - ODDS, middle, number, "end")
    return shape + figures + text(WIDTH - PAD, middle, _factor(db), "end small")


def _kind(db: float) -> str:
    if db == 0:
        return "dot"
    return "two" if db > 0 else "one"


def _factor(db: float) -> str:
    """What a step does to the odds, as a factor."""
    times = 10 ** (min(abs(db), LARGEST_FACTOR) / 10)
    if times < 9.95:
        figure = f"{times:.1f}"
    elif times < 10_000:
        figure = f"{times:.0f}"
    else:
        figure = f"{times:.0e}"
    divides = db < 0 and figure != "1.0"
    return f"{'÷' if divides else '×'} {figure}"


def _words(fall: Waterfall) -> str:
    said = [f"{fall.label}: {percent(fall.before)} before"]
    if fall.steps:
        said.append("; ".join(f"{label}: {decibans(db)}" for label, db in fall.steps))
    said.append(f"{percent(fall.after)} now.")
    return ". ".join(said)
