"""The log-odds of a hypothesis after any of several findings."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.evidence import encode
from ..model.findings import Findings
from ..model.network import Network
from .shapley import Sets

ROWS_AT_ONCE = 8192
SMALL = 12
"""Above so many findings a circuit for this one variable pays for its compilation."""


class LogOdds:
    """10 log10 [P(variable = state | S) / P(variable != state | S)] in decibans, for subsets S of
    what was told; -inf or inf where S settles it.
    """

    def __init__(self, network: Network, told: Findings, variable: str, state: str) -> None:
        self.place = network.slices[variable]
        self.state = network.state(variable, state)
        self.engine = engine_for(network)
        if len(told) > SMALL:
            seen = frozenset({*told, variable})
            self.engine = engine_for(network, frozenset({variable}), seen)
        places = [network.slices[name] for name in told]
        self.row = encode(network, [told])
        self.columns = np.concatenate(
            [np.arange(0), *(np.arange(len(self.row[0]))[place] for place in places)]
        )
        self.owner = np.repeat(np.arange(len(told)), [place.stop - place.start for place in places])

    def __call__(self, sets: Sets) -> Array:
        """Return the log-odds (n,) after n subsets of the findings, (n, m), in the order told."""
        starts = range(0, len(sets), ROWS_AT_ONCE)
        parts = [self._of(self._rows(sets[start : start + ROWS_AT_ONCE])) for start in starts]
        return np.concatenate(parts)

    def _rows(self, sets: Sets) -> Array:
        rows = np.ones((len(sets), self.row.shape[1]))
        rows[:, self.columns] = np.where(sets[:, self.owner], self.row[:, self.columns], 1.0)
        return rows

    def _of(self, rows: Array) -> Array:
        likely = self.engine(rows).marginals[:, self.place]
        others = np.delete(likely, self.state, axis=1).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            odds: Array = 10 * (np.log10(likely[:, self.state]) - np.log10(others))
        edge = ~np.isfinite(odds)
        if edge.any():
            own = np.arange(self.place.stop - self.place.start) == self.state
            odds[edge] = self._joint(rows[edge], own) - self._joint(rows[edge], ~own)
        return odds

    def _joint(self, rows: Array, kept: NDArray[np.bool_]) -> Array:
        """Return 10 log10 P(variable in a kept state, findings), which unlike a posterior never
        rounds to 0.
        """
        clamped = rows.copy()
        clamped[:, self.place] *= kept
        return np.asarray(10 * self.engine(clamped).log_evidence / math.log(10))
