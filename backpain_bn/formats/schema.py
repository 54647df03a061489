"""The shapes of network files and red-flag files as pydantic models; `networks/schema.json` for
editors is written from them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ..model.names import LONGEST_NAME
from ..model.vocabulary import VARIABLE

Finite = Annotated[float, Field(allow_inf_nan=False)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Text = Annotated[str, Field(max_length=2000)]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Range = Annotated[list[Finite], Field(min_length=2, max_length=2)]
Sources = Annotated[list[str], Field(min_length=1)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
Named = Annotated[list[Said], Field(min_length=1)]
When = dict[str, str | list[str]]
State = Annotated[str, Field(min_length=1, max_length=60)]
YesNo = Literal["no", "yes"]
Grade = Literal["supported", "mixed", "contradicted", "claimed only", "expert", "not stated"]
STRENGTHS = ("p", "risk", "odds_ratio", "risk_ratio", "hazard_ratio", "smd")


class Shape(BaseModel):
    """What every part shares: a key that is not named here is an error."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


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
    who: str | None = None


class VariableShape(Shape):
    """One variable with exactly one of: prior; leak (with causes); table; observes (with
    sensitivity and specificity).
    """

    label: Label
    role: str = VARIABLE
    states: Annotated[list[State], Field(min_length=2, max_length=50)]
    bins: list[Finite] | None = Field(
        None, description="the numbers between the states, all rising or all falling"
    )
    limits: Range | None = Field(
        None, description="the least and the largest number that can be told"
    )
    answers: dict[YesNo, str] = Field(
        {}, description="the states that yes and no to the question mean"
    )
    about: Text = ""
    also: Text = Field("", description="other words for it, by which a search finds it")
    question: Text = ""
    cost: CostShape | None = None
    persists: YesNo | None = None
    leaves: dict[str, str] = Field(
        {}, description="variables and their states in the next period where this one is unhealthy"
    )
    marginal: NumberShape | None = None
    prior: dict[str, NumberShape] | None = None
    leak: NumberShape | None = None
    causes: list[CauseShape] = []
    table: TableShape | None = None
    observes: str | None = None
    sensitivity: NumberShape | None = None
    specificity: NumberShape | None = None


class DiscountShape(Shape):
    """What a judgement leaves of a published figure, from 0 to 1, and the range it may have; a
    plain number is a judgement without a range.
    """

    p: Annotated[Finite, Field(ge=0, le=1)]
    range: Range | None = None
    note: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _of_a_plain_number(cls, given: Any) -> Any:
        return given if isinstance(given, dict) else {"p": given}


class ConversionShape(Shape):
    """How published associations become links (see `Conversion`)."""

    prior_sd: Annotated[Finite, Field(gt=0, le=10)] = 0.35
    scale: DiscountShape = DiscountShape(p=1.0)
    designs: dict[str, DiscountShape] = {}


class PublishedShape(Shape):
    """A published figure to be compared with what the network says (see `PublishedFigure`)."""

    says: Said
    measure: Literal["probability", "odds ratio", "risk ratio", "difference"] = "probability"
    of: When
    given: When = {}
    do: dict[str, str] = {}
    against: When = {}
    value: Finite
    range: Range
    sources: Named
    fitted: YesNo = "no"
    note: Text = ""


class TrialShape(Shape):
    """What trials of a treatment found of the outcome itself."""

    risk_ratio: Annotated[Finite, Field(ge=0, le=100)]
    range: Range
    sources: Sources
    against: list[str] = []


class TreatmentShape(Shape):
    """What somebody can do about a cause."""

    label: Text
    targets: Annotated[dict[str, str], Field(min_length=1)]
    success: NumberShape
    trial: TrialShape | None = None
    relief_trials: list[str] = []
    who: str | None = None
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

    subject: Word = "case"
    subjects: Word = "cases"
    population: Word = "cases in general"
    outcome: Word = "outcome"
    again: Word = "the next time"
    title: Word = "What the findings say"
    kinds: Word = "Likely kind"
    no_kind: Word = "None of these kinds in particular"
    disclaimer: Text = ""
    roles: Annotated[dict[Id, RoleShape], Field(min_length=1)] | None = None
    means: Annotated[dict[Id, MeansShape], Field(min_length=1)] | None = None
    actions: dict[str, list[str]] = {}
    voices: dict[str, Word] = {}
    speakers: dict[str, Word] = {}
    kind_names: dict[str, Word] = {}
    whole: str = ""
    part: Text = ""
    rest: Text = ""
    grades: dict[Grade, Word] = {}


class NetworkShape(Shape):
    """A whole network file."""

    name: Id
    version: str
    about: Text = ""
    outcome: str = ""
    base: str | None = None
    sources: str | None = None
    red_flags: str | None = None
    vocabulary: VocabularyShape = VocabularyShape()
    conversion: ConversionShape = ConversionShape()
    variables: dict[Id, VariableShape] = {}
    treatments: dict[Id, TreatmentShape] = {}
    advice: dict[Id, AdviceShape] = {}
    published: list[PublishedShape] = []


class QuestionShape(Shape):
    """One red-flag question: what it is called in a sentence, the finding that says yes to it as
    well, the findings and other questions that say no, and when it is asked first.
    """

    question: Said
    sources: Named
    label: Said | None = None
    finding: Said | None = None
    contradicts: list[Said] = Field(
        [], description="variable=state, another question, or question=no"
    )
    when: When | None = Field(
        None, description="findings with which it is asked first; default: those of its rules"
    )
    above: dict[Said, Said] = Field(
        {}, description="{variable: number}: yes where a larger number is told for it, no below"
    )
    below: dict[Said, Said] = Field(
        {}, description="{variable: number}: yes where a smaller number is told for it, no above"
    )


class RuleShape(Shape):
    """One red-flag rule: each entry of `any` is a combination of questions that is enough; its
    questions are asked first with the findings `when` ({}: always), else on request.
    """

    label: Said
    urgency: Literal["emergency", "urgent", "soon"]
    any: Annotated[list[Named], Field(min_length=1)]
    action: Said
    why: Said
    sources: Named
    when: When | None = None


class RedFlagShape(Shape):
    """A whole red-flag file."""

    name: Said
    version: Said
    about: Said
    confirmed: YesNo = "no"
    sources: str | None = None
    emergency_number: Said | None = None
    withheld: Said | None = None
    common: Said | None = None
    questions: Annotated[dict[Id, QuestionShape], Field(min_length=1)]
    rules: Annotated[dict[Id, RuleShape], Field(min_length=1)]


class ChecklistItemShape(Shape):
    """One item of a reporting guideline, with where it is met, or what is not."""

    asks: Said
    met: Text = ""
    not_met: Text = ""


class ChecklistShape(Shape):
    """A reporting guideline applied to a network."""

    title: Said
    reference: Said
    items: Annotated[dict[str, ChecklistItemShape], Field(min_length=1)]


class CardShape(Shape):
    """A whole file of what authors say in a model card (see `Card`)."""

    purpose: Text = ""
    users: Text = ""
    population: Text = ""
    outcome: Text = ""
    known: list[Said] = []
    unknown: list[Said] = []
    limits: list[Said] = []
    checklists: list[ChecklistShape] = []


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a network file, for editors; `networks/schema.json` holds it.

    No variable or file need be whole, because an overlay gives parts of its base's.
    """
    schema = NetworkShape.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["required"] = ["name", "version"]
    del schema["$defs"]["VariableShape"]["required"]
    for part in schema["$defs"].values():
        part.pop("title", None)
    part = schema["$defs"]["DiscountShape"]
    schema["$defs"]["DiscountShape"] = {"anyOf": [{"type": "number"}, part]}
    return schema
