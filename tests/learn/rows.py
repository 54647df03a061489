"""Cohorts for the tests of learning, and learning written out: what it must come to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from backpain_bn.inference.simulation import simulate
from backpain_bn.model.distributions import NoisyOr
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import parameters_of, places_of


def cohort(network: Network, rows: int, missing: float, seed: int = 0) -> pd.DataFrame:
    """Return cases drawn from a network, each cell of them missing with this probability."""
    names = list(network)
    codes = simulate(network, names, rows, seed)
    lost = np.random.default_rng(seed + 1).random(codes.shape) < missing
    columns = {}
    for index, name in enumerate(names):
        states = np.array(network[name].states, dtype=object)
        columns[name] = np.where(lost[:, index], None, states[codes[:, index]])
    return pd.DataFrame(columns)


def configurations(network: Network) -> Iterator[tuple[dict[str, int], tuple[int, ...]]]:
    """Yield every state of all variables together, by name and as a place in the joint table."""
    names = list(network)
    for place in np.ndindex(*(len(network[name].states) for name in names)):
        yield dict(zip(names, place, strict=True)), place


def chance_of(network: Network, own: np.ndarray, name: str, states: dict[str, int]) -> float:
    """Return P(variable in its state | its parents in theirs), from parameters like the engine's."""
    distribution = network[name].distribution
    start = places_of(network)[name].start
    if isinstance(distribution, NoisyOr):
        absent = own[start]
        for index in firing(network, name, states):
            absent *= own[start + 2 * index + 2]
        return float(1 - absent if states[name] else absent)
    size = len(network[name].states)
    return float(own[start + row_of(network, name, states) * size + states[name]])


def firing(network: Network, name: str, states: dict[str, int]) -> list[int]:
    """Return the mechanisms of a noisy-OR whose conditions hold."""
    distribution = network[name].distribution
    assert isinstance(distribution, NoisyOr)
    return [
        index
        for index, mechanism in enumerate(distribution.mechanisms)
        if all(
            network[parent].states[states[parent]] in some
            for parent, some in mechanism.when.items()
        )
    ]


def row_of(network: Network, name: str, states: dict[str, int]) -> int:
    row = 0
    for parent in network[name].parents:
        row = row * len(network[parent].states) + states[parent]
    return row


def joint(network: Network, own: np.ndarray) -> np.ndarray:
    """Return the joint table under these parameters."""
    found = np.ones([len(network[name].states) for name in network])
    for states, place in configurations(network):
        for name in network:
            found[place] *= chance_of(network, own, name, states)
    return found


def likelihoods(network: Network, frame: pd.DataFrame) -> np.ndarray:
    """Return which configurations (rows, configurations) agree with each row."""
    every = [states for states, _ in configurations(network)]
    found = np.ones((len(frame), len(every)))
    for name in frame:
        codes = np.array([states[name] for states in every])
        for row, value in enumerate(frame[name]):
            if isinstance(value, str):
                found[row] *= codes == network[name].states.index(value)
    return found


def log_evidence(network: Network, own: np.ndarray, agrees: np.ndarray) -> float:
    return float(np.log(agrees @ joint(network, own).ravel()).sum())


def expected_counts(network: Network, own: np.ndarray, agrees: np.ndarray) -> np.ndarray:
    """Return how often each cell (P,) is used: of a row of a table each state; of a leak or a
    mechanism whose conditions hold, how often it fires and how often not.
    """
    weights = agrees * joint(network, own).ravel()
    weights = (weights / weights.sum(axis=1, keepdims=True)).sum(axis=0)
    found = np.zeros(len(own))
    for (states, _), weight in zip(configurations(network), weights, strict=True):
        for name in network:
            if weight > 0:
                _count(network, own, name, states, weight, found)
    return found


def _count(
    network: Network,
    own: np.ndarray,
    name: str,
    states: dict[str, int],
    weight: float,
    found: np.ndarray,
) -> None:
    start = places_of(network)[name].start
    if not isinstance(network[name].distribution, NoisyOr):
        size = len(network[name].states)
        found[start + row_of(network, name, states) * size + states[name]] += weight
        return
    active = [start, *(start + 2 * index + 2 for index in firing(network, name, states))]
    present = 1 - np.prod([own[place] for place in active])
    for place in active:
        fired = own[place + 1] / present if states[name] else 0.0
        found[place + 1] += weight * fired
        found[place] += weight * (1 - fired)


def own_parameters(network: Network) -> np.ndarray:
    return parameters_of(network).copy()
