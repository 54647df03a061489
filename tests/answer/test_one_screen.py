"""The answer on one screen, on a network that is not about people."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.answer.full import FullAnswer
from backpain_bn.answer.one_screen import MOST_LINES, OneScreen, one_screen
from backpain_bn.answer.summary import MOST_ACTIONS, Summary, summary
from backpain_bn.display.text import WIDTH, to_screen
from backpain_bn.display.words import full_label, short_label
from backpain_bn.red_flags.answered import check
from tests.oracles.networks import network, noisy_or, table

CAR = bb.load("car")
FLAT = {"no_start": "yes", "lights_left_on": "yes", "dim_lights": "yes"}


def case(findings: bb.Findings, network: bb.Network = CAR) -> Summary:
    now = bb.posterior(network, findings)
    return summary(network, findings, check(network.red_flags, {}), now)


def screen(findings: bb.Findings, network: bb.Network = CAR) -> OneScreen:
    return one_screen(case(findings, network))


def section(findings: bb.Findings, title: str, network: bb.Network = CAR) -> str:
    """Return what stands under a heading."""
    found = [view for view in screen(findings, network).views() if view.title == title]
    return " ".join(to_screen(found).split())


@settings(deadline=None, max_examples=40)
@given(
    st.fixed_dictionaries(
        {}, optional={n: st.sampled_from(v.states) for n, v in CAR.variables.items()}
    )
)
def test_it_fits_on_a_screen_whatever_is_told(findings: dict[str, str]) -> None:
    text = to_screen(screen(findings).views())
    lines = text.splitlines()
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= WIDTH
    plain = " ".join(text.split()).lower()
    unnamed = [name for name in findings if short_label(CAR[name]).lower() not in plain]
    assert not unnamed or (len(findings) > 8 and " more." in plain)
    full = str(FullAnswer(case(findings))).lower()
    assert all(full_label(CAR[name]).lower() in full for name in unnamed)


def test_the_kinds_of_the_outcome_make_a_hundred() -> None:
    said = section({"no_start": "yes"}, "This failure")
    shares = [
        int(word) for word in said.replace("%", "").replace(",", "").split() if word.isdigit()
    ]
    assert sum(shares) == 100 and len(shares) >= 2


def test_where_there_is_no_failure_the_screen_says_that_it_supposes_one() -> None:
    said = section({"no_start": "no", "dim_lights": "yes"}, "This failure")
    assert said == (
        "This failure None, as you told. What follows says what would be to blame for any."
    )
    titles = [view.title for view in screen({"no_start": "no"}).views()]
    assert "What would lie behind it" in titles and "What may lie behind it" not in titles
    assert "would be to blame for" in section({"no_start": "no"}, "What to ask")


def test_the_answer_that_there_is_no_failure_leaves_nothing_to_blame() -> None:
    found = case({})
    assert found.questions[0].variable == "no_start"
    assert "Does the car fail to start? If no, nothing is to blame." in section({}, "What to ask")


def test_the_evidence_is_named_in_the_words_of_the_network() -> None:
    words = replace(CAR.vocabulary, grades={"expert": "hearsay"})
    text = to_screen(screen(FLAT, replace(CAR, vocabulary=words)).views())
    assert "Weak or flat battery (hearsay)" in text and "rule of thumb)" not in text


def test_a_network_in_which_nothing_is_workable_is_ranked_and_asks() -> None:
    found = case({"no_start": "yes"}, unworkable())
    assert found.background[0].variable == "weak_battery"
    assert found.questions and found.questions[0].answers[0].decision in CAR.causes


def test_an_outcome_that_nothing_leads_to_has_no_known_cause() -> None:
    said = section({}, "What would lie behind it", replace(CAR, outcome="cold_night"))
    assert "No cause of the failure is known here." in said and "%" not in said


def test_causes_without_a_known_healthy_state_are_named_as_left_out() -> None:
    some = {name: replace(CAR[name], healthy_first=False) for name in ("empty_tank", "cold_night")}
    half = replace(CAR, variables={**CAR.variables, **some})
    said = section({"no_start": "yes"}, "What may lie behind it", half)
    assert "Left out, because it is not known which of their states is healthy" in said
    assert said.endswith("as far as they are to blame: cold_night, empty_tank.")
    assert "Left out" not in section({"no_start": "yes"}, "What may lie behind it")


def unworkable() -> bb.Network:
    """Return the car with roles that call nothing workable."""
    roles = {name: replace(role, workable=False) for name, role in CAR.vocabulary.roles.items()}
    return replace(CAR, vocabulary=replace(CAR.vocabulary, roles=roles), treatments={})


def test_the_path_leads_from_what_was_told_through_what_is_suspected_most() -> None:
    found = case(FLAT)
    assert found.path is not None
    first, second, *_, last = found.path.variables
    assert (first, second, last) == ("lights_left_on", found.suspected[0].variable, "no_start")


def test_actions_act_on_what_the_screen_blames() -> None:
    found = case(FLAT)
    assert [row.name for row in found.actions] == ["replace_battery", "charge_battery"]
    assert found.actions[0].before == found.actions[1].before


def test_where_the_screen_blames_several_there_are_three_actions() -> None:
    found = case({"no_start": "yes", "no_crank": "no"})
    blamed = {row.variable for row in (*found.told, *found.suspected)}
    assert len(found.actions) == MOST_ACTIONS
    assert all(blamed & set(row.treatment.targets) for row in found.actions[1:])


@pytest.mark.parametrize("told", list(combinations(("cold_night", "clicking", "fuel_gauge"), 2)))
def test_what_is_asked_was_not_told(told: tuple[str, ...]) -> None:
    findings = {"no_start": "yes"} | {name: CAR[name].healthy for name in told}
    asked = {row.variable for row in case(findings).questions}
    assert asked and not asked & set(findings)


def test_told_and_suspected_are_two_things() -> None:
    found = case(FLAT)
    assert {row.variable for row in found.told} <= set(FLAT)
    assert not {row.variable for row in (*found.suspected, *found.background)} & set(FLAT)


def test_findings_that_hardly_go_together_are_named_aloud() -> None:
    said = section({"empty_tank": "yes", "fuel_gauge": "shows_fuel"}, "Does not fit together")
    assert "empty tank" in said and "fuel gauge: shows fuel" in said


def test_a_network_without_an_outcome_says_what_it_lacks() -> None:
    lawn = network(rain=table((), {(): (0.8, 0.2)}), wet=noisy_or(0.1, {"rain": 0.5}))
    text = " ".join(to_screen(screen({"rain": "yes"}, lawn).views()).split())
    assert "outcome" in text and "rain" in text.lower()
