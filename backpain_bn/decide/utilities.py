"""What each action is worth in each state of one variable."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..errors import BackpainError, no_outcome, shown, unknown
from ..inference.beliefs import Array
from ..model.findings import Findings
from ..model.network import Network
from ..records import record
from .value_of_information import Reward


@record
class Utilities:
    """What each action is worth in each state of one variable: `values` (actions, states)."""

    variable: str
    actions: tuple[str, ...]
    values: Array

    def expected(self, network: Network, marginals: Array) -> Array:
        """Return EU(a | e) = sum over s of P(s | e) U(a, s), shape (n, actions)."""
        return np.asarray(marginals[:, network.slices[self.variable]] @ self.values.T)

    def best(self, network: Network, marginals: Array) -> tuple[str, ...]:
        """Return the action of the largest expected utility in each row."""
        return tuple(
            self.actions[index] for index in self.expected(network, marginals).argmax(axis=1)
        )

    def reward(self, network: Network) -> Reward:
        """Return the reward max_a EU(a | e)."""
        return lambda marginals: np.asarray(self.expected(network, marginals).max(axis=1))

    def perfect(self, network: Network, now: Array) -> float:
        """Return the expected value of perfect information, sum over s of P(s | e) max_a U(a, s) -
        max_a EU(a | e), for one row (S,).
        """
        known = float(now[network.slices[self.variable]] @ self.values.max(axis=0))
        return max(known - float(self.expected(network, now[None]).max()), 0.0)


def utilities_of(
    network: Network,
    findings: Findings,
    utilities: Mapping[str, Mapping[str, float]],
    *,
    about: str | None = None,
) -> Utilities:
    """Return the checked utilities of actions over the states of the variable `about`, by default
    the outcome.

    Raises `UnknownName` for a state that does not exist, `BackpainError` for a missing state, for a
    utility that is no number, for no action, and for a variable that is observed already, since no
    answer could then change what to do.
    """
    name = about or network.outcome
    if not name:
        raise no_outcome(network.name)
    states = network[name].states
    if isinstance(findings.get(name), str):
        raise BackpainError(
            f"{name} is observed already ({findings[name]}), so no answer can change what to do; "
            "choose a variable that is not (about=...)"
        )
    if not isinstance(utilities, Mapping) or not utilities:
        raise BackpainError(
            "utilities need at least one action, such as {'change nothing': {'no': 1, 'yes': -1}}"
        )
    rows = [_utility_row(name, states, action, worth) for action, worth in utilities.items()]
    return Utilities(name, tuple(map(str, utilities)), np.array(rows))


def _utility_row(name: str, states: tuple[str, ...], action: str, worth: object) -> list[float]:
    if not isinstance(worth, Mapping):
        raise BackpainError(
            f"the utilities of {shown(action)} must be given for each state of {name}: "
            f"{', '.join(states)}"
        )
    for state in worth:
        if state not in states:
            raise unknown(f"state of {name} in the utilities of {shown(action)}", state, states)
    missing = [state for state in states if state not in worth]
    if missing:
        raise BackpainError(
            f"the utilities of {shown(action)} miss {name}={', '.join(missing)}; needed: "
            f"{', '.join(states)}"
        )
    for state in states:
        if not _is_number(worth[state]):
            raise BackpainError(
                f"the utility of {shown(action)} where {name}={state} is {shown(worth[state])}; it "
                "must be a number"
            )
    return [float(worth[state]) for state in states]


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        return False
    return math.isfinite(value)
