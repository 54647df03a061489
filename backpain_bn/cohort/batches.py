"""A Parquet or CSV file of cases, read batch by batch in constant memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BackpainError, FileProblem, names_in, shown
from ..formats.load import DEFAULT
from ..formats.text_files import why_not
from ..model.network import Network
from ..records import record
from .columns import Columns, rules_of
from .distinct_rows import CHUNK

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
    carried over as they are. Raises `BackpainError` for what is no path, no list of names, and no
    way to read columns.
    """

    source: str | Path
    network: Network | str | Path = DEFAULT
    targets: tuple[str, ...] | None = None
    columns: Columns = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        path_of("a cohort is read from", self.source)
        rules_of(self.columns)
        if self.targets is not None:
            object.__setattr__(self, "targets", names_in("targets", self.targets))
        for name in ("missing", "keep"):
            object.__setattr__(self, name, names_in(name, getattr(self, name)))

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.source)


def path_of(what: str, given: object) -> Path:
    """Return a path, also one written as text; raises `BackpainError` for what is none."""
    if not isinstance(given, str | Path):
        raise BackpainError(f"{what} a path, not {shown(given)}")
    return Path(given)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say in our own words what is wrong with a file: pyarrow's repeat its content."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
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
    read = _from_csv if job.path.suffix.lower() == ".csv" else _from_parquet
    with _reading(job.path):
        for batch, share in read(job, list(wanted) or column_names(job.path)[:1]):
            yield _observed(batch, job) if job.missing else batch
            if progress is not None:
                progress(step, share)


def _observed(batch: pyarrow.RecordBatch, job: ScoringJob) -> pyarrow.RecordBatch:
    """Return a batch in which the cells that mean not observed are empty."""
    import pyarrow
    from pyarrow import compute

    for place, name in enumerate(batch.schema.names):
        column = batch.column(place)
        if name in job.keep or not _is_spelt(column.type):
            continue
        if not pyarrow.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        words = column.dictionary.cast(pyarrow.string())
        missing = compute.is_in(words, value_set=pyarrow.array(job.missing, pyarrow.string()))
        indices = compute.if_else(missing.take(column.indices), None, column.indices)
        told = pyarrow.DictionaryArray.from_arrays(indices, column.dictionary)
        batch = batch.set_column(place, name, told)
    return batch


def _is_spelt(kind: pyarrow.DataType) -> bool:
    """Return whether the cells of such a column can be spelt, so that one may mean not observed;
    lists and bytes cannot.
    """
    from pyarrow import types

    inside = kind.value_type if types.is_dictionary(kind) else kind
    return not (types.is_nested(inside) or _is_binary(inside))


def _is_binary(kind: pyarrow.DataType) -> bool:
    from pyarrow import types

    ways = (types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    return any(way(kind) for way in ways)


def _from_parquet(
    job: ScoringJob, wanted: list[str]
) -> Iterator[tuple[pyarrow.RecordBatch, float]]:
    from pyarrow import parquet, types

    schema = parquet.read_schema(job.path)
    coded = [name for name in wanted if name not in job.keep]
    coded = [name for name in coded if not types.is_nested(schema.field(name).type)]
    with parquet.ParquetFile(job.path, read_dictionary=coded) as file:
        total, done = file.metadata.num_rows, 0
        if not total:
            yield _empty(file.schema_arrow, wanted), 1.0
        for batch in file.iter_batches(batch_size=CHUNK, columns=wanted):
            batch.validate(full=True)  # a damaged file may hold text that is no UTF-8
            done += batch.num_rows
            yield batch, done / total


def _from_csv(job: ScoringJob, wanted: list[str]) -> Iterator[tuple[pyarrow.RecordBatch, float]]:
    import pyarrow
    from pyarrow import csv as arrow_csv

    names, delimiter = _header(job.path)
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
    size = job.path.stat().st_size
    with job.path.open("rb") as file:
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
            raise FileProblem([f"{job.path}: {broken[0]}"]) from None


def _empty(schema: pyarrow.Schema, wanted: list[str]) -> pyarrow.RecordBatch:
    import pyarrow

    fields = [schema.field(name) for name in wanted]
    return pyarrow.RecordBatch.from_arrays(
        [pyarrow.array([], part.type) for part in fields], schema=pyarrow.schema(fields)
    )
