"""A plan bound to its numbers, for one case after the other.

Where only one row is asked for, most of the time would go into Python. So every product is bound
beforehand to the arrays that it reads and writes, what no finding reaches is worked out once, and
what is told cuts a view out of a table. Nothing is scaled: where P(case) is above 2 ** SURE_POWER,
no cell that matters leaves the range of a double; other cases are for `Plan.run`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .beliefs import Array
from .bucket_tree import SURE_POWER, BucketTree, Readout
from .contraction import Bound, Call, Contraction, Room
from .elimination import Axis
from .plan import Leaf

MOST_CELLS = 2**21
"""A plan of more cells than this is not bound: its time goes into arithmetic, and its room is
better given back.
"""
MOST_KEPT = 2**20
"""Cells that are worked out once, at most."""
COST_OF_A_CALL = 2**11
"""Nanoseconds that a bound call takes beside its arithmetic, of about one for each cell."""
BLOCK = 2**14
"""Cells that are set aside together, at least."""
LINE = 8
"""Cells of a line of the cache, in which every array begins a new one."""
UNIT = Bound(np.ones(()), False)


class Scratch:
    """Room for the tensors of a case. All cases that are bound to it share it: one runs at a time,
    under the `lock`.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self._blocks: list[Array] = []

    def room(self) -> Room:
        """Return what hands out arrays of given shapes, beginning anew."""
        block, start = 0, 0

        def take(shape: Sequence[int]) -> Array:
            nonlocal block, start
            size = math.prod(shape)
            # Cases may be bound in several threads, and a block be added by another one.
            with self.lock:
                while block < len(self._blocks) and start + size > len(self._blocks[block]):
                    block, start = block + 1, 0
                if block == len(self._blocks):
                    self._blocks.append(np.empty(max(size, BLOCK)))
            found = self._blocks[block][start : start + size].reshape(shape)
            start += -(-size // LINE) * LINE
            return found

        return take


class _Slice(NamedTuple):
    """A table whose first axes are told; which of the told states choose; where the part goes."""

    table: Array
    chosen: Callable[[Sequence[int]], tuple[int, ...]]
    out: Array


class _Weight(NamedTuple):
    """Where the likelihoods of a variable stand in a row, its number, and where they go."""

    place: slice
    number: int
    out: Array


class OneCase:
    """A tree of products bound to the leaves' values; `weighed` axes have likelihoods of their own.

    `places` tells where the states of each variable lie in a row, in the network's order; `told`
    are the variables of which a state is told, `read` those that are asked for. `cost` is about how
    many nanoseconds a case takes.
    """

    def __init__(
        self,
        tree: BucketTree,
        leaves: Sequence[Leaf],
        weighed: Sequence[Axis],
        told: Sequence[str],
        read: Sequence[str],
        places: Mapping[str, slice],
        scratch: Scratch,
    ) -> None:
        self._lock, self._take = scratch.lock, scratch.room()
        self.tree, self._left = tree, MOST_KEPT
        self._calls: list[Call] = []
        self._slices: list[_Slice] = []
        self._scalars: list[_Slice] = []
        self._weights: list[_Weight] = []
        self._states = _Told(told, read, places)
        number: dict[Axis, int] = {axis: index for index, axis in enumerate(told)}
        bound = [self._leaf(leaf, number) for leaf in leaves]
        order = list(places)
        for axis in weighed:
            name = str(axis)
            out = self._take((places[name].stop - places[name].start,))
            self._weights.append(_Weight(places[name], order.index(name), out))
            bound.append(Bound(out, True))
        self._answers = _Answers([name for name in read if name not in number], places)
        self._total = self._bind(tree, bound)
        self._runs = 0
        self.cost = COST_OF_A_CALL * (len(self._calls) + len(self._slices)) + tree.cells

    def _leaf(self, leaf: Leaf, number: Mapping[Axis, int]) -> Bound:
        if not leaf.told:
            return Bound(leaf.cells, False)
        chosen = itemgetter(*[number[axis] for axis in leaf.told])
        rest = leaf.cells.ndim - len(leaf.told)
        every = range(leaf.cells.ndim)
        table = leaf.cells.transpose([*every[rest:], *every[:rest]])
        if not rest:
            self._scalars.append(_Slice(table, chosen, UNIT.values))
            return UNIT
        out = self._take(leaf.cells.shape[:rest])
        self._slices.append(_Slice(table, chosen, out))
        return Bound(out, True)

    def _bind(self, tree: BucketTree, leaves: Sequence[Bound]) -> Array:
        """Bind the products of the way up, those of the way down, and the readings."""
        tensors = dict(enumerate([*leaves, UNIT]))
        for step in tree.products:
            tensors[step.out] = self._product(step.up, [tensors[part] for part in step.parts])
        slopes = {tree.root: UNIT}
        self._read(tree.readings.get(tree.root), tensors[tree.root], UNIT)
        for step in reversed(tree.products if tree.read else ()):
            above = slopes.pop(step.out, None)
            if above is None:
                continue
            for mine, partners, way, _ in step.ways:
                slope = above
                if way is not None:
                    slope = self._product(way, [above, *[tensors[other] for other in partners]])
                slopes[mine] = slope
                self._read(tree.readings.get(mine), tensors[mine], slope)
        return tensors[tree.root].values

    def _product(
        self, contraction: Contraction, parts: Sequence[Bound], out: Array | None = None
    ) -> Bound:
        """Bind a product, or work it out now where no finding reaches it and there is room."""
        varies = any(part.varies for part in parts)
        if not varies:
            self._left -= contraction.cells
            varies = self._left < 0
        calls, result = contraction.bound(parts, self._take if varies else np.empty, out)
        if varies:
            self._calls += calls
        else:
            for call in calls:
                call()
        return Bound(result, varies)

    def _read(self, reading: Readout | None, tensor: Bound, slope: Bound) -> None:
        if reading is None:
            return
        out = self._answers.room(reading.axes)
        if reading.places is None:
            self._product(reading.joint, [tensor, slope], out)
            return
        joint = tensor
        if slope is not UNIT or len(reading.axes) < tensor.values.ndim:
            joint = self._product(reading.joint, [tensor, slope])
        places, flat = reading.places, joint.values.reshape(-1)

        def call() -> None:
            np.dot(places, flat, out)

        if joint.varies:
            self._calls.append(call)
        else:
            call()

    def _settle(self) -> None:
        """Lay out the tables as they are cut, while there is room: there will be more cases."""
        settled, left = [], MOST_KEPT
        for each in self._slices:
            left -= each.table.size
            table = np.ascontiguousarray(each.table) if left >= 0 else each.table
            settled.append(each._replace(table=table))
        self._slices = settled

    def run(self, row: Array, largest: Array) -> tuple[Array, float] | None:
        """Return P(state | row) (S,) and log P(row), or None where doubles may not hold it; row
        (S,), its largest likelihood for each variable (V,).
        """
        with self._lock:
            self._runs += 1
            if self._runs == 2:
                self._settle()
            states = self._states.of(row)
            log_scale = 0.0
            for table, chosen, _ in self._scalars:
                value = table[chosen(states)]
                if value <= 0:
                    return None
                log_scale += math.log(value)
            for table, chosen, out in self._slices:
                out[...] = table[chosen(states)]
            for place, number, out in self._weights:
                np.divide(row[place], largest[number], out)
            for call in self._calls:
                call()
            total = float(self._total)
            if not (total > 0 and math.log2(total) > SURE_POWER):
                return None
            answer = np.zeros(len(row))
            self._states.put(states, answer)
            self._answers.put(answer)
        return answer, log_scale + math.log(total)


class _Told:
    """Which states a row tells, and where they stand in an answer if they are `read`."""

    def __init__(
        self, told: Sequence[str], read: Sequence[str], places: Mapping[str, slice]
    ) -> None:
        ranges = [np.arange(places[name].start, places[name].stop) for name in told]
        self._columns = np.concatenate([np.zeros(0, dtype=np.intp), *ranges])
        self._starts = np.cumsum([0, *map(len, ranges)])[:-1]
        asked = frozenset(read)
        self._asked = [(index, places[n].start) for index, n in enumerate(told) if n in asked]

    def of(self, row: Array) -> list[int]:
        """Return the states of the told variables."""
        found: list[int] = (np.flatnonzero(row[self._columns]) - self._starts).tolist()
        return found

    def put(self, states: Sequence[int], answer: Array) -> None:
        """Write that the told states are certain."""
        for index, start in self._asked:
            answer[start + states[index]] = 1.0


class _Answers:
    """Room for P(state, row) of some variables, one after the other as they are read."""

    def __init__(self, names: Sequence[str], places: Mapping[str, slice]) -> None:
        self._places = places
        self._sizes: list[int] = []
        size = sum([places[name].stop - places[name].start for name in names])
        self._values = np.empty(size)
        self._columns: NDArray[np.intp] = np.empty(size, dtype=np.intp)
        self._owner: NDArray[np.intp] = np.empty(size, dtype=np.intp)
        self._starts: list[int] = []
        self._end = 0

    def room(self, axes: Sequence[Axis]) -> Array:
        """Return where the states of these variables go."""
        begin = self._end
        for axis in axes:
            place = self._places[str(axis)]
            end = self._end + place.stop - place.start
            self._columns[self._end : end] = np.arange(place.start, place.stop)
            self._owner[self._end : end] = len(self._starts)
            self._starts.append(self._end)
            self._end = end
        return self._values[begin : self._end]

    def put(self, answer: Array) -> None:
        """Write P(state | row)."""
        if not self._starts:
            return
        joint = np.maximum(self._values, 0.0)
        totals = np.add.reduceat(joint, self._starts)
        totals[totals <= 0] = 1.0
        joint /= totals[self._owner]
        answer[self._columns] = joint
