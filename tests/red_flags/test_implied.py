"""What findings say about red-flag questions, and which questions they make worth asking first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backpain_bn.errors import BackpainError
from backpain_bn.red_flags.answered import check
from backpain_bn.red_flags.implied import asked_first, graver, implied, lasting_flags, later_flags
from backpain_bn.red_flags.rules import ABOVE, BELOW, RedFlagQuestion, Rules
from tests.red_flags.test_answered import rule

FINDINGS = {"engine": "hot", "floor": "dry", "load": {"low": 0.5, "high": 1.0}}


TOLD = Rules(
    "told",
    "1",
    (
        RedFlagQuestion("heat", "Is it hot?", (), "engine=hot"),
        RedFlagQuestion("leak", "Does it leak?", (), "floor=wet", ("floor=dry", "smoke")),
        RedFlagQuestion("smell", "Does it smell?", (), when=(("engine", ("warm", "hot")),)),
        RedFlagQuestion("noise", "Is it loud?", ()),
        RedFlagQuestion("smoke", "Is there smoke?", ()),
        RedFlagQuestion("flame", "Does it burn?", ()),
    ),
    (
        rule("fire", "emergency", ("smoke", "smell")),
        rule("spill", "urgent", ("leak", "noise"), ("heat", "flame")),
        replace(rule("wear", "soon", ("noise",)), when=(("engine", ("hot",)), ("floor", ("wet",)))),
    ),
)


def test_findings_answer_questions() -> None:
    assert implied(TOLD, FINDINGS) == {"heat": "yes", "leak": "no"}
    assert implied(TOLD, {"floor": "wet"}) == {"leak": "yes"}
    assert implied(TOLD, {}) == {}


def test_what_is_asked_first_follows_from_findings_and_answers() -> None:
    assert asked_first(TOLD, {}, {}) == {"smoke"}
    assert asked_first(TOLD, {"engine": "warm"}, {}) == {"smoke", "smell"}
    # A yes that is told by a finding begins a combination; one with a no is not begun.
    assert asked_first(TOLD, FINDINGS, {}) == {"smoke", "smell", "heat", "flame"}
    assert asked_first(TOLD, {"engine": "hot", "floor": "wet"}, {"flame": "no"}) == {
        "smoke",
        "smell",
        "leak",
        "noise",
    }
    assert asked_first(TOLD, {}, {"noise": "yes"}) == {"smoke", "leak", "noise"}


def test_without_emergencies_the_urgent_rules_are_asked_first() -> None:
    spill, wear = TOLD.rules[1], TOLD.rules[2]
    assert asked_first(replace(TOLD, rules=(spill, wear)), {}, {}) == spill.asks
    assert asked_first(replace(TOLD, rules=(wear,)), {}, {}) == frozenset()


def test_what_may_be_graver_than_what_fires() -> None:
    answers = {"heat": "yes", "flame": "yes", "smoke": "yes"}
    assert graver(check(TOLD, answers)) == {"smoke", "smell"}
    assert graver(check(TOLD, {"noise": "yes", "smell": "yes"})) == {
        "smoke",
        "smell",
        "leak",
        "noise",
    }
    assert graver(check(TOLD, {"smoke": "yes", "smell": "yes"})) == frozenset()
    assert graver(check(TOLD, {})) == frozenset()


def test_a_number_answers_the_questions_about_it_and_its_bound_leaves_them_open() -> None:
    old = RedFlagQuestion("old", "Over 70?", (), number=("age", ABOVE, 70))
    young = RedFlagQuestion("young", "Under 20?", (), number=("age", BELOW, 20))
    rules = Rules("ages", "1", (old, young), ())
    said = {age: implied(rules, {}, {"age": age}) for age in (10.0, 20.0, 50.0, 70.0, 70.5)}
    assert said == {
        10.0: {"old": "no", "young": "yes"},
        20.0: {"old": "no"},
        50.0: {"old": "no", "young": "no"},
        70.0: {"young": "no"},
        70.5: {"old": "yes", "young": "no"},
    }
    assert implied(rules, {"age": "75"}) == {} == implied(rules, {}, {"mileage": 75.0})


def test_a_likelihood_that_leaves_one_state_answers_as_the_state_does() -> None:
    sure = {"engine": {"hot": 1.0}, "floor": {"dry": 0.5, "wet": 0.0}}
    assert implied(TOLD, sure) == implied(TOLD, {"engine": "hot", "floor": "dry"})
    assert implied(TOLD, {"engine": {"hot": 1.0, "warm": 0.1}}) == {}
    assert asked_first(TOLD, sure, {}) == asked_first(TOLD, FINDINGS, {})


def test_signs_of_several_visits_count_together() -> None:
    first = check(TOLD, {"noise": "yes"}, follows=implied(TOLD, {"engine": "hot"}))
    assert not first.urgent
    later = later_flags(first, {"heat": None}, {"floor": "wet"})
    assert later.urgent and later.answers["heat"] == "yes"
    assert not later_flags(first, {"noise": "no"}, {"floor": "wet"}).urgent
    denied = later_flags(check(TOLD, {"noise": "yes", "leak": "no"}), {}, {"floor": "wet"})
    assert denied.urgent and denied.denied == ("leak",)
    # What a finding says stays until a finding says otherwise; what was answered may be updated.
    assert later_flags(denied, {"leak": "no"}, {}).urgent
    assert not later_flags(denied, {"leak": "no"}, {"floor": "dry"}).urgent
    assert not later_flags(denied, {"noise": "no"}, {}).urgent
    cleared = later_flags(check(TOLD, {}, follows={"leak": "no"}), {"noise": "yes"}, {})
    assert cleared.answers["leak"] == "no"
    assert later_flags(cleared, {}, {"floor": "wet"}).urgent


def test_a_rule_whose_findings_are_told_is_asked_first() -> None:
    (wear,) = (each for each in TOLD.rules if each.when)
    rules = replace(TOLD, rules=(wear,))
    assert asked_first(rules, {"engine": "hot", "floor": "wet"}, {}) == {"noise", "smell"}
    assert asked_first(rules, {"engine": "hot", "floor": "dry"}, {}) == {"smell"}


def test_what_is_as_grave_as_what_fires_is_not_graver() -> None:
    pairs = (rule("one", "urgent", ("smoke",)), rule("other", "urgent", ("smoke", "smell")))
    assert graver(check(replace(TOLD, rules=pairs), {"smoke": "yes"})) == frozenset()


def test_a_number_counts_at_a_later_visit_and_beside_questions_without_one() -> None:
    plain = RedFlagQuestion("plain", "Anything else?", ())
    old = RedFlagQuestion("old", "Over 70?", (), number=("age", ABOVE, 70))
    rules = Rules("ages", "1", (plain, old), ())
    assert implied(rules, {}, {"age": 75.0}) == {"old": "yes"}
    later = later_flags(check(rules, {}), {}, {}, {"age": 75.0})
    assert later.answers["old"] == "yes" and later.follows == ("old",)


def test_a_yes_by_a_finding_counts_over_a_no_by_a_number() -> None:
    old = RedFlagQuestion("old", "Over 70?", (), "frail=yes", number=("age", ABOVE, 70))
    assert implied(Rules("ages", "1", (old,), ()), {"frail": "yes"}, {"age": 60}) == {"old": "yes"}


def test_later_answers_must_be_a_mapping() -> None:
    answers: Any = ["smoke"]
    with pytest.raises(BackpainError, match=r"^red_flags must map questions to yes or no, not"):
        later_flags(check(TOLD, {}), answers, {})


def test_what_was_left_open_before_is_asked_again() -> None:
    first = check(TOLD, {"smoke": "not asked", "smell": None, "leak": "no"})
    later = later_flags(first, {"smoke": "yes", "smell": None}, {})
    assert later.asked == ("leak", "smoke") and later.follows == ()


def test_no_yes_is_taken_back_where_flags_last() -> None:
    first = check(TOLD, {"noise": "yes"}, follows={"leak": "yes"})
    assert first.urgent
    assert later_flags(first, {"noise": "not asked", "leak": None}, {}).urgent
    undone = {"noise": "no"}, {"floor": "dry"}
    assert not later_flags(first, *undone).urgent
    kept = lasting_flags(first, *undone)
    assert kept.urgent and kept.answers["noise"] == kept.answers["leak"] == "yes"
    with pytest.raises(BackpainError, match='unknown red flag "noize"'):
        lasting_flags(first, {"noize": "no"}, {})
