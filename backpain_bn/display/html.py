"""Any view as HTML that notebooks keep, trusted or not; every string is escaped."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from importlib.resources import files
from itertools import groupby

from .blocks import Alarm, Block, Item, Note, TextTable, View
from .charts import draw
from .lettering import printable
from .svg import WIDTH, Picture

ALARM = "border:2px solid #b3261e;background:#fdecea;color:#5f1410;padding:6px 12px"
"""How an alarm looks, light or dark, in notebooks that keep no style sheet."""
MORE = "how, and by whose word"
SHORT = 24
"""Cells of so many letters are not broken into lines."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_DOI = re.compile(r"\bdoi:(10\.\d{4,9}/[^\s<>\"';,]*[^\s<>\"';,.:)\]])")


def to_html(views: Iterable[View], level: int = 4, *, folded: bool = False) -> str:
    """Return sections as HTML without scripts: headings, lists, tables, and pictures as images that
    carry their own words. `folded`: details of items, and what is aside, open at a click.

    An image with its data inside is what a notebook that was not run still shows; inline SVG it
    strips.

    >>> to_html([View("Kind & form", (Note("Of <glass>."),))])
    '<section><h4>Kind &amp; form</h4><p>Of &lt;glass&gt;.</p></section>'
    """
    return "\n".join(_section(view, level, folded) for view in views if view.blocks)


def _section(view: View, level: int, folded: bool) -> str:
    body = "".join(_html(view.blocks, folded))
    if folded and view.aside:
        title = f"<summary>{_safe(view.title)}</summary>"
        return f"<section><details>{title}{body}</details></section>"
    return f"<section><h{level}>{_safe(view.title)}</h{level}>{body}</section>"


def _html(blocks: Iterable[Block], folded: bool) -> Iterator[str]:
    for is_item, group in groupby(draw(blocks), lambda block: isinstance(block, Item)):
        written = "".join(_block(block, folded) for block in group)
        yield f"<ol>{written}</ol>" if is_item else written


def _block(block: Picture | Note | Item | TextTable, folded: bool) -> str:
    match block:
        case Picture():
            return f"<p>{image(block, {'width': str(WIDTH)})}</p>"
        case TextTable():
            return _table(block)
        case Item():
            return f"<li>{_safe(block.text)}{_details(block, folded)}</li>"
        case Alarm():
            return f'<p style="{ALARM}"><strong>{_safe(block.text)}</strong></p>'
    return f"<p>{_safe(block.text)}</p>"


def _details(item: Item, folded: bool) -> str:
    lines = [f"<small>{_safe(detail)}</small>" for detail in item.details]
    if folded and lines:
        return f"<details><summary>{MORE}</summary>{'<br>'.join(lines)}</details>"
    return "".join(f"<br>{line}" for line in lines)


def image(picture: Picture, attributes: Mapping[str, str]) -> str:
    """Return a picture as an image with its data inside and its words beside it.

    >>> image(Picture("<svg/>", "a bar"), {"width": "9"})
    '<img width="9" src="data:image/svg+xml;base64,PHN2Zy8+" alt="a bar">'
    """
    data = b64encode(picture.svg.encode()).decode()
    source = {"src": f"data:image/svg+xml;base64,{data}", "alt": picture.alt}
    written = (f'{name}="{escape(value)}"' for name, value in {**attributes, **source}.items())
    return f"<img {' '.join(written)}>"


def _table(table: TextTable) -> str:
    head = _row("th", table.header)
    rows = "".join(_row("td", row) for row in table.rows)
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _row(tag: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(_cell(tag, cell) for cell in cells)}</tr>"


def _cell(tag: str, text: str) -> str:
    """A cell whose words are flush left, where notebooks set them right as if they were figures;
    short ones stay whole.
    """
    whole = ";white-space:nowrap" if len(text) <= SHORT else ""
    return f'<{tag} style="text-align:left{whole}">{_safe(text)}</{tag}>'


def _safe(text: str) -> str:
    """Escaped text, in which a DOI is a link that nothing follows by itself."""
    parts = [escape(part) for part in _DOI.split(printable(text))]
    parts[1::2] = [
        f'<a href="https://doi.org/{doi}" rel="noreferrer">doi:{doi}</a>' for doi in parts[1::2]
    ]
    return "".join(parts)


def to_page(title: str, views: Iterable[View], foot: str) -> str:
    """Return a whole page, light or dark as the reader's system is, that fetches nothing and prints
    on A4.
    """
    style = (files(__package__) / "page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{_safe(title)}</title><style>\n{style}</style></head>\n"
        f"<body><main><h1>{_safe(title)}</h1>\n{to_html(views, 2)}\n"
        f"<footer>{_safe(foot)}</footer></main></body></html>\n"
    )
