"""The engine contract: likelihood rows (n, S) in, `Beliefs` out. Everything above asks its
questions as rows.
"""

from __future__ import annotations

import os
from functools import cache, cached_property, lru_cache
from importlib.util import find_spec
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ..errors import TooHard
from ..model.network import Network
from .beliefs import Array, Beliefs, check_shapes
from .circuit import Circuit, compile_network
from .dense import DenseEngine, dense_engine
from .elimination import needed
from .executors import is_kernel_loaded, run_compiled, run_numpy
from .program import Program, program

Names = frozenset[str] | None
NONE: frozenset[str] = frozenset()
COST_OF_THE_COMPILER, COST_OF_A_CELL = 2**22, 2**10
"""Cells that dense tables would work through in the time that loading the compiler takes, and for
each cell of the network that is unrolled.
"""
CELLS_OF_AN_AXIS = 2**5
"""Each axis that is summed out costs as much as unrolling so many cells."""
CIRCUIT_OF_ONE_ROW, CELL_OF_ONE_ROW = 2**15, 2**3
"""Nanoseconds that a circuit takes for a single row, and for each cell of the network."""
MOST_CELLS = 2**18
"""A network whose elimination touches more cells than this would take long to unroll."""


FEW_STEPS = 2**22
"""So many steps numpy does in the time that loading the compiler takes."""


def wants_circuit(worked: float, cells: float, loaded: bool) -> bool:
    """Return whether a network that has so many cells goes through the circuit once dense tables
    have `worked` through so many, those of the rows asked for now among them; `loaded` tells
    whether the compiler is there already.

    Who has rented for the price of buying, buys: the first answers never wait for a compiler, and
    nobody waits for more than twice what would have been best (Karlin et al. 1988). A network that
    is too large to be unrolled stays with dense tables.
    """
    price = COST_OF_A_CELL * cells + (0 if loaded else COST_OF_THE_COMPILER)
    return cells <= MOST_CELLS and worked > price


class Engine:
    """A network that answers rows exactly: by dense tables, or, many at a time, by a circuit.

    It answers only the `targets`, from findings on the `observed` variables; `varied` names those
    whose slopes are wanted. What neither targets nor findings depend on is left out.
    """

    def __init__(
        self,
        network: Network,
        targets: Names = None,
        observed: Names = None,
        varied: frozenset[str] = NONE,
    ) -> None:
        self.network = network
        self.targets, self.observed, self.varied = targets, observed, varied
        self.worked = 0.0
        self.is_refused = False
        self._lock = Lock()
        self.dense: DenseEngine = dense_engine(network)

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """The number of the variable of each state (S,)."""
        return np.repeat(np.arange(len(self.network.variables)), self.dense.sizes)

    @cached_property
    def circuit(self) -> Circuit:
        """The network unrolled; raises `TooHard` where that would take too many steps."""
        return compile_network(self.network, self.targets, self.observed, self.varied)

    @property
    def program(self) -> Program:
        """The circuit laid out for the compiled kernel, once for all threads."""
        with self._lock:
            return self._program

    @cached_property
    def _program(self) -> Program:
        return program(self.circuit, self.owner)

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """The variables whose tables count: all that targets and findings depend on."""
        every = frozenset(self.network.variables)
        wanted = every if self.targets is None else self.targets
        observed = every if self.observed is None else self.observed
        return tuple(needed(self.network, wanted | observed))

    @cached_property
    def places(self) -> dict[str, slice]:
        """Where the parameters of each variable that counts lie."""
        found, start = {}, 0
        for name in self.kept:
            place = self.dense.places[name]
            found[name] = slice(start, start + place.stop - place.start)
            start = found[name].stop
        return found

    @cached_property
    def parameters(self) -> Array:
        """The network's own parameters (P,)."""
        return self.dense.parameters[self._columns]

    @cached_property
    def _columns(self) -> NDArray[np.int64]:
        places = (self.dense.places[name] for name in self.kept)
        ranges = [np.arange(place.start, place.stop) for place in places]
        return np.concatenate([np.zeros(0, dtype=np.int64), *ranges])

    def __call__(
        self, evidence: Array, parameters: Array | None = None, *, threads: int | None = None
    ) -> Beliefs:
        """Answer rows of likelihoods (n, S); `parameters` (n, P) gives every row tables of its own,
        (P,) all of them others.

        Many rows are spread over `threads` (default: one per core), which changes no bit. Raises
        `TooHard` where the network would take more memory than it may.
        """
        size = 0 if parameters is None else len(self.parameters)
        states = len(self.network.columns)
        check_shapes(evidence, parameters, states, size)
        if self._goes_through_circuit(len(evidence)):
            found = self._by_circuit(evidence, parameters, threads)
            return Beliefs(found.marginals[:, :states], found.log_evidence)
        own = None
        if parameters is not None:
            own = np.tile(self.dense.parameters, (*parameters.shape[:-1], 1))
            own[..., self._columns] = parameters
        before = self.dense.worked
        found = self.dense(evidence, own, self.targets)
        self.worked += self.dense.worked - before
        return found

    def _goes_through_circuit(self, rows: int) -> bool:
        """Return whether so many more rows do, and compile it first where it is time to."""
        loaded = is_kernel_loaded()
        if not loaded and self.worked + rows * MOST_CELLS <= COST_OF_THE_COMPILER:
            return False
        if rows == 1 and self._is_quick():
            return False
        order = self.dense.order_of_all
        size = order.cells + CELLS_OF_AN_AXIS * len(order.axes)
        worked = self.worked + rows * order.cells
        if self.is_refused or not wants_circuit(worked, size, loaded):
            return False
        return _has_compiler() and self._is_unrolled()

    def _is_quick(self) -> bool:
        """Return whether dense tables answered the last single case in less time than a circuit
        would take.
        """
        cells = self.dense.order_of_all.cells
        return self.dense.last <= CIRCUIT_OF_ONE_ROW + CELL_OF_ONE_ROW * cells

    def _is_unrolled(self) -> bool:
        """Return whether there is a circuit, which is made where there was none yet."""
        try:
            return self.program.slots > 0
        except TooHard:
            self.is_refused = True
            return False

    def reproducibly(self, evidence: Array, *, threads: int | None = None) -> Beliefs:
        """Answer rows of likelihoods (n, S), each the same to the last bit whatever rows come with
        it and whatever was asked before, where the circuit fits; raises as a call does.
        """
        check_shapes(evidence, None, len(self.owner), len(self.parameters))
        is_large = self.dense.order_of_all.cells > MOST_CELLS
        if is_large or self.is_refused or not self._is_unrolled():
            return self.dense(evidence, None, self.targets)
        few = len(evidence) * self.circuit.steps <= FEW_STEPS
        if few and not is_kernel_loaded():
            found = run_numpy(self.circuit, self.owner, evidence, self.parameters)
        else:
            found = self._by_circuit(evidence, None, threads)
        return Beliefs(found.marginals[:, : len(self.owner)], found.log_evidence)

    def slopes(
        self, evidence: Array, parameters: Array | None = None, *, threads: int | None = None
    ) -> Array:
        """Return d log P(evidence) / d parameter (n, P) of the `varied` variables, 0 for the others
        and where a row is impossible.

        Times the parameter, a table's slope is P(parents' states and own state | evidence) of that
        cell: what EM counts (Darwiche 2003). Of a noisy-OR's pair (1 - p, p), slope[1] - slope[0]
        is d log P(evidence) / dp; P(evidence) is linear in p.
        """
        return self.with_slopes(evidence, parameters, threads=threads)[1]

    def with_slopes(
        self, evidence: Array, parameters: Array | None = None, *, threads: int | None = None
    ) -> tuple[Beliefs, Array]:
        """Return the beliefs of rows, as a call does, and their `slopes`, from one run."""
        check_shapes(evidence, parameters, len(self.owner), len(self.parameters))
        found = self._by_circuit(evidence, parameters, threads)
        states = len(self.owner)
        beliefs = Beliefs(found.marginals[:, :states], found.log_evidence)
        return beliefs, found.marginals[:, states:]

    def _by_circuit(
        self, evidence: Array, parameters: Array | None, threads: int | None
    ) -> Beliefs:
        own = self.circuit.parameters if parameters is None else parameters
        if not _has_compiler():
            return run_numpy(self.circuit, self.owner, evidence, own)
        return run_compiled(self.program, evidence, own, threads or os.cpu_count() or 1)


@cache
def _has_compiler() -> bool:
    return find_spec("llvmlite") is not None


@lru_cache(maxsize=16)
def engine_for(
    network: Network, targets: Names = None, observed: Names = None, varied: frozenset[str] = NONE
) -> Engine:
    """Return the engine of a network, from the cache if it was asked for before."""
    return Engine(network, targets, observed, varied)
