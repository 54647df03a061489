"""One step of an interview: a list of red-flag questions, or one question or test, with how its
answers are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from textwrap import wrap

from ..decide.budget import asked_outright, cost_words
from ..decide.questions import NextQuestions
from ..display.text import WIDTH, plain_spaces
from ..display.words import full_label, plain
from ..errors import BackpainError, shown
from ..inference.evidence import impossible
from ..model.findings import Finding, Findings, numbers_told
from ..model.network import Network
from ..records import FrozenDict, record
from ..red_flags.rules import NO, NOT_ASKED, YES, Rules
from ..red_flags.rules import RedFlagQuestion as Flag

FLAG_HELP = (
    "Numbers of those that apply (1 3; not sure: 3?), n = none of these, Enter = don't know."
)
SHORT = {"y": "yes", "n": "no"}


@record
class State:
    """What was told so far: findings, red-flag answers, which of either were left open, which
    remarks were made, whether all red-flag questions were asked for, and the numbers by which
    findings were told.
    """

    findings: Mapping[str, Finding]
    red_flags: Mapping[str, str | None]
    left_open: frozenset[str] = frozenset()
    flags_left_open: frozenset[str] = frozenset()
    answers: int = 0
    said: frozenset[str] = frozenset()
    all_flags: bool = False
    numbers: Mapping[str, float] = FrozenDict()


@record
class FlagStep:
    """A group of red-flag questions that are answered at once."""

    state: State
    rules: Rules
    flags: tuple[Flag, ...]
    left: int

    def text(self) -> str:
        """Return the questions, numbered."""
        more = "the last of these for now"
        if self.left:
            lists = "list" if self.left == 1 else "lists"
            more = f"{self.left} more such {lists} to come"
        what = "More red flags" if self.state.all_flags else "Red flags first"
        if self.state.answers and not self.state.all_flags:
            what = "Red flags that your answers make worth asking"
        lines = [filled(f"{what} ({more}). Does any of these apply to you?")]
        for number, flag in enumerate(self.flags, 1):
            lines.append(filled(f"{number}) {flag.text}", "  "))
        return "\n".join([*lines, self.ways()])

    def ways(self) -> str:
        """Return how these questions are answered."""
        return filled(FLAG_HELP)

    def explanation(self) -> str:
        """Return what the rules that use these questions look for."""
        ids = {flag.id for flag in self.flags}
        rules = [rule for rule in self.rules.rules if any(ids & set(each) for each in rule.any)]
        first = (
            "Signs of something that has to be looked at soon or at once. They are rare, and a "
            "missing sign clears nothing. They are asked for:"
        )
        lines = [filled(f"{rule.label}. {rule.why}", "  ") for rule in rules]
        return "\n".join([filled(first), *lines])

    def answered(self, reply: str) -> tuple[State, str]:
        """Return the new state and what was understood; raises `BackpainError` for a reply that is
        none.
        """
        marks = self._marks(reply)
        told = {}
        if reply:
            told = {flag.id: marks.get(number, NO) for number, flag in enumerate(self.flags, 1)}
        answers = {name: answer for name, answer in told.items() if answer != NOT_ASKED}
        left = self.state.flags_left_open | {flag.id for flag in self.flags} - set(answers)
        given = {**self.state.red_flags, **answers}
        return replace(self.state, red_flags=given, flags_left_open=left), self._echo(told)

    def _marks(self, reply: str) -> dict[int, str]:
        if reply.lower() in ("", "n", "no", "none"):
            return {}
        if len(self.flags) == 1 and reply.lower() in ("y", "yes"):
            return {1: YES}
        marks = {}
        for word in re.split(r"[\s,;]+", reply):
            found = re.fullmatch(r"(\d{1,3})(\??)", word)
            if not found or not 1 <= int(found[1]) <= len(self.flags):
                raise BackpainError(
                    f"{shown(word)} is none of the numbers 1 to {len(self.flags)}. {FLAG_HELP}"
                )
            marks[int(found[1])] = NOT_ASKED if found[2] else YES
        return marks

    def _echo(self, told: Mapping[str, str]) -> str:
        if not told:
            return "Left open, so not cleared."
        if set(told.values()) == {NO}:
            return "Noted: none of these."
        parts = []
        for answer, words in ((YES, "yes"), (NOT_ASKED, "left open"), (NO, "no")):
            names = [name for name, given in told.items() if given == answer]
            parts += [f"{words}: {self.rules.in_words(names)}"] if names else []
        return filled(f"Noted: {'; '.join(parts)}.")


@record
class QuestionStep:
    """One question or test."""

    state: State
    network: Network
    variable: str
    found: NextQuestions
    remarks: tuple[str, ...]
    left: int

    def text(self) -> str:
        """Return remarks, the question, what it takes, and its answers, numbered."""
        variable = self.network[self.variable]
        outright = asked_outright(self.network, variable.cost)
        takes = "" if outright else f" ({cost_words(self.network, variable.cost)}.)"
        label = f"{variable.label}. " if self.network.role(self.variable).test else ""
        left = f" [{self.left} more]" if self.left else ""
        remarks = [f"{filled(remark)}\n" for remark in self.remarks]
        return "\n".join(
            [*remarks, filled(f"{label}{variable.question}{takes}{left}"), self.ways()]
        )

    def ways(self) -> str:
        """Return the answers, each with what it is typed as."""
        return f"  {self._choices()}"

    def explanation(self) -> str:
        """Return what the variable is, and what each answer would do."""
        variable = self.network[self.variable]
        lines = [f"{full_label(variable)}. {variable.about}".strip()]
        lines.append(f"{cost_words(self.network, variable.cost)}. What each answer would do:")
        for row in self.found:
            if row.variable == self.variable:
                lines += self.found.answers(row)
        return "\n".join(filled(line, "  ") for line in lines)

    def answered(self, reply: str) -> tuple[State, str]:
        """Return the new state and what was understood; raises `BackpainError` for a reply that is
        none or cannot hold.
        """
        state = replace(self.state, answers=self.state.answers + bool(reply))
        if not reply:
            return replace(state, left_open=state.left_open | {self.variable}), "Left open."
        told = {**state.findings, self.variable: self._matched(reply)}
        if self._impossible(told):
            raise impossible(self.network, told)
        variable = self.network[self.variable]
        numbers = {**state.numbers, **numbers_told(self.network, {self.variable: reply})}
        return replace(state, findings=told, numbers=numbers), filled(
            f"Noted: {full_label(variable)}: {plain(str(told[self.variable]))}."
        )

    def _matched(self, reply: str) -> str:
        """Return the state meant: by its mark, by what `Variable.state_of` takes, or by the only
        name that begins so.
        """
        variable = self.network[self.variable]
        if variable.outside(variable.number_of(reply)):
            return variable.state_of(reply)  # which says what a number may be
        wanted = re.sub(r"[\s_-]+", "_", reply.lower())
        marked = dict(zip(self._marks, variable.states, strict=True))
        named = {state.lower(): state for state in variable.states}
        found = named.get(wanted) or marked.get(wanted) or variable.meant(reply)
        begun = [state for state in variable.states if state.lower().startswith(wanted)]
        if found is None and not begun:
            found = variable.meant(SHORT.get(wanted))
        if found is None and len(begun) == 1:
            found = begun[0]
        if found is None:
            raise BackpainError(
                f"{shown(reply)} is none of the answers: {self._choices()}. Enter = don't know."
            )
        return found

    @property
    def _marks(self) -> list[str]:
        """What stands before each answer: its number, or a letter where numbers are answers."""
        variable = self.network[self.variable]
        if variable.bins:
            return [_letter(index) for index in range(len(variable.states))]
        return [str(number) for number in range(1, len(variable.states) + 1)]

    def _impossible(self, told: Findings) -> bool:
        state = told[self.variable]
        return any(
            answer.probability == 0
            for row in self.found
            if row.variable == self.variable
            for answer in row.answers
            if answer.state == state
        )

    def _choices(self) -> str:
        variable = self.network[self.variable]
        said = {state: word for word, state in variable.said.items() if word not in variable.states}
        parts = []
        for mark, state in zip(self._marks, variable.states, strict=True):
            also = f" (or {said[state]})" if state in said else ""
            parts.append(f"{mark}) {plain(state)}{also}")
        return "   ".join([*parts, f"or {variable.number_words}"] if variable.bins else parts)


def filled(text: str, indent: str = "") -> str:
    """Return a paragraph wrapped to the width of all printed answers."""
    lines = wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}   " if indent else "",
        break_on_hyphens=False,
    )
    return plain_spaces("\n".join(lines))


def _letter(index: int) -> str:
    """Return a, b, ... z, then a number again."""
    return "abcdefghijklmnopqrstuvwxyz"[index] if index < 26 else str(index + 1)
