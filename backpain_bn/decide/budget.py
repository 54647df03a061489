"""What an answer costs: minutes, discomfort and who it takes, and what of it somebody is ready to
spend.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..errors import BackpainError, shown, unknown
from ..model.variables import Cost

WHO = {"ask": "Ask yourself", "home": "Do at home", "clinician": "Needs a clinician"}
KEYS = ("minutes", "discomfort", "who")
LEAST_EFFORT = 0.1
"""Minutes: reading a question takes that long, however little the file says."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent: minutes in all, discomfort of a single question (0 to 10), and who can be
    asked for.
    """

    minutes: float = math.inf
    discomfort: float = 10.0
    who: tuple[str, ...] = tuple(WHO)

    def allows(self, cost: Cost) -> bool:
        """Whether a question fits by itself."""
        return (
            cost.minutes <= self.minutes
            and cost.discomfort <= self.discomfort
            and cost.who in self.who
        )


WHOLE = Budget()
"""Whatever it takes."""


def budget_of(wanted: Mapping[str, object] | None) -> Budget:
    """Return the checked budget; raises `UnknownName` for a key or a helper that does not exist,
    `BackpainError` for a number below 0.

    >>> budget_of({"minutes": 10, "who": ["ask", "home"]})
    Budget(minutes=10.0, discomfort=10.0, who=('ask', 'home'))
    >>> budget_of({"euros": 10})
    Traceback (most recent call last):
    backpain_bn.errors.UnknownName: unknown budget key "euros"; allowed: minutes, discomfort, who
    """
    given = {} if wanted is None else wanted
    if not isinstance(given, Mapping):
        raise BackpainError(
            f"a budget maps {', '.join(KEYS)} to what may be spent, not {shown(given)}"
        )
    for key in given:
        if key not in KEYS:
            raise unknown("budget key", key, KEYS)
    minutes, discomfort = (
        _number(given, "minutes", WHOLE.minutes),
        _number(given, "discomfort", WHOLE.discomfort),
    )
    return Budget(minutes, discomfort, _who(given.get("who", WHOLE.who)))


def effort(cost: Cost) -> float:
    """Return what answering costs, in minutes: minutes + points of discomfort, at least 0.1."""
    return max(cost.minutes + cost.discomfort, LEAST_EFFORT)


def cost_words(cost: Cost) -> str:
    """Return what answering takes, in words.

    >>> cost_words(Cost(5, 1, "home")), cost_words(Cost())
    ('Do at home, 5 minutes, discomfort 1 of 10', 'Ask yourself, half a minute')
    """
    minutes = {0.5: "half a minute", 1.0: "1 minute"}.get(cost.minutes, f"{cost.minutes:g} minutes")
    return f"{WHO.get(cost.who, cost.who)}, {minutes}" + (
        f", discomfort {cost.discomfort:g} of 10" if cost.discomfort else ""
    )


def _number(given: Mapping[str, object], key: str, default: float) -> float:
    value = given.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise BackpainError(f"{key} of the budget is {shown(value)}; it must be a number from 0 up")
    return float(value)


def _who(given: object) -> tuple[str, ...]:
    named = given if isinstance(given, Collection) and not isinstance(given, str) else [given]
    for one in named:
        if not isinstance(one, str) or one not in WHO:
            raise unknown("who of the budget", one, WHO)
    return tuple(str(one) for one in named)
