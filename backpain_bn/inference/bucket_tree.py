"""Bucket elimination laid out once and run many times: a tree of products, one pass up, one down
(Dechter 1999; Darwiche 2003).

Going up, the tensors that share an axis are multiplied two by two and the axis is summed out with
the last product. Going down, every tensor T gets its derivative dZ / dT, by two products of the
same kind for each product of the way up; no division, so zeros are harmless. P(axis, evidence) =
sum over the other axes of T * dZ / dT, for any T that has the axis: it is read off the smallest.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from .beliefs import Array
from .clusters import Cluster, clustered
from .contraction import NOTHING, Contraction, Numbers, Tensor, rescaled
from .elimination import Axis

Axes = tuple[Axis, ...]
LOOKED_AT = 16
"""How many of the smallest tensors are tried as partners in a product."""
TOGETHER = 8
"""How many tensors are multiplied in one go."""
MOST_UNSCALED = 16
"""Products in a row of numbers up to 1 after which the result is brought back to 1."""
MOST_POWER = 500
"""Where |T| * |dZ/dT| / Z stays below 2 ** this for all T, what underflow took away (2 ** -1074)
does not matter.
"""
SURE_POWER = -660
"""P(evidence) above 2 ** this needs no such test: every cell is at most a sum of probabilities."""


class Way(NamedTuple):
    """How a tensor gets its derivative from that of a product with its partners, or None where
    nobody asks; and whether it is rescaled then.
    """

    mine: int
    partners: tuple[int, ...]
    contraction: Contraction | None
    rescales: bool


class Product(NamedTuple):
    """One step up: tensor `out` from others, whether it is rescaled, and the ways down to them."""

    parts: tuple[int, ...]
    out: int
    up: Contraction
    rescales: bool
    ways: tuple[Way, ...]


class Readout(NamedTuple):
    """How axes are read off a tensor and its derivative: their joint (*states); then which cells of
    it belong to which states of all axes, one axis after the other, (states, cells), or None where
    there is one axis.
    """

    axes: Axes
    joint: Contraction
    places: Array | None


class TreeRun(NamedTuple):
    """Z over the kept axes; P(axis, evidence) of what is read off, states of several axes in one
    tensor; the powers of all T * dZ/dT on the way down; dZ/dT of the leaves that were reached.
    """

    total: Tensor
    joints: Sequence[tuple[Axes, Tensor]]
    powers: Sequence[Any]
    slopes: Mapping[int, Tensor]


class Arithmetic(NamedTuple):
    """How tensors are multiplied and brought back into range, and which power bounds a tensor times
    its derivative.
    """

    contract: Callable[[Contraction, Sequence[Tensor]], Tensor]
    rescale: Callable[[Tensor, int], Tensor]
    power: Callable[[Tensor, Tensor], Any]


PLAIN = Arithmetic(Contraction.plain, rescaled, lambda tensor, slope: tensor.power + slope.power)
BEYOND = Arithmetic(Contraction.beyond, lambda tensor, _: tensor, lambda tensor, slope: NOTHING)
UNIT = Tensor(np.ones(()), 0)


class BucketTree:
    """The plan for factors over these scopes.

    `order` eliminates all axes but the `kept`, which span the result; `wanted` are the axes to be
    read off on the way down, and the derivative of each of the first `sloped` tensors is wanted.
    Clusters of at most `small` cells are multiplied in one go. `cells` is the number of cells of
    all tensors that live at once, the largest intermediate ones included.
    """

    def __init__(
        self,
        scopes: Sequence[Axes],
        order: Sequence[Axis],
        sizes: Mapping[Axis, int],
        wanted: Collection[Axis] = (),
        kept: Axes = (),
        small: int = 0,
        sloped: int = 0,
    ) -> None:
        self.names = (*order, *kept)
        self.sizes = [sizes[axis] for axis in self.names]
        self.kept = len(kept)
        self.small = small
        self.sloped = sloped
        self.place = {axis: index for index, axis in enumerate(self.names)}
        place = self.place
        self.scopes: list[Numbers] = [
            self._in_order([place[axis] for axis in scope]) for scope in scopes
        ]
        self.unit = len(self.scopes)
        self.scopes.append(())
        self.steps: list[tuple[Numbers, int]] = []
        self.slopes: list[Numbers] = []
        self.wanted = {place[axis] for axis in wanted}
        self.read: dict[int, list[int]] = defaultdict(list)
        self.root = self._lay(len(order))
        self._read_the_rest()

    @cached_property
    def products(self) -> list[Product]:
        """The steps with their contractions, laid out when the tree is first run."""
        return self._products()

    @cached_property
    def readings(self) -> dict[int, Readout]:
        """How the wanted axes are read off which tensor and its derivative."""
        _ = self.products
        return {tensor: self._reading(tensor) for tensor in self.read}

    def sorted(self, axes: Collection[Axis]) -> Axes:
        """Return axes in the order in which tensors have them."""
        return tuple(
            [self.names[axis] for axis in self._in_order([self.place[axis] for axis in axes])]
        )

    def _in_order(self, axes: Collection[int]) -> Numbers:
        """Return axes in the order in which all tensors have them: the largest last, for the inner
        loop of a product runs along it.
        """
        sizes = self.sizes
        return tuple(sorted(axes, key=lambda axis: (sizes[axis], axis)))

    @cached_property
    def cells(self) -> int:
        """The number of cells held at once: all tensors, and two copies of the largest."""
        every = [self._size(scope) for scope in self.scopes]
        return sum(every) + 2 * max(every)

    def size(self, axis: Axis) -> int:
        """Return how many states an axis has."""
        return self.sizes[self.place[axis]]

    def _size(self, axes: Collection[int]) -> int:
        return math.prod([self.sizes[axis] for axis in axes])

    def _lay(self, eliminated: int) -> int:
        """Write the steps, cluster by cluster."""
        made: dict[int, int] = {}
        for number, cluster in clustered(self.scopes, self.sizes, eliminated, self.small).items():
            parts = [made[part] for part in cluster.parts]
            if self._size(cluster.axes) <= self.small:
                made[number] = self._at_once(cluster, parts)
            else:
                made[number] = self._joined([*cluster.leaves, *parts], cluster.dropped)
        return made[eliminated]

    def _at_once(self, cluster: Cluster, parts: list[int]) -> int:
        """Multiply all leaves of a small cluster, then what comes from others; then sum, and read
        off what is wanted.
        """
        leaves = self._folded(cluster.leaves)
        whole = self._folded([*leaves, *parts], 1)[0]
        asked = cluster.dropped & self.wanted
        wanted = [axis for axis in self.scopes[whole] if axis in asked]
        if wanted:
            self.read[whole] += wanted
            self.wanted -= cluster.dropped
        if not cluster.dropped:
            return whole
        return self._multiplied((whole,), cluster.dropped)

    def _folded(self, tensors: Sequence[int], most: int = 1) -> list[int]:
        """Multiply tensors, `TOGETHER` at a time, until at most so many are left."""
        left = list(tensors)
        while len(left) > most:
            groups = [left[start : start + TOGETHER] for start in range(0, len(left), TOGETHER)]
            left = [
                self._multiplied(tuple(group), ()) if len(group) > 1 else group[0]
                for group in groups
            ]
        return left

    def _joined(self, bucket: list[int], drop: Collection[int]) -> int:
        """Multiply the tensors two by two, the smallest first; drop axes with the last product."""
        if len(bucket) == 1 and not drop:
            return bucket[0]
        if len(bucket) > LOOKED_AT:
            bucket = self._alike(bucket)
        if len(bucket) == 1:
            return self._multiplied((bucket[0],), drop)
        ranked = sorted((self._size(self.scopes[tensor]), tensor) for tensor in bucket)
        while len(ranked) > 2:
            first = ranked.pop(0)[1]
            near = ranked[:LOOKED_AT]
            joint = [self._size({*self.scopes[first], *self.scopes[tensor]}) for _, tensor in near]
            _, second = ranked.pop(joint.index(min(joint)))
            out = self._multiplied((first, second), ())
            insort(ranked, (self._size(self.scopes[out]), out))
        return self._multiplied((ranked[0][1], ranked[1][1]), drop)

    def _alike(self, bucket: list[int]) -> list[int]:
        """Multiply those that have the same axes, in pairs, pairs of pairs, and so on."""
        groups: dict[Numbers, list[int]] = defaultdict(list)
        for tensor in bucket:
            groups[self.scopes[tensor]].append(tensor)
        return [self._folded(group)[0] for group in groups.values()]

    def _multiplied(self, parts: Numbers, drop: Collection[int]) -> int:
        scope = {axis for part in parts for axis in self.scopes[part]}.difference(drop)
        self.scopes.append(self._in_order(scope))
        self.steps.append((parts, len(self.scopes) - 1))
        return len(self.scopes) - 1

    def _read_the_rest(self) -> None:
        """Let each axis that is still wanted be read from the smallest tensor that has it."""
        smallest: dict[int, tuple[int, int]] = {}
        if not self.wanted:
            return
        for tensor, scope in enumerate(self.scopes):
            size = self._size(scope)
            for axis in self.wanted.intersection(scope):
                if size < smallest.get(axis, (math.inf, 0))[0]:
                    smallest[axis] = size, tensor
        for axis, (_, tensor) in smallest.items():
            self.read[tensor].append(axis)

    def _reading(self, tensor: int) -> Readout:
        axes = tuple(self.read[tensor])
        names = tuple([self.names[axis] for axis in axes])
        joint = Contraction((self.scopes[tensor], self.slopes[tensor]), axes, self.sizes)
        places = _places(tuple([self.sizes[axis] for axis in axes])) if len(axes) > 1 else None
        return Readout(names, joint, places)

    def _products(self) -> list[Product]:
        """Return the steps with their contractions, derivatives only where something below them is
        read.
        """
        every = range(len(self.scopes))
        live = [tensor < self.sloped or tensor in self.read for tensor in every]
        depth = [0] * len(self.scopes)
        deep = []
        for parts, out in self.steps:
            live[out] = live[out] or any(live[part] for part in parts)
            before = sum(depth[part] for part in parts) + len(parts) - 2
            deep.append(is_deep(depth, out, before))
        down = [0] * len(self.scopes)
        self.slopes = list(self.scopes)
        self.slopes[self.root] = ()
        products = []
        for (parts, out), rescales in zip(reversed(self.steps), reversed(deep), strict=True):
            ways = tuple(
                self._way(parts, out, index, depth, down)
                for index, part in enumerate(parts)
                if live[part]
            )
            up = Contraction([self.scopes[part] for part in parts], self.scopes[out], self.sizes)
            products.append(Product(parts, out, up, rescales, ways))
        return products[::-1]

    def _way(self, parts: Numbers, out: int, index: int, depth: list[int], down: list[int]) -> Way:
        """Return how dZ/d(part) follows from dZ/d(out); it has no axis along which it is the same
        everywhere.
        """
        mine, partners = parts[index], parts[:index] + parts[index + 1 :]
        if not partners:
            self.slopes[mine], down[mine] = self.slopes[out], down[out]
            return Way(mine, partners, None, False)
        scopes = [self.slopes[out], *(self.scopes[partner] for partner in partners)]
        there = {axis for scope in scopes for axis in scope}
        self.slopes[mine] = tuple([axis for axis in self.scopes[mine] if axis in there])
        contraction = Contraction(scopes, self.slopes[mine], self.sizes)
        before = down[out] + sum(depth[partner] for partner in partners) + len(partners) - 1
        return Way(mine, partners, contraction, is_deep(down, mine, before))

    def run(self, leaves: Sequence[Tensor], arithmetic: Arithmetic) -> TreeRun:
        """Return Z and what was to be read off, for one tensor per scope."""
        tensors = dict(enumerate(leaves))
        tensors[self.unit] = UNIT
        for step in self.products:
            out = arithmetic.contract(step.up, [tensors[part] for part in step.parts])
            if step.rescales:
                out = arithmetic.rescale(out, len(self.scopes[step.out]))
            tensors[step.out] = out
        total = tensors[self.root]
        if not (self.read or self.sloped):
            return TreeRun(total, [], [], {})
        return self._down(tensors, total, arithmetic)

    def _down(self, tensors: dict[int, Tensor], total: Tensor, arithmetic: Arithmetic) -> TreeRun:
        slopes = {self.root: UNIT}
        joints: list[tuple[Axes, Tensor]] = []
        powers = []

        def reach(mine: int, slope: Tensor) -> None:
            slopes[mine] = slope
            powers.append(arithmetic.power(tensors[mine], slope))
            reading = self.readings.get(mine)
            if reading is not None:
                joint = arithmetic.contract(reading.joint, [tensors[mine], slope])
                joints.append((reading.axes, _marginals(reading, joint)))

        reach(self.root, UNIT)
        for step in reversed(self.products):
            above = slopes.pop(step.out, None)
            del tensors[step.out]
            if above is None:
                continue
            for mine, partners, way, rescales in step.ways:
                slope = above
                if way is not None:
                    others = [tensors[partner] for partner in partners]
                    slope = arithmetic.contract(way, [above, *others])
                if rescales:
                    slope = arithmetic.rescale(slope, len(self.slopes[mine]))
                reach(mine, slope)
        return TreeRun(total, joints, powers, slopes)


@lru_cache(maxsize=256)
def _places(sizes: tuple[int, ...]) -> Array:
    """Return which cells of a table of these sizes belong to which states, (states, cells)."""
    found = np.zeros((sum(sizes), *sizes))
    row = 0
    for axis, size in enumerate(sizes):
        for state in range(size):
            found[row].swapaxes(0, axis)[state] = 1.0
            row += 1
    return found.reshape(row, -1)


def _marginals(reading: Readout, joint: Tensor) -> Tensor:
    """Return the sums of a joint over all axes but each."""
    if reading.places is None:
        return joint
    dims = len(reading.axes)
    values, power = joint.values, np.asarray(joint.power)
    if power.ndim >= dims:
        top = power.max(axis=tuple(range(dims)))
        values, power = np.ldexp(values, np.maximum(power - top, -2000)), top
    return Tensor(reading.places @ values.reshape(-1, *values.shape[dims:]), power)


def is_deep(depth: list[int], tensor: int, before: int) -> bool:
    """Set how many products a tensor has been through since it was rescaled; return whether it is
    to be rescaled now.
    """
    deep = before + 1 > MOST_UNSCALED
    depth[tensor] = 0 if deep else before + 1
    return deep
