"""The tables people bring (pandas, polars, pyarrow, duckdb, anything with an Arrow stream): cells
out, the same kind of table back.

Nothing is imported that the caller's table does not need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from ..errors import BackpainError, listed, shown
from .columns import Labels
from .distinct_rows import Answers

PROBLEM = "problem"
LOG_EVIDENCE = "log_evidence"


class Frame(Protocol):
    """A table: the names of its columns, its number of rows, one column's cells, and how to build a
    table of the same kind.
    """

    names: list[object]
    rows: int

    def labels(self, position: int) -> Labels:
        """Return the cells of one column."""

    def build(self, columns: Sequence[str], answers: Answers) -> Any:
        """Return the answers as a table of the kind that was given, rows in the same order."""


def frame_of(table: Any) -> Frame:
    """Return the table as a `Frame`; raises `BackpainError` for what is no table.

    Lazy polars frames and duckdb relations are read once, whole.
    """
    import narwhals
    from narwhals import dependencies

    if isinstance(table, (narwhals.DataFrame, narwhals.LazyFrame)):
        return _Wrapped(frame_of(table.to_native()), narwhals.from_native)
    if dependencies.is_pandas_dataframe(table):
        return PandasFrame(table)
    if dependencies.is_polars_lazyframe(table):
        return EagerFrame(
            narwhals.from_native(table.collect(), eager_only=True),
            lambda frame: frame.to_native().lazy(),
        )
    if not dependencies.is_polars_dataframe(table) and hasattr(table, "__arrow_c_stream__"):
        return _from_arrow(table)
    if hasattr(table, "__arrow_c_array__") and hasattr(table, "schema"):
        return _from_arrow(table)
    try:
        return EagerFrame(
            narwhals.from_native(table, eager_only=True), lambda frame: frame.to_native()
        )
    except (TypeError, ValueError):
        kind = f"{type(table).__module__}.{type(table).__qualname__}"
        raise BackpainError(
            "a cohort is a table (pandas, polars, pyarrow, duckdb, Arrow stream), not "
            f"{shown(kind)}"
        ) from None


def check_once(names: Sequence[object], wanted: Iterable[object], where: str = "") -> None:
    """Raise `BackpainError` where a column that is wanted has a name that another has too.

    >>> check_once(["rain", "rain", "wet"], ["wet"])
    """
    twice = [name for name in dict.fromkeys(wanted) if names.count(name) > 1]
    if twice:
        named = listed([shown(name) for name in twice])
        raise BackpainError(f"{where}two columns have the name {named}; leave one of them out")


class PandasFrame:
    """A pandas DataFrame; NaN, None, NA and NaT are missing. The result has the same index."""

    def __init__(self, table: Any) -> None:
        self.table = table
        self.names: list[object] = list(table.columns)
        self.rows = len(table)

    def labels(self, position: int) -> Labels:
        """Return the cells of one column."""
        series = self.table.iloc[:, position]
        if hasattr(series, "cat"):
            return series.cat.codes.to_numpy(), list(series.cat.categories)
        try:
            indices, labels = series.factorize()
        except TypeError:
            indices, labels = series.astype(object).map(_hashable).factorize()
        return indices, list(labels)

    def build(self, columns: Sequence[str], answers: Answers) -> Any:
        """Return a DataFrame that shares the memory of the answers."""
        import pandas

        result = pandas.DataFrame(
            answers.values.T, index=self.table.index, columns=[*columns, LOG_EVIDENCE], copy=False
        )
        result[PROBLEM] = pandas.array(answers.reasons, dtype="string").take(answers.problem)
        return result


class _Odd:
    """Stands for a cell that holds a list, a dict or the like, which can be no state."""

    def __init__(self, value: object) -> None:
        self.text = type(value).__name__

    def __repr__(self) -> str:
        return f"<{self.text}>"


def _hashable(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        return _Odd(value)
    return value


class ArrowFrame:
    """A pyarrow Table or RecordBatch; null is missing."""

    def __init__(self, table: Any, back: Callable[[Any], Any]) -> None:
        self.table, self.back = table, back
        self.names: list[object] = list(table.schema.names)
        self.rows: int = table.num_rows

    def labels(self, position: int) -> Labels:
        """Return the cells of one column."""
        return arrow_labels(self.table.column(position))

    def build(self, columns: Sequence[str], answers: Answers) -> Any:
        """Return a table that shares the memory of the answers."""
        import pyarrow

        return self.back(
            pyarrow.Table.from_arrays(
                arrow_arrays(answers), names=[*columns, LOG_EVIDENCE, PROBLEM]
            )
        )


def _from_arrow(table: Any) -> Frame:
    import narwhals
    import pyarrow

    if isinstance(table, pyarrow.Table):
        return ArrowFrame(table, lambda result: result)
    if isinstance(table, pyarrow.RecordBatch):
        return ArrowFrame(table, _one_batch)
    whole = pyarrow.table(table)
    if narwhals.dependencies.is_duckdb_relation(table):
        return ArrowFrame(whole, _relation)
    return ArrowFrame(whole, lambda result: result)


def _one_batch(table: Any) -> Any:
    import pyarrow

    arrays = [column.combine_chunks() for column in table.columns]
    return pyarrow.RecordBatch.from_arrays(arrays, schema=table.schema)


def _relation(table: Any) -> Any:
    import duckdb

    return duckdb.from_arrow(table)


def arrow_labels(column: Any) -> Labels:
    """Return the cells of a pyarrow Array or ChunkedArray."""
    import pyarrow

    if pyarrow.types.is_dictionary(column.type):
        coded = column.unify_dictionaries() if isinstance(column, pyarrow.ChunkedArray) else column
    else:
        try:
            coded = column.dictionary_encode()
        except pyarrow.ArrowNotImplementedError:
            return np.where(column.is_valid().to_numpy(zero_copy_only=False), 0, -1), [
                _Odd(column.type)
            ]
    if isinstance(coded, pyarrow.ChunkedArray):
        coded = coded.combine_chunks()
    if isinstance(coded, pyarrow.ChunkedArray):
        return np.zeros(0, dtype=np.int32), []
    indices = coded.indices
    if indices.null_count:
        indices = indices.fill_null(len(coded.dictionary))
    return indices.to_numpy(zero_copy_only=False), [*coded.dictionary.to_pylist(), None]


def arrow_arrays(answers: Answers) -> list[Any]:
    """Return the columns of answers, the log-evidence and the problems as pyarrow arrays; the
    numbers are not copied.
    """
    import pyarrow

    answered = answers.answered
    valid = (
        None if answered is None else pyarrow.py_buffer(np.packbits(answered, bitorder="little"))
    )
    rows = len(answers.problem)
    arrays = [
        pyarrow.Array.from_buffers(pyarrow.float64(), rows, [valid, pyarrow.py_buffer(values)])
        for values in answers.values
    ]
    reasons = pyarrow.array(answers.reasons, pyarrow.string())
    problem = (
        pyarrow.nulls(rows, pyarrow.string())
        if answered is None
        else reasons.take(pyarrow.array(answers.problem))
    )
    return [*arrays, problem]


class EagerFrame:
    """Any other table in memory that narwhals knows, polars first; null is missing."""

    def __init__(self, table: Any, back: Callable[[Any], Any]) -> None:
        self.table, self.back = table, back
        self.names: list[object] = list(table.columns)
        self.rows = len(table)

    def labels(self, position: int) -> Labels:
        """Return the cells of one column."""
        import narwhals

        series = self.table[:, position]
        if isinstance(series.dtype, (narwhals.Categorical, narwhals.Enum)):
            series = series.cast(narwhals.String)
        if series.dtype.is_nested():
            return np.where(series.is_null().to_numpy(), -1, 0), [_Odd(series.dtype)]
        labels = series.drop_nulls().unique(maintain_order=True).to_list()
        if not labels:
            return np.full(len(series), -1), []
        indices = series.replace_strict(
            labels, list(range(len(labels))), return_dtype=narwhals.Int32
        )
        return indices.fill_null(-1).to_numpy(), labels

    def build(self, columns: Sequence[str], answers: Answers) -> Any:
        """Return a table of the same kind."""
        import narwhals

        backend = self.table.implementation
        made: dict[str, Any] = {}
        for name, values in zip([*columns, LOG_EVIDENCE], answers.values, strict=True):
            series = narwhals.new_series(name, values, narwhals.Float64, backend=backend)
            made[name] = series if answers.answered is None else series.fill_nan(None)
        reasons = narwhals.new_series(PROBLEM, answers.reasons, narwhals.String, backend=backend)
        made[PROBLEM] = reasons[answers.problem]
        return self.back(narwhals.from_dict(made, backend=backend))


class _Wrapped:
    """A table inside a narwhals DataFrame."""

    def __init__(self, inside: Frame, back: Callable[[Any], Any]) -> None:
        self.inside, self.back = inside, back
        self.names, self.rows, self.labels = inside.names, inside.rows, inside.labels

    def build(self, columns: Sequence[str], answers: Answers) -> Any:
        return self.back(self.inside.build(columns, answers))
