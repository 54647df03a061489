"""What would help: treatments by how much they are expected to take from the outcome in the next
period, alone and together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from ..display.citations import graded
from ..display.words import short_label, targets_words
from ..errors import BackpainError, shown, unknown
from ..explain.causal_paths import CausalPath, strongest_path
from ..inference.posterior import Posterior, posterior
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Treatment
from ..red_flags import RedFlags, Rules, check
from ..temporal.next_period import NextPeriod, World, next_period
from .treatment_effects import TreatmentEffect, TreatmentEffects, TreatmentPlan

NONE_ASKED = check(Rules(), {})
MOST_TOGETHER = 3
CANDIDATES = 10
"""Plans are made of so many treatments at most: those that lower the outcome most by themselves."""
CERTAIN = 1 - 1e-12


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

    effect = success * (P0 - P1). What persists keeps today's uncertain value; the descendants of
    what is treated and everything that does not persist are drawn again from their tables, once
    with what is treated as it is (P0), once in the state that the treatment aims at (P1) (Pearl
    2009, chapters 3 and 4). Findings on what is drawn again inform the rest and are not carried
    over. The best plan of up to three acts on all its targets at once, P0 and the expectation over
    which of its treatments succeed, independently, being those of one model; it is looked for among
    the ten treatments of the largest effects, never two for one target. While a red flag is set,
    no caution is printed that holds only with certain findings.

    Raises `UnknownName` for a treatment that is not in the file, `BackpainError` where the network
    names no outcome, and as `posterior`.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Number, Variable, number, prior
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
    chosen = known_treatments(network, network.treatments if treatments is None else treatments)
    period = next_period(network)
    now = posterior(network, findings) if now is None else now
    left_out = {one.name: reason for one in chosen if (reason := _without_use(period, one, now))}
    tried = [one for one in chosen if one.name not in left_out]
    certain = period.pains(findings, [((one,), (1.0,)) for one in tried])
    rows = [
        TreatmentEffect(one, *pains, graded(network, one.success), _way(period, one, now))
        for one, pains in zip(tried, certain, strict=True)
    ]
    ranked = tuple(sorted(rows, key=lambda row: -row.effect))
    pain = 1 - float(period.outcomes(findings, [World()])[0, 0])
    return TreatmentEffects(
        network, findings, pain, ranked, left_out, _best_plan(period, findings, ranked), red_flags
    )


def known_treatments(network: Network, names: Iterable[str]) -> list[Treatment]:
    """Return treatments by name, each once; raises `UnknownName` for one that is not in the
    file.
    """
    if isinstance(names, str):
        raise BackpainError(f"treatments are a list of names, such as [{shown(names)}]")
    for name in names:
        if name not in network.treatments:
            raise unknown("treatment", name, network.treatments)
    return [network.treatments[name] for name in dict.fromkeys(names)]


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
    period: NextPeriod, findings: Findings, ranked: Sequence[TreatmentEffect]
) -> TreatmentPlan | None:
    """Return the plan of the largest effect among two or three of the best treatments; None where
    fewer than two can go together.
    """
    good = [row.treatment for row in ranked if row.effect > 0][:CANDIDATES]
    plans = [
        plan
        for size in range(2, MOST_TOGETHER + 1)
        for plan in combinations(good, size)
        if _apart(plan)
    ]
    if not plans:
        return None
    pains = period.pains(findings, [(plan, [one.success.p for one in plan]) for plan in plans])
    best = max(range(len(plans)), key=lambda index: pains[index][0] - pains[index][1])
    plan, (before, after) = plans[best], pains[best]
    ends = period.pains(
        findings,
        [(plan, [one.success.low for one in plan]), (plan, [one.success.high for one in plan])],
    )
    low, high = sorted(without - with_it for without, with_it in ends)
    alone = {row.name: row.effect for row in ranked}
    return TreatmentPlan(
        tuple(one.name for one in plan),
        before,
        after,
        low,
        high,
        sum(alone[one.name] for one in plan),
    )


def _apart(plan: Sequence[Treatment]) -> bool:
    targets = [name for one in plan for name in one.targets]
    return len(targets) == len(set(targets))
