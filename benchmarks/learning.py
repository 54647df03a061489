"""`python -m benchmarks.learning`: passes of EM a second, beside pyAgrum's on the same rows.

Rows are drawn from the shipped network: the outcome and 25 of its questions, half of the cells
missing. Ours learns links as links under cited ranges. pyAgrum's BNLearner has the same network
divorced, learns free tables of it, and is given few rows, for whose passes one can wait. Seconds
are of processor time, of all threads together, and by the clock.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import backpain_bn as bb
from backpain_bn.inference.simulation import simulate
from backpain_bn.learn.em import Model, Objective, one_pass
from backpain_bn.learn.priors import chosen_simplexes
from backpain_bn.learn.reading import cohort_of, read
from backpain_bn.model.network import Network

from .jobs import askable
from .peers import Agrum

if TYPE_CHECKING:
    import pandas

COLUMNS, MISSING = 26, 0.5
PASSES = 30
SMOOTHING = 0.01
"""Without it pyAgrum refuses combinations of parents that never occur."""


def cohort(network: Network, rows: int) -> pandas.DataFrame:
    """Return cases of which half of the cells are missing."""
    import pandas

    form = [name for name in askable(network) if name != network.outcome]
    places = np.linspace(0, len(form) - 1, COLUMNS - 1).round().astype(int)
    names = [network.outcome, *(form[place] for place in places)]
    codes = simulate(network, names, rows, seed=3)
    lost = np.random.default_rng(4).random(codes.shape) < MISSING
    told = {}
    for index, name in enumerate(names):
        states = np.array(network[name].states, dtype=object)
        told[name] = np.where(lost[:, index], None, states[codes[:, index]])
    return pandas.DataFrame(told)


def timed(run: Callable[[], Any]) -> tuple[float, float]:
    """Return the seconds of processor time and by the clock."""
    worked, began = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - worked, time.perf_counter() - began


def ours(network: Network, frame: pandas.DataFrame) -> tuple[str, float]:
    """Return what the passes took, and the processor time of a row in one."""
    patterns, _, _ = read(cohort_of(network, frame))
    model = Model(network, chosen_simplexes(network, "all"), patterns.told)
    prior = model.worth[model.simplex_of] * model.cited
    objective = Objective(model, patterns, prior, np.ones(len(model.simplexes), dtype=bool))
    theta = model.cited

    def passes(many: int) -> None:
        nonlocal theta
        for _ in range(many):
            theta = one_pass(objective, theta).theta

    first, rest = timed(lambda: passes(1)), timed(lambda: passes(PASSES))
    row = rest[0] / PASSES / len(frame)
    said = (
        f"- backpain_bn: {len(frame):,} rows ({len(patterns):,} different), "
        f"{len(model.cited):,} cells of {len(model.simplexes)} priors, links, leaks and rows: "
        f"first pass {first[0]:.2f} s of processor time ({first[1]:.2f} s by the clock), then "
        f"{rest[0] / PASSES:.2f} s a pass ({rest[1] / PASSES:.2f} s), {PASSES} passes "
        f"{rest[0]:.1f} s ({rest[1]:.1f} s); {1e6 * row:.1f} us for a row"
    )
    return said, row


def theirs(network: Network, frame: pandas.DataFrame, passes: int) -> tuple[str, float]:
    """Return the same of pyAgrum."""
    import pandas
    import pyagrum

    model = Agrum(network, "LazyPropagation").model
    names: Sequence[str] = list(model.names())
    columns = {name: frame.get(name) for name in names}
    whole = pandas.DataFrame(columns, index=frame.index, dtype=object)
    whole = whole.where(whole.notna(), "?")

    def learned(most: int) -> tuple[int, float]:
        learner = pyagrum.BNLearner(whole, model, ["?"])
        learner.useSmoothingPrior(SMOOTHING)
        learner.useEM(1e-300, 0.0)
        learner.EMdisableMinEpsilonRate()
        learner.EMdisableEpsilon()
        learner.EMsetMaxIter(most)
        worked, _ = timed(lambda: learner.learnParameters(model))
        return learner.EMnbrIterations(), worked

    # What is done once, before the first pass, is taken off.
    (few, start), (many, worked) = learned(1), learned(1 + passes)
    row = (worked - start) / (many - few) / len(frame)
    said = (
        f"- pyAgrum {pyagrum.__version__} BNLearner.useEM, {len(names)} nodes: {len(frame)} rows, "
        f"{few} pass {start:.1f} s of processor time, {many} passes {worked:.1f} s; "
        f"{1e3 * row:.1f} ms for a row in each further pass"
    )
    return said, row


def main() -> None:
    """Print both as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--their-rows", type=int, default=4)
    parser.add_argument("--their-passes", type=int, default=2)
    options = parser.parse_args()
    network = bb.load()
    frame = cohort(network, options.rows)
    said, mine = ours(network, frame)
    print(said, flush=True)
    said, other = theirs(network, frame.head(options.their_rows), options.their_passes)
    print(said)
    print(f"- a pass over a row: {other / mine:,.0f}x")


if __name__ == "__main__":
    main()
