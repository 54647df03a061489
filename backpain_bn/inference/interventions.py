"""See is not do: the parameters of a network in which somebody intervened."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.network import Network
from .beliefs import Array


def acted(
    own: Array, places: Mapping[str, slice], settings: Mapping[str, str], network: Network
) -> Array:
    """Return the parameters under do(settings): each set variable's table becomes a certainty,
    whatever its parents.
    """
    parameters = own.copy()
    for name, state in settings.items():
        parameters[places[name]] = network[name].distribution.certain(network.state(name, state))
    return parameters
