"""Tables from mechanisms, and links from odds ratios: all the arithmetic between what a paper
states and what a network holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ..errors import BackpainError
from ..model.distributions import LARGEST_TABLE
from ..model.network import Network, NoisyOr, Variable

INTERVAL_95 = 2 * NormalDist().inv_cdf(0.975)
LOGISTIC_SD = math.pi / math.sqrt(3)


@dataclass(frozen=True, slots=True)
class Conversion:
    """How published associations become links.

    `prior_sd`: standard deviation of a sceptical prior on the log odds ratio (0.35: 95 % of true
    odds ratios between 0.5 and 2). `scale`: every converted link becomes 1 - (1 - w)^scale, so that
    many correlated risk factors together do not explain everything. `designs`: what a study's
    design leaves of its log odds ratio (reverse causation, recall, other outcomes).
    """

    prior_sd: float = 0.35
    scale: float = 1.0
    designs: Mapping[str, float] = field(default_factory=dict)


def shrink(
    log_ratio: float, standard_error: float, discount: float, prior_sd: float
) -> tuple[float, float]:
    """Return the posterior mean and standard deviation of a log ratio under a N(0, prior_sd^2)
    prior.

    mean = discount * log_ratio * s^2 / (s^2 + SE^2), sd = s SE / sqrt(s^2 + SE^2).

    >>> mean, sd = shrink(math.log(3.18), (math.log(4.78) - math.log(2.11)) / 3.92, 1.0, 0.35)
    >>> round(math.exp(mean), 2), round(sd, 3)
    (2.35, 0.179)
    """
    weight = prior_sd**2 / (prior_sd**2 + standard_error**2)
    return discount * log_ratio * weight, math.sqrt(weight) * standard_error


def baseline(marginal: float, exposure: float, odds_ratio: float) -> tuple[float, float]:
    """Return P(effect | unexposed), P(effect | exposed) that agree with the odds ratio, the
    exposure's prevalence and the marginal.

    Solves (1 - q) p0 + q p1 = marginal with p1 = OR p0 / (1 - p0 + OR p0), a quadratic in p0.

    >>> p0, p1 = baseline(0.226, 0.30, 2.35)
    >>> round(p0, 3), round(p1, 3)
    (0.178, 0.338)
    """
    excess = odds_ratio - 1
    if abs(excess) < 1e-12:
        return marginal, marginal
    a, b, c = (
        (1 - exposure) * excess,
        1 - exposure + exposure * odds_ratio - marginal * excess,
        -marginal,
    )
    p0 = -c / a if b == 0 and a == 0 else 2 * -c / (b + math.sqrt(b * b - 4 * a * c))
    return p0, odds_ratio * p0 / (1 - p0 + odds_ratio * p0)


def from_odds_ratio(
    odds_ratio: float, marginal: float, exposure: float, carried: float = 0.0
) -> float:
    """Return the link w = (p1 - p0 - carried) / (1 - p0), at least 0, that reproduces an odds
    ratio.

    >>> round(from_odds_ratio(2.35, 0.226, 0.30), 3)
    0.194
    """
    p0, p1 = baseline(marginal, exposure, odds_ratio)
    return max(p1 - p0 - carried, 0.0) / (1 - p0)


def from_risk_ratio(
    risk_ratio: float, marginal: float, exposure: float, carried: float = 0.0
) -> float:
    """Return the link that reproduces a risk ratio: p1 = RR p0 (1 at most), (1 - q) p0 + q p1 =
    marginal.

    >>> round(from_risk_ratio(1.5, 0.226, 0.2), 3)
    0.129
    """
    p0 = marginal / (1 - exposure + exposure * risk_ratio)
    excess = min(risk_ratio * p0, 1.0) - p0 - carried
    return excess / (1 - p0) if excess > 0 else 0.0


def from_hazard_ratio(
    hazard_ratio: float, marginal: float, exposure: float, carried: float = 0.0
) -> float:
    """Return the link w = 1 - (1 - p0)^(HR - 1) over the period of the marginal; p0 solves (1 - q)
    p0 + q p1 = marginal.

    >>> round(from_hazard_ratio(1.64, 0.0236, 0.0), 3)
    0.015
    """
    low, high = 0.0, 1.0
    for _ in range(60):
        p0 = (low + high) / 2
        exposed = 1 - (1 - p0) ** hazard_ratio
        low, high = (low, p0) if (1 - exposure) * p0 + exposure * exposed > marginal else (p0, high)
    w = 1 - math.pow(1 - low, hazard_ratio - 1)
    return max(w - carried / (1 - low), 0.0)


def odds_ratio_of_smd(difference: float) -> float:
    """Return the odds ratio of a standardised mean difference, exp(pi d / sqrt 3) (Chinn 2000).

    >>> round(odds_ratio_of_smd(0.23), 2)
    1.52
    """
    return math.exp(LOGISTIC_SD * difference)


def standard_error(
    log_ratio: float, interval: tuple[float, float] | None, p_value: float | None
) -> float:
    """Return the standard error of a log ratio from its 95 % interval (of logs), or from a
    two-sided p value.

    >>> round(standard_error(math.log(2.617), None, 0.012), 3)
    0.383
    """
    if interval is not None:
        return (interval[1] - interval[0]) / INTERVAL_95
    if p_value is None:
        raise BackpainError("a ratio needs its 95 % interval (range) or its p_value")
    return abs(log_ratio) / -NormalDist().inv_cdf(p_value / 2)


def scaled(link: float, scale: float) -> float:
    """Return 1 - (1 - link)^scale.

    >>> round(scaled(0.194, 0.67), 3)
    0.135
    """
    return 1 - math.pow(1 - link, scale)


def without_leak(risk: float, leak: float) -> float:
    """Return the chance that the mechanism alone produces the effect, from a published risk that
    includes the leak.

    p = (risk - leak) / (1 - leak), at least 0 (Henrion 1989).

    >>> round(without_leak(0.3, 0.05), 4)
    0.2632
    """
    return max(risk - leak, 0.0) / (1 - leak)


def parameters(variable: Variable) -> NDArray[np.float64]:
    """Return the parameters that the engine runs on.

    Noisy-OR: the pairs (1 - p, p), the leak first, then the mechanisms, shape (2 + 2 mechanisms,).
    Table: its cells row by row, shape (rows * states,).
    """
    distribution = variable.distribution
    if isinstance(distribution, NoisyOr):
        links = [
            distribution.leak.p,
            *(mechanism.number.p for mechanism in distribution.mechanisms),
        ]
        return np.array([value for p in links for value in (1 - p, p)])
    return np.array([entry.p for row in distribution.rows for entry in row.numbers])


def table(network: Network, name: str) -> NDArray[np.float64]:
    """Return P(variable | parents) written out, shape (*parent sizes, own size); the last axis sums
    to 1.

    Raises `BackpainError` above 2^22 cells.

    >>> from backpain_bn.model.network import Mechanism, Variable, number, prior
    >>> wet = NoisyOr(
    ...     number(0.05),
    ...     (Mechanism({"a": ("yes",)}, number(0.8)), Mechanism({"b": ("yes",)}, number(0.3))),
    ... )
    >>> states = ("no", "yes")
    >>> network = Network(
    ...     "links",
    ...     {
    ...         "a": Variable("a", states, prior(0.5, 0.5)),
    ...         "b": Variable("b", states, prior(0.5, 0.5)),
    ...         "y": Variable("y", states, wet),
    ...     },
    ... )
    >>> table(network, "y")[1, 1].round(3).tolist()
    [0.133, 0.867]
    """
    variable = network[name]
    shape = tuple(len(network[parent].states) for parent in variable.parents)
    if math.prod(shape) * len(variable.states) > LARGEST_TABLE:
        raise BackpainError(
            f"the table of {name} has {len(shape)} parents and {math.prod(shape)} rows; it is not "
            "written out"
        )
    distribution = variable.distribution
    if not isinstance(distribution, NoisyOr):
        place = {row.given: [entry.p for entry in row.numbers] for row in distribution.rows}
        ordered = [
            place[given]
            for given in product(*(network[parent].states for parent in variable.parents))
        ]
        return np.array(ordered).reshape(*shape, len(variable.states))
    absent = np.full(shape, 1 - distribution.leak.p)
    present = np.full(shape, distribution.leak.p)
    for mechanism in distribution.mechanisms:
        holds = np.ones(shape, dtype=bool)
        for axis, parent in enumerate(variable.parents):
            if parent in mechanism.when:
                mask = np.array(
                    [state in mechanism.when[parent] for state in network[parent].states]
                )
                holds &= mask.reshape([-1 if i == axis else 1 for i in range(len(shape))])
        p = np.where(holds, mechanism.number.p, 0.0)
        present += absent * p
        absent *= 1 - p
    return np.stack([absent, present], axis=-1)
