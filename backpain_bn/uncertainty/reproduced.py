"""Published figures beside what the network says of the same quantity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import BackpainError, shown
from ..inference.beliefs import Array
from ..inference.evidence import encode
from ..inference.interventions import SeenAndDone, answers
from ..model.network import Network
from ..model.numbers import parameters_of
from ..model.variables import PublishedFigure
from ..records import record
from .draws import INSIDE, drawn

LEVEL = 0.9
States = Mapping[str, tuple[str, ...]]


@record
class Reproduced:
    """One published figure, what the network says of it (`value`), and the interval that holds 90
    of 100 draws of its numbers.
    """

    figure: PublishedFigure
    value: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the network's value lies in the published range."""
        return self.figure.low <= self.value <= self.figure.high


def reproduced(network: Network, draws: int, seed: int) -> tuple[Reproduced, ...]:
    """Return the published figures that the network declares, each with the network's own value.

    P(of | given, do) = P(of, given | do) / P(given | do), exactly; an odds ratio, risk ratio or
    difference compares it with the same under other conditions. The interval is over `draws` draws
    (see `drawn`). Raises `BackpainError` where the conditions of a figure cannot hold.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.5)),))
    >>> rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
    >>> figure = PublishedFigure(
    ...     says="Wet lawns after rain, against dry days",
    ...     measure="risk ratio",
    ...     of={"wet": ("yes",)},
    ...     given={"rain": ("yes",)},
    ...     do={},
    ...     against={"rain": ("no",)},
    ...     value=5.0,
    ...     low=4.0,
    ...     high=6.0,
    ...     sources=(),
    ... )
    >>> variables = {"rain": rain, "wet": Variable("wet", ("no", "yes"), wet)}
    >>> garden = Network("garden", variables, published=(figure,))
    >>> [(round(one.value, 3), one.inside) for one in reproduced(garden, 10, 0)]
    [(5.5, True)]
    """
    if not network.published:
        return ()
    tables = np.concatenate([parameters_of(network)[None], drawn(network, draws, seed)])
    return tuple(_reproduced(network, figure, tables) for figure in network.published)


def _reproduced(network: Network, figure: PublishedFigure, tables: Array) -> Reproduced:
    values = _probability(network, figure, figure.given, figure.do, tables)
    if figure.against:
        given = {name: figure.against.get(name, some) for name, some in figure.given.items()}
        do = {
            name: figure.against[name][0] if name in figure.against else state
            for name, state in figure.do.items()
        }
        others = _probability(network, figure, given, do, tables)
        values = _compared(figure.measure, values, others)
    low, high = np.quantile(values[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return Reproduced(figure, float(values[0]), low, high)


def _probability(
    network: Network, figure: PublishedFigure, given: States, do: Mapping[str, str], tables: Array
) -> Array:
    """Return P(of | given, do) under each set of parameters (n,)."""
    conditions = {name: dict.fromkeys(states, 1.0) for name, states in given.items()}
    event = {name: dict.fromkeys(states, 1.0) for name, states in figure.of.items()}
    both = encode(network, [{**conditions, **event}])
    rows = (both, encode(network, [conditions]))
    cases = [SeenAndDone(row, do) for row in rows]
    targets = frozenset(figure.of)
    joint, alone = (
        beliefs.log_evidence
        for beliefs in answers(network, cases, parameters=tables, targets=targets)
    )
    if np.isneginf(alone).any():
        raise BackpainError(
            f"the conditions of the published figure {shown(figure.says)} cannot hold in "
            f"{network.name}"
        )
    found: Array = np.exp(joint - alone)
    return found


def _compared(measure: str, values: Array, others: Array) -> Array:
    if measure == "difference":
        return values - others
    some: Array = values.clip(INSIDE, 1 - INSIDE)
    rest: Array = others.clip(INSIDE, 1 - INSIDE)
    if measure == "risk ratio":
        return some / rest
    return some / (1 - some) / (rest / (1 - rest))
