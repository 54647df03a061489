"""What to do, by what it is worth to the runner: expected utility over the next run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..display.blocks import TextTable, View
from ..display.result import Result
from ..display.words import percent, short_label
from ..errors import BackpainError, unknown
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Treatment
from ..temporal.next_period import next_run
from .treatments import MOST_TOGETHER, Helps, known_treatments, what_helps
from .utilities import utilities_of


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to do: the treatments that it starts, P(outcome on the next run = state) with it,
    and its expected utility.
    """

    action: str
    treatments: tuple[str, ...]
    outcomes: Mapping[str, float]
    utility: float


@dataclass(frozen=True)
class Choices(Result):
    """Things to do, by expected utility over the next run, the best first."""

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

    def views(self) -> list[View]:
        """Return the actions as a table."""
        outcome = self.network[self.network.outcome]
        header = ("", "worth", f"{short_label(outcome)} on the next run", "by")
        rows = []
        for row in self.rows:
            by = (
                "; ".join(self.network.treatments[name].label for name in row.treatments)
                or "nothing new"
            )
            rows.append(
                (row.action, f"{row.utility:.3g}", percent(1 - row.outcomes[outcome.states[0]]), by)
            )
        return [View("What to do, by what it is worth to you", (TextTable(header, tuple(rows)),))]


def usual_actions(found: Helps) -> dict[str, tuple[str, ...]]:
    """Return what runners usually choose between, and the treatments that each starts.

    keep running: none; modify: what one can do oneself of the best plan; rest: the treatment of
    that name; see someone: the best two or three of what takes somebody trained. What the file has
    no treatments for is left out.
    """
    plan = (
        found.plan.treatments
        if found.plan
        else tuple(row.name for row in found.rows[:1] if row.effect > 0)
    )
    means = found.network.vocabulary.means
    trained_means = {name for name, each in means.items() if each.trained}
    own = tuple(name for name in plan if found.network.treatments[name].who not in trained_means)
    trained = tuple(
        row.name for row in found.rows if row.treatment.who in trained_means and row.effect > 0
    )[:MOST_TOGETHER]
    rest = ("rest",) if "rest" in found.network.treatments else ()
    named = {"modify": own, "rest": rest, "see someone": trained}
    return {"keep running": (), **{action: names for action, names in named.items() if names}}


def weigh(
    network: Network,
    findings: Findings,
    utilities: Mapping[str, Mapping[str, float]],
    actions: Mapping[str, Sequence[str]] | None = None,
) -> Choices:
    """Return actions by expected utility over the next run: EU(a) = sum over s of P(outcome on the
    next run = s | findings, a) U(a, s).

    `utilities` maps each action to {state of the outcome: utility}, `actions` each action to the
    treatments that it starts (default: `usual_actions`). What any of them makes be drawn again is
    drawn again under all of them, so that they are compared like with like. Raises `UnknownName`
    for an unknown action, treatment or state, `BackpainError` for a missing state and for an action
    that pulls one variable into two states.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> states = ("no", "yes")
    >>> train = Treatment("train", "Train", {"weak": "no"}, number(0.5))
    >>> back = Network(
    ...     "back",
    ...     {
    ...         "weak": Variable("weak", states, prior(0.7, 0.3)),
    ...         "pain": Variable(
    ...             "pain",
    ...             states,
    ...             NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)),)),
    ...             persists=False,
    ...         ),
    ...     },
    ...     outcome="pain",
    ...     treatments={"train": train},
    ... )
    >>> worth = {"keep running": {"no": 1.0, "yes": -1.0}, "train": {"no": 0.9, "yes": -1.1}}
    >>> [
    ...     (row.action, round(row.utility, 4))
    ...     for row in weigh(
    ...         back, {"pain": "yes"}, worth, {"keep running": (), "train": ("train",)}
    ...     ).rows
    ... ]
    [('train', 0.384), ('keep running', 0.1681)]
    """
    known = usual_actions(what_helps(network, findings)) if actions is None else actions
    worth = utilities_of(network, {}, utilities, network.outcome)
    plans = {action: known_treatments(network, _known(known, action)) for action in worth.actions}
    for action, plan in plans.items():
        _one_way(network, action, plan)
    run = next_run(network)
    again = run.redrawn(one for plan in plans.values() for one in plan)
    rows = []
    for action, values in zip(worth.actions, worth.values, strict=True):
        some = list(run.ways(plans[action], [one.success.p for one in plans[action]], again))
        found = np.array([weight for weight, _ in some]) @ run.outcomes(
            findings, [world for _, world in some]
        )
        outcomes = dict(zip(network[network.outcome].states, found.tolist(), strict=True))
        rows.append(
            Choice(
                action, tuple(one.name for one in plans[action]), outcomes, float(found @ values)
            )
        )
    return Choices(network, tuple(sorted(rows, key=lambda row: -row.utility)))


def _known(actions: Mapping[str, Sequence[str]], action: str) -> Sequence[str]:
    if action not in actions:
        raise unknown("action", action, actions)
    return actions[action]


def _one_way(network: Network, action: str, plan: Sequence[Treatment]) -> None:
    states: dict[str, set[str]] = {}
    for one in plan:
        for name, state in one.targets.items():
            states.setdefault(name, set()).add(state)
    torn = [name for name, found in states.items() if len(found) > 1]
    if torn:
        raise BackpainError(
            f"the treatments of {action} pull {torn[0]} into several states: "
            f"{', '.join(sorted(states[torn[0]]))}"
        )
