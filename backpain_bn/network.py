"""The nouns: numbers with their sources, variables, mechanisms, and the frozen `Network` made of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .errors import FileProblem, listed, shown, unknown

if TYPE_CHECKING:
    import networkx

ROLES = ("risk_factor", "impairment", "form", "mechanism", "presentation", "test")
PERSISTING_ROLES = ("risk_factor", "impairment", "form")
EXPERT = "expert"
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Source:
    """One row of `sources.csv`: a claim of an article, or a published study and how its figure was read (A, B, C)."""

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
        """Whether the row is a study that somebody has read (grade C rows are not verified and decide nothing)."""
        return self.kind == "study" and self.read in ("A", "B")


@dataclass(frozen=True, slots=True)
class Number:
    """A probability with its range, the rows it comes from, and the studies that speak against it.

    `published` repeats the figure as the source printed it, where it is not a probability ("odds ratio 3.18 (2.11 to 4.78)").
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
    """`when` all its conditions hold, this mechanism alone produces the effect with probability `number.p`, leak excluded.

    A condition names the states of one parent of which any will do.
    """

    when: Mapping[str, tuple[str, ...]]
    number: Number


@dataclass(frozen=True, slots=True)
class NoisyOr:
    """P(effect absent | parents) = (1 - leak) * product of (1 - p) over the mechanisms whose conditions hold (Pearl 1988, section 4.3.2)."""

    leak: Number
    mechanisms: tuple[Mechanism, ...]

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables named in any condition, in the order of their first mention."""
        return tuple(dict.fromkeys(name for mechanism in self.mechanisms for name in mechanism.when))


@dataclass(frozen=True, slots=True)
class Row:
    """P(variable | parents = `given`), one number per state of the variable; `given` follows the order of the table's parents."""

    given: tuple[str, ...]
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """An explicit conditional probability table: one row for every combination of the parents' states, the last parent changing fastest."""

    parents: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its states from healthy to unhealthy, what to ask, and P(variable | parents)."""

    name: str
    states: tuple[str, ...]
    distribution: NoisyOr | Table
    label: str = ""
    role: str = "risk_factor"
    about: str = ""
    question: str = ""
    persists: bool = True
    marginal: Number | None = None

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables that it depends on."""
        return self.distribution.parents

    @property
    def numbers(self) -> Iterator[Number]:
        """Every number of the distribution that can be set on its own (a row of k states has k - 1 of them, the last ones)."""
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


@dataclass(frozen=True, slots=True)
class Advice:
    """A caution or a referral that applies with certain findings or treatments."""

    name: str
    kind: str
    text: str
    sources: tuple[str, ...]
    when: Mapping[str, str] = field(default_factory=dict)
    treatments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at one place: `path` leads to it from the top of the file, `("variables", "age", "prior")`."""

    path: tuple[str | int, ...]
    message: str


@dataclass(frozen=True, eq=False)
class Network:
    """A Bayesian network: P(all variables) = product of P(variable | parents). Complete when built, and never changed.

    Raises `FileProblem` listing everything wrong: unknown parents or states, cycles, probabilities outside [0, 1], missing rows.

    >>> rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
    >>> wet = Variable("wet", ("no", "yes"), NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),)))
    >>> network = Network("garden", {"rain": rain, "wet": wet})
    >>> network.order, network.columns
    (('rain', 'wet'), ('rain=no', 'rain=yes', 'wet=no', 'wet=yes'))
    """

    name: str
    variables: Mapping[str, Variable]
    version: str = "0"
    about: str = ""
    outcome: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict)
    treatments: Mapping[str, Treatment] = field(default_factory=dict)
    advice: Mapping[str, Advice] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("variables", "sources", "treatments", "advice"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        found = problems(self.variables)
        if found:
            raise FileProblem([f"{'.'.join(map(str, problem.path))}: {problem.message}" for problem in found])

    def __repr__(self) -> str:
        return f"Network({self.name!r}, {len(self.variables)} variables)"

    def __getitem__(self, name: str) -> Variable:
        """Return one variable; raises `UnknownName` with the nearest match."""
        if name not in self.variables:
            raise unknown("variable", name, self.variables)
        return self.variables[name]

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The variables, parents before children, otherwise as the file has them."""
        placed: dict[str, None] = {}

        def place(name: str) -> None:
            for parent in self.variables[name].parents:
                if parent not in placed:
                    place(parent)
            placed.setdefault(name)

        for name in self.variables:
            place(name)
        return tuple(placed)

    @cached_property
    def slices(self) -> Mapping[str, slice]:
        """Where each variable's states lie among the S states of all variables."""
        found, start = {}, 0
        for name, variable in self.variables.items():
            found[name] = slice(start, start + len(variable.states))
            start += len(variable.states)
        return MappingProxyType(found)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The S names `variable=state`."""
        return tuple(f"{name}={state}" for name, variable in self.variables.items() for state in variable.states)

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """The variables that depend on each variable."""
        found: dict[str, list[str]] = {name: [] for name in self.variables}
        for name, variable in self.variables.items():
            for parent in variable.parents:
                found[parent].append(name)
        return MappingProxyType({name: tuple(names) for name, names in found.items()})

    def descendants(self, name: str) -> frozenset[str]:
        """Return all variables that `name` reaches, without itself."""
        return _reached(name, self.children)

    def ancestors(self, name: str) -> frozenset[str]:
        """Return all variables that reach `name`, without itself."""
        return _reached(name, {child: variable.parents for child, variable in self.variables.items()})

    def state(self, name: str, state: str) -> int:
        """Return the position of a state; raises `UnknownName` for a variable or state that does not exist."""
        states = self[name].states
        if state not in states:
            raise unknown(f"state of {name}", state, states)
        return states.index(state)

    def do(self, **settings: str) -> Network:
        """Return the network after interventions: each named variable is cut from its parents and set (Pearl 2009, section 3.2).

        Raises `UnknownName` for a variable or state that does not exist.

        >>> rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
        >>> Network("garden", {"rain": rain}).do(rain="yes")["rain"].distribution.rows[0].numbers[1].p
        1.0
        """
        variables = dict(self.variables)
        for name, state in settings.items():
            chosen = self.state(name, state)
            point = prior(*(float(position == chosen) for position in range(len(self[name].states))))
            variables[name] = replace(self[name], distribution=point, marginal=None)
        return replace(self, variables=variables)

    def to_pgmpy(self) -> Any:
        """Return the network as a pgmpy `DiscreteBayesianNetwork` (needs pgmpy; see `pgm.to_pgmpy`)."""
        from .pgm import to_pgmpy

        return to_pgmpy(self)

    def to_networkx(self) -> networkx.DiGraph[str]:
        """Return the graph: one node per variable (label, role, states), one edge per parent (grade)."""
        import networkx

        graph: networkx.DiGraph[str] = networkx.DiGraph(name=self.name)
        for name, variable in self.variables.items():
            graph.add_node(name, label=variable.label, role=variable.role, states=variable.states)
        for name, variable in self.variables.items():
            graph.add_edges_from((parent, name, {"grade": link_grade(self, parent, name)}) for parent in variable.parents)
        return graph


def number(p: float) -> Number:
    """Return a number without a source, as networks built in Python or read from other formats have them."""
    return Number(p, p, p)


def prior(*probabilities: float) -> Table:
    """Return the table of a variable without parents."""
    return Table((), (Row((), tuple(number(p) for p in probabilities)),))


def grade(sources: tuple[str, ...], against: tuple[str, ...], rows: Mapping[str, Source]) -> str:
    """Return what the sources say of a link, from which of them are on which side.

    supported: a study for it and none against; mixed: both; contradicted: only studies against; claimed only: an article says so
    and no study was found; expert: neither. Rows of grade C (not verified) do not count.
    """
    for_it = any(rows[id].counts for id in sources if id in rows)
    against_it = any(rows[id].counts for id in against if id in rows)
    if for_it:
        return "mixed" if against_it else "supported"
    if against_it:
        return "contradicted"
    return "claimed only" if any(id in rows and rows[id].kind == "claim" for id in sources) else EXPERT


def link_grade(network: Network, parent: str, child: str) -> str:
    """Return the grade of the link parent -> child, over all its mechanisms taken together."""
    numbers = link_numbers(network, parent, child)
    return grade(
        tuple(id for number in numbers for id in number.sources), tuple(id for number in numbers for id in number.against), network.sources
    )


def link_numbers(network: Network, parent: str, child: str) -> tuple[Number, ...]:
    """Return the numbers that carry the link: its mechanisms, or all of the table."""
    distribution = network[child].distribution
    if isinstance(distribution, NoisyOr):
        return tuple(mechanism.number for mechanism in distribution.mechanisms if parent in mechanism.when)
    return tuple(network[child].numbers)


def problems(variables: Mapping[str, Variable]) -> list[Problem]:
    """Return everything wrong with the variables taken together: names, states, parents, probabilities, rows, cycles."""
    found = [problem for name, variable in variables.items() for problem in _variable_problems(name, variable, variables)]
    return found or _cycle_problems(variables)


def _variable_problems(name: str, variable: Variable, variables: Mapping[str, Variable]) -> Iterator[Problem]:
    where = ("variables", name)
    if len(variable.states) < 2:
        yield Problem((*where, "states"), f"{name} needs at least two states")
    for position, state in enumerate(variable.states):
        if state in variable.states[:position]:
            yield Problem((*where, "states", position), f"state {shown(state)} of {name} is listed twice")
    for parent in variable.parents:
        if parent not in variables:
            yield Problem(_parent_path(name, variable, parent), str(unknown(f"parent of {name}", parent, variables)))
    if isinstance(variable.distribution, NoisyOr):
        yield from _noisy_or_problems(name, variable, variable.distribution, variables)
    else:
        yield from _table_problems(name, variable, variable.distribution, variables)


def _parent_path(name: str, variable: Variable, parent: str) -> tuple[str | int, ...]:
    if isinstance(variable.distribution, NoisyOr):
        first = next(i for i, mechanism in enumerate(variable.distribution.mechanisms) if parent in mechanism.when)
        return ("variables", name, "causes", first, "when", parent)
    return ("variables", name, "table", "parents", variable.parents.index(parent))


def _noisy_or_problems(name: str, variable: Variable, model: NoisyOr, variables: Mapping[str, Variable]) -> Iterator[Problem]:
    where = ("variables", name)
    if len(variable.states) != 2:
        yield Problem(where, f"{name} has {len(variable.states)} states; leak and causes are for two-state variables, use a table")
    yield from _number_problems((*where, "leak"), model.leak)
    for index, mechanism in enumerate(model.mechanisms):
        path = (*where, "causes", index)
        yield from _number_problems(path, mechanism.number)
        if not mechanism.when:
            yield Problem((*path, "when"), f"cause {index + 1} of {name} has no condition; what needs none is the leak")
        if any(other.when == mechanism.when for other in model.mechanisms[:index]):
            yield Problem((*path, "when"), f"cause {index + 1} of {name} repeats the conditions of an earlier one")
        for parent, states in mechanism.when.items():
            known = variables[parent].states if parent in variables else states
            for state in states:
                if state not in known:
                    yield Problem((*path, "when", parent), str(unknown(f"state of {parent}", state, known)))


def _table_problems(name: str, variable: Variable, table: Table, variables: Mapping[str, Variable]) -> Iterator[Problem]:
    known = [variables[parent].states for parent in table.parents if parent in variables]
    if len(known) < len(table.parents):
        return
    needed = math.prod(map(len, known))
    if len(table.rows) != needed or len({row.given for row in table.rows}) != needed:
        yield Problem(("variables", name), f"the table of {name} has {len(table.rows)} different rows, but its parents have {needed} combinations")
    for index, row in enumerate(table.rows):
        path = ("variables", name, "table", "rows", index)
        if len(row.numbers) != len(variable.states):
            yield Problem(path, f"a row of {name} has {len(row.numbers)} probabilities for {len(variable.states)} states")
            continue
        for entry in row.numbers:
            yield from _number_problems(path, entry)
        total = math.fsum(entry.p for entry in row.numbers)
        if not abs(total - 1) <= TOLERANCE:
            given = f" given {', '.join(row.given)}" if row.given else ""
            yield Problem(path, f"probabilities of {name}{given} sum to {total:.6g}, not 1")


def _number_problems(path: tuple[str | int, ...], entry: Number) -> Iterator[Problem]:
    if not 0 <= entry.p <= 1:
        yield Problem((*path, "p"), f"probability {entry.p:g} is outside [0, 1]")
    elif not (0 <= entry.low <= entry.p <= entry.high <= 1):
        yield Problem((*path, "range"), f"range [{entry.low:g}, {entry.high:g}] must lie in [0, 1] and around {entry.p:g}")


def _cycle_problems(variables: Mapping[str, Variable]) -> list[Problem]:
    left = {name: {parent for parent in variable.parents} for name, variable in variables.items()}
    while free := [name for name, parents in left.items() if not parents & left.keys()]:
        for name in free:
            del left[name]
    if not left:
        return []
    walk = [next(iter(left))]
    while walk[-1] not in walk[:-1]:
        walk.append(next(iter(left[walk[-1]] & left.keys())))
    cycle = walk[walk.index(walk[-1]) :][::-1]
    return [Problem(("variables", cycle[-1]), f"variables cause each other in a circle: {listed(cycle)}")]


def _reached(start: str, following: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in following[waiting.pop()]:
            if name not in found:
                found.add(name)
                waiting.append(name)
    return frozenset(found)
