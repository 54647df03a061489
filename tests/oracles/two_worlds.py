"""Two worlds by the definition: all switches gone through, and cases simulated with the same draws
in both.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import product

import numpy as np
from hypothesis import strategies as st

from backpain_bn.model.distributions import Mechanism, NoisyOr, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles import networks

Worlds = tuple[np.ndarray, np.ndarray, np.ndarray]


def drawn(network: Network, name: str) -> list[tuple[float, np.ndarray]]:
    """Return every way the switches of a variable may stand: its chance, and the state that follows
    from the parents' states, shape (*parent sizes).
    """
    variable, model = network[name], network[name].distribution
    if isinstance(model, NoisyOr):
        holds = [each.holds(model.parents, network.states) for each in model.mechanisms]
        always = np.ones([len(network.states[parent]) for parent in model.parents], dtype=bool)
        ways = []
        for switches in product((False, True), repeat=1 + len(holds)):
            fired = [each for each, on in zip((always, *holds), switches, strict=True) if on]
            pairs = zip(model.numbers, switches, strict=True)
            chance = np.prod([entry.p if on else 1 - entry.p for entry, on in pairs])
            ways.append(
                (float(chance), np.any([np.zeros_like(always), *fired], axis=0).astype(int))
            )
        return ways
    table = network.table(name)
    tops = table.cumsum(axis=-1)
    last = len(variable.states) - 1 - (table[..., ::-1] > 0).argmax(axis=-1)
    ends = np.unique(np.clip([0.0, *tops.ravel()], 0, 1))
    middles = (ends[1:] + ends[:-1]) / 2
    states = [np.minimum((tops < middle).sum(axis=-1), last) for middle in middles]
    return list(zip(np.diff(ends).tolist(), states, strict=True))


def two_by_brute_force(network: Network, healthy: Collection[str]) -> Worlds:
    """Return the states of all variables in this world (m, V), in the other (m, V), and the chance
    of each pair: all switches gone through, variable by variable, equal pairs put together.
    """
    names = list(network.variables)
    here = there = np.zeros((1, len(names)), dtype=np.int8)
    chance = np.ones(1)
    for name in network.order:
        parents = [names.index(parent) for parent in network[name].parents]
        sizes = np.array([len(states) for states in network.states.values()])
        parts = []
        for weight, state in drawn(network, name):
            one, other = here.copy(), there.copy()
            one[:, names.index(name)] = state[tuple(here[:, parents].T)]
            other[:, names.index(name)] = state[tuple(there[:, parents].T)] * (name not in healthy)
            parts.append((np.hstack([one, other]), chance * weight))
        every = np.vstack([part[0] for part in parts])
        code = np.ravel_multi_index(every.T, (*sizes, *sizes))
        _, first, which = np.unique(code, return_index=True, return_inverse=True)
        chance = np.bincount(which, np.concatenate([part[1] for part in parts]))
        here, there = np.hsplit(every[first][chance > 0], 2)
        chance = chance[chance > 0]
    return here, there, chance


def expected(network: Network, worlds: Worlds, row: np.ndarray, present: bool) -> float:
    """Return P(outcome is otherwise in the other world | row, as supposed), nan if impossible."""
    here, there, chance = worlds
    outcome = list(network.variables).index(network.outcome)
    for index, place in enumerate(network.slices.values()):
        chance = chance * row[place][here[:, index]]
    supposed = (here[:, outcome] > 0) == present
    changed = supposed & ((there[:, outcome] > 0) != present)
    whole = chance[supposed].sum()
    return float(chance[changed].sum() / whole) if whole > 0 else np.nan


@st.composite
def layered_networks(draw: st.DrawFn) -> Network:
    """Return networks of 10 to 12 variables: causes, what they lead to, an outcome and a sign."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    variables: dict[str, Variable] = {}
    for index in range(draw(st.integers(10, 12))):
        name = f"v{index}"
        if index < 3:
            p = random.dirichlet(np.ones(2 + index % 2)) * 0.9 + 0.1 / (2 + index % 2)
            states = networks.YES_NO if len(p) == 2 else ("none", "some", "much")
            variables[name] = Variable(name, states, prior(*(p / p.sum())))
            continue
        parents = random.permutation(list(variables))[: random.integers(1, 4)]
        whens = [{str(parent): variables[parent].states[1:]} for parent in parents]
        whens.append({str(parent): variables[parent].states[:1] for parent in parents[:1]})
        if len(parents) > 1:
            whens.append({str(parent): variables[parent].states[1:] for parent in parents[:2]})
        mechanisms = tuple(Mechanism(when, number(float(random.random()))) for when in whens)
        leak = float(random.choice([0.0, 1e-6, 0.02, 0.3]))
        variables[name] = Variable(name, networks.YES_NO, NoisyOr(number(leak), mechanisms))
    return Network("layered", variables, outcome=list(variables)[-2])


def simulated(
    network: Network, healthy: Collection[str], rows: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the states of cases, and whether the outcome is present in their other world."""
    here: dict[str, np.ndarray] = {}
    there: dict[str, np.ndarray] = {}
    for seed, name in enumerate(network.order):
        for world in (here, there):
            world[name] = _sampled(network, name, world, rows, np.random.default_rng(seed))
        if name in healthy:
            there[name] = np.zeros(rows, dtype=np.int64)
    return here, there[network.outcome] > 0


def _sampled(
    network: Network,
    name: str,
    world: dict[str, np.ndarray],
    rows: int,
    random: np.random.Generator,
) -> np.ndarray:
    model = network[name].distribution
    if isinstance(model, Table):
        tops = network.table(name).cumsum(axis=-1)[tuple(world[parent] for parent in model.parents)]
        return np.asarray(
            (
                random.random(rows)[:, None] > np.broadcast_to(tops, (rows, tops.shape[-1]))[:, :-1]
            ).sum(axis=1)
        )
    found = random.random(rows) < model.leak.p
    for mechanism in model.mechanisms:
        holds = np.ones(rows, dtype=bool)
        for parent, states in mechanism.when.items():
            chosen = [network.state(parent, state) for state in states]
            holds &= np.isin(world[parent], chosen)
        found |= holds & (random.random(rows) < mechanism.number.p)
    return found.astype(np.int64)
