"""The dense executor against enumeration, against pyAgrum, and beyond the range of a double."""

from __future__ import annotations

import math
import time
import tracemalloc
from collections.abc import Callable
from itertools import islice, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.inference import memory, plan
from backpain_bn.inference.beliefs import Beliefs
from backpain_bn.inference.bucket_tree import PLAIN
from backpain_bn.inference.dense import DenseEngine
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import prior
from backpain_bn.model.network import Network
from tests.oracles import networks
from tests.oracles.agreement import NETWORKS, assert_same
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.public_networks import public_network, pyagrum_beliefs

Answer = Callable[[DenseEngine, np.ndarray], Beliefs]


def together(engine: DenseEngine, evidence: np.ndarray) -> Beliefs:
    return engine(evidence)


def row_by_row(engine: DenseEngine, evidence: np.ndarray) -> Beliefs:
    return Beliefs(*map(np.concatenate, zip(*(engine(row[None]) for row in evidence), strict=True)))


def tables_per_row(engine: DenseEngine, evidence: np.ndarray) -> Beliefs:
    return engine(evidence, np.tile(engine.parameters, (len(evidence), 1)))


def one_target_each(engine: DenseEngine, evidence: np.ndarray) -> Beliefs:
    marginals = np.zeros(evidence.shape)
    for name, place in engine.network.slices.items():
        few = engine(evidence, None, {name})
        others = np.delete(few.marginals, np.r_[place], axis=1)
        assert not others.any()
        marginals[:, place] = few.marginals[:, place]
    return Beliefs(marginals, few.log_evidence)


def from_joints(engine: DenseEngine, evidence: np.ndarray) -> Beliefs:
    marginals, logs = np.zeros(evidence.shape), np.zeros(len(evidence))
    for index, row in enumerate(evidence):
        for name, place in engine.network.slices.items():
            marginals[index, place], logs[index] = engine.joint(row, [name])
    return Beliefs(marginals, logs)


WAYS = [together, row_by_row, tables_per_row, one_target_each, from_joints]


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Network:
    return NETWORKS[request.param]()


@pytest.mark.parametrize("way", WAYS)
def test_every_way_agrees_with_enumeration(network: Network, way: Answer) -> None:
    evidence = networks.random_evidence(network, 60)
    assert_same(way(DenseEngine(network), evidence), enumerate_beliefs(network, evidence))


@settings(max_examples=100, deadline=None)
@given(networks.random_networks())
def test_any_network_agrees_with_enumeration(network: Network) -> None:
    evidence = networks.random_evidence(network, 25)
    engine, expected = DenseEngine(network), enumerate_beliefs(network, evidence)
    assert_same(together(engine, evidence), expected)
    assert_same(row_by_row(engine, evidence), expected)


@pytest.fixture
def beyond_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row is sure to be right in doubles, so every one is run again."""
    monkeypatch.setattr(plan, "SURE_POWER", math.inf)
    monkeypatch.setattr(plan, "MOST_POWER", -math.inf)


@pytest.mark.usefixtures("beyond_doubles")
@pytest.mark.parametrize("way", WAYS)
def test_a_power_for_each_cell_agrees_with_enumeration(network: Network, way: Answer) -> None:
    evidence = networks.random_evidence(network, 30)
    assert_same(way(DenseEngine(network), evidence), enumerate_beliefs(network, evidence))


@settings(max_examples=60, deadline=None)
@given(network=networks.random_networks(), seed=st.integers(0, 2**16))
def test_joints_agree_with_enumeration(network: Network, seed: int) -> None:
    evidence = networks.random_evidence(network, 3, seed=seed)
    engine = DenseEngine(network)
    for names in islice(permutations(network.variables, min(3, len(network.variables))), 6):
        for row in evidence:
            table, log_evidence = engine.joint(row, names)
            assert table.shape == tuple(len(network.states[name]) for name in names)
            for place in np.ndindex(*table.shape):
                told = row.copy()
                for name, state in zip(names, place, strict=True):
                    told[network.slices[name]] *= np.eye(len(network.states[name]))[state]
                both = enumerate_beliefs(network, np.array([told, row])).log_evidence
                share = np.exp(both[0] - both[1]) if both[1] > -math.inf else 0.0
                assert abs(table[place] - share) < 1e-10
                assert log_evidence == pytest.approx(both[1], abs=1e-10)


def test_parameters_of_one_row_do_not_reach_another() -> None:
    network = networks.noisy_or_pair()
    engine = DenseEngine(network)
    evidence = networks.random_evidence(network, 40)
    own = np.tile(engine.parameters, (40, 1))
    own[1::2, engine.places["a"]] = 0.2, 0.8
    other = networks.network(
        **{n: v.distribution for n, v in network.variables.items() if n != "a"}, a=prior(0.2, 0.8)
    )
    columns = [other.columns.index(column) for column in network.columns]
    found, expected = engine(evidence, own), enumerate_beliefs(network, evidence)
    turned = np.empty_like(evidence)
    turned[:, columns] = evidence
    changed = enumerate_beliefs(other, turned)
    assert_same(Beliefs(*(part[::2] for part in found)), Beliefs(*(part[::2] for part in expected)))
    wanted = Beliefs(changed.marginals[1::2][:, columns], changed.log_evidence[1::2])
    assert_same(Beliefs(*(part[1::2] for part in found)), wanted)


@pytest.mark.parametrize(
    "name", ["alarm", "hailfinder", "hepar2", "win95pts", "andes", "water", "mildew", "pathfinder"]
)
def test_public_networks_agree_with_pyagrum(name: str) -> None:
    network, model = public_network(name)
    engine, random = DenseEngine(network), np.random.default_rng(1)
    evidence = np.ones((3, len(network.columns)))
    for row in (1, 2):
        for told in random.permutation(list(network.variables))[: len(network.variables) // 5]:
            place = network.slices[told]
            likely = engine(evidence[row : row + 1], None, {told}).marginals[0, place]
            state = random.choice(len(likely), p=likely / likely.sum())
            evidence[row, place] = 0.3 if row == 2 else 0.0
            evidence[row, place.start + state] = 1.0
    expected = pyagrum_beliefs(network, model, evidence)
    assert_same(engine(evidence), expected)
    assert_same(row_by_row(engine, evidence), expected)


def test_what_was_told_and_what_it_came_from_is_laid_out_once() -> None:
    network = networks.asia()
    engine = DenseEngine(network)
    first = encode(network, [{"xray": "yes", "smoke": "no"}])
    engine(first)
    start = engine._plans.values()
    engine(encode(network, [{"smoke": "yes", "xray": "no"}]))
    assert engine._plans.values() == start


def test_what_nothing_depends_on_is_left_out() -> None:
    network = networks.asia()
    engine = DenseEngine(network)
    engine(encode(network, [{"asia": "yes"}]), None, {"tub"})
    (plan,) = engine._plans.values()
    assert plan.tree.names == ("tub",)


def test_impossible_rows_cost_the_others_nothing() -> None:
    network = networks.asia()
    told = [{"xray": "yes"}, {"lung": "yes", "either": "no"}, {"dysp": "yes"}]
    found = DenseEngine(network)(encode(network, told))
    assert found.log_evidence[1] == -math.inf
    assert not found.marginals[1].any()
    assert_same(found, enumerate_beliefs(network, encode(network, told)))
    blank = np.ones((2, 16))
    blank[0, :2] = 0
    found = DenseEngine(network)(blank)
    assert found.log_evidence.tolist() == [-math.inf, 0.0]


def test_no_rows(network: Network) -> None:
    found = DenseEngine(network)(np.ones((0, len(network.columns))))
    assert found.marginals.shape == (0, len(network.columns))


def test_what_has_the_wrong_shape_is_refused() -> None:
    engine = DenseEngine(networks.asia())
    with pytest.raises(bb.BackpainError, match=r"shape \(3, 15\); rows of 16"):
        engine(np.ones((3, 15)))
    with pytest.raises(bb.BackpainError, match=r"shape \(2, 34\); \(34,\) or \(3, 34\)"):
        engine(np.ones((3, 16)), np.ones((2, 34)))


def stars(p: float, q: float, count: int) -> Network:
    sign = networks.table(("cause",), {("no",): (1 - p, p), ("yes",): (1 - q, q)})
    return networks.network(cause=prior(0.5, 0.5), **{f"sign_{i}": sign for i in range(count)})


@pytest.mark.parametrize("count", [300, 1500])
@pytest.mark.parametrize(
    ("p", "q"),
    [
        (0.1, 0.1004),
        (0.09, 0.1),
        (1e-3, 1.002e-3),
        (1e-12, 1.001e-12),
        (1e-300, 1.001e-300),
    ],
)
def test_many_findings(p: float, q: float, count: int) -> None:
    network = stars(p, q, count)
    whole = {f"sign_{i}": "yes" for i in range(count)}
    some = dict(islice(whole.items(), count // 2))
    found = row_by_row(DenseEngine(network), encode(network, [whole, {}, some]))
    ratio = count * (math.log(q) - math.log(p))
    for row, share in ((0, 1.0), (2, 0.5)):
        logs = math.log(0.5) + share * count * math.log(p) + np.logaddexp(0, share * ratio)
        assert found.log_evidence[row] == pytest.approx(logs, rel=1e-12)
        assert found.marginals[row, 1] == pytest.approx(
            1 / (1 + math.exp(-min(share * ratio, 700))), abs=1e-10
        )
    assert found.log_evidence[1] == pytest.approx(0, abs=1e-10)


def test_five_thousand_findings_take_seconds() -> None:
    network = stars(0.09, 0.1, 5000)
    row = encode(network, [{f"sign_{i}": "yes" for i in range(5000)}])
    start = time.perf_counter()
    found = DenseEngine(network)(row)
    assert time.perf_counter() - start < 5
    assert found.log_evidence[0] == pytest.approx(math.log(0.5) + 5000 * math.log(0.1), rel=1e-12)


def test_a_chain_of_rare_steps_stays_in_range() -> None:
    """P(findings) is far below the smallest double, and no step is run again."""
    step = {("no",): (1 - 1e-3, 1e-3), ("yes",): (0.5, 0.5)}
    steps = {f"v{i}": networks.table((f"v{i - 1}",), step) for i in range(1, 400)}
    signs = {
        f"s{i}": networks.table((f"v{i}",), {("no",): (1 - 1e-9, 1e-9), ("yes",): (1 - 1e-8, 1e-8)})
        for i in range(400)
    }
    network = networks.network(v0=prior(0.5, 0.5), **steps, **signs)
    row = encode(network, [dict.fromkeys(signs, "yes")])
    found = DenseEngine(network)(row)
    likely, logs = np.array([0.5, 0.5]), 0.0
    move = np.array([step["no",], step["yes",]])
    for index in range(400):
        likely = (likely if index == 0 else likely @ move) * [1e-9, 1e-8]
        logs += math.log(likely.sum())
        likely /= likely.sum()
    assert logs < -7000
    assert found.log_evidence[0] == pytest.approx(logs, rel=1e-12)
    assert found.marginals[0, network.slices["v399"]] == pytest.approx(likely, abs=1e-10)


@pytest.mark.parametrize("way", [together, row_by_row])
def test_tiny_weights_are_not_impossible(way: Answer) -> None:
    copy = networks.table(("x",), {("no",): (1.0, 0.0), ("yes",): (0.0, 1.0)})
    network = networks.network(x=prior(0.5, 0.5), **{f"copy_{i}": copy for i in range(3)})
    tiny = {"no": 1e-300, "yes": 1.0}
    told = [
        {"copy_0": tiny, "copy_1": tiny, "copy_2": "no"},
        {"copy_0": "yes", "copy_2": "no"},
        {"copy_0": tiny},
    ]
    found = way(DenseEngine(network), encode(network, told))
    assert found.log_evidence[0] == pytest.approx(math.log(0.5) - 600 * math.log(10), rel=1e-14)
    assert found.marginals[0, :2].tolist() == [1.0, 0.0]
    assert found.log_evidence[1] == -math.inf
    assert found.marginals[2, 0] == pytest.approx(1e-300, rel=1e-12)


def test_huge_weights_are_not_too_much() -> None:
    network = networks.noisy_or_pair()
    rows = networks.random_evidence(network, 20)
    found = DenseEngine(network)(rows * 1e300)
    assert np.abs(found.marginals - enumerate_beliefs(network, rows).marginals).max() < 1e-10


def test_rare_is_not_impossible() -> None:
    causes = {f"c{i}": prior(0.5, 0.5) for i in range(12)}
    network = networks.network(**causes, y=networks.noisy_or(0.0, dict.fromkeys(causes, 1e-17)))
    found = DenseEngine(network)(encode(network, [dict.fromkeys([*causes, "y"], "yes")]))
    wanted = 12 * math.log(0.5) + math.log(12e-17)
    assert found.log_evidence[0] == pytest.approx(wanted, rel=1e-14)


def test_effects_that_are_rare_together_keep_their_digits() -> None:
    random = np.random.default_rng(0)
    causes = {f"c{i}": prior(1 - 1e-4, 1e-4) for i in range(6)}
    effects = {
        f"y{i}": networks.noisy_or(1e-3, {name: float(random.random()) for name in causes})
        for i in range(7)
    }
    network = networks.network(**causes, **effects)
    row = encode(network, [dict.fromkeys(effects, "yes")])
    found, expected = DenseEngine(network)(row), enumerate_beliefs(network, row)
    assert np.abs(found.marginals - expected.marginals).max() < 1e-13
    assert found.log_evidence[0] == pytest.approx(expected.log_evidence[0], abs=1e-13)


def test_absent_effects_fall_apart() -> None:
    """Forty effects of forty causes would be one clique; told to be absent they join nothing."""
    causes = {f"c{i}": prior(0.9, 0.1) for i in range(40)}
    effects = {f"y{i}": networks.noisy_or(0.1, dict.fromkeys(causes, 0.2)) for i in range(40)}
    network = networks.network(**causes, **effects)
    found = DenseEngine(network)(encode(network, [dict.fromkeys(effects, "no")]))
    logs = 40 * math.log(0.9) + 40 * math.log(0.9 + 0.1 * 0.8**40)
    assert found.log_evidence[0] == pytest.approx(logs, rel=1e-12)


def full(size: int) -> Network:
    """Return variables that all hang together in pairs."""
    names = {f"v{i}": prior(0.5, 0.5) for i in range(size)}
    even = {(a, b): (0.5, 0.5) for a in networks.YES_NO for b in networks.YES_NO}
    pairs = {
        f"w{i}_{j}": networks.table((f"v{i}", f"v{j}"), even) for i in range(size) for j in range(i)
    }
    return networks.network(**names, **pairs)


def test_what_does_not_fit_is_refused_before_memory_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = full(16)
    row = np.ones((1, len(network.columns)))
    told = [name for name in network.variables if name.startswith("w")]
    row[0, [network.slices[name].start for name in told]] = 0.25
    monkeypatch.setattr(memory, "_available", lambda: 2**19)
    with pytest.raises(
        bb.errors.TooHard,
        match=r"[\d.]+ MB of memory \(limit 0.3 MB, 50% of what is free.*v\d+.*to know v\d+",
    ):
        DenseEngine(network)(row)
    monkeypatch.setattr(memory, "_available", lambda: 2**26)
    found = DenseEngine(network)(row)
    assert found.marginals[0, network.slices["v3"]].tolist() == [0.5, 0.5]


def test_cells_are_those_that_a_run_holds() -> None:
    network, _ = public_network("water")
    engine = DenseEngine(network)
    engine(np.ones((1, len(network.columns))))
    (planned,) = engine._plans.values()
    leaves = planned._leaves(engine.families.cells(None), {}, {}, 1)
    held = sum(leaf.values.size for leaf in leaves)
    kept: list[int] = []

    def contract(step, tensors):
        found = PLAIN.contract(step, tensors)
        kept.append(found.values.size)
        return found

    planned.tree.run(leaves, PLAIN._replace(contract=contract))
    up = sum(kept[: len(planned.tree.products)])
    assert held + up <= planned.tree.cells
    assert max(kept) <= planned.tree.cells - held - up


def test_memory_is_not_taken_where_it_would_be_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty variables in pairs would be 8 GB; the refusal takes less than 50 MB."""
    monkeypatch.setattr(memory, "_available", lambda: 2**32)
    network = full(30)
    row = np.ones((1, len(network.columns)))
    for name in network:
        if name.startswith("w"):
            row[0, network.slices[name].start] = 0.25
    tracemalloc.start()
    with pytest.raises(bb.errors.TooHard, match="GB of memory"):
        DenseEngine(network)(row)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 50e6


def test_what_is_subtracted_keeps_its_digits() -> None:
    """Four noisy-ORs that are present are told; those that are subtracted lose four digits at
    most.
    """
    causes = {f"c{i}": prior(1 - 1e-6, 1e-6) for i in range(5)}
    effects = {f"y{i}": networks.noisy_or(0.02, dict.fromkeys(causes, 0.5)) for i in range(4)}
    network = networks.network(**causes, **effects)
    row = encode(network, [dict.fromkeys(effects, "yes")])
    said, _ = next(DenseEngine(network).kinds(row))
    names = dict(zip(network.variables, said.tolist(), strict=True))
    assert len(DenseEngine(network).families.safely_subtracted(names)) == 2
    found, expected = DenseEngine(network)(row), enumerate_beliefs(network, row)
    assert_same(found, expected, 1e-12)
