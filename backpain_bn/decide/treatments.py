"""What would help: treatments by how much they are expected to take from the outcome in the next
period, alone and together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from ..display.words import short_label, targets_words
from ..errors import names_in, unknown
from ..explain.causal_paths import CausalPath, strongest_path
from ..inference.posterior import Posterior, posterior
from ..model.findings import Findings
from ..model.grades import grade
from ..model.network import Network, check_network
from ..model.variables import Treatment
from ..red_flags.answered import RedFlags, check
from ..red_flags.rules import Rules
from ..temporal.next_period import NextPeriod, next_period
from .treatment_effects import TreatmentEffect, TreatmentEffects, TreatmentPlan
from .trials import End, Risk, Tried, aims_of, parts, subsets, tried

NONE_ASKED = check(Rules(), {})
MOST_TOGETHER = 3
CANDIDATES = 5
"""Plans are made of so many treatments at most: those that lower the outcome most by themselves."""
CERTAIN = 1 - 1e-12
ENDS: tuple[End, End] = ("low", "high")
Corners = Mapping[frozenset[str], Mapping[frozenset[str], float]]


def what_helps(
    network: Network,
    findings: Findings,
    treatments: Sequence[str] | None = None,
    *,
    now: Posterior | None = None,
    red_flags: RedFlags = NONE_ASKED,
) -> TreatmentEffects:
    """Return treatments (default: all of the file) by the drop in P(outcome) that is to be expected
    in the next period.

    effect = P(outcome | findings, nothing done) - P(outcome | findings, treatment started). What
    persists is as it is today, and changes only as far as what is treated was behind it; what does
    not persist is drawn again (see `temporal.unrolling`). Each treatment succeeds or not,
    independently of others. Without a trial it works through what it aims at alone. With one, the
    trial's risk ratio holds for those in whom what it aims at is not so today (see `trials`); what
    it shows beyond the ways traced here is a way of its own, which spares a part of those who would
    have the outcome yet.
    The best plan of up to three is one action on all that they aim at; it is looked for among the
    five treatments of the largest effects, never two for one target. While a red flag is set, no
    caution is printed that holds only with certain findings.

    Raises `UnknownName` for a treatment that is not in the file, `BackpainError` where the network
    names no outcome, and as `posterior`.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> from backpain_bn.model.distributions import Number
    >>> states = ("no", "yes")
    >>> ache = NoisyOr(
    ...     number(0.1),
    ...     (
    ...         Mechanism({"weak": ("yes",)}, number(0.5)),
    ...         Mechanism({"stiff": ("yes",)}, number(0.5)),
    ...     ),
    ... )
    >>> train = Treatment("train", "Train", {"weak": "no"}, Number(0.5, 0.2, 0.8))
    >>> loosen = Treatment("loosen", "Loosen", {"stiff": "no"}, Number(0.4, 0.4, 0.4))
    >>> joint = Network(
    ...     "joint",
    ...     {
    ...         "weak": Variable("weak", states, prior(0.7, 0.3)),
    ...         "stiff": Variable("stiff", states, prior(0.8, 0.2)),
    ...         "ache": Variable("ache", states, ache, persists=False),
    ...     },
    ...     outcome="ache",
    ...     treatments={"train": train, "loosen": loosen},
    ... )
    >>> found = what_helps(joint, {"ache": "yes"})
    >>> (
    ...     round(found.now, 4),
    ...     [(row.name, round(row.effect, 4), round(row.high, 4)) for row in found],
    ... )
    (0.5027, [('train', 0.1121, 0.1794), ('loosen', 0.0579, 0.0579)])
    >>> found.plan.treatments, round(found.plan.effect, 4), round(found.plan.added, 4)
    (('train', 'loosen'), 0.1768, 0.1701)
    """
    check_network(network)
    chosen = known_treatments(network, network.treatments if treatments is None else treatments)
    period = next_period(network)
    now = posterior(network, findings) if now is None else now
    left_out = {one.name: reason for one in chosen if (reason := _without_use(period, one, now))}
    useful = [one for one in chosen if one.name not in left_out]
    before, certain = period.alone(findings, [one.name for one in useful])
    trials = tried(period, findings, useful)
    rows = [
        _effect(network, one, Risk(before, risk), trials.get(one.name), _way(period, one, now))
        for one, risk in zip(useful, certain, strict=True)
    ]
    ranked = tuple(sorted(rows, key=lambda row: -row.effect))
    plan = _best_plan(period, findings, ranked, trials)
    return TreatmentEffects(network, findings, before, ranked, left_out, plan, red_flags)


def _effect(
    network: Network, one: Treatment, risk: Risk, trial: Tried | None, way: CausalPath | None
) -> TreatmentEffect:
    """Return the effect of a treatment, given P(outcome) if nothing is done and if it succeeds."""
    success, before = one.success, risk.before
    traced = before - risk.at(success.p)
    if trial is None:
        after, *ends = (risk.at(chance) for chance in (success.p, success.low, success.high))
        grounds = success.sources, success.against
    else:
        after, *ends = trial.after(), trial.after("low"), trial.after("high")
        grounds = trial.trial.sources, trial.trial.against
    low, high = sorted(before - end for end in ends)
    found = grade(*grounds, network.sources)
    not_yet = trial.not_yet if trial else None
    return TreatmentEffect(one, before, after, low, high, traced, found, way, not_yet)


def known_treatments(network: Network, names: Iterable[str]) -> list[Treatment]:
    """Return treatments by name, each once; raises `UnknownName` for one that is not in the
    file.
    """
    wanted = names_in("treatments", names)
    for name in wanted:
        if name not in network.treatments:
            raise unknown("treatment", name, network.treatments)
    return [network.treatments[name] for name in wanted]


def _without_use(period: NextPeriod, treatment: Treatment, now: Posterior) -> str:
    network, reaching = period.today, period.reaching(treatment)
    if not reaching:
        return (
            "no way leads from what it aims at to "
            f"{short_label(network[network.outcome])}, as far as this network knows"
        )
    if all(now[name][state] >= CERTAIN for name, state in reaching.items()):
        return f"what it aims at is so already ({targets_words(network, reaching)})"
    return ""


def _way(period: NextPeriod, treatment: Treatment, now: Posterior) -> CausalPath | None:
    ways = [
        strongest_path(period.today, {}, name, now)
        for name in period.reaching(treatment)
        if name != period.today.outcome
    ]
    return max((way for way in ways if way), key=lambda way: way.strength, default=None)


def _best_plan(
    period: NextPeriod,
    findings: Findings,
    ranked: Sequence[TreatmentEffect],
    trials: Mapping[str, Tried],
) -> TreatmentPlan | None:
    """Return the plan of the largest effect among two or three of the best treatments; None where
    fewer than two can go together.
    """
    good = [row for row in ranked if row.effect > 0][:CANDIDATES]
    plans = [
        plan
        for size in range(2, MOST_TOGETHER + 1)
        for plan in combinations(good, size)
        if _apart(plan)
    ]
    if not plans:
        return None
    corners = _corners(period, findings, plans, trials)
    risks = [_together(corners, plan, trials, "p") for plan in plans]
    best = min(range(len(plans)), key=lambda index: risks[index])
    plan, before = plans[best], plans[best][0].before
    low, high = sorted(before - _together(corners, plan, trials, end) for end in ENDS)
    names, added = tuple(row.name for row in plan), sum(row.effect for row in plan)
    return TreatmentPlan(names, before, risks[best], low, high, added)


def _corners(
    period: NextPeriod,
    findings: Findings,
    plans: Sequence[Sequence[TreatmentEffect]],
    trials: Mapping[str, Tried],
) -> Corners:
    """Return P(outcome by the ways traced, today all that some treatments with a trial aim at is
    so) by these treatments, for each set of treatments that may succeed, if these do for certain.
    """
    named = [[row.name for row in plan] for plan in plans]
    sure = sorted({some for names in named for some in subsets(names)}, key=sorted)
    with_trial = [[name for name in names if name in trials] for names in named]
    there = {some for names in with_trial for some in subsets(names)}
    sets = [dict.fromkeys(some, 1.0) for some in sure]
    corners = {}
    for some in there:
        risks = period.risks(findings, sets, aims_of(some, trials))
        corners[some] = dict(zip(sure, risks, strict=True))
    return corners


def _together(
    corners: Corners, plan: Sequence[TreatmentEffect], trials: Mapping[str, Tried], end: End
) -> float:
    """Return P(outcome) with a plan, its successes and trials at one `end` of their ranges."""
    names = [row.name for row in plan]
    risk = 0.0
    mixture = parts({name: trials[name] for name in names if name in trials}, end)
    for there, factor in mixture.items():
        for some in subsets(names):
            chances = [(row.name in some, getattr(row.treatment.success, end)) for row in plan]
            weight = math.prod(p if succeeds else 1 - p for succeeds, p in chances)
            risk += factor * weight * corners[there][some]
    return min(max(risk, 0.0), 1.0)


def _apart(plan: Sequence[TreatmentEffect]) -> bool:
    targets = [name for row in plan for name in row.treatment.targets]
    return len(targets) == len(set(targets))
