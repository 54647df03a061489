"""The most probable joint states of some variables: which combination, rather than which variable
by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..display.blocks import Item, Note, TextTable, View
from ..display.result import Rows
from ..display.words import (
    capital,
    is_yes_no,
    percent,
    percent_or_one_in,
    plain,
    short_label,
    state_words,
)
from ..errors import BackpainError, TooHard, names_in, shown
from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.evidence import encode
from ..inference.posterior import Posterior, posterior
from ..model.findings import Findings, Told, findings_of
from ..model.network import Network, check_network
from ..records import FrozenDict, record

IN_TABLE = 5
FIRST_LOOK = 64
MOST_ROWS = 200_000
"""A search that would ask the engine more rows than this is refused."""
ROWS_AT_ONCE = 8192
SLACK = 1e-9

Nodes = NDArray[np.int16]
"""Partial assignments (n, depth): the states of the first variables."""


@record
class JointState:
    """One combination: P(all its `states` | findings), and the variables in which it differs from
    the likelier row `like` (from 0).

    `like` is the likelier row with the fewest differences; the first row has none, and differs in
    nothing.
    """

    states: Mapping[str, str]
    probability: float
    like: int | None
    differs: tuple[str, ...]


@record
class MostProbable(Rows[JointState]):
    """The likeliest combinations of `variables`, the likeliest first, and P(variable = state |
    findings) of each by itself.
    """

    network: Network
    variables: tuple[str, ...]
    marginals: Mapping[str, Mapping[str, float]]
    combinations: int
    rows: tuple[JointState, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per combination."""
        return [
            {
                "probability": row.probability,
                "like": row.like,
                "differs": list(row.differs),
                "states": dict(row.states),
            }
            for row in self.rows
        ]

    def sections(self) -> list[View]:
        """Return each combination in a sentence, and the variables by themselves beside it."""
        items = tuple(Item(self._sentence(row)) for row in self.rows)
        return [
            View(
                "The likeliest combinations",
                (*items, Note(self._together()), self._table(), Note(self._caution())),
            )
        ]

    def _sentence(self, row: JointState) -> str:
        what = self._all(row)
        if row.like is not None:
            changes = ", ".join(self._change(name, row) for name in row.differs)
            what = f"as {row.like + 1}, {changes}"
        return f"{capital(what, self.network)}: {percent_or_one_in(row.probability)}."

    def _change(self, name: str, row: JointState) -> str:
        return f"{'without' if self._absent(name, row) else 'with'} {self._words(name, row)}"

    def _all(self, row: JointState) -> str:
        there = [self._words(name, row) for name in self.variables if not self._healthy(name, row)]
        if not there:
            return f"none of these {len(self.variables)}"
        if len(there) == len(self.variables):
            return ", ".join(there)
        return f"{', '.join(there)} and nothing else of these {len(self.variables)}"

    def _healthy(self, name: str, row: JointState) -> bool:
        variable = self.network[name]
        return variable.healthy_first and row.states[name] == variable.healthy

    def _absent(self, name: str, row: JointState) -> bool:
        """Return whether a plain question is answered no."""
        return is_yes_no(self.network[name]) and self._healthy(name, row)

    def _words(self, name: str, row: JointState) -> str:
        """Return the state, or only the label of a variable that is absent."""
        if self._absent(name, row):
            return short_label(self.network[name])
        return state_words(self.network, name, [row.states[name]])

    def _together(self) -> str:
        left = self.combinations - len(self.rows)
        together = f"Together {percent(sum(row.probability for row in self.rows))}"
        if not left:
            return f"{together}."
        others = f"other {left:,} share" if left > 1 else "one other has"
        return f"{together}; the {others} the rest."

    def _table(self) -> TextTable:
        some = self.rows[:IN_TABLE]
        names = sorted(self.variables, key=lambda name: self.marginals[name][self._first(name)])
        rows = []
        for name in names:
            states = [plain(row.states[name]) for row in some]
            rows.append((short_label(self.network[name]), self._alone(name), *states, ""))
        header = ("", "by itself", *(f"in {number + 1}" for number in range(len(some))), "")
        return TextTable(header, tuple(rows))

    def _first(self, name: str) -> str:
        return self.network[name].states[0]

    def _alone(self, name: str) -> str:
        """Return the probability of a variable by itself, of each state but the healthy one."""
        variable = self.network[name]
        states = variable.unhealthy if variable.healthy_first else variable.states
        if is_yes_no(variable):
            return percent(self.marginals[name]["yes"])
        return ", ".join(
            f"{plain(state)} {percent(self.marginals[name][state])}" for state in states
        )

    def _caution(self) -> str:
        odd = [self._odd(name, self.rows[0]) for name in self.variables if self._is_odd(name)]
        if odd:
            return (
                f"The likeliest combination {'; '.join(odd)}. Both are right: a combination is "
                "another question than each by itself."
            )
        return (
            "The likeliest combination settles nothing about one variable: what is absent from "
            "it can still be well possible."
        )

    def _is_odd(self, name: str) -> bool:
        """Return whether the likeliest combination has a variable in a state that is not its own
        likeliest.
        """
        alone = self.marginals[name]
        return alone[self.rows[0].states[name]] < max(alone.values()) - SLACK

    def _odd(self, name: str, first: JointState) -> str:
        alone = self.marginals[name][first.states[name]]
        if self._absent(name, first):
            without = f"is without {short_label(self.network[name])}"
            return f"{without}, though by itself that is {percent(1 - alone)} likely"
        having = f"has {self._words(name, first)}"
        return f"{having}, though by itself that is only {percent(alone)} likely"


def most_probable(
    network: Network,
    findings: Told,
    variables: Iterable[str] | None = None,
    k: int = 3,
    now: Posterior | None = None,
) -> MostProbable:
    """Return the k most probable joint states of some variables (default: those of the first role
    that one can work on, as far as they were not observed).

    The k largest of P(x | e) = P(x, e) / P(e) over all joint states x of the variables, everything
    else summed out (Pearl 1988, chapter 5; partial or marginal MAP, Park and Darwiche 2004). Exact,
    by branch and bound: variables are set one after another, a partial assignment with P(partial |
    e) below the k-th best complete one found so far is dropped, and as partial assignments exclude
    each other no step keeps more than 1 / P(k-th best) of them. Fewer than k are returned if there
    are no more with P > 0.

    Raises as `posterior` does; `BackpainError` for k < 1, no variables, or a variable that is one
    of the findings; `TooHard` where the search would ask more than 200,000 rows.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> states = ("no", "yes")
    >>> wet = NoisyOr(
    ...     number(0.01),
    ...     (
    ...         Mechanism({"rain": ("yes",)}, number(0.9)),
    ...         Mechanism({"sprinkler": ("yes",)}, number(0.9)),
    ...     ),
    ... )
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", states, prior(0.8, 0.2)),
    ...         "sprinkler": Variable("sprinkler", states, prior(0.7, 0.3)),
    ...         "wet": Variable("wet", states, wet),
    ...     },
    ... )
    >>> for row in most_probable(garden, {"wet": "yes"}, ["rain", "sprinkler"]):
    ...     print(dict(row.states), round(row.probability, 4))
    {'rain': 'no', 'sprinkler': 'yes'} 0.5308
    {'rain': 'yes', 'sprinkler': 'no'} 0.3096
    {'rain': 'yes', 'sprinkler': 'yes'} 0.1458
    """
    check_network(network)
    if not isinstance(k, int) or isinstance(k, bool) or k < 1:
        raise BackpainError(f"the number of combinations is {shown(k)}; it must be 1 or more")
    told = findings_of(network, findings)
    names = _chosen(network, told, variables)
    now = posterior(network, told) if now is None else now
    # The surest variables first: what branches late branches seldom.
    order = sorted(names, key=lambda name: -max(now[name].values()))
    nodes, chances = _search(network, told, order, 0.0, max(FIRST_LOOK, k))
    if len(nodes) >= k:
        nodes, chances = _search(
            network, told, order, float(np.sort(chances)[-k]) * (1 - SLACK), MOST_ROWS
        )
    best = sorted(range(len(nodes)), key=lambda index: (-chances[index], nodes[index].tolist()))[:k]
    columns = [order.index(name) for name in names]
    rows = _compared(
        network,
        names,
        [nodes[index][columns].tolist() for index in best],
        [float(chances[index]) for index in best],
    )
    combinations = int(np.prod([len(network[name].states) for name in names], dtype=object))
    return MostProbable(
        network,
        tuple(names),
        FrozenDict({name: now[name] for name in names}),
        combinations,
        rows,
    )


def _chosen(network: Network, findings: Findings, variables: Iterable[str] | None) -> list[str]:
    if variables is None:
        return _workable(network, findings)
    wanted = [variables] if isinstance(variables, str) else variables
    names = [network[name].name for name in names_in("variables", wanted)]
    for name in names:
        if isinstance(findings.get(name), str):
            raise BackpainError(
                f"{name} is one of the findings ({name}={findings[name]}); name variables that "
                "were not observed"
            )
    if not names:
        raise BackpainError("no variables are named; leave them out for what one can work on")
    return names


def _workable(network: Network, findings: Findings) -> list[str]:
    """Return the variables of the first workable role that were not observed, or the causes where
    no variable has such a role.
    """
    roles = network.vocabulary.roles
    first = next((name for name, role in roles.items() if role.workable), "")
    some = [name for name in network if network[name].role == first] or network.causes
    names = [
        name for name in some if name != network.outcome and not isinstance(findings.get(name), str)
    ]
    if not names:
        raise BackpainError(
            f"{network.name} has nothing to combine that was not observed; name the variables"
        )
    return names


def _search(
    network: Network, findings: Findings, order: list[str], floor: float, width: int
) -> tuple[Nodes, Array]:
    """Return the joint states with P >= floor that are left when every step keeps the `width`
    likeliest, and their probabilities.
    """
    nodes: Nodes = np.zeros((1, 0), dtype=np.int16)
    chances, asked = np.ones(1), 0
    for depth, name in enumerate(order):
        asked += len(nodes)
        if asked > MOST_ROWS:
            raise TooHard(
                f"the most probable combination of {len(order)} variables is spread too thinly: "
                "finding it would ask the engine more than "
                f"{MOST_ROWS:,} rows; name fewer variables"
            )
        grown = (chances[:, None] * _next(network, findings, order[:depth], nodes, name)).ravel()
        kept = np.flatnonzero((grown >= floor) & (grown > 0))
        if len(kept) > width:
            kept = kept[np.argsort(-grown[kept], kind="stable")[:width]]
        size = len(network[name].states)
        nodes = np.column_stack([nodes[kept // size], kept % size]).astype(np.int16)
        chances = grown[kept]
    return nodes, chances


def _next(
    network: Network, findings: Findings, before: list[str], nodes: Nodes, name: str
) -> Array:
    """Return P(next variable = state | partial assignment, findings), one row per partial
    assignment.
    """
    engine, own, base = engine_for(network), network.slices[name], encode(network, [findings])
    answers = []
    for start in range(0, len(nodes), ROWS_AT_ONCE):
        part = nodes[start : start + ROWS_AT_ONCE]
        rows = np.repeat(base, len(part), axis=0)
        for column, other in zip(part.T, before, strict=True):
            rows[:, network.slices[other]] *= np.eye(len(network[other].states))[column]
        answers.append(engine(rows).marginals[:, own])
    return np.concatenate(answers)


def _compared(
    network: Network, names: list[str], found: list[list[int]], chances: list[float]
) -> tuple[JointState, ...]:
    """Return the combinations, each with the likelier one from which it differs least."""
    rows = []
    for index, (states, chance) in enumerate(zip(found, chances, strict=True)):
        apart = [_differing(names, states, likelier) for likelier in found[:index]]
        like = min(range(index), key=lambda other: len(apart[other]), default=None)
        differs = () if like is None else tuple(apart[like])
        pairs = zip(names, states, strict=True)
        told = {name: network[name].states[state] for name, state in pairs}
        rows.append(JointState(FrozenDict(told), chance, like, differs))
    return tuple(rows)


def _differing(names: list[str], one: list[int], other: list[int]) -> list[str]:
    return [name for name, mine, theirs in zip(names, one, other, strict=True) if mine != theirs]
