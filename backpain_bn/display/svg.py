"""Strokes of our pictures: text that knows how wide it is, bars, scales, keys, and the sheet they
lie on, light or dark.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import TypeVar

WIDTH, PAD = 760, 14
INKS = 6
SHAPES = (
    (),
    ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    ((0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0)),
    ((0, -1.3), (1.2, 1), (-1.2, 1)),
)
"""Marks on a line: a disc, a square, a diamond, a triangle."""
Place = Callable[[float], float]
_NARROW, _WIDE = frozenset("ijl.,:;'|!()[]\"Itfr-/ "), frozenset("mwMWQOG@%&—…")
_UNFIT = re.compile("[^\t\n\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES = re.compile("[ \t\n\r\x85\u2028\u2029]+")
STYLE = (
    "svg{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;"
    "--ink:#1c2733;--soft:#55626f;--paper:#fff;--track:#edf1f4;--grid:#dbe2e8;--one:#0072b2;--two:#c14d00;"
    "--i0:#0072b2;--i1:#c14d00;--i2:#007a5a;--i3:#a34d80;--i4:#7a6400;--i5:#444e58}"
    "@media(prefers-color-scheme:dark){svg{--ink:#e8edf2;--soft:#a9b5c0;--paper:#151b21;--track:#26303a;--grid:#33404b;--one:#56b4e9;--two:#ff9d5c;"
    "--i0:#56b4e9;--i1:#ff9d5c;--i2:#3fcf9f;--i3:#e79cc6;--i4:#f0e442;--i5:#c3ccd4}}"
    ".paper{fill:var(--paper)}text{fill:var(--ink);dominant-baseline:central}.end{text-anchor:end}.middle{text-anchor:middle}"
    ".small{font-size:11.5px;fill:var(--soft)}.strong{font-weight:600}.track{fill:var(--track)}.one{fill:var(--one)}.two{fill:var(--two)}"
    ".gone{fill:none;stroke:var(--one);stroke-width:1.6;stroke-dasharray:3 2.5}"
    ".grid{stroke:var(--grid)}.tick{stroke:var(--ink);stroke-width:2.4}"
    ".whisker{stroke:var(--ink);stroke-width:1.6;fill:none}.pale{opacity:.5}"
    ".thread{stroke:var(--soft);stroke-width:1}.dot{fill:var(--ink)}polyline{fill:none;stroke-width:2.4;stroke-linejoin:round}"
    + "".join(
        f".ink{n}{{fill:var(--i{n})}}.mark{n}{{fill:var(--i{n});stroke:var(--paper);stroke-width:1.2}}"
        f".path{n}{{stroke:var(--i{n});stroke-dasharray:{dash}}}"
        for n, dash in enumerate(("none", "9 4", "2 4", "12 4 2 4", "6 3", "1 3"))
    )
)
"""Okabe and Ito's colours, darkened on white to a contrast of at least 4.5 : 1."""

Made = TypeVar("Made")


def widest(labels: Iterable[Iterable[str]], size: float, weight: float = 1.0) -> float:
    """Return the width in pixels of the longest line of all labels."""
    return max((wide(line, size) * weight for label in labels for line in label), default=0.0)


def fit(text: str) -> str:
    """Return text that XML and UTF-8 can hold: no control characters, no half characters.

    >>> fit("a\\x00b")
    'a\N{REPLACEMENT CHARACTER}b'
    """
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def wide(text: str, size: float) -> float:
    """Return about how wide text is in pixels: an upper estimate, since the reader's font is not
    known.
    """
    return size * sum(map(_advance, text))


def _advance(letter: str) -> float:
    if letter in _NARROW or unicodedata.combining(letter):
        return 0.42
    if unicodedata.east_asian_width(letter) in "WF" or letter in _WIDE:
        return 1.0
    return 0.72 if letter.isupper() else 0.63


def wrapped(text: str, room: float, size: float, weight: float = 1.0, most: int = 4) -> list[str]:
    """Return text in lines no wider than `room`; what does not fit into `most` lines ends in three
    dots.

    >>> wrapped("hours spent sitting per day: over 8", 160, 13)
    ['hours spent sitting', 'per day: over 8']
    """
    lines = [""]
    for word in _SPACES.split(fit(text).strip()):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if wide(longer, size) * weight <= room:
            lines[-1] = longer
            continue
        pieces = _pieces(word, room / weight, size)
        lines[len(lines) - (not lines[-1]) :] = pieces
    if len(lines) > most:
        last = lines[most - 1]
        while wide(f"{last}…", size) * weight > room:
            last = last[:-1]
        lines = [*lines[: most - 1], f"{last.rstrip()}…"]
    return lines


def _pieces(word: str, room: float, size: float) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and wide(pieces[-1] + letter, size) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """Return one line of text, its middle at height y."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(fit(words))}</text>' if words else ""
    )


def text_block(
    x: float, middle: float, lines: Sequence[str], kind: str = "", step: float = 16
) -> str:
    """Return lines of text around a height."""
    first = middle - step * (len(lines) - 1) / 2
    return "".join(text(x, first + step * index, words, kind) for index, words in enumerate(lines))


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


def scale_lines(
    marks: Iterable[tuple[float, str]], start: float, end: float, across: bool = False
) -> str:
    """Return thin lines at the marks of a scale with their words: upright with words below, or
    lying with words at the left.
    """
    if across:
        return "".join(
            line(start, at, end, at, "grid") + text(start - 8, at, words, "end small")
            for at, words in marks
        )
    return "".join(
        line(at, start, at, end, "grid") + text(at, end + 12, words, "middle small")
        for at, words in marks
    )


def key(x: float, y: float, entries: Sequence[tuple[str, str]]) -> str:
    """Return what the strokes mean, in a row that moves left where it would run off the sheet."""
    widths = [26 + wide(words, 11.5) + 16 for _, words in entries]
    x = max(min(x, WIDTH - PAD - sum(widths)), PAD)
    parts = []
    for (kind, words), width in zip(entries, widths, strict=True):
        sample = {
            "tick": line(x + 9, y - 8, x + 9, y + 8, "tick"),
            "whisker": f'<path class="whisker" d="M{x:.1f} {y:.1f}h18m0 -4v8m-18 0v-8"/>',
        }.get(kind, bar(x, x + 18, y, 11, kind))
        parts += [sample, text(x + 24, y, words, "small")]
        x += width
    return "".join(parts)


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
    free = bottom + max((heights[order[-1]] / 2, 0)) if order else bottom
    for index in reversed(order):
        places[index] = min(places[index], free - heights[index] / 2)
        free = places[index] - heights[index] / 2
    return places


def image(parts: Iterable[str], height: float, alt: str, make: Callable[[str, str], Made]) -> Made:
    """Return the sheet with all strokes on it, made into a picture together with its words."""
    alt = fit(" ".join(alt.split()))
    sheet = f'<rect class="paper" width="{WIDTH}" height="{height:.0f}" rx="6"/>'
    return make(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img">'
        f"<title>{escape(alt)}</title><style>{STYLE}</style>{sheet}{''.join(parts)}</svg>",
        alt,
    )
