"""Cohort files larger than memory, Parquet or CSV in and out. Needs pyarrow."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..display.words import counted
from ..errors import BackpainError, FileProblem, needs, shown, unknown
from ..formats.load import DEFAULT, network_of
from ..formats.text_files import why_not
from ..formats.yaml_document import read_yaml
from ..model.distributions import NoisyOr
from ..model.network import Network
from ..records import record
from .columns import ColumnMap, Columns, Readers, Report
from .distinct_rows import CHUNK
from .frames import PROBLEM, arrow_labels, check_once
from .score import score_batches
from .writing import written

if TYPE_CHECKING:
    import pyarrow

Progress = Callable[[str, float], None]
"""Told what is being done ("reading", "scoring") and which share of it is done, 0 to 1."""
SUFFIXES = (".parquet", ".csv")
CSV_BYTES = 4_000_000


@record
class ScoringJob:
    """A file to score and how: `targets` (None: all variables), how to read `columns`, which
    columns to `keep` beside the answers.

    `missing` names the cells that mean not observed, besides the empty ones; columns to `keep` are
    carried over as they are.
    """

    source: Path
    network: Network | str | Path = DEFAULT
    targets: tuple[str, ...] | None = None
    columns: Columns = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()


@record
class Scored:
    """What was done with a file: the report on its columns, the rows read, and how many of them
    have no answer but a reason.
    """

    report: Report
    out: Path
    rows: int
    without_answer: int

    def __str__(self) -> str:
        rest = (
            f", {self.without_answer:,} of them without an answer (column `{PROBLEM}` says why)"
            if self.without_answer
            else ""
        )
        return f"{counted(self.rows, 'row')} scored{rest}: {self.out}"


def report_file(job: ScoringJob, progress: Progress | None = None) -> Report:
    """Return what `score_file` will understand of a Parquet or CSV file, in constant memory and
    without inferring anything.

    Raises as `score_file`.
    """
    readers = _readers(job)
    rows = 0
    for batch in batches(job, [reader.column for reader in readers.used], "reading", progress):
        readers.read(arrow_labels(batch.column(reader.column)) for reader in readers.used)
        rows += batch.num_rows
    return readers.report(rows)


def score_file(
    job: ScoringJob,
    out: Path,
    told: Callable[[Report], None] | None = None,
    progress: Progress | None = None,
) -> Scored:
    """Score a Parquet or CSV file into another, in constant memory; `told` gets the report before
    anything is inferred.

    `out` appears when it is complete, or not at all; a Parquet file has the network's name, version
    and hash in its schema's metadata, and in a CSV what a spreadsheet might run begins with an
    apostrophe. CSV is read as text: only the empty cell and those named in
    `job.missing` mean not observed. Raises `FileProblem` for a file that cannot be read or written,
    `BackpainError` where a file is of an unknown kind or `out` is the source itself, and as
    `cohort.score`.
    """
    _check_out(job.source, out)
    readers = _readers(job)
    report = report_file(job, progress)
    if told is not None:
        told(report)
    readers.check_used()
    wanted = list(dict.fromkeys([*(reader.column for reader in readers.used), *job.keep]))
    # What the report has said of these columns is not said again of each part of the file.
    said = {} if told is None else dict.fromkeys(readers.red_flags)
    given_rules = {**job.columns, **said}
    rules = {column: rule for column, rule in given_rules.items() if column in wanted}
    rows = without = 0
    network = readers.network
    stamp = {"network": network.name, "version": network.version, "hash": content_hash(network)}
    with written(out, stamp) as write:
        given = batches(job, wanted, "scoring", progress)
        for batch in score_batches(given, network, job.targets, rules, job.keep):
            write(batch)
            rows += batch.num_rows
            without += batch.num_rows - batch.column(PROBLEM).null_count
    return Scored(report, out, rows, without)


def read_columns(path: Path) -> dict[str, ColumnMap | str | None]:
    """Return how to read the columns of a cohort from a YAML file: column -> variable, or ->
    {variable, values}, or -> nothing.

    `values` maps what the cells hold to states; a value mapped to nothing means not observed. A
    column mapped to nothing is left aside. Raises `FileProblem` for a file of another form.
    """
    document = read_yaml(path)
    found = list(document.found)
    rules: dict[str, ColumnMap | str | None] = {}
    if not isinstance(document.data, dict):
        raise FileProblem(
            [
                *found,
                f"{path}:1:1 a column map holds keys and values, such as `Age: battery_age`",
            ]
        )
    for column, rule in document.data.items():
        if isinstance(rule, str):
            rules[column] = rule or None
        elif _is_map(rule):
            values = {value: state or None for value, state in rule.get("values", {}).items()}
            rules[column] = ColumnMap(rule.get("variable") or None, values)
        else:
            file, line, place = document.places[(column,)]
            found.append(
                f"{file}:{line}:{place} column {shown(column)} must map to a variable, or to "
                "`variable` and `values`"
            )
    if found:
        raise FileProblem(found)
    return rules


def _is_map(rule: Any) -> bool:
    if (
        not isinstance(rule, dict)
        or not rule.keys() <= {"variable", "values"}
        or not isinstance(rule.get("variable", ""), str)
    ):
        return False
    values = rule.get("values", {})
    return isinstance(values, dict) and all(isinstance(state, str) for state in values.values())


def content_hash(network: Network) -> str:
    """Return the SHA-256 of all that decides a network's answers: variables, states, structure and
    probabilities.
    """
    told: list[object] = []
    for name, variable in network.variables.items():
        distribution = variable.distribution
        given: list[object] = []
        if isinstance(distribution, NoisyOr):
            given += [
                sorted((parent, list(states)) for parent, states in cause.when.items())
                for cause in distribution.mechanisms
            ]
        else:
            given += [row.given for row in distribution.rows]
        told.append(
            [
                name,
                variable.states,
                variable.parents,
                given,
                [float(p).hex() for p in variable.distribution.parameters()],
            ]
        )
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _readers(job: ScoringJob) -> Readers:
    """Return what reads the file's columns, once all that was asked for is known to exist."""
    needs("pyarrow", "scoring a file", "backpain_bn[parquet]")
    names = column_names(job.source)
    network = network_of(job.network)
    for name in job.targets or ():
        network[name]
    readers = Readers(network, names, job.columns, job.keep)
    for name in job.keep:
        if name not in names:
            raise unknown("column to keep", name, names)
    wanted = [*job.keep, *(reader.column for reader in readers.used)]
    check_once(names, wanted, f"{job.source}: ")
    return readers


def _check_out(source: Path, out: Path) -> None:
    if out.suffix.lower() not in SUFFIXES:
        raise BackpainError(
            f"{out}: answers are written as {' or '.join(SUFFIXES)}, not {shown(out.suffix)}"
        )
    if not out.parent.is_dir():
        raise FileProblem([f"{out}: no such folder"])
    if out.is_dir() or (out.exists() and source.exists() and out.samefile(source)):
        raise BackpainError(f"{out}: the answers need a file of their own")


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say in our own words what is wrong with a file: pyarrow's repeat its content."""
    import pyarrow

    try:
        yield
    except pyarrow.ArrowInvalid as error:
        if "UTF8" in str(error) and path.suffix.lower() == ".csv":
            raise _not_utf8(path) from None
        reason = "damaged, or not of the kind that its name says"
        raise FileProblem([f"{path}: {reason}"]) from None
    except OSError as error:
        raise FileProblem([f"{path}: {why_not(error, 'cannot be read')}"]) from None


def column_names(path: Path) -> list[str]:
    """Return the names of a file's columns."""
    from pyarrow import parquet

    if path.suffix.lower() not in SUFFIXES:
        raise BackpainError(
            f"{path}: a cohort is read from {' or '.join(SUFFIXES)}, not {shown(path.suffix)}"
        )
    with _reading(path):
        if path.suffix.lower() == ".csv":
            return _header(path)[0]
        with parquet.ParquetFile(path) as file:
            return list(file.schema_arrow.names)


def _header(path: Path) -> tuple[list[str], str]:
    """Return the names in a CSV's first line, and the sign between its cells: comma, semicolon or
    tab.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline()
            file.seek(0)
            delimiter = max(",;\t", key=line.count)
            names = next(csv.reader(file, delimiter=delimiter), [])
    except UnicodeDecodeError:
        raise _not_utf8(path) from None
    except csv.Error:
        raise FileProblem([f"{path}:1:1 no UTF-8 text in columns"]) from None
    if not names:
        raise FileProblem([f"{path}:1:1 the first line must name the columns"])
    return names, delimiter


def _not_utf8(path: Path) -> FileProblem:
    """Return the error for a file that is not written in UTF-8, at the first sign that is not."""
    what = "a cell is no UTF-8 text; save the table again as UTF-8 (in a spreadsheet: CSV UTF-8)"
    place = ""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                place = f"{number}:{len(line[: error.start].decode()) + 1}"
                break
    return FileProblem([f"{path}:{place} {what}"])


def batches(
    job: ScoringJob, wanted: Sequence[str], step: str, progress: Progress | None
) -> Iterator[pyarrow.RecordBatch]:
    """Yield a file's batches, at least one, with the columns `wanted` (any, if there are none);
    tell the share that was worked off.
    """
    read = _from_csv if job.source.suffix.lower() == ".csv" else _from_parquet
    with _reading(job.source):
        for batch, share in read(job, list(wanted) or column_names(job.source)[:1]):
            yield _observed(batch, job) if job.missing else batch
            if progress is not None:
                progress(step, share)


def _observed(batch: pyarrow.RecordBatch, job: ScoringJob) -> pyarrow.RecordBatch:
    """Return a batch in which the cells that mean not observed are empty."""
    import pyarrow
    from pyarrow import compute

    for place, name in enumerate(batch.schema.names):
        column = batch.column(place)
        if name in job.keep or pyarrow.types.is_nested(column.type):
            continue
        if not pyarrow.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        words = column.dictionary.cast(pyarrow.string())
        missing = compute.is_in(words, value_set=pyarrow.array(job.missing, pyarrow.string()))
        indices = compute.if_else(missing.take(column.indices), None, column.indices)
        told = pyarrow.DictionaryArray.from_arrays(indices, column.dictionary)
        batch = batch.set_column(place, name, told)
    return batch


def _from_parquet(
    job: ScoringJob, wanted: list[str]
) -> Iterator[tuple[pyarrow.RecordBatch, float]]:
    from pyarrow import parquet

    coded = [name for name in wanted if name not in job.keep]
    with parquet.ParquetFile(job.source, read_dictionary=coded) as file:
        total, done = file.metadata.num_rows, 0
        if not total:
            yield _empty(file.schema_arrow, wanted), 1.0
        for batch in file.iter_batches(batch_size=CHUNK, columns=wanted):
            done += batch.num_rows
            yield batch, done / total


def _from_csv(job: ScoringJob, wanted: list[str]) -> Iterator[tuple[pyarrow.RecordBatch, float]]:
    import pyarrow
    from pyarrow import csv as arrow_csv

    names, delimiter = _header(job.source)
    broken: list[str] = []

    def invalid(row: Any) -> str:
        broken.append(
            f"a row has {row.actual_columns} cells, the first line names {row.expected_columns} "
            "columns"
        )
        return "error"

    coded = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    types = {name: pyarrow.string() if name in job.keep else coded for name in wanted}
    parse = arrow_csv.ParseOptions(
        delimiter=delimiter,
        newlines_in_values=True,
        ignore_empty_lines=len(names) > 1,
        invalid_row_handler=invalid,
    )
    convert = arrow_csv.ConvertOptions(
        column_types=types,
        include_columns=wanted,
        null_values=[""],
        strings_can_be_null=True,
    )
    size = job.source.stat().st_size
    with job.source.open("rb") as file:
        try:
            stream = arrow_csv.open_csv(
                file, arrow_csv.ReadOptions(block_size=CSV_BYTES), parse, convert
            )
            yield _empty(stream.schema, wanted), 0.0
            for batch in stream:
                yield batch, min(1.0, file.tell() / size)
        except pyarrow.ArrowInvalid:
            if not broken:
                raise
            raise FileProblem([f"{job.source}: {broken[0]}"]) from None


def _empty(schema: pyarrow.Schema, wanted: list[str]) -> pyarrow.RecordBatch:
    import pyarrow

    fields = [schema.field(name) for name in wanted]
    return pyarrow.RecordBatch.from_arrays(
        [pyarrow.array([], part.type) for part in fields], schema=pyarrow.schema(fields)
    )
