"""The page's answers beside Python's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import backpain_bn as bb
from backpain_bn.display.blocks import Item, Note
from backpain_bn.display.citations import advice
from backpain_bn.explain.attribution import contributors
from backpain_bn.inference.posterior import joint
from backpain_bn.model.network import Network
from tests.explorer.node import same_beliefs, same_way


def same_answer(network: Network, case: dict[str, Any], found: Mapping[str, Any]) -> None:
    """Posteriors, shares, ways and kinds agree to 1e-12."""
    same_beliefs(network, case, found)
    d = bb.diagnose(case, network)
    expected = contributors(network, d.findings, d.posterior)
    rows = {row["variable"]: row for row in found["rows"]}
    assert set(rows) == {row.variable for row in expected}
    for row in expected:
        mine = rows[row.variable]
        for key in ("present", "prior", "share", "protects"):
            assert mine[key] == pytest.approx(getattr(row, key), abs=1e-12), (row.variable, key)
        same_way(mine["traced"], row.ways.traced)
        same_way(mine["direct"], row.ways.direct)
    assert found["unexplained"] == pytest.approx(expected.unexplained, abs=1e-12)


def same_words(network: Network, case: dict[str, Any], found: Mapping[str, Any]) -> None:
    """The ranking is told word for word as Python tells it, with the same sources."""
    d = bb.diagnose(case, network)
    expected = contributors(network, d.findings, d.posterior)
    said = [
        [
            view.title,
            [[block.text, list(block.details)] for block in view.blocks if isinstance(block, Item)],
            [block.text for block in view.blocks if isinstance(block, Note)],
        ]
        for view in expected.views()
    ]
    assert found["sections"] == said
    assert {id for id, *_ in found["sources"]} == set(expected.sources())
    assert found["advice"] == [note.text for note in advice(network, d.findings, d.red_flags)]
    assert all(reference for _, reference, *_ in found["sources"])


def same_kinds(network: Network, case: dict[str, Any], found: Mapping[str, Any]) -> None:
    """The kinds of the outcome, and what is of none, agree to 1e-12."""
    now = bb.posterior(network, case)
    assert found["kinds"] == pytest.approx([now.present(name) for name in network.kinds], abs=1e-12)
    none = {name: network[name].healthy for name in network.kinds}
    assert found["neither"] == pytest.approx(joint(network, case, none, now), abs=1e-12)
