"""Probabilities over time as lines that are named at their ends."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .axes import from_zero
from .blocks import LineChart
from .lettering import wrapped
from .svg import (
    GAP,
    INKS,
    LETTER,
    LINE,
    PAD,
    SHAPES,
    SMALL,
    WIDTH,
    Picture,
    dot,
    level_marks,
    line,
    picture,
    spread,
    text_block,
    widest,
)
from .words import percent

LABELS = 200
LOWEST = 210.0
NARROWEST = 58
"""The room in pixels that the name of a moment takes at least."""
FOOT = 14

Points = Sequence[tuple[float, float]]


def line_chart(block: LineChart) -> Picture:
    """Return one line per label over the moments; lines differ in colour, dash and mark."""
    names = [f"{label}: {percent(path[-1])}" if path else label for label, path in block.lines]
    labels = [wrapped(name, LABELS, LETTER) for name in names]
    top, marks = from_zero(max((p for _, path in block.lines for p in path), default=1.0))
    left = PAD + 44.0
    right = WIDTH - PAD - widest(labels, LETTER) - 2 * GAP
    height = max(LOWEST, sum(map(_room, labels)))
    gap = (right - left - 30) / max(len(block.moments) - 1, 1)

    def place(index: int, p: float) -> tuple[float, float]:
        return left + 12 + gap * index, PAD + 8 + height * (1 - p / top)

    grid = level_marks([(place(0, p)[1], words) for p, words in marks], left, right)
    every = math.ceil(NARROWEST / gap) if len(block.moments) > 1 else 1
    below = [wrapped(name, max(gap * every - 10, 48), SMALL) for name in block.moments[::every]]
    parts = [grid]
    for index, name in enumerate(below):
        x, _ = place(every * index, 0)
        middle = PAD + height + 17 + FOOT / 2 * len(name)
        parts.append(text_block(x, middle, name, "middle small", FOOT))
    paths = [[place(*point) for point in enumerate(path)] for _, path in block.lines]
    parts += _named(paths, labels, right + GAP, height)
    foot = max((len(name) for name in below), default=0) * FOOT
    return picture(parts, PAD + height + 24 + foot, _words(block))


def _room(label: Sequence[str]) -> int:
    return len(label) * LINE + 6


def _named(
    paths: Sequence[Points], labels: Sequence[Sequence[str]], right: float, height: float
) -> Iterator[str]:
    """Yield the lines, each with its name at the right, the names moved apart."""
    wanted = [points[-1][1] if points else PAD + height for points in paths]
    spots = spread(wanted, list(map(_room, labels)), PAD, PAD + 8 + height)
    for number, (points, label, spot) in enumerate(zip(paths, labels, spots, strict=True)):
        ink = number % INKS
        yield _path(points, ink, number % len(SHAPES))
        if points:
            yield line(points[-1][0] + 7, points[-1][1], right + 2, spot, "thread")
        yield text_block(right + 6, spot, label, f"ink{ink}")


def _path(points: Points, ink: int, shape: int) -> str:
    along = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks = "".join(dot(x, y, 4, f"mark{ink}", shape) for x, y in points)
    return f'<polyline class="path{ink}" points="{along}"/>{marks}'


def _words(block: LineChart) -> str:
    rows = "; ".join(f"{label}: {', '.join(map(percent, path))}" for label, path in block.lines)
    return f"Over {', '.join(block.moments)}. {rows}."
