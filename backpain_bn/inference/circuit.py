"""A network as a flat arithmetic circuit: bucket elimination unrolled, with its gradient (Darwiche
2003; Dechter 1999).

The circuit is a list of steps `A[o] = A[a] * A[b] + A[c] * A[d]` over one array of cells. Its
inputs are the likelihoods of all states and the parameters of all tables, its outputs Z =
P(evidence) and dZ / d likelihood, from which every posterior is read off. A noisy-OR is never
written out: with one binary helper y', P(Y | pa) = sum over y' of D(Y, y') * product of g_m(y',
conditions of m) (Heckerman 1993; Diez and Galan 2003). D subtracts; where the leak is so small that
this would lose digits, the mechanisms are chained instead ("divorced"), which only adds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import TooHard, listed
from ..model.distributions import NoisyOr
from ..model.network import Network
from ..model.variables import Variable

Cells = NDArray[np.int32]
ZERO, ONE, MINUS_ONE, CONSTANTS = 0, 1, 2, 3
NONE: Cells = np.zeros(0, dtype=np.int32)
SMALLEST_LEAK = 1e-3
"""Below this leak a noisy-OR is chained rather than subtracted: 1 - (1 - 1e-12) would keep four
digits.
"""
MOST_CELLS = 5_000_000
"""A network whose elimination touches more cells than this is refused."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A table of cells over some axes (variables and helpers); `live` if the gradient of what it
    holds is wanted.
    """

    axes: tuple[str, ...]
    cells: Cells
    live: bool


@dataclass(frozen=True, slots=True)
class Block:
    """Steps that may run at once: cells[start:stop] = A[a] * A[b] + A[c] * A[d], or only the first
    product where c is empty.
    """

    start: int
    stop: int
    a: Cells
    b: Cells
    c: Cells
    d: Cells


@dataclass(frozen=True, eq=False)
class Circuit:
    """The compiled network. Cells: 3 constants, S likelihoods, P parameters, then one per step.

    `evidence` is the cell of Z; `gradient` (S,) holds the cell of dZ / d likelihood of each state,
    `slopes` (P,) that of dZ / d parameter, or -1 where it was not asked for. `parameters` (P,) are
    the network's own; `places` tells where each variable's lie.
    """

    states: int
    parameters: NDArray[np.float64]
    places: dict[str, slice]
    blocks: tuple[Block, ...]
    size: int
    evidence: int
    gradient: NDArray[np.int64]
    slopes: NDArray[np.int64]
    width: int

    @property
    def steps(self) -> int:
        """The number of steps, each at most two multiplications and one addition."""
        return sum(block.stop - block.start for block in self.blocks)

    @property
    def answers(self) -> int:
        """The number of answers per row: S posteriors, and P slopes if any was asked for."""
        return self.states + (len(self.parameters) if (self.slopes >= 0).any() else 0)


def compile_network(
    network: Network,
    targets: Iterable[str] | None = None,
    observed: Iterable[str] | None = None,
    varied: Iterable[str] = (),
) -> Circuit:
    """Return the circuit that gives P(evidence) and the posteriors of `targets` (default: all
    variables).

    `observed` names the variables on which there may be findings (default: any). What neither they
    nor the targets depend on is left out. `varied` names the variables whose parameters dZ / d
    parameter is wanted for, among those that are not left out. Raises `TooHard` with the variables
    that make the network hard.
    """
    tape, factors, order, width = factored(network, targets, observed, varied)
    evidence, inputs = tape.run(factors, order)
    gradient, slopes = inputs[: tape.states], inputs[tape.states :]
    return Circuit(
        tape.states,
        tape.parameters,
        tape.places,
        tuple(tape.blocks),
        tape.size,
        evidence,
        gradient,
        slopes,
        width,
    )


def factored(
    network: Network,
    targets: Iterable[str] | None = None,
    observed: Iterable[str] | None = None,
    varied: Iterable[str] = (),
) -> tuple[_Tape, list[Factor], list[str], int]:
    """Return what `compile_network` starts from: the tape with inputs only, the factors, the
    elimination order and its width.
    """
    wanted = frozenset(network.variables if targets is None else targets)
    seen = frozenset(network.variables if observed is None else observed)
    kept = set(wanted | seen)
    for name in reversed(network.order):
        if name in kept:
            kept.update(network[name].parents)
    tape = _Tape(network, frozenset(kept), wanted, seen, frozenset(varied))
    factors = [
        factor
        for name in network.variables
        if name in kept
        for factor in tape.family(network[name])
    ]
    order, width = elimination_order(factors, tape.sizes)
    return tape, factors, order, width


def elimination_order(factors: list[Factor], sizes: dict[str, int]) -> tuple[list[str], int]:
    """Return a greedy order, cheapest of min-fill and min-weight, and its largest clique (number of
    axes).

    Raises `TooHard` where the best order found touches more than 5 million cells.
    """
    best: tuple[float, list[str], tuple[str, ...]] | None = None
    for by_fill in (True, False):
        cells, order, widest = _greedy(factors, sizes, by_fill)
        if best is None or cells < best[0]:
            best = cells, order, widest
    if best is None or best[0] > MOST_CELLS:
        cells, _, widest = best or (0, [], ())
        names = [axis for axis in widest if not axis.startswith("(")]
        raise TooHard(
            f"exact inference would touch {cells:,.0f} cells per case (limit {MOST_CELLS:,}); "
            f"these variables hang together too closely: {listed(names)}"
        )
    return best[1], len(best[2])


def _greedy(
    factors: list[Factor], sizes: dict[str, int], by_fill: bool
) -> tuple[float, list[str], tuple[str, ...]]:
    near = _neighbours(factors, sizes)
    bits = {axis: math.log2(size) for axis, size in sizes.items()}

    def weight(axis: str) -> float:
        return bits[axis] + sum(bits[other] for other in near[axis])

    def cost(axis: str) -> tuple[float, float]:
        others = near[axis]
        fill = sum(len(others - near[other]) - 1 for other in others) if by_fill else 0
        return fill, weight(axis)

    costs = {axis: cost(axis) for axis in near}
    total, heaviest, order = 0.0, -1.0, []
    widest: tuple[str, ...] = ()
    while costs:
        axis = min(costs, key=costs.__getitem__)
        load = weight(axis)
        total += 2.0 ** min(load, 60.0)
        if load > heaviest:
            heaviest, widest = load, (axis, *near[axis])
        others = near.pop(axis)
        del costs[axis]
        order.append(axis)
        touched = set(others)
        for other in others:
            near[other] |= others
            near[other] -= {other, axis}
            if by_fill:
                touched |= near[other]
        for other in touched:
            costs[other] = cost(other)
    return total, order, widest


def _neighbours(factors: list[Factor], sizes: dict[str, int]) -> dict[str, set[str]]:
    near: dict[str, set[str]] = {axis: set() for axis in sizes}
    for factor in factors:
        for axis in factor.axes:
            near[axis].update(factor.axes)
    for axis, others in near.items():
        others.discard(axis)
    return near


class _Tape:
    """Writes the steps: families first, then the elimination, then the gradient backwards along the
    same multiplications.
    """

    def __init__(
        self,
        network: Network,
        kept: frozenset[str],
        wanted: frozenset[str],
        seen: frozenset[str],
        varied: frozenset[str],
    ) -> None:
        self.network, self.wanted, self.seen, self.varied = network, wanted, seen, varied
        self.states = len(network.columns)
        self.sizes: dict[str, int] = {}
        self.places: dict[str, slice] = {}
        values: list[NDArray[np.float64]] = []
        start = 0
        for name in network.variables:
            if name in kept:
                self.sizes[name] = len(network[name].states)
                values.append(network[name].distribution.parameters())
                self.places[name] = slice(start, start + len(values[-1]))
                start += len(values[-1])
        self.parameters = np.concatenate(values) if values else np.zeros(0)
        self.first_parameter = CONSTANTS + self.states
        self.size = self.first_parameter + start
        self.blocks: list[Block] = []

    def family(self, variable: Variable) -> Iterator[Factor]:
        """Yield the factors of P(variable | parents) and of its likelihood."""
        name = variable.name
        if name in self.wanted or name in self.seen:
            place = self.network.slices[name]
            yield Factor(
                (name,),
                CONSTANTS + np.arange(place.start, place.stop, dtype=np.int32),
                name in self.wanted,
            )
        distribution = variable.distribution
        first = self.first_parameter + self.places[name].start
        if not isinstance(distribution, NoisyOr):
            shape = [len(self.network[parent].states) for parent in distribution.parents]
            size = len(distribution.rows) * len(variable.states)
            cells = first + np.arange(size, dtype=np.int32)
            yield Factor(
                (*distribution.parents, name),
                cells.reshape(*shape, -1),
                name in self.varied,
            )
        elif distribution.leak.p >= SMALLEST_LEAK:
            yield from self._subtracted(variable, distribution, first)
        else:
            yield from self._chained(variable, distribution, first)

    def _holds(self, model: NoisyOr, index: int) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
        when = model.mechanisms[index].when
        holds = np.ones((), dtype=bool)
        for parent, states in when.items():
            mask = np.array([state in states for state in self.network[parent].states])
            holds = np.logical_and.outer(holds, mask)
        return tuple(when), holds

    def _subtracted(self, variable: Variable, model: NoisyOr, first: int) -> Iterator[Factor]:
        helper, live = f"({variable.name})", variable.name in self.varied
        self.sizes[helper] = 2
        yield Factor(
            (variable.name, helper),
            np.array([[ONE, ZERO], [MINUS_ONE, ONE]], dtype=np.int32),
            False,
        )
        yield Factor((helper,), np.array([first, ONE], dtype=np.int32), live)
        for index in range(len(model.mechanisms)):
            parents, holds = self._holds(model, index)
            absent = np.where(holds, first + 2 + 2 * index, ONE)
            yield Factor(
                (helper, *parents),
                np.stack([absent, np.full_like(absent, ONE)]).astype(np.int32),
                live,
            )

    def _chained(self, variable: Variable, model: NoisyOr, first: int) -> Iterator[Factor]:
        last, live = len(model.mechanisms), variable.name in self.varied
        names = [f"({variable.name} {step})" for step in range(last)] + [variable.name]
        for name in names[:-1]:
            self.sizes[name] = 2
        yield Factor((names[0],), np.array([first, first + 1], dtype=np.int32), live)
        for index in range(last):
            parents, holds = self._holds(model, index)
            stays = np.where(holds, first + 2 + 2 * index, ONE)
            turns = np.where(holds, first + 3 + 2 * index, ZERO)
            before_no = np.stack([stays, turns])
            before_yes = np.stack([np.full_like(stays, ZERO), np.full_like(stays, ONE)])
            cells = np.stack([before_no, before_yes]).astype(np.int32)
            yield Factor((names[index], names[index + 1], *parents), cells, live)

    def run(self, factors: list[Factor], order: list[str]) -> tuple[int, NDArray[np.int64]]:
        """Eliminate every axis, then walk back; return the cell of Z and the cells of its gradient
        in likelihoods and parameters.
        """
        leaves = [factor for factor in factors if factor.live]
        history: list[tuple[Factor, Factor, Factor]] = []
        for axis in order:
            bucket = sorted(
                (factor for factor in factors if axis in factor.axes),
                key=lambda factor: (factor.live, factor.cells.size),
            )
            factors = [factor for factor in factors if axis not in factor.axes]
            while len(bucket) > 2:
                first, second = (
                    bucket[0],
                    min(bucket[1:], key=lambda other: self._joint(bucket[0], other)),
                )
                bucket = [
                    factor for factor in bucket if factor is not first and factor is not second
                ]
                bucket.append(self._multiply(first, second, (), history))
                bucket.sort(key=lambda factor: (factor.live, factor.cells.size))
            if len(bucket) == 1:
                bucket.insert(0, Factor((), np.array(ONE, dtype=np.int32), False))
            factors.append(self._multiply(bucket[0], bucket[1], (axis,), history))
        result = factors[0]
        for factor in factors[1:]:
            result = self._multiply(result, factor, (), history)
        return int(result.cells), self._backward(result, leaves, history)

    def _joint(self, one: Factor, other: Factor) -> float:
        return math.prod(self.sizes[axis] for axis in {*one.axes, *other.axes})

    def _multiply(
        self,
        one: Factor,
        other: Factor,
        drop: tuple[str, ...],
        history: list[tuple[Factor, Factor, Factor]],
    ) -> Factor:
        axes = tuple(axis for axis in dict.fromkeys((*one.axes, *other.axes)) if axis not in drop)
        out = Factor(axes, self._contract(one, other, axes), one.live or other.live)
        if out.live:
            history.append((one, other, out))
        return out

    def _backward(
        self, result: Factor, leaves: list[Factor], history: list[tuple[Factor, Factor, Factor]]
    ) -> NDArray[np.int64]:
        adjoint = {id(result): Factor((), np.array(ONE, dtype=np.int32), True)}
        for one, other, out in reversed(history):
            upstream = adjoint.pop(id(out))
            for mine, partner in ((one, other), (other, one)):
                if mine.live:
                    adjoint[id(mine)] = Factor(
                        mine.axes, self._contract(upstream, partner, mine.axes), True
                    )
        gradient = np.full(self.states + len(self.parameters), -1, dtype=np.int64)
        if leaves:
            inputs = np.concatenate([leaf.cells.ravel() for leaf in leaves]) - CONSTANTS
            self._gather(
                gradient,
                inputs,
                np.concatenate([adjoint[id(leaf)].cells.ravel() for leaf in leaves]),
            )
        return gradient

    def _gather(self, gradient: NDArray[np.int64], inputs: Cells, slopes: Cells) -> None:
        """Set the gradient of each input to the sum of the slopes at all places where it stands."""
        gradient[inputs[inputs >= 0]] = ZERO
        there = (inputs >= 0) & (slopes != ZERO)
        inputs, slopes = inputs[there], slopes[there]
        order = np.argsort(inputs, kind="stable")
        names, first, counts = np.unique(inputs[order], return_index=True, return_counts=True)
        for count in np.unique(counts).tolist():
            mine = counts == count
            terms = slopes[order[first[mine][:, None] + np.arange(count)]]
            gradient[names[mine]] = self._sums(terms, np.full_like(terms, ONE))

    def _contract(self, one: Factor, other: Factor, axes: tuple[str, ...]) -> Cells:
        """Write out[axes] = sum over all other axes of one * other; return the cells of the
        result.
        """
        summed = tuple(axis for axis in dict.fromkeys((*one.axes, *other.axes)) if axis not in axes)
        every = (*axes, *summed)
        shape = tuple(self.sizes[axis] for axis in every)
        rows = math.prod(shape[: len(axes)])
        a = _spread(one, every, shape).reshape(rows, -1)
        b = _spread(other, every, shape).reshape(rows, -1)
        empty = (a == ZERO) | (b == ZERO)
        if not empty.any():
            return self._sums(a, b).reshape(shape[: len(axes)])
        keep = np.argsort(empty, axis=1, kind="stable")
        a, b = np.take_along_axis(a, keep, 1), np.take_along_axis(b, keep, 1)
        terms = (~empty).sum(axis=1)
        cells = np.full(rows, ZERO, dtype=np.int32)
        for count in sorted(set(terms[terms > 0].tolist())):
            mine = terms == count
            cells[mine] = self._sums(a[mine, :count], b[mine, :count])
        return cells.reshape(shape[: len(axes)])

    def _sums(self, a: Cells, b: Cells) -> Cells:
        """Write the sums of products along each row of a and b."""
        if a.shape[1] == 1:
            return self._products(a[:, 0], b[:, 0])
        cells = self._emit(a[:, 0], b[:, 0], a[:, 1], b[:, 1])
        for term in range(2, a.shape[1]):
            cells = self._emit(cells, np.full_like(cells, ONE), a[:, term], b[:, term])
        return cells

    def _products(self, a: Cells, b: Cells) -> Cells:
        """Write the products, except those with 1, which are cells that there are already."""
        known = (a == ONE) | (b == ONE)
        if not known.any():
            return self._emit(a, b)
        cells = np.where(a == ONE, b, a)
        if not known.all():
            cells[~known] = self._emit(a[~known], b[~known])
        return cells

    def _emit(self, a: Cells, b: Cells, c: Cells = NONE, d: Cells = NONE) -> Cells:
        start, self.size = self.size, self.size + len(a)
        self.blocks.append(Block(start, self.size, a, b, c, d))
        return np.arange(start, self.size, dtype=np.int32)


def _spread(factor: Factor, every: tuple[str, ...], shape: tuple[int, ...]) -> Cells:
    own = [axis for axis in every if axis in factor.axes]
    cells = factor.cells.transpose([factor.axes.index(axis) for axis in own])
    spread = np.empty(shape, dtype=np.int32)
    spread[...] = cells.reshape(
        [size if axis in factor.axes else 1 for axis, size in zip(every, shape, strict=True)]
    )
    return spread
