"""Amounts as bars on a scale of their own: what treatments spare, what questions move."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from .axes import STEPS
from .blocks import Amount, Amounts
from .lettering import wrapped
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

HEAD = 24
"""How high the heading of a group is, in pixels."""
MOST_STEPS = 6


def amount_chart(block: Amounts) -> Picture:
    """Return one bar per amount, with a whisker over its range where it has one; groups stand under
    their headings.
    """
    title = wrapped(block.title, WIDTH - 2 * PAD, LETTER, BOLD)
    labels = [wrapped(row.label, LABEL_ROOM, LETTER) for row in block.rows]
    left = PAD + widest(labels, LETTER) + GAP
    right = WIDTH - PAD - widest([[row.words for row in block.rows]], SMALL) - GAP
    low, high, marks = scale_of(block.rows)

    def at(value: float) -> float:
        return left + (right - left) * (value - low) / (high - low)

    top = PAD + len(title) * LINE + 8.0
    y, parts = top, [title_block(title)]
    for group, rows in groupby(zip(block.rows, labels, strict=True), lambda pair: pair[0].group):
        if group:
            parts.append(text(PAD, y + HEAD / 2, group, "small strong"))
            y += HEAD
        for row, label in rows:
            middle = y + row_height(label) / 2
            parts.append(text_block(left - GAP, middle, label, "end"))
            parts.append(text(WIDTH - PAD, middle, row.words, "end small"))
            parts.extend(_strokes(row, at, middle))
            y += row_height(label)
    if low < 0:
        parts.append(line(at(0), top - 2, at(0), y + 2, "tick"))
    grid = upright_marks([(at(value), f"{value:g}") for value in marks], top - 2, y + 2)
    ranged = any(row.low is not None for row in block.rows)
    keys = [("whisker", block.range)] if ranged and block.range else []
    words = "; ".join(f"{row.label}: {row.words}" for row in block.rows)
    height = y + (50 if keys else 26)
    return picture([grid, *parts, key(PAD, y + 38, keys)], height, f"{block.title}: {words}.")


def scale_of(rows: Sequence[Amount]) -> tuple[float, float, list[float]]:
    """Return the ends of a scale that holds 0 and all amounts with their ranges, and its marks.

    >>> scale_of([Amount("a", 7.0, "7", -2.0, 13.0)])
    (-5, 15, [-5, 0, 5, 10, 15])
    """
    values = [0.0] + [end for row in rows for end in (row.amount, row.low, row.high) if end]
    span = max(max(values) - min(values), STEPS[0])
    power = 10.0 ** math.floor(math.log10(span))
    step = next(unit * power for unit in (0.2, 0.5, 1, 2, 5) if span / (unit * power) <= MOST_STEPS)
    first = math.floor(min(values) / step)
    last = max(math.ceil(max(values) / step), first + 1)
    marks = [_round(number * step) for number in range(first, last + 1)]
    return marks[0], marks[-1], marks


def _round(value: float) -> float:
    """A mark without the tail of a product, whole where it is."""
    found = float(f"{value:.10g}")
    return int(found) if found.is_integer() else found


def _strokes(row: Amount, at: Place, middle: float) -> Iterator[str]:
    pale = "" if row.low is None else " pale"
    kind = "one" if row.amount >= 0 else "two"
    start, stop = sorted((at(0.0), at(row.amount)))
    yield bar(start, stop, middle, THICK, f"{kind}{pale}")
    if row.low is not None and row.high is not None:
        yield line(at(row.low), middle, at(row.high), middle, "whisker")
        for end in (row.low, row.high):
            yield line(at(end), middle - 4.5, at(end), middle + 4.5, "whisker")
