"""Billions of rows: let the database find the distinct answer patterns, score those, join the
answers back.

The number of patterns is bounded by the form, not by the number of people who filled it in. Ends
with a cost estimate for 10^9 and 10^10 rows from the rates measured here. In Spark the same two
steps are `cohort.groupBy(questions).count()` and a null-safe join.
"""

import math
import sys
import time

import duckdb
import numpy as np
from score_cohort import HIDDEN, QUESTIONS, drawn

import backpain_bn as bb
from backpain_bn.cohort.score import score

CORES = 2
EURO_PER_CORE_HOUR = 0.05


def timed(connection: duckdb.DuckDBPyConnection, statement: str) -> float:
    """Run a statement; return its seconds."""
    start = time.perf_counter()
    connection.execute(statement)
    return time.perf_counter() - start


def main(rows: int = 300_000) -> None:
    """Group, score, join, and estimate."""
    network, rng = bb.load(), np.random.default_rng(20)
    told = (
        drawn(network, rows, rng)[QUESTIONS]
        .mask(rng.random((rows, len(QUESTIONS))) < 0.15)
        .astype(object)
    )
    connection = duckdb.connect()
    connection.register("told", told)
    connection.execute(
        "create table cohort as select row_number() over () as runner, columns(*)::varchar from "
        "told"
    )

    group = timed(
        connection, "create table patterns as select distinct columns(* exclude runner) from cohort"
    )
    patterns = connection.sql("select * from patterns").to_arrow_table()
    start = time.perf_counter()
    answers = score(patterns, network, targets=[HIDDEN])
    infer = time.perf_counter() - start
    for name in QUESTIONS:
        answers = answers.append_column(name, patterns[name])
    connection.register("answers", answers)
    same = " and ".join(f"cohort.{name} is not distinct from answers.{name}" for name in QUESTIONS)
    joined = (
        f"select runner, answers.* exclude ({', '.join(QUESTIONS)}) from cohort join answers "
        f"on {same}"
    )
    join = timed(connection, f"create table scored as {joined}")

    first = connection.sql("select * from scored where runner <= 1000 order by runner").df()[
        f"{HIDDEN}=yes"
    ]
    direct = score(told.head(1000), network, targets=[HIDDEN])[f"{HIDDEN}=yes"]
    same_numbers = bool((first.to_numpy() == direct.to_numpy()).all())
    print(
        f"{rows:,} rows, {patterns.num_rows:,} patterns; row by row "
        f"{'the same numbers' if same_numbers else 'DIFFERENT NUMBERS'}"
    )
    estimate(
        group / rows,
        infer / patterns.num_rows,
        join / rows,
        math.prod(len(network[name].states) + 1 for name in QUESTIONS),
    )
    sys.exit(not same_numbers)


def estimate(group: float, infer: float, join: float, most: int) -> None:
    """Print what many rows would take and cost, from seconds per row, per pattern and per row; the
    form has at most `most` patterns.
    """
    print(f"patterns that this form can have at all: {most:,}; estimate:")
    print(
        f"{'rows':>16} {'patterns':>10} {'group':>9} {'infer':>9} {'join':>9} {'core hours':>11} "
        f"{'cost':>9}"
    )
    for rows in (10**9, 10**10):
        minutes = [group * rows / 60, infer * min(most, rows) / 60, join * rows / 60]
        hours = sum(minutes) * CORES / 60
        parts = " ".join(f"{part:7.1f} m" for part in minutes)
        print(
            f"{rows:16,} {min(most, rows):10,} {parts} {hours:11.1f} "
            f"{hours * EURO_PER_CORE_HOUR:7.2f} €"
        )
    print(
        f"(linear in the rates of this run; {CORES} cores at {EURO_PER_CORE_HOUR} € an hour; "
        "reading and storing the data not counted)"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
