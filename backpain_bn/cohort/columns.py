"""The columns of a cohort -> small integer codes, one per cell, and a report of what was
understood.

Code i < k is the i-th of a variable's k states, k means not observed, k + 1 means not understood.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import field
from difflib import SequenceMatcher
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray

from ..errors import BackpainError, UnknownName, listed, nearest, shown, unknown
from ..model.network import Network
from ..records import record
from .report import ColumnReport, UnknownValue, left_aside, not_checked
from .report import Report as Report

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
    """A column is left aside, though its name is nearly that of a variable, or is that of a
    red-flag question.
    """


@record
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

    def __post_init__(self) -> None:
        if not isinstance(self.variable, str | None):
            raise BackpainError(f"a column tells a variable, not {shown(self.variable)}")
        if not isinstance(self.values, Mapping):
            raise BackpainError(f"values must map cells to states, not {shown(self.values)}")
        for value, state in self.values.items():
            if not isinstance(state, str | None):
                raise BackpainError(
                    f"values must map {shown(value)} to a state or None, not {shown(state)}"
                )

    def by_text(self) -> dict[str, str | None]:
        """Return the values as text, and the state each means."""
        return {_texts(value)[0]: state for value, state in self.values.items()}


Columns = Mapping[str, ColumnMap | str | None]
"""Column -> how to read it: a `ColumnMap`, the variable it tells, or None to leave the column
aside.
"""


def rules_of(columns: object) -> dict[str, ColumnMap | str | None]:
    """Return how to read columns as a dict, empty for None; raises `BackpainError` for what is
    none.

    >>> rules_of({"Age": "battery_age"})
    {'Age': 'battery_age'}
    >>> rules_of({"Age": 3})
    Traceback (most recent call last):
    backpain_bn.errors.BackpainError: columns must map "Age" to a variable, a ColumnMap or None, \
not 3
    """
    if columns is None:
        return {}
    if not isinstance(columns, Mapping):
        raise BackpainError(f"columns must map columns to variables, not {shown(columns)}")
    for column, rule in columns.items():
        if not isinstance(rule, str | ColumnMap | None):
            raise BackpainError(
                f"columns must map {shown(column)} to a variable, a ColumnMap or None, not "
                f"{shown(rule)}"
            )
    return dict(columns)


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
        self.found: dict[str, tuple[int, tuple[int, ...], str | None, bool]] = {}
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
            count, first, match, not_known = self.found.get(key, (0, (), *self._meant(label)))
            if len(first) < MOST_ROWS:
                here = rows[indices[rows] == ids[place]][: MOST_ROWS - len(first)]
                first = (*first, *(int(row) + self.total for row in here))
            self.found[key] = (count + int(counts[place]), first, match, not_known)
            if self.told.outside(self.told.number_of(label)):
                self.hint = f"it is {self.told.number_words}"
            elif not isinstance(label, str):
                allowed = ", ".join(self.told.allowed)
                self.hint = (
                    f"it takes {allowed}; a column map translates other values, such as "
                    f"{_example(label)}"
                )

    def _meant(self, label: object) -> tuple[str | None, bool]:
        """Return the state that is nearest to what is none, and whether it says not known."""
        if not isinstance(label, str) or self.told.number_of(label) is not None:
            return None, False
        not_known = self.told.not_known(label)
        return None if not_known else nearest(label, self.states), not_known

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
    the others, `red_flags` of those that are red-flag questions (also where they are kept).
    """

    def __init__(
        self,
        network: Network,
        names: Sequence[object],
        columns: Columns | None = None,
        keep: Iterable[str] = (),
    ) -> None:
        rules = rules_of(columns)
        for column in rules:
            if column not in names:
                raise unknown("column", column, [name for name in names if isinstance(name, str)])
        self.network = network
        self.unusable = 0
        self.unknown: list[str] = []
        self.red_flags: list[str] = []
        used: dict[str, Reader] = {}
        kept = frozenset(keep)
        for position, name in enumerate(names):
            reader = _reader(network, name, position, rules)
            if reader is None:
                if name in network.red_flags.names and name not in rules:
                    self.red_flags.append(str(name))
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
        self.near_misses = tuple(
            (name, match) for name, match in self._guesses(free, NEARLY) if match
        )

    def _guesses(self, free: Sequence[str], alike: float = 0.5) -> list[tuple[str, str | None]]:
        """Return the columns that tell nothing, each with the variable nearest to it; none for
        a red-flag question, nor beyond the first hundred.
        """
        guesses: list[tuple[str, str | None]] = []
        for place, name in enumerate(self.unknown):
            guessing = place < MOST_GUESSES and name not in self.red_flags
            guesses.append((name, nearest(name, free, alike) if guessing else None))
        return guesses

    def check_used(self) -> None:
        """Raise `BackpainError` where no column tells a variable."""
        if not self.used:
            raise _nothing_told(self.network, self._guesses(list(self.network.variables)))

    def check(self) -> None:
        """Raise as `check_used` does; warn of columns that are left aside, though they are nearly
        called like a variable or are red-flag questions.
        """
        self.check_used()
        for column in self.red_flags:
            warnings.warn(not_checked(column), UnrecognisedColumn, stacklevel=3)
        for column, variable in self.near_misses:
            warnings.warn(left_aside(column, variable), UnrecognisedColumn, stacklevel=3)

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
        return Report(
            self.network.name,
            rows,
            tuple(reader.report() for reader in ordered),
            tuple(self._guesses(free)),
            self.unusable,
            self.near_misses,
            tuple(self.red_flags),
        )


def _nothing_told(network: Network, guesses: Sequence[tuple[str, str | None]]) -> BackpainError:
    """Return the error for a table of which no column tells a variable, given each column's
    guess.
    """
    names = [name for name, _ in guesses]
    for name in names:
        for delimiter in DELIMITERS:
            parts = [part.strip() for part in name.split(delimiter)]
            if len(parts) > 1 and any(part in network for part in parts):
                return BackpainError(
                    f"column {shown(name)} is {len(parts)} columns in one; read the table with "
                    f"{delimiter!r} between its columns"
                )
    found = listed([shown(name) for name in names[:MOST_UNKNOWN]]) if names else "none"
    best = max(guesses, key=_likeness, default=("", None))[1]
    hint = f" (did you mean {shown(best)}?)" if best else ""
    return BackpainError(
        f"no column tells a variable of {network.name}{hint}; the columns are: {found}"
    )


def _likeness(guess: tuple[str, str | None]) -> float:
    name, match = guess
    return SequenceMatcher(None, name.lower(), match).ratio() if match else 0.0


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


def likelihood_table(size: int) -> NDArray[np.float64]:
    """Return what each code of a variable with so many states says of them, (size + 1, size): a
    state, or in the last row nothing.

    >>> likelihood_table(2).tolist()
    [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    """
    return np.vstack([np.eye(size), np.ones((1, size))])


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
