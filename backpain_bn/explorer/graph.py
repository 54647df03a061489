"""The network as a picture: columns by role, boxes with probabilities, links as thick as they are
strong. Drawn once, here, as SVG.
"""

from __future__ import annotations

import base64
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib.resources import files

from ..display import svg as drawing
from ..display.words import capital, finding_words, percent, plain, short_label
from ..explain.causal_paths import link_strength
from ..inference.posterior import Posterior
from ..model.findings import Finding, Findings
from ..model.network import Network, link_grade
from ..model.variables import Variable

WIDTH, HEIGHT, GAP, BETWEEN, TOP = 228, 33, 5, 44, 30
MARGIN, BOW = 8, 40
FONT, BOLD, VALUE = 11.5, 11.6, 86
"""The size of labels, that of values with what bold type adds, and the room that a box keeps for
its value, in pixels.
"""
SWEEPS, MOVED = 12, 8
LETTERS = {
    letter: em
    for letters, em in (("ijlI.,:;'| /", 0.34), ("frt!()[]-", 0.41), ("mwMW@%—…#+<=>~", 1.0))
    for letter in letters
}
"""How wide letters are, in ems of DejaVu Sans, the widest of the usual fonts."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what picks it (`key`), its heading, and its variables from top to bottom."""

    key: str
    title: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the top left corner of each variable's box is, and the size of the whole, in pixels."""

    columns: tuple[Column, ...]
    places: Mapping[str, tuple[float, float]]
    width: float
    height: float


@lru_cache(maxsize=8)
def layout(network: Network) -> Layout:
    """Return columns from left to right, each sorted so that links cross little (barycentres;
    Sugiyama et al. 1981).

    Columns are the roles; where all variables share one role, as in networks of other formats, they
    are steps from cause to effect.
    """
    columns = _columns(network)
    rank = {
        name: (index + 0.5) / len(names)
        for _, _, names in columns
        for index, name in enumerate(names)
    }
    for _ in range(SWEEPS):
        for _, _, names in columns:
            weight = {name: _barycentre(network, name, rank) for name in names}
            names.sort(key=weight.__getitem__)
            rank |= {name: (index + 0.5) / len(names) for index, name in enumerate(names)}
    tallest = max((len(names) for _, _, names in columns), default=0)
    step = HEIGHT + GAP
    places = {}
    for position, (_, _, names) in enumerate(columns):
        spread = min(tallest / len(names), 2.2)
        top = TOP + (tallest - len(names) * spread) * step / 2
        for row, name in enumerate(names):
            places[name] = (
                float(position * (WIDTH + BETWEEN) + MARGIN),
                float(round(top + row * step * spread)),
            )
    drawn = tuple(Column(key, title, tuple(names)) for key, title, names in columns)
    return Layout(
        drawn, places, len(columns) * (WIDTH + BETWEEN) + MARGIN, TOP + tallest * step + 8
    )


def _columns(network: Network) -> list[tuple[str, str, list[str]]]:
    roles = {
        role: [name for name, variable in network.variables.items() if variable.role == role]
        for role in network.vocabulary.roles
    }
    roles = {role: names for role, names in roles.items() if names}
    if len(roles) > 1:
        titles = network.vocabulary.roles
        return [(role, titles[role].title, names) for role, names in roles.items()]
    depth: dict[str, int] = {}
    for name in network.order:
        depth[name] = 1 + max((depth[parent] for parent in network[name].parents), default=0)
    steps: dict[int, list[str]] = {}
    for name in network.variables:
        steps.setdefault(depth[name], []).append(name)
    return [(f"step_{step}", f"Step {step}", steps[step]) for step in sorted(steps)]


def _barycentre(network: Network, name: str, rank: Mapping[str, float]) -> float:
    near = [*network[name].parents, *network.children[name]]
    return math.fsum(rank[other] for other in near) / len(near) if near else rank[name]


def svg(
    network: Network,
    now: Posterior,
    before: Posterior,
    findings: Findings,
    *,
    withheld: bool = False,
) -> str:
    """Return the graph as one self-contained SVG: each box with its probability now and a tick
    where it stood before.

    `withheld`: an urgent red flag is set, so no box shows a probability, only what was told.
    """
    plan = layout(network)
    heads = "".join(
        f'<text class="head" data-key="{column.key}" '
        f'x="{index * (WIDTH + BETWEEN) + MARGIN + WIDTH / 2:g}" y="18">{column.title}</text>'
        for index, column in enumerate(plan.columns)
    )
    links = "".join(
        _link(network, plan, parent, name, now)
        for name, variable in network.variables.items()
        for parent in variable.parents
    )
    boxes = "".join(
        _box(network[name], plan.places[name], now, before, findings.get(name), withheld)
        for name in plan.places
    )
    style = (files(__package__) / "web" / "graph.css").read_text(encoding="utf-8")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bp-graph" viewBox="0 0 {plan.width:g} '
        f'{plan.height:g}" '
        f'width="{plan.width:g}" height="{plan.height:g}" role="img" '
        f'aria-label="{escape(title(network))}">'
        f'<style>{style}</style>{heads}<g class="links">{links}</g>{boxes}</svg>'
    )


def title(network: Network) -> str:
    """Return what the picture shows, in a few words."""
    return f"{plain(network.name)}: causes on the left, what follows from them on the right"


def image(picture: str, alt: str, kind: str = "bp-picture") -> str:
    """Return an SVG as an `<img>` whose picture travels inside it; unlike inline SVG it survives
    where notebooks are not trusted.
    """
    data = base64.b64encode(picture.encode()).decode()
    return (
        f'<img class="{escape(kind)}" src="data:image/svg+xml;base64,{data}" '
        f'alt="{escape(alt)}" style="max-width:100%">'
    )


def alternative(
    network: Network,
    now: Posterior,
    before: Posterior,
    findings: Findings,
    *,
    withheld: bool = False,
) -> str:
    """Return the picture in words: what was told, and what that changed most."""
    told = [
        f"{short_label(network[name])}: {finding_words(finding)}"
        for name, finding in findings.items()
        if finding is not None
    ]
    first = f"{title(network)}. Told: {'; '.join(told) or 'nothing yet'}."
    if withheld:
        return f"{first} A red flag is set: nothing is ranked."
    rest = [name for name in network.variables if findings.get(name) is None]
    rest.sort(key=lambda name: -abs(now.present(name) - before.present(name)))
    likely = (
        f"{short_label(network[it])} {percent(now.present(it))} (before: "
        f"{percent(before.present(it))})"
        for it in rest[:MOVED]
    )
    return f"{first} Likely now: {'; '.join(likely)}."


def path(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return the curve from the right edge of one box to the left edge of another; within a column
    it bows out to the right.
    """
    x0, y0, y1 = start[0] + WIDTH, start[1] + HEIGHT / 2, end[1] + HEIGHT / 2
    if end[0] > start[0]:
        middle = (x0 + end[0]) / 2
        return f"M{x0:g} {y0:g}C{middle:g} {y0:g} {middle:g} {y1:g} {end[0]:g} {y1:g}"
    bow = max(x0, end[0] + WIDTH) + min(14 + abs(y1 - y0) / 12, BOW)
    return f"M{x0:g} {y0:g}C{bow:.0f} {y0:g} {bow:.0f} {y1:g} {end[0] + WIDTH:g} {y1:g}"


def thickness(strength: float) -> float:
    """Return the width of a link in pixels: 0.6 for next to nothing, 5 for a certainty."""
    return 0.6 + 4.4 * math.sqrt(max(strength, 0.0))


def _link(network: Network, plan: Layout, parent: str, child: str, now: Posterior) -> str:
    grade, strength = link_grade(network, parent, child), link_strength(network, parent, child, now)
    return (
        f'<path class="link {grade.replace(" ", "-")}" stroke-width="{thickness(strength):.1f}" '
        f'd="{path(plan.places[parent], plan.places[child])}"/>'
    )


def _box(
    variable: Variable,
    place: tuple[float, float],
    now: Posterior,
    before: Posterior,
    finding: Finding,
    withheld: bool,
) -> str:
    name, known = variable.name, finding is not None
    hidden = withheld and not known
    present, was = (0.0, 0.0) if hidden else (now.present(name), before.present(name))
    value = "" if hidden else shown_value(finding, present)
    label, full = (
        fit(capital(short_label(variable)), WIDTH - 16),
        drawing.fit(variable.label or name),
    )
    room = WIDTH - 16 - VALUE
    told = " told" if isinstance(finding, str) else " told unsure" if known else ""
    tick = "" if hidden else f'<path class="tick" d="M{8 + room * was:.1f} 18v10"/>'
    return (
        f'<g class="node {variable.role}{told}" data-id="{escape(name)}" '
        f'transform="translate({place[0]:g} {place[1]:g})">'
        f"<title>{escape(full)}{escape(drawing.fit(f': {value}') if value else '')}</title>"
        f'<rect class="box" width="{WIDTH}" height="{HEIGHT}" rx="4"/><text class="label" x="8" '
        f'y="13">{escape(label)}</text>'
        f'<text class="value" x="{WIDTH - 7}" y="27">{escape(fit(value, VALUE - 8, BOLD))}</text>'
        f'<rect class="track" x="8" y="20" width="{room}" height="6" rx="3"/>'
        f'<rect class="bar" x="8" y="20" width="{room * present:.1f}" height="6" rx="3"/>{tick}</g>'
    )


def width(text: str, size: float = FONT) -> float:
    """Return about how wide a text is in pixels, in the widest of the fonts that it may be shown
    in.
    """
    return size * sum(map(_em, text))


def _em(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    wide = (
        1.05 if unicodedata.east_asian_width(letter) in "WF" else 0.79 if letter.isupper() else 0.63
    )
    return LETTERS.get(letter, wide)


def fit(text: str, room: float, size: float = FONT) -> str:
    """Return the text, cut with an ellipsis where it would not fit into `room` pixels.

    >>> fit("Tight hip flexors", 198), fit("Muscles unevenly strong, left to right", 198)
    ('Tight hip flexors', 'Muscles unevenly strong, left…')
    """
    text = drawing.fit(text)
    if width(text, size) <= room:
        return text
    while text and width(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def shown_value(finding: Finding, present: float) -> str:
    """Return what stands at the right of a box: the state that was told, or the chance of anything
    but the healthy state.
    """
    return plain(finding) if isinstance(finding, str) else percent(present)


def legend(network: Network) -> str:
    """Return what the grades that occur among the links look like, as HTML."""
    grades = {
        link_grade(network, parent, name)
        for name, variable in network.variables.items()
        for parent in variable.parents
    }
    return "".join(
        '<span class="key"><svg width="34" height="8" aria-hidden="true"><path class="link '
        f'{grade.replace(" ", "-")}" stroke-width="2.5" '
        f'd="M1 4h32"/></svg>{escape(words)}</span>'
        for grade, words in network.vocabulary.grades.items()
        if grade in grades
    )
