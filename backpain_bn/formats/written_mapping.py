"""A mapping written beside a network: what its format does not hold, to be read back with it."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import yaml

from ..errors import FileProblem
from ..model.network import Network
from ..model.variables import Cost, Variable
from ..model.vocabulary import Vocabulary
from .mapping_file import MappingShape, mapping_of
from .shape_problems import shaped
from .text_files import read_text, write
from .yaml_document import parse

MARK = (
    "# Written with the network beside it, and again whenever that is; without this line it stays."
)
"""The first line of a mapping that may be written over."""
WORDS = (
    "subject", "subjects", "population", "outcome", "again", "title", "kinds", "no_kind",
    "disclaimer", "kind_names", "whole", "part", "rest", "grades",
)  # fmt: skip
"""What a mapping keeps of a vocabulary as it is; voices and actions speak of what is not there."""


def write_mapping(network: Network, path: Path) -> str:
    """Write the mapping of a network that is saved at `path` beside it, where there is anything to
    say; return what was done in a sentence, or nothing.

    One that somebody wrote by hand stays as it is.
    """
    data = mapping_data(network)
    beside = mapping_of(path)
    if beside.exists() and not read_text(beside).startswith(MARK):
        return f"{beside} was there before and stays as it is"
    if not data:
        beside.unlink(missing_ok=True)
        return ""
    text = str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100))
    try:
        shaped(MappingShape, parse(beside, text), "outcome, vocabulary, variables")
    except FileProblem as error:
        return f"no mapping is written, for it could not be read again: {error.lines[0]}"
    write(beside, f"{MARK}\n{text}")
    return f"{beside} holds outcome, healthy states, labels, roles and questions"


def mapping_data(network: Network) -> dict[str, Any]:
    """Return what a mapping says of a network, as plain data without what needs no saying.

    >>> from backpain_bn.model import prior
    >>> wet = Variable("wet", ("no", "yes"), prior(0.7, 0.3), "Wet grass", persists=False)
    >>> mapping_data(Network("garden", {"wet": wet}, outcome="wet"))
    {'outcome': 'wet', 'variables': {'wet': {'label': 'Wet grass', 'healthy': 'no'}}}
    """
    variables = {name: _variable(network, one) for name, one in network.variables.items()}
    parts = {
        "outcome": network.outcome,
        "vocabulary": _vocabulary(network.vocabulary),
        "variables": {name: said for name, said in variables.items() if said},
    }
    return {key: part for key, part in parts.items() if part}


def _vocabulary(words: Vocabulary) -> dict[str, Any]:
    neutral = Vocabulary()
    said: dict[str, Any] = {}
    for key in WORDS:
        own, known = getattr(words, key), getattr(neutral, key)
        if own == known:
            continue
        if isinstance(own, str):
            said[key] = own
        else:
            said[key] = {name: word for name, word in own.items() if known.get(name) != word}
    for key in ("roles", "means"):
        own = getattr(words, key)
        if own != getattr(neutral, key):
            said[key] = {name: _flags(part) for name, part in own.items()}
    return said


def _flags(part: Any) -> dict[str, str]:
    """Return a role or a means, yes for what holds, without what does not."""
    given = {field.name: getattr(part, field.name) for field in fields(part)}
    return {name: "yes" if value is True else value for name, value in given.items() if value}


def _variable(network: Network, variable: Variable) -> dict[str, Any]:
    neutral = network.vocabulary.roles == Vocabulary().roles
    persists = network.role(variable.name).persists and not (
        neutral and variable.name == network.outcome
    )
    said = {
        "label": variable.label if variable.label != variable.name else "",
        "role": "" if neutral else variable.role,
        "healthy": variable.states[0] if variable.healthy_first else "",
        "about": variable.about,
        "question": variable.question,
        "bins": list(variable.bins),
        "limits": list(variable.limits),
        "leaves": dict(variable.leaves),
    }
    if variable.persists != persists:
        said["persists"] = "yes" if variable.persists else "no"
    if variable.cost != Cost(who=next(iter(network.vocabulary.means))):
        said["cost"] = asdict(variable.cost)
    return {key: part for key, part in said.items() if part}
