"""Questions that agree with contributors: how far answers move the shares, against shares worked out
anew after each answer; and what could still change what comes first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.decide.next_questions import next_questions
from backpain_bn.decide.what_could_change import what_could_change
from backpain_bn.explain.share_updates import share_updates
from backpain_bn.explain.shares import attributable_shares
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Cost, Variable
from tests.decide.test_next_questions import YES_NO, caused, clinic, test_of
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS

TOLD: list[dict[str, Any]] = [
    {"pain": "yes"},
    {},
    {"pain": "yes", "sit": "much", "hip_test": "yes"},
    {"pain": "yes", "hip": {"no": 0.3, "yes": 1.0}},
]


def shares(network: Network, findings: dict[str, Any]) -> np.ndarray:
    return attributable_shares(network, encode(network, [findings]), network.causes).causes[0]


@pytest.mark.parametrize("findings", TOLD)
def test_shares_after_each_answer_are_those_of_the_longer_findings(
    findings: dict[str, Any],
) -> None:
    network = clinic()
    names = [name for name in ("sit", "drop", "hip_test", "core_test") if name not in findings]
    found = share_updates(network, encode(network, [findings]), network.causes, names)
    assert found.now == pytest.approx(shares(network, findings), abs=1e-10)
    for name in names:
        for index, state in enumerate(network[name].states):
            after = shares(network, {**findings, name: state})
            assert found.after[network.slices[name].start + index] == pytest.approx(
                after, abs=1e-10
            )


@pytest.mark.parametrize("findings", TOLD)
def test_the_value_is_the_expected_movement_of_the_shares(findings: dict[str, Any]) -> None:
    network = clinic()
    found = next_questions(network, findings, by="shares")
    now = shares(network, findings)
    given = enumerate_beliefs(network, encode(network, [{**findings, "pain": "yes"}])).marginals[0]
    for row in found:
        if row.variable == "pain":
            continue
        chances = given[network.slices[row.variable]]
        moved = [
            np.abs(shares(network, {**findings, row.variable: state}) - now).sum()
            for state in network[row.variable].states
        ]
        assert row.value == pytest.approx(float(chances @ np.array(moved)), abs=1e-9)
        assert row.rate == pytest.approx(row.value / (row.cost.minutes + row.cost.discomfort))
        best = max(
            zip(
                network.causes,
                np.abs(shares(network, {**findings, row.variable: "yes"}) - now)
                if "yes" in network[row.variable].states
                else [0.0] * len(now),
                strict=True,
            ),
            key=lambda pair: pair[1],
        )
        if "yes" in network[row.variable].states and best[1] > 1e-9:
            assert row.answers[1].cause == best[0]
    assert [row.ahead for row in found] == sorted((row.ahead for row in found), reverse=True)


def history() -> Network:
    """What came before is most to blame, tells little of the hidden weakness, and can be asked."""
    return Network(
        "history",
        {
            "before": Variable(
                "before", YES_NO, prior(0.5, 0.5), "Earlier", "risk_factor", question="Before?"
            ),
            "weak": Variable("weak", YES_NO, prior(0.8, 0.2), "Weak", "impairment"),
            "wince": Variable(
                "wince", YES_NO, test_of("weak", 0.8, 0.8), "Wince", question="Wince?"
            ),
            "hold": Variable(
                "hold", YES_NO, test_of("weak", 0.9, 0.9), "Hold", "test",
                question="Hold it.", cost=Cost(5, 1, "home"),
            ),
            "pain": Variable(
                "pain", YES_NO, caused(0.05, ("before", "yes", 0.5), ("weak", "yes", 0.3)),
                "Pain", "presentation", question="Hurts?",
            ),
        },
        outcome="pain",
        vocabulary=WORDS,
    )  # fmt: skip


def test_what_is_first_in_blame_is_asked_first_though_others_tell_more_of_what_is_hidden() -> None:
    found = next_questions(history(), {"pain": "yes"})
    assert found.by == "shares" and found[0].variable == "before"
    assert next_questions(history(), {"pain": "yes"}, by="information")[0].variable == "wince"
    text = " ".join(str(found).split())
    assert "Ranked by how far an answer is expected to move what is to blame" in text
    assert "to blame for" in text and "points in all" in text


def test_where_talk_cannot_tell_tests_rank_by_information_and_it_says_so() -> None:
    found = next_questions(history(), {"pain": "yes", "before": "no", "wince": "no"})
    assert found.by == "information"
    network = history()
    faint = Variable("wince", YES_NO, test_of("weak", 0.501, 0.501), "Wince", question="Wince?")
    dull = Network(
        "dull", dict(network.variables) | {"wince": faint}, outcome="pain", vocabulary=WORDS
    )
    found = next_questions(dull, {"pain": "yes", "before": "no"})
    assert found.by == "information" and found[0].variable == "hold"
    assert "Talk alone barely separates these; hold would tell most." in " ".join(
        str(found).split()
    )


def test_named_hypotheses_utilities_and_an_absent_outcome_rank_as_before() -> None:
    assert next_questions(clinic(), {"pain": "yes"}, hypotheses=["hip"]).by == "information"
    assert next_questions(clinic(), {"pain": "no"}).by == "information"
    worth = {"run": {"no": 1, "yes": 0}}
    weighed = next_questions(clinic(), {"pain": "yes"}, utilities=worth, about="hip")
    assert weighed.by == "utilities"
    with pytest.raises(bb.errors.UnknownName, match='unknown way to rank questions "share"'):
        next_questions(clinic(), {}, by="share")


def test_asked_whether_it_is_there_an_absent_outcome_takes_all_blame_away() -> None:
    found = {row.variable: row for row in next_questions(clinic(), {}, by="shares")}
    absent = 1 - bb.posterior(clinic())["pain"]["yes"]
    assert found["pain"].value == pytest.approx(absent * shares(clinic(), {}).sum())


def test_what_could_change_is_every_answer_that_puts_another_first() -> None:
    network = history()
    found = what_could_change(network, {"pain": "yes"})
    assert found.first == "before" and found.pairs == 0 and found.singles == 3
    expected = {}
    for name in ("before", "wince", "hold"):
        for state in YES_NO:
            top = network.causes[int(shares(network, {"pain": "yes", name: state}).argmax())]
            if top != "before":
                expected[name, state] = top
    assert {row.answers[0]: row.first for row in found} == expected == {("before", "no"): "weak"}
    chance = bb.posterior(network, {"pain": "yes"})["before"]["no"]
    assert found.probability(["before"]) == pytest.approx(chance)
    assert "Looked at: 3 open questions" in " ".join(str(found).split())


def test_where_one_answer_is_not_enough_pairs_are_looked_at() -> None:
    network = history()
    variables = dict(network.variables)
    for name in ("first", "second"):
        variables[name] = Variable(
            name, YES_NO, test_of("weak", 0.82, 0.82), name, "test", question=f"{name}?"
        )
    variables["before"] = Variable("before", YES_NO, prior(0.65, 0.35), "Earlier", "risk_factor")
    del variables["hold"], variables["wince"]
    pairs = Network("pairs", variables, outcome="pain", vocabulary=WORDS)
    found = what_could_change(pairs, {"pain": "yes"})
    for name in ("first", "second"):
        assert shares(pairs, {"pain": "yes", name: "yes"}).argmax() == 0
    assert found.pairs == 1 and [row.first for row in found] == ["weak"]
    assert found[0].answers == (("first", "yes"), ("second", "yes"))
    row = enumerate_beliefs(
        pairs, encode(pairs, [{"pain": "yes"}, {"pain": "yes", **dict(found[0].answers)}])
    )
    assert found[0].probability == pytest.approx(np.exp(row.log_evidence[1] - row.log_evidence[0]))


def test_nothing_open_changes_nothing() -> None:
    told = {"pain": "yes", "before": "yes", "wince": "no", "hold": "no"}
    found: Any = bb.diagnose(told, history()).what_could_change()
    assert len(found) == 0 and "No question is open" in str(found)
    with pytest.raises(bb.BackpainError, match="names no outcome"):
        what_could_change(Network("plain", {"a": Variable("a", YES_NO, prior(0.5, 0.5))}), {})


def level(p: float) -> Network:
    """Return two causes all but level, and two signs of the second, one of them for somebody
    trained, that tell it with sensitivity and specificity p.
    """
    variables = {
        "one": Variable("one", YES_NO, prior(0.7, 0.3), "One", "risk_factor"),
        "other": Variable("other", YES_NO, prior(0.7, 0.3), "Other", "risk_factor"),
        "pain": Variable(
            "pain", YES_NO, caused(0.1, ("one", "yes", 0.3005), ("other", "yes", 0.3))
        ),
    }
    for name, who, sure in (("looked", "clinician", p + 0.004), ("felt", "ask", p)):
        known = test_of("other", sure, sure)
        variables[name] = Variable(
            name, YES_NO, known, name, "test", question=f"{name}?", cost=Cost(who=who)
        )
    return Network("level", variables, outcome="pain", vocabulary=WORDS)


def test_what_is_level_does_not_change_places_for_nothing() -> None:
    found = what_could_change(level(0.501), {"pain": "yes"})
    now, moved = (shares(level(0.501), {"pain": "yes", **more}) for more in ({}, {"felt": "yes"}))
    assert now.argmax() == 0 and moved.argmax() == 1 and moved[1] - moved[0] < 0.005
    assert found.first == "one" and found.level == ("other",) and len(found) == 0
    assert "level with it, within half a point: other." in " ".join(str(found).split())


def test_what_takes_somebody_trained_comes_after_what_one_can_answer() -> None:
    found = what_could_change(level(0.8), {"pain": "yes"})
    assert [row.questions[0] for row in found] == ["felt", "looked"]
    assert found[1].share > found[0].share
    assert str(found).count("(needs a clinician)") == 1
