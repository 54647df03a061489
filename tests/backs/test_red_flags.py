"""The red flags of backs: which signs fire which rule, what is urgent, and what is said of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.explain.contradictions import contradictions
from backpain_bn.formats.red_flag_file import read_rules
from backpain_bn.red_flags.answered import check
from backpain_bn.red_flags.implied import asked_first
from backpain_bn.red_flags.rules import SUPPRESSING, URGENCIES, Rule

FILE = Path(__file__).parents[2] / "networks" / "red_flags.yaml"
RULES = read_rules(FILE)
IDS = [question.id for question in RULES.questions]
BY_ID = {rule.id: rule for rule in RULES.rules}
COMBINATIONS = [
    pytest.param(rule, each, id=f"{rule.id}:{'+'.join(each)}")
    for rule in RULES.rules
    for each in rule.any
]
ALL_NO = dict.fromkeys(IDS, "no")
answered = st.dictionaries(st.sampled_from(IDS), st.sampled_from(["yes", "no", "not asked", None]))
ids_of = st.sets(st.sampled_from(IDS))


def fired(answers: dict[str, Any]) -> set[str]:
    return {rule.id for rule in check(RULES, answers).set}


@pytest.mark.parametrize(("rule", "combination"), COMBINATIONS)
def test_each_combination_fires_its_rule_and_nothing_less_does(
    rule: Rule, combination: tuple[str, ...]
) -> None:
    assert rule.id in fired(dict.fromkeys(combination, "yes"))
    for name in combination:
        assert rule.id not in fired(ALL_NO | dict.fromkeys(combination, "yes") | {name: "no"})
        short = check(RULES, ALL_NO | dict.fromkeys(combination, "yes") | {name: None})
        assert rule.id in {each.id for each in short.open}


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_a_rule_is_cleared_only_by_a_no_in_every_combination(rule: Rule) -> None:
    one_no_each = dict.fromkeys((each[0] for each in rule.any), "no")
    assert rule in check(RULES, one_no_each).not_set
    for name in one_no_each:
        rest = {key: "no" for key in one_no_each if key != name}
        assert rule in check(RULES, rest).open


def test_each_cauda_equina_sign_alone_is_an_emergency() -> None:
    signs = [
        "saddle_numbness",
        "bladder_change",
        "bowel_change",
        "sexual_change",
        "pain_in_both_legs",
        "worsening_leg_weakness",
    ]
    for sign in signs:
        result = check(RULES, {sign: "yes"})
        assert result.urgent
        assert result.set[0].id == "cauda_equina"
        assert "your local emergency number" in result.actions[0]
        assert result.lines()[0].startswith("EMERGENCY, to be checked: ")


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"foot_drop": "yes"}, "nerve_loss"),
        ({"fever": "yes"}, "infection"),
        ({"blood_in_urine": "yes"}, "abdominal_illness"),
        ({"earlier_fever": "yes", "spinal_procedure": "yes"}, "infection"),
        ({"long_term_steroids": "yes", "minor_fall": "yes"}, "fracture"),
        ({"past_cancer": "yes", "no_better_after_month": "yes"}, "malignancy"),
        ({"unsteady_gait": "yes"}, "spinal_cord"),
        (
            {"groin_pain_on_hopping": "yes", "sudden_training_increase": "yes"},
            "femoral_neck_stress_fracture",
        ),
        (
            {"bone_pain_on_impact": "yes", "sudden_training_increase": "yes"},
            "pelvic_stress_fracture",
        ),
        ({"under_20": "yes", "pain_arching_back": "yes"}, "pars_stress"),
    ],
)
def test_strong_flags_silence_the_ranking(answers: dict[str, str], rule: str) -> None:
    assert rule in fired(answers)
    assert check(RULES, answers).urgent
    assert any("No causes are ranked" in line for line in check(RULES, answers).lines())


@pytest.mark.parametrize("name", IDS)
def test_one_soft_flag_neither_alarms_nor_vanishes(name: str) -> None:
    result = check(RULES, ALL_NO | {name: "yes"})
    alone = {rule.id for rule in RULES.rules if (name,) in rule.any}
    assert {rule.id for rule in result.set} == alone
    assert result.urgent == any(BY_ID[rule].urgency in SUPPRESSING for rule in alone)
    text = " ".join(line.strip() for line in result.lines())
    assert RULES.in_words([name]) in text
    assert "None of the listed" not in text


def test_age_alone_never_silences_the_ranking() -> None:
    assert not check(RULES, dict.fromkeys(("over_60", "over_70"), "yes")).urgent
    assert {rule.id for rule in check(RULES, {"under_20": "yes"}).set} == {"young_back"}
    assert not check(RULES, {"under_20": "yes"}).urgent


@pytest.mark.parametrize(
    ("answers", "rules"),
    [
        (("earlier_fever",), set()),
        (("long_term_steroids",), {"fracture_risk"}),
        (("past_cancer",), {"past_cancer"}),
        (("low_energy_intake", "earlier_stress_fracture"), {"bone_stress"}),
        (("leg_pain_below_knee", "leg_numbness"), {"nerve_root"}),
        (("diabetes", "recent_infection"), {"infection_risk"}),
        (("long_pain_from_before_45", "uveitis"), {"axial_spa"}),
        (("long_pain_from_before_45", "enthesitis", "buttock_pain"), set()),
    ],
)
def test_risks_without_an_event_are_told_beside_the_ranking(
    answers: tuple[str, ...], rules: set[str]
) -> None:
    result = check(RULES, dict.fromkeys(answers, "yes"))
    assert {rule.id for rule in result.set} == rules
    assert not result.urgent


def test_spondyloarthritis_is_told_beside_the_ranking() -> None:
    answers = dict.fromkeys(
        ("long_pain_from_before_45", "morning_stiffness", "better_moving_than_resting"), "yes"
    )
    result = check(RULES, answers)
    assert fired(answers) == {"axial_spa"}
    assert not result.urgent


def test_a_mild_rule_does_not_compete_with_an_emergency() -> None:
    result = check(RULES, {"saddle_numbness": "yes", "over_70": "yes", "foot_drop": "yes"})
    text = " ".join(line.strip() for line in result.lines())
    assert BY_ID["nerve_loss"].action in text
    assert BY_ID["fracture_risk"].label in text
    assert BY_ID["fracture_risk"].action not in text
    assert "Do the first of these first" in text


@given(answered)
def test_the_text_has_no_probability_and_drops_no_yes(answers: dict[str, str | None]) -> None:
    result = check(RULES, answers)
    lines = result.lines()
    assert lines
    text = " ".join(line.strip() for line in lines)
    assert not re.search(r"%|\d\.\d|[{}]", text)
    yes = {name for name, answer in answers.items() if answer == "yes"}
    assert [name for name in yes if RULES.in_words([name]) not in text] == []
    assert [rule.label for rule in result.set if rule.label not in text] == []
    ranks = [URGENCIES.index(rule.urgency) for rule in result.set]
    assert ranks == sorted(ranks)


def test_the_file_says_that_a_clinician_must_confirm_it() -> None:
    assert "clinician" in RULES.about
    assert [rule.urgency for rule in RULES.rules] == sorted(
        (rule.urgency for rule in RULES.rules), key=URGENCIES.index
    )


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_every_row_that_a_reason_quotes_is_among_the_rules_sources(rule: Rule) -> None:
    quoted = re.findall(r"\b[A-Z]+(?:-[A-Z0-9]+)+\b", rule.why)
    assert [row for row in quoted if row not in rule.sources] == []


@pytest.mark.parametrize(
    ("findings", "answers"),
    [
        ({"age": "under_40"}, {"over_70": "yes"}),
        ({"age": "40_to_54"}, {"over_60": "yes"}),
        ({"age": "55_plus"}, {"under_20": "yes"}),
        ({"sex": "male"}, {"missed_periods": "yes"}),
        ({"sex": "male"}, {"pregnant_or_after_birth": "yes"}),
        ({"persistent_pain": "no"}, {"long_pain_from_before_45": "yes"}),
        ({}, {"under_20": "yes", "over_60": "yes"}),
        ({}, {"over_60": "no", "over_70": "yes"}),
    ],
)
def test_what_cannot_both_be_so_is_said_aloud(
    shipped: bb.Network, findings: dict[str, str], answers: dict[str, str]
) -> None:
    flags = bb.diagnose(findings, shipped, answers).red_flags
    (doubt,) = contradictions(shipped, findings, flags)
    assert doubt.endswith("One of them is off.")


@pytest.mark.parametrize(
    ("findings", "asked"),
    [
        ({"age": "under_40"}, {"under_20"}),
        ({"age": "55_plus"}, {"over_60", "over_70"}),
        ({"sex": "female"}, {"missed_periods", "pregnant_or_after_birth"}),
        ({"groin_pain": "yes"}, {"groin_pain_on_hopping"}),
        ({"persistent_pain": "yes"}, {"long_pain_from_before_45", "past_cancer", "night_pain"}),
        ({"training_load": "spike"}, {"groin_pain_on_hopping", "bone_pain_on_impact"}),
    ],
)
def test_what_was_told_prompts_its_questions(findings: dict[str, str], asked: set[str]) -> None:
    assert not asked & asked_first(RULES, {}, {})
    assert asked <= asked_first(RULES, findings, {})


def test_age_and_sex_answer_what_they_exclude(shipped: bb.Network) -> None:
    answers = bb.diagnose({"age": "under_40", "sex": "male"}, shipped).red_flags.answers
    excluded = ("over_60", "over_70", "missed_periods", "pregnant_or_after_birth")
    assert {answers[name] for name in excluded} == {"no"}
    assert answers["under_20"] == "not asked"


def test_no_sentence_about_a_sign_reassures() -> None:
    said = [RULES.common, RULES.withheld, *(rule.action for rule in RULES.rules)]
    soothing = re.compile(r"\bno alarm|\bnot urgent|\bcommon\b|\bharmless|\bmost settle", re.I)
    assert [text for text in said if soothing.search(text)] == []


def test_the_words_for_a_sign_are_plain_and_its_own() -> None:
    called = [question.name for question in RULES.questions]
    assert len(set(called)) == len(called)
    assert [name for name in called if "_" in name or "," in name or len(name) > 60] == []


@pytest.mark.parametrize(
    ("age", "answers"),
    [
        (75, {"over_60": "yes", "over_70": "yes", "under_20": "no"}),
        ("62", {"over_60": "yes", "over_70": "no", "under_20": "no"}),
        (70, {"over_60": "yes", "under_20": "no"}),
        (17, {"over_60": "no", "over_70": "no", "under_20": "yes"}),
        ("55_plus", {"under_20": "no"}),
    ],
)
def test_a_number_told_for_age_answers_the_questions_about_age(
    age: object, answers: dict[str, str]
) -> None:
    flags = bb.diagnose({"age": age}).red_flags
    assert {name: flags.answers[name] for name in flags.asked} == answers
    assert set(flags.follows) == set(answers)
    denied = bb.diagnose({"age": age}, red_flags={"over_70": "no"}).red_flags
    assert (denied.denied == ("over_70",)) == (answers.get("over_70") == "yes")
    assert ("Answered no: age over 70." in denied.lines()) == (denied.denied == ())


def test_a_number_and_a_no_that_disagree_do_not_silence_a_rule() -> None:
    told = {"over_60": "no", "over_70": "no", "pain_unchanged_by_movement": "yes"}
    d = bb.diagnose({"age": 80, "low_back_pain": "yes"}, red_flags=told)
    assert d.red_flags.urgent
    d = bb.diagnose({"age": 75, "low_back_pain": "yes"}, red_flags={"over_70": "no"})
    assert [rule.urgency for rule in d.red_flags.set] == ["soon"]
    doubt = 'Age was told as above 70, and no to the red-flag question "Are you over 70?"'
    assert doubt in str(d).replace("\n" + " " * 16, " ")


def test_a_red_flag_of_a_later_visit_is_shown_urgent_or_not() -> None:
    first = bb.diagnose({"low_back_pain": "yes"})
    later = first.follow_up({}, red_flags={"osteoporosis": "yes"})
    assert "SOON, to be checked: Bones that may be easier to break" in str(later)
    assert later.red_flags.answers["osteoporosis"] == "yes"


def test_what_a_later_visit_adds_under_an_urgent_flag_is_said() -> None:
    first = bb.diagnose({"low_back_pain": "yes"}, red_flags={"foot_drop": "yes"})
    assert first.red_flags.urgent
    again = first.follow_up({}).follow_up({}, red_flags={"saddle_numbness": "yes"})
    assert again.withheld is not None and again.withheld.set[0].urgency == "emergency"
    with pytest.raises(bb.errors.UnknownName, match="saddle_numness"):
        first.follow_up({}, red_flags={"saddle_numness": "yes"})
    calm = first.follow_up({}, red_flags={"foot_drop": "no"})
    assert calm.withheld is not None and "foot" in str(calm)


@pytest.mark.parametrize("persistent", ["yes", {"yes": 1.0}])
def test_an_old_sign_and_a_new_one_count_together_at_a_later_visit(persistent: Any) -> None:
    first = bb.diagnose({"running_back_pain": "yes"}, red_flags={"night_pain": "yes"})
    assert not first.red_flags.urgent
    later = first.follow_up({"persistent_pain": persistent})
    at_once = bb.diagnose({"persistent_pain": persistent}, red_flags={"night_pain": "yes"})
    assert at_once.red_flags.urgent and later.withheld is not None and later.to_dicts() == []
    calm = first.follow_up({"running_back_pain": "no"}, red_flags={"night_pain": "no"})
    assert calm.withheld is None
    assert calm.follow_up({"persistent_pain": persistent}).withheld is None
    again = calm.follow_up({"persistent_pain": persistent}, red_flags={"night_pain": True})
    assert again.withheld is not None


def test_a_no_at_a_later_visit_does_not_undo_what_was_told_as_a_number() -> None:
    told = {"under_20": "no", "pain_arching_back": "yes"}
    assert bb.diagnose({"age": 15}, red_flags=told).red_flags.urgent
    later = bb.diagnose({"age": 15}).follow_up({}, red_flags=told)
    assert later.withheld is not None and "Answered no, but what was told says yes" in str(later)


def test_what_has_changed_answers_red_flags_too() -> None:
    first = bb.diagnose({}, red_flags={"bone_pain_on_impact": "yes"})
    assert not first.red_flags.urgent
    assert first.follow_up({"training_load": "spike"}).withheld is not None
    assert first.follow_up({}, changed={"training_load": "spike"}).withheld is not None


def test_a_withheld_course_forgets_no_sign() -> None:
    first = bb.diagnose({}, red_flags={"foot_drop": "yes"})
    second = first.follow_up({}, red_flags={"foot_drop": "no", "earlier_fever": "yes"})
    third = second.follow_up({}, red_flags={"immune_suppression": "yes"})
    assert third.withheld is not None
    assert {"nerve_loss", "infection"} <= {rule.id for rule in third.withheld.set}


def test_numbers_and_answers_that_disagree_are_said_both_ways() -> None:
    d = bb.diagnose({"age": 65, "low_back_pain": "yes"}, red_flags={"over_70": "yes"})
    said = " ".join(str(d).split())
    assert 'not above 70, and yes to the red-flag question "Are you over 70?"' in said.replace(
        "together them", "them"
    ).replace("Does not fit ", "")
    assert "1 of 59 warning signs answered" in " ".join(
        bb.diagnose(
            {"persistent_pain": "yes"}, red_flags={"no_better_after_month": "no"}
        ).red_flags.summary()
    )
