"""To what degree each cause is to blame for the outcome, by one measure, and what none of them
explains.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..display.blocks import Block, Item, Note, View
from ..display.result import Rows
from ..display.words import (
    full_label,
    is_yes_no,
    named_cause,
    named_finding,
    percent,
)
from ..errors import BackpainError, ImpossibleEvidence, listed, naming_healthy, no_outcome
from ..inference.evidence import encode
from ..inference.posterior import Posterior, posterior
from ..model.findings import Findings, Told, findings_of, told_present
from ..model.grades import NOT_STATED
from ..model.network import Network, check_network
from ..phrases import phrase
from .causal_paths import (
    CausalPath,
    Ways,
    cited,
    evidence_words,
    path_words,
    strongest_ways,
    untraced_words,
)
from .shares import attributable_shares, protections

SHOWN = 6
SMALLEST_SHARE = 0.005
LEVEL = 0.005
"""Shares no further apart than half a point are level: none of them stands above another."""


def causes_of(network: Network) -> tuple[str, ...]:
    """Return the variables that may contribute to the outcome.

    Raises `BackpainError` where the network names no outcome, or where of none of them the healthy
    state is known.
    """
    check_network(network)
    if not network.outcome:
        raise no_outcome(network.name)
    possible = network.possible_causes
    if possible and not network.causes:
        raise BackpainError(
            f"the healthy states of {listed(possible, 3)}, which may contribute to "
            f"{network.outcome}, are not known; name them "
            f"{naming_healthy(possible[0], network[possible[0]].states)}"
        )
    return network.causes


def left_out_words(network: Network) -> str:
    """Return which possible causes are not ranked, because the file does not say which of their
    states is healthy; nothing where all are ranked.
    """
    names = [name for name in network.possible_causes if name not in network.causes]
    if not names:
        return ""
    return (
        "Left out, because it is not known which of their states is healthy, and counted with no "
        f"identified cause as far as they are to blame: {listed(names, 5)}."
    )


@dataclass(frozen=True, slots=True)
class Contributor:
    """One cause: how likely it is `present`, how likely it was before any answer, whether it was
    `told`, and the `share` of the outcome that is due to it.

    `other_share` is its share in another network, where one was given. `protects` is the
    probability that the outcome, were it absent, would be present without the cause. `ways` are the
    strongest ways from it to the outcome.
    """

    variable: str
    label: str
    role: str
    present: float
    prior: float
    told: bool
    share: float
    other_share: float | None
    protects: float
    ways: Ways

    @property
    def path(self) -> CausalPath | None:
        """The strongest path through other variables, or else the direct link; None where nothing
        leads from it to the outcome.
        """
        return self.ways.traced or self.ways.direct

    @property
    def grade(self) -> str:
        """The grade of the stronger of its ways from the cause on, its weakest link; `not stated`
        where there is none.
        """
        way = self.ways.stronger
        return way.grade_from(self.variable) if way else NOT_STATED


@dataclass(frozen=True)
class Contributors(Rows[Contributor]):
    """Causes by their share of the outcome, the largest first, and what no listed cause explains
    (see `attributable_shares`); `other_unexplained` is the same in another network, where one that
    can be compared was given.

    Shares overlap, for the links of a path share their blame, and do not add up to 1.
    """

    network: Network
    findings: Findings
    rows: tuple[Contributor, ...]
    unexplained: float
    other: Network | None = None
    other_unexplained: float = 0.0

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per row, for a table or JSON."""
        return [
            {
                "variable": row.variable,
                "label": row.label,
                "role": row.role,
                "present": row.present,
                "prior": row.prior,
                "told": row.told,
                "share": row.share,
                "other_share": row.other_share,
                "protects": row.protects,
                "grade": row.grade,
                "chain": list(row.path.variables) if row.path else [],
                "direct_link": row.ways.direct is not None,
            }
            for row in self.rows
        ]

    def top(self) -> tuple[Contributor, ...]:
        """Return the first few rows that explain at least half a percent of the outcome."""
        return tuple(row for row in self.rows if row.share >= SMALLEST_SHARE)[:SHOWN]

    @property
    def told(self) -> tuple[Contributor, ...]:
        """The causes that were told, the most to blame first."""
        return tuple(row for row in self.rows if row.told)

    @property
    def level(self) -> tuple[Contributor, ...]:
        """The causes whose shares lie within half a point of the first one's."""
        return tuple(row for row in self.rows[1:] if self.rows[0].share - row.share <= LEVEL)

    def _spelt_out(self) -> tuple[Contributor, ...]:
        """Return what was told and explains at least half a percent of the outcome, and then the
        first few of the others that do.
        """
        rows = [row for row in self.rows if row.share >= SMALLEST_SHARE]
        others = [row for row in rows if not row.told]
        return (*(row for row in rows if row.told), *others[:SHOWN])

    def sources(self) -> list[str]:
        """Return the ids behind the numbers of what is spelt out: how common each cause is, and the
        links of its ways.
        """
        rows = self._spelt_out()
        common = [next(self.network[row.variable].numbers) for row in rows]
        linked = cited(way for row in rows for way in row.ways)
        return [id for number in common for id in (*number.sources, *number.against)] + linked

    def views(self) -> list[View]:
        """Return what was told and then the first of the rest, each in a sentence with its ways and
        their evidence.
        """
        title = phrase("contributes" if self._told() else "would_contribute")
        rows = self._spelt_out()
        told = [self._item(row) for row in rows if row.told]
        others = [self._item(row) for row in rows if not row.told]
        if not self.told:
            return [View(title, (*others, *self._notes()))]
        first = View(phrase("causes_told", title=title), (*told, *self._little()))
        return [first, View(phrase("causes_not_told", title=title), (*others, *self._notes()))]

    def _item(self, row: Contributor) -> Item:
        return Item(self._sentence(row), tuple(self._details(row)))

    def _little(self) -> Iterator[Note]:
        """Yield what was told and explains next to nothing, for nothing told goes unmentioned."""
        rows = [row for row in self.told if row.share < SMALLEST_SHARE]
        if rows:
            names = [row.variable for row in rows]
            told = [named_finding(self.network, name, self.findings[name]) for name in names]
            yield Note(phrase("little", causes="; ".join(told)))

    def _told(self) -> bool:
        return told_present(self.network, self.findings, self.network.outcome)

    def _details(self, row: Contributor) -> Iterator[str]:
        if row.ways.traced is not None:
            yield path_words(self.network, row.ways.traced, self.findings)
            yield evidence_words(self.network, row.ways.traced)
        if row.ways.direct is not None:
            yield untraced_words(self.network, row.ways.direct, self.findings)
            yield evidence_words(self.network, row.ways.direct)

    def _notes(self) -> Iterator[Block]:
        words = self.network.vocabulary
        share = percent(self.unexplained)
        yield Note(phrase("no_cause", share=share, outcome=words.outcome, subjects=words.subjects))
        if left_out := left_out_words(self.network):
            yield Note(left_out)
        protecting = [row for row in self.rows if row.protects >= SMALLEST_SHARE]
        if protecting:
            yield Note(phrase("protects", causes="; ".join(self._named(row) for row in protecting)))
        yield Note(phrase("overlap"))

    def _named(self, row: Contributor) -> str:
        return named_cause(self.network, row.variable, self.findings.get(row.variable))

    def _sentence(self, row: Contributor) -> str:
        due = self._due(row)
        if row.told:
            return phrase("cause_told", cause=self._as_told(row), due=due)
        return phrase(
            "cause_suspected",
            cause=self._named(row),
            present=percent(row.present),
            prior=percent(row.prior),
            population=self.network.vocabulary.population,
            due=due,
        )

    def _due(self, row: Contributor) -> str:
        name = "due" if self._told() else "would_be_due"
        outcome = self.network.vocabulary.outcome
        due = phrase(name, share=percent(row.share), outcome=outcome)
        if row.other_share is None or self.other is None:
            return due
        share = percent(row.other_share)
        speaker = self.network.vocabulary.speaker(self.other.name)
        return phrase("other_share", due=due, other=speaker, share=share)

    def _as_told(self, row: Contributor) -> str:
        cause, finding = self._named(row), str(self.findings[row.variable])
        if is_yes_no(self.network[row.variable]):
            return phrase("as_told_yes_no", cause=cause, finding=finding)
        return phrase("as_told", cause=cause)


def contributors(
    network: Network,
    findings: Told,
    now: Posterior | None = None,
    *,
    other: Network | None = None,
    more: Posterior | None = None,
) -> Contributors:
    """Return what may contribute to the outcome by its share of it (see `attributable_shares`).

    `now` saves working the posterior out again. `other` is a second network, such as another voice,
    whose shares stand beside them. `more` is what is known beyond the findings, as after several
    visits: it says how likely each cause is present. Raises as `posterior` does, and
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
    >>> round(row.present, 3), round(row.prior, 3), round(row.share, 3)
    (0.702, 0.3, 0.574)
    """
    causes = causes_of(network)
    told = findings_of(network, findings)
    now = posterior(network, told) if now is None else now
    likely = now if more is None else more
    before = posterior(network)
    row = encode(network, [told])
    known = None if more is None else more.row[None]
    shares = attributable_shares(network, row, causes, marginals=known)
    beside = None if other is None else _shares_in(other, network, told)
    other_shares = {} if beside is None else beside[0]
    ways = strongest_ways(network, told, causes, likely)
    protects = protections(network, row, causes)[0].tolist()
    rows = [
        Contributor(
            variable=name,
            label=full_label(network[name]),
            role=network[name].role,
            present=likely.present(name),
            prior=before.present(name),
            told=isinstance(told.get(name), str),
            share=share,
            other_share=other_shares.get(name),
            protects=protected,
            ways=way,
        )
        for name, share, protected, way in zip(
            causes, shares.causes[0].tolist(), protects, ways, strict=True
        )
    ]
    rows.sort(key=lambda row: -row.share)
    found = Contributors(network, told, tuple(rows), float(shares.unexplained[0]))
    return found if beside is None else replace(found, other=other, other_unexplained=beside[1])


def _shares_in(
    other: Network, network: Network, findings: Findings
) -> tuple[dict[str, float], float] | None:
    """Return the shares in another network of what both have, by what was told of that, and what
    they leave unexplained; None where it has another outcome, or thinks the findings impossible.
    """
    if other.outcome != network.outcome:
        return None
    known = {
        name: finding
        for name, finding in findings.items()
        if other.states.get(name) == network.states[name]
    }
    causes = [name for name in causes_of(other) if name in network.causes]
    try:
        posterior(other, known)
    except ImpossibleEvidence:
        return None
    shares = attributable_shares(other, encode(other, [known]), causes)
    by_cause = dict(zip(causes, shares.causes[0].tolist(), strict=True))
    return by_cause, float(shares.unexplained[0])
