"""One case at several visits as one network: what persists, what is drawn again, what is set.

What descends from something that was acted on may become other than it was. Either it is drawn
again from its table, or it keeps its switches: each mechanism of a noisy-OR has one, on with
probability p, and so has the leak, and the effect is there where a switch is on whose conditions
hold (Pearl 2009, section 7.1). Then it changes only as far as the action was behind it. An explicit
table has one uniform draw that stays, read against the cumulated row of the parents' states, the
states in their order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from ..inference.elimination import SMALLEST_LEAK
from ..model.distributions import Mechanism, NoisyOr, Number, Row, Table, number, prior
from ..model.network import Network
from ..model.variables import Variable
from .visits import Visit, acted_on, acting, moved, persists

YES_NO = ("no", "yes")
DIGITS = 15
"""Cumulated probabilities that agree to so many digits are one cut of the uniform draw."""


class Unrolled(NamedTuple):
    """A network of all visits; `names` gives each visit's name of every variable, `successes` each
    visit's name of whether a treatment succeeds. What is the same at two visits has one name.

    `common` are ORs of switches of which one is as likely on as a leak that is not small.
    """

    network: Network
    names: tuple[Mapping[str, str], ...]
    successes: tuple[Mapping[str, str], ...]
    common: frozenset[str]


class Gate(NamedTuple):
    """What sets a variable from outside: it is in `state` where `node` is in one of `when`; if it
    `adds` to what was before, in that state at least, and in one worse than before.
    """

    node: str
    when: tuple[str, ...]
    state: str
    adds: bool = False

    def sets(self, before: str, states: tuple[str, ...]) -> str:
        """Return the state that it sets a variable to, whose states run from healthy to not."""
        if not self.adds:
            return self.state
        worse = states[min(states.index(before) + 1, len(states) - 1)]
        return max(self.state, worse, key=states.index)


def unrolled(network: Network, visits: Sequence[Visit], *, switches: bool = False) -> Unrolled:
    """Return one network for all visits.

    What persists is the same variable at the next visit, unless something acts on it or on what it
    descends from; then it is drawn again, or, with `switches`, what its own switches make of its
    parents as they are now. What has changed is cut from its parents and set; what a treatment aims
    at, or a variable of the visit before leaves behind, is set where the treatment succeeds, or
    where that variable was unhealthy. What does not persist is drawn again at each visit.

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
    building = _Building(network, visits[1:] if switches else ())
    for index, visit in enumerate(visits[1:], 1):
        building.add(visit, suffix(network, str(index)))
    whole = Network(network.name, building.variables)
    common = frozenset(building.common)
    return Unrolled(whole, tuple(building.names), tuple(building.successes), common)


def suffix(network: Network, word: str) -> str:
    """Return an ending that no variable's name holds: @word, @@word, ..."""
    mark = f"@{word}"
    while any(mark in name for name in network):
        mark = f"@{mark}"
    return mark


class _Building:
    """The network so far; `past` names what made each variable as it is now, which for what
    persists is the variable itself. What may change at the visits `kept` keeps its switches.
    """

    def __init__(self, network: Network, kept: Sequence[Visit]) -> None:
        self.network = network
        self.variables = {
            name: Variable(name, variable.states, variable.distribution)
            for name, variable in network.variables.items()
        }
        own = {name: name for name in network}
        self.past: Mapping[str, str] = own
        self.names: list[Mapping[str, str]] = [own]
        self.successes: list[Mapping[str, str]] = [{}]
        self.common: set[str] = set()
        self.opened: set[str] = set()
        self.lasting = {name for name in network if persists(network, name)}
        if kept:
            behind = {name for name in network if network.descendants(name) & self.lasting}
            self.lasting |= behind
        changing = {name for visit in kept for name in moved(network, acted_on(network, visit))}
        for name in {name for visit in kept for name in below(network, visit)} & self.lasting:
            self._open(name, changing)

    def add(self, visit: Visit, mark: str) -> None:
        """Add the variables of one more visit."""
        gates = self._gates(visit, mark)
        acted = moved(self.network, acted_on(self.network, visit))
        past, names = dict(self.past), dict[str, str]()
        for name in self.network.order:
            node = f"{name}{mark}"
            if name in acted & self.lasting:
                own = node if persists(self.network, name) else f"{node} past"
                parents = past if name in self.opened else names
                past[name] = self._lasting(name, visit, own, gates.get(name, []), parents)
            if persists(self.network, name):
                names[name] = past[name]
            else:
                model = self.network[name].distribution.renamed(names)
                names[name] = self._set(name, node, model, gates.get(name, []))
        self.past = past
        self.names.append({name: names[name] for name in self.network})

    def _gates(self, visit: Visit, mark: str) -> dict[str, list[Gate]]:
        """Add what may set variables at a visit, and return it for each of them, the first to count
        first.
        """
        found: dict[str, list[Gate]] = {}
        successes = {}
        for treatment in acting(self.network, visit):
            node = f"{treatment.name} succeeds{mark}"
            p = treatment.success.p
            self.variables[node] = Variable(node, YES_NO, prior(1 - p, p))
            successes[treatment.name] = node
            for name, state in treatment.targets.items():
                found.setdefault(name, []).append(Gate(node, ("yes",), state))
        for cause, variable in self.network.variables.items():
            for name, state in variable.leaves.items():
                gate = Gate(self.names[-1][cause], variable.unhealthy, state, adds=True)
                found.setdefault(name, []).append(gate)
        self.successes.append(successes)
        return found

    def _lasting(
        self, name: str, visit: Visit, node: str, gates: list[Gate], parents: Mapping[str, str]
    ) -> str:
        """Return the name of what a variable has become for good."""
        if name in visit.changed:
            states, state = self.network[name].states, visit.changed[name]
            self.variables[node] = Variable(node, states, prior(*_chances(states, state)))
            return node
        if name in below(self.network, visit):
            model = self.network[name].distribution
            if name in self.opened:
                model = self.variables[name].distribution
            return self._set(name, node, model.renamed(parents), gates)
        return self._gated(name, node, self.past[name], gates)

    def _set(self, name: str, node: str, model: NoisyOr | Table, gates: list[Gate]) -> str:
        """Add a variable that follows `model` unless a gate sets it, and return its name."""
        base = f"{node} else" if gates else node
        self.variables[base] = Variable(base, self.network[name].states, model)
        if name in self.common:
            self.common.add(base)
        return self._gated(name, node, base, gates)

    def _gated(self, name: str, node: str, base: str, gates: list[Gate]) -> str:
        """Add a variable that is as `base` unless a gate sets it, and return its name."""
        if not gates:
            return base
        states = self.network[name].states
        sides = [self.variables[gate.node].states for gate in gates]
        rows = []
        for given in product(states, *sides):
            answers = zip(gates, given[1:], strict=True)
            opened = (gate for gate, answer in answers if answer in gate.when)
            first = next(opened, None)
            state = given[0] if first is None else first.sets(given[0], states)
            rows.append(Row(given, _sure(states, state)))
        parents = (base, *(gate.node for gate in gates))
        self.variables[node] = Variable(node, states, Table(parents, tuple(rows)))
        return node

    def _open(self, name: str, changing: Collection[str]) -> None:
        """Write a variable as what its switches make of its parents, some of which may change."""
        variable = self.network[name]
        model: NoisyOr | Table
        if isinstance(variable.distribution, NoisyOr):
            model, switches = _switched(variable, variable.distribution, changing)
            if variable.distribution.leak.p >= SMALLEST_LEAK:
                self.common.add(name)
        else:
            sizes = [self.network[parent].states for parent in variable.parents]
            model, switches = _read_off(variable, variable.distribution, sizes)
        self.opened.add(name)
        self.variables |= {switch.name: switch for switch in switches}
        self.variables[name] = Variable(name, variable.states, model)


def below(network: Network, visit: Visit) -> frozenset[str]:
    """Return what descends from what is acted on at a visit."""
    acted = acted_on(network, visit)
    return frozenset[str]().union(*(network.descendants(name) for name in acted))


def _switched(
    variable: Variable, model: NoisyOr, changing: Collection[str]
) -> tuple[NoisyOr, list[Variable]]:
    """Return a noisy-OR as the OR of its switches where their conditions hold, and the switches.

    The leak and all mechanisms whose parents stay as they are share one switch.
    """
    staying = [each for each in model.mechanisms if not set(each.when) & set(changing)]
    rest = f"{variable.name} otherwise"
    switches = [Variable(rest, variable.states, NoisyOr(model.leak, tuple(staying)))]
    mechanisms = [Mechanism({rest: variable.states[1:]}, number(1.0))]
    for index, each in enumerate(model.mechanisms):
        if each not in staying:
            switch = f"{variable.name} by {index}"
            switches.append(Variable(switch, YES_NO, prior(1 - each.number.p, each.number.p)))
            mechanisms.append(Mechanism({**each.when, switch: ("yes",)}, number(1.0)))
    return NoisyOr(number(0.0), tuple(mechanisms)), switches


def _read_off(
    variable: Variable, table: Table, sides: Iterable[tuple[str, ...]]
) -> tuple[Table, list[Variable]]:
    """Return a table as what a uniform draw says for each of its rows, and that draw in parts
    between which no row differs.
    """
    cumulated = np.cumsum([[entry.p for entry in row.numbers] for row in table.rows], axis=1)
    cumulated = np.round(cumulated[:, :-1], DIGITS)
    inner = np.unique(np.clip(cumulated, 0.0, 1.0))
    cuts = np.unique([0.0, *inner, 1.0])
    draw = f"{variable.name} draw"
    parts = tuple(str(index) for index in range(len(cuts) - 1))
    rows = []
    for given, ends in zip(product(*sides), cumulated, strict=True):
        for part, start in zip(parts, cuts[:-1], strict=True):
            state = variable.states[int((ends <= start).sum())]
            rows.append(Row((*given, part), _sure(variable.states, state)))
    shares = prior(*np.diff(cuts).tolist())
    return Table((*table.parents, draw), tuple(rows)), [Variable(draw, parts, shares)]


def _sure(states: Sequence[str], state: str) -> tuple[Number, ...]:
    return tuple(number(p) for p in _chances(states, state))


def _chances(states: Sequence[str], state: str) -> list[float]:
    return [float(other == state) for other in states]
