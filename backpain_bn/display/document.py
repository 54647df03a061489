"""A diagnosis as a document: Markdown, a page, or plain data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..errors import BackpainError, shown
from .html import page
from .markdown import markdown, to_markdown

if TYPE_CHECKING:
    from ..diagnosis import Diagnosis

TITLE = "Back pain in a runner: what the answers say"
SUFFIXES = (".md", ".html", ".json")


def report(diagnosis: Diagnosis, suffix: str) -> str:
    """Return the whole answer as the text of a file of this kind; raises `BackpainError` for
    another kind.

    Markdown reads well as plain text, the page fetches nothing and prints on A4, and JSON is
    `Diagnosis.to_dict`.
    """
    if suffix not in SUFFIXES:
        raise BackpainError(
            f"a report can be {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}, not "
            f"{shown(suffix or 'without a suffix')}"
        )
    if suffix == ".json":
        return json.dumps(diagnosis.to_dict(), indent=2, ensure_ascii=False) + "\n"
    network = diagnosis.network
    foot = f"Worked out with the network {network.name}, version {network.version}."
    if suffix == ".html":
        return page(TITLE, diagnosis.views(), foot)
    return f"# {TITLE}\n\n{to_markdown(diagnosis.views())}\n\n{markdown(foot)}\n"
