"""What a network is built of has to be of the right kind, before its meaning is looked at."""

from __future__ import annotations

from ..errors import BackpainError, check_mapping, shown
from .distributions import Distribution
from .variables import Variable


def check_shape(name: object, outcome: object, variables: object) -> None:
    """Raise `BackpainError` for a name, an outcome or variables of another kind than they have to
    be, and where there is no variable.

    >>> check_shape("garden", "", {"rain": 3})
    Traceback (most recent call last):
    backpain_bn.errors.BackpainError: "rain" must be a Variable, not 3
    """
    for what, named in (("network", name), ("outcome", outcome)):
        if not isinstance(named, str):
            raise BackpainError(f"the {what} is named by a text, not {shown(named)}")
    each = check_mapping("variables", variables, "names to variables")
    if not each:
        raise BackpainError(f"the network {name} has no variables")
    for key, variable in each.items():
        if not isinstance(variable, Variable):
            raise BackpainError(f"{shown(key)} must be a Variable, not {shown(variable)}")
        _check_variable(variable)


def _check_variable(variable: Variable) -> None:
    states, model = variable.states, variable.distribution
    if not isinstance(model, Distribution):
        raise BackpainError(
            f"the distribution of {shown(variable.name)} must be a Table or a NoisyOr, not "
            f"{shown(model)}"
        )
    if not isinstance(states, tuple) or not all(isinstance(state, str) for state in states):
        raise BackpainError(
            f"the states of {shown(variable.name)} must be a tuple of texts, not {shown(states)}"
        )
