"""One case at several visits: what carries over, what is new, and what moved each probability."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from textwrap import shorten

from ..display.blocks import Block, LineChart, Note, View, Waterfall
from ..display.flags import flag_view
from ..display.result import Result
from ..display.waterfall_chart import span_of
from ..display.words import (
    capital,
    finite,
    named_finding,
    of_1000,
    short_label,
    targets_words,
    unhealthy_words,
)
from ..errors import BackpainError, TooHard
from ..explain.attribution import Contributors, contributors
from ..inference.posterior import Posterior, posterior
from ..model.findings import (
    Findings,
    Told,
    findings_of,
    numbers_told,
    told_absent,
    told_present,
)
from ..model.network import Network
from ..records import record
from ..red_flags.answered import RedFlags, check
from ..red_flags.implied import lasting_flags, later_flags
from .moments import Moment, Step, moment, outcome_ahead, told_at
from .visits import Visit, acting, known

SHOWN, MOST_SHOWN = 4, 8
WIDEST = 46
SILENT = 0.25
"""Decibans; what moves the odds by less is not shown by itself."""


@record
class Course:
    """P(variable is not healthy | all visits so far), one for each visit."""

    variable: str
    label: str
    present: tuple[float, ...]

    @property
    def certain(self) -> bool:
        """Whether it was known for certain at every visit."""
        return all(p in (0.0, 1.0) for p in self.present)


@record
class FollowUp(Result):
    """The visits of one case: `f[variable]` is what is known of it now."""

    network: Network
    moments: tuple[Moment, ...]
    red_flags: RedFlags

    @property
    def posterior(self) -> Posterior:
        """P(variable = state at the last visit | all visits) for every variable; log_evidence is
        that of all visits together.
        """
        return self.moments[-1].posterior

    def __getitem__(self, variable: str) -> Mapping[str, float]:
        """Return {state: probability} at the last visit; raises `UnknownName` for a variable that
        does not exist.
        """
        return self.posterior[variable]

    @property
    def visits(self) -> tuple[Visit, ...]:
        """All visits, the first one first."""
        return tuple(moment.visit for moment in self.moments)

    @property
    def summed_up(self) -> int:
        """How many of the earliest visits count by what each says of every variable by itself, for
        all visits were too many to be followed exactly; 0 where the answer is exact.
        """
        return self.moments[-1].window.summed_up

    @property
    def known(self) -> Findings:
        """The findings of the last visit, and those of earlier ones on what has been as it was ever
        since.
        """
        return known(self.network, self.visits)

    def follow_up(
        self,
        findings: Told,
        changed: Mapping[str, str] | None = None,
        treatments: Sequence[str] = (),
        red_flags: Mapping[str, str | bool | None] | None = None,
    ) -> FollowUp:
        """Return this and one more visit; see `follow_up`. Under an urgent red flag, by the answers
        of all visits and what their findings imply, it is withheld, and stays so.
        """
        told = findings_of(self.network, findings)
        visit = Visit(told, {} if changed is None else changed, treatments)
        flags = self._flags({**visit.changed, **findings}, red_flags)
        if flags.urgent:
            return withheld_course(self.network, flags)
        now = {name: self.network[name].state_of(said) for name, said in visit.changed.items()}
        visit = replace(visit, changed=now)
        before = self.moments[-1] if self.moments else None
        last = moment(self.network, (*self.visits, visit), before)
        return FollowUp(self.network, (*self.moments, last), flags)

    def _flags(self, told: Told, red_flags: Mapping[str, str | bool | None] | None) -> RedFlags:
        """Return the red flags of all visits and of one more; a course that is withheld forgets no
        sign, whatever is said later.
        """
        combined = later_flags if self.withheld is None else lasting_flags
        answers = {} if red_flags is None else red_flags
        findings, numbers = findings_of(self.network, told), numbers_told(self.network, told)
        return combined(self.red_flags, answers, findings, numbers)

    def contributors(self) -> Contributors:
        """Return the likely contributors now: presence from all visits, and of those who have a
        cause the share as in a case `known` now (see `attributable_shares`).
        """
        return contributors(self.network, self.known, more=self.posterior)

    @cached_property
    def rows(self) -> tuple[Course, ...]:
        """The possible contributors over the visits, by their share of the outcome now."""
        if self.withheld is not None:
            return ()
        courses = []
        for row in self.contributors():
            label = capital(unhealthy_words(self.network, row.variable), self.network)
            present = tuple(moment.posterior.present(row.variable) for moment in self.moments)
            courses.append(Course(row.variable, label, present))
        return tuple(courses)

    def __iter__(self) -> Iterator[Course]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per variable and visit, with the steps that led to it."""
        return [
            {
                "variable": row.variable,
                "label": row.label,
                "visit": index + 1,
                "present": present,
                "steps": [[step.words, finite(step.decibans)] for step in self._steps(row, index)],
            }
            for row in self.rows
            for index, present in enumerate(row.present)
        ]

    def _steps(self, row: Course, index: int) -> tuple[Step, ...]:
        return self.moments[index].steps.get(row.variable, ())

    def top(self) -> tuple[Course, ...]:
        """Return what was acted on, and the main contributors now and at the first visit, as far as
        they are not known for certain; the background, of which nothing was told, comes last.
        """
        started = [one for visit in self.visits for one in acting(self.network, visit)]
        acted = {name for one in started for name in one.targets}
        first = contributors(self.network, self.visits[0].findings, self.moments[0].posterior)
        rows = {row.variable: row for row in self.rows if not row.certain}
        wanted = [row.variable for row in self.contributors().top()][:SHOWN]
        wanted += [row.variable for row in first.top()][:SHOWN]
        wanted.sort(key=lambda name: self.network.role(name).background)
        wanted = [*(name for name in rows if name in acted), *wanted]
        return tuple(rows[name] for name in dict.fromkeys(wanted) if name in rows)[:MOST_SHOWN]

    def sections(self) -> list[View]:
        """Return the red flags of all visits, what was told at each, the courses of `top`, and what
        moved them since the last visit.
        """
        flags = [flag_view(self.red_flags)] if self.network.red_flags.rules else []
        views = [
            *flags,
            View("The visits", tuple(self._told())),
            View(f"The {self.network.vocabulary.outcome}", tuple(self._outcome())),
            View("Likely contributors from visit to visit", tuple(self._courses())),
        ]
        if len(self.moments) > 1:
            views.append(View("What moved them since the last visit", tuple(self._moves())))
        return views

    def _told(self) -> Iterator[Note]:
        for index, visit in enumerate(self.visits, 1):
            changed = [
                targets_words(self.network, {name: state}) for name, state in visit.changed.items()
            ]
            started = [treatment.label for treatment in acting(self.network, visit)]
            told = [
                named_finding(self.network, name, visit.findings[name]) for name in told_at(visit)
            ]
            parts = {"changed": changed, "started": started, "told": told}
            said = [f"{verb}: {', '.join(words)}" for verb, words in parts.items() if words]
            yield Note(f"Visit {index}: {'; '.join(said) or 'no findings'}.")

    def _outcome(self) -> Iterator[Note]:
        """Yield whether the outcome has gone, and how likely it is to be there again."""
        network, words = self.network, self.network.vocabulary
        outcome = short_label(network[network.outcome])
        told = (network.outcome, words.whole or network.outcome)
        *earlier, now = (visit.findings for visit in self.visits)
        was = any(told_present(network, then, name) for then in earlier for name in told)
        gone = [name for name in told if told_absent(network, now, name)]
        if was and gone:
            yield Note(f"{capital(short_label(network[gone[-1]]))}: no longer there, as told.")
        try:
            ahead = outcome_ahead(self.moments[-1])
        except TooHard:
            return
        usual = posterior(network).present(network.outcome)
        yield Note(
            f"{capital(words.again)} {of_1000(ahead)} {words.subjects} like this one will have "
            f"{outcome}, if nothing else is changed ({of_1000(usual)} among {words.population})."
        )
        every = [one for visit in self.visits for one in acting(network, visit) if one.trial]
        if every:
            labels = ", ".join(dict.fromkeys(one.label for one in every))
            yield Note(f"Counted by the ways traced here alone, without the trials of: {labels}.")

    def _courses(self) -> Iterator[Block]:
        moments = tuple(f"visit {index}" for index in range(1, len(self.moments) + 1))
        yield LineChart(moments, tuple((row.label, row.present) for row in self.top()))
        yield Note(
            "Each figure is the probability that it is there, by what was known at that visit. "
            "What persists carried over, as uncertain as it was; what was changed or started, and "
            "all that follows from it, is taken to have had its time to work by the next visit."
        )
        if self.summed_up:
            yield Note(
                "These figures are about right, not exact: so many visits take too much memory. "
                f"Before visit {self.summed_up + 1} counts what was said of each thing by itself, "
                "not how one thing speaks against another."
            )

    def _moves(self) -> Iterator[Block]:
        rows = self.top()
        sizes = [abs(db) for row in rows for _, db in self._loud(row)]
        reach = max((size for size in sizes if math.isfinite(size)), default=0.0)
        moved = [
            Waterfall(row.label, row.present[-2], row.present[-1], loud, reach)
            for row in rows
            if (loud := self._loud(row))
        ]
        if not moved:
            yield Note(f"Nothing moved them by as much as {SILENT:g} decibans.")
            return
        yield Note(
            "In decibans (3 double the odds, -3 halve them): first what the time before left "
            "behind, what was changed and what was started, then what was told."
        )
        span = span_of(moved)
        yield from (replace(fall, span=span) for fall in moved)

    def _loud(self, row: Course) -> tuple[tuple[str, float], ...]:
        """Return the steps that can be seen; of what is settled only those that settle it."""
        steps = self._steps(row, -1)
        settled = row.present[-1] in (0.0, 1.0)
        loud = [
            (shorten(step.words, WIDEST, placeholder=" …"), step.decibans)
            for step in steps
            if abs(step.decibans) >= (math.inf if settled else SILENT)
        ]
        rest = sum(step.decibans for step in steps if abs(step.decibans) < SILENT)
        if abs(rest) >= SILENT and not settled:
            loud.append(("all the rest", rest))
        return tuple(loud)


def withheld_course(network: Network, red_flags: RedFlags) -> FollowUp:
    """Return a follow-up that an urgent red flag forbids; further visits may add to the flags."""
    return FollowUp.withhold(red_flags, network=network, red_flags=red_flags)


def first_visit(network: Network, findings: Told, red_flags: RedFlags) -> FollowUp:
    """Return a follow-up of one visit with what its red flags are."""
    if red_flags.urgent:
        return withheld_course(network, red_flags)
    start = FollowUp(network, (), red_flags)
    return start.follow_up(findings)


def follow_up(network: Network, visits: Sequence[Visit]) -> FollowUp:
    """Return what is known of one case after each of several visits.

    P(variable = state at visit k | visits 1..k) in one network of all visits. What persists is one
    variable throughout; what does not is drawn again at each visit, and the visit's findings are
    about that draw. Exact, unless that network is too large; then the earliest visits are summed up
    and the answer says so (see `Window`).

    `changed` cuts a variable from its parents and sets it from that visit on; a treatment does so
    to what it aims at if it succeeds, else that stays as it was. The descendants of both are drawn
    again (Pearl 2009, section 3.2). What a treatment does to
    something that does not persist holds for that visit alone.

    Raises `UnknownName` for variables, states and treatments that do not exist, `BackpainError` for
    a change of what does not persist, `ImpossibleEvidence` for findings that cannot hold together,
    `TooHard` where there are too many visits to answer exactly.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> from backpain_bn.model.variables import Treatment
    >>> states = ("no", "yes")
    >>> ache = NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)),))
    >>> joint = Network(
    ...     "joint",
    ...     {
    ...         "weak": Variable("weak", states, prior(0.7, 0.3)),
    ...         "ache": Variable("ache", states, ache, persists=False),
    ...     },
    ...     outcome="ache",
    ...     treatments={"train": Treatment("train", "Train", {"weak": "no"}, number(0.5))},
    ... )
    >>> course = follow_up(
    ...     joint,
    ...     [
    ...         Visit({"ache": "yes"}),
    ...         Visit({"ache": "yes"}),
    ...         Visit({"ache": "no"}, treatments=["train"]),
    ...     ],
    ... )
    >>> [round(p, 4) for p in course.rows[0].present]
    [0.7021, 0.9284, 0.3022]
    >>> [(step.words, round(step.decibans, 2)) for step in course.moments[-1].steps["weak"]]
    [('started: Train', -11.75), ('ache: no', -3.01)]
    """
    if not visits:
        raise BackpainError("a follow-up needs at least one visit")
    course = FollowUp(network, (), check(network.red_flags, {}))
    for visit in visits:
        course = course.follow_up(visit.findings, visit.changed, visit.treatments)
    return course
