"""How good probabilities were, now that it is known what happened: Brier and log score, AUC, each
with its 90 % interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..inference.beliefs import Array
from ..records import record

Z = NormalDist().inv_cdf(0.95)
"""Standard errors from the middle to either end of a 90 % interval."""
HALVINGS = 60
SAME = 14
"""Probabilities that agree to so many digits are equal: what is left is rounding."""
Happened = NDArray[np.bool_]


class Estimate(NamedTuple):
    """A figure from a sample, and the ends of its 90 % interval."""

    value: float
    low: float
    high: float


def mean_of(values: Array, least: float = -math.inf) -> Estimate:
    """Return the mean of n independent values, give or take 1.645 standard errors (central limit),
    the interval cut at the `least` that a mean can be; infinite where a value is.

    >>> [round(figure, 3) for figure in mean_of(np.array([0.0, 1.0, 1.0, 2.0]))]
    [1.0, 0.328, 1.672]
    """
    mean = float(values.mean())
    if math.isinf(mean):
        return Estimate(mean, mean, mean)
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    reach = Z * spread / math.sqrt(len(values))
    return Estimate(mean, max(mean - reach, least), mean + reach)


def brier_terms(p: Array, happened: Happened) -> Array:
    """Return (p - y)^2 of each row, whose mean is the Brier score: 0 is perfect, 0.25 what 50 % for
    everything gets (Brier 1950).
    """
    terms: Array = (p - happened) ** 2
    return terms


def log_terms(p: Array, happened: Happened) -> Array:
    """Return -ln(probability given to what happened) of each row, whose mean is the log score: 0 is
    perfect, infinite where something happened that was held for impossible (Good 1952).
    """
    with np.errstate(divide="ignore"):
        terms: Array = -np.log(np.where(happened, p, 1 - p))
    return np.maximum(terms, 0.0)


def auc(p: Array, happened: Happened) -> Estimate | None:
    """Return P(a row in which it happened has a higher probability than one in which it did not),
    ties counting half; None where all rows are alike.

    The interval is the set of areas A with |a - A| <= 1.645 sqrt(V(A)), Hanley and McNeil's V(A) =
    A (1 - A) (1 + n* (1 - A) / (2 - A) + n* A / (1 + A)) / (m n), n* = (m + n) / 2 - 1, m rows with
    and n without (Newcombe 2006, Statistics in Medicine 25:559, method 5): it stays within 0 and 1
    and does not shrink to a point at 1, but is too wide near it (97 of 100 hold an area of 0.99).

    >>> found = auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    >>> round(found.value, 2), 0 < found.low < found.high < 1
    (0.75, True)
    """
    m, n = int(happened.sum()), int((~happened).sum())
    if not m or not n:
        return None
    _, place, counts = np.unique(np.round(p, SAME), return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    area = (float(middle[place[happened]].sum()) - m * (m + 1) / 2) / (m * n)
    more = (m + n) / 2 - 1

    def inside(other: float) -> bool:
        factor = 1 + more * (1 - other) / (2 - other) + more * other / (1 + other)
        return (area - other) ** 2 <= Z * Z * other * (1 - other) * factor / (m * n)

    return Estimate(area, _end(inside, area, 0.0), _end(inside, area, 1.0))


def _end(inside: Callable[[float], bool], start: float, end: float) -> float:
    """Return how far from `start` towards `end` one stays inside, by halving."""
    if start == end:
        return end
    near, far = start, end
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        if inside(middle):
            near = middle
        else:
            far = middle
    return near


def share_of(k: int, n: int) -> Estimate:
    """Return k of n as a share, with Wilson's 90 % interval (1927), which stays within 0 and 1.

    >>> [round(figure, 3) for figure in share_of(0, 10)]
    [0.0, 0.0, 0.213]
    """
    p, z2 = k / n, Z * Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if k == 0 else middle - reach
    return Estimate(p, low, 1.0 if k == n else middle + reach)


@record
class Score:
    """How good one source of probabilities was, each figure with its 90 % interval.

    `brier` is the mean of (p - y)^2, `log` that of -ln(probability given to what happened), `auc`
    P(a row in which it happened has a higher p than one in which it did not), None where all rows
    are alike. `brier_worse` and `log_worse` say by how much the score is higher, so worse, than the
    network's on the same rows.
    """

    name: str
    count: int
    happened: float
    predicted: float
    brier: Estimate
    log: Estimate
    auc: Estimate | None
    brier_worse: Estimate | None = None
    log_worse: Estimate | None = None


def score_of(name: str, p: Array, happened: Happened) -> Score:
    """Return how good probabilities were."""
    return Score(
        name,
        len(p),
        float(happened.mean()),
        float(p.mean()),
        mean_of(brier_terms(p, happened), 0.0),
        mean_of(log_terms(p, happened), 0.0),
        auc(p, happened),
    )
