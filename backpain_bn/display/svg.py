"""Strokes of our pictures: text, bars, scales, keys, and the sheet they lie on, light or dark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from .lettering import printable, width_of

WIDTH, PAD, GAP = 760, 14, 14
LINE, LETTER, SMALL = 16, 13, 11.5
LABEL_ROOM = 262
"""How wide the labels of rows may be, in pixels."""
BOLD = 1.12
"""What bold type adds to the width of text, as a factor."""
TICK, THICK = 11, 15
INKS = 6
SHAPES = (
    (),
    ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    ((0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0)),
    ((0, -1.3), (1.2, 1), (-1.2, 1)),
)
"""Marks on a line: a disc, a square, a diamond, a triangle."""
STYLE = (files(__package__) / "picture.css").read_text(encoding="utf-8").replace("\n", "")
"""Okabe and Ito's colours, darkened on white to a contrast of at least 4.5 : 1."""

Place = Callable[[float], float]
"""Where a value lies on the sheet, in pixels."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A self-contained SVG, and the same in words."""

    svg: str
    alt: str


def picture(parts: Iterable[str], height: float, alt: str) -> Picture:
    """Return the sheet with all strokes on it, and its words."""
    alt = printable(" ".join(alt.split()))
    paper = f'<rect class="paper" width="{WIDTH}" height="{height:.0f}" rx="6"/>'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img">'
        f"<title>{escape(alt)}</title><style>{STYLE}</style>{paper}{''.join(parts)}</svg>"
    )
    return Picture(svg, alt)


def widest(labels: Iterable[Iterable[str]], size: float, weight: float = 1.0) -> float:
    """Return the width in pixels of the longest line of all labels."""
    return max((width_of(line, size, weight) for label in labels for line in label), default=0.0)


def row_height(lines: Sequence[str]) -> int:
    """Return the height in pixels of a row whose label has these lines."""
    return max(len(lines), 1) * LINE + 10


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Return one line of text, its middle at height y."""
    if not words:
        return ""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(printable(words))}</text>'


def text_block(
    x: float, middle: float, lines: Sequence[str], kind: str = "", step: float = LINE
) -> str:
    """Return lines of text around a height."""
    first = middle - step * (len(lines) - 1) / 2
    return "".join(text(x, first + step * index, words, kind) for index, words in enumerate(lines))


def title_block(lines: Sequence[str]) -> str:
    """Return the title of a picture, at its top."""
    return text_block(PAD, PAD + len(lines) * LINE / 2, lines, "strong")


def bar(start: float, stop: float, middle: float, thick: float, kind: str) -> str:
    """Return a horizontal bar."""
    size = f'width="{max(stop - start, 0):.1f}" height="{thick:g}"'
    return f'<rect class="{kind}" x="{start:.1f}" y="{middle - thick / 2:.1f}" {size} rx="1.5"/>'


def line(x0: float, y0: float, x1: float, y1: float, kind: str) -> str:
    """Return a straight stroke."""
    return f'<path class="{kind}" d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"/>'


def dot(x: float, y: float, size: float, kind: str = "dot", shape: int = 0) -> str:
    """Return a mark of one of the `SHAPES`."""
    corners = SHAPES[shape]
    if not corners:
        return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{size:g}"/>'
    points = " ".join(f"{x + size * dx:.1f},{y + size * dy:.1f}" for dx, dy in corners)
    return f'<polygon class="{kind}" points="{points}"/>'


def upright_marks(marks: Iterable[tuple[float, str]], top: float, bottom: float) -> str:
    """Return thin upright lines at the marks of a scale, with their words below."""
    return "".join(
        line(x, top, x, bottom, "grid") + text(x, bottom + 12, words, "middle small")
        for x, words in marks
    )


def level_marks(marks: Iterable[tuple[float, str]], left: float, right: float) -> str:
    """Return thin level lines at the marks of a scale, with their words at the left."""
    return "".join(
        line(left, y, right, y, "grid") + text(left - 8, y, words, "end small")
        for y, words in marks
    )


def key(x: float, y: float, entries: Sequence[tuple[str, str]]) -> str:
    """Return what the strokes mean, in a row that moves left where it would run off the sheet."""
    widths = [26 + width_of(words, SMALL) + 16 for _, words in entries]
    x = max(min(x, WIDTH - PAD - sum(widths)), PAD)
    parts = []
    for (kind, words), width in zip(entries, widths, strict=True):
        parts += [_sample(kind, x, y), text(x + 24, y, words, "small")]
        x += width
    return "".join(parts)


def _sample(kind: str, x: float, y: float) -> str:
    if kind == "tick":
        return line(x + 9, y - 8, x + 9, y + 8, "tick")
    if kind == "whisker":
        return f'<path class="whisker" d="M{x:.1f} {y:.1f}h18m0 -4v8m-18 0v-8"/>'
    return bar(x, x + 18, y, 11, kind)


def spread(
    wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float
) -> list[float]:
    """Return middles near the wanted ones such that nothing overlaps and, where there is room, all
    stays between top and bottom.
    """
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    places, free = list(wanted), top
    for index in order:
        places[index] = max(wanted[index], free + heights[index] / 2)
        free = places[index] + heights[index] / 2
    if order:
        free = bottom + heights[order[-1]] / 2
    for index in reversed(order):
        places[index] = min(places[index], free - heights[index] / 2)
        free = places[index] - heights[index] / 2
    return places
