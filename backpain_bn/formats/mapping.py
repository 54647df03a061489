"""What a file of another format does not say: which variable is the outcome, and which states are
healthy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..errors import BackpainError, shown, unknown
from ..model.distributions import Distribution, NoisyOr, Row, Table, complement, plain_table
from ..model.network import Network, check_network
from ..model.variables import Variable
from ..model.vocabulary import Vocabulary


def with_outcome(network: Network, name: str) -> Network:
    """Return the network with `name` as its outcome, which in a network without roles of its own is
    drawn again in the next period.

    Raises `UnknownName` for a variable that does not exist.

    >>> from backpain_bn.model import Variable, prior
    >>> network = Network("garden", {"wet": Variable("wet", ("no", "yes"), prior(0.7, 0.3))})
    >>> with_outcome(network, "wet").outcome
    'wet'
    >>> with_outcome(network, "wett")
    Traceback (most recent call last):
    backpain_bn.errors.UnknownName: unknown outcome "wett"; did you mean "wet"? allowed: wet
    """
    check_network(network)
    if not isinstance(name, str) or name not in network.variables:
        raise unknown("outcome", name, network.variables)
    variables = dict(network.variables)
    if network.vocabulary.roles == Vocabulary().roles:
        variables[name] = replace(variables[name], persists=False)
    return replace(network, variables=variables, outcome=name)


def with_healthy(network: Network, states: Mapping[str, str | bool]) -> Network:
    """Return the network in which the states given, one of each variable named, are healthy: each
    becomes the first of its variable, and every table follows. The others keep their order; where
    the healthy one was the last they are turned round, so that the unhealthiest is.

    A noisy-OR whose effect is the healthy state becomes a table, for it says how the other state
    is produced. Raises `UnknownName` for a variable or state that does not exist, and
    `BackpainError` for a table above 2^22 cells or states that are bins of a number.

    >>> from backpain_bn.model import Variable, prior
    >>> dry = Variable("dry", ("no", "yes"), prior(0.3, 0.7), healthy_first=False)
    >>> network = with_healthy(Network("garden", {"dry": dry}), {"dry": "yes"})
    >>> network["dry"].healthy, network.table("dry").tolist()
    ('yes', [0.7, 0.3])
    """
    check_network(network)
    if not isinstance(states, Mapping):
        raise BackpainError(f"healthy must map variables to states, not {shown(states)}")
    variables = dict(network.variables)
    for name, state in states.items():
        first = network.state(name, state)
        variables[name] = _reordered(network, variables[name], first)
    return replace(network, variables=variables)


def _reordered(network: Network, variable: Variable, first: int) -> Variable:
    """Return the variable with one of its states put first, and known to be healthy."""
    if first == 0:
        return replace(variable, healthy_first=True)
    if variable.bins:
        raise BackpainError(
            f"the states of {variable.name} stand in the order of its bins; write the healthy one "
            f"first in the file instead of making it {shown(variable.states[first])}"
        )
    others = [place for place in range(len(variable.states)) if place != first]
    if first == len(others):
        others.reverse()
    order = [first, *others]
    marginal = variable.marginal
    if marginal is not None:
        marginal = complement([marginal]) if len(order) == 2 else None
    return replace(
        variable,
        states=tuple(variable.states[place] for place in order),
        distribution=_permuted(network, variable, order),
        marginal=marginal,
        healthy_first=True,
    )


def _permuted(network: Network, variable: Variable, order: list[int]) -> Distribution:
    model = variable.distribution
    if isinstance(model, NoisyOr):
        model = _written_out(network, variable)
    rows = (Row(row.given, tuple(row.numbers[place] for place in order)) for row in model.rows)
    return Table(model.parents, tuple(rows))


def _written_out(network: Network, variable: Variable) -> Table:
    cells = network.table(variable.name).reshape(-1, len(variable.states))
    return plain_table(variable.parents, network.states, cells)
