"""One number of a network, cited and learned, and the network that the learned ones make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..model.distributions import Distribution, Mechanism, NoisyOr, Number, Row
from ..model.network import Network
from ..model.numbers import Parameter, places_of
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


@dataclass(frozen=True, slots=True)
class Learned:
    """One number: `cited` as the network has it, `p` as learned, its posterior Beta(alpha, beta).

    `worth` is how many cases its prior is worth, `cases` how many cases, seen whole, would tell as
    much about it as the data do; alpha + beta is their sum. `tail` is how likely data were to lead
    at least so far away if the cited number and range hold (1 where no range is cited). What the
    data are not `told` of stays as cited.
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
        alpha, beta = (np.array([value]) for value in self.posterior)
        low = float(beta_quantile((1 - level) / 2, alpha, beta)[0])
        high = float(beta_quantile((1 + level) / 2, alpha, beta)[0])
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
    numbers = {one.cited.first + one.cited.position: one.number for one in told}
    places = places_of(network)
    touched = {one.cited.variable for one in told}
    variables = {
        name: replace(
            variable,
            distribution=_with(variable.distribution, numbers, places[name].start),
        )
        if name in touched
        else variable
        for name, variable in network.variables.items()
    }
    return replace(network, variables=variables)


def _with(distribution: Distribution, numbers: Mapping[int, Number], start: int) -> Distribution:
    """Return a distribution with some numbers replaced, by the places of their cells."""
    if isinstance(distribution, NoisyOr):
        leak = numbers.get(start + 1, distribution.leak)
        mechanisms = [
            Mechanism(one.when, numbers.get(start + 2 * index + 1, one.number))
            for index, one in enumerate(distribution.mechanisms, 1)
        ]
        return NoisyOr(leak, tuple(mechanisms))
    rows = []
    place = start
    for row in distribution.rows:
        own = [numbers.get(place + index, one) for index, one in enumerate(row.numbers)]
        rows.append(Row(row.given, tuple(own)))
        place += len(own)
    return replace(distribution, rows=tuple(rows))
