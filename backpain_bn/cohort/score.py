"""A cohort in, a cohort out: what is known of every runner of a table, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..formats.load import DEFAULT, load
from ..model.network import Network
from .columns import ColumnMap, Columns, Readers, Recognised, Report, Strange
from .distinct_rows import Patterns
from .frames import Frame, frame_of

if TYPE_CHECKING:
    import pyarrow
from .batches import _BatchScorer

__all__ = ["ColumnMap", "Columns", "Recognised", "Report", "Strange", "report", "score"]


def score(
    frame: Any,
    network: Network | None = None,
    targets: Iterable[str] | None = None,
    columns: Columns | None = None,
) -> Any:
    """Return P(variable = state | row's findings) for every row of a table, as a table of the same
    kind with the same index and order.

    `frame` is a pandas or polars DataFrame, a pyarrow Table or RecordBatch, a duckdb relation, or
    anything else with an Arrow stream (which gives a pyarrow Table). Its columns are named by
    variables of `network` (default: the shipped one), its cells hold names of states; a missing
    cell (NaN, None, NA, null) means not observed. Other columns are left aside; `columns` says how
    to read columns that are named or filled differently. `report` tells beforehand what will be
    understood.

    The result has one column `variable=state` per state of `targets` (default: every variable);
    `log_evidence`, the natural log of P(row's findings); and `problem`. A row with a value that is
    no state, or with findings that cannot hold together (P = 0), has nothing but the reason in
    `problem`, and costs the others nothing.

    Raises `UnknownName` for a target, or for a column, variable or state of `columns`, that does
    not exist; `BackpainError` for what is no table, and where two columns tell the same variable.

    >>> import pandas
    >>> told = {"sitting_hours": ["over_8", None, "ten"], "low_back_pain": ["yes", "no", "no"]}
    >>> cohort = pandas.DataFrame(told, index=["ann", "bo", "cy"])
    >>> scored = score(cohort, targets=["tight_hip_flexors"])
    >>> list(scored)
    ['tight_hip_flexors=no', 'tight_hip_flexors=yes', 'log_evidence', 'problem']
    >>> scored.loc["cy", "problem"]
    'not a state: sitting_hours'
    """
    network = load() if network is None else network
    table = frame_of(frame)
    readers = Readers(network, table.names, columns)
    patterns = Patterns(network, targets, readers.variables)
    codes = readers.read(table.labels(reader.position) for reader in readers.used)
    return table.build(patterns.columns, patterns.answer(codes, table.rows))


def report(frame: Any, network: Network | None = None, columns: Columns | None = None) -> Report:
    """Return what `score` will understand of a table, without inferring anything; arguments and
    errors as there.

    >>> import pandas
    >>> cohort = pandas.DataFrame(
    ...     {"sitting_hours": ["over_8", None, "ten"], "low_bak_pain": ["yes", "no", "no"]}
    ... )
    >>> print(report(cohort))
    3 rows, 1 column recognised in runner_back_pain
      sitting_hours: 33.3% missing
    1 column left aside, no variables of runner_back_pain:
      low_bak_pain (did you mean low_back_pain?)
    1 row cannot be used, for a value is no state:
      sitting_hours: "ten" in 1 row (2)
    """
    network = load() if network is None else network
    table: Frame = frame_of(frame)
    readers = Readers(network, table.names, columns)
    readers.read(table.labels(reader.position) for reader in readers.used)
    return readers.report(table.rows)


def score_batches(
    batches: Iterable[pyarrow.RecordBatch],
    network: Network | str | Path = DEFAULT,
    targets: Iterable[str] | None = None,
    columns: Columns | None = None,
    keep: Sequence[str] = (),
) -> Iterator[pyarrow.RecordBatch]:
    """Yield for every batch of runners one batch of answers: the columns `keep` as they came, then
    what `cohort.score` returns.

    A pure function, rows in the same order, whatever the sizes of the batches.
    `functools.partial(score_batches, network=..., ...)` can be pickled where `network` is a name or
    a path, and is what PySpark's `mapInArrow` wants, Dask, Ray and polars likewise. Raises as
    `cohort.score` does.

    >>> import pyarrow
    >>> cohort = pyarrow.table({"runner": [7, 8], "low_back_pain": ["yes", None]})
    >>> scored = pyarrow.Table.from_batches(
    ...     score_batches(cohort.to_batches(), targets=["tight_hip_flexors"], keep=["runner"])
    ... )
    >>> scored["runner"].to_pylist(), scored["problem"].null_count
    ([7, 8], 2)
    """
    model = network if isinstance(network, Network) else load(network)
    wanted = None if targets is None else tuple(targets)
    scorer: _BatchScorer | None = None
    for batch in batches:
        if scorer is None or not scorer.fits(batch):
            scorer = _BatchScorer(batch.schema, model, wanted, columns, keep)
        yield scorer(batch)
