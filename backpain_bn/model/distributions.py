"""The nouns: numbers with their sources, mechanisms, tables, variables; and everything that can be
wrong with a set of variables.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType

from ..errors import listed, shown, unknown

ROLES = ("risk_factor", "impairment", "form", "mechanism", "presentation", "test")
PERSISTING_ROLES = ("risk_factor", "impairment", "form")
EXPERT = "expert"
TOLERANCE = 1e-9
LARGEST_TABLE = 2**22
"""A conditional probability table with more cells than this is not written out."""


@dataclass(frozen=True, slots=True)
class Source:
    """One row of `sources.csv`: a claim of an article, or a published study and how its figure was
    read (A, B, C).
    """

    id: str
    kind: str
    says: str
    value: str = ""
    low: str = ""
    high: str = ""
    unit: str = ""
    population: str = ""
    reference: str = ""
    doi: str = ""
    read: str = ""

    @property
    def counts(self) -> bool:
        """Whether the row is a study that somebody has read (grade C rows are not verified and
        decide nothing).
        """
        return self.kind == "study" and self.read in ("A", "B")


@dataclass(frozen=True, slots=True)
class Number:
    """A probability with its range, the rows it comes from, and the studies that speak against it.

    `published` repeats the figure as the source printed it, where it is not a probability ("odds
    ratio 3.18 (2.11 to 4.78)").
    """

    p: float
    low: float
    high: float
    sources: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    note: str = ""
    published: str = ""

    @property
    def is_expert(self) -> bool:
        """Whether the figure is judgement."""
        return EXPERT in self.sources


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
        return tuple(
            dict.fromkeys(name for mechanism in self.mechanisms for name in mechanism.when)
        )


@dataclass(frozen=True, slots=True)
class Row:
    """P(variable | parents = `given`), one number per state of the variable; `given` follows the
    order of the table's parents.
    """

    given: tuple[str, ...]
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """An explicit conditional probability table: one row for every combination of the parents'
    states, the last parent changing fastest.
    """

    parents: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What it takes to answer a question or do a test: minutes, discomfort (0 to 10), and who can
    do it (ask, home, clinician).
    """

    minutes: float = 0.5
    discomfort: float = 0.0
    who: str = "ask"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its states from healthy to unhealthy, what to ask, and P(variable |
    parents).
    """

    name: str
    states: tuple[str, ...]
    distribution: NoisyOr | Table
    label: str = ""
    role: str = "risk_factor"
    about: str = ""
    question: str = ""
    persists: bool = True
    marginal: Number | None = None
    cost: Cost = Cost()

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables that it depends on."""
        return self.distribution.parents

    @property
    def numbers(self) -> Iterator[Number]:
        """Every number of the distribution that can be set on its own (a row of k states has k - 1
        of them, the last ones).
        """
        if isinstance(self.distribution, NoisyOr):
            yield self.distribution.leak
            yield from (mechanism.number for mechanism in self.distribution.mechanisms)
        else:
            for row in self.distribution.rows:
                yield from row.numbers[1:]
        if self.marginal is not None:
            yield self.marginal


@dataclass(frozen=True, slots=True)
class Treatment:
    """What somebody can do: the states it brings about, and the chance that it does."""

    name: str
    label: str
    targets: Mapping[str, str]
    success: Number
    who: str = "self"
    note: str = ""
    cautions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", MappingProxyType(dict(self.targets)))


@dataclass(frozen=True, slots=True)
class Advice:
    """A caution or a referral that applies with certain findings or treatments."""

    name: str
    kind: str
    text: str
    sources: tuple[str, ...]
    when: Mapping[str, str] = field(default_factory=dict)
    treatments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "when", MappingProxyType(dict(self.when)))


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at one place: `path` leads to it from the top of the file, `("variables",
    "age", "prior")`.
    """

    path: tuple[str | int, ...]
    message: str


def number(p: float) -> Number:
    """Return a number without a source, as networks built in Python or read from other formats have
    them.
    """
    return Number(p, p, p)


def prior(*probabilities: float) -> Table:
    """Return the table of a variable without parents."""
    return Table((), (Row((), tuple(number(p) for p in probabilities)),))


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


def problems(variables: Mapping[str, Variable]) -> list[Problem]:
    """Return everything wrong with the variables taken together: names, states, parents,
    probabilities, rows, cycles.
    """
    found = [
        problem
        for name, variable in variables.items()
        for problem in _variable_problems(name, variable, variables)
    ]
    return found + _cycle_problems(variables)


def number_problems(path: tuple[str | int, ...], entry: Number) -> Iterator[Problem]:
    """Yield what is wrong with a probability or its range."""
    if not 0 <= entry.p <= 1:
        yield Problem((*path, "p"), f"probability {entry.p:g} is outside [0, 1]")
    elif not (0 <= entry.low <= entry.p <= entry.high <= 1):
        yield Problem(
            (*path, "range"),
            f"range [{entry.low:g}, {entry.high:g}] must lie in [0, 1] and around {entry.p:g}",
        )


def _variable_problems(
    name: str, variable: Variable, variables: Mapping[str, Variable]
) -> Iterator[Problem]:
    where = ("variables", name)
    if variable.name != name:
        yield Problem(where, f"variable {shown(variable.name)} stands under the name {shown(name)}")
    if len(variable.states) < 2:
        yield Problem((*where, "states"), f"{name} needs at least two states")
    yield from state_problems(name, variable.states)
    for parent in variable.parents:
        if parent not in variables:
            yield Problem(
                _parent_path(name, variable, parent),
                str(unknown(f"parent of {name}", parent, variables)),
            )
    if variable.marginal is not None:
        yield from number_problems((*where, "marginal"), variable.marginal)
    if isinstance(variable.distribution, NoisyOr):
        yield from _noisy_or_problems(name, variable, variable.distribution, variables)
    else:
        yield from _table_problems(name, variable, variable.distribution, variables)


def state_problems(name: str, states: tuple[str, ...]) -> Iterator[Problem]:
    """Yield the states that are listed twice."""
    for position, state in enumerate(states):
        if state in states[:position]:
            yield Problem(
                ("variables", name, "states", position),
                f"state {shown(state)} of {name} is listed twice",
            )


def _parent_path(name: str, variable: Variable, parent: str) -> tuple[str | int, ...]:
    if isinstance(variable.distribution, NoisyOr):
        first = next(
            i
            for i, mechanism in enumerate(variable.distribution.mechanisms)
            if parent in mechanism.when
        )
        return ("variables", name, "causes", first, "when", parent)
    return ("variables", name, "table", "parents", variable.parents.index(parent))


def _noisy_or_problems(
    name: str, variable: Variable, model: NoisyOr, variables: Mapping[str, Variable]
) -> Iterator[Problem]:
    where = ("variables", name)
    if len(variable.states) != 2:
        yield Problem(
            where,
            f"{name} has {len(variable.states)} states; leak and causes are for two-state "
            "variables, use a table",
        )
    yield from number_problems((*where, "leak"), model.leak)
    conditions = [
        {parent: frozenset(states) for parent, states in mechanism.when.items()}
        for mechanism in model.mechanisms
    ]
    for index, mechanism in enumerate(model.mechanisms):
        path = (*where, "causes", index)
        yield from number_problems(path, mechanism.number)
        if not mechanism.when:
            yield Problem(
                (*path, "when"),
                f"cause {index + 1} of {name} has no condition; what needs none is the leak",
            )
        if conditions[index] in conditions[:index]:
            yield Problem(
                (*path, "when"),
                f"cause {index + 1} of {name} repeats the conditions of an earlier one",
            )
        cells = 2 * math.prod(
            len(variables[parent].states) for parent in mechanism.when if parent in variables
        )
        if cells > LARGEST_TABLE:
            yield Problem(
                (*path, "when"),
                f"cause {index + 1} of {name} would need {cells:,} cells; the limit is "
                f"{LARGEST_TABLE:,}",
            )
        for parent, states in mechanism.when.items():
            yield from _condition_problems((*path, "when", parent), parent, states, variables)


def _condition_problems(
    path: tuple[str | int, ...],
    parent: str,
    states: tuple[str, ...],
    variables: Mapping[str, Variable],
) -> Iterator[Problem]:
    if not states:
        yield Problem(path, f"the condition names no state of {parent}, so it never holds")
    known = variables[parent].states if parent in variables else states
    for position, state in enumerate(states):
        if state not in known:
            yield Problem(path, str(unknown(f"state of {parent}", state, known)))
        elif state in states[:position]:
            yield Problem(path, f"the condition names {parent} {shown(state)} twice")


def _table_problems(
    name: str, variable: Variable, table: Table, variables: Mapping[str, Variable]
) -> Iterator[Problem]:
    known = [variables[parent].states for parent in table.parents if parent in variables]
    if len(known) < len(table.parents):
        return
    where = ("variables", name, "table", "rows")
    needed = math.prod(map(len, known))
    if needed * len(variable.states) > LARGEST_TABLE:
        yield Problem(
            where,
            f"the table of {name} would have {needed * len(variable.states):,} cells; the limit "
            f"is {LARGEST_TABLE:,}",
        )
        return
    left = dict.fromkeys(product(*known))
    for index, row in enumerate(table.rows):
        if row.given in left:
            del left[row.given]
        else:
            yield Problem(
                (*where, index),
                f"the table of {name} has no place for another row for "
                f"{' '.join(row.given) or 'no parents'}",
            )
        yield from _row_problems((*where, index), name, variable, row)
    if left:
        yield Problem(
            where,
            f"the table of {name} lacks the rows for "
            f"{listed([' '.join(given) or 'no parents' for given in left], 3)}",
        )


def _row_problems(
    path: tuple[str | int, ...], name: str, variable: Variable, row: Row
) -> Iterator[Problem]:
    if len(row.numbers) != len(variable.states):
        yield Problem(
            path,
            f"a row of {name} has {len(row.numbers)} probabilities for {len(variable.states)} "
            "states",
        )
        return
    wrong = [problem for entry in row.numbers for problem in number_problems(path, entry)]
    yield from wrong
    total = math.fsum(entry.p for entry in row.numbers)
    if not abs(total - 1) <= TOLERANCE and all(0 <= entry.p <= 1 for entry in row.numbers):
        given = f" given {', '.join(row.given)}" if row.given else ""
        yield Problem(path, f"probabilities of {name}{given} sum to {total:.9g}, not 1")


def _cycle_problems(variables: Mapping[str, Variable]) -> list[Problem]:
    left = {
        name: [parent for parent in variable.parents if parent in variables]
        for name, variable in variables.items()
    }
    found = []
    while left:
        while free := [
            name for name, parents in left.items() if not any(parent in left for parent in parents)
        ]:
            for name in free:
                del left[name]
        if left:
            walk = [next(iter(left))]
            while walk[-1] not in walk[:-1]:
                walk.append(next(parent for parent in left[walk[-1]] if parent in left))
            cycle = walk[walk.index(walk[-1]) :][::-1]
            said = (
                f"{cycle[0]} is a cause of itself"
                if len(cycle) == 2
                else f"variables cause each other in a circle: {' > '.join(cycle)}"
            )
            found.append(Problem(_parent_path(cycle[-1], variables[cycle[-1]], cycle[-2]), said))
            for name in cycle[1:]:
                del left[name]
    return found
