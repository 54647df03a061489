"""Where the boxes of the picture stand and where its links run: columns by role, and no link
behind a box.

A link that passes a column gets a lane of its own in it, between the boxes (Sugiyama, Tagawa and
Toda 1981). The page lays its boxes in the same way (web/layout.js).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ..model.network import Network
from ..phrases import phrase

MARGIN, TOP = 10, 44
"""The room around the picture, and that for the heads of the columns, in pixels."""
GAP, LANE = 16, 12
"""The gap between two boxes, and the height of a lane."""
NARROWEST, EASY, WIDEST = 98, 150, 216
"""A box is between the first and the last wide, as there is room; where it would have to be
narrower, it is as wide as reads easily, and the picture wider than the room.
"""
NEAREST, FURTHEST = 40, 110
"""Between these the room between two columns does."""
PORT = 8
"""How far apart links end at a box, at most."""
SWEEPS = 5
OUTCOME = "outcome"
"""The key of the outcome's own column."""

Place = tuple[float, float]
Link = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what picks it (`key`), its heading, and its variables."""

    key: str
    title: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """How a link runs, as the path of an SVG, and where its strength can be written."""

    path: str
    middle: Place


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that are shown and where they begin, the top left corner of each box, the routes
    of the links, and the size of a box and of the whole, in pixels.
    """

    columns: tuple[tuple[Column, float], ...]
    places: Mapping[str, Place]
    routes: tuple[Route, ...]
    box: float
    width: float
    height: float


@lru_cache(maxsize=8)
def columns_of(network: Network) -> tuple[Column, ...]:
    """Return all variables in columns from left to right: by role, or, where all share one role, by
    steps from cause to effect; the outcome in a column of its own, behind its causes.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> garden = {
    ...     "wet": Variable("wet", ("no", "yes"), wet),
    ...     "rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2)),
    ... }
    >>> [(column.title, column.names) for column in columns_of(Network("garden", garden))]
    [('Step 1', ('rain',)), ('Step 2', ('wet',))]
    """
    columns = _by_role(network) or _by_depth(network)
    return tuple(_with_outcome(network, columns))


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


def _with_outcome(network: Network, columns: list[Column]) -> list[Column]:
    """The columns, with the outcome taken out of a column that others share."""
    outcome = network.outcome
    home = next((place for place, one in enumerate(columns) if outcome in one.names), None)
    if home is None or len(columns[home].names) == 1:
        return columns
    above = network.ancestors(outcome)
    last = max((i for i, one in enumerate(columns) if above.intersection(one.names)), default=home)
    column = columns[home]
    rest = tuple(name for name in column.names if name != outcome)
    columns[home] = Column(column.key, column.title, rest)
    columns.insert(max(last, home) + 1, Column(OUTCOME, phrase("outcome_column"), (outcome,)))
    return columns


def layout(
    columns: Sequence[Column],
    heights: Mapping[str, float],
    links: Sequence[Link],
    width: float,
    narrowest: float = NARROWEST,
) -> Layout:
    """Return where boxes of these heights stand in about `width` pixels, and how the links between
    them run; columns of which nothing is shown are left out.

    >>> columns = [Column(name, name.upper(), (name,)) for name in "abc"]
    >>> plan = layout(columns, dict.fromkeys("abc", 40.0), [("a", "b"), ("a", "c")], 600)
    >>> plan.box, plan.places["b"], plan.routes[0].path
    (166.0, (217.0, 52.0), 'M176 80C196.5 80 196.5 72 217 72')
    """
    shown = [(one, [name for name in one.names if name in heights]) for one in columns]
    shown = [(one, names) for one, names in shown if names]
    at = {name: place for place, (_, names) in enumerate(shown) for name in names}
    box, between = _widths(len(shown), width, narrowest)
    lefts = [MARGIN + place * (box + between) for place in range(len(shown))]
    chains = [_chain(index, link, at) for index, link in enumerate(links)]
    slots = _slots([names for _, names in shown], chains)
    middles = _middles(slots, chains, heights)
    ports = _ports(links, chains, at, middles, heights)
    routes = [
        _route(link, chain, at, lefts, box, between, middles, ports[index])
        for index, (link, chain) in enumerate(zip(links, chains, strict=True))
    ]
    bowed = any(at[one] == at[other] == len(shown) - 1 for one, other in links)
    tall = max((_top(column, heights) for column in slots), default=0.0)
    return Layout(
        tuple((one, left) for (one, _), left in zip(shown, lefts, strict=True)),
        {name: (lefts[at[name]], middles[name] - heights[name] / 2) for name in at},
        tuple(routes),
        box,
        max(len(shown) * (box + between) - between, 0) + 2 * MARGIN + bowed * NEAREST,
        TOP + tall,
    )


def _widths(count: int, width: float, narrowest: float) -> tuple[float, float]:
    """How wide a box is, and the room between two columns."""
    room = width - 2 * MARGIN
    share = (room + NEAREST) // max(count, 1) - NEAREST
    box = max(EASY, narrowest) if share < narrowest else min(share, max(WIDEST, narrowest))
    free = (room - count * box) // max(count - 1, 1)
    return float(box), float(min(max(free, NEAREST), FURTHEST))


def _chain(index: int, link: Link, at: Mapping[str, int]) -> list[Hashable]:
    """A link as the slots that it passes: its start, a lane in every column between, its end."""
    start, end = (at[name] for name in link)
    step = 1 if end > start else -1
    lanes: list[Hashable] = [(index, column) for column in range(start + step, end, step)]
    return [link[0], *(lanes if start != end else []), link[1]]


def _slots(
    names: Sequence[Sequence[str]], chains: Sequence[Sequence[Hashable]]
) -> list[list[Hashable]]:
    slots: list[list[Hashable]] = [list(column) for column in names]
    for chain in chains:
        for lane in chain[1:-1]:
            slots[lane[1]].append(lane)  # type: ignore[index]
    return slots


def _size(slot: Hashable, heights: Mapping[str, float]) -> float:
    return heights[slot] + GAP if isinstance(slot, str) else LANE


def _top(column: Sequence[Hashable], heights: Mapping[str, float]) -> float:
    return sum(_size(slot, heights) for slot in column)


def _middles(
    slots: Sequence[Sequence[Hashable]],
    chains: Sequence[Sequence[Hashable]],
    heights: Mapping[str, float],
) -> dict[Hashable, float]:
    """The height of every slot: near those that it is linked with, as far as there is room."""
    near: dict[Hashable, list[Hashable]] = {slot: [] for column in slots for slot in column}
    for chain in chains:
        for one, other in pairwise(chain):
            near[one].append(other)
            near[other].append(one)
    tall = max((_top(column, heights) for column in slots), default=0.0)
    middles: dict[Hashable, float] = {}
    for column in slots:
        each = tall / max(len(column), 1)
        middles |= {slot: TOP + (row + 0.5) * each for row, slot in enumerate(column)}
    for sweep in range(SWEEPS):
        for column in slots if sweep % 2 == 0 else list(reversed(slots)):
            wanted = [
                _mean([middles[each] for each in near[slot]], middles[slot]) for slot in column
            ]
            sizes = [_size(slot, heights) for slot in column]
            middles |= dict(zip(column, _stacked(wanted, sizes, TOP, TOP + tall), strict=True))
    return middles


def _stacked(
    wanted: Sequence[float], sizes: Sequence[float], top: float, bottom: float
) -> list[float]:
    """Middles near the wanted ones such that nothing overlaps, all of it between top and bottom."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    places, free = list(wanted), top
    for index in order:
        places[index] = max(wanted[index], free + sizes[index] / 2)
        free = places[index] + sizes[index] / 2
    free = bottom
    for index in reversed(order):
        places[index] = min(places[index], free - sizes[index] / 2)
        free = places[index] - sizes[index] / 2
    return places


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _ports(
    links: Sequence[Link],
    chains: Sequence[Sequence[Hashable]],
    at: Mapping[str, int],
    middles: Mapping[Hashable, float],
    heights: Mapping[str, float],
) -> list[list[float]]:
    """The heights at which each link leaves its start and reaches its end: those at one side of a
    box stand in the order of what lies at their other ends.
    """
    sides: dict[tuple[str, bool], list[tuple[float, int, int]]] = {}
    for index, (link, chain) in enumerate(zip(links, chains, strict=True)):
        for which, name in enumerate(link):
            other = link[1 - which]
            right = at[other] >= at[name]
            towards = middles[chain[1] if which == 0 else chain[-2]]
            sides.setdefault((name, right), []).append((towards, index, which))
    found = [[0.0, 0.0] for _ in links]
    for (name, _), ends in sides.items():
        step = min(PORT, (heights[name] - PORT) / len(ends))
        for place, (_, index, which) in enumerate(sorted(ends)):
            found[index][which] = middles[name] + (place - (len(ends) - 1) / 2) * step
    return found


def _route(
    link: Link,
    chain: Sequence[Hashable],
    at: Mapping[str, int],
    lefts: Sequence[float],
    box: float,
    between: float,
    middles: Mapping[Hashable, float],
    ports: Sequence[float],
) -> Route:
    start, end = (at[name] for name in link)
    y0, y1 = ports
    if start == end:
        x = lefts[start] + box
        bow = x + min(18 + abs(y1 - y0) / 8, between - 8)
        path = f"M{x:.5g} {y0:.5g}C{bow:.5g} {y0:.5g} {bow:.5g} {y1:.5g} {x:.5g} {y1:.5g}"
        return Route(path, (x + 0.75 * (bow - x), (y0 + y1) / 2))
    forward = end > start
    x, y = lefts[start] + forward * box, y0
    path = f"M{x:.5g} {y:.5g}"
    middle = None
    for lane in [*chain[1:-1], None]:
        column, height = (end, y1) if lane is None else (lane[1], middles[lane])  # type: ignore[index]
        near = lefts[column] + (not forward) * box
        middle = middle or ((x + near) / 2, (y + height) / 2)
        path += _curve(x, y, near, height)
        x, y = near, height
        if lane is not None:
            x = lefts[column] + forward * box
            path += f"L{x:.5g} {y:.5g}"
    return Route(path, middle or (x, y))


def _curve(x: float, y: float, x1: float, y1: float) -> str:
    half = (x + x1) / 2
    return f"C{half:.5g} {y:.5g} {half:.5g} {y1:.5g} {x1:.5g} {y1:.5g}"
