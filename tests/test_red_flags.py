"""The red-flag gate: what fires, what stays open, and that silence or a missing answer never
reassures.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from backpain_bn.errors import BackpainError, FileProblem, UnknownName
from backpain_bn.formats.red_flag_file import rules_from
from backpain_bn.red_flags import SUPPRESSING, URGENCIES, Rule, check

FILE = Path(__file__).parent.parent / "networks" / "red_flags.yaml"
DATA = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
RULES = rules_from(DATA)
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


def broken(*path: str, to: object) -> dict[str, Any]:
    data: dict[str, Any] = copy.deepcopy(DATA)
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return data


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


def test_nothing_asked_leaves_every_rule_open() -> None:
    result = check(RULES, {})
    assert (result.set, result.not_set, result.asked) == ((), (), ())
    assert result.open == RULES.rules
    assert list(result.not_asked) == IDS
    assert not result.urgent
    text = " ".join(result.lines())
    assert "No red-flag question has been answered" in text
    assert "so not cleared" in text


def test_all_no_does_not_reassure() -> None:
    result = check(RULES, ALL_NO)
    assert result.not_set == RULES.rules
    text = " ".join(result.lines())
    assert "None of the listed red flags was reported" in text
    assert "does not rule out a serious cause" in text


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
        ({"long_term_steroids": "yes"}, "fracture"),
        ({"past_cancer": "yes"}, "malignancy"),
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
    assert name.replace("_", " ") in text
    assert "None of the listed" not in text


def test_age_alone_never_silences_the_ranking() -> None:
    assert not check(RULES, dict.fromkeys(("over_60", "over_70"), "yes")).urgent
    assert check(RULES, {"under_20": "yes"}).noted == ("under_20",)


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


def test_every_answer_is_logged() -> None:
    result = check(RULES, {"fever": "no", "over_60": "yes", "weight_loss": None})
    assert list(result.answers) == IDS
    assert result.answers["fever"] == "no"
    assert result.answers["weight_loss"] == "not asked"
    assert set(result.asked) == {"fever", "over_60"}
    assert set(result.asked) | set(result.not_asked) == set(IDS)
    assert isinstance(hash(result), int)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (
            {"sadle_numbness": "yes"},
            ['"sadle_numbness"', 'did you mean "saddle_numbness"?', "allowed: "],
        ),
        (
            {"fever": "yess"},
            ["answer to fever", '"yess"', 'did you mean "yes"?', "allowed: yes, no, not asked"],
        ),
        ({"fever": True}, ["answer to fever", "True", "allowed: yes, no, not asked"]),
        ({"fever": float("nan")}, ["answer to fever", "nan"]),
        ({"fever": ""}, ["answer to fever", '""']),
        ({"fever": ["yes"]}, ["answer to fever", "['yes']"]),
        ({3: "yes"}, ["unknown red flag 3"]),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(answers: dict[str, Any], says: list[str]) -> None:
    with pytest.raises(UnknownName) as caught:
        check(RULES, answers)
    assert [part for part in says if part not in str(caught.value)] == []


@given(answered, ids_of)
def test_more_yes_never_removes_a_fired_rule(
    answers: dict[str, str | None], more: set[str]
) -> None:
    before, after = check(RULES, answers), check(RULES, answers | dict.fromkeys(more, "yes"))
    assert set(before.set) <= set(after.set)
    assert after.urgent or not before.urgent


@given(answered, ids_of)
def test_not_asked_never_clears(answers: dict[str, str | None], unasked: set[str]) -> None:
    before, after = check(RULES, answers), check(RULES, answers | dict.fromkeys(unasked))
    assert set(after.not_set) <= set(before.not_set)
    assert (after.not_asked != ()) == any("so not cleared" in line for line in after.lines())


@given(answered)
def test_open_means_that_the_missing_answers_decide(answers: dict[str, str | None]) -> None:
    result = check(RULES, answers)
    best = check(RULES, answers | dict.fromkeys(result.not_asked, "no"))
    worst = check(RULES, answers | dict.fromkeys(result.not_asked, "yes"))
    assert result.set == best.set
    assert result.not_set == worst.not_set
    assert set(result.open) == set(worst.set) - set(best.set)
    assert len(result.set) + len(result.open) + len(result.not_set) == len(RULES.rules)


@given(answered)
def test_the_text_has_no_probability_and_drops_no_yes(answers: dict[str, str | None]) -> None:
    result = check(RULES, answers)
    lines = result.lines()
    assert lines
    text = " ".join(line.strip() for line in lines)
    assert not re.search(r"%|\d\.\d|[{}]", text)
    yes = {name for name, answer in answers.items() if answer == "yes"}
    assert [name for name in yes if name.replace("_", " ") not in text] == []
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


def test_the_emergency_number_can_be_changed() -> None:
    rules = rules_from(DATA | {"emergency_number": "112"})
    assert "call 112" in check(rules, {"saddle_numbness": "yes"}).actions[0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            broken("rules", "fracture", "any", to=[["feverr"], *DATA["rules"]["fracture"]["any"]]),
            'rules.fracture.any: unknown question "feverr"',
        ),
        (
            broken("rules", "fracture", "any", to="fever"),
            "rules.fracture.any: must be a list of lists",
        ),
        (broken("rules", "fracture", "any", to=[]), "rules.fracture.any: must be a list of lists"),
        (
            broken("rules", "fracture", "any", to=[[]]),
            "rules.fracture.any: must be a list of names",
        ),
        (
            broken("rules", "fracture", "any", to=[["fever", "fever"]]),
            'rules.fracture.any: "fever" stands twice',
        ),
        (
            broken("rules", "fracture", "urgency", to="urgnt"),
            'rules.fracture.urgency: unknown urgency "urgnt"; did you mean "urgent"?',
        ),
        (
            broken("rules", "fracture", "action", to="Call {number}."),
            "rules.fracture.action: the only placeholder",
        ),
        (
            broken("rules", "fracture", "lable", to="x"),
            'rules.fracture: unknown key "lable"; did you mean "label"?',
        ),
        (broken("rules", "fracture", to="fever"), "rules.fracture: must be a mapping"),
        (broken("rules", "fracture", to={}), "rules.fracture.action: missing"),
        (broken("rules", to=["fracture"]), "rules: must be a mapping"),
        (broken("rules", to={}), "rules: must not be empty"),
        (
            broken("questions", "fever", "question", to=""),
            "questions.fever.question: must be a text",
        ),
        (
            broken("questions", "fever", "sources", to="GL-RF-01"),
            "questions.fever.sources: must be a list of names",
        ),
        (
            broken("questions", "Fever", to=DATA["questions"]["fever"]),
            'questions: an id is small letters, digits and _, not "Fever"',
        ),
        (
            broken("questions", "unused", to=DATA["questions"]["fever"]),
            "questions.unused: no rule uses it",
        ),
        (broken("version", to=["1"]), "version: must be a text"),
        ("text", "file: must be a mapping"),
        ({}, "questions: missing"),
    ],
)
def test_a_broken_file_is_refused_with_the_place(data: object, says: str) -> None:
    with pytest.raises(BackpainError) as caught:
        rules_from(data)
    assert says in str(caught.value)


def test_all_problems_are_told_at_once() -> None:
    data = broken("rules", "fracture", "urgency", to="now")
    del data["questions"]["fever"]["sources"], data["name"]
    with pytest.raises(FileProblem) as caught:
        rules_from(data)
    assert len(caught.value.lines) == 3
