"""What helps a runner: treatments of the shipped networks, their words and their red flags."""

from __future__ import annotations

import pytest

import backpain_bn as bb
from backpain_bn.decide.expected_utility import usual_actions, weigh
from backpain_bn.decide.treatments import what_helps
from backpain_bn.model.findings import Findings
from backpain_bn.red_flags.answered import check
from tests.backs.vignettes import VIGNETTES

DESK: Findings = {"sitting_hours": "over_8", "running_back_pain": "yes", "pain_during_run": "yes"}


@pytest.mark.parametrize("name", VIGNETTES)
def test_what_should_help_lowers_pain_in_both_voices(name: str, voice: bb.Network) -> None:
    found = {row.name: row for row in what_helps(voice, VIGNETTES[name]["findings"])}
    for treatment_name in VIGNETTES[name]["helps"]:
        assert found[treatment_name].effect > 0, treatment_name


def test_the_shipped_answer_reads_well(voice: bb.Network) -> None:
    found = what_helps(voice, DESK)
    text = str(found)
    assert max(map(len, text.splitlines())) <= 100
    assert "do not stop running" in text and "S2.1, TX-RUN-03, PA-01, LOAD-DISC-02]" in " ".join(
        text.split()
    )
    first = "Strength and corrective exercise, two or three times a week"
    assert f"1. {first}: about" in text or "so all of it is unproven" in " ".join(text.split())
    assert found.plan is not None and len(found.plan.treatments) == 3
    assert all(0 <= row.after <= 1 and 0 <= row.before <= 1 for row in found)
    assert set(found.sources()) <= set(voice.sources) | {"expert"}
    for word in ("nothing to worry", "harmless", "safe", "no need to see"):
        assert word not in text.lower()


def test_nothing_advises_to_keep_running_while_a_red_flag_is_set(voice: bb.Network) -> None:
    """Not even the caution that goes with a treatment."""
    rules = bb.load().red_flags
    flags = next(
        flags
        for question in rules.questions
        if (flags := check(rules, {question.id: "yes"})).set and not flags.urgent
    )
    told = " ".join(
        str(what_helps(voice, VIGNETTES["too_much_too_fast"]["findings"], red_flags=flags)).split()
    )
    assert "do not stop running" not in told and "keep running" not in told.lower()
    assert "Mind: Hold, do not bend" in " ".join(
        str(what_helps(voice, DESK, ["core_strengthening"], red_flags=flags)).split()
    )


def test_no_findings_are_an_answer_too(voice: bb.Network) -> None:
    found = what_helps(voice, {})
    today = bb.posterior(voice)[voice.outcome]["yes"]
    assert 0 < found.now - today < 1e-3  # for who had it is likelier to have it again
    assert "WHATEVER IS CHOSEN" not in str(found)


def test_the_shipped_actions_can_be_weighed(shipped: bb.Network) -> None:
    actions = usual_actions(what_helps(shipped, DESK))
    trained = actions["see somebody trained"]
    assert all(shipped.treatments[name].who == "clinician" for name in trained)
    worth = {action: {"no": 1.0, "yes": 0.0} for action in actions}
    rows = {row.action: row for row in weigh(shipped, DESK, worth)}
    assert rows["do it oneself"].utility > rows["keep running"].utility


def test_a_trial_of_exercise_counts_for_those_who_do_not_train_yet(shipped: bb.Network) -> None:
    """Not told is the mixture of both answers, and three quarters train already."""
    here: Findings = {"running_back_pain": "yes"}
    untold, told = (
        what_helps(shipped, found, ["corrective_exercise"])[0]
        for found in (here, {**here, "strength_training": "none"})
    )
    none = bb.posterior(shipped, here)["strength_training"]["none"]
    assert untold.not_yet == pytest.approx(none) and 0.2 < none < 0.35
    assert untold.effect == pytest.approx(none * told.effect, abs=1e-12)
    assert told.effect == pytest.approx(0.35 * told.before, abs=1e-12)


def test_trials_on_pain_that_is_there_are_named_and_not_called_unproven(
    shipped: bb.Network,
) -> None:
    """The text once said that there was no trial of pain, beside the trial's own result."""
    studied = {name for name, one in shipped.treatments.items() if one.relief_trials}
    assert studied >= {"run_walk", "core_strengthening", "glute_strengthening"}
    assert studied >= {"thoracic_mobility", "leg_strengthening", "joint_manipulation"}
    for row in what_helps(shipped, {"running_back_pain": "yes"}):
        assert row.unproven == (row.name not in studied), row.name
        if not row.unproven:
            assert "nproven" not in row.treatment.note, row.name
    for name in studied:
        for id in shipped.treatments[name].relief_trials:
            assert shipped.sources[id].kind == "study" and shipped.sources[id].read != "C"
