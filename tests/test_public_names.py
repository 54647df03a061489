"""The public face: which names there are, that each is documented, and that all options are spelt
out.
"""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import backpain_bn as bb
from backpain_bn.asked import Asked

NAMES = {
    "BackpainError",
    "Diagnosis",
    "Network",
    "Posterior",
    "diagnose",
    "explore",
    "fit",
    "load",
    "posterior",
    "questions",
    "save",
    "score",
    "validate",
}
"""What anybody may rely on; a name that comes is listed here, too."""
SPECIAL = ("FileProblem", "ImpossibleEvidence", "TooHard", "UnknownName")
WITHOUT_NUMBERS = {"load", "save", "explore", "questions", "diagnose"}
"""What works out no probability of its own, and so has no formula and no source."""
FORMULA = re.compile(r"P\(|[=≈] |quantiles of|product|Shapley")
SOURCE = re.compile(r"\b(1[89]|20)\d\d\b")
SHAPE = re.compile(r"\(n|\(S|\bn rows|one column|\{state: ")


def documented() -> Iterator[tuple[str, Any]]:
    """Yield every public class and function, and every question of a diagnosis."""
    for name in sorted(NAMES):
        yield name, getattr(bb, name)
    for name, method in inspect.getmembers(Asked, inspect.isfunction):
        if not name.startswith("_"):
            yield f"Diagnosis.{name}", method


DOCUMENTED = dict(documented())
FUNCTIONS = {name: each for name, each in DOCUMENTED.items() if inspect.isfunction(each)}


def methods() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every public function, and every public method of the public classes."""
    yield from FUNCTIONS.items()
    for kind in (bb.Diagnosis, bb.Network, bb.Posterior):
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            ours = method.__module__.startswith(bb.__name__)
            if ours and not name.startswith("_"):
                yield f"{kind.__name__}.{name}", method


METHODS = dict(methods())


def test_the_public_names_are_these_and_no_others() -> None:
    assert set(bb.__all__) == NAMES and dir(bb) == sorted(NAMES)
    assert all(getattr(bb, name) is not None for name in NAMES)


def test_a_tab_shows_the_public_names_and_no_others() -> None:
    shell = InteractiveShell()
    shell.user_ns["bb"] = bb
    with provisionalcompleter():
        found = [one.text.lstrip(".") for one in shell.Completer.completions("bb.", 3)]
    assert sorted(found) == sorted(NAMES)


def test_what_is_imported_late_is_listed_at_once_and_errors_have_a_room() -> None:
    script = "import backpain_bn as bb, sys; print(*dir(bb)); print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [" ".join(sorted(NAMES)), "False"]
    for name in SPECIAL:
        assert issubclass(getattr(bb.errors, name), bb.BackpainError)
        assert not hasattr(bb, name)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_option_is_spelt_out(name: str) -> None:
    kinds = [each.kind for each in inspect.signature(METHODS[name]).parameters.values()]
    assert inspect.Parameter.VAR_POSITIONAL not in kinds
    # Variables are named by whoever wrote the network.
    assert inspect.Parameter.VAR_KEYWORD not in kinds or name == "Network.do"
    hints = inspect.get_annotations(METHODS[name])
    assert "return" in hints


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_every_public_name_is_documented_with_an_example(name: str) -> None:
    text = inspect.getdoc(DOCUMENTED[name]) or ""
    first = " ".join(text.split("\n\n")[0].split())
    assert re.match(r"[A-Z].*[.:)]$", first) and len(first) > 30
    assert ">>> " in text


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_public_method_has_a_sentence(name: str) -> None:
    assert len(inspect.getdoc(METHODS[name]) or "") > 30


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"explore"}))
def test_every_function_says_what_it_raises(name: str) -> None:
    assert re.search(r"[Rr]aises `\w+`", inspect.getdoc(FUNCTIONS[name]) or "")


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - WITHOUT_NUMBERS))
def test_what_works_out_a_number_gives_its_formula_and_source(name: str) -> None:
    text = inspect.getdoc(FUNCTIONS[name]) or ""
    said = text.split(">>> ")[0]
    assert FORMULA.search(said) and SOURCE.search(said)


@pytest.mark.parametrize("name", ["posterior", "questions", "score", "Posterior", "diagnose"])
def test_what_gives_many_values_says_of_which_shape(name: str) -> None:
    assert SHAPE.search(inspect.getdoc(DOCUMENTED[name]) or "")
