"""Cohorts as Arrow batches and as files: nothing depends on how they are cut; files appear whole or
not at all.
"""

from __future__ import annotations

import functools
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from backpain_bn import BackpainError, load
from backpain_bn.cohort import files as stream
from backpain_bn.cohort.columns import ColumnMap, Report, UnrecognisedColumn
from backpain_bn.cohort.files import ScoringJob, content_hash, read_columns, report_file, score_file
from backpain_bn.cohort.score import answer_schema, score, score_batches
from backpain_bn.errors import FileProblem, UnknownName
from backpain_bn.model.numbers import numbers_of
from tests.cohort.test_score import car_cohort
from tests.oracles.networks import FLAGGED_CAR
from tests.uncertainty.networks import changed

TARGETS = ("weak_battery", "battery_age")


@pytest.mark.parametrize("size", [1, 13, 1000, 3000])
def test_batches_of_any_size_give_the_same_bits(size: int) -> None:
    cohort = car_cohort(200 if size == 1 else 3000)
    task = pickle.loads(
        pickle.dumps(functools.partial(score_batches, network="car", targets=TARGETS))
    )
    scored = pa.Table.from_batches(task(iter(cohort.to_batches(max_chunksize=size))))
    assert scored.equals(score(cohort, "car", targets=TARGETS))


def test_no_batches_empty_batches_and_changing_schemas() -> None:
    assert list(score_batches([], "car")) == []
    cohort = car_cohort(10)
    empty, whole = (
        cohort.slice(0, 0).combine_chunks().to_batches()
        or [pa.RecordBatch.from_pylist([], cohort.schema)],
        cohort.to_batches(),
    )
    other = cohort.select(cohort.column_names[:3]).to_batches()
    answers = list(score_batches([*empty, *whole, *other], "car", targets=TARGETS))
    assert [batch.num_rows for batch in answers] == [0, 10, 10]
    assert pa.Table.from_batches(answers[2:]).equals(
        score(cohort.select(cohort.column_names[:3]), "car", targets=TARGETS)
    )


def test_kept_columns_come_first_and_must_exist() -> None:
    cohort = car_cohort(4).append_column("case", pa.array([4, 3, 2, 1]))
    scored = next(score_batches(cohort.to_batches(), "car", targets=TARGETS, keep=["case"]))
    assert scored.schema == answer_schema(cohort.schema, "car", targets=TARGETS, keep=["case"])
    assert scored.column("case").to_pylist() == [4, 3, 2, 1]
    with pytest.raises(UnknownName, match='column to keep "cas"'):
        list(score_batches(cohort.to_batches(), "car", keep=["cas"]))
    clash = cohort.append_column("problem", cohort["case"])
    with pytest.raises(BackpainError, match="cannot be kept"):
        list(score_batches(clash.to_batches(), "car", keep=["problem"]))


def write(path: Path, table: pa.Table) -> Path:
    if path.suffix == ".csv":
        table.to_pandas().to_csv(path, index=False)
    else:
        parquet.write_table(table, path, row_group_size=700)
    return path


@pytest.mark.parametrize("kind", [".parquet", ".csv"])
@pytest.mark.parametrize("target", [".parquet", ".csv"])
def test_files_give_the_same_numbers(tmp_path: Path, kind: str, target: str) -> None:
    cohort = car_cohort().append_column("case", pa.array(range(3000)))
    source, out = write(tmp_path / f"in{kind}", cohort), tmp_path / f"out{target}"
    seen: list[Report] = []
    steps: list[tuple[str, float]] = []
    summary = score_file(
        ScoringJob(source, "car", targets=TARGETS, keep=("case",)),
        out,
        seen.append,
        lambda *step: steps.append(step),
    )
    want = score(cohort, "car", targets=TARGETS).to_pandas()
    got = (parquet.read_table(out) if target == ".parquet" else csv.read_csv(out)).to_pandas()
    assert got.pop("case").astype(int).tolist() == list(range(3000))
    pd.testing.assert_frame_equal(
        got.drop(columns="problem"), want.drop(columns="problem"), check_exact=True
    )
    assert got["problem"].isna().all()
    assert (summary.rows, summary.without_answer) == (3000, 0)
    assert seen == [summary.report]
    assert summary.report.unknown == ()
    assert len(summary.report.recognised) == cohort.num_columns - 1
    assert [step for step, _ in steps] == sorted(step for step, _ in steps)
    assert steps[-1] == ("scoring", 1.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source.name, out.name])


def test_parquet_names_the_network(tmp_path: Path) -> None:
    source, out = write(tmp_path / "in.parquet", car_cohort(5)), tmp_path / "out.parquet"
    score_file(ScoringJob(source, "car"), out)
    told = parquet.read_schema(out).metadata
    network = load("car")
    assert told[b"backpain_bn.network"] == network.name.encode()
    assert told[b"backpain_bn.version"] == network.version.encode()
    assert told[b"backpain_bn.hash"] == content_hash(network).encode()
    assert content_hash(network) != content_hash(changed(network, numbers_of(network)[0], 0.5))
    assert content_hash(network) != content_hash(network.do(dim_lights="no"))


def lines(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


NETWORK = """\
name: words
version: "1"
outcome: said
variables:
  said:
    label: Said
    states: ["None", NA, "null", "no"]
    prior:
      "None": {p: 0.4, range: [0.4, 0.4], sources: [expert]}
      NA: {p: 0.3, range: [0.3, 0.3], sources: [expert]}
      "null": {p: 0.2, range: [0.2, 0.2], sources: [expert]}
      "no": {p: 0.1, range: [0.1, 0.1], sources: [expert]}
"""


def test_in_csv_only_the_empty_cell_and_named_tokens_are_missing(tmp_path: Path) -> None:
    network = lines(tmp_path / "words.yaml", NETWORK)
    source, out = (
        lines(tmp_path / "in.csv", "said", "None", "NA", "null", "", "no", "-9", '"no"'),
        tmp_path / "out.parquet",
    )
    score_file(ScoringJob(source, network, missing=("-9", "null")), out)
    scored = parquet.read_table(out).to_pandas()
    assert scored["said=None"].tolist() == pytest.approx([1, 0, 0.4, 0.4, 0, 0.4, 0])
    assert scored["said=NA"].tolist() == pytest.approx([0, 1, 0.3, 0.3, 0, 0.3, 0])
    plain = report_file(ScoringJob(source, network))
    assert (plain.rows, plain.unusable, plain.recognised[0].missing) == (7, 1, pytest.approx(1 / 7))


def test_cells_that_mean_not_observed_are_told_for_any_file(tmp_path: Path) -> None:
    table = pa.table(
        {"dim_lights": ["yes", "NA", None], "battery_age": [6, -9, 1], "note": ["NA", "x", "-9"]}
    )
    outs = []
    for kind in (".csv", ".parquet"):
        source, out = write(tmp_path / f"in{kind}", table), tmp_path / f"out{kind}.parquet"
        job = ScoringJob(source, "car", TARGETS, missing=("NA", "-9"), keep=("note",))
        assert score_file(job, out).without_answer == 0
        outs.append(parquet.read_table(out))
    assert outs[0].equals(outs[1]) and outs[0]["note"].to_pylist() == ["NA", "x", "-9"]
    hidden = table.set_column(0, "dim_lights", [["yes", None, None]])
    hidden = hidden.set_column(1, "battery_age", [[6, None, 1]])
    job = ScoringJob(write(tmp_path / "nulls.parquet", hidden), "car", TARGETS, keep=("note",))
    score_file(job, tmp_path / "nulls_out.parquet")
    assert parquet.read_table(tmp_path / "nulls_out.parquet").equals(outs[0])


def test_csv_with_semicolons_quotes_and_a_mark_at_its_start(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(
        '\ufeffdim_lights;"a ""note"""\n"yes";"one;\ntwo"\n;\nno;x\n', encoding="utf-8"
    )
    score_file(ScoringJob(source, "car", targets=("dim_lights",)), tmp_path / "out.csv")
    scored = pd.read_csv(tmp_path / "out.csv")
    assert scored["dim_lights=yes"].tolist()[::2] == [1, 0]
    assert len(scored) == 3


@pytest.mark.parametrize("kind", [".parquet", ".csv"])
def test_no_rows_and_no_known_columns(tmp_path: Path, kind: str) -> None:
    nothing = pa.table({"dim_lights": pa.array([], pa.string())})
    summary = score_file(
        ScoringJob(write(tmp_path / f"in{kind}", nothing), "car", targets=TARGETS),
        tmp_path / "out.parquet",
    )
    assert summary.rows == 0
    assert parquet.read_table(tmp_path / "out.parquet").num_rows == 0
    other = pa.table({"x": ["a", "b"]})
    with pytest.raises(BackpainError, match=r'no column tells a variable of car; .*: "x"'):
        score_file(ScoringJob(write(tmp_path / f"other{kind}", other), "car"), tmp_path / "new.csv")
    assert not (tmp_path / "new.csv").exists()


def test_bad_rows_are_counted_and_explained(tmp_path: Path) -> None:
    source = lines(tmp_path / "in.csv", "dim_lights,battery_age", "yes,old", "no,under_3_years")
    summary = score_file(ScoringJob(source, "car", targets=("dim_lights",)), tmp_path / "out.csv")
    assert summary.without_answer == 1
    assert "1 of them without an answer" in str(summary)
    assert pd.read_csv(tmp_path / "out.csv")["problem"].tolist()[0] == "not a state: battery_age"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_crash_leaves_the_old_file_and_no_half_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    source, out = write(tmp_path / "in.parquet", car_cohort(10)), tmp_path / "out.parquet"
    out.write_bytes(b"old")

    def broken(batches: Iterator[pa.RecordBatch], *rest: object) -> Iterator[pa.RecordBatch]:
        yield from score_batches(batches, *rest)  # type: ignore[arg-type]
        raise error("disk full")

    monkeypatch.setattr(stream, "score_batches", broken)
    with pytest.raises((error, FileProblem)):
        score_file(ScoringJob(source, "car"), out)
    assert out.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


def test_wrong_files_are_refused_in_words(tmp_path: Path) -> None:
    good, out = write(tmp_path / "in.parquet", car_cohort(3)), tmp_path / "out.parquet"
    secret = lines(
        tmp_path / "torn.csv",
        "dim_lights,battery_age",
        "yes,under_3_years",
        "no,under_3_years,secret story",
    )
    cases = [
        (tmp_path / "none.parquet", out, "no such file"),
        (tmp_path / "none.csv", out, "no such file"),
        (lines(tmp_path / "in.xlsx", "x"), out, "read from .parquet or .csv"),
        (good, tmp_path / "out.txt", "written as .parquet or .csv"),
        (good, good, "a file of their own"),
        (good, tmp_path / "nowhere" / "out.csv", "no such folder"),
        (lines(tmp_path / "no.parquet", "dim_lights"), out, "damaged, or not of the kind"),
        (secret, out, "a row has 3 cells, the first line names 2 columns"),
        (lines(tmp_path / "twice.csv", "dim_lights,dim_lights", "no,no"), out, "two columns"),
    ]
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "latin.csv").write_bytes("dim_lights\nm\xe4\xdfig\n".encode("latin-1"))
    cases += [
        (tmp_path / "empty.csv", out, "must name the columns"),
        (tmp_path / "latin.csv", out, "UTF-8"),
    ]
    for source, target, said in cases:
        with pytest.raises(BackpainError) as caught:
            score_file(ScoringJob(source, "car"), target)
        assert said in str(caught.value), (source, str(caught.value))
        assert "secret" not in str(caught.value)
    for job in (
        ScoringJob(good, "car", targets=("dim_light",)),
        ScoringJob(good, "car", keep=("case",)),
        ScoringJob(good, "car", columns={"x": "dim_lights"}),
        ScoringJob(good, "nothing"),
    ):
        with pytest.raises(UnknownName):
            score_file(job, out)
    assert not out.exists()


def test_column_maps_as_yaml(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "map.yaml",
        "Core:",
        "  variable: dim_lights",
        "  values: {true: yes, 0: no, '?': }",
        "Age: battery_age",
        "note:",
    )
    rules = read_columns(path)
    assert rules == {
        "Core": ColumnMap("dim_lights", {"true": "yes", "0": "no", "?": None}),
        "Age": "battery_age",
        "note": None,
    }
    source = lines(
        tmp_path / "in.csv", "Core,Age,note", "true,under_3_years,x", "0,over_5_years,y", "?,,z"
    )
    summary = score_file(
        ScoringJob(source, "car", targets=("dim_lights",), columns=rules), tmp_path / "out.csv"
    )
    assert summary.report.unknown == ()
    assert pd.read_csv(tmp_path / "out.csv")["dim_lights=yes"].tolist()[:2] == [1, 0]
    for text in (
        "- a",
        "Core: [a]",
        "Core: {values: [a]}",
        "Core: {state: a}",
        "Core: {values: {a: {b: c}}}",
        "",
    ):
        with pytest.raises(FileProblem, match="column"):
            read_columns(lines(tmp_path / "bad.yaml", text))


def test_without_pyarrow_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backpain_bn.errors.find_spec", lambda name: None)
    with pytest.raises(
        BackpainError, match=r"scoring a file needs pyarrow: pip install 'backpain_bn\[parquet\]'"
    ):
        score_file(ScoringJob(tmp_path / "in.csv", "car"), tmp_path / "out.csv")


def test_a_column_that_is_a_red_flag_question_is_named_also_where_it_is_kept(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    source = lines(tmp_path / "in.csv", "no_start,smoke", "yes,yes")
    job = ScoringJob(source, FLAGGED_CAR, targets=("weak_battery",), keep=("smoke",))
    told: list[str] = []
    summary = score_file(job, tmp_path / "out.csv", lambda report: told.append(str(report)))
    assert 'WARNING: column "smoke" is a red-flag question' in told[0]
    assert str(summary).startswith("1 row scored: ") and not recwarn.list
    with pytest.warns(UnrecognisedColumn, match="red-flag question"):
        score_file(job, tmp_path / "out.csv")


def test_the_error_for_no_known_column_lists_all_of_them(tmp_path: Path) -> None:
    source = lines(tmp_path / "in.csv", "no_strrrt,id,weakbattery", "yes,1,no")
    with pytest.raises(BackpainError) as caught:
        score_file(ScoringJob(source, "car"), tmp_path / "out.csv")
    assert str(caught.value) == (
        'no column tells a variable of car (did you mean "weak_battery"?); the columns are: '
        '"no_strrrt", "id", "weakbattery"'
    )


@pytest.mark.parametrize("rows", [3, 400_000])
def test_a_sign_that_is_no_utf8_is_named_by_its_line(tmp_path: Path, rows: int) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(b"no_start,dim_lights\n" + b"yes,no\n" * rows + b"no,m\xe4\n")
    with pytest.raises(FileProblem) as caught:
        score_file(ScoringJob(source, "car"), tmp_path / "out.csv")
    assert str(caught.value).startswith(f"{source}:{rows + 2}:5 a cell is no UTF-8 text; save")


ODD = {
    "lists": pa.array([["yes"], None, ["no", "yes"]]),
    "records": pa.array([{"a": 1}, None, {"a": 2}]),
    "bytes": pa.array([b"\xff", None, b"yes"]),
    "bytes of one length": pa.array([b"\xff\xfe", None, b"no"], pa.binary(2)),
}


@pytest.mark.parametrize("missing", [(), ("NA",)])
@pytest.mark.parametrize("kind", ODD)
def test_cells_that_are_no_text_cost_their_rows_only(
    tmp_path: Path, kind: str, missing: tuple[str, ...]
) -> None:
    cohort = pa.table({"dim_lights": ODD[kind], "no_start": ["yes", "yes", None]})
    source = write(tmp_path / "odd.parquet", cohort)
    out = tmp_path / "out.parquet"
    score_file(ScoringJob(source, "car", TARGETS, missing=missing), out)
    scored = parquet.read_table(out)
    reason = "not a state: dim_lights"
    assert scored["problem"].to_pylist() == [reason, None, reason]
    assert scored.equals(score(cohort, "car", TARGETS))


def test_a_path_may_be_written_as_text(tmp_path: Path) -> None:
    source, out = write(tmp_path / "in.csv", car_cohort(5)), tmp_path / "out.csv"
    job = ScoringJob(str(source), "car")
    assert report_file(job) == report_file(ScoringJob(source, "car"))
    assert score_file(job, str(out)).out == out
    assert len(out.read_text().splitlines()) == 6


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"source": 3}, "a cohort is read from a path, not 3"),
        ({"missing": "no"}, 'missing must be a list of names, not "no"'),
        ({"missing": (-9,)}, "missing must be a list of names; -9 is none"),
        ({"keep": "case"}, 'keep must be a list of names, not "case"'),
        ({"targets": "no_start"}, 'targets must be a list of names, not "no_start"'),
        ({"columns": ["x"]}, "columns must map columns to variables, not ['x']"),
    ],
)
def test_a_job_that_is_none_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(BackpainError, match=f"^{re.escape(message)}$"):
        ScoringJob(network="car", **{"source": "cohort.csv", **given})  # type: ignore[arg-type]


def test_answers_are_written_to_a_path(tmp_path: Path) -> None:
    job = ScoringJob(write(tmp_path / "in.csv", car_cohort(5)), "car")
    with pytest.raises(BackpainError, match="answers are written to a path, not 3"):
        score_file(job, 3)  # type: ignore[arg-type]
