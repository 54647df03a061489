"""How probabilities follow single numbers of the network: straight lines, from two evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..inference.beliefs import Array, Beliefs
from ..inference.engine import Names
from ..inference.interventions import CELLS_AT_ONCE, SeenAndDone, answers
from ..model.network import Network
from ..model.numbers import Parameter, parameters_of


@dataclass(frozen=True, eq=False)
class Lines:
    """K probabilities, each linear in each of J numbers: `near` (K,) where the number has its own
    value p, `far` (J, K) far from it.
    """

    p: Array
    span: Array
    near: Array
    far: Array

    def __call__(self, numbers: NDArray[np.intp], t: Array) -> Array:
        """Return the values (n, k, K) with number `numbers[i]` at `t[i, j]`."""
        way = (t - self.p[numbers, None]) / self.span[numbers, None]
        return self.near + way[..., None] * (self.far[numbers] - self.near)[:, None]

    def straight(self) -> tuple[Array, Array]:
        """Return slopes and intercepts (J, K): value = slope * t + intercept."""
        slope = (self.far - self.near) / self.span[:, None]
        return slope, self.near - slope * self.p[:, None]


def lines(
    network: Network,
    cases: Sequence[SeenAndDone],
    varied: Sequence[Parameter],
    columns: Sequence[Sequence[int]],
    *,
    targets: Names = None,
) -> list[Lines]:
    """Return for each case, of one row, how P(row) and P(column, row) of its `columns` follow each
    number, relative to P(row) now. `targets` as in `answers`.

    Each is linear in each number (Castillo, Gutierrez and Hadi 1997), so its value now and one more
    evaluation, far from it, say all.
    """
    own = parameters_of(network)
    p = np.array([one.number.p for one in varied])
    span = np.array([one.far for one in varied]) - p
    today = list(answers(network, cases, targets=targets))
    bases = [float(beliefs.log_evidence[0]) for beliefs in today]
    near = [
        _relative(beliefs, base, wanted)[0]
        for beliefs, base, wanted in zip(today, bases, columns, strict=True)
    ]
    far: list[list[Array]] = [[] for _ in cases]
    at_once = max(1, CELLS_AT_ONCE // max(1, len(own)))
    for start in range(0, len(varied), at_once):
        tables = np.array([one.at(own, one.far) for one in varied[start : start + at_once]])
        found = answers(network, cases, parameters=tables, targets=targets)
        for parts, beliefs, base, wanted in zip(far, found, bases, columns, strict=True):
            parts.append(_relative(beliefs, base, wanted))
    return [
        Lines(p, span, here, np.concatenate(parts)) for here, parts in zip(near, far, strict=True)
    ]


def _relative(beliefs: Beliefs, base: float, wanted: Sequence[int]) -> Array:
    whole = np.exp(beliefs.log_evidence - base)[:, None]
    return np.hstack([whole, beliefs.marginals[:, list(wanted)] * whole])
