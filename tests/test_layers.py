"""Imports point downwards only."""

from __future__ import annotations

import ast
from pathlib import Path

import backpain_bn

PACKAGE = Path(backpain_bn.__file__).parent
ORDER = (
    "errors", "view", "network", "cpt", "render", "cite", "schema", "build", "pgm", "files", "circuit", "kernel", "engine", "evidence",
    "triage", "posterior", "chains", "contributors", "diagnosis", "cli", "__main__", "__init__",
)  # fmt: skip
"""Lower rooms first; a module may import only from those before it."""
CONVENIENCES = {("network", "pgm"), ("cli", "__init__")}
"""Imports inside a function that look up: `Network.to_pgmpy` is where users expect it."""
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
