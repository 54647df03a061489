"""What treatments are expected to take from the outcome, and how that is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from ..display.blocks import Amount, Amounts, Block, Item, Note, View
from ..display.citations import advice as advice_for
from ..display.citations import ids
from ..display.result import Rows
from ..display.words import capital, grade_words, of_1000, percent, short_label, targets_words
from ..explain.causal_paths import CausalPath, path_words
from ..model.distributions import EXPERT
from ..model.findings import Findings
from ..model.grades import NOT_STATED
from ..model.network import Network
from ..model.variables import Treatment
from ..records import record
from ..red_flags.answered import RedFlags

UNPROVEN = (NOT_STATED, EXPERT, "claimed only", "contradicted")
"""Grades of evidence under which a treatment is called unproven."""
Proof = Literal["counted", "relief", "unproven"]
TRIED = "Trials counted how often it comes"
NO_STUDY = "No study is cited for any of it, so all of it is unproven."
SHOWN, FEW = 6, 10
SMALLEST_EFFECT = 0.0005
ALMOST_ALL = 0.995


@record
class TreatmentEffect:
    """One treatment: P(outcome in the next period) if nothing is done (`before`) and if it is
    started (`after`).

    `low` and `high` are the effects at the ends of the range of what a trial found, or else of the
    success; all other numbers are left as they are. `traced` is the part of the effect that comes
    by what the treatment aims at, `path` the strongest way from there to the outcome. With a trial,
    `not_yet` = P(what it aims at is not so today | findings): the part to which the trial applies.
    """

    treatment: Treatment
    before: float
    after: float
    low: float
    high: float
    traced: float
    grade: str
    path: CausalPath | None
    not_yet: float | None = None

    @property
    def name(self) -> str:
        """The treatment's name in the network file."""
        return self.treatment.name

    @property
    def effect(self) -> float:
        """The drop of P(outcome in the next period) that is to be expected."""
        return self.before - self.after

    @property
    def proof(self) -> Proof:
        """What trials there are: of how often the outcome comes, of whether it eases where it is
        there, or none that shows anything.
        """
        if self.treatment.trial is not None and self.grade not in UNPROVEN:
            return "counted"
        return "relief" if self.treatment.relief_trials else "unproven"

    @property
    def unproven(self) -> bool:
        """Whether no trial shows anything."""
        return self.proof == "unproven"


@record
class TreatmentPlan:
    """Several treatments at once: P(outcome in the next period) without and with them, whichever of
    them succeed.

    `low` and `high` are the effects with all trials and successes at the worse and at the better
    ends of their ranges, `added` is the sum of the treatments' effects one by one.
    """

    treatments: tuple[str, ...]
    before: float
    after: float
    low: float
    high: float
    added: float

    @property
    def effect(self) -> float:
        """The drop of P(outcome in the next period) that is to be expected."""
        return self.before - self.after


@record
class TreatmentEffects(Rows[TreatmentEffect]):
    """Treatments, the one that takes most from the outcome first; those left out, each with the
    reason; the best plan.

    `now` is P(outcome in the next period | findings) if nothing is done. `plan` is None where fewer
    than two treatments lower it.
    """

    network: Network
    findings: Findings
    now: float
    rows: tuple[TreatmentEffect, ...]
    left_out: Mapping[str, str]
    plan: TreatmentPlan | None
    red_flags: RedFlags

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per treatment."""
        return [self._plain(row) for row in self.rows]

    def _plain(self, row: TreatmentEffect) -> dict[str, object]:
        treatment = row.treatment
        return {
            "treatment": row.name,
            "label": treatment.label,
            "targets": dict(treatment.targets),
            "who": treatment.who,
            "before": row.before,
            "after": row.after,
            "success": treatment.success.p,
            "effect": row.effect,
            "low": row.low,
            "high": row.high,
            "traced": row.traced,
            "not_yet": row.not_yet,
            "grade": row.grade,
            "proof": row.proof,
            "unproven": row.unproven,
            "relief_trials": list(treatment.relief_trials),
            "note": treatment.note,
            "cautions": self._cautions(treatment),
            "sources": list(treatment.success.sources),
            "against": list(treatment.success.against),
        }

    @property
    def cites_studies(self) -> bool:
        """Whether any treatment of the network cites a study; else all of them are unproven."""
        cited = {id for one in self.network.treatments.values() for id in _cited(one)}
        sources = self.network.sources
        return any(sources[id].kind == "study" for id in cited if id in sources)

    def called(self, row: TreatmentEffect) -> str:
        """Return a treatment's label, and what trials lack where that tells it from others."""
        remark = proof_words(self.network, row) if self.cites_studies else ""
        return f"{row.treatment.label} ({remark})" if remark else row.treatment.label

    def labels(self, rows: Iterable[TreatmentEffect]) -> str:
        """Return what treatments are called, in a row."""
        return "; ".join(self.called(row) for row in rows)

    @property
    def helping(self) -> tuple[TreatmentEffect, ...]:
        """The rows that spare at least one case in 2,000 the outcome."""
        return tuple(row for row in self.rows if row.effect >= SMALLEST_EFFECT)

    def top(self) -> tuple[TreatmentEffect, ...]:
        """Return the first few rows that help."""
        return self.helping[:SHOWN]

    def sources(self) -> list[str]:
        """Return the ids behind the successes of `top`."""
        found = []
        for row in self.top():
            found += _cited(row.treatment)
        return found

    def sections(self) -> list[View]:
        """Return the best treatments with evidence and cautions, the best plan, and what holds
        whatever is chosen.
        """
        title = "What would help"
        if not self.network.treatments:
            return [View(title, (Note(f"The file of {self.network.name} names no treatments."),))]
        first = [Note(self._first())] if self.rows else []
        items = [Item(self._sentence(row), tuple(self._details(row))) for row in self.top()]
        return [
            View(title, (*first, *self._picture(), *items, *self._rest())),
            View("The best together", tuple(self._planned())),
            View("Whatever is chosen", tuple(self._advice())),
        ]

    def _first(self) -> str:
        words, outcome = self.network.vocabulary, self.network[self.network.outcome]
        counted = f" (Counted here: {outcome.about})" if outcome.about else ""
        unproven = "" if self.cites_studies else f" {NO_STUDY}"
        return (
            f"If nothing is changed, {short_label(outcome)} is expected in {of_1000(self.now)} "
            f"{words.subjects} like this one {words.again}. What each treatment is expected to "
            f"take from that, most first.{unproven}{counted}"
        )

    def _picture(self) -> Iterator[Amounts]:
        """Yield what each of `top` spares of 1,000, those that are unproven apart."""
        words, rows = self.network.vocabulary, sorted(self.top(), key=lambda row: row.unproven)
        if rows:
            title = f"Fewer of 1,000 {words.subjects} like this one with {words.outcome}"
            amounts = tuple(self._amount(row) for row in rows)
            yield Amounts(title, amounts, "what trials found, or how often it gets there")

    def _amount(self, row: TreatmentEffect) -> Amount:
        group = ""
        if self.cites_studies:
            group = capital(proof_words(self.network, row)) or TRIED
        effect, low, high = (1000 * each for each in (row.effect, row.low, row.high))
        words = f"{_counted(effect)} ({_counted(low)} to {_counted(high)})"
        return Amount(row.treatment.label, effect, words, low, high, group)

    def _sentence(self, row: TreatmentEffect) -> str:
        return f"{self.called(row)}: {_drop(row.effect, row.low, row.high)}."

    def _details(self, row: TreatmentEffect) -> Iterator[str]:
        treatment, success = row.treatment, row.treatment.success
        trained = self.network.vocabulary.means[treatment.who].trained
        by = "; takes somebody trained" if trained else ""
        yield (
            f"Aims at {targets_words(self.network, treatment.targets)}; expected to get there for "
            f"{percent(success.p)} of those who try "
            f"({100 * success.low:.0f} to {percent(success.high)}){by}. [{ids(success)}]"
        )
        yield from self._trial(row)
        if treatment.note:
            yield treatment.note
        if row.path:
            way = path_words(self.network, row.path, self.findings)[:-1]
            yield f"{way} ({grade_words(self.network, row.path.grade)})."
        for name in self._cautions(treatment):
            yield f"Mind: {self.network.advice[name].text}"

    def _trial(self, row: TreatmentEffect) -> Iterator[str]:
        words, trial = self.network.vocabulary, row.treatment.trial
        grade = grade_words(self.network, row.grade)
        if trial is None:
            yield from self._relief(row)
            yield f"The idea behind it: {grade}."
            return
        found = f"{trial.risk_ratio:g} times ({trial.low:g} to {trial.high:g})"
        if row.traced > row.effect:
            rest = "The ways traced here would take more; the trials count."
        else:
            rest = (
                f"By the ways traced here comes {of_1000(row.traced)}, which alone hangs on how "
                "many get there, the rest by a way nobody has traced."
            )
        yield (
            f"Trials found the {words.outcome} {found} as often with it as without ({grade}). "
            f"{self._whom(row)}{rest} [{ids(trial)}]"
        )
        if row.treatment.relief_trials:
            cited = ", ".join(row.treatment.relief_trials)
            yield f"Tried on {words.outcome} that is there as well. [{cited}]"

    def _relief(self, row: TreatmentEffect) -> Iterator[str]:
        treatment, outcome = row.treatment, self.network.vocabulary.outcome
        if treatment.relief_trials:
            cited = ", ".join(treatment.relief_trials)
            yield (
                f"Tried on {outcome} that is there, which cannot be counted in cases spared: what "
                f"is counted comes by what it aims at alone. [{cited}]"
            )
        else:
            yield f"No trial shows that it lowers the {outcome}."

    def _whom(self, row: TreatmentEffect) -> str:
        """Return for how many a trial counts, where that is not certain."""
        if row.not_yet is None or row.not_yet > ALMOST_ALL:
            return ""
        return (
            f"That is counted for the {percent(row.not_yet)} of {self.network.vocabulary.subjects} "
            "like this one who are not there yet. "
        )

    def _cautions(self, treatment: Treatment) -> list[str]:
        """Return the names of the cautions that go with a treatment, whichever of the two says so;
        under a red flag not those that hold only with certain findings.
        """
        found = []
        for name, advice in self.network.advice.items():
            mine = name in treatment.cautions or treatment.name in advice.treatments
            if mine and not (self.red_flags.set and advice.when):
                found.append(name)
        return found

    def _rest(self) -> Iterator[Note]:
        words = self.network.vocabulary
        yield from self._not_shown()
        for name, reason in self.left_out.items():
            yield Note(f"Left out: {self.network.treatments[name].label}: {reason}.")
        if not self.rows:
            yield Note("So there is nothing to rank. That does not mean that nothing helps.")
            return
        yield Note(
            "The range in brackets covers what trials found, or else how often a treatment gets "
            f"where it aims; how strongly that then bears on the {words.outcome} is uncertain too. "
            f"The {words.outcome} may also have reasons that none of these touches."
        )

    def _not_shown(self) -> Iterator[Note]:
        shown, subject = self.top(), self.network.vocabulary.subject
        small = [row for row in self.rows if abs(row.effect) < SMALLEST_EFFECT]
        more = [row for row in self.rows if row.effect >= SMALLEST_EFFECT and row not in shown]
        if more:
            yield Note(f"Less, {of_1000(more[0].effect)} at most: {self.labels(more)}.")
        if small:
            yield Note(
                f"Next to nothing for this {subject} (under 1 of 1,000): {self.labels(small)}."
            )
        for row in self.rows:
            if row.effect <= -SMALLEST_EFFECT:
                drop = _drop(row.effect, row.low, row.high)
                yield Note(f"{row.treatment.label}: {drop}. It would do harm here.")

    def _planned(self) -> Iterator[Block]:
        if self.plan is None:
            return
        row_of = {row.name: row for row in self.rows}
        drop = _drop(self.plan.effect, self.plan.low, self.plan.high)
        yield Note(f"Of up to three things at once, these are expected to take most: {drop}.")
        for name in self.plan.treatments:
            yield Item(self.called(row_of[name]))
        yield Note(_added_up(self.plan))

    def _advice(self) -> Iterator[Note]:
        return advice_for(self.network, self.findings, self.red_flags)


def _cited(treatment: Treatment) -> list[str]:
    """Return the ids behind a treatment's success and its trials, for and against."""
    numbers = (treatment.success, *((treatment.trial,) if treatment.trial else ()))
    found = [id for number in numbers for id in (*number.sources, *number.against)]
    return [*found, *treatment.relief_trials]


def proof_words(network: Network, row: TreatmentEffect) -> str:
    """Return in a few words what trials of a treatment lack; nothing where they count cases."""
    if row.proof == "relief":
        return f"tried on {network.vocabulary.outcome} that is there"
    return "unproven" if row.unproven else ""


def _added_up(plan: TreatmentPlan) -> str:
    gap, added = plan.added - plan.effect, f"{1000 * plan.added:.0f}"
    if abs(gap) < SMALLEST_EFFECT:
        return f"They hardly get in each other's way: one by one they add up to {added} as well."
    if gap < 0:
        return f"One by one they would add up to {added} only: they work better together."
    return (
        f"One by one they would add up to {added}: what one has taken away, another cannot take "
        "away again."
    )


def _counted(amount: float) -> str:
    """Return so many of a thousand; of few the first digit behind the point, too."""
    return f"{amount:.0f}" if abs(amount) >= FEW else f"{amount:.1f}"


def _drop(effect: float, low: float, high: float) -> str:
    """Return a drop of probability as so many of a thousand."""
    if effect < 0:
        return f"about {-1000 * effect:.0f} more of 1,000 ({-1000 * high:.0f} to {-1000 * low:.0f})"
    return f"about {1000 * effect:.0f} fewer of 1,000 ({1000 * low:.0f} to {1000 * high:.0f})"
