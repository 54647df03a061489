"""What a result has to say, before anything is said about how it looks: sections of four kinds of block."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph; lines that must not be joined are separate notes."""

    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a numbered list: what it is in a sentence, and the lines below it (how, evidence)."""

    text: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """A probability now, and before the findings."""

    label: str
    now: float
    before: float


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Note | Item | Bar | Table


@dataclass(frozen=True, slots=True)
class View:
    """A titled section."""

    title: str
    blocks: tuple[Block, ...]
