"""Large noisy-ORs as chains of small ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from .distributions import Mechanism, NoisyOr, number
from .variables import Variable

MOST_COLUMNS = 2**10
"""A noisy-OR whose parents have more combinations than this is chained."""


def chained(variables: Mapping[str, Variable]) -> dict[str, Variable]:
    """Return the variables with every large noisy-OR written as a chain (see `divorced`)."""
    found: dict[str, Variable] = {}
    for variable in variables.values():
        columns = math.prod(len(variables[parent].states) for parent in variable.parents)
        if isinstance(variable.distribution, NoisyOr) and columns > MOST_COLUMNS:
            for link in _chain(variable, variable.distribution, variables):
                found[link.name] = link
        else:
            found[variable.name] = variable
    return found


def _chain(variable: Variable, model: NoisyOr, taken: Mapping[str, Variable]) -> Iterator[Variable]:
    before: tuple[Mechanism, ...] = ()
    leak = model.leak
    for index, mechanism in enumerate(model.mechanisms[:-1], start=1):
        name = f"{variable.name}__or_{index}"
        while name in taken:
            name += "_"
        link = NoisyOr(leak, (*before, mechanism))
        # Role and means are those of the variable, for a network's vocabulary may have no others.
        yield Variable(name, ("no", "yes"), link, role=variable.role, cost=variable.cost)
        before, leak = (Mechanism({name: ("yes",)}, number(1.0)),), number(0.0)
    yield replace(variable, distribution=NoisyOr(leak, (*before, *model.mechanisms[-1:])))
