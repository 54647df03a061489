"""Small networks of every form, and what it takes for two engines to have said the same."""

from __future__ import annotations

import numpy as np

from backpain_bn.inference.beliefs import Beliefs
from tests.oracles import networks

NETWORKS = {
    "asia": networks.asia,
    "noisy-OR": networks.noisy_or_pair,
    "noisy-OR without leak": lambda: networks.noisy_or_pair(0.0),
    "noisy-OR with hardly any leak": lambda: networks.noisy_or_pair(1e-12),
    "more states": networks.multi_state,
}


def assert_same(found: Beliefs, expected: Beliefs, tolerance: float = 1e-10) -> None:
    """Fail unless marginals and log evidence agree."""
    possible = np.isfinite(expected.log_evidence)
    assert np.array_equal(np.isneginf(found.log_evidence), ~possible)
    assert np.abs(found.marginals - expected.marginals).max(initial=0) < tolerance
    logs = found.log_evidence[possible] - expected.log_evidence[possible]
    assert np.abs(logs).max(initial=0) < tolerance


def assert_identical(found: Beliefs, expected: Beliefs) -> None:
    """Fail unless they are the same to the last bit."""
    assert np.array_equal(found.marginals, expected.marginals)
    assert np.array_equal(found.log_evidence, expected.log_evidence)
