"""Cases drawn from a network, parents before children."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..model.distributions import NoisyOr
from ..model.network import Network
from .beliefs import Array


def simulate(network: Network, names: Iterable[str], cases: int, seed: int) -> NDArray[np.intp]:
    """Return cases drawn from the network, parents before children: the positions of the states of
    `names`, shape (cases, names).

    >>> from backpain_bn.model import Variable, prior
    >>> coin = Network("coin", {"side": Variable("side", ("head", "tail"), prior(0.5, 0.5))})
    >>> simulate(coin, ["side"], 8, seed=1).ravel().tolist()
    [1, 1, 0, 1, 0, 0, 1, 0]
    """
    wanted = list(names)
    needed = frozenset(wanted).union(*(network.ancestors(name) for name in wanted))
    chance = np.random.default_rng(seed)
    states: dict[str, NDArray[np.intp]] = {}
    for name in network.order:
        if name in needed:
            states[name] = _drawn(network, name, states, chance.random(cases))
    return np.stack([states[name] for name in wanted], axis=1)


def _drawn(
    network: Network, name: str, states: Mapping[str, NDArray[np.intp]], chance: Array
) -> NDArray[np.intp]:
    distribution = network[name].distribution
    if isinstance(distribution, NoisyOr):
        absent = np.full(len(chance), 1 - distribution.leak.p)
        for mechanism in distribution.mechanisms:
            holds = np.ones(len(chance), dtype=bool)
            for parent, some in mechanism.when.items():
                named = np.array([state in some for state in network[parent].states])
                holds &= named[states[parent]]
            absent[holds] *= 1 - mechanism.number.p
        return (chance >= absent).astype(np.intp)
    rows = np.zeros(len(chance), dtype=np.intp)
    for parent in distribution.parents:
        rows = rows * len(network[parent].states) + states[parent]
    cells = distribution.parameters().reshape(-1, len(network[name].states))
    ends: Array = np.cumsum(cells, axis=1)[:, :-1]
    drawn: NDArray[np.intp] = (chance[:, None] >= ends[rows]).sum(axis=1, dtype=np.intp)
    return drawn
