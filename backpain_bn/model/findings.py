"""What was told of one case."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import UnknownName, check_mapping, shown
from ..records import FrozenDict
from .network import Network, check_network

Finding = str | Mapping[str, float] | None
"""A state, {state: likelihood}, or None (not known)."""
Findings = Mapping[str, Finding]
Told = Mapping[str, Finding | bool | float]
"""Findings as they may be typed: also True and False, yes and no, and numbers."""


def findings_of(network: Network, told: Told) -> dict[str, Finding]:
    """Return what was told as states and likelihoods, without what is not known (see
    `Variable.state_of`).

    Raises `UnknownName` for a variable or a state that does not exist, and says of a red-flag
    question where its answer belongs; `BackpainError` for what is no mapping.

    >>> from backpain_bn.model import Network, Variable, prior
    >>> rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
    >>> wind = Variable("wind", ("calm", "storm"), prior(0.9, 0.1), bins=(60.0,))
    >>> garden = Network("garden", {"rain": rain, "wind": wind})
    >>> findings_of(garden, {"rain": True, "wind": "75"})
    {'rain': 'yes', 'wind': 'storm'}
    """
    check_network(network)
    check_mapping("findings", told)
    found: dict[str, Finding] = {}
    for name, value in told.items():
        if not isinstance(name, str):
            raise UnknownName(f"a variable is named by text, not {shown(name)}")
        if name not in network and name in network.red_flags.names:
            raise _asked_elsewhere(name, value)
        variable = network[name]
        if isinstance(value, Mapping):
            found[name] = FrozenDict(value)
        elif value is not None:
            found[name] = variable.state_of(value)
    return found


def numbers_told(network: Network, told: Told) -> dict[str, float]:
    """Return what was told by a number, also one written as text, of variables that have bins.

    >>> from backpain_bn.model import Network, Variable, prior
    >>> wind = Variable("wind", ("calm", "storm"), prior(0.9, 0.1), bins=(60.0,))
    >>> numbers_told(Network("garden", {"wind": wind}), {"wind": "75"})
    {'wind': 75.0}
    """
    found = {name: network[name].number_of(value) for name, value in told.items()}
    return {name: value for name, value in found.items() if value is not None}


def told_present(network: Network, findings: Findings, name: str) -> bool:
    """Return whether the variable was told to be in another state than the healthy one."""
    finding = findings.get(name)
    return isinstance(finding, str) and finding != network[name].healthy


def told_absent(network: Network, findings: Findings, name: str) -> bool:
    """Return whether the variable was told to be in its healthy state."""
    return findings.get(name) == network[name].healthy


def _asked_elsewhere(name: str, value: object) -> UnknownName:
    """Return the error for the answer to a red-flag question among the findings."""
    answer = "no" if str(value).strip().lower() in ("no", "false") else "yes"
    return UnknownName(
        f"{name} is a red-flag question, not a variable: tell it as "
        f'red_flags={{"{name}": "{answer}"}}, in a case file under red_flags'
    )
