"""The engine contract: likelihood rows (n, S) in, `Beliefs` out. Everything above asks its
questions as rows.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import BackpainError
from ..model.network import Network
from .beliefs import Array, Beliefs
from .circuit import Circuit, compile_network
from .executors import DOUBLE, SINGLE, rows_at_once, run_lanes, run_numpy
from .program import Plan, plan

Engine = Callable[[Array], Beliefs]
"""Anything that answers likelihood rows (n, S), 0 to 1 each, with `Beliefs`: exactly, or -inf and
zeros for an impossible row.
"""
Names = frozenset[str] | None
NONE: frozenset[str] = frozenset()
COLD_PASSES = 64
"""Loading the compiled kernel takes about as long as numpy takes for so many passes of up to 256
rows.
"""


class CircuitEngine:
    """A network compiled once; immutable, so that threads may share it.

    `targets`, `observed` and `varied` as in `compile_network`: the circuit that answers only these.
    """

    numpy_passes = 0
    """Passes that the engines of this process have had numpy do. Past `COLD_PASSES`, or once the
    kernel is loaded, the kernel does all; their answers are the same to the last bit. 
    """

    def __init__(
        self,
        network: Network,
        targets: Names = None,
        observed: Names = None,
        varied: frozenset[str] = NONE,
    ) -> None:
        self.network = network
        self.circuit: Circuit = compile_network(network, targets, observed, varied)
        self.owner: NDArray[np.int64] = np.repeat(
            np.arange(len(network.variables)),
            [len(variable.states) for variable in network.variables.values()],
        )

    @cached_property
    def plan(self) -> Plan:
        """The circuit laid out for the kernel."""
        return plan(self.circuit, self.owner)

    def __call__(
        self,
        evidence: Array,
        parameters: Array | None = None,
        *,
        dtype: DTypeLike = np.float64,
        threads: int | None = None,
    ) -> Beliefs:
        """Answer rows of likelihoods (n, S); `parameters` (n, P) gives every row tables of its own.

        Rows are spread over `threads` (default: one per core), which changes no bit. With `dtype`
        float32 it takes about half the time: on 160,000 rows of the shipped network the worst
        posterior of a row was off by 2e-4 at most, by less than 4e-6 in half of them, log-evidence
        by 3e-4. Rows that single precision cannot hold are run in double.
        """
        found = self._answers(evidence, parameters, np.dtype(dtype), threads)
        return Beliefs(found.marginals[:, : self.circuit.states], found.log_evidence)

    def slopes(
        self, evidence: Array, parameters: Array | None = None, *, threads: int | None = None
    ) -> Array:
        """Return d log P(evidence) / d parameter (n, P) of the `varied` variables, 0 for the others
        and where a row is impossible.

        Times the parameter, a table's slope is P(parents' states and own state | evidence) of that
        cell: what EM counts (Darwiche 2003). Of a noisy-OR's pair (1 - p, p), slope[1] - slope[0]
        is d log P(evidence) / dp; P(evidence) is linear in p.
        """
        return self._answers(evidence, parameters, DOUBLE, threads).marginals[
            :, self.circuit.states :
        ]

    def _answers(
        self, evidence: Array, parameters: Array | None, dtype: np.dtype[Any], threads: int | None
    ) -> Beliefs:
        own = self.circuit.parameters if parameters is None else parameters
        self._check(evidence, own, dtype)
        if dtype == DOUBLE and self._stays_cold(len(evidence)):
            return run_numpy(self.circuit, self.owner, evidence, own)
        return run_lanes(self.plan, evidence, own, dtype, threads or os.cpu_count() or 1)

    def _check(self, evidence: Array, parameters: Array, dtype: np.dtype[Any]) -> None:
        states, size = self.circuit.states, len(self.circuit.parameters)
        if evidence.ndim != 2 or evidence.shape[1] != states:
            raise BackpainError(
                f"likelihoods have shape {evidence.shape}; rows of {states} are needed, one per "
                "state"
            )
        if parameters.shape not in ((size,), (len(evidence), size)):
            raise BackpainError(
                f"parameters have shape {parameters.shape}; {(size,)} or {(len(evidence), size)} "
                "is needed"
            )
        if dtype not in (DOUBLE, SINGLE):
            raise BackpainError(f"dtype is {dtype}; float64 or float32 is needed")

    def _stays_cold(self, rows: int) -> bool:
        if f"{__package__}.numba_kernel" in sys.modules:
            return False
        CircuitEngine.numpy_passes += -(-rows // rows_at_once(self.circuit))
        return CircuitEngine.numpy_passes <= COLD_PASSES


@lru_cache(maxsize=16)
def engine_for(
    network: Network, targets: Names = None, observed: Names = None, varied: frozenset[str] = NONE
) -> CircuitEngine:
    """Return the compiled network, from the cache if it was asked for before."""
    return CircuitEngine(network, targets, observed, varied)
