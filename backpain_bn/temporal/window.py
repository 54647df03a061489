"""The last visits of one case, followed exactly, and what all visits before them say.

Visits tie together all that persists, and each one more ties it closer. Where they are too many,
the earliest are summed up: of what persists is kept how likely each state is, as one likelihood of
each variable, and how variables hang together because of those visits is forgotten
(assumed-density filtering: Boyen and Koller 1998; Minka 2001).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..errors import TooHard
from ..inference.beliefs import Array, Beliefs
from ..inference.dense import DenseEngine, dense_engine
from ..inference.differences import by_differences
from ..inference.evidence import likelihood
from ..model.network import Network
from .unrolling import Unrolled, unrolled
from .visits import Visit, persists

MOST_CELLS = 3.5e9
"""Visits whose network has more cells than this, were nothing told, are too many."""
MOST_ROUNDS, CLOSE = 200, 1e-6
"""How long likelihoods are sought, and how near the probabilities have to come."""
STEP = 0.75
"""How far a likelihood goes at once; all the way, variables that rise together may swing."""


@dataclass(frozen=True, eq=False)
class Window:
    """Visits of one case, and the likelihoods (S,) of what earlier ones say of what persists at the
    first of them, the earlier ones' log-evidence being `log_evidence`; they are `summed_up` visits.
    """

    network: Network
    visits: tuple[Visit, ...]
    row: Array
    log_evidence: float = 0.0
    summed_up: int = 0

    def with_visit(self, visit: Visit) -> Window:
        """Return this and one more visit, the earliest summed up as far as need be."""
        longer = replace(self, visits=(*self.visits, visit))
        while len(longer.visits) > 2 and longer.is_too_long:
            longer = longer._shorter()
        return longer

    @property
    def is_too_long(self) -> bool:
        """Whether all visits in one network have more cells than `MOST_CELLS`."""
        return self._engine.order_of_all.cells > MOST_CELLS

    @cached_property
    def _unrolled(self) -> Unrolled:
        return unrolled(self.network, self.visits)

    @cached_property
    def _engine(self) -> DenseEngine:
        return DenseEngine(self._unrolled.network)

    def beliefs(self, rows: Sequence[Mapping[str, Array]], wanted: Sequence[str]) -> Beliefs:
        """Return the marginals of what is wanted at the last visit (n, S), 0 for all else, and the
        log-evidence of all visits (n,); each row has likelihoods of its own in place of the last
        visit's findings. Raises `TooHard`.

        The fewer are wanted the less hangs together: what neither they nor findings depend on is
        dropped.
        """
        whole, names, _, _ = self._unrolled
        now = names[-1]
        evidence = np.tile(self._before(whole, names), (len(rows), 1))
        for line, row in zip(evidence, rows, strict=True):
            for name, weights in row.items():
                line[whole.slices[now[name]]] *= weights
        try:
            found = by_differences(self._engine, evidence, None, {now[name] for name in wanted})
        except TooHard as error:
            raise TooHard(
                f"{len(self.visits)} visits are too many to follow; leave out the earliest. {error}"
            ) from error
        places = [whole.slices[now[name]] for name in self.network]
        marginals = np.concatenate([found.marginals[:, place] for place in places], axis=1)
        return Beliefs(marginals, found.log_evidence + self.log_evidence)

    def _before(self, whole: Network, names: Sequence[Mapping[str, str]]) -> Array:
        """Return the likelihoods (S,) of all that was told and changed but for the last visit's
        findings.
        """
        row = np.ones(len(whole.columns))
        for name, place in self.network.slices.items():
            row[whole.slices[names[0][name]]] *= self.row[place]
        for visit, own in zip(self.visits[:-1], names, strict=False):
            for name, finding in visit.findings.items():
                if finding is not None:
                    row[whole.slices[own[name]]] *= likelihood(self.network, name, finding)
        for visit, own in zip(self.visits, names, strict=True):
            for name, state in visit.changed.items():
                row[whole.slices[own[name]]] *= likelihood(self.network, name, state)
        return row

    def _shorter(self) -> Window:
        """Return this with the first visit summed up: what persists at the second, before anything
        is told there.
        """
        lasting = [name for name in self.network if persists(self.network, name)]
        first = replace(self, visits=self.visits[:2])
        found = first.beliefs([{}], lasting)
        row, log_norm = likelihoods_with(
            self.network,
            {name: found.marginals[0, self.network.slices[name]] for name in lasting},
        )
        return Window(
            self.network,
            self.visits[1:],
            row,
            float(found.log_evidence[0]) - log_norm,
            self.summed_up + 1,
        )


def window(network: Network, visit: Visit) -> Window:
    """Return the window of a first visit."""
    return Window(network, (visit,), np.ones(len(network.columns)))


def likelihoods_with(network: Network, wanted: Mapping[str, Array]) -> tuple[Array, float]:
    """Return likelihoods (S,) under which each variable has the probabilities `wanted`, and the log
    of what they sum to.

    Of all distributions with these probabilities, P(x) * prod_i L_i(x_i) / Z is the nearest to the
    network's own (Csiszar 1975). Each likelihood is moved by (wanted / current) ** STEP until no
    probability is off by more than `CLOSE`. Raises `TooHard` where the network cannot have them.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> states = ("no", "yes")
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", states, prior(0.8, 0.2)),
    ...         "wet": Variable("wet", states, wet),
    ...     },
    ... )
    >>> half = np.array([0.5, 0.5])
    >>> row, _ = likelihoods_with(garden, {"rain": half, "wet": half})
    >>> dense_engine(garden)(row[None]).marginals.round(5).tolist()
    [[0.5, 0.5, 0.5, 0.5]]
    """
    engine = dense_engine(network)
    row = np.ones(len(network.columns))
    places = [network.slices[name] for name in wanted]
    aim = np.concatenate([wanted[name] for name in wanted])
    columns = np.concatenate([np.arange(place.start, place.stop) for place in places])
    log_norm = 0.0
    for _ in range(MOST_ROUNDS):
        found = engine(row[None])
        log_norm = float(found.log_evidence[0])
        if log_norm == -math.inf:
            raise TooHard(
                "the earliest visits cannot be summed up, for what was changed since is impossible "
                "in the network as it is; leave them out"
            )
        current = found.marginals[0, columns]
        if np.abs(current - aim).max() <= CLOSE:
            break
        row[columns] *= np.divide(aim, current, out=np.zeros_like(aim), where=aim > 0) ** STEP
        for place in places:
            row[place] /= row[place].max()
    return row, log_norm
