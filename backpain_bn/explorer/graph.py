"""The network as a picture: boxes with probabilities, links as thick as they are strong. Drawn
once, here, as SVG.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib.resources import files

from ..display.lettering import cut, printable, wrapped
from ..display.svg import BOLD
from ..display.words import (
    capital,
    finding_words,
    full_label,
    is_yes_no,
    percent,
    plain,
    short_label,
)
from ..explain.causal_paths import link_strength
from ..inference.posterior import Posterior
from ..model.findings import Finding, Findings
from ..model.network import Network, link_grade, link_numbers
from ..model.variables import Variable
from .layout import BETWEEN, HEIGHT, MARGIN, WIDTH, Layout, layout, route

PADDING = 8
"""The room inside a box at its left and right, in pixels."""
TRACK = WIDTH - 2 * PADDING
"""How long the bar of a certainty is."""
HEAD_FONT, LABEL_FONT, VALUE_FONT = 13, 12, 11.5
LINES, LINE = 2, 11.5
"""How many lines a label may have, and how far apart they are."""
ARROW = 7
COLOURS = 6
MOVED = 8


@lru_cache(maxsize=16)
def web(name: str) -> str:
    """Return a file of the `web` folder."""
    return (files(__package__) / "web" / name).read_text(encoding="utf-8")


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
    boxes = []
    for name in plan.places:
        shown = _shown(network[name], findings.get(name), now, before, withheld)
        boxes.append(_box(network, name, plan, shown))
    size = f"{plan.width:g} {plan.height:g}"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="bp-graph" '
        f'viewBox="0 0 {size}" width="{plan.width:g}" height="{plan.height:g}" '
        f'role="img" aria-label="{escape(printable(title(network)))}">'
        f"<style>{web('graph.css')}</style>{_arrows(network)}{''.join(_heads(plan))}"
        f'<g class="links">{"".join(_links(network, plan, now, withheld))}</g>'
        f"{''.join(boxes)}</svg>"
    )


def title(network: Network) -> str:
    """Return what the picture shows, in a few words."""
    return f"{plain(network.name)}: causes on the left, what follows from them on the right"


def _heads(plan: Layout) -> Iterator[str]:
    for index, column in enumerate(plan.columns):
        x = index * (WIDTH + BETWEEN) + MARGIN + WIDTH / 2
        words = cut(column.title, WIDTH, HEAD_FONT, BOLD)
        key = escape(column.key)
        yield f'<text class="head" data-key="{key}" x="{x:g}" y="18">{escape(words)}</text>'


def _arrows(network: Network) -> str:
    """The arrowheads, one for each grade."""
    shape = f'd="M0 0L{ARROW} {ARROW / 2:g}L0 {ARROW}z"'
    size = f'markerWidth="{ARROW}" markerHeight="{ARROW}" refX="{ARROW}" refY="{ARROW / 2:g}"'
    heads = (
        f'<marker id="{_arrow(grade)}" orient="auto" markerUnits="userSpaceOnUse" {size}>'
        f'<path class="{_kind(grade)} tip" {shape}/></marker>'
        for grade in network.vocabulary.grades
    )
    return f"<defs>{''.join(heads)}</defs>"


def _arrow(grade: str) -> str:
    return f"bp-arrow-{grade.replace(' ', '-')}"


def _links(network: Network, plan: Layout, now: Posterior, withheld: bool) -> Iterator[str]:
    boxes = plan.boxes
    for parent, child in pairs(network):
        strength = 0.0 if withheld else link_strength(network, parent, child, now)
        way = route(plan.places[parent], plan.places[child], boxes)
        grade = link_grade(network, parent, child)
        yield (
            f'<path class="{_kind(grade)}" stroke-width="{thickness(strength):.1f}" '
            f'marker-end="url(#{_arrow(grade)})" d="{way}"/>'
        )


def pairs(network: Network) -> Iterator[tuple[str, str]]:
    """Yield every link as (parent, child), in the order of the children."""
    for child, variable in network.variables.items():
        for parent in variable.parents:
            yield parent, child


def thickness(strength: float) -> float:
    """Return the width of a link in pixels: 0.6 for next to nothing, 5 for a certainty."""
    return 0.6 + 4.4 * math.sqrt(max(strength, 0.0))


def _kind(grade: str) -> str:
    return f"link {grade.replace(' ', '-')}"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a box shows: words for its value, and the probability now and before."""

    value: str
    now: float
    before: float
    told: str = ""


def _shown(
    variable: Variable, finding: Finding, now: Posterior, before: Posterior, withheld: bool
) -> _Shown:
    """Of a variable whose healthy state is known the chance of any other, else that of its
    likeliest state; said in words unless it is a plain yes.
    """
    if withheld and finding is None:
        return _Shown("", 0.0, 0.0)
    name = variable.name
    if variable.healthy_first:
        present, was = now.present(name), before.present(name)
        value = f"{percent(present)} {_unhealthy(variable)}".rstrip()
    else:
        likeliest = max(variable.states, key=now[name].__getitem__)
        present, was = now[name][likeliest], before[name][likeliest]
        value = f"{percent(present)} {plain(likeliest)}"
    if isinstance(finding, str):
        return _Shown(plain(finding), present, was, " told")
    return _Shown(value, present, was, "" if finding is None else " told unsure")


def _unhealthy(variable: Variable) -> str:
    """Return which states a box counts, in a few words; nothing where that is a plain yes."""
    if is_yes_no(variable):
        return ""
    if len(variable.states) == 2:
        return plain(variable.states[1])
    return f"not {plain(variable.healthy)}"


def _box(network: Network, name: str, plan: Layout, shown: _Shown) -> str:
    variable = network[name]
    colour = list(network.vocabulary.roles).index(variable.role) % COLOURS
    x, y = plan.places[name]
    name_lines = wrapped(
        capital(short_label(variable)), WIDTH - 2 * PADDING, LABEL_FONT, most=LINES
    )
    label = "".join(
        f'<tspan x="{PADDING}" y="{12 + LINE * line:g}">{escape(words)}</tspan>'
        for line, words in enumerate(name_lines)
    )
    value = cut(shown.value, TRACK, VALUE_FONT, BOLD)
    full = f"{full_label(variable)}: {shown.value}" if shown.value else full_label(variable)
    tick = f'<path class="tick" d="M{PADDING + TRACK * shown.before:.1f} 36v8"/>'
    line = f'x="{PADDING}" y="38" height="4" rx="2"'
    return (
        f'<g class="node colour{colour}{shown.told}" data-id="{escape(name)}" '
        f'transform="translate({x:g} {y:g})"><title>{escape(printable(full))}</title>'
        f'<rect class="box" width="{WIDTH}" height="{HEIGHT}" rx="4"/>'
        f'<text class="label">{label}</text>'
        f'<text class="value" x="{WIDTH - PADDING}" y="35">{escape(value)}</text>'
        f'<rect class="track" {line} width="{TRACK}"/>'
        f'<rect class="bar" {line} width="{TRACK * shown.now:.1f}"/>'
        f"{tick if shown.value else ''}</g>"
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
    rest = {
        name: _shown(variable, None, now, before, withheld)
        for name, variable in network.variables.items()
        if findings.get(name) is None
    }
    moved = sorted(rest.items(), key=lambda item: -abs(item[1].now - item[1].before))
    likely = (
        f"{short_label(network[name])} {shown.value} (before: {percent(shown.before)})"
        for name, shown in moved[:MOVED]
    )
    return f"{first} Likely now: {'; '.join(likely)}."


def _cites(network: Network, parent: str, child: str) -> bool:
    numbers = link_numbers(network, parent, child)
    return any(number.sources or number.against for number in numbers)


def legend(network: Network) -> str:
    """Return what the grades that occur among the links look like, as HTML; links that name no
    source at all do not count.
    """
    occurring = {link_grade(network, *pair) for pair in pairs(network) if _cites(network, *pair)}
    return "".join(
        f'<span class="key"><svg width="34" height="8" aria-hidden="true"><path '
        f'class="{_kind(grade)}" stroke-width="2.5" d="M1 4h32"/></svg>{escape(words)}</span>'
        for grade, words in network.vocabulary.grades.items()
        if grade in occurring
    )
