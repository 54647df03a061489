"""What a result has to say, before anything is said about how it looks: sections of a few kinds of
block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict

from ..records import record


@record
class Note:
    """A paragraph; lines that must not be joined are separate notes."""

    text: str


@record
class Alarm(Note):
    """A paragraph that comes before everything else, and is red wherever there is colour."""


@record
class Item:
    """One entry of a numbered list: what it is in a sentence, and the lines below it (how,
    evidence).
    """

    text: str
    details: tuple[str, ...] = ()


@record
class Bar:
    """A probability now, where it stood before the findings, and its 90 % interval where one was
    worked out.
    """

    label: str
    now: float
    before: float | None = None
    low: float | None = None
    high: float | None = None


@record
class Waterfall:
    """From a probability before to one after, in steps of evidence: (label, decibans); infinite
    where a step settles it. `reach` are the decibans of the longest bar in text, where several are
    to be compared; else the largest step is as long. `span` are the decibans that its picture spans
    at least, for the same reason.
    """

    label: str
    before: float
    after: float
    steps: tuple[tuple[str, float], ...]
    reach: float = 0.0
    span: float = 0.0


@record
class Tornado:
    """How a probability swings while one number at a time runs through its own range: (label, at
    the low end, at the high end).
    """

    label: str
    now: float
    swings: tuple[tuple[str, float, float], ...]


@record
class LineChart:
    """Probabilities over time: `lines` holds (label, one probability per moment)."""

    moments: tuple[str, ...]
    lines: tuple[tuple[str, tuple[float, ...]], ...]


@record
class Chain:
    """One path of causes: its variables, and each link as (strength, grade, the grade in words)."""

    labels: tuple[str, ...]
    links: tuple[tuple[float, str, str], ...]


@record
class Chains:
    """Paths of causes side by side; a picture of what the text says as items."""

    chains: tuple[Chain, ...]


@record
class Curve:
    """One line of `Curves`: its points (across, up), and the 90 % interval of each where there is
    one.
    """

    label: str
    points: tuple[tuple[float, float], ...]
    intervals: tuple[tuple[float, float], ...] = ()


@record
class Curves:
    """Shares that follow a probability, and thin `guides` to compare them with; a picture of what
    the text says as a table. `across` and `up` say what the two scales are.
    """

    across: str
    up: str
    curves: tuple[Curve, ...]
    guides: tuple[Curve, ...] = ()


@record
class Amount:
    """An amount in the unit of its picture, as it is said (`words`), with its range where it has
    one, and the heading that it stands under.
    """

    label: str
    amount: float
    words: str
    low: float | None = None
    high: float | None = None
    group: str = ""


@record
class Amounts:
    """Amounts on one scale, those of a group side by side; a picture of what the text says as
    items. `title` names the unit, `range` says what the whiskers are.
    """

    title: str
    rows: tuple[Amount, ...]
    range: str = ""


@record
class TextTable:
    """Rows of text under a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Note | Item | Bar | TextTable | Waterfall | Tornado | LineChart | Chains | Curves | Amounts


@record
class View:
    """A titled section; `aside` says that it is there to look things up in."""

    title: str
    blocks: tuple[Block, ...]
    aside: bool = False


def plain(views: Iterable[View]) -> list[dict[str, object]]:
    """Return sections as plain data: each with its title and its blocks, by kind.

    >>> plain([View("Kind", (Note("Of noise."),))])
    [{'title': 'Kind', 'blocks': [{'note': {'text': 'Of noise.'}}]}]
    """
    return [
        {"title": view.title, "blocks": [{_kind(block): asdict(block)} for block in view.blocks]}
        for view in views
    ]


def _kind(block: Block) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(block).__name__).lower()
