"""Imports point downwards only."""

from __future__ import annotations

import ast
from pathlib import Path

import backpain_bn

PACKAGE = Path(backpain_bn.__file__).parent
FLOORS = (
    ("errors", "view", "drawing"),
    ("nouns", "document", "schema", "network", "blocks", "columns", "cost", "cpt", "scan", "pgm", "convert", "build", "files"),
    ("circuit", "plan", "lanes", "kernel", "engine", "triage", "cite", "render"),
    ("evidence", "patterns", "united", "cutset", "lookahead", "posterior", "slices", "visits"),
    ("chains", "contributors", "why", "probable", "compare", "enough", "decide", "helps", "choices", "follow"),
    ("conflict", "vary", "sensitivity", "robust", "frames", "batches", "cohort", "stream"),
    ("pictures", "html", "plots", "graph", "page", "widget", "reports"),
    ("diagnosis", "interview", "cli", "__main__", "__init__"),
)
"""The house from the ground up, and each floor from its first room on: a module may import only from those before it."""
ORDER = tuple(room for floor in FLOORS for room in floor)
CONVENIENCES = {("network", "pgm"), ("render", "html"), ("reports", "diagnosis")}
"""Imports inside a function, or for a type checker alone, that look up, because users expect `Network.to_pgmpy` or a picture there."""
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
    places = {module: place for place, module in enumerate(ORDER)}
    upward = {(module, other) for module in ORDER for other in imports(module) if places.get(other, -1) >= places[module]}
    assert upward - CONVENIENCES == set()


def test_files_stay_short() -> None:
    assert {path.name: n for path in PACKAGE.glob("*.py") if (n := len(path.read_text().splitlines())) > LARGEST_FILE} == {}


def test_the_front_door_is_short() -> None:
    assert len(backpain_bn.__all__) <= MOST_NAMES
