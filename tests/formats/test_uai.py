"""UAI: the example of the competitions, what is refused, pyAgrum's reader, and round trips."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from backpain_bn.formats.uai import write
from backpain_bn.model.network import Network
from tests.oracles.foreign_files import assert_refused, assert_same, networks, public, read
from tests.oracles.networks import network as small
from tests.oracles.networks import noisy_or, prior

few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
UAI = """BAYES
3
2 2 3
3
1 0
2 0 1
2 1 2

2
 0.436 0.564

4
 0.128 0.872
 0.920 0.080

6
 0.210 0.333 0.457
 0.811 0.000 0.189
"""


def test_the_example_of_the_competitions() -> None:
    network = read(UAI, ".uai")
    assert {name: variable.states for name, variable in network.variables.items()} == {
        "x0": ("s0", "s1"),
        "x1": ("s0", "s1"),
        "x2": ("s0", "s1", "s2"),
    }
    assert network["x2"].parents == ("x1",)
    assert network.table("x1").tolist() == [[0.128, 0.872], [0.92, 0.08]]
    assert network.table("x2").tolist() == [[0.21, 0.333, 0.457], [0.811, 0.0, 0.189]]
    assert_same(read(" ".join(UAI.split()), ".uai"), network)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("BAYES", "MARKOV", 1, 'of a Bayesian network begins with BAYES, not "MARKOV"'),
        ("2 2 3", "2 2 1000000000", 3, "the number of states of variable 2 must be a whole number"),
        ("2 2 3", "2 2 999999", 3, 'variable 2 must be a whole number from 1 to 29, not "999999"'),
        ("2 2 3", "2 2 " + "9" * 10**6, 3, "must be a whole number"),
        ("2 2 3", "2 2 1", 3, 'variable "x2" needs two or more different states, not s0'),
        ("2 2 3", "2 2 3.0", 3, 'not "3.0"'),
        ("2 1 2\n", "2 1 3\n", 7, 'a variable must be a whole number from 0 to 2, not "3"'),
        ("2 1 2\n", "2 1 1\n", 7, "a table names a variable twice"),
        ("2 1 2\n", "2 2 2\n", 7, "a table names a variable twice"),
        ("2 0 1\n", "2 1 0\n", 6, '"x0" has a second probability block'),
        ("0.811 0.000", "0.811 0.100", 7, "probabilities of x2 given x1=s1 sum to 1.1, not 1"),
        ("0.811 0.000", "0.811 x", 18, '"x" is no probability'),
        ("0.189\n", "\n", 18, "the file ends where another probability should be"),
        ("0.189\n", "0.189 1\n", 18, "the file goes on after its last table"),
        ("\n4\n", "\n3\n", 12, 'the table of "x1" has 3 numbers; it needs 4'),
    ],
)
def test_uai_that_is_refused(old: str, new: str, line: int, message: str) -> None:
    assert old in UAI
    assert_refused(UAI.replace(old, new, 1), ".uai", line, message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file ends where the word BAYES should be"),
        ("BAYES", "the file ends where the number of variables should be"),
        ("BAYES 1 2 0", 'variable "x0" has no probability block'),
    ],
)
def test_files_cut_short(text: str, message: str) -> None:
    assert_refused(text, ".uai", 1, message)


def places(network: Network) -> dict[str, str]:
    return {name: f"x{index}" for index, name in enumerate(network)}


@few
@given(network=networks(most_states=9))
def test_round_trip(network: Network) -> None:
    assert_same(read(write(network), ".uai"), network, places(network))


@pytest.mark.parametrize("name", ["asia", "sachs", "alarm"])
def test_public_networks_survive(name: str) -> None:
    network = read(public(name))
    assert_same(read(write(network), ".uai"), network, places(network))


def gum() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyagrum

    return pyagrum


def test_pyagrum_reads_what_is_written(tmp_path: Path) -> None:
    # With more than one parent pyAgrum reads their states in the other order than the competitions.
    network = small(a=prior(0.7, 0.3), b=noisy_or(0.1, {"a": 0.5}), c=noisy_or(0.05, {"b": 0.8}))
    path = tmp_path / "n.uai"
    path.write_text(write(network), encoding="utf-8")
    model = gum().loadBN(str(path))
    for place, name in enumerate(["b", "c"], start=1):
        cpt = model.cpt(str(place))
        for row in range(2):
            states = {str(place - 1): str(row), str(place): "1"}
            assert cpt[states] == pytest.approx(network.table(name)[row, 1], abs=1e-6)
