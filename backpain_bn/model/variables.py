"""What a network is made of: variables, the sources of their numbers, treatments and advice."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import field

import numpy as np

from ..errors import (
    NOT_KNOWN,
    BackpainError,
    UnknownName,
    better_left_out,
    naming_healthy,
    nearest,
    unknown,
)
from ..records import FrozenDict, record
from .distributions import Distribution, Number
from .vocabulary import ASK, VARIABLE

YES, NO = "yes", "no"
SAID = {"yes": YES, "true": YES, "no": NO, "false": NO}
"""Words that are a yes or a no to any question that can be answered so."""
STATED = {
    **SAID,
    **dict.fromkeys(("present", "positive"), YES),
    **dict.fromkeys(("absent", "negative", "none", "never"), NO),
}
"""Names of states that are a yes or a no by themselves."""


COHORT = "cohort"
SOURCE_KINDS = ("claim", "study", COHORT)


@record
class Source:
    """One row of `sources.csv`: a claim of an article; a published study and how its figure was
    read (A, B, C); or a cohort of one's own, which supports and contradicts no link.
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


@record
class Cost:
    """What it takes to answer a question or do a test: minutes, discomfort (0 to 10), and by which
    of the vocabulary's `means`.
    """

    minutes: float = 0.5
    discomfort: float = 0.0
    who: str = ASK


NOTHING: Mapping[str, str] = FrozenDict({})


@record
class Variable:
    """One variable: its states, what to ask, and P(variable | parents); `also` holds other words
    for it, by which a search finds it.

    States run from the healthy one to the unhealthiest, unless `healthy_first` says that this is
    not known, as in files of other formats. `bins` are the numbers between the states, all rising
    or all falling, where the variable may be told by a number, and `limits` the least and the
    largest that it can be; `answers` the states that "yes" and "no" to its question mean, where
    their names do not say so (see `state_of`). In an unhealthy state it `leaves` others one state
    worse in the next period, and at least in the state named.
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
    limits: tuple[float, ...] = ()
    answers: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    leaves: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    def __post_init__(self) -> None:
        if self.answers is not NOTHING:
            object.__setattr__(self, "answers", FrozenDict(dict(self.answers)))
        if self.leaves is not NOTHING:
            object.__setattr__(self, "leaves", FrozenDict(dict(self.leaves)))

    @property
    def parents(self) -> tuple[str, ...]:
        """The variables that it depends on."""
        return self.distribution.parents

    @property
    def healthy(self) -> str:
        """The healthy state; raises `BackpainError` where the file does not say which it is."""
        if not self.healthy_first:
            raise BackpainError(
                f"which state of {self.name} is the healthy one is not known; name it "
                f"{naming_healthy(self.name, self.states)}"
            )
        return self.states[0]

    @property
    def unhealthy(self) -> tuple[str, ...]:
        """The other states, the unhealthiest last; raises as `healthy` does."""
        return tuple(state for state in self.states if state != self.healthy)

    @property
    def said(self) -> Mapping[str, str]:
        """What "yes" and "no" stand for, where they stand for a state: what the file says, else the
        one state that is a yes or a no by its name.
        """
        named: dict[str, list[str]] = {YES: [], NO: []}
        for state in self.states:
            word = STATED.get(state.lower())
            if word:
                named[word].append(state)
        found = {word: states[0] for word, states in named.items() if len(states) == 1}
        return {**found, **self.answers}

    def meant(self, value: object) -> str | None:
        """Return the state that a value stands for, None where it stands for none; see
        `state_of`.
        """
        if isinstance(value, str) and value in self.states:
            return value
        if isinstance(value, bool | np.bool_):
            return self.said.get(YES if value else NO)
        if isinstance(value, str) and value.lower() in SAID:
            return self.said.get(SAID[value.lower()])
        number = self.number_of(value)
        if number is None or self.outside(number):
            return None
        if self.bins[0] <= self.bins[-1]:
            return self.states[sum(number >= edge for edge in self.bins)]
        return self.states[sum(number < edge for edge in self.bins)]

    def number_of(self, value: object) -> float | None:
        """Return the number by which a value tells the variable; None where it has no bins, or the
        value is a state, a yes or a no, or no finite number.
        """
        named = isinstance(value, bool | np.bool_)
        named |= isinstance(value, str) and value in self.states
        number = math.nan if named or not self.bins else _number(value)
        return number if math.isfinite(number) else None

    def outside(self, number: float | None) -> bool:
        """Whether a number is one that cannot be, by the limits."""
        if number is None or not self.limits:
            return False
        return not self.limits[0] <= number <= self.limits[1]

    def not_known(self, value: object) -> bool:
        """Whether a value that is no state says that nothing is known."""
        if not isinstance(value, str) or self.number_of(value) is not None:
            return False
        word = value.strip().lower()
        return word in NOT_KNOWN and word != (nearest(value, self.states) or "").lower()

    def state_of(self, value: object) -> str:
        """Return the state that a value stands for, however it is told: a state for itself; True
        and False, yes and no, for what the file says that they mean, else for the state that is a
        yes or a no by its name; a number (also one written as text) for its bin.

        A number on a boundary belongs to the larger numbers. Raises `UnknownName` for anything
        else, NaN, infinity and a number outside the limits among it.

        >>> from backpain_bn.model import prior
        >>> speed = Variable(
        ...     "speed", ("slow", "mid", "fast"), prior(0.2, 0.5, 0.3), bins=(30.0, 50.0)
        ... )
        >>> [speed.state_of(value) for value in (12, 30, 49.9, "50", "mid")]
        ['slow', 'mid', 'mid', 'fast', 'mid']
        >>> Variable("rain", ("no", "yes"), prior(0.8, 0.2)).state_of(True)
        'yes'
        >>> stretches = {"yes": "daily", "no": "never"}
        >>> habit = Variable("habit", ("daily", "never"), prior(0.3, 0.7), answers=stretches)
        >>> habit.state_of("no")
        'never'
        """
        state = self.meant(value)
        if state is None and self.outside(self.number_of(value)):
            raise UnknownName(f"{self.name} is {str(value).strip()}; it is {self.number_words}")
        if state is None and self.not_known(value):
            raise better_left_out(self.name, value, self.allowed)
        if state is None:
            raise unknown(f"state of {self.name}", value, self.allowed)
        return state

    @property
    def allowed(self) -> tuple[str, ...]:
        """All that may be told of it: its states, yes and no where they mean one, a number."""
        words = tuple(word for word in self.said if word not in self.states)
        return (*self.states, *words, *((self.number_words,) if self.bins else ()))

    @property
    def number_words(self) -> str:
        """What a number that tells it may be, in words."""
        if not self.limits:
            return "a number"
        low, high = self.limits
        return f"a number from {low:g} to {high:g}"

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


@record
class Trial:
    """What trials of a treatment found: P(outcome with it) / P(outcome without), with its range."""

    risk_ratio: float
    low: float
    high: float
    sources: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


@record
class Treatment:
    """What somebody can do: the states it brings about, the chance that it does, and what trials
    found of how often the outcome comes, where there are any.

    `relief_trials` are studies of people who have the outcome, whether it eases then. That cannot
    be counted in cases that are spared, so no number follows from them.
    """

    name: str
    label: str
    targets: Mapping[str, str]
    success: Number
    who: str = ASK
    note: str = ""
    cautions: tuple[str, ...] = ()
    trial: Trial | None = None
    relief_trials: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", FrozenDict(dict(self.targets)))


@record
class Advice:
    """A caution or a referral that applies with certain findings or treatments."""

    name: str
    kind: str
    text: str
    sources: tuple[str, ...]
    when: Mapping[str, str] = field(default_factory=dict)
    treatments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "when", FrozenDict(dict(self.when)))


@record
class PublishedFigure:
    """A figure that studies print, to be compared with what the network says.

    `measure` is "probability": P(`of` | `given`, do(`do`)); or "odds ratio", "risk ratio" or
    "difference" of it to the same with the conditions of `against` in place of those on the same
    variables. Conditions name the states of each variable of which any will do. `note` says why the
    network stands apart from the figure, where it does. `fitted` says that a number was set so that
    the figure comes out: that it does shows that the arithmetic holds, and no more.
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
    fitted: bool = False

    def __post_init__(self) -> None:
        for name in ("of", "given", "do", "against"):
            object.__setattr__(self, name, FrozenDict(dict(getattr(self, name))))
