"""The mapping that is written beside a network, and what is the same again when it is read."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.errors import BackpainError, FileProblem
from backpain_bn.formats.load import load
from backpain_bn.formats.save import convert, save
from backpain_bn.formats.written_mapping import MARK, mapping_data
from tests.oracles.foreign_files import public
from tests.oracles.networks import asia

TOLD = {"no_start": "yes", "dim_lights": "yes"}
"""Lines of an answer that hang on sources and treatments, which stay behind."""


@pytest.mark.parametrize("name", ["car.bif", "car.xml", "car.net", "car.xdsl"])
def test_the_answers_are_the_same_again(name: str, tmp_path: Path) -> None:
    car, path = load("car"), tmp_path / name
    save(car, path, plain_names=name == "car.xdsl")
    back = load(path)
    assert (back.outcome, back.causes, back.kinds) == (car.outcome, car.causes, car.kinds)
    for each, variable in car.variables.items():
        other = back[each]
        assert (other.label, other.role, other.question, other.about) == (
            variable.label, variable.role, variable.question, variable.about,
        )  # fmt: skip
        assert (other.persists, other.cost, other.bins, other.limits) == (
            variable.persists, variable.cost, variable.bins, variable.limits,
        )  # fmt: skip
        assert other.healthy_first
    words, own = back.vocabulary, car.vocabulary
    assert (words.subject, words.title, words.disclaimer) == (
        own.subject,
        own.title,
        own.disclaimer,
    )
    assert (words.roles, words.means, words.grades) == (own.roles, own.means, own.grades)
    here, there = bb.diagnose(TOLD, car), bb.diagnose(TOLD, back)
    mine, theirs = here.contributors(), there.contributors()
    assert [row.variable for row in mine.rows] == [row.variable for row in theirs.rows]
    np.testing.assert_allclose(
        [row.share for row in mine.rows], [row.share for row in theirs.rows], rtol=0, atol=1e-12
    )
    assert ranking(str(here)) == ranking(str(there))


def ranking(screen: str) -> list[str]:
    """Return what may lie behind it, without the grades, which sources decide."""
    lines = screen.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("What may lie"))
    found = [line.split(" (judgement")[0].split(" (a rule")[0] for line in lines[start : start + 3]]
    return [line.split(" (no source")[0] for line in found]


def test_what_is_lost_is_said(tmp_path: Path) -> None:
    notes = convert("car", tmp_path / "car.bif")
    assert notes == (
        f"{tmp_path / 'car.mapping.yaml'} holds outcome, healthy states, labels, roles and questions",
        "what BIF does not hold stays behind: sources, ranges, treatments, advice",
    )
    notes = convert("car", tmp_path / "c.uai")
    assert notes == (
        "what UAI does not hold stays behind: names, outcome, healthy states, labels, questions, "
        "sources, ranges, treatments, advice",
    )
    assert not (tmp_path / "c.mapping.yaml").exists()


def test_where_there_is_nothing_to_say_no_mapping_is_written(tmp_path: Path) -> None:
    (tmp_path / "asia.bif").write_text(public("asia"), encoding="utf-8")
    network = load(tmp_path / "asia.bif")
    assert mapping_data(network) == {}
    assert convert(network, tmp_path / "asia.net") == ()
    assert {path.name for path in tmp_path.iterdir()} == {"asia.bif", "asia.net"}


def test_a_mapping_written_by_hand_stays(tmp_path: Path) -> None:
    beside = tmp_path / "car.mapping.yaml"
    beside.write_text("outcome: no_crank\n", encoding="utf-8")
    notes = convert("car", tmp_path / "car.bif")
    assert notes[0] == f"{beside} was there before and stays as it is"
    assert load(tmp_path / "car.bif").outcome == "no_crank"


def test_a_mapping_of_ours_is_written_anew_and_goes_with_what_it_says(tmp_path: Path) -> None:
    path, beside = tmp_path / "n.bif", tmp_path / "n.mapping.yaml"
    save("car", path)
    assert beside.read_text(encoding="utf-8").startswith(MARK)
    save(asia(), path)
    assert set(load(path)) == set(asia())
    assert "no_start" not in beside.read_text(encoding="utf-8")
    (tmp_path / "plain.bif").write_text(public("asia"), encoding="utf-8")
    save(tmp_path / "plain.bif", path)
    assert not beside.exists()


@pytest.mark.parametrize("make", ["mkdir", "link"])
def test_what_lies_in_the_place_of_a_mapping_is_told(make: str, tmp_path: Path) -> None:
    (tmp_path / "asia.bif").write_text(public("asia"), encoding="utf-8")
    beside = tmp_path / "asia.mapping.yaml"
    if make == "mkdir":
        beside.mkdir()
    else:
        beside.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileProblem, match=r"asia\.mapping\.yaml: "):
        load(tmp_path / "asia.bif")


def test_a_file_without_names_is_not_written_beside_a_mapping_of_names(tmp_path: Path) -> None:
    car = load("car")
    save(car, tmp_path / "bread.net")
    mapping = (tmp_path / "bread.mapping.yaml").read_text(encoding="utf-8")
    with pytest.raises(BackpainError, match=r"bread\.uai would be read with bread\.mapping\.yaml"):
        save(car, tmp_path / "bread.uai")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bread.mapping.yaml", "bread.net"]
    assert (tmp_path / "bread.mapping.yaml").read_text(encoding="utf-8") == mapping
    save(car, tmp_path / "other.uai")
    assert len(load(tmp_path / "other.uai")) == len(car)


def test_a_file_without_names_goes_with_a_mapping_that_fits_it(tmp_path: Path) -> None:
    (tmp_path / "bread.mapping.yaml").write_text("outcome: x3\n", encoding="utf-8")
    save("car", tmp_path / "bread.uai")
    assert load(tmp_path / "bread.uai").outcome == "x3"


def test_a_mapping_is_not_written_over_one_that_another_file_needs(tmp_path: Path) -> None:
    car = load("car")
    save(car, tmp_path / "bread.uai")
    save(car, tmp_path / "cake.net")
    mapping = (tmp_path / "cake.mapping.yaml").read_bytes()
    for other, target, options in (
        ("bread.uai", "bread.bif", {}),
        ("cake.net", "cake.xdsl", {"plain_names": True}),
    ):
        with pytest.raises(BackpainError, match=f"{re.escape(other)} lies beside it"):
            save(car, tmp_path / target, **options)
    with pytest.raises(BackpainError, match=r"cake\.net lies beside it"):
        save(asia(), tmp_path / "cake.bif")
    names = ["bread.uai", "cake.mapping.yaml", "cake.net"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert (tmp_path / "cake.mapping.yaml").read_bytes() == mapping
    assert load(tmp_path / "cake.net").outcome == car.outcome


def test_files_that_a_mapping_fits_alike_lie_side_by_side(tmp_path: Path) -> None:
    car = load("car")
    for ending in (".net", ".bif", ".xml"):
        save(car, tmp_path / f"bread{ending}")
    save(replace(car, version="2"), tmp_path / "bread.xmlbif")
    found = [load(tmp_path / f"bread{ending}") for ending in (".net", ".bif", ".xml", ".xmlbif")]
    assert [one.outcome for one in found] == [car.outcome] * 4
    (tmp_path / "own").mkdir()
    save(asia(), tmp_path / "own" / "one.bif")
    save(tmp_path / "own" / "one.bif", tmp_path / "own" / "one.net")
    assert load(tmp_path / "own" / "one.net").columns == asia().columns
