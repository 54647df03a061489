"""Shares that follow a probability, as curves over both scales, with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .axes import over
from .blocks import Curve, Curves
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
    text,
    text_block,
    upright_marks,
    widest,
)
from .words import percent

LABELS = 190
HEIGHT = 300.0
FOOT = 48
MOST_MARKS = 20
"""A curve of more points is a line with a band; one of fewer has a mark and a whisker at each."""

Points = list[tuple[float, float]]
At = Callable[[float, float], tuple[float, float]]


def curve_chart(block: Curves) -> Picture:
    """Return one line per curve, named at its end, over thin guides."""
    drawn = (*block.curves, *block.guides)
    ends = [end for curve in block.curves for interval in curve.intervals for end in interval]
    ups = [y for curve in drawn for _, y in curve.points] + ends
    low, high, up_marks = over(ups)
    start, end, marks = over([x for curve in drawn for x, _ in curve.points])
    labels = [wrapped(curve.label, LABELS, LETTER) for curve in drawn]
    head = wrapped(block.up, WIDTH - 2 * PAD, SMALL)
    top = PAD + len(head) * LINE + 8.0
    height = max(HEIGHT, sum(map(_room, labels)))
    bottom = top + height
    left, right = PAD + 52.0, WIDTH - PAD - widest(labels, LETTER) - 2 * GAP - 10

    def at(x: float, y: float) -> tuple[float, float]:
        across = left + (right - left) * (x - start) / (end - start)
        return across, top + height * (high - y) / (high - low)

    parts = [text_block(PAD, PAD + len(head) * LINE / 2, head, "small")]
    parts.append(level_marks([(at(start, y)[1], words) for y, words in up_marks], left, right))
    parts.append(upright_marks([(at(x, low)[0], words) for x, words in marks], top, bottom))
    parts.append(text((left + right) / 2, bottom + 34, block.across, "middle small"))
    parts += [_guide([at(*point) for point in curve.points]) for curve in block.guides]
    for number, curve in enumerate(block.curves):
        parts += _curve(curve, number, at)
    places = [[at(*point) for point in curve.points] for curve in drawn]
    kinds = [f"ink{number % INKS}" for number in range(len(block.curves))]
    kinds += ["small"] * len(block.guides)
    parts += _names(places, labels, kinds, (right + GAP, top, bottom))
    return picture(parts, bottom + FOOT, _words(block))


def _room(label: Sequence[str]) -> int:
    return len(label) * LINE + 6


def _guide(points: Points) -> str:
    return f'<polyline class="guide" points="{_along(points)}"/>'


def _along(points: Points) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _curve(curve: Curve, number: int, at: At) -> Iterator[str]:
    """Yield the intervals of one curve, its line, and its marks."""
    ink, points = number % INKS, [at(*point) for point in curve.points]
    few = len(points) <= MOST_MARKS
    pairs = list(zip(curve.points, curve.intervals, strict=False))
    if few:
        for (x, _), (least, most) in pairs:
            yield line(*at(x, least), *at(x, most), "whisker")
    elif pairs:
        lower = [at(x, least) for (x, _), (least, _) in pairs]
        upper = [at(x, most) for (x, _), (_, most) in reversed(pairs)]
        yield f'<polygon class="ink{ink} band" points="{_along(lower + upper)}"/>'
    yield f'<polyline class="path{ink} line" points="{_along(points)}"/>'
    if few:
        yield from (dot(x, y, 4, f"mark{ink}", number % len(SHAPES)) for x, y in points)


def _names(
    places: Sequence[Points],
    labels: Sequence[Sequence[str]],
    kinds: Sequence[str],
    room: tuple[float, float, float],
) -> Iterator[str]:
    """Yield the name of each line at the right, the names moved apart."""
    right, top, bottom = room
    wanted = [points[-1][1] if points else bottom for points in places]
    spots = spread(wanted, list(map(_room, labels)), top, bottom)
    for points, label, kind, spot in zip(places, labels, kinds, spots, strict=True):
        if points:
            yield line(points[-1][0] + 6, points[-1][1], right + 2, spot, "thread")
        yield text_block(right + 6, spot, label, kind)


def _words(block: Curves) -> str:
    rows = []
    for curve in block.curves:
        step = max(len(curve.points) // 10, 1)
        pairs = (f"{percent(x)}: {_share(y)}" for x, y in curve.points[::step])
        rows.append(f"{curve.label}: {', '.join(pairs)}")
    return f"{block.up}, over {block.across}. {'; '.join(rows)}."


def _share(y: float) -> str:
    return percent(y) if y >= 0 else f"−{percent(-y)}"
