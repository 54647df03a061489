"""Probabilities as bars: now, where each stood before, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence

from .axes import from_zero
from .blocks import Bar
from .lettering import wrapped
from .svg import (
    BOLD,
    GAP,
    LABEL_ROOM,
    LETTER,
    PAD,
    SMALL,
    THICK,
    TICK,
    WIDTH,
    Picture,
    Place,
    bar,
    key,
    line,
    picture,
    row_height,
    text,
    text_block,
    upright_marks,
    widest,
)
from .words import percent, span


def bar_chart(rows: Sequence[Bar]) -> Picture:
    """Return one bar per row: now, a tick where it stood before, the difference in its own colour,
    and a whisker for the 90 % interval.
    """
    labels = [wrapped(row.label, LABEL_ROOM, LETTER) for row in rows]
    values = [percent(row.now) for row in rows]
    asides = [_aside(row) for row in rows]
    left = PAD + widest(labels, LETTER) + GAP
    right = WIDTH - PAD - widest([asides], SMALL) - (8 if any(asides) else 0)
    end = right - widest([values], LETTER, BOLD) - GAP
    top, marks = from_zero(max(_largest(row) for row in rows))

    def at(p: float) -> float:
        return left + (end - left) * p / top

    y = float(PAD)
    parts = []
    for row, label, value, aside in zip(rows, labels, values, asides, strict=True):
        middle = y + row_height(label) / 2
        parts.append(text_block(left - GAP, middle, label, "end"))
        if top == 1:
            parts.append(bar(at(0), at(1), middle, THICK, "track"))
        parts.append(_strokes(row, at, middle))
        parts.append(text(right, middle, value, "end strong"))
        parts.append(text(WIDTH - PAD, middle, aside, "end small"))
        y += row_height(label)
    grid = upright_marks([(at(p), words) for p, words in marks], PAD, y + 2)
    keys = _keys(rows)
    height = y + (50 if keys else 24)
    words = "; ".join(map(_words, rows))
    return picture([grid, *parts, key(left, y + 38, keys)], height, f"{words}.")


def _largest(row: Bar) -> float:
    return max(row.now, row.before or 0.0, row.high or 0.0)


def _strokes(row: Bar, at: Place, middle: float) -> str:
    was = row.now if row.before is None else row.before
    pale = "" if row.low is None else " pale"
    parts = [bar(at(0), at(min(was, row.now)), middle, THICK, f"one{pale}")]
    if row.now > was:
        parts.append(bar(at(was), at(row.now), middle, THICK, f"two{pale}"))
    elif row.now < was:
        parts.append(bar(at(row.now), at(was), middle, THICK - 1.6, "gone"))
    if row.before is not None:
        parts.append(line(at(was), middle - TICK, at(was), middle + TICK, "tick"))
    if row.low is not None and row.high is not None:
        parts.append(line(at(row.low), middle, at(row.high), middle, "whisker"))
        for p in (row.low, row.high):
            parts.append(line(at(p), middle - 4.5, at(p), middle + 4.5, "whisker"))
    return "".join(parts)


def _aside(row: Bar) -> str:
    if row.low is not None and row.high is not None:
        return span(row.low, row.high)
    return "" if row.before is None else f"{percent(row.before)} before"


def _keys(rows: Sequence[Bar]) -> list[tuple[str, str]]:
    changes = [row.now - row.before for row in rows if row.before is not None]
    keys = []
    if changes:
        keys.append(("tick", "before the answers"))
    if any(change > 0 for change in changes):
        keys.append(("two", "added by the answers"))
    if any(change < 0 for change in changes):
        keys.append(("gone", "taken away by them"))
    if any(row.low is not None and row.high is not None for row in rows):
        keys.append(("whisker", "90 of 100 draws lie here"))
    return keys


def _words(row: Bar) -> str:
    words = f"{row.label}: {percent(row.now)}"
    if row.before is not None:
        words += f", {percent(row.before)} before"
    if row.low is not None and row.high is not None:
        words += f", 90 % between {percent(row.low)} and {percent(row.high)}"
    return words
