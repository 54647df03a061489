"""The frozen `Network` made of the nouns, and the grades of its links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import FileProblem, unknown
from .distributions import (
    EXPERT,
    PERSISTING_ROLES,
    ROLES,
    TOLERANCE,
    Advice,
    Cost,
    Mechanism,
    NoisyOr,
    Number,
    Problem,
    Row,
    Source,
    Table,
    Treatment,
    Variable,
    number,
    prior,
    problems,
)

if TYPE_CHECKING:
    import networkx

__all__ = [
    "EXPERT",
    "PERSISTING_ROLES",
    "ROLES",
    "TOLERANCE",
    "Advice",
    "Cost",
    "Mechanism",
    "Network",
    "NoisyOr",
    "Number",
    "Problem",
    "Row",
    "Source",
    "Table",
    "Treatment",
    "Variable",
    "grade",
    "link_grade",
    "link_numbers",
    "number",
    "prior",
    "problems",
]


@dataclass(frozen=True, eq=False)
class Network:
    """A Bayesian network: P(all variables) = product of P(variable | parents). Complete when built,
    and never changed.

    Raises `FileProblem` listing everything wrong: unknown parents or states, cycles, probabilities
    outside [0, 1], missing rows.

    >>> rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
    >>> wet = Variable(
    ...     "wet",
    ...     ("no", "yes"),
    ...     NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),)),
    ... )
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
            raise FileProblem(
                [f"{'.'.join(map(str, problem.path))}: {problem.message}" for problem in found]
            )

    def __repr__(self) -> str:
        return f"Network({self.name!r}, {len(self.variables)} variables)"

    def __getitem__(self, name: str) -> Variable:
        """Return one variable; raises `UnknownName` with the nearest match."""
        if not isinstance(name, str) or name not in self.variables:
            raise unknown("variable", name, self.variables)
        return self.variables[name]

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The variables, parents before children, otherwise as the file has them."""
        placed: dict[str, None] = {}
        for start in self.variables:
            waiting = [start]
            while waiting:
                name = waiting[-1]
                before = [parent for parent in self.variables[name].parents if parent not in placed]
                if before:
                    waiting.append(before[0])
                else:
                    placed.setdefault(waiting.pop())
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
        return tuple(
            f"{name}={state}"
            for name, variable in self.variables.items()
            for state in variable.states
        )

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
        return _reached(
            name, {child: variable.parents for child, variable in self.variables.items()}
        )

    def state(self, name: str, state: str) -> int:
        """Return the position of a state; raises `UnknownName` for a variable or state that does
        not exist.
        """
        states = self[name].states
        if state not in states:
            raise unknown(f"state of {name}", state, states)
        return states.index(state)

    def do(self, **settings: str) -> Network:
        """Return the network after interventions: each named variable is cut from its parents and
        set (Pearl 2009, section 3.2).

        Raises `UnknownName` for a variable or state that does not exist.

        >>> rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
        >>> Network("garden", {"rain": rain}).do(rain="yes")["rain"].distribution.rows[0].numbers[
        ...     1
        ... ].p
        1.0
        """
        variables = dict(self.variables)
        for name, state in settings.items():
            chosen = self.state(name, state)
            point = prior(
                *(float(position == chosen) for position in range(len(self[name].states)))
            )
            variables[name] = replace(self[name], distribution=point, marginal=None)
        return replace(self, variables=variables)

    def to_pgmpy(self) -> Any:
        """Return the network as a pgmpy `DiscreteBayesianNetwork` (needs pgmpy; see
        `pgm.to_pgmpy`).
        """
        from ..formats.pgmpy_models import to_pgmpy

        return to_pgmpy(self)

    def to_networkx(self) -> networkx.DiGraph[str]:
        """Return the graph: one node per variable (label, role, states), one edge per parent
        (grade).
        """
        import networkx

        graph: networkx.DiGraph[str] = networkx.DiGraph(name=self.name)
        for name, variable in self.variables.items():
            graph.add_node(name, label=variable.label, role=variable.role, states=variable.states)
        for name, variable in self.variables.items():
            graph.add_edges_from(
                (parent, name, {"grade": link_grade(self, parent, name)})
                for parent in variable.parents
            )
        return graph


def grade(sources: tuple[str, ...], against: tuple[str, ...], rows: Mapping[str, Source]) -> str:
    """Return what the sources say of a link, from which of them are on which side.

    supported: a study for it and none against; mixed: both; contradicted: only studies against;
    claimed only: an article says so and no study was found; expert: neither. Rows of grade C (not
    verified) do not count.
    """
    for_it = any(rows[id].counts for id in sources if id in rows)
    against_it = any(rows[id].counts for id in against if id in rows)
    if for_it:
        return "mixed" if against_it else "supported"
    if against_it:
        return "contradicted"
    return (
        "claimed only" if any(id in rows and rows[id].kind == "claim" for id in sources) else EXPERT
    )


def link_grade(network: Network, parent: str, child: str) -> str:
    """Return the grade of the link parent -> child, over all its mechanisms taken together."""
    numbers = link_numbers(network, parent, child)
    return grade(
        tuple(id for number in numbers for id in number.sources),
        tuple(id for number in numbers for id in number.against),
        network.sources,
    )


def link_numbers(network: Network, parent: str, child: str) -> tuple[Number, ...]:
    """Return the numbers that carry the link: its mechanisms, or all of the table."""
    distribution = network[child].distribution
    if isinstance(distribution, NoisyOr):
        return tuple(
            mechanism.number for mechanism in distribution.mechanisms if parent in mechanism.when
        )
    return tuple(network[child].numbers)


def _reached(start: str, following: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in following[waiting.pop()]:
            if name not in found:
                found.add(name)
                waiting.append(name)
    return frozenset(found)
