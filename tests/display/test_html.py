"""Views as HTML and Markdown: what notebooks make of it, and labels that try to break out."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import pytest
from IPython.core.formatters import DisplayFormatter

from backpain_bn.display.blocks import (
    Bar,
    Item,
    LineChart,
    Note,
    TextTable,
    Tornado,
    View,
    Waterfall,
)
from backpain_bn.display.html import to_html, to_page
from backpain_bn.display.markdown import markdown, to_markdown
from backpain_bn.display.result import Result
from tests.display.test_charts import LABELS, hard

ALLOWED = {
    "section",
    "h2",
    "h4",
    "p",
    "ol",
    "li",
    "br",
    "small",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "img",
    "a",
}
EVERYTHING = [
    *(
        View(
            label or "no label",
            (Note(label), Item(label, LABELS), TextTable((label, "b"), ((label, label),))),
        )
        for label in LABELS
    ),
    View("pictures", tuple(hard())),
]


class Reader(HTMLParser):
    """What a browser would make of it: tags with attributes, text, and whether all that was opened
    was closed.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in ("img", "br", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def test_only_plain_tags_come_out_whatever_goes_in() -> None:
    read = Reader(to_html(EVERYTHING))
    assert read.open == []
    assert {tag for tag, _ in read.tags} <= ALLOWED
    assert {name for _, attributes in read.tags for name in attributes} <= {
        "src",
        "alt",
        "width",
        "href",
        "rel",
        "style",
    }
    assert {attributes["style"] for _, attributes in read.tags if "style" in attributes} <= {
        "text-align:left",
        "text-align:left;white-space:nowrap",
    }
    for tag, attributes in read.tags:
        if tag == "img":
            assert attributes["src"].startswith("data:image/svg+xml;base64,") and attributes["alt"]
            base64.b64decode(attributes["src"].split(",")[1], validate=True).decode()
    assert '<script>alert("1")</script>' in read.text


def test_a_doi_is_a_link_and_nothing_else_is() -> None:
    text = to_html(
        [
            View(
                "Sources",
                (
                    Note(
                        'Ferber R 2010 doi:10.4085/1062-6050-45.4.344: Legs. doi:10.1/x"onclick=1 '
                        "javascript:x()"
                    ),
                ),
            )
        ]
    )
    links = [attributes for tag, attributes in Reader(text).tags if tag == "a"]
    assert links == [{"href": "https://doi.org/10.4085/1062-6050-45.4.344", "rel": "noreferrer"}]


class Shown(Result):
    """A result of a question, as every one is."""

    def views(self) -> list[View]:
        return EVERYTHING

    def to_dicts(self) -> list[dict[str, object]]:
        return []


def test_a_notebook_shows_a_result_and_keeps_its_text() -> None:
    shown, _ = DisplayFormatter().format(Shown())
    assert set(shown) == {"text/html", "text/plain"}
    assert shown["text/plain"] == str(Shown())
    assert shown["text/html"] == to_html(EVERYTHING, folded=True)


def test_details_open_at_a_click_where_they_are_folded() -> None:
    aside = View("Sources", (TextTable(("id",), (("X-1",),)),), aside=True)
    views = [View("v", (Item("first", ("how", "why")), Item("second"))), aside]
    open_, folded = Reader(to_html(views)), Reader(to_html(views, folded=True))
    assert "details" not in {tag for tag, _ in open_.tags}
    assert [tag for tag, _ in folded.tags].count("details") == 2
    assert {tag for tag, _ in folded.tags} <= ALLOWED | {"details", "summary"}
    assert "how" in folded.text and folded.open == []


def test_a_page_fetches_nothing() -> None:
    text = to_page("<b>T", EVERYTHING, "foot & more")
    tags = Reader(text.removeprefix("<!doctype html>")).tags
    assert {tag for tag, _ in tags} <= ALLOWED | {
        "html",
        "head",
        "body",
        "main",
        "meta",
        "title",
        "style",
        "h1",
        "footer",
    }
    assert "default-src 'none'" in text and "<title>&lt;b&gt;T</title>" in text
    assert not re.search(r"(url\(|@import|<link|<script)", re.sub(r'"data:[^"]*"', '""', text))


MARKDOWN = """\
## Kind

|  | now | before | 90 of 100 draws |
|---|---|---|---|
| muscle | 36 % | 8 % |  |
| joint | 7 % |  | 4 % to 11 % |

Notes.

## Why

| Tight | evidence |
|---|---|
| before | 30 % |
| sits | +1.2 decibans |
| now | 40 % |

| Tight: 30 % now | at the low end of the range | at the high end |
|---|---|---|
| a > b | 20 % | 40 % |

## Then

|  | now | later |
|---|---|---|
| rest | 40 % | 20 % |

1. First.@@
   how@@
   who
2. Second."""


def test_markdown_has_a_table_for_each_picture() -> None:
    views = [
        View(
            "Kind",
            (Bar("muscle", 0.36, 0.08), Bar("joint", 0.07, None, 0.04, 0.11), Note("Notes.")),
        ),
        View(
            "Why",
            (
                Waterfall("Tight", 0.3, 0.4, (("sits", 1.2),)),
                Tornado("Tight", 0.3, (("a > b", 0.2, 0.4),)),
            ),
        ),
        View(
            "Then",
            (
                LineChart(("now", "later"), (("rest", (0.4, 0.2)),)),
                Item("First.", ("how", "who")),
                Item("Second."),
            ),
        ),
        View("Empty", ()),
    ]
    assert to_markdown(views) == MARKDOWN.replace("@@", "  ")


TABLE = ("table", "thead", "tbody", "tr", "th", "td")
TRICKY = (
    *("1. a", "12) b", "# c", "- d", "+ e", "> f", "*g* _h_ i_j", "[k](javascript:l)", "[m]: n"),
    *("![o](p)", "a | b", "`q`", "~~r~~", "&lt;b&gt;", "&#60;i&#62;", "\\*s\\*", "1986. A year"),
    *("$x$", "=====", "---", "***", "[^1]: foot", "    code", "|a|b|"),
)


@pytest.mark.parametrize("text", [*LABELS, *TRICKY])
def test_markdown_reads_back_as_the_same_text(text: str) -> None:
    reader = pytest.importorskip("mistune")  # comes with nbconvert
    render = reader.create_markdown(escape=False, plugins=["table", "strikethrough", "footnotes"])
    read = Reader(
        render(f"before\n\n{markdown(text)}\n\n| a | b |\n|---|---|\n| {markdown(text)} | c |\n")
    )
    plain = " ".join(text.replace("\x07", "�").replace("\ud800", "�").split())
    tags = [tag for tag, _ in read.tags if tag not in TABLE]
    assert tags == (["p", "p"] if plain else ["p"])
    assert " ".join(read.text.split()) == " ".join(f"before {plain} a b {plain} c".split())
