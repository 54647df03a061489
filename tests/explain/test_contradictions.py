"""Answers that contradict one another, said aloud; only the impossible is an error."""

from __future__ import annotations

from dataclasses import replace

import pytest

import backpain_bn as bb
from backpain_bn.explain.contradictions import contradictions
from backpain_bn.model.distributions import prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from backpain_bn.red_flags.answered import check
from backpain_bn.red_flags.implied import asked_first, implied
from backpain_bn.red_flags.rules import RedFlagQuestion, Rule, Rules
from tests.decide.test_next_questions import YES_NO, caused
from tests.oracles.networks import WORDS

OLD = RedFlagQuestion("elderly", "Over 70?", (), contradicts=("age=young", "teenager"))
TEEN = RedFlagQuestion("teenager", "Under 20?", (), "age=young")
HOT = RedFlagQuestion("fever", "Fever?", ())
RISK = RedFlagQuestion("risk", "Any risk?", (), when=())
RULES = Rules(
    "demo",
    "1",
    (OLD, TEEN, HOT, RISK),
    (
        Rule("first", "First", "emergency", (("risk",),), "Go.", "", ()),
        Rule("bones", "Bones", "soon", (("elderly", "fever"),), "Look.", "", ()),
        Rule("other", "Other", "soon", (("teenager",),), "Look.", "", (), (("ache", ("yes",)),)),
    ),
)


def people() -> Network:
    ache = caused(0.002, ("sore", "yes", 0.97), ("age", "old", 0.2))
    return Network(
        "people",
        {
            "age": Variable("age", ("young", "old"), prior(0.5, 0.5), "Age"),
            "sore": Variable("sore", YES_NO, prior(0.8, 0.2), "Sore muscle", "impairment"),
            "ache": Variable("ache", YES_NO, ache, "Ache", "presentation", question="Ache?"),
            "long": Variable("long", YES_NO, caused(0.0, ("ache", "yes", 0.4)), "For months"),
        },
        outcome="ache",
        vocabulary=WORDS,
        red_flags=RULES,
    )


def test_findings_that_hardly_go_together_are_named_and_fitting_ones_are_not() -> None:
    (said,) = contradictions(people(), {"ache": "no", "sore": "yes"})
    assert '"ache: no" and "sore muscle" hardly go together' in said
    assert contradictions(people(), {"ache": "yes", "sore": "yes"}) == ()
    assert contradictions(people(), {"age": "young", "ache": "yes"}) == ()
    assert contradictions(people(), {}) == ()


def test_uncertain_findings_contradict_nothing() -> None:
    assert contradictions(people(), {"ache": "no", "sore": {"no": 0.01, "yes": 1.0}}) == ()


def test_only_what_cannot_be_is_an_error() -> None:
    with pytest.raises(bb.errors.ImpossibleEvidence, match="For months"):
        bb.diagnose({"ache": "no", "long": "yes"}, people())
    told = {"ache": "no", "sore": "yes"}
    assert "hardly go together" in " ".join(str(bb.diagnose(told, people())).split())


def test_age_contradicts_a_red_flag_answer_and_answers_it_where_nothing_was_said() -> None:
    assert implied(RULES, {"age": "young"}) == {"elderly": "no", "teenager": "yes"}
    flags = check(RULES, {**implied(RULES, {"age": "young"}), "elderly": "yes"})
    (said,) = contradictions(people(), {"age": "young"}, flags)
    assert '"age: young" was told, and yes to the red-flag question "Over 70?"' in said
    both = check(RULES, {"teenager": "yes", "elderly": "yes"})
    assert contradictions(people(), {}, both) == (
        'Yes to both "Under 20?" and "Over 70?". One of them is off.',
    )
    denied = check(RULES, {"teenager": "no"}, follows=implied(RULES, {"age": "young"}))
    assert denied.answers["teenager"] == "yes"
    assert (
        'and no to the red-flag question "Under 20?"'
        in contradictions(people(), {"age": "young"}, denied)[0]
    )
    assert contradictions(people(), {"age": "old"}, check(RULES, {"elderly": "yes"})) == ()


def test_what_the_case_makes_relevant_is_asked_first() -> None:
    assert asked_first(RULES, {}, {}) == {"risk"}
    assert asked_first(RULES, {"ache": "yes"}, {}) == {"risk", "teenager"}
    assert asked_first(RULES, {}, {"fever": "yes"}) == {"risk", "elderly", "fever"}
    assert asked_first(RULES, {"age": "young"}, {"fever": "yes"}) == {"risk", "teenager"}
    always = replace(RULES.rules[1], when=())
    assert "elderly" in asked_first(replace(RULES, rules=(always,)), {}, {})


def test_a_question_with_findings_of_its_own_waits_for_them_even_in_an_emergency() -> None:
    risk = replace(RISK, when=(("age", ("old",)),))
    rules = replace(RULES, questions=(OLD, TEEN, HOT, risk))
    assert asked_first(rules, {}, {}) == set()
    assert asked_first(rules, {"age": "old"}, {}) == {"risk"}


def test_a_yes_contradicts_a_no_to_what_it_includes() -> None:
    older = RedFlagQuestion("older", "Over 60?", ())
    elderly = replace(OLD, contradicts=("older=no",))
    rules = replace(RULES, questions=(older, elderly, TEEN, HOT, RISK))
    flags = check(rules, {"older": "no", "elderly": "yes"})
    assert contradictions(people(), {}, flags) == (
        'Yes to "Over 70?" and no to "Over 60?". One of them is off.',
    )
    assert contradictions(people(), {}, check(rules, {"older": "yes", "elderly": "yes"})) == ()


def test_a_red_flag_among_the_findings_is_told_where_it_belongs() -> None:
    with pytest.raises(bb.errors.UnknownName, match=r'red_flags=\{"fever": "yes"\}'):
        bb.diagnose({"fever": True}, people())
    with pytest.raises(bb.errors.UnknownName, match=r'red_flags=\{"fever": "no"\}'):
        bb.posterior(people(), {"fever": "no"})


def test_true_false_and_numbers_mean_states_everywhere() -> None:
    hours = Variable("hours", ("few", "many"), prior(0.5, 0.5), bins=(8.0,), question="Hours?")
    variables = dict(people().variables) | {"hours": hours}
    network = Network("people", variables, outcome="ache", vocabulary=WORDS)
    plain = bb.diagnose({"ache": "yes", "sore": "no", "hours": "many"}, network)
    typed = bb.diagnose({"ache": True, "sore": False, "hours": "9.5"}, network)
    assert dict(typed.findings) == dict(plain.findings)
    assert typed.posterior["age"] == plain.posterior["age"]
    assert bb.posterior(network, {"hours": 8})["hours"]["many"] == 1.0
    assert check(RULES, {"fever": True}).answers["fever"] == "yes"
    with pytest.raises(
        bb.errors.UnknownName, match="unknown state of age True; allowed: young, old"
    ):
        bb.diagnose({"age": True}, network)
