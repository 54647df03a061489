"""The one list of a network's numbers: each once, in its place among the parameters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from backpain_bn.inference.engine import engine_for
from backpain_bn.model.distributions import (
    Association,
    Mechanism,
    NoisyOr,
    Number,
    number,
    prior,
)
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import number_class, numbers_of, parameters_of, places_of
from backpain_bn.model.variables import Source, Variable
from tests.oracles.networks import multi_state, random_networks


@settings(max_examples=40, deadline=None)
@given(network=random_networks())
def test_every_number_is_there_once_and_lies_where_engines_have_it(network: Network) -> None:
    found = numbers_of(network)
    stated = [entry for each in network.variables.values() for entry in each.distribution.numbers]
    assert [id(one.number) for one in found] == [id(entry) for entry in stated]
    circuit, own = engine_for(network).circuit, parameters_of(network)
    assert own.tolist() == circuit.parameters.tolist()
    assert dict(places_of(network)) == circuit.places
    for one in found:
        assert own[one.first + one.position] == one.number.p
        assert own[one.cells].sum() == pytest.approx(1)
        place = places_of(network)[one.variable]
        assert place.start <= one.cells.start < one.cells.stop <= place.stop


def test_what_each_number_is() -> None:
    said = [
        (one.variable, one.state, one.kind, dict(one.when)) for one in numbers_of(multi_state())
    ]
    assert said[:2] == [("load", "mid", "row", {}), ("load", "high", "row", {})]
    assert said[2:5] == [("pace", state, "row", {"load": ("low",)}) for state in "bcd"]
    assert said[-5:] == [
        ("weak", "yes", "row", {}),
        ("hurt", "yes", "leak", {}),
        ("hurt", "yes", "mechanism", {"load": ("mid", "high")}),
        ("hurt", "yes", "mechanism", {"pace": ("c", "d"), "load": ("high",)}),
        ("hurt", "yes", "mechanism", {"weak": ("yes",)}),
    ]


@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_a_number_at_another_value_leaves_the_rest_in_proportion(t: float) -> None:
    network = multi_state()
    own = parameters_of(network)
    for one in numbers_of(network):
        there = one.at(own, t)
        assert there[one.first + one.position] == t
        cells, before = there[one.cells], own[one.cells]
        assert cells.sum() == pytest.approx(1)
        others = np.arange(one.size) != one.position
        rest = before[others].sum()
        wanted = before[others] * (1 - t) / rest if rest else (1 - t) / (one.size - 1)
        assert cells[others] == pytest.approx(wanted)
        outside = np.ones(len(own), dtype=bool)
        outside[one.cells] = False
        assert (there[outside] == own[outside]).all()
    assert min(one.far for one in numbers_of(network)) > 0
    assert max(one.far for one in numbers_of(network)) < 1


def test_a_stated_marginal_is_not_run_on() -> None:
    wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    states = ("no", "yes")
    network = Network(
        "garden",
        {
            "rain": Variable("rain", states, prior(0.8, 0.2)),
            "wet": Variable("wet", states, wet, marginal=number(0.262)),
        },
    )
    assert [one.number.p for one in numbers_of(network)] == [0.2, 0.1, 0.9]


def test_the_parameters_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        parameters_of(multi_state())[0] = 0.5


def test_a_shipped_network_numbers_as_many_as_its_variables_state(car: Network) -> None:
    stated = sum(1 for each in car.variables.values() for _ in each.distribution.numbers)
    assert len(numbers_of(car)) == stated > 50


ROWS = {
    "C": Source("C", "claim", "said"),
    "A": Source("A", "study", "read", read="A"),
    "X": Source("X", "study", "heard of", read="C"),
}
RATIO = Association("odds_ratio", 2.0, (1.5, 2.7), None, "cohort", 0.2, 0.3)


@pytest.mark.parametrize(
    ("sources", "against", "derived", "expected"),
    [
        ((), (), None, "no source"),
        (("A",), (), None, "published"),
        (("A", "C"), ("A",), None, "published"),
        (("A",), (), RATIO, "published, times a judgement"),
        (("A", "expert"), (), None, "judgement guided by a study"),
        (("A", "expert"), (), RATIO, "judgement guided by a study"),
        (("X", "expert"), (), None, "judgement"),
        (("C", "expert"), ("A",), None, "judgement"),
        (("expert",), ("A",), None, "judgement"),
        (("C",), (), None, "judgement"),
    ],
)
def test_the_class_of_a_number_says_how_much_of_it_is_judgement(
    sources: tuple[str, ...],
    against: tuple[str, ...],
    derived: Association | None,
    expected: str,
) -> None:
    entry = Number(0.2, 0.1, 0.3, sources, against, derived=derived)
    assert number_class(entry, ROWS) == expected
