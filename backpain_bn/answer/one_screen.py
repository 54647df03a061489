"""The answer on one screen: what is likely, why, what to do and what to ask, of one case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from ..decide.questions import Answer, Question
from ..decide.treatment_effects import TreatmentEffect, proof_words
from ..display.blocks import Alarm, Block, Note, TextTable, View
from ..display.causes import blamed_words, cause_words
from ..display.result import Result
from ..display.text import to_screen
from ..display.words import (
    capital,
    grade_words,
    hundred,
    named_finding,
    nothing_told,
    percent,
    plain,
    short_label,
    state_words,
)
from ..explain.attribution import Contributor, left_out_words
from ..inference.posterior import Posterior, joint, posterior
from ..model.findings import Findings, told_present
from ..records import record
from .summary import MOST_QUESTIONS, Summary, matters

MOST_LINES, MOST_ROWS, MOST_KINDS = 30, 4, 2
MOST_NAMES = {4: 12, 3: 12, 2: 10, 1: 6, 0: 3}
"""How many things a sentence lists, by the rows that there is room for."""
MORE_LIKELY_THAN_NOT = 0.5
SMALLEST_MOVE = 0.01
"""An answer that moves a share or a probability less than this gives no reason to ask."""


@record
class OneScreen(Result):
    """A summary of one case in words, as far as it goes on one screen: tables of up to `rows`
    rows.
    """

    summary: Summary
    rows: int = MOST_ROWS

    def sections(self) -> list[View]:
        """Return the sections, red flags first."""
        case, words = self.summary, self.summary.network.vocabulary
        may = "may" if case.here is None or case.is_there else "would"
        sections: list[tuple[str, Iterator[Block]]] = []
        if case.network.red_flags.rules:
            said = Alarm if case.red_flags.set else Note
            sections.append(("Red flags", (said(line) for line in case.red_flags.summary())))
        if not case.red_flags.urgent:
            sections += [
                (f"This {words.outcome}", self._this()),
                ("What you told", self._told()),
                (f"What {may} lie behind it", self._suspected()),
                ("How it hangs together", self._path()),
                ("What to do", self._actions()),
                ("What to ask", self._questions()),
                ("Does not fit together", (Note(doubt) for doubt in case.doubts)),
            ]
        sections.append(("Please note", self._note()))
        views = [View(title, tuple(blocks)) for title, blocks in sections]
        return [view for view in views if view.blocks]

    def _this(self) -> Iterator[Block]:
        case, words = self.summary, self.summary.network.vocabulary
        if case.here is None:
            return
        if case.is_absent:
            elsewhere = words.rest and case.now.present(case.whole) > MORE_LIKELY_THAN_NOT
            what = capital(words.rest) if elsewhere else "None"
            yield Note(f"{what}, as you told. What follows says what would be to blame for any.")
            return
        supposed = "" if case.is_there else "If there is any: "
        now = posterior(case.network, self._given(case.whole))
        said = []
        if words.whole and not told_present(case.network, case.findings, case.network.outcome):
            share = now.present(case.network.outcome)
            part, rest = hundred([share, 1 - share])
            said.append(f"{words.part} {part}, {words.rest} {rest}")
        kinds = self._kinds(now)
        if kinds:
            shares = hundred(list(kinds.values()))
            pairs = zip(kinds, shares, strict=True)
            said.append(", ".join(f"{kind} {share}" for kind, share in pairs if share[0] != "0"))
        if said:
            yield Note(capital(f"{supposed}{'; '.join(said)}.", case.network))

    def _kinds(self, now: Posterior) -> dict[str, float]:
        """Return the probability of each combination of the kinds of the outcome that are open, in
        words; together they make 1.
        """
        network = self.summary.network
        told = self.summary.findings
        kinds = [name for name in network.kinds if not isinstance(told.get(name), str)]
        if not 1 <= len(kinds) <= MOST_KINDS:
            return {}
        found = {}
        given = self._given(self.summary.whole)
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
        return self.summary.network.vocabulary.kind_names.get(name, self._short(name))

    def _told(self) -> Iterator[Block]:
        case, words = self.summary, self.summary.network.vocabulary
        if not case.findings:
            yield Note(nothing_told(case.network))
            return
        blamed = [row for row in case.told if matters(row)]
        large, smaller = blamed[: self.rows + 1], blamed[self.rows + 1 :]
        if large:
            yield self._table(large, likely=False)
        nothing = [row for row in case.told if row not in blamed]
        healthy = [row for row in nothing if not self._is_present(row)]
        nothing = [row for row in nothing if self._is_present(row)]
        lists = {
            "Smaller shares": list(map(self._blamed, smaller)),
            "Next to nothing here": [f"{self._named(row)}{self._against(row)}" for row in nothing],
            "Not to blame, being as it should": [self._named(row) for row in healthy],
            f"For {words.outcome} {words.rest}": map(self._finding, case.elsewhere),
        }
        ranked = {*case.elsewhere, *(row.variable for row in case.told)}
        lists["Also told"] = [self._finding(name) for name in case.findings if name not in ranked]
        for lead, names in lists.items():
            yield from self._list(lead, list(names))

    def _list(self, lead: str, names: Sequence[str]) -> Iterator[Note]:
        most = MOST_NAMES[self.rows]
        if len(names) > most + 1:
            names = [*names[:most], f"{len(names) - most} more"]
        if names:
            yield Note(f"{lead}: {'; '.join(names)}.")

    def _suspected(self) -> Iterator[Block]:
        case = self.summary
        if case.here is None:
            yield Note(case.missing)
            return
        if not case.here.rows:
            yield Note(f"No cause of the {case.network.vocabulary.outcome} is known here.")
            return
        rows = case.suspected[: max(1, self.rows)]
        if rows:
            yield self._table(rows, likely=True)
        voices = f" ({' / '.join(self._voices())})" if case.here.other else ""
        background = list(map(self._blamed, case.background))
        yield from self._list(f"Background, not told{voices}", background[: self.rows])
        unexplained = self._in_voices(case.here.unexplained, case.here.other_unexplained)
        yield Note(f"No identified cause{voices}: {' / '.join(unexplained)}.")
        if left_out := left_out_words(case.network):
            yield Note(left_out)

    def _table(self, rows: Sequence[Contributor], likely: bool) -> TextTable:
        """Return causes with their shares in both voices, how likely they are where that is open,
        and the evidence.
        """
        voices = self._voices()
        if likely:
            header = (*voices, "likely (in general)", "")
        else:
            outcome = self.summary.network.vocabulary.outcome
            would = f"of this {outcome} would not be there without it (shares overlap)"
            header = (*voices, would)
        return TextTable(header, tuple(self._row(row, likely) for row in rows))

    def _row(self, row: Contributor, likely: bool) -> tuple[str, ...]:
        cells = self._in_voices(row.share, row.other_share)
        if likely:
            cells = (*cells, f"{percent(row.present)} ({percent(row.prior)})")
        grade = grade_words(self.summary.network, row.grade)
        cause = capital(self._named(row), self.summary.network)
        return (*cells, f"{cause} ({grade})")

    def _voices(self) -> tuple[str, ...]:
        """Return what the voices are called, in the order of the vocabulary."""
        words = self.summary.network.vocabulary
        names = self._networks()
        return tuple(words.speaker(name) for name in names) if len(names) > 1 else ("share",)

    def _in_voices(self, here: float, there: float | None) -> tuple[str, ...]:
        """Return a share in each voice, in the same order."""
        own = self.summary.network.name
        return tuple(percent(here if name == own else there or 0.0) for name in self._networks())

    def _networks(self) -> list[str]:
        """Return the names of the network and of the other voice, where there is one."""
        names = [self.summary.network.name]
        if self.summary.here and self.summary.here.other:
            names.append(self.summary.here.other.name)
        order = list(self.summary.network.vocabulary.speakers)
        return sorted(names, key=lambda name: order.index(name) if name in order else len(order))

    def _shares(self, row: Contributor) -> str:
        return " / ".join(self._in_voices(row.share, row.other_share))

    def _path(self) -> Iterator[Block]:
        path, network = self.summary.path, self.summary.network
        if path is None:
            return
        start = path.variables[0]
        told = self.summary.findings.get(start)
        state = told if isinstance(told, str) else network[start].unhealthy[-1]
        parts = [capital(named_finding(network, start, state), network)]
        steps = list(zip(path.links, path.grades, strict=True))
        if path.variables[-2] in network.kinds:
            steps.pop()  # that a kind of the outcome is the outcome need not be said
        for (_, child), grade in steps:
            effect = cause_words(network, child, self.summary.findings)
            parts.append(f"{effect} ({grade_words(network, grade)})")
        yield Note(f"{' > '.join(parts)}.")

    def _actions(self) -> Iterator[Block]:
        actions, words = self.summary.actions, self.summary.network.vocabulary
        if not actions:
            return
        before = f"{1000 * actions[0].before:.0f}"
        yield Note(
            f"Of 1,000 {words.subjects} like this one {before} have it {words.again}. Fewer with:"
        )
        for row in actions[: 3 if self.rows > 1 else 2]:
            proof = proof_words(self.summary.network, row)
            said = f"{_spared(row)}; {proof}" if proof else _spared(row)
            yield Note(f"{row.treatment.label}: {said}.")

    def _questions(self) -> Iterator[Block]:
        case = self.summary
        test = case.telling_test if self.rows > 0 else None
        most = MOST_QUESTIONS if self.rows > 1 and test is None else 1
        for row in case.questions[:most]:
            yield Note(f"{self._asked(row)}{self._reason(row)}")
        if test is not None:
            means = case.network.vocabulary.means[test.cost.who].title.lower()
            yield Note(
                f"Talk alone barely tells these apart. More would: {self._short(test.variable)} "
                f"({means}).{self._reason(test)}"
            )

    def _asked(self, row: Question) -> str:
        """Return a question as it is asked, and of whom, where that is not the one who reads."""
        means = self.summary.network.vocabulary.means
        asked = row.question or f"{capital(self._short(row.variable), self.summary.network)}?"
        if row.cost.who == next(iter(means)):
            return asked
        return f"{asked} ({means[row.cost.who].title.lower()})"

    def _reason(self, row: Question) -> str:
        """Return what the answer would do that moves most, where any moves much."""
        if row.variable == self.summary.network.outcome:
            healthy = plain(self.summary.network[row.variable].healthy)
            return f" If {healthy}, nothing is to blame."
        best = max(row.answers, key=_moved)
        if _moved(best) < SMALLEST_MOVE:
            return ""
        chance = percent(best.probability)
        return f" If {plain(best.state)} ({chance} likely), {self._moves(row, best)}."

    def _moves(self, row: Question, answer: Answer) -> str:
        then = {**self.summary.findings, row.variable: answer.state}
        if _share_moves(answer):
            name, before, after = answer.cause, answer.share, answer.share_after
            blamed = "to blame" if self.summary.is_there else "would be to blame"
            cause = blamed_words(self.summary.network, name, then)
            return f"{cause} {blamed} for {percent(after)}, now {percent(before)}"
        name, before, after = answer.hypothesis, answer.before, answer.after
        cause = blamed_words(self.summary.network, name, then)
        return f"{cause} {percent(after)} likely, now {percent(before)}"

    def _note(self) -> Iterator[Block]:
        if self.summary.network.vocabulary.disclaimer:
            yield Note(self.summary.network.vocabulary.disclaimer)

    def _short(self, name: str) -> str:
        return short_label(self.summary.network[name])

    def _blamed(self, row: Contributor) -> str:
        cause = blamed_words(self.summary.network, row.variable, self.summary.findings)
        return f"{cause} {self._shares(row)}"

    def _finding(self, name: str) -> str:
        return named_finding(self.summary.network, name, self.summary.findings[name])

    def _named(self, row: Contributor) -> str:
        finding = self.summary.findings.get(row.variable)
        if isinstance(finding, str):
            return state_words(self.summary.network, row.variable, [finding])
        return cause_words(self.summary.network, row.variable, {})

    def _is_present(self, row: Contributor) -> bool:
        return self.summary.findings[row.variable] != self.summary.network[row.variable].healthy

    def _against(self, row: Contributor) -> str:
        if row.grade != "contradicted":
            return ""
        return f" ({grade_words(self.summary.network, row.grade)})"

    def _given(self, name: str) -> Findings:
        """Return the findings, and the variable present where nothing was told of it."""
        if told_present(self.summary.network, self.summary.findings, name):
            return self.summary.findings
        variable = self.summary.network[name]
        present = {state: float(state != variable.healthy) for state in variable.states}
        return {**self.summary.findings, name: present}

    def to_dicts(self) -> list[dict[str, object]]:
        """Return the contributors as plain data."""
        return self.summary.here.to_dicts() if self.summary.here else []


def _together(kinds: Sequence[str], possible: int) -> str:
    if not kinds:
        return "neither" if possible > 1 else "other"
    return "both" if len(kinds) > 1 else kinds[0]


def _share_moves(answer: Answer) -> bool:
    """Return whether an answer moves a share more than a probability."""
    change = abs(answer.share_after - answer.share)
    return bool(answer.cause) and change >= abs(answer.after - answer.before)


def _moved(answer: Answer) -> float:
    """Return how far an answer moves what it moves most."""
    share = abs(answer.share_after - answer.share) if answer.cause else 0.0
    return max(share, abs(answer.after - answer.before))


def _spared(row: TreatmentEffect) -> str:
    """Return how many of 1,000 an action spares, with the range where it has one."""
    few, low, high = (f"{1000 * value:.0f}" for value in (row.effect, row.low, row.high))
    if few == "0":
        return "under 1 fewer"
    return f"{few} fewer" if low == high else f"{few} fewer ({low} to {high})"


def one_screen(case: Summary) -> OneScreen:
    """Return the answer on one screen: what it is likely of, what to make of what was told, what
    may lie behind it, what to do and what to ask next; shorter tables where there is much to say.
    """
    found = OneScreen(case)
    while found.rows > 0 and len(to_screen(found.views()).splitlines()) > MOST_LINES:
        found = replace(found, rows=found.rows - 1)
    return found
