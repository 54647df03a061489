"""What would help: treatments by how much pain they are expected to take from the next run, alone
and together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ..display.blocks import Block, Item, Note, View
from ..display.citations import advice as advice_for
from ..display.citations import graded, ids
from ..display.result import Rows
from ..display.words import grade_words, percent, short_label, state_words
from ..errors import BackpainError, shown, unknown
from ..explain.causal_paths import CausalPath, path_words, strongest_path
from ..inference.posterior import Posterior, posterior
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Treatment
from ..red_flags import RedFlags, Rules, check
from ..temporal.next_period import NextRun, World, next_run

NONE_ASKED = check(Rules("none", "0", (), ()), {})
UNPROVEN = ("expert", "claimed only", "contradicted")
"""Grades of evidence under which a treatment is called unproven."""
MOST_TOGETHER = 3
CANDIDATES = 10
"""Plans are made of so many treatments at most: those that lower pain most by themselves."""
SHOWN = 6
SMALLEST_EFFECT = 0.0005
CERTAIN = 1 - 1e-12


@dataclass(frozen=True, slots=True)
class Help:
    """One treatment: P(pain on the next run) as it is (`before`) and if the treatment brings about
    what it aims at (`after`).

    `effect` = success * (before - after), below 0 where it does harm; `low` and `high` put the ends
    of the success range for success, and leave all other numbers as they are. `chain` is the
    strongest way from what it aims at to the pain.
    """

    treatment: Treatment
    before: float
    after: float
    grade: str
    chain: CausalPath | None

    @property
    def name(self) -> str:
        """The treatment's name in the network file."""
        return self.treatment.name

    @property
    def effect(self) -> float:
        """The drop of P(pain on the next run) that is to be expected."""
        return self.treatment.success.p * (self.before - self.after)

    @property
    def low(self) -> float:
        """The smaller of the effects at the ends of the success range."""
        return min(self._ends)

    @property
    def high(self) -> float:
        """The larger of the effects at the ends of the success range."""
        return max(self._ends)

    @property
    def _ends(self) -> tuple[float, float]:
        success, drop = self.treatment.success, self.before - self.after
        return success.low * drop, success.high * drop

    @property
    def unproven(self) -> bool:
        """Whether no study shows that it brings about what it aims at, or its own note calls it
        unproven.
        """
        return self.grade in UNPROVEN or "unproven" in self.treatment.note.lower()

    @property
    def called(self) -> str:
        """The treatment's label, and that it is unproven where it is."""
        return f"{self.treatment.label}{' (unproven)' if self.unproven else ''}"


@dataclass(frozen=True, slots=True)
class Together:
    """Several treatments at once: P(pain on the next run) without and with them, whichever of them
    succeed.

    `low` and `high` are the effects with all successes at the lower and at the upper ends of their
    ranges, `added` is the sum of the treatments' effects one by one.
    """

    treatments: tuple[str, ...]
    before: float
    after: float
    low: float
    high: float
    added: float

    @property
    def effect(self) -> float:
        """The drop of P(pain on the next run) that is to be expected."""
        return self.before - self.after


@dataclass(frozen=True)
class Helps(Rows[Help]):
    """Treatments, the one that takes most pain from the next run first; those left out, each with
    the reason; the best plan.

    `now` is P(pain on the next run | findings) if nothing is done. `plan` is None where fewer than
    two treatments lower pain.
    """

    network: Network
    findings: Findings
    now: float
    rows: tuple[Help, ...]
    left_out: Mapping[str, str]
    plan: Together | None
    red_flags: RedFlags

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per treatment."""
        return [
            {
                "treatment": row.name, "label": row.treatment.label, "targets": dict(row.treatment.targets), "who": row.treatment.who,
                "before": row.before, "after": row.after, "success": row.treatment.success.p, "effect": row.effect, "low": row.low,
                "high": row.high, "grade": row.grade, "unproven": row.unproven, "note": row.treatment.note,
                "cautions": self._cautions(row.treatment), "sources": list(row.treatment.success.sources),
                "against": list(row.treatment.success.against),
            }
            for row in self.rows
        ]  # fmt: skip

    def top(self) -> tuple[Help, ...]:
        """Return the first few rows that take pain from at least one run in 2,000."""
        return tuple(row for row in self.rows if row.effect >= SMALLEST_EFFECT)[:SHOWN]

    def sources(self) -> list[str]:
        """Return the ids behind the successes of `top`."""
        numbers = [row.treatment.success for row in self.top()]
        return [id for number in numbers for id in (*number.sources, *number.against)]

    def views(self) -> list[View]:
        """Return the best treatments with evidence and cautions, the best plan, and what holds
        whatever is chosen.
        """
        pain, about = (
            short_label(self.network[self.network.outcome]),
            self.network[self.network.outcome].about,
        )
        first = Note(
            f"If nothing is changed, about {self.now * 1000:.0f} of 1,000 runners like this one "
            f"will have {pain} again next time. What "
            "each treatment is expected to take from that, most "
            f"first.{f' (Counted here: {about})' if about else ''}"
        )
        items = [Item(self._sentence(row), tuple(self._details(row))) for row in self.top()]
        blocks: tuple[Block, ...] = (
            (first, *items, *self._rest()) if self.rows else tuple(self._rest())
        )
        return [
            View("What would help", blocks),
            View("The best together", tuple(self._planned())),
            View("Whatever is chosen", tuple(self._advice())),
        ]

    def _sentence(self, row: Help) -> str:
        return f"{row.called}: {_drop(row.effect, row.low, row.high)}."

    def _details(self, row: Help) -> Iterator[str]:
        treatment, success = row.treatment, row.treatment.success
        by = (
            "; takes somebody trained"
            if self.network.vocabulary.means[treatment.who].trained
            else ""
        )
        yield (
            f"Aims at {_states(self.network, treatment.targets)}; expected to get there for "
            f"{percent(success.p)} of those who try "
            f"({_percents(success.low, success.high)}){by}. Behind that: "
            f"{grade_words(self.network, row.grade)}. [{ids(success)}]"
        )
        if treatment.note:
            yield treatment.note
        if row.chain:
            yield (
                f"{path_words(self.network, row.chain, self.findings)[:-1]} "
                f"({grade_words(self.network, row.chain.grade)})."
            )
        for name in self._cautions(treatment):
            if not (self.red_flags.set and self.network.advice[name].when):
                yield f"Mind: {self.network.advice[name].text}"

    def _cautions(self, treatment: Treatment) -> list[str]:
        """Return the names of the cautions that go with a treatment, whichever of the two says
        so.
        """
        advice = self.network.advice
        mine = [
            name
            for name in advice
            if name in treatment.cautions or treatment.name in advice[name].treatments
        ]
        return [name for name in mine if not (self.red_flags.set and advice[name].when)]

    def _rest(self) -> Iterator[Note]:
        shown = self.top()
        small = [row for row in self.rows if abs(row.effect) < SMALLEST_EFFECT]
        more = [row for row in self.rows if row.effect >= SMALLEST_EFFECT and row not in shown]
        worse = [row for row in self.rows if row.effect <= -SMALLEST_EFFECT]
        if more:
            yield Note(f"Less, about {1000 * more[0].effect:.0f} of 1,000 at most: {labels(more)}.")
        if small:
            yield Note(
                f"Next to nothing for this runner (fewer than 1 run in 1,000): {labels(small)}."
            )
        for row in worse:
            yield Note(
                f"{row.treatment.label}: {_drop(row.effect, row.low, row.high)}. It would do harm "
                "here."
            )
        for name, reason in self.left_out.items():
            yield Note(f"Left out: {self.network.treatments[name].label}: {reason}.")
        if not self.network.treatments:
            yield Note(f"{self.network.name} knows no treatments.")
        elif not self.rows:
            yield Note("So there is nothing to rank. That does not mean that nothing helps.")
        else:
            yield Note(
                "The range in brackets covers how often a treatment gets where it aims, and only "
                "that; how strongly it then bears on pain "
                "is uncertain too. A run may also hurt for reasons that none of these touches."
            )

    def _planned(self) -> Iterator[Block]:
        if self.plan is None:
            return
        names = [self.network.treatments[name] for name in self.plan.treatments]
        row_of = {row.name: row for row in self.rows}
        drop = _drop(self.plan.effect, self.plan.low, self.plan.high)
        yield Note(f"Of up to three things at once, these are expected to take most: {drop}.")
        for treatment in names:
            yield Item(row_of[treatment.name].called)
        gap = self.plan.added - self.plan.effect
        added = f"{1000 * self.plan.added:.0f}"
        if abs(gap) < SMALLEST_EFFECT:
            yield Note(
                f"They hardly get in each other's way: one by one they add up to {added} as well."
            )
        elif gap > 0:
            yield Note(
                f"One by one they would add up to {added}: what one has taken away, another "
                "cannot take away again."
            )
        else:
            yield Note(f"One by one they would add up to {added} only: they work better together.")

    def _advice(self) -> Iterator[Note]:
        return advice_for(self.network, self.findings, self.red_flags)


def what_helps(
    network: Network,
    findings: Findings,
    treatments: Sequence[str] | None = None,
    now: Posterior | None = None,
    red_flags: RedFlags = NONE_ASKED,
) -> Helps:
    """Return treatments (default: all of the file) by the drop in pain that is to be expected on
    the next run.

    effect = success * (P0 - P1). What persists keeps today's uncertain value; the descendants of
    what is treated and everything that does not persist are drawn again from their tables, once
    with what is treated as it is (P0), once in the state that the treatment aims at (P1) (Pearl
    2009, chapters 3 and 4). Findings on what is drawn again inform the rest and are not carried
    over. The best plan of up to three acts on all its targets at once, P0 and the expectation over
    which of its treatments succeed, independently, being those of one model; it is looked for among
    the ten treatments of the largest effects, never two for one target. While a red flag is set,
    nothing that is printed advises to keep running.

    Raises `UnknownName` for a treatment that is not in the file, `BackpainError` where the network
    names no outcome, and as `posterior`.

    >>> from backpain_bn.model.network import (
    ...     Mechanism,
    ...     NoisyOr,
    ...     Number,
    ...     Variable,
    ...     number,
    ...     prior,
    ... )
    >>> states = ("no", "yes")
    >>> pain = NoisyOr(
    ...     number(0.1),
    ...     (
    ...         Mechanism({"weak": ("yes",)}, number(0.5)),
    ...         Mechanism({"stiff": ("yes",)}, number(0.5)),
    ...     ),
    ... )
    >>> train = Treatment("train", "Train", {"weak": "no"}, Number(0.5, 0.2, 0.8))
    >>> loosen = Treatment("loosen", "Loosen", {"stiff": "no"}, Number(0.4, 0.4, 0.4))
    >>> back = Network(
    ...     "back",
    ...     {
    ...         "weak": Variable("weak", states, prior(0.7, 0.3)),
    ...         "stiff": Variable("stiff", states, prior(0.8, 0.2)),
    ...         "pain": Variable("pain", states, pain, persists=False),
    ...     },
    ...     outcome="pain",
    ...     treatments={"train": train, "loosen": loosen},
    ... )
    >>> found = what_helps(back, {"pain": "yes"})
    >>> (
    ...     round(found.now, 4),
    ...     [(row.name, round(row.effect, 4), round(row.high, 4)) for row in found],
    ... )
    (0.5027, [('train', 0.1121, 0.1794), ('loosen', 0.0579, 0.0579)])
    >>> found.plan.treatments, round(found.plan.effect, 4), round(found.plan.added, 4)
    (('train', 'loosen'), 0.1768, 0.1701)
    """
    chosen = known_treatments(network, network.treatments if treatments is None else treatments)
    run = next_run(network)
    now = posterior(network, findings) if now is None else now
    left_out = {one.name: reason for one in chosen if (reason := _without_use(run, one, now))}
    tried = [one for one in chosen if one.name not in left_out]
    certain = run.pains(findings, [((one,), (1.0,)) for one in tried])
    rows = [
        Help(one, *pains, graded(network, one.success), _way(run, one, now))
        for one, pains in zip(tried, certain, strict=True)
    ]
    ranked = tuple(sorted(rows, key=lambda row: -row.effect))
    pain = 1 - float(run.outcomes(findings, [World()])[0, 0])
    return Helps(
        network, findings, pain, ranked, left_out, _best_plan(run, findings, ranked), red_flags
    )


def known_treatments(network: Network, names: Iterable[str]) -> list[Treatment]:
    """Return treatments by name, each once; raises `UnknownName` for one that is not in the
    file.
    """
    if isinstance(names, str):
        raise BackpainError(f"treatments are a list of names, such as [{shown(names)}]")
    for name in names:
        if name not in network.treatments:
            raise unknown("treatment", name, network.treatments)
    return [network.treatments[name] for name in dict.fromkeys(names)]


def _without_use(run: NextRun, treatment: Treatment, now: Posterior) -> str:
    network, reaching = run.today, run.reaching(treatment)
    if not reaching:
        return (
            "no way leads from what it aims at to "
            f"{short_label(network[network.outcome])}, as far as this network knows"
        )
    if all(now[name][state] >= CERTAIN for name, state in reaching.items()):
        return f"what it aims at is so already ({_states(network, reaching)})"
    return ""


def _way(run: NextRun, treatment: Treatment, now: Posterior) -> CausalPath | None:
    ways = [
        strongest_path(run.today, {}, name, now)
        for name in run.reaching(treatment)
        if name != run.today.outcome
    ]
    return max((way for way in ways if way), key=lambda way: way.strength, default=None)


def _best_plan(run: NextRun, findings: Findings, ranked: Sequence[Help]) -> Together | None:
    """Return the plan of the largest effect among two or three of the best treatments; None where
    fewer than two can go together.
    """
    good = [row.treatment for row in ranked if row.effect > 0][:CANDIDATES]
    plans = [
        plan
        for size in range(2, MOST_TOGETHER + 1)
        for plan in combinations(good, size)
        if _apart(plan)
    ]
    if not plans:
        return None
    pains = run.pains(findings, [(plan, [one.success.p for one in plan]) for plan in plans])
    best = max(range(len(plans)), key=lambda index: pains[index][0] - pains[index][1])
    plan, (before, after) = plans[best], pains[best]
    ends = run.pains(
        findings,
        [(plan, [one.success.low for one in plan]), (plan, [one.success.high for one in plan])],
    )
    low, high = sorted(without - with_it for without, with_it in ends)
    alone = {row.name: row.effect for row in ranked}
    return Together(
        tuple(one.name for one in plan),
        before,
        after,
        low,
        high,
        sum(alone[one.name] for one in plan),
    )


def _apart(plan: Sequence[Treatment]) -> bool:
    targets = [name for one in plan for name in one.targets]
    return len(targets) == len(set(targets))


def _drop(effect: float, low: float, high: float) -> str:
    """Return a drop of probability as a runner reads it."""
    if effect < 0:
        return f"about {-1000 * effect:.0f} more of 1,000 ({-1000 * high:.0f} to {-1000 * low:.0f})"
    return f"about {1000 * effect:.0f} fewer of 1,000 ({1000 * low:.0f} to {1000 * high:.0f})"


def _states(network: Network, targets: Mapping[str, str]) -> str:
    return " and ".join(state_words(network, name, [state]) for name, state in targets.items())


def _percents(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {percent(high)}"


def labels(rows: Iterable[Help]) -> str:
    """Return what treatments are called, in a row, the unproven ones as such."""
    return "; ".join(row.called for row in rows)
