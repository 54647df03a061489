"""What an answer costs, and what of it somebody is ready to spend."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from ..errors import BackpainError, amount, shown, unknown
from ..model.network import Network
from ..model.variables import Cost
from ..records import record

KEYS = ("minutes", "discomfort", "who")
MOST_DISCOMFORT = 10.0
LEAST_EFFORT = 0.1
"""Minutes: reading a question takes that long, however little the file says."""


@record
class Budget:
    """What may be spent: minutes in all, discomfort of a single question (0 to 10), and the means
    by which questions may be answered.
    """

    minutes: float
    discomfort: float
    who: tuple[str, ...]

    def allows(self, cost: Cost) -> bool:
        """Whether a question fits by itself."""
        return (
            cost.minutes <= self.minutes
            and cost.discomfort <= self.discomfort
            and cost.who in self.who
        )


def budget_of(network: Network, wanted: Mapping[str, object] | None = None) -> Budget:
    """Return the checked budget; what it leaves out is without limit.

    Raises `UnknownName` for a key, or for means that the network's vocabulary does not have,
    `BackpainError` for a number below 0.

    >>> from backpain_bn.model import Variable, prior
    >>> rain = Network("garden", {"rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2))})
    >>> budget_of(rain, {"minutes": 10})
    Budget(minutes=10, discomfort=10, who=('ask'))
    >>> budget_of(rain, {"euros": 10})
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
    return Budget(
        _limit(given, "minutes", math.inf),
        _limit(given, "discomfort", MOST_DISCOMFORT),
        _means(network, given.get("who", tuple(network.vocabulary.means))),
    )


def effort(cost: Cost) -> float:
    """Return what answering costs, in minutes: minutes + points of discomfort, at least 0.1."""
    return max(cost.minutes + cost.discomfort, LEAST_EFFORT)


def asked_outright(network: Network, cost: Cost) -> bool:
    """Return whether a question is answered by the least troublesome of the means."""
    return cost.who == next(iter(network.vocabulary.means))


def cost_words(network: Network, cost: Cost) -> str:
    """Return what answering takes, in words.

    >>> from backpain_bn.model import Variable, prior
    >>> rain = Network("garden", {"rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2))})
    >>> cost_words(rain, Cost(5, 1)), cost_words(rain, Cost())
    ('Ask, 5 minutes, discomfort 1 of 10', 'Ask, half a minute')
    """
    parts = [network.vocabulary.means[cost.who].title, _minutes_words(cost.minutes)]
    if cost.discomfort:
        parts.append(f"discomfort {cost.discomfort:g} of 10")
    return ", ".join(parts)


def _minutes_words(minutes: float) -> str:
    if minutes == 0.5:
        return "half a minute"
    if minutes == 1:
        return "1 minute"
    return f"{minutes:g} minutes"


def _limit(given: Mapping[str, object], key: str, without: float) -> float:
    value = given.get(key, math.inf)
    return without if value == math.inf else amount(f"{key} of the budget", value)


def _means(network: Network, given: object) -> tuple[str, ...]:
    several = isinstance(given, Collection) and not isinstance(given, str)
    named = list(given) if several and isinstance(given, Collection) else [given]
    for one in named:
        if not isinstance(one, str) or one not in network.vocabulary.means:
            raise unknown("who of the budget", one, network.vocabulary.means)
    return tuple(str(one) for one in named)
