"""A published ratio of one mechanism -> its link, or what stands in the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from ..errors import listed, unknown
from .effect_sizes import (
    LOGISTIC_SD,
    Conversion,
    from_hazard_ratio,
    from_odds_ratio,
    from_risk_ratio,
    scaled,
    shrink,
    standard_error,
)
from .schema import CauseShape, VariableShape

RATIOS: dict[str, Callable[..., float]] = {
    "odds_ratio": from_odds_ratio,
    "smd": from_odds_ratio,
    "risk_ratio": from_risk_ratio,
    "hazard_ratio": from_hazard_ratio,
}
NAMES = {
    "odds_ratio": "an odds ratio",
    "smd": "an smd",
    "risk_ratio": "a risk ratio",
    "hazard_ratio": "a hazard ratio",
}
LARGEST_RATIO = 1e4
LARGEST_SMD = 5.0
Wrong = list[tuple[str, str]]


Link = tuple[float, float, float, str]


def link(
    spelling: str, cause: CauseShape, marginal: float, exposure: float, conversion: Conversion
) -> Link | Wrong:
    """Return p, low, high and the published figure in words, by `cpt`'s arithmetic; or what is
    wrong, as (key, message).

    `marginal` is the published prevalence of the effect, `exposure` that of the conditions. All
    else has passed `unconvertible`.
    """
    value = float(getattr(cause, spelling))
    to_log: Callable[[float], float] = math.log if spelling != "smd" else lambda d: LOGISTIC_SD * d
    interval = None if cause.range is None else (to_log(cause.range[0]), to_log(cause.range[1]))
    error = standard_error(to_log(value), interval, cause.p_value)
    mean, sd = shrink(
        to_log(value), error, conversion.designs[str(cause.design)], conversion.prior_sd
    )
    ratio = math.exp(mean)
    if spelling == "risk_ratio" and marginal * max(ratio, 1.0) >= 1 - exposure + exposure * ratio:
        why = (
            f"cannot hold with marginal {marginal:g} and exposure {exposure:g}: a risk would be "
            "1 or more"
        )
        return [(spelling, f"risk ratio {value:g} {why}")]
    p, low, high = (
        scaled(
            RATIOS[spelling](math.exp(mean + z * sd), marginal, exposure, cause.carried),
            conversion.scale,
        )
        for z in (0.0, -1.96, 1.96)
    )
    printed = (
        f"{cause.range[0]:g} to {cause.range[1]:g}"
        if cause.range is not None
        else f"p = {cause.p_value:g}"
    )
    return p, min(low, p), max(high, p), f"{spelling.replace('_', ' ')} {value:g} ({printed})"


def unconvertible(
    spelling: str,
    cause: CauseShape,
    marginal: float | None,
    exposure: float | None,
    conversion: Conversion,
) -> Wrong:
    """Return what a ratio lacks before it can become a link, as (key, message)."""
    wrong: Wrong = []
    if marginal is None or not 0 < marginal < 1:
        wrong.append(
            (spelling, f"{NAMES[spelling]} needs the `marginal` of its effect, between 0 and 1")
        )
    if cause.design is None:
        allowed = listed(list(conversion.designs)) or "none are given in `conversion`"
        wrong.append(("design", f"{NAMES[spelling]} needs `design`, one of: {allowed}"))
    elif cause.design not in conversion.designs:
        wrong.append(("design", str(unknown("design", cause.design, conversion.designs))))
    if exposure is None or not 0 <= exposure < 1:
        wrong.append(
            (
                "exposure",
                f"{NAMES[spelling]} needs `exposure`, the prevalence of its conditions, in [0, 1)",
            )
        )
    if not 0 <= cause.carried <= 1:
        wrong.append(
            ("carried", f"carried is a difference of risks in [0, 1], not {cause.carried:g}")
        )
    return wrong + _unusable(spelling, float(getattr(cause, spelling)), cause)


def _unusable(spelling: str, value: float, cause: CauseShape) -> Wrong:
    wrong: Wrong = []
    low, high = (
        (-LARGEST_SMD, LARGEST_SMD) if spelling == "smd" else (1 / LARGEST_RATIO, LARGEST_RATIO)
    )
    if not low <= value <= high:
        wrong.append((spelling, f"{spelling} must lie between {low:g} and {high:g}, not {value:g}"))
    if (cause.range is None) == (cause.p_value is None):
        wrong.append(
            ("range", "a ratio needs its 95 % interval (range) or its p_value, and not both")
        )
    if cause.range is not None and not cause.range[0] <= value <= cause.range[1]:
        wrong.append(
            ("range", f"range [{cause.range[0]:g}, {cause.range[1]:g}] must lie around {value:g}")
        )
    elif cause.range is not None and spelling != "smd" and cause.range[0] <= 0:
        wrong.append(
            ("range", f"the interval of a ratio lies above 0; range begins at {cause.range[0]:g}")
        )
    if cause.p_value is not None and not 0 < cause.p_value < 1:
        wrong.append(("p_value", f"p_value must lie between 0 and 1, not {cause.p_value:g}"))
    elif cause.p_value is not None and value == (0 if spelling == "smd" else 1):
        wrong.append(
            (
                "p_value",
                "a result of no association has no standard error that a p_value could give: "
                "print its interval as range",
            )
        )
    return wrong


def prevalence(cause: CauseShape, shapes: Mapping[str, VariableShape]) -> float | None:
    """Return the prior probability of a single condition on a root variable."""
    if len(cause.when) != 1:
        return None
    parent, states = next(iter(cause.when.items()))
    shape = shapes.get(parent)
    if shape is None or shape.prior is None:
        return None
    rest = {state: entry.p for state, entry in shape.prior.items()}
    rest.setdefault(shape.states[0], 1 - math.fsum(rest.values()))
    return math.fsum(
        rest.get(state, 0.0) for state in ([states] if isinstance(states, str) else states)
    )
