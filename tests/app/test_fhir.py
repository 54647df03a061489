"""A case in FHIR: valid by an independent library, read back as it was, silent under a red flag."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.bundle import Bundle
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.fhir import PERCENT, WEIGHT, case_of, questionnaire
from tests.oracles.foreign_files import public, read
from tests.oracles.networks import FLAGGED_CAR

CAR = bb.load(FLAGGED_CAR)
TOLD = {"battery_age": "over_5_years", "no_start": "yes", "dim_lights": {"no": 0.25, "yes": 1.0}}


def resources(diagnosis: bb.Diagnosis, subject: str = "") -> list[dict[str, Any]]:
    """Return questionnaire, response and assessment, found valid, as they come out of JSON."""
    found = json.loads(json.dumps(diagnosis.to_fhir(subject), allow_nan=False))
    Bundle.model_validate(found)
    return [entry["resource"] for entry in found["entry"]]


@pytest.mark.parametrize("findings", [{}, TOLD, {"no_start": True}])
@pytest.mark.parametrize("flags", [{}, {"smoke": "no", "acid": None}, {"oil_low": "yes"}])
def test_what_was_told_is_read_back(findings: Any, flags: Any) -> None:
    diagnosis = bb.diagnose(findings, CAR, flags)
    _, response, assessment = resources(diagnosis, "Patient/17")
    case = case_of(CAR, response)
    assert case.findings == dict(diagnosis.findings)
    assert case.red_flags == {name: told for name, told in flags.items() if told}
    assert response["subject"] == assessment["subject"] == {"reference": "Patient/17"}
    again = bb.diagnose(case.findings, CAR, case.red_flags)
    assert again.to_fhir("Patient/17") == diagnosis.to_fhir("Patient/17")


def test_an_assessment_says_what_the_posterior_says() -> None:
    diagnosis = bb.diagnose(TOLD, CAR)
    *_, assessment = resources(diagnosis)
    before = bb.posterior(CAR)
    expected = {
        (name, state): (
            PERCENT * diagnosis[name][state],
            diagnosis[name][state] / before[name][state],
        )
        for name, variable in CAR.variables.items()
        if name not in ("battery_age", "no_start")
        for state in variable.states[1:]
    }
    found = {}
    for each in assessment["prediction"]:
        coding = each["outcome"]["coding"][0]
        name = coding["system"].removeprefix("urn:backpain-bn:flagged_car:")
        found[name, coding["code"]] = (each["probabilityDecimal"], each["relativeRisk"])
    assert found == expected and len(found) > 15
    assert assessment["status"] == "preliminary"


@pytest.mark.parametrize(
    "flags", [{"smoke": True}, {"acid": "yes"}, {"puddle": "yes", "acid": "no"}]
)
def test_an_urgent_flag_leaves_no_probability(flags: Any) -> None:
    diagnosis = bb.diagnose(TOLD, CAR, flags)
    _, response, assessment = resources(diagnosis)
    assert "prediction" not in assessment and assessment["status"] == "cancelled"
    assert assessment["mitigation"] == "\n".join(diagnosis.red_flags.actions)
    assert not any(isinstance(each, int | float) for each in leaves(assessment))
    assert "%" not in json.dumps(assessment)
    assert case_of(CAR, response).findings == TOLD


def leaves(value: Any) -> Iterator[object]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    else:
        yield value


def test_a_network_without_words_and_roles_has_one_too() -> None:
    asia = read(public("asia"))
    asked, response, assessment = resources(bb.diagnose({"smoke": "yes"}, asia))
    assert [group["linkId"] for group in asked["item"]] == ["group:findings"]
    assert case_of(asia, response).findings == {"smoke": "yes"}
    # No state is known to be healthy: both of each variable that was not told.
    assert len(assessment["prediction"]) == 2 * (len(asia) - 1)


def test_several_answers_are_any_of_them() -> None:
    answers = [{"valueCoding": {"code": code}} for code in ("under_3_years", "3_to_5_years")]
    response = {
        "resourceType": "QuestionnaireResponse",
        "item": [{"linkId": "g", "item": [{"linkId": "battery_age", "answer": answers}]}],
    }
    any_of = {"under_3_years": 1.0, "3_to_5_years": 1.0}
    assert case_of(CAR, response).findings == {"battery_age": any_of}


@pytest.mark.parametrize(("item", "message"), [
    ({"linkId": "no_strt", "answer": [{"valueBoolean": True}]}, 'unknown linkId "no_strt"; did you mean "no_start"'),
    ({"linkId": "red_flag:smok", "answer": [{}]}, 'did you mean "red_flag:smoke"'),
    ({"linkId": "no_start", "answer": [{"valueBoolean": True}]}, "a valueCoding with a code"),
    ({"linkId": "no_start", "answer": [{"valueCoding": {"code": "yess"}}]}, 'unknown state of no_start "yess"; did you mean "yes"'),
    ({"linkId": "red_flag:smoke", "answer": [{"valueCoding": {"code": "yes"}}]}, "valueBoolean true or false"),
    ({"linkId": "no_start", "answer": "yes"}, "are a list of dicts"),
    ("no_start", 'an item is a dict with a linkId, not "no_start"'),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(item: object, message: str) -> None:
    with pytest.raises(bb.BackpainError) as caught:
        case_of(CAR, {"resourceType": "QuestionnaireResponse", "item": [item]})
    assert message in str(caught.value)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["no_start", "yes", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["item", "linkId", "answer", "valueCoding", "valueBoolean", "code", "extension",
                         "url", "valueDecimal", "resourceType"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(item=PLAIN, path=st.lists(st.integers(0, 9), max_size=6))
def test_whatever_it_is_is_read_or_refused(item: Any, path: list[int]) -> None:
    """Any plain data, and a good response in which one part is replaced by it."""
    response: Any = resources_of_a_case()
    inner = response
    for step in path:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = keys[step % len(keys)]
        if not isinstance(inner[key], dict | list) or not inner[key] or step == path[-1]:
            inner[key] = item
            break
        inner = inner[key]
    for each in (item, response):
        try:
            case = case_of(CAR, each)
        except bb.BackpainError:
            continue
        assert set(case.findings) <= set(CAR) and set(case.red_flags) <= set(CAR.red_flags.names)


def answered(link: str, code: str, *inner: dict[str, Any], **weight: Any) -> dict[str, Any]:
    """Return an item with one answer, under which other items stand."""
    extension = [{"url": WEIGHT, **weight}] if weight else []
    coding = {"code": code, "extension": extension}
    return {"linkId": link, "answer": [{"valueCoding": coding, "item": list(inner)}]}


def test_items_under_an_answer_are_read_too() -> None:
    flag = {"linkId": "red_flag:smoke", "answer": [{"valueBoolean": True}]}
    deep = answered("no_start", "yes", answered("dim_lights", "no", flag))
    group = {"linkId": "group:findings", "item": [deep]}
    case = case_of(CAR, {"resourceType": "QuestionnaireResponse", "item": [group]})
    assert case.findings == {"no_start": "yes", "dim_lights": "no"}
    assert case.red_flags == {"smoke": "yes"}
    twice = answered("no_start", "yes", answered("no_start", "no"))
    with pytest.raises(bb.BackpainError, match="no_start is answered twice"):
        case_of(CAR, {"resourceType": "QuestionnaireResponse", "item": [twice]})


def test_a_weight_that_no_number_holds_is_refused() -> None:
    item = answered("no_start", "yes", valueDecimal=10**400)
    with pytest.raises(
        bb.BackpainError, match="answer to no_start is too large for a number: 1000"
    ):
        case_of(CAR, {"resourceType": "QuestionnaireResponse", "item": [item]})


def resources_of_a_case() -> dict[str, Any]:
    text = json.dumps(bb.diagnose(TOLD, CAR, {"acid": "no"}).to_fhir())
    response: dict[str, Any] = json.loads(text)["entry"][1]["resource"]
    return response


def test_a_hole_without_a_bottom_is_refused() -> None:
    response: dict[str, Any] = {"linkId": "x"}
    for _ in range(10**4):
        response = {"linkId": "x", "item": [response]}
    with pytest.raises(bb.BackpainError, match="20 deep"):
        case_of(CAR, response | {"resourceType": "QuestionnaireResponse"})


def test_the_questionnaire_names_the_version_of_the_network() -> None:
    asked = questionnaire(CAR)
    assert asked["version"] == CAR.version and asked["url"] == "urn:backpain-bn:flagged_car"
