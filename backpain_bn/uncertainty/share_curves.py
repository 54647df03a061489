"""How the shares of causes follow single numbers of the network: ratios of straight lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..explain.shares import otherwise, share_slopes
from ..inference.beliefs import Array
from ..inference.evidence import encode
from ..inference.two_worlds import OtherWorld
from ..model.distributions import NoisyOr
from ..model.findings import Findings
from ..model.network import Network
from ..model.numbers import Parameter, numbers_of, parameters_of, places_of
from .one_way import MATTERS


@dataclass(frozen=True, eq=False)
class ShareCurve:
    """The shares of K causes as functions of one number t in [0, 1].

    `joints` (m, 1 + K) are P(Y present, e), and P(Y' absent, Y present, e) for each cause, relative
    to P(Y present, e) now, at the values `t` (m,), among them 0, 1 and the number's own; between
    these they are straight.
    """

    parameter: Parameter
    t: Array
    joints: Array

    def __call__(self, t: float) -> Array:
        """Return the shares (K,) at t; where the findings are impossible, their limit."""
        whole, *parts = self._at(t)
        if whole <= MATTERS:
            # Numerator and denominator vanish together, so on this piece their ratio is constant.
            whole, *parts = self._at((t + self._next(t)) / 2)
        return np.clip(np.array(parts) / whole, 0.0, 1.0) if whole > 0 else np.zeros(len(parts))

    @property
    def swing(self) -> float:
        """How far the first share swings while t goes from 0 to 1."""
        first = [float(self(t)[0]) for t in self.t.tolist()]
        return max(first) - min(first)

    def overtaken(self) -> tuple[float | None, int]:
        """Return the t nearest to the number's own from which on another share is larger than the
        first, and which; None where that is nowhere.
        """
        p = self.parameter.number.p
        own = int(np.searchsorted(self.t, p))
        ways = (range(own, len(self.t)), range(own, -1, -1))
        turns = [turn for way in ways if (turn := self._first_turn(list(way))) is not None]
        at, rival = min(turns, key=lambda turn: abs(turn[0] - p), default=(None, 0))
        return at, rival

    def _first_turn(self, places: Sequence[int]) -> tuple[float, int] | None:
        """Return where the first share is overtaken on the way through these places, and by
        which.
        """
        lead = self.joints[:, 2:] - self.joints[:, 1:2]
        for here, there in pairwise(places):
            ahead = np.flatnonzero(lead[there] > MATTERS)
            if len(ahead):
                before, after = np.minimum(lead[here, ahead], 0.0), lead[there, ahead]
                way = before / (before - after)
                soonest = int(way.argmin())
                at = self.t[here] + way[soonest] * (self.t[there] - self.t[here])
                return float(at), int(ahead[soonest]) + 1
        return None

    def _at(self, t: float) -> Array:
        return np.array([np.interp(t, self.t, column) for column in self.joints.T])

    def _next(self, t: float) -> float:
        """Return the next of the values on the way from t to the number's own."""
        p = self.parameter.number.p
        if t > p:
            return float(self.t[self.t < t].max())
        return float(self.t[self.t > t].min(initial=1.0))


def share_curves(
    network: Network, findings: Findings, causes: Sequence[str]
) -> Iterator[ShareCurve]:
    """Yield how the shares of causes follow each number of the network.

    Each joint probability of two worlds that share their switches is linear in each number, so its
    value and its slope now say all (Darwiche 2003). Rows of a table below a cause are read by one
    uniform draw in both worlds: there the joint of that cause is linear between the values at which
    the cumulated row meets another, and is evaluated at each of them.
    """
    own, places = parameters_of(network), places_of(network)
    now, gradient = share_slopes(network, findings, causes)
    coupled = [_coupled(network, name) for name in causes]
    for one in numbers_of(network):
        bent = [index for index, names in enumerate(coupled) if one.variable in names]
        t = np.unique([0.0, one.number.p, 1.0])
        if bent:
            knots = _knots(one, own, own[places[one.variable]])
            t = np.unique([*knots, one.number.p])
        tables = np.array([one.at(own, value) for value in t.tolist()])
        joints = now + (tables - own) @ gradient.T
        if bent:
            sets = [[causes[index]] for index in bent]
            found = otherwise(network, encode(network, [findings]), sets, parameters=tables)
            joints[:, [1 + index for index in bent]] = found.changed * joints[:, :1]
        yield ShareCurve(one, t, np.maximum(joints, 0.0))


def _coupled(network: Network, cause: str) -> frozenset[str]:
    """Return the variables whose tables are read by one draw in both worlds."""
    copied = OtherWorld(network, [cause]).copied
    return frozenset(name for name in copied if not isinstance(network[name].distribution, NoisyOr))


def _knots(one: Parameter, own: Array, table: Array) -> list[float]:
    """Return 0, 1 and where the row of a number, cumulated, meets the other rows of its table."""
    rows = table.reshape(-1, one.size).cumsum(axis=1)[:, :-1]
    row = slice(one.first, one.first + one.size)
    start, end = (one.at(own, t)[row].cumsum()[:-1] for t in (0.0, 1.0))
    slope = np.where(end == start, np.inf, end - start)
    meets = (rows[:, None, :] - start[:, None]) / slope[:, None]
    inner = meets[(meets > 0) & (meets < 1)]
    knots: list[float] = np.unique([0.0, *inner.tolist(), 1.0]).tolist()
    return knots
