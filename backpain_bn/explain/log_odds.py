"""The log-odds of a hypothesis, or of one against another, after any of several findings."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.evidence import encode
from ..model.findings import Findings
from ..model.network import Network
from .shapley import Sets

ROWS_AT_ONCE = 8192
SMALL = 12
"""Above so many findings a circuit for these variables alone pays for its compilation."""


class Hypothesis(NamedTuple):
    """That a variable is in one of some of its states."""

    variable: str
    states: tuple[str, ...]

    def columns(self, network: Network) -> list[int]:
        """Return where the states lie among the S states of all variables."""
        first = network.slices[self.variable].start
        return [first + network.state(self.variable, state) for state in self.states]


class LogRatio:
    """10 log10 [P(one | S) / P(other | S)] in decibans, for subsets S of what was told; -inf or inf
    where S rules out the one or the other.
    """

    def __init__(
        self, network: Network, told: Findings, one: Hypothesis, other: Hypothesis
    ) -> None:
        self.network, self.one, self.other = network, one, other
        self.engine = engine_for(network)
        if len(told) > SMALL:
            targets = frozenset({one.variable, other.variable})
            self.engine = engine_for(network, targets, targets.union(told))
        places = [network.slices[name] for name in told]
        self.row = encode(network, [told])
        self.columns = np.concatenate(
            [np.arange(0), *(np.arange(len(self.row[0]))[place] for place in places)]
        )
        self.owner = np.repeat(np.arange(len(told)), [place.stop - place.start for place in places])

    def __call__(self, sets: Sets) -> Array:
        """Return the ratios (n,) after n subsets of the findings, (n, m), in the order told."""
        starts = range(0, len(sets), ROWS_AT_ONCE)
        parts = [self.of(self._rows(sets[start : start + ROWS_AT_ONCE])) for start in starts]
        return np.concatenate(parts)

    def _rows(self, sets: Sets) -> Array:
        rows = np.ones((len(sets), self.row.shape[1]))
        rows[:, self.columns] = np.where(sets[:, self.owner], self.row[:, self.columns], 1.0)
        return rows

    def of(self, rows: Array) -> Array:
        """Return the ratios (n,) in rows of likelihoods (n, S); NaN where neither can be."""
        likely = self.engine(rows).marginals
        sums = [
            likely[:, each.columns(self.network)].sum(axis=1) for each in (self.one, self.other)
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio: Array = 10 * (np.log10(sums[0]) - np.log10(sums[1]))
            edge = ~np.isfinite(ratio)
            if edge.any():
                ratio[edge] = self._joint(rows[edge], self.one) - self._joint(
                    rows[edge], self.other
                )
        return ratio

    def _joint(self, rows: Array, hypothesis: Hypothesis) -> Array:
        """Return 10 log10 P(hypothesis, findings), which unlike a posterior never rounds to 0."""
        clamped = rows.copy()
        kept = np.zeros(rows.shape[1], dtype=bool)
        kept[hypothesis.columns(self.network)] = True
        place = self.network.slices[hypothesis.variable]
        clamped[:, place] *= kept[place]
        return np.asarray(10 * self.engine(clamped).log_evidence / math.log(10))


def log_odds(network: Network, told: Findings, variable: str, state: str) -> LogRatio:
    """Return the log-odds of variable = state: its ratio to all other states."""
    others = tuple(other for other in network[variable].states if other != state)
    return LogRatio(network, told, Hypothesis(variable, (state,)), Hypothesis(variable, others))
