"""How what is said reaches a terminal, a file or a pipe: width, colour, characters, and what
happens when it cannot be written.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import shutil
import sys
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from textwrap import wrap
from typing import NamedTuple, TextIO

from ..display.blocks import View
from ..display.text import WIDTH, Style, plain_spaces, to_text
from ..display.words import PERCENT

NARROWEST = 40
ANSWERED, NOT_WRITTEN, REFUSED, URGENT, STOPPED, CLOSED = 0, 1, 2, 3, 130, 141
CODES = (
    (ANSWERED, "answered"),
    (NOT_WRITTEN, "the answer could not be written (a full disk)"),
    (REFUSED, "what was typed, or a file, cannot be used; the reason is on standard error"),
    (URGENT, "an urgent red flag is set (with --exit-code)"),
    (STOPPED, "stopped by Ctrl-C"),
    (CLOSED, "whoever read the answer closed the pipe"),
)
"""What the exit codes mean."""
PLAIN = "backpain_bn.plain"
"""The name under which Python finds how to write what an encoding lacks."""
INSTEAD = {
    "█": "#",
    "░": "-",
    "–": "-",
    "—": "-",
    "→": "->",
    "←": "<-",
    "…": "...",
    "×": "x",
    "≥": ">=",
    "≤": "<=",
    "≈": "~",
    "·": "-",
    "•": "-",
    "“": '"',
    "”": '"',
    "„": '"',
    "‘": "'",
    "’": "'",
    "\N{NO-BREAK SPACE}": " ",
    "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{MINUS SIGN}": "-",
}
"""Plain characters for those that a terminal may lack."""


class Reply(NamedTuple):
    """What a command answers, to be laid out once the width is known, and its exit code."""

    lay_out: Callable[[int, Style], str]
    code: int = ANSWERED


def reply(views: Iterable[View], code: int = ANSWERED) -> Reply:
    """Return sections as a reply."""
    listed = list(views)
    return Reply(lambda width, style: to_text(listed, width, style), code)


def json_reply(data: object, code: int = ANSWERED) -> Reply:
    """Return plain data as a reply in JSON."""
    text = as_json(data)
    return Reply(lambda *_: text, code)


def prepare() -> None:
    """Let both streams write plain characters in place of those that their encoding lacks."""
    codecs.register_error(PLAIN, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAIN)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(map(_plain_sign, signs)), error.end


def _plain_sign(sign: str) -> str:
    if sign in INSTEAD:
        return INSTEAD[sign]
    bare = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return bare or "?"


def as_json(data: object) -> str:
    """Return plain data as JSON, escaped where the output is not UTF-8."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "")
    escaped = encoding != "utf8"
    return json.dumps(data, indent=2, ensure_ascii=escaped, allow_nan=False)


def width() -> int:
    """Return how many columns the terminal has; 100 where the output is no terminal."""
    return max(shutil.get_terminal_size((WIDTH, 24)).columns, NARROWEST)


def style() -> Style:
    """Return colours for a terminal that has them and wants them (https://no-color.org), else
    none.
    """
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    if not (wanted and sys.stdout.isatty()):
        return Style()
    return Style(lambda text: f"\033[1m{text}\033[0m", lambda text: f"\033[1;31m{text}\033[0m")


def say(text: str) -> None:
    """Print a paragraph of a talk, its long lines wrapped to the terminal."""
    columns = width()
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        whole = line.replace(" %", PERCENT)  # a figure and its unit are never torn apart
        parts = wrap(whole, columns, subsequent_indent=indent, break_on_hyphens=False)
        print(plain_spaces(line if len(line) <= columns else "\n".join(parts)))


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Print warnings as refusals are, without the path of the code that warns."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        print(f"backpain-bn: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = show
        yield


def guarded(run: Callable[[], int]) -> int:
    """Return the exit code of what writes an answer, all of it flushed; or of why it could not."""
    try:
        code = run()
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return CLOSED
    except KeyboardInterrupt:
        print("backpain-bn: stopped", file=sys.stderr)
        return STOPPED
    except OSError as error:
        _drop_output()
        why = (error.strerror or str(error)).lower()
        print(f"backpain-bn: the answer could not be written: {why}", file=sys.stderr)
        return NOT_WRITTEN
    return code


def _drop_output() -> None:
    """Let what is still to be flushed at the end go nowhere, so that Python does not complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
