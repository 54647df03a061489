"""The network as a picture: columns by role, boxes with probabilities, links as thick as they are strong. Drawn once, here, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib.resources import files

from .chains import link_strength
from .cite import GRADE_WORDS, short_label
from .evidence import Findings
from .network import ROLES, Network, Variable, link_grade
from .posterior import Posterior
from .render import percent

WIDTH, HEIGHT, GAP, BETWEEN, TOP = 206, 31, 5, 58, 30
LETTERS = 25
ROLE_WORDS = {
    "risk_factor": "Risk factors",
    "impairment": "Impairments",
    "form": "Running form",
    "mechanism": "Mechanisms",
    "presentation": "Pain",
    "test": "Tests",
}
SWEEPS = 12


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the top left corner of each variable's box is, and the size of the whole, in pixels."""

    places: Mapping[str, tuple[float, float]]
    width: float
    height: float


@lru_cache(maxsize=8)
def layout(network: Network) -> Layout:
    """Return columns by role from left to right, each sorted so that links cross little (barycentres; Sugiyama et al. 1981)."""
    columns = {role: [name for name, variable in network.variables.items() if variable.role == role] for role in ROLES}
    columns = {role: names for role, names in columns.items() if names}
    rank = {name: (index + 0.5) / len(names) for names in columns.values() for index, name in enumerate(names)}
    for _ in range(SWEEPS):
        for names in columns.values():
            weight = {name: _barycentre(network, name, rank) for name in names}
            names.sort(key=weight.__getitem__)
            rank |= {name: (index + 0.5) / len(names) for index, name in enumerate(names)}
    tallest = max(map(len, columns.values()))
    step = HEIGHT + GAP
    places = {}
    for column, names in enumerate(columns.values()):
        spread = min(tallest / len(names), 2.2)
        top = TOP + (tallest - len(names) * spread) * step / 2
        for row, name in enumerate(names):
            places[name] = (column * (WIDTH + BETWEEN) + 8.0, top + row * step * spread)
    return Layout(places, len(columns) * (WIDTH + BETWEEN) - BETWEEN + 16, TOP + tallest * step + 8)


def _barycentre(network: Network, name: str, rank: Mapping[str, float]) -> float:
    near = [*network[name].parents, *network.children[name]]
    return math.fsum(rank[other] for other in near) / len(near) if near else rank[name]


def svg(network: Network, now: Posterior, before: Posterior, findings: Findings) -> str:
    """Return the graph as one self-contained SVG: each box with its probability now and a tick where it stood before."""
    plan = layout(network)
    heads = _heads(network, plan)
    links = "".join(_link(network, plan, parent, name, now) for name, variable in network.variables.items() for parent in variable.parents)
    boxes = "".join(_box(network[name], plan.places[name], now, before, findings.get(name)) for name in plan.places)
    style = (files(__package__) / "web" / "graph.css").read_text(encoding="utf-8")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bp-graph" viewBox="0 0 {plan.width:g} {plan.height:g}" '
        f'width="{plan.width:g}" height="{plan.height:g}" role="group" aria-label="{escape(network.name)}: causes of back pain, left to right">'
        f"<style>{style}</style>{heads}<g class=\"links\">{links}</g><g class=\"nodes\">{boxes}</g></svg>"
    )


def _heads(network: Network, plan: Layout) -> str:
    found: dict[str, float] = {}
    for name, (x, _) in plan.places.items():
        found.setdefault(network[name].role, x)
    return "".join(f'<text class="head" data-role="{role}" x="{x + WIDTH / 2:g}" y="18">{ROLE_WORDS[role]}</text>' for role, x in found.items())


def path(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return the curve from the right edge of one box to the left edge of another; within a column it bows out to the right."""
    x0, y0, y1 = start[0] + WIDTH, start[1] + HEIGHT / 2, end[1] + HEIGHT / 2
    if end[0] > start[0]:
        middle = (x0 + end[0]) / 2
        return f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {end[0]:.1f} {y1:.1f}"
    x1 = end[0] + WIDTH
    bow = max(x0, x1) + 14 + abs(y1 - y0) / 12
    return f"M{x0:.1f} {y0:.1f}C{bow:.1f} {y0:.1f} {bow:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"


def thickness(strength: float) -> float:
    """Return the width of a link in pixels: 0.6 for next to nothing, 5 for a certainty."""
    return 0.6 + 4.4 * math.sqrt(max(strength, 0.0))


def _link(network: Network, plan: Layout, parent: str, child: str, now: Posterior) -> str:
    grade, strength = link_grade(network, parent, child), link_strength(network, parent, child, now)
    return (
        f'<path class="link {grade.replace(" ", "-")}" data-from="{escape(parent)}" data-to="{escape(child)}" '
        f'stroke-width="{thickness(strength):.2f}" d="{path(plan.places[parent], plan.places[child])}"/>'
    )


def _box(variable: Variable, place: tuple[float, float], now: Posterior, before: Posterior, finding: object) -> str:
    name, told = variable.name, isinstance(finding, str)
    present, was = now.present(name), before.present(name)
    value = shown_value(variable, finding, present)
    label = short_label(variable)
    label = label[0].upper() + label[1:]
    short = label if len(label) <= LETTERS else label[: LETTERS - 1] + "…"
    room = WIDTH - 16
    return (
        f'<g class="node {variable.role}{" told" if told else ""}" data-id="{escape(name)}" transform="translate({place[0]:g} {place[1]:g})" '
        f'role="button" tabindex="0" aria-label="{escape(variable.label or name)}: {escape(value)}">'
        f"<title>{escape(variable.label or name)}</title>"
        f'<rect class="box" width="{WIDTH}" height="{HEIGHT}" rx="4"/><text class="label" x="8" y="14">{escape(short)}</text>'
        f'<text class="value" x="{WIDTH - 7}" y="14">{escape(value)}</text>'
        f'<rect class="track" x="8" y="20" width="{room}" height="6" rx="3"/>'
        f'<rect class="bar" x="8" y="20" width="{room * present:.1f}" height="6" rx="3"/>'
        f'<path class="tick" d="M{8 + room * was:.1f} 18v10"/></g>'
    )


def shown_value(variable: Variable, finding: object, present: float) -> str:
    """Return what stands at the right of a box: the state that was told, or the chance of anything but the healthy state."""
    return str(finding).replace("_", " ") if isinstance(finding, str) else percent(present)


def legend() -> str:
    """Return what the grades of links look like, as HTML."""
    return "".join(
        f'<span class="key"><svg width="34" height="8" aria-hidden="true"><path class="link {grade.replace(" ", "-")}" stroke-width="2.5" '
        f'd="M1 4h32"/></svg>{escape(words)}</span>'
        for grade, words in GRADE_WORDS.items()
    )
