"""Networks to and from pgmpy, with pgmpy and pyAgrum as independent oracles of inference."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backpain_bn.errors import BackpainError, FileProblem
from backpain_bn.formats import pgmpy_models as pgm
from backpain_bn.inference.engine import engine_for
from backpain_bn.model import chains
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.network import Network, divorced
from backpain_bn.model.variables import Variable
from tests.oracles.foreign_files import networks

CLOSE = {"rtol": 0, "atol": 1e-10}
few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


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


# Three engines, one answer


@pytest.mark.parametrize("most_columns", [chains.MOST_COLUMNS, 1], ids=["written_out", "chained"])
def test_pgmpy_answers_as_the_engine(most_columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "MOST_COLUMNS", most_columns)

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
        assert (back[name].label, back[name].role) == (name, "variable")
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
    assert "pain__or_1_" in divorced(taken).variables
    assert taken.to_pgmpy().check_model()


def test_a_conjunction_too_large_to_write_out_is_refused() -> None:
    causes = {f"x{i}": no_yes(f"x{i}") for i in range(22)}
    *most, last = causes
    whens: list[dict[str, tuple[str, ...]]] = [{last: ("yes",)}, dict.fromkeys(most, ("yes",))]
    model = NoisyOr(number(0.1), tuple(Mechanism(when, number(0.5)) for when in whens))
    with pytest.raises(BackpainError, match="the table of y has 22 parents"):
        Network("wide", {**causes, "y": Variable("y", ("no", "yes"), model)}).to_pgmpy()


def test_a_shipped_network_answers_as_the_engine_in_pgmpy(car: Network) -> None:
    model, findings = car.to_pgmpy(), {"no_start": "yes", "battery_age": "over_5_years"}
    assert model.check_model()
    assert_same(by_pgmpy(model, car, findings), by_engine(car, findings))


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
