"""Where the boxes of the picture stand: columns by role, sorted so that links cross little."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ..model.network import Network

WIDTH, HEIGHT, GAP, BETWEEN, TOP = 172, 44, 7, 32, 34
"""Of a box its width and height, the gap below it, that between columns, and the room above."""
MARGIN, BOW, FOOT = 8, 24, 14
STEP = HEIGHT + GAP
SWEEPS = 12
WIDEST_STEP = 2.2
"""Short columns are spread, up to so many times the usual step."""


Place = tuple[float, float]
"""The top left corner of a box."""


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
    places: Mapping[str, Place]
    width: float
    height: float

    @property
    def boxes(self) -> list[list[Place]]:
        """The boxes of each column, as `route` wants them."""
        return [[self.places[name] for name in column.names] for column in self.columns]


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


def route(start: Place, end: Place, columns: Sequence[Sequence[Place]]) -> str:
    """Return the path from one box to another that no other box lies on: it passes the columns
    between them through gaps, and within a column it bows out to the right.

    `columns` are the boxes of each column that is shown, from left to right and top to bottom.

    >>> route((8, 34), (416, 34), [[(8, 34)], [(212, 34)], [(416, 34)]])
    'M180 56C196 56 196 30.5 212 30.5L384 30.5C400 30.5 400 56 416 56'
    """
    y0, y1 = start[1] + HEIGHT / 2, end[1] + HEIGHT / 2
    if start[0] == end[0]:
        x = start[0] + WIDTH
        bow = x + min(14 + abs(y1 - y0) / 40, BOW)
        return f"M{x:g} {y0:g}C{bow:.0f} {y0:g} {bow:.0f} {y1:g} {x:g} {y1:g}"
    forward = end[0] > start[0]
    x, last = start[0] + forward * WIDTH, end[0] + (not forward) * WIDTH
    path, y = f"M{x:g} {y0:g}", y0
    low, high = min(start[0], end[0]), max(start[0], end[0])
    for boxes in columns if forward else reversed(columns):
        left = boxes[0][0]
        if low < left < high:
            straight = y0 + (y1 - y0) * (left - start[0]) / (end[0] - start[0])
            gap = min(gaps([top for _, top in boxes]), key=lambda at: abs(at - straight))
            near, far = (left, left + WIDTH) if forward else (left + WIDTH, left)
            path += f"{_curve(x, y, near, gap)}L{far:g} {gap:g}"
            x, y = far, gap
    return path + _curve(x, y, last, y1)


def gaps(tops: Sequence[float]) -> list[float]:
    """Return the heights at which a line passes between boxes, above the first, and below the last.

    >>> gaps([34, 85])
    [30.5, 81.5, 132.5]
    """
    ends = [tops[0] - GAP - HEIGHT, *tops, tops[-1] + HEIGHT + GAP]
    return [(above + HEIGHT + below) / 2 for above, below in pairwise(ends)]


def _curve(x: float, y: float, x1: float, y1: float) -> str:
    middle = (x + x1) / 2
    return f"C{middle:g} {y:g} {middle:g} {y1:g} {x1:g} {y1:g}"
