"""One file to share: the graph, its answer in words, and exact inference in the browser, without Python and without a network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from . import cite, graph, triage
from .circuit import factored
from .contributors import CONTRIBUTING_ROLES
from .evidence import Findings
from .network import Network, NoisyOr, Number, link_grade
from .posterior import Posterior
from .triage import RedFlags

NOTICE = "This is no medical diagnosis. It weighs what is published; a physiotherapist or doctor looks at you."
PRIVATE = "Everything is worked out in this page: nothing you click leaves your browser."


def web(name: str) -> str:
    """Return a file of the `web` folder."""
    return (files(__package__) / "web" / name).read_text(encoding="utf-8")


def model(network: Network, voices: Mapping[str, Network]) -> dict[str, Any]:
    """Return what the browser needs: factors and order, the parameters of each voice, variables, links, sources, red-flag rules.

    Every voice must have the same mechanisms as the network itself; those that have not are left out.
    """
    tape, factors, order, _ = factored(network)
    shapes = [{"axes": list(f.axes), "cells": f.cells.ravel().tolist(), "live": bool(f.live)} for f in factors]
    alike = {name: other for name, other in voices.items() if _same_form(network, other)}
    rules = triage.load_rules()
    return {
        "name": network.name,
        "version": network.version,
        "outcome": network.outcome,
        "states": tape.states,
        "sizes": tape.sizes,
        "order": order,
        "factors": shapes,
        "parameters": tape.parameters.tolist(),
        "variables": [_variable(network, name, tape.places[name]) for name in network.variables],
        "links": list(_links(network)),
        "voices": {name: _voice(other) for name, other in alike.items()},
        "sources": {id: [row.reference, row.says, row.read] for id, row in network.sources.items() if row.kind == "study"},
        "claims": {id: [row.reference, row.says] for id, row in network.sources.items() if row.kind == "claim"},
        "grades": cite.GRADE_WORDS,
        "questions": [[question.id, question.text] for question in rules.questions],
        "rules": [[rule.label, rule.urgency, rule.action, rule.any] for rule in rules.rules],
        "box": [graph.WIDTH, graph.HEIGHT, graph.BETWEEN],
        "notice": NOTICE,
    }


def _same_form(network: Network, other: Network) -> bool:
    return list(network.variables) == list(other.variables) and all(
        variable.states == other[name].states and _conditions(variable.distribution) == _conditions(other[name].distribution)
        for name, variable in network.variables.items()
    )


def _conditions(distribution: Any) -> Any:
    if isinstance(distribution, NoisyOr):
        return [dict(mechanism.when) for mechanism in distribution.mechanisms]
    return distribution.parents, [row.given for row in distribution.rows]


def _variable(network: Network, name: str, place: slice) -> dict[str, Any]:
    variable = network[name]
    upstream = network.ancestors(network.outcome) if network.outcome else frozenset()
    entry: dict[str, Any] = {
        "id": name, "label": variable.label or name, "short": cite.short_label(variable), "role": variable.role, "states": variable.states,
        "question": variable.question, "place": [place.start, place.stop],
    }  # fmt: skip
    if variable.role in CONTRIBUTING_ROLES and name in upstream:
        entry["cause"] = "or" if isinstance(variable.distribution, NoisyOr) else "table"
    return entry


def _voice(network: Network) -> dict[str, Any]:
    tape, *_ = factored(network)
    return {"parameters": tape.parameters.tolist(), "strengths": [round(_acting_number(network, *link).p, 4) for link in _pairs(network)]}


def _pairs(network: Network) -> Iterator[tuple[str, str]]:
    return ((parent, child) for child, variable in network.variables.items() for parent in variable.parents)


def _links(network: Network) -> Iterator[list[Any]]:
    """Yield [parent, child, grade, sources, against] of every link; strengths differ by voice."""
    for parent, child in _pairs(network):
        number = _acting_number(network, parent, child)
        yield [parent, child, link_grade(network, parent, child), list(number.sources), list(number.against)]


def _acting_number(network: Network, parent: str, child: str) -> Number:
    """Return the number that a link shows: its strongest mechanism, one with an unhealthy condition on the parent if there is any."""
    distribution, healthy = network[child].distribution, network[parent].states[0]
    if not isinstance(distribution, NoisyOr):
        return distribution.rows[-1].numbers[-1]
    mechanisms = [m for m in distribution.mechanisms if parent in m.when]
    acting = [m for m in mechanisms if healthy not in m.when[parent]]
    return max((m.number for m in acting or mechanisms), key=lambda number: number.p)


def fragment(
    network: Network, voices: Mapping[str, Network], findings: Findings, red_flags: RedFlags, now: Posterior, before: Posterior
) -> str:
    """Return the explorer as HTML without head and scripts: the graph as a picture first, so that it shows even where no script runs."""
    told = {name: finding for name, finding in findings.items() if isinstance(finding, str)}
    data = json.dumps(
        {"model": model(network, voices), "case": told, "flags": {k: v for k, v in red_flags.answers.items() if v != triage.NOT_ASKED}},
        ensure_ascii=False, separators=(",", ":"),
    ).replace("</", "<\\/").replace("<!--", "<\\!--")  # fmt: skip
    picture = graph.svg(network, now, before, findings)
    return web("explorer.html").format(
        css=web("explorer.css"), title=escape(network.name.replace("_", " ")), svg=picture, legend=graph.legend(),
        notice=escape(NOTICE), private=escape(PRIVATE), data=data,
    )  # fmt: skip


def standalone(
    network: Network, voices: Mapping[str, Network], findings: Findings, red_flags: RedFlags, now: Posterior, before: Posterior
) -> str:
    """Return a whole page that works offline: no request of any kind."""
    body = fragment(network, voices, findings, red_flags, now, before)
    script = f"{script_text()}\nexplore(document.querySelector('.bp'), JSON.parse(document.getElementById('bp-data').textContent));"
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>{escape(network.name)}</title></head>'
        f"<body>{body}<script>{script}</script></body></html>"
    )


def script_text() -> str:
    """Return engine and explorer as one plain script."""
    return "\n".join(web(name).replace("export function", "function") for name in ("engine.js", "explorer.js"))
