"""What the picture shows of a case: the first causes with their paths to the outcome, and what was
told; every other variable is one click away.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..errors import BackpainError
from ..explain.attribution import contributors
from ..explain.path_search import Links, best_paths
from ..inference.posterior import Posterior
from ..model.findings import Findings
from ..model.grades import GRADES
from ..model.network import Network, link_grade

FEW = 24
"""A network of so many variables is shown whole."""

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link of the picture with its strength today and its grade; `bridged` where it stands for a
    path through variables that are not shown.
    """

    start: str
    end: str
    strength: float
    grade: str
    bridged: bool = False


@dataclass(frozen=True, slots=True)
class Picked:
    """The variables that are shown, in the network's order, and the links between them."""

    names: tuple[str, ...]
    links: tuple[ShownLink, ...]


def picked(
    network: Network,
    findings: Findings,
    now: Posterior,
    paths: Sequence[Path],
    *,
    withheld: bool = False,
) -> Picked:
    """Return what the picture shows: a small network whole; else `paths`, the outcome, what was
    told, and, where there are no paths, the variables with most links.

    `withheld`: nothing may be suggested, so that of a large network only what was told is shown.

    >>> from backpain_bn.inference.posterior import posterior
    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.5)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.7, 0.3)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ... )
    >>> picked(garden, {}, posterior(garden), []).links
    (ShownLink(start='rain', end='wet', strength=0.5, grade='not stated', bridged=False),)
    """
    links = Links(network, now)
    told = [name for name, finding in findings.items() if finding is not None]
    chosen = {name for path in paths for name in path} | set(told)
    if network.outcome:
        chosen.add(network.outcome)
    every = len(network) <= FEW or not (paths or withheld)
    if every:
        chosen |= _busiest(network, chosen)
    lonely = list(_lonely(links, told, paths))
    chosen |= {path[0] for path in lonely if network.outcome not in path}
    pieces = [piece for path in [*paths, *lonely] for piece in _pieces(path, chosen)]
    if every:
        pieces = [*_links_among(network, chosen), *pieces]
    found: dict[tuple[str, str], Path] = {}
    for piece in pieces:
        found.setdefault((piece[0], piece[-1]), piece)
    names = tuple(name for name in network if name in chosen)
    return Picked(names, tuple(_link(links, piece) for piece in found.values()))


def _links_among(network: Network, shown: set[str]) -> list[Path]:
    """All links between variables that are shown."""
    pairs = [(one, other) for other in network for one in network[other].parents]
    return [pair for pair in pairs if shown.issuperset(pair)]


def ranked_paths(network: Network, findings: Findings, now: Posterior) -> list[Path]:
    """Return the paths of the first causes; none where they cannot be ranked."""
    try:
        rows = contributors(network, findings, now).top()
    except BackpainError:
        return []
    return [row.path.variables for row in rows if row.path is not None]


def _busiest(network: Network, chosen: set[str]) -> set[str]:
    """The variables with most links, as many as make the chosen ones `FEW`."""
    links = {
        name: len(network[name].parents) + len(network.children[name])
        for name in network
        if name not in chosen
    }
    return set(sorted(links, key=lambda name: -links[name])[: max(FEW - len(chosen), 0)])


def _lonely(links: Links, told: Iterable[str], paths: Sequence[Path]) -> Iterator[Path]:
    """The strongest path between the outcome and each finding that lies on none of the paths; where
    there is none, the strongest link that leads to the finding.
    """
    network, outcome = links.network, links.network.outcome
    linked = {name for path in paths for name in path}
    for name in told if outcome else ():
        if name in linked or name == outcome:
            continue
        below = name in network.descendants(outcome)
        ends = (outcome, name) if below else (name, outcome)
        found = best_paths(links, *ends, 1)
        if not found and network[name].parents:
            parents = network[name].parents
            found = [(max(parents, key=lambda other: links.strength(other, name)), name)]
        yield from found


def _pieces(path: Path, shown: set[str]) -> Iterator[Path]:
    """The parts of a path from one variable that is shown to the next."""
    stops = [place for place, name in enumerate(path) if name in shown]
    yield from (path[start : stop + 1] for start, stop in pairwise(stops))


def _link(links: Links, path: Path) -> ShownLink:
    pairs = list(pairwise(path))
    strength = math.prod(links.strength(*pair) for pair in pairs)
    grade = min((link_grade(links.network, *pair) for pair in pairs), key=GRADES.index)
    return ShownLink(path[0], path[-1], strength, grade, len(pairs) > 1)
