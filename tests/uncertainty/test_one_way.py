"""Sensitivity functions against enumeration of networks with the number really changed, and turns
against contributors worked out anew.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.explain.attribution import contributors
from backpain_bn.inference.engine import engine_for
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import Parameter, numbers_of
from backpain_bn.model.variables import Variable
from backpain_bn.uncertainty.one_way import Curve, sensitivity
from backpain_bn.uncertainty.rank_flips import rank_flips
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS

YES_NO = ("no", "yes")
DESK = {"sitting_hours": "over_8", "low_back_pain": "yes", "pain_during_run": "yes"}
CASES = (
    {},
    {"pain": "yes"},
    {"pain": "no", "sit": "long"},
    {"pain": "yes", "test": "positive", "sit": "short"},
    {"pain": "yes", "weak": {"no": 0.2, "yes": 0.9}, "ache": "yes"},
)


def wide(p: float) -> Number:
    return Number(p, p / 3, min(1.0, p * 2))


def small(load: tuple[float, float, float] = (0.5, 0.3, 0.2)) -> Network:
    """A root of three states, noisy-ORs with a joint condition, a test and a table with two
    parents.
    """
    pain = NoisyOr(
        wide(0.1),
        (
            Mechanism({"weak": ("yes",), "sit": ("medium", "long")}, wide(0.4)),
            Mechanism({"tight": ("yes",)}, wide(0.3)),
        ),
    )
    weak = NoisyOr(wide(0.2), (Mechanism({"sit": ("long",)}, wide(0.35)),))
    tight = NoisyOr(wide(0.25), (Mechanism({"sit": ("medium", "long")}, wide(0.15)),))
    test = Table(
        ("weak",), (Row(("no",), (wide(0.85), wide(0.15))), Row(("yes",), (wide(0.3), wide(0.7))))
    )
    given = [
        (("no", "no"), 0.05),
        (("no", "yes"), 0.2),
        (("yes", "no"), 0.4),
        (("yes", "yes"), 0.6),
    ]
    ache = Table(
        ("pain", "tight"), tuple(Row(states, (wide(1 - p), wide(p))) for states, p in given)
    )
    return Network(
        "small",
        {
            "sit": Variable(
                "sit",
                ("short", "medium", "long"),
                Table((), (Row((), tuple(map(wide, load))),)),
                "Sitting",
                "risk_factor",
            ),
            "weak": Variable("weak", YES_NO, weak, "Weak core", "impairment"),
            "tight": Variable("tight", YES_NO, tight, "Tight hips", "impairment"),
            "pain": Variable("pain", YES_NO, pain, "Pain", "presentation"),
            "test": Variable("test", ("negative", "positive"), test, "Plank test", "test"),
            "ache": Variable("ache", YES_NO, ache, "Ache", "presentation"),
        },
        outcome="pain",
        vocabulary=WORDS,
    )


def changed(network: Network, one: Parameter, t: float) -> Network:
    """Return the network with one number at t, found by identity, its siblings in proportion:
    nothing of the code under test.
    """

    def entry(old: Number, numbers: tuple[Number, ...]) -> Number:
        if old is one.number:
            return number(t)
        if all(other is not one.number for other in numbers):
            return old
        rest = math.fsum(other.p for other in numbers if other is not one.number)
        return number(old.p * (1 - t) / rest if rest > 0 else (1 - t) / (len(numbers) - 1))

    def distribution(old: NoisyOr | Table) -> NoisyOr | Table:
        if isinstance(old, NoisyOr):
            links = tuple(replace(m, number=entry(m.number, (m.number,))) for m in old.mechanisms)
            return NoisyOr(entry(old.leak, (old.leak,)), links)
        return Table(
            old.parents,
            tuple(
                Row(row.given, tuple(entry(x, row.numbers) for x in row.numbers))
                for row in old.rows
            ),
        )

    new = {
        name: replace(v, distribution=distribution(v.distribution))
        for name, v in network.variables.items()
    }
    return replace(network, variables=new)


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
            assert value == pytest.approx(truth, abs=1e-11), (one.what, t)


def test_every_number_is_a_parameter_once() -> None:
    network = small()
    numbers = [one.number for one in numbers_of(network)]
    assert len(numbers) == len({id(entry) for entry in numbers})
    assert {id(entry) for entry in numbers} == {
        id(entry) for variable in network.variables.values() for entry in variable.numbers
    }


def test_parameters_lie_where_the_engine_has_them(voice: bb.Network) -> None:
    own = engine_for(voice).circuit.parameters
    for one in numbers_of(voice):
        assert own[one.first + one.position] == one.number.p
        moved = one.at(own, 0.37)
        assert moved[one.first + one.position] == 0.37
        assert moved[one.cells].sum() == pytest.approx(1, abs=1e-15)
        assert np.count_nonzero(moved != own) <= one.size
        before, after = (
            np.delete(own[one.cells], one.position),
            np.delete(moved[one.cells], one.position),
        )
        assert after == pytest.approx(before / before.sum() * 0.63, abs=1e-15)


def test_a_certain_state_gives_way_to_all_others_alike() -> None:
    network = Network("sure", {"a": Variable("a", ("x", "y", "z"), prior(0.0, 1.0, 0.0))})
    one = numbers_of(network)[0]
    assert one.at(engine_for(network).circuit.parameters, 0.6).tolist() == pytest.approx(
        [0.2, 0.6, 0.2]
    )
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
    assert "positive" not in " ".join(row.parameter.what for row in rows)
    assert any(row.parameter.what == "tight hips > pain" and row.slope > 0 for row in rows)
    assert any(
        row.parameter.what == "pain, with none of its causes" and row.slope < 0 for row in rows
    )


def test_what_was_told_hangs_on_no_number() -> None:
    found = sensitivity(small(), {"weak": "yes", "pain": "yes"}, "weak")
    assert found.now == 1 and found.rows == () and found.to_dicts() == []
    assert "No single number" in str(found)


def test_one_more_evaluation_may_be_impossible() -> None:
    """With the only cause of the finding at 0 the finding cannot be: f is constant, not
    undefined.
    """
    network = Network("one", {"a": Variable("a", YES_NO, prior(0.6, 0.4)),
                              "b": Variable("b", YES_NO, NoisyOr(number(0.0), (Mechanism({"a": ("yes",)}, number(0.7)),)))})  # fmt: skip
    found = sensitivity(network, {"b": "yes"}, "a")
    assert found.now == 1 and [row.parameter.what for row in found.rows] == [
        "b, with none of its causes"
    ]
    assert found.rows[0](0.0) == pytest.approx(1) and found.rows[0](1.0) == pytest.approx(0.4)


def test_a_curve_says_nan_where_the_findings_are_impossible() -> None:
    one = parameters(small())[0]
    assert math.isnan(Curve(one, 1.0, 0.0, 1.0, 0.0)(0.0))


@pytest.mark.parametrize("threshold", [0, 1, 1.5, -0.1, math.nan, True, "half"])
def test_a_threshold_that_is_none_is_refused(threshold: object) -> None:
    with pytest.raises(bb.BackpainError, match=r"threshold is .*probability between 0 and 1"):
        sensitivity(small(), {}, "weak", threshold=threshold)  # type: ignore[arg-type]


def test_names_and_impossible_findings_are_refused() -> None:
    with pytest.raises(bb.UnknownName, match='unknown variable "weka"; did you mean "weak"'):
        sensitivity(small(), {}, "weka")
    with pytest.raises(bb.UnknownName, match='unknown state of sit "lnog"'):
        sensitivity(small(), {}, "sit", "lnog")
    with pytest.raises(bb.ImpossibleEvidence):
        sensitivity(small((1.0, 0.0, 0.0)), {"sit": "long"}, "weak")


@pytest.mark.parametrize(
    "findings",
    [
        {},
        {"pain": "yes"},
        {"pain": "yes", "sit": "long"},
        {"pain": "yes", "ache": "yes", "weak": "no"},
    ],
)
def test_shares_at_range_ends_and_turns_are_those_of_the_changed_network(
    findings: bb.Findings,
) -> None:
    network = small()
    found = rank_flips(network, findings)
    first = contributors(network, findings)[0]
    assert (found.first, found.share) == (first.variable, first.share)
    assert len(found.rows) >= 3
    for row in found.rows:
        for t, share in (
            (row.parameter.number.low, row.low),
            (row.parameter.number.high, row.high),
        ):
            anew = {
                one.variable: one.share
                for one in contributors(changed(network, row.parameter, t), findings)
            }
            assert share == pytest.approx(anew[found.first], abs=1e-10), row.parameter.what
        assert_turn(network, findings, found.first, row.parameter, row.at, row.rival)


def assert_turn(
    network: Network,
    findings: bb.Findings,
    first: str,
    one: Parameter,
    at: float | None,
    rival: str,
) -> None:
    if at is None:
        for t in np.linspace(0.001, 0.999, 9):
            assert contributors(changed(network, one, t), findings)[0].variable == first
        return
    p = one.number.p
    beyond, before = at + (at - p) * 1e-6, at - (at - p) * 1e-6
    if 0 <= beyond <= 1:
        assert contributors(changed(network, one, beyond), findings)[0].variable == rival
    assert contributors(changed(network, one, before), findings)[0].variable == first
    for t in np.linspace(p, before, 7):
        assert contributors(changed(network, one, t), findings)[0].variable == first


def test_turns_exist_on_both_sides_of_a_range() -> None:
    rows = rank_flips(small(), {"pain": "yes"}).rows
    assert any(row.within for row in rows) and any(
        row.at is not None and not row.within for row in rows
    )
    assert any(row.at is None and row.rival == "" for row in rows)


def test_a_turn_does_not_depend_on_where_the_range_ends() -> None:
    network = small()
    turning = [row for row in rank_flips(network, {"pain": "yes"}).rows if row.at is not None]
    assert any(row.at < row.parameter.number.p for row in turning) and any(
        row.at > row.parameter.number.p for row in turning
    )
    for row in turning:
        p = row.parameter.number.p
        for end in (
            row.at + (row.at - p) * 1e-3,
            row.at - (row.at - p) * 1e-3,
            0.0 if row.at < p else 1.0,
            p,
        ):
            object.__setattr__(row.parameter.number, "low", min(end, p))
            object.__setattr__(row.parameter.number, "high", max(end, p))
            again = {
                id(one.parameter.number): one for one in rank_flips(network, {"pain": "yes"}).rows
            }[id(row.parameter.number)]
            assert again.at == pytest.approx(row.at, abs=1e-9) and again.rival == row.rival
            assert again.within == (min(end, p) <= row.at <= max(end, p))


def test_an_impossible_end_of_a_range_has_the_share_of_its_limit() -> None:
    cause = NoisyOr(Number(0.0, 0.0, 0.0), (Mechanism({"a": ("yes",)}, Number(0.5, 0.0, 0.9)),))
    a = Variable("a", YES_NO, prior(0.6, 0.4), "A", "risk_factor")
    network = Network(
        "one",
        {"a": a, "b": Variable("b", YES_NO, cause, "B", "presentation")},
        outcome="b",
        vocabulary=WORDS,
    )
    found = rank_flips(network, {"b": "yes"})
    assert found.share == 1
    assert all(np.isfinite([row.low, row.high]).all() for row in found.rows)


def test_without_causes_nothing_turns() -> None:
    network = Network(
        "bare",
        {"pain": Variable("pain", YES_NO, prior(0.7, 0.3), "Pain", "presentation")},
        outcome="pain",
        vocabulary=WORDS,
    )
    assert rank_flips(network, {"pain": "yes"}).rows == () and rank_flips(network, {}).views() == []
    with pytest.raises(bb.BackpainError, match="names no outcome"):
        rank_flips(replace(network, outcome=""), {})


def test_on_the_shipped_networks(voice: bb.Network) -> None:
    found = rank_flips(voice, DESK)
    assert found.share == pytest.approx(contributors(voice, DESK)[0].share)
    for row in found.rows[:12]:
        assert_shipped_turn(voice, row.parameter, row.at, row.rival, found.first)
    again = sensitivity(voice, DESK, "tight_hip_flexors")
    assert again.now == pytest.approx(
        bb.posterior(voice, DESK).present("tight_hip_flexors"), abs=1e-14
    )
    for curve in again.rows[:12]:
        for t in (0.05, 0.6):
            moved = changed(voice, curve.parameter, t)
            assert curve(t) == pytest.approx(
                bb.posterior(moved, DESK).present("tight_hip_flexors"), abs=1e-10
            )


def assert_shipped_turn(
    network: bb.Network, one: Parameter, at: float | None, rival: str, first: str
) -> None:
    if at is None or not 1e-3 < at < 0.999:
        return
    beyond, before = (at + (at - one.number.p) * side for side in (1e-4, -1e-4))
    assert contributors(changed(network, one, beyond), DESK)[0].variable == rival
    assert contributors(changed(network, one, before), DESK)[0].variable == first


def test_the_words_name_the_number_its_value_and_its_range(shipped: bb.Network) -> None:
    text = str(sensitivity(shipped, DESK, "tight_hip_flexors", threshold=0.45)).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert text.startswith("WHAT THE 39 % FOR TIGHT HIP FLEXORS HANGS ON")
    assert "It would be above 45 % if one of these were" in text
    assert (
        "hours spent sitting per day: over 8 > tight hip flexors (now 15 %, range 5 % to 30 %)"
        in " ".join(text.split())
    )
    assert "anywhere in its own range, brings it above" in str(
        sensitivity(shipped, DESK, "tight_hip_flexors", threshold=0.99)
    )
    assert max(map(len, text.splitlines())) <= 100
    assert "39 % to 39 %" not in text
    rows = sensitivity(shipped, DESK, "tight_hip_flexors").to_dicts()
    assert {
        "what",
        "p",
        "low",
        "high",
        "at_low",
        "at_high",
        "slope",
        "crossing",
        "a1",
        "a0",
        "g1",
        "g0",
    } <= set(rows[0])
    assert {"turns_at", "rival", "within_range"} <= set(rank_flips(shipped, DESK).to_dicts()[0])


def test_numbers_in_words() -> None:
    assert [
        chance(p).replace("\N{NO-BREAK SPACE}", " ") for p in (0.096, 0.0949, 0.05, 0.00001)
    ] == ["10 %", "9.5 %", "5 %", "0.001 %"]
