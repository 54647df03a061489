"""Blocks of a BIF file that are written as most programs write them, each read in one go.

What is written otherwise, or is wrong, is left to the reader that goes word by word and can say
what is wrong and where.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import product

from .parsed_network import NEARLY_ONE, FlatTable, ParsedNetwork, plain_numbers
from .scanner import Scanner

_WORD = r'[^\s{}()\[\],;|"]+'
_WORDS = rf"{_WORD}(?:\s*,\s*{_WORD})*"
_VARIABLE = re.compile(
    rf"({_WORD})\s*\{{\s*type\s+discrete\s*\[\s*(\d+)\s*\]\s*\{{\s*({_WORDS})\s*\}}\s*;\s*\}}"
)
_PROBABILITY = re.compile(rf'\(\s*({_WORD})\s*(?:\|\s*({_WORDS})\s*)?\)\s*\{{([^{{}}"]*)\}}')
_GIVEN = re.compile(r"\(([^()]*)\)")
_TABLE = re.compile(r"\s*table\s")


def variable_at_once(parsed: ParsedNetwork, bif: Scanner) -> bool:
    """Read a variable whose keyword has been taken, and return whether that was possible."""
    block = _VARIABLE.match(bif.text, bif.at)
    if block is None:
        return False
    states = _split(block[3])
    if block[2] != str(len(states)):
        return False
    parsed.variable(bif.place, block[1], states)
    bif.go(block.end())
    return True


def probability_at_once(parsed: ParsedNetwork, bif: Scanner) -> bool:
    """Read a table whose keyword has been taken, and return whether that was possible: its
    variables are declared, its rows complete and in order, and all of them sum to 1.
    """
    block = _PROBABILITY.match(bif.text, bif.at)
    if block is None or block[1] in parsed.tables:
        return False
    name, parents = block[1], _split(block[2]) if block[2] else []
    if any(each not in parsed.states for each in (name, *parents)):
        return False
    given = [tuple(_split(row)) for row in _GIVEN.findall(block[3])]
    axes = _axes(parsed, parents, given)
    values = _values(block[3], bool(parents), len(parsed.states[name]))
    if axes is None or values is None or len(values) != max(len(given), 1):
        return False
    bif.take("(")
    numbers = [value for row in values for value in row]
    parsed.table(name, FlatTable(bif.place, parents, numbers, (*axes, name)))
    bif.go(block.end())
    return True


def _split(text: str) -> list[str]:
    return list(map(str.strip, text.split(",")))


def _axes(
    parsed: ParsedNetwork, parents: Sequence[str], given: Sequence[tuple[str, ...]]
) -> tuple[str, ...] | None:
    """Return the parents from the one that changes slowest, None where the rows are in neither of
    the two usual orders.
    """
    states = [parsed.states[parent] for parent in parents]
    if len(given) != math.prod(map(len, states)) * bool(parents):
        return None
    if not parents or given == list(product(*states)):
        return tuple(parents)
    if given == [row[::-1] for row in product(*states[::-1])]:
        return tuple(parents[::-1])
    return None


def _values(body: str, has_parents: bool, size: int) -> list[list[float]] | None:
    """Return the rows of probabilities, None where they need a closer look."""
    rows = (_GIVEN if has_parents else _TABLE).sub("|", body).split(";")
    if rows.pop().strip():
        return None
    found = []
    for row in rows:
        mark, _, numbers = row.partition("|")
        values = plain_numbers(numbers, ",")
        if mark.strip() or values is None or len(values) != size:
            return None
        if abs(math.fsum(values) - 1) > NEARLY_ONE / 2:
            return None
        found.append(values)
    return found
