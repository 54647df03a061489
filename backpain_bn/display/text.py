"""Any view as text, and the base of every result that has views."""

from __future__ import annotations

import math
from collections.abc import Iterable
from textwrap import wrap
from typing import TYPE_CHECKING

from .blocks import Bar, Item, LineChart, Note, TextTable, Tornado, View, Waterfall
from .words import decibans, percent

if TYPE_CHECKING:
    pass

WIDTH = 100
BAR = 30
LONGEST_LABEL = 44


def text(views: Iterable[View]) -> str:
    """Return sections as plain text, 100 columns wide.

    >>> print(
    ...     text(
    ...         [
    ...             View(
    ...                 "Kind",
    ...                 (
    ...                     Note("Of pain."),
    ...                     Bar("muscle", 0.5, 0.6),
    ...                     Item("First cause.", ("how",)),
    ...                 ),
    ...             )
    ...         ]
    ...     )
    ... )
    KIND
      Of pain.
      muscle  ███████████████   |             50\N{NO-BREAK SPACE}% (60\N{NO-BREAK SPACE}% before)
      1. First cause.
         how
    """
    return "\n\n".join(
        "\n".join([view.title.upper(), *_blocks(view)]) for view in views if view.blocks
    )


def _blocks(view: View) -> list[str]:
    longest = max((len(block.label) for block in view.blocks if isinstance(block, Bar)), default=0)
    lines: list[str] = []
    number = 0
    for block in view.blocks:
        if isinstance(block, Item):
            number += 1
            lines += _item(block, number)
        elif isinstance(block, Bar):
            lines.append(
                f"  {block.label:{longest}}  {_bar(block.now, block.before)}  {_bar_words(block)}"
            )
        elif isinstance(block, Note):
            lines += wrap(
                block.text,
                WIDTH,
                initial_indent="  ",
                subsequent_indent="  ",
                break_on_hyphens=False,
            )
        elif isinstance(block, Waterfall):
            lines += _waterfall(block)
        elif isinstance(block, Tornado):
            lines += _tornado(block)
        else:
            lines += _table(block if isinstance(block, TextTable) else _path_table(block))
    return lines


def _item(item: Item, number: int) -> list[str]:
    lead = f"  {number}. "
    lines = wrap(
        item.text,
        WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_on_hyphens=False,
    )
    for detail in item.details:
        lines += wrap(
            detail,
            WIDTH,
            initial_indent=" " * len(lead),
            subsequent_indent=" " * (len(lead) + 2),
            break_on_hyphens=False,
        )
    return lines


def _bar(now: float, before: float | None) -> str:
    """A filled bar for now, with a tick where it stood before."""
    filled = round(now * BAR)
    cells = ["█"] * filled + [" "] * (BAR - filled)
    tick = -1 if before is None else min(round(before * BAR), BAR - 1)
    if tick > filled:
        cells[tick] = "|"
    return "".join(cells)


def _bar_words(bar: Bar) -> str:
    before = "" if bar.before is None else f" ({percent(bar.before)} before)"
    interval = (
        ""
        if bar.low is None or bar.high is None
        else f" ({percent(bar.low)} to {percent(bar.high)})"
    )
    return f"{percent(bar.now)}{before}{interval}"


def _waterfall(fall: Waterfall) -> list[str]:
    longest = min(max((len(label) for label, _ in fall.steps), default=0), LONGEST_LABEL)
    finite = [abs(db) for _, db in fall.steps if math.isfinite(db)]
    scale = 10 / max(*finite, 1.0) if finite else 1.0
    lines = [f"  {fall.label}: {percent(fall.before)} before"]
    for label, db in fall.steps:
        size = 10 if math.isinf(db) else round(abs(db) * scale)
        left, right = (f"{'░' * size:>10}", " " * 10) if db < 0 else (" " * 10, f"{'█' * size:<10}")
        short = label if len(label) <= longest else f"{label[: longest - 1]}…"
        lines.append(f"    {short:{longest}}  {left}|{right}  {decibans(db)}")
    return [*lines, f"  {fall.label}: {percent(fall.after)} now"]


def _tornado(tornado: Tornado) -> list[str]:
    longest = max((len(label) for label, _, _ in tornado.swings), default=0)
    lines = [
        f"  {tornado.label}: {percent(tornado.now)} now; with one number at a time at the ends of "
        "its range:"
    ]
    return [
        *lines,
        *(
            f"    {label:{longest}}  {percent(low)} to {percent(high)}"
            for label, low, high in tornado.swings
        ),
    ]


def _path_table(paths: LineChart) -> TextTable:
    rows = tuple((label, *(percent(p) for p in line), "") for label, line in paths.lines)
    return TextTable(("", *paths.moments, ""), rows)


def _table(table: TextTable) -> list[str]:
    columns = list(zip(table.header, *table.rows, strict=True))
    widths = [max(map(len, column)) for column in columns[:-1]]
    room = max(WIDTH - 2 - sum(widths) - 2 * len(widths), 30)
    lines = []
    for row in (table.header, *table.rows):
        lead = "  " + "".join(
            f"{cell:{width}}  " for cell, width in zip(row[:-1], widths, strict=True)
        )
        parts = wrap(row[-1], room, break_on_hyphens=False) or [""]
        lines += [(lead + parts[0]).rstrip(), *(" " * len(lead) + part for part in parts[1:])]
    return lines
