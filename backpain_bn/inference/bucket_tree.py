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
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .contraction import NOTHING, Contraction, Tensor, rescaled
from .elimination import Axis

Axes = tuple[Axis, ...]
LOOKED_AT = 16
"""How many of the smallest tensors are tried as partners in a product."""
MOST_UNSCALED = 16
"""Products in a row of numbers up to 1 after which the result is brought back to 1."""
MOST_POWER = 500
"""Where |T| * |dZ/dT| / Z stays below 2 ** this for all T, what underflow took away (2 ** -1074)
does not matter.
"""
SURE_POWER = -660
"""P(evidence) above 2 ** this needs no such test: every cell is at most a sum of probabilities."""


class Way(NamedTuple):
    """How a tensor gets its derivative from that of a product with a partner, and whether it is
    rescaled then.
    """

    mine: int
    partner: int
    contraction: Contraction | None
    rescales: bool


class Product(NamedTuple):
    """One step up: tensor `out` from two others, whether it is rescaled, and the ways down to the
    two.
    """

    one: int
    other: int
    out: int
    up: Contraction
    rescales: bool
    ways: tuple[Way, Way]


class Outcome(NamedTuple):
    """Z over the kept axes; P(axis, evidence) of what is read off; the powers of all T * dZ/dT on
    the way down.
    """

    total: Tensor
    joints: Mapping[Axis, Tensor]
    powers: Sequence[Any]


class Arithmetic(NamedTuple):
    """How tensors are multiplied and brought back into range, and which power bounds a tensor times
    its derivative.
    """

    contract: Callable[[Contraction, Tensor, Tensor], Tensor]
    rescale: Callable[[Tensor, int], Tensor]
    power: Callable[[Tensor, Tensor], Any]


PLAIN = Arithmetic(Contraction.plain, rescaled, lambda tensor, slope: tensor.power + slope.power)
BEYOND = Arithmetic(Contraction.beyond, lambda tensor, _: tensor, lambda tensor, slope: NOTHING)
UNIT = Tensor(np.ones(()), 0)


class BucketTree:
    """The layout for factors over these scopes.

    `order` eliminates all axes but the `kept`, which span the result; `wanted` are the axes to be
    read off on the way down. `cells` is the number of cells of all tensors that live at once, the
    largest intermediate ones included.
    """

    def __init__(
        self,
        scopes: Sequence[Axes],
        order: Sequence[Axis],
        sizes: Mapping[Axis, int],
        wanted: Collection[Axis] = (),
        kept: Axes = (),
    ) -> None:
        self.sizes = sizes
        self.kept = len(kept)
        self.place = {axis: index for index, axis in enumerate((*order, *kept))}
        self.scopes: list[Axes] = [self.sorted(scope) for scope in scopes]
        self.unit = len(self.scopes)
        self.scopes.append(())
        self.steps: list[tuple[int, int, int]] = []
        self.slopes: list[Axes] = []
        self.root = self._lay(len(order))
        self.read = self._read_from(wanted)

    @cached_property
    def products(self) -> list[Product]:
        """The steps with their contractions, laid out when the tree is first run."""
        return self._products(set(self.read.values()))

    @cached_property
    def readings(self) -> dict[int, list[tuple[Axis, Contraction]]]:
        """How each wanted axis is read off which tensor and its derivative."""
        _ = self.products
        found: dict[int, list[tuple[Axis, Contraction]]] = defaultdict(list)
        for axis, tensor in self.read.items():
            scope, slope = self.scopes[tensor], self.slopes[tensor]
            found[tensor].append((axis, Contraction(scope, slope, (axis,), self.sizes)))
        return found

    def sorted(self, axes: Collection[Axis]) -> Axes:
        """Return axes in the order in which tensors have them."""
        return tuple(sorted(axes, key=self.place.__getitem__))

    @property
    def cells(self) -> int:
        """The number of cells held at once: all tensors, and two copies of the largest."""
        every = [self._size(scope) for scope in self.scopes]
        return sum(every) + 2 * max(every)

    def _size(self, axes: Collection[Axis]) -> int:
        return math.prod(self.sizes[axis] for axis in axes)

    def _lay(self, eliminated: int) -> int:
        """Write the steps: buckets by the axis that goes first; axes that no other tensor has go at
        once.
        """
        buckets: dict[int, list[int]] = defaultdict(list)
        users: dict[Axis, int] = defaultdict(int)

        def put(tensor: int) -> None:
            scope = self.scopes[tensor]
            first = self.place[scope[0]] if scope else eliminated
            buckets[min(first, eliminated)].append(tensor)
            for axis in scope:
                users[axis] += 1

        for tensor in range(len(self.scopes)):
            put(tensor)
        for position in range(eliminated):
            bucket = buckets.pop(position, None)
            if bucket:
                put(self._emptied(bucket, users, eliminated))
        return self._joined(buckets.pop(eliminated), ())

    def _emptied(self, bucket: list[int], users: dict[Axis, int], eliminated: int) -> int:
        for tensor in bucket:
            for axis in self.scopes[tensor]:
                users[axis] -= 1
        scope = {axis for tensor in bucket for axis in self.scopes[tensor]}
        drop = {axis for axis in scope if not users[axis] and self.place[axis] < eliminated}
        return self._joined(bucket, drop)

    def _joined(self, bucket: list[int], drop: Collection[Axis]) -> int:
        """Multiply the tensors two by two, the smallest first; drop axes with the last product."""
        if len(bucket) == 1 and not drop:
            return bucket[0]
        if len(bucket) > LOOKED_AT:
            bucket = self._alike(bucket)
        if len(bucket) == 1:
            bucket = [self.unit, *bucket]
        ranked = sorted((self._size(self.scopes[tensor]), tensor) for tensor in bucket)
        while len(ranked) > 2:
            first = ranked.pop(0)[1]
            near = ranked[:LOOKED_AT]
            joint = [self._size({*self.scopes[first], *self.scopes[tensor]}) for _, tensor in near]
            _, second = ranked.pop(joint.index(min(joint)))
            out = self._multiplied(first, second, ())
            insort(ranked, (self._size(self.scopes[out]), out))
        return self._multiplied(ranked[0][1], ranked[1][1], drop)

    def _alike(self, bucket: list[int]) -> list[int]:
        """Multiply those that have the same axes, in pairs, pairs of pairs, and so on."""
        groups: dict[Axes, list[int]] = defaultdict(list)
        for tensor in bucket:
            groups[self.scopes[tensor]].append(tensor)
        for group in groups.values():
            while len(group) > 1:
                odd = group[len(group) // 2 * 2 :]
                pairs = zip(group[::2], group[1::2], strict=False)
                group[:] = [self._multiplied(one, other, ()) for one, other in pairs] + odd
        return [tensor for group in groups.values() for tensor in group]

    def _multiplied(self, one: int, other: int, drop: Collection[Axis]) -> int:
        scope = {*self.scopes[one], *self.scopes[other]}.difference(drop)
        self.scopes.append(self.sorted(scope))
        self.steps.append((one, other, len(self.scopes) - 1))
        return len(self.scopes) - 1

    def _read_from(self, wanted: Collection[Axis]) -> dict[Axis, int]:
        """Return from which tensor each wanted axis is read: the smallest that has it."""
        smallest: dict[Axis, tuple[int, int]] = {}
        for tensor, scope in enumerate(self.scopes):
            size = self._size(scope)
            for axis in scope:
                if axis in wanted and size < smallest.get(axis, (math.inf, 0))[0]:
                    smallest[axis] = size, tensor
        return {axis: tensor for axis, (_, tensor) in smallest.items()}

    def _products(self, read: Collection[int]) -> list[Product]:
        """Return the steps with their contractions, derivatives only where something below them is
        read.
        """
        live = [tensor in read for tensor in range(len(self.scopes))]
        for one, other, out in self.steps:
            live[out] = live[out] or live[one] or live[other]
        depth = [0] * len(self.scopes)
        ups = [is_deep(depth, out, depth[one] + depth[other]) for one, other, out in self.steps]
        down = [0] * len(self.scopes)
        self.slopes = list(self.scopes)
        self.slopes[self.root] = ()
        products = []
        for (one, other, out), deep in zip(reversed(self.steps), reversed(ups), strict=True):
            ways = []
            for mine, partner in ((one, other), (other, one)):
                way = self._way_down(mine, partner, out) if live[mine] else None
                ways.append(
                    Way(mine, partner, way, is_deep(down, mine, down[out] + depth[partner]))
                )
            up = Contraction(self.scopes[one], self.scopes[other], self.scopes[out], self.sizes)
            products.append(Product(one, other, out, up, deep, (ways[0], ways[1])))
        return products[::-1]

    def _way_down(self, mine: int, partner: int, out: int) -> Contraction:
        """Return how dZ/d(mine) follows from dZ/d(out); it has no axis along which it is the same
        everywhere.
        """
        there = {*self.slopes[out], *self.scopes[partner]}
        self.slopes[mine] = tuple(axis for axis in self.scopes[mine] if axis in there)
        return Contraction(self.slopes[out], self.scopes[partner], self.slopes[mine], self.sizes)

    def run(self, leaves: Sequence[Tensor], arithmetic: Arithmetic) -> Outcome:
        """Return Z and what was to be read off, for one tensor per scope."""
        tensors = dict(enumerate(leaves))
        tensors[self.unit] = UNIT
        for step in self.products:
            out = arithmetic.contract(step.up, tensors[step.one], tensors[step.other])
            if step.rescales:
                out = arithmetic.rescale(out, len(self.scopes[step.out]))
            tensors[step.out] = out
        total = tensors[self.root]
        if not self.read:
            return Outcome(total, {}, [])
        return self._down(tensors, total, arithmetic)

    def _down(self, tensors: dict[int, Tensor], total: Tensor, arithmetic: Arithmetic) -> Outcome:
        slopes = {self.root: UNIT}
        joints: dict[Axis, Tensor] = {}
        powers = []

        def reach(mine: int, slope: Tensor) -> None:
            slopes[mine] = slope
            powers.append(arithmetic.power(tensors[mine], slope))
            for axis, reading in self.readings.get(mine, ()):
                joints[axis] = arithmetic.contract(reading, tensors[mine], slope)

        reach(self.root, UNIT)
        for step in reversed(self.products):
            above = slopes.pop(step.out, None)
            del tensors[step.out]
            if above is None:
                continue
            for mine, partner, way, scale in step.ways:
                if way is not None:
                    slope = arithmetic.contract(way, above, tensors[partner])
                    if scale:
                        slope = arithmetic.rescale(slope, len(self.slopes[mine]))
                    reach(mine, slope)
        return Outcome(total, joints, powers)


def is_deep(depth: list[int], tensor: int, before: int) -> bool:
    """Set how many products a tensor has been through since it was rescaled; return whether it is
    to be rescaled now.
    """
    deep = before + 1 > MOST_UNSCALED
    depth[tensor] = 0 if deep else before + 1
    return deep
