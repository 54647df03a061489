"""The pages that are made for the documentation: nothing in the data is read as markup, no number
and no output is left out.
"""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.model.distributions import Number
from backpain_bn.model.numbers import numbers_of

markdown = pytest.importorskip("markdown")

from handbook.book import Book, figure  # noqa: E402
from handbook.markdown import plain, table  # noqa: E402
from handbook.notebooks import notebook_page  # noqa: E402
from handbook.overview import evidence_page, treatments_page  # noqa: E402
from handbook.reference import command_line_page, errors_page, front_door_page  # noqa: E402
from handbook.variables import variable_page  # noqa: E402

ROOT = Path(__file__).parents[2]
EXTENSIONS = (
    "admonition",
    "attr_list",
    "def_list",
    "md_in_html",
    "tables",
    "pymdownx.arithmatex",
    "pymdownx.details",
    "pymdownx.superfences",
)
"""Those of mkdocs.yml that give characters a meaning."""
DOLLARS = {"generic": True, "inline_syntax": ["dollar"], "block_syntax": ["dollar"]}
TEXTS = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1)


READER = markdown.Markdown(
    extensions=EXTENSIONS, extension_configs={"pymdownx.arithmatex": DOLLARS}
)


def read(text: str) -> str:
    """Return what a reader sees of a text of Markdown."""
    html = READER.reset().convert(text)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


@settings(deadline=None)
@given(TEXTS)
@example("!!! note")
@example("??? a")
@example("1. a $x$ {#id} *b* __c__ [d](e) <b>f</b> &amp; `g` | h \\i")
@example("- a")
@example("--- a")
@example(": a")
def test_a_text_of_the_data_is_read_as_it_stands(text: str) -> None:
    wanted = " ".join(text.split())
    assert read(f"before\n\n{plain(text)}") == f"before {wanted}".strip()
    assert wanted in read(table(("head",), [(f"x {plain(text)}",)]))


@pytest.fixture(scope="module")
def book() -> Book:
    return Book(bb.load("car"))


def test_a_page_has_every_number_with_its_range(book: Book) -> None:
    network = book.network
    seen = 0
    for name in network:
        page = variable_page(book, name)
        for one in numbers_of(network):
            if name == one.variable or name in one.when:
                assert figure(one.number) in page, name
                seen += 1
        assert f"`{name}`" in page and plain(network[name].question) in page
    assert seen > len(numbers_of(network))


def test_causes_and_effects_link_to_each_other(book: Book) -> None:
    for name in book.network:
        page = variable_page(book, name)
        for other in (*book.network[name].parents, *book.network.children[name]):
            assert f"]({other}.md)" in page


def test_the_first_page_names_every_variable_and_treatments_every_treatment(book: Book) -> None:
    overview, treatments = evidence_page(book), treatments_page(book)
    assert all(f"]({name}.md)" in overview for name in book.network)
    for each in book.network.treatments.values():
        assert f"{{ #{each.name} }}" in treatments and figure(each.success) in treatments


def test_a_figure_keeps_small_numbers_apart() -> None:
    words = figure(Number(0.0012, 0.0003, 0.016)).replace("\N{NO-BREAK SPACE}", " ")
    assert words == "0.12 % (0.03 % to 1.6 %)"


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_notebook_is_shown_with_all_its_outputs(path: Path) -> None:
    page = notebook_page(path)
    assert ".ipynb)" not in page
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert "".join(cell["source"]) in page
        for output in cell.get("outputs", ()):
            data = output.get("data", {"text/plain": output.get("text", "")})
            richest = next(
                kind for kind in ("text/html", "image/png", "text/plain") if kind in data
            )
            first = "".join(data[richest]).strip().splitlines()[0]
            assert first in page


def test_the_reference_shows_what_is_public_and_every_command() -> None:
    shown = front_door_page() + errors_page()
    for name in set(bb.__all__) - {"Diagnosis", "Network"}:
        assert re.search(rf"^::: backpain_bn\.[\w.]+\.{name}$", shown, re.MULTILINE), name
    for name in ("UnknownName", "FileProblem", "ImpossibleEvidence", "TooHard", "AnswerWithheld"):
        assert f"::: backpain_bn.errors.{name}\n" in errors_page(), name
    commands = command_line_page()
    for command in ("diagnose", "why", "score", "convert", "check", "evidence"):
        assert f"## {command}\n" in commands
    assert "--network NAME|FILE" in commands
