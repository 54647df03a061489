"""The probability of causation against going through all switches, and against simulation."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.inference.counterfactuals import causation, protection, two_worlds
from backpain_bn.inference.evidence import encode
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


@settings(max_examples=120, deadline=None)
@given(network=networks.random_networks(), seed=st.integers(0, 2**16), present=st.booleans())
def test_causation_agrees_with_going_through_all_switches(
    network: Network, seed: int, present: bool
) -> None:
    random = np.random.default_rng(seed)
    names = list(network.variables)
    network = Network("random", network.variables, outcome=names[-1])
    causes = names[:-1]
    sets = [[name] for name in causes] + [causes, list(random.permutation(causes)[:2])]
    rows = networks.random_evidence(network, 4, seed=seed)
    found = two_worlds(network).otherwise(rows, sets, present)
    for place, healthy in enumerate(sets):
        worlds = two_by_brute_force(network, healthy)
        for index, row in enumerate(rows):
            wanted = expected(network, worlds, row, present)
            assert np.isneginf(found.log_evidence[index]) == np.isnan(wanted)
            assert abs(found.changed[index, place] - np.nan_to_num(wanted)) < 1e-10


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


@settings(max_examples=15, deadline=None)
@given(network=layered_networks(), seed=st.integers(0, 2**16))
def test_causation_on_twelve_variables(network: Network, seed: int) -> None:
    random = np.random.default_rng(seed)
    cause = str(random.choice(list(network.variables)[:4]))
    row = networks.random_evidence(network, 2, seed=seed)[1:]
    found = two_worlds(network).otherwise(row, [[cause]], True)
    wanted = expected(network, two_by_brute_force(network, [cause]), row[0], True)
    assert np.isneginf(found.log_evidence[0]) == np.isnan(wanted)
    assert abs(found.changed[0, 0] - np.nan_to_num(wanted)) < 1e-10


def test_rows_and_parameters_of_their_own_are_answered_as_if_alone() -> None:
    network = Network("multi", networks.multi_state().variables, outcome="hurt")
    worlds = two_worlds(network)
    rows = networks.random_evidence(network, 30)
    sets = [["load"], ["weak"], ["load", "pace"]]
    together = worlds.otherwise(rows, sets, True)
    own = np.tile(worlds.engine.parameters, (30, 1))
    own[::2, worlds.engine.places["weak"]] = 0.4, 0.6
    drawn_together = worlds.otherwise(rows, sets, True, own)
    for index in range(30):
        alone = worlds.otherwise(rows[index : index + 1], sets, True)
        assert np.abs(alone.changed - together.changed[index]).max() < 1e-14
        alone = worlds.otherwise(rows[index : index + 1], sets, True, own[index : index + 1])
        assert np.abs(alone.changed - drawn_together.changed[index]).max() < 1e-14


def test_tables_below_a_cause_follow_parameters_of_their_own() -> None:
    load = Variable("load", networks.YES_NO, prior(0.5, 0.5))
    rows = {("no",): (0.7, 0.2, 0.1), ("yes",): (0.2, 0.3, 0.5)}
    pain = Variable("pain", ("none", "some", "much"), networks.table(("load",), rows))
    network = Network("table", {"load": load, "pain": pain}, outcome="pain")
    worlds = two_worlds(network)
    row = encode(network, [{"load": "yes"}])
    own = np.tile(worlds.engine.parameters, (2, 1))
    own[1, worlds.engine.places["pain"]] = 0.6, 0.2, 0.2, 0.5, 0.25, 0.25
    found = worlds.otherwise(np.repeat(row, 2, axis=0), [["load"]], True, own)
    assert found.changed[:, 0] == pytest.approx([0.5 / 0.8, 0.1 / 0.5], rel=1e-12)


@pytest.mark.parametrize("leak", [0.0, 1e-15, 1e-9, 1e-4, 0.05])
def test_a_rare_outcome_keeps_its_digits(leak: float) -> None:
    causes = {f"c{i}": prior(0.5, 0.5) for i in range(4)}
    effect = networks.noisy_or(leak, dict.fromkeys(causes, 1e-9))
    network = Network("rare", networks.network(**causes, y=effect).variables, outcome="y")
    told = dict.fromkeys(causes, "yes")
    both = 1 - (1 - leak) * (1 - 1e-9) ** 4
    found = causation(network, told, ["c0"]).shares["c0"]
    absent_there = (1 - leak) * (1 - 1e-9) ** 3
    present = leak - leak * (1 - (1 - 1e-9) ** 4) + -np.expm1(4 * np.log1p(-1e-9))
    assert both == pytest.approx(present, abs=1e-15)
    assert found == pytest.approx(absent_there * 1e-9 / present, rel=1e-6)


def test_what_was_told_of_the_case_counts() -> None:
    """A spasm that was told points to what it comes from, although it lies below."""
    network = networks.network(
        dry=prior(0.9, 0.1),
        spasm=networks.noisy_or(0.01, {"dry": 0.5}),
        pain=networks.noisy_or(0.1, {"spasm": 0.8}),
    )
    network = Network("spasm", network.variables, outcome="pain")
    told = causation(network, {"dry": "yes", "spasm": "yes"}, ["dry"]).shares["dry"]
    without = causation(network, {"dry": "yes"}, ["dry"]).shares["dry"]
    p_spasm_anyway = 0.01 / (0.5 + 0.01 - 0.005)
    p_pain_anyway = 0.1 / (0.1 + 0.8 - 0.08)
    assert told == pytest.approx((1 - p_spasm_anyway) * (1 - p_pain_anyway), rel=1e-12)
    assert without < told


def test_a_cause_that_protects() -> None:
    variables = networks.network(warm=prior(0.5, 0.5)).variables
    hurt = NoisyOr(number(0.1), (Mechanism({"warm": ("no",)}, number(0.4)),))
    hurt_variable = Variable("hurt", networks.YES_NO, hurt)
    network = Network("protects", {**variables, "hurt": hurt_variable}, outcome="hurt")
    assert protection(network, {"warm": "yes"}, ["warm"])["warm"] == pytest.approx(0.4, rel=1e-12)
    assert causation(network, {"warm": "yes"}, ["warm"]).shares["warm"] == 0


def test_errors_say_what_was_asked() -> None:
    network = Network("asia", networks.asia().variables, outcome="dysp")
    with pytest.raises(bb.UnknownName, match='did you mean "smoke"'):
        causation(network, {}, ["smok"])
    with pytest.raises(bb.BackpainError, match="dysp is the outcome itself"):
        causation(network, {}, ["dysp"])
    with pytest.raises(bb.ImpossibleEvidence, match=r"either=no.*lung=yes|lung=yes.*either=no"):
        causation(network, {"lung": "yes", "either": "no", "dysp": "yes"}, ["smoke"])
    with pytest.raises(bb.ImpossibleEvidence, match=r"dysp is told to be no; .* that it is yes"):
        causation(network, {"dysp": "no"}, ["smoke"])
    with pytest.raises(bb.BackpainError, match="names no outcome"):
        causation(networks.asia(), {}, ["smoke"])


def simulated(
    network: Network, healthy: str, rows: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the states of cases, and whether the outcome is present in their other world."""
    here: dict[str, np.ndarray] = {}
    there: dict[str, np.ndarray] = {}
    for seed, name in enumerate(network.order):
        for world in (here, there):
            world[name] = _sampled(network, name, world, rows, np.random.default_rng(seed))
        if name == healthy:
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


@pytest.mark.parametrize("told", [(), ("parents",), ("children",), ("parents", "children")])
def test_causation_agrees_with_simulation_of_the_shipped_network(
    shipped: Network, told: tuple[str, ...]
) -> None:
    rows = 400_000
    outcome = shipped.outcome
    cause = max(shipped.causes, key=lambda name: len(shipped.children[name]))
    near = {"parents": shipped[cause].parents[:1], "children": shipped.children[cause][:1]}
    names = [name for kind in told for name in near[kind] if name != outcome]
    findings = {name: shipped.states[name][-1] for name in (cause, *names)}
    here, pain_there = simulated(shipped, cause, rows)
    like = here[outcome] > 0
    for name, state in findings.items():
        like &= here[name] == shipped.state(name, state)
    share = float((~pain_there[like]).mean())
    error = np.sqrt(share * (1 - share) / like.sum())
    assert like.sum() > 300
    found = causation(shipped, findings, [cause]).shares[cause]
    assert abs(found - share) < 5 * error + 1e-4
