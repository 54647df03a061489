"""Any view as plain text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from .blocks import (
    Amounts,
    Bar,
    Chains,
    Curves,
    Item,
    LineChart,
    Note,
    TextTable,
    Tornado,
    View,
    Waterfall,
)
from .words import decibans, percent, span

WIDTH = 100
MARGIN = 16
"""The column in which a screen has its titles."""
INDENT = "  "
BAR, HALF = 30, 10
"""How long the bar of a certainty, and that of the strongest evidence on one side, is."""
LONGEST_LABEL = 44
NARROWEST = 30
"""The last column of a table keeps at least so many letters."""


def to_text(views: Iterable[View]) -> str:
    """Return sections as plain text, 100 columns wide.

    >>> blocks = (Note("Of noise."), Bar("belt", 0.5, 0.6), Item("First cause.", ("how",)))
    >>> print(to_text([View("Kind", blocks)]))
    KIND
      Of noise.
      belt  ███████████████   |             50\N{NO-BREAK SPACE}% (60\N{NO-BREAK SPACE}% before)
      1. First cause.
         how
    """
    return "\n\n".join(_section(view) for view in views if view.blocks)


def to_screen(views: Iterable[View]) -> str:
    """Return sections as plain text without a blank line, each title in the margin.

    >>> print(to_screen([View("Kind", (Note("Of noise."), Note("Of light.")))]))
    Kind            Of noise.
                    Of light.
    """
    lines: list[str] = []
    for view in views:
        body = list(_lines(view, WIDTH - MARGIN + len(INDENT)))
        margin = wrap(view.title, MARGIN - 2)
        for title, line in zip_longest(margin, body, fillvalue=""):
            lines.append(f"{title:{MARGIN}}{line.removeprefix(INDENT)}".rstrip())
    return "\n".join(lines)


def _section(view: View) -> str:
    return "\n".join([view.title.upper(), *_lines(view, WIDTH)])


def _lines(view: View, width: int) -> Iterator[str]:
    labels = [len(block.label) for block in view.blocks if isinstance(block, Bar)]
    longest = min(max(labels, default=0), LONGEST_LABEL)
    number = 0
    for block in view.blocks:
        if isinstance(block, Item):
            number += 1
            yield from _item(block, number, width)
        elif isinstance(block, Bar):
            label = _cut(block.label, longest)
            yield f"{INDENT}{label:{longest}}  {_bar(block)}  {_bar_words(block)}"
        elif not isinstance(block, Chains | Curves | Amounts):
            yield from _block(block, width)


def _block(block: Note | TextTable | Waterfall | Tornado | LineChart, width: int) -> Iterable[str]:
    match block:
        case Note():
            return _wrapped(block.text, INDENT, INDENT, width)
        case Waterfall():
            return _waterfall(block)
        case Tornado():
            return _tornado(block)
        case LineChart():
            return _table(_path_table(block), width)
    return _table(block, width)


def _wrapped(words: str, first: str, rest: str, width: int) -> list[str]:
    return wrap(words, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _item(item: Item, number: int, width: int) -> Iterator[str]:
    lead = f"  {number}. "
    below = " " * len(lead)
    yield from _wrapped(item.text, lead, below, width)
    for detail in item.details:
        yield from _wrapped(detail, below, f"{below}  ", width)


def _cut(label: str, longest: int) -> str:
    return label if len(label) <= longest else f"{label[: longest - 1]}…"


def _bar(bar: Bar) -> str:
    """A filled bar for now, with a tick where it stood before and now stands no longer."""
    filled = round(bar.now * BAR)
    cells = ["█"] * filled + [" "] * (BAR - filled)
    if bar.before is not None:
        tick = min(round(bar.before * BAR), BAR - 1)
        if tick > filled:
            cells[tick] = "|"
    return "".join(cells)


def _bar_words(bar: Bar) -> str:
    words = percent(bar.now)
    if bar.before is not None:
        words += f" ({percent(bar.before)} before)"
    if bar.low is not None and bar.high is not None:
        words += f" ({span(bar.low, bar.high)})"
    return words


def _waterfall(fall: Waterfall) -> Iterator[str]:
    longest = min(max((len(label) for label, _ in fall.steps), default=0), LONGEST_LABEL)
    finite = [abs(db) for _, db in fall.steps if math.isfinite(db)]
    largest = max(finite, default=1.0)
    scale = HALF / max(largest, fall.reach, 1.0)
    yield f"  {fall.label}: {percent(fall.before)} before"
    for label, db in fall.steps:
        size = HALF if math.isinf(db) else round(abs(db) * scale)
        against = "░" * size if db < 0 else ""
        in_favour = "" if db < 0 else "█" * size
        short = _cut(label, longest)
        bar = f"{against:>{HALF}}|{in_favour:<{HALF}}"
        yield f"    {short:{longest}}  {bar}  {decibans(db)}"
    yield f"  {fall.label}: {percent(fall.after)} now"


def _tornado(tornado: Tornado) -> Iterator[str]:
    longest = max((len(label) for label, _, _ in tornado.swings), default=0)
    yield (
        f"  {tornado.label}: {percent(tornado.now)} now; with one number at a time at the ends of "
        "its range:"
    )
    for label, low, high in tornado.swings:
        yield f"    {label:{longest}}  {span(low, high)}"


def _path_table(chart: LineChart) -> TextTable:
    rows = tuple((label, *map(percent, path), "") for label, path in chart.lines)
    return TextTable(("", *chart.moments, ""), rows)


def _table(table: TextTable, width: int) -> Iterator[str]:
    columns = list(zip(table.header, *table.rows, strict=True))
    widths = [max(map(len, column)) for column in columns[:-1]]
    room = max(width - 2 - sum(widths) - 2 * len(widths), NARROWEST)
    for row in (table.header, *table.rows):
        yield from _row(row, widths, room)


def _row(row: Sequence[str], widths: Sequence[int], room: int) -> Iterator[str]:
    """The lines of one row, whose last cell is wrapped."""
    *cells, last = row
    lead = "  " + "".join(f"{cell:{width}}  " for cell, width in zip(cells, widths, strict=True))
    first, *more = wrap(last, room, break_on_hyphens=False) or [""]
    yield (lead + first).rstrip()
    for part in more:
        yield " " * len(lead) + part
