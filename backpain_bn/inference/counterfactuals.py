"""Would it have happened anyway? The probability of causation, exactly, by two worlds that share their switches.

With Y the outcome and Y' the outcome of the same case had the causes been healthy:
share = P(Y' absent | e, Y present) is the probability of causation (Robins and Greenland 1989; probability of necessity, Pearl 1999; Tian
and Pearl 2000), 1 - share = P(Y' present | e, Y present) what would be there without them, and P(Y' present | e, Y absent) what they spare.
Only what lies below a cause and above the outcome gets a second copy; everything else is shared.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from ..errors import BackpainError
from ..evidence import Findings, encode, impossible
from ..kernel import Array
from ..network import Network, NoisyOr
from .dense import ABSENT, FREE, TOLD, WEIGHED, DenseEngine, Said, dense_engine
from .elimination import CONSTANTS, Axis, Factor, Twin
from .layout import Layout, laid_out
from .two_worlds import OtherWorld, coupled, overlap, pair_family

MOST_LAYOUTS = 512
"""Layouts kept per network: one for each cause and set of told variables."""


@dataclass(frozen=True, slots=True)
class Causation:
    """What would have been different: for each cause, had it been healthy; `together`, had all of them been.

    Of P(outcome present): `shares` P(Y' absent | e, Y present). Shares overlap along a path and do not add up to 1.
    `none` = P(Y' present | e, Y present) had all been healthy: no identified cause.
    """

    outcome: str
    shares: Mapping[str, float]
    together: float

    @property
    def none(self) -> float:
        """Return what no listed cause explains."""
        return 1.0 - self.together


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """A layout, and the values of coupled tables, for the network's own parameters, that follow the parameters among the cells."""

    layout: Layout
    couplings: tuple[tuple[Array, Array], ...]


class TwoWorlds:
    """The network and its other worlds, one for each set of causes that are healthy there; layouts are kept."""

    def __init__(self, network: Network, outcome: str) -> None:
        self.network, self.outcome = network, outcome
        self.engine: DenseEngine = dense_engine(network)
        self._laid: OrderedDict[object, _Laid] = OrderedDict()
        self._worlds: dict[frozenset[str], OtherWorld] = {}

    def changed(self, evidence: Array, sets: Sequence[Collection[str]], present: bool, own: Array | None = None) -> Array:
        """Return P(outcome is otherwise in the other world | row, outcome as `present` says), shape (n, sets).

        Rows that are impossible together with that outcome get zeros. `own` (n, P): parameters of each row.
        """
        rows = evidence.copy()
        place = self.network.slices[self.outcome]
        kept = slice(place.start, place.start + 1) if present else slice(place.start + 1, place.stop)
        rows[:, kept] = 0.0
        whole = self.engine(rows, own, ()).log_evidence
        found = np.zeros((len(rows), len(sets)))
        for said, alike in self.engine.alike(rows):
            mine = None if own is None else own[alike]
            for index, healthy in enumerate(sets):
                logs = self._logs(said, rows[alike], frozenset(healthy), present, mine)
                found[alike, index] = np.exp(logs - np.where(np.isfinite(whole[alike]), whole[alike], 0.0))
        found[np.isneginf(whole)] = 0.0
        return np.minimum(found, 1.0)

    def _logs(self, said: Said, rows: Array, healthy: frozenset[str], present: bool, own: Array | None) -> Array:
        """Return log P(row, the outcome is otherwise in the other world)."""
        world = self._worlds.get(healthy)
        if world is None:
            world = self._worlds[healthy] = OtherWorld(self.network, healthy, self.outcome)
        if self.outcome not in world.copied:
            return np.full(len(rows), -np.inf)
        laid = self._layout(said, world, present)
        tops, states, weights = self.engine.told(said, rows)
        twin = Twin(self.outcome)
        states[twin] = np.zeros(len(rows), dtype=np.int64)
        otherwise = np.ones(len(self.network[self.outcome].states))
        otherwise[0] = 0.0
        weights[twin] = np.tile(otherwise, (len(rows), 1))
        cells = self.engine.cells(own)
        extra = [overlap(cells[:, here], cells[:, there]).reshape(len(cells), -1) for here, there in laid.couplings]
        logs: Array = laid.layout.run(np.hstack([cells, *extra]), states, weights, len(rows)).log_evidence + tops
        return logs

    def _layout(self, said: Said, world: OtherWorld, present: bool) -> _Laid:
        key = said.tobytes(), world.healthy, present
        found = self._laid.pop(key, None)
        if found is None:
            found = self._lay(dict(zip(self.network.variables, said.tolist(), strict=True)), world, present)
        self._laid[key] = found
        if len(self._laid) > MOST_LAYOUTS:
            self._laid.popitem(last=False)
        return found

    def _lay(self, said: Mapping[str, int], world: OtherWorld, present: bool) -> _Laid:
        needed = {self.outcome, *(name for name, what in said.items() if what != FREE)}
        for name in reversed(self.network.order):
            if name in needed:
                needed.update(self.network[name].parents)
        factors: list[Factor] = []
        couplings: list[tuple[Array, Array]] = []
        end = CONSTANTS + len(self.engine.parameters)
        for name in self.network.variables:
            if name not in needed:
                continue
            if name not in world.copied:
                factors += self.engine.family(name, said[name])
                continue
            variable, first = self.network[name], CONSTANTS + self.engine.places[name].start
            if isinstance(variable.distribution, NoisyOr):
                gone = said[name] == ABSENT, name == self.outcome and present
                rare = RARE(self, name, said)
                factors += pair_family(world, variable, variable.distribution, first, gone, rare)
            else:
                axes, here, there = coupled(world, variable, variable.distribution, first)
                size = here.size * len(variable.states)
                factors.append(Factor(axes, end + np.arange(size).reshape(*here.shape, -1)))
                couplings.append((here, there))
                end += size
        told: set[Axis] = {name for name, what in said.items() if what in (TOLD, ABSENT)}
        weighed: list[Axis] = [name for name, what in said.items() if what == WEIGHED]
        if present:
            told.add(Twin(self.outcome))
        else:
            weighed.append(Twin(self.outcome))
        return _Laid(laid_out(factors, told, weighed), tuple(couplings))
