"""The Beta distribution in numpy alone: how much lies below a value, and where a share ends."""

from __future__ import annotations

from math import lgamma

import numpy as np

from ..inference.beliefs import Array

LEAST = 1e-6
"""A Beta distribution with a smaller parameter than this is treated as if it had this one."""
MOST_TERMS = 500
SMALL = 1e-300
HALVINGS = 60
_log_gamma = np.vectorize(lgamma, otypes=[np.float64])


def beta_cdf(x: Array, a: Array, b: Array) -> Array:
    """Return P(X <= x) for X ~ Beta(a, b), each of shape (n,): the regularised incomplete beta
    function by its continued fraction (Press et al. 2007, section 6.4).

    >>> beta_cdf(np.array([0.25]), np.array([1.0]), np.array([2.0])).round(12).tolist()
    [0.4375]
    """
    a, b = np.maximum(a, LEAST), np.maximum(b, LEAST)
    turned = x > (a + 1) / (a + b + 2)
    one, other = np.where(turned, b, a), np.where(turned, a, b)
    at = np.clip(np.where(turned, 1 - x, x), 0.0, 1.0)
    inside = np.clip(at, SMALL, 1 - 1e-16)
    scale = _log_gamma(a + b) - _log_gamma(a) - _log_gamma(b)
    front = np.exp(scale + one * np.log(inside) + other * np.log1p(-inside)) / one
    below = np.where(at > 0, front * _fraction(inside, one, other), 0.0)
    found: Array = np.where(turned, 1 - below, below)
    return np.clip(found, 0.0, 1.0)


def _fraction(x: Array, a: Array, b: Array) -> Array:
    """Return the continued fraction by the method of Lentz."""
    c = np.ones_like(x)
    d = 1 / _away(1 - (a + b) * x / (a + 1))
    found = d.copy()
    for m in range(1, MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _away(1 + even * d), _away(1 + even / c)
        found *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _away(1 + odd * d), _away(1 + odd / c)
        found *= d * c
        if (np.abs(d * c - 1) < 1e-14).all():
            break
    return found


def _away(value: Array) -> Array:
    """Return values that one can divide by."""
    return np.where(np.abs(value) < SMALL, SMALL, value)


def beta_quantile(share: float, a: Array, b: Array) -> Array:
    """Return the x (n,) below which a `share` of Beta(a, b) lies, by halving.

    >>> beta_quantile(0.4375, np.array([1.0]), np.array([2.0])).round(12).tolist()
    [0.25]
    """
    low, high = np.zeros(len(a)), np.ones(len(a))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = beta_cdf(middle, a, b) < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found: Array = (low + high) / 2
    return found
