"""Any view as text, and the base of every result that has views."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import TYPE_CHECKING

from .view import Bar, Item, Note, Table, View

if TYPE_CHECKING:
    import pandas

WIDTH = 100
BAR = 30


class Result:
    """An answer: it prints itself as sections of text, and gives its rows as plain data."""

    def views(self) -> list[View]:
        """Return the answer as sections."""
        raise NotImplementedError

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per row."""
        raise NotImplementedError

    def to_frame(self) -> pandas.DataFrame:
        """Return the rows as a pandas table (needs pandas)."""
        import pandas

        return pandas.DataFrame(self.to_dicts())

    def __str__(self) -> str:
        return text(self.views())


def text(views: Iterable[View]) -> str:
    """Return sections as plain text, 100 columns wide.

    >>> print(text([View("Kind", (Note("Of pain."), Bar("muscle", 0.5, 0.6), Item("First cause.", ("how",))))]))
    KIND
      Of pain.
      muscle  ███████████████   |             50\N{NO-BREAK SPACE}% (60\N{NO-BREAK SPACE}% before)
      1. First cause.
         how
    """
    return "\n\n".join("\n".join([view.title.upper(), *_blocks(view)]) for view in views if view.blocks)


def _blocks(view: View) -> list[str]:
    longest = max((len(block.label) for block in view.blocks if isinstance(block, Bar)), default=0)
    lines: list[str] = []
    number = 0
    for block in view.blocks:
        if isinstance(block, Note):
            lines += wrap(block.text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
        elif isinstance(block, Bar):
            lines.append(f"  {block.label:{longest}}  {_bar(block)}  {percent(block.now)} ({percent(block.before)} before)")
        elif isinstance(block, Item):
            number += 1
            lead = f"  {number}. "
            lines += wrap(block.text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_on_hyphens=False)
            for detail in block.details:
                lines += wrap(detail, WIDTH, initial_indent=" " * len(lead), subsequent_indent=" " * (len(lead) + 2), break_on_hyphens=False)
        else:
            lines += _table(block)
    return lines


def _bar(bar: Bar) -> str:
    """A filled bar for now, with a tick where it stood before."""
    filled, tick = round(bar.now * BAR), min(round(bar.before * BAR), BAR - 1)
    cells = ["█"] * filled + [" "] * (BAR - filled)
    if tick > filled:
        cells[tick] = "|"
    return "".join(cells)


def _table(table: Table) -> list[str]:
    columns = list(zip(table.header, *table.rows, strict=True))
    widths = [max(map(len, column)) for column in columns[:-1]]
    room = max(WIDTH - 2 - sum(widths) - 2 * len(widths), 30)
    lines = []
    for row in (table.header, *table.rows):
        lead = "  " + "".join(f"{cell:{width}}  " for cell, width in zip(row[:-1], widths, strict=True))
        parts = wrap(row[-1], room, break_on_hyphens=False) or [""]
        lines += [(lead + parts[0]).rstrip(), *(" " * len(lead) + part for part in parts[1:])]
    return lines


def percent(p: float) -> str:
    """Return a probability as runners read it, unbreakable; never 0 % or 100 % for what is not certain.

    >>> print(*(percent(p).replace("\\N{NO-BREAK SPACE}", " ") for p in (0.6249, 0.004, 0.9991, 1.0, 0.0)), sep=", ")
    62 %, under 1 %, over 99 %, 100 %, 0 %
    """
    if 0 < p < 0.005:
        return "under 1\N{NO-BREAK SPACE}%"
    if 0.995 < p < 1:
        return "over 99\N{NO-BREAK SPACE}%"
    return f"{100 * p:.0f}\N{NO-BREAK SPACE}%"
