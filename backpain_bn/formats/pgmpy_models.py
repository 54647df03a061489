"""A pgmpy model as a network."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import BackpainError, FileProblem, listed, shown
from ..model.distributions import Floats, plain_table
from ..model.network import Network
from ..model.variables import Variable
from .parsed_network import normalised, row_problem

if TYPE_CHECKING:
    from pgmpy.models import DiscreteBayesianNetwork

States = Mapping[str, tuple[str, ...]]


def from_pgmpy(model: DiscreteBayesianNetwork) -> Network:
    """Return a pgmpy model as a network of explicit tables: names and states as text, labels the
    names.

    Rows whose sum is off by 1e-9 to 1e-6, or with 1 + 2e-16 for a 1, are divided by their sum, and
    `notes` says so. Raises `FileProblem` listing everything wrong: rows further off, names that are
    the same as text, missing tables, tables that do not fit the edges. Needs pgmpy.

    >>> from backpain_bn.model import prior
    >>> network = Network("garden", {"rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2))})
    >>> from_pgmpy(network.to_pgmpy())["rain"].distribution == network["rain"].distribution
    True
    """
    if not hasattr(model, "get_cpds"):
        raise BackpainError(f"from_pgmpy takes a pgmpy model, not {shown(model)}")
    cpds = {cpd.variable: cpd for cpd in model.get_cpds()}
    found = [*_shape_problems(model, cpds)]
    if found:
        raise FileProblem(found)
    states = {str(node): tuple(map(str, cpds[node].state_names[node])) for node in model.nodes()}
    notes: list[str] = []
    variables = {}
    for node in model.nodes():
        name, parents = str(node), list(map(str, cpds[node].variables[1:]))
        cells = _cells(cpds[node], states, found)
        if cells is None:
            continue
        table = plain_table(parents, states, normalised(name, cells, notes))
        variables[name] = Variable(name, states[name], table, label=name, healthy_first=False)
    if found:
        raise FileProblem(found)
    return Network(str(model.name or "unnamed"), variables, notes=tuple(notes))


def _shape_problems(model: DiscreteBayesianNetwork, cpds: Mapping[Any, Any]) -> Iterator[str]:
    """Yield what is wrong with names, tables and edges."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`pgmpy", category=FutureWarning)
        from pgmpy.factors.discrete import TabularCPD
    for node in model.nodes():
        if not isinstance(cpds.get(node), TabularCPD):
            yield f"{node} has no table (TabularCPD)"
        elif set(cpds[node].variables[1:]) != set(model.predecessors(node)):
            parents = listed(list(map(str, cpds[node].variables[1:])))
            yield f"the table of {node} has parents {parents}; the edges say otherwise"
    names = [str(node) for node in model.nodes()]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"two variables are called {shown(name)} as text"


def _cells(cpd: Any, states: States, found: list[str]) -> Floats | None:
    """Return the rows of a table in the order of the parents' states, or None after noting what is
    wrong.
    """
    name, *parents = map(str, cpd.variables)
    own = [[str(state) for state in cpd.state_names[each]] for each in cpd.variables[1:]]
    for parent, known in zip(parents, own, strict=True):
        if sorted(known) != sorted(states[parent]) or len(set(known)) < len(known):
            found.append(
                f"the table of {name} has states {listed(known)} of {parent}, which has "
                f"{listed(states[parent])}"
            )
            return None
    values = np.asarray(cpd.get_values(), dtype=np.float64).T
    place = {given: index for index, given in enumerate(product(*own))}
    every = list(product(*(states[parent] for parent in parents)))
    cells = values[[place[given] for given in every]]
    problems = [
        row_problem(name, parents, given, row)
        for given, row in zip(every, cells.tolist(), strict=True)
    ]
    found += filter(None, problems)
    return None if any(problems) else cells
