"""`python -m tests.mutation [FILE ...]`: change the code a little, everywhere, and see which changes
no test notices.

Runs mutmut (the extra `nightly`) on files of `tool.mutmut` in pyproject.toml, all if none is named,
and prints for each how many changes were noticed and every one that was not. It takes hours; what
was worked out is kept in `mutants/` until that is removed.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from difflib import unified_diff
from functools import lru_cache
from pathlib import Path

MUTMUT = str(Path(sys.executable).with_name("mutmut"))
FILES: list[str] = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "mutmut"
]["only_mutate"]
NOTICED = {"killed", "timeout", "segfault", "caught by type check"}
LEFT_OUT = {"skipped", "not checked"}


def module_of(file: str) -> str:
    """Return the module of a file, as its mutants are named."""
    return file.removesuffix(".py").replace("/", ".")


def outcomes() -> dict[str, str]:
    """Return what became of each mutant so far."""
    listed = subprocess.run(
        [MUTMUT, "results", "--all", "true"], capture_output=True, text=True, check=True
    )
    lines = (line.strip().rpartition(": ") for line in listed.stdout.splitlines() if ": " in line)
    return {name: outcome for name, _, outcome in lines}


@lru_cache(maxsize=1)
def functions(file: str) -> dict[str, str]:
    """Return every function of a mutated file, as it was and as it was changed."""
    tree = ast.parse((Path("mutants") / file).read_text(encoding="utf-8"))
    return {
        node.name: ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
    }


def difference(file: str, mutant: str) -> str:
    """Return the lines that a mutant changes."""
    name = mutant.removeprefix(f"{module_of(file)}.")
    before = functions(file)[f"{name.rpartition('__mutmut_')[0]}__mutmut_orig"]
    lines = unified_diff(before.splitlines(), functions(file)[name].splitlines(), n=0)
    return "\n".join(line for line in list(lines)[3:] if "__mutmut_" not in line)


def report(file: str, found: dict[str, str]) -> Iterator[str]:
    """Yield the score of a file, and every change of it that no test noticed."""
    mine = {name: what for name, what in found.items() if name.startswith(f"{module_of(file)}.")}
    counted = Counter(mine.values())
    tried = sum(many for what, many in counted.items() if what not in LEFT_OUT)
    noticed = sum(many for what, many in counted.items() if what in NOTICED)
    yield f"{file}: {noticed} of {tried} noticed ({noticed / max(tried, 1):.1%}); {dict(counted)}"
    for name, what in mine.items():
        if what not in NOTICED | LEFT_OUT:
            yield f"{what}: {name}\n{difference(file, name)}"


def main() -> None:
    """Run what is asked for, and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("files", nargs="*", default=FILES, metavar="FILE", help=", ".join(FILES))
    parser.add_argument("--report", action="store_true", help="only report what was worked out")
    options = parser.parse_args()
    for file in options.files:
        if not options.report:
            subprocess.run([MUTMUT, "run", f"{module_of(file)}.*"], check=False)
        for line in report(file, outcomes()):
            print(line)


if __name__ == "__main__":
    main()
