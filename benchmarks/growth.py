"""`python -m benchmarks.growth`: what a case costs as the network grows, and a cohort as rows do.

Networks are synthetic, with noisy-ORs and tables. Cohorts of up to a million rows are scored as
they are; larger ones are grouped by a database first, and each distinct pattern is scored once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import duckdb
import numpy as np
import pandas as pd

import backpain_bn as bb
from backpain_bn.model.network import Network

from .__main__ import machine, pretty
from .networks import synthetic

NODES = (50, 100, 200, 500, 1000, 2000)
ROWS = (10**3, 10**4, 10**5, 10**6, 10**7, 10**8)
MOST_AS_THEY_ARE = 10**6
ASKED, TARGET = 8, "v50"


def seconds(run: Callable[[], object]) -> float:
    """Return the processor time that a call takes."""
    start = time.process_time()
    run()
    return time.process_time() - start


def drawn(names: list[str], rows: int) -> pd.DataFrame:
    """Return a cohort that answers each question with no, yes or nothing."""
    codes = np.random.default_rng(rows).integers(0, 3, (rows, len(names)))
    columns = {
        name: pd.Categorical.from_codes(column - 1, ["no", "yes"])
        for name, column in zip(names, codes.T, strict=True)
    }
    return pd.DataFrame(columns)


def by_nodes() -> Iterator[str]:
    """Yield what networks of more and more nodes cost."""
    yield "| nodes | first, none told | first, one in five told | another case | a row of 10,000 |"
    yield "|---:|---:|---:|---:|---:|"
    for nodes in NODES:
        network = synthetic(nodes, 8, 3)
        told = dict.fromkeys(list(network)[::5], "yes")
        frame = drawn(list(told)[:ASKED], 10_000)
        jobs: list[Callable[[], object]] = [
            partial(bb.posterior, synthetic(nodes, 8, 3)),
            partial(bb.posterior, network, told),
            partial(bb.posterior, network, {**told, "v0": "no"}),
            partial(bb.score, frame, network),
        ]
        *cases, cohort = map(seconds, jobs)
        parts = [*cases, cohort / len(frame)]
        yield f"| {nodes:,} | {' | '.join(map(pretty, parts))} |"


def grouped(network: Network, names: list[str], rows: int) -> tuple[float, float, int]:
    """Return the seconds of grouping rows that a database draws, those of scoring their distinct
    patterns, and how many there are.
    """
    connection = duckdb.connect()
    start = time.process_time()
    answers = "['no', 'yes', null]"
    told = ", ".join(f"{answers}[1 + (3 * random())::int % 3] as {name}" for name in names)
    patterns = connection.sql(f"from range({rows})").project(told).distinct().df()
    middle = time.process_time()
    bb.score(patterns, network, targets=[TARGET])
    return middle - start, time.process_time() - middle, len(patterns)


def by_rows() -> Iterator[str]:
    """Yield what cohorts of more and more rows cost."""
    network = synthetic(100, 8, 3)
    names = list(network)[::10][:ASKED]
    bb.score(drawn(names, 10_000), network, targets=[TARGET])
    yield "| rows | how | grouping | scoring, one target | distinct patterns |"
    yield "|---:|---|---:|---:|---:|"
    for rows in ROWS:
        if rows > MOST_AS_THEY_ARE:
            group, infer, patterns = grouped(network, names, rows)
            parts = ["grouped", pretty(group), pretty(infer), f"{patterns:,}"]
        else:
            frame = drawn(names, rows)
            took = seconds(partial(bb.score, frame, network, targets=[TARGET]))
            parts = ["as they are", "-", pretty(took), f"{len(frame.drop_duplicates()):,}"]
        yield f"| {rows:,} | {' | '.join(parts)} |"


def main() -> None:
    """Print both tables as Markdown."""
    print("## Growth, `python -m benchmarks.growth`\n")
    print(f"{machine()}; processor time.\n")
    for table in (by_nodes, by_rows):
        for line in table():
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
