"""Any view as Markdown that reads well as plain text; what pictures show stands in tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from .blocks import (
    Alarm,
    Amounts,
    Bar,
    Block,
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
from .lettering import printable
from .words import decibans, percent, span

_ENTITY = re.compile(r"&(?=#|\w+;)")
_SPECIAL = re.compile(r"[\\`*|~$]|(?<!\w)_|_(?!\w)|\](?=[(:\[])")
_START = re.compile(r"^(\d{1,9}(?=[.)])|(?=[\[#+>=-]))")


def to_markdown(views: Iterable[View], level: int = 2) -> str:
    """Return sections as Markdown.

    >>> print(to_markdown([View("Kind", (Note("A_"), Bar("muscle", 0.5, 0.25)))]))
    ## Kind
    <BLANKLINE>
    A\\_
    <BLANKLINE>
    |  | now | before |
    |---|---|---|
    | muscle | 50 % | 25 % |
    """
    return "\n\n".join(_section(view, level) for view in views if view.blocks)


Alone = Note | Item | Bar | TextTable | Waterfall | Tornado | LineChart


def _section(view: View, level: int) -> str:
    return "\n\n".join([f"{'#' * level} {markdown(view.title)}", *_markdown(view.blocks)])


def _markdown(blocks: Iterable[Block]) -> Iterator[str]:
    for kind, group in groupby(blocks, type):
        rows = list(group)
        if kind is Bar:
            yield _bars([row for row in rows if isinstance(row, Bar)])
        elif kind is Item:
            yield _list([row for row in rows if isinstance(row, Item)])
        else:
            pictures = Chains | Curves | Amounts
            yield from (_one(row) for row in rows if not isinstance(row, pictures))


def _one(block: Alone) -> str:
    match block:
        case Alarm():
            return f"> **{markdown(block.text.strip())}**"
        case Note():
            return markdown(block.text)
        case Item():
            return _list([block])
        case Bar():
            return _bars([block])
        case Waterfall():
            return _waterfall(block)
        case Tornado():
            return _tornado(block)
        case LineChart():
            rows = [(label, *map(percent, path)) for label, path in block.lines]
            return _grid(("", *block.moments), rows)
    return _grid(block.header, block.rows)


def _waterfall(fall: Waterfall) -> str:
    steps = ((label, decibans(db)) for label, db in fall.steps)
    rows = [("before", percent(fall.before)), *steps, ("now", percent(fall.after))]
    return _grid((fall.label, "evidence"), rows)


def _tornado(tornado: Tornado) -> str:
    now = f"{tornado.label}: {percent(tornado.now)} now"
    rows = [(label, percent(low), percent(high)) for label, low, high in tornado.swings]
    return _grid((now, "at the low end of the range", "at the high end"), rows)


def _bars(bars: Sequence[Bar]) -> str:
    columns = {"": [bar.label for bar in bars], "now": [percent(bar.now) for bar in bars]}
    if any(bar.before is not None for bar in bars):
        columns["before"] = ["" if bar.before is None else percent(bar.before) for bar in bars]
    if any(bar.low is not None for bar in bars):
        columns["90 of 100 draws"] = [
            "" if bar.low is None or bar.high is None else span(bar.low, bar.high) for bar in bars
        ]
    return _grid(columns, zip(*columns.values(), strict=True))


def _list(items: Sequence[Item]) -> str:
    return "\n".join(_item(item, number) for number, item in enumerate(items, 1))


def _item(item: Item, number: int) -> str:
    lead = f"{number}. "
    details = [" " * len(lead) + markdown(detail) for detail in item.details]
    return "  \n".join([lead + markdown(item.text), *details])


def _grid(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [[_literal(cell) for cell in row] for row in (header, *rows)]
    head, *rest = (f"| {' | '.join(row)} |" for row in cells)
    return "\n".join([head, f"|{'---|' * len(cells[0])}", *rest])


def markdown(text: str) -> str:
    """Return text on one line as Markdown that stands for exactly this text, and stays readable as
    it is.

    >>> print(markdown("1. [a_b](c) > <i> *"))
    1\\. [a_b\\](c) > &lt;i> \\*
    """
    return _START.sub(r"\1\\", _literal(text))


def _literal(text: str) -> str:
    """Text within a line or a cell of a table, where only a few signs mean anything."""
    line = " ".join(printable(text).replace("\N{NO-BREAK SPACE}", " ").split())
    return _SPECIAL.sub(r"\\\g<0>", _ENTITY.sub("&amp;", line).replace("<", "&lt;"))
