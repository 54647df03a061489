"""The interview, driven by a script: order, answers, back, stop, red flags, and the case that it
leaves behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import backpain_bn as bb
from backpain_bn.formats.case_file import case_yaml, read_case, write_case
from backpain_bn.interview.conversation import flag_groups
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.findings import Finding
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from backpain_bn.red_flags.rules import SUPPRESSING
from tests.decide.test_next_questions import certain, clinic
from tests.interview.talk import Talk, talk
from tests.oracles.networks import FLAGGED_CAR, WORDS

RULES = bb.load(FLAGGED_CAR).red_flags
GROUPS = flag_groups(RULES)


def test_given_red_flags_end_it_before_a_question(flagged_car: bb.Network) -> None:
    found = Talk(flagged_car, [], red_flags={"smoke": "yes"})
    assert len(found.turns) == 1 and "EMERGENCY" in found.turns[0]


def test_numbers_apply_others_do_not_and_a_question_mark_leaves_open(
    flagged_car: bb.Network,
) -> None:
    found = Talk(flagged_car, ["n", "4, 2?", "stop"])
    second = {flag.id: found.red_flags.get(flag.id) for flag in GROUPS[1]}
    assert second == {
        "in_a_lane": "no",
        "in_the_dark": None,
        "behind_a_bend": "no",
        "no_hazard_lights": "yes",
        "nobody_warned": "no",
    }
    assert (
        "Noted: yes: no hazard lights; left open: in the dark; no: in a lane, behind a bend, "
        "nobody warned." in found.turns[2]
    )


@pytest.mark.parametrize("line", ["9", "1 9", "lane", "0", "1-3", "??", "y", "yes", "²", "-1"])
def test_a_red_flag_answer_that_is_none_is_asked_again(flagged_car: bb.Network, line: str) -> None:
    found = Talk(flagged_car, [line, "n", "stop"])
    assert "is none of the numbers 1 to 6" in found.turns[1]
    assert {found.red_flags[flag.id] for flag in GROUPS[0]} == {"no"}


def sits() -> Network:
    """One question with numbers in its answers, and an outcome."""
    hours = Variable(
        "hours",
        ("under_4", "4_to_8", "over_8"),
        prior(0.5, 0.3, 0.2),
        "Hours spent sitting",
        question="How many hours a day do you sit?",
    )
    ache = NoisyOr(number(0.1), (Mechanism({"hours": ("over_8",)}, number(0.5)),))
    pain = Variable("pain", ("no", "yes"), ache, "Pain")
    return Network("sits", {"hours": hours, "pain": pain}, outcome="pain")


@pytest.mark.parametrize("line", ["3", "over_8", "over 8", "OVER 8", "o", "  over-8 ", "over"])
def test_answers_by_number_name_and_beginning(line: str) -> None:
    found = Talk(sits(), [line])
    assert "How many hours a day do you sit?" in found.turns[0]
    assert "1) under 4 2) 4 to 8 3) over 8" in found.turns[0]
    assert found.findings == {"hours": "over_8"}
    assert "Noted: Hours spent sitting: over 8." in found.turns[1]


def test_a_number_that_is_no_choice_may_begin_a_name() -> None:
    assert Talk(sits(), ["4"]).findings["hours"] == "4_to_8"
    assert Talk(sits(), ["2"]).findings["hours"] == "4_to_8"


@pytest.mark.parametrize("line", ["9", "maybe", "_", "yes no", "0", "²"])
def test_an_answer_that_is_none_is_explained_and_asked_again(line: str) -> None:
    found = talk(replace(clinic(), red_flags=RULES), line, "yes", "stop")
    assert "is none of the answers: 1) no 2) yes. Enter = don't know." in found.turns[1]
    assert found.findings == {"pain": "yes"}


def test_a_beginning_that_fits_two_answers_is_asked_again() -> None:
    network = Network(
        "two",
        dict(clinic().variables)
        | {"pain": Variable("pain", ("none", "now"), prior(0.5, 0.5), question="Hurts?")},
        outcome="pain",
        vocabulary=WORDS,
        red_flags=RULES,
    )
    assert talk(network, "stop").findings == {}
    joined = clinic().variables["pain"]
    states = Variable(
        "pain", ("none", "now"), joined.distribution, "Pain", "presentation", question="Hurts?"
    )
    network = Network(
        "two",
        dict(clinic().variables) | {"pain": states},
        outcome="pain",
        vocabulary=WORDS,
        red_flags=RULES,
    )
    found = talk(network, "n", "now", "stop")
    assert '"n" is none of the answers: 1) none (or no) 2) now.' in found.turns[1]
    assert found.findings == {"pain": "now"}


def test_why_a_question_is_asked(flagged_car: bb.Network) -> None:
    found = talk(flagged_car, "yes", "?", "stop")
    assert "What each answer would do:" in found.turns[2] and "now" in found.turns[2]
    assert found.findings == {"no_start": "yes"}


def test_help_says_what_can_be_typed_and_asks_on(flagged_car: bb.Network) -> None:
    found = talk(flagged_car, "help", "yes", "HELP", "stop")
    for turn, answers in ((1, "1) no 2) yes"), (3, "1) ")):
        assert found.turns[turn].startswith("This takes some minutes. Answer by number or by name")
        assert "stop = end here" in found.turns[turn] and answers in found.turns[turn]
    assert found.findings == {"no_start": "yes"}
    flags = Talk(flagged_car, ["help", "stop"])
    assert "flags = all red-flag questions." in flags.turns[1]
    assert flags.turns[1].endswith("n = none of these, Enter = don't know.")
    assert not any(answer == "yes" for answer in flags.red_flags.values())


def test_an_undone_question_is_asked_again(flagged_car: bb.Network) -> None:
    found = talk(flagged_car, "yes", "", "back", "1", "stop")
    assert (
        found.turns[1].split("?")[0].removeprefix("Noted: Failure to start: yes. ")
        == found.turns[3].split("?")[0]
    )
    assert len(found.findings) == 2


@pytest.mark.parametrize("end", ["stop", " STOP ", "quit", "Exit", EOFError, KeyboardInterrupt])
def test_it_can_be_stopped_at_any_time_and_keeps_what_was_told(
    flagged_car: bb.Network, end: str | type[BaseException]
) -> None:
    for turns in range(4):
        found = talk(flagged_car, *["yes", "1", "2"][:turns], end)
        assert len(found.findings) == turns
        assert found.turns[-1].endswith(
            " ".join(str(bb.diagnose(found.findings, flagged_car, found.red_flags)).split())
        )


def test_an_answer_that_cannot_hold_is_refused_in_words() -> None:
    rows = (
        Row(("no",), tuple(map(number, (0.5, 0.5, 0.0)))),
        Row(("yes",), tuple(map(number, (0.2, 0.3, 0.5)))),
    )
    kind = Variable(
        "kind",
        ("dull", "sharp", "burning"),
        Table(("hip",), rows),
        "Kind of pain",
        "presentation",
        question="What kind?",
    )
    network = Network(
        "kinds", dict(certain().variables) | {"kind": kind}, outcome="pain", vocabulary=WORDS
    )
    found = Talk(network, ["burning", "dull"], findings={"ache": "no", "pain": "no"})
    assert "What kind?" in found.turns[0]
    assert (
        "these findings cannot hold together in kinds: Ache (ache=no), Kind of pain (kind=burning)"
        in found.turns[1]
    )
    assert found.findings == {"ache": "no", "pain": "no", "kind": "dull"}


def test_given_findings_are_kept_and_not_asked(flagged_car: bb.Network) -> None:
    given: dict[str, Finding] = {
        "no_start": "yes",
        "weak_battery": {"no": 0.5, "yes": 1.0},
        "battery_age": None,
    }
    found = talk(flagged_car, "stop", findings=given)
    assert found.findings == {"no_start": "yes", "weak_battery": {"no": 0.5, "yes": 1.0}}
    assert "fail to start?" not in found.turns[0]
    assert given["battery_age"] is None and len(given) == 3


def test_what_is_given_is_checked_before_anything_is_asked(flagged_car: bb.Network) -> None:
    for findings, flags, message in (
        ({"battery_age": "9 years"}, {}, 'unknown state of battery_age "9 years"'),
        ({"batery_age": "over_5_years"}, {}, 'did you mean "battery_age"'),
        ({}, {"smok": "yes"}, 'did you mean "smoke"'),
    ):
        with pytest.raises(bb.errors.UnknownName, match=message):
            Talk(flagged_car, [], findings=findings, red_flags=flags)
    with pytest.raises(bb.BackpainError, match="plain names no outcome"):
        talk(
            Network("plain", {"a": Variable("a", ("no", "yes"), prior(0.5, 0.5))}, vocabulary=WORDS)
        )


def test_everything_known_ends_without_a_question(flagged_car: bb.Network) -> None:
    told = {
        name: variable.states[0]
        for name, variable in flagged_car.variables.items()
        if variable.question
    }
    found = talk(flagged_car, findings=told)
    assert len(found.turns) == 1 and found.findings == told


@pytest.mark.parametrize(
    "told", [{}, {"no_start": "yes"}, {"no_crank": "no", "fuel_gauge": "empty"}]
)
def test_a_saved_case_reads_back_as_it_was(
    told: dict[str, Finding], flagged_car: bb.Network, tmp_path: Path
) -> None:
    findings = told | {"weak_battery": {"no": 0.25, "yes": 1.0}, "cold_night": None}
    path = tmp_path / "case.yaml"
    path.write_text(
        case_yaml(findings, {"smoke": "no", "oil_low": "yes", "acid": None}), encoding="utf-8"
    )
    case = read_case(path)
    assert case.red_flags == {"smoke": "no", "oil_low": "yes"}
    again, before = (
        bb.diagnose(case.findings, flagged_car, case.red_flags),
        bb.diagnose(findings, flagged_car, {"smoke": "no", "oil_low": "yes"}),
    )
    assert set(again.findings) == set(before.findings) == {*told, "weak_battery"}
    assert all(again[variable] == before[variable] for variable in flagged_car.variables)


def test_nothing_told_saves_an_empty_case(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(case_yaml({}, {}), encoding="utf-8")
    assert read_case(path) == ({}, {}, "")


def cleared(*lines: str, findings: Mapping[str, Finding] | None = None) -> Talk:
    """An interview on a small network after all red flags were answered no."""
    return talk(replace(clinic(), red_flags=RULES), *lines, findings=findings)


def test_an_emergency_ends_it_at_once_with_what_to_do(flagged_car: bb.Network) -> None:
    for rule in RULES.rules:
        if rule.urgency in SUPPRESSING:
            for combination in rule.any:
                told = dict.fromkeys(combination, "yes")
                found = Talk(flagged_car, [], red_flags=told)
                assert len(found.turns) == 1 and RULES.withheld in " ".join(found.turns[0].split())
                assert rule.urgency.upper() in found.turns[0]
                assert found.findings == {}


def test_the_outcome_is_asked_first_and_what_is_all_but_certain_never() -> None:
    found = cleared(*[""] * 20)
    assert "Does it hurt?" in found.turns[0]
    asked = " ".join(cleared(*[""] * 20, findings={"pain": "yes"}).turns)
    assert "Does it hurt?" not in asked and "How long?" in asked


def test_tests_come_after_what_one_can_answer() -> None:
    turns = cleared(*[""] * 20).turns
    places = [
        next(index for index, turn in enumerate(turns) if words in turn)
        for words in ("How long?", "Do it.", "Have it.")
    ]
    assert places == sorted(places)


def test_back_undoes_answers() -> None:
    found = cleared("yes", "back", "no", "stop")
    assert found.findings == {"pain": "no"}


def test_a_whole_interview_saved_is_the_same_diagnosis(tmp_path: Path) -> None:
    found = cleared("yes", "2", "no", "stop")
    write_case(tmp_path / "case.yaml", found.findings, found.red_flags)
    case = read_case(tmp_path / "case.yaml")
    assert dict(case.findings) == found.findings and dict(case.red_flags) == found.red_flags


def test_lines_are_short_enough_to_read() -> None:
    text = "\n".join(cleared(*["?", ""] * 12).printed)
    assert max(map(len, text.splitlines())) <= 100
    assert " %" in text and "\N{NO-BREAK SPACE}" not in text


def test_enough_is_said_once_with_what_comes_first(car: bb.Network) -> None:
    found = talk(car, "yes", "yes", "yes", "1", "no", "no", "stop")
    said = [turn for turn in found.turns if "Enough is known for what to do" in turn]
    assert len(said) == 1
    assert "weak or flat battery stays first with a probability of over 99" in said[0]
    assert "100" not in said[0]
