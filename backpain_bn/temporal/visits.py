"""What was told and done at each visit of one case, and what of it still holds at the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from ..errors import BackpainError, check_mapping, names_in, no_outcome, unknown
from ..inference.evidence import encode
from ..model.findings import Finding, Findings
from ..model.network import Network
from ..model.variables import Treatment, Variable
from ..records import FrozenDict, record


@record
class Visit:
    """What was told at one visit, what had `changed` for good since the last one, and the
    treatments that were started since.
    """

    findings: Findings = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)
    treatments: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("findings", "changed"):
            given = getattr(self, name)
            check_mapping(name, given)
            object.__setattr__(self, name, FrozenDict(dict(given)))
        object.__setattr__(self, "treatments", names_in("treatments", self.treatments))


def outcome_of(network: Network) -> Variable:
    """Return the outcome; raises `BackpainError` where the network names none, or does not say
    which of its states is the healthy one.
    """
    if not network.outcome:
        raise no_outcome(network.name)
    outcome = network[network.outcome]
    _ = outcome.healthy
    return outcome


def persists(network: Network, name: str) -> bool:
    """Return whether a variable stays as it is into the next period; the outcome never does."""
    return network[name].persists and name != network.outcome


def acting(network: Network, visit: Visit) -> list[Treatment]:
    """Return the treatments that were started before a visit."""
    return [network.treatments[name] for name in dict.fromkeys(visit.treatments)]


def acted_on(network: Network, visit: Visit) -> frozenset[str]:
    """Return what is set from outside at a visit that is not the first: what has changed, what
    treatments aim at, and what a variable of the visit before may have left behind.
    """
    left = (name for variable in network.variables.values() for name in variable.leaves)
    return frozenset(visit.changed).union(left, *(one.targets for one in acting(network, visit)))


def moved(network: Network, acted: Iterable[str]) -> frozenset[str]:
    """Return what may become other than it was where these variables are acted on: they and their
    descendants.
    """
    some = frozenset(acted)
    return some.union(*(network.descendants(name) for name in some))


def untouched(network: Network, visit: Visit) -> frozenset[str]:
    """Return what is at this visit as it was at the last one."""
    touched = moved(network, acted_on(network, visit))
    return frozenset(name for name in network if persists(network, name) and name not in touched)


def pulled_apart(treatments: Iterable[Treatment]) -> tuple[str, list[str]] | None:
    """Return a variable that treatments pull into several states, and these; None if there is
    none.
    """
    states: dict[str, set[str]] = {}
    for one in treatments:
        for name, state in one.targets.items():
            states.setdefault(name, set()).add(state)
    torn = ((name, sorted(found)) for name, found in states.items() if len(found) > 1)
    return next(torn, None)


def checked(network: Network, visits: Sequence[Visit]) -> None:
    """Raise what is wrong with the last visit, given those before it.

    `UnknownName` for variables, states and treatments that do not exist; `BackpainError` for a
    change of what is drawn again at every run, for treatments that pull one variable into two
    states, and for what contradicts what was known and persists.
    """
    visit, first = visits[-1], len(visits) == 1
    encode(network, [visit.findings])
    for name, state in visit.changed.items():
        network.state(name, state)
        if not persists(network, name):
            raise BackpainError(
                f"{name} is drawn again each time, so it cannot have changed for good; tell "
                f"{name}={state} as a finding"
            )
        if isinstance(visit.findings.get(name), str) and visit.findings[name] != state:
            raise BackpainError(
                f"{name} is said to have changed to {state} and to be {visit.findings[name]} at "
                "the same visit"
            )
    for treatment in visit.treatments:
        if treatment not in network.treatments:
            raise unknown("treatment", treatment, network.treatments)
    if first and (visit.changed or visit.treatments):
        raise BackpainError(
            "at the first visit nothing can have changed yet; tell it as findings, and changes at "
            "the visits after it"
        )
    torn = pulled_apart(acting(network, visit))
    if torn:
        raise BackpainError(
            f"the treatments {', '.join(visit.treatments)} pull {torn[0]} into several states: "
            f"{', '.join(torn[1])}"
        )
    if not first:
        _agrees(network, _carried(network, known(network, visits[:-1]), visit), visit)


def _agrees(network: Network, carried: Findings, visit: Visit) -> None:
    for name, finding in visit.findings.items():
        before = carried.get(name)
        if isinstance(before, str) and isinstance(finding, str) and before != finding:
            told = f"{name}={finding}"
            raise BackpainError(
                f"{name} was {before} and persists, and is now told to be {finding}; if it has "
                f"changed since, say so: changed, with {told} (on the command line --changed "
                f"{told})"
            )


def known(network: Network, visits: Sequence[Visit]) -> dict[str, Finding]:
    """Return what is known at the last visit: its findings, and those of earlier visits on what is
    as it was then.
    """
    found: dict[str, Finding] = {}
    for visit in visits:
        found = _carried(network, found, visit)
        for name, finding in visit.findings.items():
            if finding is not None:
                found[name] = _both(network, name, found.get(name), finding)
    return found


def _carried(network: Network, before: Findings, visit: Visit) -> dict[str, Finding]:
    same = untouched(network, visit)
    return {**{name: finding for name, finding in before.items() if name in same}, **visit.changed}


def _both(network: Network, name: str, before: Finding, now: Finding) -> Finding:
    """Return two findings on one variable as one."""
    if before is None or isinstance(now, str):
        return now
    if isinstance(before, str) or now is None:
        return before
    return {state: before.get(state, 0.0) * now.get(state, 0.0) for state in network[name].states}
