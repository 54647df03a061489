"""What the pain is probably made of: contributors by attributable share, and the chains of mechanisms by which they act."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

import numpy as np

from .engine import engine_for
from .errors import BackpainError
from .evidence import Findings, encode
from .kernel import Array
from .network import Network, NoisyOr, Variable, link_grade
from .posterior import Posterior, posterior

CONTRIBUTING_ROLES = ("risk_factor", "impairment", "form")
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
    def strength(self) -> float:
        """The product of the links' strengths."""
        return float(np.prod(self.strengths))

    @property
    def grade(self) -> str:
        """The grade of the weakest link."""
        return min(self.grades, key=GRADES.index)


@dataclass(frozen=True, slots=True)
class Contributor:
    """One cause: how likely it is present, how likely it was before any answer, and how much of the pain is due to it.

    `fraction` is the attributable fraction among those who have it, `share` = presence times fraction; below 0 it protects.
    """

    variable: str
    label: str
    role: str
    present: float
    prior: float
    fraction: float
    share: float
    chain: Chain | None

    @property
    def grade(self) -> str:
        """The grade of the weakest link of the strongest chain; `expert` where no chain leads to the outcome."""
        return self.chain.grade if self.chain else "expert"


@dataclass(frozen=True, slots=True)
class Contributors:
    """Causes by attributable share, the largest first, and what no listed cause explains.

    `unexplained` = P(pain | do(every listed cause healthy)) / P(pain | findings on risk factors). Shares overlap, for the links of a chain
    share their blame, and do not add up to 1. `withheld` says why there is no ranking, where a red flag forbids it.
    """

    rows: tuple[Contributor, ...]
    unexplained: float
    withheld: str = ""

    def __iter__(self) -> Iterator[Contributor]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Contributor:
        return self.rows[index]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per row, for a table or JSON."""
        return [
            {
                "variable": row.variable, "label": row.label, "role": row.role, "present": row.present, "prior": row.prior,
                "fraction": row.fraction, "share": row.share, "grade": row.grade,
                "chain": list(row.chain.variables) if row.chain else [],
            }
            for row in self.rows
        ]  # fmt: skip


def contributors(network: Network, findings: Findings, now: Posterior | None = None) -> Contributors:
    """Return risk factors, impairments and form faults by attributable share.

    share_c = sum over s != healthy of P(c=s | e) * AF_s, AF_s = 1 - P(pain | do(c=healthy), b) / P(pain | do(c=s), b), where b are the
    findings on variables that are neither c nor descendants of c (Levin 1953; Miettinen 1974; under a noisy-OR also the probability of
    necessity, Pearl 1999). Raises as `posterior` does, and `BackpainError` where the network names no outcome.

    >>> from .network import Mechanism, Variable, number, prior
    >>> pain = NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)),))
    >>> two = Network("two", {"weak": Variable("weak", ("no", "yes"), prior(0.7, 0.3), role="impairment"),
    ...                       "pain": Variable("pain", ("no", "yes"), pain, role="presentation")}, outcome="pain")
    >>> row = contributors(two, {"pain": "yes"})[0]
    >>> round(row.present, 3), round(row.fraction, 3), round(row.share, 3)
    (0.702, 0.818, 0.574)
    """
    if not network.outcome:
        raise BackpainError(f"{network.name} names no outcome that causes could contribute to; `posterior` works on any network")
    now = posterior(network, findings) if now is None else now
    before = posterior(network)
    upstream = network.ancestors(network.outcome)
    causes = [name for name, variable in network.variables.items() if variable.role in CONTRIBUTING_ROLES and name in upstream]
    pain, unexplained = _pain_under_actions(network, findings, causes)
    rows = []
    for name in causes:
        variable = network[name]
        healthy = pain[name, variable.states[0]]
        fractions = [1 - healthy / pain[name, state] if pain[name, state] > 0 else 0.0 for state in variable.states[1:]]
        likely = [now[name][state] for state in variable.states[1:]]
        share = float(np.dot(likely, fractions))
        present = sum(likely)
        fraction = share / present if present > 0 else 0.0
        rows.append(
            Contributor(name, variable.label or name, variable.role, present, before.present(name), fraction, share,
                        strongest_chain(network, name, now, findings))
        )  # fmt: skip
    return Contributors(tuple(sorted(rows, key=lambda row: -row.share)), unexplained)


def _pain_under_actions(network: Network, findings: Findings, causes: list[str]) -> tuple[dict[tuple[str, str], float], float]:
    """Return P(pain | do(c = s), b) for every cause and state, and the unexplained part: all of it one batch of rows."""
    engine = engine_for(network)
    own = engine.circuit.parameters
    asked: list[tuple[str, str]] = []
    cases: list[Findings] = []
    tables: list[Array] = []
    for name in causes:
        below = network.descendants(name) | {name}
        background = {other: finding for other, finding in findings.items() if other not in below}
        for state in network[name].states:
            asked.append((name, state))
            cases.append(background)
            tables.append(_acted(own, engine.circuit.places, {name: state}, network))
    healthy = {name: network[name].states[0] for name in causes}
    cases.append({})
    tables.append(_acted(own, engine.circuit.places, healthy, network))
    cases.append({name: finding for name, finding in findings.items() if network[name].role == "risk_factor"})
    tables.append(own)
    beliefs = engine(encode(network, cases), np.array(tables))
    pain = 1 - beliefs.marginals[:, network.slices[network.outcome].start]
    return dict(zip(asked, pain[:-2].tolist(), strict=True)), float(pain[-2] / pain[-1]) if pain[-1] > 0 else 1.0


def _acted(own: Array, places: Mapping[str, slice], settings: Mapping[str, str], network: Network) -> Array:
    """Return the parameters under do(settings): each set variable's table becomes a certainty, whatever its parents."""
    parameters = own.copy()
    for name, state in settings.items():
        parameters[places[name]] = certain(network[name], network.state(name, state))
    return parameters


def certain(variable: Variable, state: int) -> Array:
    """Return the parameters (see `cpt.parameters`) with which a variable is in `state` whatever its parents are."""
    if isinstance(variable.distribution, NoisyOr):
        links = np.zeros(1 + len(variable.distribution.mechanisms))
        links[0] = float(state)
        return np.stack([1 - links, links], axis=1).ravel()
    row = np.zeros(len(variable.states))
    row[state] = 1.0
    return np.tile(row, len(variable.distribution.rows))


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
