"""The command that asks what is most useful, and saves what was told."""

from __future__ import annotations

from typing import Any

from ..diagnosis import diagnose
from ..errors import BackpainError
from .networks import network_on, with_network
from .output import ANSWERED, URGENT, Reply, say
from .questions import add_command, with_exit_code
from .standard_input import DASH, opened, path_by_name
from .typed import Options, findings_in, ready


def add_interview(commands: Any) -> None:
    """Add the command `interview`."""
    interview = add_command(
        commands,
        "interview",
        "asks the most useful question first; Enter = don't know; stop at any time",
    )
    interview.add_argument(
        "case", nargs="*", metavar="FILE|variable=state", help="what is known already"
    )
    interview.add_argument(
        "--save", type=path_by_name, metavar="case.yaml", help="save what was told"
    )
    with_exit_code(interview)
    with_network(interview)
    interview.set_defaults(run=_interview)


def _interview(options: Options) -> Reply:
    from ..formats.case_file import write_case
    from ..interview import interview

    opened()
    if DASH in options.case:
        raise BackpainError(
            'the case is "-", but the answers of an interview come on standard input: name a case '
            "file (.yaml, .json), or tell variable=state"
        )
    network = network_on(options)
    told = findings_in(options.case, network)
    if options.save:
        ready(options.save, options.network, *options.case)
    findings, red_flags = interview(network, input, say, *told)
    if options.save:
        write_case(options.save, findings, red_flags)
    urgent = diagnose(findings, network, red_flags).red_flags.urgent
    said = f"Saved: {options.save}" if options.save else ""
    return Reply(lambda *_: said, URGENT if options.exit_code and urgent else ANSWERED)
