"""What a network file of another format declares, block by block with its lines, and everything
that is wrong with it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import product
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from ..errors import FileProblem, listed, shown, unknown
from ..model.distributions import LARGEST_TABLE, TOLERANCE

NEARLY_ONE = 1e-6
"""Rows that sum to 1 within this are divided by their sum, and `Network.notes` says so; rows
further off are refused.
"""
Place = tuple[int, int]
Array = NDArray[np.float64]


def row_problem(
    name: str, parents: Sequence[str], given: Sequence[str], numbers: Sequence[float]
) -> str:
    """Return what is wrong with one row of probabilities, or nothing."""
    row = f"{name} given {_condition(parents, given)}" if parents else name
    wrong = next((p for p in numbers if not 0 <= p <= 1 + TOLERANCE), None)
    if wrong is not None:
        return f"probability {wrong:g} of {row} is outside [0, 1]"
    total = math.fsum(numbers)
    return (
        f"probabilities of {row} sum to {total:.10g}, not 1" if abs(total - 1) > NEARLY_ONE else ""
    )


def _condition(parents: Sequence[str], given: Sequence[str]) -> str:
    return ", ".join(f"{parent}={state}" for parent, state in zip(parents, given, strict=True))


@dataclass(slots=True)
class Block:
    """One probability block: either `flat` numbers (the variable's own states slowest in BIF,
    fastest in XML) or `rows` by condition.
    """

    place: Place
    parents: list[str]
    flat: list[float] | None = None
    rows: list[tuple[Place, tuple[str, ...], list[float]]] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """What our own scan finds in a file, and what is wrong with it."""

    path: str
    kind: str
    states: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def complain(self, place: Place, message: str) -> None:
        """Add one line, `path:line:column message`."""
        self.found.append(f"{self.path}:{place[0]}:{place[1]} {message}")

    def refuse(self, place: Place, message: str) -> NoReturn:
        """Add one line and raise `FileProblem` with all of them."""
        self.complain(place, message)
        raise FileProblem(self.found)

    def stop(self) -> None:
        """Raise `FileProblem` if anything was found wrong."""
        if self.found:
            raise FileProblem(self.found)

    def variable(self, place: Place, name: str, states: list[str]) -> None:
        """Add a variable."""
        if name in self.states:
            self.complain(place, f"variable {shown(name)} is declared twice")
        if len(states) < 2 or len(set(states)) < len(states):
            self.complain(
                place,
                f"variable {shown(name)} needs two or more different states, not "
                f"{listed(states) or 'none'}",
            )
        self.states[name], self.places[name] = states, place

    def block(self, name: str, block: Block) -> None:
        """Add a probability block."""
        if name in self.blocks:
            self.complain(block.place, f"{shown(name)} has a second probability block")
        if len(set(block.parents)) < len(block.parents):
            self.complain(
                block.place, f"a parent of {shown(name)} is listed twice: {listed(block.parents)}"
            )
        self.blocks[name] = block

    def number(self, place: Place, word: str) -> float:
        """Return a probability; what is none is complained of and not a number."""
        value = float(word) if _NUMBER.fullmatch(word) else math.nan
        if 0 <= value <= 1:
            return value
        self.complain(place, f"{shown(word)} is no probability between 0 and 1")
        return math.nan


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def tables(document: Document) -> dict[str, Array]:
    """Return P(variable | parents) of every variable, shape (rows, own size), the last parent
    changing fastest.
    """
    if not document.states and not document.found:
        document.complain((1, 1), f"the file declares no variable; it is not valid {document.kind}")
    for name, place in document.places.items():
        if name not in document.blocks:
            document.complain(place, f"variable {shown(name)} has no probability block")
    for name, block in document.blocks.items():
        for each in (name, *block.parents):
            if each not in document.states:
                document.complain(block.place, str(unknown("variable", each, document.states)))
    document.stop()
    try:
        TopologicalSorter(
            {name: block.parents for name, block in document.blocks.items()}
        ).prepare()
    except CycleError as error:
        document.complain(
            document.blocks[error.args[1][0]].place,
            f"variables cause each other in a circle: {listed(error.args[1])}",
        )
    found = {name: _table(document, name, block) for name, block in document.blocks.items()}
    document.stop()
    return found


def _table(document: Document, name: str, block: Block) -> Array:
    size = len(document.states[name])
    shape = [len(document.states[parent]) for parent in block.parents]
    rows = math.prod(shape)
    if rows * size > LARGEST_TABLE:
        document.refuse(
            block.place,
            f"the table of {shown(name)} has {rows * size:,} cells; the limit is {LARGEST_TABLE:,}",
        )
    places = [block.place] * rows
    values = np.full((rows, size), math.nan)
    if block.flat is None:
        _fill(document, name, block, values, places)
    elif len(block.flat) != rows * size:
        document.complain(
            block.place,
            f"the table of {shown(name)} has {len(block.flat)} numbers; it needs {rows * size}",
        )
    else:
        values = (
            np.reshape(block.flat, (size, rows)).T
            if document.kind == "BIF"
            else np.reshape(block.flat, (rows, size))
        )
    for index in np.flatnonzero(np.abs(values.sum(axis=1) - 1) > NEARLY_ONE / 2):
        given = (
            [
                document.states[p][i]
                for p, i in zip(block.parents, np.unravel_index(index, shape), strict=True)
            ]
            if shape
            else []
        )
        problem = row_problem(name, block.parents, given, values[index].tolist())
        if problem:
            document.complain(places[index], problem)
    return values


def _fill(document: Document, name: str, block: Block, values: Array, places: list[Place]) -> None:
    every = list(product(*(document.states[parent] for parent in block.parents)))
    index = {given: position for position, given in enumerate(every)}
    seen: set[tuple[str, ...]] = set()
    for place, given, numbers in block.rows:
        if given not in index:
            document.complain(
                place,
                f"({listed(given)}) is no combination of states of {listed(block.parents)}, the "
                f"parents of {shown(name)}",
            )
        elif given in seen:
            document.complain(
                place,
                f"the row of {shown(name)} given {_condition(block.parents, given)} is written "
                "twice",
            )
        elif len(numbers) != values.shape[1]:
            document.complain(
                place,
                f"a row of {shown(name)} has {len(numbers)} numbers for {values.shape[1]} states",
            )
        else:
            values[index[given]], places[index[given]] = numbers, place
        seen.add(given)
    missing = [given for given in every if given not in seen]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        row = f" given {_condition(block.parents, missing[0])}{more}" if missing[0] else ""
        document.complain(block.place, f"{shown(name)} has no probabilities{row}")
