"""The interview, driven by a script: order, answers, back, stop, red flags, and the case that it
leaves behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import backpain_bn as bb
from backpain_bn.formats.case_file import case_yaml, read_case, write_case
from backpain_bn.interview import flag_groups, interview
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.findings import Finding
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from backpain_bn.red_flags import SUPPRESSING
from tests.backs.vignettes import VIGNETTES
from tests.decide.test_next_questions import certain, clinic
from tests.oracles.networks import WORDS

RULES = bb.load().red_flags
NO_FLAGS = {question.id: "no" for question in RULES.questions}
GROUPS = flag_groups(RULES)


class Talk:
    """One scripted interview: what was told, what was said before each answer, and what came
    out.
    """

    def __init__(
        self, network: Network, lines: Iterable[str | type[BaseException]], **told: Any
    ) -> None:
        self.lines: Iterator[str | type[BaseException]] = iter(lines)
        self.turns: list[str] = []
        self.said: list[str] = []
        self.printed: list[str] = []
        self.findings, self.red_flags = interview(network, self.ask, self.said.append, **told)
        self.turns.append(self.flush())

    def ask(self, prompt: str) -> str:
        self.turns.append(self.flush())
        line = next(self.lines, EOFError)
        if not isinstance(line, str):
            raise line
        return line

    def flush(self) -> str:
        text = " ".join("\n".join(self.said).split())
        self.printed += self.said
        self.said.clear()
        return text


def talk(
    network: Network,
    *lines: str | type[BaseException],
    findings: Mapping[str, Finding] | None = None,
) -> Talk:
    """An interview after all red flags were answered no."""
    return Talk(network, lines, findings=findings, red_flags=NO_FLAGS)


def test_given_red_flags_end_it_before_a_question(shipped: bb.Network) -> None:
    found = Talk(shipped, [], red_flags={"fever": "yes"})
    assert len(found.turns) == 1 and "URGENT" in found.turns[0]


def test_numbers_apply_others_do_not_and_a_question_mark_leaves_open(shipped: bb.Network) -> None:
    found = Talk(shipped, ["n", "4, 2?", "stop"])
    second = {flag.id: found.red_flags.get(flag.id) for flag in GROUPS[1]}
    assert second == {
        "tearing_pain": "no",
        "collapse": None,
        "pulsing_belly": "no",
        "over_60": "yes",
        "over_70": "no",
    }
    assert (
        "Noted: yes: over 60; left open: collapse; no: tearing pain, pulsing belly, over 70."
        in found.turns[2]
    )


@pytest.mark.parametrize("line", ["9", "1 9", "saddle", "0", "1-3", "??", "y", "yes", "²", "-1"])
def test_a_red_flag_answer_that_is_none_is_asked_again(shipped: bb.Network, line: str) -> None:
    found = Talk(shipped, [line, "n", "stop"])
    assert "is none of the numbers 1 to 6" in found.turns[1]
    assert {found.red_flags[flag.id] for flag in GROUPS[0]} == {"no"}


def sits() -> Network:
    """One question, as the shipped network asks it, and its outcome."""
    hours = Variable(
        "sitting_hours",
        ("under_4", "4_to_8", "over_8"),
        prior(0.5, 0.3, 0.2),
        "Hours spent sitting per day",
        question="How many hours a day do you sit?",
    )
    ache = NoisyOr(number(0.1), (Mechanism({"sitting_hours": ("over_8",)}, number(0.5)),))
    pain = Variable("pain", ("no", "yes"), ache, "Pain")
    return Network("sits", {"sitting_hours": hours, "pain": pain}, outcome="pain")


@pytest.mark.parametrize("line", ["3", "over_8", "over 8", "OVER 8", "o", "  over-8 ", "over"])
def test_answers_by_number_name_and_beginning(line: str) -> None:
    found = Talk(sits(), [line])
    assert "How many hours a day do you sit?" in found.turns[0]
    assert "1) under 4 2) 4 to 8 3) over 8" in found.turns[0]
    assert found.findings == {"sitting_hours": "over_8"}
    assert "Noted: Hours spent sitting per day: over 8." in found.turns[1]


def test_a_number_that_is_no_choice_may_begin_a_name() -> None:
    assert Talk(sits(), ["4"]).findings["sitting_hours"] == "4_to_8"
    assert Talk(sits(), ["2"]).findings["sitting_hours"] == "4_to_8"


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
    with pytest.raises(bb.BackpainError, match="nothing to work on"):
        talk(network)
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
    assert '"n" is none of the answers: 1) none (or no) 2) now (or yes).' in found.turns[1]
    assert found.findings == {"pain": "now"}


def test_why_a_question_is_asked(shipped: bb.Network) -> None:
    found = talk(shipped, "yes", "?", "stop")
    assert "Expected to move the shares" in found.turns[2] and "now" in found.turns[2]
    assert found.findings == {"running_back_pain": "yes"}


def test_an_undone_question_is_asked_again(shipped: bb.Network) -> None:
    found = talk(shipped, "yes", "", "back", "1", "stop")
    assert (
        found.turns[1].split("?")[0].removeprefix("Noted: Back pain from running: yes. ")
        == found.turns[3].split("?")[0]
    )
    assert len(found.findings) == 2


@pytest.mark.parametrize("end", ["stop", " STOP ", EOFError, KeyboardInterrupt])
def test_it_can_be_stopped_at_any_time_and_keeps_what_was_told(
    shipped: bb.Network, end: str | type[BaseException]
) -> None:
    for turns in range(4):
        found = talk(shipped, *["yes", "1", "2"][:turns], end)
        assert len(found.findings) == turns
        assert found.turns[-1].endswith(
            " ".join(str(bb.diagnose(found.findings, shipped, found.red_flags)).split())
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


def test_given_findings_are_kept_and_not_asked(shipped: bb.Network) -> None:
    given: dict[str, Finding] = {
        "low_back_pain": "yes",
        "weak_core": {"no": 0.5, "yes": 1.0},
        "age": None,
    }
    found = talk(shipped, "stop", findings=given)
    assert found.findings == {"low_back_pain": "yes", "weak_core": {"no": 0.5, "yes": 1.0}}
    assert "low back pain in the last" not in found.turns[0]
    assert given["age"] is None and len(given) == 3


def test_what_is_given_is_checked_before_anything_is_asked(shipped: bb.Network) -> None:
    for findings, flags, message in (
        ({"sitting_hours": "9"}, {}, 'unknown state of sitting_hours "9"'),
        ({"sitting": "over_8"}, {}, 'did you mean "sitting_hours"'),
        ({}, {"fevr": "yes"}, 'did you mean "fever"'),
    ):
        with pytest.raises(bb.UnknownName, match=message):
            Talk(shipped, [], findings=findings, red_flags=flags)
    with pytest.raises(bb.BackpainError, match="plain names no outcome"):
        talk(
            Network("plain", {"a": Variable("a", ("no", "yes"), prior(0.5, 0.5))}, vocabulary=WORDS)
        )


def test_everything_known_ends_without_a_question(shipped: bb.Network) -> None:
    told = {
        name: variable.states[0]
        for name, variable in shipped.variables.items()
        if variable.question
    }
    found = talk(shipped, findings=told)
    assert len(found.turns) == 1 and found.findings == told


@pytest.mark.parametrize("name", VIGNETTES)
def test_a_saved_case_reads_back_as_it_was(name: str, shipped: bb.Network, tmp_path: Path) -> None:
    findings = VIGNETTES[name]["findings"] | {
        "weak_core": {"no": 0.25, "yes": 1.0},
        "smoking": None,
    }
    path = tmp_path / "case.yaml"
    path.write_text(
        case_yaml(findings, {"fever": "no", "night_pain": "yes", "over_60": None}), encoding="utf-8"
    )
    case = read_case(path)
    assert case.red_flags == {"fever": "no", "night_pain": "yes"}
    again, before = (
        bb.diagnose(case.findings, shipped, case.red_flags),
        bb.diagnose(findings, shipped, {"fever": "no", "night_pain": "yes"}),
    )
    assert (
        set(again.findings)
        == set(before.findings)
        == set(VIGNETTES[name]["findings"]) | {"weak_core"}
    )
    assert all(again[variable] == before[variable] for variable in shipped.variables)


def test_nothing_told_saves_an_empty_case(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(case_yaml({}, {}), encoding="utf-8")
    assert read_case(path) == ({}, {}, "")


def cleared(*lines: str, findings: Mapping[str, Finding] | None = None) -> Talk:
    """An interview on a small network after all red flags were answered no."""
    return talk(replace(clinic(), red_flags=RULES), *lines, findings=findings)


def test_an_emergency_ends_it_at_once_with_what_to_do(shipped: bb.Network) -> None:
    for rule in RULES.rules:
        if rule.urgency in SUPPRESSING:
            for combination in rule.any:
                told = dict.fromkeys(combination, "yes")
                found = Talk(shipped, [], red_flags=told)
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
