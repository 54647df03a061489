"""The words and marks of a text file, one after another, each with its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NoReturn

from ..errors import shown
from .parsed_network import ParsedNetwork, Place, plain_numbers

_BLANK = re.compile(r"\s*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PIECE = re.compile(r"(?P<comma>,)|[^\s,]+")


class Scanner:
    """Reads a text from left to right. `token` says what its pieces are, in three groups: quoted,
    mark and word; `comment` says what is passed over, quoted text apart. In quoted text a backslash
    may stand before a sign that means itself, where there are `escapes`.
    """

    def __init__(
        self,
        parsed: ParsedNetwork,
        text: str,
        token: re.Pattern[str],
        comment: re.Pattern[str],
        escapes: bool = False,
    ) -> None:
        self.parsed = parsed
        self.escapes = escapes
        self.text = text
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.text = comment.sub(self._blanked, text)
        self.last = max(len(self.text.rstrip()) - 1, 0)
        self.pattern = token
        self.go(0)

    def _blanked(self, match: re.Match[str]) -> str:
        """Return spaces for a comment, so that every place stays where it is."""
        found = match.group()
        if found.startswith('"'):
            return found
        if found.startswith("/*") and not found.endswith("*/"):
            place = self.place_of(match.start())
            self.parsed.refuse(place, "a comment begins here and does not end")
        return re.sub(r"[^\n]", " ", found)

    def go(self, offset: int) -> None:
        """Go on to the first word or mark at or after an offset."""
        blank = _BLANK.match(self.text, offset)
        self.at = blank.end() if blank else offset
        self.token = self.pattern.match(self.text, self.at)

    def place_of(self, offset: int) -> Place:
        """Return the line and column of an offset."""
        line = bisect_right(self.lines, offset)
        return line, offset - self.lines[line - 1] + 1

    @property
    def place(self) -> Place:
        """Where the next word stands; at the end of the file, where its last one does."""
        return self.place_of(min(self.at, self.last))

    @property
    def next(self) -> str:
        """The next word or mark, without taking it; nothing at the end."""
        return self.token.group() if self.token else ""

    def take(self, *expected: str) -> str:
        """Take the next word or mark, which must be one of those expected (none given: any)."""
        word = self.next
        if not word or (expected and word not in expected):
            wanted = " or ".join(f'"{each}"' for each in expected) or "more"
            self.unexpected(wanted, word)
        self.go(self.at + len(word))
        return word

    def unexpected(self, wanted: str, word: str) -> NoReturn:
        """Refuse the file, because something else stands where a word or mark should be."""
        found = shown(word) if word else "the end of the file"
        said = f"not valid {self.parsed.kind}: expected {wanted}, found {found}"
        self.parsed.refuse(self.place, said)

    def name(self) -> str:
        """Take a name, quoted or not."""
        token = self.token
        if token is None or token.lastgroup not in ("word", "quoted") or token.group() == '""':
            self.unexpected("a name", self.next)
        self.go(token.end())
        name = token[token.lastgroup]
        if self.escapes and token.lastgroup == "quoted":
            return _ESCAPED.sub(r"\1", name)
        return name

    def names(self, *ends: str) -> list[str]:
        """Take names up to one of the ends, with or without commas between them."""
        found: list[str] = []
        while self.next not in ends:
            found.append(self.name())
            if self.next == ",":
                self.take()
        self.take(*ends)
        return found

    def skip(self, end: str) -> None:
        """Take everything up to `end`: properties, which say nothing about probabilities."""
        while self.take() != end:
            pass

    def until(self, end: str) -> tuple[int, str]:
        """Take everything up to `end`, which must come before the next brace; return where it
        begins, and the text.
        """
        start, stop = self.at, self.text.find(end, self.at)
        brace = self.text.find("}", start, stop if stop >= 0 else len(self.text))
        if stop < 0 or brace >= 0:
            self.go(brace if brace >= 0 else len(self.text))
            self.unexpected(f'"{end}"', self.next)
        self.go(stop + len(end))
        return start, self.text[start:stop]

    def numbers(self, start: int, text: str) -> list[float]:
        """Return the probabilities in a text that begins at `start`, with or without commas."""
        values = plain_numbers(text, "," if "," in text else None)
        return list(self._pieces(start, text)) if values is None else values

    def _pieces(self, start: int, text: str) -> Iterator[float]:
        needed = True
        for piece in _PIECE.finditer(text):
            place = self.place_of(start + piece.start())
            if not piece["comma"]:
                yield self.parsed.number(place, piece.group())
            elif needed:
                self.parsed.complain(place, "a number is missing before this comma")
            needed = bool(piece["comma"])
