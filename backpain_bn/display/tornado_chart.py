"""How far a probability swings while one number at a time runs through its range."""

from __future__ import annotations

from .axes import around, digits_for, fine_percent
from .blocks import Tornado
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

KEYS = (
    ("one", "that number at the low end of its range"),
    ("two", "at the high end"),
    ("tick", "now"),
)


def tornado_chart(block: Tornado) -> Picture:
    """Return one row per number, with a bar from now to where each end of its range leads."""
    labels = [wrapped(label, LABEL_ROOM, LETTER) for label, _, _ in block.swings]
    ends = [p for _, low, high in block.swings for p in (low, high)]
    digits = digits_for([block.now, *ends])
    values = [
        f"{fine_percent(low, digits)} to {fine_percent(high, digits)}"
        for _, low, high in block.swings
    ]
    head = f"{block.label}: {fine_percent(block.now, digits)} now"
    title = wrapped(head, WIDTH - 2 * PAD, LETTER, BOLD)
    left = PAD + widest(labels, LETTER) + GAP
    right = WIDTH - PAD - widest([values], SMALL) - GAP
    low, high, marks = around([block.now, *ends])

    def at(p: float) -> float:
        return left + 8 + (right - left - 8) * (p - low) / (high - low)

    top = PAD + len(title) * LINE + 12.0
    y = top
    parts = [title_block(title)]
    for (_, less, more), label, value in zip(block.swings, labels, values, strict=True):
        middle = y + row_height(label) / 2
        parts.append(text_block(left - GAP, middle, label, "end"))
        parts.append(text(WIDTH - PAD, middle, value, "end small"))
        parts.append(_swing(block.now, less, more, at, middle))
        y += row_height(label)
    parts.append(line(at(block.now), top - 2, at(block.now), y + 2, "tick"))
    grid = upright_marks([(at(p), words) for p, words in marks], top - 2, y + 2)
    rows = "; ".join(
        f"{label}: {value}" for (label, _, _), value in zip(block.swings, values, strict=True)
    )
    alt = f"{head}; with one number at a time at the low and the high end of its range: {rows}."
    return picture([grid, *parts, key(PAD, y + 38, KEYS)], y + 50, alt)


def _swing(now: float, less: float, more: float, at: Place, middle: float) -> str:
    """Two bars from now; where both ends lie on the same side, one above the other."""
    same_side = (less - now) * (more - now) > 0
    apart, thick = (4, 7) if same_side else (0, THICK)
    ends = ((less, "one", -apart), (more, "two", apart))
    return "".join(
        bar(at(min(p, now)), at(max(p, now)), middle + shift, thick, kind)
        for p, kind, shift in ends
    )
