"""Every number of a network: what it is the probability of, and where it lies among the parameters
that engines run on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from ..records import FrozenDict, kept_for_each, record
from .distributions import Distribution, Floats, NoisyOr, Number
from .network import Network
from .variables import COHORT, Source, Variable

LEAK, MECHANISM, ROW = "leak", "mechanism", "row"
PUBLISHED = "published"
TIMES_JUDGEMENT = "published, times a judgement"
LEARNED = "learned from a cohort"
GUIDED = "judgement guided by a study"
JUDGEMENT = "judgement"
UNSOURCED = "no source"
CLASSES = (PUBLISHED, TIMES_JUDGEMENT, LEARNED, GUIDED, JUDGEMENT, UNSOURCED)
"""How much of a number is somebody's judgement, from none to all; the last is of networks that cite
nothing.
"""


def number_class(number: Number, rows: Mapping[str, Source]) -> str:
    """Return which of the `CLASSES` a number belongs to, from its sources `rows`.

    A figure converted from an association passed a discount and a prior, so it is published, times
    a judgement. One that was learned from a cohort of one's own is that, whatever else it cites.
    Judgement is guided by a study that speaks for the number and that somebody has read; a study
    against it guides nothing, and a claim gives no figure.

    >>> rows = {"X-1": Source("X-1", "study", "2 of 10", read="A")}
    >>> number_class(Number(0.2, 0.1, 0.3, ("X-1",)), rows)
    'published'
    >>> number_class(Number(0.2, 0.1, 0.3, ("X-1", "expert")), rows)
    'judgement guided by a study'
    >>> number_class(Number(0.2, 0.1, 0.3, ("expert",), against=("X-1",)), rows)
    'judgement'
    """
    if not number.sources:
        return UNSOURCED
    known = [rows[id] for id in number.sources if id in rows]
    if any(source.kind == COHORT for source in known):
        return LEARNED
    if number.is_expert:
        return GUIDED if any(source.counts for source in known) else JUDGEMENT
    if known and all(source.kind == "claim" for source in known):
        return JUDGEMENT
    return PUBLISHED if number.derived is None else TIMES_JUDGEMENT


@record
class Parameter:
    """One number that can be set on its own: P(variable = state | when).

    `kind` says what it is: the leak of a noisy-OR, a mechanism (`when` its conditions hold, it
    alone brings about `state`), or an entry of a row of a table (`when` the parents are as given).
    Its cells are `size` parameters that sum to 1, from `first` on; its own is cell `position` of
    them. For a leak or a mechanism they are the pair (1 - p, p).
    """

    variable: str
    state: str
    kind: str
    when: Mapping[str, tuple[str, ...]]
    number: Number
    first: int
    size: int
    position: int

    @property
    def cells(self) -> slice:
        """Where its cells lie."""
        return slice(self.first, self.first + self.size)

    @property
    def place(self) -> int:
        """Where its own cell lies."""
        return self.first + self.position

    @property
    def far(self) -> float:
        """A value far from its own, inside (0, 1) so that findings stay possible."""
        return self.number.p + (0.45 if self.number.p < 0.5 else -0.45)

    def at(self, own: Floats, t: float) -> Floats:
        """Return the parameters `own` (P,) with this number at t, (P,); the others of its cells
        make room in proportion.
        """
        changed = own.copy()
        cells = changed[self.cells]
        rest = math.fsum(np.delete(cells, self.position))
        if rest > 0:
            cells *= (1 - t) / rest
        else:
            cells[:] = (1 - t) / (self.size - 1)
        cells[self.position] = t
        return changed


@kept_for_each(maxsize=16)
def numbers_of(network: Network) -> tuple[Parameter, ...]:
    """Return every number of a network: leaks, mechanisms, and all states but the first of each row
    of a table, in the order of the file.

    A stated marginal is none of them: it is checked and not run on.

    >>> from backpain_bn.model import Mechanism, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ... )
    >>> for one in numbers_of(garden):
    ...     print(one.variable, one.kind, dict(one.when), one.number.p, one.first)
    rain row {} 0.2 0
    wet leak {} 0.1 2
    wet mechanism {'rain': ('yes',)} 0.9 4
    """
    places = places_of(network)
    return tuple(
        one
        for name, variable in network.variables.items()
        for one in _numbers(variable, places[name].start)
    )


def _numbers(variable: Variable, first: int) -> Iterator[Parameter]:
    name, states, distribution = variable.name, variable.states, variable.distribution
    if isinstance(distribution, NoisyOr):
        effect = states[1]
        yield Parameter(name, effect, LEAK, FrozenDict({}), distribution.leak, first, 2, 1)
        for each in distribution.mechanisms:
            first += 2
            yield Parameter(name, effect, MECHANISM, each.when, each.number, first, 2, 1)
        return
    size = len(states)
    for row in distribution.rows:
        pairs = zip(distribution.parents, row.given, strict=True)
        when = FrozenDict({parent: (state,) for parent, state in pairs})
        for position in range(1, size):
            entry = row.numbers[position]
            yield Parameter(name, states[position], ROW, when, entry, first, size, position)
        first += size


@lru_cache(maxsize=16)
def places_of(network: Network) -> Mapping[str, slice]:
    """Return where the parameters of each variable lie among the P parameters of all."""
    places, start = {}, 0
    for name, variable in network.variables.items():
        size = len(variable.distribution.parameters())
        places[name] = slice(start, start + size)
        start += size
    return FrozenDict(places)


@lru_cache(maxsize=16)
def parameters_of(network: Network) -> Floats:
    """Return the parameters of all distributions, one variable after the other, (P,); they cannot
    be written to.
    """
    own = [variable.distribution.parameters() for variable in network.variables.values()]
    found: Floats = np.concatenate([np.zeros(0), *own])
    found.setflags(write=False)
    return found


def with_numbers(network: Network, numbers: Mapping[int, Number]) -> Network:
    """Return the network with other numbers, each by the place of its cell among the parameters;
    those of a row of a table must come together, so that it still sums to 1.
    """
    changed = {}
    for name, place in places_of(network).items():
        cells = range(place.start, place.stop)
        inside = {at - place.start: numbers[at] for at in cells if at in numbers}
        variable = network[name]
        changed[name] = variable
        if inside:
            changed[name] = replace(variable, distribution=_with(variable.distribution, inside))
    return replace(network, variables=changed)


def _with(distribution: Distribution, numbers: Mapping[int, Number]) -> Distribution:
    if isinstance(distribution, NoisyOr):
        mechanisms = [
            replace(one, number=numbers.get(2 * index + 1, one.number))
            for index, one in enumerate(distribution.mechanisms, 1)
        ]
        return NoisyOr(numbers.get(1, distribution.leak), tuple(mechanisms))
    rows = []
    for index, row in enumerate(distribution.rows):
        start = index * len(row.numbers)
        own = [numbers.get(start + at, one) for at, one in enumerate(row.numbers)]
        rows.append(replace(row, numbers=tuple(own)))
    return replace(distribution, rows=tuple(rows))
