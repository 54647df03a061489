"""Exact inference where one circuit would be too large: what is certain is taken out, some of what is not is gone through case by case.

What is told for certain cuts the links that leave it. A few of the most entangled variables are then conditioned on (Pearl 1988, section
4.4.3): in each row they have one state, and the sum over rows is the answer. A row costs little, so a circuit that is small enough for its
rows to be many is far faster than one large circuit, and it can be had where the large one cannot.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from .circuit import SMALLEST_LEAK
from .cpt import parameters
from .engine import CircuitEngine
from .evidence import encode
from .kernel import Array, Beliefs
from .network import Mechanism, Network, NoisyOr, Row, Table, Variable, number

ENOUGH = 200_000
"""A network whose elimination touches no more cells than this is not cut further."""
MOST_TERMS = 1024
ROWS_AT_ONCE = 2048


@dataclass(frozen=True, eq=False)
class Parted:
    """A network with what is told taken out of it; `findings` make it agree with the whole one.

    `opened`: noisy-ORs told to be unhealthy, with the variables that each came apart into: P(unhealthy) = 1 - P(all of them healthy).
    """

    network: Network
    findings: Mapping[str, str]
    opened: Mapping[str, tuple[str, ...]]


def parted(network: Network, told: Mapping[str, str], opened: Collection[str] = (), cases: Mapping[str, str] | None = None) -> Parted:
    """Return a network of fewer links that agrees with this one wherever `told` holds.

    Links from a variable whose state is told are replaced by that state (Shachter 1990). A noisy-OR that is told to be healthy is the
    product of its mechanisms, P(healthy | parents) = (1 - leak) prod (1 - p_m), so each becomes a variable of its own that is told to be
    healthy (Heckerman 1989): nothing is left that ties the parents together. Those `opened` come apart too, to be told either way.
    Links from the variables of `cases` are replaced as well, those that do not hold by links of strength 0: all cases have one form.
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


def _family(variable: Variable, told: Mapping[str, str], opened: Collection[str], cases: Mapping[str, str]) -> tuple[Variable, ...]:
    """Return the variable and those that it came apart into."""
    distribution = without(variable.distribution, told, cases)
    parts: list[Variable] = []
    if isinstance(distribution, NoisyOr) and (variable.name in opened or told.get(variable.name) == variable.states[0]):
        for index, mechanism in enumerate(distribution.mechanisms):
            alone = NoisyOr(number(0.0), (mechanism,))
            parts.append(Variable(f"{variable.name} not by {index}", variable.states, alone, role=variable.role))
        distribution = NoisyOr(distribution.leak, ())
    return replace(variable, distribution=distribution, marginal=None), *parts


def without(distribution: NoisyOr | Table, told: Mapping[str, str], cases: Mapping[str, str]) -> NoisyOr | Table:
    """Return the distribution over the other parents, given the states of those that are told and of those that are gone through."""
    given = {**told, **cases}
    if isinstance(distribution, Table):
        kept = [place for place, parent in enumerate(distribution.parents) if parent not in given]
        fixed = [(place, given[parent]) for place, parent in enumerate(distribution.parents) if parent in given]
        holding = [row for row in distribution.rows if all(row.given[place] == state for place, state in fixed)]
        rows = (Row(tuple(row.given[place] for place in kept), row.numbers) for row in holding)
        return Table(tuple(distribution.parents[place] for place in kept), tuple(rows))
    leak = distribution.leak.p
    found: dict[frozenset[tuple[str, frozenset[str]]], Mechanism] = {}
    for mechanism in distribution.mechanisms:
        if any(parent in told and told[parent] not in states for parent, states in mechanism.when.items()):
            continue
        p = mechanism.number.p if all(given.get(parent, states[0]) in states for parent, states in mechanism.when.items()) else 0.0
        when = {parent: states for parent, states in mechanism.when.items() if parent not in given}
        if not when:
            leak += (1 - leak) * p
            continue
        key = frozenset((parent, frozenset(states)) for parent, states in when.items())
        before = found[key].number.p if key in found else 0.0
        found[key] = Mechanism(when, number(before + (1 - before) * p))
    return NoisyOr(number(leak), tuple(found.values()))


class Conditioned:
    """An engine for one network of which some findings are certain.

    Likelihood rows (n, S) over the network's own states in, `Beliefs` of the `targets` out. `told` holds in every row; `observed` names the
    other variables on which rows may have findings. Raises `TooHard` where even so the circuit is too large.
    """

    def __init__(self, network: Network, told: Mapping[str, str], targets: Collection[str], observed: Collection[str]) -> None:
        self.states = len(network.columns)
        openable = [
            name
            for name, state in told.items()
            if isinstance(model := network[name].distribution, NoisyOr)
            and state != network[name].states[0]
            and model.leak.p >= SMALLEST_LEAK
            and name not in targets
        ]
        whole = parted(network, told)
        opened, cut = _chosen(whole.network, {*targets, *observed, *whole.findings}, told, openable)
        self.cases = [dict(zip(cut, states, strict=True)) for states in product(*(network[name].states for name in cut))]
        self.parts = parted(network, told, opened, self.cases[0])
        pieces = [piece for names in self.parts.opened.values() for piece in names]
        seen = frozenset((*self.parts.findings, *observed, *cut, *pieces))
        self.engine = CircuitEngine(self.parts.network, frozenset(targets), seen)
        self.evidence, self.signs = self._terms()
        self.tables = self._tables(network, told, cut)

    def _terms(self) -> tuple[Array, Array]:
        """Return likelihoods (terms, S) and signs (terms,): each case, with each opened noisy-OR left open, or healthy and subtracted."""
        ways = [dict.fromkeys(names) for names in self.parts.opened.values()]
        inner = self.parts.network
        rows, signs = [], []
        for case in self.cases:
            for closed in product((False, True), repeat=len(ways)):
                healthy = {name: inner[name].states[0] for names, shut in zip(ways, closed, strict=True) if shut for name in names}
                rows.append({**self.parts.findings, **case, **healthy})
                signs.append((-1.0) ** sum(closed))
        return encode(inner, rows), np.array(signs)

    def _tables(self, network: Network, told: Mapping[str, str], cut: Sequence[str]) -> Array:
        """Return the parameters (terms, P) of each case."""
        circuit = self.engine.circuit
        found = np.tile(circuit.parameters, (len(self.cases), 1))
        below = [variable for variable in network.variables.values() if not set(cut).isdisjoint(variable.parents)]
        for row, case in zip(found, self.cases, strict=True):
            for variable in below:
                for own in _family(variable, told, self.parts.opened, case):
                    if own.name in circuit.places:
                        row[circuit.places[own.name]] = parameters(own)
        return np.repeat(found, len(self.signs) // len(self.cases), axis=0)

    def __call__(self, evidence: Array) -> Beliefs:
        """Answer rows of likelihoods (n, S)."""
        marginals, log_evidence = np.zeros(evidence.shape), np.full(len(evidence), -np.inf)
        step = max(ROWS_AT_ONCE // len(self.signs), 1)
        for start in range(0, len(evidence), step):
            rows = slice(start, start + step)
            marginals[rows], log_evidence[rows] = self._some(evidence[rows])
        return Beliefs(marginals, log_evidence)

    def _some(self, evidence: Array) -> tuple[Array, Array]:
        """Sum over terms: Z = sum of sign * Z_term, marginals weighted alike, relative to the largest term."""
        inner = np.repeat(self.evidence[None], len(evidence), axis=0)
        inner[:, :, : self.states] *= evidence[:, None]
        found = self.engine(inner.reshape(-1, inner.shape[2]), np.tile(self.tables, (len(evidence), 1)))
        logs = found.log_evidence.reshape(len(evidence), -1)
        largest = logs.max(axis=1, keepdims=True)
        possible = np.isfinite(largest[:, 0])
        with np.errstate(invalid="ignore"):
            weights = np.where(possible[:, None], self.signs * np.exp(logs - largest), 0.0)
        marginals = found.marginals.reshape(*logs.shape, -1)[:, :, : self.states]
        total = np.where(possible, weights.sum(axis=1), 1.0)
        log_evidence = np.where(possible, np.log(total) + np.where(possible, largest[:, 0], 0.0), -np.inf)
        return np.clip(np.einsum("nt,nts->ns", weights, marginals) / total[:, None], 0.0, 1.0), log_evidence


def _chosen(
    network: Network, needed: Collection[str], told: Mapping[str, str], openable: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which noisy-ORs to open and which variables to go through, one by one that with the largest share of the cells."""
    kept = set(needed)
    for name in reversed(network.order):
        if name in kept:
            kept.update(network[name].parents)
    factors = [axes for name in network.variables if name in kept for axes in _factors(network[name])]
    sizes = {axis: 2.0 for axes in factors for axis in axes} | {name: float(len(network[name].states)) for name in kept}
    free = {f"({name})": name for name in openable} | {name: name for name in kept if name not in told and name in network.variables}
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
    return tuple(free[axis] for axis in chosen if axis != free[axis]), tuple(axis for axis in chosen if axis == free[axis])


def _factors(variable: Variable) -> list[tuple[str, ...]]:
    model = variable.distribution
    if isinstance(model, Table):
        return [(*model.parents, variable.name)]
    helper = f"({variable.name})"
    return [(variable.name, helper), *((helper, *mechanism.when) for mechanism in model.mechanisms)]


def _eliminated(factors: Sequence[tuple[str, ...]], sizes: Mapping[str, float]) -> tuple[float, dict[str, float]]:
    """Return the cells that elimination touches, smallest clique first, and those of them that each axis has a share in."""
    near: dict[str, set[str]] = {}
    for axes in factors:
        for axis in axes:
            near.setdefault(axis, set()).update(axes)
    for axis, others in near.items():
        others.discard(axis)
    bits = {axis: math.log2(sizes[axis]) for axis in near}
    load = {axis: bits[axis] + sum(bits[other] for other in others) for axis, others in near.items()}
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
