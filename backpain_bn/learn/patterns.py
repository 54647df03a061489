"""The distinct rows of a cohort with their weights, collected table by table: what is learned from,
however many rows there were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..cohort.columns import Codes
from ..inference.beliefs import Array
from ..model.network import Network

ROWS_AT_ONCE = 1_024
"""Rows whose likelihoods are written out at a time."""
Matrix = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Patterns:
    """Distinct rows: `codes` (m, columns) point into `tables`, one (codes, states) of likelihoods
    for each of the variables `told`; `weights` (m,) are those of all rows alike, `rows` (m,) their
    number, `first` (m,) the position of the first of them.
    """

    told: tuple[str, ...]
    tables: tuple[Array, ...]
    codes: Matrix
    weights: Array
    rows: NDArray[np.int64]
    first: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.codes)

    def only(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Patterns:
        """Return some of the patterns."""
        return replace(
            self,
            codes=self.codes[which],
            weights=self.weights[which],
            rows=self.rows[which],
            first=self.first[which],
        )

    @property
    def parts(self) -> list[slice]:
        """Some rows at a time, few enough for what is worked out of them to stay in the cache."""
        starts = range(0, len(self), ROWS_AT_ONCE)
        return [slice(start, min(start + ROWS_AT_ONCE, len(self))) for start in starts]

    def evidence(self, network: Network, part: slice) -> Array:
        """Return the likelihoods (n, S) of some of the patterns."""
        found = np.ones((part.stop - part.start, len(network.columns)))
        for column, name, table in zip(self.codes.T, self.told, self.tables, strict=True):
            found[:, network.slices[name]] = table[column[part]]
        return found


class Collector:
    """Collects the rows of tables that follow one another; memory grows with the distinct rows
    alone.
    """

    def __init__(self) -> None:
        self.seen = 0
        self.parts: list[tuple[Matrix, Array, NDArray[np.int64], NDArray[np.int64]]] = []
        self.merged = 0

    def add(self, codes: Sequence[Codes], weights: Array, usable: NDArray[np.bool_]) -> None:
        """Add rows of codes, one array (n,) per column; those that are not `usable` or weigh
        nothing are counted and left out.
        """
        kept, matrix = _usable(codes, weights, usable)
        ones = np.ones(len(kept), dtype=np.int64)
        self.parts.append(_distinct(matrix, weights[kept], ones, kept + self.seen))
        self.seen += len(weights)
        if sum(len(part[0]) for part in self.parts[1:]) > self.merged:
            self._merge()

    def _merge(self) -> None:
        joined = (np.concatenate(arrays) for arrays in zip(*self.parts, strict=True))
        self.parts = [_distinct(*joined)]
        self.merged = len(self.parts[0][0])

    def patterns(self, told: Sequence[str], tables: Sequence[Array]) -> Patterns:
        """Return all that was added."""
        self._merge()
        return Patterns(tuple(told), tuple(tables), *self.parts[0])


class Finder:
    """Finds rows again: `rows` are the positions of those that have one of some patterns, in tables
    that follow one another.
    """

    def __init__(self, wanted: Patterns) -> None:
        self.seen = 0
        self.wanted = _keys(wanted.codes)
        self.rows: list[int] = []

    def add(self, codes: Sequence[Codes], weights: Array, usable: NDArray[np.bool_]) -> None:
        """Look through rows as a `Collector` gets them."""
        kept, matrix = _usable(codes, weights, usable)
        found = np.isin(_keys(matrix), self.wanted)
        self.rows += (kept[found] + self.seen).tolist()
        self.seen += len(weights)


def _usable(
    codes: Sequence[Codes], weights: Array, usable: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], Matrix]:
    """Return which rows count, and their codes (rows, columns)."""
    kept = np.flatnonzero(usable & (weights > 0))
    matrix = np.zeros((len(kept), len(codes)), dtype=np.int32)
    for column, values in zip(matrix.T, codes, strict=True):
        column[:] = values[kept]
    return kept, matrix


def _keys(codes: Matrix) -> NDArray[np.bytes_]:
    """Return each row of codes as one byte string."""
    # One more than the code, most significant byte first: no byte string then ends in a zero, and
    # the order of strings is that of codes.
    keys = np.ascontiguousarray((codes + 1).astype(">u4"))
    found: NDArray[np.bytes_] = keys.view(f"S{keys.shape[1] * 4}")[:, 0]
    return found


def _distinct(
    codes: Matrix, weights: Array, rows: NDArray[np.int64], first: NDArray[np.int64]
) -> tuple[Matrix, Array, NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct rows in the order of their codes, with the sums of what belongs to
    each.
    """
    if not len(codes) or not codes.shape[1]:
        return codes, weights, rows, first
    whole = _keys(codes)
    _, place, inverse = np.unique(whole, return_index=True, return_inverse=True)
    count = len(place)
    total = np.zeros(count)
    np.add.at(total, inverse, weights)
    number = np.zeros(count, dtype=np.int64)
    np.add.at(number, inverse, rows)
    earliest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(earliest, inverse, first)
    return codes[place], total, number, earliest
