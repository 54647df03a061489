"""Passes of EM against enumeration and against pyAgrum; the log posterior never falls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backpain_bn.errors import BackpainError
from backpain_bn.learn.em import Model, Objective, Stop, climb, one_pass
from backpain_bn.learn.priors import simplexes_of
from backpain_bn.learn.reading import cohort_of, read
from backpain_bn.model.network import Network
from tests.learn import rows
from tests.oracles.networks import asia, multi_state, noisy_or_pair, random_networks
from tests.oracles.public_networks import gum, public_network

PASSES = 4


def objective(network: Network, frame: pd.DataFrame, strength: float = 1.0) -> Objective:
    patterns, _, _ = read(cohort_of(network, frame))
    model = Model(network, tuple(simplexes_of(network)), patterns.told)
    possible = np.isfinite(model.log_evidence(patterns, model.cited))
    prior = strength * model.worth[model.simplex_of] * model.cited
    every = np.ones(len(model.simplexes), dtype=bool)
    return Objective(model, patterns.only(possible), prior, every)


def places(model: Model) -> np.ndarray:
    """Return where the cells of the simplexes lie among the network's parameters."""
    return np.concatenate(
        [
            np.arange(one.numbers[0].cells.start, one.numbers[0].cells.stop)
            for one in model.simplexes
        ]
    )


@pytest.mark.parametrize("network", [asia(), noisy_or_pair(), noisy_or_pair(1e-6), multi_state()])
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_a_trace_is_that_of_enumeration(network: Network, strength: float) -> None:
    frame = rows.cohort(network, 60, 0.4)
    ours = objective(network, frame, strength)
    cells = places(ours.model)
    own, agrees = rows.own_parameters(network), rows.likelihoods(network, frame)
    theta = ours.model.cited
    for _ in range(PASSES):
        found = one_pass(ours, theta)
        kept = ours.prior > 0
        log_posterior = rows.log_evidence(network, own, agrees) + ours.prior[kept] @ np.log(
            own[cells][kept]
        )
        assert found.log_posterior == pytest.approx(log_posterior, abs=1e-8)
        counts = rows.expected_counts(network, own, agrees)[cells] + ours.prior
        totals = ours.model.sums(counts)[ours.model.simplex_of]
        own[cells] = np.where(totals > 0, counts / np.where(totals > 0, totals, 1), own[cells])
        theta = found.theta
        assert theta == pytest.approx(own[cells], abs=1e-9)


def expected_by_pyagrum(network: Network, model: Any, frame: pd.DataFrame) -> np.ndarray:
    """Return the expected counts of all cells, one family after the other, from joint posteriors."""
    found = [np.zeros(network.table(name).shape) for name in network]
    families = [(*network[name].parents, name) for name in network]
    for row in frame.to_dict("records"):
        inference = gum.LazyPropagation(model)
        inference.setEvidence(
            {name: state for name, state in row.items() if isinstance(state, str)}
        )
        for family in families:
            inference.addJointTarget(set(family))
        inference.makeInference()
        for counts, family in zip(found, families, strict=True):
            posterior = inference.jointPosterior(set(family))
            names = list(reversed(posterior.names))
            counts += posterior.toarray().transpose([names.index(name) for name in family])
    return np.concatenate([counts.ravel() for counts in found])


@pytest.mark.parametrize("name", ["alarm", "sachs", "survey"])
def test_a_trace_is_that_of_expected_counts_by_pyagrum(name: str) -> None:
    network, model = public_network(name)
    frame = rows.cohort(network, 12, 0.3)
    ours = objective(network, frame)
    cells = places(ours.model)
    theta = ours.model.cited
    model = gum.BayesNet(model)
    for _ in range(2):
        counts = expected_by_pyagrum(network, model, frame)[cells] + ours.prior
        theta = one_pass(ours, theta).theta
        assert theta == pytest.approx(
            counts / ours.model.sums(counts)[ours.model.simplex_of], abs=1e-9
        )
        own = rows.own_parameters(network)
        own[cells] = theta
        _fill(network, model, own)


def _fill(network: Network, model: Any, own: np.ndarray) -> None:
    start = 0
    for name in network:
        shape = network.table(name).shape
        table = own[start : start + int(np.prod(shape))].reshape(shape)
        start += table.size
        family = (*network[name].parents, name)
        order = [family.index(axis) for axis in reversed(model.cpt(name).names)]
        model.cpt(name).fillWith(table.transpose(order).ravel().tolist())


COHORTS = st.integers(0, 2**32 - 1)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(network=random_networks(), seed=COHORTS, strength=st.sampled_from([0.0, 0.3, 1.0, 10.0]))
def test_the_log_posterior_never_falls(network: Network, seed: int, strength: float) -> None:
    random = np.random.default_rng(seed)
    frame = rows.cohort(network, 15, 0.3, seed % 1000)
    for name in network:
        told = random.choice(np.array(network[name].states, dtype=object), len(frame))
        frame[name] = np.where(random.random(len(frame)) < 0.3, told, frame[name])
    try:
        ours = objective(network, frame, strength)
    except BackpainError:
        return
    if not ours.model.simplexes:
        return
    theta, logs = ours.model.cited, []
    for _ in range(6):
        found = one_pass(ours, theta)
        logs.append(found.log_posterior)
        theta = found.theta
        assert ours.model.sums(theta) == pytest.approx(1.0, abs=1e-9)
    slack = 1e-9 * (1 + np.abs(logs).max())
    assert (np.diff(logs) >= -slack).all()
    trace = climb(ours, ours.model.cited, Stop(40, 1e-7), lambda moved: None).trace
    assert (np.diff(trace) >= -slack).all()
    assert trace[-1] >= logs[-1] - 1e-3 or len(trace) < 6


def test_where_a_climb_ends_nothing_pulls_any_more() -> None:
    network = multi_state()
    frame = rows.cohort(network, 200, 0.4)
    ours = objective(network, frame)
    end = climb(ours, ours.model.cited, Stop(500, 1e-10), lambda moved: None)
    cells = places(ours.model)
    agrees = rows.likelihoods(network, frame)

    def log_posterior(theta: np.ndarray) -> float:
        own = rows.own_parameters(network)
        own[cells] = theta
        kept = ours.prior > 0
        return rows.log_evidence(network, own, agrees) + float(
            ours.prior[kept] @ np.log(theta[kept])
        )

    top = log_posterior(end.theta)
    random = np.random.default_rng(1)
    for _ in range(20):
        other = end.theta * np.exp(0.05 * random.standard_normal(len(end.theta)))
        other /= ours.model.sums(other)[ours.model.simplex_of]
        assert log_posterior(other) < top


@pytest.mark.parametrize("passes", [1, 2, 3, 8])
def test_there_are_as_many_passes_as_were_asked_for(passes: int) -> None:
    ours = objective(multi_state(), rows.cohort(multi_state(), 60, 0.4))
    told: list[float] = []
    end = climb(ours, ours.model.cited, Stop(passes, 1e-12), told.append)
    assert len(end.trace) == passes + 1 and len(told) <= passes
    if passes == 1:
        assert end.theta == pytest.approx(one_pass(ours, ours.model.cited).theta, abs=1e-15)
