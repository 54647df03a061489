"""The paths by which a cause reaches the outcome, link by link, with strength, grade and source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from ..display.blocks import Chain, Chains, Item, Note, View
from ..display.causes import blamed_words, cause_words
from ..display.citations import classed, ids, references
from ..display.result import Rows
from ..display.words import (
    capital,
    frequency,
    grade_words,
    is_yes_no,
    percent,
    short_label,
    state_words,
    told_words,
)
from ..errors import BackpainError, no_outcome, shown
from ..inference.posterior import Posterior, posterior
from ..model.distributions import Number
from ..model.findings import Finding, Findings
from ..model.grades import GRADES
from ..model.network import Network, check_network, link_grade
from ..model.numbers import MECHANISM, numbers_of
from ..phrases import phrase
from ..records import record
from .path_search import Links, best_paths

BY_DEFINITION = 0.999
"""A link of at least this strength: that a kind of the outcome is the outcome, for one."""


@record
class CausalPath:
    """A path from a cause to the outcome: its variables, the strength of each link, each link's
    grade and number.

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
        """The pairs (parent, child) along the path."""
        return tuple(pairwise(self.variables))

    def details(self) -> Iterator[tuple[tuple[str, str], float, str, Number]]:
        """Yield each link with its strength, grade and number."""
        yield from zip(self.links, self.strengths, self.grades, self.numbers, strict=True)

    @property
    def strength(self) -> float:
        """The product of the links' strengths."""
        return math.prod(self.strengths)

    @property
    def grade(self) -> str:
        """The grade of the weakest link."""
        return self.grade_from(self.variables[0])

    def grade_from(self, name: str) -> str:
        """Return the grade of the weakest link from a variable on; a link that all but always acts
        says what words mean, which no study need find, and counts only where all do.
        """
        first = self.variables.index(name)
        links = list(zip(self.grades[first:], self.strengths[first:], strict=True))
        found = [grade for grade, strength in links if strength < BY_DEFINITION]
        return min(found or self.grades[first:], key=GRADES.index)


@record
class CausalPaths(Rows[CausalPath]):
    """The paths by which a variable reaches the outcome, the strongest first; `present` =
    P(variable not healthy | findings).
    """

    network: Network
    variable: str
    findings: Findings
    present: float
    rows: tuple[CausalPath, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per path, its links as a list of dicts."""
        return [
            {
                "variables": list(path.variables),
                "strength": path.strength,
                "grade": path.grade,
                "links": [
                    {
                        "parent": parent,
                        "child": child,
                        "strength": strength,
                        "grade": grade,
                        "sources": list(number.sources),
                        "against": list(number.against),
                    }
                    for (parent, child), strength, grade, number in path.details()
                ],
            }
            for path in self.rows
        ]

    def sources(self) -> list[str]:
        """Return the ids behind the links of all paths."""
        return cited(self.rows)

    def sections(self) -> list[View]:
        """Return each path with its links, their strength, grade and sources, and then the
        sources.
        """
        title = f"How {self._name} may lead to {self._outcome}"
        if not self.rows:
            return [View(title, (Note(self._none()),))]
        known = told_words(self.network, self.findings, self.variable)
        if not known:
            known = f"{self._name}: {percent(self.present)} likely today"
        last = Note(
            "Each figure is for one way alone, given what is known of you. "
            f"{capital(self._outcome, self.network)} can come about by several ways at once, or by "
            "none that is known."
        )
        items = [
            Item(path_words(self.network, path, self.findings), tuple(self._details(path)))
            for path in self.rows
        ]
        picture = Chains(tuple(map(self._chain, self.rows)))
        views = [View(title, (Note(f"{capital(known, self.network)}."), picture, *items, last))]
        if self.network.sources:
            views.append(View("Sources", (references(self.network, self.sources()),), aside=True))
        return views

    def _chain(self, path: CausalPath) -> Chain:
        names = (cause_words(self.network, name, self.findings) for name in path.variables)
        labels = map(capital, names)
        links = (
            (strength, grade, grade_words(self.network, grade))
            for _, strength, grade, _ in path.details()
        )
        return Chain(tuple(labels), tuple(links))

    @property
    def _name(self) -> str:
        return blamed_words(self.network, self.variable, self.findings)

    @property
    def _outcome(self) -> str:
        return short_label(self.network[self.network.outcome])

    def _none(self) -> str:
        if self.variable in self.network.descendants(self.network.outcome):
            name = capital(self._name, self.network)
            return f"{name} follows from {self._outcome} here; it does not cause it."
        return (
            f"No way leads from {self._name} to {self._outcome}, as far as this network knows and "
            "given what you told."
        )

    def _details(self, path: CausalPath) -> Iterator[str]:
        few, many = frequency(path.strength)
        subjects = self.network.vocabulary.subjects
        yield f"In {few} of {many} such {subjects} this way alone would lead to {self._outcome}."
        for (parent, child), strength, grade, number in path.details():
            cause = acting_words(self.network, parent, child, number)
            often = " of ".join(frequency(strength))
            evidence = f"{grade_words(self.network, grade)} [{classed(self.network, number)}]"
            effect = self._outcome
            if child != self.network.outcome:
                effect = blamed_words(self.network, child, self.findings)
            yield f"{cause} > {effect}: {often}, {evidence}"


def causal_paths(
    network: Network, findings: Findings, variable: str, now: Posterior | None = None, *, k: int = 3
) -> CausalPaths:
    """Return the k strongest paths by which a variable reaches the outcome.

    strength of a path = product over its links of (p of the mechanism * P(the mechanism's other
    conditions | findings)). No path leads through a variable that is known to be healthy. Exact: a
    best-first search whose bound is the strongest path that is left (Hart, Nilsson and Raphael
    1968). Raises as `posterior` does, and `BackpainError` for the outcome itself, a network without
    outcome, a healthy state that is not known, or k < 1.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> states = ("no", "yes")
    >>> wet = NoisyOr(
    ...     number(0.1),
    ...     (
    ...         Mechanism({"sprinkler": ("yes",)}, number(0.4)),
    ...         Mechanism({"dry_spell": ("yes",)}, number(0.1)),
    ...     ),
    ... )
    >>> on = NoisyOr(number(0.1), (Mechanism({"dry_spell": ("yes",)}, number(0.5)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "dry_spell": Variable("dry_spell", states, prior(0.5, 0.5)),
    ...         "sprinkler": Variable("sprinkler", states, on),
    ...         "wet": Variable("wet", states, wet),
    ...     },
    ...     outcome="wet",
    ... )
    >>> for path in causal_paths(garden, {}, "dry_spell"):
    ...     print(path.variables, round(path.strength, 3))
    ('dry_spell', 'sprinkler', 'wet') 0.2
    ('dry_spell', 'wet') 0.1
    """
    check_network(network)
    if not network.outcome:
        raise no_outcome(network.name)
    if network[variable].name == network.outcome:
        raise BackpainError(
            f"{variable} is the outcome itself; paths lead from another variable to it"
        )
    if not isinstance(k, int) or isinstance(k, bool) or k < 1:
        raise BackpainError(f"the number of paths is {shown(k)}; it must be 1 or more")
    _ = network[variable].healthy, network[network.outcome].healthy
    now = posterior(network, findings) if now is None else now
    links = Links(network, now)
    found = best_paths(links, variable, network.outcome, k)
    paths = tuple(_path_through(links, names) for names in found)
    return CausalPaths(network, variable, findings, now.present(variable), paths)


class Ways(NamedTuple):
    """The strongest path that leads to the outcome through at least one other variable, and the
    direct link; None where there is none.
    """

    traced: CausalPath | None
    direct: CausalPath | None

    @property
    def stronger(self) -> CausalPath | None:
        """The one that carries more; None where there is neither."""
        both = [way for way in self if way is not None]
        return max(both, key=lambda way: way.strength, default=None)


def strongest_path(
    network: Network, findings: Findings, name: str, now: Posterior
) -> CausalPath | None:
    """Return the strongest path from the strongest unhealthy finding behind `name`, through `name`,
    to the outcome, traced rather than direct; None where no path of unhealthy states leads there.
    """
    traced, direct = strongest_ways(network, findings, [name], now)[0]
    return traced or direct


def strongest_ways(
    network: Network, findings: Findings, names: Iterable[str], now: Posterior
) -> list[Ways]:
    """Return the strongest ways of some variables to the outcome, each from the strongest unhealthy
    finding behind the variable.
    """
    links = Links(network, now)
    told = [name for name, finding in findings.items() if _unhealthy(network, name, finding)]
    return [_ways_through(links, told, name) for name in names]


def _unhealthy(network: Network, name: str, finding: Finding) -> bool:
    """Return whether a finding says that a variable is for certain not healthy."""
    variable = network[name]
    return isinstance(finding, str) and variable.healthy_first and finding != variable.healthy


def _ways_through(links: Links, told: Iterable[str], name: str) -> Ways:
    outcome = links.network.outcome
    above = links.network.ancestors(name)
    behind = [
        _path_through(links, path)
        for other in told
        if other in above
        for path in best_paths(links, other, name, 1)
    ]
    start: tuple[str, ...] = (name,)
    if behind:
        start = max(behind, key=lambda path: path.strength).variables
    traced = _traced(links, name)
    whole = None if traced is None else _path_through(links, start[:-1] + traced)
    direct = None
    if outcome in links.network.children[name] and links.strength(name, outcome) > 0:
        direct = _path_through(links, (*start, outcome))
    return Ways(whole, direct)


def _traced(links: Links, name: str) -> tuple[str, ...] | None:
    """Return the strongest path to the outcome that ends in a mechanism, or, where there is none,
    the strongest that leads through any other variable.
    """
    network, outcome = links.network, links.network.outcome
    last = [end for end in last_mechanisms(network) if links.strength(end, outcome) > 0]
    ends = [(*path, outcome) for end in last for path in best_paths(links, name, end, 1)]
    if ends:
        return max(ends, key=lambda path: _path_through(links, path).strength)
    # Only the direct link is one step long, so one of the two strongest is longer if any is.
    return next((path for path in best_paths(links, name, outcome, 2) if len(path) > 2), None)


def link_strength(network: Network, parent: str, child: str, now: Posterior) -> float:
    """Return how strongly the unhealthy states of `parent` act on `child` today; 0 where they do
    not.

    Noisy-OR: the strongest mechanism with an unhealthy condition on the parent, p times the chance
    that its other conditions hold. Table: the largest rise of P(child unhealthy) between two rows
    that differ in the parent alone. States of the parent that the findings rule out do not count,
    unless they leave it none but the healthy one. Where the healthy state is not known, the first
    stands for it.
    """
    return Links(network, now).strength(parent, child)


def _path_through(links: Links, variables: tuple[str, ...]) -> CausalPath:
    """Return the path through these variables, with today's strengths."""
    pairs = list(pairwise(variables))
    acting = [link for pair in pairs if (link := links[pair]) is not None]
    return CausalPath(
        variables,
        tuple(link.rise for link in acting),
        tuple(link_grade(links.network, *pair) for pair in pairs),
        tuple(link.number for link in acting),
    )


def path_words(network: Network, path: CausalPath, findings: Findings) -> str:
    """Return the path as "Sky: rain > wet grass > slippery grass."."""
    steps = []
    for name in path.variables:
        finding = findings.get(name)
        state = finding if isinstance(finding, str) else network[name].states[-1]
        if is_yes_no(network[name]):
            steps.append(short_label(network[name]))
        else:
            steps.append(state_words(network, name, [state]))
    return f"{capital(' > '.join(steps), network)}."


def untraced_words(network: Network, path: CausalPath, findings: Findings) -> str:
    """Return a path that ends in a direct link: in a network that has mechanisms, one whose way
    nobody has traced.
    """
    words = path_words(network, path, findings)
    return phrase("untraced", path=words) if has_mechanisms(network) else words


def last_mechanisms(network: Network) -> list[str]:
    """Return what acts on the outcome and does not contribute by itself."""
    parents = network[network.outcome].parents if network.outcome else ()
    return [
        parent
        for parent in parents
        if network[parent].parents and not network.role(parent).contributes
    ]


def has_mechanisms(network: Network) -> bool:
    """Return whether something above the outcome does not contribute by itself."""
    between = network.ancestors(network.outcome) if network.outcome else frozenset()
    return not all(network.role(name).contributes for name in between)


def evidence_words(network: Network, path: CausalPath) -> str:
    """Return what speaks for the path: the grade of its weakest link, and each link's sources."""
    sources = "; ".join(map(ids, path.numbers))
    return phrase("evidence", grade=grade_words(network, path.grade), sources=sources)


def acting_words(network: Network, parent: str, child: str, number: Number) -> str:
    """Return the cause of one link in words, with the other conditions that its mechanism needs."""
    for one in numbers_of(network):
        mine = one.variable == child and one.number == number and one.kind == MECHANISM
        if mine and parent in one.when:
            others = [name for name in one.when if name != parent]
            causes = [state_words(network, name, one.when[name]) for name in (parent, *others)]
            return " together with ".join(causes)
    return cause_words(network, parent, {})


def cited(paths: Iterable[CausalPath | None]) -> list[str]:
    """Return the ids of all sources behind the links of some paths."""
    numbers = [number for path in paths if path is not None for number in path.numbers]
    return [id for number in numbers for id in (*number.sources, *number.against)]
