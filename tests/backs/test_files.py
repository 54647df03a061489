"""The files of the shipped networks of backs: a base for overlays, and other forms of so many causes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import backpain_bn as bb
from backpain_bn.formats.foreign import FORMATS
from backpain_bn.formats.load import DEFAULT, shipped
from backpain_bn.formats.save import save
from backpain_bn.model.network import Network, divorced
from tests.formats.test_load import loaded
from tests.formats.test_pgmpy_models import assert_same as same_beliefs
from tests.formats.test_pgmpy_models import by_engine, by_pgmpy
from tests.oracles.foreign_files import assert_same


def test_the_studies_voice_is_meant_where_none_is_named() -> None:
    assert DEFAULT == bb.load().name == "runner_back_pain"
    assert {"as_claimed", "runner_back_pain"} <= set(shipped())
    assert bb.diagnose({}).network is bb.load()


def test_a_shipped_network_becomes_a_valid_model() -> None:
    network = bb.load()
    start = time.perf_counter()
    model = network.to_pgmpy()
    assert model.check_model()
    assert time.perf_counter() - start < 20
    beliefs = by_engine(network, {})
    assert beliefs is not None
    same_beliefs(
        by_pgmpy(
            model,
            Network(
                "one",
                {name: network[name] for name in network.order[:1]},
                vocabulary=network.vocabulary,
            ),
            {},
        ),
        beliefs,
    )


@pytest.mark.parametrize("ending", [ending for ending in FORMATS if ending != ".uai"])
def test_a_network_of_large_noisy_ors_is_saved_as_a_chain(ending: str, tmp_path: Path) -> None:
    chain = divorced(bb.load())
    save(chain, tmp_path / f"n{ending}")
    (tmp_path / "n.mapping.yaml").unlink()
    assert_same(bb.load(tmp_path / f"n{ending}"), chain)


def test_an_overlay_may_lie_anywhere_on_a_shipped_base(tmp_path: Path) -> None:
    text = (
        'name: mine\nversion: "1"\nbase: runner_back_pain\nvariables: {smoking: {prior: {yes: '
        "{p: 0.5, range: [0.4, 0.6], sources: [expert]}}}}\n"
    )
    network = loaded(tmp_path, text, "runner_back_pain.yaml")
    assert bb.posterior(network)["smoking"]["yes"] == pytest.approx(0.5)
    assert network.columns == bb.load().columns
