"""The ways by which a cause reaches the outcome, link by link, with strength, grade and source."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, pairwise

import numpy as np

from ..display.blocks import Item, Note, View
from ..display.citations import ids, references
from ..display.result import Rows
from ..display.words import grade_words, percent, short_label, state_words
from ..errors import BackpainError, shown
from ..inference.posterior import Posterior, posterior
from ..model.distributions import NoisyOr, Number
from ..model.findings import Findings
from ..model.network import Network, link_grade

GRADES = ("contradicted", "expert", "claimed only", "mixed", "supported")
"""Grades of evidence, weakest first."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A way from a cause to the outcome: its variables, the strength of each link, their product,
    each link's grade and number.

    A link's strength is the chance that its mechanism alone produces the effect, times the chance
    that the mechanism's other conditions hold today; its number is the mechanism's, with the
    sources.
    """

    variables: tuple[str, ...]
    strengths: tuple[float, ...]
    grades: tuple[str, ...]
    numbers: tuple[Number, ...]

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """The pairs (parent, child) along the way."""
        return tuple(zip(self.variables[:-1], self.variables[1:], strict=True))

    def details(self) -> Iterator[tuple[tuple[str, str], float, str, Number]]:
        """Yield each link with its strength, grade and number."""
        yield from zip(self.links, self.strengths, self.grades, self.numbers, strict=True)

    @property
    def strength(self) -> float:
        """The product of the links' strengths."""
        return float(np.prod(self.strengths))

    @property
    def grade(self) -> str:
        """The grade of the weakest link."""
        return min(self.grades, key=GRADES.index)


@dataclass(frozen=True)
class Chains(Rows[Chain]):
    """The ways by which a variable reaches the outcome, the strongest first; `present` = P(variable
    not healthy | findings).
    """

    network: Network
    variable: str
    findings: Findings
    present: float
    rows: tuple[Chain, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per chain, its links as a list of dicts."""
        return [
            {
                "variables": list(chain.variables), "strength": chain.strength, "grade": chain.grade,
                "links": [
                    {"parent": parent, "child": child, "strength": strength, "grade": grade,
                     "sources": list(number.sources), "against": list(number.against)}
                    for (parent, child), strength, grade, number in chain.details()
                ],
            }
            for chain in self.rows
        ]  # fmt: skip

    def sources(self) -> list[str]:
        """Return the ids behind the links of all chains."""
        return cited(self.network, self.rows)

    def views(self) -> list[View]:
        """Return each chain with its links, their strength, grade and sources, and then the
        sources.
        """
        name, outcome = (
            short_label(self.network[it]) for it in (self.variable, self.network.outcome)
        )
        title = f"How {name} may lead to {outcome}"
        if not self.rows:
            return [View(title, (Note(self._none()),))]
        known = (
            told_words(self.network, self.findings, self.variable)
            or f"{name}: {percent(self.present)} likely today"
        )
        first = Note(f"{_capital(known)}.")
        last = Note(
            "Each figure is for one way alone, given what is known of you. A runner can have "
            f"{outcome} by several ways at once, "
            "or by none that is known."
        )
        items = (
            Item(path_words(self.network, chain, self.findings), tuple(self._details(chain)))
            for chain in self.rows
        )
        return [
            View(title, (first, *items, last)),
            View("Sources", (references(self.network, self.sources()),)),
        ]

    def _none(self) -> str:
        name, outcome = (
            short_label(self.network[it]) for it in (self.variable, self.network.outcome)
        )
        if self.variable in self.network.descendants(self.network.outcome):
            return f"{_capital(name)} follows from {outcome} here; it does not cause it."
        return (
            f"No way leads from {name} to {outcome}, as far as this network knows and given "
            "what you told."
        )

    def _details(self, chain: Chain) -> Iterator[str]:
        few, many = frequency(chain.strength)
        yield (
            f"Of {many} such runners, {few} would have "
            f"{short_label(self.network[self.network.outcome])} in this way alone."
        )
        for (parent, child), strength, grade, number in chain.details():
            ends = (
                f"{acting_words(self.network, parent, child, number)} > "
                f"{short_label(self.network[child])}"
            )
            yield (
                f"{ends}: {' of '.join(frequency(strength))}, {grade_words(self.network, grade)} [{ids(number)}]"
            )


def chains(
    network: Network, variable: str, findings: Findings, now: Posterior | None = None, k: int = 3
) -> Chains:
    """Return the k strongest ways by which a variable reaches the outcome.

    strength of a way = product over its links of (p of the mechanism * P(the mechanism's other
    conditions | findings)). No way leads through a variable that is known to be healthy. Exact: a
    best-first search whose bound is the strongest way that is left (Hart, Nilsson and Raphael
    1968). Raises as `posterior` does, and `BackpainError` for the outcome itself, a network without
    outcome, or k < 1.

    >>> from backpain_bn.model import Mechanism, Variable, number, prior
    >>> states = ("no", "yes")
    >>> stiff = NoisyOr(number(0.1), (Mechanism({"sits": ("yes",)}, number(0.5)),))
    >>> pain = NoisyOr(
    ...     number(0.1),
    ...     (
    ...         Mechanism({"stiff": ("yes",)}, number(0.4)),
    ...         Mechanism({"sits": ("yes",)}, number(0.1)),
    ...     ),
    ... )
    >>> desk = Network(
    ...     "desk",
    ...     {
    ...         "sits": Variable("sits", states, prior(0.5, 0.5)),
    ...         "stiff": Variable("stiff", states, stiff),
    ...         "pain": Variable("pain", states, pain),
    ...     },
    ...     outcome="pain",
    ... )
    >>> [(chain.variables, round(chain.strength, 3)) for chain in chains(desk, "sits", {})]
    [(('sits', 'stiff', 'pain'), 0.2), (('sits', 'pain'), 0.1)]
    """
    if not network.outcome:
        raise BackpainError(f"{network.name} names no outcome that chains could lead to")
    if network[variable].name == network.outcome:
        raise BackpainError(
            f"{variable} is the outcome itself; chains lead from another variable to it"
        )
    if not isinstance(k, int) or isinstance(k, bool) or k < 1:
        raise BackpainError(f"the number of chains is {shown(k)}; it must be 1 or more")
    now = posterior(network, findings) if now is None else now
    found = [chain_of(network, path, now) for path in _strongest_paths(network, variable, now, k)]
    return Chains(network, variable, findings, now.present(variable), tuple(found))


def _strongest_paths(network: Network, start: str, now: Posterior, k: int) -> list[tuple[str, ...]]:
    """Return the k paths from `start` to the outcome with the largest product of strengths."""
    between = (network.descendants(start) | {start}) & (
        network.ancestors(network.outcome) | {network.outcome}
    )
    between = frozenset(
        name for name in between if name in (start, network.outcome) or now.present(name) > 0
    )
    pairs = [
        (name, child) for name in between for child in network.children[name] if child in between
    ]
    links = {(name, child): link_strength(network, name, child, now) for name, child in pairs}
    best = {network.outcome: 1.0}
    for name in reversed(
        [name for name in network.order if name in between and name != network.outcome]
    ):
        best[name] = max(
            (links[name, child] * best[child] for child in network.children[name] if child in best),
            default=0.0,
        )
    ticket = count()
    waiting: list[tuple[float, int, float, tuple[str, ...]]] = [
        (-best.get(start, 0.0), next(ticket), 1.0, (start,))
    ]
    found: list[tuple[str, ...]] = []
    while waiting and len(found) < k:
        bound, _, strength, path = heapq.heappop(waiting)
        if path[-1] == network.outcome:
            found.append(path)
            continue
        for child in network.children[path[-1]] if bound < 0 else ():
            along = strength * links.get((path[-1], child), 0.0)
            if along * best.get(child, 0.0) > 0:
                heapq.heappush(waiting, (-along * best[child], next(ticket), along, (*path, child)))
    return found


def link_strength(network: Network, parent: str, child: str, now: Posterior) -> float:
    """Return how strongly the unhealthy states of `parent` act on `child` today; 0 where they do
    not.

    Noisy-OR: the strongest mechanism with an unhealthy condition on the parent, p times the chance
    that its other conditions hold. Table: the largest rise of P(child unhealthy) between two rows
    that differ in the parent alone. States of the parent that the findings rule out do not count,
    unless they leave it none but the healthy one.
    """
    return max((strength for strength, _ in _acting(network, parent, child, now)), default=0.0)


def _acting(
    network: Network, parent: str, child: str, now: Posterior
) -> Iterator[tuple[float, Number]]:
    """Yield the strength and the number of each mechanism, or row of the table, by which `parent`
    acts on `child`.
    """
    distribution = network[child].distribution
    healthy, *unhealthy = network[parent].states
    states = {state for state in unhealthy if now[parent][state] > 0} or set(unhealthy)
    if isinstance(distribution, NoisyOr):
        for mechanism in distribution.mechanisms:
            if (
                parent in mechanism.when
                and healthy not in mechanism.when[parent]
                and states & set(mechanism.when[parent])
            ):
                others = [
                    sum(now[other][state] for state in told)
                    for other, told in mechanism.when.items()
                    if other != parent
                ]
                yield mechanism.number.p * float(np.prod(others)), mechanism.number
        return
    axis = distribution.parents.index(parent)
    present = {row.given: 1 - row.numbers[0].p for row in distribution.rows}
    for row in distribution.rows:
        if row.given[axis] in states:
            yield (
                present[row.given] - present[(*row.given[:axis], healthy, *row.given[axis + 1 :])],
                row.numbers[-1],
            )


def strongest_chain(
    network: Network, name: str, now: Posterior, findings: Findings
) -> Chain | None:
    """Return the strongest way from the strongest unhealthy finding behind `name`, through `name`,
    to the outcome.

    Dijkstra's algorithm on the logarithms of the links' strengths; None where no chain of unhealthy
    states leads to the outcome.
    """
    ahead = _best_path(network, name, network.outcome, now)
    if ahead is None:
        return None
    told = [
        other
        for other, finding in findings.items()
        if isinstance(finding, str)
        and finding != network[other].states[0]
        and name in network.descendants(other)
    ]
    behind = [path for other in told if (path := _best_path(network, other, name, now)) is not None]
    start = max(behind, key=lambda path: path[0], default=(1.0, (name,)))[1]
    variables = start[:-1] + ahead[1]
    return chain_of(network, variables, now)


def chain_of(network: Network, variables: tuple[str, ...], now: Posterior) -> Chain:
    """Return the chain through these variables, with today's strengths."""
    links = list(pairwise(variables))
    strongest = [
        max(_acting(network, parent, child, now), key=lambda acting: acting[0])
        for parent, child in links
    ]
    return Chain(
        variables,
        tuple(strength for strength, _ in strongest),
        tuple(link_grade(network, parent, child) for parent, child in links),
        tuple(number for _, number in strongest),
    )


def _best_path(
    network: Network, start: str, end: str, now: Posterior
) -> tuple[float, tuple[str, ...]] | None:
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
            if along > 0 and child not in done and (child == end or now.present(child) > 0):
                heapq.heappush(waiting, (-along, next(ticket), (*path, child)))
    return None


def path_words(network: Network, chain: Chain, findings: Findings) -> str:
    """Return the chain as "Sitting > tight hip flexors > low back pain."."""
    steps = []
    for name in chain.variables:
        finding, states = findings.get(name), network[name].states
        state = finding if isinstance(finding, str) else states[-1]
        steps.append(
            short_label(network[name])
            if states == ("no", "yes")
            else state_words(network, name, [state])
        )
    text = " > ".join(steps)
    return f"{_capital(text)}."


def evidence_words(network: Network, chain: Chain) -> str:
    """Return what speaks for the chain: the grade of its weakest link, and each link's sources."""
    return (
        f"Evidence (weakest link): {grade_words(network, chain.grade)}. "
        f"[{'; '.join(map(ids, chain.numbers))}]"
    )


def acting_words(network: Network, parent: str, child: str, number: Number) -> str:
    """Return the cause of one link in words, with the other conditions that its mechanism needs."""
    distribution = network[child].distribution
    if not isinstance(distribution, NoisyOr):
        return short_label(network[parent])
    when = next(
        mechanism.when for mechanism in distribution.mechanisms if mechanism.number is number
    )
    others = [
        state_words(network, other, states) for other, states in when.items() if other != parent
    ]
    return " together with ".join([state_words(network, parent, when[parent]), *others])


def told_words(network: Network, findings: Findings, name: str) -> str:
    """Return what was told of a variable, in words; nothing where nothing, or nothing certain, was
    told.
    """
    finding = findings.get(name)
    return (
        f"{state_words(network, name, [finding])}, as you told" if isinstance(finding, str) else ""
    )


def frequency(p: float) -> tuple[str, str]:
    """Return a probability as so many of a hundred or a thousand.

    >>> frequency(0.034), frequency(0.0034), frequency(0.0001)
    (('about 3', '100'), ('about 3', '1,000'), ('fewer than 1', '1,000'))
    """
    if p < 0.0005:
        return "fewer than 1", "1,000"
    return (f"about {100 * p:.0f}", "100") if p >= 0.00995 else (f"about {1000 * p:.0f}", "1,000")


def cited(network: Network, chains: Iterable[Chain | None]) -> list[str]:
    """Return the ids of all sources behind the links of some chains."""
    numbers = [number for chain in chains if chain is not None for number in chain.numbers]
    return [id for number in numbers for id in (*number.sources, *number.against)]


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
