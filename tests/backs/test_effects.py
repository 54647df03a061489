"""What a claimed cause does to the pain, and what symptoms say of the causes of their article."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import backpain_bn as bb

from .worlds import effect_of

OUTCOME = "running_back_pain"
with (Path(__file__).parent / "data" / "claims.csv").open() as lines:
    CLAIMS = list(csv.DictReader(lines))
CLAIMED = sorted(
    {claim["from"] for claim in CLAIMS if claim["kind"] == "cause"} & bb.load().ancestors(OUTCOME)
)
SYMPTOMS = sorted(
    {
        (claim["id"].partition(".")[0], claim["to"])
        for claim in CLAIMS
        if claim["kind"] in ("presentation", "cause")
        and claim["to"].endswith(("_pain", "_run", "_later", "_syndrome"))
        and bb.load()[claim["to"]].question
    }
)
"""A symptom and the article that speaks of it."""
STORIES = [
    ("pain_during_run", ("low_back_muscle_overload", "weak_core", "lumbar_compression")),
    ("pain_days_later", ("back_strain", "training_load", "skipped_warm_up")),
    ("hip_pain", ("tight_hip_flexors", "limited_hip_extension", "sitting_hours", "cycling")),
    ("groin_pain", ("weak_glutes", "joint_dysfunction", "pelvic_drop")),
    ("si_joint_pain", ("weak_glutes", "joint_dysfunction", "pelvic_drop")),
    ("piriformis_syndrome", ("weak_glutes", "joint_dysfunction", "pelvic_drop")),
    ("back_spasm", ("dehydration", "hot_conditions", "fluid_intake", "previous_back_pain")),
]
"""What a symptom is said to speak for."""


def present(network: bb.Network, name: str, findings: dict[str, str]) -> float:
    return bb.posterior(network, findings).present(name)


@pytest.mark.parametrize("cause", CLAIMED)
def test_each_claimed_cause_moves_the_pain_by_a_tenth_of_a_point_in_the_articles_voice(
    cause: str,
) -> None:
    assert effect_of(bb.load("as_claimed"), cause, OUTCOME) >= 0.001


@pytest.mark.parametrize("cause", CLAIMED)
def test_each_claimed_cause_has_its_claimed_sign_in_the_studies_voice(cause: str) -> None:
    assert effect_of(bb.load(), cause, OUTCOME) > 0


def test_all_but_a_few_claimed_causes_lead_to_the_pain() -> None:
    assert len(CLAIMED) >= 45


@pytest.mark.parametrize(("article", "symptom"), SYMPTOMS)
def test_no_symptom_moves_a_claimed_cause_of_its_article_downwards(
    article: str, symptom: str
) -> None:
    network = bb.load("as_claimed")
    before, after = bb.posterior(network), bb.posterior(network, {symptom: "yes"})
    for cause in {
        claim["from"]
        for claim in CLAIMS
        if claim["kind"] == "cause" and claim["id"].startswith(f"{article}.")
    } & {*CLAIMED}:
        assert after.present(cause) >= before.present(cause) - 1e-9, cause


@pytest.mark.parametrize(("symptom", "causes"), STORIES)
def test_among_those_with_pain_a_symptom_speaks_for_what_it_is_said_to(
    symptom: str, causes: tuple[str, ...], voice: bb.Network
) -> None:
    for cause in causes:
        with_it, without = (
            present(voice, cause, {OUTCOME: "yes", symptom: answer}) for answer in ("yes", "no")
        )
        assert with_it > without, cause


@pytest.mark.parametrize(
    "cause",
    ["tight_hip_flexors", "weak_glutes", "weak_core", "anterior_pelvic_tilt"],
)
def test_pain_ten_minutes_into_the_run_speaks_for_each_cause_of_its_article(cause: str) -> None:
    network = bb.load("as_claimed")
    pain = {OUTCOME: "yes"}
    assert present(network, cause, pain | {"pain_during_run": "yes"}) > present(
        network, cause, pain
    )
