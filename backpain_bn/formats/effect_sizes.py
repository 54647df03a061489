"""All the arithmetic between what a paper states (an odds ratio with its interval, say) and what a
network holds: the chance that one mechanism alone produces its effect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import TYPE_CHECKING

from ..errors import BackpainError, listed, unknown
from ..model.distributions import Association, Conversion, Number

if TYPE_CHECKING:
    # Pydantic takes a tenth of a second to import, and the arithmetic needs none of it.
    from .schema import CauseShape, VariableShape

INTERVAL_95 = 2 * NormalDist().inv_cdf(0.975)
LOGISTIC_SD = math.pi / math.sqrt(3)


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
    a = (1 - exposure) * excess
    b = 1 - exposure + exposure * odds_ratio - marginal * excess
    p0 = 2 * marginal / (b + math.sqrt(b * b + 4 * a * marginal))
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


RATIOS: dict[str, Callable[..., float]] = {
    "odds_ratio": from_odds_ratio,
    "smd": from_odds_ratio,
    "risk_ratio": from_risk_ratio,
    "hazard_ratio": from_hazard_ratio,
}
"""The ways in which papers print an association, and how each becomes a link; a standardised mean
difference d is read as the log odds ratio d pi / sqrt(3) (Chinn 2000).
"""
NAMES = {
    "odds_ratio": "an odds ratio",
    "smd": "an smd",
    "risk_ratio": "a risk ratio",
    "hazard_ratio": "a hazard ratio",
}
LARGEST_RATIO = 1e4
LARGEST_SMD = 5.0
Wrong = list[tuple[str, str]]
"""What is wrong with a cause, as (key, message)."""


def link(
    spelling: str,
    cause: CauseShape,
    marginal: float | None,
    exposure: float | None,
    conversion: Conversion,
) -> Number | Wrong:
    """Return the link that reproduces a published ratio, without its sources, or what stands in the
    way.

    The log ratio is shrunk (see `shrink`), and it and the ends of its 95 % interval are turned into
    links that agree with `marginal`, the published prevalence of the effect, and `exposure`, that
    of the conditions, then scaled.
    """
    wrong = _unconvertible(spelling, cause, marginal, exposure, conversion)
    if wrong or marginal is None or exposure is None:
        return wrong
    found = _association(spelling, cause, marginal, exposure)
    discount, scale = conversion.designs[found.design].p, conversion.scale.p
    mean, _ = _shrunk(found, conversion.prior_sd, discount)
    ratio = math.exp(mean)
    if spelling == "risk_ratio" and marginal * max(ratio, 1.0) >= 1 - exposure + exposure * ratio:
        why = (
            f"risk ratio {found.value:g} cannot hold with marginal {marginal:g} and exposure "
            f"{exposure:g}: a risk would be 1 or more"
        )
        return [(spelling, why)]
    p, low, high = (
        link_strength(found, conversion.prior_sd, discount, scale, z) for z in (0.0, -1.96, 1.96)
    )
    return Number(p, min(low, p), max(high, p), published=printed(found), derived=found)


def _association(spelling: str, cause: CauseShape, marginal: float, exposure: float) -> Association:
    interval = None if cause.range is None else (cause.range[0], cause.range[1])
    return Association(
        spelling=spelling,
        value=_value(spelling, cause),
        interval=interval,
        p_value=cause.p_value,
        design=str(cause.design),
        marginal=marginal,
        exposure=exposure,
        carried=cause.carried,
    )


def link_strength(
    found: Association, prior_sd: float, discount: float, scale: float, z: float = 0.0
) -> float:
    """Return the link that an association becomes where the judgements are as given, `z` standard
    deviations from the middle of its shrunk interval.

    >>> risk = Association("odds_ratio", 3.18, (2.11, 4.78), None, "cohort", 0.226, 0.3)
    >>> [round(link_strength(risk, 0.35, discount, 0.67), 3) for discount in (1.0, 0.5)]
    [0.134, 0.066]
    """
    mean, sd = _shrunk(found, prior_sd, discount)
    make = RATIOS[found.spelling]
    made = make(math.exp(mean + z * sd), found.marginal, found.exposure, found.carried)
    return scaled(made, scale)


def printed(found: Association) -> str:
    """Return an association as the paper prints it.

    >>> printed(Association("smd", 0.23, (0.1, 0.35), None, "cohort", 0.2, 0.3))
    'smd 0.23 (0.1 to 0.35)'
    """
    if found.interval is None:
        precision = f"p = {found.p_value:g}"
    else:
        precision = f"{found.interval[0]:g} to {found.interval[1]:g}"
    return f"{found.spelling.replace('_', ' ')} {found.value:g} ({precision})"


def _value(spelling: str, cause: CauseShape) -> float:
    return float(getattr(cause, spelling))


def _shrunk(found: Association, prior_sd: float, discount: float) -> tuple[float, float]:
    """Return the mean and standard deviation of the log ratio under the sceptical prior."""
    to_log = _log_odds_of_smd if found.spelling == "smd" else math.log
    log_ratio = to_log(found.value)
    interval = None
    if found.interval is not None:
        interval = (to_log(found.interval[0]), to_log(found.interval[1]))
    error = standard_error(log_ratio, interval, found.p_value)
    return shrink(log_ratio, error, discount, prior_sd)


def _log_odds_of_smd(difference: float) -> float:
    return LOGISTIC_SD * difference


def _unconvertible(
    spelling: str,
    cause: CauseShape,
    marginal: float | None,
    exposure: float | None,
    conversion: Conversion,
) -> Wrong:
    """Return what a ratio lacks before it can become a link."""
    wrong: Wrong = []
    name = NAMES[spelling]
    if marginal is None or not 0 < marginal < 1:
        why = f"{name} needs the `marginal` of its effect, between 0 and 1"
        wrong.append((spelling, why))
    if cause.design is None:
        allowed = listed(list(conversion.designs)) or "none are given in `conversion`"
        wrong.append(("design", f"{name} needs `design`, one of: {allowed}"))
    elif cause.design not in conversion.designs:
        wrong.append(("design", str(unknown("design", cause.design, conversion.designs))))
    if exposure is None or not 0 <= exposure < 1:
        why = f"{name} needs `exposure`, the prevalence of its conditions, in [0, 1)"
        wrong.append(("exposure", why))
    if not 0 <= cause.carried <= 1:
        why = f"carried is a difference of risks in [0, 1], not {cause.carried:g}"
        wrong.append(("carried", why))
    return wrong + _unusable(spelling, _value(spelling, cause), cause)


def _unusable(spelling: str, value: float, cause: CauseShape) -> Wrong:
    """Return what is wrong with a ratio, its interval and its p value taken by themselves."""
    wrong: Wrong = []
    low, high = 1 / LARGEST_RATIO, LARGEST_RATIO
    if spelling == "smd":
        low, high = -LARGEST_SMD, LARGEST_SMD
    if not low <= value <= high:
        why = f"{spelling} must lie between {low:g} and {high:g}, not {value:g}"
        wrong.append((spelling, why))
    if (cause.range is None) == (cause.p_value is None):
        why = "a ratio needs its 95 % interval (range) or its p_value, and not both"
        wrong.append(("range", why))
    if cause.range is not None:
        wrong += _unusable_interval(spelling, value, *cause.range)
    no_association = 0 if spelling == "smd" else 1
    if cause.p_value is not None and not 0 < cause.p_value < 1:
        why = f"p_value must lie between 0 and 1, not {cause.p_value:g}"
        wrong.append(("p_value", why))
    elif cause.p_value is not None and value == no_association:
        why = (
            "a result of no association has no standard error that a p_value could give: print "
            "its interval as range"
        )
        wrong.append(("p_value", why))
    return wrong


def _unusable_interval(spelling: str, value: float, low: float, high: float) -> Wrong:
    if not low <= value <= high:
        return [("range", f"range [{low:g}, {high:g}] must lie around {value:g}")]
    if spelling != "smd" and low <= 0:
        return [("range", f"the interval of a ratio lies above 0; range begins at {low:g}")]
    return []


def prevalence(cause: CauseShape, shapes: Mapping[str, VariableShape]) -> float | None:
    """Return the prior probability of a single condition on a root variable; None for others."""
    if len(cause.when) != 1:
        return None
    parent, states = next(iter(cause.when.items()))
    shape = shapes.get(parent)
    if shape is None or shape.prior is None:
        return None
    shares = {state: entry.p for state, entry in shape.prior.items()}
    shares.setdefault(shape.states[0], 1 - math.fsum(shares.values()))
    chosen = [states] if isinstance(states, str) else states
    return math.fsum(shares.get(state, 0.0) for state in chosen)
