"""The frozen `Network`, and what pgmpy and networkx make of it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..errors import BackpainError, FileProblem, check_mapping, shown, unknown
from ..records import Caching, FrozenDict, record, same_fields
from ..red_flags.rules import Rules
from .chains import chained
from .distributions import LARGEST_TABLE, Conversion, Floats, Number, prior
from .grades import grade
from .shape import check_shape
from .validation import problems, treatment_problems
from .variables import Advice, PublishedFigure, Source, Treatment, Variable
from .vocabulary import Role, Vocabulary

if TYPE_CHECKING:
    import networkx
    from pgmpy.models import DiscreteBayesianNetwork

NEUTRAL, NO_RULES, USUAL = Vocabulary(), Rules(), Conversion()
"""What a network has where its file does not say otherwise."""


@record
class Network(Caching):
    """A Bayesian network: P(all variables) = product of P(variable | parents). Complete when built,
    and never changed.

    Raises `FileProblem` listing everything wrong: unknown parents or states, cycles, probabilities
    outside [0, 1], missing rows.

    >>> from backpain_bn.model import Mechanism, NoisyOr, number
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
    vocabulary: Vocabulary = NEUTRAL
    red_flags: Rules = NO_RULES
    conversion: Conversion = USUAL
    published: tuple[PublishedFigure, ...] = ()

    def __post_init__(self) -> None:
        check_shape(self.name, self.outcome, self.variables)
        for part in ("sources", "treatments", "advice"):
            check_mapping(part, getattr(self, part), f"names to {part}")
        for name in ("variables", "sources", "treatments", "advice"):
            object.__setattr__(self, name, FrozenDict(dict(getattr(self, name))))
        found = problems(self.variables, self.vocabulary, self.outcome)
        found += treatment_problems(self.treatments, self.variables, self.vocabulary)
        if found:
            places = (".".join(map(str, problem.path)) for problem in found)
            lines = [f"{place}: {each.message}" for place, each in zip(places, found, strict=True)]
            raise FileProblem(lines)
        ordered = {name: self._in_order(variable) for name, variable in self.variables.items()}
        object.__setattr__(self, "variables", FrozenDict(ordered))

    @classmethod
    def of_checked(
        cls, name: str, variables: Mapping[str, Variable], notes: tuple[str, ...]
    ) -> Network:
        """Return a network of variables in which a reader has made sure that nothing is wrong and
        all rows are in order: small files take no longer to check than to read.
        """
        network = object.__new__(cls)
        given = {"name": name, "variables": FrozenDict(variables), "notes": notes}
        for field_name, value in {**_DEFAULTS, **given}.items():
            object.__setattr__(network, field_name, value)
        return network

    def _in_order(self, variable: Variable) -> Variable:
        ordered = variable.distribution.in_order(self.states)
        same = ordered is variable.distribution
        return variable if same else replace(variable, distribution=ordered)

    def __repr__(self) -> str:
        many = len(self.variables)
        return f"Network({self.name!r}, {many} {'variable' if many == 1 else 'variables'})"

    def __str__(self) -> str:
        many = len(self.variables)
        parts = [f"{self.name} {self.version}: {many} {'variable' if many == 1 else 'variables'}"]
        parts += [f"outcome {self.outcome}"] if self.outcome else []
        parts += [f"{len(self.treatments)} treatments"] if self.treatments else []
        parts += [f"{len(self.sources)} sources"] if self.sources else []
        return "\n".join([", ".join(parts), *([self.about] if self.about else [])])

    def __eq__(self, other: object) -> bool:
        """Return whether another network holds the same, its variables in the same order."""
        return same_fields(self, other) and list(self) == list(other)  # type: ignore[call-overload]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.name, self.version, self.columns))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.variables

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)

    def __getitem__(self, name: str) -> Variable:
        """Return one variable; raises `UnknownName` with the nearest match."""
        if not isinstance(name, str) or name not in self.variables:
            raise unknown("variable", name, self.variables)
        return self.variables[name]

    def role(self, name: str) -> Role:
        """Return what the role of a variable means."""
        return self.vocabulary.roles[self[name].role]

    @cached_property
    def possible_causes(self) -> tuple[str, ...]:
        """The variables that may contribute to the outcome: by their role, and upstream of it."""
        upstream = self.ancestors(self.outcome) if self.outcome else frozenset()
        return tuple(name for name in self if name in upstream and self.role(name).contributes)

    @cached_property
    def causes(self) -> tuple[str, ...]:
        """The possible causes whose healthy state is known."""
        return tuple(name for name in self.possible_causes if self[name].healthy_first)

    @cached_property
    def workable(self) -> tuple[str, ...]:
        """The causes that one can work on; all of them where no role says that of any."""
        workable = tuple(name for name in self.causes if self.role(name).workable)
        return workable or self.causes

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The parents of the outcome that say of what kind it is."""
        parents = self[self.outcome].parents if self.outcome else ()
        return tuple(name for name in parents if self.role(name).kind_of_outcome)

    @cached_property
    def states(self) -> Mapping[str, tuple[str, ...]]:
        """The states of each variable."""
        found = {name: variable.states for name, variable in self.variables.items()}
        return FrozenDict(found)

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
        return FrozenDict(found)

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
        return FrozenDict({name: tuple(names) for name, names in found.items()})

    @cached_property
    def parents(self) -> Mapping[str, tuple[str, ...]]:
        """The variables that each variable depends on."""
        found = {name: variable.parents for name, variable in self.variables.items()}
        return FrozenDict(found)

    def descendants(self, name: str) -> frozenset[str]:
        """Return all variables that `name` reaches, without itself; raises `UnknownName`."""
        return _reached(self[name].name, self.children)

    def ancestors(self, name: str) -> frozenset[str]:
        """Return all variables that reach `name`, without itself; raises `UnknownName`."""
        return _reached(self[name].name, self.parents)

    def state(self, name: str, state: object) -> int:
        """Return the position of a state, which may be told as a finding may (see
        `Variable.state_of`); raises `UnknownName` for a variable or state that does not exist.
        """
        variable = self[name]
        return variable.states.index(variable.state_of(state))

    def do(self, **settings: str | bool | float) -> Network:
        """Return the network after interventions: each named variable is cut from its parents and
        set (Pearl 2009, section 3.2). States may be told as findings may.

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

    def table(self, name: str) -> Floats:
        """Return P(variable | parents) written out, shape (*parent sizes, own size); the last axis
        sums to 1.

        Raises `BackpainError` above 2^22 cells.

        >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
        >>> wet = NoisyOr(
        ...     number(0.05),
        ...     (Mechanism({"a": ("yes",)}, number(0.8)), Mechanism({"b": ("yes",)}, number(0.3))),
        ... )
        >>> states = ("no", "yes")
        >>> links = {name: Variable(name, states, prior(0.5, 0.5)) for name in "ab"}
        >>> network = Network("links", {**links, "y": Variable("y", states, wet)})
        >>> network.table("y")[1, 1].round(3).tolist()
        [0.133, 0.867]
        """
        variable = self[name]
        rows = math.prod(len(self.states[parent]) for parent in variable.parents)
        if rows * len(variable.states) > LARGEST_TABLE:
            raise BackpainError(
                f"the table of {name} has {len(variable.parents)} parents and {rows} rows; it is "
                "not written out"
            )
        return variable.distribution.table(self.states)

    def to_pgmpy(self) -> DiscreteBayesianNetwork:
        """Return the network as a pgmpy model that passes `check_model()` and gives the same
        P(variable | evidence); needs pgmpy.

        Every family becomes a `TabularCPD` with the names of its states. A noisy-OR with more than
        2^10 combinations of parents is chained through helper variables (see `divorced`), which
        every query sums out. Raises `BackpainError` for a table above 2^22 cells.
        """
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="`pgmpy", category=FutureWarning)
            from pgmpy.factors.discrete import TabularCPD
            from pgmpy.models import DiscreteBayesianNetwork
        chained = divorced(self)
        model = DiscreteBayesianNetwork()
        model.name = self.name
        model.add_nodes_from(list(chained))
        for name, variable in chained.variables.items():
            model.add_edges_from([(parent, name) for parent in variable.parents])
        for name, variable in chained.variables.items():
            # A sum of mechanisms may end one rounding step above 1.
            values = np.minimum(chained.table(name), 1.0).reshape(-1, len(variable.states)).T
            sizes = [len(chained[parent].states) for parent in variable.parents]
            states = {each: list(chained[each].states) for each in (name, *variable.parents)}
            parents = list(variable.parents)
            size = len(variable.states)
            cpd = TabularCPD(name, size, values, parents, sizes, state_names=states)
            model.add_cpds(cpd)
        return model

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


_DEFAULTS = {
    **{each.name: each.default for each in fields(Network) if each.default is not MISSING},
    **dict.fromkeys(("sources", "treatments", "advice"), FrozenDict({})),
}


def check_network(given: object) -> None:
    """Raise `BackpainError` for what is no `Network`, such as the name of one."""
    if not isinstance(given, Network):
        raise BackpainError(f"a Network is needed here, not {shown(given)}; bb.load gives one")


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
    return tuple(network[child].distribution.numbers_of(parent))


def divorced(network: Network) -> Network:
    """Return the same distribution with every large noisy-OR written as a chain, one mechanism per
    link (Olesen et al. 1989).

    Of `y` with n mechanisms, the helper `y__or_i` (states no, yes) says whether the leak or one of
    mechanisms 1 to i produced the effect, i < n, and `y` itself ends the chain. A name that is
    taken gets a further `_`.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> causes = {f"x{i}": Variable(f"x{i}", ("no", "yes"), prior(0.9, 0.1)) for i in range(11)}
    >>> model = NoisyOr(
    ...     number(0.02), tuple(Mechanism({name: ("yes",)}, number(0.3)) for name in causes)
    ... )
    >>> chained = divorced(
    ...     Network("many", {**causes, "y": Variable("y", ("no", "yes"), model)})
    ... )
    >>> len(chained.variables), chained["y__or_2"].parents, chained["y"].parents
    (22, ('y__or_1', 'x1'), ('y__or_10', 'x10'))
    """
    check_network(network)
    return replace(network, variables=chained(network.variables))


def _reached(start: str, following: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in following[waiting.pop()]:
            if name not in found:
                found.add(name)
                waiting.append(name)
    return frozenset(found)
