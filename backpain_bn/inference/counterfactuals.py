"""Would it have happened anyway? The probability of causation, exactly, by two worlds that share
their switches.

With Y the outcome and Y' the outcome of the same case had the causes been healthy,
P(Y' absent | e, Y present) is the probability of causation (Robins and Greenland 1989; probability
of necessity, Pearl 1999; Tian and Pearl 2000), the rest what would be there without the causes, and
P(Y' present | e, Y absent) what they protect from. Only what lies below a cause and above the
outcome gets a second copy; everything else is shared (Balke and Pearl 1994).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import BackpainError
from ..model.distributions import NoisyOr
from ..model.network import Network
from .beliefs import Array
from .dense import SMALL_CLUSTER, DenseEngine, dense_engine
from .elimination import CONSTANTS, Axis, Factor, Twin
from .engine import engine_for
from .forest import Forest
from .plan import Plan, plan_for
from .recent import Recent
from .said import ABSENT, MIXED, SAFE, TOLD, WEIGHED, Said
from .two_worlds import OtherWorld, coupled, overlap, pair_family

MOST_READ = 256
"""Plans of single worlds kept per network, from which beliefs are read."""
MOST_PLANS = 16
"""Plans kept per network: one for each collection of sets of causes and set of told variables."""
Coupling = tuple[NDArray[np.int64], NDArray[np.int64]]


class Otherwise(NamedTuple):
    """`changed` (n, sets): P(outcome is otherwise in the other world | row, outcome as supposed).

    `log_evidence` (n,): log P(row, outcome as supposed), -inf and zeros where that is impossible.
    """

    changed: Array
    log_evidence: Array


class Slopes(NamedTuple):
    """`joints` (1 + sets,): P(outcome present | row) = 1, and P(outcome absent in the other world |
    row, present); `gradient` (1 + sets, P): by how much each changes with each parameter, in the
    order of the engine, over what P(row, outcome present) is now.
    """

    joints: Array
    gradient: Array


class _Planned(NamedTuple):
    """The plans of several other worlds as one, and of the tables that are coupled the cells in
    this world and in the other.

    `where` gives for each world its place among the plans; None where nothing can be otherwise.
    """

    forest: Forest
    couplings: tuple[Coupling, ...]
    where: tuple[int | None, ...]


class TwoWorlds:
    """A network and its other worlds, one for each set of variables that are healthy there."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.engine: DenseEngine = dense_engine(network)
        self._pairs: dict[object, tuple[Factor, ...]] = {}
        self._protecting: dict[frozenset[str], bool] = {}
        self._forests: Recent[_Planned] = Recent(MOST_PLANS)
        self._read: Recent[tuple[Plan, list[Coupling]] | None] = Recent(MOST_READ)

    def otherwise(
        self,
        evidence: Array,
        sets: Sequence[Collection[str]],
        present: bool,
        own: Array | None = None,
    ) -> Otherwise:
        """Answer rows of likelihoods (n, S): the outcome is supposed to be `present`, or absent.

        `own` (n, P) gives every row parameters of its own, in the order of the engine.
        """
        rows = evidence.copy()
        place = self.network.slices[self.network.outcome]
        healthy = place.start + 1
        rows[:, slice(place.start, healthy) if present else slice(healthy, place.stop)] = 0.0
        whole = self.log_evidence(rows, own)
        changed = np.zeros((len(rows), len(sets)))
        possible = np.flatnonzero(np.isfinite(whole))
        wanted = tuple(map(frozenset, sets))
        for said, alike in self.engine.kinds(rows[possible]):
            some = possible[alike]
            mine = own if own is None or own.ndim == 1 else own[some]
            logs = self._logs(said, rows[some], wanted, present, mine)
            changed[some] = np.exp(logs - whole[some]).T
        return Otherwise(np.minimum(changed, 1.0), whole)

    def where_otherwise(
        self, row: Array, sets: Sequence[Collection[str]], wanted: Collection[str]
    ) -> tuple[Array, Array]:
        """Return for one row (1, S) and each set P(outcome absent in the other world | row, outcome
        present) (sets,), and P(state | row, outcome present, absent in the other world) (sets, S)
        of the `wanted` variables, zeros where that cannot be.
        """
        rows = row.copy()
        rows[:, self.network.slices[self.network.outcome].start] = 0.0
        whole = self.log_evidence(rows)
        changed, beliefs = np.zeros(len(sets)), np.zeros((len(sets), rows.shape[1]))
        asked = frozenset(wanted)
        for said, _ in self.engine.kinds(rows):
            for index, names in enumerate(sets):
                read = self._read_plan(said, frozenset(names), tuple(wanted))
                if read is None or not np.isfinite(whole[0]):
                    continue
                cells, states, weights, tops = self._given(said, rows, None, read[1])
                found = read[0].run(cells, states, weights, 1)
                changed[index] = np.exp((found.log_evidence + tops - whole)[0])
                beliefs[index] = self.engine.marginals(found, rows, asked)[0]
        return np.minimum(changed, 1.0), beliefs

    def slopes(self, row: Array, sets: Sequence[Collection[str]]) -> Slopes:
        """Return for one row (1, S) and each set P(row, outcome present, absent in the other
        world), and how it follows each parameter.
        """
        rows = row.copy()
        rows[:, self.network.slices[self.network.outcome].start] = 0.0
        whole = float(self.log_evidence(rows)[0])
        joints = np.zeros(1 + len(sets))
        gradient = np.zeros((1 + len(sets), len(self.engine.parameters)))
        for said, _ in self.engine.kinds(rows):
            for index, names in enumerate([(), *sets]):
                read = self._read_plan(said, frozenset(names), None)
                is_idle = bool(names) and bool(self._all_healthy(rows, names)[0])
                if read is None or is_idle or not np.isfinite(whole):
                    continue
                cells, states, weights, tops = self._given(said, rows, None, read[1])
                scale = whole - float(tops[0])
                joints[index], slopes = read[0].slopes(cells, states, weights, scale)
                gradient[index] = slopes[CONSTANTS : CONSTANTS + len(self.engine.parameters)]
        return Slopes(joints, gradient)

    def _read_plan(
        self, said: Said, healthy: frozenset[str], wanted: tuple[str, ...] | None
    ) -> tuple[Plan, list[Coupling]] | None:
        """Return the plan of one other world with its couplings, None where nothing differs;
        where nothing is healthy by decree, this world. Beliefs of what is `wanted` can be read, or
        slopes where that is None.
        """

        def make() -> tuple[Plan, list[Coupling]] | None:
            names = dict(zip(self.network.variables, said.tolist(), strict=True))
            absent = {name for name, what in names.items() if what == ABSENT}
            world = OtherWorld(self.network, healthy, absent - {self.network.outcome})
            if healthy and self.network.outcome not in world.copied:
                return None
            couplings: list[Coupling] = []
            return self._plan_of(names, world, True, couplings, wanted), couplings

        return self._read.of((said.tobytes(), healthy, wanted), make)

    def log_evidence(self, rows: Array, own: Array | None = None) -> Array:
        """Return log P(row) of n rows in this world (n,)."""
        if len(rows) == 1:
            return self.engine(rows, own, ()).log_evidence
        return engine_for(self.network)(rows, own).log_evidence

    def _all_healthy(self, rows: Array, names: Collection[str]) -> NDArray[np.bool_]:
        """Return which rows (n,) say that all of some variables are healthy."""
        unhealthy = np.zeros(len(rows), dtype=bool)
        for name in names:
            place = self.network.slices[name]
            unhealthy |= rows[:, place.start + 1 : place.stop].any(axis=1)
        return ~unhealthy

    def may_protect(self, healthy: Collection[str]) -> bool:
        """Return whether the outcome might be there in the other world alone."""
        names = frozenset(healthy)
        if names not in self._protecting:
            self._protecting[names] = OtherWorld(self.network, names).may_protect
        return self._protecting[names]

    def _logs(
        self,
        said: Said,
        rows: Array,
        sets: tuple[frozenset[str], ...],
        present: bool,
        own: Array | None,
    ) -> Array:
        """Return log P(row, the outcome is otherwise in the other world) (sets, n)."""
        planned = self._plans(said, sets, present)
        cells, states, weights, tops = self._given(said, rows, own, planned.couplings)
        found = np.full((len(sets), len(rows)), -np.inf)
        planned_sets = [index for index, place in enumerate(planned.where) if place is not None]
        differs = np.array([~self._all_healthy(rows, sets[index]) for index in planned_sets])
        logs = planned.forest.run(
            cells, states, weights, differs.reshape(len(planned_sets), len(rows))
        )
        found[planned_sets] = logs + tops
        return found

    def _given(
        self, said: Said, rows: Array, own: Array | None, couplings: Sequence[Coupling]
    ) -> tuple[Array, dict[Axis, NDArray[np.int64]], dict[Axis, Array], Array]:
        """Return what a plan is run with: cells, told states and likelihoods, and the logs (n,)
        of the largest likelihoods, which it is not told.
        """
        tops, states, weights = self.engine.told(said, rows)
        twin, size = Twin(self.network.outcome), len(self.network[self.network.outcome].states)
        states[twin] = np.zeros(len(rows), dtype=np.int64)
        weights[twin] = np.tile(np.arange(size) > 0, (len(rows), 1)).astype(np.float64)
        cells = self.engine.families.cells(own)
        pairs = [overlap(cells[:, here], cells[:, there]) for here, there in couplings]
        cells = np.hstack([cells, *(pair.reshape(len(cells), -1) for pair in pairs)])
        return cells, states, weights, tops

    def _plans(self, said: Said, sets: tuple[frozenset[str], ...], present: bool) -> _Planned:

        def make() -> _Planned:
            names = dict(zip(self.network.variables, said.tolist(), strict=True))
            return self._lay_all(names, sets, present)

        return self._forests.of((said.tobytes(), sets, present), make)

    def _lay_all(
        self, said: Mapping[str, int], sets: tuple[frozenset[str], ...], present: bool
    ) -> _Planned:
        """Lay out each other world in which the outcome may be otherwise."""
        plans: list[Plan] = []
        couplings: list[Coupling] = []
        where: list[int | None] = []
        absent = {name for name, what in said.items() if what == ABSENT}
        for names in sets:
            world = OtherWorld(self.network, names, absent - {self.network.outcome})
            differs = self.network.outcome in world.copied
            if differs and (present or world.may_protect):
                where.append(len(plans))
                plans.append(self._plan_of(said, world, present, couplings))
            else:
                where.append(None)
        return _Planned(Forest(plans), tuple(couplings), tuple(where))

    def _plan_of(
        self,
        said: Mapping[str, int],
        world: OtherWorld,
        present: bool,
        couplings: list[Coupling],
        wanted: tuple[str, ...] | None = (),
    ) -> Plan:
        """Lay out all that the findings, the outcome and what is wanted depend on, in two worlds
        where they differ; for slopes where `wanted` is None.

        Cells beyond the parameters are those of the `couplings`, the tables that are coupled, to
        which this adds its own.
        """
        factors: list[Factor] = []
        end = CONSTANTS + len(self.engine.parameters)
        end += sum(here.size * here.shape[-1] for here, _ in couplings)
        safe = self.engine.families.safely_subtracted(said)
        asked = wanted or ()
        for name in self.engine.families.needed(said, [self.network.outcome, *asked]):
            variable = self.network[name]
            model, first = variable.distribution, CONSTANTS + self.engine.places[name].start
            if name not in world.copied:
                factors += self.engine.families.factors(name, SAFE if name in safe else said[name])
            elif isinstance(model, NoisyOr):
                is_outcome = name == self.network.outcome
                absent = said[name] == ABSENT, is_outcome and present
                chained = said[name] in (TOLD, WEIGHED) and not is_outcome and name not in safe
                factors += self._pair(world, name, model, absent, chained)
            else:
                axes, here, there = coupled(world, name, model, first)
                cells = np.arange(end, end + here.size * len(variable.states))
                factors.append(Factor(axes, cells.reshape(*here.shape, -1)))
                couplings.append((here, there))
                end += len(cells)
        told: set[Axis] = {name for name, what in said.items() if what in (TOLD, ABSENT)}
        weighed: list[Axis] = [name for name, what in said.items() if what in (WEIGHED, MIXED)]
        if present:
            told.add(Twin(self.network.outcome))
        else:
            weighed.append(Twin(self.network.outcome))
        small = SMALL_CLUSTER if asked or wanted is None else 0
        return plan_for(factors, told, weighed, set(asked) - told, (), small, wanted is None)

    def _pair(
        self,
        world: OtherWorld,
        name: str,
        model: NoisyOr,
        absent: tuple[bool, bool],
        chained: bool,
    ) -> tuple[Factor, ...]:
        """Return the factors of a noisy-OR and its copy, the same for all other worlds in which the
        same of its parents differ.
        """
        key = name, world.differing(name), absent, chained
        if key not in self._pairs:
            first = CONSTANTS + self.engine.places[name].start
            self._pairs[key] = tuple(pair_family(world, name, model, first, absent, chained))
        return self._pairs[key]


@lru_cache(maxsize=8)
def two_worlds(network: Network) -> TwoWorlds:
    """Return the worlds of a network, from the cache if they were asked for before.

    Raises `BackpainError` where the network names no outcome.
    """
    if not network.outcome:
        raise BackpainError(
            f"{network.name} names no outcome that causes could contribute to; `posterior` works "
            "on any network"
        )
    return TwoWorlds(network)
