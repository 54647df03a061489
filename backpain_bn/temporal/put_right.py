"""What would be so had some causes been put right, all else of this case being as it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from ..errors import BackpainError
from ..inference.dense import DenseEngine
from ..inference.evidence import encode
from ..inference.posterior import Posterior, posterior
from ..model.findings import Findings
from ..model.network import Network
from .unrolling import Unrolled, unrolled
from .visits import Visit


def put_right(network: Network, findings: Findings, names: Collection[str]) -> Posterior:
    """Return P(variable = state in the other world | findings), for every variable: the same case,
    had the variables of these names been in their first, healthy state.

    Both worlds share every switch, so that what the findings say of this world is carried over, and
    changes only as far as those variables were behind it (Balke and Pearl 1994). What was told of
    them does not hold there, nor what was told of what follows from them. 1 - P(outcome present)
    is what `attributable_shares` calls the share of all of them, where the outcome was told to be
    present. Raises as `posterior` does, `UnknownName` for a variable that does not exist, and
    `BackpainError` where its healthy state is not known, or it is the outcome.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.5)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.7, 0.3)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ...     outcome="wet",
    ... )
    >>> found = put_right(garden, {"wet": "yes"}, ["rain"])
    >>> found["rain"]["yes"], round(1 - found["wet"]["yes"], 3)
    (0.0, 0.574)
    """
    check_put_right(network, names)
    healthy = {name: network[name].healthy for name in names}
    now = posterior(network, findings)
    both = _two_worlds(network, healthy)
    row = encode(both.network, [findings])
    beliefs = DenseEngine(both.network, both.common)(row, None, set(both.names[1].values()))
    places = [both.network.slices[both.names[1][name]] for name in network]
    there = np.concatenate([beliefs.marginals[0, place] for place in places])
    return Posterior(network, there, now.log_evidence)


def check_put_right(network: Network, names: Collection[str]) -> None:
    """Raise what `put_right` raises for names that cannot be put right."""
    for name in names:
        _ = network[name].healthy
        if name == network.outcome:
            raise BackpainError(
                f"{name} is the outcome itself; only what lies behind it can be put right"
            )


def _two_worlds(network: Network, healthy: dict[str, str]) -> Unrolled:
    """Both worlds as one network: two visits between which nothing is drawn anew."""
    lasting = {
        name: replace(variable, persists=True, leaves={})
        for name, variable in network.variables.items()
    }
    same = replace(network, variables=lasting, outcome="", treatments={}, advice={})
    return unrolled(same, [Visit(), Visit(changed=healthy)], switches=True)
