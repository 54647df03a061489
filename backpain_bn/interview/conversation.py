"""An interview: red flags first, then the most useful question each time; it can be stopped, undone
and asked why at any point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from ..decide.next_questions import next_questions
from ..decide.questions import NextQuestions, Question
from ..diagnosis import diagnose
from ..display.causes import blamed_words
from ..errors import BackpainError
from ..model.findings import Finding, Told, findings_of, numbers_told
from ..model.network import Network
from ..red_flags.answered import check
from ..red_flags.implied import asked_first, graver, implied
from ..red_flags.rules import NOT_ASKED, Rules
from ..red_flags.rules import RedFlagQuestion as Flag
from .steps import FlagStep, QuestionStep, State, filled

Ask = Callable[[str], str]
Say = Callable[[str], None]
PROMPT = "> "
MOST_FLAGS = 8
"""Red-flag questions shown at once, at most."""
FEWEST_ANSWERS = 5
"""Before so many answers nobody is told that asking more will hardly change anything."""
CHECKED_EVERY = 3
"""Whether asking more would change anything is looked at after every third answer, for it takes a
while.
"""
CERTAIN = 0.995
"""A question is not asked if one of its answers is at least so likely already: whoever never had it
before is not asked how often.
"""
STOPS = ("stop", "quit", "exit")
ALL_FLAGS = ("flags", "red flags", "red-flags")
WELCOME = (
    "This takes some minutes. Answer by number or by name; the beginning of a name is enough. "
    "Enter = don't know. ? = why this is asked. back = undo the last answer. "
)
FLAGS = "flags = all red-flag questions. "
STOP = "stop = end here, with what is known so far. help = this again."

Step = FlagStep | QuestionStep


def interview(
    network: Network,
    ask: Ask,
    say: Say,
    findings: Told | None = None,
    red_flags: Mapping[str, str | None] | None = None,
) -> tuple[dict[str, Finding], dict[str, str | None]]:
    """Ask what is most useful, say the diagnosis, and return (findings, red-flag answers), also
    when it was stopped half-way.

    Red-flag questions that the case makes relevant come first (see `asked_first`), in lists, the
    most urgent first, and the others when they are asked for; an urgent one ends the interview with
    what to do. Then the outcome, and then each time the question that `next_questions` puts first,
    by the vocabulary's means from the least to the most trouble. What only the outcome could cause
    is not asked of somebody without it, nor what is all but certain. `ask(prompt)` returns one
    line, `say(text)` shows some; stop, quit, exit, and EOFError and KeyboardInterrupt from `ask`,
    mean stop. Raises as `diagnose` does for findings and red flags given at the start, and
    `BackpainError` for a network without an outcome.

    >>> from backpain_bn.formats.load import load
    >>> lines = iter(["yes", "", "stop"])
    >>> findings, red_flags = interview(
    ...     load("car"), lambda prompt: next(lines), lambda text: None
    ... )
    >>> findings, red_flags
    ({'no_start': 'yes'}, {})
    """
    rules = network.red_flags
    told = findings_of(network, findings or {})
    numbers = numbers_told(network, findings or {})
    flags = _answered(rules, red_flags or {}, {})
    next_questions(network, told, steps=1)
    history = [State(told, flags, numbers=numbers)]
    say(filled(f"{network.vocabulary.disclaimer} {_manual(network)}".strip()))
    try:
        while (step := _next_step(network, rules, history[-1])) and (
            longer := _turn(network, step, history, ask, say)
        ):
            history = longer
    except (EOFError, KeyboardInterrupt):
        say("")
    last = history[-1]
    said: Told = {**last.findings, **last.numbers}
    say(f"\n{diagnose(said, network, last.red_flags)}")
    return dict(last.findings), _answered(rules, last.red_flags, last.numbers)


def _answered(
    rules: Rules, red_flags: Mapping[str, str | None], numbers: Mapping[str, float]
) -> dict[str, str | None]:
    """Return the answers to red-flag questions, with those that follow from numbers."""
    answers = check(rules, red_flags, implied(rules, {}, numbers)).answers
    return {name: answer for name, answer in answers.items() if answer != NOT_ASKED}


def _manual(network: Network) -> str:
    """Return what can be typed at any time."""
    return f"{WELCOME}{FLAGS if network.red_flags.questions else ''}{STOP}"


def _turn(
    network: Network, step: Step, history: list[State], ask: Ask, say: Say
) -> list[State] | None:
    """Return the history with one more state, or one less (back), or None (stop)."""
    say(f"\n{step.text()}")
    while True:
        reply = ask(PROMPT).strip()
        if reply.lower() in STOPS:
            return None
        if reply.lower() == "back" and len(history) > 1:
            return history[:-1]
        if reply.lower() == "back":
            say("There is nothing before this.")
        elif reply.lower() in ALL_FLAGS:
            if _open_flags(step.state, network):
                return [*history, replace(history[-1], all_flags=True)]
            say("No red-flag question is left to ask.")
        elif reply.lower() == "help":
            say(f"{filled(_manual(network))}\n{step.ways()}")
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
    """Return what to ask next, None where nothing is left, or an urgent red flag is set and no
    answer could make it a graver one.
    """
    follows = implied(rules, state.findings, state.numbers)
    flags = check(rules, state.red_flags, follows)
    wanted = _open_flags(state, network)
    if flags.urgent:
        wanted &= graver(flags)
    elif not state.all_flags:
        answered = _answered(rules, state.red_flags, state.numbers)
        wanted &= asked_first(rules, state.findings, answered)
    groups = [tuple(flag for flag in group if flag.id in wanted) for group in flag_groups(rules)]
    groups = [group for group in groups if group]
    if groups:
        return FlagStep(state, rules, groups[0], len(groups) - 1)
    if flags.urgent:
        return None
    for who, means in network.vocabulary.means.items():
        found = next_questions(
            network, state.findings, budget={"who": who}, without=state.left_open
        )
        names = [row.variable for row in found if _makes_sense(network, state, row)]
        if names:
            names.sort(key=lambda name: name != network.outcome)
            remarks = dict(_remarks(who, means.remark, found, state))
            if "flags" not in state.said and (left := len(_open_flags(state, network))):
                remarks["flags"] = _not_asked(left)
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


def _open_flags(state: State, network: Network) -> frozenset[str]:
    """Return the red-flag questions that neither were answered, outright or by a finding, nor left
    open.
    """
    rules = network.red_flags
    follows = implied(rules, state.findings, state.numbers)
    done = {*follows, *state.red_flags, *state.flags_left_open}
    return frozenset(rules.names) - done


def _not_asked(left: int) -> str:
    if left == 1:
        return "One more red-flag question was not asked, so it is not cleared: flags asks it."
    return (
        f"{left} more red-flag questions were not asked, so they are not cleared: flags asks them."
    )


def _remarks(
    who: str, remark: str, found: NextQuestions, state: State
) -> Iterator[tuple[str, str]]:
    """Yield what is said once: that another kind of question begins, and that asking more will
    hardly change what to do.
    """
    if remark and who not in state.said:
        yield who, remark
    due = state.answers >= FEWEST_ANSWERS and (state.answers - FEWEST_ANSWERS) % CHECKED_EVERY == 0
    if "enough" in state.said or not due:
        return
    same = found.same_decision
    if same is not None and same.settled:
        first = blamed_words(found.network, same.decision, found.findings)
        yield (
            "enough",
            f"Enough is known for what to do: {first} stays "
            f"first with a probability of {same.words}, whatever else you can answer yourself. "
            "stop = the answer now. What follows only fills in the picture, or needs a test.",
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
