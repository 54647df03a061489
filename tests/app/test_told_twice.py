"""The command line: nothing that is told takes the place of something told before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import backpain_bn as bb
from backpain_bn.cli import main
from tests.oracles.networks import FLAGGED_CAR

CASE = ("no_start=yes", "dim_lights=yes")
TOLD = {"no_start": "yes", "dim_lights": "yes"}
CAR = ("--network", "car")
FLAGGED = ("--network", str(FLAGGED_CAR))


def said(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> str:
    assert main(words) == code
    found = capsys.readouterr()
    return found.out if code in (0, 3) else found.err


def case(path: Path, findings: str, flags: str = "") -> str:
    path.write_text(f"findings: {{{findings}}}\nred_flags: {{{flags}}}\n", encoding="utf-8")
    return str(path)


def test_each_then_is_one_visit_and_what_was_done_belongs_to_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    third = case(tmp_path / "third.yaml", "no_start: no")
    words = ("followup", *CASE, "--then", "no_start=yes", "clicking=yes", "--then", third, *CAR)
    words = (*words, "--treatments", "charge_battery", "--treatments", "clean_terminals", "--json")
    rows = json.loads(said(capsys, 0, *words))["rows"]
    course = bb.diagnose(TOLD, "car").follow_up(
        {"no_start": "yes", "clicking": "yes"}, treatments=["charge_battery", "clean_terminals"]
    )
    expected = course.follow_up({"no_start": "no"}).to_dicts()
    assert {row["visit"] for row in rows} == {1, 2, 3}
    assert rows == json.loads(json.dumps(expected))


def test_one_answer_in_two_spellings_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    smoke = case(tmp_path / "smoke.yaml", "no_start: yes", "smoke: True, acid: not asked")
    words = ("diagnose", smoke, "smoke=YES", "acid=no", *FLAGGED, "--json")
    answers = json.loads(said(capsys, 0, *words))["red_flags"]["answers"]
    assert answers["smoke"] == "yes" and answers["acid"] == "no"
    assert "smoke was told twice" in said(capsys, 2, "diagnose", smoke, "smoke=no", *FLAGGED)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_emergency_at_any_visit_withholds_the_course(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: int
) -> None:
    fine = case(tmp_path / "fine.yaml", "no_start: yes")
    urgent = case(tmp_path / "urgent.yaml", "no_start: yes", "acid: yes")
    visits = [fine, fine, fine]
    visits[place] = case(tmp_path / "bad.yaml", "no_start: yes", "flames: yes")
    for first in (fine, urgent):
        then = [word for visit in visits for word in ("--then", visit)]
        words = ("followup", first, *then, *FLAGGED, "--exit-code", "--json")
        data = json.loads(said(capsys, 3, *words))
        assert data["rows"] == []
        assert data["red_flags"]["answers"]["flames"] == "yes"


def test_a_no_later_on_does_not_lift_what_withholds_a_course(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = case(tmp_path / "bad.yaml", "no_start: yes", "flames: yes")
    good = case(tmp_path / "good.yaml", "no_start: yes", "flames: no")
    words = ("followup", *CASE, "--then", bad, "--then", good, *FLAGGED, "--exit-code")
    assert "EMERGENCY" in said(capsys, 3, *words)


def test_files_that_contradict_each_other_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = case(tmp_path / "1.yaml", "no_start: yes, clicking: ", "flames: yes, smoke: ")
    other = case(tmp_path / "2.yaml", "no_start: yes, clicking: yes", "flames: no")
    twice = 'flames was told twice, as "yes" and as "no"'
    assert twice in said(capsys, 2, "diagnose", one, other, *FLAGGED)
    assert twice in said(capsys, 2, "followup", *CASE, "--then", one, other, *FLAGGED)
    assert 'no_start was told twice, as "yes" and as "no"' in said(
        capsys, 2, "diagnose", one, "no_start=no", *FLAGGED
    )
    more = case(tmp_path / "3.yaml", "clicking: yes, no_start: ", "smoke: yes, flames: ")
    for files in ((one, more), (more, one)):
        data = json.loads(said(capsys, 0, "diagnose", *files, *FLAGGED, "--json"))
        assert data["findings"] == {"no_start": "yes", "clicking": "yes"}
        assert data["red_flags"]["answers"]["flames"] == "yes"
        assert data["red_flags"]["answers"]["smoke"] == "yes"


def test_a_network_is_not_compared_with_itself(capsys: pytest.CaptureFixture[str]) -> None:
    refused = said(capsys, 2, "compare", *CASE, *CAR, "--other", "car")
    assert "both are the same network, car 1.0; name another" in refused
    urgent = ("compare", *CASE, *FLAGGED, "--other", str(FLAGGED_CAR), "flames=yes")
    assert "EMERGENCY" in said(capsys, 0, *urgent)


def test_ask_says_where_only_the_limits_leave_no_question(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = said(capsys, 0, "ask", *CASE, *CAR, "--minutes", "0")
    open_now = len(bb.diagnose(TOLD, "car").next_questions().rows)
    words = " ".join(found.split())
    assert f"discomfort and means; without them {open_now} are open. That clears" in words
    assert "nothing more to ask" not in words


def test_the_help_names_the_version_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--version" in said(capsys, 0, "help")


def test_a_network_prints_in_two_lines() -> None:
    first, about = str(bb.load("car")).splitlines()
    car = bb.load("car")
    assert first.startswith(f"car {car.version}: {len(car)} variables, outcome {car.outcome}, ")
    assert about == car.about
