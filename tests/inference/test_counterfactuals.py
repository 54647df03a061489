"""The probability of causation against going through all switches, variable by variable."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.explain.shares import shares_of
from backpain_bn.inference.counterfactuals import two_worlds
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles import networks
from tests.oracles.two_worlds import expected, layered_networks, two_by_brute_force

SPASM = Network(
    "spasm",
    networks.network(
        dry=prior(0.9, 0.1),
        hot=prior(0.7, 0.3),
        spasm=networks.noisy_or(0.01, {"dry": 0.5, "hot": 0.2}),
        pain=networks.noisy_or(0.1, {"spasm": 0.8, "hot": 0.3}),
        sign=networks.noisy_or(0.05, {"pain": 0.6}),
    ).variables,
    outcome="pain",
)


def otherwise(network: Network, told: dict[str, str], cause: str, present: bool = True) -> float:
    found = two_worlds(network).otherwise(encode(network, [told]), [[cause]], present)
    return float(found.changed[0, 0])


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
    found = otherwise(network, told, "c0")
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
    told = otherwise(network, {"dry": "yes", "spasm": "yes"}, "dry")
    without = otherwise(network, {"dry": "yes"}, "dry")
    p_spasm_anyway = 0.01 / (0.5 + 0.01 - 0.005)
    p_pain_anyway = 0.1 / (0.1 + 0.8 - 0.08)
    assert told == pytest.approx((1 - p_spasm_anyway) * (1 - p_pain_anyway), rel=1e-12)
    assert without < told


def test_a_cause_that_protects() -> None:
    variables = networks.network(warm=prior(0.5, 0.5)).variables
    hurt = NoisyOr(number(0.1), (Mechanism({"warm": ("no",)}, number(0.4)),))
    hurt_variable = Variable("hurt", networks.YES_NO, hurt)
    network = Network("protects", {**variables, "hurt": hurt_variable}, outcome="hurt")
    spared = otherwise(network, {"warm": "yes"}, "warm", present=False)
    assert spared == pytest.approx(0.4, rel=1e-12)
    assert otherwise(network, {"warm": "yes"}, "warm") == 0


def test_errors_say_what_was_asked() -> None:
    network = Network("asia", networks.asia().variables, outcome="dysp")
    with pytest.raises(bb.UnknownName, match='did you mean "smoke"'):
        shares_of(network, {}, [["smok"]])
    with pytest.raises(bb.BackpainError, match="dysp is the outcome itself"):
        shares_of(network, {}, [["dysp"]])


@settings(max_examples=25, deadline=None)
@given(network=networks.random_networks(), seed=st.integers(0, 2**16))
def test_beliefs_where_it_is_otherwise_follow_from_shares(network: Network, seed: int) -> None:
    """P(state | row, changed) = P(changed | row, state) P(state, row) / (P(changed | row) P(row))."""
    names = list(network.variables)
    assume(len(names) > 1)
    network = Network("random", network.variables, outcome=names[-1])
    worlds = two_worlds(network)
    row = networks.random_evidence(network, 2, seed=seed)[1:]
    sets = [[names[0]], names[:-1]]
    changed, beliefs = worlds.where_otherwise(row, sets, names)
    whole = worlds.otherwise(row, sets, True)
    assume(np.isfinite(whole.log_evidence[0]))
    assert changed == pytest.approx(whole.changed[0], abs=1e-10)
    told = np.repeat(row, row.shape[1], axis=0)
    for place in network.slices.values():
        told[place, place] *= np.eye(place.stop - place.start)
    each = worlds.otherwise(told, sets, True)
    joint = each.changed * np.exp(each.log_evidence - whole.log_evidence)[:, None]
    for index in np.flatnonzero(changed > 1e-6):
        assert beliefs[index] == pytest.approx(joint[:, index] / changed[index], abs=1e-8)


def test_there_are_no_other_worlds_without_an_outcome() -> None:
    with pytest.raises(bb.BackpainError, match="names no outcome"):
        two_worlds(networks.asia())


@pytest.mark.parametrize(
    ("findings", "idle"),
    [
        ({"hot": "yes"}, {"sign"}),
        ({"hot": "no"}, {"sign", "hot"}),
        ({"dry": {"no": 0.5, "yes": 0.25}}, {"sign"}),
        ({"sign": "yes", "dry": "no"}, {"sign", "dry"}),
    ],
)
def test_slopes_are_what_parameters_do(findings: dict[str, Any], idle: set[str]) -> None:
    """Against two evaluations, for each parameter that moves a little. What lies below the outcome,
    and what was told to be healthy, changes nothing in the other world.
    """
    worlds = two_worlds(SPASM)
    row = encode(SPASM, [findings]) * 0.5
    sets = [["sign"], ["hot"], ["dry"], ["dry", "hot"]]
    found = worlds.slopes(row, sets)
    own = worlds.engine.parameters
    tables = own + 1e-3 * np.eye(len(own))
    rows = np.repeat(row, 1 + len(own), axis=0)
    moved = worlds.otherwise(rows, sets, True, np.vstack([own, tables]))
    whole = np.exp(moved.log_evidence - moved.log_evidence[0])[:, None]
    joints = np.hstack([whole, moved.changed * whole])
    assert found.joints == pytest.approx(joints[0], abs=1e-12)
    assert [p > 0 for p in found.joints[1:]] == [not idle.issuperset(names) for names in sets]
    slopes = (joints[1:] - joints[0]) / 1e-3
    assert np.abs(found.gradient.T - slopes).max() < 1e-9


def test_what_cannot_be_has_no_slopes_and_no_beliefs() -> None:
    worlds, row = two_worlds(SPASM), encode(SPASM, [{"pain": "no"}])
    found = worlds.slopes(row, [["dry"]])
    assert not found.joints.any() and not found.gradient.any()
    changed, beliefs = worlds.where_otherwise(row, [["dry"]], ["hot"])
    assert not changed.any() and not beliefs.any()
