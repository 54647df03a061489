"""Run a circuit over many rows: with numpy, with the compiled kernel, and beyond the range of a
double.

All three do the same multiplications and additions in the same order, so wherever nothing leaves
the range of a double they agree to the last bit. A row stays with what plain arithmetic says only
if P(evidence) > LEAST and every variable's states sum to P(evidence). Then what underflow took away
does not matter: every factor is at most 1 and every cell a sum over configurations of products of
them with all tables of the summed variables included, so cells are bounded (by 2 for each noisy-OR,
whose helper carries a -1), and an error of 1e-308 in any of them cannot grow to anything beside
1e-200. All other rows are run again with an exponent of its own for every cell.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .beliefs import Array, Beliefs
from .circuit import Circuit
from .elimination import CONSTANTS
from .program import Program

MOST_ROWS, MOST_CELLS = 256, 2**23
"""How many rows, and how many cells of how many rows, numpy works on at once."""
ROWS_PER_TASK = 1024
LEAST = 1e-200
"""P(evidence) above which plain arithmetic is sure to be right, and, as 1 / LEAST, below which."""
SLACK = 1e-6
"""How far, relatively and over all variables, the sums over states may be from P(evidence) before
the row is run again.
"""
NOTHING = np.int32(-(2**28))
"""The exponent of 0, below that of anything else."""


def rows_at_once(circuit: Circuit) -> int:
    """Return how many rows numpy does in one pass."""
    return max(1, min(MOST_ROWS, MOST_CELLS // circuit.size))


def run_numpy(
    circuit: Circuit, owner: NDArray[np.int64], evidence: Array, parameters: Array
) -> Beliefs:
    """Run the circuit with numpy alone, which needs no loading.

    `owner` (S,) numbers the variable of each state, `evidence` (n, S) holds likelihoods,
    `parameters` is (P,) or one set per row (n, P). Where the circuit has slopes, P columns d log Z
    / d parameter follow the marginals.
    """
    answers, z = np.empty((len(evidence), circuit.answers)), np.empty(len(evidence))
    step = rows_at_once(circuit)
    for start in range(0, len(evidence), step):
        rows = slice(start, start + step)
        answers[rows], z[rows] = _plain(circuit, owner, evidence[rows], _own(parameters, rows))
    return _completed(circuit, owner, evidence, parameters, answers, z)


def run_compiled(program: Program, evidence: Array, parameters: Array, threads: int) -> Beliefs:
    """Run a program with the compiled kernel, many rows in one vector, on up to so many threads;
    otherwise as `run_numpy`.
    """
    kernel, circuit = _kernel(), program.circuit
    found = np.empty((len(evidence), circuit.answers + 2))

    def run(start: int) -> None:
        rows = slice(start, start + ROWS_PER_TASK)
        given = np.ascontiguousarray(evidence[rows], dtype=np.float64)
        own = np.atleast_2d(np.ascontiguousarray(_own(parameters, rows), dtype=np.float64))
        kernel.run(program, given, own, found[rows])

    starts = range(0, len(evidence), ROWS_PER_TASK)
    if min(threads, len(starts)) > 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(threads, len(starts))) as pool:
            list(pool.map(run, starts))
    else:
        for start in starts:
            run(start)
    answers, z, deviation = found[:, :-2], found[:, -2], found[:, -1]
    sound = (z > LEAST) & (z < 1 / LEAST) & (deviation <= SLACK * z)
    z = np.where(sound, z, np.nan)
    return _completed(circuit, program.owner, evidence, parameters, answers, z)


@cache
def _kernel() -> ModuleType:
    from . import kernel

    return kernel


def is_kernel_loaded() -> bool:
    """Return whether anything has gone through the compiled kernel yet."""
    return _kernel.cache_info().currsize > 0


def _own(parameters: Array, rows: slice | NDArray[np.integer]) -> Array:
    return parameters if parameters.ndim == 1 else parameters[rows]


def _completed(
    circuit: Circuit,
    owner: NDArray[np.int64],
    evidence: Array,
    parameters: Array,
    answers: Array,
    z: Array,
) -> Beliefs:
    """Return the beliefs, the rows whose z is nan run again with unlimited exponents."""
    log_evidence, lost, step = np.log(z), np.flatnonzero(np.isnan(z)), rows_at_once(circuit)
    for start in range(0, len(lost), step):
        rows = lost[start : start + step]
        answers[rows], log_evidence[rows] = run_beyond(
            circuit, owner, evidence[rows], _own(parameters, rows)
        )
    return Beliefs(answers, log_evidence)


def _inputs(circuit: Circuit, evidence: Array, parameters: Array) -> tuple[Array, int]:
    cells = np.empty((circuit.size, len(evidence)))
    cells[:CONSTANTS] = np.array([[0.0], [1.0], [-1.0]])
    first = CONSTANTS + circuit.states
    cells[CONSTANTS:first] = evidence.T
    last = first + len(circuit.parameters)
    cells[first:last] = parameters.T if parameters.ndim == 2 else parameters[:, None]
    return cells, last


def _plain(
    circuit: Circuit, owner: NDArray[np.int64], evidence: Array, parameters: Array
) -> tuple[Array, Array]:
    """Return the answers and Z of each row, Z being nan where a double may not have held it all."""
    cells, _ = _inputs(circuit, evidence, parameters)
    with np.errstate(all="ignore"):
        for layer in circuit.layers:
            out = cells[layer.start : layer.stop]
            np.multiply(cells[layer.a], cells[layer.b], out=out)
            if len(layer.c):
                out += cells[layer.c] * cells[layer.d]
        z = cells[circuit.evidence]
        asked, varied = np.flatnonzero(circuit.gradient >= 0), np.flatnonzero(circuit.slopes >= 0)
        joint = cells[circuit.gradient[asked]] * evidence.T[asked]
        joint[joint < 0] = 0
        totals, place = _totals(joint, owner[asked])
        sound = (z > LEAST) & (z < 1 / LEAST) & (np.abs(totals - z).sum(axis=0) <= SLACK * z)
        answers = np.zeros((len(evidence), circuit.answers))
        answers[:, asked] = (joint / totals[place]).T
        answers[:, circuit.states + varied] = (cells[circuit.slopes[varied]] / z).T
    return answers, np.where(sound, z, np.nan)


def _totals(joint: Array, owner: NDArray[np.int64]) -> tuple[Array, NDArray[np.int64]]:
    """Return the sums over the states of each variable, and which of them is each state's."""
    names, place = np.unique(owner, return_inverse=True)
    totals = np.zeros((len(names), joint.shape[1]))
    np.add.at(totals, place, joint)
    return totals, place


def run_beyond(
    circuit: Circuit, owner: NDArray[np.int64], evidence: Array, parameters: Array
) -> Beliefs:
    """Do what `run_numpy` does, each cell being held as mantissa * 2 ** power: nothing but an exact
    0 is 0.
    """
    cells, inputs = _inputs(circuit, evidence, parameters)
    powers = np.empty(cells.shape, dtype=np.int32)

    def keep(place: slice, value: Array, power: Any) -> None:
        cells[place], shift = np.frexp(value)
        powers[place] = np.where(value == 0, NOTHING, power + shift)

    keep(slice(inputs), cells[:inputs], np.int32(0))
    for layer in circuit.layers:
        value, power = cells[layer.a] * cells[layer.b], powers[layer.a] + powers[layer.b]
        if len(layer.c):
            other, height = cells[layer.c] * cells[layer.d], powers[layer.c] + powers[layer.d]
            top = np.maximum(power, height)
            value, power = _shifted(value, power - top) + _shifted(other, height - top), top
        keep(slice(layer.start, layer.stop), value, power)
    asked = np.flatnonzero(circuit.gradient >= 0)
    varied = np.flatnonzero(circuit.slopes >= 0)
    weights, heights = np.frexp(evidence.T[asked])
    slope = circuit.gradient[asked]
    joint, power = cells[slope] * weights, np.where(weights == 0, NOTHING, powers[slope] + heights)
    tops = np.full((len(owner), len(evidence)), NOTHING, dtype=np.int32)
    np.maximum.at(tops, owner[asked], power)
    joint = np.maximum(_shifted(joint, power - tops[owner[asked]]), 0.0)
    z, height, slope = cells[circuit.evidence], powers[circuit.evidence], circuit.slopes[varied]
    possible = z > 0
    totals, place = _totals(joint, owner[asked])
    answers = np.zeros((len(evidence), circuit.answers))
    log_evidence = np.full(len(evidence), -np.inf)
    answers[:, asked] = (joint * possible / np.where(possible, totals, 1.0)[place]).T
    answers[:, circuit.states + varied] = (
        _shifted(cells[slope] * possible / np.where(possible, z, 1.0), powers[slope] - height)
    ).T
    log_evidence[possible] = np.log(z[possible]) + height[possible] * np.log(2.0)
    return Beliefs(answers, log_evidence)


def _shifted(value: Array, power: NDArray[np.int32]) -> Array:
    moved: Array = np.ldexp(value, np.maximum(power, -2000))
    return moved
