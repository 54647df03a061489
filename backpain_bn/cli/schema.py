"""The shape of what each command says with `--json`, as JSON Schema (draft 2020-12).

`docs/schemas/` holds them as files, and `backpain-bn schema COMMAND` prints them.
"""

from __future__ import annotations

from typing import Any

from ..answer.plain_case import schema_of
from ..red_flags.rules import ANSWERS, URGENCIES

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

TEXT: Schema = {"type": "string"}
YES_OR_NO: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
CHANCE: Schema = {"type": "number", "minimum": 0, "maximum": 1}


def maybe(schema: Schema) -> Schema:
    """Return the schema of a value that may be missing."""
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema) -> Schema:
    """Return the schema of a list of such values."""
    return {"type": "array", "items": schema}


def named(schema: Schema) -> Schema:
    """Return the schema of such values by names that a network gives."""
    return {"type": "object", "additionalProperties": schema}


def one_of(values: tuple[str, ...]) -> Schema:
    """Return the schema of one of some words."""
    return {"type": "string", "enum": list(values)}


def held(**properties: Schema) -> Schema:
    """Return the schema of an object with all of these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def without(schema: Schema, *optional: str) -> Schema:
    """Return the schema of an object of which some keys may be missing."""
    return schema | {"required": [name for name in schema["required"] if name not in optional]}


TEXTS = listed(TEXT)
NETWORK = held(name=TEXT, version=TEXT)
RED_FLAGS = held(
    urgent=YES_OR_NO,
    set=listed(held(id=TEXT, label=TEXT, urgency=one_of(URGENCIES), action=TEXT)),
    answers=named(one_of(ANSWERS)),
    not_asked=TEXTS,
)
FINDINGS = named({"anyOf": [TEXT, named(NUMBER)]})
CITED = {"sources": TEXTS, "against": TEXTS}
CASE: dict[str, Schema] = {
    "network": NETWORK,
    "findings": FINDINGS,
    "red_flags": RED_FLAGS,
    "withheld": maybe(TEXT),
    "note": TEXT,
}
"""The head of every answer about a case; where that is `withheld` there are no rows."""

NUMBER_ROW = {
    "variable": TEXT,
    "what": TEXT,
    "p": CHANCE,
    "low": CHANCE,
    "high": CHANCE,
    "grade": TEXT,
    "class": TEXT,
    **CITED,
}
CONTRIBUTOR = held(
    variable=TEXT,
    label=TEXT,
    role=TEXT,
    present=CHANCE,
    prior=CHANCE,
    told=YES_OR_NO,
    share=CHANCE,
    other_share=maybe(CHANCE),
    protects=CHANCE,
    grade=TEXT,
    chain=TEXTS,
    direct_link=YES_OR_NO,
)
SECTION = held(title=TEXT, blocks=listed(named({"type": "object"})))
FINDING_WEIGHT = held(
    variable=TEXT,
    finding=TEXT,
    weight=maybe(NUMBER),
    alone=maybe(NUMBER),
    last=maybe(NUMBER),
    told=maybe(NUMBER),
    settles=NUMBER,
    silent=YES_OR_NO,
    error=NUMBER,
)
FINDING_CONTRAST = held(variable=TEXT, words=TEXT, weight=maybe(NUMBER), error=NUMBER)
PATH_LINK = held(parent=TEXT, child=TEXT, strength=CHANCE, grade=TEXT, **CITED)
OTHER_NUMBER = held(
    child=TEXT, what=TEXT, here=CHANCE, there=CHANCE, effect=NUMBER, grade=TEXT, **CITED
)
REPLY_TO_A_QUESTION = held(
    state=TEXT,
    probability=CHANCE,
    hypothesis=TEXT,
    before=CHANCE,
    after=CHANCE,
    decision=TEXT,
    cause=TEXT,
    share=CHANCE,
    share_after=CHANCE,
)
INTERVALS = held(
    variable=TEXT,
    label=TEXT,
    present=CHANCE,
    present_low=CHANCE,
    present_high=CHANCE,
    share=CHANCE,
    share_low=CHANCE,
    share_high=CHANCE,
    first=CHANCE,
    grade=TEXT,
)
CURVE = held(
    **NUMBER_ROW,
    at_low=CHANCE,
    at_high=CHANCE,
    slope=NUMBER,
    crossing=maybe(CHANCE),
    a1=NUMBER,
    a0=NUMBER,
    g1=NUMBER,
    g0=NUMBER,
)
AUDITED: tuple[Schema, ...] = (
    held(section={"const": "class"}, numbers=COUNT, share=CHANCE, **{"class": TEXT}),
    held(
        section={"const": "influence"},
        what=TEXT,
        variable=TEXT,
        p=CHANCE,
        low=CHANCE,
        high=CHANCE,
        outcome_at_low=maybe(CHANCE),
        outcome_at_high=maybe(CHANCE),
        share_swing=maybe(NUMBER),
        share_of=TEXT,
        arrived=TEXT,
        **{"class": TEXT},
        **CITED,
    ),
    held(
        section={"const": "claim"},
        claim=TEXT,
        says=TEXT,
        grade=TEXT,
        links=COUNT,
        link=TEXT,
        strongest=CHANCE,
    ),
    held(
        section={"const": "published figure"},
        says=TEXT,
        measure=TEXT,
        published=NUMBER,
        published_low=NUMBER,
        published_high=NUMBER,
        network=NUMBER,
        network_low=maybe(NUMBER),
        network_high=maybe(NUMBER),
        inside=YES_OR_NO,
        fitted=YES_OR_NO,
        sources=TEXTS,
        note=TEXT,
    ),
    held(
        section={"const": "red flags"},
        name=TEXT,
        version=TEXT,
        questions=COUNT,
        rules=COUNT,
        confirmed=YES_OR_NO,
    ),
)

ROWS: dict[str, Schema] = {
    "why": {"anyOf": [FINDING_WEIGHT, FINDING_CONTRAST]},
    "change": held(answers=named(TEXT), first=TEXT, share=CHANCE, probability=CHANCE),
    "paths": held(variables=TEXTS, strength=CHANCE, grade=TEXT, links=listed(PATH_LINK)),
    "likeliest": held(probability=CHANCE, like=maybe(COUNT), differs=TEXTS, states=named(TEXT)),
    "compare": held(
        variable=TEXT,
        label=TEXT,
        role=TEXT,
        state=TEXT,
        here=CHANCE,
        there=CHANCE,
        share_here=maybe(CHANCE),
        share_there=maybe(CHANCE),
        matters=NUMBER,
        links=listed(OTHER_NUMBER),
    ),
    "ask": held(
        variable=TEXT,
        label=TEXT,
        question=TEXT,
        minutes=NUMBER,
        discomfort=NUMBER,
        who=TEXT,
        bits=NUMBER,
        value=NUMBER,
        rate=NUMBER,
        ahead=NUMBER,
        then=named(TEXT),
        answers=listed(REPLY_TO_A_QUESTION),
    ),
    "treat": held(
        treatment=TEXT,
        label=TEXT,
        targets=named(TEXT),
        who=TEXT,
        before=CHANCE,
        after=CHANCE,
        success=CHANCE,
        effect=NUMBER,
        low=NUMBER,
        high=NUMBER,
        traced=NUMBER,
        not_yet=maybe(CHANCE),
        grade=TEXT,
        proof=TEXT,
        unproven=YES_OR_NO,
        relief_trials=TEXTS,
        note=TEXT,
        cautions=TEXTS,
        **CITED,
    ),
    "followup": held(
        variable=TEXT,
        label=TEXT,
        visit={"type": "integer", "minimum": 1},
        present=CHANCE,
        steps=listed({"type": "array", "prefixItems": [TEXT, maybe(NUMBER)], "items": False}),
    ),
    "sure": {"anyOf": [INTERVALS, CURVE]},
}
"""One row of each answer about a case."""


def _schema(command: str, about: str, shape: Schema) -> Schema:
    properties = {"schema": {"const": schema_of(command)}, **shape["properties"]}
    required = ["schema", *shape["required"]]
    head = {"$schema": DIALECT, "$id": schema_of(command), "title": about}
    return head | shape | {"properties": properties, "required": required}


def _about_a_case(command: str, row: Schema) -> Schema:
    about = f"What `backpain-bn {command} --json` says of one case"
    return _schema(command, about, held(**CASE, rows=listed(row)))


DIAGNOSE = without(
    held(
        **CASE,
        answer=listed(SECTION),
        posterior=named(named(CHANCE)),
        contributors=listed(CONTRIBUTOR),
        no_identified_cause=CHANCE,
        not_ranked=TEXT,
    ),
    *("answer", "posterior", "contributors", "no_identified_cause", "not_ranked"),
)
"""A diagnosis has no rows of its own; of these keys those are there that are not withheld."""
QUESTIONS = held(
    network=NETWORK,
    red_flag_questions=listed(held(id=TEXT, text=TEXT, label=TEXT)),
    rows=listed(
        held(
            name=TEXT,
            label=TEXT,
            question=TEXT,
            states=TEXTS,
            number=TEXT,
            role=TEXT,
            minutes=NUMBER,
            discomfort=NUMBER,
            who=TEXT,
        )
    ),
)
ESTIMATE: Schema = {"type": "array", "prefixItems": [NUMBER, NUMBER, NUMBER], "items": False}
"""A figure and the ends of its interval."""
SCORE_NAMES = ("brier", "log", "auc", "brier_worse", "log_worse")
"""A score is null where it is infinite, or was not worked out."""
SCORES = {f"{name}{end}": maybe(NUMBER) for name in SCORE_NAMES for end in ("", "_low", "_high")}
SCORED = held(name=TEXT, count=COUNT, happened=CHANCE, predicted=CHANCE, **SCORES)
VALIDATION = held(
    network=NETWORK,
    target=TEXT,
    states=TEXTS,
    happened=ESTIMATE,
    rows=listed(SCORED),
    by=TEXT,
    groups=listed(SCORED),
    calibration=listed(held(count=COUNT, predicted=CHANCE, observed=ESTIMATE)),
    decisions=listed(
        held(threshold=CHANCE, network=ESTIMATE, rivals=listed(NUMBER), everybody=NUMBER)
    ),
    ranking=maybe(
        held(causes=TEXTS, count=COUNT, rows=listed(held(k=COUNT, hits=ESTIMATE, usual=NUMBER)))
    ),
    interviews=maybe(
        held(
            rows=listed(held(row=COUNT, asked=COUNT, settled=YES_OR_NO, agrees=YES_OR_NO)),
        )
    ),
    surprises=listed(COUNT),
    left_out=named(listed(COUNT)),
)
LEARNED = held(
    variable=TEXT,
    number=TEXT,
    kind=TEXT,
    state=TEXT,
    when=named(TEXTS),
    **{f"{name}{end}": CHANCE for name in ("cited", "learned") for end in ("", "_low", "_high")},
    cases=NUMBER,
    worth=NUMBER,
    tail=CHANCE,
    told=YES_OR_NO,
    moved=YES_OR_NO,
    contradicted=YES_OR_NO,
)
FIT = held(
    network=NETWORK,
    out=TEXT,
    source=TEXT,
    converged=YES_OR_NO,
    used=held(rows=COUNT, impossible_rows=listed(COUNT)),
    rows=listed(LEARNED),
)
SCORE = held(
    network=NETWORK,
    out=TEXT,
    rows=COUNT,
    without_answer=COUNT,
    recognised=TEXTS,
    left_aside=TEXTS,
)
SCHEMAS: dict[str, Schema] = {
    "diagnose": _schema("diagnose", "What `backpain-bn diagnose --json` says", DIAGNOSE),
    **{command: _about_a_case(command, row) for command, row in ROWS.items()},
    "questions": _schema("questions", "What can be told of a case", QUESTIONS),
    "check": _schema(
        "check",
        "Everything that is wrong with a file, or fine",
        held(fine=YES_OR_NO, what=TEXT, notes=TEXTS, problems=TEXTS),
    ),
    "sources": _schema(
        "sources",
        "Every number with its range, grade and source",
        held(network=NETWORK, rows=listed(held(**NUMBER_ROW, published=TEXT, note=TEXT))),
    ),
    "evidence": _schema(
        "evidence",
        "What the numbers of a network rest on",
        held(network=NETWORK, rows=listed({"anyOf": list(AUDITED)})),
    ),
    "convert": _schema(
        "convert",
        "What was written, and what the format could not hold",
        held(network=NETWORK, out=TEXT, variables=COUNT, notes=TEXTS),
    ),
    "score": _schema("score", "What was done with a cohort file", SCORE),
    "fit": _schema("fit", "Numbers learned from a cohort, beside the cited ones", FIT),
    "validate": _schema("validate", "A cohort beside what a network says of it", VALIDATION),
}
"""The schema of each command that has `--json`."""
