"""The audit of a network: how much of it is judgement, what its answers hang on, what studies leave
of the claims, which published figures it reproduces, and what nobody has confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..display.blocks import Block, Item, Note, TextTable, View
from ..display.causes import blamed_words
from ..display.citations import classes, graded, ids
from ..display.result import Result
from ..display.words import (
    counted,
    grade_words,
    number_words,
    percent,
    percent_of_number,
    plain,
    short_label,
)
from ..model.distributions import Conversion, Number
from ..model.grades import grade
from ..model.network import Network
from ..model.numbers import Parameter, numbers_of
from ..records import record
from .draws import check_draws, judgements, links_through
from .influence import Influence, influences
from .reproduced import Reproduced, reproduced

DRAWS = 200
LISTED = 20
ONLY_IN_WORDS = "no link"
"""The grade of a claim that no link of the network rests on."""


@record
class ClaimGrade:
    """A claim of the sources: its grade over all links that rest on it, how many those are, and of
    those that have this grade by themselves the strongest, in words and by its number.
    """

    claim: str
    says: str
    grade: str
    links: int
    link: str
    strongest: float


@record
class EvidenceAudit(Result):
    """What the numbers of a network rest on.

    `classes` counts them by class (see `number_class`); `influences` has every number with a range,
    the most influential first; `claims` every claim; `reproduced` every published figure that the
    network declares.
    """

    network: Network
    classes: dict[str, int]
    influences: tuple[Influence, ...]
    claims: tuple[ClaimGrade, ...]
    reproduced: tuple[Reproduced, ...]
    draws: int

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per class, influential number, claim and published figure; what is
        none of these is in `section`.
        """
        total = max(sum(self.classes.values()), 1)
        rows: list[dict[str, object]] = [
            {"section": "class", "class": kind, "numbers": many, "share": many / total}
            for kind, many in self.classes.items()
        ]
        rows += [self._influence_dict(row) for row in self.influences]
        rows += [
            {
                "section": "claim",
                "claim": row.claim,
                "says": row.says,
                "grade": row.grade,
                "links": row.links,
                "link": row.link,
                "strongest": row.strongest,
            }
            for row in self.claims
        ]
        rows += [self._reproduced_dict(row) for row in self.reproduced]
        rules = self.network.red_flags
        if rules.rules:
            rows.append(
                {
                    "section": "red flags",
                    "name": rules.name,
                    "version": rules.version,
                    "questions": len(rules.questions),
                    "rules": len(rules.rules),
                    "confirmed": rules.confirmed,
                }
            )
        return rows

    def _influence_dict(self, row: Influence) -> dict[str, object]:
        return {
            "section": "influence",
            "what": row.what,
            "variable": row.variable,
            "class": row.kind,
            "p": row.number.p,
            "low": row.number.low,
            "high": row.number.high,
            "outcome_at_low": row.low,
            "outcome_at_high": row.high,
            "share_swing": row.share,
            "share_of": row.share_of,
            "arrived": arrived(row.number, self.network.conversion),
            "sources": list(row.number.sources),
            "against": list(row.number.against),
        }

    def _reproduced_dict(self, row: Reproduced) -> dict[str, object]:
        figure = row.figure
        return {
            "section": "published figure",
            "says": figure.says,
            "measure": figure.measure,
            "published": figure.value,
            "published_low": figure.low,
            "published_high": figure.high,
            "network": row.value,
            "network_low": row.low,
            "network_high": row.high,
            "inside": row.inside,
            "fitted": figure.fitted,
            "sources": list(figure.sources),
            "note": figure.note,
        }

    def sections(self) -> list[View]:
        """Return the audit in sections."""
        return [
            View("Numbers by class", tuple(self._classes())),
            View("What the answers hang on", tuple(self._influential())),
            View("Claims by grade", tuple(self._claims())),
            View("Published figures, and what the network says", tuple(self._figures())),
            View("What nobody has confirmed", tuple(self._unconfirmed())),
        ]

    def _classes(self) -> Iterator[Block]:
        total = sum(self.classes.values())
        rows = tuple(
            (str(many), percent(many / total), kind) for kind, many in self.classes.items() if many
        )
        yield TextTable(("numbers", "of all", "class"), rows)
        yield from judgement_notes(self.network)

    def _influential(self) -> Iterator[Block]:
        if not self.influences:
            yield Note("The network names no outcome with causes, or its numbers have no ranges.")
            return
        outcome = short_label(self.network[self.network.outcome])
        yield Note(
            f"Each number moved by itself through its own range: what that does to the {outcome}, "
            "nothing being told, and to the share of one cause, where it is present. The first "
            f"{min(LISTED, len(self.influences))} of {len(self.influences)}."
        )
        for row in self.influences[:LISTED]:
            yield Item(self._swing(row), self._arrived(row))

    def _swing(self, row: Influence) -> str:
        number = row.number
        p, low, high = map(percent_of_number, (number.p, number.low, number.high))
        outcome = short_label(self.network[self.network.outcome])
        share = "what no cause explains"
        if row.share_of:
            share = f"the share of {blamed_words(self.network, row.share_of, {})}"
        return (
            f"{row.what}: {p} ({low} to {high}). Moves {outcome} from {percent_of_number(row.low)} "
            f"to {percent_of_number(row.high)}, and {share} by {100 * row.share:.0f} points."
        )

    def _arrived(self, row: Influence) -> tuple[str, str]:
        cited = ids(row.number)
        return arrived(row.number, self.network.conversion), f"[{row.kind}: {cited}]"

    def _claims(self) -> Iterator[Block]:
        if not self.claims:
            yield Note("The network cites no claims.")
            return
        found: dict[str, list[ClaimGrade]] = {}
        for row in self.claims:
            found.setdefault(row.grade, []).append(row)
        rows = tuple(
            (str(len(some)), self._grade(kind), ", ".join(row.claim for row in some))
            for kind, some in found.items()
        )
        yield TextTable(("claims", "grade of the links that rest on them", "which"), rows)
        lost = found.get("contradicted", [])
        if lost:
            yield Note("What studies leave of the claims that they contradict:")
        for row in lost:
            left = f"Left of it: {row.link}, {percent_of_number(row.strongest)}."
            yield Item(f"{row.claim}: {row.says}", (left,))

    def _grade(self, kind: str) -> str:
        if kind == ONLY_IN_WORDS:
            return "no link rests on them: advice, treatments, how common something is"
        return grade_words(self.network, kind)

    def _figures(self) -> Iterator[Block]:
        if not self.reproduced:
            yield Note("The network declares no published figures to be compared with.")
            return
        fitted = [row for row in self.reproduced if row.figure.fitted]
        others = [row for row in self.reproduced if not row.figure.fitted]
        if fitted:
            yield Note(
                f"Of {len(fitted)} figures that numbers were set to, {_inside(fitted)} lie in the "
                "published range, which shows that the arithmetic holds and no more."
            )
        if others:
            yield Note(
                f"Of {len(others)} that nothing was set to, {_inside(others)} do. "
                f"{self._known(others)}"
            )
        yield Note(
            "In brackets: the published range, and where 90 of 100 draws of the network's numbers "
            f"lie ({counted(self.draws, 'draw')})."
        )
        rows = tuple(map(_figure_row, self.reproduced))
        yield TextTable(("published", "network", "", "figure"), rows)

    def _known(self, rows: Sequence[Reproduced]) -> str:
        """Return how many figures come from studies that numbers of the network rest on as well."""
        cited = {id for one in numbers_of(self.network) for id in one.number.sources}
        known = sum(not cited.isdisjoint(row.figure.sources) for row in rows)
        return (
            "From studies on which numbers of the network rest as well, by other arithmetic, and "
            f"so no independent test: {known}."
        )

    def _unconfirmed(self) -> Iterator[Block]:
        rules = self.network.red_flags
        if not rules.rules:
            yield Note("The network names no red flags.")
        else:
            known = f"{len(rules.questions)} red-flag questions and {len(rules.rules)} rules"
            by = "have been confirmed" if rules.confirmed else "have been confirmed by nobody"
            yield Note(f"The {known} ({rules.name}, version {rules.version}) {by}. {rules.about}")
        unsaid = [row for row in self.influences[:LISTED] if is_unsaid(row.number)]
        if unsaid:
            yield Note(
                f"Of the {min(LISTED, len(self.influences))} most influential numbers "
                f"{len(unsaid)} are judgement of which the file does not say how it was arrived at."
            )


def _inside(rows: Sequence[Reproduced]) -> int:
    return sum(row.inside for row in rows)


def _figure_row(row: Reproduced) -> tuple[str, str, str, str]:
    figure = row.figure
    cited = ", ".join(figure.sources)
    return (
        f"{figure.value:.3g} ({figure.low:.3g} to {figure.high:.3g})",
        f"{row.value:.3g} ({row.low:.2g} to {row.high:.2g})",
        _place(row),
        ". ".join(filter(None, (f"{figure.says}; {figure.measure} [{cited}]", figure.note))),
    )


def _place(row: Reproduced) -> str:
    place = "inside" if row.inside else "OUTSIDE"
    return f"{place} (set)" if row.figure.fitted else place


def judgement_notes(network: Network) -> Iterator[Note]:
    """Yield the judgements that published ratios passed, with their ranges, or that they have
    none.
    """
    for name, number in judgements(network.conversion).items():
        links = links_through(network, name)
        if not links:
            continue
        ends = f"{number.low:g} to {number.high:g}"
        if number.low == number.high:
            ends = "without a range, so never varied"
        note = f" {number.note}" if number.note else ""
        many = "1 link" if len(links) == 1 else f"{len(links)} links"
        yield Note(f"{plain(name)}: {number.p:g} ({ends}), behind {many}.{note}")


def is_unsaid(number: Number) -> bool:
    """Return whether a number is judgement of which nothing says how it was arrived at."""
    return number.is_expert and not number.note and not number.published


def arrived(number: Number, conversion: Conversion) -> str:
    """Return how a number was arrived at, in a sentence or two.

    >>> arrived(Number(0.2, 0.1, 0.3, ("expert",)), Conversion())
    'Judgement; the file does not say how it was arrived at.'
    >>> arrived(Number(0.2, 0.1, 0.3, ("X-1",)), Conversion())
    'As published.'
    """
    said = []
    if number.derived is not None:
        discount = conversion.designs[number.derived.design].p
        said.append(
            f"From {number.published}: shrunk by a sceptical prior (sd {conversion.prior_sd:g}), "
            f"times {discount:g} for its design ({plain(number.derived.design)}), scaled by "
            f"{conversion.scale.p:g}."
        )
    elif number.published:
        said.append(f"From {number.published}, the leak taken out.")
    elif is_unsaid(number):
        said.append("Judgement; the file does not say how it was arrived at.")
    elif not number.sources:
        said.append("No source.")
    elif not number.note:
        said.append("As published.")
    return " ".join([*said, *filter(None, [number.note])])


def evidence_audit(network: Network, draws: int = DRAWS, seed: int = 0) -> EvidenceAudit:
    """Return the audit of a network (see `EvidenceAudit`); `draws` are those behind the intervals
    of its published figures.

    Raises as `influences` and `reproduced` do, and `BackpainError` for fewer than one draw.

    >>> from backpain_bn.model import Variable, prior
    >>> rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
    >>> evidence_audit(Network("garden", {"rain": rain})).classes["no source"]
    1
    """
    check_draws(draws)
    return EvidenceAudit(
        network=network,
        classes=classes(network),
        influences=influences(network),
        claims=tuple(_claims(network)),
        reproduced=reproduced(network, draws, seed),
        draws=draws,
    )


def _claims(network: Network) -> Iterator[ClaimGrade]:
    """Yield every claim with its grade over all links that rest on it."""
    resting: dict[str, list[Parameter]] = {}
    for one in numbers_of(network):
        if one.when:
            for id in one.number.sources:
                resting.setdefault(id, []).append(one)
    for id, source in network.sources.items():
        if source.kind != "claim":
            continue
        links = resting.get(id, [])
        if not links:
            yield ClaimGrade(id, source.says, ONLY_IN_WORDS, 0, "", 0.0)
            continue
        sources = tuple(each for one in links for each in one.number.sources)
        against = tuple(each for one in links for each in one.number.against)
        kind = grade(sources, against, network.sources)
        alike = [one for one in links if graded(network, one.number) == kind] or links
        most = max(alike, key=lambda one: one.number.p)
        words = number_words(network, most)
        yield ClaimGrade(id, source.says, kind, len(links), words, most.number.p)
