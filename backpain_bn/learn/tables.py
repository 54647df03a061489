"""A cohort file as one table in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..cohort.files import ScoringJob, batches, column_names
from ..errors import BackpainError, listed, needs, shown

if TYPE_CHECKING:
    import pyarrow


def read_table(path: Path, missing: Sequence[str] = ()) -> pyarrow.Table:
    """Return a Parquet or CSV file as a table; `missing` names cells of a CSV that mean not
    observed besides the empty one. Needs pyarrow; raises as `cohort.score_file`.
    """
    needs("pyarrow", "reading a file", "backpain_bn[parquet]")
    import pyarrow

    names = column_names(path)
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise BackpainError(f"{path}: two columns have the name {listed(list(map(shown, twice)))}")
    job = ScoringJob(path, missing=tuple(missing))
    return pyarrow.Table.from_batches(batches(job, names, "reading", None))
