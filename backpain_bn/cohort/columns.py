"""The columns of a cohort -> small integer codes, one per cell, and a report of what was
understood.

Code i < k is the i-th of a variable's k states, k means not observed, k + 1 means not understood.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray

from ..errors import BackpainError, UnknownName, listed, nearest, shown, unknown
from ..model.network import Network

Codes = NDArray[np.unsignedinteger]
Labels = tuple[NDArray[np.signedinteger], Sequence[object]]
"""A column as (indices (n,), labels): cell i holds labels[indices[i]], or nothing where the index
is -1.
"""
MOST_UNKNOWN = 20
"""Different values of one column that a report lists; further ones are counted together."""
MOST_ROWS = 3
MOST_GUESSES = 100
NEARLY = 0.85
"""How much alike the names of a column and of a variable are where one is probably meant."""
DELIMITERS = ";\t|,"


class UnrecognisedColumn(UserWarning):
    """A column is left aside, though its name is nearly that of a variable."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """How to read a column: which variable it tells (None: the one of its own name), and which
    values mean which states.

    A value that is mapped to None counts as not observed; a value that is not mapped must be a
    state or stand for one (see `Variable.state_of`). Values that are no text are matched by what
    they look like: True by `true`, 1 and 1.0 by `1`, 0.5 by `0.5`.

    >>> ColumnMap("fuel_gauge", {"E": "empty", True: "shows_fuel", "unsure": None}).by_text()
    {'E': 'empty', 'true': 'shows_fuel', 'unsure': None}
    """

    variable: str | None = None
    values: Mapping[Hashable, str | None] = field(default_factory=dict)

    def by_text(self) -> dict[str, str | None]:
        """Return the values as text, and the state each means."""
        return {_texts(value)[0]: state for value, state in self.values.items()}


Columns = Mapping[str, ColumnMap | str | None]
"""Column -> how to read it: a `ColumnMap`, the variable it tells, or None to leave the column
aside.
"""


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value that is no state: how often it occurs, and the positions (from 0) of the first rows
    that have it.
    """

    column: str
    value: str
    count: int
    rows: tuple[int, ...]
    nearest: str | None

    def __str__(self) -> str:
        rows = ", ".join(map(str, self.rows)) + (", ..." if self.count > len(self.rows) else "")
        guess = f"; did you mean {shown(self.nearest)}?" if self.nearest else ""
        return f"{self.column}: {self.value} in {_counted(self.count, 'row')} ({rows}){guess}"


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """A column that tells a variable: its share of missing cells, and how many cells hold no state
    (`unknown_values` lists the first of them).
    """

    column: str
    variable: str
    missing: float
    not_understood: int
    unknown_values: tuple[UnknownValue, ...]
    hint: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a cohort's table says to a network, before anything is inferred.

    `unknown` holds the columns that are no variables, each with the nearest one; they are left
    aside. `near_misses` are those of them that are nearly called like a variable. `unusable` counts
    the rows with at least one value that is no state.
    """

    network: str
    rows: int
    recognised: tuple[ColumnReport, ...]
    unknown: tuple[tuple[str, str | None], ...]
    unusable: int
    near_misses: tuple[tuple[str, str], ...] = ()

    @property
    def unknown_values(self) -> tuple[UnknownValue, ...]:
        """All values that are no states, in the order of the columns."""
        return tuple(value for column in self.recognised for value in column.unknown_values)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield (
            f"{_counted(self.rows, 'row')}, {_counted(len(self.recognised), 'column')} "
            f"recognised in {self.network}"
        )
        for name, variable in self.near_misses:
            yield f"WARNING: {_left_aside(name, variable)}"
        for column in self.recognised:
            told = (
                column.column
                if column.column == column.variable
                else f"{column.column} (tells {column.variable})"
            )
            yield f"  {told}: {column.missing:.1%} missing"
        if self.unknown:
            yield (
                f"{_counted(len(self.unknown), 'column')} left aside, no variables of "
                f"{self.network}:"
            )
        for name, match in self.unknown:
            yield f"  {name}" + (f" (did you mean {match}?)" if match else "")
        if self.unusable:
            yield f"{_counted(self.unusable, 'row')} cannot be used, for a value is no state:"
        for column in self.recognised:
            for value in column.unknown_values:
                yield f"  {value}"
            rest = column.not_understood - sum(value.count for value in column.unknown_values)
            if rest:
                yield f"  {column.column}: other values in {_counted(rest, 'row')}"
            if column.hint:
                yield f"  {column.column}: {column.hint}"


def _left_aside(column: str, variable: str) -> str:
    return f"column {shown(column)} is left aside; rename it if it is {variable}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _texts(value: object) -> tuple[str, ...]:
    """Return the spellings by which a mapping may name a value."""
    if isinstance(value, str):
        return (str(value),)
    if isinstance(value, (bool, np.bool_)):
        return ("true", "True", "TRUE") if value else ("false", "False", "FALSE")
    if isinstance(value, Integral):
        return (str(int(value)),)
    if isinstance(value, Real):
        number = float(value)
        return (str(int(number)) if number.is_integer() else repr(number),)
    return (str(value),)


def _example(label: object) -> str:
    simple = isinstance(label, (bool, np.bool_, Integral, Real))
    return _texts(label)[0] if simple else f"this {type(label).__name__}"


class Reader:
    """Reads one column: label -> code."""

    def __init__(
        self,
        network: Network,
        column: str,
        position: int,
        variable: str,
        values: Mapping[str, str | None],
    ) -> None:
        self.column, self.position, self.variable = column, position, variable
        self.states = network[variable].states
        self.missing = len(self.states)
        self.dtype = np.min_scalar_type(self.missing + 1)
        self.values = {
            text: self.missing if state is None else network.state(variable, state)
            for text, state in values.items()
        }
        self.told = network[variable]
        self.total = self.absent = self.wrong = 0
        self.found: dict[str, tuple[int, tuple[int, ...], str | None]] = {}
        self.hint = ""

    def code(self, label: object) -> int:
        """Return the code of one value."""
        if label is None:
            return self.missing
        for text in _texts(label) if self.values else ():
            if text in self.values:
                return self.values[text]
        state = self.told.meant(label)
        return self.missing + 1 if state is None else self.states.index(state)

    def read(self, labelled: Labels) -> Codes:
        """Return the codes (n,) of a column's next n cells, and remember for the report what they
        were.
        """
        indices, labels = labelled
        table = np.array([*map(self.code, labels), self.missing], dtype=self.dtype)
        codes: Codes = table[indices]
        self.absent += int(np.count_nonzero(codes == self.missing))
        if (table > self.missing).any():
            self._remember(np.flatnonzero(codes > self.missing), indices, labels)
        self.total += len(codes)
        return codes

    def _remember(
        self, rows: NDArray[np.intp], indices: NDArray[np.signedinteger], labels: Sequence[object]
    ) -> None:
        self.wrong += len(rows)
        ids, counts = np.unique(indices[rows], return_counts=True)
        for place in np.argsort(-counts, kind="stable")[:MOST_UNKNOWN]:
            label = labels[ids[place]]
            key = shown(label)
            if key not in self.found and len(self.found) >= MOST_UNKNOWN:
                continue
            count, first, match = self.found.get(
                key, (0, (), nearest(label, self.states) if isinstance(label, str) else None)
            )
            if len(first) < MOST_ROWS:
                here = rows[indices[rows] == ids[place]][: MOST_ROWS - len(first)]
                first = (*first, *(int(row) + self.total for row in here))
            self.found[key] = (count + int(counts[place]), first, match)
            if not isinstance(label, str):
                allowed = ", ".join(self.told.allowed)
                self.hint = (
                    f"it takes {allowed}; a column map translates other values, such as "
                    f"{_example(label)}"
                )

    def report(self) -> ColumnReport:
        """Return what the cells read so far were."""
        values = tuple(
            UnknownValue(self.column, value, *rest) for value, rest in self.found.items()
        )
        return ColumnReport(
            self.column,
            self.variable,
            self.absent / self.total if self.total else 0.0,
            self.wrong,
            values,
            self.hint,
        )


class Readers:
    """Reads the columns of one table that tell variables of a network; `unknown` holds the names of
    the others.
    """

    def __init__(
        self,
        network: Network,
        names: Sequence[object],
        columns: Columns | None = None,
        keep: Iterable[str] = (),
    ) -> None:
        rules: Columns = {} if columns is None else columns
        for column in rules:
            if column not in names:
                raise unknown("column", column, [name for name in names if isinstance(name, str)])
        self.network = network
        self.unusable = 0
        self.unknown: list[str] = []
        used: dict[str, Reader] = {}
        kept = frozenset(keep)
        for position, name in enumerate(names):
            reader = _reader(network, name, position, rules)
            if reader is None:
                if not (isinstance(name, str) and (name in rules or name in kept)):
                    self.unknown.append(name if isinstance(name, str) else shown(name))
            elif reader.variable in used:
                other = used[reader.variable].column
                raise BackpainError(
                    f"two columns tell {reader.variable}: {shown(other)} and {shown(name)}; leave "
                    "one of them out"
                )
            else:
                used[reader.variable] = reader
        self.used: list[Reader] = [used[name] for name in network.variables if name in used]
        free = [name for name in network.variables if name not in used]
        guesses = [(name, nearest(name, free, NEARLY)) for name in self.unknown[:MOST_GUESSES]]
        self.near_misses = tuple((name, match) for name, match in guesses if match)

    def check(self) -> None:
        """Raise `BackpainError` where no column tells a variable; warn of columns that are left
        aside, though they are nearly called like one.
        """
        if not self.used:
            raise _nothing_told(self.network, self.unknown)
        for column, variable in self.near_misses:
            warnings.warn(_left_aside(column, variable), UnrecognisedColumn, stacklevel=3)

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that the table tells something about, in the network's order."""
        return tuple(reader.variable for reader in self.used)

    def read(self, labelled: Iterable[Labels]) -> list[Codes]:
        """Return the codes of the next rows, one array (n,) per used column, given each column's
        cells in the same order.
        """
        codes = [reader.read(labels) for reader, labels in zip(self.used, labelled, strict=True)]
        bad = unusable(codes, self.sizes)
        self.unusable += int(np.count_nonzero(bad)) if bad is not None else 0
        return codes

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of states of each used column's variable."""
        return tuple(reader.missing for reader in self.used)

    def report(self, rows: int) -> Report:
        """Return the report on the rows read so far."""
        ordered = sorted(self.used, key=lambda reader: reader.position)
        free = [name for name in self.network.variables if name not in self.variables]
        guessed = [(name, nearest(name, free)) for name in self.unknown[:MOST_GUESSES]]
        rest: list[tuple[str, str | None]] = [(name, None) for name in self.unknown[MOST_GUESSES:]]
        return Report(
            self.network.name,
            rows,
            tuple(reader.report() for reader in ordered),
            tuple(guessed + rest),
            self.unusable,
            self.near_misses,
        )


def _nothing_told(network: Network, names: Sequence[str]) -> BackpainError:
    """Return the error for a table of which no column tells a variable."""
    for name in names:
        for delimiter in DELIMITERS:
            parts = [part.strip() for part in name.split(delimiter)]
            if len(parts) > 1 and any(part in network for part in parts):
                return BackpainError(
                    f"column {shown(name)} is {len(parts)} columns in one; read the table with "
                    f"{delimiter!r} between its columns"
                )
    found = listed([shown(name) for name in names[:MOST_UNKNOWN]]) if names else "none"
    guesses = [match for name in names[:MOST_GUESSES] if (match := nearest(name, network))]
    hint = f" (did you mean {shown(guesses[0])}?)" if guesses else ""
    return BackpainError(
        f"no column tells a variable of {network.name}{hint}; the columns are: {found}"
    )


def _reader(network: Network, name: object, position: int, rules: Columns) -> Reader | None:
    """Return the reader of one column, or None if it tells no variable."""
    if not isinstance(name, str):
        return None
    rule = rules.get(name, name)
    if rule is None:
        return None
    if isinstance(rule, str):
        rule = ColumnMap(rule)
    variable = name if rule.variable is None else rule.variable
    if variable not in network.variables:
        if name in rules:
            raise unknown(f"variable for column {shown(name)}:", variable, network.variables)
        return None
    try:
        return Reader(network, name, position, variable, rule.by_text())
    except UnknownName as error:
        raise UnknownName(f"column {shown(name)}: {error}") from None


def unusable(codes: Sequence[Codes], sizes: Sequence[int]) -> NDArray[np.bool_] | None:
    """Return which rows (n,) hold a value that is not understood, or None if there is no such
    row.
    """
    found: NDArray[np.bool_] | None = None
    for column, size in zip(codes, sizes, strict=True):
        bad = column > size
        if bad.any():
            found = bad if found is None else found | bad
    return found
