"""Growing synthetic networks: nodes and treewidth as asked for, noisy-OR and tables mixed."""

from __future__ import annotations

from itertools import product

import numpy as np

from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable

STATES = ("no", "yes")


def synthetic(nodes: int, reach: int, parents: int, seed: int = 0) -> Network:
    """Return a network in which every node has up to `parents` parents among the `reach` nodes
    before it; every third is a table.
    """
    rng = np.random.default_rng(seed)
    variables: dict[str, Variable] = {}
    for index in range(nodes):
        name = f"v{index}"
        near = [f"v{other}" for other in range(max(0, index - reach), index)]
        chosen = (
            tuple(
                str(parent) for parent in rng.choice(near, min(len(near), parents), replace=False)
            )
            if near
            else ()
        )
        if not chosen:
            distribution: NoisyOr | Table = prior(0.7, 0.3)
        elif index % 3:
            links = (
                Mechanism({parent: ("yes",)}, number(float(rng.uniform(0.05, 0.6))))
                for parent in chosen
            )
            distribution = NoisyOr(number(0.05), tuple(links))
        else:
            risks = {
                given: float(rng.uniform(0.05, 0.95))
                for given in product(STATES, repeat=len(chosen))
            }
            distribution = Table(
                chosen, tuple(Row(given, (number(1 - p), number(p))) for given, p in risks.items())
            )
        variables[name] = Variable(
            name, STATES, distribution, question="asked?" if index % 2 else ""
        )
    return Network(f"synthetic_{nodes}_{reach}_{parents}", variables, outcome=f"v{nodes - 1}")
