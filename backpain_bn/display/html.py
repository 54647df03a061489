"""Any view as HTML that notebooks keep, trusted or not, and as Markdown; every string is
escaped.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from .blocks import Bar, Block, Item, Note, Paths, Table, Tornado, View, Waterfall
from .charts import Picture, draw
from .svg import WIDTH, fit
from .text import decibans, percent

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
            elif isinstance(block, Table):
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


def _table(table: Table) -> str:
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


def to_markdown(views: Iterable[View], level: int = 2) -> str:
    """Return sections as Markdown that reads well as plain text: what pictures show stands in
    tables.

    >>> print(to_markdown([View("Kind", (Note("A_"), Bar("muscle", 0.5, 0.25)))]))
    ## Kind
    <BLANKLINE>
    A\\_
    <BLANKLINE>
    |  | now | before |
    |---|---|---|
    | muscle | 50 % | 25 % |
    """
    return "\n\n".join(
        f"{'#' * level} {markdown(view.title)}\n\n" + "\n\n".join(_markdown(view.blocks))
        for view in views
        if view.blocks
    )


def _markdown(blocks: Iterable[Block]) -> Iterator[str]:
    for kind, group in groupby(blocks, type):
        rows = list(group)
        if kind is Bar:
            yield _grid(*_bar_rows([row for row in rows if isinstance(row, Bar)]))
        elif kind is Item:
            items = (row for row in rows if isinstance(row, Item))
            yield "\n".join(_list_item(item, number) for number, item in enumerate(items, 1))
        else:
            yield from (_one(row) for row in rows)


def _one(block: Block) -> str:
    if isinstance(block, Note):
        return markdown(block.text)
    if isinstance(block, Waterfall):
        return _grid((block.label, "evidence"), [("before", percent(block.before)), *((label, decibans(db)) for label, db in block.steps),
                                                 ("now", percent(block.after))])  # fmt: skip
    if isinstance(block, Tornado):
        header = (
            f"{block.label}: {percent(block.now)} now",
            "at the low end of the range",
            "at the high end",
        )
        return _grid(
            header, [(label, percent(low), percent(high)) for label, low, high in block.swings]
        )
    if isinstance(block, Paths):
        return _grid(
            ("", *block.moments), [(label, *map(percent, line)) for label, line in block.lines]
        )
    assert isinstance(block, Table)
    return _grid(block.header, block.rows)


def _bar_rows(bars: list[Bar]) -> tuple[list[str], list[list[str]]]:
    told, sure = (
        any(bar.before is not None for bar in bars),
        any(bar.low is not None for bar in bars),
    )
    header = ["", "now", *["before"] * told, *["90 of 100 draws"] * sure]
    rows = []
    for bar in bars:
        before = "" if bar.before is None else percent(bar.before)
        between = (
            ""
            if bar.low is None or bar.high is None
            else f"{percent(bar.low)} to {percent(bar.high)}"
        )
        rows.append([bar.label, percent(bar.now), *[before] * told, *[between] * sure])
    return header, rows


def _list_item(item: Item, number: int) -> str:
    lead = f"{number}. "
    return "  \n".join(
        [
            lead + markdown(item.text),
            *(" " * len(lead) + markdown(detail) for detail in item.details),
        ]
    )


def _grid(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [[_literal(cell) for cell in row] for row in (header, *rows)]
    head, *rest = (f"| {' | '.join(row)} |" for row in cells)
    return "\n".join([head, f"|{'---|' * len(cells[0])}", *rest])


def markdown(text: str) -> str:
    """Return text on one line as Markdown that stands for exactly this text, and stays readable as
    it is.

    >>> print(markdown("1. [a_b](c) > <i> *"))
    1\\. [a_b\\](c) > &lt;i> \\*
    """
    return _START.sub(r"\1\\", _literal(text))


def _literal(text: str) -> str:
    """Text within a line or a cell of a table, where only a few signs mean anything."""
    line = " ".join(fit(text).replace("\N{NO-BREAK SPACE}", " ").split())
    return _SPECIAL.sub(r"\\\g<0>", _ENTITY.sub("&amp;", line).replace("<", "&lt;"))
