"""Every number has a source and a range, every row is used, every grade follows from the rows."""

from __future__ import annotations

import csv

import pytest

import backpain_bn as bb
from backpain_bn.display.citations import entries
from backpain_bn.formats.sources import read_sources
from backpain_bn.formats.text_files import SHIPPED
from backpain_bn.formats.yaml_document import read_yaml
from backpain_bn.model.distributions import EXPERT
from backpain_bn.model.grades import grade
from backpain_bn.model.network import link_grade
from backpain_bn.model.variables import Source

ROWS = read_sources(SHIPPED / "sources.csv")


def test_every_row_is_used_and_every_used_row_is_there(shipped: bb.Network) -> None:
    rules = read_yaml(SHIPPED / "red_flags.yaml").data
    flags = {
        id
        for part in ("questions", "rules")
        for entry in rules[part].values()
        for id in entry["sources"]
    } - {EXPERT}
    overlay = set(bb.load("as_claimed").sources)
    assert flags <= set(ROWS)
    assert set(ROWS) == set(shipped.sources) | overlay | flags


def test_every_number_has_a_source_and_a_range(voice: bb.Network) -> None:
    for name, variable in voice.variables.items():
        for number in variable.numbers:
            assert number.sources, name
            assert 0 <= number.low <= number.p <= number.high < 1, name
            assert number.p > 0, name
            studies = [
                id for id in number.sources if id != EXPERT and voice.sources[id].kind == "study"
            ]
            assert studies or EXPERT in number.sources, (
                f"{name}: a number without a study must say expert"
            )


def test_studies_against_are_studies(voice: bb.Network) -> None:
    for variable in voice.variables.values():
        for number in variable.numbers:
            assert all(voice.sources[id].kind == "study" for id in number.against)


def test_rows_say_how_they_were_read() -> None:
    for row in ROWS.values():
        assert row.says, row.id
        assert row.reference, row.id
        assert row.read in (("A", "B", "C") if row.kind == "study" else ("",)), row.id


def test_grades_do_not_depend_on_the_voice() -> None:
    studies, articles = bb.load(), bb.load("as_claimed")
    for child, variable in studies.variables.items():
        for parent in variable.parents:
            assert link_grade(studies, parent, child) == link_grade(articles, parent, child), (
                parent,
                child,
            )


def test_a_strength_of_the_articles_is_never_passed_off_as_a_study_s() -> None:
    studies, articles = bb.load(), bb.load("as_claimed")
    own = [
        (name, entry)
        for name in articles.variables
        for entry in articles[name].numbers
        if entry not in tuple(studies[name].numbers)
    ]
    assert len(own) > 100
    for name, entry in own:
        assert EXPERT in entry.sources, name
        if any(id != EXPERT and articles.sources[id].kind == "study" for id in entry.sources):
            assert "the study gave another" in entry.note, name


@pytest.mark.parametrize(
    ("sources", "against", "expected"),
    [
        (("A1",), (), "supported"),
        (("A1", "S1"), ("A2",), "mixed"),
        (("S1", EXPERT), ("A2",), "contradicted"),
        (("S1", EXPERT), (), "claimed only"),
        (("S1", "C1"), (), "claimed only"),
        (("C1",), ("A2",), "contradicted"),
        ((EXPERT,), (), "expert"),
    ],
)
def test_grade_follows_from_the_rows(
    sources: tuple[str, ...], against: tuple[str, ...], expected: str
) -> None:
    rows = {id: Source(id, "study", "x", read=id[0]) for id in ("A1", "A2", "C1")} | {
        "S1": Source("S1", "claim", "x")
    }
    assert grade(sources, against, rows) == expected


def test_no_test_that_the_evidence_speaks_against(shipped: bb.Network) -> None:
    tests = [name for name, variable in shipped.variables.items() if variable.role == "test"]
    assert len(tests) >= 6
    assert "heel_striking" not in {parent for name in tests for parent in shipped[name].parents}
    cited = {id for name in tests for number in shipped[name].numbers for id in number.sources}
    assert not cited & {"T-MTT-01", "T-MTT-02", "FS-SELF-01", "RFLAG-PARS-02"}


def test_unproven_treatments_say_so(shipped: bb.Network) -> None:
    for name in (
        "hip_flexor_release",
        "forward_lean_cue",
        "raise_cadence",
        "shorten_stride",
        "hydrate",
        "run_alone",
        "orthotics",
    ):
        assert "unproven" in shipped.treatments[name].note.lower(), name


def test_every_number_shows_in_the_sources(shipped: bb.Network) -> None:
    for name, variable in shipped.variables.items():
        assert len(list(entries(shipped, name))) == len(list(variable.numbers)), name


def test_the_shipped_sources_file_is_plain_csv() -> None:
    with (SHIPPED / "sources.csv").open(encoding="utf-8", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == list(
            read_sources(SHIPPED / "sources.csv")
        )
