"""What trials of treatments found, for those who are not yet where a treatment aims."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import Literal, NamedTuple

from ..model.findings import Findings
from ..model.variables import Treatment, Trial
from ..records import record
from ..temporal.next_period import NextPeriod

End = Literal["p", "low", "high"]
"""Where in the range of what is uncertain: its own value, the worse or the better end."""


NOBODY = 1e-12


class Risk(NamedTuple):
    """P(outcome in the next period, today among some) if nothing is done, and if a treatment
    succeeds for certain.
    """

    before: float
    certain: float

    def at(self, success: float) -> float:
        """Return it if the treatment succeeds with this chance."""
        return self.before + success * (self.certain - self.before)


@record
class Tried:
    """A treatment with a trial: the states that it brings about (`aims`), how likely they are not
    all there today (`not_yet`), and the risks of those where they are (`there`) and the `others`.
    """

    treatment: Treatment
    trial: Trial
    aims: Mapping[str, str]
    not_yet: float
    there: Risk
    others: Risk

    def after(self, end: End = "p") -> float:
        """Return P(outcome in the next period) with the treatment: the trial's risk ratio times
        that of the others, and those who are there already as the ways traced have it.
        """
        return ratio_of(self.trial, end) * self.others.before + self.there.at(self._success(end))

    def untraced(self, end: End = "p") -> float:
        """Return by what the trial multiplies the risk of the others beyond the ways traced."""
        traced = self.others.at(self._success(end))
        return ratio_of(self.trial, end) * self.others.before / traced if traced > 0 else 1.0

    def _success(self, end: End) -> float:
        chance: float = getattr(self.treatment.success, end)
        return chance


def ratio_of(trial: Trial, end: End) -> float:
    """Return a trial's risk ratio; its worse end is the high one."""
    return {"p": trial.risk_ratio, "low": trial.high, "high": trial.low}[end]


def tried(
    period: NextPeriod, findings: Findings, treatments: Sequence[Treatment]
) -> dict[str, Tried]:
    """Return the treatments that have a trial, each with the risks of those whom it may help.

    A trial compares people who are given something with people who are not. Whoever has it already
    gains nothing more: its risk ratio holds for those in whom what it aims at is not so today.
    Raises as `NextPeriod.risks`.
    """
    found = {}
    for one in treatments:
        if one.trial is not None:
            aims = period.reaching(one)
            before, (certain,) = period.alone(findings, [one.name])
            mine, (sure,) = period.alone(findings, [one.name], aims)
            not_yet = 1 - period.share(findings, aims)
            others = Risk(before - mine, certain - sure) if not_yet > NOBODY else Risk(0.0, 0.0)
            found[one.name] = Tried(one, one.trial, aims, not_yet, Risk(mine, sure), others)
    return found


def parts(plan: Mapping[str, Tried], end: End = "p") -> dict[frozenset[str], float]:
    """Return the weights of sets of a plan's treatments, so that P(outcome with the plan) is the
    sum of weight * P(outcome by the ways traced, today all that the set aims at is there).

    u_k = `untraced` of treatment k acts where k's aims are not there yet, and 1 where they are:
    product over k of (u_k + (1 - u_k) [k's aims are there]), multiplied out.
    """
    factors = {name: one.untraced(end) for name, one in plan.items()}
    return {
        some: math.prod(1 - u if name in some else u for name, u in factors.items())
        for some in subsets(list(plan))
    }


def aims_of(some: Iterable[str], trials: Mapping[str, Tried]) -> dict[str, str]:
    """Return all states that some treatments with trials aim at."""
    return dict(chain.from_iterable(trials[name].aims.items() for name in some))


def subsets(names: Sequence[str]) -> Iterator[frozenset[str]]:
    """Yield all subsets, the smallest first."""
    sizes = range(len(names) + 1)
    return map(frozenset, chain.from_iterable(combinations(names, size) for size in sizes))
