"""What was understood of a cohort's columns, and what of it is said."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from ..display.words import counted
from ..errors import shown
from ..records import record


@record
class UnknownValue:
    """A value that is no state: how often it occurs, and the positions (from 0) of the first rows
    that have it; and whether it looks like one of the words for not known.
    """

    column: str
    value: str
    count: int
    rows: tuple[int, ...]
    nearest: str | None
    not_known: bool = False

    def __str__(self) -> str:
        rows = ", ".join(map(str, self.rows)) + (", ..." if self.count > len(self.rows) else "")
        guess = f"; did you mean {shown(self.nearest)}?" if self.nearest else ""
        if self.not_known:
            word = self.value.strip('"')
            guess = (
                f"; if it means not known: --missing {quote(word)} (in Python: columns="
                f"{{{self.column!r}: ColumnMap(values={{{word!r}: None}})}})"
            )
        return f"{self.column}: {self.value} in {counted(self.count, 'row')} ({rows}){guess}"


@record
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

    def wrong(self) -> Iterator[str]:
        """Yield, in words, the values that are no states."""
        for value in self.unknown_values:
            yield f"  {value}"
        rest = self.not_understood - sum(value.count for value in self.unknown_values)
        if rest:
            yield f"  {self.column}: other values in {counted(rest, 'row')}"
        if self.hint:
            yield f"  {self.column}: {self.hint}"


@record
class Report:
    """What a cohort's table says to a network, before anything is inferred.

    `unknown` holds the columns that are no variables, each with the nearest one; they are left
    aside. `near_misses` are those of them that are nearly called like a variable. `unusable` counts
    the rows with at least one value that is no state. `red_flags` are the columns that are red-flag
    questions: no row is checked for these.
    """

    network: str
    rows: int
    recognised: tuple[ColumnReport, ...]
    unknown: tuple[tuple[str, str | None], ...]
    unusable: int
    near_misses: tuple[tuple[str, str], ...] = ()
    red_flags: tuple[str, ...] = ()

    @property
    def unknown_values(self) -> tuple[UnknownValue, ...]:
        """All values that are no states, in the order of the columns."""
        return tuple(value for column in self.recognised for value in column.unknown_values)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield (
            f"{counted(self.rows, 'row')}, {counted(len(self.recognised), 'column')} "
            f"recognised in {self.network}"
        )
        for name, variable in self.near_misses:
            yield f"WARNING: {left_aside(name, variable)}"
        for name in self.red_flags:
            yield f"WARNING: {not_checked(name)}"
        for column in self.recognised:
            told = (
                column.column
                if column.column == column.variable
                else f"{column.column} (tells {column.variable})"
            )
            yield f"  {told}: {column.missing:.1%} missing"
        if self.unknown:
            yield (
                f"{counted(len(self.unknown), 'column')} left aside, no variables of "
                f"{self.network}:"
            )
        for name, match in self.unknown:
            yield f"  {name}" + (f" (did you mean {match}?)" if match else "")
        if self.unusable:
            yield (
                f"{counted(self.unusable, 'row')} cannot be used, for a value is no state (rows "
                "counted from 0):"
            )
        for column in self.recognised:
            yield from column.wrong()


def left_aside(column: str, variable: str) -> str:
    """Return the warning of a column that is nearly called like a variable."""
    return f"column {shown(column)} is left aside; rename it if it is {variable}"


def not_checked(column: str) -> str:
    """Return the warning of a column that is a red-flag question."""
    return (
        f"column {shown(column)} is a red-flag question, not a variable: no row is checked for "
        "red flags"
    )
