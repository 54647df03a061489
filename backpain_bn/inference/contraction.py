"""Products of two tensors summed over some axes: plainly, and beyond the range of a double.

A tensor is a pair (values, power): values * 2 ** power. Plainly, `power` is one integer, or one per
row; beyond, one per cell, so that nothing but an exact 0 is 0. Axes stand in one order everywhere,
that of elimination; rows, where there are any, are the last axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial, reduce
from itertools import product
from string import ascii_letters
from typing import Any, NamedTuple

import numpy as np
from numpy._core.multiarray import c_einsum
from numpy.typing import NDArray

from .beliefs import Array

Numbers = tuple[int, ...]
Call = Callable[[], object]
Room = Callable[[Sequence[int]], Array]
"""Hands out an array of a shape, whatever may stand in it."""

NOTHING = -(2**28)
"""The power of 0, below that of anything else."""
WORTH_MATMUL = 2048, 128
"""Multiplications, in all and per matrix product, from which matrix products beat a plain loop."""

MOST_AT_ONCE = 2**20
"""Terms of sums that are held at once, where every cell has a power."""


class Tensor(NamedTuple):
    """values * 2 ** power; the power is one for all cells, one per row, or one per cell."""

    values: Any
    power: Any


class Bound(NamedTuple):
    """Where a tensor stands, time after time, and whether it varies from case to case."""

    values: Array
    varies: bool


class _Matrices(NamedTuple):
    """How to bring two tensors to stacks of matrices and their product back: permutations and
    shapes.
    """

    one: tuple[int, ...]
    one_shape: tuple[int, ...]
    other: tuple[int, ...]
    other_shape: tuple[int, ...]
    made: tuple[int, ...]
    out_shape: tuple[int, ...]
    out: tuple[int, ...]


class Contraction:
    """out[axes] = sum over all other axes of the product of tensors, ready to be done many times.

    Axes are numbers, their sizes a list.
    """

    __slots__ = ("_axes", "_dims", "_matrices", "_out", "_sizes", "_subscripts")

    def __init__(self, axes: Sequence[Numbers], out: Numbers, sizes: Sequence[int]) -> None:
        letters: dict[int, str] = {}
        terms = []
        for own in (*axes, out):
            for axis in own:
                if axis not in letters:
                    letters[axis] = ascii_letters[len(letters)]
            terms.append("".join([letters[axis] for axis in own]) + "...")
        self._subscripts = f"{','.join(terms[:-1])}->{terms[-1]}"
        self._axes, self._out, self._sizes = axes, out, sizes
        self._matrices = None
        if len(axes) == 2 and math.prod([sizes[axis] for axis in letters]) >= WORTH_MATMUL[0]:
            self._matrices = _matrices(axes[0], axes[1], out, sizes)
            self._dims = len(axes[0]), len(axes[1])

    def plain(self, tensors: Sequence[Tensor]) -> Tensor:
        """Return the result by ordinary arithmetic."""
        power = tensors[0].power
        for tensor in tensors[1:]:
            power = power + tensor.power
        values = [tensor.values for tensor in tensors]
        how = self._matrices
        if how is None or (values[0].ndim, values[1].ndim) != self._dims:
            return Tensor(c_einsum(self._subscripts, *values), power)
        a = values[0].transpose(how.one).reshape(how.one_shape)
        b = values[1].transpose(how.other).reshape(how.other_shape)
        return Tensor((a @ b).reshape(how.out_shape).transpose(how.out), power)

    @property
    def cells(self) -> int:
        """The number of cells of the result."""
        return _size(self._out, self._sizes)

    def bound(
        self, parts: Sequence[Bound], room: Room, out: Array | None = None
    ) -> tuple[list[Call], Array]:
        """Return what does it, by ordinary arithmetic and from the same arrays each time, and
        where the result stands: in `out`, or where there is room.
        """
        how = self._matrices
        if how is None:
            if out is None:
                out = room([self._sizes[axis] for axis in self._out])
            return [partial(c_einsum, self._subscripts, *[p.values for p in parts], out=out)], out
        calls: list[Call] = []
        one = _matrix(parts[0], how.one, how.one_shape, room, calls)
        other = _matrix(parts[1], how.other, how.other_shape, room, calls)
        made = room(how.made)
        calls.append(partial(np.matmul, one, other, made))
        result = made.reshape(how.out_shape).transpose(how.out)
        if out is None:
            return calls, result
        calls.append(partial(np.copyto, out, result))
        return calls, out

    def beyond(self, tensors: Sequence[Tensor]) -> Tensor:
        """Return the result with a power for every cell: term by term, each brought to the larger
        of two powers, or all at once where the terms are few.
        """
        every = dict.fromkeys(axis for own in self._axes for axis in own)
        summed = [axis for axis in every if axis not in self._out]
        pairs = list(zip(tensors, self._axes, strict=True))
        has_rows = any(tensor.values.ndim > len(own) for tensor, own in pairs)
        rows = max(
            [tensor.values.shape[-1] for tensor, own in pairs if tensor.values.ndim > len(own)],
            default=1,
        )
        at_once: Numbers = ()
        cells = rows * _size(self._out, self._sizes)
        while summed and cells * self._sizes[summed[-1]] <= MOST_AT_ONCE:
            at_once = (*at_once, summed.pop())
            cells *= self._sizes[at_once[-1]]
        wide = (*at_once, *self._out)

        def term(states: tuple[int, ...]) -> Tensor:
            chosen = dict(zip(summed, states, strict=True))
            parts = (_aligned(tensor, own, wide, chosen, has_rows) for tensor, own in pairs)
            return _together(reduce(_multiplied, parts), len(at_once))

        ranges = [range(self._sizes[axis]) for axis in summed]
        return reduce(_added, map(term, product(*ranges)))


def normal(values: Array, power: Any) -> Tensor:
    """Return values * 2 ** power with all values in [1/2, 1), or 0."""
    mantissa, shift = np.frexp(values)
    return Tensor(mantissa, np.where(mantissa == 0, NOTHING, power + shift))


def rescaled(tensor: Tensor, dims: int) -> Tensor:
    """Return the same with its largest value, or that of each row, in [1/2, 1); `dims` axes are not
    rows.
    """
    values = tensor.values
    if values.ndim == dims:
        shift = math.frexp(float(np.abs(values).max()))[1]
        return Tensor(np.ldexp(values, -shift), tensor.power + shift)
    shifts = np.frexp(np.abs(values).max(axis=tuple(range(dims))))[1]
    return Tensor(np.ldexp(values, -shifts), tensor.power + shifts)


def _multiplied(one: Tensor, other: Tensor) -> Tensor:
    return normal(one.values * other.values, one.power + other.power)


def _together(tensor: Tensor, dims: int) -> Tensor:
    """Return the sum over the first axes, so many, each term brought to the largest power."""
    if not dims:
        return tensor
    over = tuple(range(dims))
    power = np.broadcast_to(tensor.power, np.shape(tensor.values))
    top = power.max(axis=over)
    return normal(_shifted(tensor.values, power - top).sum(axis=over), top)


def _added(one: Tensor, other: Tensor) -> Tensor:
    top = np.maximum(one.power, other.power)
    values = _shifted(one.values, one.power - top) + _shifted(other.values, other.power - top)
    return normal(values, top)


def _shifted(values: Array, power: NDArray[np.int64]) -> Array:
    moved: Array = np.ldexp(values, np.maximum(power, -2000))
    return moved


def _aligned(
    tensor: Tensor, own: Numbers, out: Numbers, chosen: Mapping[int, int], rows: bool
) -> Tensor:
    """Return the part with the chosen states, its axes those of the result."""
    index: list[Any] = [chosen.get(axis, slice(None)) for axis in own]
    left = [axis for axis in own if axis not in chosen]
    spread: list[Any] = [slice(None) if axis in left else None for axis in out]
    if rows:
        spread.append(slice(None) if tensor.values.ndim > len(own) else None)
    order = [left.index(axis) for axis in out if axis in left]
    if tensor.values.ndim > len(own):
        order.append(len(order))
    place = tuple(spread)
    values = tensor.values[tuple(index)].transpose(order)[place]
    power = np.broadcast_to(tensor.power, tensor.values.shape)
    return Tensor(values, power[tuple(index)].transpose(order)[place])


def _matrices(one: Numbers, other: Numbers, out: Numbers, sizes: Sequence[int]) -> _Matrices | None:
    """Return how to do it by matrix products, or None where that is not worth it."""
    stack = [axis for axis in one if axis in other and axis in out]
    summed = [axis for axis in one if axis in other and axis not in out]
    left = [axis for axis in one if axis not in other]
    right = [axis for axis in other if axis not in one]
    if not summed or any(axis not in out for axis in (*left, *right)):
        return None
    count, rows, columns, depth = (_size(axes, sizes) for axes in (stack, left, right, summed))
    each = rows * columns * depth
    if count * each < WORTH_MATMUL[0] or each < WORTH_MATMUL[1] or min(rows, columns) == 1:
        return None
    made = [*stack, *left, *right]
    return _Matrices(
        tuple(one.index(axis) for axis in (*stack, *left, *summed)),
        (count, rows, depth),
        tuple(other.index(axis) for axis in (*stack, *summed, *right)),
        (count, depth, columns),
        (count, rows, columns),
        tuple(sizes[axis] for axis in made),
        tuple(made.index(axis) for axis in out),
    )


def _matrix(
    part: Bound, axes: Numbers, shape: Sequence[int], room: Room, calls: list[Call]
) -> Array:
    """Return a tensor as a stack of matrices; what brings it there, if it must be copied each time,
    is added to the calls.
    """
    turned = part.values.transpose(axes)
    found = turned.reshape(shape)
    if not part.varies or np.may_share_memory(found, turned):
        return found
    copy = room(shape)
    calls.append(partial(np.copyto, copy.reshape(turned.shape), turned))
    return copy


def _size(axes: Collection[int], sizes: Sequence[int]) -> int:
    return math.prod(sizes[axis] for axis in axes)
