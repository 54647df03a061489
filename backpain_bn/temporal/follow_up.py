"""The same runner some weeks later, and again: what carries over, what is new, and what moved each
probability.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from textwrap import shorten

import numpy as np
from numpy.typing import NDArray

from ..display.blocks import Block, Note, Paths, View, Waterfall
from ..display.result import Result
from ..display.words import short_label, state_words
from ..errors import BackpainError, ImpossibleEvidence, TooHard
from ..explain.attribution import Contributors, contributors
from ..inference.beliefs import Array
from ..inference.evidence import likelihood
from ..inference.posterior import Posterior, posterior
from ..inference.reduction import Conditioned
from ..model.findings import Findings
from ..model.network import Network
from .unrolling import Visit, acting, checked, known, unrolled

MOST_EXACT = 6
"""Up to so many findings at one visit every subset is asked; above, they are accounted for in the
order told.
"""
SHOWN, MOST_SHOWN = 4, 8
WIDEST = 46
SILENT = 0.05
"""Decibans; what moves the odds by less is not shown by itself."""

Sets = NDArray[np.bool_]


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
    contributor what moved it since the last.

    The steps add up to the change of its log-odds: first what was changed and started, in that
    order, then the findings, each averaged over all orders of telling (the Shapley value; above
    six, or where one settles it, in the order told).
    """

    visit: Visit
    posterior: Posterior
    steps: Mapping[str, tuple[Step, ...]]


@dataclass(frozen=True, slots=True)
class Course:
    """P(variable is not healthy | all visits so far), one for each visit."""

    variable: str
    label: str
    present: tuple[float, ...]


@dataclass(frozen=True)
class FollowUp(Result):
    """One runner's visits: `f[variable]` is what is known of it now, and `follow_up` adds another
    visit.
    """

    network: Network
    moments: tuple[Moment, ...]

    @property
    def posterior(self) -> Posterior:
        """P(variable = state at the last visit | all visits) for every variable; log_evidence is
        that of all visits together.
        """
        return self.moments[-1].posterior

    def __getitem__(self, variable: str) -> Mapping[str, float]:
        """Return {state: probability} at the last visit; raises `UnknownName` for a variable that
        does not exist.
        """
        return self.posterior[variable]

    @property
    def visits(self) -> tuple[Visit, ...]:
        """All visits, the first one first."""
        return tuple(moment.visit for moment in self.moments)

    @property
    def known(self) -> Findings:
        """The findings of the last visit, and those of earlier ones on what has been as it was ever
        since.
        """
        return known(self.network, self.visits)

    def follow_up(
        self,
        findings: Findings,
        changed: Mapping[str, str] | None = None,
        treatments: Sequence[str] = (),
    ) -> FollowUp:
        """Return this and one more visit; see `follow_up`."""
        visit = Visit(dict(findings), dict(changed or {}), tuple(treatments))
        return FollowUp(
            self.network,
            (*self.moments, _moment(self.network, (*self.visits, visit), self.moments[-1])),
        )

    def contributors(self) -> Contributors:
        """Return the likely contributors now: presence from all visits, attributable fractions for
        a runner as `known` now.
        """
        return contributors(self.network, self.known, self.posterior)

    @cached_property
    def rows(self) -> tuple[Course, ...]:
        """The possible contributors over the visits, by their share of the pain now."""
        courses = []
        for row in self.contributors():
            words = state_words(self.network, row.variable, self.network[row.variable].states[1:])
            present = tuple(moment.posterior.present(row.variable) for moment in self.moments)
            courses.append(Course(row.variable, f"{words[0].upper()}{words[1:]}", present))
        return tuple(courses)

    def __iter__(self) -> Iterator[Course]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per variable and visit, with the steps that led to it."""
        return [
            {
                "variable": row.variable, "label": row.label, "visit": index + 1, "present": present,
                "steps": [[step.words, step.decibans] for step in self.moments[index].steps.get(row.variable, ())],
            }
            for row in self.rows
            for index, present in enumerate(row.present)
        ]  # fmt: skip

    def top(self) -> tuple[Course, ...]:
        """Return what was acted on, and the main contributors now and at the first visit, as far as
        they are not known for certain.
        """
        acted = {
            name
            for visit in self.visits
            for one in acting(self.network, visit)
            for name in one.targets
        }
        first = [
            row.variable
            for row in contributors(
                self.network, self.visits[0].findings, self.moments[0].posterior
            ).top()
        ]
        now = [row.variable for row in self.contributors().top()]
        open_rows = {
            row.variable: row for row in self.rows if not all(p in (0.0, 1.0) for p in row.present)
        }
        wanted = dict.fromkeys(
            (
                *sorted(acted & set(open_rows), key=list(open_rows).index),
                *now[:SHOWN],
                *first[:SHOWN],
            )
        )
        return tuple(open_rows[name] for name in wanted if name in open_rows)[:MOST_SHOWN]

    def views(self) -> list[View]:
        """Return what was told at each visit, the courses of `top`, and what moved them since the
        last visit.
        """
        rows = self.top()
        moments = tuple(f"visit {index}" for index in range(1, len(self.moments) + 1))
        paths = Paths(moments, tuple((row.label, row.present) for row in rows))
        carried = Note(
            "Each figure is the probability that it is there, by what was known at that visit. "
            "What persists carried over, as uncertain as "
            "it was; what was changed or started, and all that follows from it, is taken to have "
            "had its time to work by the next visit."
        )
        scale = Note(
            "In decibans (3 double the odds, -3 halve them): first what was changed and started, "
            "then what was told."
        )
        moved = [block for row in rows for block in self._moved(row)]
        quiet = Note("Nothing moved them by as much as 0.05 decibans.")
        views = [
            View("The visits", tuple(self._told())),
            View("Likely contributors from visit to visit", (paths, carried)),
        ]
        if len(self.moments) > 1:
            views.append(
                View("What moved them since the last visit", (scale, *moved) if moved else (quiet,))
            )
        return views

    def _told(self) -> Iterator[Note]:
        for index, moment in enumerate(self.moments, 1):
            visit = moment.visit
            parts = [
                (
                    "changed",
                    [
                        state_words(self.network, name, [state])
                        for name, state in visit.changed.items()
                    ],
                ),
                ("started", [treatment.label for treatment in acting(self.network, visit)]),
                ("told", [_finding_words(self.network, visit, name) for name in _told(visit)]),
            ]
            said = "; ".join(f"{verb}: {', '.join(words)}" for verb, words in parts if words)
            yield Note(f"Visit {index}: {said or 'nothing told'}.")

    def _moved(self, row: Course) -> Iterator[Block]:
        steps = self.moments[-1].steps.get(row.variable, ())
        loud = [
            (shorten(step.words, WIDEST, placeholder=" …"), step.decibans)
            for step in steps
            if abs(step.decibans) >= SILENT
        ]
        rest = sum(step.decibans for step in steps if abs(step.decibans) < SILENT)
        if abs(rest) >= SILENT:
            loud.append(("all the rest", rest))
        if loud:
            yield Waterfall(row.label, row.present[-2], row.present[-1], tuple(loud))


def follow_up(network: Network, visits: Sequence[Visit]) -> FollowUp:
    """Return what is known of one runner after each of several visits.

    P(variable = state at visit k | visits 1..k), exactly, in one network of all visits: what
    persists is one variable throughout; what does not is drawn again at each visit, and the visit's
    findings are about that draw. `changed` cuts a variable from its parents and sets it from that
    visit on; a treatment does so to what it aims at if it succeeds, else that stays as it was. The
    descendants of both are drawn again (Pearl 2009, section 3.2). What a treatment does to
    something that does not persist holds for that visit alone.

    Raises `UnknownName` for variables, states and treatments that do not exist, `BackpainError` for
    a change of what does not persist, `ImpossibleEvidence` for findings that cannot hold together,
    `TooHard` where there are too many visits to answer exactly.

    >>> from backpain_bn.model.network import (
    ...     Mechanism,
    ...     NoisyOr,
    ...     Treatment,
    ...     Variable,
    ...     number,
    ...     prior,
    ... )
    >>> states = ("no", "yes")
    >>> pain = NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)),))
    >>> back = Network(
    ...     "back",
    ...     {
    ...         "weak": Variable("weak", states, prior(0.7, 0.3)),
    ...         "pain": Variable("pain", states, pain, persists=False),
    ...     },
    ...     outcome="pain",
    ...     treatments={"train": Treatment("train", "Train", {"weak": "no"}, number(0.5))},
    ... )
    >>> course = follow_up(
    ...     back,
    ...     [
    ...         Visit({"pain": "yes"}),
    ...         Visit({"pain": "yes"}),
    ...         Visit({"pain": "no"}, treatments=["train"]),
    ...     ],
    ... )
    >>> [round(p, 4) for p in course.rows[0].present]
    [0.7021, 0.9284, 0.3022]
    >>> [(step.words, round(step.decibans, 2)) for step in course.moments[-1].steps["weak"]]
    [('started: Train', -11.75), ('pain: no', -3.01)]
    """
    if not visits:
        raise BackpainError("a follow-up needs at least one visit")
    moments: list[Moment] = []
    for index in range(len(visits)):
        moments.append(
            _moment(network, tuple(visits[: index + 1]), moments[-1] if moments else None)
        )
    return FollowUp(network, tuple(moments))


def _moment(network: Network, visits: tuple[Visit, ...], before: Moment | None) -> Moment:
    if not network.outcome:
        raise BackpainError(
            f"{network.name} names no outcome that causes could contribute to; `posterior` works "
            "on any network"
        )
    checked(network, visits)
    visit = visits[-1]
    if before is None:
        return Moment(visit, posterior(network, visit.findings), {})
    told = _told(visit)
    sets = _sets(len(told))
    marginals, log_evidence = _beliefs(network, visits, sets)
    lost = np.isneginf(log_evidence)
    if lost.any():
        smallest = min(sets[lost], key=np.sum)
        raise _impossible(
            network,
            len(visits),
            {name: visit.findings[name] for name, one in zip(told, smallest, strict=True) if one},
        )
    now = Posterior(network, marginals[-1], float(log_evidence[-1]))
    tracked = [name for name in network if network.role(name).contributes]
    healthy = [network.slices[name].start for name in tracked]
    acted = list(_after_actions(network, visits))
    rows = (
        [before.posterior.row, *(row for _, row in acted[:-1]), marginals[0]]
        if acted
        else [before.posterior.row]
    )
    actions = _change(_decibans(np.array(rows)[:, healthy]))
    answers = _weights(_decibans(marginals[:, healthy]), len(told))
    words = [
        *(words for words, _ in acted),
        *(_finding_words(network, visit, name) for name in told),
    ]
    columns = np.concatenate([actions, answers]).T.tolist()
    steps = {
        name: tuple(map(Step, words, column)) for name, column in zip(tracked, columns, strict=True)
    }
    return Moment(visit, now, steps)


def _told(visit: Visit) -> list[str]:
    return [name for name, finding in visit.findings.items() if finding is not None]


def _finding_words(network: Network, visit: Visit, name: str) -> str:
    finding = visit.findings[name]
    return (
        state_words(network, name, [finding])
        if isinstance(finding, str)
        else f"{short_label(network[name])} (uncertain)"
    )


def _after_actions(network: Network, visits: tuple[Visit, ...]) -> Iterator[tuple[str, Array]]:
    """Yield what was changed and started, one after the other, and the marginals after it without
    the visit's findings.

    Those after the last action are left empty.
    """
    visit = visits[-1]
    done = Visit()
    actions: list[tuple[str, Visit]] = []
    for name, state in visit.changed.items():
        done = replace(done, changed={**done.changed, name: state})
        actions.append((f"now {state_words(network, name, [state])}", done))
    for treatment in acting(network, visit):
        done = replace(done, treatments=(*done.treatments, treatment.name))
        actions.append((f"started: {treatment.label}", done))
    for words, so_far in actions[:-1]:
        yield words, _beliefs(network, (*visits[:-1], so_far), _sets(0))[0][0]
    if actions:
        yield actions[-1][0], np.zeros(0)


def _sets(m: int) -> Sets:
    """Return all subsets of m findings, none first, all last; of many only those that are told one
    after the other.
    """
    if m > MOST_EXACT:
        return np.tri(m + 1, m, -1, dtype=bool)
    return (np.arange(2**m)[:, None] >> np.arange(m) & 1).astype(bool)


def _beliefs(network: Network, visits: Sequence[Visit], sets: Sets) -> tuple[Array, Array]:
    """Return the marginals at the last visit (n, S) and the log-evidence (n,), each row with some
    of that visit's findings.
    """
    whole, names = unrolled(network, visits)
    earlier = [
        (names[index][name], name, finding)
        for index, visit in enumerate(visits[:-1])
        for name, finding in visit.findings.items()
        if finding is not None
    ]
    certain = {
        names[index][name]: state
        for index, visit in enumerate(visits)
        for name, state in visit.changed.items()
    }
    certain |= {node: finding for node, _, finding in earlier if isinstance(finding, str)}
    nodes = [names[-1][name] for name in _told(visits[-1])]
    uncertain = [
        (node, name, finding) for node, name, finding in earlier if not isinstance(finding, str)
    ]
    observed = {*nodes, *(node for node, _, _ in uncertain)}
    engine = Conditioned(whole, certain, set(names[-1].values()), observed)
    evidence = np.ones((len(sets), len(whole.columns)))
    for node, name, finding in uncertain:
        evidence[:, whole.slices[node]] *= likelihood(network, name, finding)
    for column, (name, node) in enumerate(zip(_told(visits[-1]), nodes, strict=True)):
        evidence[:, whole.slices[node]] *= np.where(
            sets[:, column, None], likelihood(network, name, visits[-1].findings[name]), 1.0
        )
    try:
        beliefs = engine(evidence)
    except TooHard as error:
        raise TooHard(
            f"{len(visits)} visits are too many to follow exactly; leave out the earliest. {error}"
        ) from error
    places = [whole.slices[names[-1][name]] for name in network.variables]
    return np.concatenate(
        [beliefs.marginals[:, place] for place in places], axis=1
    ), beliefs.log_evidence


def _decibans(healthy: Array) -> Array:
    """Return the log-odds of being present."""
    with np.errstate(divide="ignore"):
        odds: Array = 10 * (np.log10(1 - healthy) - np.log10(healthy))
    return odds


def _change(values: Array) -> Array:
    """Return the differences from row to row, 0 where both are infinite: what is settled already is
    not moved.
    """
    with np.errstate(invalid="ignore"):
        return np.where(values[1:] == values[:-1], 0.0, values[1:] - values[:-1])


def _weights(values: Array, m: int) -> Array:
    """Return what each of m findings adds (m, variables), from the log-odds after the sets of
    `_sets` (sets, variables).
    """
    if m > MOST_EXACT:
        return _change(values)
    in_order = _change(values[[2**player - 1 for player in range(m + 1)]])
    sizes = _sets(m).sum(axis=1)
    share = np.array([1 / (m * math.comb(m - 1, size)) for size in range(m)])
    averaged = np.zeros((m, values.shape[1]))
    for player in range(m):
        without = np.flatnonzero(~_sets(m)[:, player])
        with np.errstate(invalid="ignore"):
            averaged[player] = share[sizes[without]] @ (
                values[without + 2**player] - values[without]
            )
    return np.where(np.isfinite(values).all(axis=0), averaged, in_order)


def _impossible(network: Network, visit: int, findings: Findings) -> ImpossibleEvidence:
    said = {
        name: finding if isinstance(finding, str) else "uncertain"
        for name, finding in findings.items()
    }
    words = ", ".join(
        f"{network[name].label or name} ({name}={finding})" for name, finding in said.items()
    )
    return ImpossibleEvidence(
        f"what was told at visit {visit} cannot hold together with what was known before in "
        f"{network.name}: {words}"
    )
