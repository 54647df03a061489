"""The families of a network as factors, for what is said of each variable."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

import numpy as np

from ..model.distributions import NoisyOr, Table
from ..model.network import Network
from .beliefs import Array
from .elimination import (
    CONSTANT_VALUES,
    CONSTANTS,
    SMALLEST_LEAK,
    Factor,
    Helper,
    family,
    needed,
)
from .said import ABSENT, FREE, SAFE, TOLD, WEIGHED

LEAST_LEAKS = 1e-4
"""What the leaks of noisy-ORs that are subtracted have for a product at least: four digits are lost
at most.
"""


class Families:
    """All families; `parameters` (P,) are the network's own, `places` tells where each variable's
    lie. `subtracted` names noisy-ORs that are never chained.
    """

    def __init__(self, network: Network, subtracted: frozenset[str]) -> None:
        self.network, self.subtracted = network, subtracted
        own = [variable.distribution.parameters() for variable in network.variables.values()]
        self.places: dict[str, slice] = {}
        end = 0
        for name, numbers in zip(network.variables, own, strict=True):
            self.places[name] = slice(end, end + len(numbers))
            end += len(numbers)
        self.parameters: Array = np.concatenate([np.zeros(0), *own])
        self._factors: dict[tuple[str, int], tuple[Factor, ...]] = {}

    def cells(self, own: Array | None) -> Array:
        """Return the values that factors of cells name: constants, then parameters; (1, cells) or
        (n, cells).
        """
        parameters = np.atleast_2d(self.parameters if own is None else own)
        return np.hstack([np.tile(CONSTANT_VALUES, (len(parameters), 1)), parameters])

    @cached_property
    def _own_cells(self) -> Array:
        found: Array = self.cells(None)[0]
        return found

    def chosen(self, said: Mapping[str, int], wanted: Collection[str]) -> list[tuple[str, int]]:
        """Return all that counts, and what the factors of each are laid out for."""
        safe = self.safely_subtracted(said)
        names = self.needed(said, wanted)
        return [(name, SAFE if name in safe else said[name]) for name in names]

    def needed(self, said: Mapping[str, int], wanted: Collection[str]) -> list[str]:
        """Return what is wanted, what something is said of, and all that these depend on."""
        told = [name for name, what in said.items() if what != FREE]
        return needed(self.network, [*wanted, *told])

    def safely_subtracted(self, said: Mapping[str, int]) -> set[str]:
        """Return the noisy-ORs that may be present and yet need not be chained, those of most
        mechanisms first: P(present) is at least the leak, so all together they lose no more digits
        than `LEAST_LEAKS` has.
        """
        present = [
            (len(model.mechanisms), model.leak.p, name)
            for name, what in said.items()
            if what in (TOLD, WEIGHED)
            and isinstance(model := self.network[name].distribution, NoisyOr)
            and model.leak.p >= SMALLEST_LEAK
        ]
        found, left = set(), 1.0
        for _, leak, name in sorted(present, reverse=True):
            if left * leak >= LEAST_LEAKS:
                found.add(name)
                left *= leak
        return found

    def factors(self, name: str, what: int) -> tuple[Factor, ...]:
        """Return the factors of cells of P(name | parents), for what is said of it.

        A noisy-OR that may be present is chained, for that adds where findings make its presence
        rare, unless that is known to be safe; an absent one falls apart.
        """
        key = name, what
        found = self._factors.get(key)
        if found is None:
            first = CONSTANTS + self.places[name].start
            variable, present = self.network[name], what in (TOLD, WEIGHED)
            common = name in self.subtracted
            made = family(self.network, variable, first, present, common)
            found = tuple(_without_helpers(factor) if what == ABSENT else factor for factor in made)
            self._factors[key] = found
        return found

    def values(self, name: str, what: int) -> list[Factor]:
        """Return the same as factors of the network's own numbers; a table is only looked at."""
        factors = self.factors(name, what)
        if isinstance(self.network[name].distribution, Table):
            table = self.parameters[self.places[name]]
            return [Factor(each.axes, table.reshape(each.table.shape)) for each in factors]
        return [Factor(each.axes, self._own_cells[each.table]) for each in factors]


def _without_helpers(factor: Factor) -> Factor:
    """Return the factor with all helpers in their first state."""
    is_helper = [isinstance(axis, Helper) for axis in factor.axes]
    index = tuple(0 if helper else slice(None) for helper in is_helper)
    axes = tuple(axis for axis, helper in zip(factor.axes, is_helper, strict=True) if not helper)
    return Factor(axes, factor.table[index])
