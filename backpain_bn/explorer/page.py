"""One file to share: the graph, its answer in words, and exact inference in the browser, without
Python and without a network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import Any

from ..errors import BackpainError, TooHard
from ..explain.causal_paths import GRADES
from ..formats.load import load
from ..inference.circuit import factored
from ..inference.engine import engine_for
from ..inference.posterior import Posterior, posterior
from ..model.distributions import EXPERT, NoisyOr, Number
from ..model.findings import Findings
from ..model.network import Network, grade, link_grade
from ..model.variables import Source, Variable
from ..red_flags import NOT_ASKED, RedFlags, implied
from . import graph

PRIVATE = "Everything is worked out in this page: nothing that you click leaves your browser."
SCRIPTS = ("engine.js", "reason.js", "explorer.js")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
MOST_STEPS = 400_000
"""A network whose circuit has more steps than this is refused: a browser would not answer a click
at once.
"""
VOICES = {"runner_back_pain": "what studies found", "as_claimed": "as clinics claim"}
"""The shipped networks that share one form, and whose voice each is."""


@lru_cache(maxsize=16)
def web(name: str) -> str:
    """Return a file of the `web` folder."""
    return (files(__package__) / "web" / name).read_text(encoding="utf-8")


def script_text() -> str:
    """Return engine, reasoning and explorer as one plain script that defines `explore`, without
    comments and indentation.
    """
    text = "\n".join(web(name) for name in SCRIPTS)
    return re.sub(r"^(\s*//.*\n|\s*\n|\s+|export )+", "", text, flags=re.MULTILINE)


def voices(network: Network) -> dict[str, Network]:
    """Return the network itself, and the shipped networks that have the same variables, states and
    mechanisms with other strengths.
    """
    found, form = {network.name: network}, _form(network)
    for name in VOICES:
        if name not in found and _form(other := load(name)) == form:
            found[name] = other
    return found


def _form(network: Network) -> list[tuple[str, tuple[str, ...], Any]]:
    return [
        (name, variable.states, _conditions(variable))
        for name, variable in network.variables.items()
    ]


def _conditions(variable: Variable) -> Any:
    distribution = variable.distribution
    return (
        [dict(each.when) for each in distribution.mechanisms]
        if isinstance(distribution, NoisyOr)
        else distribution.parents
    )


@lru_cache(maxsize=8)
def model(network: Network) -> dict[str, Any]:
    """Return what the browser needs, as plain data: variables with their conditions, numbers in
    each voice, sources, red-flag rules.

    Raises `BackpainError` for a network without variables, `TooHard` for one that is too large for
    a browser.
    """
    if not network.variables:
        raise BackpainError(f"{network.name} has no variables to show")
    if (steps := engine_for(network).circuit.steps) > MOST_STEPS:
        raise TooHard(
            f"{network.name} takes {steps:,} steps per answer; in a browser the limit is "
            f"{MOST_STEPS:,}"
        )
    spoken, rules = voices(network), network.red_flags
    sources: dict[str, int] = {}
    told = {name: _voice(other, sources) for name, other in spoken.items()}
    first = told[network.name]
    position = {name: index for index, name in enumerate(network.variables)}
    advice = [
        [each.text, list(each.when.items()), [sources.setdefault(id, len(sources)) for id in each.sources],
         grade(each.sources, (), network.sources), each.kind == "caution"]
        for each in network.advice.values() if each.when
    ]  # fmt: skip
    return {
        "outcome": position.get(network.outcome, -1),
        "variables": [
            _variable(network, variable, position) for variable in network.variables.values()
        ],
        "voices": {
            name: {k: v for k, v in voice.items() if voice is first or v != first[k]}
            for name, voice in told.items()
        },
        "spoken": VOICES,
        "advice": advice,
        "sources": [_source(id, spoken) for id in sources],
        "grades": dict(network.vocabulary.grades),
        "questions": [[each.id, each.text, each.finding] for each in rules.questions],
        "rules": [[rule.label, rule.urgency, rule.action, rule.any] for rule in rules.rules],
        "box": [graph.WIDTH, graph.HEIGHT, graph.BETWEEN, graph.WIDTH - 16 - graph.VALUE],
    }


def _variable(network: Network, variable: Variable, position: Mapping[str, int]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": variable.name,
        "label": variable.label,
        "role": variable.role,
        "states": variable.states,
    }
    if variable.question:
        entry["question"] = variable.question
    distribution = variable.distribution
    if isinstance(distribution, NoisyOr):
        whens = [mechanism.when.items() for mechanism in distribution.mechanisms]
        entry["or"] = [
            [
                [position[parent], [network.state(parent, s) for s in states]]
                for parent, states in when
            ]
            for when in whens
        ]
    else:
        entry |= {
            "table": [position[parent] for parent in distribution.parents],
            "rows": len(distribution.rows),
        }
    return entry


def _voice(network: Network, sources: dict[str, int]) -> dict[str, Any]:
    """Return the numbers of one voice, each with its sources (places in `sources`, which grows),
    grades, and the elimination order.
    """
    tape, _, order, _ = factored(network)
    axes = {axis: index for index, axis in enumerate(tape.sizes)}
    numbers = [
        number for variable in network.variables.values() for number in _numbers(network, variable)
    ]
    pairs = (
        (parent, child)
        for child, variable in network.variables.items()
        for parent in variable.parents
    )
    return {
        "p": [
            p for variable in network.variables.values() for p in _probabilities(network, variable)
        ],
        "cites": [
            [
                [sources.setdefault(id, len(sources)) for id in ids]
                for ids in (each.sources, each.against)
            ]
            for each in numbers
        ],
        "grades": [GRADES.index(link_grade(network, *pair)) for pair in pairs],
        "order": [axes[axis] for axis in order],
    }


def _probabilities(network: Network, variable: Variable) -> list[float]:
    distribution, values = variable.distribution, variable.distribution.parameters()
    if isinstance(distribution, NoisyOr):
        return [float(p) for p in values[1::2]]
    return [float(p) for p in values]


def _numbers(network: Network, variable: Variable) -> Iterator[Number]:
    """Yield the number that says how common the variable is, and then the number of every
    mechanism, or of every row given parents.
    """
    yield next(variable.numbers)
    distribution = variable.distribution
    if isinstance(distribution, NoisyOr):
        yield from (mechanism.number for mechanism in distribution.mechanisms)
    elif distribution.parents:
        yield from (row.numbers[-1] for row in distribution.rows)


def _source(id: str, spoken: Mapping[str, Network]) -> list[str]:
    if id == EXPERT:
        return [id, "the judgement of this network's authors"]
    row: Source | None = next(
        (network.sources[id] for network in spoken.values() if id in network.sources), None
    )
    if row is None:
        return [id, "not listed"]
    doi = f" doi:{row.doi}" if row.doi else ""
    unverified = " [not verified: do not rely on it]" if row.read == "C" else ""
    return [id, f"{row.reference}{doi}{unverified}", row.says]


def case(findings: Findings, red_flags: RedFlags) -> dict[str, Any]:
    """Return a case as plain data: {case: {variable: state or {state: likelihood}}, flags:
    {question: yes or no}}.

    A red flag that a finding implies is not written down: it goes when the finding goes.
    """
    told = {
        name: finding if isinstance(finding, str) else dict(finding)
        for name, finding in findings.items()
        if finding is not None
    }
    known = {name: answer for name, answer in red_flags.answers.items() if answer != NOT_ASKED}
    said = implied(red_flags.rules, told)
    return {
        "case": told,
        "flags": {name: answer for name, answer in known.items() if said.get(name) != answer},
    }


def fragment(
    network: Network, findings: Findings, red_flags: RedFlags, now: Posterior | None = None
) -> str:
    """Return the explorer as HTML without scripts: the graph stands in it as a picture, so that it
    shows even where no script runs.
    """
    now, before = posterior(network, findings) if now is None else now, posterior(network)
    return web("explorer.html").format(
        css=web("explorer.css"), title=escape(network.name.replace("_", " ")), legend=graph.legend(network), notice=escape(network.vocabulary.disclaimer),
        private=escape(PRIVATE), svg=graph.svg(network, now, before, findings, withheld=red_flags.urgent),
    )  # fmt: skip


def standalone(
    network: Network, findings: Findings, red_flags: RedFlags, now: Posterior | None = None
) -> str:
    """Return a whole page that works offline, clickable and exact, and makes no request of any
    kind; raises as `model` does.

    `now` is the posterior of these findings, where it is known already.
    """
    data = json.dumps(
        {"model": model(network), **case(findings, red_flags)},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    safe = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    body = fragment(network, findings, red_flags, now)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width">'
        '<meta http-equiv="Content-Security-Policy" '
        f'content="{POLICY}"><title>{escape(network.name.replace("_", " "))}</title>'
        f'<style>body{{margin:0}}</style></head><body class="bp-page">{body}<script '
        f'type="application/json" id="bp-data">{safe}</script>'
        f"<script>{script_text()}\nvar explorer = explore(document.querySelector('.bp'), "
        "JSON.parse(document.getElementById('bp-data').textContent));</script></body></html>"
    )
