"""Text of data files as Markdown: nothing in it is read as markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_MARKS = re.compile(r"[\\`*_{}\[\]|$&<>]|^\W|^\d+[.)](?=\s|$)")
"""Characters with a meaning anywhere, and those that begin a block at the start of a text."""
_DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"']+")


def plain(text: str) -> str:
    """Return text in which no character is a mark of Markdown or of HTML.

    >>> plain("a_b <i> | 5*")
    'a&#95;b &#60;i&#62; &#124; 5&#42;'
    """
    return _MARKS.sub(_entities, " ".join(text.split()))


def _entities(found: re.Match[str]) -> str:
    return "".join(f"&#{ord(character)};" for character in found[0])


def link(text: str, target: str) -> str:
    """Return a link to a page of the documentation.

    >>> link("Rain", "rain.md")
    '[Rain](rain.md)'
    """
    return f"[{plain(text)}]({target})"


def doi_link(doi: str) -> str:
    """Return a link to a paper; nothing for what is no DOI.

    >>> doi_link("10.1136/bmj-2023-078378")
    '[doi:10.1136/bmj-2023-078378](<https://doi.org/10.1136/bmj-2023-078378>)'
    """
    if not _DOI.fullmatch(doi):
        return ""
    return f"[{plain(f'doi:{doi}')}](<https://doi.org/{doi}>)"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already; nothing where there is no row.

    >>> print(table(("state", "how common"), [("no", "80 %")]))
    | state | how common |
    |---|---|
    | no | 80 % |
    """
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    if not lines:
        return ""
    return "\n".join((f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *lines))


def page(*parts: str) -> str:
    """Return the parts that there are, with an empty line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"
