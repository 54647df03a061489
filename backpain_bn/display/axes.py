"""Scales of pictures: where they end, and which round marks stand on them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .words import PERCENT, percent

SCALES = (
    (0.05, 0.01),
    (0.1, 0.02),
    (0.2, 0.05),
    (0.3, 0.1),
    (0.4, 0.1),
    (0.5, 0.1),
    (0.6, 0.1),
    (0.8, 0.2),
    (1.0, 0.2),
)
"""Ends of a scale that starts at 0, and the step from mark to mark."""
STEPS = tuple(float(f"{digit}e{power}") for power in range(-6, 1) for digit in (1, 2, 5))
MOST_STEPS = 5

Marks = list[tuple[float, str]]
"""Values, each with its words."""


def from_zero(most: float) -> tuple[float, Marks]:
    """Return the end of a scale from 0 that holds the largest value, and its marks.

    >>> end, marks = from_zero(0.17)
    >>> end, [value for value, _ in marks]
    (0.2, [0.0, 0.05, 0.1, 0.15000000000000002, 0.2])
    """
    top, step = next((scale for scale in SCALES if most <= scale[0]), SCALES[-1])
    values = [step * number for number in range(round(top / step) + 1)]
    return top, [(value, percent(value)) for value in values]


def around(values: Sequence[float]) -> tuple[float, float, Marks]:
    """Return the ends of a scale around some probabilities, and two to eight round marks on it.

    >>> low, high, marks = around([0.12, 0.31])
    >>> low, high, [words for _, words in marks]
    (0.1, 0.35000000000000003, ['10 %', '15 %', '20 %', '25 %', '30 %', '35 %'])
    """
    span = max(max(values) - min(values), 1e-4)
    step = next(step for step in STEPS if span / step <= MOST_STEPS)
    first = max(math.floor(min(values) / step + 1e-9), 0)
    last = min(math.ceil(max(values) / step - 1e-9), round(1 / step))
    last = max(last, first + 1)
    digits = max(digits_for(values), 0 if step >= 0.01 else 1)
    marks = [
        (number * step, f"{100 * number * step:.{digits}f} %") for number in range(first, last + 1)
    ]
    return first * step, last * step, marks


def over(values: Sequence[float]) -> tuple[float, float, Marks]:
    """Return the ends of a scale over 0 and some shares, which may lie below it, and its marks.

    >>> low, high, marks = over([-0.03, 0.37])
    >>> low, high, [words for _, words in marks]
    (-0.1, 0.4, ['−10 %', '0 %', '10 %', '20 %', '30 %', '40 %'])
    """
    least, most = min([0.0, *values]), max([0.0, *values])
    span = max(most - least, 1e-4)
    step = next(step for step in STEPS if span / step <= MOST_STEPS)
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    digits = 0 if step >= 0.01 else 2
    marks = [
        (number * step, f"{100 * number * step:.{digits}f} %".replace("-", "−"))
        for number in range(first, max(last, first + 1) + 1)
    ]
    return first * step, max(last, first + 1) * step, marks


def digits_for(values: Sequence[float]) -> int:
    """Return how many digits behind the point tell some percentages apart."""
    span = max(values) - min(values)
    if span >= 0.05:
        return 0
    return 1 if span >= 0.005 else 2


def fine_percent(p: float, digits: int) -> str:
    """Return a probability with so many digits behind the point; without any as `percent` does."""
    return f"{100 * p:.{digits}f}{PERCENT}" if digits else percent(p)


def log_odds(p: float) -> float:
    """Return ln(p / (1 - p)), infinite at 0 and 1."""
    if 0 < p < 1:
        return math.log(p / (1 - p))
    return math.inf if p > 0.5 else -math.inf
