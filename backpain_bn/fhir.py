"""A case in FHIR R5, the exchange format of health records: a Questionnaire of what can be told, a
QuestionnaireResponse of what was told, a RiskAssessment of what that says.

Plain data in and out: nothing has to be installed for it. Structure after
https://hl7.org/fhir/R5/questionnaire.html, questionnaireresponse.html and riskassessment.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from .errors import BackpainError, shown, unknown
from .formats.case_file import Case
from .inference.posterior import Posterior, posterior
from .model.findings import Finding, Findings
from .model.network import Network
from .red_flags.answered import RedFlags
from .red_flags.rules import NO, NOT_ASKED, YES

WEIGHT = "http://hl7.org/fhir/StructureDefinition/itemWeight"
"""The extension of an answer that holds its likelihood, where one is unsure."""
FLAG = "red_flag:"
"""How the link id of a red-flag question begins; that of a variable is its name."""
MOST_DEPTH = 20
PERCENT = 100
"""A probability in a RiskAssessment is a percentage."""

Resource = dict[str, Any]


def bundle(
    network: Network, findings: Findings, red_flags: RedFlags, now: Posterior, subject: str
) -> Resource:
    """Return a Bundle of the three resources of a case; `subject` is a reference such as
    `Patient/17`, or empty.

    Each RiskAssessment.prediction is 100 P(variable = state | findings), and as `relativeRisk` that
    over P(variable = state), of every variable that was not told, in every state but the healthy
    one. Under an urgent red flag there is none: it says what to do.
    """
    asked = questionnaire(network)
    told = _response(asked, network, findings, red_flags, subject)
    assessed = _assessment(network, findings, red_flags, now, subject) | {
        "basis": [{"reference": _address(told)}]
    }
    entries = [{"fullUrl": _address(each), "resource": each} for each in (asked, told, assessed)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def questionnaire(network: Network) -> Resource:
    """Return the Questionnaire of a network: its red-flag questions, then its variables.

    >>> from backpain_bn.formats.load import load
    >>> asked = questionnaire(load("car"))
    >>> asked["item"][0]["item"][1]["text"]
    'Did it freeze last night, with the car outdoors?'
    """
    groups = [
        _group("red_flags", "Red flags", [
            {"linkId": FLAG + each.id, "text": each.text, "type": "boolean"}
            for each in network.red_flags.questions
        ]),
        _group("findings", "Findings", [
            {
                "linkId": name,
                "text": variable.question or variable.label or name,
                "type": "coding",
                "repeats": True,
                "answerOption": [
                    {"valueCoding": _coding(network, name, state)} for state in variable.states
                ],
            }
            for name, variable in network.variables.items()
        ]),
    ]  # fmt: skip
    return {
        "resourceType": "Questionnaire",
        "url": _url(network),
        "version": network.version,
        "title": network.vocabulary.title,
        "status": "active",
        "item": [group for group in groups if group["item"]],
    }


def case_of(network: Network, response: Mapping[str, Any]) -> Case:
    """Return the findings and red-flag answers of a QuestionnaireResponse to the Questionnaire of a
    network.

    Several answers to one question are uncertain: each is as likely as its itemWeight says, or 1.
    Raises `UnknownName` for a question or an answer that does not exist, `BackpainError` for what
    is no QuestionnaireResponse, answers another network's Questionnaire, was entered in error, or
    answers one question twice.

    >>> from backpain_bn.formats.load import load
    >>> answer = {"linkId": "no_start", "answer": [{"valueCoding": {"code": "yes"}}]}
    >>> told = {"resourceType": "QuestionnaireResponse", "item": [answer]}
    >>> case_of(load("car"), told).findings
    {'no_start': 'yes'}
    """
    if not isinstance(response, Mapping) or response.get("resourceType") != "QuestionnaireResponse":
        raise BackpainError("findings are read from a QuestionnaireResponse, as a dict")
    if response.get("status") == "entered-in-error":
        raise BackpainError("the QuestionnaireResponse was entered in error, so it tells nothing")
    asked = str(response.get("questionnaire") or _url(network)).split("|")[0]
    if asked != _url(network):
        raise BackpainError(
            f"the QuestionnaireResponse answers {shown(asked)}, not {_url(network)}"
        )
    findings: dict[str, Finding] = {}
    flags: dict[str, str | None] = {}
    seen: set[str] = set()
    for link, answers in _items(response, 0):
        if link in seen:
            raise BackpainError(f"{link} is answered twice; which holds is not guessed")
        seen.add(link)
        flag = link.removeprefix(FLAG)
        if link.startswith(FLAG) and flag in network.red_flags.names:
            flags[flag] = _yes_or_no(link, answers)
        elif link in network:
            findings[link] = _finding(network, link, answers)
        else:
            known = [*network, *(FLAG + name for name in network.red_flags.names)]
            raise unknown("linkId", link, known)
    return Case(findings, flags)


def _items(part: Mapping[str, Any], depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield the link id and the answers of every answered item: in groups, out of them, and under
    the answers to other items.
    """
    items = part.get("item", [])
    if depth > MOST_DEPTH or not isinstance(items, list):
        raise BackpainError(f"items are a list, in groups and answers at most {MOST_DEPTH} deep")
    for item in items:
        if not isinstance(item, Mapping) or not isinstance(item.get("linkId"), str):
            raise BackpainError(f"an item is a dict with a linkId, not {shown(item)}")
        answers = item.get("answer", [])
        if not isinstance(answers, list) or not all(isinstance(one, Mapping) for one in answers):
            raise BackpainError(f"the answers to {shown(item['linkId'])} are a list of dicts")
        if answers:
            yield item["linkId"], answers
        for inner in (item, *answers):
            yield from _items(inner, depth + 1)


def _yes_or_no(link: str, answers: list[Any]) -> str:
    given = answers[0].get("valueBoolean")
    if len(answers) > 1 or not isinstance(given, bool):
        raise BackpainError(f"{link} has one answer, valueBoolean true or false")
    return YES if given else NO


def _finding(network: Network, name: str, answers: list[Any]) -> Finding:
    weights: dict[str, float | None] = {}
    for answer in answers:
        coding = answer.get("valueCoding")
        code = coding.get("code") if isinstance(coding, Mapping) else None
        if not isinstance(code, str):
            raise BackpainError(f"an answer to {name} is a valueCoding with a code")
        if code not in network[name].states:
            raise unknown(f"state of {name}", code, network[name].states)
        if code in weights:
            raise BackpainError(f"{name} is answered {code} twice; which holds is not guessed")
        weights[code] = _weight(name, coding)
    if len(weights) == 1 and None in weights.values():
        return next(iter(weights))
    return {state: 1.0 if weight is None else weight for state, weight in weights.items()}


def _weight(name: str, coding: Mapping[str, Any]) -> float | None:
    """Return the likelihood of an answer, None where it has none."""
    extensions = coding.get("extension", [])
    for each in extensions if isinstance(extensions, list) else []:
        if isinstance(each, Mapping) and each.get("url") == WEIGHT:
            weight = each.get("valueDecimal")
            return _decimal(f"the itemWeight of an answer to {name}", weight)
    return None


def _decimal(what: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BackpainError(f"{what} is a valueDecimal")
    try:
        return float(value)
    except OverflowError as error:
        raise BackpainError(f"{what} is too large for a number: {shown(value)}") from error


def _response(
    asked: Resource, network: Network, findings: Findings, red_flags: RedFlags, subject: str
) -> Resource:
    flags = [
        {"linkId": FLAG + name, "answer": [{"valueBoolean": answer == YES}]}
        for name, answer in red_flags.answers.items()
        if answer != NOT_ASKED
    ]
    told = [
        {"linkId": name, "answer": _answers(network, name, finding)}
        for name, finding in findings.items()
        if finding
    ]
    groups = [_group("red_flags", "Red flags", flags), _group("findings", "Findings", told)]
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{asked['url']}|{network.version}",
        "status": "completed",
        "subject": _subject(network, subject),
        "item": [
            {key: value for key, value in group.items() if key != "type"}
            for group in groups
            if group["item"]
        ],
    }


def _answers(network: Network, name: str, finding: Finding) -> list[Resource]:
    if not isinstance(finding, Mapping):
        return [{"valueCoding": _coding(network, name, str(finding))}]
    return [
        {
            "valueCoding": _coding(network, name, state)
            | {"extension": [{"url": WEIGHT, "valueDecimal": float(weight)}]}
        }
        for state, weight in finding.items()
    ]


def _assessment(
    network: Network, findings: Findings, red_flags: RedFlags, now: Posterior, subject: str
) -> Resource:
    notes = [*red_flags.summary(), network.vocabulary.disclaimer]
    found = {
        "resourceType": "RiskAssessment",
        "status": "cancelled" if red_flags.urgent else "preliminary",
        "subject": _subject(network, subject),
        "method": {"text": f"Bayesian network {network.name}, version {network.version}"},
        "note": [{"text": note} for note in notes if note],
    }
    if red_flags.urgent:
        return found | {"mitigation": "\n".join(red_flags.actions)}
    before = posterior(network)
    predictions = [
        _prediction(network, name, state, now[name][state], before[name][state])
        for name, variable in network.variables.items()
        if not isinstance(findings.get(name), str)
        for state in variable.states[1 if variable.healthy_first else 0 :]
    ]
    return found | {"prediction": predictions} if predictions else found


def _prediction(network: Network, name: str, state: str, now: float, before: float) -> Resource:
    outcome = {
        "coding": [_coding(network, name, state)],
        "text": f"{network[name].label or name}: {state.replace('_', ' ')}",
    }
    found: Resource = {"outcome": outcome, "probabilityDecimal": PERCENT * now}
    return found | {"relativeRisk": now / before} if before > 0 else found


def _coding(network: Network, name: str, state: str) -> Resource:
    system = f"{_url(network)}:{quote(name, safe='')}"
    return {"system": system, "code": state, "display": state.replace("_", " ")}


def _url(network: Network) -> str:
    return f"urn:backpain-bn:{quote(network.name, safe='')}"


def _subject(network: Network, subject: str) -> Resource:
    return {"reference": subject} if subject else {"display": network.vocabulary.subject}


def _group(link: str, text: str, items: list[Resource]) -> Resource:
    return {"linkId": f"group:{link}", "text": text, "type": "group", "item": items}


def _address(resource: Resource) -> str:
    """Return the same address for the same content."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(resource, sort_keys=True))}"
