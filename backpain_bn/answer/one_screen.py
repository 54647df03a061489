"""The answer on one screen: what is likely, why, what to do and what to ask, of one case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from ..decide.next_questions import next_questions
from ..decide.questions import Answer, Question
from ..decide.treatment_effects import TreatmentEffect
from ..decide.treatments import what_helps
from ..display.blocks import Alarm, Block, Note, TextTable, View
from ..display.result import Result
from ..display.text import to_screen
from ..display.words import (
    capital,
    grade_words,
    hundred,
    named_finding,
    percent,
    plain,
    short_label,
)
from ..errors import BackpainError
from ..explain.attribution import Contributor, Contributors, contributors, left_out_words
from ..explain.causal_paths import CausalPath
from ..explain.contradictions import contradictions
from ..formats.load import other_voice
from ..inference.posterior import Posterior, joint, posterior
from ..model.findings import Findings, told_absent, told_present
from ..model.network import Network
from ..red_flags import RedFlags

MOST_LINES, MOST_SUSPECTED = 30, 4
FEWEST_ACTIONS, MOST_ACTIONS, MOST_QUESTIONS, MOST_KINDS = 2, 3, 2, 2
NEXT_TO_NOTHING = 0.01
"""A cause with a smaller share in every voice is next to nothing in this case."""


@dataclass(frozen=True)
class OneScreen(Result):
    """What one case's findings say, as far as it goes on one screen.

    `here` are the contributors in the network's own voice, `there` those in the other one, where
    there is one. `missing` is the sentence that says what a ranking lacks, where the network cannot
    give one.
    """

    network: Network
    findings: Findings
    red_flags: RedFlags
    now: Posterior
    here: Contributors | None
    there: Contributors | None
    path: CausalPath | None
    actions: tuple[TreatmentEffect, ...]
    questions: tuple[Question, ...]
    doubts: tuple[str, ...]
    missing: str = ""
    rows: int = MOST_SUSPECTED

    @property
    def told(self) -> tuple[Contributor, ...]:
        """The causes that were told, the most to blame first."""
        rows = self.here.rows if self.here else ()
        return tuple(row for row in rows if row.told)

    @property
    def suspected(self) -> tuple[Contributor, ...]:
        """What can be worked on and was not told, the most to blame in both voices first."""
        rows = self.here.rows if self.here else ()
        found = [row for row in rows if not row.told and self._is_suspected(row)]
        found.sort(key=_blame, reverse=True)
        return tuple(row for row in found if _matters(row))[: self.rows]

    @property
    def background(self) -> tuple[Contributor, ...]:
        """What else may contribute, neither told nor to be worked on."""
        rows = self.here.rows if self.here else ()
        found = [row for row in rows if not row.told and not self._is_suspected(row)]
        return tuple(row for row in found if _matters(row))[: self.rows]

    def _is_suspected(self, row: Contributor) -> bool:
        """Return whether a cause that was not told is one to work on, or follows from one told."""
        above = self.network.ancestors(row.variable)
        return self.network.role(row.variable).workable or any(
            other.variable in above for other in self.told if _matters(other)
        )

    def views(self) -> list[View]:
        """Return the sections, red flags first."""
        words = self.network.vocabulary
        may = "may" if self._is_there() else "would"
        sections: list[tuple[str, Iterator[Block]]] = []
        if self.network.red_flags.rules:
            said = Alarm if self.red_flags.set else Note
            sections.append(("Red flags", (said(line) for line in self.red_flags.summary())))
        if not self.red_flags.urgent:
            sections += [
                (f"This {words.outcome}", self._this()),
                ("What you told", self._told()),
                (f"What {may} lie behind it", self._suspected()),
                ("How it hangs together", self._path()),
                ("What to do", self._actions()),
                ("What to ask", self._questions()),
                ("Does not fit together", (Note(doubt) for doubt in self.doubts)),
            ]
        sections.append(("Please note", self._note()))
        views = [View(title, tuple(blocks)) for title, blocks in sections]
        return [view for view in views if view.blocks]

    def _this(self) -> Iterator[Block]:
        network, words = self.network, self.network.vocabulary
        whole = words.whole or network.outcome
        if self.here is None:
            return
        if self._is_absent(whole) or self._is_absent(network.outcome):
            yield Note("None, as you told. What follows says what would be to blame for any.")
            return
        supposed = "" if self._is_there() else "If there is any: "
        now = posterior(network, self._given(whole))
        said = []
        if words.whole and not self._is_told(network.outcome):
            share = now.present(network.outcome)
            part, rest = hundred([share, 1 - share])
            said.append(f"{words.part} {part}, {words.rest} {rest}")
        kinds = self._kinds(now)
        if kinds:
            shares = hundred(list(kinds.values()))
            pairs = zip(kinds, shares, strict=True)
            said.append(", ".join(f"{kind} {share}" for kind, share in pairs if share[0] != "0"))
        if said:
            yield Note(capital(f"{supposed}{'; '.join(said)}."))

    def _kinds(self, now: Posterior) -> dict[str, float]:
        """Return the probability of each combination of the kinds of the outcome that are open, in
        words; together they make 1.
        """
        network = self.network
        kinds = [name for name in network.kinds if not isinstance(self.findings.get(name), str)]
        if not 1 <= len(kinds) <= MOST_KINDS:
            return {}
        found = {}
        given = self._given(network.vocabulary.whole or network.outcome)
        for there in product((True, False), repeat=len(kinds)):
            chosen = dict(zip(kinds, there, strict=True))
            states = {
                name: network[name].states[-1] if present else network[name].healthy
                for name, present in chosen.items()
            }
            labels = [self._kind(name) for name, present in chosen.items() if present]
            found[_together(labels, len(kinds))] = joint(network, given, states, now)
        return found

    def _kind(self, name: str) -> str:
        return self.network.vocabulary.kind_names.get(name, short_label(self.network[name]))

    def _told(self) -> Iterator[Block]:
        if not self.findings:
            yield Note(
                f"Nothing yet: these are the figures for {self.network.vocabulary.population}."
            )
            return
        large = [row for row in self.told if _matters(row)][: self.rows + 1]
        rest = [row for row in self.told if row not in large]
        if large:
            yield self._table(large, likely=False)
        for lead, some in (
            ("Less", [row for row in rest if _matters(row)]),
            ("Next to nothing in this case", [row for row in rest if not _matters(row)]),
        ):
            if some:
                named = "; ".join(f"{self._named(row)} ({self._brief(row)})" for row in some)
                yield Note(f"{lead}: {named}.")
        causes = {row.variable for row in self.told}
        others = [name for name in self.findings if name not in causes]
        if others:
            said = [named_finding(self.network, name, self.findings[name]) for name in others]
            yield Note(f"Also told: {', '.join(said)}.")

    def _suspected(self) -> Iterator[Block]:
        if self.here is None:
            yield Note(self.missing)
            return
        if not self.here.rows:
            yield Note(f"No cause of the {self.network.vocabulary.outcome} is known here.")
            return
        rows = self.suspected
        if rows:
            yield self._table(rows, likely=True)
        if self.background:
            named = [f"{short_label(self.network[row.variable])} {self._shares(row)}"
                     for row in self.background]  # fmt: skip
            yield Note(f"Background, not told: {', '.join(named)}.")
        unexplained = percent(self.here.unexplained)
        if self.there is not None:
            unexplained = f"{percent(self.there.unexplained)} / {unexplained}"
        yield Note(f"No identified cause: {unexplained}.")
        if left_out := left_out_words(self.network):
            yield Note(left_out)

    def _table(self, rows: Sequence[Contributor], likely: bool) -> TextTable:
        """Return causes with their shares in both voices, how likely they are where that is open,
        and the evidence.
        """
        here, other = self._speakers()
        voices = (here,) if self.there is None else (other, here)
        header = (*voices, "likely (before)", "") if likely else (*voices, "")
        return TextTable(header, tuple(self._row(row, likely) for row in rows))

    def _row(self, row: Contributor, likely: bool) -> tuple[str, ...]:
        cells = [] if self.there is None else [percent(row.other_share or 0.0)]
        cells.append(percent(row.share))
        if likely:
            cells.append(f"{percent(row.present)} ({percent(row.prior)})")
        return (*cells, f"{self._named(row)} ({grade_words(self.network, row.grade)})")

    def _speakers(self) -> tuple[str, str]:
        words = self.network.vocabulary
        name = words.speakers.get(self.network.name, "share")
        others = [each for voice, each in words.speakers.items() if voice != self.network.name]
        return name, next(iter(others), "")

    def _path(self) -> Iterator[Block]:
        if self.path is None:
            return
        network = self.network
        parts = [capital(named_finding(network, self.path.variables[0], self._state(self.path)))]
        steps = list(zip(self.path.links, self.path.grades, strict=True))
        if self.path.variables[-2] in network.kinds:
            steps.pop()  # that a kind of the outcome is the outcome need not be said
        for (_, child), grade in steps:
            parts.append(f"{short_label(network[child])} ({grade_words(network, grade)})")
        yield Note(f"{' > '.join(parts)}.")

    def _state(self, path: CausalPath) -> str:
        variable = self.network[path.variables[0]]
        told = self.findings.get(variable.name)
        return told if isinstance(told, str) else variable.unhealthy[-1]

    def _actions(self) -> Iterator[Block]:
        for row in self.actions:
            few, low, high = (f"{1000 * value:.0f}" for value in (row.effect, row.low, row.high))
            unproven = "; unproven" if row.unproven else ""
            yield Note(f"{row.treatment.label}: {few} fewer of 1,000 ({low} to {high}){unproven}.")

    def _questions(self) -> Iterator[Block]:
        means = self.network.vocabulary.means
        outright = next(iter(means))
        for row in self.questions:
            how = "" if row.cost.who == outright else f" ({means[row.cost.who].title.lower()})"
            would = self._would(row)
            yield Note(f"{capital(short_label(self.network[row.variable]))}{how}: {would}.")

    def _would(self, row: Question) -> str:
        """Return what the answer that moves most would do."""
        if row.variable == self.network.outcome:
            healthy = plain(self.network[row.variable].healthy)
            return f"if {healthy}, nothing is to blame"
        best = max(row.answers, key=_moved)
        return f"if {plain(best.state)}, {self._moves(best)}"

    def _moves(self, answer: Answer) -> str:
        if answer.cause:
            name, before, after = answer.cause, answer.share, answer.share_after
            blamed = "to blame" if self._is_there() else "would be to blame"
            return f"{self._short(name)} {blamed} for {percent(after)}, now {percent(before)}"
        name, before, after = answer.hypothesis, answer.before, answer.after
        return f"{self._short(name)} {percent(after)} likely, now {percent(before)}"

    def _short(self, name: str) -> str:
        return short_label(self.network[name])

    def _note(self) -> Iterator[Block]:
        if self.network.vocabulary.disclaimer:
            yield Note(self.network.vocabulary.disclaimer)

    def _named(self, row: Contributor) -> str:
        finding = self.findings.get(row.variable)
        if isinstance(finding, str):
            return capital(named_finding(self.network, row.variable, finding))
        return capital(short_label(self.network[row.variable]))

    def _brief(self, row: Contributor) -> str:
        if row.grade == "contradicted":
            return grade_words(self.network, row.grade)
        return self._shares(row)

    def _shares(self, row: Contributor) -> str:
        if row.other_share is None:
            return percent(row.share)
        return f"{percent(row.other_share)} / {percent(row.share)}"

    def _is_there(self) -> bool:
        """Return whether the outcome, or the whole that it is part of, was told to be there; also
        where nothing can be said of it.
        """
        outcome = self.network.outcome
        names = (self.network.vocabulary.whole or outcome, outcome)
        return self.here is None or any(self._is_told(name) for name in names)

    def _is_told(self, name: str) -> bool:
        return told_present(self.network, self.findings, name)

    def _is_absent(self, name: str) -> bool:
        return told_absent(self.network, self.findings, name)

    def _given(self, name: str) -> Findings:
        """Return the findings, and the variable present where nothing was told of it."""
        if self._is_told(name):
            return self.findings
        variable = self.network[name]
        present = {state: float(state != variable.healthy) for state in variable.states}
        return {**self.findings, name: present}

    def to_dicts(self) -> list[dict[str, object]]:
        """Return the contributors as plain data."""
        return self.here.to_dicts() if self.here else []


def _together(kinds: Sequence[str], possible: int) -> str:
    if not kinds:
        return "neither" if possible > 1 else "other"
    return "both" if len(kinds) > 1 else kinds[0]


def _moved(answer: Answer) -> float:
    """Return how far an answer moves what it moves most."""
    change = answer.share_after - answer.share if answer.cause else answer.after - answer.before
    return abs(change)


def _blame(row: Contributor) -> float:
    return row.share + (row.other_share or 0.0)


def _matters(row: Contributor) -> bool:
    return max(row.share, row.other_share or 0.0) >= NEXT_TO_NOTHING


def one_screen(
    network: Network, findings: Findings, red_flags: RedFlags, now: Posterior
) -> OneScreen:
    """Return the answer on one screen: what it is likely of, what to make of what was told, what
    may lie behind it, what to do and what to ask next.

    Nothing is ranked while an urgent red flag is set. A network without an outcome, or without
    healthy states, says in one sentence what it lacks.
    """
    empty = OneScreen(network, findings, red_flags, now, None, None, None, (), (), ())
    if red_flags.urgent:
        return empty
    doubts = contradictions(network, findings, red_flags)
    other = other_voice(network)
    try:
        here = contributors(network, findings, now, other=other)
    except BackpainError as error:
        return replace(empty, doubts=doubts, missing=f"{capital(str(error))}.")
    there = None if other is None else _said_by(other, findings)
    found = replace(empty, here=here, there=there, doubts=doubts)
    questions = next_questions(network, findings, red_flags=red_flags).top()[:MOST_QUESTIONS]
    whole = replace(found, path=_leading(found), actions=_actions(found), questions=questions)
    while whole.rows > 1 and len(to_screen(whole.views()).splitlines()) > MOST_LINES:
        whole = replace(whole, rows=whole.rows - 1)
    return whole


def _said_by(other: Network, findings: Findings) -> Contributors | None:
    """Return what another voice says, told of what it knows; None where it cannot say anything."""
    known = {name: finding for name, finding in findings.items() if name in other}
    try:
        return contributors(other, known)
    except BackpainError:
        return None


def _leading(screen: OneScreen) -> CausalPath | None:
    """Return the traced path from what was told through what is suspected most, or else from what
    was told alone, or from what is suspected.
    """
    told = sorted(screen.told, key=_blame, reverse=True)
    rows = [row for row in (*screen.suspected, *told) if _matters(row)]
    paths = [row.ways.traced for row in rows if row.ways.traced is not None]
    causes = {row.variable for row in told}
    begun = [path for path in paths if path.variables[0] in causes]
    return next(iter(begun or paths), None)


def _actions(screen: OneScreen) -> tuple[TreatmentEffect, ...]:
    """Return the best action and those that act on what the screen blames, or another one."""
    if not screen.network.treatments:
        return ()
    found = what_helps(screen.network, screen.findings, now=screen.now, red_flags=screen.red_flags)
    blamed = {row.variable for row in (*screen.told, *screen.suspected) if _matters(row)}
    best, others = found.helping[:1], found.helping[1:]
    fitting = [row for row in others if not blamed.isdisjoint(row.treatment.targets)]
    rest = [row for row in others if blamed.isdisjoint(row.treatment.targets)]
    rows = (*best, *fitting)[:MOST_ACTIONS]
    return (*rows, *rest[: max(0, FEWEST_ACTIONS - len(rows))])
