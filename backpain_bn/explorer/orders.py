"""The orders in which the page eliminates: of the network as it is, and of it beside the worlds in
which causes are healthy.

A noisy-OR stays factored by a helper for each world, the switches that are on so far: one factor
for each mechanism, never one of all parents. What a case tells only takes axes away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..errors import TooHard
from ..inference.elimination import Axis, Helper, Order, Twin, elimination_order
from ..inference.two_worlds import OtherWorld
from ..model.distributions import NoisyOr
from ..model.network import Network

MOST_CELLS = 1_000_000
"""A network that takes more cells per answer is refused: a browser would not answer a click at
once.
"""
MOST_CELLS_OF_TWO = 30_000_000
"""Causes that take more cells together are not ranked in a browser: it would take seconds."""
SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
MOST_VARIABLES = len(SIGNS) ** 2 // 4
HELPER, COPY = 0, 1
"""The step of the helper of a variable, and of that of its copy."""


def order_of_one(network: Network) -> str:
    """Return the order of the network as it is: two signs of 64 for every axis.

    Of n variables the axes are the variables 0 to n - 1, then their helpers, their copies, and the
    helpers of the copies. Raises `TooHard` for a network that is too large for a browser.
    """
    count = len(network.variables)
    if count > MOST_VARIABLES:
        raise TooHard(
            f"{network.name} has {count:,} variables; in a browser the limit is {MOST_VARIABLES:,}"
        )
    order = _order(network, None)
    if order.cells > MOST_CELLS:
        raise TooHard(
            f"{network.name} takes {order.cells:,.0f} cells per answer; in a browser the limit is "
            f"{MOST_CELLS:,}"
        )
    return _text(network, order)


def orders_of_two(network: Network, causes: Sequence[str]) -> list[str]:
    """Return the order for each cause beside the world in which it is healthy, and for all of them
    together, as `order_of_one` does; raises `TooHard` where that is too much for a browser.
    """
    sets = [*([name] for name in causes), list(causes)]
    found = [_order(network, OtherWorld(network, names)) for names in sets]
    cells = sum(order.cells for order in found)
    if cells > MOST_CELLS_OF_TWO:
        raise TooHard(
            f"to rank the causes of {network.name} takes {cells:,.0f} cells; in a browser the "
            f"limit is {MOST_CELLS_OF_TWO:,}"
        )
    return [_text(network, order) for order in found]


def _order(network: Network, world: OtherWorld | None) -> Order:
    scopes = [scope for name in network.variables for scope in _scopes(network, name, world)]
    sizes = {axis: _size(network, axis) for scope in scopes for axis in scope}
    return elimination_order(scopes, sizes)


def _scopes(network: Network, name: str, world: OtherWorld | None) -> Iterator[Sequence[Axis]]:
    """Yield the axes of the factors of a variable, and of its copy where there is one."""
    model = network[name].distribution
    copied = world is not None and name in world.copied
    own: tuple[Axis, ...] = (name, Twin(name)) if copied else (name,)

    def with_copies(names: Sequence[str]) -> tuple[Axis, ...]:
        return world.axes(names) if copied and world is not None else tuple(names)

    if not isinstance(model, NoisyOr):
        yield (*own, *with_copies(model.parents))
        return
    helpers = [Helper(name, step) for step in (HELPER, COPY)[: len(own)]]
    yield from zip(own, helpers, strict=True)
    yield from ((*helpers, *with_copies(tuple(each.when))) for each in model.mechanisms)


def _size(network: Network, axis: Axis) -> int:
    if isinstance(axis, Helper):
        return 2
    return len(network.states[axis if isinstance(axis, str) else axis.of])


def _text(network: Network, order: Order) -> str:
    place = {name: index for index, name in enumerate(network.variables)}
    numbers = (_number(axis, place, len(place)) for axis in order.axes)
    return "".join(SIGNS[number // 64] + SIGNS[number % 64] for number in numbers)


def _number(axis: Axis, place: dict[str, int], count: int) -> int:
    if isinstance(axis, str):
        return place[axis]
    if isinstance(axis, Twin):
        return 2 * count + place[axis.of]
    return (1 if axis.step == HELPER else 3) * count + place[axis.of]
