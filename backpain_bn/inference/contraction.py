"""Products of two tensors summed over some axes: plainly, and beyond the range of a double.

A tensor is a pair (values, power): values * 2 ** power. Plainly, `power` is one integer, or one per
row; beyond, one per cell, so that nothing but an exact 0 is 0. Axes stand in one order everywhere,
that of elimination; rows, where there are any, are the last axis.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from itertools import product
from string import ascii_letters
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .beliefs import Array
from .elimination import Axis

NOTHING = -(2**28)
"""The power of 0, below that of anything else."""
WORTH_MATMUL = 2048, 128
"""Multiplications, in all and per matrix product, from which matrix products beat a plain loop."""


class Tensor(NamedTuple):
    """values * 2 ** power; the power is one for all cells, one per row, or one per cell."""

    values: Any
    power: Any


class _Matrices(NamedTuple):
    """How to bring two tensors to stacks of matrices and their product back: permutations and
    shapes.
    """

    one: tuple[int, ...]
    one_shape: tuple[int, ...]
    other: tuple[int, ...]
    other_shape: tuple[int, ...]
    out_shape: tuple[int, ...]
    out: tuple[int, ...]


class Contraction:
    """out[axes] = sum over all other axes of one * other, ready to be done many times."""

    __slots__ = ("_dims", "_matrices", "_one", "_other", "_out", "_subscripts", "_summed")

    def __init__(
        self,
        one: Sequence[Axis],
        other: Sequence[Axis],
        out: Sequence[Axis],
        sizes: Mapping[Axis, int],
    ) -> None:
        letters = {
            axis: ascii_letters[place] for place, axis in enumerate(dict.fromkeys((*one, *other)))
        }
        terms = ["".join(letters[axis] for axis in axes) + "..." for axes in (one, other, out)]
        self._subscripts = f"{terms[0]},{terms[1]}->{terms[2]}"
        self._dims = len(one), len(other)
        self._matrices = _matrices(one, other, out, sizes)
        self._one, self._other, self._out = tuple(one), tuple(other), tuple(out)
        summed = [axis for axis in letters if axis not in out]
        self._summed = {axis: sizes[axis] for axis in summed}

    def plain(self, one: Tensor, other: Tensor) -> Tensor:
        """Return the result by ordinary arithmetic."""
        a, b = one.values, other.values
        power = one.power + other.power
        how = self._matrices
        if how is None or (a.ndim, b.ndim) != self._dims:
            return Tensor(np.einsum(self._subscripts, a, b), power)
        a = a.transpose(how.one).reshape(how.one_shape)
        b = b.transpose(how.other).reshape(how.other_shape)
        return Tensor((a @ b).reshape(how.out_shape).transpose(how.out), power)

    def beyond(self, one: Tensor, other: Tensor) -> Tensor:
        """Return the result with a power for every cell: term by term, each brought to the larger
        of two powers.
        """
        rows = one.values.ndim > len(self._one) or other.values.ndim > len(self._other)

        def term(states: tuple[int, ...]) -> Tensor:
            chosen = dict(zip(self._summed, states, strict=True))
            a = _aligned(one, self._one, self._out, chosen, rows)
            b = _aligned(other, self._other, self._out, chosen, rows)
            return normal(a.values * b.values, a.power + b.power)

        return reduce(_added, map(term, product(*map(range, self._summed.values()))))


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


def _added(one: Tensor, other: Tensor) -> Tensor:
    top = np.maximum(one.power, other.power)
    values = _shifted(one.values, one.power - top) + _shifted(other.values, other.power - top)
    return normal(values, top)


def _shifted(values: Array, power: NDArray[np.int64]) -> Array:
    moved: Array = np.ldexp(values, np.maximum(power, -2000))
    return moved


def _aligned(
    tensor: Tensor, own: Sequence[Axis], out: Sequence[Axis], chosen: Mapping[Axis, int], rows: bool
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


def _matrices(
    one: Sequence[Axis], other: Sequence[Axis], out: Collection[Axis], sizes: Mapping[Axis, int]
) -> _Matrices | None:
    """Return how to do it by matrix products, or None where that is not worth it."""
    stack = [axis for axis in one if axis in other and axis in out]
    summed = [axis for axis in one if axis in other and axis not in out]
    left = [axis for axis in one if axis not in other]
    right = [axis for axis in other if axis not in one]
    if not summed or any(axis not in out for axis in (*left, *right)):
        return None
    count, rows, columns, depth = (_size(axes, sizes) for axes in (stack, left, right, summed))
    each = rows * columns * depth
    if count * each < WORTH_MATMUL[0] or each < WORTH_MATMUL[1]:
        return None
    made = [*stack, *left, *right]
    return _Matrices(
        tuple(one.index(axis) for axis in (*stack, *left, *summed)),
        (count, rows, depth),
        tuple(other.index(axis) for axis in (*stack, *summed, *right)),
        (count, depth, columns),
        tuple(sizes[axis] for axis in made),
        tuple(made.index(axis) for axis in out),
    )


def _size(axes: Sequence[Axis], sizes: Mapping[Axis, int]) -> int:
    return math.prod(sizes[axis] for axis in axes)
