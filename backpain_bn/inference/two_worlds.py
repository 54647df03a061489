"""Families in two worlds that share their switches: the factors of P(variable, its copy | parents,
copies of parents).

A noisy-OR has one switch for each mechanism and one for the leak, and the copy has the same
switches. With q = 1 - leak, k_m = 1 - p_m, C_m whether m's conditions hold and C'_m whether they
hold in the other world, one helper h of four states (nothing, variable absent, copy absent, both
absent) factors it: P(y, y' | pa, pa') = sum over h of D(y, y', h) g_0(h) prod over m of g_m(h,
pa_m, pa'_m), and parents are never married. Below the smallest leak the mechanisms are chained
instead, which only adds. A table is coupled by quantiles: one uniform draw decides in both worlds,
the states in their order (Balke and Pearl 1994 for the two worlds).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..errors import TooHard
from ..model.distributions import LARGEST_TABLE, NoisyOr, Table
from ..model.network import Network
from .beliefs import Array
from .elimination import MINUS_ONE, ONE, SMALLEST_LEAK, ZERO, Axis, Factor, Helper, Twin

Cells = NDArray[np.int64]
SIGNED = np.array([[[0, 0, 0, 1], [0, 1, 0, -1]], [[0, 0, 1, -1], [1, -1, -1, 1]]])
"""D(y, y', h)."""
AS_CELL = np.array([ZERO, ONE, MINUS_ONE])


class OtherWorld:
    """What is different in the other world: `healthy` variables are in their first state, `copied`
    ones have a copy of their own.

    What is known to be `absent`, a noisy-OR in its first state, needs a copy only where it may be
    present in the other world alone. `may_protect` says whether the outcome may be.
    """

    def __init__(
        self, network: Network, healthy: Collection[str], absent: Collection[str] = ()
    ) -> None:
        self.network = network
        self.healthy = frozenset(healthy)
        above = network.ancestors(network.outcome) | {network.outcome}
        copied: set[str] = set()
        alone: set[str] = set()
        for name in network.order:
            differing = copied | self.healthy
            changing = differing.intersection(network[name].parents)
            if name not in above or name in self.healthy or not changing:
                continue
            harms = not changing & alone and self._only_harms(name, differing)
            if not harms:
                alone.add(name)
            if not harms or name not in absent:
                copied.add(name)
        self.copied = frozenset(copied)
        self.may_protect = network.outcome in alone

    def _only_harms(self, name: str, differing: Collection[str]) -> bool:
        """Return whether a variable cannot be present in the other world alone, if that holds for
        the parents that differ: no mechanism needs one of them to be healthy.
        """
        model = self.network[name].distribution
        if not isinstance(model, NoisyOr):
            return False
        return not any(
            self.network.states[parent][0] in states
            for mechanism in model.mechanisms
            for parent, states in mechanism.when.items()
            if parent in differing
        )

    def differing(self, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return which parents of a variable are healthy by decree, and which have a copy."""
        parents = self.network[name].parents
        return self.healthy.intersection(parents), self.copied.intersection(parents)

    def axis(self, name: str) -> Axis:
        """Return the axis of a variable, which is not healthy by decree, in the other world."""
        return Twin(name) if name in self.copied else name

    def axes(self, names: Sequence[str]) -> tuple[Axis, ...]:
        """Return the axes of variables in both worlds."""
        there = (self.axis(name) for name in names if name not in self.healthy)
        return tuple(dict.fromkeys((*names, *there)))

    def shape(self, axes: Sequence[Axis]) -> tuple[int, ...]:
        """Return how many states the axes have."""
        names = (axis if isinstance(axis, str) else axis.of for axis in axes)
        return tuple(len(self.network.states[name]) for name in names)

    def other_states(
        self, name: str, axes: Sequence[Axis], places: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the state that a variable has in the other world, at each place of a factor."""
        if name in self.healthy:
            return np.zeros_like(places[0])
        chosen: NDArray[np.int64] = places[axes.index(self.axis(name))]
        return chosen

    def holds(
        self, when: Mapping[str, tuple[str, ...]], axes: Sequence[Axis]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return where all conditions hold in this world and in the other, over all axes."""
        shape = self.shape(axes)
        here, there = np.ones(shape, dtype=bool), np.ones(shape, dtype=bool)
        for name, states in when.items():
            mask = np.array([state in states for state in self.network[name].states])
            here &= _along(mask, axes.index(name), len(axes))
            if name in self.healthy:
                there &= bool(mask[0])
            else:
                there &= _along(mask, axes.index(self.axis(name)), len(axes))
        return here, there


def pair_family(
    world: OtherWorld,
    name: str,
    model: NoisyOr,
    first: int,
    absent: tuple[bool, bool],
    chained: bool,
) -> Iterator[Factor]:
    """Yield the factors of cells of a noisy-OR and its copy, its parameters being those from cell
    `first` on.

    `absent` tells which of the two is known to be in its first state. Chained where its leak is
    small, or if told to be `chained`.
    """
    pairs = np.array(list(product(*((False,) if gone else (False, True) for gone in absent))))
    if chained or model.leak.p < SMALLEST_LEAK:
        yield from _chained(world, name, model, first, pairs)
    else:
        yield from _subtracted(world, name, model, first, pairs)


def _subtracted(
    world: OtherWorld, name: str, model: NoisyOr, first: int, pairs: NDArray[np.bool_]
) -> Iterator[Factor]:
    """Only those states of the helper are kept that some possible pair needs."""
    helper = Helper(name, 0)
    used = np.flatnonzero(SIGNED[pairs[:, 0].astype(int), pairs[:, 1].astype(int)].any(axis=0))
    yield Factor((name, Twin(name), helper), AS_CELL[SIGNED[:, :, used]])
    yield Factor((helper,), np.array([ONE, first, first, first])[used])
    for index, mechanism in enumerate(model.mechanisms, 1):
        axes = world.axes(tuple(mechanism.when))
        here, there = world.holds(mechanism.when, axes)
        never = np.zeros_like(here)
        conditions = np.stack([never, here, there, here | there])[used]
        yield Factor((helper, *axes), np.where(conditions, first + 2 * index, ONE))


def _chained(
    world: OtherWorld, name: str, model: NoisyOr, first: int, pairs: NDArray[np.bool_]
) -> Iterator[Factor]:
    """The helper is the pair of what has happened so far in the two worlds; a mechanism turns on
    what its conditions reach.
    """
    start = np.select([~pairs.any(axis=1), pairs.all(axis=1)], [first, first + 1], ZERO)
    yield Factor((Helper(name, 0),), start)
    for index, mechanism in enumerate(model.mechanisms, 1):
        axes = world.axes(tuple(mechanism.when))
        reached = np.stack(world.holds(mechanism.when, axes))
        cells = np.full((len(pairs), len(pairs), *reached.shape[1:]), ZERO)
        for before, after in product(range(len(pairs)), repeat=2):
            then = pairs[before].reshape(2, *[1] * len(axes)) | reached
            turned = (then == pairs[after].reshape(2, *[1] * len(axes))).all(axis=0)
            stayed = (then == pairs[before].reshape(2, *[1] * len(axes))).all(axis=0)
            cells[before, after] = np.where(turned, first + 2 * index + 1, ZERO)
            if before == after:
                cells[before, after] = np.where(stayed, ONE, first + 2 * index)
        yield Factor((Helper(name, index - 1), Helper(name, index), *axes), cells)
    last = np.full((2, 2, len(pairs)), ZERO)
    last[pairs[:, 0].astype(int), pairs[:, 1].astype(int), range(len(pairs))] = ONE
    yield Factor((name, Twin(name), Helper(name, len(model.mechanisms))), last)


def coupled(
    world: OtherWorld, name: str, model: Table, first: int
) -> tuple[tuple[Axis, ...], Cells, Cells]:
    """Return the axes of the factor of a table and its copy, and for each world the cells of the
    rows, (*axes of parents, states).
    """
    axes = world.axes(model.parents)
    shape = world.shape(axes)
    states = len(world.network.states[name])
    if math.prod(shape) * states**2 > LARGEST_TABLE:
        raise TooHard(
            f"the table of {name} in two worlds would have {math.prod(shape) * states**2:,} cells; "
            f"the limit is {LARGEST_TABLE:,}"
        )
    sizes = [len(world.network.states[parent]) for parent in model.parents]
    cells = first + np.arange(math.prod(sizes) * states).reshape(*sizes, states)
    places = np.indices(shape)
    here = cells[tuple(places[axes.index(parent)] for parent in model.parents)]
    there = cells[tuple(world.other_states(parent, axes, places) for parent in model.parents)]
    return (*axes, name, Twin(name)), here, there


def overlap(here: Array, there: Array) -> Array:
    """Return P(state, state') of two distributions (..., states) that one uniform draw decides: the
    overlaps of their quantiles.
    """
    upper, other_upper = here.cumsum(axis=-1), there.cumsum(axis=-1)
    lower, other_lower = upper - here, other_upper - there
    top = np.minimum(upper[..., :, None], other_upper[..., None, :])
    bottom = np.maximum(lower[..., :, None], other_lower[..., None, :])
    found: Array = np.maximum(top - bottom, 0.0)
    return found


def _along(mask: NDArray[np.bool_], axis: int, dims: int) -> NDArray[np.bool_]:
    return mask.reshape([-1 if place == axis else 1 for place in range(dims)])
