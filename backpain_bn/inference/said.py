"""What rows of likelihoods say of each variable: rows that say the same go through one plan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .beliefs import Array

Said = NDArray[np.int8]
FREE, WEIGHED, MIXED, TOLD, ABSENT, SAFE = range(6)
"""What a row says of a variable: nothing, likelihoods, a state, or that a noisy-OR is in its first
state; the last is a noisy-OR that may be present, but loses few digits by subtraction.
"""
MOST_KINDS = 4
"""Rows of more kinds than this share plans where they may: what is told in some rows only is a
likelihood then.
"""


def said_of(
    columns: Array, starts: NDArray[np.intp], is_noisy_or: NDArray[np.bool_]
) -> tuple[Said, Array]:
    """Return what likelihoods (S,) or (S, n) say of each variable, (V,) or (V, n), and the largest
    of each; `starts` (V,) tells where the states of each begin.
    """
    possible = np.add.reduceat(columns > 0, starts, axis=0, dtype=np.int64)
    least = np.minimum.reduceat(columns, starts, axis=0)
    largest = np.maximum.reduceat(columns, starts, axis=0)
    said = (least != largest).astype(np.int8)
    is_told = possible == 1
    said[is_told] = TOLD
    said[((is_told & (columns[starts] > 0)).T & is_noisy_or).T] = ABSENT
    return said, largest


def grouped(said: Said) -> list[tuple[Said, NDArray[np.int64]]]:
    """Return the different rows, each with where it stands."""
    if len(said) and (said == said[0]).all():
        return [(said[0].copy(), np.arange(len(said)))]
    found: dict[bytes, list[int]] = {}
    for place, row in enumerate(said):
        found.setdefault(row.tobytes(), []).append(place)
    return [
        (np.frombuffer(row, dtype=np.int8).copy(), np.array(places))
        for row, places in found.items()
    ]


def fewer(said: Said) -> list[tuple[Said, NDArray[np.int64]]]:
    """Return rows that tell of the same variables together, or all of them where those kinds are
    many, too; each with what can be said of them at once.
    """
    kinds = grouped(np.minimum(said, TOLD))
    if len(kinds) > MOST_KINDS:
        return [(_mixed(said), np.arange(len(said)))]
    return [(_mixed(said[places]), places) for _, places in kinds]


def _mixed(kinds: Said) -> Said:
    """Return what can be said of rows of several kinds at once."""
    least, most = kinds.min(axis=0), kinds.max(axis=0)
    several = np.where(least >= TOLD, TOLD, MIXED)
    return np.where(least == most, least, several).astype(np.int8)
