"""Families as factors over named axes, and the order in which axes are summed out.

A noisy-OR is never written out: with one helper h of two states P(Y | pa) = sum over h of D(Y, h) *
product over mechanisms m of g_m(h, conditions of m), where g_m(0, .) = 1 - p_m where the conditions
hold and 1 elsewhere, g_m(1, .) = 1, D(no, .) = (1, 0), D(yes, .) = (-1, 1) (Heckerman 1993; Diez
and Galan 2003). D subtracts; below a leak of `SMALLEST_LEAK` the mechanisms are chained instead
(divorced), which only adds.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import chain
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..model.distributions import NoisyOr, Table
from ..model.network import Network
from ..model.variables import Variable

ZERO, ONE, MINUS_ONE, CONSTANTS = 0, 1, 2, 3
"""The first cells that a factor of cells may name; the parameters of the variables follow."""
CONSTANT_VALUES = (0.0, 1.0, -1.0)
SMALLEST_LEAK = 1e-3
"""Below this leak a noisy-OR is chained rather than subtracted: 1 - (1 - 1e-12) would keep four
digits.
"""


class Helper(NamedTuple):
    """An axis that is no variable: one step of a noisy-OR."""

    of: str
    step: int


class Twin(NamedTuple):
    """The same variable in the other world."""

    of: str


Axis = str | Helper | Twin


@dataclass(frozen=True, slots=True)
class Factor:
    """A function of its axes: `table` holds its values, or the cells (constants and parameters)
    where they are found.
    """

    axes: tuple[Axis, ...]
    table: NDArray[Any]


class HasAxes(Protocol):
    """A factor of any kind: a table over named axes."""

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The names of the table's axes."""

    @property
    def table(self) -> NDArray[Any]:
        """One value, or cell, for each place."""


@dataclass(frozen=True, slots=True)
class Order:
    """An elimination order, the cells of all its cliques together, and the axes of the largest."""

    axes: tuple[Axis, ...]
    cells: float
    largest: tuple[Axis, ...]


def needed(network: Network, names: Iterable[str]) -> list[str]:
    """Return these variables and all that they depend on, in the network's order."""
    found = set(names)
    for name in reversed(network.order):
        if name in found:
            found.update(network[name].parents)
    return [name for name in network.variables if name in found]


def family(
    network: Network, variable: Variable, first: int, chained: bool, common: bool = False
) -> Iterator[Factor]:
    """Yield the factors of cells whose product, helpers summed out, is P(variable | parents).

    `first` is the cell of the variable's first parameter. A noisy-OR is chained where its leak is
    small, unless it is known to be `common`, or if told to be `chained`.
    """
    model = variable.distribution
    if isinstance(model, Table):
        shape = [len(network.states[name]) for name in (*model.parents, variable.name)]
        cells = first + np.arange(math.prod(shape)).reshape(shape)
        yield Factor((*model.parents, variable.name), cells)
    elif chained or not (common or model.leak.p >= SMALLEST_LEAK):
        yield from _chained(network, variable.name, model, first)
    else:
        yield from _subtracted(network, variable.name, model, first)


def _subtracted(network: Network, name: str, model: NoisyOr, first: int) -> Iterator[Factor]:
    helper = Helper(name, 0)
    yield Factor((name, helper), np.array([[ONE, ZERO], [MINUS_ONE, ONE]]))
    yield Factor((helper,), np.array([first, ONE]))
    for index, mechanism in enumerate(model.mechanisms, 1):
        mask = mechanism.holds(tuple(mechanism.when), network.states)
        absent = np.where(mask, first + 2 * index, ONE)
        yield Factor((helper, *mechanism.when), np.stack([absent, np.full_like(absent, ONE)]))


def _chained(network: Network, name: str, model: NoisyOr, first: int) -> Iterator[Factor]:
    steps: list[Axis] = [Helper(name, step) for step in range(len(model.mechanisms))]
    steps.append(name)
    yield Factor((steps[0],), np.array([first, first + 1]))
    for index, mechanism in enumerate(model.mechanisms, 1):
        mask = mechanism.holds(tuple(mechanism.when), network.states)
        stays = np.where(mask, first + 2 * index, ONE)
        turns = np.where(mask, first + 2 * index + 1, ZERO)
        already = np.stack([np.full_like(stays, ZERO), np.full_like(stays, ONE)])
        cells = np.stack([np.stack([stays, turns]), already])
        yield Factor((steps[index - 1], steps[index], *mechanism.when), cells)


def sizes_of(factors: Iterable[HasAxes]) -> dict[Axis, int]:
    """Return how many states each axis has."""
    pairs = (zip(factor.axes, factor.table.shape, strict=True) for factor in factors)
    return dict(chain.from_iterable(pairs))


def elimination_order(
    scopes: Iterable[Sequence[Axis]],
    sizes: Mapping[Axis, int],
    kept: Collection[Axis] = (),
    enough: float = 0.0,
) -> Order:
    """Return the cheaper of two greedy orders of all axes but the `kept`: by smallest clique, by
    fewest new edges. The second is not tried where the first costs no more cells than is `enough`.

    >>> order = elimination_order([("a", "b"), ("b", "c")], {"a": 2, "b": 3, "c": 2})
    >>> order.axes[0], order.cells
    ('a', 14.0)
    """
    names = list(sizes)
    number = {axis: index for index, axis in enumerate(names)}
    near: list[set[int]] = [set() for _ in names]
    for scope in (*scopes, kept):
        clique = [number[axis] for axis in scope]
        for index in clique:
            near[index].update(clique)
    for index, others in enumerate(near):
        others.discard(index)
    bits = [math.log2(size) for size in sizes.values()]
    stay = {number[axis] for axis in kept}
    best = _greedy([set(others) for others in near], bits, stay, False)
    if best[1] > enough:
        best = min(best, _greedy(near, bits, stay, True), key=lambda found: found[1])
    order, cells, largest = best
    return Order(tuple([names[i] for i in order]), cells, tuple([names[i] for i in largest]))


def _greedy(
    near: list[set[int]], bits: Sequence[float], kept: Collection[int], by_fill: bool
) -> tuple[list[int], float, list[int]]:
    """Return the order, the cells of all cliques and the largest of them; `near` is used up."""
    load = [bits[i] + sum([bits[j] for j in others]) for i, others in enumerate(near)]
    fill = [_missing(near, i) if by_fill else 0 for i in range(len(near))]
    heap = [(fill[i], load[i], i) for i in range(len(near)) if i not in kept]
    heapify(heap)
    gone = [False] * len(near)
    order: list[int] = []
    cells, heaviest, largest = 0.0, -1.0, list(kept)
    while heap:
        new_edges, weight, i = heappop(heap)
        if gone[i] or new_edges != fill[i] or weight != load[i]:
            continue
        cells += 2.0 ** min(weight, 1000.0)
        if weight > heaviest:
            heaviest, largest = weight, [i, *near[i]]
        gone[i] = True
        order.append(i)
        for j in _removed(i, near, bits, load, fill if by_fill else None):
            if j not in kept:
                heappush(heap, (fill[j], load[j], j))
    return order, cells, largest


def _missing(near: Sequence[set[int]], i: int) -> int:
    others = near[i]
    return sum([len(others) - 1 - len(others & near[j]) for j in others]) // 2


def _removed(
    i: int,
    near: list[set[int]],
    bits: Sequence[float],
    load: list[float],
    fill: list[int] | None,
) -> set[int]:
    """Remove an axis, join its neighbours, and return those whose cost has changed; `fill` is kept
    where it is given.
    """
    others = near[i]
    changed = set(others)
    is_clique = fill is not None and fill[i] == 0
    for j in others:
        near[j].discard(i)
        load[j] -= bits[i]
        if fill is not None:
            fill[j] -= len(near[j] - others)
    if is_clique:
        return changed
    for j in others:
        for k in others - near[j]:
            if j < k:
                changed |= _joined(j, k, near, fill)
                load[j] += bits[k]
                load[k] += bits[j]
    return changed


def _joined(j: int, k: int, near: list[set[int]], fill: list[int] | None) -> set[int]:
    """Join two axes; return those whose fill has changed beside theirs."""
    common: set[int] = set()
    if fill is not None:
        common = near[j] & near[k]
        fill[j] += len(near[j]) - len(common)
        fill[k] += len(near[k]) - len(common)
        for each in common:
            fill[each] -= 1
    near[j].add(k)
    near[k].add(j)
    return common
