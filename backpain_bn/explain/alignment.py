"""Two networks brought to one structure, so that their numbers can be exchanged one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

import numpy as np

from ..inference.beliefs import Array
from ..model.distributions import Distribution, Mechanism, NoisyOr, Number, Table
from ..model.network import Network
from ..model.numbers import Parameter, numbers_of, parameters_of, places_of
from ..model.validation import problems
from ..model.variables import Variable
from ..model.vocabulary import Vocabulary

When = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One number, or row of numbers, that differs: which, among the aligned network's, and its two
    values. Of a row it is the entry that differs most.
    """

    parameter: Parameter
    here: Number
    there: Number


@dataclass(frozen=True, eq=False)
class Aligned:
    """Two networks brought to one structure: the parameters of each (P,), and where they differ."""

    network: Network
    here: Array
    there: Array
    disagreements: tuple[Disagreement, ...]


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
        if not _alike(mine.distribution, theirs.distribution):
            return f"{name} is modelled in another way"
    circle = problems(_merged(network, other), _both_vocabularies(network, other), "")
    return "their links together would form a circle" if circle else ""


def _alike(one: Distribution, two: Distribution) -> bool:
    """Return whether both are noisy-ORs, or both tables of the same parents."""
    if isinstance(one, Table):
        return isinstance(two, Table) and set(one.parents) == set(two.parents)
    return isinstance(two, NoisyOr)


def _merged(network: Network, other: Network) -> dict[str, Variable]:
    """Return the variables of both, each with the mechanisms of both and the numbers of `network`;
    of leaks the smaller.

    Which form inference gives a noisy-OR depends on its leak, and the form for small ones is right
    for both.
    """
    merged = {}
    for name, variable in {**other.variables, **network.variables}.items():
        mine, theirs = _in_line(variable, other.variables.get(name, variable))
        if isinstance(mine, NoisyOr) and isinstance(theirs, NoisyOr):
            leak = min(mine.leak, theirs.leak, key=lambda number: number.p)
            mine = NoisyOr(leak, mine.mechanisms)
        merged[name] = replace(variable, distribution=mine, marginal=None)
    return merged


def _both_vocabularies(network: Network, other: Network) -> Vocabulary:
    """Return the words of `network`, with the roles and means of both."""
    mine, theirs = network.vocabulary, other.vocabulary
    roles, means = {**theirs.roles, **mine.roles}, {**theirs.means, **mine.means}
    return replace(mine, roles=roles, means=means)


def _in_line(mine: Variable, theirs: Variable) -> tuple[Distribution, Distribution]:
    """Return the distributions of both with their mechanisms, or rows, in one order; a mechanism
    that one lacks has p = 0 there.
    """
    one, two = mine.distribution, theirs.distribution
    if isinstance(one, NoisyOr) and isinstance(two, NoisyOr):
        every = {_when(each): each for model in (two, one) for each in model.mechanisms}
        return _with_all(one, every), _with_all(two, every)
    if isinstance(one, Table) and isinstance(two, Table):
        order_of = [two.parents.index(parent) for parent in one.parents]
        rows = {tuple(row.given[place] for place in order_of): row for row in two.rows}
        lined = (replace(rows[row.given], given=row.given) for row in one.rows)
        return one, Table(one.parents, tuple(lined))
    return one, two


def _with_all(model: NoisyOr, every: dict[When, Mechanism]) -> NoisyOr:
    """Return the noisy-OR with every mechanism, those that it lacks without strength."""
    own = {_when(mechanism): mechanism for mechanism in model.mechanisms}
    return NoisyOr(model.leak, tuple(own.get(when) or _absent(every[when]) for when in every))


def _when(mechanism: Mechanism) -> When:
    conditions = ((parent, tuple(sorted(states))) for parent, states in mechanism.when.items())
    return tuple(sorted(conditions))


def _absent(mechanism: Mechanism) -> Mechanism:
    nothing = replace(mechanism.number, p=0.0, low=0.0, high=0.0, published="")
    return Mechanism(mechanism.when, nothing)


@lru_cache(maxsize=4)
def aligned(network: Network, other: Network) -> Aligned:
    """Return two networks without obstacle in one structure, and where they differ.

    A mechanism that one lacks has p = 0 there; a variable that one lacks behaves there as in the
    other, and acts on nothing.

    >>> from backpain_bn.model import number, prior
    >>> one, two = (
    ...     Network("n", {"age": Variable("age", ("young", "old"), prior(1 - p, p))})
    ...     for p in (0.5, 0.25)
    ... )
    >>> for each in aligned(one, two).disagreements:
    ...     print(each.parameter.variable, each.parameter.state, each.here.p, each.there.p)
    age old 0.5 0.25
    """
    both = Network(
        f"{network.name} and {other.name}",
        _merged(network, other),
        outcome=network.outcome,
        sources={**other.sources, **network.sources},
        vocabulary=_both_vocabularies(network, other),
    )
    here, there = parameters_of(both).copy(), parameters_of(both).copy()
    numbers: list[tuple[Number, Number]] = []
    for name, place in places_of(both).items():
        mine = network.variables.get(name) or other[name]
        one, two = _in_line(mine, other.variables.get(name) or mine)
        here[place], there[place] = one.parameters(), two.parameters()
        numbers += zip(one.numbers, two.numbers, strict=True)
    every = zip(numbers_of(both), numbers, strict=True)
    differing = (
        Disagreement(parameter, *values)
        for parameter, values in every
        if not np.array_equal(here[parameter.cells], there[parameter.cells])
    )
    return Aligned(both, here, there, tuple(_one_per_row(differing)))


def _one_per_row(found: Iterator[Disagreement]) -> Iterator[Disagreement]:
    """Yield of each row of a table the entry that differs most."""
    for _, entries in groupby(found, key=lambda each: each.parameter.first):
        yield max(entries, key=lambda each: abs(each.here.p - each.there.p))
