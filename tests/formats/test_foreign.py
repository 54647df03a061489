"""Other people's formats: pgmpy and pyAgrum as independent oracles, round trips, and every kind of
file that is refused.
"""

from __future__ import annotations

import time
import warnings
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backpain_bn.errors import BackpainError, FileProblem
from backpain_bn.formats import pgmpy_models as pgm
from backpain_bn.formats.load import load
from backpain_bn.inference.engine import engine_for
from backpain_bn.model import network as model_network
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable

CLOSE = {"rtol": 0, "atol": 1e-10}
few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
probability = st.one_of(st.sampled_from([0.0, 1.0, 1e-9]), st.floats(0, 1))


@st.composite
def rows_of(draw: st.DrawFn, size: int) -> tuple[Number, ...]:
    weights = draw(st.lists(st.integers(0, 9), min_size=size, max_size=size).filter(any))
    return tuple(number(weight / sum(weights)) for weight in weights)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    variables: dict[str, Variable] = {}
    for index in range(draw(st.integers(2, 6))):
        name = f"X-{index}.a" if index == 1 else f"x{index}"
        parents = (
            draw(st.lists(st.sampled_from(list(variables)), unique=True, max_size=3))
            if variables
            else []
        )
        if parents and draw(st.booleans()):
            states, distribution = ("no", "yes"), draw(noisy_ors(parents, variables))
        else:
            states = tuple(f"s{i}" for i in range(draw(st.integers(2, 4))))
            combinations = product(*(variables[parent].states for parent in parents))
            rows = tuple(Row(given, draw(rows_of(len(states)))) for given in combinations)
            distribution = Table(tuple(parents), rows)
        variables[name] = Variable(name, states, distribution)
    return Network("random", variables)


@st.composite
def noisy_ors(draw: st.DrawFn, parents: list[str], variables: dict[str, Variable]) -> NoisyOr:
    whens: list[dict[str, tuple[str, ...]]] = []
    for _ in range(draw(st.integers(1, 4))):
        used = draw(st.lists(st.sampled_from(parents), unique=True, min_size=1, max_size=2))
        when = {
            name: tuple(
                draw(
                    st.lists(
                        st.sampled_from(variables[name].states), unique=True, min_size=1, max_size=2
                    )
                )
            )
            for name in used
        }
        if {name: set(states) for name, states in when.items()} not in [
            {name: set(each[name]) for name in each} for each in whens
        ]:
            whens.append(when)
    return NoisyOr(
        number(draw(probability)),
        tuple(Mechanism(when, number(draw(probability))) for when in whens),
    )


def evidences(network: Network, data: st.DataObject) -> dict[str, str]:
    names = data.draw(st.lists(st.sampled_from(list(network.variables)), unique=True, max_size=3))
    return {name: data.draw(st.sampled_from(network[name].states)) for name in names}


def row(network: Network, findings: dict[str, str]) -> np.ndarray:
    likelihood = np.ones((1, len(network.columns)))
    for name, state in findings.items():
        likelihood[0, network.slices[name]] = [
            float(each == state) for each in network[name].states
        ]
    return likelihood


def by_engine(network: Network, findings: dict[str, str]) -> dict[str, np.ndarray] | None:
    beliefs = engine_for(network)(row(network, findings))
    if beliefs.log_evidence[0] == -np.inf:
        assert not beliefs.marginals.any()
        return None
    return {name: beliefs.marginals[0, network.slices[name]] for name in network.variables}


def by_pgmpy(model: Any, network: Network, findings: dict[str, str]) -> dict[str, np.ndarray]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`pgmpy", category=FutureWarning)
        from pgmpy.inference import VariableElimination
    found = {}
    for name in network.variables:
        if name not in findings:
            factor = VariableElimination(model).query(
                [name], evidence=findings, show_progress=False
            )
            found[name] = np.array(
                [factor.get_value(**{name: state}) for state in network[name].states]
            )
    return found


def by_pyagrum(network: Network, findings: dict[str, str]) -> dict[str, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gum = pytest.importorskip("pyagrum")
    model = gum.BayesNet()
    for name in network.order:
        model.add(gum.LabelizedVariable(name, name, list(network[name].states)))
    for name, variable in network.variables.items():
        for parent in variable.parents:
            model.addArc(parent, name)
        values = network.table(name)
        model.cpt(name)[:] = np.ascontiguousarray(
            values.transpose([*reversed(range(values.ndim - 1)), values.ndim - 1])
        )
    engine = gum.LazyPropagation(model)
    engine.setEvidence(findings)
    engine.makeInference()
    return {
        name: engine.posterior(name).toarray() for name in network.variables if name not in findings
    }


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray] | None) -> None:
    assert expected is not None
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], **CLOSE, err_msg=name)


def no_yes(name: str, p: float = 0.1) -> Variable:
    return Variable(name, ("no", "yes"), prior(1 - p, p))


def many_causes(count: int, leak: float = 0.01) -> Network:
    causes = {f"x{i}": no_yes(f"x{i}", 0.05 + 0.02 * i) for i in range(count)}
    mechanisms = [
        Mechanism({name: ("yes",)}, number(0.02 + 0.05 * i)) for i, name in enumerate(causes)
    ]
    mechanisms.append(Mechanism({"x0": ("yes",), "x1": ("no",)}, number(0.4)))
    pain = Variable("pain", ("no", "yes"), NoisyOr(number(leak), tuple(mechanisms)))
    mood = Variable(
        "mood",
        ("good", "fair", "bad"),
        Table(("pain",), (sure("no", 0.7, 0.2, 0.1), sure("yes", 0.1, 0.3, 0.6))),
    )
    return Network("many", {**causes, "pain": pain, "mood": mood})


def sure(given: str, *values: float) -> Row:
    return Row((given,), tuple(number(p) for p in values))


def read(text: str, suffix: str = ".bif") -> Network:
    return pgm.from_text(text, suffix, "some", f"some{suffix}")


def refused(text: str, suffix: str = ".bif") -> str:
    with pytest.raises(FileProblem) as caught:
        read(text, suffix)
    assert all(line.startswith(f"some{suffix}:") for line in caught.value.lines)
    return str(caught.value)


# Three engines, one answer


@pytest.mark.parametrize(
    "most_columns", [model_network.MOST_COLUMNS, 1], ids=["written_out", "chained"]
)
def test_pgmpy_answers_as_the_engine(most_columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_network, "MOST_COLUMNS", most_columns)

    @few
    @given(network=networks(), data=st.data())
    def check(network: Network, data: st.DataObject) -> None:
        model = network.to_pgmpy()
        assert model.check_model()
        back = pgm.from_pgmpy(model)
        for _ in range(3):
            findings = evidences(network, data)
            expected = by_engine(network, findings)
            if expected is None:
                assert by_engine(back, findings) is None
                continue
            assert_same(by_pgmpy(model, network, findings), expected)
            again = by_engine(back, findings)
            assert again is not None
            assert_same({name: again[name] for name in network.variables}, expected)

    check()


@few
@given(network=networks(), data=st.data())
def test_pyagrum_answers_as_the_engine(network: Network, data: st.DataObject) -> None:
    findings = evidences(network, data)
    expected = by_engine(network, findings)
    if expected is not None:
        assert_same(by_pyagrum(network, findings), expected)


@few
@given(network=networks())
def test_tables_survive_the_round_trip(network: Network) -> None:
    back = pgm.from_pgmpy(network.to_pgmpy())
    assert list(back.variables) == list(network.variables)
    for name, variable in network.variables.items():
        assert (back[name].states, set(back[name].parents)) == (
            variable.states,
            set(variable.parents),
        )
        np.testing.assert_allclose(back.table(name), network.table(name), rtol=0, atol=1e-15)
        assert (back[name].label, back[name].role) == (name, "risk_factor")
    assert (back.outcome, back.notes) == ("", ())


@pytest.mark.parametrize("leak", [0.01, 1e-12, 0.0])
def test_sixteen_parents_are_chained(leak: float) -> None:
    network = many_causes(16, leak)
    model = network.to_pgmpy()
    assert model.check_model()
    helpers = [name for name in model.nodes() if name not in network.variables]
    assert helpers == [f"pain__or_{i}" for i in range(1, 17)]
    assert model.get_cpds("pain__or_3").state_names["pain__or_3"] == ["no", "yes"]
    assert max(cpd.values.size for cpd in model.get_cpds()) <= 16
    every: list[dict[str, str]] = [
        {},
        {"mood": "bad"},
        {"pain": "yes", "x3": "no"},
        {"pain": "no", "x0": "yes"},
    ]
    for findings in every:
        assert_same(by_pgmpy(model, network, findings), by_engine(network, findings))
        assert_same(by_pyagrum(network, findings), by_engine(network, findings))


def test_a_taken_helper_name_is_lengthened() -> None:
    network = many_causes(11)
    taken = Network("taken", {**network.variables, "pain__or_1": no_yes("pain__or_1")})
    assert "pain__or_1_" in model_network.divorced(taken).variables
    assert taken.to_pgmpy().check_model()


def test_a_conjunction_too_large_to_write_out_is_refused() -> None:
    causes = {f"x{i}": no_yes(f"x{i}") for i in range(22)}
    *most, last = causes
    whens: list[dict[str, tuple[str, ...]]] = [{last: ("yes",)}, dict.fromkeys(most, ("yes",))]
    model = NoisyOr(number(0.1), tuple(Mechanism(when, number(0.5)) for when in whens))
    with pytest.raises(BackpainError, match="the table of y has 22 parents"):
        Network("wide", {**causes, "y": Variable("y", ("no", "yes"), model)}).to_pgmpy()


def test_the_shipped_network_becomes_a_valid_model() -> None:
    network = load()
    start = time.perf_counter()
    model = network.to_pgmpy()
    assert model.check_model()
    assert time.perf_counter() - start < 20
    beliefs = by_engine(network, {})
    assert beliefs is not None
    assert_same(
        by_pgmpy(model, Network("one", {name: network[name] for name in network.order[:1]}), {}),
        beliefs,
    )


# From pgmpy


def model_of(*tables: tuple[Any, list[list[float]], list[Any], dict[Any, list[Any]]]) -> Any:
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    model = DiscreteBayesianNetwork()
    for name, values, parents, states in tables:
        model.add_node(name)
        model.add_edges_from([(parent, name) for parent in parents])
        sizes = [len(states[parent]) for parent in parents]
        model.add_cpds(TabularCPD(name, len(values), values, parents, sizes, state_names=states))
    return model


def test_numbers_as_names_become_text() -> None:
    network = pgm.from_pgmpy(
        model_of(
            (1, [[0.2], [0.8]], [], {1: [0, True]}),
            ("Y", [[0.1, 1], [0.9, 0]], [1], {"Y": ["a b", 2], 1: [True, 0]}),
        )
    )
    assert {name: variable.states for name, variable in network.variables.items()} == {
        "1": ("0", "True"),
        "Y": ("a b", "2"),
    }
    assert [(each.given, each.numbers[0].p) for each in network["Y"].distribution.rows] == [
        (("0",), 1.0),
        (("True",), 0.1),
    ]


def test_small_rounding_is_divided_out_and_noted() -> None:
    network = pgm.from_pgmpy(model_of(("y", [[0.3333333], [0.6666666]], [], {"y": ["no", "yes"]})))
    assert sum(entry.p for entry in network["y"].distribution.rows[0].numbers) == pytest.approx(
        1, abs=1e-15
    )
    assert network.notes == (
        "y: 1 of 1 rows summed to 1 only within 1e-06 and were divided by their sum",
    )


def test_a_rounding_step_above_one_is_divided_out_and_noted() -> None:
    network = pgm.from_pgmpy(
        model_of(("y", [[0.0], [1.0000000000000002]], [], {"y": ["no", "yes"]}))
    )
    assert network["y"].distribution.rows[0].numbers[1].p == 1.0
    assert len(network.notes) == 1


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            [
                ("a", [[0.5], [0.5]], [], {"a": [0, 1]}),
                ("y", [[0.1, 0.2], [0.9, 0.7]], ["a"], {"y": [0, 1], "a": [0, 1]}),
            ],
            "y given a=1 sum to 0.9",
        ),
        ([("y", [[1.5], [0.5]], [], {"y": [0, 1]})], "probability 1.5 of y is outside"),
        ([("y", [[float("nan")], [0.5]], [], {"y": [0, 1]})], "probability nan of y is outside"),
        (
            [(1, [[0.5], [0.5]], [], {1: [0, 1]}), ("1", [[0.5], [0.5]], [], {"1": [0, 1]})],
            'two variables are called "1" as text',
        ),
        ([("y", [[0.5], [0.5]], [], {"y": [1, "1"]})], 'state "1" of y is listed twice'),
        (
            [
                ("a", [[0.5], [0.5]], [], {"a": [0, 1]}),
                ("y", [[1, 1], [0, 0]], ["a"], {"y": [0, 1], "a": [0, 2]}),
            ],
            "states 0, 2 of a, which has 0, 1",
        ),
    ],
)
def test_models_that_are_refused(tables: list[Any], message: str) -> None:
    with pytest.raises(FileProblem, match=message):
        pgm.from_pgmpy(model_of(*tables))


def test_a_model_with_a_missing_or_wrong_table_is_refused() -> None:
    model = model_of(
        ("a", [[0.5], [0.5]], [], {"a": [0, 1]}), ("y", [[0.5], [0.5]], [], {"y": [0, 1]})
    )
    model.add_node("z")
    model.add_edge("a", "y")
    with pytest.raises(FileProblem) as caught:
        pgm.from_pgmpy(model)
    assert caught.value.lines == (
        "the table of y has parents ; the edges say otherwise",
        "z has no table (TabularCPD)",
    )


# Files

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
    beliefs = by_engine(network, {"asia": "yes", "xray": "yes"})
    assert beliefs is not None
    smokes, not_smokes = (0.05 + 0.93 * (1 - 0.95 * (1 - lung)) for lung in (0.1, 0.01))
    positive = (smokes + not_smokes) / 2
    bronc = (0.6 * smokes + 0.3 * not_smokes) / 2 / positive
    for name, expected in (
        ("tub", 0.05 * 0.98 / positive),
        ("lung", 0.055 * 0.98 / positive),
        ("bronc", bronc),
    ):
        assert beliefs[name][0] == pytest.approx(expected, abs=1e-12)


@settings(few, max_examples=6, phases=[Phase.generate])
@given(network=networks())
def test_files_that_pgmpy_writes_give_the_same_answers(network: Network) -> None:
    from pgmpy.readwrite import BIFWriter, XDSLWriter, XMLBIFWriter

    model = network.to_pgmpy()
    for writer, suffix in (
        (BIFWriter, ".bif"),
        (XMLBIFWriter, ".xmlbif"),
        (XMLBIFWriter, ".xml"),
        (XDSLWriter, ".xdsl"),
    ):
        text = str(writer(model)) if writer is not XDSLWriter else xdsl(model)
        back = read(text, suffix)
        for name in network.variables:
            own = [*network[name].parents, name]
            theirs = [*back[name].parents, name]
            values = back.table(name).transpose([theirs.index(each) for each in own])
            np.testing.assert_allclose(values, network.table(name), rtol=0, atol=1e-12)
        assert_same(dict(by_engine(back, {}) or {}), by_engine(network, {}))


def xdsl(model: Any) -> str:
    from xml.etree.ElementTree import tostring

    from pgmpy.readwrite import XDSLWriter

    return tostring(XDSLWriter(model).root, encoding="unicode")


def test_a_large_file_is_read_in_time() -> None:
    from pgmpy.readwrite import BIFWriter

    random = np.random.default_rng(0)
    variables: dict[str, Variable] = {}
    for index in range(300):
        parents = tuple(f"v{j}" for j in range(max(0, index - 3), index))
        numbers = random.dirichlet(np.ones(3), size=3 ** len(parents)).tolist()
        rows = zip(product(("a", "b", "c"), repeat=len(parents)), numbers, strict=True)
        variables[f"v{index}"] = Variable(
            f"v{index}",
            ("a", "b", "c"),
            Table(parents, tuple(Row(each, tuple(map(number, values))) for each, values in rows)),
        )
    text = str(BIFWriter(pgm.to_pgmpy(Network("large", variables))))
    start = time.perf_counter()
    assert len(read(text).variables) == 300
    assert time.perf_counter() - start < 30


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
        (
            changed("{ no, yes }", '{ no, "not yet" }'),
            3,
            'the name "not yet" has a space or a mark in it',
        ),
        (changed("{ no, yes }", '{ no, "1,5" }'), 3, 'the name "1,5" has a space or a mark in it'),
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
        (changed("0.5, 0.5; }\n", "0.5, 0.5; } "), 1, "pgmpy"),
    ],
)
def test_bif_that_is_refused(text: str, line: int, message: str) -> None:
    found = refused(text)
    assert message in found
    assert any(
        each.startswith(f"some.bif:{line}:") and message in each for each in found.splitlines()
    )


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


def test_what_pgmpy_reads_otherwise_is_refused() -> None:
    text = changed(
        "variable a { type discrete [ 2 ] { no, yes }; }",
        "variable a { property x = variable; type discrete [ 2 ] { no, yes }; }",
    )
    assert read(text).variables.keys() == {"a", "y"}
    assert "pgmpy reads" in refused(
        changed("0.2, 0.8;", "0.2, 0.8;\n  property x = (no) 0.3, 0.7;")
    )


XML = """<?xml version="1.0"?>
<!DOCTYPE BIF [
 <!ELEMENT BIF ( NETWORK )*>
 <!ATTLIST VARIABLE TYPE (nature|decision|utility) "nature">
]>
<BIF VERSION="0.3">
<NETWORK>
<NAME>n</NAME>
<VARIABLE TYPE="nature"><NAME>a</NAME><OUTCOME>no</OUTCOME><OUTCOME>not yet, no</OUTCOME><PROPERTY>x = 1</PROPERTY></VARIABLE>
<VARIABLE><NAME>y</NAME><OUTCOME>no</OUTCOME><OUTCOME>yes &amp; so</OUTCOME></VARIABLE>
<DEFINITION><FOR>a</FOR><TABLE>0.25 <!-- half --> 0.75</TABLE></DEFINITION>
<DEFINITION><FOR>y</FOR><GIVEN>a</GIVEN><TABLE>0.9 0.1
0.2 0.8</TABLE></DEFINITION>
</NETWORK>
</BIF>
"""


def test_xmlbif() -> None:
    network = read(XML, ".xml")
    assert network["a"].states == ("no", "not yet, no")
    assert network["y"].distribution.rows == (sure("no", 0.9, 0.1), sure("not yet, no", 0.2, 0.8))


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("</BIF>", "", 16, "not valid XML: no element found"),
        ('<BIF VERSION="0.3">', "<BIF><BIF>", 16, "not valid XML: no element found"),
        ("<!ELEMENT BIF ( NETWORK )*>", '<!ENTITY a "aaaa">', 3, "entities are not allowed"),
        (
            "<!ELEMENT BIF ( NETWORK )*>",
            '<!ENTITY a SYSTEM "file:///etc/passwd">',
            3,
            "entities are not allowed",
        ),
        (
            "<!ELEMENT BIF ( NETWORK )*>",
            '<!ENTITY % a SYSTEM "http://example.org/x">',
            3,
            "entities are not allowed",
        ),
        ("<!DOCTYPE BIF [", '<!DOCTYPE BIF SYSTEM "x.dtd" [', 2, "document type from outside"),
        ("<NAME>a</NAME>", "<NAME>&b;</NAME>", 9, "not valid XML: undefined entity"),
        ("<NAME>n</NAME>", "", 7, "needs exactly one <NAME>, it has 0"),
        ("<NAME>n</NAME>", "<NAME>n</NAME><OTHER/>", 8, "<OTHER> in <NETWORK> is not read"),
        (
            "<NAME>n</NAME>",
            "<NAME>n</NAME>" + "<PROPERTY>" * 30 + "</PROPERTY>" * 30,
            8,
            "more than 20 levels deep",
        ),
        ('TYPE="nature"><NAME>', 'TYPE="decision"><NAME>', 9, '"a" is of type "decision"'),
        ("<NAME>a</NAME>", "<NAME> a</NAME>", 9, "needs a name without spaces around it"),
        (
            "<PROPERTY>x = 1</PROPERTY>",
            "<PROPERTY>x</PROPERTY>",
            9,
            'a property must read name = value, not "x"',
        ),
        ("<NAME>a</NAME>", "<NAME>y</NAME>", 10, 'variable "y" is declared twice'),
        ("<FOR>a</FOR>", "<FOR>y</FOR>", 12, '"y" has a second probability block'),
        ("0.2 0.8", "0.2", 12, 'the table of "y" has 3 numbers; it needs 4'),
        ("0.2 0.8", "0.2 0.7", 12, "probabilities of y given a=not yet, no sum to 0.9"),
        ("0.2 0.8", "0.2 NaN", 12, '"NaN" is no probability'),
        ("<TABLE>0.9", "<TABLE>1 0</TABLE><TABLE>0.9", 12, "needs exactly one <TABLE>, it has 2"),
        ("<GIVEN>a</GIVEN>", "<GIVEN>b</GIVEN>", 12, 'unknown variable "b"'),
        ("BIF", "XBN", 6, "the file begins with <XBN>, not <BIF>"),
    ],
)
def test_xmlbif_that_is_refused(old: str, new: str, line: int, message: str) -> None:
    assert old in XML
    text = XML.replace(old, new) if old == "BIF" else XML.replace(old, new, 1)
    found = refused(text, ".xml")
    assert any(
        each.startswith(f"some.xml:{line}:") and message in each for each in found.splitlines()
    ), found


XDSL = """<smile version="1.0" id="n">
<nodes>
<cpt id="a"><state id="no"/><state id="yes"/><probabilities>0.25 0.75</probabilities></cpt>
<cpt id="y"><state id="no"/><state id="yes"/><parents>a</parents><probabilities>0.9 0.1 0.2 0.8</probabilities></cpt>
</nodes>
</smile>
"""


def test_xdsl() -> None:
    assert read(XDSL, ".xdsl")["y"].distribution.rows == (
        sure("no", 0.9, 0.1),
        sure("yes", 0.2, 0.8),
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (
            "</nodes>",
            '<noisymax id="z"/></nodes>',
            5,
            "<noisymax> in <nodes> is not read, only cpt",
        ),
        (
            "</nodes>",
            '<deterministic id="z"/></nodes>',
            5,
            "<deterministic> in <nodes> is not read, only cpt",
        ),
        ("</nodes>", "</nodes><dynamic/>", 5, "<dynamic> in <smile> is not read"),
        ('<cpt id="a">', '<cpt id="a b">', 3, "<cpt> needs an id without spaces or marks"),
        ('<cpt id="a">', "<cpt>", 3, "<cpt> needs an id"),
        ("0.25 0.75", "0.25  0.75", 1, "the file is not valid XDSL: pgmpy cannot read it"),
        ('id="n"', "", 1, "the file is not valid XDSL: pgmpy cannot read it"),
        ("0.2 0.8", "0.2", 4, 'the table of "y" has 3 numbers; it needs 4'),
    ],
)
def test_xdsl_that_is_refused(old: str, new: str, line: int, message: str) -> None:
    assert old in XDSL
    found = refused(XDSL.replace(old, new, 1), ".xdsl")
    assert any(
        each.startswith(f"some.xdsl:{line}:") and message in each for each in found.splitlines()
    ), found


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_spoilt_files_are_refused_in_words_or_read(data: st.DataObject) -> None:
    text, suffix = data.draw(
        st.sampled_from([(HEAD + A + Y, ".bif"), (XML, ".xml"), (XDSL, ".xdsl")])
    )
    start = data.draw(st.integers(0, len(text) - 1))
    stop = start + data.draw(st.integers(0, 12))
    spoilt = (
        text[:start]
        + data.draw(
            st.sampled_from(
                ["", "}", "0", '"', " ", ";", "<", ">", "a", "\n", "//", "(no)", "|", "&"]
            )
        )
        + text[stop:]
    )
    try:
        assert isinstance(read(spoilt, suffix), Network)
    except FileProblem as problem:
        assert all(line.startswith(f"some{suffix}:") for line in problem.lines)
