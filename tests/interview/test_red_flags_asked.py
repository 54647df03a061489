"""Which red flags an interview asks, and yes, no and numbers as answers; on a network of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backpain_bn.model.distributions import prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from backpain_bn.red_flags.rules import ABOVE, RedFlagQuestion, Rule, Rules
from tests.decide.test_next_questions import YES_NO, caused, test_of
from tests.explain.test_contradictions import RULES, people
from tests.interview.talk import Talk
from tests.oracles.networks import WORDS

OLD = (("age", ("old",)),)


def asked() -> Network:
    """Hours by numbers, exercise whose unhealthy state is a denial, a test."""
    pain = caused(0.1, ("hours", "many", 0.4), ("exercise", "none", 0.3), ("weak", "yes", 0.3))
    variables = [
        Variable(
            "hours", ("few", "many"), prior(0.5, 0.5), "Hours", "risk_factor",
            bins=(8.0,), question="How many hours?",
        ),
        Variable(
            "exercise", ("regular", "none"), prior(0.5, 0.5), "Exercise", "risk_factor",
            question="Do you exercise?", answers={"yes": "regular", "no": "none"},
        ),
        Variable("weak", YES_NO, prior(0.7, 0.3), "Weak", "impairment"),
        Variable(
            "hold", ("negative", "positive"),
            replace(test_of("weak", 0.9, 0.9)), "Hold", "test", question="Positive if you let go.",
        ),
        Variable("pain", YES_NO, pain, "Pain", "presentation", question="Does it hurt?"),
    ]  # fmt: skip
    return Network(
        "asked", {each.name: each for each in variables}, outcome="pain", vocabulary=WORDS
    )


def answered(network: Network, name: str, line: str) -> tuple[object, str]:
    """What an answer to one question is taken for, and what is said to it."""
    told = {other: network[other].states[0] for other in network if other not in (name, "weak")}
    found = Talk(network, [line, "stop"], findings=told)
    return found.findings.get(name), found.turns[1]


@pytest.mark.parametrize(
    ("name", "line", "state"),
    [
        ("hours", "9", "many"),
        ("hours", "1", "few"),
        ("hours", "8.0", "many"),
        ("hours", "b", "many"),
        ("hours", "few", "few"),
        ("exercise", "y", "regular"),
        ("exercise", "n", "none"),
        ("hold", "y", "positive"),
        ("exercise", "yes", "regular"),
        ("exercise", "no", "none"),
        ("exercise", "2", "none"),
        ("hold", "yes", "positive"),
        ("hold", "NO", "negative"),
        ("hold", "p", "positive"),
        ("pain", "yes", "yes"),
    ],
)
def test_yes_no_and_numbers_are_answers_to_any_question(name: str, line: str, state: str) -> None:
    assert answered(asked(), name, line)[0] == state


def test_what_yes_means_is_shown_and_other_words_are_refused() -> None:
    found = Talk(asked(), ["stop"], findings={"pain": "yes", "hours": "few", "hold": "negative"})
    assert "1) regular (or yes) 2) none (or no)" in found.turns[0]
    state, said = answered(asked(), "hours", "ten")
    assert state is None and "is none of the answers: a) few b) many or a number" in said


def test_only_what_the_case_makes_relevant_is_asked_and_the_rest_on_request() -> None:
    found = Talk(people(), ["n", "yes", "n", "stop"])
    assert "Any risk?" in found.turns[0] and "Fever?" not in found.turns[0]
    assert "3 more red-flag questions were not asked, so they are not cleared" in found.turns[1]
    assert "Ache?" in found.turns[1]
    assert "Red flags that your answers make worth asking" in found.turns[2]
    assert "Under 20?" in found.turns[2] and "Over 70?" not in found.turns[2]
    assert found.red_flags == {"risk": "no", "teenager": "no"}
    found = Talk(people(), ["n", "flags", "1", "n", "stop"])
    assert "Over 70?" in found.turns[2] and "Fever?" in found.turns[2]
    assert found.red_flags == {"risk": "no", "elderly": "yes", "fever": "no", "teenager": "no"}


def test_what_a_finding_answers_is_not_asked() -> None:
    found = Talk(people(), ["n", "flags", "", "stop"], findings={"age": "young"})
    text = " ".join(found.turns)
    assert "Under 20?" not in text and "Over 70?" not in text and "Fever?" in text


def test_nothing_left_to_ask_is_said() -> None:
    told = {question.id: "no" for question in RULES.questions}
    found = Talk(people(), ["flags", "stop"], red_flags=told)
    assert "No red-flag question is left to ask." in found.turns[1]
    assert "not asked" not in found.turns[0]


def test_all_red_flags_on_request_can_be_undone() -> None:
    found = Talk(people(), ["n", "flags", "back", "stop"])
    assert "More red flags" in found.turns[2] and "Ache?" in found.turns[3]


def test_what_could_make_an_urgent_sign_an_emergency_is_asked_before_it_ends() -> None:
    lump, old = RedFlagQuestion("lump", "A lump?", ()), RedFlagQuestion("old", "Old?", (), when=OLD)
    rules = Rules(
        "demo",
        "1",
        (lump, old),
        (
            Rule("worst", "Worst", "emergency", (("lump", "old"),), "Go now.", "", ()),
            Rule("bad", "Bad", "urgent", (("lump",),), "Go today.", "", ()),
        ),
    )
    network = replace(people(), red_flags=rules)
    found = Talk(network, ["1", "1"])
    assert "A lump?" in found.turns[0] and "Old?" not in found.turns[0]
    assert "Old?" in found.turns[1] and "Go now." in found.turns[2]
    found = Talk(network, ["1", ""])
    assert "Go today." in found.turns[2] and len(found.turns) == 3


@pytest.mark.parametrize(
    ("line", "answer"), [("15", "yes"), ("9", "no"), ("12", None), ("b", None)]
)
def test_a_number_typed_in_answers_the_red_flag_about_it(line: str, answer: str | None) -> None:
    long = RedFlagQuestion("long", "More than 12 hours?", (), number=("hours", ABOVE, 12))
    rule = Rule("worn", "Worn", "soon", (("long",),), "Rest.", "", (), OLD)
    network = replace(asked(), red_flags=Rules("demo", "1", (long,), (rule,)))
    told = {other: network[other].states[0] for other in network if other not in ("hours", "weak")}
    found = Talk(network, [line, "stop"], findings=told)
    assert found.findings["hours"] == ("few" if line == "" else "many")
    assert found.red_flags == ({} if answer is None else {"long": answer})
    assert ("Worn" in found.turns[-1]) == (answer == "yes")
    again = Talk(network, ["stop"], findings={**told, "hours": line if answer else "many"})
    assert again.red_flags == found.red_flags


def test_a_no_does_not_undo_a_number_and_what_was_left_open_is_asked() -> None:
    long = RedFlagQuestion("long", "More than 12 hours?", (), number=("hours", ABOVE, 12))
    lump = RedFlagQuestion("lump", "A lump?", ())
    rule = Rule("worst", "Worst", "emergency", (("long", "lump"),), "Go now.", "", ())
    network = replace(asked(), red_flags=Rules("demo", "1", (long, lump), (rule,)))
    told = {"hours": 15}
    found = Talk(network, ["stop"], findings=told, red_flags={"long": "no", "lump": "not asked"})
    assert "A lump?" in found.turns[0] and found.red_flags == {"long": "yes"}
    found = Talk(network, ["1", "stop"], findings=told, red_flags={"long": "No"})
    assert found.red_flags == {"long": "yes", "lump": "yes"} and "Go now." in found.turns[-1]
