"""Taking out what is certain and going through the rest case by case, against the sum over the
whole joint.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.inference import reduction as cutset
from backpain_bn.inference.evidence import encode
from backpain_bn.inference.reduction import Conditioned, parted
from backpain_bn.model.distributions import Mechanism, NoisyOr, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS, asia, multi_state, random_evidence, random_networks
from tests.oracles.periods import YES_NO, caused, runner


@settings(max_examples=40, deadline=None)
@given(random_networks(), st.data())
def test_taking_out_what_is_certain_changes_no_answer(
    network: Network, data: st.DataObject
) -> None:
    names = data.draw(st.sets(st.sampled_from(sorted(network.variables))))
    certain = {name: data.draw(st.sampled_from(network[name].states)) for name in sorted(names)}
    before = enumerate_beliefs(network, encode(network, [certain]))
    parts = parted(network, certain)
    if np.isneginf(before.log_evidence[0]):
        with pytest.raises(bb.ImpossibleEvidence):
            bb.posterior(parts.network, parts.findings)
        return
    after = bb.posterior(parts.network, parts.findings)
    slack = 1e-7 if before.log_evidence[0] > -20 else 1e-2
    assert after.log_evidence == pytest.approx(before.log_evidence[0], abs=slack)
    for name in network.variables:
        assert list(after[name].values()) == pytest.approx(
            before.marginals[0, network.slices[name]], abs=slack
        )


@pytest.mark.parametrize("network", [asia(), multi_state(), runner()])
@pytest.mark.parametrize("seed", range(4))
def test_going_through_cases_changes_no_answer(
    monkeypatch: pytest.MonkeyPatch, network: Network, seed: int
) -> None:
    """As many variables as possible are cut, and every told noisy-OR that can be opened is."""
    monkeypatch.setattr(cutset, "ENOUGH", 0)
    random = np.random.default_rng(seed)
    evidence = random_evidence(network, 6, seed)
    told_names = [name for name in network.variables if random.random() < 0.3]
    told = {name: network[name].states[-1] for name in told_names}
    for name in told:
        evidence[:, network.slices[name]] = 1
    targets = set(network.variables) - set(told)
    engine = Conditioned(network, told, targets, targets)
    assert engine.terms > 1
    found = engine(evidence)
    whole = enumerate_beliefs(network, evidence * encode(network, [told]))
    possible = np.isfinite(whole.log_evidence)
    assert (np.isfinite(found.log_evidence) == possible).all()
    assert found.log_evidence[possible] == pytest.approx(whole.log_evidence[possible], abs=1e-9)
    for name in targets:
        place = network.slices[name]
        assert found.marginals[possible][:, place] == pytest.approx(
            whole.marginals[possible][:, place], abs=1e-9
        ), name


@settings(max_examples=40, deadline=None)
@given(random_networks(), st.data())
def test_random_networks_can_be_gone_through(network: Network, data: st.DataObject) -> None:
    told = {
        name: network[name].states[-1]
        for name in data.draw(st.sets(st.sampled_from(sorted(network.variables)), max_size=3))
    }
    targets = set(network.variables) - set(told)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutset, "ENOUGH", 0)
        patch.setattr(cutset, "MOST_TERMS", 32)
        patch.setattr(cutset, "ROWS_AT_ONCE", 24)
        found = Conditioned(network, told, targets, targets)(random_evidence_but(network, told))
    whole = enumerate_beliefs(network, random_evidence_but(network, told) * encode(network, [told]))
    possible = whole.log_evidence > -20
    assert found.log_evidence[possible] == pytest.approx(whole.log_evidence[possible], abs=1e-6)
    for name in targets:
        place = network.slices[name]
        assert found.marginals[possible][:, place] == pytest.approx(
            whole.marginals[possible][:, place], abs=1e-6
        )


def random_evidence_but(network: Network, told: dict[str, str]) -> np.ndarray:
    evidence = random_evidence(network, 4)
    for name in told:
        evidence[:, network.slices[name]] = 1
    return evidence


def test_a_noisy_or_told_to_be_healthy_ties_no_parents_together() -> None:
    certain = {"pain": "no", "sitting": "long"}
    parts = parted(runner(), certain)
    smaller = parts.network
    assert smaller["pain"].parents == () and "sitting" not in smaller["tight"].parents
    assert isinstance(smaller["tight"].distribution, NoisyOr) and smaller[
        "tight"
    ].distribution.leak.p == pytest.approx(1 - 0.75 * 0.7)
    assert {name: parts.findings[name] for name in certain} == certain and len(parts.findings) == 4


def test_one_told_to_be_unhealthy_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """P(yes) = 1 - P(no): one row left open, one shut and subtracted."""
    monkeypatch.setattr(cutset, "ENOUGH", 0)
    causes = {name: Variable(name, YES_NO, prior(0.6, 0.4)) for name in ("a", "b", "c", "d")}
    ache = Variable("ache", YES_NO, caused(0.1, ("a", 0.5), ("b", 0.3), ("c", 0.7), ("d", 0.2)))
    network = Network("star", {**causes, "ache": ache}, vocabulary=WORDS)
    engine = Conditioned(network, {"ache": "yes"}, {"a"}, set())
    assert "ache" in engine.parts.opened
    found = engine(np.ones((1, len(network.columns))))
    whole = enumerate_beliefs(network, encode(network, [{"ache": "yes"}]))
    assert found.log_evidence == pytest.approx(whole.log_evidence, abs=1e-13)
    assert found.marginals[0, :2] == pytest.approx(whole.marginals[0, :2], abs=1e-13)


def test_a_tiny_leak_is_never_subtracted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutset, "ENOUGH", 0)
    rare = NoisyOr(
        number(0.0),
        (Mechanism({"a": ("yes",)}, number(1e-13)), Mechanism({"b": ("yes",)}, number(2e-13))),
    )
    causes = {name: Variable(name, YES_NO, prior(0.6, 0.4)) for name in ("a", "b")}
    network = Network("rare", {**causes, "ache": Variable("ache", YES_NO, rare)}, vocabulary=WORDS)
    found = Conditioned(network, {"ache": "yes"}, {"a", "b"}, set())(
        np.ones((1, len(network.columns)))
    )
    assert found.log_evidence[0] == pytest.approx(np.log(0.4 * 1e-13 + 0.4 * 2e-13), abs=1e-9)
    assert found.marginals[0, network.slices["a"]][1] == pytest.approx(
        (0.4 * 1e-13 + 0.16 * 2e-13) / (1.2e-13), rel=1e-9
    )


def test_what_is_impossible_stays_impossible() -> None:
    network = Network(
        "sure",
        {
            "a": Variable("a", YES_NO, prior(0.0, 1.0)),
            "b": Variable("b", YES_NO, caused(0.1, ("a", 0.5))),
        },
        vocabulary=WORDS,
    )
    found = Conditioned(network, {"a": "no"}, {"b"}, set())(np.ones((2, 4)))
    assert np.isneginf(found.log_evidence).all() and not found.marginals.any()


def test_the_shipped_network_gone_through_case_by_case(
    monkeypatch: pytest.MonkeyPatch, voice: bb.Network
) -> None:
    monkeypatch.setattr(cutset, "ENOUGH", 3000)
    told = {
        "low_back_pain": "yes",
        "sitting_hours": "over_8",
        "pain_during_run": "no",
        "knee_pain": "yes",
    }
    targets = set(voice.variables) - set(told)
    engine = Conditioned(voice, told, targets, set())
    assert engine.terms > 1
    found = engine(np.ones((1, len(voice.columns))))
    now = bb.posterior(voice, told)
    assert found.log_evidence[0] == pytest.approx(now.log_evidence, abs=1e-11)
    for name in targets:
        assert found.marginals[0, voice.slices[name]] == pytest.approx(
            list(now[name].values()), abs=1e-11
        )
