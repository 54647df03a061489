"""The words of the command line: commands, their options, and what to say of one that is none."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any, NoReturn

from .. import __version__
from ..errors import BackpainError, shown, unknown
from .commands import add_commands
from .output import CODES, width
from .questions import ALIKE, QUESTIONS, add_question
from .standard_input import DASH, STANDS_FOR
from .typed import Options, decimal, whole_number

NAME = "backpain-bn"
ABOUT = (
    "What is probably behind a case, who says so, what to ask next, and what would help. No "
    "medical device."
)
CLOSING = (
    f"`{NAME} help COMMAND` says what each option means. VARIABLE=STATE tells what is known of a "
    f"case. `-` in place of a file reads standard input, for {STANDS_FOR}; networks and all else "
    "are named. What stands behind `--` is no option, nor a value of one."
)
LACKING = "the following arguments are required: "
REFUSED = re.compile(r"argument (\S+): (.*)", re.DOTALL)
NO_VALUE = re.compile(r"expected .* arguments?")
TOO_MUCH = "ignored explicit argument "
"""What argparse says, which is said in other words here."""
Commands = Mapping[str, argparse.ArgumentParser]


class Lacking(Exception):
    """Words without which a command cannot begin."""

    def __init__(self, parser: Parser, names: Sequence[str]) -> None:
        super().__init__()
        self.parser = parser
        self.names = names


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are like all others of the library, and that does not keep quiet
    about a help that could not be written.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.register("type", int, whole_number)
        self.register("type", float, decimal)

    def error(self, message: str) -> NoReturn:
        """Raise `Lacking`, or `BackpainError` with what was typed and what is allowed."""
        if message.startswith(LACKING):
            raise Lacking(self, message.removeprefix(LACKING).split(", "))
        refused = REFUSED.fullmatch(message)
        if refused is None:
            raise BackpainError(message)
        name, why = refused.groups()
        if NO_VALUE.fullmatch(why):
            raise BackpainError(f"{name} needs a value: {self.meaning(name)}")
        if why.startswith(TOO_MUCH):
            given = why.removeprefix(TOO_MUCH).strip("'\"")
            raise BackpainError(f"{name} takes no value, and {shown(given)} was given")
        raise BackpainError(f"{name} {why}")

    def meaning(self, name: str) -> str:
        """Return what the help says of an option, or of a word that has to be there."""
        return str(self._action(name).help)

    def called(self, name: str) -> str:
        """Return an option as it is typed, and a word that has to be there by what it is."""
        if name.startswith("-") or name.isupper():
            return name
        return f"the {self._action(name).dest}"

    def _action(self, name: str) -> argparse.Action:
        """Return the option or word that argparse calls so."""
        return next(
            each
            for each in self._actions
            if name in ("/".join(each.option_strings), each.metavar, each.dest)
        )

    def greedy(self) -> list[str]:
        """Return the options that take every word behind them, up to the next option."""
        found = [each for each in self._actions if each.option_strings and each.nargs == "+"]
        return [flag for each in found for flag in each.option_strings]

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


BEHIND = "--"
"""Behind it stand neither options nor their values."""
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
    if not _is_flag(words[0]) and words[0] not in parser.commands:
        raise unknown("command", words[0], parser.commands, ALIKE)
    try:
        options, rest = parser.parse_known_args(words)
    except Lacking as lacking:
        raise _needs(lacking, words) from None
    options.front = parser
    rest = [word for word in rest if word != BEHIND]
    if "case" in options:
        # What is told may stand behind options, too, which argparse does not allow for.
        more = [word for word in rest if not _is_flag(word)]
        options.case = [*options.case, *more]
        rest = [word for word in rest if _is_flag(word)]
    if rest:
        _refuse(rest[0], options.command, parser)
    return options


def _is_flag(word: str) -> bool:
    return word.startswith("-") and word not in (DASH, BEHIND)


def _needs(lacking: Lacking, words: Sequence[str]) -> BackpainError:
    """Return the error for words that are lacking, perhaps because an option took them."""
    parser, names = lacking.parser, lacking.names
    command = parser.prog.removeprefix(f"{NAME} ")
    said = "; and ".join(f"{parser.called(name)}: {parser.meaning(name)}" for name in names)
    greedy = [flag for flag in parser.greedy() if flag in words]
    bare = [name for name in names if not _is_flag(name)]
    if not (greedy and bare):
        return BackpainError(f"{command} needs {said}")
    return BackpainError(
        f"{command} needs {said}. {greedy[0]} takes every word behind it as a value: "
        f"{parser.called(bare[0])} has to stand before {greedy[0]}, or behind {BEHIND}"
    )


def _refuse(word: str, command: str | None, parser: Front) -> NoReturn:
    if not _is_flag(word):
        raise BackpainError(f"{shown(word)} is one word too many for {command}")
    known = parser if command is None else parser.commands[command]
    flags = ["--help", *_flags(known)]
    raise unknown(f"option of {command or NAME}", word.split("=", 1)[0], flags)
