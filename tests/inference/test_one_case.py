"""One case after the other: bound once, the same answers each time, whatever came between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings

from backpain_bn.inference import dense, one_case
from backpain_bn.inference.beliefs import Beliefs
from backpain_bn.inference.dense import DenseEngine
from backpain_bn.inference.engine import Engine
from backpain_bn.inference.evidence import encode
from backpain_bn.inference.said import TOLD
from backpain_bn.model.network import Network
from tests.oracles import networks
from tests.oracles.agreement import assert_identical, assert_same
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.public_networks import public_network

pytestmark = pytest.mark.usefixtures("single_rows_go_where_it_is_quicker")


def one_by_one(engine: DenseEngine, evidence: np.ndarray) -> Beliefs:
    found = [engine(evidence[row : row + 1]) for row in range(len(evidence))]
    return Beliefs(*(np.concatenate(part) for part in zip(*found, strict=True)))


def cases(network: Network, told: int, count: int, seed: int = 0) -> np.ndarray:
    """Rows that tell states of the same variables, drawn at random."""
    random, rows = np.random.default_rng(seed), np.ones((count, len(network.columns)))
    for name in random.permutation(list(network.variables))[:told]:
        place = network.slices[name]
        rows[:, place] = np.eye(place.stop - place.start)[
            random.integers(place.stop - place.start, size=count)
        ]
    return rows


@settings(max_examples=25, deadline=None)
@given(networks.random_networks())
def test_a_case_that_comes_again_has_the_same_answer(network: Network) -> None:
    evidence = networks.random_evidence(network, 8)
    engine = DenseEngine(network)
    first = one_by_one(engine, evidence)
    assert_same(first, enumerate_beliefs(network, evidence))
    for _ in range(2):
        assert_identical(one_by_one(engine, evidence), first)


@pytest.mark.parametrize("limit", ["MOST_KEPT", "BLOCK"])
def test_room_changes_no_bit(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether products are kept, and how much is set aside at once, is a matter of time only."""
    network, _ = public_network("alarm")
    rows = np.repeat(cases(network, 7, 4), 2, axis=0)
    expected = one_by_one(DenseEngine(network), rows)
    assert np.isfinite(expected.log_evidence).any()
    monkeypatch.setattr(one_case, limit, 0)
    assert_identical(one_by_one(DenseEngine(network), rows), expected)


def test_cases_that_share_their_room_do_not_meet() -> None:
    network, _ = public_network("alarm")
    some, others = cases(network, 7, 6), cases(network, 5, 6, seed=1)
    mixed = np.stack([some, others], axis=1).reshape(12, -1)
    found = one_by_one(DenseEngine(network), mixed)
    assert_identical(
        Beliefs(*(part[::2] for part in found)), one_by_one(DenseEngine(network), some)
    )
    assert_identical(
        Beliefs(*(part[1::2] for part in found)), one_by_one(DenseEngine(network), others)
    )


def test_threads_do_not_meet() -> None:
    network, _ = public_network("hailfinder")
    engine, rows = DenseEngine(network), cases(network, 11, 16)
    expected = one_by_one(DenseEngine(network), rows)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda row: engine(row[None]), np.repeat(rows, 3, axis=0)))
    for index, beliefs in enumerate(found):
        assert np.array_equal(beliefs.marginals[0], expected.marginals[index // 3])


def test_an_answer_is_not_written_over_by_the_next() -> None:
    network = networks.asia()
    engine = DenseEngine(network)
    rows = encode(network, [{"smoke": "yes"}, {"smoke": "no"}, {}])
    first = [engine(row[None]) for row in rows]
    kept = [beliefs.marginals.copy() for beliefs in first]
    for row in rows:
        engine(row[None]).marginals[:] = 7.0
    for beliefs, marginals in zip(first, kept, strict=True):
        assert np.array_equal(beliefs.marginals, marginals)
    assert_same(one_by_one(engine, rows), enumerate_beliefs(network, rows))


def test_what_no_finding_reaches_is_worked_out_once() -> None:
    """Nothing is left to do where nothing is told, and less where the told is far from the rest."""
    network, _ = public_network("alarm")
    engine, everything = DenseEngine(network), frozenset(network.variables)

    def calls(*told: str) -> int:
        said = np.array([TOLD * (name in told) for name in network.variables], dtype=np.int8)
        plan = engine._plan(said, everything, (), True)
        return len(engine._bound(plan, said, everything)._calls)

    assert calls() == 0
    assert 0 < calls("HISTORY") < calls("HISTORY", "BP", "CATECHOL", "SAO2")


def test_rows_of_many_kinds_share_a_layout_where_that_costs_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, _ = public_network("alarm")
    rows = np.concatenate([cases(network, 4, 2, seed) for seed in range(12)])
    apart = one_by_one(DenseEngine(network), rows)
    monkeypatch.setattr(dense, "SMALL", 0)
    engine = DenseEngine(network)
    assert len(list(engine.kinds(rows))) == 1
    assert_same(engine(rows), apart)
    monkeypatch.setattr(dense, "LARGE", 0)
    engine = DenseEngine(network)
    assert len(list(engine.kinds(rows))) == 12
    assert_same(engine(rows), apart)


def test_a_single_case_goes_where_it_is_quicker() -> None:
    """A call of the circuit takes longer than asia by dense tables, and less than alarm."""
    small, large = networks.asia(), public_network("alarm")[0]
    for network, by_circuit in ((small, False), (large, True)):
        engine, rows = Engine(network), cases(network, len(network) // 5, 2)
        expected = enumerate_beliefs(network, rows[:1]) if network is small else engine(rows[:1])
        engine(rows[:1])
        engine.worked = 1e12
        assert_same(engine(rows[:1]), expected)
        assert ("circuit" in engine.__dict__) == by_circuit
        assert_same(Beliefs(*(part[:1] for part in engine(rows))), expected)
        assert "circuit" in engine.__dict__
