"""Conflict between findings against the joint distribution written out."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.explain.conflict import conflict
from backpain_bn.inference.evidence import encode
from backpain_bn.inference.simulation import simulate
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS

YES_NO = ("no", "yes")
ODD = {"load": "low", "strain": "yes", "weak": "no"}


def small() -> Network:
    """A root of three states, two noisy-ORs, a table of three states with two parents."""
    soreness = [
        ("no", "no", 0.8, 0.15, 0.05),
        ("no", "yes", 0.5, 0.3, 0.2),
        ("yes", "no", 0.4, 0.4, 0.2),
        ("yes", "yes", 0.1, 0.3, 0.6),
    ]
    rows = tuple(
        Row((weak, strain), tuple(map(number, values))) for weak, strain, *values in soreness
    )
    weak = NoisyOr(number(0.2), (Mechanism({"load": ("middle", "high")}, number(0.3)),))
    both = Mechanism({"load": ("high",), "weak": ("yes",)}, number(0.6))
    strain = NoisyOr(number(0.05), (both, Mechanism({"weak": ("yes",)}, number(0.2))))
    return Network(
        "small",
        {
            "sore": Variable(
                "sore",
                ("none", "some", "much"),
                Table(("weak", "strain"), rows),
                "Soreness",
                "presentation",
            ),
            "load": Variable(
                "load", ("low", "middle", "high"), prior(0.6, 0.3, 0.1), "Load", "risk_factor"
            ),
            "weak": Variable("weak", YES_NO, weak, "Weak", "impairment"),
            "strain": Variable("strain", YES_NO, strain, "Strain", "mechanism"),
        },
        vocabulary=WORDS,
    )


def p(network: Network, findings: bb.Findings) -> float:
    return math.exp(enumerate_beliefs(network, encode(network, [findings])).log_evidence[0])


def by_definition(network: Network, findings: bb.Findings) -> float:
    return math.log2(
        math.prod(p(network, {name: finding}) for name, finding in findings.items())
        / p(network, findings)
    )


FINDINGS = st.fixed_dictionaries(
    {},
    optional={
        "load": st.sampled_from(["low", "middle", "high"]),
        "weak": st.sampled_from(["no", "yes", {"no": 0.3, "yes": 0.9}]),
        "strain": st.sampled_from(YES_NO),
        "sore": st.sampled_from(["none", "some", "much", {"some": 2, "much": 5}]),
    },
)


@given(FINDINGS)
@settings(max_examples=40, deadline=None)
def test_conflict_and_fits_follow_the_definition(findings: bb.Findings) -> None:
    network = small()
    found = conflict(network, findings, cases=5)
    assert found.bits == pytest.approx(by_definition(network, findings), abs=1e-10)
    assert {row.variable for row in found.rows} == set(findings)
    assert [row.bits for row in found.rows] == sorted(
        (row.bits for row in found.rows), reverse=True
    )
    for row in found.rows:
        rest = {name: finding for name, finding in findings.items() if name != row.variable}
        assert row.alone == pytest.approx(
            p(network, {row.variable: findings[row.variable]}), abs=1e-12
        )
        assert row.predicted == pytest.approx(p(network, findings) / p(network, rest), abs=1e-12)
        assert found.bits - row.bits == pytest.approx(by_definition(network, rest), abs=1e-10)


@given(FINDINGS)
@settings(max_examples=40, deadline=None)
def test_explanations_are_the_likeliest_hypotheses_that_leave_no_conflict(
    findings: bb.Findings,
) -> None:
    network = small()
    found = conflict(network, findings, cases=5)
    expected = []
    for name, variable in network.variables.items():
        for state in variable.states:
            left = (
                by_definition(network, {**findings, name: state})
                if name not in findings
                else math.inf
            )
            if found.bits > 0 and left <= 1e-12:
                now = p(network, {**findings, name: state}) / p(network, findings)
                expected.append((state == variable.states[0], -now, name, state, left))
    expected.sort()
    assert [(one.variable, one.state) for one in found.explanations] == [
        (name, state) for _, _, name, state, _ in expected[:3]
    ]
    for one, (_, now, name, state, left) in zip(found.explanations, expected, strict=False):
        assert (one.now, one.before, one.bits) == pytest.approx(
            (-now, p(network, {name: state}), left), abs=1e-10
        )


def test_a_strain_without_cause_is_in_conflict_and_soreness_explains_nothing() -> None:
    found = conflict(small(), ODD)
    assert found.bits > 0.5 and found.rows[0].variable == "strain"
    assert found.explanations == ()
    assert conflict(small(), {"load": "low", "strain": "yes"}).explanations[0].variable == "weak"


def test_unhealthy_states_explain_before_healthy_ones() -> None:
    def table(*values: float) -> Table:
        rows = zip(product(YES_NO, YES_NO), values, strict=True)
        return Table(
            ("x", "y"), tuple(Row(states, (number(1 - q), number(q))) for states, q in rows)
        )

    roots = {
        "x": Variable("x", YES_NO, prior(0.95, 0.05)),
        "y": Variable("y", YES_NO, prior(0.5, 0.5)),
    }
    leaves = {
        "a": Variable("a", YES_NO, table(0.2, 0.5, 0.05, 0.95)),
        "b": Variable("b", YES_NO, table(0.95, 0.05, 0.95, 0.5)),
    }
    found = conflict(Network("cross", {**roots, **leaves}), {"a": "yes", "b": "yes"})
    assert [(one.variable, one.state) for one in found.explanations] == [("x", "yes"), ("y", "no")]
    assert found.explanations[0].now < found.explanations[1].now


def test_the_percentile_is_that_of_the_distribution_of_all_cases() -> None:
    network = small()
    names = ("load", "weak", "strain")
    for findings in (
        ODD,
        {"load": "high", "weak": "yes", "strain": "yes"},
        {"load": "middle", "weak": "no", "strain": "no"},
    ):
        own, expected = by_definition(network, findings), 0.0
        for states in product(*(network[name].states for name in names)):
            case = dict(zip(names, states, strict=True))
            other = by_definition(network, case)
            expected += p(network, case) * (
                0.5 if math.isclose(own, other, abs_tol=1e-9) else float(other < own)
            )
        assert conflict(network, findings, cases=20_000).percentile == pytest.approx(
            expected, abs=0.015
        )


def test_unrelated_findings_are_neither_in_conflict_nor_unusual() -> None:
    network = Network("two", {name: Variable(name, YES_NO, prior(0.7, 0.3)) for name in "ab"})
    found = conflict(network, {"a": "yes", "b": "no"})
    assert found.bits == pytest.approx(0, abs=1e-12) and found.percentile == 0.5
    assert "about as likely together" in str(found) and "explain" not in str(found)


def test_uncertain_findings_count_in_the_conflict_but_not_among_drawn_cases() -> None:
    network = small()
    hard = {"load": "low", "strain": "yes"}
    soft = {**hard, "weak": {"no": 3.0, "yes": 1.0}}
    found = conflict(network, soft)
    assert found.percentile == conflict(network, hard).percentile
    assert found.bits == pytest.approx(
        conflict(network, {**hard, "weak": {"no": 0.6, "yes": 0.2}}).bits, abs=1e-12
    )
    assert found.bits > conflict(network, hard).bits
    assert math.isnan(
        conflict(network, {"load": "low", "weak": {"no": 3.0, "yes": 1.0}}).percentile
    )
    assert "weak: uncertain" in str(found)


def test_cases_are_drawn_from_the_joint_distribution() -> None:
    network = small()
    names = ["sore", "load", "weak", "strain"]
    drawn = simulate(network, names, 40_000, seed=3)
    assert drawn.shape == (40_000, 4)
    cells, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(cells) == 36
    for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
        case = {name: network[name].states[state] for name, state in zip(names, cell, strict=True)}
        truth = p(network, case)
        assert count / 40_000 == pytest.approx(truth, abs=4.5 * math.sqrt(truth / 40_000))


def test_the_seed_decides() -> None:
    one, same, other = (simulate(small(), ["sore", "strain"], 200, seed=seed) for seed in (1, 1, 2))
    assert (one == same).all() and (one != other).any()
    assert (
        conflict(small(), ODD, cases=100, seed=4).percentile
        == conflict(small(), ODD, cases=100, seed=4).percentile
    )
    assert simulate(small(), ["strain"], 50, seed=0).shape == (50, 1)


def test_no_finding_and_one_finding_cannot_be_in_conflict() -> None:
    nothing, none, one = (
        conflict(small(), {}),
        conflict(small(), {"weak": None}),
        conflict(small(), {"weak": "yes"}),
    )
    assert nothing.bits == 0 and nothing.rows == () and nothing.views() == [] and none.rows == ()
    assert one.bits == pytest.approx(0, abs=1e-12) and one.rows[0].predicted == pytest.approx(
        one.rows[0].alone
    )
    assert math.isnan(one.percentile) and "cannot contradict" in str(one)


def test_everything_observed() -> None:
    found = conflict(small(), {"sore": "none", "load": "high", "weak": "no", "strain": "yes"})
    assert found.explanations == () and len(found.rows) == 4
    assert "Nothing in this network would explain that" in str(found)


def test_what_cannot_be_is_refused() -> None:
    network = Network(
        "point",
        {"a": Variable("a", YES_NO, prior(1.0, 0.0)), "b": Variable("b", YES_NO, prior(0.5, 0.5))},
    )
    with pytest.raises(bb.errors.ImpossibleEvidence):
        conflict(network, {"a": "yes", "b": "no"})
    with pytest.raises(bb.errors.UnknownName, match='unknown variable "laod"; did you mean "load"'):
        conflict(small(), {"laod": "low"})


@pytest.mark.parametrize("cases", [0, -3, 2.5, True, "many"])
def test_a_number_of_cases_that_is_none_is_refused(cases: object) -> None:
    with pytest.raises(
        bb.BackpainError, match=r"number of simulated cases is .*whole number from 1 to 1,000,000"
    ):
        conflict(small(), ODD, cases=cases)  # type: ignore[arg-type]


def test_the_words() -> None:
    text = " ".join(
        str(conflict(small(), {"load": "low", "strain": "yes"}))
        .replace("\N{NO-BREAK SPACE}", " ")
        .split()
    )
    assert "times rarer together than if they had nothing to do with each other (conflict +" in text
    assert "It would be explained by weak (" in text and "sits worst" not in text
    assert '"strain: yes" sits worst with the rest' in str(conflict(small(), ODD))
    fitting = str(conflict(small(), {"load": "high", "strain": "yes", "weak": "yes"}))
    assert (
        "Yes: they are" in fitting
        and "times likelier together" in fitting
        and "sits worst" not in fitting
    )
