"""What to ask next: every value against enumeration of the joint, its identities, the look-ahead,
the stop rule, and the printed answer.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.decide import value_of_information
from backpain_bn.decide.budget import budget_of, effort
from backpain_bn.decide.next_questions import next_questions as ranked
from backpain_bn.decide.questions import NextQuestions, Question
from backpain_bn.decide.same_decision import ENOUGH, SameDecision, same_decision
from backpain_bn.decide.utilities import Utilities, utilities_of
from backpain_bn.decide.value_of_information import best_rate, clean
from backpain_bn.explain.attribution import contributors
from backpain_bn.inference.engine import engine_for
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Cost, Variable
from backpain_bn.red_flags.answered import check
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS

YES_NO = ("no", "yes")
next_questions = partial(ranked, by="information")
WEIGHING = {
    "run": {"no": 1.0, "yes": -2.0},
    "modify": {"no": 0.5, "yes": 0.2},
    "rest": {"no": -1.0, "yes": 0.6},
}


def caused(leak: float, *links: tuple[str, str, float]) -> NoisyOr:
    return NoisyOr(
        number(leak), tuple(Mechanism({parent: (state,)}, number(p)) for parent, state, p in links)
    )


def test_of(hidden: str, sensitivity: float, specificity: float) -> Table:
    rows = ((("no",), specificity), (("yes",), 1 - sensitivity))
    return Table((hidden,), tuple(Row(given, (number(p), number(1 - p))) for given, p in rows))


test_of.__test__ = False  # type: ignore[attr-defined]


def clinic() -> Network:
    """Sitting (3 states) > hip and core > pain; a form fault that can be seen; two tests; a
    stranger that has to do with nothing.
    """
    hip_test, core_test = Cost(5, 1, "home"), Cost(20, 4, "clinician")
    return Network(
        "clinic",
        {
            "sit": Variable(
                "sit",
                ("little", "some", "much"),
                prior(0.3, 0.45, 0.25),
                "Sitting",
                "risk_factor",
                question="How long?",
            ),
            "stranger": Variable(
                "stranger",
                YES_NO,
                prior(0.6, 0.4),
                "Stranger",
                "risk_factor",
                question="Do you like tea?",
            ),
            "hip": Variable(
                "hip",
                YES_NO,
                caused(0.2, ("sit", "much", 0.4), ("sit", "some", 0.15)),
                "Tight hip (psoas)",
                "impairment",
            ),
            "core": Variable(
                "core", YES_NO, caused(0.25, ("sit", "much", 0.2)), "Weak core", "impairment"
            ),
            "drop": Variable(
                "drop",
                YES_NO,
                caused(0.1, ("core", "yes", 0.5)),
                "Pelvic drop",
                "form",
                question="Drops it?",
                cost=Cost(2),
            ),
            "pain": Variable(
                "pain",
                YES_NO,
                caused(0.1, ("hip", "yes", 0.4), ("core", "yes", 0.3), ("drop", "yes", 0.05)),
                "Pain",
                "presentation",
                question="Does it hurt?",
            ),
            "hip_test": Variable(
                "hip_test",
                YES_NO,
                test_of("hip", 0.85, 0.8),
                "Hip test",
                "test",
                question="Do it.",
                cost=hip_test,
            ),
            "core_test": Variable(
                "core_test",
                YES_NO,
                test_of("core", 0.6, 0.9),
                "Core test",
                "test",
                question="Have it.",
                cost=core_test,
            ),
        },
        outcome="pain",
        vocabulary=WORDS,
    )


def riddle() -> Network:
    """The hidden weakness is there if exactly one of two coins is up: either alone tells nothing,
    both tell all. A test tells a little.
    """
    exclusive = tuple(
        Row((a, b), (number(1 - q), number(q)))
        for a in YES_NO
        for b in YES_NO
        for q in (0.95 if (a == "yes") != (b == "yes") else 0.05,)
    )
    return Network(
        "riddle",
        {
            "first": Variable("first", YES_NO, prior(0.5, 0.5), "First coin", question="First?"),
            "second": Variable(
                "second", YES_NO, prior(0.5, 0.5), "Second coin", question="Second?"
            ),
            "weak": Variable(
                "weak", YES_NO, Table(("first", "second"), exclusive), "Weakness", "impairment"
            ),
            "hint": Variable(
                "hint", YES_NO, test_of("weak", 0.6, 0.6), "Hint", "test", question="Hint?"
            ),
            "pain": Variable(
                "pain", YES_NO, caused(0.1, ("weak", "yes", 0.5)), "Pain", "presentation"
            ),
        },
        outcome="pain",
        vocabulary=WORDS,
    )


CASES: list[dict[str, Any]] = [
    {},
    {"pain": "yes"},
    {"pain": "no"},
    {"pain": "yes", "sit": "much"},
    {"pain": "yes", "hip_test": "yes", "drop": "no"},
    {"pain": "yes", "hip": {"no": 0.2, "yes": 0.9}, "sit": None},
    {"pain": "yes", "sit": "some", "stranger": "no", "drop": "yes", "hip_test": "no"},
]


def marginals(network: Network, cases: Sequence[Findings]) -> list[dict[str, dict[str, float]]]:
    """Return P(variable = state | case) for every case, by enumeration; zeros where a case is
    impossible.
    """
    found = enumerate_beliefs(network, encode(network, cases)).marginals
    return [
        {
            name: dict(zip(variable.states, row[network.slices[name]], strict=True))
            for name, variable in network.variables.items()
        }
        for row in found
    ]


def entropy(p: Mapping[str, float]) -> float:
    return -sum(value * math.log2(value) for value in p.values() if value > 0)


def doubt(network: Network, findings: Findings, hypotheses: Sequence[str]) -> float:
    return sum(entropy(marginals(network, [findings])[0][name]) for name in hypotheses)


def expected_utility(network: Network, findings: Findings, about: str) -> float:
    p = marginals(network, [findings])[0][about]
    return max(sum(p[state] * worth[state] for state in p) for worth in WEIGHING.values())


def best_worth(
    network: Network, findings: Findings, names: Sequence[str], k: int, price: float, reward: Any
) -> float:
    """V_k by its definition: recursion over questions and answers, everything by enumeration."""
    best = float(reward(findings))
    if k == 0:
        return best
    now = marginals(network, [findings])[0]
    for name in names:
        if findings.get(name) is None:
            after = sum(
                p * best_worth(network, {**findings, name: state}, names, k - 1, price, reward)
                for state, p in now[name].items()
                if p > 0
            )
            best = max(best, after - price * effort(network[name].cost))
    return best


def by_name(found: NextQuestions) -> dict[str, Question]:
    return {row.variable: row for row in found}


@pytest.mark.parametrize("findings", CASES)
def test_values_follow_the_definition(findings: dict[str, Any]) -> None:
    network = clinic()
    found = next_questions(network, findings)
    told = {name: finding for name, finding in findings.items() if finding is not None}
    assert set(found.hypotheses) == {"hip", "core"}
    assert found.doubt == pytest.approx(doubt(network, told, found.hypotheses), abs=1e-12)
    assert set(by_name(found)) == {
        name for name in network.variables if network[name].question and name not in told
    }
    now = marginals(network, [told])[0]
    for row in found:
        after = [
            doubt(network, {**told, row.variable: state}, found.hypotheses)
            for state in network[row.variable].states
        ]
        expected = found.doubt - sum(
            p * h for p, h in zip(now[row.variable].values(), after, strict=True)
        )
        assert row.bits == row.value == pytest.approx(expected, abs=1e-12)
        assert row.rate == pytest.approx(
            row.bits / max(row.cost.minutes + row.cost.discomfort, 0.1)
        )
        assert row.bits >= 0


@pytest.mark.parametrize("findings", CASES)
def test_each_answer_says_what_it_would_do(findings: dict[str, Any]) -> None:
    network = clinic()
    told = {name: finding for name, finding in findings.items() if finding is not None}
    now = marginals(network, [told])[0]
    for row in next_questions(network, findings):
        assert [answer.state for answer in row.answers] == list(network[row.variable].states)
        assert sum(answer.probability for answer in row.answers) == pytest.approx(1)
        for answer in row.answers:
            after = marginals(network, [{**told, row.variable: answer.state}])[0]
            moved = {
                name: abs(after[name]["yes"] - now[name]["yes"])
                for name in ("hip", "core")
                if not isinstance(told.get(name), str)
            }
            assert answer.probability == pytest.approx(now[row.variable][answer.state], abs=1e-12)
            assert moved[answer.hypothesis] == pytest.approx(max(moved.values()), abs=1e-12)
            assert answer.before == pytest.approx(now[answer.hypothesis]["yes"], abs=1e-12)
            assert answer.after == pytest.approx(after[answer.hypothesis]["yes"], abs=1e-12)
            ranked = contributors(network, {**told, row.variable: answer.state})
            assert answer.decision == next(
                each.variable for each in ranked if each.role != "risk_factor"
            )


def test_what_is_d_separated_is_worth_exactly_nothing() -> None:
    rows = by_name(next_questions(clinic(), {"pain": "yes"}))
    assert rows["stranger"].bits == 0.0
    assert rows["sit"].bits > 0
    assert (
        by_name(next_questions(clinic(), {"hip": "yes", "core": "no"}, hypotheses=["drop"]))[
            "sit"
        ].bits
        == 0.0
    )
    assert (
        by_name(next_questions(clinic(), {"core": "no"}, hypotheses=["drop"]))["hip_test"].bits
        == 0.0
    )


def test_rounding_is_cut_and_nothing_else() -> None:
    assert clean(np.array([-9e-13, 9e-13, -2e-12, 3e-12, 0.5]), 1.0).tolist() == [
        0.0,
        0.0,
        -2e-12,
        3e-12,
        0.5,
    ]


@given(st.lists(st.floats(0.01, 0.99), min_size=6, max_size=6), st.sampled_from(CASES[:4]))
@settings(max_examples=25, deadline=None)
def test_identities_hold_whatever_the_numbers(p: list[float], findings: dict[str, Any]) -> None:
    network = Network(
        "any",
        {
            "sit": Variable(
                "sit",
                ("little", "some", "much"),
                prior(1 - p[0], p[0] / 2, p[0] / 2),
                question="How long?",
            ),
            "hip": Variable("hip", YES_NO, caused(p[1], ("sit", "much", p[2])), role="impairment"),
            "pain": Variable(
                "pain",
                YES_NO,
                caused(p[3], ("hip", "yes", p[4])),
                role="presentation",
                question="Does it hurt?",
            ),
            "hip_test": Variable(
                "hip_test", YES_NO, test_of("hip", p[5], 0.8), role="test", question="Do it."
            ),
        },
        outcome="pain",
        vocabulary=WORDS,
    )
    told = {name: finding for name, finding in findings.items() if name in network.variables}
    for weighing in (None, WEIGHING):
        found = next_questions(network, told, utilities=weighing, about="hip" if weighing else None)
        assert all(row.value >= 0 and row.bits >= 0 for row in found)
        assert all(row.value <= found.perfect + 1e-12 for row in found)
        assert all(row.bits <= found.doubt + 1e-12 for row in found)
        assert all(row.ahead >= row.rate for row in found)
        assert 0 == found.worth[0] <= found.worth[1] <= found.worth[2] <= found.perfect + 1e-12


@pytest.mark.parametrize("price", [0.0, 0.01, 0.2])
@pytest.mark.parametrize("findings", CASES[:5])
def test_look_ahead_follows_its_recursion(findings: dict[str, Any], price: float) -> None:
    network = clinic()
    names = [name for name in network.variables if network[name].question and name not in findings]
    found = next_questions(network, findings, price=price)
    start = -found.doubt
    for k, worth in enumerate(found.worth):
        expected = best_worth(
            network, findings, names, k, price, lambda told: -doubt(network, told, ("hip", "core"))
        )
        assert worth == pytest.approx(expected - start, abs=1e-11)
    shorter = next_questions(network, findings, price=price, steps=1)
    assert shorter.worth == pytest.approx(found.worth[:2], abs=1e-12)


@pytest.mark.parametrize("price", [0.0, 0.02])
def test_look_ahead_with_utilities_follows_its_recursion(price: float) -> None:
    network, findings = clinic(), {"pain": "yes"}
    names = [name for name in network.variables if network[name].question and name not in findings]
    found = next_questions(network, findings, utilities=WEIGHING, about="hip", price=price)
    for k, worth in enumerate(found.worth):
        expected = best_worth(
            network, findings, names, k, price, lambda told: expected_utility(network, told, "hip")
        )
        assert worth == pytest.approx(
            expected - expected_utility(network, findings, "hip"), abs=1e-12
        )


def test_two_questions_that_only_tell_together_are_found_and_put_first() -> None:
    network = riddle()
    short, long = next_questions(network, {}, steps=1), next_questions(network, {})
    assert (
        short[0].variable == "hint"
        and by_name(short)["first"].bits == 0.0
        and by_name(short)["first"].then == ()
    )
    first = long[0]
    assert first.variable in ("first", "second")
    other = {"first": "second", "second": "first"}[first.variable]
    assert first.then == (("no", other), ("yes", other))
    both = doubt(network, {}, ["weak"]) - entropy({"no": 0.95, "yes": 0.05})
    assert first.ahead == pytest.approx(both / 1.0)
    assert first.rate == 0.0
    assert (
        by_name(long)["hint"].then == ()
        and by_name(long)["hint"].ahead == by_name(long)["hint"].rate
    )
    assert "after no, ask next about second coin" in " ".join(str(long).split())


def test_a_plan_must_fit_into_the_minutes() -> None:
    network = riddle()
    assert by_name(next_questions(network, {}, budget={"minutes": 1}))["first"].then != ()
    assert by_name(next_questions(network, {}, budget={"minutes": 0.9}))["first"].then == ()


def test_a_follow_up_is_no_reason_to_put_an_empty_question_first() -> None:
    rows = by_name(next_questions(clinic(), {"pain": "yes"}))
    assert rows["stranger"].ahead == 0.0
    assert [row.variable for row in next_questions(clinic(), {"pain": "yes"})][-1] == "stranger"


def every_plan(
    gain: float, cost: float, chance: Any, following: Any, efforts: Any
) -> Iterator[float]:
    for then in product(range(-1, len(efforts)), repeat=len(chance)):
        added = sum(
            p * following[answer][index]
            for answer, (p, index) in enumerate(zip(chance, then, strict=True))
            if index >= 0
        )
        spent = sum(p * efforts[index] for p, index in zip(chance, then, strict=True) if index >= 0)
        yield (gain + added) / (cost + spent)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_the_best_rate_is_the_best_of_all_plans(data: st.DataObject) -> None:
    answers, questions = data.draw(st.integers(2, 3)), data.draw(st.integers(1, 3))
    unit = st.floats(0, 1)
    chance = np.array(data.draw(st.lists(st.floats(0.05, 1), min_size=answers, max_size=answers)))
    chance /= chance.sum()
    following = np.array(
        data.draw(
            st.lists(
                st.lists(unit, min_size=questions, max_size=questions),
                min_size=answers,
                max_size=answers,
            )
        )
    )
    efforts = np.array(
        data.draw(st.lists(st.floats(0.1, 9), min_size=questions, max_size=questions))
    )
    gain, cost = data.draw(unit), data.draw(st.floats(0.1, 9))
    rate, then = best_rate(gain, cost, chance, following, efforts)
    assert rate == pytest.approx(
        max(every_plan(gain, cost, chance, following, efforts)), rel=1e-7, abs=1e-12
    )
    assert len(then) == answers


def test_too_many_pairs_are_cut_to_the_best_and_the_cheapest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, findings = clinic(), {"pain": "yes"}
    whole = next_questions(network, findings)
    monkeypatch.setattr(value_of_information, "MOST_CELLS", 13 * len(network.columns))
    monkeypatch.setattr(value_of_information, "BEST_AHEAD", 1)
    few = next_questions(network, findings)
    bits = [row.bits for row in whole]
    assert [row.bits for row in few] == pytest.approx(bits, abs=1e-12)
    assert few.worth[1] == pytest.approx(whole.worth[1], abs=1e-12)
    assert few.worth[1] < few.worth[2] <= whole.worth[2] + 1e-12
    names = ["hip_test", "sit"]
    both = (
        best_worth(
            network, findings, names, 2, 0.0, lambda told: -doubt(network, told, ("hip", "core"))
        )
        + whole.doubt
    )
    assert few.worth[2] == pytest.approx(both, abs=1e-11)


def test_evsi_follows_the_definition() -> None:
    network, findings = clinic(), {"pain": "yes", "drop": "yes"}
    found = next_questions(network, findings, utilities=WEIGHING, about="core")
    now = marginals(network, [findings])[0]
    start = expected_utility(network, findings, "core")
    for row in found:
        after = sum(
            p * expected_utility(network, {**findings, row.variable: state}, "core")
            for state, p in now[row.variable].items()
            if p > 0
        )
        assert row.value == pytest.approx(after - start, abs=1e-12)
    perfect = (
        sum(
            p * max(worth[state] for worth in WEIGHING.values()) for state, p in now["core"].items()
        )
        - start
    )
    assert found.perfect == pytest.approx(perfect, abs=1e-12)
    assert max(row.value for row in found) <= perfect
    assert by_name(found)["stranger"].value == 0.0
    best = {
        action: sum(now["core"][state] * worth[state] for state in worth)
        for action, worth in WEIGHING.items()
    }
    assert found.decision == max(best, key=best.__getitem__)
    assert found.hypotheses == ("core",)


def test_a_question_that_changes_no_choice_has_bits_but_no_value() -> None:
    found = next_questions(
        clinic(),
        {"pain": "yes"},
        utilities={"run": {"no": 1, "yes": 1}, "rest": {"no": 0, "yes": 0}},
        about="hip",
    )
    assert by_name(found)["hip_test"].bits > 0.1
    assert all(row.value == 0 for row in found)
    assert found.perfect == 0
    assert found.same_decision is not None and found.same_decision.probability == 1.0
    assert "That clears nothing" in str(found)


@pytest.mark.parametrize(
    ("utilities", "about", "message"),
    [
        ({"run": {"no": 1}}, "hip", r'the utilities of "run" miss hip=yes; needed: no, yes'),
        (
            {"run": {"no": 1, "yes": 0, "perhaps": 1}},
            "hip",
            r'unknown state of hip in the utilities of "run" "perhaps".*allowed: no, yes',
        ),
        ({"run": {"no": 1, "yes": math.nan}}, "hip", r'the utility of "run" where hip=yes is nan'),
        ({"run": {"no": 1, "yes": "high"}}, "hip", r'where hip=yes is "high"; it must be a number'),
        ({"run": {"no": True, "yes": 1}}, "hip", r"where hip=no is True"),
        ({"run": 1}, "hip", r'the utilities of "run" must be given for each state of hip: no, yes'),
        ({}, "hip", r"at least one action"),
        (WEIGHING, None, r"pain is observed already \(yes\)"),
        (WEIGHING, "hipp", r'unknown variable "hipp"; did you mean "hip"'),
    ],
)
def test_utilities_are_checked(utilities: Any, about: str | None, message: str) -> None:
    with pytest.raises(bb.BackpainError, match=message):
        next_questions(clinic(), {"pain": "yes"}, utilities=utilities, about=about)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"budget": {"minute": 3}},
            r'unknown budget key "minute"; did you mean "minutes"\? allowed: minutes, discomfort, '
            r"who",
        ),
        (
            {"budget": {"minutes": -1}},
            r"minutes of the budget is -1; it must be a number from 0 up",
        ),
        ({"budget": {"minutes": math.nan}}, r"minutes of the budget is nan"),
        ({"budget": {"discomfort": "low"}}, r'discomfort of the budget is "low"'),
        ({"budget": {"minutes": True}}, r"minutes of the budget is True"),
        ({"budget": {"minutes": 10**400}}, r"minutes of the budget is 1000"),
        ({"price": 10**400}, r"the price of a minute is 1000"),
        (
            {"budget": {"who": ["ask", "doctor"]}},
            r'unknown who of the budget "doctor".*allowed: ask, home, clinician',
        ),
        ({"budget": {"who": None}}, r"unknown who of the budget None"),
        ({"budget": 10}, r"a budget maps minutes, discomfort, who"),
        ({"steps": 0}, r"steps is 0; allowed: 1 .* or 2"),
        ({"steps": 3}, r"steps is 3"),
        ({"steps": True}, r"steps is True"),
        ({"price": -0.1}, r"the price of a minute is -0.1"),
        ({"price": math.inf}, r"the price of a minute is inf"),
        (
            {"hypotheses": ["hip", "pain"]},
            r"pain is observed already \(yes\); a hypothesis must be open",
        ),
        ({"hypotheses": ["hipp"]}, r'unknown variable "hipp"'),
        ({"without": ["sitt"]}, r'unknown variable "sitt"; did you mean "sit"'),
    ],
)
def test_bad_input_gets_a_clear_error(more: dict[str, Any], message: str) -> None:
    with pytest.raises(bb.BackpainError, match=message):
        next_questions(clinic(), {"pain": "yes"}, **more)


def test_findings_are_checked_as_everywhere() -> None:
    with pytest.raises(bb.errors.UnknownName, match='unknown state of sit "lots"'):
        next_questions(clinic(), {"sit": "lots"})


def certain() -> Network:
    """Ache is there exactly when the hip is tight: posteriors of 0 and 1, impossible answers and
    impossible findings.
    """
    return Network(
        "certain",
        {
            "hip": Variable("hip", YES_NO, prior(0.7, 0.3), "Hip", "impairment"),
            "ache": Variable(
                "ache",
                YES_NO,
                test_of("hip", 1.0, 1.0),
                "Ache",
                "presentation",
                question="Does it ache?",
            ),
            "sting": Variable(
                "sting",
                YES_NO,
                test_of("hip", 1.0, 1.0),
                "Sting",
                "presentation",
                question="Does it sting?",
            ),
            "pain": Variable(
                "pain",
                YES_NO,
                caused(0.0, ("hip", "yes", 0.5)),
                "Pain",
                "presentation",
                question="Does it hurt?",
            ),
        },
        outcome="pain",
        vocabulary=WORDS,
    )


def test_posteriors_at_0_and_1() -> None:
    found = next_questions(certain(), {"ache": "yes"})
    assert found.doubt == 0.0 and found.worth == (0.0, 0.0, 0.0)
    assert all(row.bits == 0.0 for row in found)
    sting = by_name(found)["sting"]
    assert [answer.probability for answer in sting.answers] == [0.0, 1.0]
    assert sting.answers[0].before == sting.answers[0].after == 1.0
    settled = by_name(next_questions(certain(), {}))["ache"]
    assert settled.bits == pytest.approx(entropy({"no": 0.7, "yes": 0.3}))
    assert [answer.after for answer in settled.answers] == [0.0, 1.0]
    assert "nan" not in str(found).split()


def test_impossible_findings_are_refused_by_name() -> None:
    with pytest.raises(
        bb.errors.ImpossibleEvidence, match=r"Ache \(ache=yes\), Sting \(sting=no\)"
    ):
        next_questions(certain(), {"ache": "yes", "sting": "no"})
    with pytest.raises(bb.errors.ImpossibleEvidence, match="Ache"):
        same_decision(certain(), {"ache": "yes", "sting": "no"}, ["pain"])


def test_everything_answered_leaves_nothing_to_ask() -> None:
    network = clinic()
    told = {name: network[name].states[-1] for name in network.variables if network[name].question}
    found = next_questions(network, told)
    assert len(found) == 0 and found.worth == (0.0, 0.0, 0.0)
    assert "No question is left that fits. That clears nothing" in str(found)
    every = {name: network[name].states[0] for name in network.variables}
    assert (
        next_questions(network, every).doubt == 0.0
        and next_questions(network, every).hypotheses == ()
    )
    assert next_questions(network, every).to_dicts() == []


def test_budget_leaves_out_what_does_not_fit() -> None:
    network, findings = clinic(), {"pain": "yes"}
    assert set(by_name(next_questions(network, findings, budget={"who": "home"}))) == {"hip_test"}
    assert "core_test" not in by_name(next_questions(network, findings, budget={"discomfort": 3.9}))
    assert "hip_test" in by_name(next_questions(network, findings, budget={"minutes": 5}))
    assert "hip_test" not in by_name(next_questions(network, findings, budget={"minutes": 4.9}))
    assert set(
        by_name(next_questions(network, findings, budget={"who": ["ask"]}, without=["sit"]))
    ) == {"stranger", "drop"}
    assert (
        next_questions(network, findings).budget
        == budget_of(network)
        == next_questions(network, findings, budget={}).budget
    )


def test_what_fits_together_is_taken_in_order() -> None:
    found = next_questions(clinic(), {"pain": "yes"}, budget={"minutes": 6})
    assert [row.variable for row in found] == ["sit", "drop", "hip_test", "stranger"]
    assert [row.variable for row in found.fitting()] == ["sit", "drop"]
    assert [
        row.variable
        for row in next_questions(clinic(), {"pain": "yes"}, budget={"minutes": 5.5}).fitting()
    ] == ["sit", "drop"]
    assert [
        row.variable
        for row in next_questions(
            clinic(), {"pain": "yes", "drop": "no"}, budget={"minutes": 5.5}
        ).fitting()
    ] == [
        "sit",
        "hip_test",
    ]
    assert "fit into 6 minutes: 1, 2." in str(found)


def test_rows_are_in_the_order_of_their_rate() -> None:
    for steps in (1, 2):
        rates = [row.ahead for row in next_questions(clinic(), {"pain": "yes"}, steps=steps)]
        assert rates == sorted(rates, reverse=True)


def test_a_question_that_costs_nothing_is_no_division_by_zero() -> None:
    assert effort(Cost(0, 0)) == 0.1
    assert effort(Cost(5, 3)) == 8.0


def test_what_can_be_asked_outright_is_no_hypothesis_unless_all_can() -> None:
    assert next_questions(clinic(), {}).hypotheses == ("hip", "core")
    drop = Variable("drop", YES_NO, prior(0.5, 0.5), role="form", question="Does it drop?")
    pain = Variable("pain", YES_NO, caused(0.1, ("drop", "yes", 0.4)), role="presentation")
    asked = Network("asked", {"drop": drop, "pain": pain}, outcome="pain", vocabulary=WORDS)
    found = next_questions(asked, {})
    assert found.hypotheses == ("drop",) and found[0].bits == 1.0
    assert found[0].answers[1].hypothesis == "drop" and found[0].answers[1].after == 1.0


def test_a_network_without_anything_to_decide_asks_for_hypotheses() -> None:
    rain = Network(
        "garden",
        {
            "rain": Variable("rain", YES_NO, prior(0.8, 0.2)),
            "wet": Variable("wet", YES_NO, caused(0.1, ("rain", "yes", 0.9)), question="Wet?"),
        },
        vocabulary=WORDS,
    )
    with pytest.raises(
        bb.BackpainError,
        match="garden names no outcome",
    ):
        next_questions(rain, {})
    found = next_questions(rain, {}, hypotheses=["rain"])
    assert found[0].variable == "wet" and found.same_decision is None and found.decision == ""
    assert "Wet?" in str(found)
    with pytest.raises(bb.BackpainError, match="garden names no outcome"):
        next_questions(rain, {}, utilities=WEIGHING)
    weighed = next_questions(rain, {}, utilities=WEIGHING, about="rain")
    assert weighed.hypotheses == ("rain",) and weighed.same_decision is not None
    with pytest.raises(bb.BackpainError, match="no causes upstream of an outcome"):
        same_decision(rain, {}, ["wet"])


def by_all_answers(
    network: Network, findings: Findings, questions: Sequence[str]
) -> dict[str, float]:
    """The probability of each decision over all answers, from the joint and `contributors`."""
    found: dict[str, float] = {}
    log_now = enumerate_beliefs(network, encode(network, [findings])).log_evidence[0]
    for states in product(*(network[name].states for name in questions)):
        told = {**findings, **dict(zip(questions, states, strict=True))}
        p = math.exp(enumerate_beliefs(network, encode(network, [told])).log_evidence[0] - log_now)
        if p > 0:
            top = next(
                row.variable
                for row in contributors(network, told)
                if row.variable in network.workable
            )
            found[top] = found.get(top, 0.0) + p
    return found


@pytest.mark.parametrize(
    "findings",
    [
        {},
        {"pain": "yes"},
        {"pain": "yes", "hip": {"no": 0.2, "yes": 0.9}},
        {"drop": "yes", "pain": "no"},
    ],
)
def test_same_decision_follows_the_definition(findings: dict[str, Any]) -> None:
    network = clinic()
    questions = [name for name in ("sit", "drop", "hip_test", "core_test") if name not in findings]
    found = same_decision(network, findings, questions)
    expected = by_all_answers(network, findings, questions)
    assert found.standard_error == 0.0
    assert found.decisions == pytest.approx(expected)
    assert found.decision == next(
        row.variable for row in contributors(network, findings) if row.variable in network.workable
    )
    assert found.probability == pytest.approx(expected[found.decision])
    assert list(found.decisions.values()) == sorted(found.decisions.values(), reverse=True)


def test_sampled_same_decision_agrees_with_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    network, findings, questions = (
        clinic(),
        {"pain": "yes"},
        ["sit", "drop", "hip_test", "core_test"],
    )
    exact = same_decision(network, findings, questions)
    monkeypatch.setattr(sys.modules[same_decision.__module__], "MOST_COMBINATIONS", 1)
    monkeypatch.setattr(sys.modules[same_decision.__module__], "DRAWS", 2000)
    sampled = same_decision(network, findings, questions)
    assert 0 < sampled.standard_error < 0.015
    assert abs(sampled.probability - exact.probability) < 4 * sampled.standard_error
    assert sum(sampled.decisions.values()) == pytest.approx(1)
    assert sampled == same_decision(network, findings, questions)


def test_nothing_to_ask_leaves_the_decision_as_it_is() -> None:
    found = same_decision(clinic(), {"pain": "yes"}, [])
    assert found.probability == 1.0 and found.standard_error == 0.0 and found.settled


def test_settled_means_nine_in_ten() -> None:
    found = same_decision(clinic(), {"pain": "yes"}, ["stranger"])
    assert found.probability == pytest.approx(1.0) and found.settled
    less = same_decision(clinic(), {"pain": "yes"}, ["hip_test", "core_test"])
    assert less.probability < ENOUGH and not less.settled


def test_same_decision_under_utilities() -> None:
    network, findings = clinic(), {"pain": "yes"}
    weighed = utilities_of(network, findings, WEIGHING, about="hip")
    found = same_decision(network, findings, ["hip_test", "sit"], utilities=weighed)
    expected: dict[str, float] = {}
    now = marginals(network, [findings])[0]
    for state in YES_NO:
        for sit in network["sit"].states:
            told = {**findings, "hip_test": state, "sit": sit}
            chance = (
                now["hip_test"][state]
                * marginals(network, [{**findings, "hip_test": state}])[0]["sit"][sit]
            )
            p = marginals(network, [told])[0]["hip"]
            best = max(WEIGHING, key=lambda action: sum(p[s] * WEIGHING[action][s] for s in p))
            expected[best] = expected.get(best, 0.0) + chance
    assert found.decisions == pytest.approx(expected)
    assert len(expected) > 1


def test_utilities_are_best_where_they_say() -> None:
    network = clinic()
    weighed = Utilities("hip", ("run", "rest"), np.array([[1.0, -1.0], [0.0, 0.0]]))
    rows = encode(network, [{"hip": "no"}, {"hip": "yes"}])
    assert weighed.best(network, engine_for(network)(rows).marginals) == ("run", "rest")
    assert weighed.perfect(network, engine_for(network)(rows).marginals[0]) == 0.0


def test_asked_red_flags_are_not_listed_again(flagged_car: Network) -> None:
    rules = flagged_car.red_flags
    none = next_questions(flagged_car, {}, red_flags=check(rules, {}))
    assert none.red_flags == rules.names
    text = str(none)
    assert text.index("Red-flag questions come first") < text.index("1. ")
    every = dict.fromkeys(rules.names, "no")
    assert next_questions(flagged_car, {}, red_flags=check(rules, every)).red_flags == ()
    some = next_questions(flagged_car, {}, red_flags=check(rules, every | {"smoke": None}))
    assert some.red_flags == ("smoke",) and "(so not cleared): smoke." in " ".join(
        str(some).split()
    )


def test_rows_are_plain_data(car: Network) -> None:
    found = next_questions(car, {"no_start": "yes"})
    rows = json.loads(json.dumps(found.to_dicts()))
    assert rows[0]["variable"] == found[0].variable
    assert rows[0]["answers"][1]["after"] == found[0].answers[1].after
    assert {row["who"] for row in rows} == {"ask", "yourself", "garage"}


def test_a_sample_in_which_nothing_changed_makes_nothing_certain() -> None:
    drawn = SameDecision("weak_battery", 1.0, 0.004, {"weak_battery": 1.0}, ("clicking",))
    assert drawn.words.startswith("over 99")
    assert replace(drawn, standard_error=0.0).words.startswith("100")
    assert replace(drawn, probability=0.93).words.startswith("93")
