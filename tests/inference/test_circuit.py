"""A circuit for some targets and some findings: what it leaves out changes no answer."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from backpain_bn.inference.circuit import compile_network
from backpain_bn.inference.engine import Engine
from backpain_bn.inference.executors import run_numpy
from backpain_bn.model.network import Network
from tests.oracles import networks
from tests.oracles.enumeration import enumerate_beliefs


@settings(max_examples=60, deadline=None)
@given(network=networks.random_networks(), data=st.data(), seed=st.integers(0, 2**16))
def test_some_targets_from_some_findings(network: Network, data: st.DataObject, seed: int) -> None:
    some = st.frozensets(st.sampled_from(list(network.variables)), min_size=1)
    targets, observed = data.draw(some), data.draw(some)
    evidence = networks.random_evidence(network, 8, seed=seed)
    for name in network.variables.keys() - observed:
        evidence[:, network.slices[name]] = 1.0
    engine = Engine(network, targets, observed)
    found = run_numpy(engine.circuit, engine.owner, evidence, engine.parameters)
    expected = enumerate_beliefs(network, evidence)
    np.testing.assert_allclose(found.log_evidence, expected.log_evidence, rtol=1e-9, atol=1e-12)
    for name in targets:
        place = network.slices[name]
        np.testing.assert_allclose(
            found.marginals[:, place], expected.marginals[:, place], atol=1e-9
        )


@settings(max_examples=30, deadline=None)
@given(networks.random_networks())
def test_each_variable_finds_its_parameters(network: Network) -> None:
    circuit = compile_network(network)
    assert set(circuit.places) == set(network)
    for name, place in circuit.places.items():
        own = network[name].distribution.parameters()
        assert circuit.parameters[place].tolist() == list(own)
    assert sum(place.stop - place.start for place in circuit.places.values()) == len(
        circuit.parameters
    )


def test_what_nobody_tells_or_asks_is_left_out() -> None:
    network = networks.asia()
    whole = compile_network(network, ["lung"])
    small = compile_network(network, ["lung"], ["smoke"])
    assert set(whole.places) == set(network) and set(small.places) == {"smoke", "lung"}
    assert small.steps < whole.steps / 4
