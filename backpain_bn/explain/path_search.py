"""The strongest paths through the links of a network, by best-first search."""

from __future__ import annotations

import heapq
import math
from dataclasses import replace
from itertools import count

from ..inference.posterior import Posterior
from ..model.distributions import Link
from ..model.network import Network

Waiting = tuple[float, int, float, tuple[str, ...]]
"""A path that may lead on: minus the strength that it can reach, a tie-breaker, its strength so
far, its variables.
"""


class Links(dict[tuple[str, str], Link | None]):
    """The strongest link by which each parent acts on each child today, its rise times the chance
    that its other conditions hold, worked out when asked for; None where it does not act.
    """

    def __init__(self, network: Network, now: Posterior) -> None:
        super().__init__()
        self.network, self.now = network, now
        self._bounds: dict[str, dict[str, float]] = {}

    def __missing__(self, pair: tuple[str, str]) -> Link | None:
        parent, child = pair
        healthy, *unhealthy = self.network[parent].states
        possible = [state for state in unhealthy if self.now[parent][state] > 0]
        distribution = self.network[child].distribution
        links = distribution.links(parent, healthy, possible or unhealthy)
        today = [replace(link, rise=link.rise * self._chance(link)) for link in links]
        self[pair] = max(today, key=lambda link: link.rise, default=None)
        return self[pair]

    def _chance(self, link: Link) -> float:
        """Return the chance that the other conditions of a link hold, each by itself."""
        return math.prod(
            sum(self.now[name][state] for state in states) for name, states in link.others.items()
        )

    def strength(self, parent: str, child: str) -> float:
        """Return the rise of the strongest link, 0 where there is none."""
        link = self[parent, child]
        return 0.0 if link is None else link.rise

    def bounds(self, end: str) -> dict[str, float]:
        """Return the strength of the strongest path from each variable above `end` to it; what is
        known to be healthy is left out.
        """
        if end not in self._bounds:
            best = {end: 1.0}
            above = self.network.ancestors(end)
            for name in reversed(self.network.order):
                if name in above and self.now.present(name) > 0:
                    children = [each for each in self.network.children[name] if each in best]
                    ways = (self.strength(name, child) * best[child] for child in children)
                    best[name] = max(ways, default=0.0)
            self._bounds[end] = best
        return self._bounds[end]


def best_paths(links: Links, start: str, end: str, k: int) -> list[tuple[str, ...]]:
    """Return the k paths from `start` to `end` with the largest product of strengths."""
    best = links.bounds(end)
    ticket = count()
    waiting: list[Waiting] = [(-1.0, next(ticket), 1.0, (start,))]
    found: list[tuple[str, ...]] = []
    while waiting and len(found) < k:
        _, _, strength, path = heapq.heappop(waiting)
        if path[-1] == end:
            found.append(path)
            continue
        for child in links.network.children[path[-1]]:
            if best.get(child, 0.0) > 0:
                along = strength * links.strength(path[-1], child)
                if along > 0:
                    bound = -along * best[child]
                    heapq.heappush(waiting, (bound, next(ticket), along, (*path, child)))
    return found
