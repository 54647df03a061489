"""Cohorts drawn from networks, cells left out at random."""

from __future__ import annotations

import numpy as np
import pandas

from backpain_bn.inference.simulation import simulate
from backpain_bn.model.network import Network


def cohort(
    network: Network, rows: int, seed: int, *, missing: float = 0.3, whole: tuple[str, ...] = ()
) -> pandas.DataFrame:
    """Return cases of a network; of each column but the `whole` ones, a part is missing."""
    names = list(network)
    codes = simulate(network, names, rows, seed)
    chance = np.random.default_rng([seed, 1])  # not the draws that made the states
    table = pandas.DataFrame(
        {
            name: np.array(network[name].states, dtype=object)[codes[:, place]]
            for place, name in enumerate(names)
        }
    )
    for name in names:
        if name not in whole:
            table.loc[chance.random(rows) < missing, name] = None
    return table
