"""README's code as type checkers see it, which find no union that hides the rows of an answer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import backpain_bn

ROOT = Path(backpain_bn.__file__).parents[1]
WRONG = """\
d.contributors().rowz
d.why("x")[0].wrong
bb.diagnos({})
bb.questions()[0].cost.hours
"""


def errors_of_mypy(path: Path) -> list[int]:
    """Return the lines with errors of mypy --strict; the package's own configuration is strict."""
    words = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", str(path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return [int(line) for line in re.findall(rf"{path.name}:(\d+): error: ", done.stdout)]


def errors_of_pyright(path: Path) -> list[int]:
    """Return the lines with errors of basedpyright, which is pyright with a node of its own, in
    pyright's mode.
    """
    settings = {
        "include": [path.name],
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "standard",
    }
    path.with_name("pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    words = [sys.executable, "-m", "basedpyright", "--outputjson", "-p", str(path.parent)]
    words += ["--pythonpath", sys.executable]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [each["range"]["start"]["line"] + 1 for each in found if each["severity"] == "error"]


@pytest.mark.parametrize("errors", [errors_of_mypy, errors_of_pyright])
def test_readme_is_well_typed_and_mistakes_are_found(
    errors: Callable[[Path], list[int]], tmp_path: Path
) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    assert code.count("bb.") > 8
    path = tmp_path / "readme_code.py"
    path.write_text(code + WRONG, "utf-8")
    first = len(code.splitlines()) + 1
    assert sorted(errors(path)) == [first + place for place in range(len(WRONG.splitlines()))]
