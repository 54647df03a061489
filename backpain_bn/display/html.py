"""Any view as HTML that notebooks keep, trusted or not, and as Markdown; every string is
escaped.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from .blocks import Block, Item, Note, TextTable, View
from .charts import Picture, draw
from .svg import WIDTH, fit

SHORT = 24
_DOI = re.compile(r"\bdoi:(10\.\d{4,9}/[^\s<>\"';,]*[^\s<>\"';,.:)\]])")
_ENTITY = re.compile(r"&(?=#|\w+;)")
_SPECIAL = re.compile(r"[\\`*|~$]|(?<!\w)_|_(?!\w)|\](?=[(:\[])")
_START = re.compile(r"^(\d{1,9}(?=[.)])|(?=[\[#+>=-]))")


def to_html(views: Iterable[View], level: int = 4) -> str:
    """Return sections as HTML without scripts: headings, lists, tables, and pictures as images that
    carry their own words.

    An image with its data inside is what a notebook that was not run still shows; inline SVG it
    strips.

    >>> to_html([View("Kind & form", (Note("Of <pain>."),))])
    '<section><h4>Kind &amp; form</h4><p>Of &lt;pain&gt;.</p></section>'
    """
    return "\n".join(
        f"<section><h{level}>{_safe(view.title)}</h{level}>{''.join(_html(view.blocks))}</section>"
        for view in views
        if view.blocks
    )


def _html(blocks: Iterable[Block]) -> Iterator[str]:
    for kind, group in groupby(draw(blocks), type):
        if kind is Item:
            yield f"<ol>{''.join(_item(block) for block in group if isinstance(block, Item))}</ol>"
            continue
        for block in group:
            if isinstance(block, Picture):
                yield image(block)
            elif isinstance(block, TextTable):
                yield _table(block)
            elif isinstance(block, Note):
                yield f"<p>{_safe(block.text)}</p>"


def image(picture: Picture) -> str:
    """Return a picture as an image with its data inside and its words beside it."""
    data = b64encode(picture.svg.encode()).decode()
    return (
        f'<p><img src="data:image/svg+xml;base64,{data}" alt="{escape(picture.alt)}" '
        f'width="{WIDTH}"></p>'
    )


def _item(item: Item) -> str:
    return f"<li>{'<br>'.join([_safe(item.text), *(f'<small>{_safe(detail)}</small>' for detail in item.details)])}</li>"


def _table(table: TextTable) -> str:
    head = "".join(_cell("th", cell) for cell in table.header)
    rows = "".join(f"<tr>{''.join(_cell('td', cell) for cell in row)}</tr>" for row in table.rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(tag: str, text: str) -> str:
    """A cell whose words are flush left, where notebooks set them right as if they were figures;
    short ones stay whole.
    """
    return f'<{tag} style="text-align:left{";white-space:nowrap" * (len(text) <= SHORT)}">{_safe(text)}</{tag}>'


def _safe(text: str) -> str:
    """Escaped text, in which a DOI is a link that nothing follows by itself."""
    parts = _DOI.split(fit(text))
    return "".join(
        f'<a href="https://doi.org/{escape(part)}" rel="noreferrer">doi:{escape(part)}</a>'
        if index % 2
        else escape(part)
        for index, part in enumerate(parts)
    )


def page(title: str, views: Iterable[View], foot: str) -> str:
    """Return a whole page, light or dark as the reader's system is, that fetches nothing and prints
    on A4.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width">'
        '<meta name="color-scheme" content="light dark"><meta '
        f'http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{_safe(title)}</title><style>{STYLE}</style></head>\n<body><main><h1>{_safe(title)}</h1>\n{to_html(views, 2)}\n"
        f"<footer>{_safe(foot)}</footer></main></body></html>\n"
    )


STYLE = """
:root{color-scheme:light dark;--ink:#1c2733;--soft:#55626f;--paper:#fff;--line:#d5dce2;--link:#005f99}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#a9b5c0;--paper:#151b21;--line:#33404b;--link:#7cc4f0}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:780px;margin:0 auto;padding:24px 16px}p{margin:6px 0;max-width:70ch}ol{margin:6px 0;padding-left:26px}li{margin-bottom:9px}
h1{font-size:25px;line-height:1.25;margin:0 0 8px}h2{font-size:18px;margin:26px 0 6px;border-bottom:1px solid var(--line)}
small,footer{font-size:13.5px;color:var(--soft)}footer{margin-top:28px}a{color:var(--link)}
img{max-width:100%;height:auto}p:has(img){max-width:none}
table{border-collapse:collapse;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:3px 14px 3px 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600}td,p,li{overflow-wrap:anywhere}td:first-child{overflow-wrap:break-word;min-width:7.5em}
@media print{@page{size:A4;margin:13mm 15mm}:root{color-scheme:light}body{font-size:9.5pt;line-height:1.35}main{padding:0;max-width:none}
h1{font-size:16pt}h2{font-size:11.5pt;margin-top:12px;break-after:avoid}p{max-width:none;margin:3px 0}li{margin-bottom:4px}
small,table,footer{font-size:8pt}img{max-width:82%}th,td{padding-top:1px;padding-bottom:1px}footer{margin-top:10px}li,img,tr{break-inside:avoid}a{color:inherit;text-decoration:none}}
"""
