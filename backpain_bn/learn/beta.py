"""The Beta distribution by arithmetic alone: what lies below a value, and where a share ends."""

from __future__ import annotations

import math

LEAST = 1e-6
"""A Beta distribution with a smaller parameter than this is treated as if it had this one."""
MOST_TERMS = 1000
SMALL = 1e-300
PRECISE = 1e-14
MOST_STEPS = 100


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return P(X <= x) for X ~ Beta(a, b): the regularised incomplete beta function, by its
    continued fraction (Press et al. 2007, section 6.4).

    >>> round(beta_cdf(0.25, 1.0, 2.0), 12)
    0.4375
    """
    if not 0 < x < 1:
        return float(x >= 1)
    a, b = max(a, LEAST), max(b, LEAST)
    front = math.exp(_log_density(x, a, b) + math.log(x) + math.log1p(-x))
    if x > (a + 1) / (a + b + 2):
        return max(0.0, 1 - front * _fraction(1 - x, b, a) / b)
    return min(1.0, front * _fraction(x, a, b) / a)


def _log_density(x: float, a: float, b: float) -> float:
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return scale + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x)


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction by the method of Lentz."""
    c = 1.0
    d = 1 / _away(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _away(1 + even * d), _away(1 + even / c)
        found *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _away(1 + odd * d), _away(1 + odd / c)
        found *= d * c
        if abs(d * c - 1) < PRECISE:
            break
    return found


def _away(value: float) -> float:
    """Return a value that one can divide by."""
    return SMALL if abs(value) < SMALL else value


def beta_quantile(share: float, a: float, b: float) -> float:
    """Return the x below which a `share` of Beta(a, b) lies: steps of Newton, or halves where these
    would leave the interval that holds it.

    >>> round(beta_quantile(0.4375, 1.0, 2.0), 12)
    0.25
    """
    a, b = max(a, LEAST), max(b, LEAST)
    low, high, x = 0.0, 1.0, a / (a + b)
    for _ in range(MOST_STEPS):
        over = beta_cdf(x, a, b) - share
        low, high = (low, x) if over > 0 else (x, high)
        following = x - over * math.exp(min(-_log_density(x, a, b), 700.0))
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - x) <= PRECISE * x or not 0 < following < 1:
            break
        x = following
    return x
