"""Cohort files larger than memory, Parquet or CSV in and out. Needs pyarrow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..display.words import counted
from ..errors import BackpainError, FileProblem, needs, shown, unknown
from ..formats.load import network_of
from ..formats.yaml_document import read_yaml
from ..model.distributions import NoisyOr
from ..model.network import Network
from ..records import record
from .batches import SUFFIXES, Progress, batches, column_names, path_of
from .batches import ScoringJob as ScoringJob
from .columns import ColumnMap, Readers, Report, rules_of
from .distinct_rows import targets_of
from .frames import PROBLEM, arrow_labels, check_once
from .score import score_batches
from .writing import written


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
    out: str | Path,
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
    out = path_of("answers are written to", out)
    _check_out(job.path, out)
    readers = _readers(job)
    report = report_file(job, progress)
    if told is not None:
        told(report)
    readers.check_used()
    wanted = list(dict.fromkeys([*(reader.column for reader in readers.used), *job.keep]))
    # What the report has said of these columns is not said again of each part of the file.
    said = {} if told is None else dict.fromkeys(readers.red_flags)
    given_rules = {**rules_of(job.columns), **said}
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
    names = column_names(job.path)
    network = network_of(job.network)
    targets_of(network, job.targets)
    readers = Readers(network, names, job.columns, job.keep)
    for name in job.keep:
        if name not in names:
            raise unknown("column to keep", name, names)
    wanted = [*job.keep, *(reader.column for reader in readers.used)]
    check_once(names, wanted, f"{job.path}: ")
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
