"""What is known of one case at a visit, and what moved each probability since the visit before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..display.words import full_label, named_finding, state_words
from ..errors import ImpossibleEvidence, TooHard
from ..explain.shapley import Sets, changes, looked_up, prefixes, shapley, subsets
from ..inference.beliefs import Array
from ..inference.dense import DenseEngine
from ..inference.differences import by_differences
from ..inference.evidence import likelihood
from ..inference.posterior import Posterior, posterior
from ..model.findings import Finding, Findings
from ..model.network import Network
from ..records import record
from .unrolling import unrolled
from .visits import Visit, acting, checked, outcome_of

MOST_EXACT = 6
"""Up to so many findings at one visit every subset is asked; above, they are accounted for in the
order told.
"""

LEFT_BEHIND = "left behind by the time before"


@record
class Step:
    """What moved a probability from one visit to the next, and by how much its log-odds, in
    decibans.
    """

    words: str
    decibans: float


@record
class Moment:
    """What is known at one visit: `posterior` given all visits up to it, and for each possible
    contributor what moved it since the last.

    The steps add up to the change of its log-odds: first what the visit before left behind, then
    what was changed and started, in that order, then the findings, each averaged over all orders of
    telling (the Shapley value; above six in the order told).
    """

    visit: Visit
    posterior: Posterior
    steps: Mapping[str, tuple[Step, ...]]


def moment(network: Network, visits: tuple[Visit, ...], before: Moment | None) -> Moment:
    """Return what is known at the last of these visits, given what was known at the one before."""
    outcome_of(network)
    checked(network, visits)
    visit = visits[-1]
    if before is None:
        return Moment(visit, posterior(network, visit.findings), {})
    told = told_at(visit)
    sets = _sets(len(told))
    marginals, log_evidence = _beliefs(network, visits, sets, network.causes)
    lost = np.isneginf(log_evidence)
    if lost.any():
        smallest = min(sets[lost], key=np.sum)
        findings = {
            name: visit.findings[name] for name, one in zip(told, smallest, strict=True) if one
        }
        raise _impossible(network, len(visits), findings)
    every, _ = _beliefs(network, visits, sets[-1:], list(network))
    now = Posterior(network, every[0], float(log_evidence[-1]))
    return Moment(visit, now, _steps(network, visits, before, marginals))


def outcome_ahead(network: Network, visits: tuple[Visit, ...]) -> float:
    """Return P(outcome is not healthy at one more visit, of which nothing is known | visits);
    raises as `moment` does.
    """
    outcome = network.outcome
    marginals, _ = _beliefs(network, (*visits, Visit()), _sets(0), [outcome])
    return 1 - float(marginals[0, network.slices[outcome].start])


def _steps(
    network: Network, visits: tuple[Visit, ...], before: Moment, marginals: Array
) -> dict[str, tuple[Step, ...]]:
    """Return what moved each possible contributor, from the marginals of the sets of findings."""
    visit, told = visits[-1], told_at(visits[-1])
    healthy = [network.slices[name].start for name in network.causes]
    acted = list(_after_actions(network, visits))
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


def _after_actions(network: Network, visits: tuple[Visit, ...]) -> Iterator[tuple[str, Array]]:
    """Yield what was left behind, changed and started, one after the other, and the marginals
    after it without the visit's findings.

    Those after the last action are left empty.
    """
    visit = visits[-1]
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
        yield words, _beliefs(network, (*visits[:-1], so_far), _sets(0), network.causes)[0][0]
    if actions:
        yield actions[-1][0], np.zeros(0)


def _sets(m: int) -> Sets:
    """Return all subsets of m findings; of many only those that are told one after the other."""
    return prefixes(m) if m > MOST_EXACT else subsets(m)


def _beliefs(
    network: Network, visits: Sequence[Visit], sets: Sets, wanted: Sequence[str]
) -> tuple[Array, Array]:
    """Return the marginals of what is wanted at the last visit (n, S), 0 for all else, and the
    log-evidence (n,), each row with some of that visit's findings.

    The fewer are wanted the less hangs together: what neither they nor findings depend on is
    dropped.
    """
    whole, names, _, _ = unrolled(network, visits)
    last, now = visits[-1], names[-1]
    row = _before(network, whole, visits, names)
    evidence = np.tile(row, (len(sets), 1))
    for column, name in enumerate(told_at(last)):
        weights = likelihood(network, name, last.findings[name])
        evidence[:, whole.slices[now[name]]] *= np.where(sets[:, column, None], weights, 1.0)
    try:
        targets = {now[name] for name in wanted}
        beliefs = by_differences(DenseEngine(whole), evidence, None, targets)
    except TooHard as error:
        raise TooHard(
            f"{len(visits)} visits are too many to follow exactly; leave out the earliest. {error}"
        ) from error
    places = [whole.slices[now[name]] for name in network]
    marginals = np.concatenate([beliefs.marginals[:, place] for place in places], axis=1)
    return marginals, beliefs.log_evidence


def _before(
    network: Network, whole: Network, visits: Sequence[Visit], names: Sequence[Mapping[str, str]]
) -> Array:
    """Return the likelihoods (S,) of all that was told and changed but for the last visit's
    findings.
    """
    row = np.ones(len(whole.columns))
    for visit, own in zip(visits[:-1], names, strict=False):
        for name in told_at(visit):
            row[whole.slices[own[name]]] *= likelihood(network, name, visit.findings[name])
    for visit, own in zip(visits, names, strict=True):
        for name, state in visit.changed.items():
            row[whole.slices[own[name]]] *= likelihood(network, name, state)
    return row


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
