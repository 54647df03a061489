"""Any view as plain text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import NamedTuple

from .blocks import (
    Alarm,
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
ROOM_FOR_MARGIN = 70
SHORTEST_BAR, SHORTEST_LABEL = 6, 8


class Style(NamedTuple):
    """What a terminal makes of titles and alarms."""

    title: Callable[[str], str] = str
    alarm: Callable[[str], str] = str


PLAIN = Style()


def plain_spaces(text: str) -> str:
    """Return a text for a screen, wrapped already, in which a figure and its unit are searched for
    as they are typed.

    >>> plain_spaces("44\N{NO-BREAK SPACE}%")
    '44 %'
    """
    return text.replace("\N{NO-BREAK SPACE}", " ")


def to_text(views: Iterable[View], width: int = WIDTH, style: Style = PLAIN) -> str:
    """Return sections as plain text, `width` columns wide.

    >>> blocks = (Note("Of noise."), Bar("belt", 0.5, 0.6), Item("First cause.", ("how",)))
    >>> print(to_text([View("Kind", blocks)]))
    KIND
      Of noise.
      belt  ███████████████   |             50 % (60 % before)
      1. First cause.
         how
    """
    sections = [_section(view, width, style) for view in views if view.blocks]
    return plain_spaces("\n\n".join(sections))


def to_screen(views: Iterable[View], width: int = WIDTH, style: Style = PLAIN) -> str:
    """Return sections as plain text without a blank line, each title in the margin; above the
    section where there is no room for a margin.

    >>> print(to_screen([View("Kind", (Note("Of noise."), Note("Of light.")))]))
    Kind            Of noise.
                    Of light.
    """
    if width < ROOM_FOR_MARGIN:
        sections = [_section(view, width, style) for view in views if view.blocks]
        return plain_spaces("\n".join(sections))
    lines: list[str] = []
    for view in views:
        body = list(_lines(view, width - MARGIN + len(INDENT), style))
        margin = wrap(view.title, MARGIN - 2)
        for title, line in zip_longest(margin, body, fillvalue=""):
            lead = style.title(f"{title:{MARGIN}}") if title else " " * MARGIN
            lines.append(f"{lead}{line.removeprefix(INDENT)}".rstrip())
    return plain_spaces("\n".join(lines))


def _section(view: View, width: int, style: Style) -> str:
    title = wrap(view.title.upper(), width)
    return "\n".join([*map(style.title, title), *_lines(view, width, style)])


def _lines(view: View, width: int, style: Style) -> Iterator[str]:
    bars = [block for block in view.blocks if isinstance(block, Bar)]
    labels, size = _room_for_bars(bars, width)
    number = 0
    for block in view.blocks:
        if isinstance(block, Item):
            number += 1
            yield from _item(block, number, width)
        elif isinstance(block, Bar):
            lead = f"{INDENT}{_cut(block.label, labels):{labels}}  {_bar(block, size)}"
            yield from _with_words(lead, _bar_words(block), width)
        elif isinstance(block, Alarm):
            yield from map(style.alarm, _block(block, width))
        elif not isinstance(block, Chains | Curves | Amounts):
            yield from _block(block, width)


def _room_for_bars(bars: Sequence[Bar], width: int) -> tuple[int, int]:
    """Return how long the labels of bars and the bars themselves are."""
    labels = max((len(bar.label) for bar in bars), default=0)
    words = max((len(_bar_words(bar)) for bar in bars), default=0)
    room = width - len(INDENT) - 4 - words
    size = min(BAR, max(room - labels, SHORTEST_BAR))
    return min(labels, max(room - size, SHORTEST_LABEL)), size


def _with_words(lead: str, words: str, width: int) -> list[str]:
    """Return a bar with its words behind it, or below it where there is no room."""
    line = f"{lead}  {words}"
    below = INDENT * 2
    return [line] if len(line) <= width else [lead.rstrip(), *_wrapped(words, below, below, width)]


def _cut(label: str, most: int) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _block(block: Note | TextTable | Waterfall | Tornado | LineChart, width: int) -> Iterable[str]:
    match block:
        case Note():
            return _wrapped(block.text, INDENT, INDENT, width)
        case Waterfall():
            return _waterfall(block, width)
        case Tornado():
            return _tornado(block, width)
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


def _bar(bar: Bar, size: int) -> str:
    """A filled bar for now, with a tick where it stood before and now stands no longer."""
    filled = round(bar.now * size)
    cells = ["█"] * filled + [" "] * (size - filled)
    if bar.before is not None:
        tick = min(round(bar.before * size), size - 1)
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


def _waterfall(fall: Waterfall, width: int) -> Iterator[str]:
    half = HALF if width >= ROOM_FOR_MARGIN else SHORTEST_BAR
    words = max((len(decibans(db)) for _, db in fall.steps), default=0)
    room = max(width - 4 - 2 - (2 * half + 1) - 2 - words, SHORTEST_LABEL)
    longest = min(max((len(label) for label, _ in fall.steps), default=0), LONGEST_LABEL, room)
    finite = [abs(db) for _, db in fall.steps if math.isfinite(db)]
    largest = max(finite, default=1.0)
    scale = half / max(largest, fall.reach, 1.0)
    yield from _wrapped(f"{fall.label}: {percent(fall.before)} before", INDENT, INDENT, width)
    for label, db in fall.steps:
        size = half if math.isinf(db) else round(abs(db) * scale)
        against = "░" * size if db < 0 else ""
        in_favour = "" if db < 0 else "█" * size
        bar = f"{against:>{half}}|{in_favour:<{half}}"
        yield f"    {_cut(label, longest):{longest}}  {bar}  {decibans(db)}"
    yield from _wrapped(f"{fall.label}: {percent(fall.after)} now", INDENT, INDENT, width)


def _tornado(tornado: Tornado, width: int) -> Iterator[str]:
    words = max((len(span(low, high)) for _, low, high in tornado.swings), default=0)
    room = max(width - 4 - 2 - words, SHORTEST_LABEL)
    longest = min(max((len(label) for label, _, _ in tornado.swings), default=0), room)
    lead = (
        f"{tornado.label}: {percent(tornado.now)} now; with one number at a time at the ends of "
        "its range:"
    )
    yield from _wrapped(lead, INDENT, INDENT, width)
    for label, low, high in tornado.swings:
        yield f"    {_cut(label, longest):{longest}}  {span(low, high)}"


def _path_table(chart: LineChart) -> TextTable:
    rows = tuple((label, *map(percent, path), "") for label, path in chart.lines)
    return TextTable(("", *chart.moments, ""), rows)


def _table(table: TextTable, width: int) -> Iterator[str]:
    columns = list(zip(table.header, *table.rows, strict=True))
    widths = [max(map(len, column)) for column in columns[:-1]]
    room = width - 2 - sum(widths) - 2 * len(widths)
    if room < NARROWEST and width < WIDTH:
        yield from _stacked(table, width)
        return
    for row in (table.header, *table.rows):
        yield from _row(row, widths, max(room, NARROWEST))


def _stacked(table: TextTable, width: int) -> Iterator[str]:
    """The rows of a table for which there is no room: the last cell, and below it the others."""
    for row in table.rows:
        *cells, last = row
        lead, below = INDENT, INDENT * 2
        if last:
            yield from _wrapped(last, lead, below, width)
            lead = below
        pairs = [(head, cell) for head, cell in zip(table.header, cells, strict=False) if cell]
        said = "; ".join(f"{head}: {cell}" if head else cell for head, cell in pairs)
        yield from _wrapped(said, lead, below, width)


def _row(row: Sequence[str], widths: Sequence[int], room: int) -> Iterator[str]:
    """The lines of one row, whose last cell is wrapped."""
    *cells, last = row
    lead = "  " + "".join(f"{cell:{width}}  " for cell, width in zip(cells, widths, strict=True))
    first, *more = wrap(last, room, break_on_hyphens=False) or [""]
    yield (lead + first).rstrip()
    for part in more:
        yield " " * len(lead) + part
