"""The tests: their folders are those of the package, and `tests/backs/` alone knows the networks of
backs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from backpain_bn.formats.load import shipped
from backpain_bn.formats.text_files import SHIPPED
from backpain_bn.formats.yaml_document import read_yaml
from tests.test_layers import MODULES, PACKAGE

TESTS = Path(__file__).parent
OWN_FOLDERS = {"app", "backs", "browser", "fuzz", "oracles"}
"""What has no room of the same name: whole programs, the shipped networks, a browser, broken files,
what tests compare with.
"""
FREE = {"car"}
"""Networks that any test may use."""
ORDINARY = {"age", "sex", "fatigue", "fever"}
"""Names of the backs' networks that other networks and red flags have as well."""
FILES = sorted(
    path
    for path in TESTS.rglob("*.py")
    if path.relative_to(TESTS).parts[0] not in {"backs", Path(__file__).name}
)


@lru_cache(maxsize=1)
def names_of_backs() -> frozenset[str]:
    """Return the networks of backs and what they name: variables, treatments, advice, and the
    questions and rules of their red flags.
    """
    networks = set(shipped()) - FREE
    files = [read_yaml(SHIPPED / f"{name}.yaml").data for name in networks]
    flags = {file["red_flags"] for file in files if "red_flags" in file}
    files += [read_yaml(SHIPPED / name).data for name in flags]
    parts = ("variables", "treatments", "advice", "questions", "rules")
    named = {name for file in files for part in parts for name in file.get(part, {})}
    free = {name for file in FREE for name in read_yaml(SHIPPED / f"{file}.yaml").data["variables"]}
    return frozenset((networks | named) - free - ORDINARY)


def optional_networks() -> dict[str, tuple[int, str]]:
    """Return what of the package takes the default network where none is given: the place and the
    name of that argument.
    """
    found = {}
    for path in MODULES.values():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for place, (name, annotation, default) in enumerate(arguments(node)):
                wanted = "str | Path" in annotation and name in ("network", "source")
                if wanted and default in ("None", "DEFAULT"):
                    found[node.name] = (place, name)  # type: ignore[attr-defined]
    return found


def arguments(node: ast.stmt) -> list[tuple[str, str, str]]:
    """Return the name, annotation and default of each argument of a function or fields of a class."""
    if isinstance(node, ast.ClassDef):
        fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
        return [
            (ast.unparse(each.target), ast.unparse(each.annotation), _source(each.value))
            for each in fields
        ]
    if not isinstance(node, ast.FunctionDef):
        return []
    given = node.args.args
    defaults = [None] * (len(given) - len(node.args.defaults)) + node.args.defaults
    return [
        (each.arg, _source(each.annotation), _source(default))
        for each, default in zip(given, defaults, strict=True)
    ]


def _source(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node)


OPTIONAL = optional_networks()


def calls_without_network(text: str) -> Iterator[str]:
    """Yield each call of something of the package that leaves the network to the default."""
    tree = ast.parse(text)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    known = {alias.asname or alias.name for node in imports for alias in node.names}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        module, _, name = ast.unparse(node.func).rpartition(".")
        if (module or name) not in known or name not in OPTIONAL:
            continue
        place, keyword = OPTIONAL[name]
        starred = any(isinstance(each, ast.Starred) for each in node.args)
        named = keyword in {each.arg for each in node.keywords}
        if len(node.args) <= place and not starred and not named:
            yield f"{node.lineno}: {ast.unparse(node)}"


def test_every_folder_of_tests_is_a_room_or_one_of_five() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    folders = {path.name for path in TESTS.iterdir() if (path / "__init__.py").is_file()}
    assert folders <= rooms | OWN_FOLDERS
    assert folders >= OWN_FOLDERS


def test_names_and_calls_are_found() -> None:
    names = names_of_backs()
    assert len(names) > 150 and {len(name.split("_")) > 1 for name in names} == {True, False}
    assert {"load", "diagnose", "score", "ScoringJob", "explore", "posterior"} <= set(OPTIONAL)
    text = "import backpain_bn as bb\nbb.diagnose({})\nbb.load()\nbb.load('car')\nd.explore()"
    assert list(calls_without_network(text)) == ["2: bb.diagnose({})", "3: bb.load()"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_nothing_here_knows_the_networks_of_backs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"\w+", text)) & names_of_backs() == set()
    assert list(calls_without_network(text)) == []
    assert re.findall(r"\btests\.backs\b|\bbb\.load\(\)", text) == []
