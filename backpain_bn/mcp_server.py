"""`backpain-bn mcp`: the questions about a case as tools for an assistant, over standard input and
output (Model Context Protocol). Needs the extra `mcp`.

An assistant may call the tools in any order, and may leave out of one call what it told in another.
So every call names its case, and a yes to a red-flag question, once told, holds for all later calls
about that case: nothing takes it back. All else is told anew with each call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from .diagnosis import Diagnosis, diagnose
from .display.result import Result
from .errors import BackpainError, needs
from .model.findings import findings_of, numbers_told
from .model.network import Network
from .red_flags.implied import asked_first, implied
from .red_flags.rules import NOT_ASKED, YES, RedFlags, check

if TYPE_CHECKING:
    from mcp.server import MCPServer

ToolAnswer = dict[str, Any]
"""What a tool returns: red flags first, then the answer in words and in rows, or why it is
withheld.
"""
MOST_ROWS = 10
"""An assistant reads the words; rows are for what it wants to work on, the first are enough."""
CaseName = Annotated[
    str, Field(description="A name for who or what is asked about, the same in every call about it")
]
Findings = Annotated[
    dict[str, str | bool | float | dict[str, float] | None],
    Field(description="All that is known: variable to state, or to {state: likelihood} if unsure"),
]
Flags = Annotated[
    dict[str, str | bool | None] | None,
    Field(description="Answers to red-flag questions: yes, no, or null for not asked"),
]
State = Annotated[str | None, Field(description="A state of it; its last one if left out")]
Rival = Annotated[
    str | None, Field(description="Another variable, or variable=state, to set it against")
]
Minutes = Annotated[float | None, Field(description="Minutes to spend on questions in all")]
Chosen = Annotated[list[str] | None, Field(description="Treatments to compare; all if left out")]

INSTRUCTIONS = """\
Call red_flags first and ask what it lists. While a red flag is urgent, every tool says what to do \
and nothing else; pass that on and stop. Tell people that an answer is no diagnosis: {disclaimer}"""


class Desk:
    """Where cases are asked about: one network, and each case's answers to red-flag questions."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._answers: dict[str, dict[str, str | bool | None]] = {}

    def diagnose(self, case: CaseName, findings: Findings, red_flags: Flags = None) -> ToolAnswer:
        """What is probably behind a case: likely contributors, with their shares and sources."""
        return self._answered(case, findings, red_flags, attrgetter("screen"))

    def why(
        self,
        case: CaseName,
        findings: Findings,
        variable: Annotated[str, Field(description="What is argued for")],
        state: State = None,
        rather_than: Rival = None,
        red_flags: Flags = None,
    ) -> ToolAnswer:
        """What speaks for and against a state of a variable, or for it rather than another."""
        question = partial(Diagnosis.why, variable=variable, state=state, rather_than=rather_than)
        return self._answered(case, findings, red_flags, question)

    def next_question(
        self, case: CaseName, findings: Findings, minutes: Minutes = None, red_flags: Flags = None
    ) -> ToolAnswer:
        """What to ask or test next, the most useful for its cost first, and when to stop."""
        budget = None if minutes is None else {"minutes": minutes}
        question = partial(Diagnosis.next_questions, budget=budget)
        return self._answered(case, findings, red_flags, question)

    def what_helps(
        self, case: CaseName, findings: Findings, treatments: Chosen = None, red_flags: Flags = None
    ) -> ToolAnswer:
        """What would help, by how much it is expected to take from the outcome next time."""
        question = partial(Diagnosis.what_helps, treatments=treatments)
        return self._answered(case, findings, red_flags, question)

    def red_flags(self, case: CaseName, findings: Findings, red_flags: Flags = None) -> ToolAnswer:
        """Which warning signs are set and what to do, and which questions to ask first; never a
        probability.
        """
        flags = self._flags(case, findings, red_flags)
        told = findings_of(self.network, findings)
        first = asked_first(flags.rules, told, flags.answers)
        ask = {
            each.id: each.text
            for each in flags.rules.questions
            if each.id in first and flags.answers[each.id] == NOT_ASKED
        }
        return self._said(flags) | {"ask_first": ask}

    def _answered(
        self,
        case: str,
        findings: Findings,
        red_flags: Flags,
        question: Callable[[Diagnosis], Result],
    ) -> ToolAnswer:
        """Return the answer to a question, unless an urgent red flag forbids every answer."""
        flags = self._flags(case, findings, red_flags)
        if flags.urgent:
            return self._said(flags) | {"withheld": flags.rules.withheld}
        answer = question(diagnose(findings, self.network, flags.answers))
        return self._said(flags) | {"answer": str(answer), "rows": answer.to_dicts()[:MOST_ROWS]}

    def _flags(self, case: str, findings: Findings, red_flags: Flags) -> RedFlags:
        """Return what all answers about a case set off, and keep every yes among them; that of a
        call which is refused for another reason as well.
        """
        rules, given = self.network.red_flags, red_flags or {}
        kept = self._answers.setdefault(case.strip().casefold(), {})
        kept |= {name: YES for name in rules.names if given.get(name) in (YES, True)}
        check(rules, given)
        kept |= {name: answer for name, answer in given.items() if kept.get(name) != YES}
        told = findings_of(self.network, findings)
        flags = check(
            rules, kept, follows=implied(rules, told, numbers_told(self.network, findings))
        )
        kept |= {name: YES for name, answer in flags.answers.items() if answer == YES}
        return flags

    def _said(self, flags: RedFlags) -> ToolAnswer:
        """Return what stands above every answer."""
        told = {
            "urgent": flags.urgent,
            "set": [rule.label for rule in flags.set],
            "what_to_do": list(flags.actions),
            "in_words": flags.summary(),
        }
        return {"red_flags": told, "note": self.network.vocabulary.disclaimer}


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
