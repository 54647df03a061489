"""The commands about the command line itself: help, the shapes of its JSON, and completion."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from ..errors import needs, shown, unknown
from .output import as_json
from .questions import ALIKE, add_command
from .typed import Options

SHELLS = ("bash", "zsh", "tcsh")
FILES = (
    *("case", "file", "source", "target", "cohort", "train", "network", "other", "map"),
    *("out", "save", "html", "report", "card"),
)
"""Options and words in whose place a shell offers files."""


def add_help(commands: Any) -> None:
    """Add the command that explains the others."""
    about = add_command(commands, "help", "every command, or all options of one")
    about.add_argument("about", nargs="?", metavar="COMMAND", help="the command to explain")
    about.set_defaults(run=_help)


def add_schema(commands: Any) -> None:
    """Add the command that prints the shapes of answers in JSON."""
    schema = add_command(commands, "schema", "the JSON Schema of what a command says with --json")
    schema.add_argument("about", metavar="COMMAND", help="the command whose answer is described")
    schema.set_defaults(run=_schema)


def add_completion(commands: Any) -> None:
    """Add the command that lets a shell complete the others."""
    completion = add_command(
        commands,
        "completion",
        "a script that lets a shell complete commands and options (needs the extra `completion`)",
    )
    completion.add_argument(
        "shell", type=_shell, choices=SHELLS, help="the shell that reads the script"
    )
    completion.set_defaults(run=_completion)


def _shell(word: str) -> str:
    if word not in SHELLS:
        raise ArgumentTypeError(f"is {shown(word)}; it must be one of {', '.join(SHELLS)}")
    return word


def _help(options: Options) -> str:
    if options.about is None:
        return str(options.front.format_help()).rstrip()
    if options.about not in options.front.commands:
        raise unknown("command", options.about, options.front.commands, ALIKE)
    return str(options.front.commands[options.about].format_help()).rstrip()


def _schema(options: Options) -> str:
    from .schema import SCHEMAS

    if options.about not in SCHEMAS:
        raise unknown("command with --json", options.about, SCHEMAS, ALIKE)
    return as_json(SCHEMAS[options.about])


def _completion(options: Options) -> str:
    needs("shtab", "completion", "backpain_bn[completion]")
    import shtab

    for parser in options.front.commands.values():
        for action in parser._actions:
            if action.dest in FILES:
                action.complete = shtab.FILE
    return str(shtab.complete(options.front, shell=options.shell))
