"""What is installed where, and that every file that names a version names the same one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import backpain_bn as bb

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NATIVE = {"llvmlite", "pgmpy"}
"""What has no build for a browser."""


def wanted(platform: str) -> set[str]:
    """Return what an install without extras asks for on a platform."""
    where = {"sys_platform": platform}
    every = [Requirement(text) for text in PROJECT["dependencies"]]
    return {one.name for one in every if one.marker is None or one.marker.evaluate(where)}


def test_a_browser_gets_neither_the_compiler_nor_pgmpy() -> None:
    assert wanted("emscripten") == wanted("linux") - NATIVE
    assert wanted("linux") >= NATIVE | {"numpy"}


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_get_all_of_it(platform: str) -> None:
    assert wanted(platform) == wanted("linux")


def test_one_version_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert newest is not None
    assert {bb.__version__, citation["version"], newest[1]} == {PROJECT["version"]}


def test_the_forms_ask_for_the_source() -> None:
    form = ROOT / ".github" / "ISSUE_TEMPLATE" / "wrong_number.yml"
    fields = {each["id"]: each for each in yaml.safe_load(form.read_text())["body"] if "id" in each}
    assert fields["source"]["validations"]["required"] is True
