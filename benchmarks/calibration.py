"""`python -m benchmarks.calibration`: do the ranges that `fit` gives hold what they promise?

Simulation-based calibration (Talts et al. 2018): all numbers are drawn from their priors, a cohort
is simulated with them and loses cells, and the numbers are learned again. Counted is how often the
90 % interval of a number holds the one that was drawn, and where the drawn one stands in the
posterior: if all is well that rank is uniform (chi-square over ten bins).

Cells are lost in three ways. At random: each with 30 %. By another answer, which is always told
(`BY`): 20 % where that is in its first state, 30 % in its second, 40 % in its last. By the answer
itself: a cell in the first state 20 %, in any other 40 %, which no learning can know of.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

import backpain_bn as bb
from backpain_bn.inference.simulation import simulate
from backpain_bn.learn import Learned
from backpain_bn.learn.beta import beta_cdf
from backpain_bn.learn.priors import chosen_simplexes, drawn_cells
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import parameters_of, with_numbers

from .jobs import askable

if TYPE_CHECKING:
    import pandas

SIZES = (200, 1000, 5000)
BY = {"car": "battery_age", "runner_back_pain": "age"}
LOSSES = ("at random", "by another answer", "by the answer itself")
LEVEL = 0.9
BINS = 10


def drawn_network(network: Network, seed: int) -> Network:
    """Return the network with all its numbers drawn from their priors."""
    simplexes = chosen_simplexes(network, "all")
    own = parameters_of(network).copy()
    for simplex, cells in zip(simplexes, drawn_cells(simplexes, seed), strict=True):
        own[simplex.numbers[0].cells] = cells
    numbers = {}
    for simplex in simplexes:
        for place in range(simplex.numbers[0].cells.start, simplex.numbers[0].cells.stop):
            p = float(own[place])
            numbers[place] = replace(simplex.numbers[0].number, p=p, low=p, high=p)
    return with_numbers(network, numbers)


def cohort(
    network: Network, columns: Sequence[str], rows: int, loss: str, seed: int
) -> pandas.DataFrame:
    """Return cases drawn from a network, some of their cells lost."""
    import pandas

    codes = simulate(network, columns, rows, seed)
    chance = np.random.default_rng(seed + 1).random(codes.shape)
    if loss == "at random":
        lost = chance < 0.3
    elif loss == "by another answer":
        by = codes[:, list(columns).index(BY[network.name])]
        share = np.array([0.2, 0.3, 0.4])[by]
        lost = chance < share[:, None]
        lost[:, list(columns).index(BY[network.name])] = False
    else:
        lost = chance < np.where(codes == 0, 0.2, 0.4)
    told = {}
    for index, name in enumerate(columns):
        states = np.array(network[name].states, dtype=object)
        told[name] = np.where(lost[:, index], None, states[codes[:, index]])
    return pandas.DataFrame(told)


@dataclass
class Tally:
    """What was counted for one size and one loss."""

    numbers: int = 0
    told: int = 0
    held: int = 0
    held_of_all: int = 0
    contradicted: int = 0
    unsettled: int = 0
    fits: int = 0
    ranks: list[float] = field(default_factory=list)

    def add(self, row: Learned, true: float) -> None:
        """Count one number."""
        low, high = row.interval(LEVEL)
        inside = low <= true <= high
        self.numbers += 1
        self.held_of_all += inside
        if row.told:
            self.told += 1
            self.held += inside
            self.contradicted += row.contradicted
            self.ranks.append(float(beta_cdf(true, *row.posterior)))

    def line(self) -> str:
        """Return a row of the table."""
        from scipy.stats import chisquare

        counts = np.histogram(self.ranks, BINS, (0, 1))[0]
        told = max(self.told, 1)
        bins = " ".join(f"{10 * count / told:.2f}" for count in counts)
        cells = (
            f"{self.told / self.fits:.0f} of {self.numbers / self.fits:.0f}",
            f"{self.held / told:.1%}",
            f"{self.held_of_all / self.numbers:.1%}",
            f"{self.contradicted / told:.1%}",
            bins,
            f"{chisquare(counts).pvalue:.2g}",
            str(self.unsettled),
        )
        return " | ".join(cells)


def calibrate(name: str, rows: int, loss: str, repeats: int) -> Tally:
    """Return what was counted over several cohorts."""
    network, tally = bb.load(name), Tally()
    columns = list(network) if name == "car" else askable(network)
    for seed in range(repeats):
        true = drawn_network(network, 1000 + seed)
        own = parameters_of(true)
        fitted = bb.fit(network, cohort(true, columns, rows, loss, seed))
        tally.fits += 1
        tally.unsettled += not fitted.converged
        for row in fitted:
            tally.add(row, float(own[row.cited.place]))
    return tally


HEAD = (
    "| network | cases | lost | numbers told | 90 % interval holds, told | all numbers | "
    "called contradicted | ranks, ten bins, 1 each | p | not settled |\n"
    "|---|---:|---|---:|---:|---:|---:|---|---:|---:|"
)


def main() -> None:
    """Print the table as Markdown, a row as soon as it is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--networks", nargs="+", default=list(BY), choices=list(BY))
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--lost", nargs="+", default=list(LOSSES), choices=LOSSES)
    parser.add_argument("--repeats", type=int, default=100)
    options = parser.parse_args()
    print(HEAD)
    for name in options.networks:
        for rows in options.sizes:
            for loss in options.lost:
                tally = calibrate(name, rows, loss, options.repeats)
                print(f"| {name} | {rows:,} | {loss} | {tally.line()} |", flush=True)


if __name__ == "__main__":
    main()
