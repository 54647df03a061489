"""Where two networks disagree about one runner, and which of their numbers are behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..display.blocks import Item, Note, Table, View
from ..display.citations import graded, ids, references
from ..display.result import Rows
from ..display.words import GRADE_WORDS, percent, state_words
from ..errors import BackpainError, listed
from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.evidence import encode
from ..inference.posterior import Posterior, posterior
from ..model.distributions import Number
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Variable
from .alignment import United, obstacle, united
from .attribution import Contributors, contributors

SHOWN = 6
SMALLEST = 0.005
LINKS = 3
NO_EFFECT = 1e-12


@dataclass(frozen=True, slots=True)
class Responsible:
    """One number of which the two networks think differently, and what it does to the difference,
    taken by itself.

    `effect` is the change when this number alone is taken from the other network: the mean of
    putting it into the one and of leaving it to the other last. `number` holds its sources.
    """

    child: str
    words: str
    here: float
    there: float
    effect: float
    grade: str
    number: Number


@dataclass(frozen=True, slots=True)
class Difference:
    """What the two networks think of one variable: P(variable = state | findings), and the share of
    the pain that is due to it.

    `state` is the unhealthy state on which they differ most; shares are None for what is no
    contributor. `links` are the numbers with the largest effects on the share, or on the
    probability where there is no share.
    """

    variable: str
    label: str
    role: str
    state: str
    here: float
    there: float
    share_here: float | None
    share_there: float | None
    links: tuple[Responsible, ...]

    @property
    def matters(self) -> float:
        """How far apart the shares are; the probabilities, where there is no share."""
        if self.share_here is None or self.share_there is None:
            return abs(self.there - self.here)
        return abs(self.share_there - self.share_here)


@dataclass(frozen=True)
class Comparison(Rows[Difference]):
    """Two networks' answers to the same findings: one row per variable that both have, what matters
    most first.

    `unexplained` is the part with no identified cause in either (None without a common outcome).
    `untraced` says why no numbers are made responsible, where the two are built too differently;
    `unshared` names variables that only one has, or with other states.
    """

    network: Network
    other: Network
    findings: Findings
    unexplained: tuple[float, float] | None
    untraced: str
    unshared: tuple[str, ...]
    rows: tuple[Difference, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per variable, the responsible numbers as a list of dicts."""
        return [
            {
                "variable": row.variable, "label": row.label, "role": row.role, "state": row.state, "here": row.here, "there": row.there,
                "share_here": row.share_here, "share_there": row.share_there, "matters": row.matters,
                "links": [
                    {"child": link.child, "what": link.words, "here": link.here, "there": link.there, "effect": link.effect,
                     "grade": link.grade, "sources": list(link.number.sources), "against": list(link.number.against)}
                    for link in row.links
                ],
            }
            for row in self.rows
        ]  # fmt: skip

    def top(self) -> tuple[Difference, ...]:
        """Return the first few contributors and kinds of pain on which the two are at least half a
        percent apart.
        """
        kinds = (
            self.network[self.network.outcome].parents
            if self.network.outcome
            else tuple(self.network.variables)
        )
        rows = [
            row
            for row in self.rows
            if row.share_here is not None
            or (row.variable in kinds and self.network.role(row.variable).kind_of_outcome)
        ]
        return tuple(row for row in rows if row.matters >= SMALLEST)[:SHOWN]

    def sources(self) -> list[str]:
        """Return the ids behind the responsible numbers of `top`."""
        return [
            id
            for row in self.top()
            for link in row.links
            for id in (*link.number.sources, *link.number.against)
        ]

    def views(self) -> list[View]:
        """Return what matters most, each with both answers and the numbers behind the difference,
        and then the sources.
        """
        title = f"Where {self.network.name} and {self.other.name} disagree about this runner"
        about = tuple(
            Note(f"{network.name}: {network.about}")
            for network in (self.network, self.other)
            if network.about
        )
        items = tuple(
            Item(self._sentence(row), tuple(map(_link_words, row.links))) for row in self.top()
        )
        if not items:
            return [
                View(
                    title,
                    (
                        *about,
                        Note(
                            "They agree, to within half a percent, on everything that matters here."
                        ),
                        *self._notes(),
                    ),
                )
            ]
        wanted = self.sources()
        known = references(
            self.network,
            (id for id in wanted if id in self.network.sources or id not in self.other.sources),
        )
        more = references(
            self.other,
            (id for id in wanted if id not in self.network.sources and id in self.other.sources),
        )
        sources = (
            (View("Sources", (Table(known.header, known.rows + more.rows),)),) if wanted else ()
        )
        return [View(title, (*about, *items, *self._notes())), *sources]

    def _sentence(self, row: Difference) -> str:
        told = isinstance(self.findings.get(row.variable), str)
        name = state_words(self.network, row.variable, [row.state])
        here, there = percent(row.here), percent(row.there)
        if row.share_here is None or row.share_there is None:
            first, second = f"{here} likely", there
        else:
            due, due_there = _due(row.share_here), _due(row.share_there)
            first = (
                f"{due} of {self._pain()}"
                if told
                else f"{here} likely, and {due} of {self._pain()}"
            )
            second = due_there if told else f"{there} likely, and {due_there}"
        label = f"{name[0].upper()}{name[1:]}{', as you told' if told else ''}"
        return f"{label}: {first} ({self.network.name}); {second} ({self.other.name})."

    def _pain(self) -> str:
        return (
            "such pain"
            if self.findings.get(self.network.outcome)
            == self.network[self.network.outcome].states[0]
            else "this pain"
        )

    def _notes(self) -> Iterator[Note]:
        if self.unexplained is not None:
            here, there = (percent(min(part, 1.0)) for part in self.unexplained)
            yield Note(
                f"No identified cause: {here} of {self._pain()} in {self.network.name}; {there} "
                f"in {self.other.name}."
            )
        if any(row.links for row in self.top()):
            yield Note(
                f"Numbers stand as in {self.network.name} against {self.other.name}. Points are "
                "what taking one number alone from the "
                "other moves, in percentage points. They need not add up: links of one chain work "
                "through each other, and small ones are "
                "left out."
            )
        if self.untraced:
            yield Note(f"The difference is not traced to single numbers: {self.untraced}.")
        if self.unshared:
            yield Note(
                "Not compared, because only one of the two has it in this form: "
                f"{listed(self.unshared)}."
            )


def _due(share: float) -> str:
    return f"{'behind' if share >= 0 else 'sparing'} {percent(abs(share))}"


def _link_words(link: Responsible) -> str:
    points = (
        f"{100 * link.effect:+.0f}" if abs(link.effect) >= 0.02 else f"{100 * link.effect:+.1f}"
    )
    evidence = f"{GRADE_WORDS[link.grade]} [{ids(link.number)}]"
    return (
        f"{link.words}: {percent(link.here)} against {percent(link.there)} ({points} points), "
        f"{evidence}"
    )


def compare(network: Network, findings: Findings, other: Network) -> Comparison:
    """Return where two networks disagree about one runner, sorted by how much it matters, down to
    the numbers responsible.

    Per variable: P(variable = state | findings) in both, and the attributable share in both (see
    `contributors`), which is what matters for a contributor. Numbers responsible: the two networks
    are brought to one structure, and every number that differs is exchanged by itself: effect = 1/2
    [f(here, number from there) - f(here) + f(there) - f(there, number from here)], f being the
    share, or the probability; that is the mean of what the number does first and last when one
    network is turned into the other (the two ends of its Shapley value). All exchanges are one
    batch of parameter rows.

    Raises as `posterior` does for either network, and `BackpainError` where the other network lacks
    a variable or state of the findings.

    >>> from backpain_bn.model import Mechanism, NoisyOr, number, prior
    >>> def back(p: float) -> Network:
    ...     pain = NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(p)),))
    ...     return Network(
    ...         "back",
    ...         {
    ...             "weak": Variable("weak", ("no", "yes"), prior(0.7, 0.3)),
    ...             "pain": Variable("pain", ("no", "yes"), pain),
    ...         },
    ...         outcome="pain",
    ...     )
    >>> first = compare(back(0.1), {"pain": "yes"}, back(0.5))[0]
    >>> (
    ...     first.variable,
    ...     round(first.here, 3),
    ...     round(first.there, 3),
    ...     round(first.share_here, 3),
    ...     round(first.share_there, 3),
    ... )
    ('weak', 0.449, 0.702, 0.213, 0.574)
    >>> [(link.words, link.here, link.there, round(link.effect, 3)) for link in first.links]
    [('weak > pain', 0.1, 0.5, 0.362)]
    """
    now = posterior(network, findings)
    _share_findings(findings, other)
    then = posterior(other, findings)
    shared = [
        name
        for name, it in network.variables.items()
        if name in other.variables and other[name].states == it.states
    ]
    unshared = tuple(
        name for name in {**network.variables, **other.variables} if name not in shared
    )
    both = _both_contributors(network, other, findings, now, then)
    shares = [{row.variable: row.share for row in found} if found else {} for found in both]
    rows = [
        _difference(network[name], now[name], then[name], shares[0].get(name), shares[1].get(name))
        for name in shared
    ]
    untraced = obstacle(network, other)
    if not untraced:
        rows = _traced(united(network, other), findings, rows)
    unexplained = (
        None if both[0] is None or both[1] is None else (both[0].unexplained, both[1].unexplained)
    )
    return Comparison(
        network,
        other,
        findings,
        unexplained,
        untraced,
        unshared,
        tuple(sorted(rows, key=lambda row: -row.matters)),
    )


def _share_findings(findings: Findings, other: Network) -> None:
    for name, finding in findings.items():
        if finding is not None and name not in other.variables:
            raise BackpainError(
                f"{other.name} has no variable {name}, which is one of the findings; it cannot be "
                "asked about this runner"
            )
        for state in [finding] if isinstance(finding, str) else finding or ():
            if state not in other[name].states:
                raise BackpainError(
                    f"in {other.name}, {name} has no state {state}, which was found; it has "
                    f"{listed(other[name].states)}"
                )


def _both_contributors(
    network: Network, other: Network, findings: Findings, now: Posterior, then: Posterior
) -> tuple[Contributors | None, Contributors | None]:
    if not network.outcome or network.outcome != other.outcome:
        return None, None
    return contributors(network, findings, now), contributors(other, findings, then)


def _difference(
    variable: Variable,
    here: Mapping[str, float],
    there: Mapping[str, float],
    share_here: float | None,
    share_there: float | None,
) -> Difference:
    state = max(variable.states[:0:-1], key=lambda state: abs(there[state] - here[state]))
    if share_here is None or share_there is None:
        share_here = share_there = None
    label = variable.label or variable.name
    return Difference(
        variable.name,
        label,
        variable.role,
        state,
        here[state],
        there[state],
        share_here,
        share_there,
        (),
    )


def _traced(united: United, findings: Findings, rows: list[Difference]) -> list[Difference]:
    """Return the rows with the numbers that have the largest effects on them."""
    first, last = (
        np.tile(united.here, (len(united.swaps), 1)),
        np.tile(united.there, (len(united.swaps), 1)),
    )
    for index, swap in enumerate(united.swaps):
        first[index, swap.place], last[index, swap.place] = (
            united.there[swap.place],
            united.here[swap.place],
        )
    values = _values(
        united.network, findings, np.vstack([united.here, united.there, first, last]), rows
    )
    n = len(united.swaps)
    # A substitution under which the findings cannot hold together says nothing about this runner.
    effects = np.nan_to_num((values[2 : 2 + n] - values[0] + values[1] - values[2 + n :]) / 2)
    return [
        replace(row, links=_largest(united, effects[:, column])) for column, row in enumerate(rows)
    ]


def _largest(united: United, effects: Array) -> tuple[Responsible, ...]:
    found = []
    for index in np.argsort(-np.abs(effects), kind="stable")[:LINKS]:
        swap, effect = united.swaps[index], float(effects[index])
        number = replace(
            swap.here,
            sources=tuple(dict.fromkeys(swap.here.sources + swap.there.sources)),
            against=tuple(dict.fromkeys(swap.here.against + swap.there.against)),
        )
        if abs(effect) > NO_EFFECT:
            grade = graded(united.network, number)
            found.append(
                Responsible(
                    swap.child, swap.words, swap.here.p, swap.there.p, effect, grade, number
                )
            )
    return tuple(found)


def _values(network: Network, findings: Findings, tables: Array, rows: list[Difference]) -> Array:
    """Return what matters of each row under each set of parameters, shape (sets, rows); nan where
    the findings cannot hold together.
    """
    beliefs = engine_for(network)(
        np.repeat(encode(network, [findings]), len(tables), axis=0), tables
    )
    values = np.empty((len(tables), len(rows)))
    for column, row in enumerate(rows):
        place, states = network.slices[row.variable], network[row.variable].states
        likely = beliefs.marginals[:, place]
        contributes = row.share_here is not None
        values[:, column] = (
            _shares(network, findings, row.variable, tables, likely)
            if contributes
            else likely[:, states.index(row.state)]
        )
    values[np.isneginf(beliefs.log_evidence)] = np.nan
    return values


def _shares(network: Network, findings: Findings, name: str, tables: Array, likely: Array) -> Array:
    """Return the attributable share of one cause under each set of parameters, as `contributors`
    defines it.
    """
    engine, states = engine_for(network), network[name].states
    below = network.descendants(name) | {name}
    background = {other: finding for other, finding in findings.items() if other not in below}
    acted = np.concatenate([tables] * len(states))
    for state in range(len(states)):
        acted[state * len(tables) : (state + 1) * len(tables), engine.places[name]] = (
            network[name].distribution.certain(state)
        )
    beliefs = engine(np.repeat(encode(network, [background]), len(acted), axis=0), acted)
    pain = (1 - beliefs.marginals[:, network.slices[network.outcome].start]).reshape(
        len(states), -1
    )
    fractions = 1 - np.divide(pain[0], pain, out=np.ones_like(pain), where=pain > 0)
    shares: Array = (likely * fractions.T)[:, 1:].sum(axis=1)
    return shares
