"""A network as a flat arithmetic circuit: bucket elimination unrolled, with its gradient (Darwiche
2003; Dechter 1999).

The inputs of the circuit are the likelihoods of all states and the parameters of all tables, its
outputs Z = P(evidence) and dZ / d likelihood, from which every posterior is read off. Families and
order are those of `elimination`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import TooHard, listed
from ..model.network import Network
from .beliefs import Array
from .elimination import (
    CONSTANTS,
    Factor,
    Order,
    elimination_order,
    family,
    needed,
    sizes_of,
)
from .tape import Layer, LiveFactor, Tape

MOST_CELLS = 5_000_000
"""A network whose elimination touches more cells than this is refused."""


@dataclass(frozen=True, eq=False)
class Circuit:
    """The compiled network. Cells: 3 constants, S likelihoods, P parameters, then one per step.

    `evidence` is the cell of Z; `gradient` (S,) holds the cell of dZ / d likelihood of each state,
    `slopes` (P,) that of dZ / d parameter, or -1 where it was not asked for. `parameters` (P,) are
    the network's own; `places` tells where each variable's lie.
    """

    states: int
    parameters: Array
    places: Mapping[str, slice]
    layers: tuple[Layer, ...]
    size: int
    evidence: int
    gradient: NDArray[np.int64]
    slopes: NDArray[np.int64]

    @property
    def steps(self) -> int:
        """The number of steps, each at most two multiplications and one addition."""
        return sum(layer.stop - layer.start for layer in self.layers)

    @property
    def answers(self) -> int:
        """The number of answers per row: S posteriors, and P slopes if any was asked for."""
        return self.states + (len(self.parameters) if (self.slopes >= 0).any() else 0)


def compile_network(
    network: Network,
    targets: Iterable[str] | None = None,
    observed: Iterable[str] | None = None,
    varied: Collection[str] = (),
) -> Circuit:
    """Return the circuit that gives P(evidence) and the posteriors of `targets` (default: all
    variables).

    `observed` names the variables on which there may be findings (default: any). What neither they
    nor the targets depend on is left out. `varied` names the variables whose parameters dZ / d
    parameter is wanted for, among those that are not left out. Raises `TooHard` with the variables
    that make the network hard.
    """
    wanted = frozenset(network.variables if targets is None else targets)
    seen = frozenset(network.variables if observed is None else observed)
    kept = needed(network, wanted | seen)
    places, parameters = _parameters(network, kept)
    states = len(network.columns)
    first = CONSTANTS + states
    factors = []
    for name in kept:
        if name in wanted or name in seen:
            place = network.slices[name]
            cells = CONSTANTS + np.arange(place.start, place.stop)
            factors.append(_cells(Factor((name,), cells), name in wanted))
        for factor in family(network, network[name], first + places[name].start, False):
            factors.append(_cells(factor, name in varied))
    order = _order(factors)
    tape = Tape(first + len(parameters), sizes_of(factors))
    result = tape.eliminate(factors, order.axes)
    gradient = tape.gradient(result, [factor for factor in factors if factor.live])
    return Circuit(
        states,
        parameters,
        places,
        tuple(tape.layers),
        tape.size,
        int(result.table),
        gradient[CONSTANTS:first],
        gradient[first:],
    )


def _parameters(network: Network, names: Iterable[str]) -> tuple[dict[str, slice], Array]:
    """Return where the parameters of each variable lie, and all of them."""
    own = {name: network[name].distribution.parameters() for name in names}
    places, start = {}, 0
    for name, values in own.items():
        places[name] = slice(start, start + len(values))
        start += len(values)
    return places, np.concatenate([np.zeros(0), *own.values()])


def _cells(factor: Factor, live: bool) -> LiveFactor:
    return LiveFactor(factor.axes, factor.table.astype(np.int32), live)


def _order(factors: Sequence[LiveFactor]) -> Order:
    order = elimination_order([factor.axes for factor in factors], sizes_of(factors))
    if order.cells > MOST_CELLS:
        names = [axis for axis in order.largest if isinstance(axis, str)]
        raise TooHard(
            f"a circuit would touch {order.cells:,.0f} cells per case (limit {MOST_CELLS:,}); "
            f"these variables hang together too closely: {listed(names)}"
        )
    return order
