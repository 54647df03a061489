"""The same function on a cluster: `score_batches` under PySpark's `mapInArrow`, here on a Spark of
this machine. Needs Java 17 and pyspark.

Every worker compiles the network once per partition and answers its own rows; nothing is shuffled.
The column `runner` is kept, for Spark promises no order.
"""

import functools
import os
import sys

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession
from score_cohort import HIDDEN, QUESTIONS, drawn

import backpain_bn as bb
from backpain_bn.cohort.score import answer_schema, score, score_batches

SPARK_TYPES = {"int64": "bigint", "double": "double", "string": "string"}


def main(rows: int = 5_000) -> None:
    """Score the same runners with Spark and without, and compare every number."""
    network, rng = bb.load(), np.random.default_rng(20)
    told = drawn(network, rows, rng)[QUESTIONS].mask(rng.random((rows, len(QUESTIONS))) < 0.3)
    cohort = pa.table(
        {
            "runner": np.arange(rows),
            **{name: pa.array(told[name].astype(object), pa.string()) for name in QUESTIONS},
        }
    )

    task = functools.partial(
        score_batches, network=network.name, targets=(HIDDEN,), keep=("runner",)
    )
    answers = answer_schema(cohort.schema, network, (HIDDEN,), ("runner",))
    schema = ", ".join(f"`{field.name}` {SPARK_TYPES[str(field.type)]}" for field in answers)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "localhost")
    )
    spark = builder.getOrCreate()
    try:
        scored = spark.createDataFrame(cohort).repartition(4).mapInArrow(task, schema).toPandas()
    finally:
        spark.stop()

    here = score(told, network, targets=[HIDDEN])
    there = scored.sort_values("runner", ignore_index=True)
    columns = [f"{HIDDEN}=no", f"{HIDDEN}=yes", "log_evidence"]
    same = bool((here[columns].to_numpy() == there[columns].to_numpy()).all())
    print(
        f"{rows:,} runners on Spark and without: "
        f"{'the same numbers' if same else 'DIFFERENT NUMBERS'}"
    )
    sys.exit(not same)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
