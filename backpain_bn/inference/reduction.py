"""Exact inference where one circuit would be too large: what is certain is taken out, some of what
is not is gone through case by case.

What is told for certain cuts the links that leave it. A few of the most entangled variables are
then conditioned on (Pearl 1988, section 4.4.3): in each row they have one state, and the sum over
rows is the answer. A row costs little, so a circuit that is small enough for its rows to be many is
far faster than one large circuit, and it can be had where the large one cannot.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..model.distributions import Mechanism, NoisyOr, Row, Table, number
from ..model.network import Network
from ..model.variables import Variable
from .beliefs import Array, Beliefs
from .elimination import SMALLEST_LEAK
from .engine import Engine
from .evidence import encode

ENOUGH = 200_000
"""A network whose elimination touches no more cells than this is not cut further."""
MOST_TERMS = 4096
ROWS_AT_ONCE = 2048


@dataclass(frozen=True, eq=False)
class Parted:
    """A network with what is told taken out of it; `findings` make it agree with the whole one.

    `opened`: noisy-ORs told to be unhealthy, with the variables that each came apart into:
    P(unhealthy) = 1 - P(all of them healthy).
    """

    network: Network
    findings: Mapping[str, str]
    opened: Mapping[str, tuple[str, ...]]


def parted(
    network: Network,
    told: Mapping[str, str],
    opened: Collection[str] = (),
    cases: Mapping[str, str] | None = None,
) -> Parted:
    """Return a network of fewer links that agrees with this one wherever `told` holds.

    Links from a variable whose state is told are replaced by that state (Shachter 1990). A noisy-OR
    that is told to be healthy is the product of its mechanisms, P(healthy | parents) = (1 - leak)
    prod (1 - p_m), so each becomes a variable of its own that is told to be healthy (Heckerman
    1989): nothing is left that ties the parents together. Those `opened` come apart too, to be told
    either way. Links from the variables of `cases` are replaced as well, those that do not hold by
    links of strength 0: all cases have one form. What holds for certain joins the leak, as one
    number; where that is within 1e-10 of 1, P(healthy) keeps six digits.

    >>> ache = NoisyOr(
    ...     number(0.1),
    ...     (
    ...         Mechanism({"weak": ("yes",)}, number(0.5)),
    ...         Mechanism({"stiff": ("yes",)}, number(0.4)),
    ...     ),
    ... )
    >>> states, half = ("no", "yes"), Table((), (Row((), (number(0.5), number(0.5))),))
    >>> joint = Network(
    ...     "joint",
    ...     {
    ...         "weak": Variable("weak", states, half),
    ...         "stiff": Variable("stiff", states, half),
    ...         "ache": Variable("ache", states, ache),
    ...     },
    ... )
    >>> left = parted(joint, {"weak": "yes"}).network["ache"].distribution
    >>> round(left.leak.p, 2), left.parents
    (0.55, ('stiff',))
    """
    variables: dict[str, Variable] = {}
    parts: dict[str, Variable] = {}
    findings = {name: state for name, state in told.items() if name not in opened}
    pieces: dict[str, tuple[str, ...]] = {}
    for name, variable in network.variables.items():
        variables[name], *own = _family(variable, told, opened, cases or {})
        parts |= {part.name: part for part in own}
        if name in opened:
            pieces[name] = (name, *(part.name for part in own))
        else:
            findings |= {part.name: part.states[0] for part in own}
    return Parted(Network(network.name, {**variables, **parts}), findings, pieces)


def _family(
    variable: Variable, told: Mapping[str, str], opened: Collection[str], cases: Mapping[str, str]
) -> tuple[Variable, ...]:
    """Return the variable and those that it came apart into."""
    distribution = without(variable.distribution, told, cases)
    apart = variable.name in opened or told.get(variable.name) == variable.states[0]
    if not (apart and isinstance(distribution, NoisyOr)):
        return (Variable(variable.name, variable.states, distribution),)
    rest = Variable(variable.name, variable.states, NoisyOr(distribution.leak, ()))
    parts = (
        Variable(
            f"{variable.name} not by {index}", variable.states, NoisyOr(number(0.0), (mechanism,))
        )
        for index, mechanism in enumerate(distribution.mechanisms)
    )
    return rest, *parts


def without(
    distribution: NoisyOr | Table, told: Mapping[str, str], cases: Mapping[str, str]
) -> NoisyOr | Table:
    """Return the distribution over the other parents, given the states of those that are told and
    of those that are gone through.
    """
    if isinstance(distribution, Table):
        return _table_without(distribution, {**told, **cases})
    return _noisy_or_without(distribution, told, cases)


def _table_without(table: Table, given: Mapping[str, str]) -> Table:
    kept = [place for place, parent in enumerate(table.parents) if parent not in given]
    fixed = [(place, given[name]) for place, name in enumerate(table.parents) if name in given]
    rows = (
        Row(tuple(row.given[place] for place in kept), row.numbers)
        for row in table.rows
        if all(row.given[place] == state for place, state in fixed)
    )
    return Table(tuple(table.parents[place] for place in kept), tuple(rows))


def _noisy_or_without(model: NoisyOr, told: Mapping[str, str], cases: Mapping[str, str]) -> NoisyOr:
    given = {**told, **cases}
    leak = model.leak.p
    found: dict[frozenset[tuple[str, frozenset[str]]], Mechanism] = {}
    for mechanism in model.mechanisms:
        conditions = mechanism.when.items()
        if any(name in told and told[name] not in states for name, states in conditions):
            continue
        holds = all(given.get(name, states[0]) in states for name, states in conditions)
        p = mechanism.number.p if holds else 0.0
        when = {name: states for name, states in conditions if name not in given}
        if not when:
            leak = min(leak + (1 - leak) * p, 1.0)
            continue
        key = frozenset((name, frozenset(states)) for name, states in when.items())
        before = found[key].number.p if key in found else 0.0
        found[key] = Mechanism(when, number(min(before + (1 - before) * p, 1.0)))
    return NoisyOr(number(leak), tuple(found.values()))


class Conditioned:
    """An engine for one network of which some findings are certain.

    Likelihood rows (n, S) over the network's own states in, `Beliefs` of the `targets` out. `told`
    holds in every row; `observed` names the other variables on which rows may have findings. Raises
    `TooHard` where even so the circuit is too large.

    >>> states, half = ("no", "yes"), Table((), (Row((), (number(0.5), number(0.5))),))
    >>> ache = NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)),))
    >>> joint = Network(
    ...     "joint",
    ...     {"weak": Variable("weak", states, half), "ache": Variable("ache", states, ache)},
    ... )
    >>> Conditioned(joint, {"ache": "yes"}, {"weak"}, set())(np.ones((1, 4))).marginals[
    ...     0, :2
    ... ].round(4).tolist()
    [0.1538, 0.8462]
    """

    def __init__(
        self,
        network: Network,
        told: Mapping[str, str],
        targets: Collection[str],
        observed: Collection[str],
    ) -> None:
        openable = [name for name in told if name not in targets and _openable(network, told, name)]
        whole = parted(network, told)
        opened, cut = _chosen(whole.network, {*targets, *observed, *whole.findings}, told, openable)
        self.cut, self.network, self.told = cut, network, told
        self.parts = parted(network, told, opened, {name: network[name].states[0] for name in cut})
        self.shape = (*(len(network[name].states) for name in cut), *(2 for _ in opened))
        pieces = [piece for names in self.parts.opened.values() for piece in names]
        seen = frozenset((*self.parts.findings, *observed, *cut, *pieces))
        self.engine = Engine(self.parts.network, frozenset(targets), seen)
        self.certain = encode(self.parts.network, [self.parts.findings])[0]
        self.places, self.tables = self._tables()

    @property
    def terms(self) -> int:
        """The number of rows that make one answer: the states of what is gone through, and each
        opened noisy-OR open and shut.
        """
        return math.prod(self.shape)

    def _tables(self) -> tuple[NDArray[np.int64], Array]:
        """Return where the parameters lie that differ from case to case, and what they are in each
        (cases, places).
        """
        engine, network = self.engine, self.network
        below = [
            variable
            for variable in network.variables.values()
            if not set(self.cut).isdisjoint(variable.parents)
        ]
        empty = np.zeros(0, dtype=np.int64)
        places: list[NDArray[np.int64]] = [empty]
        rows: list[Array] = []
        for states in product(*(network[name].states for name in self.cut)):
            case = dict(zip(self.cut, states, strict=True))
            families = (
                part
                for variable in below
                for part in _family(variable, self.told, self.parts.opened, case)
            )
            own = [
                (engine.places[part.name], part.distribution.parameters())
                for part in families
                if part.name in engine.places
            ]
            rows.append(np.concatenate([empty, *(values for _, values in own)]))
            places = [empty, *(np.arange(place.start, place.stop) for place, _ in own)]
        return np.concatenate(places), np.array(rows)

    def __call__(self, evidence: Array) -> Beliefs:
        """Answer rows of likelihoods (n, S): Z = sum over terms of sign * Z_term, marginals
        weighted alike, against the largest term.
        """
        n = len(evidence)
        top, total, joint = np.full(n, -np.inf), np.zeros(n), np.zeros(evidence.shape)
        step = max(ROWS_AT_ONCE // max(n, 1), 1)
        for start in range(0, self.terms, step):
            logs, signs, marginals = self._some(
                evidence, np.arange(start, min(start + step, self.terms))
            )
            higher = np.maximum(top, logs.max(axis=1))
            finite = np.where(np.isneginf(higher), 0.0, higher)
            weights, shrunk = signs * np.exp(logs - finite[:, None]), np.exp(top - finite)
            top, total = higher, total * shrunk + weights.sum(axis=1)
            joint = joint * shrunk[:, None] + np.einsum("nt,nts->ns", weights, marginals)
        possible = np.isfinite(top)
        total, top = np.where(possible, total, 1.0), np.where(possible, top, 0.0)
        log_evidence = np.where(possible, np.log(total) + top, -np.inf)
        return Beliefs(np.clip(joint / total[:, None], 0.0, 1.0), log_evidence)

    def _some(self, evidence: Array, terms: NDArray[np.int64]) -> tuple[Array, Array, Array]:
        """Return log Z (n, terms), the signs (terms,) and the marginals (n, terms, S) of some
        terms.
        """
        inner, engine = self.parts.network, self.engine
        rows = np.tile(self.certain, (len(terms), 1))
        choices = np.unravel_index(terms, self.shape) if self.shape else ()
        signs, case = np.ones(len(terms)), terms // 2 ** len(self.parts.opened)
        for name, state in zip(self.cut, choices, strict=False):
            rows[:, inner.slices[name]] *= np.eye(len(inner[name].states))[state]
        for names, shut in zip(self.parts.opened.values(), choices[len(self.cut) :], strict=True):
            signs *= 1.0 - 2.0 * shut
            for name in names:
                rows[
                    np.ix_(shut == 1, range(inner.slices[name].start + 1, inner.slices[name].stop))
                ] = 0.0
        own = np.tile(engine.parameters, (len(terms), 1))
        own[:, self.places] = self.tables[case]
        whole = np.repeat(rows[None], len(evidence), axis=0)
        whole[:, :, : evidence.shape[1]] *= evidence[:, None]
        found = self.engine(whole.reshape(-1, rows.shape[1]), np.tile(own, (len(evidence), 1)))
        marginals = found.marginals.reshape(*whole.shape)[:, :, : evidence.shape[1]]
        return found.log_evidence.reshape(len(evidence), -1), signs, marginals


def _openable(network: Network, told: Mapping[str, str], name: str) -> bool:
    """Return whether a variable is a noisy-OR told to be unhealthy whose leak can be subtracted."""
    model = network[name].distribution
    if not isinstance(model, NoisyOr) or told[name] == network[name].states[0]:
        return False
    return model.leak.p >= SMALLEST_LEAK


def _chosen(
    network: Network, needed: Collection[str], told: Mapping[str, str], openable: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which noisy-ORs to open and which variables to go through, one by one that with the
    largest share of the cells.
    """
    kept = set(needed)
    for name in reversed(network.order):
        if name in kept:
            kept.update(network[name].parents)
    used = [name for name in network if name in kept]
    factors = [axes for name in used for axes in _factors(network[name])]
    sizes = {axis: 2.0 for axes in factors for axis in axes}
    sizes |= {name: float(len(network[name].states)) for name in kept}
    free = {f"({name})": name for name in openable}
    free |= {name: name for name in used if name not in told}
    chosen: list[str] = []
    terms = 1.0
    while True:
        total, share = _eliminated(factors, sizes)
        best = max((axis for axis in share if axis in free), key=share.__getitem__, default="")
        if total <= ENOUGH or not best or terms * sizes[best] > MOST_TERMS:
            break
        terms *= sizes[best]
        chosen.append(best)
        factors = [tuple(axis for axis in axes if axis != best) for axes in factors]
    opened = tuple(free[axis] for axis in chosen if axis != free[axis])
    return opened, tuple(axis for axis in chosen if axis == free[axis])


def _factors(variable: Variable) -> list[tuple[str, ...]]:
    model = variable.distribution
    if isinstance(model, Table):
        return [(*model.parents, variable.name)]
    helper = f"({variable.name})"
    return [(variable.name, helper), *((helper, *mechanism.when) for mechanism in model.mechanisms)]


def _eliminated(
    factors: Sequence[tuple[str, ...]], sizes: Mapping[str, float]
) -> tuple[float, dict[str, float]]:
    """Return the cells that elimination touches, smallest clique first, and those of them that each
    axis has a share in.
    """
    near: dict[str, set[str]] = {}
    for axes in factors:
        for axis in axes:
            near.setdefault(axis, set()).update(axes)
    for axis, others in near.items():
        others.discard(axis)
    bits = {axis: math.log2(sizes[axis]) for axis in near}
    load = {
        axis: bits[axis] + sum(bits[other] for other in others) for axis, others in near.items()
    }
    total, share = 0.0, dict.fromkeys(near, 0.0)
    while load:
        axis = min(load, key=load.__getitem__)
        cells = 2.0 ** load.pop(axis)
        others = near.pop(axis)
        total += cells
        for other in (axis, *others):
            share[other] += cells
        for other in others:
            near[other] |= others
            near[other] -= {axis, other}
            load[other] = bits[other] + sum(bits[another] for another in near[other])
    return total, share
