"""One number at a time: how an answer follows it, where the answer turns, and which numbers the
first place hangs on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import shorten

import numpy as np
from numpy.typing import NDArray

from ..display.blocks import Block, Item, Note, Tornado, View
from ..display.result import Result
from ..display.words import percent, short_label, state_words
from ..errors import BackpainError, shown
from ..explain.attribution import Contributors, contributors
from ..inference.beliefs import Array
from ..inference.posterior import posterior
from ..model.distributions import Number
from ..model.findings import Findings
from ..model.network import Network
from .parameters import Asked, Parameter, actions, lines, parameters

MATTERS = 1e-12
"""A number whose function bends less than this (|a1 g0 - a0 g1|) changes nothing."""
LISTED = 8
LONGEST_LABEL = 72
HALVINGS = 40
STEPS = 16
"""Points at which each part of a number's way from 0 to 1 (below, in and above its range) is looked
at for a change of first place.
"""


@dataclass(frozen=True, slots=True)
class Curve:
    """A probability as a function of one number t: f(t) = (a1 t + a0) / (g1 t + g0)."""

    parameter: Parameter
    a1: float
    a0: float
    g1: float
    g0: float

    def __call__(self, t: float) -> float:
        """Return f(t); nan where the findings are impossible at t."""
        below = self.g1 * t + self.g0
        return min(max((self.a1 * t + self.a0) / below, 0.0), 1.0) if below > 0 else math.nan

    @property
    def bend(self) -> float:
        """The numerator a1 g0 - a0 g1 of the derivative: its sign says which way f goes, 0 that it
        is constant.
        """
        return self.a1 * self.g0 - self.a0 * self.g1

    @property
    def slope(self) -> float:
        """The derivative (a1 g0 - a0 g1) / (g1 t + g0)^2 at the number's own value."""
        return self.bend / (self.g1 * self.parameter.number.p + self.g0) ** 2

    @property
    def low(self) -> float:
        """Return f at the low end of the number's own range."""
        return self(self.parameter.number.low)

    @property
    def high(self) -> float:
        """Return f at the high end of the number's own range."""
        return self(self.parameter.number.high)

    @property
    def swing(self) -> float:
        """How far f swings while the number runs through its own range (f is monotone)."""
        return abs(self.high - self.low)

    def crossing(self, threshold: float) -> float | None:
        """Return the t in [0, 1] with f(t) = threshold, t = (threshold g0 - a0) / (a1 - threshold
        g1); None if there is none.
        """
        below = self.a1 - threshold * self.g1
        t = (threshold * self.g0 - self.a0) / below if abs(below) > MATTERS else math.nan
        return t if 0 <= t <= 1 and self.g1 * t + self.g0 > 0 else None


@dataclass(frozen=True, eq=False)
class Sensitivity(Result):
    """How P(variable in one of `states` | findings) follows each number that matters, the largest
    swing on its own range first.
    """

    network: Network
    findings: Findings
    variable: str
    states: tuple[str, ...]
    now: float
    threshold: float
    rows: tuple[Curve, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per number, for a table or JSON."""
        return [
            _told(row.parameter)
            | {
                "at_low": row.low,
                "at_high": row.high,
                "slope": row.slope,
                "crossing": row.crossing(self.threshold),
            }
            | {"a1": row.a1, "a0": row.a0, "g1": row.g1, "g0": row.g0}
            for row in self.rows
        ]

    def views(self) -> list[View]:
        """Return the tornado, and the numbers that could carry the probability across the
        threshold.
        """
        what = state_words(self.network, self.variable, self.states)
        title = f"What the {percent(self.now)} for {what} hangs on"
        if not self.rows:
            return [View(title, (Note("No single number of this network changes it."),))]
        blocks = _tornado(
            _capital(what), self.now, [(row.parameter, row.low, row.high) for row in self.rows]
        )
        side = "below" if self.now >= self.threshold else "above"
        crossings = [(row.parameter, row.crossing(self.threshold)) for row in self.rows]
        found = [(one, at) for one, at in crossings if at is not None and _inside(one.number, at)]
        if found:
            blocks.append(
                Note(f"It would be {side} {percent(self.threshold)} if one of these were")
            )
            blocks += [Item(_if(one, at)) for one, at in found[:LISTED]]
        else:
            blocks.append(
                Note(
                    f"No single number, anywhere in its own range, brings it {side} "
                    f"{percent(self.threshold)}."
                )
            )
        return [View(title, tuple(blocks))]


def sensitivity(
    network: Network,
    findings: Findings,
    variable: str,
    state: str | None = None,
    threshold: float = 0.5,
) -> Sensitivity:
    """Return P(variable = state | findings) as a function of each single number: links, leaks,
    priors and rows of tables.

    f(t) = P(h, e)(t) / P(e)(t) = (a1 t + a0) / (g1 t + g0), the constants from two evaluations;
    siblings in a row make room in proportion (Castillo, Gutierrez and Hadi 1997; Coupe and van der
    Gaag 2002). `state` None: any state but the first, healthy one. Raises as `posterior` does, and
    `BackpainError` for a threshold that is not between 0 and 1.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ... )
    >>> for curve in sensitivity(garden, {"wet": "yes"}, "rain").rows:
    ...     print(
    ...         curve.parameter.what,
    ...         round(curve(0.3), 4),
    ...         round(curve.slope, 3),
    ...         round(curve.crossing(0.5), 4),
    ...     )
    wet, with none of its causes 0.4366 -2.098 0.2308
    rain, how common 0.7959 1.326 0.099
    rain > wet 0.4805 0.21 0.3333
    """
    if (
        isinstance(threshold, bool)
        or not isinstance(threshold, float | int)
        or not 0 < threshold < 1
    ):
        raise BackpainError(
            f"the threshold is {shown(threshold)}; it must be a probability between 0 and 1"
        )
    wanted = (
        network[variable].states[1:]
        if state is None
        else (network[variable].states[network.state(variable, state)],)
    )
    columns = [network.slices[variable].start + network.state(variable, one) for one in wanted]
    now = float(posterior(network, findings).row[columns].sum())
    varied = parameters(network)
    slopes, starts = lines(network, [(findings, {})], varied, [columns])[0].straight()
    curves = [
        Curve(one, float(slope[1:].sum()), float(start[1:].sum()), float(slope[0]), float(start[0]))
        for one, slope, start in zip(varied, slopes, starts, strict=True)
    ]
    rows = sorted(
        (curve for curve in curves if abs(curve.bend) > MATTERS),
        key=lambda curve: (-curve.swing, -abs(curve.slope)),
    )
    return Sensitivity(network, findings, variable, wanted, now, threshold, tuple(rows))


@dataclass(frozen=True, slots=True)
class Turn:
    """What one number does to the first contributor: its share at the ends of the number's range,
    and where another takes its place.

    `at` is the value nearest to the number's own at which `rival` overtakes; None where no value
    from 0 to 1 does that.
    """

    parameter: Parameter
    low: float
    high: float
    at: float | None
    rival: str

    @property
    def swing(self) -> float:
        """How far the share swings between the ends of the number's range."""
        return abs(self.high - self.low)

    @property
    def within(self) -> bool:
        """Whether the number's own range allows the turn."""
        return self.at is not None and _inside(self.parameter.number, self.at)


@dataclass(frozen=True, eq=False)
class Turns(Result):
    """Which numbers the first contributor's share and place hang on, the largest swing on its own
    range first.
    """

    network: Network
    findings: Findings
    first: str
    share: float
    rows: tuple[Turn, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per number, for a table or JSON."""
        return [
            _told(row.parameter)
            | {
                "share_at_low": row.low,
                "share_at_high": row.high,
                "turns_at": row.at,
                "rival": row.rival,
                "within_range": row.within,
            }
            for row in self.rows
        ]

    def views(self) -> list[View]:
        """Return the tornado of the first contributor's share, and the numbers that alone could
        cost it its place.
        """
        if not self.rows:
            return []
        label = short_label(self.network[self.first])
        blocks: list[Block] = [Note(f"First now: {label}.")]
        blocks += _tornado(
            "Its share", self.share, [(row.parameter, row.low, row.high) for row in self.rows]
        )
        turning = [row for row in self.rows if row.within]
        for rival in dict.fromkeys(row.rival for row in turning[:LISTED]):
            blocks.append(
                Note(
                    f"{_capital(short_label(self.network[rival]))} would come first if one "
                    "of these were"
                )
            )
            blocks += [
                Item(_if(row.parameter, row.at))
                for row in turning[:LISTED]
                if row.rival == rival and row.at is not None
            ]
        if not turning:
            blocks.append(
                Note("No single number, anywhere in its own range, would put another cause first.")
            )
        elif len(turning) > LISTED:
            blocks.append(
                Note(f"{len(turning) - LISTED} more numbers could change the first place too.")
            )
        return [View("What the first place hangs on", tuple(blocks))]


def turns(network: Network, findings: Findings, found: Contributors | None = None) -> Turns:
    """Return how the first contributor's share follows each number, and where another contributor
    overtakes it.

    share_c(t) = sum over s of P(c=s | e)(t) (1 - P(pain | do(c=0), b)(t) / P(pain | do(c=s),
    b)(t)), every factor (a1 t + a0) / (g1 t + g0) from two evaluations; a turn is looked for on a
    grid over [0, 1], finest in the number's own range, and then bisected. Raises as `contributors`
    does. `found` saves working the contributors out again.
    """
    found = contributors(network, findings) if found is None else found
    names = [row.variable for row in found.rows]
    if not names:
        return Turns(network, findings, "", 0.0, ())
    varied = parameters(network)
    shares = _Shares(network, findings, names, varied)
    every = np.arange(len(varied))
    ends = shares([0], every, np.array([[one.number.low, one.number.high] for one in varied]))[
        ..., 0
    ]
    grid = _grid(varied)
    values = shares(range(len(names)), every, grid)
    at, rival = _turning_points(shares, np.array([one.number.p for one in varied]), grid, values)
    rows = []
    for one, (low, high), moved, where, who in zip(
        varied, ends.tolist(), np.ptp(values[..., 0], axis=1), at, rival, strict=True
    ):
        if moved > MATTERS or not np.isnan(where):
            rows.append(
                Turn(
                    one, low, high, *((None, "") if np.isnan(where) else (float(where), names[who]))
                )
            )
    return Turns(
        network,
        findings,
        names[0],
        found.rows[0].share,
        tuple(sorted(rows, key=lambda row: -row.swing)),
    )


class _Shares:
    """The shares of causes as functions of each number."""

    def __init__(
        self,
        network: Network,
        findings: Findings,
        causes: Sequence[str],
        varied: Sequence[Parameter],
    ) -> None:
        outcome = network.slices[network.outcome]
        states = [
            range(network.slices[name].start + 1, network.slices[name].stop) for name in causes
        ]
        asked: list[Asked] = [(findings, {})]
        columns: list[list[int]] = [[column for some in states for column in some]]
        for name in causes:
            asked += actions(network, findings, name)
            columns += [list(range(outcome.start + 1, outcome.stop))] * len(network[name].states)
        self.present, *pain = lines(network, asked, varied, columns)
        later = iter(pain)
        self.pain = [[next(later) for _ in network[name].states] for name in causes]
        ends = np.cumsum([1, *map(len, states)]).tolist()
        self.columns = [range(start, stop) for start, stop in pairwise(ends)]

    def __call__(self, causes: Sequence[int], numbers: NDArray[np.intp], t: Array) -> Array:
        """Return the shares (n, k, causes) with number `numbers[i]` at `t[i, j]`."""
        present = self.present(numbers, t)
        return np.stack([self._share(cause, present, numbers, t) for cause in causes], axis=-1)

    def _share(self, cause: int, present: Array, numbers: NDArray[np.intp], t: Array) -> Array:
        healthy, *unhealthy = (one(numbers, t)[..., 1:].sum(axis=-1) for one in self.pain[cause])
        total = np.zeros(t.shape)
        for column, ill in zip(self.columns[cause], unhealthy, strict=True):
            # Where the findings are impossible, P(c | e)(t) is its limit: numerator and denominator
            # vanish together, so it is constant.
            whole = present[..., 0]
            likely = np.divide(
                present[..., column],
                whole,
                out=np.full(t.shape, self.present.near[column]),
                where=whole > MATTERS,
            )
            total += likely * (1 - np.divide(healthy, ill, out=np.ones(t.shape), where=ill > 0))
        return total


def _grid(varied: Sequence[Parameter]) -> Array:
    corners = np.array(
        [(0.0, one.number.low, one.number.p, one.number.high, 1.0) for one in varied]
    )
    return np.linspace(corners[:, :-1], corners[:, 1:], STEPS, axis=-1).reshape(len(varied), -1)


def _turning_points(
    shares: _Shares, p: Array, grid: Array, values: Array
) -> tuple[Array, NDArray[np.intp]]:
    """Return for each number the value nearest to its own at which the first cause is overtaken
    (nan: nowhere), and by which.
    """
    at, rival = np.full(len(p), np.nan), np.zeros(len(p), dtype=np.intp)
    lead = values[..., 1:].max(axis=-1, initial=-np.inf) - values[..., 0]
    distance = np.where(lead > MATTERS, np.abs(grid - p[:, None]), np.inf)
    numbers = np.flatnonzero(np.isfinite(distance).any(axis=1))
    if not len(numbers):
        return at, rival
    nearest = distance.argmin(axis=1)[numbers]
    beyond = grid[numbers, nearest]
    before = _next_towards(p[numbers], grid[numbers], beyond)
    rivals = np.flatnonzero((values[numbers, nearest] > values[numbers, nearest, :1]).any(axis=0))
    causes = [0, *rivals.tolist()]
    for _ in range(HALVINGS):
        middle = (before + beyond) / 2
        here = shares(causes, numbers, middle[:, None])[:, 0]
        ahead = here[:, 1:].max(axis=-1) > here[:, 0]
        before, beyond = np.where(ahead, before, middle), np.where(ahead, middle, beyond)
    at[numbers] = beyond
    rival[numbers] = rivals[shares(causes, numbers, beyond[:, None])[:, 0, 1:].argmax(axis=-1)]
    return at, rival


def _next_towards(p: Array, grid: Array, t: Array) -> Array:
    """Return the point of each row of the grid that comes after t on the way to p."""
    above = np.where(grid > t[:, None], grid, np.inf).min(axis=1)
    below = np.where(grid < t[:, None], grid, -np.inf).max(axis=1)
    return np.select([t > p, t < p], [below, above], p)


def _inside(number: Number, t: float) -> bool:
    return number.low <= t <= number.high


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _if(parameter: Parameter, at: float) -> str:
    number = parameter.number
    side = "above" if at > number.p else "below"
    return (
        f"{side} {chance(at)}: {parameter.what} (now {chance(number.p)}, range "
        f"{chance(number.low)} to {chance(number.high)})"
    )


def chance(p: float) -> str:
    """Return a number of the network as a percentage with two digits.

    >>> print(
    ...     *(
    ...         chance(p).replace("\\N{NO-BREAK SPACE}", " ")
    ...         for p in (0.25, 0.0123, 0.0047, 1.0, 0.0)
    ...     ),
    ...     sep=", ",
    ... )
    25 %, 1.2 %, 0.47 %, 100 %, 0 %
    """
    return f"{100 * p:.{'0f' if p > 0.095 else '2g'}}\N{NO-BREAK SPACE}%"


def _tornado(
    label: str, now: float, swings: Sequence[tuple[Parameter, float, float]]
) -> list[Block]:
    moving = [(one, low, high) for one, low, high in swings if percent(low) != percent(high)]
    some = tuple(
        (shorten(one.what, LONGEST_LABEL, placeholder=" ..."), low, high)
        for one, low, high in moving
    )
    arrow = Note("A > B is the chance that A, by itself, brings about B.")
    return [Tornado(label, now, some[:LISTED]), arrow] if some else []


def _told(parameter: Parameter) -> dict[str, object]:
    number = parameter.number
    return {
        "variable": parameter.variable, "what": parameter.what, "p": number.p, "low": number.low, "high": number.high,
        "grade": parameter.grade, "sources": list(number.sources), "against": list(number.against),
    }  # fmt: skip
