"""A notebook as a page, with the outputs that it was kept with; nothing is run again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .markdown import page

FENCE = "````"
"""Longer than any run of backticks in a cell."""


def notebook_page(path: Path) -> str:
    """Return the page of a notebook; links between notebooks become links between pages."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    parts = [part for cell in notebook["cells"] for part in _cell(cell)]
    return page(*parts).replace(".ipynb)", ".md)")


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield f"{FENCE}python\n{source}\n{FENCE}"
    for output in cell["outputs"]:
        yield _output(output)


def _output(output: dict[str, Any]) -> str:
    """Return one output in the richest form that it was kept in."""
    if output["output_type"] == "stream":
        return _text(output["text"])
    data = output["data"]
    if "text/html" in data:
        return _html("".join(data["text/html"]))
    if "image/png" in data:
        picture = "".join(data["image/png"]).replace("\n", "")
        source = f"data:image/png;base64,{picture}"
        return _html(f'<img alt="A chart that the code above drew" src="{source}">')
    return _text(data["text/plain"])


def _text(text: list[str] | str) -> str:
    return f"{FENCE}{{ .text .output }}\n{''.join(text)}\n{FENCE}"


def _html(html: str) -> str:
    """Return HTML in one block: an empty line would end it."""
    lines = [line for line in html.splitlines() if line.strip()]
    return "\n".join(('<div class="output">', *lines, "</div>"))
