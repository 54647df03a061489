"""One number of a network, cited and learned, and the network that the learned ones make."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..model.distributions import Number
from ..model.network import Network
from ..model.numbers import Parameter, with_numbers
from ..records import record
from .beta import beta_quantile

LEVEL = 0.95
"""Ranges are intervals of 95 %, as cited ones are taken for."""
TELLS = 0.1
"""The data tell about a number where they are worth at least this share of what its range is: the
range becomes narrower by a twentieth.
"""
TAIL = 0.05
MOVES = 0.1
"""A number has moved where it did by more than this share of the width of its cited range."""


@record
class Used:
    """What of a table was learned from: rows, distinct ones, what their weights add up to; rows in
    which nothing was told; and those that cannot be, P(row) = 0: how many, and their positions
    (from 0).
    """

    rows: int
    distinct: int
    weight: float
    silent: int
    impossible: int
    impossible_rows: tuple[int, ...]


@record
class Learned:
    """One number: `cited` as the network has it, `p` as learned, its posterior Beta(alpha, beta).

    `worth` is how many cases its prior is worth, `cases` how many cases, seen whole, would tell as
    much about it as the data do; alpha + beta is their sum, but where ranges do not count neither
    is below 1: none of n cases gives the upper end of Clopper and Pearson (1934). `tail` is how
    likely data were to lead at least so far away if the cited number and range hold (1 where no
    range is cited). What the data are not `told` of stays as cited.
    """

    cited: Parameter
    p: float
    posterior: tuple[float, float]
    worth: float
    cases: float
    tail: float
    told: bool

    @property
    def range(self) -> tuple[float, float]:
        """Where the number lies with a probability of 95 %."""
        return self.interval(LEVEL)

    def interval(self, level: float) -> tuple[float, float]:
        """Return where the number lies with a probability of `level`, as much of the rest on either
        side.
        """
        ends = np.array([1 - level, 1 + level]) / 2
        low, high = beta_quantile(ends, *self.posterior).tolist()
        return min(low, self.p), max(high, self.p)

    @property
    def moved(self) -> bool:
        """Whether it moved by more than a tenth of the width of its cited range."""
        before = self.cited.number
        return self.told and abs(self.p - before.p) > MOVES * (before.high - before.low)

    @property
    def contradicted(self) -> bool:
        """Whether the data contradict the cited number: its `tail` is below 5 %."""
        return self.told and self.tail < TAIL

    @property
    def verdict(self) -> str:
        """What the data say of the cited number, in words."""
        if self.contradicted:
            return "your data contradict this"
        if self.moved:
            return "moved"
        return "as cited" if self.told else "your data cannot tell"

    @property
    def number(self) -> Number:
        """The number for the network: as cited where the data cannot tell; else the learned one
        with its range, its sources, and what was cited. No association stands behind it any more.
        """
        before = self.cited.number
        if not self.told:
            return before
        low, high = self.range
        cited = before.published or f"{before.p:g} ({before.low:g} to {before.high:g})"
        note = f"learned, from data worth {self.cases:.0f} cases; cited: {cited}; {self.verdict}"
        return Number(self.p, low, high, before.sources, before.against, note)


def with_learned(network: Network, learned: Iterable[Learned]) -> Network:
    """Return the network with the learned numbers in place of the cited ones."""
    told = [one for one in learned if one.told]
    return with_numbers(network, {one.cited.place: one.number for one in told})
