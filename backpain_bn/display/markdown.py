"""DOC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from .blocks import Bar, Block, Item, LineChart, Note, TextTable, Tornado, View, Waterfall
from .html import _ENTITY, _SPECIAL, _START
from .svg import fit
from .words import decibans, percent


def to_markdown(views: Iterable[View], level: int = 2) -> str:
    """Return sections as Markdown that reads well as plain text: what pictures show stands in
    tables.

    >>> print(to_markdown([View("Kind", (Note("A_"), Bar("muscle", 0.5, 0.25)))]))
    ## Kind
    <BLANKLINE>
    A\\_
    <BLANKLINE>
    |  | now | before |
    |---|---|---|
    | muscle | 50 % | 25 % |
    """
    return "\n\n".join(
        f"{'#' * level} {markdown(view.title)}\n\n" + "\n\n".join(_markdown(view.blocks))
        for view in views
        if view.blocks
    )


def _markdown(blocks: Iterable[Block]) -> Iterator[str]:
    for kind, group in groupby(blocks, type):
        rows = list(group)
        if kind is Bar:
            yield _grid(*_bar_rows([row for row in rows if isinstance(row, Bar)]))
        elif kind is Item:
            items = (row for row in rows if isinstance(row, Item))
            yield "\n".join(_list_item(item, number) for number, item in enumerate(items, 1))
        else:
            yield from (_one(row) for row in rows)


def _one(block: Block) -> str:
    if isinstance(block, Note):
        return markdown(block.text)
    if isinstance(block, Waterfall):
        return _grid((block.label, "evidence"), [("before", percent(block.before)), *((label, decibans(db)) for label, db in block.steps),
                                                 ("now", percent(block.after))])  # fmt: skip
    if isinstance(block, Tornado):
        header = (
            f"{block.label}: {percent(block.now)} now",
            "at the low end of the range",
            "at the high end",
        )
        return _grid(
            header, [(label, percent(low), percent(high)) for label, low, high in block.swings]
        )
    if isinstance(block, LineChart):
        return _grid(
            ("", *block.moments), [(label, *map(percent, line)) for label, line in block.lines]
        )
    assert isinstance(block, TextTable)
    return _grid(block.header, block.rows)


def _bar_rows(bars: list[Bar]) -> tuple[list[str], list[list[str]]]:
    told, sure = (
        any(bar.before is not None for bar in bars),
        any(bar.low is not None for bar in bars),
    )
    header = ["", "now", *["before"] * told, *["90 of 100 draws"] * sure]
    rows = []
    for bar in bars:
        before = "" if bar.before is None else percent(bar.before)
        between = (
            ""
            if bar.low is None or bar.high is None
            else f"{percent(bar.low)} to {percent(bar.high)}"
        )
        rows.append([bar.label, percent(bar.now), *[before] * told, *[between] * sure])
    return header, rows


def _list_item(item: Item, number: int) -> str:
    lead = f"{number}. "
    return "  \n".join(
        [
            lead + markdown(item.text),
            *(" " * len(lead) + markdown(detail) for detail in item.details),
        ]
    )


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
    line = " ".join(fit(text).replace("\N{NO-BREAK SPACE}", " ").split())
    return _SPECIAL.sub(r"\\\g<0>", _ENTITY.sub("&amp;", line).replace("<", "&lt;"))
