"""Saving and converting: whole files or none, and what a format cannot hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backpain_bn.errors import BackpainError, FileProblem
from backpain_bn.formats.foreign import FORMATS
from backpain_bn.formats.load import FOREIGN, load
from backpain_bn.formats.save import convert, save
from backpain_bn.model.distributions import prior
from backpain_bn.model.network import Network, divorced
from backpain_bn.model.variables import Variable
from tests.oracles.foreign_files import IDS, assert_same, networks, read
from tests.oracles.networks import asia, multi_state, noisy_or

NAMED = [ending for ending in FORMATS if ending != ".uai"]


def test_whatever_can_be_loaded_can_be_saved() -> None:
    assert tuple(FORMATS) == FOREIGN


@pytest.mark.parametrize("ending", NAMED)
def test_a_saved_network_is_loaded_as_it_was(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"mine{ending.upper()}"
    save(multi_state(), path)
    back = load(path)
    assert (back.name, list(back)) == ("mine", list(multi_state()))
    for name, variable in multi_state().variables.items():
        assert (back[name].states, back[name].healthy_first) == (variable.states, True)
        np.testing.assert_allclose(back.table(name), multi_state().table(name), rtol=0, atol=1e-15)
    assert set(tmp_path.iterdir()) == {path, path.with_name("mine.mapping.yaml")}
    path.with_name("mine.mapping.yaml").unlink()
    assert_same(load(path), multi_state())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(network=networks(IDS, IDS), ways=st.lists(st.sampled_from(NAMED), min_size=2, max_size=6))
def test_a_network_survives_any_way_through_the_formats(network: Network, ways: list[str]) -> None:
    back = network
    for ending in ways:
        back = read(FORMATS[ending].write(back), ending)
    for name, variable in network.variables.items():
        assert back[name].states == variable.states
        assert abs(back.table(name) - network.table(name)).max() < 1e-15


def wide(parents: int) -> Network:
    causes = {f"x{i}": Variable(f"x{i}", ("no", "yes"), prior(0.9, 0.1)) for i in range(parents)}
    model = noisy_or(0.1, dict.fromkeys(causes, 0.3))
    return Network("wide", {**causes, "y": Variable("y", ("no", "yes"), model)})


@pytest.mark.parametrize("ending", [".bif", ".xml", ".net", ".uai"])
def test_a_noisy_or_is_written_out_up_to_a_size(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"wide{ending}"
    save(wide(15), path)
    assert load(path).table(list(load(path))[-1]).size == 2**16
    said = r'cannot hold the noisy-OR of "y", and written out it has 131,072 cells \(the limit is'
    with pytest.raises(BackpainError, match=said) as caught:
        save(wide(16), path)
    assert "save(..., divorced=True)" in str(caught.value)
    assert "convert --divorced" in str(caught.value)
    assert load(path).table(list(load(path))[-1]).size == 2**16
    save(wide(16), path, divorced=True)
    assert len(load(path)) == 16 + 16
    save(divorced(wide(16)), path)
    assert len(load(path)) == 16 + 16


@pytest.mark.parametrize("name", ["mine.yaml", "mine.txt", "mine", "", "mine.BIFF"])
def test_other_endings_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BackpainError, match=r"ends in one of \.bif, \.xml, \.xmlbif, \.xdsl"):
        save(asia(), tmp_path / name)


@pytest.mark.parametrize("name", ["no_such_folder/a.bif", f"{'a' * 5000}.bif", "a\0b.bif"])
def test_paths_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as caught:
        save(asia(), tmp_path / name)
    assert len(str(caught.value)) < 800


def test_a_network_may_be_named(tmp_path: Path) -> None:
    save("car", tmp_path / "car.bif")
    assert list(load(tmp_path / "car.bif")) == list(load("car"))
    for wrong in ("cra", None, {}, 3):
        with pytest.raises(BackpainError, match="unknown network"):
            save(wrong, tmp_path / "other.bif")  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", [".xdsl", ".net"])
def test_plain_names_stand_in_place_of_those_that_a_format_cannot_hold(
    ending: str, tmp_path: Path
) -> None:
    odd = {
        "a b": Variable("a b", ("no.t", "no_t", "x"), prior(0.2, 0.3, 0.5)),
        "a_b": Variable("a_b", ("no", "yes"), prior(0.4, 0.6), "Second"),
        "1c": Variable("1c", ("no", "yes"), noisy_or(0.1, {"a_b": 0.5})),
    }
    network = Network("odd", odd, outcome="1c")
    path = tmp_path / f"odd{ending}"
    with pytest.raises(BackpainError, match=r"plain_names=True.*--plain-names"):
        save(network, path)
    notes = convert(network, path, plain_names=True)
    assert 'the variable "a b" is written "a_b_"' in notes
    back = load(path)
    assert set(back) == {"a_b_", "a_b", "x1c"} and back.outcome == "x1c"
    assert back["a_b_"].states in (("no_t_", "no_t", "x"), ("no.t", "no_t", "x"))
    assert (back["a_b_"].label, back["a_b"].label) == ("a b", "Second")
    np.testing.assert_allclose(back.table("x1c"), network.table("1c"), rtol=0, atol=1e-15)
