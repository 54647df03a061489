"""The Beta distribution, by scipy, which takes a moment to import; a parameter may be 0."""

from __future__ import annotations

import numpy as np

from ..inference.beliefs import Array

LEAST = 1e-6
"""A Beta distribution with a smaller parameter than this is treated as if it had this one."""


def beta_cdf(x: Array | float, a: Array | float, b: Array | float) -> Array:
    """Return P(X <= x) for X ~ Beta(a, b).

    >>> round(float(beta_cdf(0.25, 1.0, 2.0)), 12)
    0.4375
    """
    from scipy.special import betainc

    found: Array = betainc(np.maximum(a, LEAST), np.maximum(b, LEAST), x)
    return found


def beta_quantile(share: Array | float, a: float, b: float) -> Array:
    """Return the x below which a `share` of Beta(a, b) lies.

    >>> round(float(beta_quantile(0.4375, 1.0, 2.0)), 12)
    0.25
    """
    from scipy.special import betaincinv

    found: Array = betaincinv(max(a, LEAST), max(b, LEAST), share)
    return found
