"""A runner's second visit: what was told and done since, and how it reads."""

from __future__ import annotations

import pytest

import backpain_bn as bb
from backpain_bn.inference.posterior import posterior
from backpain_bn.temporal import window
from backpain_bn.temporal.follow_up import follow_up
from backpain_bn.temporal.visits import Visit
from tests.backs.vignettes import VIGNETTES


@pytest.mark.parametrize("name", VIGNETTES)
def test_the_shipped_networks_can_be_followed(name: str, voice: bb.Network) -> None:
    findings, helps = VIGNETTES[name]["findings"], VIGNETTES[name]["helps"]
    course = follow_up(
        voice, (Visit(findings), Visit({"low_back_pain": "no"}, treatments=tuple(helps)))
    )
    first = posterior(voice, findings)
    assert course.moments[0].posterior.row == pytest.approx(first.row, abs=1e-13)
    for treated in helps:
        for target, state in voice.treatments[treated].targets.items():
            assert course[target][state] > first[target][state], target
    text = str(course)
    assert max(map(len, text.splitlines())) <= 100 and "nan" not in text.split()
    assert course["low_back_pain"]["no"] == 1.0
    assert course.contributors().network is voice


def test_the_shipped_answer_reads_well(shipped: bb.Network) -> None:
    first = VIGNETTES["desk_worker"]["findings"]
    course = follow_up(
        shipped,
        (
            Visit(first),
            Visit({"low_back_pain": "yes"}, {"sitting_hours": "under_4"}, ("glute_strengthening",)),
        ),
    )
    text = str(course.follow_up({"low_back_pain": "no", "pain_after_run": "no"}))
    told_then = (
        "Visit 2: changed: hours spent sitting per day: under 4; started: Bridges, "
        "single-leg deadlifts, lunges; told: low back"
    )
    assert told_then in " ".join(text.split())
    assert (
        "visit 1" in text and "visit 3" in text and "WHAT MOVED THEM SINCE THE LAST VISIT" in text
    )
    assert "Low back pain: no longer there, as told. Next season about" in " ".join(text.split())
    for word in ("nothing to worry", "harmless", "healed", "cured"):
        assert word not in text.lower()


def test_what_was_acted_on_is_shown_first(shipped: bb.Network) -> None:
    first = Visit(VIGNETTES["hip_drops"]["findings"])
    course = follow_up(
        shipped,
        (
            first,
            Visit({"low_back_pain": "yes"}, {"sitting_hours": "under_4"}, ("glute_strengthening",)),
        ),
    )
    shown = [row.variable for row in course.top()]
    assert shown[0] == "weak_glutes" and "sitting_hours" not in shown and len(shown) <= 8
    now = [row.variable for row in course.contributors().top()[:4] if row.present < 1]
    workable = [name for name in now if shipped.role(name).workable and name != "weak_glutes"]
    assert workable and shown[1 : 1 + len(workable)] == workable
    background = [shipped.role(name).background for name in shown]
    assert background == sorted(background)
    assert "Weak or poorly controlled glutes" in str(course)


def test_ten_visits_are_followed_and_said_to_be_about_right(
    shipped: bb.Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Visit(VIGNETTES["hip_drops"]["findings"])
    again = [Visit({"low_back_pain": said}) for said in ("yes", "no", "yes", "yes") * 3][:9]
    course = follow_up(shipped, (first, *again))
    assert course.summed_up == 7 and "Before visit 8 counts" in " ".join(str(course).split())
    monkeypatch.setattr(window, "MOST_CELLS", 2.0**40)
    exact = follow_up(shipped, (first, *again[:3]))
    assert exact.summed_up == 0
    assert course.moments[3].posterior.row == pytest.approx(exact.posterior.row, abs=0.02)
