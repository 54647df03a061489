"""Blocks of a BIF file that are written as most programs write them, each read in one go.

What is written otherwise, or is wrong, is left to the reader that goes word by word and can say
what is wrong and where.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import product
from operator import eq

from ..model.distributions import TOLERANCE
from .parsed_network import NEARLY_ONE, FlatTable, ParsedNetwork, plain_numbers
from .scanner import Scanner

_WORD = r'[^\s{}()\[\],;|"]+'
_WORDS = rf"{_WORD}(?:\s*,\s*{_WORD})*"
_VARIABLE = (
    rf"variable\s+({_WORD})\s*\{{\s*type\s+discrete\s*\[\s*(\d+)\s*\]\s*"
    rf"\{{\s*({_WORDS})\s*\}}\s*;\s*\}}"
)
_PROBABILITY = rf'probability\s*\(\s*({_WORD})\s*(?:\|\s*({_WORDS})\s*)?\)\s*\{{([^{{}}"]*);\s*\}}'
_BLOCK = re.compile(rf"(?:{_VARIABLE}|{_PROBABILITY})\s*")
_TABLE = re.compile(r"\s*table\s([^;]*)")


def blocks_at_once(parsed: ParsedNetwork, bif: Scanner) -> None:
    """Read blocks up to the first that needs to be read word by word."""
    end = bif.at
    while block := _BLOCK.match(bif.text, end):
        read = _variable if block[1] else _probability
        if not read(parsed, bif, block):
            break
        end = block.end()
    bif.go(end)


def _variable(parsed: ParsedNetwork, bif: Scanner, block: re.Match[str]) -> bool:
    """Read a variable, and return whether that was possible."""
    states = _split(block[3])
    if block[2] != str(len(states)):
        return False
    parsed.variable(bif.place_of(block.start(1)), block[1], states)
    return True


def _probability(parsed: ParsedNetwork, bif: Scanner, block: re.Match[str]) -> bool:
    """Read a table, and return whether that was possible: its variables are declared, its rows
    complete and in order, and all of them sum to 1.
    """
    name, given, body = block.group(4, 5, 6)
    parents = _split(given) if given else []
    if name in parsed.tables or not parsed.states.keys() >= {name, *parents}:
        return False
    heads, numbers = _rows(body) if parents else _only_row(body)
    axes = _axes(parsed, parents, heads)
    size = len(parsed.states[name])
    if axes is None or {row.count(",") for row in numbers} != {size - 1}:
        return False
    values = plain_numbers(",".join(numbers), ",")
    if values is None:
        return False
    sums = [sum(values[start : start + size]) for start in range(0, len(values), size)]
    off = max(max(sums) - 1, 1 - min(sums))
    if off > NEARLY_ONE / 2:
        return False
    place, sound = bif.place_of(block.start(4)), off <= TOLERANCE / 2
    parsed.table(name, FlatTable(place, parents, values, (*axes, name), sound=sound))
    return True


def _split(text: str) -> list[str]:
    return list(map(str.strip, text.split(",")))


def _rows(body: str) -> tuple[list[str], list[str]]:
    """Return what stands before the closing bracket of each row, and after it."""
    pieces = [row.partition(")") for row in body.split(";")]
    return [head.lstrip() for head, _, _ in pieces], [numbers for _, _, numbers in pieces]


def _only_row(body: str) -> tuple[list[str], list[str]]:
    """Return the same for a variable without parents, before whose row nothing stands."""
    row = _TABLE.fullmatch(body)
    return [], [row[1]] if row else []


def _axes(
    parsed: ParsedNetwork, parents: Sequence[str], heads: Sequence[str]
) -> Sequence[str] | None:
    """Return the parents from the one that changes slowest, None where the rows are in neither of
    the two usual orders.
    """
    states = [parsed.states[parent] for parent in parents]
    if len(heads) != math.prod(map(len, states)) * bool(parents):
        return None
    turned = (row[::-1] for row in product(*states[::-1]))
    for axes, rows in ((parents[::-1], turned), (parents, product(*states))):
        if all(map(eq, heads, map("(".__add__, map(", ".join, rows)))):
            return axes
    return None
