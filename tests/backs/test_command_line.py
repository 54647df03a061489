"""The command line on the networks of backs: the voice that is meant, red flags, every number's source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import backpain_bn as bb
from tests.app.test_cli import answer, refusal

PAIRS = ("sitting_hours=over_8", "low_back_pain=yes")
URGENT = ("saddle_numbness=yes",)


def test_the_studies_voice_answers_where_no_network_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for told, name in (((), "runner_back_pain"), (("--network", "as_claimed"), "as_claimed")):
        data = json.loads(answer(capsys, "diagnose", *PAIRS, *URGENT, *told, "--json"))
        assert data["network"]["name"] == name
        assert not {"contributors", "posterior"} & data.keys()


def test_numbness_of_the_saddle_leaves_no_ranking(capsys: pytest.CaptureFixture[str]) -> None:
    words = answer(capsys, "diagnose", *PAIRS, *URGENT)
    assert "EMERGENCY" in words and "%" not in words


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("age=-5", "age is -5; it is a number from 0 to 120"),
        ("age=700", "age is 700; it is a number from 0 to 120"),
        ("sitting_hours=-4", "sitting_hours is -4; it is a number from 0 to 24"),
        ("sitting_hours=400", "sitting_hours is 400; it is a number from 0 to 24"),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    told: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in refusal(capsys, "diagnose", told)


def test_every_variable_told_by_a_number_has_limits() -> None:
    for name in ("runner_back_pain", "as_claimed", "car"):
        network = bb.load(name)
        told = [variable for variable in network.variables.values() if variable.bins]
        assert told and all(len(variable.limits) == 2 for variable in told)


def test_published_figures_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    for voice in ("runner_back_pain", "as_claimed"):
        assert "published (" in answer(capsys, "check", voice)


def test_so_many_causes_are_converted_as_a_chain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "noisy-OR" in refusal(capsys, "convert", "runner_back_pain", str(tmp_path / "r.bif"))
    chained = tmp_path / "r.net"
    assert "variables of" in answer(
        capsys, "convert", "runner_back_pain", str(chained), "--divorced"
    )
    assert bb.load(chained)["weak_core"].states == ("no", "yes")


def test_sources_lists_each_number_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    network = bb.load()
    some = answer(capsys, "sources", "weak_core")
    ids = {
        id for number in network["weak_core"].numbers for id in (*number.sources, *number.against)
    }
    assert (
        all(id in some for id in ids)
        and network["weak_core"].label.lower() in some.lower()
        and "tight_hip_flexors" not in some
    )
    everything = answer(capsys, "sources")
    assert all(f"{name}: " in everything.lower() for name in network.variables)
