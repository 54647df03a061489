"""Files of answers: no half file and nothing lost, whatever happens; cells that nothing runs."""

from __future__ import annotations

import csv
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv as arrow_csv
from pyarrow import parquet

import backpain_bn as bb
from backpain_bn.cli import main
from backpain_bn.cohort import batches
from backpain_bn.cohort.files import ScoringJob, score_file
from backpain_bn.cohort.writing import CsvWriter, written
from tests.cohort.test_score import car_cohort

ROWS = 6_000
KILLS = 20
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["backpain_bn.cohort.files", __name__])
"""Processes that begin with everything imported."""


def score_in_pieces(source: Path, out: Path) -> None:
    """Score a file in many batches, so that there are many moments."""
    batches.CHUNK = 300
    score_file(ScoringJob(source, "car"), out)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cohort") / "in.parquet"
    parquet.write_table(car_cohort(ROWS), path)
    return path


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_killed_at_any_moment_it_leaves_no_half_file(
    source: Path, tmp_path: Path, ending: str
) -> None:
    before, out = source.read_bytes(), tmp_path / f"out{ending}"
    score_in_pieces(source, out)
    start = time.monotonic()
    score_in_pieces(source, out)
    whole, took = rows_of(out), time.monotonic() - start
    chance, ends = random.Random(1), set()
    for kill in range(KILLS // 2):
        out.unlink()
        if kill % 2:
            out.write_bytes(b"old")
        process = FORKING.Process(target=score_in_pieces, args=(source, out))
        process.start()
        time.sleep(chance.uniform(0, 2 * took))
        process.kill()
        process.join()
        ends.add(process.exitcode)
        if not out.exists():
            assert not kill % 2
            out.touch()
        elif out.read_bytes() != b"old":
            assert rows_of(out) == whole
    assert -signal.SIGKILL in ends and source.read_bytes() == before
    score_file(ScoringJob(source, "car"), out)
    assert rows_of(out) == whole and [path.name for path in tmp_path.iterdir()] == [out.name]


def rows_of(path: Path) -> int:
    table = parquet.read_table(path) if path.suffix == ".parquet" else arrow_csv.read_csv(path)
    return int(table.num_rows)


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond a few kilobytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


@contextmanager
def without_rights() -> Iterator[None]:
    """Be nobody, where one is root, who may write everywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(user)


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_on_a_full_disk_the_old_file_stays(source: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out{ending}"
    out.write_bytes(b"old")
    with full_disk(), pytest.raises(bb.errors.FileProblem, match=f"out{ending}: file too large"):
        score_file(ScoringJob(source, "car"), out)
    page = tmp_path / "page.html"
    with full_disk(), pytest.raises(bb.errors.FileProblem, match=r"page.html: file too large"):
        bb.diagnose({}, "car").save_html(page)
    assert out.read_bytes() == b"old" and [path.name for path in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_in_a_folder_that_is_read_only_it_says_so(source: Path, ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / source.name
        parquet.write_table(car_cohort(50), inside)
        score_file(ScoringJob(inside, "car"), Path(folder) / f"first{ending}")
        Path(folder).chmod(0o555)
        out = Path(folder) / f"out{ending}"
        with (
            without_rights(),
            pytest.raises(bb.errors.FileProblem, match=f"out{ending}: permission"),
        ):
            score_file(ScoringJob(inside, "car"), out)
        assert sorted(path.name for path in Path(folder).iterdir()) == [
            f"first{ending}",
            "in.parquet",
        ]
        Path(folder).chmod(0o755)


def test_what_is_read_is_never_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cohort, case, network = (tmp_path / name for name in ("in.csv", "case.json", "asia.bif"))
    arrow_csv.write_csv(car_cohort(5), cohort)
    case.write_text('{"findings": {"no_start": "yes"}}', encoding="utf-8")
    bb.save("car", network)
    (tmp_path / "linked.csv").symlink_to(cohort)
    os.link(cohort, tmp_path / "again.csv")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for words in (
        ("score", str(cohort), "--out", str(tmp_path / "linked.csv"), "--network", "car"),
        ("score", str(cohort), "--out", str(tmp_path / "again.csv"), "--network", "car"),
        ("score", str(cohort), "--out", str(cohort), "--network", "car"),
        ("diagnose", str(case), "--report", str(case), "--network", "car"),
        ("diagnose", str(case), "--html", str(network), "--network", str(network)),
        ("convert", str(network), str(network)),
        ("evidence", "--network", str(network), "--draws", "2", "--card", str(network)),
    ):
        assert main(words) == 2
        assert "a file of" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_killed_processes_left_is_swept_and_what_others_write_is_not(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = tmp_path / f".out.csv.{ended.pid}.part"
    others = [
        tmp_path / f".out.csv.{os.getppid()}.part",
        tmp_path / f".else.csv.{ended.pid}.part",
        tmp_path / ".out.csv.x.part",
    ]
    for path in (left, *others):
        path.touch()
    with written(tmp_path / "out.csv", {}) as write:
        write(pa.RecordBatch.from_pydict({"a": [1]}))
    assert sorted(tmp_path.iterdir()) == sorted([*others, tmp_path / "out.csv"])


def cells(path: Path, table: pa.Table) -> list[list[str]]:
    writer = CsvWriter(path, table.schema)
    writer.write(table)
    writer.close()
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


TEXTS = st.text(st.sampled_from("=+-@\t\r\n ,;\"'aé1.5e＝"), max_size=6)


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5), name=TEXTS)
def test_no_cell_of_text_is_run_and_none_is_lost(texts: list[str], name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        head, *rows = cells(Path(folder, "x.csv"), pa.table({name: texts, "n": range(len(texts))}))
    for found, text in zip([head[0], *(row[0] for row in rows)], [name, *texts], strict=True):
        assert found in (text, f"'{text}")
        if text[:1] in tuple("=+-@\t\r\n＝"):
            assert found == f"'{text}" or is_number(text)
    assert [row[1] for row in rows] == [str(n) for n in range(len(texts))]


def is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return text == text.strip()


def test_numbers_stay_numbers_of_whatever_type(tmp_path: Path) -> None:
    table = pa.table({
        "text": pa.array(["-9", "+1,5", "-1e-3", "=2"]),
        "large": pa.array(["-9", "@x", "a", None], pa.large_string()),
        "coded": pa.array(["+x", "+x", "1", None]).dictionary_encode(),
        "coded_numbers": pa.array([-1, -1, 2, 3]).dictionary_encode(),
        "whole": [-1, 2, 3, 4],
        "share": [-0.5, 0.25, 1e-9, 1.0],
    })  # fmt: skip
    assert cells(tmp_path / "x.csv", table)[1:] == [
        ["-9", "-9", "'+x", "-1", "-1", "-0.5"],
        ["+1,5", "'@x", "'+x", "-1", "2", "0.25"],
        ["-1e-3", "a", "1", "2", "3", "1e-9"],
        ["'=2", "", "", "3", "4", "1"],
    ]


def test_a_kept_column_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text('dim_lights,=id\nyes,"=HYPERLINK(""http://x"")"\nno,-7\n', encoding="utf-8")
    score_file(ScoringJob(source, "car", targets=("dim_lights",), keep=("=id",)), out)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows] == ["'=id", '\'=HYPERLINK("http://x")', "-7"]


def test_lists_are_for_parquet(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    parquet.write_table(pa.table({"dim_lights": ["yes"], "notes": [["a", "b"]]}), source)
    job = ScoringJob(source, "car", targets=("dim_lights",), keep=("notes",))
    with pytest.raises(bb.BackpainError, match="a CSV cannot hold column notes of list"):
        score_file(job, tmp_path / "out.csv")
    score_file(job, tmp_path / "out.parquet")
    assert parquet.read_table(tmp_path / "out.parquet")["notes"].to_pylist() == [["a", "b"]]


def test_bytes_have_no_place_in_a_csv(tmp_path: Path) -> None:
    odd = pa.table({"dim_lights": ["yes"], "raw": pa.array([b"=1+1"], pa.binary())})
    parquet.write_table(odd, tmp_path / "in.parquet")
    job = ScoringJob(tmp_path / "in.parquet", "car", keep=("raw",))
    with pytest.raises(bb.BackpainError, match="a CSV cannot hold column raw of binary"):
        score_file(job, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
