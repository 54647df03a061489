"""Where two networks disagree about one case, and which of their numbers are behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..display.blocks import Item, LineChart, Note, TextTable, View
from ..display.citations import ids, references
from ..display.result import Rows
from ..display.words import (
    capital,
    full_label,
    grade_words,
    percent,
    state_words,
    this_outcome,
)
from ..errors import BackpainError, listed
from ..inference.posterior import posterior
from ..model.findings import Findings
from ..model.network import Network, check_network
from ..model.variables import Variable
from ..records import record
from .alignment import aligned, obstacle
from .attribution import Contributors, contributors
from .link_effects import LinkEffect, Subject, link_effects

SHOWN = 6
SMALLEST = 0.005


@record
class SideBySide:
    """What the two networks think of one variable: P(variable = state | findings), and the share of
    the outcome that is due to it.

    `state` is the unhealthy state on which they differ most; shares are None for what is no
    contributor. `links` are the numbers with the largest effects on the share, or on the
    probability where there is no share.
    """

    variable: str
    label: str
    role: str
    state: str
    here: float
    there: float
    share_here: float | None
    share_there: float | None
    links: tuple[LinkEffect, ...]

    @property
    def matters(self) -> float:
        """How far apart the shares are; the probabilities, where there is no share."""
        if self.share_here is None or self.share_there is None:
            return abs(self.there - self.here)
        return abs(self.share_there - self.share_here)


@record
class Comparison(Rows[SideBySide]):
    """Two networks' answers to the same findings: one row per variable that both have, what matters
    most first.

    `unexplained` is the part with no identified cause in either (None without a common outcome).
    `untraced` says why no numbers are made responsible, where the two are built too differently;
    `unshared` names variables that only one has, or with other states.
    """

    network: Network
    other: Network
    findings: Findings
    unexplained: tuple[float, float] | None
    untraced: str
    unshared: tuple[str, ...]
    rows: tuple[SideBySide, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per variable, the responsible numbers as a list of dicts."""
        return [
            {
                "variable": row.variable,
                "label": row.label,
                "role": row.role,
                "state": row.state,
                "here": row.here,
                "there": row.there,
                "share_here": row.share_here,
                "share_there": row.share_there,
                "matters": row.matters,
                "links": [
                    {
                        "child": link.child,
                        "what": link.words,
                        "here": link.here,
                        "there": link.there,
                        "effect": link.effect,
                        "grade": link.grade,
                        "sources": list(link.number.sources),
                        "against": list(link.number.against),
                    }
                    for link in row.links
                ],
            }
            for row in self.rows
        ]

    def top(self) -> tuple[SideBySide, ...]:
        """Return the first few contributors and kinds of the outcome on which the two are at least
        half a percent apart; without an outcome, the first few variables.
        """
        rows = [row for row in self.rows if self._counts(row) and row.matters >= SMALLEST]
        return tuple(rows[:SHOWN])

    def _counts(self, row: SideBySide) -> bool:
        if not self.network.outcome:
            return True
        return row.share_here is not None or row.variable in self.network.kinds

    def sources(self) -> list[str]:
        """Return the ids behind the responsible numbers of `top`."""
        return [
            id
            for row in self.top()
            for link in row.links
            for id in (*link.number.sources, *link.number.against)
        ]

    def sections(self) -> list[View]:
        """Return what matters most, each with both answers and the numbers behind the difference,
        and then the sources.
        """
        subject = self.network.vocabulary.subject
        here, there = self._speakers
        title = f"Where {here} and {there} disagree about this {subject}"
        both = zip(self._speakers, (self.network, self.other), strict=True)
        about = [Note(f"{name}: {network.about}") for name, network in both if network.about]
        items = [Item(self._sentence(row), self._links(row)) for row in self.top()]
        if not self.rows:
            nothing = "They have no variable in common, so there is nothing to compare."
            return [View(title, (*about, Note(nothing)))]
        if not items:
            agree = "They agree, to within half a percent, on everything that matters here."
            return [View(title, (*about, Note(agree), *self._notes()))]
        answer = View(title, (*about, *self._slopes(), *items, *self._notes()))
        return [answer, *self._references()]

    def _slopes(self) -> Iterator[LineChart]:
        """The shares in both, as lines that lead from the one to the other."""
        lines = tuple(
            (capital(state_words(self.network, row.variable, [row.state])), (here, there))
            for row in self.top()
            if (here := row.share_here) is not None and (there := row.share_there) is not None
        )
        if lines:
            yield LineChart(self._speakers, lines)

    @property
    def _speakers(self) -> tuple[str, str]:
        """Who speaks in either network, in a word."""
        words = self.network.vocabulary
        return words.speaker(self.network.name), words.speaker(self.other.name)

    def _references(self) -> list[View]:
        """Return the sources, each from the network that has it."""
        wanted = self.sources()
        if not wanted:
            return []
        theirs = [
            id for id in wanted if id in self.other.sources and id not in self.network.sources
        ]
        known = references(self.network, (id for id in wanted if id not in theirs))
        more = references(self.other, theirs)
        table = TextTable(known.header, known.rows + more.rows)
        return [View("Sources", (table,), aside=True)]

    def _sentence(self, row: SideBySide) -> str:
        told = isinstance(self.findings.get(row.variable), str)
        label = capital(state_words(self.network, row.variable, [row.state]), self.network)
        here, there = [f"{percent(row.here)} likely"], [f"{percent(row.there)} likely"]
        if row.share_here is None or row.share_there is None:
            there = [percent(row.there)]
        else:
            here.append(f"{_due(row.share_here)} of {this_outcome(self.network, self.findings)}")
            there.append(_due(row.share_there))
        if told:
            label, here, there = f"{label}, as you told", here[1:], there[1:]
        first, second = ", and ".join(here), ", and ".join(there)
        mine, theirs = self._speakers
        return f"{label}: {first} ({mine}); {second} ({theirs})."

    def _links(self, row: SideBySide) -> tuple[str, ...]:
        return tuple(_link_words(self.network, link) for link in row.links)

    def _notes(self) -> Iterator[Note]:
        mine, theirs = self._speakers
        if self.unexplained is not None:
            here, there = (percent(part) for part in self.unexplained)
            yield Note(
                f"No identified cause: {here} of {this_outcome(self.network, self.findings)} "
                f"({mine}); {there} ({theirs})."
            )
        if any(row.links for row in self.top()):
            yield Note(
                f"Numbers stand as {mine} against {theirs}. Points are "
                "what taking one number alone from the other moves, in percentage points. They "
                "need not add up: links of one chain work through each other, and small ones are "
                "left out."
            )
        if self.untraced:
            yield Note(f"The difference is not traced to single numbers: {self.untraced}.")
        if self.unshared:
            yield Note(
                "Not compared, because only one of the two has it in this form: "
                f"{listed(self.unshared)}."
            )


def _due(share: float) -> str:
    return f"behind {percent(share)}"


def _link_words(network: Network, link: LinkEffect) -> str:
    digits = ".0f" if abs(link.effect) >= 0.02 else ".1f"
    points = f"{100 * link.effect:+{digits}}"
    evidence = f"{grade_words(network, link.grade)} [{ids(link.number)}]"
    return (
        f"{link.words}: {percent(link.here)} against {percent(link.there)} ({points} points), "
        f"{evidence}"
    )


def compare(network: Network, findings: Findings, other: Network) -> Comparison:
    """Return where two networks disagree about one case, sorted by how much it matters, down to
    the numbers responsible.

    Per variable: P(variable = state | findings) in both, and the attributable share in both (see
    `contributors`), which is what matters for a contributor. Numbers responsible: the two networks
    are brought to one structure, and every number that differs is exchanged by itself: effect = 1/2
    [f(here, number from there) - f(here) + f(there) - f(there, number from here)], f being the
    share, or the probability; that is the mean of what the number does first and last when one
    network is turned into the other (the two ends of its Shapley value). All exchanges are one
    batch of parameter rows.

    Raises as `posterior` does for either network, and `BackpainError` where the other network lacks
    a variable or state of the findings.

    >>> from backpain_bn.model import Mechanism, NoisyOr, number, prior
    >>> def garden(p: float) -> Network:
    ...     wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(p)),))
    ...     return Network(
    ...         "garden",
    ...         {
    ...             "rain": Variable("rain", ("no", "yes"), prior(0.7, 0.3)),
    ...             "wet": Variable("wet", ("no", "yes"), wet),
    ...         },
    ...         outcome="wet",
    ...     )
    >>> first = compare(garden(0.1), {"wet": "yes"}, garden(0.5))[0]
    >>> first.variable, round(first.here, 3), round(first.there, 3)
    ('rain', 0.449, 0.702)
    >>> round(first.share_here, 3), round(first.share_there, 3)
    (0.213, 0.574)
    >>> [(link.words, link.here, link.there, round(link.effect, 3)) for link in first.links]
    [('rain > wet', 0.1, 0.5, 0.362)]
    """
    for each in (network, other):
        check_network(each)
    now = posterior(network, findings)
    _share_findings(findings, other)
    then = posterior(other, findings)
    shared = [name for name in network if other.states.get(name) == network.states[name]]
    unshared = [name for name in {**network.variables, **other.variables} if name not in shared]
    here: dict[str, float] = {}
    there: dict[str, float] = {}
    unexplained = None
    if _both_rank(network, other):
        mine, theirs = contributors(network, findings, now), contributors(other, findings, then)
        here, there = _shares(mine), _shares(theirs)
        unexplained = mine.unexplained, theirs.unexplained
    rows = [
        _difference(network[name], now[name], then[name], here.get(name), there.get(name))
        for name in shared
    ]
    untraced = obstacle(network, other)
    if not untraced:
        about = [Subject(row.variable, row.state, row.share_here is not None) for row in rows]
        effects = link_effects(aligned(network, other), findings, about)
        rows = [replace(row, links=links) for row, links in zip(rows, effects, strict=True)]
    rows.sort(key=lambda row: -row.matters)
    return Comparison(network, other, findings, unexplained, untraced, tuple(unshared), tuple(rows))


def _both_rank(network: Network, other: Network) -> bool:
    """Return whether both networks rank causes of the same outcome."""
    if not network.outcome or network.outcome != other.outcome:
        return False
    return all(each[each.outcome].healthy_first for each in (network, other))


def _shares(found: Contributors) -> dict[str, float]:
    return {row.variable: row.share for row in found}


def _share_findings(findings: Findings, other: Network) -> None:
    for name, finding in findings.items():
        if finding is not None and name not in other.variables:
            raise BackpainError(
                f"{other.name} has no variable {name}, which is one of the findings; it cannot be "
                "asked about this case"
            )
        for state in [finding] if isinstance(finding, str) else finding or ():
            if state not in other[name].states:
                raise BackpainError(
                    f"in {other.name}, {name} has no state {state}, which was found; it has "
                    f"{listed(other[name].states)}"
                )


def _difference(
    variable: Variable,
    here: Mapping[str, float],
    there: Mapping[str, float],
    share_here: float | None,
    share_there: float | None,
) -> SideBySide:
    known = variable.unhealthy if variable.healthy_first else variable.states
    state = max(reversed(known), key=lambda state: abs(there[state] - here[state]))
    if share_here is None or share_there is None:
        share_here = share_there = None
    return SideBySide(
        variable.name,
        full_label(variable),
        variable.role,
        state,
        here[state],
        there[state],
        share_here,
        share_there,
        (),
    )
