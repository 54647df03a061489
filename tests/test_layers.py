"""The house: imports point downwards only, nowhere in a circle, and nothing grows without a
reason.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import networkx
import pytest

import backpain_bn

PACKAGE = Path(backpain_bn.__file__).parent
FLOORS = (
    {"errors", "phrases", "records"},
    {"red_flags"},
    {"model"},
    {"formats", "inference", "display"},
    {"cohort", "explain"},
    {"uncertainty", "temporal"},
    {"decide", "explorer"},
    {"answer", "askable", "asked", "fhir", "learn"},
    {"diagnosis", "sklearn"},
    {"interview", "mcp_server", "__init__"},
    {"cli"},
    {"__main__"},
)
"""The rooms from the ground up; a room imports from itself and from the floors below, never from
beside or above.
"""
SIBLINGS = {("temporal", "uncertainty")}
LARGEST_FILE = 400
LONGEST_FUNCTION = 40
MOST_NAMES = 14
NAMES_OF_A_ROOM = range(3, 9)
SMALL_ROOMS = {
    "answer": "there are two answers: the one on one screen, and the whole one",
    "cli": "a command line has one door",
    "explorer": "one picture, in a notebook or as a file",
    "interview": "one conversation",
}
"""Rooms with fewer names in their face, and why."""


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {module_of(path): path for path in PACKAGE.rglob("*.py")}


def imports(module: str) -> Iterator[str]:
    """Yield the modules of the package that `module` imports, wherever in the file it does."""
    path = MODULES[module]
    here = path.relative_to(PACKAGE).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or node.level == 0:
            continue
        base = [*here[: len(here) - node.level + 1], *(node.module or "").split(".")]
        for alias in node.names:
            names = [part for part in [*base, alias.name] if part]
            found = next(
                (
                    ".".join(names[:n])
                    for n in (len(names), len(names) - 1)
                    if ".".join(names[:n]) in MODULES
                ),
                "__init__",
            )
            yield found


def floor(module: str) -> int:
    room = module.split(".")[0]
    return next(place for place, rooms in enumerate(FLOORS) if room in rooms)


def test_every_room_is_known() -> None:
    rooms = {module.split(".")[0] for module in MODULES}
    assert rooms == set().union(*FLOORS)


def test_no_room_imports_upwards_or_from_beside() -> None:
    wrong = {
        (module, other)
        for module in MODULES
        for other in imports(module)
        if module.split(".")[0] != other.split(".")[0] and floor(other) >= floor(module)
    }
    assert wrong == set()


def test_no_circle_anywhere() -> None:
    graph = networkx.DiGraph(
        (module, other) for module in MODULES for other in imports(module) if module != other
    )
    assert list(networkx.simple_cycles(graph)) == []


def test_files_stay_short() -> None:
    lengths = {
        module: len(path.read_text(encoding="utf-8").splitlines())
        for module, path in MODULES.items()
    }
    assert {module: n for module, n in lengths.items() if n > LARGEST_FILE} == {}


def test_functions_stay_short() -> None:
    """Lines of a function's body, its docstring left aside."""
    lengths: dict[str, int] = {}
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                lengths[f"{module}.{node.name}"] = lines
    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}


def test_a_class_has_a_name_of_its_own() -> None:
    where: dict[str, list[str]] = {}
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where.setdefault(node.name, []).append(module)
    assert {name: modules for name, modules in where.items() if len(modules) > 1} == {}


def test_the_front_door_is_short() -> None:
    assert len(backpain_bn.__all__) <= MOST_NAMES


@pytest.mark.parametrize("room", sorted({path.parent.name for path in PACKAGE.glob("*/*.py")}))
def test_the_face_of_a_room_has_three_to_eight_names(room: str) -> None:
    face = importlib.import_module(f"backpain_bn.{room}")
    names = face.__all__
    assert all(hasattr(face, name) for name in names) and sorted(names) == list(names)
    assert len(names) in NAMES_OF_A_ROOM or (room in SMALL_ROOMS and 1 <= len(names) < 3)
