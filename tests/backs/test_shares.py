"""Shares of the shipped networks against cases simulated in two worlds."""

from __future__ import annotations

import numpy as np
import pytest

from backpain_bn.explain import contributors
from backpain_bn.explain.shares import shares_of
from backpain_bn.model.network import Network
from tests.oracles.two_worlds import simulated


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
    here, pain_there = simulated(shipped, [cause], rows)
    like = here[outcome] > 0
    for name, state in findings.items():
        like &= here[name] == shipped.state(name, state)
    share = float((~pain_there[like]).mean())
    error = np.sqrt(share * (1 - share) / like.sum())
    assert like.sum() > 200
    found = shares_of(shipped, findings, [[cause]])[0]
    assert abs(found - share) < 5 * error + 1e-4


def test_all_causes_and_none_of_them_agree_with_simulation(voice: Network) -> None:
    rows = 200_000
    here, there = simulated(voice, voice.causes, rows)
    like = here[voice.outcome] > 0
    anyway = float(there[like].mean())
    error = np.sqrt(anyway * (1 - anyway) / like.sum())
    findings = {voice.outcome: voice[voice.outcome].states[-1]}
    found = contributors(voice, findings)
    assert abs(found.unexplained - anyway) < 5 * error + 1e-4
    assert shares_of(voice, findings, [voice.causes])[0] == pytest.approx(1 - found.unexplained)
    assert all(0 <= row.share <= 1 - found.unexplained + 1e-9 for row in found)
