"""The questions about one case, as one table: name, what it asks, options, what answers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

from ..answer.full import FullAnswer
from ..answer.plain_case import plain_case
from ..diagnosis import Diagnosis, diagnose
from ..display.document import check_kind
from ..display.flags import flag_view
from ..display.text import to_screen
from ..display.words import capital
from ..errors import BackpainError
from ..formats.load import other_voice
from ..model.network import Network
from ..red_flags.answered import RedFlags
from ..temporal.follow_up import FollowUp
from .networks import network_on, with_network
from .output import ANSWERED, URGENT, Reply, json_reply, reply
from .standard_input import by_name, path_by_name
from .typed import Options, budget, findings_in, own_file, pair, put, state_of

ALIKE = 0.6
"""How much alike a word and a command are where that is suggested: `foo` is not followup."""
PAGES = (".html", ".htm")


class Option(NamedTuple):
    """One option of a command, as argparse takes it."""

    flag: str
    settings: dict[str, Any]


def option(flag: str, help: str, **settings: Any) -> Option:
    """Return an option with what it means."""
    return Option(flag, {"help": help, **settings})


def several(flag: str, help: str, **settings: Any) -> Option:
    """Return an option that takes several words, all of which count where it is given again."""
    return option(flag, help, nargs="+", action="extend", **settings)


class QuestionCommand(NamedTuple):
    """One question about a case: the command, what it asks, its options, and what answers."""

    name: str
    about: str
    options: tuple[Option, ...]
    answer: Callable[[Options, Diagnosis], Any]


def _diagnose(options: Options, diagnosis: Diagnosis) -> Any:
    read = (*options.case, options.network)
    if options.report:
        check_kind(own_file(options.report, *read).suffix)
    if options.html:
        check_kind(own_file(options.html, *read).suffix.lower(), "a page", PAGES)
        diagnosis.save_html(options.html)
    if options.report:
        diagnosis.save_report(options.report)
    return diagnosis.full if options.full and not options.json else diagnosis


def _sure(options: Options, diagnosis: Diagnosis) -> Any:
    if options.about:
        return diagnosis.sensitivity(*state_of(options.about, diagnosis.network))
    return diagnosis.robustness(options.draws, options.seed)


def _followup(options: Options, diagnosis: Diagnosis) -> Any:
    network = diagnosis.network
    (findings, flags), *later = [findings_in(words, network) for words in options.then or [()]]
    changed: dict[str, Any] = {}
    for word in options.changed:
        put(changed, *pair("--changed", word, network))
    course = diagnosis.follow_up(findings, changed, options.treatments, flags)
    for findings, flags in later:
        course = course.follow_up(findings, red_flags=flags)
    return course


def _compare(options: Options, diagnosis: Diagnosis) -> Any:
    found = diagnosis.compare(options.other or _other_voice(diagnosis.network))
    if found.withheld is None and found.other == diagnosis.network:
        raise BackpainError(
            f"both are the same network, {found.other.name} {found.other.version}; name another "
            "to compare it with: --other NAME|FILE"
        )
    return found


def _other_voice(network: Network) -> Network:
    """Return what to compare with where nothing is named."""
    other = other_voice(network)
    if other is None:
        raise BackpainError(
            f"{network.name} names no other voice; name what to compare it with: --other NAME|FILE"
        )
    return other


ABOUT_STATE = option("--about", "what it is about", required=True, metavar="variable[=state]")
TREATMENTS = several("--treatments", "default: all", metavar="treatment")
QUESTIONS = (
    QuestionCommand(
        "diagnose",
        "one case's findings: red flags, kind, likely contributors",
        (
            option("--full", "all of it, with sources", action="store_true"),
            option(
                "--html",
                "save a page to look at, click and share (.html, .htm)",
                type=path_by_name,
                metavar="FILE",
            ),
            option(
                "--report", "save a report (.md, .html, .json)", type=path_by_name, metavar="FILE"
            ),
        ),
        _diagnose,
    ),
    QuestionCommand(
        "why",
        "what speaks for and against a state, or for it rather than another",
        (
            ABOUT_STATE,
            option("--rather-than", "what to set it against", metavar="variable[=state]"),
        ),
        lambda options, d: d.why(
            *state_of(options.about, d.network), rather_than=options.rather_than
        ),
    ),
    QuestionCommand(
        "change",
        "which open questions could bring another cause to the top",
        (),
        lambda options, d: d.what_could_change(),
    ),
    QuestionCommand(
        "paths",
        "by which ways a variable reaches the outcome",
        (option("--about", "what it is about", required=True, metavar="variable"),),
        lambda options, d: d.paths(options.about),
    ),
    QuestionCommand(
        "likeliest",
        "the likeliest combinations",
        (
            several("--variables", "default: what can be worked on", metavar="variable"),
            option("--count", "how many (default: 3)", type=int, default=3, metavar="K"),
        ),
        lambda options, d: d.most_probable(options.variables, options.count),
    ),
    QuestionCommand(
        "compare",
        "where another network disagrees about this case",
        (
            option(
                "--other", "default: the network's other voice", type=by_name, metavar="NAME|FILE"
            ),
        ),
        _compare,
    ),
    QuestionCommand(
        "ask",
        "what to ask or test next, and when to stop",
        (
            option("--minutes", "minutes to spend in all", type=float),
            option("--discomfort", "most discomfort of one test, 0 to 10", type=float),
            several(
                "--who",
                "by which of the network's means; those that it has are listed where one is wrong",
                metavar="MEANS",
            ),
        ),
        lambda options, d: d.next_questions(budget(options)),
    ),
    QuestionCommand(
        "treat",
        "what would help, and the best plan",
        (TREATMENTS,),
        lambda options, d: d.what_helps(options.treatments),
    ),
    QuestionCommand(
        "followup",
        "the same case some time later",
        (
            option(
                "--then",
                "what was told at a later visit; each --then is one visit, in their order",
                nargs="+",
                action="append",
                default=[],
                metavar="FILE|variable=state",
            ),
            several(
                "--changed",
                "what had changed for good by the first later visit",
                default=[],
                metavar="variable=state",
            ),
            several(
                "--treatments",
                "what was started before the first later visit",
                default=[],
                metavar="treatment",
            ),
        ),
        _followup,
    ),
    QuestionCommand(
        "sure",
        "how sure this is",
        (
            option(
                "--about", "how one probability hangs on every number", metavar="variable[=state]"
            ),
            option("--draws", "draws of all numbers (default: 1000)", type=int, default=1000),
            option("--seed", "seed of the draws (default: 0)", type=int, default=0),
        ),
        _sure,
    ),
)
"""Every question about one case."""


def add_command(commands: Any, name: str, about: str) -> argparse.ArgumentParser:
    """Return the parser of a new command, which says what it is about in both helps."""
    parser: argparse.ArgumentParser
    parser = commands.add_parser(name, help=about, description=f"{capital(about)}.")
    return parser


def with_json(parser: argparse.ArgumentParser) -> None:
    """Let a command answer in JSON."""
    parser.add_argument(
        "--json", action="store_true", help="plain data instead of words (see `schema`)"
    )


def with_exit_code(parser: argparse.ArgumentParser) -> None:
    """Let a command end with a code of its own under an urgent red flag."""
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help=f"end with exit code {URGENT} where an urgent red flag is set",
    )


def add_question(commands: Any, question: QuestionCommand) -> None:
    """Add the command of a question about one case."""
    parser = add_command(commands, question.name, question.about)
    parser.add_argument(
        "case",
        nargs="+",
        metavar="FILE|variable=state",
        help=(
            "case.yaml or case.json, - for standard input; variable=state; and for red-flag "
            "questions question=yes or question=no"
        ),
    )
    for flag, settings in question.options:
        parser.add_argument(flag, **settings)
    with_json(parser)
    with_exit_code(parser)
    with_network(parser)
    parser.set_defaults(run=lambda options: _answered(question.answer, options))


def _answered(run: Callable[[Options, Diagnosis], Any], options: Options) -> Reply:
    network = network_on(options)
    findings, red_flags = findings_in(options.case, network)
    diagnosis = diagnose(findings, network, red_flags)
    answer = run(options, diagnosis)
    withheld = None if isinstance(answer, Diagnosis) else answer.withheld
    course = isinstance(answer, FollowUp)
    flags = withheld or (answer if course else diagnosis).red_flags
    code = URGENT if options.exit_code and flags.urgent else ANSWERED
    if options.json:
        return json_reply(_plain(answer, diagnosis, flags, options.command), code)
    if isinstance(answer, Diagnosis):
        return Reply(lambda width, style: to_screen(answer.views(), width, style), code)
    own = withheld is not None or course or isinstance(answer, FullAnswer)
    return reply([*([] if own else [flag_view(flags)]), *answer.views()], code)


def _plain(answer: Any, diagnosis: Diagnosis, flags: RedFlags, command: str) -> dict[str, object]:
    """Return an answer as plain data; see `schema` for its shape."""
    if isinstance(answer, Diagnosis):
        return answer.to_dict()
    head = plain_case(command, diagnosis.network, diagnosis.findings, flags)
    return head | {"rows": answer.to_dicts()}
