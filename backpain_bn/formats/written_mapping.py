"""A mapping written beside a network: what its format does not hold, to be read back with it."""

from __future__ import annotations

import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import yaml

from ..errors import BackpainError, FileProblem
from ..model.network import Network
from ..model.variables import Cost, Variable
from ..model.vocabulary import Vocabulary
from .foreign import from_text
from .load import foreign_network
from .mapping_file import MappingShape, mapped, mapped_by, mapping_of
from .shape_problems import shaped
from .text_files import is_file, read_text, write
from .voices import FOREIGN
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
    beside = mapping_of(path)
    if _is_by_hand(beside):
        return f"{beside} was there before and stays as it is"
    text = _text(network)
    if not text:
        beside.unlink(missing_ok=True)
        return ""
    try:
        shaped(MappingShape, parse(beside, text), "outcome, vocabulary, variables")
    except FileProblem as error:
        return f"no mapping is written, for it could not be read again: {error.lines[0]}"
    write(beside, text)
    return f"{beside} holds outcome, healthy states, labels, roles and questions"


def check_mapping_beside(network: Network, path: Path) -> None:
    """Raise `BackpainError` where the mapping of a network that is to be saved at `path` would
    change what is read from another file, of the same name but for its ending.
    """
    beside = mapping_of(path)
    if _is_by_hand(beside):
        return
    now, then = read_text(beside) if os.path.lexists(beside) else "", _text(network)
    others = [path.with_name(f"{path.stem}{ending}") for ending in FOREIGN]
    for other in others if now != then else ():
        if other.name == path.name or not is_file(other):
            continue
        try:
            read = foreign_network(other)
        except FileProblem:
            continue
        if _with(read, beside, now) != _with(read, beside, then):
            raise BackpainError(
                f"{path}: {other.name} lies beside it and is read with {beside.name} as well, "
                f"which would say something else; save under another name, or remove {other.name} "
                "first"
            )


def _with(network: Network, beside: Path, text: str) -> Network | None:
    """Return the network with what a mapping says of it; None where that does not fit."""
    try:
        return mapped_by(network, parse(beside, text)) if text else network
    except FileProblem:
        return None


def check_nameless(text: str, path: Path) -> None:
    """Raise `BackpainError` where the mapping beside `path` speaks of other names than those that
    are given to the network when its text, which holds none, is read again.
    """
    beside = mapping_of(path)
    if not os.path.lexists(beside):
        return
    try:
        mapped(from_text(text, path.suffix.lower(), path.stem, str(path)), beside)
    except FileProblem as error:
        raise BackpainError(
            f"{path} would be read with {beside.name}, which does not fit it, for the format holds "
            f"no names ({error.lines[0]}); save under another name"
        ) from None


def _is_by_hand(beside: Path) -> bool:
    return os.path.lexists(beside) and not read_text(beside).startswith(MARK)


def _text(network: Network) -> str:
    """Return the mapping as it is written, empty where there is nothing to say."""
    data = mapping_data(network)
    if not data:
        return ""
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
    return f"{MARK}\n{text}"


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
