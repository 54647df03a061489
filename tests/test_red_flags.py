"""The red-flag gate: what fires, what stays open, and that silence or a missing answer never
reassures.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backpain_bn.errors import FileProblem, UnknownName
from backpain_bn.formats.load import load
from backpain_bn.formats.red_flag_file import read_rules
from backpain_bn.red_flags import SUPPRESSING, URGENCIES, Rule, Rules, check

FILE = Path(__file__).parent.parent / "networks" / "red_flags.yaml"
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
    assert name.replace("_", " ") in text
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
        ({"fever": 1}, ["answer to fever", "1", "allowed: yes, no, not asked"]),
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


# the file


SMOKE = (Path(__file__).parent / "formats" / "smoke.yaml").read_text(encoding="utf-8")


def refused(folder: Path, text: str) -> list[str]:
    """Return the lines of the report, without the folder."""
    (folder / "flags.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FileProblem) as caught:
        read_rules(folder / "flags.yaml")
    return [line.replace(f"{folder}/", "") for line in caught.value.lines]


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "flags.yaml").write_text(SMOKE, encoding="utf-8")
    rules = read_rules(tmp_path / "flags.yaml")
    assert (rules.name, rules.version, rules.about) == ("smoke", "1", "Fire, for tests.")
    assert rules.withheld == "Nothing is ranked while something burns."
    assert rules.common == Rules().common
    assert [question.id for question in rules.questions] == ["smoke", "heat", "smell"]
    assert rules.questions[1].finding == "engine=hot"
    assert rules.rules[0].any == (("smoke",), ("heat", "smell"))
    assert rules.rules[0].action == "Get out and call your local emergency number."
    assert check(rules, {"smoke": "yes"}).lines()[-2] == rules.withheld


def test_the_emergency_number_can_be_changed(tmp_path: Path) -> None:
    (tmp_path / "flags.yaml").write_text(SMOKE + 'emergency_number: "112"\n', encoding="utf-8")
    rules = read_rules(tmp_path / "flags.yaml")
    assert check(rules, {"smoke": "yes"}).actions == ("Get out and call 112.",)


def test_no_rules_say_nothing() -> None:
    assert check(Rules(), {}).lines() == []
    assert not check(Rules(), {}).urgent


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # meaning
        ("[smoke], [heat", "[smoke], [heet", ['7:9 no rule uses the question heat', '13:21 unknown question "heet"; did you mean "heat"? allowed: smoke, heat, smell']),
        ("[[smoke]", "[[smoke, smoke]", ['13:19 "smoke" stands twice']),
        ("Rare.\n    sources: [MANUAL-1]", "Rare.\n    sources: [A, A]", ['16:18 "A" stands twice']),
        ("call {emergency_number}", "call {number}", ["14:13 the only placeholder is {emergency_number}, in (a text of 5 words)"]),
        ("rules:", "  unused: {question: Is it?, sources: [expert]}\nrules:", ["9:11 no rule uses the question unused"]),
        # shape
        ("[[smoke], [heat, smell]]", "smoke", ['13:10 any must be a list, not "smoke"']),
        ("[[smoke], [heat, smell]]", "[smoke]", ['13:11 any must be a list, not "smoke"']),
        ("[[smoke], [heat, smell]]", "[]", ["13:10 any has 0 entries; it needs at least 1"]),
        ("[[smoke], [heat, smell]]", "[[]]", ["13:11 any has 0 entries; it needs at least 1"]),
        ("urgency: emergency", "urgency: emergncy", ['12:14 urgency is "emergncy"; allowed: emergency, urgent or soon']),
        ("label: Fire", "lable: Fire", ["10:3 label is missing", '11:12 unknown key "lable"; did you mean "label"?']),
        ("sources: [MANUAL-1]}", "source: [M]}", ["6:10 sources is missing", '6:46 unknown key "source"; did you mean "sources"?']),
        ("question: Is there smoke?", 'question: " "', ['6:21 question: string should have at least 1 character, not " "']),
        ("[MANUAL-1]}", "MANUAL-1}", ['6:47 sources must be a list, not "MANUAL-1"']),
        ("[MANUAL-1]}", "[]}", ["6:47 sources has 0 entries; it needs at least 1"]),
        ("  smoke:", "  Smoke:", ['6:10 "Smoke" must be at most 60 lower case letters, digits and underscores, a letter first']),
        ('version: "1"', "version: [1]", ["2:10 version must be text, not a list"]),
        ('version: "1"\n', "", ["1:1 version is missing"]),
        ("about: Fire, for tests.", "about:", ['3:7 about: string should have at least 1 character, not ""']),
        ("withheld", "withold", ['4:10 unknown key "withold"; did you mean "withheld"?']),
        ("name: smoke", "name: &a smoke", ["1:7 anchors and aliases (& and *) are not allowed"]),
        ("heat: {", "smoke: {", ['7:3 key "smoke" is written twice']),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_at_its_place(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert SMOKE.count(old) >= 1
    assert refused(tmp_path, SMOKE.replace(old, new, 1)) == [f"flags.yaml:{e}" for e in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text", "1:1 the file must hold keys and values: name, version, questions, rules, ..."),
        ("", "1:1 the file is empty"),
        ("[a\n", "2:1 not valid YAML: did not find expected ',' or ']'"),
        (SMOKE[: SMOKE.index("rules:")] + "rules: {}\n", "9:8 rules has 0 entries; it needs at least 1"),
        (SMOKE[: SMOKE.index("rules:")] + "rules: [fire]\n", "9:8 rules must be keys and values, not a list"),
        (SMOKE[: SMOKE.index("  fire:")] + "  fire: smoke\n", '10:9 fire must be keys and values, not "smoke"'),
    ],
)  # fmt: skip
def test_a_file_of_the_wrong_form(tmp_path: Path, text: str, expected: str) -> None:
    assert refused(tmp_path, text) == [f"flags.yaml:{expected}"]


def test_all_problems_of_one_pass_are_told_at_once(tmp_path: Path) -> None:
    text = SMOKE.replace("urgency: emergency", "urgency: now").replace("name: smoke\n", "")
    text = text.replace(", sources: [expert]", "").replace("[[smoke]", "[[smoke, smoke]")
    assert [line.split(" ", 1)[1] for line in refused(tmp_path, text)] == [
        "name is missing",
        "sources is missing",
        'urgency is "now"; allowed: emergency, urgent or soon',
    ]


def test_problems_of_red_flags_stand_beside_those_of_the_network(tmp_path: Path) -> None:
    (tmp_path / "flags.yaml").write_text(SMOKE.replace("heat, smell", "hat, smell"))
    (tmp_path / "n.yaml").write_text(
        'name: n\nversion: "1"\nred_flags: flags.yaml\nvariables:\n  a: {label: A, states: [no, yes], '
        "prior: {yes: {p: 2, range: [0, 1], sources: [expert]}}}\n"
    )
    with pytest.raises(FileProblem) as caught:
        load(tmp_path / "n.yaml")
    assert [line.replace(f"{tmp_path}/", "") for line in caught.value.lines] == [
        "flags.yaml:7:9 no rule uses the question heat",
        'flags.yaml:13:21 unknown question "hat"; did you mean "heat"? allowed: smoke, heat, smell',
        "n.yaml:5:53 probability 2 is outside [0, 1]",
    ]
