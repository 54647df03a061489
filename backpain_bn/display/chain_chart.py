"""Chains of causes side by side, each from its first cause down to what it leads to: links as thick
as they are strong, coloured and dashed by their grade.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from .blocks import Chain, Chains
from .lettering import wrapped
from .svg import GAP, LETTER, LINE, PAD, SMALL, WIDTH, Picture, dot, picture, text_block
from .words import percent

STOP, MARK = 30, 5.0
"""The height of a link without words, and the radius of the mark of a variable, in pixels."""
THINNEST, THICKEST = 1.2, 7.0
LINES = 3


def chain_chart(block: Chains) -> Picture:
    """Return the chains as columns of marks and links, each link with its strength and grade."""
    wide = (WIDTH - 2 * PAD) / max(len(block.chains), 1)
    columns = [
        list(_column(chain, PAD + place * wide, wide)) for place, chain in enumerate(block.chains)
    ]
    height = max((low for column in columns for _, low in column), default=0.0) + PAD
    said = "; ".join(_words(chain) for chain in block.chains)
    return picture([part for column in columns for part, _ in column], height, f"{said}.")


def _column(chain: Chain, left: float, wide: float) -> Iterator[tuple[str, float]]:
    """The strokes of one chain from top to bottom, each with the height that it ends at."""
    x, y, room = left + MARK + 2, PAD + LINE / 2, wide - 2 * MARK - 2 * GAP
    links: list[tuple[float, str, str] | None] = [*chain.links, None]
    for label, link in zip(chain.labels, links, strict=True):
        lines = wrapped(label, room, LETTER, most=LINES)
        middle = y + LINE * (len(lines) - 1) / 2
        yield text_block(x + GAP, middle, lines, "strong"), middle + LINE * len(lines) / 2
        top = y
        y += LINE * len(lines)
        if link is not None:
            strength, grade, said = link
            below = wrapped(f"{percent(strength)}, {said}", room, SMALL, most=LINES)
            yield text_block(x + GAP, y + LINE * (len(below) - 1) / 2, below, "small"), y
            y += max(LINE * len(below) + 6, STOP)
            size = THINNEST + (THICKEST - THINNEST) * math.sqrt(max(strength, 0.0))
            kind = f"chain {grade.replace(' ', '-')}"
            yield (
                f'<path class="{kind}" stroke-width="{size:.1f}" d="M{x:.1f} {top:.1f}V{y:.1f}"/>',
                y,
            )
        yield dot(x, top, MARK), top + MARK


def _words(chain: Chain) -> str:
    steps = [chain.labels[0]]
    for label, (strength, _, said) in zip(chain.labels[1:], chain.links, strict=True):
        steps.append(f"{label} ({percent(strength)}, {said})")
    return " > ".join(steps)
