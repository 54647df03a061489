"""The words of the command line: commands, their options, and what to say of one that is none."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any, NoReturn

from .. import __version__
from ..errors import BackpainError, shown, unknown
from .commands import add_commands
from .output import CODES, width
from .questions import QUESTIONS, add_question
from .standard_input import DASH
from .typed import Options

NAME = "backpain-bn"
ABOUT = (
    "What is probably behind a case, who says so, what to ask next, and what would help. No "
    "medical device."
)
CLOSING = (
    f"`{NAME} help COMMAND` says what each option means. `-` in place of a file reads standard "
    "input. VARIABLE=STATE tells what is known of a case."
)
Commands = Mapping[str, argparse.ArgumentParser]


class Parser(argparse.ArgumentParser):
    """A parser that does not keep quiet about a help that could not be written."""

    def _print_message(self, message: str, file: Any = None) -> None:
        if message:
            (file or sys.stderr).write(message)


class Front(Parser):
    """The parser of all commands, whose help lists them with their options."""

    commands: Commands

    def format_help(self) -> str:
        """Return every command with what it does and its options, and the exit codes."""
        columns = width()
        lines = [f"usage: {NAME} COMMAND ...", "", *wrap(ABOUT, columns), "", "commands:"]
        for name, parser in self.commands.items():
            lines += _entry(name, str(parser.description), columns)
            lines += wrap(
                " ".join(_flags(parser)), columns, initial_indent=INDENT, subsequent_indent=INDENT
            )
        lines += ["", "options:", *_entry("--version", "which version this is", columns)]
        lines += ["", "exit codes:"]
        for code, meaning in CODES:
            lines += _entry(str(code), meaning, columns)
        return "\n".join([*lines, "", *wrap(CLOSING, columns)]) + "\n"


COLUMN = 15
INDENT = " " * COLUMN


def _entry(name: str, about: str, columns: int) -> list[str]:
    lead = f"    {name:{COLUMN - 4}}"
    return wrap(lead + about, columns, subsequent_indent=INDENT)


def _flags(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if action.option_strings and action.dest != "help":
            yield action.option_strings[-1]


def front() -> Front:
    """Return the parser of all commands."""
    parser = Front(prog=NAME, description=ABOUT)
    parser.add_argument("--version", action="version", version=f"{NAME} {__version__}")
    places = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for question in QUESTIONS:
        add_question(places, question)
    add_commands(places)
    parser.commands = places.choices
    return parser


def parsed(arguments: Sequence[str] | None) -> Options:
    """Return what was typed; without anything, the wish for help.

    Raises `UnknownName` for a command or an option that does not exist, with the nearest one.
    """
    words = list(sys.argv[1:] if arguments is None else arguments) or ["help"]
    parser = front()
    if not words[0].startswith("-") and words[0] not in parser.commands:
        raise unknown("command", words[0], parser.commands)
    options, rest = parser.parse_known_args(words)
    options.front = parser
    if "case" in options:
        # What is told may stand behind options, too, which argparse does not allow for.
        more = [word for word in rest if not _is_flag(word)]
        options.case = [*options.case, *more]
        rest = [word for word in rest if _is_flag(word)]
    if rest:
        _refuse(rest[0], options.command, parser)
    return options


def _is_flag(word: str) -> bool:
    return word.startswith("-") and word != DASH


def _refuse(word: str, command: str | None, parser: Front) -> NoReturn:
    if not _is_flag(word):
        raise BackpainError(f"{shown(word)} is one word too many for {command}")
    known = parser if command is None else parser.commands[command]
    flags = ["--help", *_flags(known)]
    raise unknown(f"option of {command or NAME}", word.split("=", 1)[0], flags)
