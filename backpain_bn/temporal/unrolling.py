"""One case at several visits: one network with a slice for each, and what is known for
certain taken out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

from ..errors import BackpainError, no_outcome, shown, unknown
from ..inference.evidence import encode
from ..model.distributions import Mechanism, NoisyOr, Number, Row, Table, number, prior
from ..model.findings import Finding, Findings
from ..model.network import Network
from ..model.variables import Treatment, Variable

YES_NO = ("no", "yes")


@dataclass(frozen=True, slots=True)
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
            if not isinstance(given, Mapping):
                raise BackpainError(
                    f"{name} must map variables to states, not {type(given).__name__}"
                )
            object.__setattr__(self, name, MappingProxyType(dict(given)))
        if isinstance(self.treatments, str):
            raise BackpainError(
                f"treatments are a list of names, such as [{shown(self.treatments)}]"
            )
        object.__setattr__(self, "treatments", tuple(self.treatments))


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


def redrawn(network: Network, acted: Iterable[str]) -> frozenset[str]:
    """Return what persists and yet is drawn again where these variables are acted on: their
    descendants.
    """
    below = frozenset[str]().union(*(network.descendants(name) for name in acted))
    return frozenset(name for name in below if persists(network, name))


def plain_variables(network: Network) -> dict[str, Variable]:
    """Return the variables with their distributions alone, without roles, words and costs."""
    return {
        name: Variable(name, variable.states, variable.distribution)
        for name, variable in network.variables.items()
    }


def suffix(network: Network, word: str) -> str:
    """Return an ending that no variable's name has: @word, @@word, ..."""
    mark = f"@{word}"
    while any(name.endswith(mark) for name in network):
        mark = f"@{mark}"
    return mark


class Unrolled(NamedTuple):
    """A network of all visits; `names` gives each visit's name of every variable. What is the same
    at two visits has one name.
    """

    network: Network
    names: tuple[Mapping[str, str], ...]


def unrolled(network: Network, visits: Sequence[Visit]) -> Unrolled:
    """Return one network for all visits.

    What persists is the same variable at the next visit, unless it is acted on or is a descendant
    of what is. What has changed is cut from its parents and set; what a treatment aims at is set if
    the treatment succeeds, and else as it would have been; descendants of both and whatever does
    not persist are drawn again (Pearl 2009, section 3.2).

    >>> joint = Network(
    ...     "joint",
    ...     {
    ...         "weak": Variable("weak", YES_NO, prior(0.7, 0.3)),
    ...         "ache": Variable("ache", YES_NO, prior(0.8, 0.2), persists=False),
    ...     },
    ... )
    >>> whole = unrolled(joint, [Visit(), Visit(), Visit(changed={"weak": "no"})])
    >>> [dict(names) for names in whole.names[1:]]
    [{'weak': 'weak', 'ache': 'ache@1'}, {'weak': 'weak@2', 'ache': 'ache@2'}]
    """
    variables = plain_variables(network)
    names: list[Mapping[str, str]] = [{name: name for name in network.variables}]
    for index, visit in enumerate(visits[1:], 1):
        mark = suffix(network, str(index))
        again = redrawn(network, _acted(network, visit))
        same = untouched(network, visit)
        names.append(
            {
                name: names[-1][name] if name in same else f"{name}{mark}"
                for name in network.variables
            }
        )
        for treatment in acting(network, visit):
            p = treatment.success.p
            variables[_success(treatment, mark)] = Variable(
                _success(treatment, mark), YES_NO, prior(1 - p, p)
            )
        for name in network.variables:
            if name not in same:
                kept = persists(network, name) and name not in again
                distribution = (
                    _kept(network[name], names[-2][name])
                    if kept
                    else network[name].distribution.renamed(names[-1])
                )
                distribution = _acted_on(network, visit, name, distribution, mark)
                node = names[-1][name]
                variables[node] = Variable(node, network[name].states, distribution)
    return Unrolled(Network(network.name, variables), tuple(names))


def acting(network: Network, visit: Visit) -> list[Treatment]:
    """Return the treatments that were started before a visit."""
    return [network.treatments[name] for name in dict.fromkeys(visit.treatments)]


def untouched(network: Network, visit: Visit) -> frozenset[str]:
    """Return what is at this visit as it was at the last one."""
    acted = _acted(network, visit)
    touched = acted | redrawn(network, acted)
    return frozenset(name for name in network if persists(network, name) and name not in touched)


def _acted(network: Network, visit: Visit) -> frozenset[str]:
    return frozenset(visit.changed).union(
        *(treatment.targets for treatment in acting(network, visit))
    )


def _success(treatment: Treatment, mark: str) -> str:
    return f"{treatment.name} succeeds{mark}"


def _kept(variable: Variable, before: str) -> Table:
    return Table(
        (before,), tuple(Row((state,), _sure(variable, state)) for state in variable.states)
    )


def _acted_on(
    network: Network, visit: Visit, name: str, distribution: NoisyOr | Table, mark: str
) -> NoisyOr | Table:
    """Return what is left of a distribution after all actions of a visit; what was told to have
    changed goes before treatments.
    """
    if name in visit.changed:
        return Table((), (Row((), _sure(network[name], visit.changed[name])),))
    helped = [treatment for treatment in acting(network, visit) if name in treatment.targets]
    if not helped:
        return distribution
    return _gated(
        network[name],
        distribution,
        [_success(treatment, mark) for treatment in helped],
        helped[0].targets[name],
    )


def _sure(variable: Variable, state: str) -> tuple[Number, ...]:
    return tuple(number(float(other == state)) for other in variable.states)


def _gated(
    variable: Variable, distribution: NoisyOr | Table, gates: Sequence[str], state: str
) -> NoisyOr | Table:
    """Return the distribution of a variable that is in `state` if any gate says yes."""
    if isinstance(distribution, Table):
        rows = [
            Row((*row.given, *answers), _sure(variable, state) if "yes" in answers else row.numbers)
            for row in distribution.rows
            for answers in product(YES_NO, repeat=len(gates))
        ]
        return Table((*distribution.parents, *gates), tuple(rows))
    if state == variable.states[1]:
        return NoisyOr(
            distribution.leak,
            (
                *distribution.mechanisms,
                *(Mechanism({gate: ("yes",)}, number(1.0)) for gate in gates),
            ),
        )
    shut = dict.fromkeys(gates, ("no",))
    mechanisms = (
        Mechanism({**mechanism.when, **shut}, mechanism.number)
        for mechanism in distribution.mechanisms
    )
    return NoisyOr(number(0.0), (Mechanism(shut, distribution.leak), *mechanisms))


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
    for name in _acted(network, visit):
        states = {
            treatment.targets[name]
            for treatment in acting(network, visit)
            if name in treatment.targets
        }
        if len(states) > 1:
            several = ", ".join(sorted(states))
            raise BackpainError(
                f"the treatments {', '.join(visit.treatments)} pull {name} into several states: "
                f"{several}"
            )
    _agrees(network, {} if first else _carried(network, known(network, visits[:-1]), visit), visit)


def _agrees(network: Network, carried: Findings, visit: Visit) -> None:
    for name, finding in visit.findings.items():
        before = carried.get(name)
        if isinstance(before, str) and isinstance(finding, str) and before != finding:
            hint = f"changed={{'{name}': '{finding}'}}"
            raise BackpainError(
                f"{name} was {before} and persists, and is now told to be {finding}; if it has "
                f"changed since, say {hint}"
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
