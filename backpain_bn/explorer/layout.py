"""Where the boxes of the picture stand: columns by role, sorted so that links cross little."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..model.network import Network

WIDTH, HEIGHT, GAP, BETWEEN, TOP = 228, 33, 5, 44, 30
"""Of a box its width and height, the gap below it, that between columns, and the room above."""
MARGIN, BOW, FOOT = 8, 40, 8
STEP = HEIGHT + GAP
SWEEPS = 12
WIDEST_STEP = 2.2
"""Short columns are spread, up to so many times the usual step."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what picks it (`key`), its heading, and its variables from top to bottom."""

    key: str
    title: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the top left corner of each variable's box is, and the size of the whole, in pixels."""

    columns: tuple[Column, ...]
    places: Mapping[str, tuple[float, float]]
    width: float
    height: float


@lru_cache(maxsize=8)
def layout(network: Network) -> Layout:
    """Return columns from left to right, each sorted so that links cross little (barycentres;
    Sugiyama et al. 1981).

    Columns are the roles; where all variables share one role, as in networks of other formats, they
    are steps from cause to effect.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> garden = {
    ...     "wet": Variable("wet", ("no", "yes"), wet),
    ...     "rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2)),
    ... }
    >>> [(column.title, column.names) for column in layout(Network("garden", garden)).columns]
    [('Step 1', ('rain',)), ('Step 2', ('wet',))]
    """
    columns = _sorted(network, _by_role(network) or _by_depth(network))
    tallest = max((len(column.names) for column in columns), default=0)
    places = {}
    for position, column in enumerate(columns):
        x = float(position * (WIDTH + BETWEEN) + MARGIN)
        spread = min(tallest / len(column.names), WIDEST_STEP)
        top = TOP + (tallest - len(column.names) * spread) * STEP / 2
        for row, name in enumerate(column.names):
            places[name] = (x, float(round(top + row * STEP * spread)))
    width = len(columns) * (WIDTH + BETWEEN) + MARGIN
    return Layout(tuple(columns), places, width, TOP + tallest * STEP + FOOT)


def _by_role(network: Network) -> list[Column]:
    """One column for each role that occurs, if there is more than one."""
    names: dict[str, list[str]] = {role: [] for role in network.vocabulary.roles}
    for name, variable in network.variables.items():
        names[variable.role].append(name)
    columns = [
        Column(key, role.title, tuple(names[key]))
        for key, role in network.vocabulary.roles.items()
        if names[key]
    ]
    return columns if len(columns) > 1 else []


def _by_depth(network: Network) -> list[Column]:
    """One column for each step from cause to effect."""
    depth: dict[str, int] = {}
    for name in network.order:
        depth[name] = 1 + max((depth[parent] for parent in network[name].parents), default=0)
    steps: dict[int, list[str]] = {}
    for name in network.variables:
        steps.setdefault(depth[name], []).append(name)
    return [Column(f"step_{at}", f"Step {at}", tuple(steps[at])) for at in sorted(steps)]


def _sorted(network: Network, columns: list[Column]) -> list[Column]:
    orders = [list(column.names) for column in columns]
    height: dict[str, float] = {}
    for names in orders:
        height |= _heights(names)
    for _ in range(SWEEPS):
        for names in orders:
            weight = {name: _barycentre(network, name, height) for name in names}
            names.sort(key=weight.__getitem__)
            height |= _heights(names)
    return [
        Column(column.key, column.title, tuple(names))
        for column, names in zip(columns, orders, strict=True)
    ]


def _heights(names: list[str]) -> dict[str, float]:
    """How far down its column each variable is, between 0 and 1."""
    return {name: (index + 0.5) / len(names) for index, name in enumerate(names)}


def _barycentre(network: Network, name: str, height: Mapping[str, float]) -> float:
    near = [*network[name].parents, *network.children[name]]
    return math.fsum(height[other] for other in near) / len(near) if near else height[name]


def curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return the path from the right edge of one box to the left edge of another; within a column
    it bows out to the right.
    """
    x0, y0, y1 = start[0] + WIDTH, start[1] + HEIGHT / 2, end[1] + HEIGHT / 2
    if end[0] > start[0]:
        middle = (x0 + end[0]) / 2
        return f"M{x0:g} {y0:g}C{middle:g} {y0:g} {middle:g} {y1:g} {end[0]:g} {y1:g}"
    bow = max(x0, end[0] + WIDTH) + min(14 + abs(y1 - y0) / 12, BOW)
    return f"M{x0:g} {y0:g}C{bow:.0f} {y0:g} {bow:.0f} {y1:g} {end[0] + WIDTH:g} {y1:g}"
