"""`backpain-bn`: every question about one case, an interview, cohorts, and what a network file
holds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..errors import BackpainError
from .commands import add_commands
from .questions import QUESTIONS, add_question

__all__ = ["main"]


class Listing(argparse.HelpFormatter):
    """A help in which what commands do begins in one column: argparse leaves their indent out."""

    def add_argument(self, action: argparse.Action) -> None:
        """Note how long an action is."""
        super().add_argument(action)
        self._action_max_length += self._indent_increment


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 where what was typed cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        said = options.run(options)
        if said:
            print(said)
    except BackpainError as error:
        print(f"backpain-bn: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    about = (
        "What is probably behind a case, who says so, what to ask next, and what would help. "
        "No medical device."
    )
    parser = argparse.ArgumentParser(
        prog="backpain-bn",
        description=about,
        formatter_class=Listing,
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for question in QUESTIONS:
        add_question(commands, question)
    add_commands(commands)
    return parser
