"""A cohort as a table in memory, or a file of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..cohort.batches import ScoringJob, batches, column_names
from ..cohort.frames import check_once
from ..errors import BackpainError, listed, names_in, needs, shown


def tokens_of(missing: object, *tables: object) -> tuple[str, ...]:
    """Return the cells of a file that mean not observed, besides the empty ones; raises
    `BackpainError` for what is no list of texts, and where none of the tables is a file.

    >>> tokens_of(["?", "n/a"], "cohort.csv")
    ('?', 'n/a')
    """
    tokens = names_in("missing", missing)
    if tokens and not any(isinstance(table, str | Path) for table in tables):
        named = listed([shown(token) for token in tokens])
        raise BackpainError(
            f"missing names cells of a file that mean not observed ({named}); in a table in "
            "memory leave such cells empty, or map them to None by columns"
        )
    return tokens


def table_of(frame: Any, missing: tuple[str, ...] = ()) -> Any:
    """Return a table as it is; a Parquet or CSV file is read. Needs pyarrow for that; raises as
    `cohort.score_file`.
    """
    if not isinstance(frame, str | Path):
        return frame
    needs("pyarrow", "reading a file", "backpain_bn[parquet]")
    import pyarrow

    job = ScoringJob(frame, missing=missing)
    names = column_names(job.path)
    check_once(names, names, f"{job.path}: ")
    return pyarrow.Table.from_batches(batches(job, names, "reading", None))
