"""Whether probabilities mean what they say, and whether it pays to act on them: the calibration and
the decision curve.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..inference.beliefs import Array
from ..records import record
from .scores import SAME, Estimate, Happened, mean_of, share_of

THRESHOLDS = tuple(percent / 100 for percent in range(1, 100))


@record
class CalibrationBin:
    """Rows of about the same probability: how many, what was said on average, how often it
    happened.
    """

    count: int
    predicted: float
    observed: Estimate


def calibration_curve(p: Array, happened: Happened, bins: int) -> tuple[CalibrationBin, ...]:
    """Return what was said and what happened in up to `bins` groups of about as many rows each,
    from the lowest to the highest probability; the intervals are Wilson's.

    The edges are the quantiles of p, and equal probabilities stay together, as in scikit-learn's
    `calibration_curve(strategy="quantile")`.

    >>> rows = calibration_curve(np.array([0.1, 0.1, 0.7, 0.9]), np.array([0, 0, 1, 1]) == 1, 2)
    >>> [(row.count, row.predicted, row.observed.value) for row in rows]
    [(2, 0.1, 0.0), (2, 0.8, 1.0)]
    """
    level = np.round(p, SAME)
    edges = np.percentile(level, np.linspace(0, 1, bins + 1) * 100)
    place = np.searchsorted(edges[1:-1], level)
    counts = np.bincount(place, minlength=bins)
    said = np.bincount(place, weights=p, minlength=bins)
    cases = np.bincount(place, weights=happened, minlength=bins)
    return tuple(
        CalibrationBin(int(n), float(total / n), share_of(round(k), int(n)))
        for n, total, k in zip(counts, said, cases, strict=True)
        if n
    )


@record
class DecisionPoint:
    """The net benefit of acting on a probability of at least `threshold`: by the network, by its
    rivals in their order, for everybody; acting for nobody gains 0.
    """

    threshold: float
    network: Estimate
    rivals: tuple[float, ...]
    everybody: float


def decision_curve(
    p: Array, rivals: tuple[Array, ...], happened: Happened
) -> tuple[DecisionPoint, ...]:
    """Return the net benefit at thresholds of 1 to 99 %.

    Net benefit(t) = true positives / n - false positives / n * t / (1 - t): cases rightly acted on,
    less needless actions at the price at which somebody acts from a probability of t on (Vickers
    and Elkin 2006, Medical Decision Making 26:565).

    >>> p, happened = np.array([0.2, 0.4, 0.6, 0.8]), np.array([False, False, True, True])
    >>> point = decision_curve(p, (), happened)[49]
    >>> point.threshold, point.network.value, point.everybody
    (0.5, 0.5, 0.0)
    """
    return tuple(_points(p, rivals, happened))


def _points(p: Array, rivals: tuple[Array, ...], happened: Happened) -> Iterator[DecisionPoint]:
    for threshold in THRESHOLDS:
        worth = np.where(happened, 1.0, -threshold / (1 - threshold))
        yield DecisionPoint(
            threshold,
            mean_of(worth * (p >= threshold)),
            tuple(mean_of(worth * (rival >= threshold)).value for rival in rivals),
            mean_of(worth).value,
        )
