"""Imports point downwards only."""

from __future__ import annotations

import ast
from pathlib import Path

import backpain_bn

PACKAGE = Path(backpain_bn.__file__).parent
FLOORS = (
    ("errors", "view"),
    ("nouns", "document", "render", "schema"),
    ("network", "blocks", "columns", "cost", "cite", "cpt", "scan", "pgm", "convert", "build", "files"),
    ("circuit", "plan", "lanes", "kernel", "engine", "evidence", "triage", "patterns", "united", "posterior"),
    ("chains", "contributors", "why", "probable", "compare", "lookahead", "enough", "decide", "slices", "helps", "follow"),
    ("conflict", "vary", "sensitivity", "robust", "frames", "batches", "cohort", "stream"),
    ("graph", "page", "widget", "pictures", "html", "report", "plots"),
    ("diagnosis", "interview", "cli", "__main__", "__init__"),
)
"""The house from the ground up, and each floor from its first room on: a module may import only from those before it."""
ORDER = tuple(room for floor in FLOORS for room in floor)
CONVENIENCES = {("network", "pgm"), ("render", "html")}
"""Imports inside a function that look up: `Network.to_pgmpy` and a result's picture in a notebook are where users expect them."""
LARGEST_FILE = 400
MOST_NAMES = 14


def imports(module: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module.split(".")[0]} if node.module else {alias.name for alias in node.names}
    return found


def test_every_module_has_its_place() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == set(ORDER)


def test_no_module_imports_upwards() -> None:
    upward = {(module, other) for module in ORDER for other in imports(module) if other in ORDER and ORDER.index(other) >= ORDER.index(module)}
    assert upward - CONVENIENCES == set()


def test_files_stay_short() -> None:
    assert {path.name: n for path in PACKAGE.glob("*.py") if (n := len(path.read_text().splitlines())) > LARGEST_FILE} == {}


def test_the_front_door_is_short() -> None:
    assert len(backpain_bn.__all__) <= MOST_NAMES
