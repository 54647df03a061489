"""BIF: the public networks against pgmpy's reader, every kind of file that is refused, and round
trips.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backpain_bn.errors import BackpainError
from backpain_bn.formats.bif import write
from backpain_bn.formats.pgmpy_models import from_pgmpy
from backpain_bn.model.distributions import Row, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.foreign_files import assert_refused, assert_same, networks, public, read, refused

few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def sure(given: str, *values: float) -> Row:
    return Row((given,), tuple(number(p) for p in values))


ASIA = """// Lauritzen and Spiegelhalter 1988
network asia { property "version 1"; }
variable asia { type discrete [ 2 ] { yes, no }; property position = (73, 165); }
variable tub { type discrete [ 2 ] { yes, no }; }
variable smoke { type discrete [ 2 ] { "yes" "no" }; }
variable lung {
  type discrete [ 2 ] { yes, no };
}
variable bronc { type discrete [ 2 ] { yes, no }; } /* a comment }
over two lines */
variable either { type discrete [ 2 ] { yes, no }; }
variable xray { type discrete [ 2 ] { yes, no }; }
variable Dysp-noea { type discrete [ 2 ] { yes, no }; }
probability ( asia ) { table 0.01, 0.99; }
probability ( tub | asia ) {
  (no) 0.01, 0.99;
  (yes) 5e-2, 0.95;
}
probability ( smoke ) { table 0.5 0.5; }
probability ( lung | smoke ) { table 0.1 0.01 0.9 0.99; }
probability ( bronc | smoke ) {
  (yes) 0.6, 0.4;
  (no) 0.3, 0.7;
}
probability ( either | lung, tub ) {
  (yes, yes) 1.0, 0.0;
  (no, yes) 1.0, 0.0;
  (yes, no) 1.0, 0.0;
  (no, no) 0.0, 1.0;
}
probability ( xray | either ) {
  (yes) 0.98, 0.02;
  (no) 0.05, 0.95;
}
probability ( "Dysp-noea" | bronc, either ) {
  (yes, yes) 0.9, 0.1;
  (no, yes) 0.7, 0.3;
  (yes, no) 0.8, 0.2;
  (no, no) 0.1, 0.9;
}"""
ASIA = ASIA.replace("} /* a comment }\nover two lines */", "}\n/* a comment }\nover two lines */")


@pytest.mark.parametrize(
    "text", [ASIA, ASIA.replace("\n", "\r\n"), ASIA + "\n"], ids=["plain", "crlf", "last_line_end"]
)
def test_asia(text: str) -> None:
    network = read(text)
    assert (network.name, network.outcome, network.notes, list(network.variables)[-1]) == (
        "some",
        "",
        (),
        "Dysp-noea",
    )
    assert network["lung"].distribution.rows[1] == sure("no", 0.01, 0.99)
    tables = {name: network.table(name) for name in network}
    assert tables["either"][0, 0].tolist() == [1.0, 0.0]
    assert tables["Dysp-noea"][1, 0].tolist() == [0.7, 0.3]
    assert tables["tub"].tolist() == [[0.05, 0.95], [0.01, 0.99]]


HEAD = (
    "network n {\n}\nvariable a { type discrete [ 2 ] { no, yes }; }\nvariable y { type "
    "discrete [ 2 ] { no, yes }; }\n"
)
A = "probability ( a ) { table 0.5, 0.5; }\n"
Y = "probability ( y | a ) {\n  (no) 0.9, 0.1;\n  (yes) 0.2, 0.8;\n}\n"


def changed(old: str, new: str) -> str:
    text = HEAD + A + Y
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "declares no variable"),
        ("hello", 1, 'not valid BIF: expected "variable" or "probability", found "hello"'),
        (changed("{ no, yes };", "{ no, yes }"), 3, 'expected ";", found "}"'),
        (changed("0.8;\n}", "0.8;"), 8, "found the end of the file"),
        (changed("{ no, yes }", "{ no, not yet }"), 3, "says it has 2 states and names 3"),
        (changed("{ no, yes }", '{ no, "" }'), 3, "expected a name, found"),
        (changed("{ no, yes }", '{ no, "yes }'), 3, "expected a name, found"),
        (changed("{ no, yes }", "{ no, no }"), 3, "two or more different states"),
        (changed("[ 2 ] { no, yes }", "[ 1 ] { no }"), 3, "two or more different states"),
        (changed("type discrete [ 2 ] { no, yes };", ""), 3, "not none"),
        (changed("variable y", "variable a"), 4, 'variable "a" is declared twice'),
        (HEAD + Y, 3, 'variable "a" has no probability block'),
        (HEAD + A + A + Y, 6, '"a" has a second probability block'),
        (changed("y | a", "y | b"), 6, 'unknown variable "b"'),
        (changed("y | a", "Y | a"), 6, 'unknown variable "Y"; did you mean "y"?'),
        (changed("y | a", "y, a"), 6, 'expected "|" or ")"'),
        (changed("y | a", "y | a, a"), 6, "listed twice"),
        (changed("y | a", "y | y"), 6, "in a circle: y, y"),
        (changed("  (no) 0.9, 0.1;\n", ""), 6, '"y" has no probabilities given a=no'),
        (changed("(no)", "(yes)"), 8, "given a=yes is written twice"),
        (changed("(no)", "(maybe)"), 7, "(maybe) is no combination of states of a"),
        (changed("(no)", "(no, no)"), 7, "(no, no) is no combination of states of a"),
        (changed("0.9, 0.1", "0.9"), 7, "has 1 numbers for 2 states"),
        (changed("0.9, 0.1", "0.9, 0.2"), 7, "probabilities of y given a=no sum to 1.1, not 1"),
        (changed("0.9, 0.1", "0.9, 0.099998"), 7, "sum to 0.999998, not 1"),
        (changed("0.9, 0.1", "0.9, 0.09999"), 7, "sum to 0.99999, not 1"),
        (changed("0.9, 0.1", "nan, 0.1"), 7, '"nan" is no probability'),
        (changed("0.9, 0.1", "1.1, -0.1"), 7, '"-0.1" is no probability'),
        (changed("0.9, 0.1", "0.9, 1_0"), 7, '"1_0" is no probability'),
        (
            changed("(no) 0.9, 0.1;", "default 0.9, 0.1;"),
            7,
            'default rows are not read; write every row of "y"',
        ),
        (changed("(no) 0.9, 0.1;", "table 0.9, 0.1;"), 6, "both a table and rows"),
        (changed("table 0.5, 0.5;", "table 0.5, 0.5; table 0.5, 0.5;"), 5, "second table"),
        (changed("table 0.5, 0.5", "table 0.5, 0.25, 0.25"), 5, "has 3 numbers; it needs 2"),
        (changed("table 0.5, 0.5;", ""), 5, '"a" has no probabilities'),
        (changed("0.9, 0.1;", "0.9, 0.1").replace("0.8;", "0.8"), 9, 'expected ";", found "}"'),
        (changed("0.9, 0.1;", "0.9, 0.1"), 8, '"(yes)" is no probability'),
        (changed("0.9, 0.1;", "0.9,, 0.1;"), 7, "a number is missing before this comma"),
        (changed("0.9, 0.1", "1e999, 0.1"), 7, '"1e999" is no probability'),
        (changed("0.9, 0.1", f"{'9' * 10**6}, 0.1"), 7, "is no probability"),
        (changed("[ 2 ]", f"[ {'9' * 10**5} ]"), 3, "says it has 999"),
        (changed("variable y", f"variable {'y' * 10**5}"), 4, "has 100,000 characters; the limit"),
        (changed("{ no, yes }", f"{{ no, {'y' * 10**5} }}"), 3, "has 100,000 characters"),
        (changed("{ no, yes }", '{ no, "y\x85s" }'), 3, "control character in it (U+0085)"),
        (changed("{ no, yes }", "{ no, y\0s }"), 3, "control characters are not allowed (U+0000)"),
        (changed("{ no, yes }", "{ no, yes /* }"), 3, "a comment begins here and does not end"),
        (changed("(no)", "(" * 10**5), 7, "expected a name"),
        (changed("y | a", "y | {"), 6, 'expected a name, found "{"'),
    ],
)
def test_bif_that_is_refused(text: str, line: int, message: str) -> None:
    assert_refused(text, ".bif", line, message)


def test_every_problem_is_told_at_once() -> None:
    assert (
        len(
            refused(
                changed("0.9, 0.1", "0.9, 0.2")
                .replace("0.2, 0.8", "0.2, 0.2")
                .replace("0.5, 0.5", "0.5")
            ).splitlines()
        )
        == 3
    )


def test_a_circle_is_refused() -> None:
    text = HEAD + Y + Y.replace("y | a", "a | y")
    assert "in a circle" in refused(text)


def test_a_table_too_large_is_refused_before_it_is_made() -> None:
    names = [f"x{i}" for i in range(23)]
    text = "".join(
        f"variable {name} {{ type discrete [ 2 ] {{ no, yes }}; }}\n" for name in [*names, "y"]
    )
    text += "".join(f"probability ( {name} ) {{ table 0.5, 0.5; }}\n" for name in names)
    assert "has 16,777,216 cells; the limit is 4,194,304" in refused(
        text + f"probability ( y | {', '.join(names)} ) {{ }}\n"
    )


def test_properties_say_nothing() -> None:
    odd = "property x = (no) 0.3, 0.7 variable {;"
    assert_same(read(changed("0.2, 0.8;", f"0.2, 0.8;\n  {odd}")), read(HEAD + A + Y))
    assert_same(read(changed("type", f"{odd} type")), read(HEAD + A + Y))


def test_quoted_names_may_hold_anything() -> None:
    text = changed("{ no, yes }", '{ no, "not yet, // or | never" }')
    text = text.replace("(yes)", '("not yet, // or | never")')
    assert read(text)["a"].states == ("no", "not yet, // or | never")


@pytest.mark.parametrize(("row", "first"), [("0.9, 0.099999", 0.9), ("0.9000005, 0.1", 0.9000005)])
def test_rows_that_nearly_sum_to_one_are_divided_and_noted(row: str, first: float) -> None:
    network = read(changed("0.9, 0.1", row))
    said = "y: 1 of 2 rows summed to 1 only within 1e-06 and were divided by their sum"
    assert network.notes == (said,)
    values = network.table("y")[0]
    assert values.sum() == pytest.approx(1, abs=1e-15)
    total = sum(map(float, row.split(",")))
    assert values[0] == pytest.approx(first / total, abs=1e-15)


def test_rows_within_rounding_stay_as_they_are_written() -> None:
    network = read(changed("0.9, 0.1", "0.9, 0.1000000001"))
    assert (network.table("y")[0].tolist(), network.notes) == ([0.9, 0.1000000001], ())


def test_a_file_of_nothing_but_problems_is_left_early() -> None:
    rows = "".join(f"variable v{i} {{ type discrete [ 3 ] {{ a, b }}; }}\n" for i in range(5000))
    found = refused(rows).splitlines()
    assert len(found) == 201
    assert found[-1].endswith("too many problems; nothing was read beyond this place")


SMALL = ["asia", "cancer", "earthquake", "survey", "sachs", "child", "alarm", "insurance"]


@pytest.mark.parametrize("name", SMALL)
def test_public_networks_are_read_as_pgmpy_reads_them(name: str) -> None:
    from pgmpy.readwrite import BIFReader

    text = public(name)
    network, model = read(text), BIFReader(string=text).get_model()
    assert set(network) == set(model.nodes())
    for each, variable in network.variables.items():
        cpd = model.get_cpds(each)
        assert cpd.variables == [each, *variable.parents]
        for other in cpd.variables:
            assert tuple(cpd.state_names[other]) == network.states[other]
        expected = np.asarray(cpd.get_values()).T.reshape(network.table(each).shape)
        np.testing.assert_allclose(network.table(each), expected, rtol=0, atol=1e-6)
        if not any(note.startswith(f"{each}: ") for note in network.notes):
            assert (network.table(each) == expected).all()


BIF_NAMES = st.text("aZ09_-.+<>=%/é*:'&#!?{(,; |)}", min_size=1, max_size=8).filter(str.strip)


@few
@given(network=networks(BIF_NAMES, BIF_NAMES, most_states=12))
def test_round_trip(network: Network) -> None:
    assert_same(read(write(network)), network)


@settings(few, max_examples=4)
@given(network=networks())
def test_pgmpy_reads_what_is_written(network: Network) -> None:
    from pgmpy.readwrite import BIFReader

    model = BIFReader(string=write(network)).get_model()
    assert_same(from_pgmpy(model), network)


@pytest.mark.parametrize("name", ["not yet", "a,b", "a|b", "x{", "a//b", "a/*b", "}"])
def test_names_with_blanks_and_marks_stand_in_quotes(name: str) -> None:
    network = Network("n", {name: Variable(name, ("no", name), prior(0.5, 0.5))})
    assert f'"{name}"' in write(network)
    assert_same(read(write(network)), network)


def test_names_that_bif_cannot_hold() -> None:
    name = 'say "no"'
    said = 'BIF cannot hold the state .* of "a": names there have no quotes'
    with pytest.raises(BackpainError, match=said):
        write(Network("n", {"a": Variable("a", ("no", name), prior(0.5, 0.5))}))
    with pytest.raises(BackpainError, match="BIF cannot hold the variable"):
        write(Network("n", {name: Variable(name, ("no", "yes"), prior(0.5, 0.5))}))
