"""The shape of a network file as pydantic models; `networks/schema.json` for editors is written
from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import nearest, shown
from ..model.vocabulary import ASK, VARIABLE

Finite = Annotated[float, Field(allow_inf_nan=False)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Text = Annotated[str, Field(max_length=2000)]
Range = Annotated[list[Finite], Field(min_length=2, max_length=2)]
Sources = Annotated[list[str], Field(min_length=1)]
When = dict[str, str | list[str]]
State = Annotated[str, Field(min_length=1, max_length=60)]
YesNo = Literal["no", "yes"]
Grade = Literal["supported", "mixed", "contradicted", "claimed only", "expert"]
STRENGTHS = ("p", "risk", "odds_ratio", "risk_ratio", "hazard_ratio", "smd")


class Shape(BaseModel):
    """What every part shares: a key that is not named here is an error."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


S = TypeVar("S", bound=Shape)


class NumberShape(Shape):
    """A probability, its range, the rows it comes from, and the studies against it."""

    p: Finite
    range: Range
    sources: Sources
    against: list[str] = []
    note: Text = ""


class CauseShape(Shape):
    """A mechanism: when all conditions hold, its strength in one of six spellings."""

    when: When
    p: Finite | None = Field(
        None, description="chance that this mechanism alone produces the effect, leak excluded"
    )
    risk: Finite | None = Field(None, description="published risk among the exposed, leak included")
    odds_ratio: Finite | None = None
    risk_ratio: Finite | None = None
    hazard_ratio: Finite | None = None
    smd: Finite | None = Field(None, description="standardised mean difference")
    range: Range | None = Field(
        None, description="range of p or risk; for ratios and smd the published 95 % interval"
    )
    p_value: Finite | None = None
    design: str | None = None
    exposure: Finite | None = Field(None, description="prevalence of the conditions")
    carried: Finite = Field(
        0.0, description="risk difference that chains in the graph carry already"
    )
    sources: Sources
    against: list[str] = []
    note: Text = ""


class RowShape(Shape):
    """One row of a table: the parents' states, and a probability for each own state."""

    when: dict[str, str] = {}
    probabilities: list[Finite]
    range: list[Range]
    sources: Sources
    against: list[str] = []
    note: Text = ""


class TableShape(Shape):
    """An explicit conditional probability table."""

    parents: list[str]
    rows: list[RowShape]


class CostShape(Shape):
    """What it takes to answer a question or do a test: minutes, discomfort from 0 (none) to 10, and
    who can do it.
    """

    minutes: Annotated[Finite, Field(ge=0)]
    discomfort: Annotated[Finite, Field(ge=0, le=10)] = 0.0
    who: str = ASK


class VariableShape(Shape):
    """One variable with exactly one of: prior; leak (with causes); table; observes (with
    sensitivity and specificity).
    """

    label: Annotated[str, Field(min_length=1, max_length=160)]
    role: str = VARIABLE
    states: Annotated[list[State], Field(min_length=2, max_length=50)]
    about: Text = ""
    question: Text = ""
    cost: CostShape | None = None
    persists: YesNo | None = None
    marginal: NumberShape | None = None
    prior: dict[str, NumberShape] | None = None
    leak: NumberShape | None = None
    causes: list[CauseShape] = []
    table: TableShape | None = None
    observes: str | None = None
    sensitivity: NumberShape | None = None
    specificity: NumberShape | None = None


class ConversionShape(Shape):
    """How published associations become links (see `cpt.Conversion`)."""

    prior_sd: Annotated[Finite, Field(gt=0, le=10)] = 0.35
    scale: Annotated[Finite, Field(gt=0, le=1)] = 1.0
    designs: dict[str, Annotated[Finite, Field(ge=0, le=1)]] = {}


class TreatmentShape(Shape):
    """What somebody can do about a cause."""

    label: Text
    targets: Annotated[dict[str, str], Field(min_length=1)]
    success: NumberShape
    who: str = ASK
    cautions: list[str] = []
    note: Text = ""


class AdviceShape(Shape):
    """A caution or referral, when it applies, and the treatments it goes with."""

    kind: Literal["caution", "referral"]
    text: Text
    sources: Sources
    when: dict[str, str] = {}
    treatments: list[str] = []


class RoleShape(Shape):
    """What the variables of one role have in common (see `Role`)."""

    title: Text
    contributes: YesNo = "no"
    persists: YesNo = "no"
    workable: YesNo = "no"
    background: YesNo = "no"
    kind_of_outcome: YesNo = "no"
    test: YesNo = "no"


class MeansShape(Shape):
    """By what means a question is answered or a treatment done (see `Means`)."""

    title: Text
    remark: Text = ""
    trained: YesNo = "no"


class VocabularyShape(Shape):
    """The words of a network, and what its roles mean (see `Vocabulary`)."""

    subject: Text = "case"
    subjects: Text = "cases"
    population: Text = "cases in general"
    outcome: Text = "outcome"
    again: Text = "the next time"
    title: Text = "What the findings say"
    kinds: Text = "Likely kind"
    no_kind: Text = "None of these kinds in particular"
    disclaimer: Text = ""
    roles: Annotated[dict[Id, RoleShape], Field(min_length=1)] | None = None
    means: Annotated[dict[Id, MeansShape], Field(min_length=1)] | None = None
    actions: dict[str, list[str]] = {}
    voices: dict[str, Text] = {}
    grades: dict[Grade, Text] = {}


class HeadShape(Shape):
    """The top of a network file, without its variables, treatments and advice."""

    name: Id
    version: str
    about: Text = ""
    outcome: str = ""
    base: str | None = None
    sources: str | None = None
    red_flags: str | None = None
    vocabulary: VocabularyShape = VocabularyShape()
    conversion: ConversionShape = ConversionShape()


class FileShape(HeadShape):
    """A whole network file."""

    variables: dict[Id, VariableShape]
    treatments: dict[Id, TreatmentShape] = {}
    advice: dict[Id, AdviceShape] = {}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a network file, for editors; `networks/schema.json` holds it.

    No variable or file need be whole, because an overlay gives parts of its base's.
    """
    schema = FileShape.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["required"] = ["name", "version"]
    del schema["$defs"]["VariableShape"]["required"]
    for part in schema["$defs"].values():
        part.pop("title", None)
    return schema


def checked(shape: type[S], data: Any) -> tuple[S | None, list[tuple[tuple[str | int, ...], str]]]:
    """Return the validated part, or None and all that is wrong with it as (path inside the part,
    message).
    """
    try:
        return shape.model_validate(data), []
    except ValidationError as error:
        found: dict[tuple[str | int, ...], str] = {}
        for entry in error.errors(include_url=False):
            path = tuple(step for step in entry["loc"] if step not in ("str", "list[str]"))
            found.setdefault(path, _message(shape, path, entry))
        return None, list(found.items())


HARMLESS: dict[str, Any] = {
    "label": "-",
    "role": "test",
    "p": "0.5",
    "range": ["0", "1"],
    "sources": ["expert"],
}
"""What stands in for a part of the wrong shape while the rest of the file is checked; other parts
are left out.
"""


def mended(data: Any, wrong: Iterable[tuple[str | int, ...]]) -> Any:
    """Return a copy of `data` without its wrong parts, so that what is right can still be checked;
    a number counts as one part.
    """
    copy = deepcopy(data)
    for path in wrong:
        cut = next(
            (index for index, step in enumerate(path) if step in HARMLESS or step in STRENGTHS),
            len(path) - 1,
        )
        holder = copy
        for step in path[: max(cut, 0)]:
            inside = isinstance(holder, dict) or (
                isinstance(holder, list) and isinstance(step, int) and step < len(holder)
            )
            holder = (
                holder.get(step) if isinstance(holder, dict) else holder[step] if inside else None
            )
        if isinstance(holder, dict) and path:
            _fill(holder, str(path[cut]))
    return copy


def _fill(holder: dict[str, Any], key: str) -> None:
    if key in STRENGTHS or key == "range":
        for other in (*STRENGTHS, "p_value", "design", "exposure", "carried"):
            holder.pop(other, None)
        holder |= {"p": HARMLESS["p"], "range": HARMLESS["range"]}
    elif key in HARMLESS:
        holder[key] = HARMLESS[key]
    else:
        holder.pop(key, None)


def _message(shape: type[Shape], path: tuple[str | int, ...], entry: Any) -> str:
    kind, value, context = entry["type"], entry["input"], entry.get("ctx", {})
    name = next((str(step) for step in reversed(path) if isinstance(step, str)), "this")
    if kind == "missing":
        return f"{name} is missing"
    if kind == "extra_forbidden":
        known = (
            list(FileShape.model_fields)
            if len(path) == 1 and shape is HeadShape
            else _keys_at(shape, path[:-1])
        )
        guess = nearest(name, known)
        return f"unknown key {shown(name)}" + (
            f'; did you mean "{guess}"?' if guess else f"; allowed: {', '.join(known)}"
        )
    if kind in ("float_parsing", "float_type", "finite_number"):
        return f"{name} must be a number, not {_short(value)}"
    if kind == "literal_error":
        return f"{name} is {_short(value)}; allowed: {context['expected'].replace(chr(39), '')}"
    if kind in ("too_short", "too_long"):
        least, most = context.get("min_length"), context.get("max_length")
        return (
            f"{name} has {context['actual_length']} entries; it needs at "
            f"{f'least {least}' if kind == 'too_short' else f'most {most}'}"
        )
    if kind == "string_pattern_mismatch":
        return (
            f"{_short(value)} must be lower case letters, digits and underscores, starting "
            "with a letter"
        )
    expected = {
        "dict_type": "keys and values",
        "list_type": "a list",
        "string_type": "text",
        "model_type": "keys and values",
    }
    if kind in expected:
        return f"{name} must be {expected[kind]}, not {_short(value)}"
    return f"{name}: {entry['msg'][0].lower()}{entry['msg'][1:]}, not {_short(value)}"


def _short(value: object) -> str:
    if isinstance(value, str):
        return shown(value)
    return (
        "a list"
        if isinstance(value, list)
        else "keys and values"
        if isinstance(value, dict)
        else "this"
    )


def _keys_at(shape: type[Shape], path: tuple[str | int, ...]) -> list[str]:
    inside: dict[str, type[Shape]] = {
        "prior": NumberShape, "leak": NumberShape, "causes": CauseShape, "table": TableShape, "rows": RowShape, "marginal": NumberShape,
        "sensitivity": NumberShape, "specificity": NumberShape, "success": NumberShape, "conversion": ConversionShape, "roles": RoleShape,
        "vocabulary": VocabularyShape, "means": MeansShape,
    }  # fmt: skip
    for step in path:
        shape = inside.get(str(step), shape)
    return list(shape.model_fields)
