"""A table or a file -> the patterns to learn from, and a report of what was understood."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..cohort.batches import Progress, ScoringJob, batches, column_names
from ..cohort.columns import (
    Codes,
    Columns,
    Labels,
    Readers,
    Report,
    likelihood_table,
    rules_of,
    unusable,
)
from ..cohort.frames import Frame, arrow_labels, check_once, frame_of
from ..errors import BackpainError, listed, needs, shown, unknown
from ..inference.beliefs import Array
from ..model.network import Network
from .patterns import Collector, Finder, Patterns
from .tables import tokens_of

MOST_WEIGHT = 1e12
"""No row counts more often: sums of squares of weights must stay numbers."""


class _Weighing:
    """Reads the columns `variable=state` of one variable, which hold the likelihoods of its states:
    equal likelihoods get the same code.
    """

    def __init__(self, network: Network, variable: str, columns: Sequence[str]) -> None:
        self.variable, self.columns = variable, tuple(columns)
        self.places: dict[bytes, int] = {}
        self.rows: list[Array] = [np.ones(len(network[variable].states))]

    def read(self, cells: Sequence[Labels], before: int) -> Codes:
        """Return the codes (n,) of rows of which `before` went before; 0 where nothing was told."""
        pairs = zip(self.columns, cells, strict=True)
        given = np.stack([_numbers(*pair, before) for pair in pairs], axis=1)
        told = np.flatnonzero(~np.isnan(given).all(axis=1))
        distinct, first, inverse = np.unique(
            given[told], axis=0, return_index=True, return_inverse=True
        )
        rows = before + told[first]
        codes = [self._code(*pair) for pair in zip(distinct, rows.tolist(), strict=True)]
        found = np.zeros(len(given), dtype=np.uint32)
        found[told] = np.array(codes, dtype=np.uint32)[inverse.ravel()]
        return found

    def _code(self, likely: Array, row: int) -> int:
        named = f"the likelihoods of {self.variable} in row {row}"
        if np.isnan(likely).any():
            raise BackpainError(f"{named} are given for some of its states only")
        if not (likely >= 0).all() or not np.isfinite(likely).all():
            raise BackpainError(f"{named} must be numbers from 0 up, not {shown(likely.tolist())}")
        if not likely.any():
            raise BackpainError(f"{named} are all zero: nothing is left that it could be")
        shares = likely / likely.max()
        key = shares.tobytes()
        if key not in self.places:
            self.places[key] = len(self.rows)
            self.rows.append(shares)
        return self.places[key]


def _numbers(column: str, cells: Labels, before: int) -> Array:
    """Return the numbers (n,) of a column, NaN where a cell is empty."""
    indices, labels = cells
    values = np.array([*(_number(label) for label in labels), math.nan])
    wrong = np.isnan(values[:-1]) & np.array([not _is_nan(label) for label in labels], dtype=bool)
    if wrong.any():
        index = int(np.flatnonzero(wrong)[0])
        row = before + int(np.argmax(indices == index))
        raise BackpainError(
            f"column {shown(column)} holds numbers; row {row} has {shown(labels[index])}"
        )
    found: Array = values[indices]
    return found


def _number(label: object) -> float:
    if isinstance(label, bool | np.bool_):
        return math.nan
    try:
        return float(label)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _is_nan(label: object) -> bool:
    return label is None or (isinstance(label, float) and math.isnan(label))


class TableReader:
    """Reads tables with the same columns, one after the other."""

    def __init__(
        self,
        network: Network,
        names: Sequence[object],
        columns: Columns | None,
        weights: str | None,
        collector: Collector | Finder,
    ) -> None:
        if weights is not None and weights not in names:
            texts = [name for name in names if isinstance(name, str)]
            raise unknown("column of weights", weights, texts)
        self.network, self.weights = network, weights
        self.places = {name: place for place, name in enumerate(names)}
        rules = rules_of(columns)
        self.weighing = _weighing(network, names, rules)
        beside = [name for one in self.weighing for name in one.columns]
        if weights is not None:
            beside.append(weights)
        check_once(names, beside)
        self.readers = Readers(network, names, _without(rules, weights), beside)
        for one in self.weighing:
            if one.variable in self.readers.variables:
                raise BackpainError(
                    f"two columns tell {one.variable}: its own and {shown(one.columns[0])}; leave "
                    "one of them out"
                )
        self.collector = collector
        self.silent = 0

    def check(self) -> None:
        """Raise where no column tells a variable; warn of columns, as `score` does."""
        if self.readers.used or not self.weighing:
            self.readers.check()

    @property
    def needed(self) -> list[str]:
        """The columns that are read."""
        found = [reader.column for reader in self.readers.used]
        found += [name for one in self.weighing for name in one.columns]
        return found if self.weights is None else [*found, self.weights]

    def add(self, cells: Mapping[str, Labels], rows: int) -> None:
        """Read the cells of one table of so many rows."""
        before = self.collector.seen
        hard = self.readers.read(cells[reader.column] for reader in self.readers.used)
        bad = unusable(hard, self.readers.sizes)
        usable = np.ones(rows, dtype=bool) if bad is None else ~bad
        likely = [one.read([cells[name] for name in one.columns], before) for one in self.weighing]
        said = np.zeros(rows, dtype=bool)
        for column, size in zip(hard, self.readers.sizes, strict=True):
            said |= column != size
        for column in likely:
            said |= column != 0
        self.silent += int(np.count_nonzero(usable & ~said))
        self.collector.add([*hard, *likely], self._weights(cells, rows, before), usable & said)

    def _weights(self, cells: Mapping[str, Labels], rows: int, before: int) -> Array:
        if self.weights is None:
            return np.ones(rows)
        found = _numbers(self.weights, cells[self.weights], before)
        wrong = ~((found >= 0) & (found <= MOST_WEIGHT))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            said = "is missing" if np.isnan(found[row]) else f"is {found[row]:g}"
            raise BackpainError(
                f"the weight (column {shown(self.weights)}) of row {before + row} {said}; a weight "
                f"is a number from 0 to {MOST_WEIGHT:g}"
            )
        return found

    def patterns(self, collector: Collector) -> Patterns:
        """Return all that was collected; raises `BackpainError` where there is nothing."""
        told = [*self.readers.variables, *(one.variable for one in self.weighing)]
        tables = [likelihood_table(size) for size in self.readers.sizes]
        tables += [np.stack(one.rows) for one in self.weighing]
        found = collector.patterns(told, tables)
        if not len(found):
            raise BackpainError(f"no usable row: {self.report()}")
        return found

    def report(self) -> Report:
        """Return the report on all that was read."""
        return self.readers.report(self.collector.seen)


def _without(rules: Columns, weights: str | None) -> Columns:
    """Return the rules of columns; that of the weights tells no variable."""
    return rules if weights is None else {**rules, weights: None}


def _weighing(network: Network, names: Sequence[object], columns: Columns) -> list[_Weighing]:
    """Return the readers of likelihoods, in the order of the network."""
    found = []
    for name, variable in network.variables.items():
        wanted = [f"{name}={state}" for state in variable.states]
        there = [one for one in wanted if one in names and one not in columns]
        if not there:
            continue
        if len(there) < len(wanted):
            lacking = [one for one in wanted if one not in there]
            raise BackpainError(
                f"column {shown(there[0])} holds likelihoods of {name}, which need a column for "
                f"each of its states; there is none for {listed(lacking)}"
            )
        found.append(_Weighing(network, name, wanted))
    return found


@dataclass(frozen=True)
class Cohort:
    """A table in memory or a file, which can be read more than once, and how its columns are
    read.
    """

    network: Network
    table: Frame | ScoringJob
    columns: Columns | None
    weights: str | None
    progress: Progress | None

    def reading(self, collector: Collector | Finder) -> TableReader:
        """Return what reads it into a collector."""
        names: Sequence[object]
        if isinstance(self.table, ScoringJob):
            names = column_names(self.table.path)
        else:
            names = self.table.names
        return TableReader(self.network, names, self.columns, self.weights, collector)

    def read(self, reading: TableReader) -> None:
        """Read it, a file batch by batch."""
        if not isinstance(self.table, ScoringJob):
            cells = {name: self.table.labels(reading.places[name]) for name in reading.needed}
            reading.add(cells, self.table.rows)
            return
        for batch in batches(self.table, reading.needed, "reading", self.progress):
            cells = {name: arrow_labels(batch.column(name)) for name in reading.needed}
            reading.add(cells, batch.num_rows)

    def rows_like(self, wanted: Patterns) -> tuple[int, ...]:
        """Return the positions (from 0) of all rows that have one of some patterns."""
        if not len(wanted):
            return ()
        finder = Finder(wanted)
        self.read(self.reading(finder))
        return tuple(finder.rows)


def cohort_of(
    network: Network,
    frame: Any,
    columns: Columns | None = None,
    weights: str | None = None,
    missing: object = (),
    progress: Progress | None = None,
) -> Cohort:
    """Return a table in memory, or a Parquet or CSV file, as what is read."""
    tokens = tokens_of(missing, frame)
    if not isinstance(frame, str | Path):
        return Cohort(network, frame_of(frame), columns, weights, progress)
    needs("pyarrow", "reading a file", "backpain_bn[parquet]")
    job = ScoringJob(frame, network, missing=tokens)
    return Cohort(network, job, columns, weights, progress)


def read(cohort: Cohort) -> tuple[Patterns, Report, int]:
    """Return the patterns of a cohort, the report on its columns, and in how many rows nothing was
    told.
    """
    collector = Collector()
    reading = cohort.reading(collector)
    reading.check()
    cohort.read(reading)
    return reading.patterns(collector), reading.report(), reading.silent
