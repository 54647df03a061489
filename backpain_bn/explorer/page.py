"""One file to share: the graph, its answer in words, and exact inference in the browser, without
Python and without a network.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from html import escape
from itertools import groupby
from typing import Any

from ..display.citations import JUDGEMENT, reference, unverified
from ..display.words import capital, plain
from ..errors import BackpainError
from ..explain.attribution import causes_of
from ..explain.causal_paths import has_mechanisms, last_mechanisms
from ..formats.load import voice_of
from ..inference.posterior import Posterior, posterior
from ..model.distributions import EXPERT, NoisyOr, Number
from ..model.findings import Findings
from ..model.grades import GRADES, grade
from ..model.network import Network, link_grade
from ..model.numbers import numbers_of
from ..model.variables import Source, Variable
from ..phrases import phrases
from ..red_flags.answered import FEW, RedFlags
from ..red_flags.implied import implied
from ..red_flags.rules import NOT_ASKED
from . import graph
from .graph import COLOURS, web
from .layout import columns_of
from .orders import order_of_one, orders_of_two
from .picked import picked, ranked_paths
from .ranges import ranges

PRIVATE = "Everything is worked out in this page: nothing that you click leaves your browser."
SCRIPTS = (
    "elimination.js",
    "engine.js",
    "ranges.js",
    "reason.js",
    "sentences.js",
    "address.js",
    "slices.js",
    "layout.js",
    "pick.js",
    "picture.js",
    "card.js",
    "answer.js",
    "view.js",
    "boxes.js",
    "explorer.js",
)
START = """\
var page = document.documentElement.outerHTML;
var data = JSON.parse(document.getElementById("bp-data").textContent);
var explorer = explore(document.querySelector(".bp"), data);
if (/^(https?|file):/.test(location.protocol)) explorer.standalone(page);
"""
"""A page in a frame has no address of its own."""
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "style-src 'unsafe-inline'; img-src data:; script-src"
)
"""No request of any kind, and no script but the one whose hash follows."""


def script_text() -> str:
    """Return engine, reasoning and explorer as one plain script that defines `explore`, without
    comments and indentation.
    """
    text = "\n".join(web(name) for name in SCRIPTS)
    return re.sub(r"^(\s*//.*\n|\s*\n|\s+|export )+", "", text, flags=re.MULTILINE)


def voices(network: Network) -> dict[str, Network]:
    """Return the network itself, and those that its vocabulary names as voices and that have the
    same variables, states and mechanisms with other strengths.
    """
    found = {network.name: network}
    form = _form(network)
    for name in network.vocabulary.voices:
        if name not in found and _form(other := voice_of(network, name)) == form:
            found[name] = other
    return found


def _form(network: Network) -> list[tuple[str, tuple[str, ...], Any]]:
    return [
        (name, variable.states, _conditions(variable))
        for name, variable in network.variables.items()
    ]


def _conditions(variable: Variable) -> Any:
    distribution = variable.distribution
    if isinstance(distribution, NoisyOr):
        return [dict(each.when) for each in distribution.mechanisms]
    return distribution.parents


@lru_cache(maxsize=8)
def model(network: Network) -> dict[str, Any]:
    """Return what the browser needs, as plain data: variables with their conditions, numbers in
    each voice, sources, words, red-flag rules.

    Raises `BackpainError` for a network without variables, `TooHard` for one that is too large for
    a browser.
    """
    if not network.variables:
        raise BackpainError(f"{network.name} has no variables to show")
    orders, unranked = _orders(network)
    spoken = voices(network)
    sources: dict[str, int] = {}
    told = {name: _voice(other, sources) for name, other in spoken.items()}
    advice = list(_advice(network, sources))
    position = {name: index for index, name in enumerate(network.variables)}
    return {
        "name": network.name,
        **_roles(network, position),
        "variables": [_variable(network, each, position) for each in network.variables.values()],
        "voices": _differences(told, told[network.name]),
        "advice": advice,
        "sources": [_source(id, spoken) for id in sources],
        "orders": orders,
        "words": {**_words(network), "unranked": unranked},
        "phrases": dict(phrases()),
        "traces": has_mechanisms(network),
        "ends": last_mechanisms(network),
        "questions": [
            [each.id, each.text, each.finding, each.contradicts]
            for each in network.red_flags.questions
        ],
        "called": {each.id: each.name for each in network.red_flags.questions},
        "few": FEW,
        "rules": [
            [rule.label, rule.urgency, rule.action, rule.any] for rule in network.red_flags.rules
        ],
        "columns": [
            [column.key, column.title, [position[name] for name in column.names]]
            for column in columns_of(network)
        ],
    }


def _roles(network: Network, position: Mapping[str, int]) -> dict[str, Any]:
    """Which variable is the outcome, which may contribute to it, and so on, as positions."""
    roles = network.vocabulary.roles
    return {
        "outcome": position.get(network.outcome, -1),
        "causes": [position[name] for name in network.causes],
        "kinds": [position[name] for name in network.kinds],
        "tests": [key for key, role in roles.items() if role.test],
    }


def _words(network: Network) -> dict[str, Any]:
    """The words in which the page speaks of this network."""
    words, rules = network.vocabulary, network.red_flags
    return {
        "subjects": words.subjects,
        "population": words.population,
        "outcome": words.outcome,
        "kinds": words.kinds,
        "no_kind": words.no_kind,
        "voices": dict(words.voices),
        "speakers": dict(words.speakers),
        "grades": dict(words.grades),
        "withheld": rules.withheld,
        "common": rules.common,
    }


def _orders(network: Network) -> tuple[list[str], str]:
    """Return the orders in which the page eliminates, and why causes cannot be ranked, in a
    sentence; nothing where they can.
    """
    first = order_of_one(network)
    try:
        return [first, *orders_of_two(network, causes_of(network))], ""
    except BackpainError as error:
        return [first], f"{capital(str(error))}."


def _variable(network: Network, variable: Variable, position: Mapping[str, int]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": variable.name,
        "label": variable.label,
        "states": variable.states,
        "colour": list(network.vocabulary.roles).index(variable.role) % COLOURS,
    }
    if variable.question:
        entry["question"] = variable.question
    if variable.also:
        entry["also"] = variable.also
    if not variable.healthy_first:
        entry["unordered"] = True
    distribution = variable.distribution
    if isinstance(distribution, NoisyOr):
        entry["or"] = [
            [
                [position[parent], [network.state(parent, state) for state in states]]
                for parent, states in mechanism.when.items()
            ]
            for mechanism in distribution.mechanisms
        ]
    else:
        entry["table"] = [position[parent] for parent in distribution.parents]
        entry["rows"] = len(distribution.rows)
    return entry


def _voice(network: Network, sources: dict[str, int]) -> dict[str, Any]:
    """Return the numbers of one voice, each with its sources (places in `sources`, which grows),
    and the grades of the links.
    """

    def places(ids: tuple[str, ...]) -> list[int]:
        return [sources.setdefault(id, len(sources)) for id in ids]

    sd, study = ranges(network)
    return {
        "sd": sd,
        "study": study,
        "p": [p for each in network.variables.values() for p in _probabilities(each)],
        "cites": [[places(each.sources), places(each.against)] for each in _cited(network)],
        "grades": [GRADES.index(link_grade(network, *pair)) for pair in graph.links_of(network)],
    }


def _differences(told: Mapping[str, dict[str, Any]], first: dict[str, Any]) -> dict[str, Any]:
    """Each voice without what it shares with the first."""
    return {
        name: {
            part: values
            for part, values in voice.items()
            if voice is first or values != first[part]
        }
        for name, voice in told.items()
    }


def _probabilities(variable: Variable) -> list[float]:
    """The parameters of a variable; of each pair (1 - p, p) of a noisy-OR the second."""
    values: list[float] = variable.distribution.parameters().tolist()
    return values[1::2] if isinstance(variable.distribution, NoisyOr) else values


def _cited(network: Network) -> Iterator[Number]:
    """Yield for each variable the number that says how common it is, and then the number of every
    mechanism, or the last one of every row given parents.
    """
    for _, group in groupby(numbers_of(network), lambda one: one.variable):
        own = list(group)
        yield own[0].number
        for one in own:
            if one.when and one.position == one.size - 1:
                yield one.number


def _advice(network: Network, sources: dict[str, int]) -> Iterator[list[Any]]:
    for each in network.advice.values():
        if each.when:
            places = [sources.setdefault(id, len(sources)) for id in each.sources]
            strength = grade(each.sources, (), network.sources)
            yield [each.text, list(each.when.items()), places, strength, each.kind == "caution"]


def _source(id: str, spoken: Mapping[str, Network]) -> list[str]:
    if id == EXPERT:
        return [id, JUDGEMENT]
    rows = (network.sources[id] for network in spoken.values() if id in network.sources)
    row: Source | None = next(rows, None)
    if row is None:
        return [id, "not listed"]
    return [id, f"{reference(row)}{unverified(row)}", row.says]


def case(findings: Findings, red_flags: RedFlags) -> dict[str, Any]:
    """Return a case as plain data: {case: {variable: state or {state: likelihood}}, flags:
    {question: yes or no}}.

    A red flag that a finding implies is not written down: it goes when the finding goes.
    """
    told = plain_findings(findings)
    said = implied(red_flags.rules, told)
    flags = {
        name: answer
        for name, answer in red_flags.answers.items()
        if answer != NOT_ASKED and said.get(name) != answer
    }
    return {"case": told, "flags": flags}


def plain_findings(findings: Findings) -> dict[str, Any]:
    """Return what was told as plain data, without what was left open."""
    return {
        name: finding if isinstance(finding, str) else dict(finding)
        for name, finding in findings.items()
        if finding is not None
    }


def fragment(
    network: Network, findings: Findings, red_flags: RedFlags, now: Posterior | None = None
) -> str:
    """Return the explorer as HTML without scripts: the graph stands in it as a picture, so that it
    shows even where no script runs, and above it what fired and what to do.
    """
    now = posterior(network, findings) if now is None else now
    urgent = red_flags.urgent
    paths = [] if urgent else ranked_paths(network, findings, now)
    shown = picked(network, findings, now, paths, withheld=urgent)
    place = {name: index for index, name in enumerate(network.variables)}
    picture = graph.svg(network, now, posterior(network), findings, shown, withheld=urgent)
    places = [[place[name] for name in path] for path in paths]
    return frame(network, picture, places, red_flags.alarms())


def frame(
    network: Network,
    picture: str,
    paths: Iterable[list[int]] = (),
    alarms: Iterable[str] = (),
) -> str:
    """Return the explorer as HTML about a picture with these paths, as positions of variables."""
    said = "".join(f"<p>{escape(line)}</p>" for line in alarms)
    return web("explorer.html").format(
        css=web("explorer.css"),
        paths=json.dumps(list(paths)),
        fired=" bp-fired" if said else "",
        calm="" if said else " hidden",
        alarms=said,
        title=escape(plain(network.name)),
        legend=graph.legend(network),
        flags="" if network.red_flags.rules else " hidden",
        notice=escape(network.vocabulary.disclaimer),
        private=escape(PRIVATE),
        svg=picture,
    )


def standalone(
    network: Network, findings: Findings, red_flags: RedFlags, now: Posterior | None = None
) -> str:
    """Return a whole page that works offline, clickable and exact, and makes no request of any
    kind; raises as `model` does.

    `now` is the posterior of these findings, where it is known already.
    """
    told = {"model": model(network), **case(findings, red_flags)}
    data = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    for sign in "<\u2028\u2029":
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    body = fragment(network, findings, red_flags, now)
    script = f"{script_text().rstrip()}\n{START}"
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY} \'sha256-{digest}\'">'
        f"<title>{escape(plain(network.name))}</title><style>body{{margin:0}}</style></head>"
        f'<body class="bp-page">{body}<script type="application/json" id="bp-data">{data}</script>'
        f"<script>{script}</script></body></html>"
    )
