"""What a network file of another format declares, table by table with its places, and everything
that is wrong with it.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import product
from typing import NoReturn

import numpy as np

from ..errors import FileProblem, listed, shown, unknown
from ..model.circles import is_acyclic
from ..model.distributions import LARGEST_TABLE, TOLERANCE, Floats, plain_table
from ..model.names import are_plain, name_problem
from ..model.network import Network
from ..model.variables import Variable
from .yaml_document import MOST_PROBLEMS

NEARLY_ONE = 1e-6
"""Rows that sum to 1 within this are divided by their sum, and `Network.notes` says so; rows
further off are refused.
"""
Place = tuple[int, int]
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def plain_numbers(text: str, separator: str | None = None) -> list[float] | None:
    """Return the probabilities in a text that holds nothing else, or None where it needs a closer
    look.

    >>> plain_numbers("0.25 0.75"), plain_numbers("0.25, 75", ","), plain_numbers("nan 0.5")
    ([0.25, 0.75], None, None)
    """
    # Python reads 1_0, nan and inf as numbers, too.
    if not text.isascii() or "_" in text or "n" in text or "N" in text:
        return None
    try:
        values = list(map(float, text.split(separator)))
    except ValueError:
        return None
    if values and (min(values) < 0 or max(values) > 1):
        return None
    return values


def row_problem(
    name: str, parents: Sequence[str], given: Sequence[str], numbers: Sequence[float]
) -> str:
    """Return what is wrong with one row of probabilities, or nothing."""
    row = f"{name} given {_condition(parents, given)}" if parents else name
    wrong = next((p for p in numbers if not 0 <= p <= 1 + TOLERANCE), None)
    if wrong is not None:
        return f"probability {wrong:g} of {row} is outside [0, 1]"
    total = math.fsum(numbers)
    if _off(total):
        return f"probabilities of {row} sum to {total:.10g}, not 1"
    return ""


def _off(total: float) -> bool:
    """Whether a sum is further from 1 than is divided out, 0.999999 being just near enough."""
    return round(abs(total - 1), 9) > NEARLY_ONE


def normalised(name: str, cells: Floats, notes: list[str]) -> Floats:
    """Return rows (rows, own size) that each sum to 1: those that nearly do are divided by their
    sum, which is noted.
    """
    rough = (abs(cells.sum(axis=1) - 1) > TOLERANCE / 2) | (cells.max(axis=1) > 1)
    divided = 0
    for index in np.flatnonzero(rough).tolist():
        row = cells[index].tolist()
        total = math.fsum(row)
        if abs(total - 1) > TOLERANCE or max(row) > 1:
            cells[index] /= total
            divided += 1
    if divided:
        notes.append(
            f"{name}: {divided} of {len(cells)} rows summed to 1 only within {NEARLY_ONE:g} and "
            "were divided by their sum"
        )
    return cells


def _condition(parents: Sequence[str], given: Sequence[str]) -> str:
    return ", ".join(f"{parent}={state}" for parent, state in zip(parents, given, strict=True))


@dataclass(slots=True)
class ParsedNetwork:
    """What a reader finds in a file, and what is wrong with it; `network` makes one of it."""

    path: str
    kind: str
    states: dict[str, tuple[str, ...]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    tables: dict[str, ParsedTable] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    found: list[tuple[Place, str]] = field(default_factory=list)

    def complain(self, place: Place, message: str) -> None:
        """Note a problem at a line and a column."""
        self.found.append((place, message))
        if len(self.found) == MOST_PROBLEMS:
            self.refuse(place, "too many problems; nothing was read beyond this place")

    def refuse(self, place: Place, message: str) -> NoReturn:
        """Note a problem and raise `FileProblem` with all of them."""
        self.found.append((place, message))
        self.stop()
        raise AssertionError

    def stop(self) -> None:
        """Raise `FileProblem` if anything was found wrong, in the order of the file."""
        if self.found:
            every = sorted(dict.fromkeys(self.found), key=lambda each: each[0])
            raise FileProblem([f"{self.path}:{line}:{at} {said}" for (line, at), said in every])

    def variable(self, place: Place, name: str, states: list[str], label: str = "") -> None:
        """Add a variable; what its label has of blanks is made one space each."""
        label = " ".join(label.split()) or name
        self.labels[name] = label
        if name in self.states:
            self.complain(place, f"variable {shown(name)} is declared twice")
        if len(states) < 2 or len(set(states)) < len(states):
            self.complain(
                place,
                f"variable {shown(name)} needs two or more different states, not "
                f"{listed(states) or 'none'}",
            )
        if not are_plain((name, label, *states)):
            self._complain_of_names(place, name, label, states)
        self.states[name], self.places[name] = tuple(states), place

    def _complain_of_names(self, place: Place, name: str, label: str, states: list[str]) -> None:
        names = [("variable", name), *((f"state of {shown(name)}", state) for state in states)]
        names += [(f"label of {shown(name)}", label)] if label != name else []
        for what, each in names:
            problem = name_problem(each)
            if problem:
                self.complain(place, f"{what} {shown(each)} {problem}")

    def table(self, name: str, table: ParsedTable) -> None:
        """Add the table of a variable."""
        if name in self.tables:
            self.complain(table.place, f"{shown(name)} has a second probability block")
        if len(set(table.parents)) < len(table.parents):
            self.complain(
                table.place, f"a parent of {shown(name)} is listed twice: {listed(table.parents)}"
            )
        self.tables[name] = table

    def number(self, place: Place, word: str) -> float:
        """Return a probability; what is none is complained of and not a number."""
        value = float(word) if _NUMBER.fullmatch(word) else math.nan
        if 0 <= value <= 1:
            return value
        self.complain(place, f"{shown(word)} is no probability between 0 and 1")
        return math.nan

    def rows(self, parents: Sequence[str]) -> int:
        """Return how many combinations of states the parents have."""
        return math.prod(len(self.states[parent]) for parent in parents)

    def network(self, name: str) -> Network:
        """Return the network that the file declares, or raise `FileProblem` with everything that is
        wrong.
        """
        self._check_structure()
        variables = {each: self.tables[each].variable(self, each) for each in self.states}
        self.stop()
        whole = {each: variable for each, variable in variables.items() if variable is not None}
        return Network(name, whole, notes=tuple(self.notes))

    def _check_structure(self) -> None:
        if not self.states and not self.found:
            said = f"the file declares no variable; it is not valid {self.kind}"
            self.complain((1, 1), said)
        for name, place in self.places.items():
            if name not in self.tables:
                self.complain(place, f"variable {shown(name)} has no probability block")
        for name, table in self.tables.items():
            for each in (name, *table.parents):
                if each not in self.states:
                    self.complain(table.place, str(unknown("variable", each, self.states)))
        self.stop()
        graph = {name: table.parents for name, table in self.tables.items()}
        if is_acyclic(graph):
            return
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = error.args[1]
            said = f"variables cause each other in a circle: {listed(circle)}"
            self.refuse(self.tables[circle[0]].place, said)


@dataclass(slots=True)
class ParsedTable(ABC):
    """P(variable | parents) as a file writes it down, and where."""

    place: Place
    parents: list[str]

    @abstractmethod
    def cells(self, parsed: ParsedNetwork, name: str) -> Floats | None:
        """Return the probabilities, shape (rows, own size), the last parent changing fastest; None
        after a complaint. Rows of which something was complained already hold not-a-numbers.
        """

    def place_of(self, given: tuple[str, ...]) -> Place:
        """Return where a row stands."""
        return self.place

    def variable(self, parsed: ParsedNetwork, name: str) -> Variable | None:
        """Return the variable, or None after a complaint."""
        size = parsed.rows(self.parents) * len(parsed.states[name])
        if size > LARGEST_TABLE:
            parsed.complain(
                self.place,
                f"the table of {shown(name)} has {size:,} cells; the limit is {LARGEST_TABLE:,}",
            )
            return None
        cells = self.cells(parsed, name)
        if cells is None or not self._sound(parsed, name, cells):
            return None
        table = plain_table(self.parents, parsed.states, normalised(name, cells, parsed.notes))
        own, label = parsed.states[name], parsed.labels[name]
        return Variable(name, own, table, label=label, healthy_first=False)

    def _sound(self, parsed: ParsedNetwork, name: str, cells: Floats) -> bool:
        """Complain of every row whose sum is not 1."""
        doubtful = np.flatnonzero(~(abs(cells.sum(axis=1) - 1) <= NEARLY_ONE / 2))
        sound = True
        for index in doubtful:
            row = cells[index].tolist()
            given = self._given(parsed, int(index))
            problem = "" if math.isnan(sum(row)) else row_problem(name, self.parents, given, row)
            if problem:
                parsed.complain(self.place_of(given), problem)
            sound = sound and not problem and not math.isnan(sum(row))
        return sound

    def _given(self, parsed: ParsedNetwork, index: int) -> tuple[str, ...]:
        """Return the states of the parents in a row."""
        found: list[str] = []
        for parent in reversed(self.parents):
            index, state = divmod(index, len(parsed.states[parent]))
            found.append(parsed.states[parent][state])
        return tuple(reversed(found))


@dataclass(slots=True)
class FlatTable(ParsedTable):
    """A table written as numbers in a row; `axes` names the variables from the one that changes
    slowest to the one that changes fastest.
    """

    numbers: list[float]
    axes: tuple[str, ...]

    def cells(self, parsed: ParsedNetwork, name: str) -> Floats | None:
        """Return the probabilities, the variable's own states fastest."""
        shape = [len(parsed.states[axis]) for axis in self.axes]
        if len(self.numbers) != math.prod(shape):
            parsed.complain(
                self.place,
                f"the table of {shown(name)} has {len(self.numbers)} numbers; it needs "
                f"{math.prod(shape)}",
            )
            return None
        values = np.array(self.numbers)
        if self.axes != (*self.parents, name):
            order = [self.axes.index(axis) for axis in (*self.parents, name)]
            values = values.reshape(shape).transpose(order)
        return values.reshape(-1, len(parsed.states[name]))


@dataclass(slots=True)
class RowTable(ParsedTable):
    """A table written row by row, each with the states of the parents."""

    rows: list[tuple[Place, tuple[str, ...], list[float]]] = field(default_factory=list)

    def cells(self, parsed: ParsedNetwork, name: str) -> Floats | None:
        """Return the probabilities, the rows in the order of the parents' states."""
        size = len(parsed.states[name])
        states = [parsed.states[parent] for parent in self.parents]
        found: dict[tuple[str, ...], list[float]] = {given: [] for given in product(*states)}
        unread = [math.nan] * size
        for place, given, numbers in self.rows:
            problem = self._problem(found, name, given, numbers, size)
            if problem:
                parsed.complain(place, problem)
            if given in found:
                found[given] = unread if problem else numbers
        missing = [given for given, numbers in found.items() if not numbers]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            row = f" given {_condition(self.parents, missing[0])}{more}" if missing[0] else ""
            parsed.complain(self.place, f"{shown(name)} has no probabilities{row}")
            found |= dict.fromkeys(missing, unread)
        return np.array(list(found.values()))

    def _problem(
        self,
        found: dict[tuple[str, ...], list[float]],
        name: str,
        given: tuple[str, ...],
        numbers: list[float],
        size: int,
    ) -> str:
        """Return what is wrong with a row among those found before, or nothing."""
        if given not in found:
            return (
                f"({listed(given)}) is no combination of states of {listed(self.parents)}, the "
                f"parents of {shown(name)}"
            )
        if found[given]:
            row = _condition(self.parents, given)
            return f"the row of {shown(name)} given {row} is written twice"
        if len(numbers) != size:
            return f"a row of {shown(name)} has {len(numbers)} numbers for {size} states"
        return ""

    def place_of(self, given: tuple[str, ...]) -> Place:
        """Return where a row stands."""
        return next(place for place, states, _ in self.rows if states == given)
