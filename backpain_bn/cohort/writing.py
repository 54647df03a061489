"""Files of answers: whole or not at all, and cells of a CSV that no spreadsheet runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BackpainError, FileProblem
from ..formats.text_files import part_of, why_not

if TYPE_CHECKING:
    import pyarrow

Write = Callable[["pyarrow.RecordBatch"], None]
RUN = r"^[=+\-@\t\r\n＝＋－＠]"
"""How a cell begins that a spreadsheet may run as a formula (OWASP, CSV injection)."""
NUMBER = r"^[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?$"


@contextmanager
def written(out: Path, stamp: Mapping[str, str]) -> Iterator[Write]:
    """Give a function that writes batches, each while the next is worked on. If all went well the
    file `out` is there, else nothing is: what was there before stays. A Parquet file has the stamp
    in its schema's metadata.

    Raises `FileProblem` where the file cannot be written, `BackpainError` for a column that a CSV
    cannot hold.
    """
    part = part_of(out)
    writers: list[Any] = []
    waiting: list[Future[None]] = []

    def write(batch: pyarrow.RecordBatch) -> None:
        if not writers:
            writers.append(_writer(part, batch.schema, out.suffix.lower(), stamp))
        finish()
        waiting.append(pool.submit(writers[0].write, pyarrow.Table.from_batches([batch])))

    def finish() -> None:
        while waiting:
            waiting.pop().result()

    import pyarrow

    with ThreadPoolExecutor(1) as pool:
        try:
            yield write
            finish()
            writers.pop().close()
            part.replace(out)
        except OSError as error:
            raise FileProblem([f"{out}: {why_not(error, 'cannot be written')}"]) from None
        finally:
            wait(waiting)
            for writer in writers:
                # A disk that was full is full still: what counts was raised before.
                with suppress(OSError):
                    writer.close()
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _writer(path: Path, schema: pyarrow.Schema, suffix: str, stamp: Mapping[str, str]) -> Any:
    from pyarrow import parquet

    if suffix == ".csv":
        return CsvWriter(path, schema)
    told = schema.with_metadata({f"backpain_bn.{key}": value for key, value in stamp.items()})
    return parquet.ParquetWriter(path, told)


class CsvWriter:
    """Writes tables of one schema as CSV; a text, or a column's name, that a spreadsheet might run
    begins with an apostrophe. Numbers stay numbers, also where they are text.

    >>> import pyarrow, tempfile
    >>> table = pyarrow.table({"=id": ["=1+1", "-5", "a-b", None], "n": [-1, 2, 3, 4]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     writer = CsvWriter(Path(folder, "x.csv"), table.schema)
    ...     writer.write(table)
    ...     writer.close()
    ...     print(Path(folder, "x.csv").read_text())
    "'=id","n"
    "'=1+1",-1
    "-5",2
    "a-b",3
    ,4
    <BLANKLINE>
    """

    def __init__(self, path: Path, schema: pyarrow.Schema) -> None:
        import pyarrow
        from pyarrow import csv

        names = _harmless(pyarrow.array(schema.names, pyarrow.string())).to_pylist()
        self.schema = pyarrow.schema(
            [pyarrow.field(name, _plain(part)) for name, part in zip(names, schema, strict=True)]
        )
        self.file = csv.CSVWriter(path, self.schema)

    def write(self, table: pyarrow.Table) -> None:
        """Write the rows of a table."""
        import pyarrow

        columns = [
            _harmless(column.cast(field.type)) if field.type == pyarrow.string() else column
            for column, field in zip(table.columns, self.schema, strict=True)
        ]
        self.file.write(pyarrow.Table.from_arrays(columns, schema=self.schema))

    def close(self) -> None:
        """Finish the file."""
        self.file.close()


def _plain(field: pyarrow.Field) -> pyarrow.DataType:
    """Return the type as which a column is written; all texts are one."""
    from pyarrow import string, types

    kind = field.type.value_type if types.is_dictionary(field.type) else field.type
    bytes_ = (types.is_binary, types.is_large_binary, types.is_binary_view)
    if types.is_nested(kind) or any(is_bytes(kind) for is_bytes in bytes_):
        raise BackpainError(f"a CSV cannot hold column {field.name} of {kind}: write .parquet")
    texts = (types.is_string, types.is_large_string, types.is_string_view)
    return string() if any(is_text(kind) for is_text in texts) else kind


def _harmless(texts: Any) -> Any:
    """Return texts with an apostrophe before each that a spreadsheet might run."""
    from pyarrow import compute

    runs = compute.match_substring_regex(texts, RUN)
    number = compute.match_substring_regex(texts, NUMBER)
    quoted = compute.binary_join_element_wise("'", texts, "")
    return compute.if_else(compute.and_not(runs, number), quoted, texts)
