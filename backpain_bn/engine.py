"""The engine contract: likelihood rows (n, S) in, `Beliefs` out. Everything above asks its questions as rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .circuit import Circuit, compile_network
from .kernel import Array, Beliefs, run_numpy
from .network import Network

Engine = Callable[[Array], Beliefs]
"""Anything that answers likelihood rows (n, S) with `Beliefs`: exactly, or -inf and zeros for an impossible row."""


class CircuitEngine:
    """A network compiled once; immutable, so that threads may share it.

    `targets` and `observed` as in `compile_network`: the smaller circuit that answers only these.
    """

    def __init__(self, network: Network, targets: frozenset[str] | None = None, observed: frozenset[str] | None = None) -> None:
        self.network = network
        self.circuit: Circuit = compile_network(network, targets, observed)
        self.owner: NDArray[np.int64] = np.repeat(
            np.arange(len(network.variables)), [len(variable.states) for variable in network.variables.values()]
        )

    def __call__(self, evidence: Array, parameters: Array | None = None) -> Beliefs:
        """Answer rows of likelihoods (n, S); `parameters` (n, P) gives every row tables of its own."""
        own = self.circuit.parameters if parameters is None else parameters
        return run_numpy(self.circuit, self.owner, evidence, own)


@lru_cache(maxsize=16)
def engine_for(network: Network, targets: frozenset[str] | None = None, observed: frozenset[str] | None = None) -> CircuitEngine:
    """Return the compiled network, from the cache if it was asked for before."""
    return CircuitEngine(network, targets, observed)
