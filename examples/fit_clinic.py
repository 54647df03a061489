"""Numbers learned from more rows than fit into memory: the database finds the distinct rows and how
often each occurs, `fit` learns from these, and the overlay keeps what was learned.

In Spark the first step is `cohort.groupBy(questions).count().toPandas()`. A Parquet or CSV file can
also be given to `fit` by its path: it is read batch by batch, and only distinct rows are kept.
"""

import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
from score_cohort import drawn

import backpain_bn as bb

QUESTIONS = [
    "age",
    "sex",
    "sitting_hours",
    "previous_back_pain",
    "running_back_pain",
    "low_back_pain",
]


def main(rows: int = 200_000) -> None:
    """Draw a cohort, lose answers, group, learn, and write and read the overlay."""
    network, chance = bb.load(), np.random.default_rng(20)
    whole = drawn(network, rows, chance)[QUESTIONS]
    told = whole.mask(chance.random(whole.shape) < 0.3).astype(object)
    with tempfile.TemporaryDirectory() as folder:
        cohort, clinic = Path(folder, "cohort.parquet"), Path(folder, "clinic.yaml")
        connection = duckdb.connect()
        connection.register("told", told)
        connection.execute(f"copy (select columns(*)::varchar from told) to '{cohort}'")

        patterns = connection.sql(
            f"select *, count(*) as times from read_parquet('{cohort}') group by all"
        ).to_arrow_table()
        fitted = bb.fit(network, patterns, weights="times")
        print(f"{rows:,} rows, {patterns.num_rows:,} different")
        print(fitted)

        streamed = bb.fit(network, cohort)
        apart = max(abs(one.p - other.p) for one, other in zip(fitted, streamed, strict=True))
        print(f"\nStreamed from the file: numbers differ by at most {apart:.1g}")

        fitted.save_overlay(clinic, source="CLINIC-2026")
        learned = bb.load(clinic)
        print(f"{clinic.name}: {learned.name}, laid over {network.name}")
        findings = {"sitting_hours": "over_8", "running_back_pain": "yes"}
        for each in (network, learned):
            again = bb.posterior(each, findings)["previous_back_pain"]
            print(f"{each.name}: earlier episodes {1 - again['none']:.1%}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
