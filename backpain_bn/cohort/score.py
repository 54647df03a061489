"""A cohort in, a cohort out: what is known of every case of a table, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import BackpainError, shown, unknown
from ..formats.load import network_of
from ..model.network import Network
from .columns import Columns, Readers, Report
from .distinct_rows import RowScorer, targets_of
from .frames import LOG_EVIDENCE, PROBLEM, Frame, arrow_arrays, arrow_labels, frame_of

if TYPE_CHECKING:
    import pyarrow

AnyTable = TypeVar("AnyTable")


def score(
    frame: AnyTable,
    network: Network | str | Path | None = None,
    targets: Iterable[str] | None = None,
    columns: Columns | None = None,
) -> AnyTable:
    """Return P(variable = state | row's findings) for every row of a table, as a table of the same
    kind with the same index and order.

    `frame` is a pandas or polars DataFrame, a pyarrow Table or RecordBatch, a duckdb relation, or
    anything else with an Arrow stream (which gives a pyarrow Table). Its columns are named by
    variables of `network` (default: the shipped one), its cells hold names of states; a missing
    cell (NaN, None, NA, null) means not observed. Other columns are left aside; `columns` says how
    to read columns that are named or filled differently. `report_columns` tells beforehand what
    will be understood.

    The result has one column `variable=state` per state of `targets` (default: every variable);
    `log_evidence`, the natural log of P(row's findings) (Pearl 1988); and `problem`. A row with a
    value that is no state, or with findings that cannot hold together (P = 0), has nothing but the
    reason in `problem`, and costs the others nothing.

    Raises `UnknownName` for a target, or for a column, variable or state of `columns`, that does
    not exist; `BackpainError` for what is no table, where no column tells a variable, and where two
    columns tell the same variable. Warns (`UnrecognisedColumn`) of a column that is left aside
    though it is nearly called like a variable.

    >>> from backpain_bn.model import Mechanism, Network, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> states = ("no", "yes")
    >>> rain = Variable("rain", states, prior(0.8, 0.2))
    >>> garden = Network("garden", {"rain": rain, "wet": Variable("wet", states, wet)})
    >>> import pandas
    >>> told = pandas.DataFrame({"wet": ["yes", None, "damp"]}, index=["mon", "tue", "wed"])
    >>> scored = score(told, garden, targets=["rain"])
    >>> list(scored)
    ['rain=no', 'rain=yes', 'log_evidence', 'problem']
    >>> round(float(scored.loc["mon", "rain=yes"]), 3), scored.loc["wed", "problem"]
    (0.695, 'not a state: wet')
    """
    model = network_of(network)
    table = frame_of(frame)
    readers = Readers(model, table.names, columns)
    readers.check()
    scorer = RowScorer(model, targets, readers.variables)
    codes = readers.read(table.labels(reader.position) for reader in readers.used)
    scored: AnyTable = table.build(scorer.columns, scorer.answer(codes, table.rows))
    return scored


def report_columns(
    frame: Any, network: Network | str | Path | None = None, columns: Columns | None = None
) -> Report:
    """Return what `score` will understand of a table, without inferring anything; arguments and
    errors as there.

    >>> from backpain_bn.model import Mechanism, Network, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> states = ("no", "yes")
    >>> rain = Variable("rain", states, prior(0.8, 0.2))
    >>> garden = Network("garden", {"rain": rain, "wet": Variable("wet", states, wet)})
    >>> import pandas
    >>> told = pandas.DataFrame({"wet": ["yes", None, "damp"], "rane": ["no", "no", "no"]})
    >>> print(report_columns(told, garden))
    3 rows, 1 column recognised in garden
      wet: 33.3% missing
    1 column left aside, no variables of garden:
      rane (did you mean rain?)
    1 row cannot be used, for a value is no state (rows counted from 0):
      wet: "damp" in 1 row (2)
    """
    model = network_of(network)
    table: Frame = frame_of(frame)
    readers = Readers(model, table.names, columns)
    readers.read(table.labels(reader.position) for reader in readers.used)
    return readers.report(table.rows)


def score_batches(
    batches: Iterable[pyarrow.RecordBatch],
    network: Network | str | Path | None = None,
    targets: Iterable[str] | None = None,
    columns: Columns | None = None,
    keep: Sequence[str] = (),
) -> Iterator[pyarrow.RecordBatch]:
    """Yield for every batch of cases one batch of answers: the columns `keep` as they came, then
    what `cohort.score` returns.

    A pure function, rows in the same order, whatever the sizes of the batches.
    `functools.partial(score_batches, network=..., ...)` can be pickled where `network` is a name or
    a path, and is what PySpark's `mapInArrow` wants, Dask, Ray and polars likewise. Raises as
    `cohort.score` does.

    >>> from backpain_bn.model import Mechanism, Network, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> states = ("no", "yes")
    >>> rain = Variable("rain", states, prior(0.8, 0.2))
    >>> garden = Network("garden", {"rain": rain, "wet": Variable("wet", states, wet)})
    >>> import pyarrow
    >>> told = pyarrow.table({"day": [7, 8], "wet": ["yes", None]})
    >>> batches = score_batches(told.to_batches(), garden, targets=["rain"], keep=["day"])
    >>> scored = pyarrow.Table.from_batches(batches)
    >>> scored["day"].to_pylist(), scored["problem"].null_count
    ([7, 8], 2)
    """
    model = network_of(network)
    wanted = targets_of(model, targets)
    scorer: _BatchScorer | None = None
    for batch in batches:
        if scorer is None or not scorer.fits(batch):
            scorer = _BatchScorer(batch.schema, model, wanted, columns, keep)
        yield scorer(batch)


def answer_schema(
    given: pyarrow.Schema,
    network: Network | str | Path | None = None,
    targets: Iterable[str] | None = None,
    keep: Sequence[str] = (),
) -> pyarrow.Schema:
    """Return the schema of what `score_batches` yields for batches of the schema `given`.

    Raises `UnknownName` for a target or a column to keep that does not exist, `BackpainError` for a
    column to keep that has the name of an answer.
    """
    import pyarrow

    model = network_of(network)
    wanted = targets_of(model, targets)
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
        targets: tuple[str, ...],
        columns: Columns | None,
        keep: Sequence[str],
    ) -> None:
        self.given, self.keep = schema, keep
        self.schema = answer_schema(schema, network, targets, keep)
        self.readers = Readers(network, schema.names, columns, keep)
        self.readers.check()
        self.scorer = RowScorer(network, targets, self.readers.variables)

    def fits(self, batch: pyarrow.RecordBatch) -> bool:
        return bool(batch.schema.equals(self.given))

    def __call__(self, batch: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
        import pyarrow

        labels = (arrow_labels(batch.column(reader.position)) for reader in self.readers.used)
        answers = self.scorer.answer(self.readers.read(labels), batch.num_rows)
        kept = [batch.column(self.given.get_field_index(name)) for name in self.keep]
        return pyarrow.RecordBatch.from_arrays([*kept, *arrow_arrays(answers)], schema=self.schema)
