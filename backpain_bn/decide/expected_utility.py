"""What to do, by what it is worth: expected utility over the next period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..display.blocks import TextTable, View
from ..display.result import Rows
from ..display.words import capital, percent, short_label
from ..errors import BackpainError, check_mapping, unknown
from ..inference.beliefs import Array
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Treatment
from ..records import record
from ..temporal.next_period import NextPeriod, next_period
from ..temporal.visits import pulled_apart
from .treatment_effects import TreatmentEffects
from .treatments import MOST_TOGETHER, known_treatments, what_helps
from .trials import Tried, aims_of, parts, tried
from .utilities import utilities_of

NOTHING, ONESELF, TRAINED = "change nothing", "do it oneself", "see somebody trained"
"""What the usual actions are called, as far as the vocabulary names none of its own."""


@record
class Choice:
    """One thing to do: the treatments that it starts, P(outcome in the next period = state) with
    it, and its expected utility.
    """

    action: str
    treatments: tuple[str, ...]
    outcomes: Mapping[str, float]
    utility: float


@record
class ExpectedUtilities(Rows[Choice]):
    """Things to do, by expected utility over the next period, the best first."""

    network: Network
    rows: tuple[Choice, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per action."""
        return [
            {
                "action": row.action,
                "treatments": list(row.treatments),
                "outcomes": dict(row.outcomes),
                "utility": row.utility,
            }
            for row in self.rows
        ]

    def sections(self) -> list[View]:
        """Return the actions as a table."""
        outcome = self.network[self.network.outcome]
        again = self.network.vocabulary.again
        header = ("", "worth", capital(f"{short_label(outcome)} {again}", self.network), "by")
        rows = tuple(self._cells(row, outcome.healthy) for row in self.rows)
        return [View("What to do, by what it is worth to you", (TextTable(header, rows),))]

    def _cells(self, row: Choice, healthy: str) -> tuple[str, ...]:
        labels = [self.network.treatments[name].label for name in row.treatments]
        present = percent(1 - row.outcomes[healthy])
        return row.action, f"{row.utility:.3g}", present, "; ".join(labels) or "nothing new"


def usual_actions(found: TreatmentEffects) -> dict[str, tuple[str, ...]]:
    """Return what one usually chooses between, and the treatments that each starts.

    What the vocabulary names; to change nothing; what one can do oneself of the best plan; the best
    two or three of what takes somebody trained. What the file has no treatments for is left out.
    """
    named = found.network.vocabulary.actions
    means = found.network.vocabulary.means
    helpful = [row for row in found.rows if row.effect > 0]
    best = found.plan.treatments if found.plan else [row.name for row in helpful[:1]]
    trained = [row.name for row in helpful if means[row.treatment.who].trained]
    usual = {
        ONESELF: tuple(name for name in best if name not in trained),
        TRAINED: tuple(trained[:MOST_TOGETHER]),
    }
    nothing: dict[str, tuple[str, ...]] = {} if () in named.values() else {NOTHING: ()}
    some = {action: names for action, names in usual.items() if names}
    return {**nothing, **some, **named}


def weigh(
    network: Network,
    findings: Findings,
    utilities: Mapping[str, Mapping[str, float]],
    *,
    actions: Mapping[str, Sequence[str]] | None = None,
) -> ExpectedUtilities:
    """Return actions by expected utility over the next period: EU(a) = sum over s of P(outcome in
    the next period = s | findings, a) U(a, s).

    `utilities` maps each action to {state of the outcome: utility}, `actions` each action to the
    treatments that it starts (default: `usual_actions`). All start from the same case (see
    `what_helps`). Raises `UnknownName`
    for an unknown action, treatment or state, `BackpainError` for a missing state and for an action
    that pulls one variable into two states.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> states = ("no", "yes")
    >>> train = Treatment("train", "Train", {"weak": "no"}, number(0.5))
    >>> joint = Network(
    ...     "joint",
    ...     {
    ...         "weak": Variable("weak", states, prior(0.7, 0.3)),
    ...         "ache": Variable(
    ...             "ache",
    ...             states,
    ...             NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)),)),
    ...             persists=False,
    ...         ),
    ...     },
    ...     outcome="ache",
    ...     treatments={"train": train},
    ... )
    >>> worth = {"change nothing": {"no": 1.0, "yes": -1.0}, "train": {"no": 0.9, "yes": -1.1}}
    >>> [
    ...     (row.action, round(row.utility, 4))
    ...     for row in weigh(
    ...         joint,
    ...         {"ache": "yes"},
    ...         worth,
    ...         actions={"change nothing": (), "train": ("train",)},
    ...     )
    ... ]
    [('train', 0.384), ('change nothing', 0.1681)]
    """
    known = usual_actions(what_helps(network, findings)) if actions is None else actions
    check_mapping("actions", known, "each action to its treatments")
    worth = utilities_of(network, {}, utilities)
    plans = {action: known_treatments(network, _known(known, action)) for action in worth.actions}
    for action, plan in plans.items():
        _one_way(action, plan)
    period = next_period(network)
    every = known_treatments(network, [one.name for plan in plans.values() for one in plan])
    trials = tried(period, findings, every)
    rows = []
    expected = _outcomes(period, findings, list(plans.values()), trials)
    for (action, plan), found, values in zip(plans.items(), expected, worth.values, strict=True):
        outcomes = dict(zip(network[network.outcome].states, found.tolist(), strict=True))
        names = tuple(one.name for one in plan)
        rows.append(Choice(action, names, outcomes, float(found @ values)))
    return ExpectedUtilities(network, tuple(sorted(rows, key=lambda row: -row.utility)))


def _outcomes(
    period: NextPeriod,
    findings: Findings,
    plans: Sequence[Sequence[Treatment]],
    trials: Mapping[str, Tried],
) -> Array:
    """Return P(outcome = state) with each plan (plans, states), the unhealthy ones together at most
    1.
    """
    chances = [{one.name: one.success.p for one in plan} for plan in plans]
    mixtures = [parts({name: trials[name] for name in plan if name in trials}) for plan in chances]
    unhealthy = np.zeros((len(plans), len(period.today[period.today.outcome].states) - 1))
    for some in {some for mixture in mixtures for some in mixture}:
        weights = np.array([mixture.get(some, 0.0) for mixture in mixtures])
        traced = period.outcomes(findings, chances, aims_of(some, trials))
        unhealthy += weights[:, None] * traced[:, 1:]
    unhealthy = np.maximum(unhealthy, 0.0)
    unhealthy /= np.maximum(unhealthy.sum(axis=1, keepdims=True), 1.0)
    return np.hstack([1 - unhealthy.sum(axis=1, keepdims=True), unhealthy])


def _known(actions: Mapping[str, Sequence[str]], action: str) -> Sequence[str]:
    if action not in actions:
        raise unknown("action", action, actions)
    return actions[action]


def _one_way(action: str, plan: Sequence[Treatment]) -> None:
    torn = pulled_apart(plan)
    if torn:
        raise BackpainError(
            f"the treatments of {action} pull {torn[0]} into several states: {', '.join(torn[1])}"
        )
