"""What a network is made of: variables, the sources of their numbers, treatments and advice."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from ..errors import BackpainError, unknown
from .distributions import Distribution, Number
from .vocabulary import ASK, VARIABLE


@dataclass(frozen=True, slots=True)
class Source:
    """One row of `sources.csv`: a claim of an article, or a published study and how its figure was
    read (A, B, C).
    """

    id: str
    kind: str
    says: str
    value: str = ""
    low: str = ""
    high: str = ""
    unit: str = ""
    population: str = ""
    reference: str = ""
    doi: str = ""
    read: str = ""

    @property
    def counts(self) -> bool:
        """Whether the row is a study that somebody has read (grade C rows are not verified and
        decide nothing).
        """
        return self.kind == "study" and self.read in ("A", "B")


@dataclass(frozen=True, slots=True)
class Cost:
    """What it takes to answer a question or do a test: minutes, discomfort (0 to 10), and by which
    of the vocabulary's `means`.
    """

    minutes: float = 0.5
    discomfort: float = 0.0
    who: str = ASK


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its states, what to ask, and P(variable | parents); `also` holds other words
    for it, by which a search finds it.

    States run from the healthy one to the unhealthiest, unless `healthy_first` says that this is
    not known, as in files of other formats. `bins` are the numbers, rising, at which each state but
    the first begins, where the variable may be told by a number. In an unhealthy state it `leaves`
    others one state worse in the next period, and at least in the state named.
    """

    name: str
    states: tuple[str, ...]
    distribution: Distribution
    label: str = ""
    role: str = VARIABLE
    about: str = ""
    also: str = ""
    question: str = ""
    persists: bool = True
    marginal: Number | None = None
    cost: Cost = Cost()
    healthy_first: bool = True
    bins: tuple[float, ...] = ()
    leaves: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "leaves", MappingProxyType(dict(self.leaves)))

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables that it depends on."""
        return self.distribution.parents

    @property
    def healthy(self) -> str:
        """The healthy state; raises `BackpainError` where the file does not say which it is."""
        if not self.healthy_first:
            raise BackpainError(
                f"which state of {self.name} is the healthy one is not known; name it in a mapping "
                f"file, or for one call: load(..., healthy={{{self.name!r}: {self.states[0]!r}}})"
            )
        return self.states[0]

    @property
    def unhealthy(self) -> tuple[str, ...]:
        """The other states, the unhealthiest last; raises as `healthy` does."""
        return tuple(state for state in self.states if state != self.healthy)

    def state_of(self, value: object) -> str:
        """Return the state that a value stands for: a state for itself, True and False for yes and
        no where these are the states, a number (also one written as text) for its bin.

        State i holds the numbers x with bins[i-1] <= x < bins[i]; a number on a boundary belongs to
        the upper bin. Raises `UnknownName` for anything else, NaN and infinity among it.

        >>> from backpain_bn.model import prior
        >>> speed = Variable(
        ...     "speed", ("slow", "mid", "fast"), prior(0.2, 0.5, 0.3), bins=(30.0, 50.0)
        ... )
        >>> [speed.state_of(value) for value in (12, 30, 49.9, "50", "mid")]
        ['slow', 'mid', 'mid', 'fast', 'mid']
        >>> Variable("rain", ("no", "yes"), prior(0.8, 0.2)).state_of(True)
        'yes'
        """
        if isinstance(value, str) and value in self.states:
            return value
        if isinstance(value, bool | np.bool_):
            if {*self.states} == {"no", "yes"}:
                return "yes" if value else "no"
        elif self.bins and math.isfinite(number := _number(value)):
            return self.states[bisect_right(self.bins, number)]
        raise unknown(f"state of {self.name}", value, self.states)

    @property
    def numbers(self) -> Iterator[Number]:
        """Every number of the distribution that can be set on its own (a row of k states has k - 1
        of them, the last ones).
        """
        yield from self.distribution.numbers
        if self.marginal is not None:
            yield self.marginal


def _number(value: object) -> float:
    """Return a number, also one written as text; NaN for anything else."""
    if not isinstance(value, int | float | np.integer | np.floating | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


@dataclass(frozen=True, slots=True)
class Trial:
    """What trials of a treatment found: P(outcome with it) / P(outcome without), with its range."""

    risk_ratio: float
    low: float
    high: float
    sources: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Treatment:
    """What somebody can do: the states it brings about, the chance that it does, and what trials
    found of the outcome itself, where there are any.
    """

    name: str
    label: str
    targets: Mapping[str, str]
    success: Number
    who: str = ASK
    note: str = ""
    cautions: tuple[str, ...] = ()
    trial: Trial | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", MappingProxyType(dict(self.targets)))


@dataclass(frozen=True, slots=True)
class Advice:
    """A caution or a referral that applies with certain findings or treatments."""

    name: str
    kind: str
    text: str
    sources: tuple[str, ...]
    when: Mapping[str, str] = field(default_factory=dict)
    treatments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "when", MappingProxyType(dict(self.when)))


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """A figure that studies print and the network was not built from by itself, to be compared with
    what the network says.

    `measure` is "probability": P(`of` | `given`, do(`do`)); or "odds ratio", "risk ratio" or
    "difference" of it to the same with the conditions of `against` in place of those on the same
    variables. Conditions name the states of each variable of which any will do. `note` says why the
    network stands apart from the figure, where it does.
    """

    says: str
    measure: str
    of: Mapping[str, tuple[str, ...]]
    given: Mapping[str, tuple[str, ...]]
    do: Mapping[str, str]
    against: Mapping[str, tuple[str, ...]]
    value: float
    low: float
    high: float
    sources: tuple[str, ...]
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("of", "given", "do", "against"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
