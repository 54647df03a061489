"""What was learned, as an overlay: it loads, checks, diagnoses, and is what was learned."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn import BackpainError, Network
from backpain_bn.cli import main
from backpain_bn.cli.check import check
from backpain_bn.learn import Fitted
from backpain_bn.model.network import link_grade
from backpain_bn.model.numbers import numbers_of, parameters_of
from backpain_bn.model.variables import COHORT
from tests.learn.rows import cohort
from tests.oracles.networks import FLAGGED_CAR, asia

SOURCE = "GARAGE-2026"


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    car = bb.load("car")
    return bb.fit(car, cohort(car, 300, 0.3))


def test_an_overlay_loads_and_is_what_was_learned(fitted: Fitted, tmp_path: Path) -> None:
    path = tmp_path / "garage.yaml"
    fitted.save_overlay(path, source=SOURCE)
    again = bb.load(path)
    assert (again.name, list(again)) == ("garage", list(fitted.before))
    assert parameters_of(again) == pytest.approx(parameters_of(fitted.network), abs=1e-5)
    assert check(str(path)).startswith("fine: garage 1")
    assert bb.diagnose({"no_start": "yes"}, again)["weak_battery"]["yes"] > 0.1


def test_every_learned_number_cites_the_cohort_and_no_other_does(
    fitted: Fitted, tmp_path: Path
) -> None:
    path = tmp_path / "garage.yaml"
    fitted.save_overlay(path, source=SOURCE)
    again = bb.load(path)
    told = {one.cited.place: one for one in fitted if one.told}
    assert 0 < len(told) < len(fitted)
    tables = {one.cited.variable for one in told.values() if one.cited.kind == "row"}
    for one in numbers_of(again):
        if one.place not in told:
            assert SOURCE not in one.number.sources or one.variable in tables
            continue
        learned, number = told[one.place], one.number
        assert SOURCE in number.sources
        assert (number.low, number.high) == pytest.approx(learned.range, rel=1e-4)
        before = learned.cited.number
        # A test's file holds the specificity, of which P(positive | absent) is the rest.
        cited = f"cited: {before.p:g} ({before.low:g} to {before.high:g})"
        assert cited in number.note or one.kind == "row"
    assert again.sources[SOURCE].population == f"{fitted.used.rows:,} cases"
    assert again.sources[SOURCE].kind == COHORT and not again.sources[SOURCE].counts
    for child in again:
        for parent in again.parents[child]:
            before = link_grade(fitted.before, parent, child)
            assert link_grade(again, parent, child) == before


def test_an_overlay_over_an_overlay_keeps_what_that_changed(tmp_path: Path) -> None:
    for path in FLAGGED_CAR.parent.glob("*car*.yaml"):
        shutil.copy(path, tmp_path)
    flagged = bb.load(tmp_path / FLAGGED_CAR.name)
    found = bb.fit(flagged, cohort(flagged, 300, 0.3), learn=["condition", "part"])
    found.save_overlay(tmp_path / "garage.yaml", source=SOURCE, base=FLAGGED_CAR.stem)
    again = bb.load(tmp_path / "garage.yaml")
    assert parameters_of(again) == pytest.approx(parameters_of(found.network), abs=1e-5)
    assert again.red_flags == flagged.red_flags


RATIOS = """
name: base
version: 1
outcome: sore
sources: base_sources.csv
conversion: {designs: {cohort: 0.8}}
variables:
  smokes:
    label: Smokes
    states: [no, yes]
    prior: {yes: {p: 0.3, range: [0.2, 0.4], sources: [A]}}
  tense:
    label: Tense
    states: [no, yes]
    prior: {yes: {p: 0.2, range: [0.1, 0.4], sources: [expert]}}
  sore:
    label: Sore
    states: [no, yes]
    marginal: {p: 0.2, range: [0.15, 0.25], sources: [A]}
    leak: {p: 0.1, range: [0.05, 0.2], sources: [expert]}
    causes:
      - {when: {smokes: yes}, odds_ratio: 2, range: [1.5, 2.7], design: cohort, sources: [A]}
      - {when: {tense: yes}, risk: 0.4, range: [0.3, 0.6], sources: [A]}
  touch:
    label: Sore to the touch
    states: [negative, positive]
    observes: sore
    sensitivity: {p: 0.8, range: [0.6, 0.9], sources: [A]}
    specificity: {p: 0.9, range: [0.8, 0.95], sources: [A]}
"""


@pytest.fixture
def base(tmp_path: Path) -> Network:
    (tmp_path / "base.yaml").write_text(RATIOS, encoding="utf-8")
    row = "id,kind,says,read\nA,study,Something,A\n"
    (tmp_path / "base_sources.csv").write_text(row, encoding="utf-8")
    return bb.load(tmp_path / "base.yaml")


@pytest.mark.parametrize("learn", ["all", "smokes", "sore", "touch"])
def test_what_was_published_in_other_ways_is_written_as_what_was_learned(
    base: Network, tmp_path: Path, learn: str
) -> None:
    """A ratio whose exposure is a learned prior, a risk that includes a learned leak, a test."""
    fitted = bb.fit(base, cohort(base, 400, 0.2), learn=learn)
    fitted.save_overlay(tmp_path / "ours.yaml", source="OURS")
    again = bb.load(tmp_path / "ours.yaml")
    assert parameters_of(again) == pytest.approx(parameters_of(fitted.network), abs=1e-5)
    assert np.abs(parameters_of(again) - parameters_of(base)).max() > 1e-4


def test_what_cannot_be_an_overlay_is_said(fitted: Fitted, tmp_path: Path) -> None:
    def refused(message: str, found: Fitted, name: str = "garage.yaml", **others: str) -> None:
        with pytest.raises(BackpainError, match=message):
            found.save_overlay(tmp_path / name, **{"source": SOURCE, **others})
        assert not (tmp_path / "garage.yaml").exists()

    refused("an overlay ends in .yaml", fitted, "garage.txt")
    refused('a source cannot have the id "expert"', fitted, source="expert")
    for source in ("=1+1", "+1", "-1", "@x"):
        refused("a source cannot have the id .* a spreadsheet", fitted, source=source)
    refused("none.garage.yaml: no such folder", fitted, "none/garage.yaml")
    refused("name of an overlay begins with a letter", fitted, "2026.yaml")
    strong = bb.fit(fitted.before, cohort(fitted.before, 20, 0.3), prior_strength=1e6)
    refused("nothing was learned", strong)
    small = asia()
    chest = bb.fit(small, cohort(small, 50, 0.2))
    refused('there is none of the network "small"', chest)
    refused("is another network than the one that was learned on", chest, base="car")


def test_what_the_base_reads_is_not_written_over(
    base: Network, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = cohort(base, 100, 0.2)
    found = bb.fit(base, frame)
    (tmp_path / "base_sources.csv").rename(tmp_path / "ours_sources.csv")
    text = RATIOS.replace("base_sources.csv", "ours_sources.csv")
    (tmp_path / "base.yaml").write_text(text, encoding="utf-8")
    kept = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for name in ("ours.yaml", "ours.yml", "base.yaml"):
        with pytest.raises(BackpainError, match="is read by the network base"):
            found.save_overlay(tmp_path / name, source="OURS", base="base")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == kept
    found.save_overlay(tmp_path / "mine.yaml", source="OURS", base="base")
    with pytest.raises(BackpainError, match=r"mine\.yaml is read by the network mine"):
        again = bb.load(tmp_path / "mine.yaml")
        bb.fit(again, frame).save_overlay(tmp_path / "mine.yaml", source="OTHER")


@pytest.mark.parametrize("before", [None, "id,kind,says\n"])
def test_both_files_are_written_or_neither(
    fitted: Fitted, tmp_path: Path, before: str | None
) -> None:
    beside = tmp_path / "garage_sources.csv"
    if before is not None:
        beside.write_text(before, encoding="utf-8")
    (tmp_path / "garage.yaml").mkdir()
    with pytest.raises(BackpainError, match=r"garage\.yaml"):
        fitted.save_overlay(tmp_path / "garage.yaml", source=SOURCE)
    assert beside.exists() == (before is not None)
    assert before is None or beside.read_text(encoding="utf-8") == before
    assert {path.name for path in tmp_path.iterdir()} <= {"garage.yaml", beside.name}


def test_a_fit_without_a_prior_can_be_an_overlay(tmp_path: Path) -> None:
    car = bb.load("car")
    found = bb.fit(car, cohort(car, 300, 0.3), prior_strength=0)
    assert np.isfinite([one.range for one in found]).all()
    found.save_overlay(tmp_path / "garage.yaml", source=SOURCE)
    again = bb.load(tmp_path / "garage.yaml")
    assert parameters_of(again) == pytest.approx(parameters_of(found.network), abs=1e-5)


def test_the_command_writes_the_overlay(
    fitted: Fitted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort(fitted.before, 300, 0.3).to_parquet(tmp_path / "cohort.parquet")
    out = tmp_path / "garage.yaml"
    assert (
        main(["fit", str(tmp_path / "cohort.parquet"), "--network", "car", "--out", str(out)]) == 0
    )
    said = capsys.readouterr().out
    assert "WHAT WAS LEARNED" in said and "cites the cohort as GARAGE" in " ".join(said.split())
    assert parameters_of(bb.load(out)) == pytest.approx(parameters_of(fitted.network), abs=1e-5)
    assert main(["fit", str(tmp_path / "none.parquet"), "--network", "car", "--out", str(out)]) == 2


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is learned: what is refused is refused before."""

    def learns(*_: object, **__: object) -> None:
        raise AssertionError("learned in vain")

    monkeypatch.setattr(sys.modules["backpain_bn.learn.fit"], "fit", learns)


def test_the_command_refuses_before_it_learns(
    base: Network, tmp_path: Path, capsys: pytest.CaptureFixture[str], at_once: None
) -> None:
    bb.save(base, tmp_path / "plain.bif")
    (tmp_path / "other").mkdir()
    table = tmp_path / "ours_sources.csv"
    cohort(base, 10, 0.2).to_csv(table, index=False)

    def refused(words: str, *options: str, network: str = "base.yaml", out: str = "x.yaml") -> None:
        path = str(tmp_path / network)
        named = ("--network", path, "--out", str(tmp_path / out), *options)
        assert main(["fit", str(table), *named]) == 2
        assert words in capsys.readouterr().err

    refused("an overlay ends in .yaml", out="x.txt")
    refused("no such folder", out="none/x.yaml")
    refused(f"write the overlay into the folder {tmp_path}", out="other/x.yaml")
    refused("there is none of the network", network="plain.bif")
    refused("is read by the network base", out="base.yaml")
    refused("is read: what is written needs a file of its own", out="ours.yaml")
    refused("a spreadsheet", "--source==1+1")
    assert {path.name for path in tmp_path.iterdir()} == {
        *("base.yaml", "base_sources.csv", "plain.bif", "plain.mapping.yaml", "other"),
        table.name,
    }


def test_the_command_reads_standard_input_and_lies_beside_its_network(
    base: Network,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = cohort(base, 60, 0.2).rename(columns={"touch": "toucch"})
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO(frame.to_csv(index=False).encode()))
    )
    out = tmp_path / "ours.yaml"
    words = ("--network", str(tmp_path / "base.yaml"), "--out", str(out), "--learn", "all")
    assert main(["fit", "-", *words]) == 0
    said = capsys.readouterr()
    warning = 'backpain-bn: column "toucch" is left aside; rename it if it is touch'
    assert [line for line in said.err.splitlines() if line.strip()] == [warning]
    assert ".py" not in said.err and "WHAT WAS LEARNED" in said.out
    found = bb.fit(base, frame.drop(columns="toucch"))
    assert parameters_of(bb.load(out)) == pytest.approx(parameters_of(found.network), abs=1e-5)
