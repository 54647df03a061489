"""Runs the pages in this folder and writes them as notebooks, outputs kept, one folder up.

`python -m examples.notebooks.make` makes all of them; names such as `5_cohort` make only those.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

PAGES = Path(__file__).parent
NOTEBOOKS = PAGES.parent
_CELL = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_WIDGET = "application/vnd.jupyter.widget-view+json"


def names() -> list[str]:
    """Return the names of all pages, in order."""
    return sorted(page.stem for page in PAGES.glob("*.md"))


def notebook(name: str) -> nbformat.NotebookNode:
    """Return a page as a notebook that has not run: Python blocks become cells, and so does the
    text between them.
    """
    parts = _CELL.split((PAGES / f"{name}.md").read_text(encoding="utf-8"))
    made = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
    )
    for index, part in enumerate(parts):
        if part.strip():
            cell = (nbformat.v4.new_code_cell if index % 2 else nbformat.v4.new_markdown_cell)(
                part.strip()
            )
            cell.id = f"{name[0]}-{index}"
            made.cells.append(cell)
    return made


def run(name: str) -> nbformat.NotebookNode:
    """Return a page as a notebook with outputs; raises nbclient's `CellExecutionError` where a cell
    fails.
    """
    made = notebook(name)
    where = {"metadata": {"path": str(NOTEBOOKS)}}
    client = NotebookClient(
        made,
        timeout=300,
        kernel_name="python3",
        resources=where,
        record_timing=False,
        store_widget_state=False,
    )
    found = os.pathsep.join(filter(None, (str(NOTEBOOKS.parent), os.environ.get("PYTHONPATH"))))
    client.execute(env=os.environ | {"PYTHONPATH": found})
    made.metadata.pop("language_info", None)
    for cell in made.cells:
        if "outputs" in cell:  # a widget whose Python has gone is an empty frame; its picture stays
            cell.outputs = [
                output for output in cell.outputs if _WIDGET not in output.get("data", {})
            ]
    return made


def main(wanted: list[str]) -> None:
    """Run pages and write the notebooks."""
    for name in wanted or names():
        nbformat.write(run(name), NOTEBOOKS / f"{name}.ipynb")
        print(f"examples/{name}.ipynb")


if __name__ == "__main__":
    main(sys.argv[1:])
