"""The widget from Python's side: what it holds, what it refuses, what it shows where it does not
live.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import backpain_bn as bb
from backpain_bn.explorer import page, widget
from backpain_bn.formats.load import load
from backpain_bn.red_flags import check
from tests.browser.chromium import missing

DESK = {"sitting_hours": "over_8", "running_back_pain": "yes"}
FLAGS = load().red_flags


def explored(findings: dict[str, Any], flags: dict[str, str] | None = None, **options: Any) -> Any:
    return widget.explore(bb.load(), findings, check(FLAGS, flags or {}), **options)


def needed(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        missing(module)


@pytest.fixture
def explorer() -> Any:
    needed("anywidget")
    return explored(DESK, {"fever": "no"})


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any, Any]]]:
    """What a notebook would be sent."""
    display = needed("IPython.display")
    sent: list[tuple[str, Any, Any]] = []
    monkeypatch.setattr(
        display,
        "display",
        lambda data, **options: sent.append(("display", data, options.get("display_id"))),
    )
    monkeypatch.setattr(
        display,
        "update_display",
        lambda data, **options: sent.append(("update", data, options.get("display_id"))),
    )
    return iter([sent])  # type: ignore[return-value]


def test_it_starts_from_the_case(explorer: Any) -> None:
    assert (
        explorer.case == DESK
        and explorer.red_flags == {"fever": "no"}
        and explorer.voice == "runner_back_pain"
    )
    assert repr(explorer) == "Explorer('runner_back_pain', 2 findings)"
    expected = bb.posterior(bb.load(), DESK)
    assert explorer.marginals == {name: dict(expected[name]) for name in expected}


def test_python_sets_case_and_voice(explorer: Any) -> None:
    explorer.case = {"weak_core": {"yes": 0.8, "no": 0.4}, "sex": None}
    assert explorer.case == {"weak_core": {"yes": 0.8, "no": 0.4}}
    explorer.voice = "as_claimed"
    expected = bb.posterior(bb.load("as_claimed"), explorer.case)
    assert explorer.posterior["tight_hip_flexors"] == expected["tight_hip_flexors"]


def test_what_does_not_exist_is_refused_and_changes_nothing(explorer: Any) -> None:
    for name, value, message in (
        ("case", {"sitting_hrs": "over_8"}, 'did you mean "sitting_hours"'),
        ("case", {"sitting_hours": "ten"}, 'unknown state of sitting_hours "ten"'),
        ("red_flags", {"fevr": "yes"}, 'did you mean "fever"'),
        ("voice", "nobody", 'unknown voice "nobody"'),
    ):
        with pytest.raises(bb.UnknownName, match=re.escape(message)):
            setattr(explorer, name, value)
    assert (
        explorer.case == DESK
        and explorer.red_flags == {"fever": "no"}
        and explorer.voice == "runner_back_pain"
    )


def test_what_the_page_gets_is_plain_data(explorer: Any) -> None:
    state = explorer.get_state()
    assert state["case"] == DESK and json.loads(json.dumps(state["_model"])) == json.loads(
        json.dumps(page.model(bb.load()))
    )
    assert "export default { render }" in state["_esm"] and "http" not in state["_esm"]
    assert 'data-id="sitting_hours"' in state["_page"] and "<script" not in state["_page"]


def test_a_picture_stands_beside_it_and_follows(explorer: Any, shown: Iterator[list[Any]]) -> None:
    sent = next(shown)
    explorer._ipython_display_()
    (_, live, _), (_, twin, id) = sent
    assert "application/vnd.jupyter.widget-view+json" in live
    assert twin["text/html"].startswith(f'<img class="{id}"') and "over 8" in twin["text/plain"]
    assert f"img.{id}" in explorer._hides
    explorer.case = {"running_back_pain": "no"}
    kind, data, same = sent[-1]
    assert (kind, same) == ("update", id) and "back pain from running: no" in data["text/html"]
    explorer.red_flags = {"fever": "yes"}
    assert "A red flag is set" in sent[-1][1]["text/plain"] and "%" not in re.sub(
        "<style>.*?</style>", "", explorer.svg()
    )


def test_two_of_them_keep_to_themselves() -> None:
    needed("anywidget")
    one, other = explored(DESK), explored({})
    one.case = {}
    other.case = {"sex": "male"}
    assert one.case == {} and one._twin != other._twin


def test_without_kernel_it_is_a_sandboxed_frame() -> None:
    frame = explored(DESK, kernel=False)
    html = frame._repr_html_()
    assert html.startswith('<iframe sandbox="allow-scripts"') and html.count("<") == 2
    assert "allow-same-origin" not in html and "frame" in repr(frame)


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    widget._widget_class.cache_clear()
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(
        bb.BackpainError, match=r"the extra `notebook`.*backpain_bn\[notebook\].*kernel=False"
    ):
        explored(DESK)


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    heavy = ("anywidget", "ipywidgets", "IPython", "traitlets")
    code = (
        f"import sys, backpain_bn, backpain_bn.explorer.widget; print([m for m in {heavy} if m "
        "in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
