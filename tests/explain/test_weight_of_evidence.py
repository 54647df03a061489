"""What speaks for and against: weights against their definition, all orders of telling, and what
settles a question.
"""

from __future__ import annotations

import importlib
import json
import math
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.explain.weight_of_evidence import WeightOfEvidence, weight_of_evidence
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS

module = importlib.import_module("backpain_bn.explain.weight_of_evidence")
log_odds_module = importlib.import_module("backpain_bn.explain.log_odds")
shapley_module = importlib.import_module("backpain_bn.explain.shapley")
YES_NO = ("no", "yes")


def caused(leak: float, *links: tuple[dict[str, str], float]) -> NoisyOr:
    return NoisyOr(
        number(leak),
        tuple(
            Mechanism({parent: (state,) for parent, state in when.items()}, number(p))
            for when, p in links
        ),
    )


def given_rows(parent: str, rows: dict[str, tuple[float, ...]]) -> Table:
    return Table(
        (parent,),
        tuple(
            Row((state,), tuple(map(number, probabilities)))
            for state, probabilities in rows.items()
        ),
    )


def small(*numbers: float) -> Network:
    """Sitting and load behind stiff and weak, both behind pain; a scan that is never wrong when
    positive, three courses of the pain.
    """
    a, b, c, d, e = numbers or (0.4, 0.3, 0.5, 0.35, 0.6)
    pain = caused(0.05, ({"stiff": "yes"}, c), ({"weak": "yes", "load": "yes"}, d))
    course = given_rows("pain", {"no": (0.9, 0.1, 0.0), "yes": (0.1, e, 0.9 - e)})
    return Network(
        "small",
        {
            "sits": Variable(
                "sits", ("little", "some", "much"), prior(0.5, 0.3, 0.2), "Sitting", "risk_factor"
            ),
            "load": Variable("load", YES_NO, prior(0.6, 0.4), "Load", "risk_factor"),
            "stiff": Variable(
                "stiff",
                YES_NO,
                caused(0.1, ({"sits": "some"}, a / 2), ({"sits": "much"}, a)),
                "Stiff hips",
                "impairment",
            ),
            "weak": Variable(
                "weak", YES_NO, caused(0.2, ({"load": "yes"}, b)), "Weak core", "impairment"
            ),
            "pain": Variable("pain", YES_NO, pain, "Pain", "presentation"),
            "course": Variable("course", ("none", "comes", "stays"), course, "Course", "mechanism"),
            "scan": Variable(
                "scan",
                YES_NO,
                given_rows("weak", {"no": (1.0, 0.0), "yes": (0.4, 0.6)}),
                "Scan",
                "test",
            ),
            "shoes": Variable("shoes", YES_NO, prior(0.5, 0.5), "New shoes", "risk_factor"),
        },
        outcome="pain",
        vocabulary=WORDS,
    )


def log_odds(network: Network, findings: Findings, variable: str, state: str) -> float:
    row = enumerate_beliefs(network, encode(network, [findings])).marginals[
        0, network.slices[variable]
    ]
    place = network.state(variable, state)
    with np.errstate(divide="ignore"):
        return float(10 * (np.log10(row[place]) - np.log10(np.delete(row, place).sum())))


def by_permutations(
    network: Network, findings: Findings, variable: str, state: str
) -> dict[str, float]:
    """The Shapley value, as defined: the mean over all orders of what each finding adds."""
    known: dict[frozenset[str], float] = {}

    def told(names: tuple[str, ...]) -> float:
        key = frozenset(names)
        if key not in known:
            known[key] = log_odds(
                network, {name: findings[name] for name in names}, variable, state
            )
        return known[key]

    orders = list(permutations(findings))
    return {
        name: math.fsum(
            told(order[: order.index(name) + 1]) - told(order[: order.index(name)])
            for order in orders
        )
        / len(orders)
        for name in findings
    }


CASES: list[tuple[Findings, str, str | None]] = [
    ({"pain": "yes"}, "weak", None),
    ({"pain": "yes", "sits": "much"}, "weak", None),
    (
        {"pain": "yes", "sits": "much", "course": "comes", "scan": "no", "shoes": "yes"},
        "weak",
        "yes",
    ),
    (
        {"pain": "yes", "sits": "much", "course": "comes", "scan": "no", "shoes": "yes"},
        "weak",
        "no",
    ),
    ({"pain": "yes", "scan": "yes", "course": "comes"}, "sits", None),
    ({"pain": "no", "load": "yes", "stiff": "yes"}, "sits", "some"),
    (
        {"pain": {"yes": 0.9, "no": 0.3}, "sits": {"little": 1, "much": 2}, "load": "no"},
        "stiff",
        None,
    ),
    ({"weak": {"yes": 3, "no": 1}, "pain": "yes", "load": "yes"}, "weak", None),
]


@pytest.mark.parametrize(("findings", "variable", "state"), CASES)
def test_weights_are_means_over_all_orders(
    findings: Findings, variable: str, state: str | None
) -> None:
    network = small()
    answer = weight_of_evidence(network, findings, variable, state)
    state = state or network[variable].states[-1]
    wanted = by_permutations(network, findings, variable, state)
    assert [row.variable for row in answer] == list(findings)
    before, whole = (
        log_odds(network, {}, variable, state),
        log_odds(network, findings, variable, state),
    )
    for position, row in enumerate(answer):
        one = {row.variable: findings[row.variable]}
        others = {name: finding for name, finding in findings.items() if name != row.variable}
        earlier = dict(list(findings.items())[:position])
        assert row.weight == pytest.approx(wanted[row.variable], abs=1e-9)
        assert row.alone == pytest.approx(
            log_odds(network, one, variable, state) - before, abs=1e-9
        )
        assert row.last == pytest.approx(
            whole - log_odds(network, others, variable, state), abs=1e-9
        )
        assert row.told == pytest.approx(
            log_odds(network, {**earlier, **one}, variable, state)
            - log_odds(network, earlier, variable, state),
            abs=1e-9,
        )
        assert row.settles == row.error == 0
    assert answer.orders == 0
    assert answer.unsettled == pytest.approx(answer.after, abs=1e-12)


def logit(p: float) -> float:
    return 10 * math.log10(p / (1 - p))


chances = st.floats(0.02, 0.85)


@settings(max_examples=30, deadline=None)
@given(numbers=st.tuples(chances, chances, chances, chances, chances))
def test_weights_and_the_order_told_add_up_to_the_whole_change(numbers: tuple[float, ...]) -> None:
    network = small(*numbers)
    findings = {
        "pain": "yes",
        "sits": "some",
        "scan": "no",
        "course": {"comes": 0.5, "none": 0.2},
        "load": "yes",
    }
    for variable in ("weak", "stiff"):
        answer = weight_of_evidence(network, findings, variable)
        change = logit(answer.after) - logit(answer.before)
        assert sum(row.weight for row in answer) == pytest.approx(change, abs=1e-9)
        assert sum(row.told for row in answer) == pytest.approx(change, abs=1e-9)


def test_findings_that_say_the_same_share_the_weight_though_each_is_needless() -> None:
    network = Network(
        "echo",
        {
            "weak": Variable("weak", YES_NO, prior(0.7, 0.3)),
            "seen": Variable(
                "seen", YES_NO, given_rows("weak", {"no": (0.8, 0.2), "yes": (0.1, 0.9)})
            ),
            "heard": Variable(
                "heard", YES_NO, given_rows("seen", {"no": (1.0, 0.0), "yes": (0.0, 1.0)})
            ),
        },
    )
    first, second = weight_of_evidence(network, {"seen": "yes", "heard": "yes"}, "weak")
    assert first.last == pytest.approx(0, abs=1e-9) and second.last == pytest.approx(0, abs=1e-9)
    assert first.weight == pytest.approx(second.weight, abs=1e-9)
    assert first.weight == pytest.approx(5 * math.log10(0.9 / 0.2), abs=1e-9)


def test_a_finding_that_cannot_matter_says_nothing() -> None:
    answer = weight_of_evidence(small(), {"pain": "yes", "shoes": "yes"}, "weak")
    assert [row.variable for row in answer.says_nothing] == ["shoes"]
    assert answer[1].weight == pytest.approx(0, abs=1e-12)
    assert "What says nothing about it: new shoes." in str(answer)


def test_a_finding_that_only_matters_together_with_another_is_not_called_silent() -> None:
    answer = weight_of_evidence(small(), {"sits": "much", "pain": "yes"}, "weak")
    sitting = answer[0]
    assert sitting.alone == pytest.approx(0, abs=1e-9)
    assert sitting.weight < -0.05 and not sitting.silent
    assert sitting in answer.speaks_against


def test_what_moves_up_and_down_alike_hardly_matters() -> None:
    odd = Table(
        ("a", "h"),
        tuple(
            Row((a, h), (number(1 - p), number(p)))
            for a, h, p in [
                ("no", "no", 0.3),
                ("no", "yes", 0.6),
                ("yes", "no", 0.15),
                ("yes", "yes", 0.3),
            ]
        ),
    )
    network = Network(
        "odd",
        {
            "a": Variable("a", YES_NO, prior(0.5, 0.5)),
            "h": Variable("h", YES_NO, prior(0.5, 0.5)),
            "b": Variable("b", YES_NO, odd),
        },
    )
    answer = weight_of_evidence(network, {"a": "yes", "b": "yes"}, "h")
    assert [row.variable for row in answer.says_nothing] == ["a"], (
        "a halves both likelihoods of b, so it never matters"
    )
    tilted = Row(("yes", "yes"), (number(0.69), number(0.31)))
    network = Network(
        "odd",
        {
            **network.variables,
            "b": Variable("b", YES_NO, Table(("a", "h"), (*odd.rows[:3], tilted))),
        },
    )
    row = weight_of_evidence(network, {"a": "yes", "b": "yes"}, "h")[0]
    assert 0.03 < row.weight < 0.05 and row.alone == pytest.approx(0, abs=1e-9) and not row.silent
    assert weight_of_evidence(network, {"a": "yes", "b": "yes"}, "h").balanced == (row,)


def test_a_finding_that_settles_it_says_so_and_the_rest_is_weighed_without_it() -> None:
    network = small()
    rest: Findings = {"pain": "yes", "sits": "much", "load": "yes"}
    answer, without = (
        weight_of_evidence(
            network, {"pain": "yes", "scan": "yes", "sits": "much", "load": "yes"}, "weak"
        ),
        weight_of_evidence(network, rest, "weak"),
    )
    rows = {row.variable: row for row in answer}
    assert (
        rows["scan"].weight
        == rows["scan"].alone
        == rows["scan"].last
        == rows["scan"].told
        == math.inf
    )
    assert rows["scan"].settles == pytest.approx(1)
    assert answer.after == 1 and answer.unsettled == pytest.approx(without.after, abs=1e-12)
    for row in without:
        assert same(rows[row.variable], row)
    text = str(answer)
    assert "scan (settles it: makes it certain)" in text
    assert "inf" not in text.split() and "nan" not in text
    assert answer.to_dicts()[1]["weight"] is None
    assert json.loads(json.dumps(answer.to_dicts(), allow_nan=False))[1][
        "settles"
    ] == pytest.approx(1)


def same(one: Any, other: Any) -> bool:
    figures = ("weight", "alone", "last", "told", "settles", "error")
    return all(
        getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-9) for name in figures
    )


def test_what_is_ruled_out_says_so() -> None:
    answer = weight_of_evidence(small(), {"pain": "yes", "scan": "yes"}, "weak", "no")
    assert answer.after == 0 and answer[1].weight == -math.inf
    assert "scan (settles it: rules it out)" in str(answer)


def spun() -> Network:
    """A wheel of three states; each of two findings rules out one of them."""
    return Network(
        "spun",
        {
            "wheel": Variable("wheel", ("red", "green", "blue"), prior(0.2, 0.3, 0.5)),
            "not_green": Variable(
                "not_green",
                YES_NO,
                given_rows("wheel", {"red": (0.1, 0.9), "green": (1.0, 0.0), "blue": (0.5, 0.5)}),
            ),
            "not_blue": Variable(
                "not_blue",
                YES_NO,
                given_rows("wheel", {"red": (0.1, 0.9), "green": (0.5, 0.5), "blue": (1.0, 0.0)}),
            ),
            "hint": Variable(
                "hint",
                YES_NO,
                given_rows("wheel", {"red": (0.2, 0.8), "green": (0.6, 0.4), "blue": (0.6, 0.4)}),
            ),
        },
    )


def test_two_findings_that_settle_it_only_together() -> None:
    answer = weight_of_evidence(
        spun(), {"not_green": "yes", "hint": "yes", "not_blue": "yes"}, "wheel", "red"
    )
    first, hint, second = answer
    assert math.isfinite(first.alone) and math.isfinite(second.alone)
    assert first.weight == second.weight == first.last == second.last == math.inf
    assert first.settles == second.settles == pytest.approx(0.5)
    assert math.isfinite(first.told) and second.told == math.inf
    assert (
        hint.weight
        == hint.alone
        == hint.last
        == hint.told
        == pytest.approx(10 * math.log10(2), abs=1e-9)
    )
    assert "not_green (settles it: makes it certain together with other answers)" in str(answer)


def test_two_findings_that_settle_it_each() -> None:
    both = weight_of_evidence(small(), {"scan": "yes", "weak": {"yes": 1}}, "weak")
    assert [row.weight for row in both] == [math.inf, math.inf]
    assert [row.last for row in both] == [0, 0]
    assert [row.told for row in both] == [math.inf, 0]
    assert [row.settles for row in both] == pytest.approx([0.5, 0.5])


def test_what_was_settled_before_anything_was_told() -> None:
    test = given_rows("h", {"no": (0.5, 0.5), "yes": (0.1, 0.9)})
    network = Network(
        "sure", {"h": Variable("h", YES_NO, prior(0.0, 1.0)), "x": Variable("x", YES_NO, test)}
    )
    for state, verdict, p in (("yes", "certain", 1.0), ("no", "impossible", 0.0)):
        answer = weight_of_evidence(network, {"x": "yes"}, "h", state)
        assert (answer.before, answer.unsettled, answer.after) == (p, p, p)
        assert answer[0].silent and answer[0].weight == answer[0].settles == 0
        assert f"as {verdict} before anything is told" in str(answer)


def test_tiny_is_not_impossible() -> None:
    tests = {
        f"t{i}": Variable(
            f"t{i}", YES_NO, given_rows("h", {"no": (0.5, 0.5), "yes": (1 - 1e-40, 1e-40)})
        )
        for i in range(9)
    }
    network = Network("tiny", {"h": Variable("h", YES_NO, prior(0.5, 0.5)), **tests})
    answer = weight_of_evidence(network, dict.fromkeys(tests, "yes"), "h")
    assert [row.weight for row in answer] == pytest.approx([10 * math.log10(2e-40)] * 9)
    assert all(row.settles == 0 for row in answer)
    assert "settles" not in str(answer)


def test_sampled_weights_agree_with_exact_ones_and_still_add_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = small()
    findings: Findings = {
        "pain": "yes",
        "sits": "much",
        "course": "comes",
        "scan": "no",
        "shoes": "yes",
        "load": "yes",
    }
    exact = weight_of_evidence(network, findings, "weak")
    for each in (module, shapley_module):
        monkeypatch.setattr(each, "MOST_EXACT", 2)
    sampled = weight_of_evidence(network, findings, "weak")
    assert sampled.orders == 1024 and exact.orders == 0
    assert sum(row.weight for row in sampled) == pytest.approx(
        sum(row.weight for row in exact), abs=1e-9
    )
    for one, other in zip(sampled, exact, strict=True):
        assert abs(one.weight - other.weight) <= 5 * one.error + 1e-9
        assert one.error < 0.1
        assert (one.alone, one.last, one.told) == pytest.approx(
            (other.alone, other.last, other.told), abs=1e-9
        )
        assert one.silent == other.silent
    assert max(row.error for row in sampled) > 0.001
    again = weight_of_evidence(network, findings, "weak")
    assert [row.weight for row in again] == pytest.approx([row.weight for row in sampled], 1e-12)
    assert "Averaged over 1,024 orders of the 6 findings" in str(sampled) and "±" in str(sampled)


def test_sampled_weights_keep_what_settles_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = {"not_green": "yes", "hint": "yes", "not_blue": "yes"}
    exact = weight_of_evidence(spun(), findings, "wheel", "red")
    for each in (module, shapley_module):
        monkeypatch.setattr(each, "MOST_EXACT", 0)
    sampled = weight_of_evidence(spun(), findings, "wheel", "red")
    assert [row.weight for row in sampled] == pytest.approx([row.weight for row in exact])
    assert [row.told for row in sampled] == pytest.approx([row.told for row in exact])
    assert [row.settles for row in sampled] == pytest.approx([0.5, 0, 0.5], abs=0.1)
    assert [row.error for row in sampled] == pytest.approx([0, 0, 0], abs=1e-9)


def test_independent_findings_are_exact_even_when_sampled() -> None:
    tests = {
        f"t{i}": Variable(f"t{i}", YES_NO, given_rows("h", {"no": (0.7, 0.3), "yes": (0.4, 0.6)}))
        for i in range(18)
    }
    network = Network("naive", {"h": Variable("h", YES_NO, prior(0.9, 0.1)), **tests})
    answer = weight_of_evidence(network, dict.fromkeys(tests, "yes"), "h")
    assert answer.orders == 1024
    assert [row.weight for row in answer] == pytest.approx([10 * math.log10(2)] * 18)
    assert [row.error for row in answer] == pytest.approx([0] * 18, abs=1e-9)


def test_the_small_circuit_gives_the_same_weights(
    monkeypatch: pytest.MonkeyPatch, car: Network
) -> None:
    findings = {
        "no_start": "yes",
        "battery_age": "over_5_years",
        "clicking": "yes",
        "fuel_gauge": "empty",
    }
    whole = weight_of_evidence(car, findings, "weak_battery")
    monkeypatch.setattr(log_odds_module, "SMALL", 0)
    assert [
        row.weight for row in weight_of_evidence(car, findings, "weak_battery")
    ] == pytest.approx([row.weight for row in whole], abs=1e-9)


def test_seventeen_findings_and_more_add_up(car: Network) -> None:
    findings = {name: car.states[name][-1] for name in car if name != "weak_battery"}
    answer = weight_of_evidence(car, findings, "weak_battery")
    assert len(answer) >= 17 and answer.orders == 1024
    assert sum(row.weight for row in answer) == pytest.approx(
        logit(answer.after) - logit(answer.before), abs=1e-9
    )


def test_no_findings_and_findings_left_out() -> None:
    for findings in ({}, {"pain": None}):
        answer = weight_of_evidence(small(), findings, "weak")
        assert len(answer) == 0 and answer.before == answer.after == answer.unsettled
        assert "Nothing was told yet" in str(answer)


def test_everything_else_observed() -> None:
    network = small()
    findings = {
        "sits": "much",
        "load": "yes",
        "stiff": "no",
        "pain": "yes",
        "course": "stays",
        "scan": "no",
        "shoes": "no",
    }
    answer = weight_of_evidence(network, findings, "weak")
    change = log_odds(network, findings, "weak", "yes") - log_odds(network, {}, "weak", "yes")
    assert sum(row.weight for row in answer) == pytest.approx(change, abs=1e-9)


def test_bad_questions_are_refused_in_words() -> None:
    network = small()
    with pytest.raises(bb.BackpainError, match=r"weak is one of the findings \(weak=yes\)"):
        weight_of_evidence(network, {"weak": "yes"}, "weak")
    with pytest.raises(bb.errors.UnknownName, match='unknown variable "weka"; did you mean "weak"'):
        weight_of_evidence(network, {"pain": "yes"}, "weka")
    with pytest.raises(bb.errors.UnknownName, match='unknown state of weak "maybe"'):
        weight_of_evidence(network, {"pain": "yes"}, "weak", "maybe")
    with pytest.raises(bb.errors.UnknownName, match="unknown state of pain"):
        weight_of_evidence(network, {"pain": "si"}, "weak")
    with pytest.raises(bb.errors.ImpossibleEvidence, match="cannot hold together"):
        weight_of_evidence(network, {"pain": "no", "course": "stays"}, "weak")


def test_the_record_cannot_be_changed() -> None:
    answer = weight_of_evidence(small(), {"pain": "yes"}, "weak")
    assert (
        isinstance(answer, WeightOfEvidence)
        and answer[0] is answer.rows[0]
        and list(answer) == list(answer.rows)
    )
    with pytest.raises(AttributeError):
        answer.rows = ()  # type: ignore[misc]


def test_it_reads_as_sentences(car: Network) -> None:
    told = {"no_start": "yes", "battery_age": "over_5_years", "fuel_gauge": "empty"}
    text = str(weight_of_evidence(car, told, "weak_battery"))
    assert max(map(len, text.splitlines())) <= 100
    text = " ".join(text.split())
    assert "What speaks for weak or flat battery: failure to start (+" in text
    assert "age of the battery: over 5 years (+3.2 decibans, doubles the odds)" in text
    assert "What speaks against weak or flat battery: fuel gauge: empty (-" in text
