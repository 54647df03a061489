"""What the five articles claim: each row is in the network, and acts in the claimed direction."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import backpain_bn as bb
from backpain_bn.model.distributions import NoisyOr
from backpain_bn.model.network import link_numbers

from .worlds import effect_of, risk

DATA = Path(__file__).parent / "data"
with (DATA / "claims.csv").open() as lines:
    CLAIMS = list(csv.DictReader(lines))
with (DATA / "variables.csv").open() as lines:
    VARIABLES = list(csv.DictReader(lines))
CAUSES = [claim for claim in CLAIMS if claim["kind"] == "cause"]
DEPENDENCES = [claim for claim in CLAIMS if claim["kind"] in ("presentation", "course")]
FEWER = {"S4.46"}
"""Claims by which the first makes the second less likely."""


def test_every_variable_that_the_articles_need_is_there(shipped: bb.Network) -> None:
    for row in VARIABLES:
        variable = shipped[row["name"]]
        assert variable.states == tuple(row["states"].split("|")), row["name"]
        assert variable.role == row["role"], row["name"]
        if row["how_known"] in ("asked", "observed"):
            assert "?" in variable.question, f"{row['name']} needs a question"


def test_every_claim_is_cited_in_both_voices(voice: bb.Network) -> None:
    assert len(CLAIMS) == 126
    assert {claim["id"] for claim in CLAIMS} <= set(voice.sources)


@pytest.mark.parametrize("claim", CAUSES, ids=lambda claim: claim["id"])
def test_each_claimed_cause_raises_its_effect(claim: dict[str, str], voice: bb.Network) -> None:
    cause, effect = claim["from"], claim["to"]
    assert any(claim["id"] in number.sources for number in link_numbers(voice, cause, effect)), (
        "the mechanism does not cite the claim"
    )
    assert effect_of(voice, cause, effect) > 1e-6


@pytest.mark.parametrize("claim", DEPENDENCES, ids=lambda claim: claim["id"])
def test_each_presentation_and_course_goes_with_its_cause(
    claim: dict[str, str], voice: bb.Network
) -> None:
    cause, effect = claim["from"], claim["to"]
    assert any(claim["id"] in number.sources for number in link_numbers(voice, cause, effect))
    pain = {"low_back_pain": "yes"} if claim["id"] in FEWER else {}
    present = bb.posterior(voice, {cause: "yes", **pain})[effect]["yes"]
    absent = bb.posterior(voice, {cause: "no", **pain})[effect]["yes"]
    assert (present < absent - 1e-6) if claim["id"] in FEWER else (present > absent + 1e-6)


def test_a_stiff_thoracic_spine_blocks_the_benefit_of_a_strong_core(voice: bb.Network) -> None:
    def benefit(stiff: str) -> float:
        weak, strong = (
            risk(voice, "low_back_muscle_overload", stiff_thoracic_spine=stiff, weak_core=core)
            for core in ("yes", "no")
        )
        return weak - strong

    assert 0 < benefit("yes") < benefit("no")


def test_poor_form_magnifies_other_causes(voice: bb.Network) -> None:
    distribution = voice["running_back_pain"].distribution
    assert isinstance(distribution, NoisyOr)
    magnified = [
        next(name for name in mechanism.when if name != "running_form_fault")
        for mechanism in distribution.mechanisms
        if "running_form_fault" in mechanism.when and "S4.36" in mechanism.number.sources
    ]
    assert len(magnified) >= 3
    for cause in magnified:
        first, *_, last = voice[cause].states

        def harm(form: str, cause: str = cause, first: str = first, last: str = last) -> float:
            bad, good = (
                risk(voice, "running_back_pain", running_form_fault=form, **{cause: state})
                for state in (last, first)
            )
            return bad - good

        assert harm("yes") > harm("no") > 0, cause


def test_referrals_cautions_and_treatments_carry_their_claims(shipped: bb.Network) -> None:
    advised = {id for advice in shipped.advice.values() for id in advice.sources}
    treated = {id for treatment in shipped.treatments.values() for id in treatment.success.sources}
    for claim in CLAIMS:
        if claim["kind"] in ("caution", "referral"):
            assert claim["id"] in advised, claim["id"]
        if claim["kind"] == "treatment":
            assert claim["from"] in shipped.treatments, claim["from"]
            assert claim["id"] in treated, claim["id"]
            if claim["to"]:
                assert claim["to"] in shipped.treatments[claim["from"]].targets
