"""To what degree each cause is to blame for the outcome, by one measure, and what none of them
explains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..display.blocks import Block, Item, Note, View
from ..display.result import Rows
from ..display.words import full_label, is_yes_no, named_cause, percent, short_label
from ..errors import BackpainError, listed, no_outcome
from ..inference.beliefs import Array
from ..inference.evidence import encode
from ..inference.interventions import Case, answers
from ..inference.posterior import Posterior, posterior
from ..model.findings import Findings, Told, findings_of
from ..model.network import Network
from .causal_paths import CausalPath, cited, evidence_words, path_words, strongest_paths

SHOWN = 6
SMALLEST_SHARE = 0.005


class Shares(NamedTuple):
    """Of the outcome of n rows: `causes` (n, causes) the share due to each cause, and `unexplained`
    (n,) what is left if all of them are healthy.
    """

    causes: Array
    unexplained: Array


def attributable_shares(
    network: Network,
    rows: Array,
    causes: Sequence[str],
    *,
    parameters: Array | None = None,
    marginals: Array | None = None,
) -> Shares:
    """Return the attributable share of each cause in each of n rows of likelihoods (n, S).

    share_c = sum over s != healthy of P(c=s | e) * AF_s, AF_s = 1 - P(outcome | do(c=healthy), b) /
    P(outcome | do(c=s), b), where b are the findings on variables that are neither c nor
    descendants of c (Levin 1953; Miettinen 1974). unexplained = P(outcome | do(all causes healthy))
    / P(outcome | findings on background). `parameters` (n, P) gives every row its own, as in
    `answers`; `marginals` (n, S) what is believed of the causes, where more is known than the rows
    say. Raises `BackpainError` where the network names no outcome, or a healthy state is not known.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.5)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.7, 0.3)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ...     outcome="wet",
    ... )
    >>> attributable_shares(garden, encode(garden, [{"wet": "yes"}]), ["rain"]).causes.round(3)
    array([[0.574]])
    """
    healthy = {name: network[name].healthy for name in causes}
    known = marginals
    if known is None:
        known = next(answers(network, [Case(rows)], parameters=parameters)).marginals
    cases = [case for name in causes for case in actions(network, rows, name)]
    cases += [Case(np.ones_like(rows), healthy), Case(background(network, rows))]
    risks = outcome_risks(network, cases, parameters)
    found = np.zeros((len(known), len(causes)))
    for index, name in enumerate(causes):
        each = np.stack([next(risks) for _ in network[name].states], axis=-1)
        found[:, index] = share(known[:, unhealthy_columns(network, name)], each)
    bare, usual = next(risks), next(risks)
    return Shares(found, _ratio(bare, usual))


def share(likely: Array, risks: Array) -> Array:
    """Return the share of one cause, from P(cause = s | e) of its unhealthy states (..., k - 1) and
    the risk of the outcome under do(cause = s) of all its states, healthy first (..., k).
    """
    fractions = 1 - _ratio(risks[..., :1], risks[..., 1:])
    total: Array = (likely * fractions).sum(axis=-1)
    return total


def _ratio(part: Array, whole: Array) -> Array:
    """Return part / whole, 1 where the whole is 0."""
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.ones(whole.shape), where=whole > 0)


def actions(network: Network, rows: Array, cause: str) -> list[Case]:
    """Return do(cause = state) for every state of a cause, healthy first, with what the rows say of
    variables that are neither it nor below it.
    """
    variable = network[cause]
    above = rows.copy()
    for name in (cause, *network.descendants(cause)):
        above[:, network.slices[name]] = 1.0
    states = (variable.healthy, *variable.unhealthy)
    return [Case(above, {cause: state}) for state in states]


def background(network: Network, rows: Array) -> Array:
    """Return the rows with what they say of the background alone."""
    kept = rows.copy()
    for name, place in network.slices.items():
        if not network.role(name).background:
            kept[:, place] = 1.0
    return kept


def unhealthy_columns(network: Network, name: str) -> list[int]:
    """Return where the unhealthy states of a variable lie among the S states."""
    first = network.slices[name].start
    return [first + network.state(name, state) for state in network[name].unhealthy]


def outcome_risks(
    network: Network, cases: Sequence[Case], parameters: Array | None = None
) -> Iterator[Array]:
    """Yield for each case P(outcome is not healthy) (n,); see `answers`."""
    if not network.outcome:
        raise no_outcome(network.name)
    columns = unhealthy_columns(network, network.outcome)
    targets = frozenset({network.outcome})
    for beliefs in answers(network, cases, parameters=parameters, targets=targets):
        yield beliefs.marginals[:, columns].sum(axis=1)


def causes_of(network: Network) -> tuple[str, ...]:
    """Return the variables that may contribute to the outcome.

    Raises `BackpainError` where the network names no outcome, or where of none of them the healthy
    state is known.
    """
    if not network.outcome:
        raise no_outcome(network.name)
    upstream = network.ancestors(network.outcome)
    possible = [name for name in network if name in upstream and network.role(name).contributes]
    if possible and not network.causes:
        raise BackpainError(
            f"the healthy states of {listed(possible, 3)}, which may contribute to "
            f"{network.outcome}, are not known; name them in a mapping file, or for one call: "
            f"load(..., healthy={{{possible[0]!r}: {network[possible[0]].states[0]!r}}})"
        )
    return network.causes


@dataclass(frozen=True, slots=True)
class Contributor:
    """One cause: how likely it is present, how likely it was before any answer, and how much of the
    outcome is due to it.

    `fraction` is the attributable fraction among those who have it, `share` = presence times
    fraction; below 0 it protects. `path` is the strongest way from it to the outcome.
    """

    variable: str
    label: str
    role: str
    present: float
    prior: float
    fraction: float
    share: float
    path: CausalPath | None

    @property
    def grade(self) -> str:
        """The grade of the weakest link of the strongest path; `expert` where no path leads to the
        outcome.
        """
        return self.path.grade if self.path else "expert"


@dataclass(frozen=True)
class Contributors(Rows[Contributor]):
    """Causes by attributable share, the largest first, and what no listed cause explains (see
    `attributable_shares`).

    Shares overlap, for the links of a path share their blame, and do not add up to 1.
    """

    network: Network
    findings: Findings
    rows: tuple[Contributor, ...]
    unexplained: float

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per row, for a table or JSON."""
        return [
            {
                "variable": row.variable,
                "label": row.label,
                "role": row.role,
                "present": row.present,
                "prior": row.prior,
                "fraction": row.fraction,
                "share": row.share,
                "grade": row.grade,
                "chain": list(row.path.variables) if row.path else [],
            }
            for row in self.rows
        ]

    def top(self) -> tuple[Contributor, ...]:
        """Return the first few rows that explain at least half a percent of the outcome."""
        return tuple(row for row in self.rows if row.share >= SMALLEST_SHARE)[:SHOWN]

    def sources(self) -> list[str]:
        """Return the ids behind the numbers of `top`: how common each cause is, and the links of
        its path.
        """
        common = [next(self.network[row.variable].numbers) for row in self.top()]
        linked = cited(row.path for row in self.top())
        return [id for number in common for id in (*number.sources, *number.against)] + linked

    def views(self) -> list[View]:
        """Return the top rows, each in a sentence with its path and evidence."""
        title = "What most likely contributes" if self._told() else "What would contribute"
        items = [Item(self._sentence(row), self._details(row)) for row in self.top()]
        return [View(title, (*items, *self._notes()))]

    def _told(self) -> bool:
        """Return whether the outcome was told to be there."""
        outcome = self.network[self.network.outcome]
        finding = self.findings.get(outcome.name)
        return isinstance(finding, str) and finding != outcome.healthy

    def _details(self, row: Contributor) -> tuple[str, ...]:
        if row.path is None:
            return ()
        path = path_words(self.network, row.path, self.findings)
        return path, evidence_words(self.network, row.path)

    def _notes(self) -> Iterator[Block]:
        words = self.network.vocabulary
        outcome = short_label(self.network[self.network.outcome])
        yield Note(
            f"No identified cause: about {percent(min(self.unexplained, 1.0))} of the {outcome} of "
            f"{words.subjects} like this one would be there without any of the causes that this "
            "network knows."
        )
        protecting = [row for row in self.rows if row.share <= -SMALLEST_SHARE]
        if protecting:
            named = "; ".join(self._named(row) for row in protecting)
            yield Note(f"Protects, if anything: {named}.")
        yield Note(
            "Shares overlap, because the links of one chain share their blame; they do not add up "
            "to 100 %."
        )

    def _named(self, row: Contributor) -> str:
        return named_cause(self.network, row.variable, self.findings.get(row.variable))

    def _sentence(self, row: Contributor) -> str:
        words = self.network.vocabulary
        risk = f"accounts for about {percent(row.fraction)} of the risk"
        if isinstance(self.findings.get(row.variable), str):
            due = f" and so of this {words.outcome}" if self._told() else ""
            return f"{self._as_told(row)}. This {risk}{due}."
        due = ""
        if self._told():
            due = f", so about {percent(row.share)} of this {words.outcome} is due to it"
        return (
            f"{self._named(row)}: {percent(row.present)} likely ({percent(row.prior)} among "
            f"{words.population}, before your answers). Where present, this {risk}{due}."
        )

    def _as_told(self, row: Contributor) -> str:
        if is_yes_no(self.network[row.variable]):
            return f"{self._named(row)}: {self.findings[row.variable]}, as you told"
        return f"{self._named(row)}, as you told"


def contributors(
    network: Network, findings: Told, now: Posterior | None = None
) -> Contributors:
    """Return what may contribute to the outcome by attributable share (see `attributable_shares`).

    `now` saves working the posterior out again; where it knows more than the findings, as after
    several visits, it says how likely each cause is present. Raises as `posterior` does, and
    `BackpainError` where the network names no outcome, or no healthy states of what is behind it.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.5)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.7, 0.3)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ...     outcome="wet",
    ... )
    >>> row = contributors(garden, {"wet": "yes"})[0]
    >>> round(row.present, 3), round(row.fraction, 3), round(row.share, 3)
    (0.702, 0.818, 0.574)
    """
    causes = causes_of(network)
    told = findings_of(network, findings)
    now = posterior(network, told) if now is None else now
    before = posterior(network)
    row = encode(network, [told])
    shares = attributable_shares(network, row, causes, marginals=now.row[None])
    paths = strongest_paths(network, told, causes, now)
    rows = []
    for name, part, path in zip(causes, shares.causes[0].tolist(), paths, strict=True):
        variable = network[name]
        present = now.present(name)
        rows.append(
            Contributor(
                variable=name,
                label=full_label(variable),
                role=variable.role,
                present=present,
                prior=before.present(name),
                fraction=part / present if present > 0 else 0.0,
                share=part,
                path=path,
            )
        )
    rows.sort(key=lambda row: -row.share)
    return Contributors(network, told, tuple(rows), float(shares.unexplained[0]))
