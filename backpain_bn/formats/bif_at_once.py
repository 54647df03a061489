"""A BIF file that is written as most programs write it, read in one go.

What is written otherwise, or is wrong anywhere, is left to the reader that goes word by word and
can say what is wrong and where.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import chain, product
from operator import eq
from typing import NamedTuple

import numpy as np

from ..model.circles import is_acyclic
from ..model.distributions import LARGEST_TABLE, TOLERANCE, Floats, States, plain_table
from ..model.names import are_plain
from ..model.network import Network
from ..model.variables import Variable
from .parsed_network import NEARLY_ONE, normalised, plain_numbers

_WORD = r'[^\s{}()\[\],;|"]++'
_WORDS = rf"{_WORD}(?:\s*+,\s*+{_WORD})*+"
_VARIABLE = (
    rf"variable\s++({_WORD})\s*+\{{\s*+type\s++discrete\s*+\[\s*+(\d++)\s*+\]\s*+"
    rf"\{{\s*+({_WORDS})\s*+\}}\s*+;\s*+\}}"
)
_PROBABILITY = (
    rf"probability\s*+\(\s*+({_WORD})\s*+(?:\|\s*+({_WORDS})\s*+)?+\)\s*+"
    rf'\{{([^{{}}"]*);\s*+\}}'
)
_BLOCK = re.compile(rf"((?:{_VARIABLE}|{_PROBABILITY})\s*+)")
_HEAD = re.compile(rf"\s*+network\s++{_WORD}\s*+\{{\s*+\}}\s*+")
_TABLE = re.compile(r"\s*+table\s([^;]*+)")


class _Unusual(Exception):
    """Something that needs a closer look."""


class _Table(NamedTuple):
    """The table of a variable: its numbers as text, row by row, and whether the first parent
    changes fastest, not the last.
    """

    name: str
    parents: tuple[str, ...]
    rows: Sequence[str]
    turned: bool


def network_at_once(text: str, title: str) -> Network | None:
    """Return the network that a BIF file declares, or None where it needs a closer look."""
    try:
        return _network(text, title)
    except _Unusual:
        return None


def _network(text: str, title: str) -> Network:
    head = _HEAD.match(text)
    if head is None or "//" in text or "/*" in text:
        raise _Unusual
    blocks = _BLOCK.findall(text, head.end())
    if not blocks or head.end() + sum(len(block[0]) for block in blocks) < len(text):
        raise _Unusual
    states = _states([block[1:4] for block in blocks if block[1]])
    tables = {block[4]: _table(states, *block[4:]) for block in blocks if block[4]}
    parents = {name: table.parents for name, table in tables.items()}
    if not len(tables) == len(states) == len(blocks) / 2 or not is_acyclic(parents):
        raise _Unusual
    notes: list[str] = []
    cells = _cells(states, [tables[name] for name in states], notes)
    variables = {}
    for name, own in states.items():
        table = plain_table(parents[name], states, cells[name])
        variables[name] = Variable(name, own, table, label=name, healthy_first=False)
    return Network.of_checked(title, variables, tuple(notes))


def _states(blocks: Sequence[tuple[str, str, str]]) -> States:
    """Return the states of the variables."""
    found = {}
    for name, size, listed in blocks:
        own = _split(listed)
        if size != str(len(own)) or not 1 < len(own) == len(set(own)):
            raise _Unusual
        found[name] = own
    if not are_plain({*found, *chain.from_iterable(found.values())}):
        raise _Unusual
    return found


def _table(states: States, name: str, given: str, body: str) -> _Table:
    """Return a table whose variables are declared, and whose rows are complete and in order."""
    parents = _split(given) if given else ()
    try:
        above = [states[parent] for parent in parents]
        commas = len(states[name]) - 1
    except KeyError:
        raise _Unusual from None
    if parents:
        pieces = [row.partition(")") for row in body.split(";")]
        rows = [row for _, _, row in pieces]
        turned = _is_turned(above, [head.lstrip() for head, _, _ in pieces])
    else:
        row = _TABLE.fullmatch(body)
        rows, turned = [row[1] if row else ""], False
    if len(set(parents)) < len(parents) or any(row.count(",") != commas for row in rows):
        raise _Unusual
    return _Table(name, parents, rows, turned)


def _is_turned(states: Sequence[tuple[str, ...]], heads: Sequence[str]) -> bool:
    """Whether the first parent changes fastest in the rows, whose beginnings are `heads`."""
    if len(heads) == math.prod(map(len, states)):
        if _are(heads, product(*states)):
            return False
        if _are(heads, (row[::-1] for row in product(*states[::-1]))):
            return True
    raise _Unusual


def _are(heads: Sequence[str], rows: Iterator[tuple[str, ...]]) -> bool:
    return all(map(eq, heads, map("(".__add__, map(", ".join, rows))))


def _split(text: str) -> tuple[str, ...]:
    return tuple(map(str.strip, text.split(",")))


def _cells(states: States, tables: Sequence[_Table], notes: list[str]) -> dict[str, Floats]:
    """Return the probabilities of each table, the last parent changing fastest; rows that nearly
    sum to 1 are divided by their sum, which is noted.
    """
    values = plain_numbers(",".join(chain.from_iterable(table.rows for table in tables)), ",")
    if values is None:
        raise _Unusual
    every = np.array(values)
    found: dict[str, Floats] = {}
    starts: list[int] = []
    owners: list[str] = []
    first = 0
    for name, parents, rows, turned in tables:
        size = len(states[name])
        stop = first + len(rows) * size
        cells = every[first:stop].reshape(len(rows), size)
        starts += range(first, stop, size)
        owners += [name] * len(rows)
        first = stop
        if turned:
            shape = [len(states[parent]) for parent in parents[::-1]]
            order = [*range(len(parents))[::-1], len(parents)]
            cells = cells.reshape(*shape, size).transpose(order).reshape(-1, size)
        if cells.size > LARGEST_TABLE:
            raise _Unusual
        found[name] = cells
    off = abs(np.add.reduceat(every, starts) - 1)
    most = off.max()
    if most > NEARLY_ONE / 2:
        raise _Unusual
    if most > TOLERANCE / 2:
        rough = np.flatnonzero(off > TOLERANCE / 2).tolist()
        for name in dict.fromkeys(owners[row] for row in rough):
            found[name] = normalised(name, found[name], notes)
    return found
