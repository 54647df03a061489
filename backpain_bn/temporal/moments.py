"""What is known of one case at a visit, and what moved each probability since the visit before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..display.words import full_label, named_finding, state_words
from ..errors import ImpossibleEvidence
from ..explain.shapley import Sets, changes, looked_up, prefixes, shapley, subsets
from ..inference.beliefs import Array, Beliefs
from ..inference.evidence import likelihood
from ..inference.posterior import Posterior, posterior
from ..model.findings import Finding, Findings
from ..model.network import Network
from .visits import Visit, acting, checked, outcome_of
from .window import Window, window

MOST_EXACT = 6
"""Up to so many findings at one visit every subset is asked; above, they are accounted for in the
order told.
"""

LEFT_BEHIND = "left behind by the time before"


@dataclass(frozen=True, slots=True)
class Step:
    """What moved a probability from one visit to the next, and by how much its log-odds, in
    decibans.
    """

    words: str
    decibans: float


@dataclass(frozen=True, eq=False)
class Moment:
    """What is known at one visit: `posterior` given all visits up to it, and for each possible
    contributor what moved it since the last. The `window` holds the visits behind it.

    The steps add up to the change of its log-odds: first what the visit before left behind, then
    what was changed and started, in that order, then the findings, each averaged over all orders of
    telling (the Shapley value; above six in the order told).
    """

    window: Window
    posterior: Posterior
    steps: Mapping[str, tuple[Step, ...]]

    @property
    def visit(self) -> Visit:
        """What was told and done at this visit."""
        return self.window.visits[-1]


def moment(network: Network, visits: tuple[Visit, ...], before: Moment | None) -> Moment:
    """Return what is known at the last of these visits, given what was known at the one before."""
    outcome_of(network)
    checked(network, visits)
    visit = visits[-1]
    if before is None:
        return Moment(window(network, visit), posterior(network, visit.findings), {})
    told = told_at(visit)
    sets = _sets(len(told))
    followed = before.window.with_visit(visit)
    marginals, log_evidence = _beliefs(followed, sets, network.causes)
    lost = np.isneginf(log_evidence)
    if lost.any():
        smallest = min(sets[lost], key=np.sum)
        findings = {
            name: visit.findings[name] for name, one in zip(told, smallest, strict=True) if one
        }
        raise _impossible(network, len(visits), findings)
    every, _ = _beliefs(followed, sets[-1:], list(network))
    now = Posterior(network, every[0], float(log_evidence[-1]))
    return Moment(followed, now, _steps(followed, before, marginals))


def outcome_ahead(now: Moment) -> float:
    """Return P(outcome is not healthy at one more visit, of which nothing is known | all visits);
    raises as `moment` does.
    """
    network = now.window.network
    outcome = network.outcome
    marginals, _ = _beliefs(now.window.with_visit(Visit()), _sets(0), [outcome])
    return 1 - float(marginals[0, network.slices[outcome].start])


def _steps(followed: Window, before: Moment, marginals: Array) -> dict[str, tuple[Step, ...]]:
    """Return what moved each possible contributor, from the marginals of the sets of findings."""
    network, visit = followed.network, followed.visits[-1]
    told = told_at(visit)
    healthy = [network.slices[name].start for name in network.causes]
    acted = list(_after_actions(followed))
    rows = [before.posterior.row]
    if acted:
        rows += [*(row for _, row in acted[:-1]), marginals[0]]
    actions = changes(_decibans(np.array(rows)[:, healthy]))
    answers = _weights(_decibans(marginals[:, healthy]), len(told))
    words = [words for words, _ in acted]
    words += [named_finding(network, name, visit.findings[name]) for name in told]
    columns = np.concatenate([actions, answers]).T.tolist()
    return {
        name: tuple(map(Step, words, column))
        for name, column in zip(network.causes, columns, strict=True)
    }


def told_at(visit: Visit) -> list[str]:
    """Return the variables of which something was told at a visit."""
    return [name for name, finding in visit.findings.items() if finding is not None]


def _after_actions(followed: Window) -> Iterator[tuple[str, Array]]:
    """Yield what was left behind, changed and started, one after the other, and the marginals
    after it without the visit's findings.

    Those after the last action are left empty.
    """
    network, visit = followed.network, followed.visits[-1]
    done = Visit()
    actions: list[tuple[str, Visit]] = []
    if any(variable.leaves for variable in network.variables.values()):
        actions.append((LEFT_BEHIND, done))
    for name, state in visit.changed.items():
        done = replace(done, changed={**done.changed, name: state})
        actions.append((f"now {state_words(network, name, [state])}", done))
    for treatment in acting(network, visit):
        done = replace(done, treatments=(*done.treatments, treatment.name))
        actions.append((f"started: {treatment.label}", done))
    for words, so_far in actions[:-1]:
        until_then = replace(followed, visits=(*followed.visits[:-1], so_far))
        yield words, _beliefs(until_then, _sets(0), network.causes).marginals[0]
    if actions:
        yield actions[-1][0], np.zeros(0)


def _sets(m: int) -> Sets:
    """Return all subsets of m findings; of many only those that are told one after the other."""
    return prefixes(m) if m > MOST_EXACT else subsets(m)


def _beliefs(followed: Window, sets: Sets, wanted: Sequence[str]) -> Beliefs:
    """Return what is known of what is wanted, one row for each set of the last visit's findings."""
    network, visit = followed.network, followed.visits[-1]
    told = {name: likelihood(network, name, visit.findings[name]) for name in told_at(visit)}
    rows = [
        {name: weights for (name, weights), one in zip(told.items(), line, strict=True) if one}
        for line in sets
    ]
    return followed.beliefs(rows, wanted)


def _decibans(healthy: Array) -> Array:
    """Return the log-odds of being present."""
    with np.errstate(divide="ignore"):
        odds: Array = 10 * (np.log10(1 - healthy) - np.log10(healthy))
    return odds


def _weights(values: Array, m: int) -> Array:
    """Return what each of m findings adds (m, variables), from the log-odds after the sets of
    `_sets` (sets, variables).
    """
    if m > MOST_EXACT:
        return changes(values)
    columns = [shapley(m, looked_up(column)).weight for column in values.T]
    return np.array(columns).reshape(values.shape[1], m).T


def _impossible(network: Network, visit: int, findings: Findings) -> ImpossibleEvidence:
    words = ", ".join(
        f"{full_label(network[name])} ({name}={_state_or_uncertain(finding)})"
        for name, finding in findings.items()
    )
    return ImpossibleEvidence(
        f"what was told at visit {visit} cannot hold together with what was known before in "
        f"{network.name}: {words}"
    )


def _state_or_uncertain(finding: Finding) -> str:
    return finding if isinstance(finding, str) else "uncertain"
