"""`backpain-bn mcp`: the questions about a case as tools for an assistant, over standard input and
output (Model Context Protocol). Needs the extra `mcp`.

An assistant may call the tools in any order, and may leave out of one call what it told in another.
So every call names its case, and what is told of red flags is kept for all later calls about that
case, also that of a call which is refused: nothing takes back a yes. What cannot be read withholds
every answer until it is told again. All else is told anew with each call.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial, wraps
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, SkipValidation

from .diagnosis import Diagnosis, diagnose
from .display.result import Result
from .errors import BackpainError, check_mapping, listed, nearest, needs
from .inference.evidence import encode
from .model.findings import findings_of, numbers_told
from .model.network import Network
from .records import record
from .red_flags.answered import RedFlags, check
from .red_flags.implied import asked_first, implied, lasting_flags
from .red_flags.rules import NOT_ASKED, YES, RedFlagQuestion

if TYPE_CHECKING:
    from mcp.server import MCPServer

ToolAnswer = dict[str, Any]
"""What a tool returns: red flags first, then the answer in words and in rows, or why it is
withheld.
"""
MOST_ROWS = 10
"""An assistant reads the words; rows are for what it wants to work on, the first are enough."""
UNNAMED = "some red-flag question"
"""The one that was answered by what has no names, or stands in a place of its own."""
CaseName = Annotated[
    str,
    Field(
        description="A name for who or what is asked about, the same in every call about it",
        coerce_numbers_to_str=True,
    ),
]
# Not validated: what pydantic refuses never arrives here, and a red flag in it would be forgotten.
Findings = Annotated[
    dict[str, str | bool | float | dict[str, float] | None] | None,
    SkipValidation,
    Field(description="All that is known: variable to state, or to {state: likelihood} if unsure"),
]
Flags = Annotated[
    dict[str, str | bool | None] | None,
    SkipValidation,
    Field(description="Answers to red-flag questions: yes, no, or null for not asked"),
]
Argued = Annotated[
    str, SkipValidation, Field(description="The variable that is argued for; needed")
]
State = Annotated[
    str | None, SkipValidation, Field(description="A state of it; its last one if left out")
]
Rival = Annotated[
    str | None,
    SkipValidation,
    Field(description="Another variable, or variable=state, to set it against"),
]
Minutes = Annotated[
    float | None, SkipValidation, Field(description="Minutes to spend on questions in all")
]
Chosen = Annotated[
    list[str] | None, SkipValidation, Field(description="Treatments to compare; all if left out")
]

INSTRUCTIONS = """\
Call red_flags first and ask what it lists. While a red flag is urgent, every tool says what to do \
and nothing else; pass that on and stop. Tell people that an answer is no diagnosis: {disclaimer}"""


@record
class Kept:
    """What is kept of a case: its red flags, and the names under which something was told of red
    flags that could not be read and was not told again.
    """

    flags: RedFlags
    unread: frozenset[str] = frozenset()


class Desk:
    """Where cases are asked about: one network, and what is kept of each case. Several threads may
    ask at once.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._cases: dict[str, Kept] = {}
        self._lock = Lock()

    def diagnose(
        self, case: CaseName, findings: Findings = None, red_flags: Flags = None
    ) -> ToolAnswer:
        """What is probably behind a case: likely contributors, with their shares and sources."""
        return self._answered(case, findings, red_flags, attrgetter("screen"))

    def why(
        self,
        case: CaseName,
        findings: Findings = None,
        variable: Argued = "",
        state: State = None,
        rather_than: Rival = None,
        red_flags: Flags = None,
    ) -> ToolAnswer:
        """What speaks for and against a state of a variable, or for it rather than another."""
        question = partial(Diagnosis.why, variable=variable, state=state, rather_than=rather_than)
        return self._answered(case, findings, red_flags, question)

    def next_question(
        self,
        case: CaseName,
        findings: Findings = None,
        minutes: Minutes = None,
        red_flags: Flags = None,
    ) -> ToolAnswer:
        """What to ask or test next, the most useful for its cost first, and when to stop."""
        budget = None if minutes is None else {"minutes": minutes}
        question = partial(Diagnosis.next_questions, budget=budget)
        return self._answered(case, findings, red_flags, question)

    def what_helps(
        self,
        case: CaseName,
        findings: Findings = None,
        treatments: Chosen = None,
        red_flags: Flags = None,
    ) -> ToolAnswer:
        """What would help, by how much it is expected to take from the outcome next time."""
        question = partial(Diagnosis.what_helps, treatments=treatments)
        return self._answered(case, findings, red_flags, question)

    def red_flags(
        self, case: CaseName, findings: Findings = None, red_flags: Flags = None
    ) -> ToolAnswer:
        """Which warning signs are set and what to do, and which questions to ask first; never a
        probability.
        """
        kept = self._kept(case, findings, red_flags)
        flags = kept.flags
        first = asked_first(flags.rules, findings_of(self.network, findings or {}), flags.answers)
        open_ = {name for name in first if flags.answers[name] == NOT_ASKED} | kept.unread
        ask = {each.id: each.text for each in flags.rules.questions if each.id in open_}
        return self._said(kept) | {"ask_first": ask}

    def _answered(
        self,
        case: str,
        findings: Findings,
        red_flags: Flags,
        question: Callable[[Diagnosis], Result],
    ) -> ToolAnswer:
        """Return the answer to a question, unless a red flag, or what could not be read of them,
        forbids every answer.
        """
        kept = self._kept(case, findings, red_flags)
        if kept.flags.urgent:
            return self._said(kept) | {"withheld": kept.flags.rules.withheld}
        if kept.unread:
            return self._said(kept) | {"withheld": _unread(kept)}
        told = replace(diagnose(findings or {}, self.network), red_flags=kept.flags)
        answer = question(told)
        return self._said(kept) | {"answer": str(answer), "rows": answer.to_dicts()[:MOST_ROWS]}

    def _kept(self, case: str, findings: Findings, red_flags: Flags) -> Kept:
        """Return what is known of a case's red flags by all calls; raises `BackpainError` for what
        cannot be read, and keeps what can, and that there was something else.
        """
        rules = self.network.red_flags
        by_question, by_variable = "questions to yes or no", "variables to states"
        answers, wrong = _read("red_flags", red_flags, by_question, partial(check, rules))
        read = partial(findings_of, self.network)
        told, mistold = _read("findings", findings, by_variable, read)
        # Only who weighs likelihoods refuses them, and they may have been a sign as well.
        _, doubtful = _read("findings", told, by_variable, lambda one: encode(self.network, [one]))
        key = _key(case)
        with self._lock:
            before = self._cases.get(key)
            flags = self._flags(before, answers, told)
            unread = frozenset() if before is None else before.unread
            if answers and not wrong:
                # A name that resembles no question cannot be told again under its own.
                unread &= set(rules.names)
            unread = unread - set(answers) | self._meant(wrong, [*mistold, *doubtful])
            sure = {name for name, answer in flags.answers.items() if answer == YES}
            kept = self._cases[key] = Kept(flags, unread - sure)
        errors = [*wrong.values(), *mistold.values()]
        if not flags.urgent:
            errors += doubtful.values()
        if errors:
            raise errors[0]
        return kept

    def _meant(self, wrong: Iterable[str], mistold: Iterable[str]) -> set[str]:
        """Return the red-flag questions for which was meant what is `wrong` among their answers, or
        `mistold` among the findings, which may answer several; a wrong name that resembles none
        stands for itself.
        """
        questions = self.network.red_flags.questions
        if not questions:
            return set()
        called = {each.name.lower().replace(" ", "_"): each.id for each in questions}
        called |= {"red_flags": UNNAMED} | {each.id: each.id for each in questions}
        meant: set[str] = set()
        for name in wrong:
            alike = nearest(name, called)
            meant.add(called[alike] if alike else str(name))
        for name in mistold:
            alike = nearest(name, (*self.network, *called))
            if alike in self.network:
                meant |= {each.id for each in questions if alike in _answered_by(each)}
            elif alike:
                meant.add(called[alike])
        return meant

    def _flags(
        self, before: Kept | None, answers: dict[str, Any], told: dict[str, Any]
    ) -> RedFlags:
        """Return what is set off now; no yes of `before` is taken back."""
        findings, numbers = findings_of(self.network, told), numbers_told(self.network, told)
        if before is None:
            rules = self.network.red_flags
            return check(rules, answers, implied(rules, findings, numbers))
        return lasting_flags(before.flags, answers, findings, numbers)

    def _said(self, kept: Kept) -> ToolAnswer:
        """Return what stands above every answer."""
        flags = kept.flags
        words = flags.summary()
        if kept.unread:
            words.append(_unread(kept))
        told = {
            "urgent": flags.urgent,
            "set": [rule.label for rule in flags.set],
            "what_to_do": list(flags.actions),
            "in_words": words,
        }
        return {"red_flags": told, "note": self.network.vocabulary.disclaimer}


def _key(case: str) -> str:
    """Return a case's name in one spelling: accents, spaces and capitals however they are typed."""
    return " ".join(unicodedata.normalize("NFKC", case).split()).casefold()


def _read(
    what: str, given: object, maps: str, read: Callable[[dict[str, Any]], object]
) -> tuple[dict[str, Any], dict[str, BackpainError]]:
    """Return what can be read, one by one, and for the rest why not; where it is no mapping, for
    red flags in it, and for the names.
    """
    found: dict[str, Any] = {}
    wrong: dict[str, BackpainError] = {}
    try:
        named = check_mapping(what, {} if given is None else given, maps)
    except BackpainError as error:
        return found, dict.fromkeys(["red_flags", *_texts(given)], error)
    for name, value in named.items():
        try:
            read({name: value})
        except BackpainError as error:
            wrong[name] = error
        else:
            found[name] = value
    return found, wrong


def _texts(given: object) -> list[str]:
    """Return what may be names in what is no mapping."""
    some = given if isinstance(given, list) else [given]
    return [each for each in some if isinstance(each, str)]


def _answered_by(question: RedFlagQuestion) -> set[str]:
    """Return the variables that answer a red-flag question with yes."""
    variables = {question.finding.partition("=")[0]}
    return variables if question.number is None else variables | {question.number[0]}


def _unread(kept: Kept) -> str:
    """Return in a sentence what has to be told again."""
    names = listed(sorted(kept.unread))
    again = "tell it again among red_flags: yes, no, or null for not asked"
    return f"An answer to {names} could not be read; {again}."


def server(network: Network, version: str = "") -> MCPServer[Any]:
    """Return a server, of a `version`, whose five tools speak of a network; raises `BackpainError`
    where the package `mcp` is not installed.

    Protocol: Model Context Protocol, https://modelcontextprotocol.io

    >>> from backpain_bn.formats.load import load
    >>> server(load("car")).name
    'backpain-bn'
    """
    needs("mcp", "backpain-bn mcp", "backpain_bn[mcp]")
    from mcp.server import MCPServer

    desk = Desk(network)
    told = INSTRUCTIONS.format(disclaimer=network.vocabulary.disclaimer)
    made: MCPServer[Any] = MCPServer(
        "backpain-bn", instructions=told, version=version, log_level="WARNING"
    )
    for tool in (desk.red_flags, desk.diagnose, desk.why, desk.next_question, desk.what_helps):
        made.add_tool(_refusing(tool), description=_described(tool, network))
    return made


def _refusing(tool: Callable[..., ToolAnswer]) -> Callable[..., ToolAnswer]:
    """Return a tool whose refusals reach the assistant in our own words."""
    from mcp.server.mcpserver.exceptions import ToolError

    @wraps(tool)
    def asked(**given: Any) -> ToolAnswer:
        try:
            return tool(**given)
        except BackpainError as error:
            raise ToolError(str(error)) from None

    return asked


def _described(tool: Callable[..., ToolAnswer], network: Network) -> str:
    """Return what a tool does; the first two also list what they can be told."""
    about = " ".join((tool.__doc__ or "").split())
    if tool.__name__ == "red_flags":
        questions = (f"{each.id}: {each.text}" for each in network.red_flags.questions)
        return "\n".join([about, "The red-flag questions:", *questions])
    if tool.__name__ == "diagnose":
        variables = (
            f"{name}: {', '.join(variable.states)} ({variable.question or variable.label})"
            for name, variable in network.variables.items()
        )
        return "\n".join([about, "What can be told, and its states:", *variables])
    return about
