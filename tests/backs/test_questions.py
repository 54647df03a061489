"""What to ask a runner next: questions of the shipped networks, and what the answers would change."""

from __future__ import annotations

from functools import partial

import pytest

import backpain_bn as bb
from backpain_bn.decide.next_questions import next_questions as ranked
from backpain_bn.red_flags.answered import check
from tests.backs.vignettes import VIGNETTES

next_questions = partial(ranked, by="information")


@pytest.mark.parametrize("name", VIGNETTES)
def test_the_shipped_network_has_questions_for_every_vignette(name: str, voice: bb.Network) -> None:
    findings = VIGNETTES[name]["findings"]
    found = next_questions(voice, findings, red_flags=check(bb.load().red_flags, {}))
    assert {row.variable for row in found} == {
        key for key, variable in voice.variables.items() if variable.question
    } - set(findings)
    assert all(not voice[aim].question for aim in found.hypotheses)
    assert all(row.bits >= 0 for row in found)
    assert 0 < found.worth[1] < found.worth[2] < found.doubt
    text = str(found)
    assert text.index("Red-flag questions come first") < text.index("1. ")
    assert max(map(len, text.splitlines())) <= 100
    assert "nan" not in text.split() and "safe" not in text and "harmless" not in text
    same = found.same_decision
    assert same is not None and 0 < same.probability <= 1
    assert all(voice[question].cost.who == "ask" for question in same.questions)
    assert ("Asking more will hardly change what to do" in text) == same.settled
    assert ("can still change what to do" in text) == (not same.settled)


def test_the_answer_that_changes_what_to_work_on_says_so(shipped: bb.Network) -> None:
    found = next_questions(shipped, VIGNETTES["desk_worker"]["findings"])
    first = found[0]
    assert found.decision == "tight_hip_flexors"
    assert [answer.decision == found.decision for answer in first.answers] == [True, False]
    text = " ".join(str(found).split())
    assert "then first to work on" in text and "So answers can still change what to do." in text


def test_nothing_told_at_all_is_a_case_too(voice: bb.Network) -> None:
    found = next_questions(voice, {})
    assert len(found) == sum(bool(variable.question) for variable in voice.variables.values())
    assert found.worth[2] > found.worth[1] > 0


@pytest.mark.parametrize(
    ("name", "value", "state"),
    [
        ("sitting_hours", 9, "over_8"),
        ("sitting_hours", "8", "4_to_8"),
        ("sitting_hours", 3.5, "under_4"),
        ("age", 39, "under_40"),
        ("age", 54, "40_to_54"),
        ("age", "62", "55_plus"),
        ("previous_back_pain", 0, "none"),
        ("previous_back_pain", 2, "one_or_two"),
        ("previous_back_pain", 3, "three_or_more"),
        ("previous_back_pain", "no", "none"),
        ("strength_training", True, "regular"),
        ("strength_training", "no", "none"),
        ("recovery", "yes", "active"),
        ("training_load", "yes", "spike"),
        ("footwear", True, "unsupportive"),
        ("fluid_intake", "yes", "low"),
        ("stress", False, "low"),
        ("modified_thomas_test", True, "positive"),
    ],
)
def test_numbers_yes_and_no_are_taken_as_they_are_meant(
    shipped: bb.Network, name: str, value: str | float | bool, state: str
) -> None:
    assert shipped[name].state_of(value) == state


def test_yes_and_no_answer_every_question_but_those_that_ask_for_something_else(
    voice: bb.Network,
) -> None:
    asked = [variable for variable in voice.variables.values() if variable.question]
    others = {variable.name for variable in asked if set(variable.said) != {"yes", "no"}}
    assert others == {"age", "sex", "sitting_hours", "previous_back_pain"}
    assert [name for name in others if not voice[name].bins] == ["sex"]
