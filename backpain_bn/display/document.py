"""An answer as a document to keep: Markdown, a page, or plain data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from ..errors import BackpainError, shown
from ..model.network import Network
from .blocks import View
from .html import to_page
from .markdown import markdown, to_markdown

SUFFIXES = (".md", ".html", ".json")


def check_kind(suffix: str, what: str = "a report", allowed: Sequence[str] = SUFFIXES) -> None:
    """Raise `BackpainError` for the ending of a file that no report, or whatever it is, can be.

    >>> check_kind(".pdf", "a page", (".html", ".htm"))
    Traceback (most recent call last):
    backpain_bn.errors.BackpainError: a page can be .html or .htm, not ".pdf"
    """
    if suffix in allowed:
        return
    said = f"not {shown(suffix)}" if suffix else "and the file's name has no ending"
    raise BackpainError(f"{what} can be {', '.join(allowed[:-1])} or {allowed[-1]}, {said}")


def plain_network(network: Network) -> dict[str, str]:
    """Return what an answer in plain data says of the network that gave it."""
    return {"name": network.name, "version": network.version}


def document(
    suffix: str, title: str, views: Iterable[View], foot: str, data: Mapping[str, object]
) -> str:
    """Return an answer as the text of a file of this kind; raises `BackpainError` for another kind.

    Markdown reads well as plain text, the page fetches nothing and prints on A4; both hold `title`,
    `views` and `foot`. JSON holds `data`.

    >>> print(document(".md", "Noise", [View("Kind", ())], "By hand.", {}), end="")
    # Noise
    <BLANKLINE>
    By hand.
    """
    check_kind(suffix)
    if suffix == ".md":
        parts = [f"# {markdown(title)}", to_markdown(views), markdown(foot)]
        return "\n\n".join(filter(None, parts)) + "\n"
    if suffix == ".html":
        return to_page(title, views, foot)
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
