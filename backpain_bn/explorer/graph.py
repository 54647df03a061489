"""The network as a picture: boxes with probabilities, links as thick as they are strong. Python
draws it where no script runs; in the page web/picture.js does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import escape
from importlib.resources import files

from ..display.causes import blamed_words
from ..display.lettering import printable, wrapped
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
from ..inference.posterior import Posterior
from ..model.findings import Finding, Findings
from ..model.network import Network, link_grade, link_numbers
from ..model.variables import Variable
from ..phrases import phrase
from .layout import Layout, columns_of, layout
from .picked import Picked, ShownLink

PADDING, LINE = 9, 16
"""The room inside a box at its sides, and the height of a line of text, in pixels."""
BAR, ROOM = 6, 12
"""How thick the bar is, and the room that it takes."""
HEAD_FONT, LABEL_FONT, VALUE_FONT = 13, 13, 12.5
MOST_LINES, MOST_VALUE_LINES, MOST_HEAD_LINES = 6, 3, 2
WIDTH = 1180
"""How wide the picture is where nobody says."""
ARROW = 8
COLOURS = 6
SAME = 1e-9
"""What was told holds where it is as likely as that."""
MOVED = 8


@dataclass(frozen=True, slots=True)
class Acts:
    """What is not found but done: `does` ({variable: state}) is set whatever its causes, `treats`
    names what is put right, all else of the case being as it is.
    """

    does: Mapping[str, str] = field(default_factory=dict)
    treats: tuple[str, ...] = ()


NONE = Acts()


@lru_cache(maxsize=16)
def web(name: str) -> str:
    """Return a file of the `web` folder."""
    return (files(__package__) / "web" / name).read_text(encoding="utf-8")


def svg(
    network: Network,
    now: Posterior,
    before: Posterior,
    findings: Findings,
    shown: Picked,
    acts: Acts = NONE,
    *,
    withheld: bool = False,
) -> str:
    """Return what is `shown` as one self-contained SVG: each box with its probability now and a
    tick where it stood before. What is done looks other than what was found. Where something is
    put right, `now` is the other world, and `before` is today.

    `withheld`: an urgent red flag is set, so no box shows a probability, only what was told.
    """
    columns = columns_of(network)
    box = layout(columns, dict.fromkeys(shown.names, 1.0), (), WIDTH).box
    said = {}
    for name in shown.names:
        content = _shown(network[name], findings.get(name), now, before, withheld)
        if name in acts.does:
            content = replace(content, value=plain(acts.does[name]), told=" done")
        if name in acts.treats:
            right = plain(network[name].healthy)
            content = replace(content, value=right, now=0.0, told=" treated")
        said[name] = _Said.of(network[name], content, box)
    heights = {name: one.height for name, one in said.items()}
    pairs = [(link.start, link.end) for link in shown.links]
    plan = layout(columns, heights, pairs, WIDTH)
    boxes = "".join(_box(network, name, plan, one, withheld) for name, one in said.items())
    links = "".join(_links(plan, shown.links, withheld))
    drawn = f'{"".join(_heads(plan))}{boxes}<g class="links">{links}</g>'
    return _svg(network, plan.width, plan.height, drawn)


def blank(network: Network) -> str:
    """Return the SVG without anything in it, for scripts to draw."""
    return _svg(network, 0, 0, "")


def _svg(network: Network, width: float, height: float, drawn: str) -> str:
    one = " one" if len({link_grade(network, *pair) for pair in links_of(network)}) < 2 else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bp-graph{one}" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'role="img" aria-label="{escape(printable(title(network)))}">'
        f"<style>{web('graph.css')}</style>{_arrows(network)}{drawn}</svg>"
    )


def title(network: Network) -> str:
    """Return what the picture shows, in a few words."""
    return f"{plain(network.name)}: causes on the left, what follows from them on the right"


def _heads(plan: Layout) -> Iterator[str]:
    for column, left in plan.columns:
        x = left + plan.box / 2
        lines = wrapped(column.title, plan.box, HEAD_FONT, BOLD, most=MOST_HEAD_LINES)
        first = 30 - LINE * (len(lines) - 1)
        yield f'<text class="head">{_lines(lines, x, first)}</text>'


def _arrows(network: Network) -> str:
    """The arrowheads, one for each grade."""
    shape = f'd="M0 0L{ARROW} {ARROW / 2:g}L0 {ARROW}z"'
    size = f'markerWidth="{ARROW}" markerHeight="{ARROW}" refX="{ARROW}" refY="{ARROW / 2:g}"'
    heads = (
        f'<marker id="{_arrow(grade)}" orient="auto" markerUnits="userSpaceOnUse" {size}>'
        f'<path class="{kind(grade)} tip" {shape}/></marker>'
        for grade in network.vocabulary.grades
    )
    return f"<defs>{''.join(heads)}</defs>"


def _arrow(grade: str) -> str:
    return f"bp-arrow-{grade.replace(' ', '-')}"


def _links(plan: Layout, links: tuple[ShownLink, ...], withheld: bool) -> Iterator[str]:
    for link, route in zip(links, plan.routes, strict=True):
        strength = 0.0 if withheld else link.strength
        bridged = " bridged" if link.bridged else ""
        yield (
            f'<path class="{kind(link.grade)}{bridged}" stroke-width="{thickness(strength):.1f}" '
            f'marker-end="url(#{_arrow(link.grade)})" d="{route.path}"/>'
        )


def links_of(network: Network) -> Iterator[tuple[str, str]]:
    """Yield every link as (parent, child), in the order of the children."""
    for child, variable in network.variables.items():
        for parent in variable.parents:
            yield parent, child


def thickness(strength: float) -> float:
    """Return the width of a link in pixels: 0.8 for next to nothing, 6 for a certainty."""
    return 0.8 + 5.2 * math.sqrt(max(strength, 0.0))


def kind(grade: str) -> str:
    """Return the class by which a link is drawn."""
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
    if withheld and not isinstance(finding, str):
        return _Shown("", 0.0, 0.0, "" if finding is None else " told unsure")
    name = variable.name
    if variable.healthy_first:
        present, was = now.present(name), before.present(name)
        value = f"{percent(present)} {_unhealthy(variable)}".rstrip()
    else:
        likeliest = max(variable.states, key=now[name].__getitem__)
        present, was = now[name][likeliest], before[name][likeliest]
        value = f"{percent(present)} {plain(likeliest)}"
    if isinstance(finding, str):
        holds = withheld or now[name][finding] >= 1.0 - SAME
        return _Shown(plain(finding) if holds else value, present, was, " told")
    return _Shown(value, present, was, "" if finding is None else " told unsure")


def _unhealthy(variable: Variable) -> str:
    """Return which states a box counts, in a few words; nothing where that is a plain yes."""
    if is_yes_no(variable):
        return ""
    if len(variable.states) == 2:
        return plain(variable.states[1])
    return f"not {plain(variable.healthy)}"


@dataclass(frozen=True, slots=True)
class _Said:
    """A box: what it shows, and its label and value in lines."""

    shown: _Shown
    label: list[str]
    value: list[str]
    full: str

    @classmethod
    def of(cls, variable: Variable, shown: _Shown, box: float) -> _Said:
        room = box - 2 * PADDING
        label = wrapped(capital(short_label(variable)), room, LABEL_FONT, most=MOST_LINES)
        value = wrapped(shown.value or " ", room, VALUE_FONT, BOLD, most=MOST_VALUE_LINES)
        full = full_label(variable)
        return cls(shown, label, value, f"{full}: {shown.value}" if shown.value else full)

    @property
    def height(self) -> float:
        return float(8 + LINE * (len(self.label) + len(self.value)) + ROOM)


def _box(network: Network, name: str, plan: Layout, said: _Said, withheld: bool) -> str:
    shown = said.shown
    colour = list(network.vocabulary.roles).index(network[name].role) % COLOURS
    outcome = " outcome" if name == network.outcome else ""
    x, y = plan.places[name]
    track = plan.box - 2 * PADDING
    label = _lines(said.label, PADDING, 17)
    value = _lines(said.value, plan.box - PADDING, 17 + LINE * len(said.label))
    top = said.height - ROOM
    at = PADDING + track * shown.before
    tick = "" if withheld else f'<path class="tick" d="M{at:.1f} {top - 2:g}v{BAR + 4}"/>'
    line = f'x="{PADDING}" y="{top:g}" height="{BAR}" rx="2"'
    return (
        f'<g class="node colour{colour}{shown.told}{outcome}" data-id="{escape(name)}" '
        f'transform="translate({x:g} {y:g})"><title>{escape(printable(said.full))}</title>'
        f'<rect class="box" width="{plan.box:g}" height="{said.height:g}" rx="5"/>'
        f'<text class="label">{label}</text><text class="value">{value}</text>'
        f'<rect class="track" {line} width="{track:g}"/>'
        f'<rect class="bar" {line} width="{track * shown.now:.1f}"/>'
        f"{tick}</g>"
    )


def _lines(lines: list[str], x: float, first: float) -> str:
    return "".join(
        f'<tspan x="{x:g}" y="{first + LINE * row:g}">{escape(words)}</tspan>'
        for row, words in enumerate(lines)
    )


def alternative(
    network: Network,
    now: Posterior,
    before: Posterior,
    findings: Findings,
    acts: Acts = NONE,
    *,
    withheld: bool = False,
) -> str:
    """Return the picture in words: what was told and done, and what that changed most."""
    told = [
        f"{short_label(network[name])}: {finding_words(finding)}"
        for name, finding in findings.items()
        if finding is not None
    ]
    first = f"{title(network)}. Told: {'; '.join(told) or 'nothing yet'}."
    if acts.does:
        pairs = acts.does.items()
        made = (f"{short_label(network[name])}: {plain(state)}" for name, state in pairs)
        first = f"{first} Set, whatever its causes: {'; '.join(made)}."
    if withheld:
        return f"{first} A red flag is set: nothing is ranked."
    if acts.treats:
        first = f"{first} {_put_right(network, now, before, findings, acts.treats)}"
    rest = {
        name: _shown(variable, None, now, before, withheld)
        for name, variable in network.variables.items()
        if findings.get(name) is None and name not in acts.does and name not in acts.treats
    }
    moved = sorted(rest.items(), key=lambda item: -abs(item[1].now - item[1].before))
    likely = (
        f"{short_label(network[name])} {shown.value} (before: {percent(shown.before)})"
        for name, shown in moved[:MOVED]
    )
    return f"{first} Likely now: {'; '.join(likely)}."


def _put_right(
    network: Network,
    there: Posterior,
    today: Posterior,
    findings: Findings,
    treats: Sequence[str],
) -> str:
    """What would become of the outcome, in the words of the page."""
    causes = ", ".join(blamed_words(network, name, findings) for name in treats)
    if not network.outcome:
        return f"{phrase('put_right_title')}: {causes}."
    outcome = capital(short_label(network[network.outcome]))
    ends = (percent(each.present(network.outcome)) for each in (today, there))
    before, after = ends
    return phrase("put_right", outcome=outcome, before=before, after=after, causes=causes)


def _cites(network: Network, parent: str, child: str) -> bool:
    numbers = link_numbers(network, parent, child)
    return any(number.sources or number.against for number in numbers)


def legend(network: Network) -> str:
    """Return what the grades that occur among the links look like, as HTML; links that name no
    source at all do not count.
    """
    occurring = {link_grade(network, *pair) for pair in links_of(network) if _cites(network, *pair)}
    return "".join(
        f'<span class="key"><svg width="34" height="8" aria-hidden="true"><path '
        f'class="{kind(grade)}" stroke-width="2.5" d="M1 4h32"/></svg>{escape(words)}</span>'
        for grade, words in network.vocabulary.grades.items()
        if grade in occurring
    )
