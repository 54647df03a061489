"""Blocks of a view as pictures, each one self-contained SVG with its own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from .amount_chart import amount_chart
from .bar_chart import bar_chart
from .blocks import (
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
    Waterfall,
)
from .chain_chart import chain_chart
from .curve_chart import curve_chart
from .line_chart import line_chart
from .svg import Picture
from .tornado_chart import tornado_chart
from .waterfall_chart import waterfall_chart


def draw(blocks: Iterable[Block]) -> Iterator[Picture | Note | Item | TextTable]:
    """Yield the blocks in order, with pictures in the place of those that can be drawn; bars that
    follow each other share one.

    >>> told = [Note("Kinds."), Bar("muscle", 0.4, 0.1), Bar("joint", 0.1, 0.1)]
    >>> [type(block).__name__ for block in draw(told)]
    ['Note', 'Picture']
    """
    for is_bar, group in groupby(blocks, lambda block: isinstance(block, Bar)):
        if is_bar:
            yield bar_chart([block for block in group if isinstance(block, Bar)])
        else:
            yield from map(_drawn, group)


def _drawn(block: Block) -> Picture | Note | Item | TextTable:
    match block:
        case Waterfall():
            return waterfall_chart(block)
        case Tornado():
            return tornado_chart(block)
        case LineChart():
            return line_chart(block)
        case Chains():
            return chain_chart(block)
        case Curves():
            return curve_chart(block)
        case Amounts():
            return amount_chart(block)
        case Bar():
            return bar_chart([block])
    return block
