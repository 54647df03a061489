"""The notebooks in `examples/`: made from the pages beside them, and a fresh run says what the kept
one says.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

from examples.notebooks import make  # noqa: E402

NAMES = (
    "1_first_diagnosis",
    "2_why_and_what_next",
    "3_explore_the_graph",
    "4_your_own_network",
    "5_cohort",
    "6_learn_and_validate",
)
LARGEST = 500_000
_TIMES = re.compile(r"\b\d[\d,.]*\s?(ms|µs|us|s)\b")
_PLACES = re.compile(r"(?<![\w.])/(tmp|home|root|Users|work|var|opt)/|object at 0x")


def kept(name: str) -> Any:
    return nbformat.read(make.NOTEBOOKS / f"{name}.ipynb", as_version=4)


def said(notebook: Any) -> list[tuple[str, str]]:
    """Each code cell with all the text that it put out, timings left out."""
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            texts = [
                "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
                for output in cell.outputs
            ]
            cells.append((cell.source, _TIMES.sub("(time)", "\n".join(texts))))
    return cells


def test_there_are_six() -> None:
    assert tuple(make.names()) == NAMES
    assert tuple(sorted(path.stem for path in make.NOTEBOOKS.glob("*.ipynb"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_its_page(name: str) -> None:
    page, notebook = make.notebook(name), kept(name)
    assert [(cell.id, cell.cell_type, cell.source) for cell in page.cells] == [
        (c.id, c.cell_type, c.source) for c in notebook.cells
    ]
    nbformat.validate(notebook)


@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_run_says_the_same(name: str) -> None:
    if name.startswith("3"):
        pytest.importorskip("anywidget")
    assert said(make.run(name)) == said(kept(name))


@pytest.mark.parametrize("name", NAMES)
def test_kept_outputs_are_fit_to_share(name: str) -> None:
    path: Path = make.NOTEBOOKS / f"{name}.ipynb"
    assert path.stat().st_size < LARGEST
    for source, text in said(kept(name)):
        assert not _PLACES.search(text), source
        assert len(source.splitlines()) < 45 and max(map(len, source.splitlines())) <= 110, source
    kinds = {
        output.output_type
        for cell in kept(name).cells
        if cell.cell_type == "code"
        for output in cell.outputs
    }
    assert "error" not in kinds and kinds
    streams = {
        output.get("name")
        for cell in kept(name).cells
        if cell.cell_type == "code"
        for output in cell.outputs
    }
    assert "stderr" not in streams


def test_every_notebook_but_the_last_names_the_next() -> None:
    for name, following in pairwise(NAMES):
        assert f"{following}.ipynb" in kept(name).cells[-1].source
