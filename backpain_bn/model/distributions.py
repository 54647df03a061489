"""P(variable | parents): numbers with their sources, noisy-OR mechanisms, and explicit tables."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from types import MappingProxyType
from typing import overload

import numpy as np
from numpy.typing import NDArray

EXPERT = "expert"
TOLERANCE = 1e-9
LARGEST_TABLE = 2**22
"""A conditional probability table with more cells than this is not written out."""

Floats = NDArray[np.float64]
States = Mapping[str, tuple[str, ...]]
"""The states of each parent."""


@dataclass(frozen=True, slots=True)
class Association:
    """An association as a paper prints it, and what turns it into a link: the prevalence `marginal`
    of the effect, that of the conditions (`exposure`), and the risk difference that other paths
    carry already.

    `spelling` says what `value` is (odds_ratio, risk_ratio, hazard_ratio, smd); it has its 95 %
    `interval` or its `p_value`. `design` names the discount of the `Conversion` that it passes.
    """

    spelling: str
    value: float
    interval: tuple[float, float] | None
    p_value: float | None
    design: str
    marginal: float
    exposure: float
    carried: float = 0.0


@dataclass(frozen=True, slots=True)
class Number:
    """A probability with its range, the rows it comes from, and the studies that speak against it.

    `published` repeats the figure as the source printed it, where it is not a probability ("odds
    ratio 3.18 (2.11 to 4.78)"). `derived` is the association that it was converted from, where it
    was, so that it is a published figure times the judgements of a `Conversion`.
    """

    p: float
    low: float
    high: float
    sources: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    note: str = ""
    published: str = ""
    derived: Association | None = None

    @property
    def is_expert(self) -> bool:
        """Whether the figure is judgement."""
        return EXPERT in self.sources


WHOLE = Number(1.0, 1.0, 1.0, (EXPERT,))
"""A judgement that leaves a published figure as it is."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """The judgements by which published associations become links.

    `prior_sd`: standard deviation of a sceptical prior on the log odds ratio (0.35: 95 % of true
    odds ratios between 0.5 and 2). `scale`: every converted link becomes 1 - (1 - w)^scale, so that
    many correlated risk factors together do not explain everything. `designs`: what a study's
    design leaves of its log odds ratio (reverse causation, recall, other outcomes).
    """

    prior_sd: float = 0.35
    scale: Number = WHOLE
    designs: Mapping[str, Number] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "designs", MappingProxyType(dict(self.designs)))


@dataclass(frozen=True, slots=True)
class Mechanism:
    """`when` all its conditions hold, this mechanism alone produces the effect with probability
    `number.p`, leak excluded.

    A condition names the states of one parent of which any will do.
    """

    when: Mapping[str, tuple[str, ...]]
    number: Number

    def __post_init__(self) -> None:
        object.__setattr__(self, "when", MappingProxyType(dict(self.when)))

    def holds(self, parents: Sequence[str], states: States) -> NDArray[np.bool_]:
        """Return where all conditions hold, shape (*sizes of `parents`); these are all parents."""
        found = np.ones([len(states[parent]) for parent in parents], dtype=bool)
        for axis, parent in enumerate(parents):
            if parent in self.when:
                mask = np.array([state in self.when[parent] for state in states[parent]])
                found &= mask.reshape([-1 if i == axis else 1 for i in range(len(parents))])
        return found

    def renamed(self, names: Mapping[str, str]) -> Mechanism:
        """Return the same mechanism of parents under other names; a name left out stays."""
        when = {names.get(parent, parent): states for parent, states in self.when.items()}
        return replace(self, when=when)


@dataclass(frozen=True, slots=True)
class Link:
    """One way in which a parent acts on a variable: by how much it raises the chance of its being
    in another state than the first, where the `others` of its conditions hold, and whose number.
    """

    rise: float
    others: Mapping[str, tuple[str, ...]]
    number: Number


@dataclass(frozen=True, slots=True)
class NoisyOr:
    """P(effect absent | parents) = (1 - leak) * product of (1 - p) over the mechanisms whose
    conditions hold (Pearl 1988, 4.3.2).
    """

    leak: Number
    mechanisms: tuple[Mechanism, ...]

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables named in any condition, in the order of their first mention."""
        names = (name for mechanism in self.mechanisms for name in mechanism.when)
        return tuple(dict.fromkeys(names))

    @property
    def numbers(self) -> Iterator[Number]:
        """Every number that can be set on its own: the leak, then the mechanisms."""
        yield self.leak
        for mechanism in self.mechanisms:
            yield mechanism.number

    def numbers_of(self, parent: str) -> Iterator[Number]:
        """Yield the numbers that carry the link from one parent: those of its mechanisms."""
        return (each.number for each in self.mechanisms if parent in each.when)

    def parameters(self) -> Floats:
        """Return the pairs (1 - p, p) that engines run on, the leak first, shape (2 + 2
        mechanisms,).
        """
        return np.array([value for entry in self.numbers for value in (1 - entry.p, entry.p)])

    def certain(self, state: int) -> Floats:
        """Return the parameters with which the effect is in `state` whatever the parents are."""
        links = np.zeros(1 + len(self.mechanisms))
        links[0] = float(state)
        return np.stack([1 - links, links], axis=1).ravel()

    def table(self, states: States) -> Floats:
        """Return P(effect | parents) written out, shape (*parent sizes, 2)."""
        shape = tuple(len(states[parent]) for parent in self.parents)
        absent = np.full(shape, 1 - self.leak.p)
        present = np.full(shape, self.leak.p)
        for mechanism in self.mechanisms:
            p = np.where(mechanism.holds(self.parents, states), mechanism.number.p, 0.0)
            present += absent * p
            absent *= 1 - p
        return np.stack([absent, present], axis=-1)

    def links(self, parent: str, healthy: str, states: Collection[str]) -> Iterator[Link]:
        """Yield the mechanisms that one of the `states` of a parent sets off and its healthy one
        does not.
        """
        for mechanism in self.mechanisms:
            condition = mechanism.when.get(parent, ())
            if healthy not in condition and not set(states).isdisjoint(condition):
                others = {name: some for name, some in mechanism.when.items() if name != parent}
                yield Link(mechanism.number.p, others, mechanism.number)

    def renamed(self, names: Mapping[str, str]) -> NoisyOr:
        """Return the same model of parents under other names; a name left out stays."""
        return NoisyOr(self.leak, tuple(each.renamed(names) for each in self.mechanisms))

    def in_order(self, states: States) -> NoisyOr:
        """Return the same model, which has no rows to be brought into order."""
        return self


@dataclass(frozen=True, slots=True)
class Row:
    """P(variable | parents = `given`), one number per state of the variable; `given` follows the
    order of the table's parents.
    """

    given: tuple[str, ...]
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PlainRows(Sequence[Row]):
    """Rows whose numbers have no source, held as one array `cells` (rows, own size) and made into
    objects when they are looked at; equal to a tuple of the same rows.

    There is one for every combination of the `states` of the parents, in the order of their
    product.
    """

    states: tuple[tuple[str, ...], ...]
    cells: Floats

    def __post_init__(self) -> None:
        self.cells.setflags(write=False)

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Row]:
        rows = (tuple(map(number, row)) for row in self.cells.tolist())
        return map(Row, product(*self.states), rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        if isinstance(index, slice):
            return tuple(self)[index]
        place = range(len(self))[index]
        chosen = np.unravel_index(place, tuple(map(len, self.states)))
        given = tuple(states[at] for states, at in zip(self.states, chosen, strict=True))
        return Row(given, tuple(map(number, self.cells[place].tolist())))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PlainRows):
            return self.states == other.states and np.array_equal(self.cells, other.cells)
        return tuple(self) == other

    def __hash__(self) -> int:
        return hash(tuple(self))


@dataclass(frozen=True, slots=True)
class Table:
    """An explicit conditional probability table: one row for every combination of the parents'
    states. A `Network` holds the rows in the order of their product, the last parent fastest.
    """

    parents: tuple[str, ...]
    rows: Sequence[Row]

    @property
    def numbers(self) -> Iterator[Number]:
        """Every number that can be set on its own: of each row all but its first."""
        for row in self.rows:
            yield from row.numbers[1:]

    def numbers_of(self, parent: str) -> Iterator[Number]:
        """Yield the numbers that carry the link from one parent: all of them."""
        return self.numbers

    def parameters(self) -> Floats:
        """Return the cells that engines run on, row by row, shape (rows * states,)."""
        if isinstance(self.rows, PlainRows):
            return self.rows.cells.flatten()
        return np.array([entry.p for row in self.rows for entry in row.numbers])

    def certain(self, state: int) -> Floats:
        """Return the parameters with which the variable is in `state` whatever the parents are."""
        row = np.zeros(len(self.rows[0].numbers))
        row[state] = 1.0
        return np.tile(row, len(self.rows))

    def table(self, states: States) -> Floats:
        """Return P(variable | parents), shape (*parent sizes, own size)."""
        shape = [len(states[parent]) for parent in self.parents]
        return self.parameters().reshape(*shape, -1)

    def links(self, parent: str, healthy: str, states: Collection[str]) -> Iterator[Link]:
        """Yield for each row in which a parent is in one of the `states` the rise over the row that
        differs from it in the parent alone, which is healthy.
        """
        axis = self.parents.index(parent)
        present = {row.given: 1 - row.numbers[0].p for row in self.rows}
        for row in self.rows:
            if row.given[axis] in states:
                base = (*row.given[:axis], healthy, *row.given[axis + 1 :])
                yield Link(present[row.given] - present[base], {}, row.numbers[-1])

    def renamed(self, names: Mapping[str, str]) -> Table:
        """Return the same table of parents under other names; a name left out stays."""
        return Table(tuple(names.get(parent, parent) for parent in self.parents), self.rows)

    def in_order(self, states: States) -> Table:
        """Return the table with its rows in the order of the product of the parents' states."""
        known = tuple(states[parent] for parent in self.parents)
        if isinstance(self.rows, PlainRows) and self.rows.states == known:
            return self
        every = tuple(product(*known))
        if every == tuple(row.given for row in self.rows):
            return self
        rows = {row.given: row for row in self.rows}
        return replace(self, rows=tuple(rows[given] for given in every))


Distribution = NoisyOr | Table


@lru_cache(maxsize=2**14)
def number(p: float) -> Number:
    """Return a number without a source, as networks built in Python or read from other formats have
    them.
    """
    return Number(p, p, p)


def prior(*probabilities: float) -> Table:
    """Return the table of a variable without parents."""
    return Table((), (Row((), tuple(number(p) for p in probabilities)),))


def plain_table(parents: Sequence[str], states: States, cells: Floats) -> Table:
    """Return the table of P(variable | parents), shape (rows, own size), the last parent changing
    fastest, without sources.

    >>> table = plain_table(["a"], {"a": ("no", "yes")}, np.array([[0.9, 0.1], [0.2, 0.8]]))
    >>> table.rows[1].given
    ('yes',)
    """
    return Table(tuple(parents), PlainRows(tuple(map(states.__getitem__, parents)), cells))


def doubtful_rows(tables: Sequence[Floats]) -> list[list[int]]:
    """Return of each table (rows, own size) the rows that may not hold probabilities that sum to 1;
    of all tables at once, because small networks have no time for each.

    A row is doubtful from half the tolerance on, because numpy adds in another order than an exact
    sum.

    >>> doubtful_rows([np.array([[0.5, 0.5]]), np.array([[0.1, 0.2, 0.7], [0.0, 0.2, 0.9]])])
    [[], [1]]
    """
    starts: list[int] = []
    first = 0
    for cells in tables:
        starts += range(first, first + cells.size, cells.shape[1])
        first += cells.size
    if not starts:
        return [[] for _ in tables]
    every = np.concatenate([cells.ravel() for cells in tables])
    good = abs(np.add.reduceat(every, starts) - 1) <= TOLERANCE / 2
    good &= np.minimum.reduceat(every, starts) >= 0
    good &= np.maximum.reduceat(every, starts) <= 1
    if good.all():
        return [[] for _ in tables]
    parts = np.split(good, np.cumsum([len(cells) for cells in tables[:-1]]))
    return [np.flatnonzero(~part).tolist() for part in parts]


def complement(others: Sequence[Number]) -> Number:
    """Return the number of the state that the others leave over, with their sources."""
    p = 1 - math.fsum(entry.p for entry in others)
    low, high = (
        1 - math.fsum(entry.high for entry in others),
        1 - math.fsum(entry.low for entry in others),
    )
    sources = tuple(dict.fromkeys(id for entry in others for id in entry.sources))
    against = tuple(dict.fromkeys(id for entry in others for id in entry.against))
    p = 0.0 if -1e-9 < p < 0 else p
    return Number(p, min(max(low, 0.0), p), max(min(high, 1.0), p), sources, against)
