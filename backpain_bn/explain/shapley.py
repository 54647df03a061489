"""What each player adds to a value, averaged over all orders of joining (Shapley 1953).

Written for log-odds, which may be infinite: a player who makes a hypothesis certain or impossible
settles it, and the others are accounted for without that player.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..inference.beliefs import Array

MOST_EXACT = 16
"""Up to so many players every subset is asked; above, orders are sampled."""
ORDERS = 1024
SEED = 20

Sets = NDArray[np.bool_]
"""Which of m players are in each of n subsets, (n, m)."""
Value = Callable[[Sets], Array]
"""Subsets (n, m) -> their values (n,), all in one batch; -inf or inf where they settle it."""


class Shapley(NamedTuple):
    """One figure per player, each of shape (m,).

    `weight`: the mean over all orders of what the player adds, infinite where the player settles
    it. `alone`: added to nobody; `last`: added to all others; `told`: added to those before it.
    `settles`: the share of orders in which it is this player who settles it. `swing`: the largest
    change that it ever makes. `error`: the standard error of a sampled weight, 0 where exact.
    """

    weight: Array
    alone: Array
    last: Array
    told: Array
    settles: Array
    swing: Array
    error: Array


def shapley(players: int, value: Value) -> Shapley:
    """Return what each player adds to a value, averaged over all orders.

    weight_i = sum over S without i of |S|! (m - |S| - 1)! / m! * [value(S and i) - value(S)], exact
    for up to 16 players, whose 2^m subsets are one call of `value`; above that from 1024 sampled
    orders in mirrored pairs, seeded. Finite weights add up to value(all) - value(none); those who
    settle it get an infinite weight, and all figures of the others are those of the game without
    them. What is settled already is moved by nobody.

    >>> found = shapley(2, lambda sets: sets @ np.array([1.0, 2.0]) + 3.0 * sets.all(axis=1))
    >>> found.weight.tolist(), found.alone.tolist(), found.last.tolist()
    ([2.5, 3.5], [1.0, 2.0], [4.0, 5.0])
    """
    found = Shapley(*np.zeros((7, players)))
    rest = np.arange(players)
    while len(rest):
        account = _by_subsets if players <= MOST_EXACT else _by_orders
        part = account(len(rest), _among(value, rest, players))
        for whole, figures in zip(found, part, strict=True):
            whole[rest] = figures
        settling = part.settles > 0
        if not settling.any():
            break
        rest = rest[~settling]
    return found


def subsets(players: int) -> Sets:
    """Return all 2^m subsets, none first, all last; player i is in those whose number has bit i.

    >>> subsets(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    return (np.arange(2**players)[:, None] >> np.arange(players) & 1).astype(bool)


def prefixes(players: int) -> Sets:
    """Return the subsets of players that join one after the other, none first, all last.

    >>> prefixes(2).astype(int).tolist()
    [[0, 0], [1, 0], [1, 1]]
    """
    return np.tri(players + 1, players, -1, dtype=bool)


def looked_up(values: Array) -> Value:
    """Return the value function of a game whose values of all `subsets`, (2^m,), are known."""
    return lambda sets: values[sets @ (1 << np.arange(sets.shape[1]))]


def changes(values: Array) -> Array:
    """Return the differences from row to row, (n, ...) -> (n - 1, ...); 0 where both are infinite.

    >>> changes(np.array([0.0, 2.0, np.inf, np.inf])).tolist()
    [2.0, inf, 0.0]
    """
    return _change(values[1:], values[:-1])


def _change(after: Array, before: Array) -> Array:
    """Return after - before, 0 where both are infinite: what is settled already is not moved."""
    with np.errstate(invalid="ignore"):
        return np.where(after == before, 0.0, after - before)


def _among(value: Value, rest: NDArray[np.intp], players: int) -> Value:
    """Return the value function of the game among some of the players."""

    def ask(sets: Sets) -> Array:
        every = np.zeros((len(sets), players), dtype=bool)
        every[:, rest] = sets
        return value(every)

    return ask


def _by_subsets(players: int, value: Value) -> Shapley:
    """Return the exact account, from the values of the 2^m subsets."""
    members = subsets(players)
    values = value(members)
    sizes = members.sum(axis=1)
    per_size = np.array([1 / (players * math.comb(players - 1, size)) for size in range(players)])
    every = len(values) - 1
    found = Shapley(*np.zeros((7, players)))
    for player in range(players):
        bit = 1 << player
        without = np.flatnonzero(~members[:, player])
        weights = per_size[sizes[without]]
        change = _change(values[without + bit], values[without])
        infinite = np.isinf(change)
        if infinite.any():
            found.weight[player] = change[infinite][0]
        else:
            found.weight[player] = weights @ change
        found.settles[player] = weights[infinite].sum()
        found.swing[player] = np.abs(change).max()
        found.alone[player] = _change(values[bit], values[0])
        found.last[player] = _change(values[every], values[every - bit])
        found.told[player] = _change(values[2 * bit - 1], values[bit - 1])
    return found


def _by_orders(players: int, value: Value) -> Shapley:
    """Return the account from sampled orders, each with its mirror image, and the standard errors
    of the weights.
    """
    rng = np.random.default_rng(SEED)
    half = rng.permuted(np.tile(np.arange(players), (ORDERS // 2, 1)), axis=1)
    orders = np.stack([half, half[:, ::-1]], axis=1).reshape(-1, players)
    ranks = np.argsort(orders, axis=1)
    sets = ranks[:, None, :] < np.arange(players + 1)[None, :, None]
    values = value(sets.reshape(-1, players)).reshape(ORDERS, players + 1)
    change = np.take_along_axis(_change(values[:, 1:], values[:, :-1]), ranks, axis=1)
    none, whole = values[:1, 0], values[:1, -1]
    single = np.eye(players, dtype=bool)
    alone, last = _change(value(single), none), _change(whole, value(~single))
    told = changes(value(prefixes(players)))
    infinite = np.isinf(change)
    settles = np.maximum(infinite.mean(axis=0), np.isinf(alone) / ORDERS)
    finite = np.where(infinite, 0.0, change)
    weight = np.where(settles > 0, np.copysign(math.inf, whole), finite.mean(axis=0))
    spread = finite.reshape(-1, 2, players).mean(axis=1).std(axis=0, ddof=1)
    error = np.where(settles > 0, 0.0, spread / math.sqrt(ORDERS // 2))
    swing = np.abs(change).max(axis=0)
    return Shapley(weight, alone, last, told, settles, swing, error)
