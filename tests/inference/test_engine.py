"""Every engine on every network against enumeration, and what must not change an answer."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

import backpain_bn as bb
from backpain_bn.inference import elimination, tape
from backpain_bn.inference import engine as engines
from backpain_bn.inference.beliefs import Beliefs
from backpain_bn.inference.engine import Engine, engine_for
from backpain_bn.inference.evidence import encode
from backpain_bn.inference.executors import run_beyond, run_compiled, run_numpy
from backpain_bn.model.distributions import NoisyOr, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles import networks
from tests.oracles.agreement import NETWORKS, assert_identical, assert_same
from tests.oracles.enumeration import enumerate_beliefs

pytestmark = pytest.mark.usefixtures("single_rows_go_where_it_is_quicker")


def with_numpy(engine: Engine, evidence: np.ndarray) -> Beliefs:
    return run_numpy(engine.circuit, engine.owner, evidence, engine.parameters)


def with_kernel(engine: Engine, evidence: np.ndarray, threads: int = 1) -> Beliefs:
    return run_compiled(engine.program, evidence, engine.parameters, threads)


def row_by_row(engine: Engine, evidence: np.ndarray) -> Beliefs:
    return Beliefs(
        *map(
            np.concatenate, zip(*(with_kernel(engine, row[None]) for row in evidence), strict=True)
        )
    )


def beyond_doubles(engine: Engine, evidence: np.ndarray) -> Beliefs:
    return run_beyond(engine.circuit, engine.owner, evidence, engine.parameters)


def tables_per_row(engine: Engine, evidence: np.ndarray) -> Beliefs:
    own = np.tile(engine.parameters, (len(evidence), 1))
    return run_compiled(engine.program, evidence, own, 1)


def one_target_each(engine: Engine, evidence: np.ndarray) -> Beliefs:
    marginals = np.zeros(evidence.shape)
    for name, place in engine.network.slices.items():
        few = with_kernel(engine_for(engine.network, frozenset([name])), evidence)
        marginals[:, place] = few.marginals[:, place]
    return Beliefs(marginals, few.log_evidence)


def as_chosen(engine: Engine, evidence: np.ndarray) -> Beliefs:
    return engine(evidence)


ENGINES = [
    as_chosen,
    with_numpy,
    with_kernel,
    row_by_row,
    beyond_doubles,
    tables_per_row,
    one_target_each,
]


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Network:
    return NETWORKS[request.param]()


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_agrees_with_enumeration(
    network: Network, engine: Callable[[Engine, np.ndarray], Beliefs]
) -> None:
    evidence = networks.random_evidence(network, 60)
    assert_same(engine(engine_for(network), evidence), enumerate_beliefs(network, evidence))


@settings(max_examples=150, deadline=None)
@given(networks.random_networks())
def test_every_engine_agrees_with_enumeration_on_any_network(network: Network) -> None:
    evidence = networks.random_evidence(network, 25)
    compiled, expected = Engine(network), enumerate_beliefs(network, evidence)
    found = with_kernel(compiled, evidence)
    assert_same(found, expected)
    assert_same(beyond_doubles(compiled, evidence), expected)
    assert_identical(with_numpy(compiled, evidence), found)
    assert_identical(row_by_row(compiled, evidence), found)


def test_what_has_the_wrong_shape_is_refused() -> None:
    engine = engine_for(networks.asia())
    with pytest.raises(bb.BackpainError, match=r"shape \(3, 15\); rows of 16"):
        engine(np.ones((3, 15)))
    with pytest.raises(bb.BackpainError, match=r"shape \(2, 34\); \(34,\) or \(3, 34\)"):
        engine(np.ones((3, 16)), np.ones((2, 34)))


def test_threads_batches_and_engines_change_no_bit(
    car: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "wants_circuit", lambda worked, cells, loaded: True)
    engine = Engine(car)
    evidence = networks.random_evidence(car, 3333)
    evidence[1700] = encode(car, [{"no_start": "no"}])
    expected = with_kernel(engine, evidence)
    for threads in (1, 2, 5):
        assert_identical(engine(evidence, threads=threads), expected)
    for rows in (1, 2, 15, 16, 17, 1023, 1025):
        assert_identical(
            with_kernel(engine, evidence[:rows]),
            Beliefs(expected.marginals[:rows], expected.log_evidence[:rows]),
        )
    some = slice(1690, 1730)
    assert_identical(
        with_numpy(engine, evidence[some]),
        Beliefs(expected.marginals[some], expected.log_evidence[some]),
    )
    assert_identical(
        row_by_row(engine, evidence[some]),
        Beliefs(expected.marginals[some], expected.log_evidence[some]),
    )


@settings(max_examples=60, deadline=None)
@given(networks.random_networks())
def test_slopes_are_what_parameters_do_to_the_evidence(network: Network) -> None:
    engine = Engine(network, None, None, frozenset(network.variables))
    evidence = networks.random_evidence(network, 12)
    evidence = evidence[np.isfinite(enumerate_beliefs(network, evidence).log_evidence)]
    own, places = engine.parameters, engine.places
    slopes, z = engine.slopes(evidence), engine(evidence).log_evidence
    for name in network.variables:
        pairs = isinstance(network[name].distribution, NoisyOr)
        for cell in range(places[name].start + pairs, places[name].stop, 1 + pairs)[:8]:
            ends = np.tile(own, (2, len(evidence), 1))
            ends[0, :, cell], ends[1, :, cell] = 0.0, 1.0
            if pairs:
                ends[:, :, cell - 1] = 1 - ends[:, :, cell]
            low, high = (np.exp(engine(evidence, end).log_evidence - z) for end in ends)
            slope = slopes[:, cell] - (slopes[:, cell - 1] if pairs else 0)
            assert np.abs((slope - (high - low)) / (1 + high + low)).max() < 1e-9


def test_slopes_count_families() -> None:
    network = networks.asia()
    engine = engine_for(network, frozenset(), None, frozenset(["dysp"]))
    evidence = encode(
        network,
        [
            {"smoke": "yes"},
            {"xray": "yes", "dysp": "no"},
            {"either": "no", "tub": "yes"},
            {"tub": "yes"},
        ],
    )
    counts = engine.slopes(evidence) * engine.parameters
    place = engine.places["dysp"]
    assert np.abs(counts[:, place].sum(axis=1) - [1, 1, 0, 1]).max() < 1e-12
    assert np.abs(counts[1, place.start + 1 : place.stop : 2]).max() == 0
    assert np.abs(counts[3, place.start : place.start + 4]).max() == 0
    assert np.array_equal(
        engine.slopes(evidence),
        run_numpy(engine.circuit, engine.owner, evidence, engine.parameters).marginals[:, 16:],
    )
    far = run_beyond(engine.circuit, engine.owner, evidence, engine.parameters).marginals[:, 16:]
    assert np.abs(far - engine.slopes(evidence)).max() < 1e-14


def test_no_rows(network: Network) -> None:
    none = np.ones((0, len(network.columns)))
    assert (
        with_kernel(engine_for(network), none).marginals.shape
        == with_numpy(engine_for(network), none).marginals.shape
        == none.shape
    )


def test_an_impossible_row_costs_the_others_nothing() -> None:
    network = networks.asia()
    rows = [{"xray": "yes"}, {"lung": "yes", "either": "no"}, {"dysp": "yes"}]
    found = engine_for(network).reproducibly(encode(network, rows))
    assert found.log_evidence[1] == -math.inf
    assert not found.marginals[1].any()
    assert_identical(
        Beliefs(*(part[[0, 2]] for part in found)),
        engine_for(network).reproducibly(encode(network, [rows[0], rows[2]])),
    )


def test_tables_of_one_row_do_not_reach_another() -> None:
    network = networks.noisy_or_pair()
    engine = engine_for(network)
    evidence = networks.random_evidence(network, 40)
    own = np.tile(engine.parameters, (40, 1))
    place = engine.places["a"]
    own[1::2, place] = 0.2, 0.8
    other = replace(
        network,
        variables={**network.variables, "a": replace(network["a"], distribution=prior(0.2, 0.8))},
    )
    for found in (engine(evidence, own), run_numpy(engine.circuit, engine.owner, evidence, own)):
        assert_same(
            Beliefs(*(part[::2] for part in found)), enumerate_beliefs(network, evidence[::2])
        )
        assert_same(
            Beliefs(*(part[1::2] for part in found)), enumerate_beliefs(other, evidence[1::2])
        )


def test_a_smaller_circuit_gives_the_same(car: Network) -> None:
    whole, rows = engine_for(car), networks.random_evidence(car, 50)
    told = frozenset(list(car.variables)[::4])
    for name, place in car.slices.items():
        if name not in told:
            rows[:, place] = 1
    expected = whole(rows)
    assert_same(engine_for(car, None, told)(rows), expected)
    few = engine_for(car, frozenset([car.outcome]), told)
    found, place = few(rows), car.slices[car.outcome]
    assert few.circuit.steps < whole.circuit.steps / 2
    assert_same(
        Beliefs(found.marginals[:, place], found.log_evidence),
        Beliefs(expected.marginals[:, place], expected.log_evidence),
    )


@settings(max_examples=30, deadline=None)
@given(networks.random_networks())
def test_the_order_of_variables_and_states_does_not_matter(network: Network) -> None:
    turned = Network(
        "turned", {name: _turned(network[name]) for name in reversed(network.variables)}
    )
    columns = [network.columns.index(column) for column in turned.columns]
    evidence = networks.random_evidence(network, 10)
    expected = Engine(network)(evidence)
    assert_same(
        Engine(turned)(evidence[:, columns]),
        Beliefs(expected.marginals[:, columns], expected.log_evidence),
        1e-9,
    )


def _turned(variable: Variable) -> Variable:
    if variable.states == networks.YES_NO:
        return variable
    rows = tuple(replace(row, numbers=row.numbers[::-1]) for row in variable.distribution.rows)
    return replace(
        variable,
        states=variable.states[::-1],
        distribution=replace(variable.distribution, rows=rows),
    )


def test_the_order_of_findings_does_not_matter() -> None:
    network = networks.asia()
    findings = {"xray": "yes", "smoke": "no", "dysp": {"no": 0.2, "yes": 0.9}}
    rows = encode(network, [findings, dict(reversed(findings.items()))])
    found = engine_for(network)(rows)
    assert_identical(Beliefs(*(part[:1] for part in found)), Beliefs(*(part[1:] for part in found)))


def test_certain_likelihood_is_a_hard_finding() -> None:
    network = networks.asia()
    found = engine_for(network)(
        encode(network, [{"xray": "yes"}, {"xray": {"no": 0.0, "yes": 0.3}}])
    )
    assert np.array_equal(found.marginals[0], found.marginals[1])


def test_a_separated_finding_changes_nothing() -> None:
    network = networks.asia()
    found = engine_for(network)(
        encode(network, [{"smoke": "yes"}, {"smoke": "yes", "asia": "yes"}])
    )
    for name in ("lung", "bronc"):
        place = network.slices[name]
        assert np.abs(found.marginals[0, place] - found.marginals[1, place]).max() < 1e-15


def stars(p: float, q: float, count: int) -> Network:
    sign = networks.table(("cause",), {("no",): (1 - p, p), ("yes",): (1 - q, q)})
    return networks.network(cause=prior(0.5, 0.5), **{f"sign_{i}": sign for i in range(count)})


@pytest.mark.parametrize(
    ("p", "q"),
    [(0.1, 0.1004), (0.09, 0.1), (1e-3, 1.002e-3), (1e-12, 1.001e-12), (1e-300, 1.001e-300)],
)
@pytest.mark.parametrize("engine", [with_numpy, with_kernel, row_by_row])
def test_three_hundred_findings(
    p: float, q: float, engine: Callable[[Engine, np.ndarray], Beliefs]
) -> None:
    network = stars(p, q, 300)
    rows = encode(
        network,
        [{f"sign_{i}": "yes" for i in range(300)}, {}, {f"sign_{i}": "yes" for i in range(150)}],
    )
    found = engine(Engine(network), rows)
    ratio = 300 * (math.log(q) - math.log(p))
    assert found.log_evidence[0] == pytest.approx(
        math.log(0.5) + 300 * math.log(p) + math.log1p(math.exp(ratio)), rel=1e-12
    )
    assert found.marginals[0, 1] == pytest.approx(1 / (1 + math.exp(-ratio)), abs=1e-10)
    assert found.log_evidence[1] == pytest.approx(0, abs=1e-10)
    assert found.log_evidence[2] == pytest.approx(
        math.log(0.5) + 150 * math.log(p) + math.log1p(math.exp(ratio / 2)), rel=1e-12
    )


@pytest.mark.parametrize("engine", [with_numpy, with_kernel, row_by_row])
def test_tiny_weights_are_not_impossible(
    engine: Callable[[Engine, np.ndarray], Beliefs],
) -> None:
    copies = {
        f"copy_{i}": networks.table(("x",), {("no",): (1.0, 0.0), ("yes",): (0.0, 1.0)})
        for i in range(3)
    }
    network = networks.network(x=prior(0.5, 0.5), **copies)
    tiny = {"no": 1e-300, "yes": 1.0}
    told = [
        {"copy_0": tiny, "copy_1": tiny, "copy_2": "no"},
        {"copy_0": "yes", "copy_2": "no"},
        {"copy_0": tiny},
    ]
    found = engine(Engine(network), encode(network, told))
    assert found.log_evidence[0] == pytest.approx(math.log(0.5) - 600 * math.log(10), rel=1e-14)
    assert found.marginals[0, :2].tolist() == [1.0, 0.0]
    assert found.log_evidence[1] == -math.inf
    assert found.marginals[2, 0] == pytest.approx(1e-300, rel=1e-12)


def test_huge_weights_are_not_too_much() -> None:
    network = networks.noisy_or_pair()
    rows = networks.random_evidence(network, 20)
    for engine in (with_numpy, with_kernel):
        found = engine(engine_for(network), rows * 1e300)
        assert np.abs(found.marginals - enumerate_beliefs(network, rows).marginals).max() < 1e-10


def test_rare_is_not_impossible() -> None:
    causes = {f"c{i}": prior(0.5, 0.5) for i in range(12)}
    network = networks.network(**causes, y=networks.noisy_or(0.0, dict.fromkeys(causes, 1e-17)))
    found = engine_for(network)(encode(network, [dict.fromkeys([*causes, "y"], "yes")]))
    assert found.log_evidence[0] == pytest.approx(12 * math.log(0.5) + math.log(12e-17), rel=1e-14)


def test_subtraction_agrees_with_chaining(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    causes = {f"c{i}": prior(0.9, 0.1) for i in range(12)}
    some = [causes, *([name for name in causes if random.random() < 0.4] for _ in range(8))]
    effects = {
        f"y{i}": networks.noisy_or(1e-3, {name: float(random.random()) for name in names})
        for i, names in enumerate(some)
    }
    network = networks.network(**causes, **effects)
    rows = np.vstack(
        [encode(network, [dict.fromkeys(effects, "yes")]), networks.random_evidence(network, 300)]
    )
    found = Engine(network)(rows)
    monkeypatch.setattr(elimination, "SMALLEST_LEAK", 2.0)
    assert_same(found, Engine(network)(rows))


def test_the_first_answers_do_not_wait_for_the_kernel() -> None:
    code = (
        "import sys, numpy as np, backpain_bn as bb\n"
        "from backpain_bn.inference.engine import engine_for\n"
        "from tests.oracles import networks\n"
        "network = bb.load('car'); bb.posterior(network, {network.outcome: 'yes'})\n"
        "engine_for(network)(networks.random_evidence(network, 200))\n"
        "assert 'llvmlite' not in sys.modules\n"
        "engine_for(network)(networks.random_evidence(network, 20_000))\n"
        "assert 'llvmlite' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_choice_changes_no_answer(car: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = networks.random_evidence(car, 600)
    tables = np.tile(engine_for(car).parameters, (600, 1))
    tables *= np.random.default_rng(0).uniform(0.5, 1.0, tables.shape)
    few = Engine(car, frozenset([car.outcome]), None)
    answers = []
    for circuit in (False, True):
        monkeypatch.setattr(
            engines, "wants_circuit", lambda worked, cells, loaded, circuit=circuit: circuit
        )
        answers.append([Engine(car)(evidence), Engine(car)(evidence, tables), few(evidence)])
    for found, expected in zip(*answers, strict=True):
        assert_same(found, expected)


def test_a_circuit_is_wanted_once_tables_have_cost_as_much() -> None:
    assert not engines.wants_circuit(5e3, 5e3, False)
    assert not engines.wants_circuit(1_500 * 5e3, 5e3, False)
    assert engines.wants_circuit(20_000 * 5e3, 5e3, False)
    assert not engines.wants_circuit(1e12, 1e7, False)


def test_who_asks_again_and_again_gets_a_circuit(car: Network) -> None:
    engine, row = Engine(car), encode(car, [{}, {car.outcome: "yes"}])[1:]
    engine(row)
    assert not engines.wants_circuit(engine.worked, engine.dense.order_of_all.cells, False)
    assert "circuit" not in engine.__dict__
    first = engine(row)
    for _ in range(400):
        last = engine(row)
    assert "circuit" in engine.__dict__
    assert_same(last, first)


def test_only_what_is_hard_is_refused() -> None:
    names = {f"v{i}": prior(0.5, 0.5) for i in range(24)}
    pairs = {
        f"w{i}_{j}": networks.table(
            (f"v{i}", f"v{j}"),
            {(a, b): (0.5, 0.5) for a in networks.YES_NO for b in networks.YES_NO},
        )
        for i in range(24)
        for j in range(i)
    }
    network = networks.network(**names, **pairs)
    with pytest.raises(bb.errors.TooHard, match=r"would touch [\d,]+ cells .*limit 5,000,000.*v\d"):
        Engine(network).circuit  # noqa: B018
    told = encode(network, [dict.fromkeys(pairs, "yes")])
    assert engine_for(network)(told).log_evidence[0] == pytest.approx(len(pairs) * math.log(0.5))


def test_a_circuit_that_would_be_too_long_gives_way_to_tables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = networks.asia()
    evidence = networks.random_evidence(network, 30)
    engine = Engine(network)
    monkeypatch.setattr(engines, "wants_circuit", lambda worked, cells, loaded: True)
    monkeypatch.setattr(tape, "MOST_STEPS", 100)
    assert_same(engine(evidence), enumerate_beliefs(network, evidence))
    assert engine.is_refused
    with pytest.raises(bb.errors.TooHard, match="more than 100 steps"):
        engine.slopes(evidence)


@pytest.mark.parametrize("compiler", [True, False])
def test_the_engine_is_right_with_and_without_a_compiler(
    network: Network, compiler: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "wants_circuit", lambda worked, cells, loaded: True)
    monkeypatch.setattr(engines, "_has_compiler", lambda: compiler)
    evidence = np.vstack(
        [
            np.ones((1, len(network.columns))),
            encode(network, [{name: network.states[name][-1]} for name in network]),
            networks.random_evidence(network, 30),
        ]
    )
    assert_same(Engine(network)(evidence), enumerate_beliefs(network, evidence))
