"""DOC."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..inference.beliefs import Array

MOST_EXACT = 16
"""Up to so many findings every subset is asked; above, orders are sampled."""


ORDERS = 1024


SEED = 20


SMALL = 12
"""Above so many findings a circuit for this one variable pays for its compilation."""


Sets = NDArray[np.bool_]


LogOdds = Callable[[Sets], Array]
"""Which findings are told (n, m) -> log-odds of the hypothesis in decibans (n,), -inf or inf where
they settle it.
"""


class Account(NamedTuple):
    """One figure per finding, as in `Weight`; `swing` is the largest change that it ever makes."""

    weight: Array
    alone: Array
    last: Array
    told: Array
    settles: Array
    swing: Array
    error: Array


def _settled(log_odds: LogOdds, m: int) -> Account:
    """Return the account of m findings: those that settle the hypothesis as such, the rest as if
    these had not been told.
    """
    whole = Account(*np.zeros((7, m)))
    rest = np.arange(m)
    while len(rest):
        part = (_by_subsets if m <= MOST_EXACT else _by_orders)(
            _among(log_odds, rest, m), len(rest)
        )
        settling = part.settles > 0
        for column, figures in zip(whole, part, strict=True):
            column[rest] = figures
        if not settling.any():
            break
        rest = rest[~settling]
    return whole


def _among(log_odds: LogOdds, players: NDArray[np.int64], m: int) -> LogOdds:
    def ask(sets: Sets) -> Array:
        every = np.zeros((len(sets), m), dtype=bool)
        every[:, players] = sets
        return log_odds(every)

    return ask


def _change(after: Array, before: Array) -> Array:
    """Return after - before, 0 where both are infinite: what is settled already is not moved."""
    with np.errstate(invalid="ignore"):
        return np.where(after == before, 0.0, after - before)


def _by_subsets(log_odds: LogOdds, m: int) -> Account:
    """Return the exact account, from the log-odds after each of the 2^m subsets."""
    codes = np.arange(2**m)
    values = log_odds((codes[:, None] >> np.arange(m) & 1).astype(bool))
    sizes = (
        np.bitwise_count(codes)
        if hasattr(np, "bitwise_count")
        else (codes[:, None] >> np.arange(m) & 1).sum(axis=1)
    )
    share = np.array([1 / (m * math.comb(m - 1, size)) for size in range(m)])
    columns = []
    for player in range(m):
        bit = 1 << player
        low, high = (
            values.reshape(-1, 2, bit)[:, 0].ravel(),
            values.reshape(-1, 2, bit)[:, 1].ravel(),
        )
        weights = share[sizes.reshape(-1, 2, bit)[:, 0].ravel()]
        change = _change(high, low)
        settles = weights[np.isinf(change)].sum()
        ends = _change(values[[bit, -1, 2 * bit - 1]], values[[0, -1 - bit, bit - 1]])
        columns.append(
            [
                np.dot(weights, change) if not settles else change[np.isinf(change)][0],
                *ends,
                settles,
                np.abs(change).max(),
                0.0,
            ]
        )
    return Account(*np.array(columns).T)


def _by_orders(log_odds: LogOdds, m: int) -> Account:
    """Return the account from sampled orders, each with its mirror image, and the standard errors
    of the weights.
    """
    rng = np.random.default_rng(SEED)
    half = rng.permuted(np.tile(np.arange(m), (ORDERS // 2, 1)), axis=1)
    orders = np.stack([half, half[:, ::-1]], axis=1).reshape(-1, m)
    ranks = np.argsort(orders, axis=1)
    sets = ranks[:, None, :] < np.arange(m + 1)[None, :, None]
    values = log_odds(sets.reshape(-1, m)).reshape(ORDERS, m + 1)
    change = np.take_along_axis(_change(values[:, 1:], values[:, :-1]), ranks, axis=1)
    first, whole = values[:1, 0], values[:1, -1]
    single, prefix = np.eye(m, dtype=bool), np.tri(m, dtype=bool)
    told = np.concatenate([first, log_odds(prefix)])
    alone, last = _change(log_odds(single), first), _change(whole, log_odds(~single))
    infinite = np.isinf(change)
    settles = np.maximum(infinite.mean(axis=0), np.isinf(alone) / ORDERS)
    finite = np.where(infinite, 0.0, change)
    weight = np.where(settles > 0, np.copysign(math.inf, whole), finite.mean(axis=0))
    spread = finite.reshape(-1, 2, m).mean(axis=1).std(axis=0, ddof=1)
    error = np.where(settles > 0, 0.0, spread / math.sqrt(ORDERS // 2))
    return Account(
        weight,
        alone,
        last,
        _change(told[1:], told[:-1]),
        settles,
        np.abs(change).max(axis=0),
        error,
    )
