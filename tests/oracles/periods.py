"""From one period to the next, by definition: every joint state or setting of all switches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np

from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Treatment, Variable
from backpain_bn.temporal.visits import persists
from tests.oracles.networks import WORDS

YES_NO = ("no", "yes")


def caused(leak: float, *links: tuple[str, float]) -> NoisyOr:
    return NoisyOr(
        number(leak), tuple(Mechanism({parent: ("yes",)}, number(p)) for parent, p in links)
    )


def rows(parents: tuple[str, ...], cells: dict[tuple[str, ...], tuple[float, ...]]) -> Table:
    return Table(
        parents, tuple(Row(given, tuple(number(p) for p in row)) for given, row in cells.items())
    )


def treatment(name: str, success: float, **targets: str) -> Treatment:
    return Treatment(name, name.replace("_", " ").capitalize(), targets, number(success))


def runner() -> Network:
    """Return sitting of three states, what it brings about, a form fault with a table, a mechanism,
    pain, and a sign of weakness.
    """
    tilt = rows(
        ("weak", "tight"),
        {
            ("no", "no"): (0.9, 0.1),
            ("no", "yes"): (0.5, 0.5),
            ("yes", "no"): (0.6, 0.4),
            ("yes", "yes"): (0.2, 0.8),
        },
    )
    sits = (("long", "very_long"), 0.3), (("very_long",), 0.2)
    tight = NoisyOr(
        number(0.25), tuple(Mechanism({"sitting": states}, number(p)) for states, p in sits)
    )
    pain = NoisyOr(
        number(0.05),
        (
            Mechanism({"strain": ("yes",)}, number(0.7)),
            Mechanism({"tilt": ("yes",), "weak": ("yes",)}, number(0.4)),
            Mechanism({"sitting": ("very_long",)}, number(0.1)),
        ),
    )
    variables = (
        Variable(
            "sitting",
            ("short", "long", "very_long"),
            prior(0.5, 0.3, 0.2),
            "Sitting",
            "risk_factor",
        ),
        Variable("tight", YES_NO, tight, "Tight hips", "impairment"),
        Variable("weak", YES_NO, caused(0.3), "Weak core", "impairment"),
        Variable("tilt", YES_NO, tilt, "Tilted pelvis", "form"),
        Variable(
            "strain",
            YES_NO,
            caused(0.1, ("tilt", 0.5), ("tight", 0.2)),
            "Strain",
            "mechanism",
            persists=False,
        ),
        Variable("pain", YES_NO, caused(0.0), "Back pain", "presentation", persists=False),
        Variable(
            "sign",
            YES_NO,
            caused(0.1, ("weak", 0.7)),
            "Sign of weakness",
            "presentation",
            persists=False,
        ),
    )
    named = {variable.name: variable for variable in variables}
    named["pain"] = replace(named["pain"], distribution=pain)
    treatments = (
        treatment("get_up", 0.4, sitting="short"),
        treatment("stretch", 0.5, tight="no"),
        treatment("strengthen", 0.6, weak="no"),
        treatment("straighten", 0.3, tilt="no"),
        treatment("rest", 0.8, strain="no"),
        treatment("all_round", 0.25, tight="no", weak="no"),
        treatment("look_for_signs", 0.9, sign="no"),
    )
    return Network(
        "runner",
        named,
        outcome="pain",
        treatments={one.name: one for one in treatments},
        vocabulary=WORDS,
    )


def configurations(network: Network) -> np.ndarray:
    """Return every joint state, one per row, as positions of the variables' states."""
    return np.array(
        list(product(*(range(len(variable.states)) for variable in network.variables.values())))
    )


def drawn(network: Network, name: str, joint: np.ndarray) -> np.ndarray:
    """Return P(variable | parents) in each joint state."""
    columns = {other: joint[:, place] for place, other in enumerate(network.variables)}
    return network.table(name)[tuple(columns[other] for other in (*network[name].parents, name))]


def transition(network: Network, again: Iterable[str], brought: Mapping[str, str]) -> np.ndarray:
    """Return P(joint state in the next period | joint state today), by the definition, one factor
    per variable.
    """
    joint, again = configurations(network), set(again)
    found = np.ones((len(joint), len(joint)))
    for place, name in enumerate(network):
        if name in brought:
            found *= joint[None, :, place] == network.state(name, brought[name])
        elif persists(network, name) and name not in again:
            found *= joint[:, None, place] == joint[None, :, place]
        else:
            found *= drawn(network, name, joint)[None, :]
    return found


def told(network: Network, findings: Findings) -> np.ndarray:
    """Return the likelihood of each joint state."""
    row, joint = encode(network, [findings])[0], configurations(network)
    return np.prod(
        [
            row[network.slices[name]][joint[:, place]]
            for place, name in enumerate(network.variables)
        ],
        axis=0,
    )


def today(network: Network, findings: Findings) -> np.ndarray:
    """Return P(joint state, findings)."""
    joint = configurations(network)
    return np.prod([drawn(network, name, joint) for name in network.variables], axis=0) * told(
        network, findings
    )


def marginal(network: Network, weights: np.ndarray, name: str) -> np.ndarray:
    """Return P(variable) from the weights of the joint states."""
    place = list(network.variables).index(name)
    sums = np.bincount(configurations(network)[:, place], weights, len(network[name].states))
    return np.asarray(sums / weights.sum())


def redrawn(network: Network, acted: Iterable[str]) -> frozenset[str]:
    """Return what persists and yet is drawn again where these variables are acted on."""
    below = frozenset[str]().union(*(network.descendants(name) for name in acted))
    return frozenset(name for name in below if persists(network, name))


class Switches:
    """Every setting of all switches of a network at once: `weights` (n,), and what each variable
    is in each of them.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        sides = {name: _sides(network, name) for name in network}
        self.size = int(np.prod([len(weights) for each in sides.values() for weights in each]))
        if self.size > MOST:
            return
        places = iter(np.indices([len(w) for each in sides.values() for w in each]))
        self.weights = np.ones(self.size)
        self.settings: dict[str, list[np.ndarray]] = {}
        for name, each in sides.items():
            chosen = [next(places).ravel() for _ in each]
            self.settings[name] = chosen
            for weights, place in zip(each, chosen, strict=True):
                self.weights = self.weights * weights[place]
        self.today: dict[str, np.ndarray] = {}
        for name in network.order:
            self.today[name] = self._made(name, self.today)

    def _made(self, name: str, world: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return what the switches make of a variable's parents."""
        variable, settings = self.network[name], self.settings[name]
        parents = tuple(world[parent] for parent in variable.parents)
        if isinstance(variable.distribution, NoisyOr):
            found = settings[0].astype(bool)
            for switch, mechanism in zip(
                settings[1:], variable.distribution.mechanisms, strict=True
            ):
                holds = mechanism.holds(variable.parents, self.network.states)
                found = found | (switch.astype(bool) & holds[parents])
            return found.astype(int)
        ends = _ends(self.network, name)[parents]
        starts = _cuts(self.network, name)[:-1][settings[0]]
        return (ends <= starts[:, None]).sum(axis=1)

    def there(self, aims: Mapping[str, str]) -> np.ndarray:
        """Return in which settings all that is aimed at is so today."""
        network = self.network
        sides = [self.today[name] == network.state(name, state) for name, state in aims.items()]
        return np.all(sides, axis=0)

    def next(
        self, findings: Findings, brought: Mapping[str, str], among: np.ndarray | float = 1.0
    ) -> np.ndarray:
        """Return P(outcome of the next period, among some settings | findings, do(brought)); zeros
        where impossible.
        """
        network, row = self.network, encode(self.network, [findings])[0]
        weights = self.weights.copy()
        for name, states in self.today.items():
            weights *= row[network.slices[name]][states]
        whole = weights.sum()
        weights = weights * among
        left: dict[str, tuple[np.ndarray, int]] = {}
        for cause, variable in network.variables.items():
            for name, state in variable.leaves.items():
                left[name] = self.today[cause] > 0, network.state(name, state)
        past: dict[str, np.ndarray] = {}
        for name in network.order:
            past[name] = self._made(name, past)
            if name in left:
                past[name] = np.where(left[name][0], left[name][1], past[name])
            if name in brought:
                past[name] = np.full(self.size, network.state(name, brought[name]))
        fresh = [name for name in network if not persists(network, name)]
        found = np.zeros(len(network[network.outcome].states))
        for states in product(*(range(len(network[name].states)) for name in fresh)):
            world = past | {n: np.full(self.size, s) for n, s in zip(fresh, states, strict=True)}
            chance = weights.copy()
            for name in fresh:
                if name in brought:
                    chance *= world[name] == network.state(name, brought[name])
                else:
                    axes = tuple(world[other] for other in (*network[name].parents, name))
                    chance *= network.table(name)[axes]
            found += np.bincount(world[network.outcome], chance, len(found))
        return found / whole if whole > 0 else found


MOST = 200_000
"""A network with more settings of its switches than this is not written out."""


def _sides(network: Network, name: str) -> list[np.ndarray]:
    """Return the chances of each switch, off and on, or of each part of a uniform draw."""
    model = network[name].distribution
    if isinstance(model, NoisyOr):
        return [np.array([1 - entry.p, entry.p]) for entry in model.numbers]
    return [np.diff(_cuts(network, name))]


def _ends(network: Network, name: str) -> np.ndarray:
    return np.round(network.table(name).cumsum(axis=-1)[..., :-1], 15)


def _cuts(network: Network, name: str) -> np.ndarray:
    return np.unique([0.0, *np.clip(_ends(network, name).ravel(), 0.0, 1.0), 1.0])


@lru_cache(maxsize=2)
def switches_of(network: Network) -> Switches:
    """Return every setting of all switches, from the cache if it was asked for before."""
    return Switches(network)


def next_with_trials(
    network: Network, findings: Findings, plan: Sequence[Treatment], chances: Sequence[float]
) -> float:
    """Return P(outcome of the next period is not healthy) with a plan, summed over who is today
    where each of its treatments with a trial aims: in all others what the trial found beyond the
    ways traced multiplies it.
    """
    switches, risk = switches_of(network), 0.0
    tested = [one for one in plan if one.trial]
    for there in product((True, False), repeat=len(tested)):
        among, factor = np.ones(switches.size), 1.0
        for one, so in zip(tested, there, strict=True):
            yet = ~switches.there(one.targets)
            among = among * (~yet if so else yet)
            chance = chances[list(plan).index(one)]
            before = next_with_plan(network, findings, [], [], yet)[1:].sum()
            traced = next_with_plan(network, findings, [one], [chance], yet)[1:].sum()
            if not so and traced > 0:
                factor *= one.trial.risk_ratio * before / traced
        risk += factor * next_with_plan(network, findings, plan, chances, among)[1:].sum()
    return float(risk)


def next_with_plan(
    network: Network,
    findings: Findings,
    plan: Sequence[Treatment],
    chances: Sequence[float],
    among: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Return P(outcome of the next period, among some settings), summed over which treatments
    succeed.
    """
    switches, found = switches_of(network), np.zeros(len(network[network.outcome].states))
    for successes in product((True, False), repeat=len(plan)):
        sides = zip(successes, chances, strict=True)
        weight = float(np.prod([chance if success else 1 - chance for success, chance in sides]))
        some = [one for success, one in zip(successes, plan, strict=True) if success]
        brought = {name: state for one in some for name, state in one.targets.items()}
        found += weight * switches.next(findings, brought, among)
    return found
