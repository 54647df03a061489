"""Hugin NET: what is refused, pyAgrum's reader and writer against ours, and round trips."""

from __future__ import annotations

import warnings
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backpain_bn.errors import BackpainError
from backpain_bn.formats.net import write
from backpain_bn.model.distributions import prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.foreign_files import assert_refused, assert_same, networks, public, read
from tests.oracles.networks import multi_state

few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
NET = """% drawn by hand
net { node_size = (80 40); HR_Desc = "says \\"{ % ;\\" and more"; }
node a {
  label = "is it } so?";   % a comment ; } with marks
  states = ("no" "not yet, (no) 50 %");
}
discrete node y { states = ("no" "yes"); position = (1 2); }
potential ( a ) { data = ( 0.25 0.75 ); }
potential ( y | a )
{
  data = (( 0.9 0.1 )   % a=no ;
          ( 2e-1 0.8 ));
}
"""


def test_net() -> None:
    network = read(NET, ".net")
    assert network["a"].states == ("no", "not yet, (no) 50 %")
    assert network.table("y").tolist() == [[0.9, 0.1], [0.2, 0.8]]
    assert (network["a"].label, network["y"].label) == ("is it } so?", "y")
    flat = NET.replace("(( 0.9 0.1 )", "( 0.9 0.1").replace("( 2e-1 0.8 ))", "0.2, 0.8 )")
    assert_same(read(flat, ".net"), network)
    assert_same(read(NET.replace("( a )", "(a | )"), ".net"), network)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("node a {", "node a", 4, 'expected "{", found "label"'),
        ("discrete node y", "continuous node y", 7, '"continuous" is not read, only discrete'),
        ("discrete node y", "utility y", 7, '"utility" is not read'),
        ("net {", "class c {", 2, '"class" is not read'),
        ("discrete node y", "digital node y", 7, 'found "digital"'),
        ("node y", "node a", 7, 'variable "a" is declared twice'),
        ('("no" "yes")', '("no" "no")', 7, "two or more different states, not no, no"),
        ('("no" "yes")', '("no" "yes"', 7, "expected a name, found"),
        ('("no" "yes")', '("no" "")', 7, "expected a name, found"),
        ('("no" "yes")', '("no" "y\ns")', 7, "control character in it (U+000A)"),
        ("node y", "node y" + "y" * 10**5, 7, "has 100,001 characters"),
        ("( y | a )", "( y | b )", 9, 'unknown variable "b"'),
        ("( y | a )", "( y a )", 9, 'expected "|" or ")", found "a"'),
        ("( y | a )", "( y | y )", 9, "in a circle"),
        ("2e-1", "3e-1", 9, "probabilities of y given a=not yet, (no) 50 % sum to 1.1, not 1"),
        ("2e-1", "nan", 12, '"nan" is no probability'),
        ("2e-1", "1e999", 12, '"1e999" is no probability'),
        ("2e-1 0.8", "2e-1", 9, 'the table of "y" has 3 numbers; it needs 4'),
        ("(( 0.9 0.1 )", "(( 0.9 0.1 ", 9, 'brackets in the data of "y" do not fit its 2 rows'),
        ("(( 0.9 0.1 )", "(" * 10**5 + "( 0.9 0.1 )", 9, "do not fit its 2 rows"),
        ("0.8 ));", "0.8 ))", 13, 'expected ";", found "}"'),
        ("data = ( 0.25 0.75 );", "", 8, 'the table of "a" has 0 numbers; it needs 2'),
        ("data = ( 0.25", "model_data = ( 0.25", 8, 'model_data of "a" is not read, only data'),
        ('label = "is', 'states = ("b" "c");\n label = "is', 6, '"states" is written twice'),
        ("0.75 );", "0.75 ); data = ( 0.5 0.5 );", 8, '"data" is written twice'),
        ("potential ( a ) {", "potential ( y ) {", 9, '"y" has a second probability block'),
    ],
)
def test_net_that_is_refused(old: str, new: str, line: int, message: str) -> None:
    assert old in NET
    assert_refused(NET.replace(old, new, 1), ".net", line, message)


NET_NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)
NET_STATES = st.text("aé€<>&',; |(){}%/*-1=\"\\", min_size=1, max_size=8).filter(str.strip)


@few
@given(network=networks(NET_NAMES, NET_STATES, most_states=12))
def test_round_trip(network: Network) -> None:
    assert_same(read(write(network), ".net"), network)


def gum() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyagrum

    return pyagrum


@pytest.mark.parametrize(
    "network", [multi_state(), *map(read, map(public, ["asia", "survey"]))], ids=lambda n: n.name
)
def test_pyagrum_reads_what_is_written_and_writes_what_is_read(
    network: Network, tmp_path: Path
) -> None:
    ours, theirs = str(tmp_path / "ours.net"), str(tmp_path / "theirs.net")
    Path(ours).write_text(write(network), encoding="utf-8")
    model = gum().loadBN(ours)
    gum().saveBN(model, theirs)
    back = read(Path(theirs).read_text(encoding="utf-8"), ".net")
    for name, variable in network.variables.items():
        cpt, table = model.cpt(name), network.table(name)
        assert back[name].states == variable.states
        for places in product(*map(range, table.shape)):
            names = [*variable.parents, name]
            states = {
                each: network.states[each][place] for each, place in zip(names, places, strict=True)
            }
            # pyAgrum reads numbers as 32-bit floats.
            assert cpt[states] == pytest.approx(table[places], abs=1e-6)
            own = [back.states[each].index(states[each]) for each in (*back[name].parents, name)]
            assert back.table(name)[tuple(own)] == pytest.approx(table[places], abs=1e-6)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(( 0.9 0.1 )   % a=no ;", "((0.9)(0.1 "),
        ("(( 0.9 0.1 )   % a=no ;", "(() ( 0.9 0.1 "),
        ("(( 0.9 0.1 )   % a=no ;", "(( 0.9 0.1 2e-1 0.8) ("),
        ("(( 0.9 0.1 )   % a=no ;", "(0.9 ( 0.1 )"),
    ],
)
def test_brackets_hold_the_numbers_of_their_row(old: str, new: str) -> None:
    text = NET.replace(old, new)
    if "0.8) (" in new:
        text = text.replace("( 2e-1 0.8 ));", "));")
    elif new.startswith("(()"):
        text = text.replace("( 2e-1 0.8 ));", " 2e-1 0.8 ));")
    assert_refused(text, ".net", 9, 'the brackets in the data of "y" do not fit its 2 rows')


def test_quotes_and_backslashes_are_read_and_written_with_a_backslash_before_them() -> None:
    network = read(NET.replace('"no" "yes"', r'"n\\o" "y\"es"'), ".net")
    assert network["y"].states == ("n\\o", 'y"es')
    assert_same(read(write(network), ".net"), network)


def test_labels_survive() -> None:
    back = read(write(read(NET, ".net")), ".net")
    assert back["a"].label == "is it } so?"


@pytest.mark.parametrize("name", ["1a", "a b", "a-b"])
def test_names_that_net_cannot_hold(name: str) -> None:
    said = "Hugin NET cannot hold the variable .*: names of variables there are"
    with pytest.raises(BackpainError, match=said):
        write(Network("n", {name: Variable(name, ("yes", "no"), prior(0.5, 0.5))}))
