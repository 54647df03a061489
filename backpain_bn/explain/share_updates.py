"""What every answer that might be given would make of the shares of the causes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import no_outcome
from ..inference.beliefs import Array
from ..inference.counterfactuals import two_worlds
from ..inference.engine import engine_for
from ..model.network import Network
from .shares import supposing


class ShareUpdates(NamedTuple):
    """Of an outcome that is present: `now` (causes,) the share due to each cause, `after` (S,
    causes) the same once a variable is known to be in a state, and `chance` (S,) of that state.

    Where a state cannot be, nothing moves.
    """

    now: Array
    after: Array
    chance: Array


def share_updates(
    network: Network, row: Array, causes: Sequence[str], names: Sequence[str]
) -> ShareUpdates:
    """Return the share of each cause in one row of likelihoods (1, S), and after every answer to
    the questions `names`, each by itself.

    share_c(x) = share_c P(x | row, Y present, Y' absent) / P(x | row, Y present) by Bayes' rule,
    Y' being the outcome had c been healthy: one run for each cause gives all answers. What the row
    says of the outcome is set aside as in `attributable_shares`. Raises as that does.

    >>> from backpain_bn.inference.evidence import encode
    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.5)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.7, 0.3), question="Any rain?"),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ...     outcome="wet",
    ... )
    >>> found = share_updates(garden, encode(garden, [{"wet": "yes"}]), ["rain"], ["rain"])
    >>> found.now.round(3), found.after[garden.slices["rain"], 0].round(3)
    (array([0.574]), array([0.   , 0.818]))
    """
    if not network.outcome:
        raise no_outcome(network.name)
    for name in (network.outcome, *causes):
        _ = network[name].healthy
    supposed = supposing(network, row, True)
    supposed[:, network.slices[network.outcome].start] = 0.0
    worlds = two_worlds(network)
    now, beliefs = worlds.where_otherwise(supposed, [[name] for name in causes], names)
    chance = engine_for(network)(supposed).marginals[0]
    after = np.tile(now, (len(chance), 1))
    for name in names:
        place = network.slices[name]
        likely = chance[place, None]
        change = np.divide(
            beliefs[:, place].T, likely, out=np.ones(after[place].shape), where=likely > 0
        )
        after[place] = now * change
    return ShareUpdates(now, np.clip(after, 0.0, 1.0), chance)
