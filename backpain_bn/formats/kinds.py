"""The kinds of YAML files of ours, told apart by their names and keys."""

from __future__ import annotations

from enum import Enum
from typing import Any

from .yaml_document import Document


class Kind(Enum):
    """A kind of file: what it is called, and what it is for."""

    NETWORK = "a network", "bb.load reads it"
    RED_FLAGS = "a red-flag file", "a network names it under `red_flags:`"
    MAPPING = "a mapping", "it is read with the network beside it"
    CARD = "a file for model cards", "it is read with the network beside it"
    CASE = "a case file", "`backpain-bn diagnose FILE` reads it"


BY_NAME = {".mapping": Kind.MAPPING, ".card": Kind.CARD}
"""How the name of a file ends, before its last ending, that is no network."""
BY_KEY = {
    "variables": Kind.NETWORK,
    "base": Kind.NETWORK,
    "rules": Kind.RED_FLAGS,
    "questions": Kind.RED_FLAGS,
    "findings": Kind.CASE,
    "story": Kind.CASE,
}
"""What only such a file says at its top, the first that is found."""


def kind_of(document: Document) -> Kind:
    """Return the kind of a document; a network where nothing tells."""
    for end, kind in BY_NAME.items():
        if document.path.stem.endswith(end):
            return kind
    data: Any = document.data if isinstance(document.data, dict) else {}
    return next((kind for key, kind in BY_KEY.items() if key in data), Kind.NETWORK)


def need_network(document: Document) -> None:
    """Raise `FileProblem` for a document that is another kind of file."""
    kind = kind_of(document)
    if kind is not Kind.NETWORK:
        called, use = kind.value
        raise document.refuse((), f"this is {called}, not a network: {use}")
