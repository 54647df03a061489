"""The rows of a cohort of which it is known what happened, what was said of each beforehand, and
which rows could not be used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cohort.columns import Codes, Columns, Readers, Report, likelihood_table
from ..cohort.distinct_rows import RowScorer
from ..cohort.frames import Frame, frame_of
from ..display.words import counted
from ..errors import BackpainError, listed, unknown
from ..inference.beliefs import Array
from ..model.network import Network
from ..records import record
from .scores import Happened

MOST_GROUPS = 20
NOT_GIVEN = "(not given)"
FIRST = 5


@record
class LeftOut:
    """Rows that could not be used, by their positions in the table (from 0), and why."""

    reason: str
    rows: tuple[int, ...]

    def __str__(self) -> str:
        first = ", ".join(map(str, self.rows[:FIRST]))
        more = ", ..." if len(self.rows) > FIRST else ""
        return f"{counted(len(self.rows), 'row')}: {self.reason} ({first}{more})"


@dataclass(frozen=True)
class Cases:
    """Rows that tell the target: the `codes` of the other columns, the variables of which are
    `names`, the state of the `target`, and P(target = state | other columns), shape (n, k).

    `rows` are their positions in the table, `groups` what the column that divides them holds.
    """

    network: Network
    target: str
    names: tuple[str, ...]
    codes: tuple[Codes, ...]
    states: NDArray[np.intp]
    p: Array
    rows: NDArray[np.intp]
    groups: NDArray[np.intp] | None
    group_names: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    report: Report

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many states each of the `names` has."""
        return tuple(len(self.network[name].states) for name in self.names)

    def some(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Cases:
        """Return some of the rows."""
        return replace(
            self,
            codes=tuple(column[chosen] for column in self.codes),
            states=self.states[chosen],
            p=self.p[chosen],
            rows=self.rows[chosen],
            groups=None if self.groups is None else self.groups[chosen],
        )


def read_cases(
    network: Network, frame: Any, target: str, columns: Columns | None, by: str | None = None
) -> Cases:
    """Return the rows of a table that can be used, each with what the network says of the target
    from its other columns.

    Raises `BackpainError` where no column tells the target, none but that tells a variable, or no
    row can be used, and as `cohort.score`; warns of columns as that does.
    """
    table = frame_of(frame)
    readers = Readers(network, table.names, columns, keep=() if by is None else (by,))
    names = tuple(name for name in readers.variables if name != target)
    _check(network, target, readers.variables, names)
    readers.check()
    read = readers.read(table.labels(reader.position) for reader in readers.used)
    codes = dict(zip(readers.variables, read, strict=True))
    groups, group_names = (None, ()) if by is None else _groups(table, by, readers, codes)
    told = codes.pop(target)
    scorer = RowScorer(network, [target], names)
    answers = scorer.answer(list(codes.values()), table.rows)
    reasons = np.array([reason or "" for reason in answers.reasons], dtype=object)
    why = reasons[answers.problem]
    size = len(network[target].states)
    why[told == size] = f"{target} is not told"
    why[told > size] = f"not a state: {target}"
    good = np.flatnonzero(why == "")
    cases = Cases(
        network=network,
        target=target,
        names=names,
        codes=tuple(codes.values()),
        states=told.astype(np.intp),
        p=answers.values[:-1].T,
        rows=np.arange(table.rows),
        groups=groups,
        group_names=group_names,
        left_out=_left_out(why),
        report=readers.report(table.rows),
    )
    if not len(good):
        rest = "; ".join(map(str, cases.left_out)) or "the table is empty"
        raise BackpainError(f"no row can be used to validate {target}: {rest}")
    return cases.some(good)


def _check(network: Network, target: str, told: Sequence[str], names: Sequence[str]) -> None:
    if target not in told:
        known = listed(told) or "none"
        raise BackpainError(
            f"no column tells {target}, so there is nothing to compare with; variables of "
            f"{network.name} that columns tell: {known}"
        )
    if not names:
        raise BackpainError(
            f"no column but that of {target} tells a variable of {network.name}, so there is "
            "nothing to go by"
        )


def _left_out(why: NDArray[np.object_]) -> tuple[LeftOut, ...]:
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero(why != ""):
        rows[why[row]].append(int(row))
    return tuple(LeftOut(reason, tuple(found)) for reason, found in rows.items())


def _groups(
    table: Frame, by: str, readers: Readers, codes: Mapping[str, Codes]
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Return for each row the number of its group, and the groups' names: the states where the
    column tells a variable, else what it holds.
    """
    if by not in table.names:
        raise unknown("column to divide by", by, [n for n in table.names if isinstance(n, str)])
    for reader in readers.used:
        if reader.column == by:
            return codes[reader.variable].astype(np.intp), (*reader.states, NOT_GIVEN)
    indices, labels = table.labels(table.names.index(by))
    words = [NOT_GIVEN if label is None else str(label) for label in labels] + [NOT_GIVEN]
    there = {words[index] for index in np.unique(indices)}
    names = sorted(there - {NOT_GIVEN}) + sorted(there & {NOT_GIVEN})
    if len(names) > MOST_GROUPS:
        raise BackpainError(
            f"column {by} has {len(names):,} different values; a column to divide by may have "
            f"{MOST_GROUPS}: put them into groups first"
        )
    places = np.array([names.index(word) if word in names else 0 for word in words], dtype=np.intp)
    return places[indices], tuple(names)


def likelihoods(
    network: Network, names: Sequence[str], codes: Iterable[NDArray[np.integer]], rows: int
) -> Array:
    """Return rows of codes as likelihoods of the states of all variables, shape (rows, S)."""
    found = np.ones((rows, len(network.columns)))
    for name, column in zip(names, codes, strict=True):
        size = len(network[name].states)
        found[:, network.slices[name]] = likelihood_table(size)[column]
    return found


def happened_in(cases: Cases, places: Sequence[int]) -> tuple[Array, Happened]:
    """Return P(target in one of these states) of each row, and whether it was."""
    p: Array = np.minimum(cases.p[:, places].sum(axis=1), 1.0)
    return p, np.isin(cases.states, places)
