"""An interview: red flags first, then the most useful question each time; it can be stopped, undone
and asked why at any point.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from textwrap import wrap

from .decide.budget import asked_outright, cost_words
from .decide.next_questions import next_questions
from .decide.questions import NextQuestions, Question
from .diagnosis import diagnose
from .display.text import WIDTH
from .display.words import percent
from .errors import BackpainError, shown
from .inference.evidence import impossible
from .model.findings import Finding, Findings
from .model.network import Network
from .red_flags import NO, NOT_ASKED, YES, Rules, check
from .red_flags import RedFlagQuestion as Flag

Ask = Callable[[str], str]
Say = Callable[[str], None]
PROMPT = "> "
MOST_FLAGS = 8
"""Red-flag questions shown at once, at most."""
FEWEST_ANSWERS = 5
"""Before so many answers nobody is told that asking more will hardly change anything."""
CERTAIN = 0.995
"""A question is not asked if one of its answers is at least so likely already: whoever never had it
before is not asked how often.
"""
WELCOME = (
    "This takes some minutes. Answer by number or by name; the beginning of a name is enough. Enter = don't know. ? = why "
    "this is asked. "
    "back = undo the last answer. stop = end here, with what is known so far."
)
FLAG_HELP = (
    "Numbers of those that apply (1 3; not sure: 3?), n = none of these, Enter = don't know."
)


@dataclass(frozen=True)
class State:
    """What was told so far: findings, red-flag answers, which of either were left open, and which
    remarks were made.
    """

    findings: Mapping[str, Finding]
    red_flags: Mapping[str, str | None]
    left_open: frozenset[str] = frozenset()
    flags_left_open: frozenset[str] = frozenset()
    answers: int = 0
    said: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FlagStep:
    """A group of red-flag questions that are answered at once."""

    state: State
    rules: Rules
    flags: tuple[Flag, ...]
    left: int

    def text(self) -> str:
        """Return the questions, numbered."""
        more = (
            "the last of the red flags"
            if self.left == 0
            else f"{self.left} more such {'list' if self.left == 1 else 'lists'} to come"
        )
        lines = [f"Red flags first ({more}). Does any of these apply to you?"]
        lines += [
            filled(f"{number}) {flag.text}", "  ") for number, flag in enumerate(self.flags, 1)
        ]
        return "\n".join([*lines, filled(FLAG_HELP)])

    def explanation(self) -> str:
        """Return what the rules that use these questions look for."""
        ids = {flag.id for flag in self.flags}
        rules = [rule for rule in self.rules.rules if any(ids & set(each) for each in rule.any)]
        lines = [
            "Signs of something that has to be looked at soon or at once. They are rare, and a missing "
            "sign clears nothing. They are asked for:"
        ]
        return "\n".join(
            [filled(lines[0]), *(filled(f"{rule.label}. {rule.why}", "  ") for rule in rules)]
        )

    def answered(self, reply: str) -> tuple[State, str]:
        """Return the new state and what was understood; raises `BackpainError` for a reply that is
        none.
        """
        marks = self._marks(reply)
        told = (
            {flag.id: marks.get(number, NO) for number, flag in enumerate(self.flags, 1)}
            if reply
            else {}
        )
        answers = {name: answer for name, answer in told.items() if answer != NOT_ASKED}
        left = self.state.flags_left_open | {flag.id for flag in self.flags} - set(answers)
        return replace(
            self.state, red_flags={**self.state.red_flags, **answers}, flags_left_open=left
        ), self._echo(told)

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
            names = [name.replace("_", " ") for name, given in told.items() if given == answer]
            parts += [f"{words}: {', '.join(names)}"] if names else []
        return filled(f"Noted: {'; '.join(parts)}.")


@dataclass(frozen=True)
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
            [*remarks, filled(f"{label}{variable.question}{takes}{left}"), f"  {self._choices()}"]
        )

    def explanation(self) -> str:
        """Return what the variable is, and what each answer would do."""
        variable = self.network[self.variable]
        lines = [f"{variable.label or variable.name}. {variable.about}".strip()]
        lines += [
            line
            for row in self.found
            if row.variable == self.variable
            for line in self.found.details(row)
        ]
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
        return replace(state, findings=told), filled(
            f"Noted: {variable.label or variable.name}: {_words(str(told[self.variable]))}."
        )

    def _matched(self, reply: str) -> str:
        """Return the state meant: its name, else its number, else the only name that begins so."""
        states = self.network[self.variable].states
        wanted = re.sub(r"[\s_-]+", "_", reply.lower())
        named = [state for state in states if state.lower() == wanted]
        numbered = (
            [states[int(wanted) - 1]]
            if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(states)
            else []
        )
        begun = [state for state in states if state.lower().startswith(wanted)]
        for found in (named, numbered, begun):
            if len(found) == 1:
                return found[0]
        raise BackpainError(
            f"{shown(reply)} is none of the answers: {self._choices()}. Enter = don't know."
        )

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
        return "   ".join(
            f"{number}) {_words(state)}"
            for number, state in enumerate(self.network[self.variable].states, 1)
        )


Step = FlagStep | QuestionStep


def interview(
    network: Network,
    ask: Ask,
    say: Say,
    findings: Findings | None = None,
    red_flags: Mapping[str, str | None] | None = None,
) -> tuple[dict[str, Finding], dict[str, str | None]]:
    """Ask what is most useful, say the diagnosis, and return (findings, red-flag answers), also
    when it was stopped half-way.

    Red-flag questions come first, in lists, the most urgent first; an urgent one ends the interview
    with what to do. Then the outcome, and then each time the question that `next_questions` puts
    first, by the vocabulary's means from the least to the most trouble. What only the outcome
    could cause is not asked of somebody without it, nor what is all but certain. `ask(prompt)` returns one line, `say(text)` shows some; EOFError and KeyboardInterrupt
    from `ask` mean stop. Raises as `diagnose` does for findings and red flags given at the start,
    and `BackpainError` for a network without an outcome.

    >>> from backpain_bn.formats.load import load
    >>> lines = iter(["yes", "", "stop"])
    >>> findings, red_flags = interview(
    ...     load("car"), lambda prompt: next(lines), lambda text: None
    ... )
    >>> findings, red_flags
    ({'no_start': 'yes'}, {})
    """
    rules = network.red_flags
    told = {name: finding for name, finding in (findings or {}).items() if finding is not None}
    next_questions(network, told, steps=1)
    history = [
        State(
            told, {name: answer for name, answer in (red_flags or {}).items() if answer is not None}
        )
    ]
    say(filled(f"{network.vocabulary.disclaimer} {WELCOME}".strip()))
    try:
        while (step := _next_step(network, rules, history[-1])) and (
            longer := _turn(step, history, ask, say)
        ):
            history = longer
    except (EOFError, KeyboardInterrupt):
        say("")
    last = history[-1]
    say(f"\n{diagnose(last.findings, network, last.red_flags)}")
    return dict(last.findings), dict(last.red_flags)


def filled(text: str, indent: str = "") -> str:
    """Return a paragraph wrapped to the width of all printed answers."""
    return "\n".join(
        wrap(
            text,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=f"{indent}   " if indent else "",
            break_on_hyphens=False,
        )
    )


def _turn(step: Step, history: list[State], ask: Ask, say: Say) -> list[State] | None:
    """Return the history with one more state, or one less (back), or None (stop)."""
    say(f"\n{step.text()}")
    while True:
        reply = ask(PROMPT).strip()
        if reply.lower() == "stop":
            return None
        if reply.lower() == "back" and len(history) > 1:
            return history[:-1]
        if reply.lower() == "back":
            say("There is nothing before this.")
        elif reply == "?":
            say(step.explanation())
        elif (new := _understood(step, reply, say)) is not None:
            return [*history, new]


def _understood(step: Step, reply: str, say: Say) -> State | None:
    try:
        state, echo = step.answered(reply)
    except BackpainError as error:
        say(filled(str(error)))
        return None
    say(echo)
    return state


def _next_step(network: Network, rules: Rules, state: State) -> Step | None:
    """Return what to ask next, None where an urgent red flag is set or nothing is left."""
    if check(rules, state.red_flags).urgent:
        return None
    groups = [
        flags
        for group in flag_groups(rules)
        if (flags := tuple(flag for flag in group if _is_open(flag.id, state)))
    ]
    if groups:
        return FlagStep(state, rules, groups[0], len(groups) - 1)
    for who, means in network.vocabulary.means.items():
        found = next_questions(
            network, state.findings, budget={"who": who}, without=state.left_open
        )
        names = [row.variable for row in found if _makes_sense(network, state, row)]
        if names:
            names.sort(key=lambda name: name != network.outcome)
            remarks = dict(_remarks(who, means.remark, found, state))
            state = replace(state, said=state.said | set(remarks))
            return QuestionStep(
                state, network, names[0], found, tuple(remarks.values()), len(names) - 1
            )
    return None


def _makes_sense(network: Network, state: State, row: Question) -> bool:
    """Whether a question is worth the asking: no answer is all but certain, and it is not about an
    outcome that is not there.
    """
    free = state.findings.get(network.outcome) == network[network.outcome].healthy
    about_outcome = (
        network.role(row.variable).kind_of_outcome
        and row.variable in network.children[network.outcome]
    )
    return max(answer.probability for answer in row.answers) < CERTAIN and not (
        free and about_outcome
    )


def _is_open(name: str, state: State) -> bool:
    return name not in state.red_flags and name not in state.flags_left_open


def _remarks(
    who: str, remark: str, found: NextQuestions, state: State
) -> Iterator[tuple[str, str]]:
    """Yield what is said once: that another kind of question begins, and that asking more will
    hardly change what to do.
    """
    if remark and who not in state.said:
        yield who, remark
    if "enough" in state.said or state.answers < FEWEST_ANSWERS:
        return
    same = found.same_decision
    if same is not None and same.settled:
        yield (
            "enough",
            "Asking more will hardly change what to do: what to work on first stays the same "
            "whatever you answer from here on, with a "
            f"probability of {percent(same.probability)}. You can stop here, or go on for the "
            "rest of the picture.",
        )


def flag_groups(rules: Rules) -> list[tuple[Flag, ...]]:
    """Return the red-flag questions in lists of up to 8: rule by rule, the most urgent first, small
    ones of one urgency together.
    """
    flags = {flag.id: flag for flag in rules.questions}
    placed: set[str] = set()
    groups: list[tuple[str, list[Flag]]] = []
    for rule in rules.rules:
        named = dict.fromkeys(name for each in rule.any for name in each)
        new = [flags[name] for name in named if name not in placed]
        placed.update(named)
        for start in range(0, len(new), MOST_FLAGS):
            some = new[start : start + MOST_FLAGS]
            if (
                groups
                and groups[-1][0] == rule.urgency
                and len(groups[-1][1]) + len(some) <= MOST_FLAGS
            ):
                groups[-1][1].extend(some)
            else:
                groups.append((rule.urgency, some))
    return [tuple(some) for _, some in groups]


def _words(state: str) -> str:
    return state.replace("_", " ")
