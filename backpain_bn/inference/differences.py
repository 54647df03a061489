"""A large noisy-OR that is present, as the difference of two easier answers.

One that is present ties together all that it may come from; one that is absent falls apart, and of
one of which nothing is known nothing need be asked: P(e, present) = P(e) - P(e, absent) (Heckerman
1989). With k of them that is a sum of 2^k terms with signs.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import product

import numpy as np

from ..model.distributions import NoisyOr
from .beliefs import Array, Beliefs
from .dense import DenseEngine

EASY = 2**17
"""A network of so few cells is answered as it is."""
MANY = 8
"""A noisy-OR is large from so many mechanisms on."""
MOST_OPENED = 6
SMALLEST_LEFT = 1e-7
"""A difference counts where at least so much is left of what it is made from: nine digits."""


def by_differences(
    engine: DenseEngine,
    evidence: Array,
    own: Array | None = None,
    targets: Collection[str] | None = None,
) -> Beliefs:
    """Answer rows as the engine does, large noisy-ORs that are present as differences.

    A network that is easy as it is, and rows of which too little would be left, go to the engine
    as they are. Raises `TooHard` as the engine does.

    >>> from backpain_bn.model import Mechanism, Network, Variable, number, prior
    >>> states = ("no", "yes")
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", states, prior(0.8, 0.2)),
    ...         "wet": Variable("wet", states, wet),
    ...     },
    ... )
    >>> found = by_differences(DenseEngine(garden), np.array([[1.0, 1.0, 0.0, 1.0]]))
    >>> found.marginals.round(4).tolist()
    [[0.3053, 0.6947, 0.0, 1.0]]
    """
    opened = [] if engine.order_of_all.cells <= EASY else _large(engine, evidence)
    if not opened:
        return engine(evidence, own, targets)
    total, joint, top, added = _summed(engine, evidence, own, targets, opened)
    left = total >= SMALLEST_LEFT * added
    scale = np.where(left & (total > 0), total, 1.0)
    with np.errstate(divide="ignore"):
        logs = np.where(total > 0, np.log(scale) + top, -np.inf)
    marginals = np.clip(joint / scale[:, None], 0.0, 1.0)
    lost = np.flatnonzero(~left)
    if len(lost):
        mine = own if own is None or own.ndim == 1 else own[lost]
        again = engine(evidence[lost], mine, targets)
        marginals[lost], logs[lost] = again.marginals, again.log_evidence
    return Beliefs(marginals, logs)


def _large(engine: DenseEngine, evidence: Array) -> list[str]:
    """Return the large noisy-ORs of which rows say that they may be present, the largest first."""
    sizes = {}
    for name, variable in engine.network.variables.items():
        model, place = variable.distribution, engine.network.slices[name]
        if isinstance(model, NoisyOr) and len(model.mechanisms) >= MANY:
            absent, present = evidence[:, place].T
            if ((present > 0) & (present != absent)).any():
                sizes[name] = len(model.mechanisms)
    return sorted(sizes, key=lambda name: -sizes[name])[:MOST_OPENED]


def _summed(
    engine: DenseEngine,
    evidence: Array,
    own: Array | None,
    targets: Collection[str] | None,
    opened: list[str],
) -> tuple[Array, Array, Array, Array]:
    """Return the sum over all terms (n,), that of the joints (n, S), the log of what both are
    counted in (n,), and the sum of the terms' sizes (n,).
    """
    n = len(evidence)
    total, added, top = np.zeros(n), np.zeros(n), np.full(n, -np.inf)
    joint = np.zeros(evidence.shape)
    for absent in product((False, True), repeat=len(opened)):
        rows, weights = evidence.copy(), np.ones(n)
        for name, gone in zip(opened, absent, strict=True):
            place = engine.network.slices[name]
            here = evidence[:, place]
            weights *= here[:, 0] - here[:, 1] if gone else here[:, 1]
            rows[:, place] = (1.0, 0.0) if gone else (1.0, 1.0)
        some = np.flatnonzero(weights)
        if not len(some):
            continue
        mine = own if own is None or own.ndim == 1 else own[some]
        found = engine(rows[some], mine, targets)
        possible = np.isfinite(found.log_evidence)
        some, logs = some[possible], found.log_evidence[possible]
        top[some] = np.where(np.isneginf(top[some]), logs, top[some])
        sizes = weights[some] * np.exp(logs - top[some])
        total[some] += sizes
        added[some] += np.abs(sizes)
        joint[some] += sizes[:, None] * found.marginals[possible]
    return total, joint, top, added
