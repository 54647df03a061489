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
from dataclasses import replace
from typing import Any

import pytest

import backpain_bn as bb
from backpain_bn.display.words import percent
from backpain_bn.errors import AnswerWithheld
from backpain_bn.explain.shares import shares_of
from backpain_bn.explorer import graph, page, widget
from backpain_bn.model.network import Network
from backpain_bn.red_flags.answered import check
from backpain_bn.red_flags.rules import ABOVE, RedFlagQuestion, Rule, Rules
from tests.browser.chromium import missing
from tests.browser.networks import burning_car, car

DIM = {"dim_lights": "yes", "no_start": "yes"}
NAMESPACE = "http://www.w3.org/2000/svg"


def explored(findings: dict[str, Any], flags: dict[str, str] | None = None, **options: Any) -> Any:
    network = burning_car()
    return widget.explore(network, findings, check(network.red_flags, flags or {}), **options)


def needed(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        missing(module)


@pytest.fixture
def explorer() -> Any:
    needed("anywidget")
    return explored(DIM, {"flames": "no"})


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
        explorer.case == DIM and explorer.red_flags == {"flames": "no"} and explorer.voice == "car"
    )
    assert repr(explorer) == "Explorer('car', 2 findings)"
    expected = bb.posterior(burning_car(), DIM)
    assert explorer.marginals == {name: dict(expected[name]) for name in expected}


def test_python_sets_the_case(explorer: Any) -> None:
    explorer.case = {"weak_battery": {"yes": 0.8, "no": 0.4}, "empty_tank": None}
    assert explorer.case == {"weak_battery": {"yes": 0.8, "no": 0.4}}
    expected = bb.posterior(burning_car(), explorer.case)
    assert explorer.posterior["no_crank"] == expected["no_crank"]


def test_what_is_set_is_cut_from_its_causes(explorer: Any) -> None:
    explorer.does = {"weak_battery": "no"}
    assert 'class="node colour1 done" data-id="weak_battery"' in explorer.svg()
    assert (
        "Set, whatever its causes: weak or flat battery: no." in explorer._picture()["text/plain"]
    )
    expected = bb.posterior(burning_car().do(weak_battery="no"), DIM)
    assert explorer.marginals == {name: dict(expected[name]) for name in expected}


def test_what_is_put_right_is_the_same_case_otherwise(explorer: Any) -> None:
    explorer.treats = ["weak_battery", "weak_battery"]
    assert explorer.treats == ["weak_battery"]
    assert 'class="node colour1 treated" data-id="weak_battery"' in explorer.svg()
    (share,) = shares_of(burning_car(), DIM, [["weak_battery"]])
    assert explorer.put_right["no_start"]["no"] == pytest.approx(share, abs=1e-12)
    words = explorer._picture()["text/plain"]
    assert f"Failure to start: {percent(1.0)} today, {percent(1 - share)} without weak or" in words
    assert explorer.posterior["no_start"]["yes"] == 1.0
    explorer.red_flags = {"flames": "yes"}
    assert "%" not in re.sub("(?s)<style>.*?</style>", "", explorer.svg())
    assert "%" not in explorer._picture()["text/plain"]


def test_what_does_not_exist_is_refused_and_changes_nothing(explorer: Any) -> None:
    for name, value, message in (
        ("case", {"dim_light": "yes"}, 'did you mean "dim_lights"'),
        ("case", {"dim_lights": "ten"}, 'unknown state of dim_lights "ten"'),
        ("does", {"dim_light": "yes"}, 'did you mean "dim_lights"'),
        ("treats", ["weak_batery"], 'did you mean "weak_battery"'),
        ("red_flags", {"flame": "yes"}, 'did you mean "flames"'),
        ("voice", "nobody", 'unknown voice "nobody"'),
    ):
        with pytest.raises(bb.errors.UnknownName, match=re.escape(message)):
            setattr(explorer, name, value)
    assert (
        explorer.case == DIM and explorer.red_flags == {"flames": "no"} and explorer.voice == "car"
    )


def test_what_the_page_gets_is_plain_data(explorer: Any) -> None:
    state = explorer.get_state()
    assert state["case"] == DIM and json.loads(json.dumps(state["_model"])) == json.loads(
        json.dumps(page.model(burning_car()))
    )
    assert "export default { render }" in state["_esm"] and "http" not in state["_esm"].replace(
        NAMESPACE, ""
    )
    assert 'class="bp-graph' in state["_page"] and "<script" not in state["_page"]


def test_what_a_notebook_keeps_holds_no_figure_of_an_earlier_case(explorer: Any) -> None:
    for flags in ({}, {"flames": "yes"}, {"flames": "no"}):
        explorer.red_flags = flags
        kept = explorer.get_state()["_page"]
        body = re.sub("(?s)<style>.*?</style>", "", kept)
        assert "%" not in body and "data-id" not in body and 'data-paths="[]"' in body
        assert "Most likely" not in body and graph.legend(burning_car()) in body


def test_a_picture_stands_beside_it_and_follows(explorer: Any, shown: Iterator[list[Any]]) -> None:
    sent = next(shown)
    explorer._ipython_display_()
    (_, live, _), (_, twin, id) = sent
    assert "application/vnd.jupyter.widget-view+json" in live
    assert (
        twin["text/html"].startswith(f'<img class="{id}"')
        and "dim lights: yes" in twin["text/plain"]
    )
    assert f"img.{id}" in explorer._hides
    explorer.case = {"no_start": "no"}
    kind, data, same = sent[-1]
    assert (kind, same) == ("update", id) and "failure to start: no" in data["text/html"]
    explorer.red_flags = {"flames": "yes"}
    assert "A red flag is set" in sent[-1][1]["text/plain"] and "%" not in re.sub(
        "(?s)<style>.*?</style>", "", explorer.svg()
    )


def test_two_of_them_keep_to_themselves() -> None:
    needed("anywidget")
    one, other = explored(DIM), explored({})
    one.case = {}
    other.case = {"cold_night": "yes"}
    assert one.case == {} and one._twin != other._twin


def test_without_kernel_it_is_a_sandboxed_frame() -> None:
    frame = explored(DIM, kernel=False)
    html = frame._repr_html_()
    assert html.startswith('<iframe sandbox="allow-scripts"') and html.count("<") == 2
    assert "allow-same-origin" not in html and "frame" in repr(frame)


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    widget._widget_class.cache_clear()
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(
        bb.BackpainError, match=r"the extra `notebook`.*backpain_bn\[notebook\].*kernel=False"
    ):
        explored(DIM)


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    heavy = ("anywidget", "ipywidgets", "IPython", "traitlets")
    code = (
        f"import sys, backpain_bn, backpain_bn.explorer.widget; print([m for m in {heavy} if m "
        "in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_case_is_read_as_anywhere_else_and_an_urgent_one_is_withheld() -> None:
    needed("anywidget")
    explorer = explored({})
    explorer.case = {"no_start": True, "battery_age": 9}
    assert explorer.case == {"no_start": "yes", "battery_age": "over_5_years"}
    with pytest.raises(bb.BackpainError, match='unknown state of no_start "Yess"'):
        explorer.case = {"no_start": "Yess"}
    explorer.red_flags = {"flames": "yes"}
    for withheld in (explorer.posterior, explorer.put_right):
        with pytest.raises(AnswerWithheld):
            withheld.present("no_start")
    assert "%" not in explorer.svg()


def worn_car() -> Network:
    """Return a car of which a battery above eight years that smells is urgent."""
    questions = (
        RedFlagQuestion("old", "Is the battery above eight years?", (), number=("battery_age", ABOVE, 8)),
        RedFlagQuestion("smell", "Does it smell?", ()),
    )  # fmt: skip
    rule = Rule("leak", "A leak", "urgent", (("old", "smell"),), "Leave it.", "", ())
    return replace(car(), red_flags=Rules("worn", "1", questions, (rule,)))


def test_a_number_answers_a_red_flag_as_long_as_its_state_is_told() -> None:
    needed("anywidget")
    network, smell = worn_car(), {"smell": "yes"}
    explorer = widget.explore(network, {}, check(network.red_flags, {}))
    explorer.red_flags = smell
    for number, urgent in ((9, True), (6, False), ("9", True)):
        explorer.case = {"no_start": "yes", "battery_age": number}
        diagnosis = bb.diagnose({"battery_age": number}, network, smell)
        assert explorer._flags.urgent is diagnosis.red_flags.urgent is urgent
        assert explorer.get_state()["_follows"] == {"old": "yes" if urgent else "no"}
        assert explorer.red_flags == smell
    # What the page sends after a click: states only.
    explorer.case = {"battery_age": "over_5_years"}
    with pytest.raises(AnswerWithheld):
        explorer.posterior.present("weak_battery")
    explorer.case = {"battery_age": "3_to_5_years"}
    assert not explorer._flags.urgent and explorer.get_state()["_follows"] == {}
    with pytest.raises(bb.errors.UnknownName):
        explorer.case = {"battery_age": 9, "no_start": "Yess"}
    assert explorer.get_state()["_follows"] == {}


def test_a_number_set_in_place_answers_a_red_flag_too() -> None:
    needed("anywidget")
    network = worn_car()
    explorer = widget.explore(
        network, {"no_start": "yes"}, check(network.red_flags, {"smell": "yes"})
    )
    assert "%" in explorer._picture()["text/plain"]
    explorer.case["battery_age"] = 9
    with pytest.raises(AnswerWithheld):
        explorer.posterior.present("weak_battery")
    assert "%" not in explorer._picture()["text/plain"]
    explorer.case["battery_age"] = 6
    assert explorer.posterior["weak_battery"] == posterior_of(
        network, {"battery_age": "over_5_years"}
    )
    explorer.case["battery_age"] = "over_5_years"
    explorer.red_flags["old"] = "yes"
    assert explorer._flags.urgent


def posterior_of(network: Network, more: dict[str, str]) -> Any:
    return bb.posterior(network, {"no_start": "yes", **more})["weak_battery"]


def test_a_finding_that_says_yes_counts_over_a_number_that_says_no() -> None:
    needed("anywidget")
    network = worn_car()
    old, smell = network.red_flags.questions
    both = replace(old, finding="battery_age=over_5_years")
    rules = replace(network.red_flags, questions=(both, smell))
    explorer = widget.explore(replace(network, red_flags=rules), {}, check(rules, {"smell": "yes"}))
    explorer.case = {"battery_age": 6}
    assert explorer.get_state()["_follows"] == {"old": "no"} and explorer._flags.urgent
    explorer.case = {"battery_age": 2}
    assert not explorer._flags.urgent
