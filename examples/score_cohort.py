"""Score a cohort of 100,000 runners drawn from the network itself, and look up whether the answers
are calibrated.

Of all runners who are told "30 %", three in ten should have it; here the truth is known.
"""

import sys
import time

import numpy as np
import pandas as pd

import backpain_bn as bb
from backpain_bn.cohort.score import report_columns, score
from backpain_bn.model.distributions import NoisyOr

QUESTIONS = [
    "age", "sex", "sitting_hours", "strength_training", "skipped_warm_up", "training_load",
    "stress", "previous_back_pain", "running_back_pain", "pain_during_run", "pain_after_run",
    "hip_pain",
]  # fmt: skip
HIDDEN = "tight_hip_flexors"


def drawn(network: bb.Network, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return runners drawn from the network, parents before children."""
    codes: dict[str, np.ndarray] = {}
    for name in network.order:
        distribution = network[name].distribution
        if isinstance(distribution, NoisyOr):
            absent = np.full(rows, 1 - distribution.leak.p)
            for cause in distribution.mechanisms:
                holds = np.ones(rows, dtype=bool)
                for parent, states in cause.when.items():
                    holds &= np.isin(
                        codes[parent], [network.state(parent, state) for state in states]
                    )
                absent[holds] *= 1 - cause.number.p
            chances = np.column_stack([absent, 1 - absent])
        else:
            chances = np.atleast_2d(
                network.table(name)[tuple(codes[parent] for parent in distribution.parents)]
            )
        codes[name] = np.minimum(
            (rng.random((rows, 1)) > chances.cumsum(axis=1)).sum(axis=1), chances.shape[1] - 1
        )
    return pd.DataFrame(
        {
            name: pd.Categorical.from_codes(codes[name], network[name].states)
            for name in network.variables
        }
    )


def main(rows: int = 100_000) -> None:
    """Draw, forget three answers in ten, score, compare."""
    network, rng = bb.load(), np.random.default_rng(20)
    runners = drawn(network, rows, rng)
    told = runners[QUESTIONS].mask(rng.random((rows, len(QUESTIONS))) < 0.3)
    print(report_columns(told, network))
    start = time.perf_counter()
    answers = score(told, network, targets=[HIDDEN])
    print(
        f"\nscored in {time.perf_counter() - start:.2f} s; {HIDDEN}, runners by what they are told:"
    )
    said, truth = answers[f"{HIDDEN}=yes"], runners[HIDDEN] == "yes"
    groups = pd.qcut(said, 10, duplicates="drop")
    for _, group in said.groupby(groups, observed=True):
        print(
            f"  {len(group):7,} told {group.mean():6.1%}   have it {truth[group.index].mean():6.1%}"
        )
    brier, baseline = ((said - truth) ** 2).mean(), ((truth.mean() - truth) ** 2).mean()
    print(f"Brier score {brier:.4f}; telling everybody the same {truth.mean():.1%}: {baseline:.4f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
