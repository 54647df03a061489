"""One pure function over Arrow batches: a cohort of any size, on one machine or on many. Needs
pyarrow (the extra `parquet`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BackpainError, shown, unknown
from ..formats.load import DEFAULT, load
from ..model.network import Network
from .columns import Columns, Readers
from .distinct_rows import Patterns
from .frames import LOG_EVIDENCE, PROBLEM, arrow_arrays, arrow_labels

if TYPE_CHECKING:
    import pyarrow


def answer_schema(
    given: pyarrow.Schema,
    network: Network | str | Path = DEFAULT,
    targets: Iterable[str] | None = None,
    keep: Sequence[str] = (),
) -> pyarrow.Schema:
    """Return the schema of what `score_batches` yields for batches of the schema `given`.

    Raises `UnknownName` for a target or a column to keep that does not exist, `BackpainError` for a
    column to keep that has the name of an answer.
    """
    import pyarrow

    model = network if isinstance(network, Network) else load(network)
    wanted = (
        model.variables
        if targets is None
        else [model[name].name for name in dict.fromkeys(targets)]
    )
    names = [f"{name}={state}" for name in wanted for state in model[name].states]
    answers = [pyarrow.field(name, pyarrow.float64()) for name in [*names, LOG_EVIDENCE]] + [
        pyarrow.field(PROBLEM, pyarrow.string())
    ]
    for name in keep:
        if given.names.count(name) != 1:
            raise unknown("column to keep", name, given.names)
        if name in [answer.name for answer in answers]:
            raise BackpainError(f"column {shown(name)} cannot be kept: an answer has that name")
    return pyarrow.schema([given.field(name) for name in keep] + answers)


class _BatchScorer:
    """Scores batches of one schema."""

    def __init__(
        self,
        schema: pyarrow.Schema,
        network: Network,
        targets: tuple[str, ...] | None,
        columns: Columns | None,
        keep: Sequence[str],
    ) -> None:
        self.given, self.keep = schema, keep
        self.schema = answer_schema(schema, network, targets, keep)
        self.readers = Readers(network, schema.names, columns, keep)
        self.patterns = Patterns(network, targets, self.readers.variables)

    def fits(self, batch: pyarrow.RecordBatch) -> bool:
        return bool(batch.schema.equals(self.given))

    def __call__(self, batch: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
        import pyarrow

        labels = (arrow_labels(batch.column(reader.position)) for reader in self.readers.used)
        answers = self.patterns.answer(self.readers.read(labels), batch.num_rows)
        kept = [batch.column(self.given.get_field_index(name)) for name in self.keep]
        return pyarrow.RecordBatch.from_arrays([*kept, *arrow_arrays(answers)], schema=self.schema)
