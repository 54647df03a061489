"""The red-flag gate on rules of its own: what fires, what stays open, and that silence or a missing
answer never reassures.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backpain_bn.errors import BackpainError, UnknownName
from backpain_bn.red_flags.answered import check
from backpain_bn.red_flags.rules import URGENCIES, RedFlagQuestion, Rule, Rules

IDS = ("smoke", "heat", "smell", "leak", "noise")


QUESTIONS = tuple(RedFlagQuestion(name, f"Is there {name}?", ("expert",)) for name in IDS)


def rule(name: str, urgency: str, *combinations: tuple[str, ...]) -> Rule:
    action = f"Act on {name} first. Then tell somebody."
    return Rule(name, name.capitalize(), urgency, combinations, action, "", ("expert",))


RULES = Rules(
    "engine",
    "1",
    QUESTIONS,
    (
        rule("fire", "emergency", ("smoke",), ("heat", "smell")),
        rule("spill", "urgent", ("leak", "smell")),
        rule("wear", "soon", ("noise",), ("heat", "leak")),
    ),
)


ALL_NO = dict.fromkeys(IDS, "no")


answered = st.dictionaries(st.sampled_from(IDS), st.sampled_from(["yes", "no", "not asked", None]))


ids_of = st.sets(st.sampled_from(IDS))


combinations = st.lists(
    st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True).map(tuple),
    min_size=1,
    max_size=3,
)


@st.composite
def any_rules(draw: st.DrawFn) -> Rules:
    """Return up to four rules on the five questions, most urgent first."""
    urgencies = sorted(
        draw(st.lists(st.sampled_from(URGENCIES), min_size=1, max_size=4)), key=URGENCIES.index
    )
    made = (rule(f"r{n}", urgency, *draw(combinations)) for n, urgency in enumerate(urgencies))
    return Rules("any", "1", QUESTIONS, tuple(made))


def test_a_rule_fires_on_each_of_its_combinations_and_on_nothing_less() -> None:
    for one in RULES.rules:
        for each in one.any:
            told = ALL_NO | dict.fromkeys(each, "yes")
            assert one in check(RULES, told).set
            for name in each:
                assert one not in check(RULES, told | {name: "no"}).set
                assert one in check(RULES, told | {name: None}).open


def test_no_rules_say_nothing() -> None:
    assert check(Rules(), {}).lines() == []
    assert not check(Rules(), {}).urgent


def test_an_emergency_is_said_first_with_what_to_do() -> None:
    result = check(RULES, {"smoke": "yes"})
    assert result.urgent
    assert result.lines()[0].startswith("EMERGENCY, to be checked: ")
    assert result.actions[0] == "Act on fire first. Then tell somebody."
    assert RULES.withheld in " ".join(line.strip() for line in result.lines())
    assert not check(RULES, {"noise": "yes"}).urgent


def test_a_mild_rule_does_not_compete_with_an_emergency() -> None:
    result = check(RULES, {"smoke": "yes", "leak": "yes", "smell": "yes", "noise": "yes"})
    text = " ".join(line.strip() for line in result.lines())
    assert "Act on spill first." in text
    assert "Wear" in text and "Act on wear first." not in text
    assert "Do the first of these first" in text


def test_nothing_asked_leaves_every_rule_open() -> None:
    result = check(RULES, {})
    assert (result.set, result.not_set, result.asked) == ((), (), ())
    assert result.open == RULES.rules
    assert result.not_asked == IDS
    assert not result.urgent
    text = " ".join(result.lines())
    assert "so not cleared" in text


def test_all_no_does_not_reassure() -> None:
    result = check(RULES, ALL_NO)
    assert result.not_set == RULES.rules
    text = " ".join(result.lines())
    assert "None of the listed red flags was reported" in text
    assert "does not rule out a serious cause" in text


def test_every_answer_is_logged() -> None:
    result = check(RULES, {"smoke": "no", "heat": "yes", "leak": None})
    assert tuple(result.answers) == IDS
    assert result.answers["smoke"] == "no"
    assert result.answers["leak"] == "not asked"
    assert set(result.asked) == {"smoke", "heat"}
    assert set(result.asked) | set(result.not_asked) == set(IDS)
    assert isinstance(hash(result), int)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (
            {"smokee": "yes"},
            ['"smokee"', 'did you mean "smoke"?', "allowed: "],
        ),
        (
            {"smoke": "yess"},
            ["answer to smoke", '"yess"', 'did you mean "yes"?', "allowed: yes, no, not asked"],
        ),
        ({"smoke": 1}, ["answer to smoke", "1", "allowed: yes, no, not asked"]),
        ({"smoke": float("nan")}, ["answer to smoke", "nan"]),
        ({"smoke": ""}, ["answer to smoke", '""']),
        ({"smoke": ["yes"]}, ["answer to smoke", "['yes']"]),
        ({3: "yes"}, ["unknown red flag 3"]),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(answers: dict[str, Any], says: list[str]) -> None:
    with pytest.raises(UnknownName) as caught:
        check(RULES, answers)
    assert [part for part in says if part not in str(caught.value)] == []


@given(any_rules(), answered, ids_of)
def test_more_yes_never_removes_a_fired_rule(
    rules: Rules, answers: dict[str, str | None], more: set[str]
) -> None:
    before, after = check(rules, answers), check(rules, answers | dict.fromkeys(more, "yes"))
    assert set(before.set) <= set(after.set)
    assert after.urgent or not before.urgent


@given(any_rules(), answered, ids_of)
def test_not_asked_never_clears(
    rules: Rules, answers: dict[str, str | None], unasked: set[str]
) -> None:
    before, after = check(rules, answers), check(rules, answers | dict.fromkeys(unasked))
    assert set(after.not_set) <= set(before.not_set)
    assert (after.not_asked != ()) == any("so not cleared" in line for line in after.lines())


@given(any_rules(), answered)
def test_open_means_that_the_missing_answers_decide(
    rules: Rules, answers: dict[str, str | None]
) -> None:
    result = check(rules, answers)
    best = check(rules, answers | dict.fromkeys(result.not_asked, "no"))
    worst = check(rules, answers | dict.fromkeys(result.not_asked, "yes"))
    assert result.set == best.set
    assert result.not_set == worst.not_set
    assert set(result.open) == set(worst.set) - set(best.set)
    assert len(result.set) + len(result.open) + len(result.not_set) == len(rules.rules)


def test_a_sign_is_named_by_its_label_everywhere() -> None:
    heat = RedFlagQuestion("heat", "Is it hot?", ("expert",), label="a hot engine")
    rules = Rules("engine", "1", (heat, *QUESTIONS[2:]), (rule("fire", "soon", ("heat",)),))
    for answers in ({"heat": "yes"}, {"heat": "no", "leak": "yes"}, {}):
        found = check(rules, answers)
        text = f"{found} {' '.join(found.lines())} {' '.join(found.summary())}"
        assert "a hot engine" in str(found) and " heat" not in text


def test_many_open_questions_are_counted_and_named_on_request() -> None:
    names = [f"sign_{number}" for number in range(20)]
    questions = tuple(RedFlagQuestion(name, f"{name}?", ("expert",)) for name in names)
    rules = Rules("many", "1", questions, (rule("fire", "soon", tuple(names)),))
    found = check(rules, {"sign_0": "no", "sign_1": "yes"})
    assert "18 of 20 warning signs not asked yet (so not cleared)." in found.lines()
    assert "sign 19" not in " ".join(found.lines()) and "sign 19" in str(found)


@given(any_rules(), answered)
def test_the_line_above_an_answer_never_reassures(
    rules: Rules, answers: dict[str, str | None]
) -> None:
    found = check(rules, answers)
    text = " ".join(found.summary())
    assert found.set or "clear" in text
    assert "Nobody trained has confirmed these rules." in text
    assert [rule.label for rule in found.set if rule.label not in text] == []


CAUTION = "This does not rule out a serious cause."


DOUBT = "Nobody trained has confirmed these rules."


FIRE = [
    "EMERGENCY, to be checked: Fire. Because of: smoke.",
    "Act on fire first. Then tell somebody.",
]


def test_all_that_is_told_and_not_told_in_words() -> None:
    assert str(check(RULES, {"smoke": "yes", "leak": "yes", "heat": "no"})).splitlines() == [
        FIRE[0],
        f"  {FIRE[1]}",
        RULES.withheld,
        f"Noted: leak. {RULES.common}",
        "Answered no: heat.",
        "Not asked yet (so not cleared): smell, noise.",
        DOUBT,
    ]
    assert str(check(RULES, ALL_NO)).splitlines() == [
        f"None of the listed red flags was reported. {CAUTION}",
        DOUBT,
    ]
    assert str(check(RULES, ALL_NO | {"leak": "yes"})).splitlines() == [
        f"Noted: leak. {RULES.common}",
        f"No red-flag rule is met. {CAUTION}",
        DOUBT,
    ]
    assert str(check(Rules(), {})) == ""


def test_the_line_above_an_answer_counts_what_was_asked() -> None:
    assert check(RULES, {}).summary() == [
        f"None of 5 warning signs was answered, so nothing is cleared. {DOUBT}"
    ]
    assert check(RULES, {"heat": "no"}).summary() == [
        f"1 of 5 warning signs answered, and no rule is met; the others are not cleared. {DOUBT}"
    ]
    assert check(RULES, ALL_NO | {"leak": "yes"}).summary() == [
        "5 of 5 warning signs answered, and no rule is met; that clears nothing else. " + DOUBT,
        f"Noted: leak. {RULES.common}",
    ]
    asked = {"smoke": "yes", "heat": "no", "smell": "no", "noise": "no"}
    assert check(RULES, asked).summary() == [
        *FIRE,
        RULES.withheld,
        f"Not asked yet (so not cleared): leak. {DOUBT}",
    ]
    confirmed = replace(RULES, confirmed=True)
    assert check(confirmed, asked | {"leak": "no"}).summary() == [*FIRE, RULES.withheld]
    one = Rules("one", "1", QUESTIONS[:1], (rule("fire", "emergency", ("smoke",)),))
    assert check(one, {"smoke": "no"}).summary()[0].startswith("1 of 1 warning sign answered")


def test_an_unknown_id_is_named_by_its_words() -> None:
    assert RULES.in_words(["smoke", "hot_wires"]) == "smoke, hot wires"


def test_what_fired_says_why_in_its_own_order() -> None:
    two = rule("two", "urgent", ("leak", "heat"), ("heat", "noise"))
    assert two.asks == {"leak", "heat", "noise"}
    told = dict.fromkeys(IDS, "yes")
    assert two.reasons(told) == ("leak", "heat", "noise")
    assert two.reasons(told | {"leak": "no"}) == ("heat", "noise")
    flags = check(RULES, {"noise": True, "leak": True, "heat": True, "smell": None})
    assert [one.id for one in flags.set] == ["wear"] and flags.noted == ()
    assert flags.asked == ("heat", "leak", "noise") and flags.not_asked == ("smoke", "smell")
    assert not flags.urgent and flags.actions == ("Act on wear first. Then tell somebody.",)


def test_what_follows_is_not_said_to_be_answered() -> None:
    questions = tuple(RedFlagQuestion(name, f"{name}?", ()) for name in ("old", "numb", "hot"))
    rule = Rule("worst", "Worst", "urgent", (("old", "numb", "hot"),), "Go.", "", ())
    rules = Rules("demo", "1", questions, (rule,))
    found = check(rules, {"numb": "no"}, follows={"old": "no"})
    assert found.follows == ("old",) and found.answers["numb"] == "no"
    said = found.lines()
    assert "Answered no: numb." in said and "No, as follows from what was told: old." in said
    assert "1 of 3 warning signs answered, 1 more follows from what was told" in found.summary()[0]
    # A question that was left open on purpose is not cleared by what follows, but a yes counts.
    for open_ in (None, "not asked"):
        assert check(rules, {"numb": open_}, follows={"numb": "yes"}).answers["numb"] == "yes"
    assert check(rules, {"old": None}, follows={"old": "no"}).not_asked == ("old", "numb", "hot")


def test_where_two_answers_disagree_the_sign_is_there() -> None:
    by_a_finding = check(RULES, {"smoke": "no", "heat": "no"}, follows={"smoke": "yes"})
    assert by_a_finding.urgent and by_a_finding.denied == ("smoke",)
    assert by_a_finding.answers["smoke"] == "yes" and by_a_finding.answers["heat"] == "no"
    by_an_answer = check(RULES, {"smoke": "yes"}, follows={"smoke": "no"})
    assert by_an_answer.urgent and by_an_answer.denied == by_an_answer.follows == ()
    assert by_an_answer.disputed == ("smoke",) and check(RULES, {"heat": "no"}).disputed == ()
    said = "Answered no, but what was told says yes, and the yes counts: smoke."
    assert said in by_a_finding.lines() and said in by_a_finding.summary()
    mild = check(RULES, {"leak": "no", "heat": "no"}, follows={"leak": "yes", "heat": "no"})
    assert mild.summary()[0].startswith("2 of 5 warning signs answered, and")
    assert mild.disputed == mild.denied == ("leak",) and "leak" in mild.summary()[-1]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Yes", "yes"), (" YES ", "yes"), ("True", "yes"), ("NO", "no"), ("false", "no"),
     ("not_asked", "not asked"), ("Not asked", "not asked")],
)  # fmt: skip
def test_an_answer_may_be_written_in_any_case(written: str, meant: str) -> None:
    assert check(RULES, {"smoke": written}).answers["smoke"] == meant


@pytest.mark.parametrize("word", ["NA", "n/a", "None", "?", "unknown"])
def test_not_known_is_not_taken_for_a_no(word: str) -> None:
    with pytest.raises(UnknownName, match="leave it out where it is not known"):
        check(RULES, {"smoke": word})


@pytest.mark.parametrize("answers", [3, ["smoke"], "smoke"])
def test_answers_must_be_a_mapping(answers: Any) -> None:
    with pytest.raises(BackpainError, match="red_flags must map questions to yes or no"):
        check(RULES, answers)


def test_true_and_false_are_yes_and_no() -> None:
    assert check(RULES, {"smoke": True}).answers["smoke"] == "yes"
    assert check(RULES, {"smoke": False}).answers["smoke"] == "no"
    assert check(RULES, {"smoke": np.True_, "heat": np.False_}).answers["smoke"] == "yes"


def test_so_many_answers_follow_in_the_grammar_of_their_number() -> None:
    asked = check(RULES, {"smoke": "no"}, follows={"heat": "no"}).summary()[0]
    assert "1 more follows from what was told" in asked
    asked = check(RULES, {"smoke": "no"}, follows={"heat": "no", "smell": "no"}).summary()[0]
    assert "2 more follow from what was told" in asked
