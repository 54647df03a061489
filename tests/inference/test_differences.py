"""Differences of easy answers against enumeration and against the engine as it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backpain_bn.inference import differences
from backpain_bn.inference.beliefs import Beliefs
from backpain_bn.inference.dense import DenseEngine
from backpain_bn.inference.differences import by_differences
from backpain_bn.model.distributions import Mechanism, NoisyOr, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import random_evidence, random_networks

YES_NO = ("no", "yes")
CAUSES = [f"c{index}" for index in range(8)]


def wide(leak: float = 0.05, seen: float = 0.8) -> Network:
    """Return two large noisy-ORs of the same eight causes, and a sign of the first."""
    rng = np.random.default_rng(1)

    def ache() -> NoisyOr:
        links = (Mechanism({name: ("yes",)}, number(float(rng.random()))) for name in CAUSES)
        return NoisyOr(number(leak), tuple(links))

    sign = NoisyOr(number(0.0), (Mechanism({"one": ("yes",)}, number(seen)),))
    variables = {name: Variable(name, YES_NO, prior(0.8, 0.2)) for name in CAUSES}
    variables |= {name: Variable(name, YES_NO, ache()) for name in ("one", "two")}
    return Network("wide", {**variables, "sign": Variable("sign", YES_NO, sign)})


@pytest.fixture(autouse=True)
def nothing_is_easy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "EASY", 0)


def rows_of(network: Network) -> np.ndarray:
    """Return rows in which the two are present, absent, likely, unlikely and unknown."""
    told = [(1.0, 1.0), (0.0, 1.0), (1.0, 0.0), (0.2, 1.0), (1.0, 0.3)]
    rows = np.ones((25, len(network.columns)))
    for index, (one, two) in enumerate((a, b) for a in told for b in told):
        rows[index, network.slices["one"]], rows[index, network.slices["two"]] = one, two
    rows[::2, network.slices["c1"]] = (0.0, 1.0)
    return rows


def test_rows_of_every_kind_agree_with_enumeration() -> None:
    network = wide()
    rows = rows_of(network)
    found, expected = by_differences(DenseEngine(network), rows), enumerate_beliefs(network, rows)
    assert found.marginals == pytest.approx(expected.marginals, abs=1e-12)
    assert found.log_evidence == pytest.approx(expected.log_evidence, abs=1e-12)


def test_rows_may_have_parameters_of_their_own_and_few_targets() -> None:
    network = wide()
    engine, rows = DenseEngine(network), rows_of(network)
    own = np.tile(engine.parameters, (len(rows), 1))
    place = engine.places["c0"]
    own[:, place.start + 1] = np.linspace(0.1, 0.9, len(rows))
    own[:, place.start] = 1 - own[:, place.start + 1]
    found, expected = (answer(engine, rows, own) for answer in (_opened, _as_it_is))
    assert found.marginals == pytest.approx(expected.marginals, abs=1e-12)
    assert found.log_evidence == pytest.approx(expected.log_evidence, abs=1e-12)
    assert not found.marginals[:, network.slices["c3"]].any()


def _opened(engine: DenseEngine, rows: np.ndarray, own: np.ndarray) -> Beliefs:
    return by_differences(engine, rows, own, {"c0"})


def _as_it_is(engine: DenseEngine, rows: np.ndarray, own: np.ndarray) -> Beliefs:
    return engine(rows, own, {"c0"})


def test_nothing_is_lost_where_hardly_anything_would_be_left() -> None:
    """Present against all odds: the sign is nearly always there with it, and is not."""
    network = wide(leak=1e-4, seen=1 - 1e-9)
    rows = np.ones((1, len(network.columns)))
    for name, told in (("one", (0, 1)), ("sign", (1, 0)), *((name, (1, 0)) for name in CAUSES)):
        rows[:, network.slices[name]] = told
    found, expected = by_differences(DenseEngine(network), rows), enumerate_beliefs(network, rows)
    assert found.log_evidence == pytest.approx(expected.log_evidence, abs=1e-7)
    assert found.log_evidence[0] < -25


def test_impossible_rows_stay_impossible() -> None:
    network = wide(seen=1.0)
    rows = np.ones((2, len(network.columns)))
    rows[0, network.slices["one"]], rows[0, network.slices["sign"]] = (0, 1), (1, 0)
    found = by_differences(DenseEngine(network), rows)
    assert np.isneginf(found.log_evidence[0]) and not found.marginals[0].any()
    assert found.log_evidence[1] == pytest.approx(0.0, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(random_networks(), st.integers(0, 2**32 - 1))
def test_random_networks_agree_with_enumeration(network: Network, seed: int) -> None:
    rows = random_evidence(network, 12, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences, "MANY", 1)
        found = by_differences(DenseEngine(network), rows)
    expected = enumerate_beliefs(network, rows)
    assert np.exp(found.log_evidence) == pytest.approx(np.exp(expected.log_evidence), abs=1e-9)
    possible = expected.log_evidence > np.log(1e-3)
    assert found.marginals[possible] == pytest.approx(expected.marginals[possible], abs=1e-8)
