"""Sensitivity functions against enumeration of networks with the number really changed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.display.words import number_words
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import numbers_of, parameters_of
from backpain_bn.model.variables import Variable
from backpain_bn.uncertainty.one_way import SensitivityFunction, sensitivity
from tests.oracles.enumeration import enumerate_beliefs
from tests.uncertainty.networks import changed, small

YES_NO = ("no", "yes")
CASES = (
    {},
    {"pain": "yes"},
    {"pain": "no", "sit": "long"},
    {"pain": "yes", "test": "positive", "sit": "short"},
    {"pain": "yes", "weak": {"no": 0.2, "yes": 0.9}, "ache": "yes"},
)


def by_enumeration(
    network: Network, findings: bb.Findings, variable: str, states: tuple[str, ...]
) -> float:
    beliefs = enumerate_beliefs(network, encode(network, [findings]))
    start = network.slices[variable].start
    return float(
        sum(beliefs.marginals[0, start + network.state(variable, state)] for state in states)
    )


@pytest.mark.parametrize("findings", CASES)
@pytest.mark.parametrize(
    ("variable", "state"), [("weak", None), ("sit", "medium"), ("sit", None), ("pain", "no")]
)
def test_every_curve_goes_through_two_more_points(
    findings: bb.Findings, variable: str, state: str | None
) -> None:
    network = small()
    found = sensitivity(network, findings, variable, state)
    assert found.now == pytest.approx(
        by_enumeration(network, findings, variable, found.states), abs=1e-12
    )
    curves = {id(row.parameter.number): row for row in found.rows}
    for one in numbers_of(network):
        for t in (0.27, 0.81):
            truth = by_enumeration(changed(network, one, t), findings, variable, found.states)
            value = curves[id(one.number)](t) if id(one.number) in curves else found.now
            assert value == pytest.approx(truth, abs=1e-11), (one, t)


def test_a_certain_state_gives_way_to_all_others_alike() -> None:
    network = Network("sure", {"a": Variable("a", ("x", "y", "z"), prior(0.0, 1.0, 0.0))})
    one = numbers_of(network)[0]
    assert one.at(parameters_of(network), 0.6).tolist() == pytest.approx([0.2, 0.6, 0.2])
    curve = sensitivity(network, {}, "a", "x").rows[0]
    assert curve(0.6) == pytest.approx(0.2)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.sampled_from(CASES))
@settings(max_examples=25, deadline=None)
def test_slope_crossing_and_swing(t: float, threshold: float, findings: bb.Findings) -> None:
    for curve in sensitivity(small(), findings, "weak").rows:
        p = curve.parameter.number.p
        assert curve.slope == pytest.approx(
            (curve(p + 1e-6) - curve(p - 1e-6)) / 2e-6, rel=1e-4, abs=1e-8
        )
        at = curve.crossing(threshold)
        low, high = sorted((curve(0.0), curve(1.0)))
        if at is None:
            assert not low + 1e-9 < threshold < high - 1e-9
        else:
            assert curve(at) == pytest.approx(threshold, abs=1e-8)
        assert low - 1e-12 <= curve(t) <= high + 1e-12
        assert curve.swing == abs(
            curve(curve.parameter.number.low) - curve(curve.parameter.number.high)
        )


def test_rows_come_with_the_largest_swing_first_and_leave_out_what_does_not_matter() -> None:
    network = small()
    rows = sensitivity(network, {"pain": "yes"}, "tight").rows
    assert [row.swing for row in rows] == sorted((row.swing for row in rows), reverse=True)
    slopes = {number_words(network, row.parameter): row.slope for row in rows}
    assert "positive" not in " ".join(slopes)
    assert slopes["tight hips > pain"] > 0 > slopes["pain, with none of its causes"]


def test_what_was_told_hangs_on_no_number() -> None:
    found = sensitivity(small(), {"weak": "yes", "pain": "yes"}, "weak")
    assert found.now == 1 and found.rows == () and found.to_dicts() == []
    assert "No single number" in str(found)


def test_one_more_evaluation_may_be_impossible() -> None:
    """With the only cause of the finding at 0 the finding cannot be: f is constant, not
    undefined.
    """
    network = Network(
        "one",
        {
            "a": Variable("a", YES_NO, prior(0.6, 0.4)),
            "b": Variable(
                "b", YES_NO, NoisyOr(number(0.0), (Mechanism({"a": ("yes",)}, number(0.7)),))
            ),
        },
    )
    found = sensitivity(network, {"b": "yes"}, "a")
    assert found.now == 1 and [number_words(network, row.parameter) for row in found.rows] == [
        "b, with none of its causes"
    ]
    assert found.rows[0](0.0) == pytest.approx(1) and found.rows[0](1.0) == pytest.approx(0.4)


def test_a_curve_says_nan_where_the_findings_are_impossible() -> None:
    one = numbers_of(small())[0]
    assert math.isnan(SensitivityFunction(one, 1.0, 0.0, 1.0, 0.0)(0.0))


@pytest.mark.parametrize("threshold", [0, 1, 1.5, -0.1, math.nan, True, "half"])
def test_a_threshold_that_is_none_is_refused(threshold: object) -> None:
    with pytest.raises(bb.BackpainError, match=r"threshold is .*probability between 0 and 1"):
        sensitivity(small(), {}, "weak", threshold=threshold)  # type: ignore[arg-type]


def test_names_and_impossible_findings_are_refused() -> None:
    with pytest.raises(bb.errors.UnknownName, match='unknown variable "weka"; did you mean "weak"'):
        sensitivity(small(), {}, "weka")
    with pytest.raises(bb.errors.UnknownName, match='unknown state of sit "lnog"'):
        sensitivity(small(), {}, "sit", "lnog")
    with pytest.raises(bb.errors.ImpossibleEvidence):
        sensitivity(small((1.0, 0.0, 0.0)), {"sit": "long"}, "weak")


def test_the_words_name_the_number_its_value_and_its_range(car: Network) -> None:
    told = {"no_start": "yes", "clicking": "yes"}
    text = str(sensitivity(car, told, "weak_battery", threshold=0.9))
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    assert max(map(len, text.splitlines())) <= 100
    text = " ".join(text.split())
    assert text.startswith("WHAT THE 87 % FOR WEAK OR FLAT BATTERY HANGS ON")
    assert "It would be above 90 % if one of these were" in text
    assert "worn or jammed starter, how common (now 0.2 %, range 0.05 % to 0.6 %)" in text
    unmoved = str(sensitivity(car, told, "weak_battery", threshold=0.999))
    assert "anywhere in its own range, brings it above" in unmoved
