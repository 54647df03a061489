"""XDSL: tables, deterministic nodes and noisy-MAX nodes by their definition, what is refused, and
round trips.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backpain_bn.errors import BackpainError
from backpain_bn.formats.pgmpy_models import from_pgmpy
from backpain_bn.formats.xdsl import write
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.network import Network, divorced
from backpain_bn.model.variables import Variable
from tests.oracles.foreign_files import (
    IDS,
    assert_refused,
    assert_same,
    networks,
    public,
    read,
    refused,
)
from tests.oracles.networks import noisy_or, random_networks

few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
XDSL = """<smile version="1.0" id="n">
<nodes>
<cpt id="a"><state id="no"/><state id="yes"/><probabilities>0.25 0.75</probabilities></cpt>
<cpt id="y"><state id="no"/><state id="yes"/><parents>a</parents>*0.9 0.1 0.2 0.8*</cpt>
</nodes>
</smile>
"""
XDSL = XDSL.replace("*0.9", "<probabilities>0.9").replace("0.8*", "0.8</probabilities>")


def with_nodes(*nodes: str) -> str:
    return XDSL.replace("</nodes>", "\n".join([*nodes, "</nodes>"]))


def sure(given: str, *values: float) -> Row:
    return Row((given,), tuple(number(p) for p in values))


def test_tables() -> None:
    rows = (sure("no", 0.9, 0.1), sure("yes", 0.2, 0.8))
    assert read(XDSL, ".xdsl")["y"].distribution == Table(("a",), rows)
    spaced = XDSL.replace("0.25 0.75", " 0.25\n0.75 ").replace(' id="n"', "")
    assert_same(read(spaced, ".xdsl"), read(XDSL, ".xdsl"))


def test_what_genie_says_of_looks_is_passed_over() -> None:
    drawn = XDSL.replace(
        "</nodes>",
        '</nodes><extensions><genie version="1.0"><node id="a"><name>A</name><position>1 2 3 4'
        "</position></node></genie></extensions>",
    ).replace('<state id="no"/>', '<state id="no" label="None" fault="true"/>')
    assert_same(read(drawn, ".xdsl"), read(XDSL, ".xdsl"))


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (
            "</nodes>",
            '<noisyadder id="z"/></nodes>',
            5,
            "<noisyadder> in <nodes> is not read, only",
        ),
        ("</nodes>", "</nodes><dynamic/>", 5, "<dynamic> in <smile> is not read"),
        ('<cpt id="a">', '<cpt id="a b">', 3, "<cpt> needs an id without spaces or marks"),
        ('<cpt id="a">', "<cpt>", 3, "<cpt> needs an id"),
        ("0.2 0.8", "0.2", 4, 'the table of "y" has 3 numbers; it needs 4'),
        ("0.2 0.8", "0.2 0.7", 4, "probabilities of y given a=yes sum to 0.9, not 1"),
        ("<parents>a", "<parents>b", 4, 'unknown variable "b"'),
        ("smile", "simle", 1, "the file begins with <simle>, not <smile>"),
        ('<cpt id="y">', '<cpt id="y"><cost/>', 4, "<cost> in <cpt> is not read"),
    ],
)
def test_xdsl_that_is_refused(old: str, new: str, line: int, message: str) -> None:
    assert old in XDSL
    assert_refused(XDSL.replace(old, new), ".xdsl", line, message)


# Deterministic nodes

SURE = (
    '<deterministic id="d"><state id="low"/><state id="high"/><parents>a y</parents>'
    "<resultingstates>low high high low</resultingstates></deterministic>"
)


def test_deterministic_nodes_become_tables_of_zeros_and_ones() -> None:
    table = read(with_nodes(SURE), ".xdsl").table("d")
    assert table.tolist() == [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("high low<", "high<", '"d" has 3 resulting states; it needs 4'),
        ("high low<", "high lwo<", 'unknown state of d "lwo"; did you mean "low"?'),
        ("<resultingstates>", "<resultingstates><a/>", "<a> in <resultingstates> is not read"),
        ("resultingstates", "results", "<results> in <deterministic> is not read"),
    ],
)
def test_deterministic_nodes_that_are_refused(old: str, new: str, message: str) -> None:
    assert_refused(with_nodes(SURE.replace(old, new)), ".xdsl", 5, message)


# Noisy-MAX nodes


def noisy_max(states: int, parents: dict[str, list[int]], columns: list[list[float]]) -> str:
    own = "".join(f'<state id="k{i}"/>' for i in range(states))
    strengths = " ".join(str(place) for order in parents.values() for place in order)
    values = " ".join(str(p) for column in columns for p in column)
    return (
        f'<noisymax id="z">{own}<parents>{" ".join(parents)}</parents>'
        f"<strengths>{strengths}</strengths><parameters>{values}</parameters></noisymax>"
    )


def by_definition(columns: list[list[float]]) -> np.ndarray:
    """Let every column produce a state on its own, and take the first of them."""
    found = np.zeros(len(columns[0]))
    for made in product(range(len(columns[0])), repeat=len(columns)):
        found[min(made)] += np.prod([p[state] for p, state in zip(columns, made, strict=True)])
    return found


@st.composite
def columns(draw: st.DrawFn, states: int) -> list[float]:
    weights = draw(st.lists(st.integers(0, 5), min_size=states, max_size=states).filter(any))
    return [weight / sum(weights) for weight in weights]


@few
@given(data=st.data(), states=st.integers(2, 4))
def test_noisy_max_is_its_definition(data: st.DataObject, states: int) -> None:
    sizes = {"a": 2, "y": 2, "c": 3}
    third = (
        '<cpt id="c"><state id="u"/><state id="v"/><state id="w"/>'
        "<probabilities>0.2 0.3 0.5</probabilities></cpt>"
    )
    orders = {name: data.draw(st.permutations(range(size))) for name, size in sizes.items()}
    effects: dict[str, dict[int, list[float]]] = {}
    flat: list[list[float]] = []
    for name, order in orders.items():
        made = [data.draw(columns(states)) for _ in order[:-1]]
        made.append([0.0] * (states - 1) + [1.0])
        effects[name] = dict(zip(order, made, strict=True))
        flat += made
    leak = data.draw(columns(states))
    network = read(with_nodes(third, noisy_max(states, orders, [*flat, leak])), ".xdsl")
    variable = network["z"]
    assert variable.parents == ("a", "y", "c")
    assert isinstance(variable.distribution, NoisyOr) == (states == 2)
    for places in product(*map(range, sizes.values())):
        active = [effects[name][place] for name, place in zip(sizes, places, strict=True)]
        expected = by_definition([*active, leak])
        names = [f"k{i}" for i in range(states)]
        found = [network.table("z")[(*places, variable.states.index(name))] for name in names]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


def test_two_states_stay_a_noisy_or_with_one_mechanism_for_equal_effects() -> None:
    third = (
        '<cpt id="c"><state id="u"/><state id="v"/><state id="w"/>'
        "<probabilities>0.2 0.3 0.5</probabilities></cpt>"
    )
    parents = {"a": [1, 0], "c": [2, 1, 0], "y": [0, 1]}
    effects = [[0.8, 0.2], [0, 1], [0.4, 0.6], [0.4, 0.6], [0, 1], [0, 1], [0, 1], [0.05, 0.95]]
    network = read(with_nodes(third, noisy_max(2, parents, effects)), ".xdsl")
    assert network["z"].states == ("k1", "k0")
    assert not network["z"].healthy_first
    assert network["z"].distribution == NoisyOr(
        number(0.05),
        (
            Mechanism({"a": ("yes",)}, number(0.8)),
            Mechanism({"c": ("v", "w")}, number(0.4)),
            Mechanism({"y": ("yes",)}, number(0.0)),
        ),
    )


NOISY = noisy_max(2, {"a": [1, 0]}, [[0.8, 0.2], [0, 1], [0.05, 0.95]])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1 0</strengths>", "1</strengths>", "has 1 strengths and 6 parameters; it needs 2 and 6"),
        (" 0.05 0.95", "", "has 2 strengths and 4 parameters; it needs 2 and 6"),
        ("1 0</strengths>", "1 2</strengths>", 'strengths of "a" in "z" must be 0 1 in some order'),
        ("1 0</strengths>", "1 x</strengths>", 'strengths of "a" in "z" must be 0 1 in some order'),
        ("0.8 0.2", "0.8 0.3", "probabilities of column 1 of z sum to 1.1, not 1"),
        ("0.8 0.2 0 1", "0 1 0.8 0.2", "column 2 of z must be 0 ... 0 1"),
        ("0.8 0.2", "0.8 x", '"x" is no probability'),
    ],
)
def test_noisy_max_that_is_refused(old: str, new: str, message: str) -> None:
    assert old in NOISY
    assert_refused(with_nodes(NOISY.replace(old, new)), ".xdsl", 5, message)


def test_a_noisy_max_of_many_states_and_parents_is_refused_before_it_is_written_out() -> None:
    nodes = [XDSL.splitlines()[2].replace('"a"', f'"p{i}"') for i in range(22)]
    effects = [[0.5, 0.2, 0.3], [0, 0, 1]] * 22 + [[0.1, 0.1, 0.8]]
    text = with_nodes(*nodes, noisy_max(3, {f"p{i}": [1, 0] for i in range(22)}, effects))
    assert "has 12,582,912 cells; the limit is 4,194,304" in refused(text, ".xdsl")


def test_a_noisy_or_of_forty_parents_stays_factored() -> None:
    nodes = [XDSL.splitlines()[2].replace('"a"', f'"p{i}"') for i in range(40)]
    effects = [[0.5, 0.5], [0, 1]] * 40 + [[0.1, 0.9]]
    text = with_nodes(*nodes, noisy_max(2, {f"p{i}": [1, 0] for i in range(40)}, effects))
    network = read(text, ".xdsl")
    assert len(network["z"].distribution.mechanisms) == 40
    assert read(write(network), ".xdsl")["z"] == network["z"]


# Writing


@few
@given(network=networks(IDS, IDS, most_states=12))
def test_round_trip(network: Network) -> None:
    assert_same(read(write(network), ".xdsl"), network)


@few
@given(network=random_networks())
def test_round_trip_of_edges_near_zero_and_one(network: Network) -> None:
    assert_same(read(write(network), ".xdsl"), network)


def test_what_a_noisy_max_cannot_hold_is_written_out() -> None:
    causes = {name: Variable(name, ("no", "yes"), prior(0.9, 0.1)) for name in "ab"}
    both = Mechanism({"a": ("yes",), "b": ("yes",)}, number(0.5))
    always = Mechanism({"a": ("no", "yes")}, number(0.5))
    for mechanism in (both, always):
        model = NoisyOr(number(0.1), (mechanism,))
        network = Network("n", {**causes, "y": Variable("y", ("no", "yes"), model)})
        assert "noisymax" not in write(network)
        assert_same(read(write(network), ".xdsl"), network)
    links = {**causes, "y": Variable("y", ("no", "yes"), noisy_or(0.1, {"a": 0.5}))}
    assert "<noisymax" in write(Network("n", links))


def test_a_conjunction_too_large_is_written_as_a_chain() -> None:
    causes = {f"x{i}": Variable(f"x{i}", ("no", "yes"), prior(0.9, 0.1)) for i in range(17)}
    both = Mechanism({"x0": ("yes",), "x1": ("yes",)}, number(0.5))
    single = [Mechanism({name: ("yes",)}, number(0.5)) for name in causes]
    model = NoisyOr(number(0.1), (both, *single))
    network = Network("n", {**causes, "y": Variable("y", ("no", "yes"), model)})
    said = r'XDSL cannot hold the noisy-OR of "y", and written out it has 262,144 cells'
    with pytest.raises(BackpainError, match=said):
        write(network)
    chain = divorced(network)
    assert_same(read(write(chain), ".xdsl"), chain)


def test_names_that_are_shown_are_labels() -> None:
    network = Network(
        "n",
        {
            "a": Variable("a", ("no", "yes"), prior(0.7, 0.3), "Älter <60> & müde"),
            "b": Variable("b", ("no", "yes"), prior(0.2, 0.8)),
        },
    )
    text = write(network)
    back = read(text, ".xdsl")
    assert (back["a"].label, back["b"].label) == ("Älter <60> & müde", "b")
    inside = '<submodel id="part"><name>Part</name><node id="b"><name>In\n a part</name></node>'
    text = text.replace('<node id="b"><name>b</name></node>', f"{inside}</submodel>")
    assert read(text, ".xdsl")["b"].label == "In a part"
    long = text.replace("In\n a part", "x" * 256)
    assert_refused(long, ".xdsl", 9, 'label of "b"')


@pytest.mark.parametrize("name", ["a b", "a-b", "é"])
def test_names_that_are_no_ids(name: str) -> None:
    with pytest.raises(BackpainError, match=r"XDSL cannot hold .*: ids there are letters"):
        write(Network("n", {"a": Variable("a", ("no", name), prior(0.5, 0.5))}))


@pytest.mark.parametrize("name", ["asia", "cancer", "alarm"])
def test_other_readers_read_public_networks_alike(name: str, tmp_path: Path) -> None:
    from pgmpy.readwrite import XDSLReader

    network = read(public(name))
    path = tmp_path / "n.xdsl"
    path.write_text(write(network), encoding="utf-8")
    assert_same(from_pgmpy(XDSLReader(str(path)).get_model()), network)
    assert_same(read(write(network), ".xdsl"), network)


def test_pyagrum_reads_what_is_written(tmp_path: Path) -> None:
    gum = pytest.importorskip("pyagrum")
    network = read(XDSL, ".xdsl")
    path = tmp_path / "n.xdsl"
    path.write_text(write(network), encoding="utf-8")
    model = gum.loadBN(str(path))
    cpt = model.cpt("y")
    assert cpt[{"a": "yes", "y": "no"}] == pytest.approx(0.2, abs=1e-7)
    assert cpt[{"a": "no", "y": "no"}] == pytest.approx(0.9, abs=1e-7)
