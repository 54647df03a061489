"""What commands say in JSON, against the schemas that are published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import backpain_bn
from backpain_bn.answer.plain_case import VERSION
from backpain_bn.cli import main
from backpain_bn.cli.schema import RED_FLAGS, SCHEMAS
from tests.oracles.networks import FLAGGED_CAR

PUBLISHED = Path(backpain_bn.__file__).parents[1] / "docs" / "schemas"
CASE = ("no_start=yes", "dim_lights=yes", "--network")
OPTIONS = {
    "diagnose": [(), ("--full",)],
    "why": [
        ("--about", "weak_battery"),
        ("--about", "weak_battery", "--rather-than", "empty_tank"),
    ],
    "change": [()],
    "paths": [("--about", "lights_left_on")],
    "likeliest": [("--count", "2")],
    "compare": [("--other", "car")],
    "ask": [(), ("--minutes", "5")],
    "treat": [(), ("--treatments", "charge_battery")],
    "followup": [("--then", "no_start=no", "--treatments", "charge_battery")],
    "sure": [("--draws", "20"), ("--about", "weak_battery=yes")],
}
"""Every question about a case, with each of the kinds of answer that it has."""
OTHERS = {
    "questions": ("--network",),
    "sources": ("weak_battery", "--network"),
    "evidence": ("--draws", "3", "--network"),
}


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    assert main(words) == code
    found = capsys.readouterr()
    assert found.err == ""
    return json.loads(found.out)


def check(command: str, data: Any) -> None:
    jsonschema.validate(data, SCHEMAS[command], cls=jsonschema.Draft202012Validator)
    assert data["schema"] == f"backpain-bn/{command}/{VERSION}"


@pytest.mark.parametrize("command", sorted(OPTIONS))
def test_answers_about_a_case_have_their_published_shape(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for options in OPTIONS[command]:
        data = said(capsys, command, *CASE, str(FLAGGED_CAR), *options, "--json")
        check(command, data)
        assert data["withheld"] is None and data["findings"]["dim_lights"] == "yes"
        assert command == "diagnose" or data["rows"]


@pytest.mark.parametrize("command", sorted(OPTIONS))
def test_a_withheld_answer_has_the_same_shape_and_no_rows(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    urgent = ("--json", "--exit-code", "smoke=yes")
    words = (command, *CASE, str(FLAGGED_CAR), *OPTIONS[command][0], *urgent)
    data = said(capsys, *words, code=3)
    check(command, data)
    assert data["red_flags"]["urgent"] and data["withheld"]
    assert [each["id"] for each in data["red_flags"]["set"]] == ["fire"]
    assert data.get("rows", []) == [] and "posterior" not in data


@pytest.mark.parametrize("command", sorted(OTHERS))
def test_other_answers_have_their_published_shape(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = said(capsys, command, *OTHERS[command], str(FLAGGED_CAR), "--json")
    check(command, data)
    assert data["rows"] and data["network"]["name"] == "flagged_car"


def test_a_flag_of_a_later_visit_withholds_in_the_same_shape(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    later = tmp_path / "later.yaml"
    later.write_text("findings: {}\nred_flags: {smoke: yes}\n", encoding="utf-8")
    words = ("followup", *CASE, str(FLAGGED_CAR), "--then", str(later), "--json", "--exit-code")
    data = said(capsys, *words, code=3)
    check("followup", data)
    assert data["red_flags"]["answers"]["smoke"] == "yes" and data["rows"] == []


def test_check_says_in_json_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fine = said(capsys, "check", "car", "--json")
    check("check", fine)
    assert fine["fine"] and fine["what"].startswith("car ") and not fine["problems"]
    broken = tmp_path / "case.yaml"
    broken.write_text("findings: {a: [1]\n", encoding="utf-8")
    wrong = said(capsys, "check", str(broken), "--json", code=2)
    check("check", wrong)
    assert not wrong["fine"] and wrong["problems"][0].startswith(f"{broken}:2:1 ")


def test_a_validation_has_its_published_shape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = tmp_path / "cohort.csv"
    rows = ["no_start,dim_lights,weak_battery", *["yes,yes,yes", "no,no,no", "yes,,no"] * 10]
    cohort.write_text("\n".join(rows), encoding="utf-8")
    asked = ("--causes", "weak_battery", "--interviewed", "2", "--network", "car", "--json")
    data = said(capsys, "validate", str(cohort), "--target", "no_start", *asked)
    check("validate", data)
    assert data["rows"] and data["calibration"] and data["interviews"] and data["ranking"]
    assert (data["by"], data["groups"]) == ("", [])
    low, high = data["happened"][1:]
    assert low < data["rows"][0]["happened"] == data["happened"][0] < high
    asked = ("--by", "dim_lights", "--network", "car", "--json")
    divided = said(capsys, "validate", str(cohort), "--target", "no_start", *asked)
    check("validate", divided)
    assert divided["by"] == "dim_lights"
    assert {row["name"] for row in divided["groups"]} == {"no", "yes", "(not given)"}
    assert not {row["name"] for row in divided["rows"]} & {"no", "yes", "(not given)"}


def test_what_is_written_is_told_in_its_published_shape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort, scored, learned = (tmp_path / f"{name}" for name in ("c.csv", "s.csv", "l.yaml"))
    rows = ["no_start,dim_lights,note", *["yes,yes,a", "no,no,b", "maybe,,c"] * 5]
    cohort.write_text("\n".join(rows), encoding="utf-8")
    car = ("--network", "car", "--json")
    assert main(["score", str(cohort), "--out", str(scored), *car]) == 0
    done = json.loads(capsys.readouterr().out)
    check("score", done)
    assert (done["rows"], done["without_answer"], done["left_aside"]) == (15, 5, ["note"])
    assert main(["fit", str(cohort), "--out", str(learned), *car]) == 0
    found = json.loads(capsys.readouterr().out)
    check("fit", found)
    assert found["used"]["rows"] == 10 and len(found["rows"]) > 40
    written = said(capsys, "convert", "car", str(tmp_path / "car.bif"), "--json")
    check("convert", written)
    assert written["variables"] == 20 and written["notes"]


def test_a_network_that_ranks_nothing_says_so_in_the_same_shape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backpain_bn.save("car", tmp_path / "car.bif")
    (tmp_path / "car.mapping.yaml").unlink()
    data = said(capsys, "diagnose", *CASE, str(tmp_path / "car.bif"), "--json")
    check("diagnose", data)
    assert "names no outcome" in data["not_ranked"] and "contributors" not in data


def test_every_schema_is_sound_published_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(SCHEMAS) == {*OPTIONS, *OTHERS, "check", "validate", "score", "fit", "convert"}
    assert {path.name for path in PUBLISHED.iterdir()} == {
        f"{command}.v{VERSION}.json" for command in SCHEMAS
    }
    for command, schema in SCHEMAS.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        path = PUBLISHED / f"{command}.v{VERSION}.json"
        assert json.loads(path.read_text(encoding="utf-8")) == schema
        assert said(capsys, "schema", command) == schema
        flags = schema["properties"].get("red_flags")
        assert flags == (RED_FLAGS if command in OPTIONS else None)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("red_flags"),
        lambda data: data.update(more=1),
        lambda data: data["rows"][0].pop("weight"),
        lambda data: data["red_flags"].update(urgent="no"),
    ],
)
def test_another_shape_is_noticed(change: Any, capsys: pytest.CaptureFixture[str]) -> None:
    data = said(capsys, "why", *CASE, "car", "--about", "weak_battery", "--json")
    change(data)
    with pytest.raises(jsonschema.ValidationError):
        check("why", data)
