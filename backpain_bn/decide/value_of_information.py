"""What answers are worth before they are given: every answer, and every pair of answers, as rows of
one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.evidence import encode, impossible
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Cost

Reward = Callable[[Array], Array]
"""How good it is to know what each row knows: marginals (n, S) in, (n,) out; convex in the
probabilities, so no answer makes it worse.
"""
ROUNDING = 1e-12
"""A value between -ROUNDING and ROUNDING (relative to the largest reward) is 0: it cannot be told
from what rounding leaves.
"""
MOST_CELLS = 8_000_000
"""Pairs of answers are looked at as long as their rows have no more cells than this; beyond, the
best and the cheapest questions are.
"""
BEST_AHEAD = 20
SLACK = 1e-9
"""A rate is better than another if it is so by more than this, relatively."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Each answer to each question, put to the network beside today's findings.

    `column` (m,) is the answer's state among all S, `owner` (m,) its question's place in `names`;
    `now` (S,) and `after` (m, S) are the marginals before and after; `chance` (m,) = P(answer |
    findings).
    """

    network: Network
    names: tuple[str, ...]
    row: Array
    column: NDArray[np.int64]
    owner: NDArray[np.int64]
    now: Array
    after: Array

    @property
    def costs(self) -> list[Cost]:
        """Return what each question takes."""
        return [self.network[name].cost for name in self.names]

    @property
    def chance(self) -> Array:
        """Return P(answer | findings) of every answer, shape (m,)."""
        return self.now[self.column]

    def only(self, kept: Sequence[int]) -> Outcomes:
        """Return the questions at these places alone."""
        rows = np.isin(self.owner, kept)
        owner = np.searchsorted(np.asarray(kept, dtype=np.int64), self.owner[rows])
        names = tuple(self.names[index] for index in kept)
        return replace(
            self, names=names, column=self.column[rows], owner=owner, after=self.after[rows]
        )

    @cached_property
    def masks(self) -> Array:
        """Return the likelihoods that each answer puts on all states, shape (m, S)."""
        masks = np.ones((len(self.column), len(self.row)))
        for index, (column, owner) in enumerate(zip(self.column, self.owner, strict=True)):
            masks[index, self.network.slices[self.names[owner]]] = 0.0
            masks[index, column] = 1.0
        return masks

    @property
    def rows(self) -> Array:
        """Return the likelihoods that were put to the network, today's first, shape (1 + m, S)."""
        return np.concatenate([self.row[None], self.row * self.masks])

    def summed(self, values: Array) -> Array:
        """Return the sums of (..., m) over the answers of each question, shape (..., questions)."""
        starts = np.flatnonzero(np.diff(self.owner, prepend=-1))
        sums: Array = np.add.reduceat(values, starts, axis=-1) if len(starts) else values
        return sums


def outcomes(network: Network, findings: Findings, names: Sequence[str]) -> Outcomes:
    """Return every answer to the questions `names`, as one batch of rows; raises as `posterior`
    does.
    """
    row = encode(network, [findings])[0]
    places = [network.slices[name] for name in names]
    column = np.array(
        [state for place in places for state in range(place.start, place.stop)], dtype=np.int64
    )
    owner = np.array(
        [index for index, place in enumerate(places) for _ in range(place.start, place.stop)],
        dtype=np.int64,
    )
    asked = Outcomes(network, tuple(names), row, column, owner, row, row)
    beliefs = engine_for(network)(asked.rows)
    if np.isneginf(beliefs.log_evidence[0]):
        raise impossible(network, findings)
    return Outcomes(
        network, tuple(names), row, column, owner, beliefs.marginals[0], beliefs.marginals[1:]
    )


def gains(asked: Outcomes, reward: Reward) -> Array:
    """Return what each question is worth: sum over its answers of P(x | e) reward(e, x), less
    reward(e); shape (questions,), at least 0.
    """
    today = float(reward(asked.now[None])[0])
    after = reward(asked.after)
    return clean(
        asked.summed(asked.chance * (after - today)), np.abs(np.append(after, today)).max()
    )


def second_gains(asked: Outcomes, reward: Reward) -> Array:
    """Return what each question is worth after each answer to another one, shape (m, questions):
    one batch, every pair of answers once.

    A question after its own answer, and anything after an answer that cannot come, is worth 0.
    """
    m = len(asked.column)
    first, second = np.triu_indices(m, 1)
    different = asked.owner[first] != asked.owner[second]
    first, second = first[different], second[different]
    rows = asked.row * asked.masks[first]
    rows *= asked.masks[second]
    value = reward(engine_for(asked.network)(rows).marginals) if len(rows) else np.zeros(0)
    after = reward(asked.after)
    gained = np.zeros((m, m))
    chance = asked.after[:, asked.column]
    gained[first, second] = chance[first, second] * (value - after[first])
    gained[second, first] = chance[second, first] * (value - after[second])
    gained[asked.chance == 0] = 0.0
    return clean(asked.summed(gained), np.abs(np.append(value, after)).max(initial=0.0))


def clean(values: Array, scale: float) -> Array:
    """Return values that are 0 where they cannot be told from rounding; what is further below 0
    than that is left to be seen.
    """
    return np.where(np.abs(values) <= ROUNDING * max(scale, 1.0), 0.0, values)


def entropy_reward(network: Network, hypotheses: Sequence[str]) -> Reward:
    """Return the reward -sum of H(h | e) over the hypotheses, in bits."""
    places = [network.slices[name] for name in hypotheses]
    columns = np.array(
        [column for place in places for column in range(place.start, place.stop)], dtype=np.int64
    )

    def reward(marginals: Array) -> Array:
        p = marginals[:, columns]
        return np.asarray((p * np.log2(np.where(p > 0, p, 1.0))).sum(axis=1))

    return reward


class TwoQuestions(NamedTuple):
    """A plan of up to two questions: its expected gain per effort, and the second question after
    each answer that has one.
    """

    rate: float
    then: tuple[tuple[int, str], ...]


def two_steps(
    asked: Outcomes,
    reward: Reward,
    value: Array,
    costs: Sequence[tuple[float, float]],
    most: float,
    price: float,
) -> tuple[float, dict[str, TwoQuestions]]:
    """Return V_2 - V_0, and the best plan of each question whose best plan beats every question in
    it asked alone.

    `costs` holds (minutes, effort) of each question; both questions of a plan fit into `most`
    minutes. V_2 as in `NextQuestions`.
    """
    kept = _within_reach(asked, value, np.array([effort for _, effort in costs]))
    near, value = asked.only(kept), value[kept]
    minutes, effort = np.array([costs[index] for index in kept]).reshape(-1, 2).T
    following = second_gains(near, reward) * (minutes[near.owner][:, None] + minutes <= most)
    net = np.maximum((following - price * effort).max(axis=1, initial=0.0), 0.0)
    worth = float((value - price * effort + near.summed(near.chance * net)).max(initial=0.0))
    alone = value / effort
    plans = {}
    for index, name in enumerate(near.names):
        own = near.owner == index
        rate, then = best_rate(
            float(value[index]), float(effort[index]), near.chance[own], following[own], effort
        )
        named = [(answer, second) for answer, second in enumerate(then) if second >= 0]
        if rate > max(alone[[index, *(second for _, second in named)]]) * (1 + SLACK):
            seconds = tuple((answer, near.names[second]) for answer, second in named)
            plans[name] = TwoQuestions(rate, seconds)
    return worth, plans


def best_rate(
    gain: float, effort: float, chance: Array, following: Array, efforts: Array
) -> tuple[float, tuple[int, ...]]:
    """Return the largest (expected gain) / (expected effort) of a plan that begins with a question,
    and its follow-up after each answer.

    A plan asks at most one more question, chosen by the answer, or none (-1). Dinkelbach's method
    (1967): with the rate of the plan so far as the price of effort, take what is worth its price;
    repeat until the rate no longer rises.

    >>> rate, then = best_rate(
    ...     0.0,
    ...     1.0,
    ...     np.array([0.5, 0.5]),
    ...     np.array([[1.0, 0.1], [0.0, 0.1]]),
    ...     np.array([1.0, 1.0]),
    ... )
    >>> round(rate, 4), then
    (0.3333, (0, -1))
    """
    rate, then = gain / effort, (-1,) * len(chance)
    while len(efforts):
        net = following - rate * efforts
        best = np.where(net.max(axis=1) > 0, net.argmax(axis=1), -1)
        taken = best >= 0
        added = np.where(taken, following[np.arange(len(chance)), best], 0.0)
        spent = np.where(taken, efforts[best], 0.0)
        better = float((gain + chance @ added) / (effort + chance @ spent))
        if better <= rate * (1 + SLACK):
            break
        rate, then = better, tuple(int(index) for index in best)
    return rate, then


def _within_reach(asked: Outcomes, value: Array, effort: Array) -> list[int]:
    """Return the questions to look at two steps ahead: all, or the best few and then the cheapest
    where all were too many.
    """
    states = np.bincount(asked.owner, minlength=len(asked.names))
    room = int((2 * MOST_CELLS / len(asked.row)) ** 0.5)
    best = np.argsort(-value, kind="stable")[:BEST_AHEAD]
    cheapest = np.argsort(effort, kind="stable")
    order = list(dict.fromkeys([*best.tolist(), *cheapest.tolist()]))
    fitting = int(np.searchsorted(np.cumsum(states[order]), room, side="right"))
    return sorted(order[:fitting])
