"""The sentences that Python and the explorer's page both say, word for word, from one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def phrases() -> Mapping[str, str]:
    """Return all sentences, with {fields}."""
    text = (files(__package__) / "phrases.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def phrase(name: str, **fields: str) -> str:
    """Return one of the `phrases`, its fields filled in.

    >>> phrase("due", share="12 %", outcome="trouble")
    '12 % of this trouble is due to it'
    """
    return phrases()[name].format(**fields)
