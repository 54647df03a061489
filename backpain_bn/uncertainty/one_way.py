"""One number at a time: how a probability follows it, and where it crosses a threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import shorten

from ..display.blocks import Block, Item, Note, Tornado, View
from ..display.citations import graded
from ..display.result import Rows
from ..display.words import capital, number_words, percent, percent_of_number, state_words
from ..errors import BackpainError, shown
from ..inference.evidence import encode
from ..inference.interventions import SeenAndDone
from ..inference.posterior import posterior
from ..model.distributions import Number
from ..model.findings import Findings
from ..model.network import Network, check_network
from ..model.numbers import Parameter, number_class, numbers_of
from ..records import record
from .draws import NO_RANGES, has_ranges
from .lines import lines

MATTERS = 1e-12
"""A number whose function bends less than this (|a1 g0 - a0 g1|) changes nothing."""
LISTED = 8
LONGEST_LABEL = 72


@record
class SensitivityFunction:
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
        if abs(below) <= MATTERS:
            return None
        t = (threshold * self.g0 - self.a0) / below
        return t if 0 <= t <= 1 and self.g1 * t + self.g0 > 0 else None


@record
class Sensitivity(Rows[SensitivityFunction]):
    """How P(variable in one of `states` | findings) follows each number that matters, the largest
    swing on its own range first.
    """

    network: Network
    findings: Findings
    variable: str
    states: tuple[str, ...]
    now: float
    threshold: float
    rows: tuple[SensitivityFunction, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per number, for a table or JSON."""
        return [
            number_dict(self.network, row.parameter)
            | {
                "at_low": row.low,
                "at_high": row.high,
                "slope": row.slope,
                "crossing": row.crossing(self.threshold),
                "a1": row.a1,
                "a0": row.a0,
                "g1": row.g1,
                "g0": row.g0,
            }
            for row in self.rows
        ]

    def sections(self) -> list[View]:
        """Return the tornado, and the numbers that could carry the probability across the
        threshold.
        """
        what = state_words(self.network, self.variable, self.states)
        title = f"What the {percent(self.now)} for {what} hangs on"
        if not self.rows:
            return [View(title, (Note("No single number of this network changes it."),))]
        if not has_ranges(self.network):
            return [View(title, (Note(NO_RANGES),))]
        swings = [(row.parameter, row.low, row.high) for row in self.rows]
        blocks = tornado(self.network, capital(what, self.network), self.now, swings)
        return [View(title, (*blocks, *self._crossings()))]

    def _crossings(self) -> list[Block]:
        side = "below" if self.now >= self.threshold else "above"
        found: list[Block] = []
        for row in self.rows:
            at = row.crossing(self.threshold)
            if at is not None and inside(row.parameter.number, at):
                found.append(Item(if_words(self.network, row.parameter, at)))
        limit = percent(self.threshold)
        if not found:
            nothing = f"No single number, anywhere in its own range, brings it {side} {limit}."
            return [Note(nothing)]
        return [Note(f"It would be {side} {limit} if one of these were"), *found[:LISTED]]


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
    Gaag 2002). `state` None: any unhealthy state. Raises as `posterior` does, and `BackpainError`
    for a threshold that is not between 0 and 1, or no state where the healthy one is not known.

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
    ...         number_words(garden, curve.parameter),
    ...         round(curve(0.3), 4),
    ...         round(curve.slope, 3),
    ...         round(curve.crossing(0.5), 4),
    ...     )
    wet, with none of its causes 0.4366 -2.098 0.2308
    rain, how common 0.7959 1.326 0.099
    rain > wet 0.4805 0.21 0.3333
    """
    check_network(network)
    is_number = isinstance(threshold, float | int) and not isinstance(threshold, bool)
    if not is_number or not 0 < threshold < 1:
        raise BackpainError(
            f"the threshold is {shown(threshold)}; it must be a probability between 0 and 1"
        )
    wanted = network[variable].unhealthy if state is None else (state,)
    first = network.slices[network[variable].name].start
    columns = [first + network.state(variable, one) for one in wanted]
    now = float(posterior(network, findings).row[columns].sum())
    varied = numbers_of(network)
    case = SeenAndDone(encode(network, [findings]))
    slopes, starts = lines(network, [case], varied, [columns])[0].straight()
    curves = [
        SensitivityFunction(
            one, float(slope[1:].sum()), float(start[1:].sum()), float(slope[0]), float(start[0])
        )
        for one, slope, start in zip(varied, slopes, starts, strict=True)
    ]
    rows = [curve for curve in curves if abs(curve.bend) > MATTERS]
    rows.sort(key=lambda curve: (-curve.swing, -abs(curve.slope)))
    return Sensitivity(network, findings, variable, wanted, now, threshold, tuple(rows))


def inside(number: Number, t: float) -> bool:
    """Return whether a number's own range allows t."""
    return number.low <= t <= number.high


def if_words(network: Network, parameter: Parameter, at: float) -> str:
    """Return a value that a number would have to pass, beside the value and the range it has."""
    number = parameter.number
    side = "above" if at > number.p else "below"
    now, low, high = map(percent_of_number, (number.p, number.low, number.high))
    turn = percent_of_number(at)
    if turn == now:
        side = f"just {side}"
    what = number_words(network, parameter)
    return f"{side} {turn}: {what} (now {now}, range {low} to {high})"


def tornado(
    network: Network, label: str, now: float, swings: Sequence[tuple[Parameter, float, float]]
) -> list[Block]:
    """Return the bars of the numbers that move a probability by what can be seen, and how to read
    their names; nothing where none does.
    """
    some = []
    for parameter, low, high in swings:
        if percent(low) != percent(high):
            name = shorten(number_words(network, parameter), LONGEST_LABEL, placeholder=" ...")
            some.append((name, low, high))
    if not some:
        return []
    arrow = Note("A > B is the chance that A, by itself, brings about B.")
    return [Tornado(label, now, tuple(some[:LISTED])), arrow]


def number_dict(network: Network, parameter: Parameter) -> dict[str, object]:
    """Return a number as plain data; what is no link has no grade."""
    number = parameter.number
    return {
        "variable": parameter.variable,
        "what": number_words(network, parameter),
        "p": number.p,
        "low": number.low,
        "high": number.high,
        "grade": graded(network, number) if parameter.when else "",
        "class": number_class(number, network.sources),
        "sources": list(number.sources),
        "against": list(number.against),
    }
