"""The answer that a runner gets: grades, sources, words about pain and running, and the red flags of
backs that silence it.
"""

from __future__ import annotations

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.explain.causal_paths import GRADES
from tests.backs.vignettes import DESK


def test_grades_are_known_and_shown(voice: bb.Network) -> None:
    found = bb.diagnose(DESK, voice).contributors()
    assert all(row.grade in GRADES for row in found)
    assert len(found) >= 35
    assert [row.share for row in found] == sorted((row.share for row in found), reverse=True)
    assert all(np.isfinite([row.share, row.protects, row.present]).all() for row in found)


def test_the_printed_answer_puts_red_flags_first_and_names_sources() -> None:
    text = str(bb.diagnose(DESK, red_flags={"fever": "no"}).full)
    titles = [line for line in text.splitlines() if line.strip() and line[0] != " "]
    assert (titles[0], titles[-1]) == ("RED FLAGS FIRST", "PLEASE NOTE")
    assert "not asked yet (so not cleared)" in text
    assert "Hours spent sitting per day: over 8" in text
    assert "SIT-HF-01" in text and "Evidence (weakest link): claimed, no study found" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("flag", ["saddle_numbness", "fever", "severe_trauma"])
def test_an_urgent_red_flag_silences_ranking_and_running_advice(flag: str) -> None:
    d = bb.diagnose(DESK, red_flags={flag: "yes"})
    assert d.red_flags.urgent
    text = str(d)
    assert (
        "contributes" not in text
        and "keep running" not in text.lower()
        and "do not stop running" not in text.lower()
    )
    assert d.red_flags.set[0].action.split(".")[0].split()[0] in text
    assert len(d.contributors()) == 0 and "RED FLAGS FIRST" in str(d.contributors())
    answer = d.to_dict()
    assert "contributors" not in answer and "posterior" not in answer and "withheld" in answer


def test_without_an_urgent_flag_running_is_advised() -> None:
    assert "do not stop running" in str(bb.diagnose({**DESK, "running_back_pain": "yes"}).full)


def test_a_runner_without_pain_is_not_told_of_this_pain() -> None:
    text = str(bb.diagnose({"running_back_pain": "no", "sitting_hours": "over_8"}).full)
    assert "this pain" not in text
    assert "WHAT WOULD CONTRIBUTE" in text


@pytest.mark.parametrize("flag", ["bone_pain_on_impact", "night_pain", "morning_stiffness"])
def test_no_running_advice_beside_any_flag_that_is_set(flag: str) -> None:
    beside = ("better_moving_than_resting", "long_pain_from_before_45")
    d = bb.diagnose(DESK, red_flags={flag: "yes"} | dict.fromkeys(beside, "yes"))
    assert d.red_flags.set and not d.red_flags.urgent
    for answer in (d, d.what_helps()):
        assert "do not stop running" not in str(answer)
    assert d.to_dict()["red_flags"]["answers"][flag] == "yes"  # type: ignore[index]


def test_the_kind_of_pain_is_only_split_where_there_is_pain() -> None:
    assert "none of these in particular" in str(bb.diagnose({"running_back_pain": "yes"}).full)
    assert "none of these in particular" not in str(bb.diagnose({"slouching": "yes"}).full)
    assert "LIKELY KIND OF PAIN" not in str(bb.diagnose({"running_back_pain": "no"}).full)
