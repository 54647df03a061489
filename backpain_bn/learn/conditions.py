"""How often the conditions of a mechanism hold, read off marginals: conditions on several parents
together get a variable of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..model.distributions import Mechanism, number, plain_table
from ..model.network import Network
from ..model.numbers import Parameter
from ..model.variables import Variable


class Holding(NamedTuple):
    """The conditions of a mechanism hold where `variable` is in one of the `states`."""

    variable: str
    states: tuple[str, ...]


def with_conditions(
    network: Network, mechanisms: Iterable[Parameter]
) -> tuple[Network, list[Holding]]:
    """Return the network with a variable "all its conditions hold" for every mechanism that has
    several, and for each mechanism where its conditions hold.

    Nothing is changed for the other variables: what is added has no children.

    >>> from backpain_bn.model import NoisyOr, prior
    >>> from backpain_bn.model.numbers import numbers_of
    >>> both = NoisyOr(number(0.1), (Mechanism({"a": ("yes",), "b": ("yes",)}, number(0.9)),))
    >>> yes_no = {name: Variable(name, ("no", "yes"), prior(0.5, 0.5)) for name in "ab"}
    >>> small = Network("small", {**yes_no, "y": Variable("y", ("no", "yes"), both)})
    >>> larger, holding = with_conditions(small, numbers_of(small)[-1:])
    >>> list(larger), holding
    (['a', 'b', 'y', 'y__when_1'], [Holding(variable='y__when_1', states=('yes',))])
    """
    variables = dict(network.variables)
    holding: list[Holding] = []
    for one in mechanisms:
        if len(one.when) == 1:
            holding.extend(Holding(parent, states) for parent, states in one.when.items())
            continue
        name = f"{one.variable}__when_{len(variables) - len(network) + 1}"
        while name in variables:
            name += "_"
        variables[name] = _conjunction(network, name, one)
        holding.append(Holding(name, ("yes",)))
    return replace(network, variables=variables), holding


def _conjunction(network: Network, name: str, one: Parameter) -> Variable:
    parents = tuple(one.when)
    holds = Mechanism(one.when, number(1.0)).holds(parents, network.states).ravel()
    cells = np.stack([1.0 - holds, holds.astype(float)], axis=1)
    table = plain_table(parents, network.states, cells)
    # Role and means are those of the effect, for a vocabulary may have no others.
    effect = network[one.variable]
    return Variable(name, ("no", "yes"), table, role=effect.role, cost=effect.cost)
