"""Run a circuit over many rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .circuit import CONSTANTS, Circuit

Array = NDArray[np.float64]
ROWS_AT_ONCE = 256


class Beliefs(NamedTuple):
    """What an engine answers for n rows over the S states of all variables.

    `marginals` (n, S): P(variable = state | row's evidence), each variable's states sum to 1; all 0 where the row is impossible.
    `log_evidence` (n,): natural log of P(evidence), -inf where the row is impossible.
    """

    marginals: Array
    log_evidence: Array


def run_numpy(circuit: Circuit, owner: NDArray[np.int64], evidence: Array, parameters: Array) -> Beliefs:
    """Run the circuit with numpy, rescaling every message, so that no evidence is too improbable to be told from impossible.

    `owner` (S,) numbers the variable of each state, `evidence` (n, S) holds likelihoods, `parameters` is (P,) or one set per row (n, P).
    """
    marginals, log_evidence = np.zeros(evidence.shape), np.empty(len(evidence))
    for start in range(0, len(evidence), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        own = parameters if parameters.ndim == 1 else parameters[rows]
        marginals[rows], log_evidence[rows] = _run_some(circuit, owner, evidence[rows], own)
    return Beliefs(marginals, log_evidence)


def _run_some(circuit: Circuit, owner: NDArray[np.int64], evidence: Array, parameters: Array) -> tuple[Array, Array]:
    rows = len(evidence)
    cells = np.empty((circuit.size, rows))
    cells[:CONSTANTS] = np.array([[0.0], [1.0], [-1.0]])
    inputs = CONSTANTS + circuit.states
    cells[CONSTANTS:inputs] = evidence.T
    cells[inputs : inputs + len(circuit.parameters)] = parameters.T if parameters.ndim == 2 else parameters[:, None]
    log_scale = np.zeros(rows)
    for block in circuit.blocks:
        out = cells[block.start : block.stop]
        np.multiply(cells[block.a], cells[block.b], out=out)
        if len(block.c):
            out += cells[block.c] * cells[block.d]
        if block.rescale >= 0:
            message = cells[block.rescale : block.stop]
            largest = np.abs(message).max(axis=0)
            largest[largest == 0] = 1.0
            message /= largest
            if block.forward:
                log_scale += np.log(largest)
    evidence_of_rows = cells[circuit.evidence]
    possible = evidence_of_rows > 0
    log_evidence = np.full(rows, -np.inf)
    log_evidence[possible] = np.log(evidence_of_rows[possible]) + log_scale[possible]
    asked = circuit.gradient >= 0
    joint = cells[circuit.gradient[asked]] * evidence.T[asked] * possible
    totals = np.zeros((int(owner.max()) + 1, rows))
    np.add.at(totals, owner[asked], joint)
    totals[totals == 0] = 1.0
    marginals = np.zeros(evidence.shape)
    marginals[:, asked] = (joint / totals[owner[asked]]).T
    return marginals, log_evidence
