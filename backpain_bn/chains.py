"""The ways by which a cause reaches the outcome, link by link, with strength, grade and source."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

import numpy as np

from . import cite
from .evidence import Findings
from .network import Network, NoisyOr, Number, link_grade, link_numbers
from .posterior import Posterior

GRADES = ("contradicted", "expert", "claimed only", "mixed", "supported")
"""Grades of evidence, weakest first."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A way from a cause to the outcome: its variables, the strength of each link, their product, and each link's grade.

    A link's strength is the chance that its mechanism alone produces the effect, times the chance that the mechanism's other conditions
    hold today.
    """

    variables: tuple[str, ...]
    strengths: tuple[float, ...]
    grades: tuple[str, ...]

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """The pairs (parent, child) along the way."""
        return tuple(zip(self.variables[:-1], self.variables[1:], strict=True))

    @property
    def strength(self) -> float:
        """The product of the links' strengths."""
        return float(np.prod(self.strengths))

    @property
    def grade(self) -> str:
        """The grade of the weakest link."""
        return min(self.grades, key=GRADES.index)


def link_strength(network: Network, parent: str, child: str, now: Posterior) -> float:
    """Return how strongly the unhealthy states of `parent` act on `child` today; 0 where they do not.

    Noisy-OR: the strongest mechanism with an unhealthy condition on the parent, p times the chance that its other conditions hold.
    Table: the largest rise of P(child unhealthy) between two rows that differ in the parent alone.
    """
    distribution = network[child].distribution
    healthy = network[parent].states[0]
    if isinstance(distribution, NoisyOr):
        found = [0.0]
        for mechanism in distribution.mechanisms:
            if parent in mechanism.when and healthy not in mechanism.when[parent]:
                others = [sum(now[other][state] for state in states) for other, states in mechanism.when.items() if other != parent]
                found.append(mechanism.number.p * float(np.prod(others)))
        return max(found)
    axis = distribution.parents.index(parent)
    present = {row.given: 1 - row.numbers[0].p for row in distribution.rows}
    return max(p - present[(*given[:axis], healthy, *given[axis + 1 :])] for given, p in present.items())


def strongest_chain(network: Network, name: str, now: Posterior, findings: Findings) -> Chain | None:
    """Return the strongest way from the strongest unhealthy finding behind `name`, through `name`, to the outcome.

    Dijkstra's algorithm on the logarithms of the links' strengths; None where no chain of unhealthy states leads to the outcome.
    """
    ahead = _best_path(network, name, network.outcome, now)
    if ahead is None:
        return None
    told = [
        other
        for other, finding in findings.items()
        if isinstance(finding, str) and finding != network[other].states[0] and name in network.descendants(other)
    ]
    behind = [path for other in told if (path := _best_path(network, other, name, now)) is not None]
    start = max(behind, key=lambda path: path[0], default=(1.0, (name,)))[1]
    variables = start[:-1] + ahead[1]
    return chain_of(network, variables, now)


def chain_of(network: Network, variables: tuple[str, ...], now: Posterior) -> Chain:
    """Return the chain through these variables, with today's strengths."""
    links = list(zip(variables[:-1], variables[1:], strict=True))
    return Chain(
        variables,
        tuple(link_strength(network, parent, child, now) for parent, child in links),
        tuple(link_grade(network, parent, child) for parent, child in links),
    )


def _best_path(network: Network, start: str, end: str, now: Posterior) -> tuple[float, tuple[str, ...]] | None:
    ticket = count()
    waiting: list[tuple[float, int, tuple[str, ...]]] = [(-1.0, next(ticket), (start,))]
    done: set[str] = set()
    while waiting:
        strength, _, path = heapq.heappop(waiting)
        if path[-1] == end:
            return -strength, path
        if path[-1] in done:
            continue
        done.add(path[-1])
        for child in network.children[path[-1]]:
            along = -strength * link_strength(network, path[-1], child, now)
            if along > 0 and child not in done:
                heapq.heappush(waiting, (-along, next(ticket), (*path, child)))
    return None


def strongest_number(network: Network, parent: str, child: str) -> Number:
    """Return the number that carries the link: the strongest mechanism with an unhealthy condition on the parent."""
    distribution = network[child].distribution
    if not isinstance(distribution, NoisyOr):
        return link_numbers(network, parent, child)[-1]
    healthy = network[parent].states[0]
    acting = [m.number for m in distribution.mechanisms if parent in m.when and healthy not in m.when[parent]]
    return max(acting, key=lambda number: number.p)


def path_words(network: Network, chain: Chain, findings: Findings) -> str:
    """Return the chain as "Sitting > tight hip flexors > low back pain."."""
    steps = []
    for name in chain.variables:
        finding = findings.get(name)
        told = isinstance(finding, str) and network[name].states != ("no", "yes")
        steps.append(cite.state_words(network, name, [str(finding)]) if told else cite.short_label(network[name]))
    text = " > ".join(steps)
    return f"{text[0].upper()}{text[1:]}."


def evidence_words(network: Network, chain: Chain) -> str:
    """Return what speaks for the chain: the grade of its weakest link, and each link's sources."""
    links = [strongest_number(network, parent, child) for parent, child in chain.links]
    return f"Evidence (weakest link): {cite.GRADE_WORDS[chain.grade]}. [{'; '.join(map(cite.ids, links))}]"


def cited(network: Network, chains: Iterable[Chain | None]) -> list[str]:
    """Return the ids of all sources behind the links of some chains."""
    links = [link for chain in chains if chain is not None for link in chain.links]
    numbers = [strongest_number(network, parent, child) for parent, child in links]
    return [id for number in numbers for id in (*number.sources, *number.against)]
