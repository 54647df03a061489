"""Two networks brought to one structure, so that their numbers can be exchanged one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..display.words import short_label, state_words
from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..model.distributions import Mechanism, NoisyOr, Number, Table
from ..model.network import Network
from ..model.validation import problems
from ..model.variables import Variable

When = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """One number, or row of numbers, that differs: where it lies among the parameters, and its two
    values.
    """

    child: str
    words: str
    place: slice
    here: Number
    there: Number


@dataclass(frozen=True, eq=False)
class United:
    """Two networks brought to one structure: the parameters of each, and what differs between
    them.
    """

    network: Network
    here: Array
    there: Array
    swaps: tuple[Swap, ...]


@lru_cache(maxsize=4)
def obstacle(network: Network, other: Network) -> str:
    """Return why two networks cannot be brought to one structure; nothing if they can.

    >>> from backpain_bn.model import number, prior
    >>> one, two = (
    ...     Network("n", {"age": Variable("age", states, prior(0.5, 0.5))})
    ...     for states in (("young", "old"), ("young", "late"))
    ... )
    >>> obstacle(one, one), obstacle(one, two)
    ('', 'age has other states')
    """
    for name, mine in network.variables.items():
        theirs = other.variables.get(name, mine)
        if mine.states != theirs.states:
            return f"{name} has other states"
        one, two = mine.distribution, theirs.distribution
        both_or = isinstance(one, NoisyOr) and isinstance(two, NoisyOr)
        if not both_or and (
            isinstance(one, NoisyOr)
            or isinstance(two, NoisyOr)
            or set(one.parents) != set(two.parents)
        ):
            return f"{name} is modelled in another way"
    return "their links together would form a circle" if problems(_merged(network, other)) else ""


def _merged(network: Network, other: Network) -> dict[str, Variable]:
    """Return the variables of both, each with the mechanisms of both and the numbers of `network`;
    of leaks the smaller.

    Which form the circuit gives a noisy-OR depends on its leak, and the form for small ones is
    right for both.
    """
    merged = {}
    for name, variable in {**other.variables, **network.variables}.items():
        mine, theirs = _aligned(variable, other.variables.get(name, variable))
        if isinstance(mine.distribution, NoisyOr) and isinstance(theirs.distribution, NoisyOr):
            leak = min(
                mine.distribution.leak, theirs.distribution.leak, key=lambda number: number.p
            )
            mine = replace(mine, distribution=NoisyOr(leak, mine.distribution.mechanisms))
        merged[name] = mine
    return merged


def _aligned(mine: Variable, theirs: Variable) -> tuple[Variable, Variable]:
    """Return both with their mechanisms, or rows, in one order; a mechanism that one lacks has p =
    0 there.
    """
    one, two = mine.distribution, theirs.distribution
    if isinstance(one, NoisyOr) and isinstance(two, NoisyOr):
        first, second = (
            {_when(mechanism): mechanism for mechanism in model.mechanisms} for model in (one, two)
        )
        every = {**second, **first}
        one = NoisyOr(one.leak, tuple(first.get(when) or _absent(every[when]) for when in every))
        two = NoisyOr(two.leak, tuple(second.get(when) or _absent(every[when]) for when in every))
    elif isinstance(one, Table) and isinstance(two, Table):
        order_of = [two.parents.index(parent) for parent in one.parents]
        rows = {tuple(row.given[place] for place in order_of): row for row in two.rows}
        two = Table(
            one.parents, tuple(replace(rows[row.given], given=row.given) for row in one.rows)
        )
    return replace(mine, distribution=one, marginal=None), replace(
        theirs, distribution=two, marginal=None
    )


def _when(mechanism: Mechanism) -> When:
    return tuple(
        sorted((parent, tuple(sorted(states))) for parent, states in mechanism.when.items())
    )


def _absent(mechanism: Mechanism) -> Mechanism:
    return Mechanism(
        mechanism.when, replace(mechanism.number, p=0.0, low=0.0, high=0.0, published="")
    )


@lru_cache(maxsize=4)
def united(network: Network, other: Network) -> United:
    """Return two networks without obstacle in one structure, and where they differ.

    A mechanism that one lacks has p = 0 there; a variable that one lacks behaves there as in the
    other, and acts on nothing.

    >>> from backpain_bn.model import number, prior
    >>> one, two = (
    ...     Network("n", {"age": Variable("age", ("young", "old"), prior(1 - p, p))})
    ...     for p in (0.5, 0.25)
    ... )
    >>> [(swap.words, swap.here.p, swap.there.p) for swap in united(one, two).swaps]
    [('age: old among runners in general', 0.5, 0.25)]
    """
    sources = {**other.sources, **network.sources}
    both = Network(
        f"{network.name} and {other.name}",
        _merged(network, other),
        outcome=network.outcome,
        sources=sources,
    )
    engine = engine_for(both)
    here, there = engine.parameters.copy(), engine.parameters.copy()
    swaps: list[Swap] = []
    for name, place in engine.places.items():
        mine = network.variables.get(name) or other[name]
        mine, theirs = _aligned(mine, other.variables.get(name) or mine)
        here[place], there[place] = mine.distribution.parameters(), theirs.distribution.parameters()
        swaps += (
            swap
            for swap in _swaps(both, mine, theirs, place.start)
            if not np.array_equal(here[swap.place], there[swap.place])
        )
    return United(both, here, there, tuple(swaps))


def _swaps(network: Network, mine: Variable, theirs: Variable, start: int) -> Iterator[Swap]:
    label, one, two = short_label(mine), mine.distribution, theirs.distribution
    if isinstance(one, NoisyOr) and isinstance(two, NoisyOr):
        yield Swap(
            mine.name,
            f"{label} without any of its causes",
            slice(start, start + 2),
            one.leak,
            two.leak,
        )
        for index, (first, second) in enumerate(
            zip(one.mechanisms, two.mechanisms, strict=True), start=1
        ):
            cause = " together with ".join(
                state_words(network, parent, states) for parent, states in first.when.items()
            )
            yield Swap(
                mine.name,
                f"{cause} > {label}",
                slice(start + 2 * index, start + 2 * index + 2),
                first.number,
                second.number,
            )
    elif isinstance(one, Table) and isinstance(two, Table):
        size = len(mine.states)
        for index, (row, other) in enumerate(zip(one.rows, two.rows, strict=True)):
            gaps = [abs(a.p - b.p) for a, b in zip(row.numbers, other.numbers, strict=True)]
            state = max(range(1, size), key=gaps.__getitem__)
            given = " and ".join(
                state_words(network, parent, [it])
                for parent, it in zip(one.parents, row.given, strict=True)
            )
            where = f"given {given}" if given else "among runners in general"
            words = f"{state_words(network, mine.name, [mine.states[state]])} {where}"
            yield Swap(
                mine.name,
                words,
                slice(start + index * size, start + index * size + size),
                row.numbers[state],
                other.numbers[state],
            )
