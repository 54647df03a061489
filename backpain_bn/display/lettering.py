"""How wide text is in a picture, and how it is wrapped or cut to the room that there is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

LETTERS = {"ijlI.,:;'| /": 0.34, "frt!()[]-": 0.41, "mwMW@%—…#+<=>~": 1.0}
CAPITAL, SMALL_LETTER, FULL_WIDTH = 0.79, 0.63, 1.05
"""How wide letters are, in ems of DejaVu Sans, the widest of the usual fonts."""

_UNPRINTABLE = re.compile("[^\t\n\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HYPHENS = re.compile("(?<=-)(?=.)")
_SPACES = re.compile("[ \t\n\r\x85\u2028\u2029]+")


def printable(text: str) -> str:
    """Return text that XML and UTF-8 can hold: no control characters, no half characters.

    >>> printable("a\\x00b")
    'a\N{REPLACEMENT CHARACTER}b'
    """
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def width_of(text: str, size: float, weight: float = 1.0) -> float:
    """Return about how wide text of `size` pixels is: an upper estimate, since the reader's font is
    not known. `weight` is what bold type adds, as a factor.
    """
    return size * weight * sum(map(_ems, text))


@cache
def _ems(letter: str) -> float:
    for letters, ems in LETTERS.items():
        if letter in letters:
            return ems
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return FULL_WIDTH
    return CAPITAL if letter.isupper() else SMALL_LETTER


def cut(text: str, room: float, size: float, weight: float = 1.0) -> str:
    """Return the text, cut with an ellipsis where it would not fit into `room` pixels.

    >>> cut("Wet grass", 120, 11.5), cut("Wet grass in the morning", 120, 11.5)
    ('Wet grass', 'Wet grass in the…')
    """
    text = printable(text)
    if width_of(text, size, weight) <= room:
        return text
    return _shortened(text, room, size, weight)


def _shortened(text: str, room: float, size: float, weight: float) -> str:
    """The text with an ellipsis behind as much of it as fits."""
    while text and width_of(f"{text}…", size, weight) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrapped(text: str, room: float, size: float, weight: float = 1.0, most: int = 4) -> list[str]:
    """Return text in lines no wider than `room` pixels, broken at spaces and behind hyphens; what
    does not fit into `most` lines ends in an ellipsis.

    >>> wrapped("how wet the grass was this morning", 160, 13)
    ['how wet the grass', 'was this morning']
    """
    lines = [""]
    for gap, word in _words(printable(text).strip()):
        longer = f"{lines[-1]}{gap}{word}" if lines[-1] else word
        if width_of(longer, size, weight) <= room:
            lines[-1] = longer
            continue
        if not lines[-1]:
            lines.pop()
        lines += _pieces(word, room, size, weight)
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], _shortened(lines[most - 1], room, size, weight)]


def _words(text: str) -> Iterator[tuple[str, str]]:
    """Yield each part of a text that may stand on a line of its own, and what parts it from the one
    before: a space, or, behind a hyphen, nothing.
    """
    for word in _SPACES.split(text):
        for index, part in enumerate(_HYPHENS.split(word)):
            yield ("" if index else " "), part


def _pieces(word: str, room: float, size: float, weight: float) -> list[str]:
    """A word that may be wider than a line, broken wherever a line is full."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and width_of(pieces[-1] + letter, size, weight) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces
