"""A YAML text as plain data in which every scalar is text, with the place of every part."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..errors import FileProblem, shown
from ..model.problems_of_one import Problem
from .text_files import read_text

MOST_DEPTH = 20
TOO_DEEP = f"more than {MOST_DEPTH} levels deep"
MOST_PROBLEMS = 200
"""A report holds no more problems than this, and says how many it leaves out."""
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
PLACED = re.compile(r"(.*?):(\d+):(\d+) ", re.DOTALL)
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
C_DEPTH = "exceeded maximum nesting depth"
"""What libyaml says of deep nesting before it has told how the text begins."""
Steps = tuple[str | int, ...]
Place = tuple[str, int, int]


@dataclass(slots=True)
class Document:
    """A YAML file as plain data (dict, list, str), the place of every part of it, and what was
    wrong with its form.
    """

    path: Path
    data: Any = None
    places: dict[Steps, Place] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def place(self, steps: Steps) -> Place:
        """Return the place of the nearest part of the file that exists."""
        while steps and steps not in self.places:
            steps = steps[:-1]
        return self.places.get(steps, (str(self.path), 1, 1))

    def complain(self, steps: Steps, message: str) -> None:
        """Note a problem at a part of the file."""
        self.complain_at(self.place(steps), message)

    def complain_at(self, place: Place, message: str) -> None:
        """Note a problem at a place, perhaps of another file that this one names."""
        name, line, column = place
        self.found.append(f"{name}:{line}:{column} {message}")

    def note(self, problems: Iterable[Problem]) -> None:
        """Note problems at the parts of the file to which their paths lead."""
        for problem in problems:
            self.complain(problem.path, problem.message)

    def refuse(self, steps: Steps, message: str) -> FileProblem:
        """Return the error for a problem that leaves nothing else to check."""
        self.complain(steps, message)
        return FileProblem(self.lines())

    def lines(self) -> list[str]:
        """Return every problem once, in the order of the file, at most 200 and then how many more
        there are.
        """
        every = sorted(dict.fromkeys(self.found), key=_place_of)
        more = len(every) - MOST_PROBLEMS
        return (
            [*every[:MOST_PROBLEMS], f"{self.path}: and {more:,} more problems"]
            if more > 0
            else every
        )


def _place_of(line: str) -> tuple[str, int, int]:
    match = PLACED.match(line)
    return (match[1], int(match[2]), int(match[3])) if match else (line, 0, 0)


def parse(path: Path, text: str) -> Document:
    """Return the document that a YAML text holds; `path` is only named in its problems.

    Nothing is executed: tags, anchors and aliases are refused, as are duplicate keys and nesting
    beyond 20 levels. Raises `FileProblem` where the text cannot be read at all.
    """
    hidden = CONTROL.search(text)
    if hidden:
        why = f"control characters are not allowed (U+{ord(hidden[0]):04X})"
        raise FileProblem([_at(path, text, hidden.start(), why)])
    document = Document(path)
    try:
        try:
            _Reader(document).read(text, Loader)
        except yaml.MarkedYAMLError as error:
            if error.problem != C_DEPTH:
                raise
            # libyaml reads far ahead; the reader in Python comes to the first level too many.
            document = Document(path)
            _Reader(document).read(text, _Shallow)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        document.found.append(f"{path}:{line}:{column} not valid YAML: {error.problem}")
        raise FileProblem(document.lines()) from None
    except yaml.reader.ReaderError as error:
        raise FileProblem([f"{path}:1:1 not valid YAML: {error.reason}"]) from None
    if document.data is None:
        raise document.refuse((), "the file is empty")
    return document


def _at(path: Path, text: str, position: int, message: str) -> str:
    before = text[:position].split("\n")
    return f"{path}:{len(before)}:{len(before[-1]) + 1} {message}"


class _Refused(yaml.MarkedYAMLError):
    """What ends the reading at once."""

    def __init__(self, message: str, mark: Any) -> None:
        super().__init__(problem=message, problem_mark=mark)


class _Shallow(yaml.SafeLoader):
    """Ends at the first level too many, however far it looks ahead for the end of a key."""

    def fetch_flow_collection_start(self, kind: Any) -> None:
        if len(self.indents) + self.flow_level >= MOST_DEPTH:
            raise _Refused(TOO_DEEP, self.get_mark())
        super().fetch_flow_collection_start(kind)


class _Reader:
    """Builds a `Document` from YAML events: dict, list and text only; the place of a part is that
    of its key, where it stands below it.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.stack: list[tuple[Any, Steps]] = []
        self.key: tuple[str, Any] | None = None
        self.documents = 0

    def complain(self, mark: Any, message: str) -> None:
        self.document.found.append(
            f"{self.document.path}:{mark.line + 1}:{mark.column + 1} {message}"
        )
        if len(self.document.found) > MOST_PROBLEMS:
            raise _Refused("too many problems; nothing was read beyond this place", mark)

    def read(self, text: str, loader: Any) -> None:
        event: Any
        for event in yaml.parse(text, Loader=loader):
            kind, mark = type(event).__name__, event.start_mark
            if kind == "DocumentStartEvent":
                self.documents += 1
                if self.documents > 1:
                    self.complain(mark, "a second document begins here; a file holds one")
                    return
            elif kind == "ScalarEvent":
                self.forms(event, mark)
                self.scalar(event.value, mark)
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                self.forms(event, mark)
                self.open({} if kind == "MappingStartEvent" else [], mark)
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                self.stack.pop()
            elif kind == "AliasEvent":
                self.complain(mark, "anchors and aliases (& and *) are not allowed")
                self.scalar("", mark)

    def forms(self, event: Any, mark: Any) -> None:
        if event.tag is not None:
            self.complain(mark, f"tags are not allowed: {shown(event.tag)}")
        if event.anchor is not None:
            self.complain(mark, "anchors and aliases (& and *) are not allowed")

    def wants_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1][0], dict) and self.key is None

    def scalar(self, value: str, mark: Any) -> None:
        if not value.isprintable() and CONTROL.search(value):
            self.complain(mark, "control characters are not allowed")
        if self.wants_key():
            self.key = (value, mark)
            if value in self.stack[-1][0]:
                self.complain(mark, f"key {shown(value)} is written twice")
        else:
            self.put(value, mark)

    def open(self, value: Any, mark: Any) -> None:
        if self.wants_key():
            raise _Refused("a key must be text", mark)
        if len(self.stack) >= MOST_DEPTH:
            raise _Refused(TOO_DEEP, mark)
        self.stack.append((value, self.put(value, mark)))

    def put(self, value: Any, mark: Any) -> Steps:
        steps: Steps = ()
        if not self.stack:
            self.document.data = value
        else:
            holder, inside = self.stack[-1]
            if isinstance(holder, list):
                steps = (*inside, len(holder))
                holder.append(value)
            else:
                key, key_mark = self.key or ("", mark)
                mark = key_mark if mark.line > key_mark.line else mark
                steps, self.key = (*inside, key), None
                if key in holder:
                    steps = (*steps, "(again)")
                else:
                    holder[key] = value
        self.document.places[steps] = (str(self.document.path), mark.line + 1, mark.column + 1)
        return steps


def read_yaml(path: Path) -> Document:
    """Return a YAML file as plain data in which every scalar is text.

    Never executes anything: tags, anchors and aliases are refused, as are duplicate keys and
    nesting beyond 20 levels. Raises `FileProblem` where the file cannot be read at all.
    """
    return parse(path, read_text(path))
