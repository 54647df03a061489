"""The words in which a network wants to be spoken of, and what its roles mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

GRADES = {
    "supported": "studies support it",
    "mixed": "studies disagree",
    "contradicted": "studies contradict it",
    "claimed only": "claimed, no study found",
    "expert": "judgement",
    "not stated": "no source stated",
}
"""What the grades of a link are called where the vocabulary does not say otherwise."""


@dataclass(frozen=True, slots=True)
class Role:
    """What the variables of one role have in common; `title` heads their column in the picture.

    `contributes`: may be to blame for the outcome. `persists`: stays as it is into the next period.
    `workable`: something that one can work on. `background`: what others alike share.
    `kind_of_outcome`: says of what kind the outcome is. `test`: asked after the plain questions.
    """

    title: str
    contributes: bool = False
    persists: bool = False
    workable: bool = False
    background: bool = False
    kind_of_outcome: bool = False
    test: bool = False


@dataclass(frozen=True, slots=True)
class Means:
    """By what means a question is answered or a treatment done: asking, doing it oneself, somebody
    trained. `remark` is said once before the first question of its kind.
    """

    title: str
    remark: str = ""
    trained: bool = False


VARIABLE = "variable"
ASK = "ask"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words and roles of a network; without a block in the file they are neutral.

    `subject` is one case of the `population`, `outcome` a word for the outcome ("pain"), `again`
    the period in which it may come again ("next season"). `roles` stand in the order of the
    picture's columns, `means` from the least to the most trouble. `actions` are what one usually
    chooses between, each with the treatments that it starts. `voices` names networks by who speaks
    in them, `speakers` in a word, `kind_names` the kinds of the outcome in a word. Those networks
    lie in the `folder`, or among the shipped ones. Where the outcome is one part of a `whole` that
    people speak of (a variable), `part` and `rest` say which ("brought on by running", "from
    something else"). `grades` the grades of a link.
    """

    subject: str = "case"
    subjects: str = "cases"
    population: str = "cases in general"
    outcome: str = "outcome"
    again: str = "the next time"
    title: str = "What the findings say"
    kinds: str = "Likely kind"
    no_kind: str = "None of these kinds in particular"
    disclaimer: str = ""
    roles: Mapping[str, Role] = field(
        default_factory=lambda: {
            VARIABLE: Role("Variables", contributes=True, persists=True, workable=True)
        }
    )
    means: Mapping[str, Means] = field(default_factory=lambda: {ASK: Means("Ask")})
    actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    voices: Mapping[str, str] = field(default_factory=dict)
    speakers: Mapping[str, str] = field(default_factory=dict)
    kind_names: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    whole: str = ""
    part: str = ""
    rest: str = ""
    grades: Mapping[str, str] = field(default_factory=lambda: dict(GRADES))

    def __post_init__(self) -> None:
        for name in ("roles", "means", "actions", "voices", "speakers", "kind_names"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        object.__setattr__(self, "grades", MappingProxyType(GRADES | dict(self.grades)))

    def speaker(self, name: str) -> str:
        """Return who speaks in the network of this name, in a word; the name itself where the
        file does not say.

        >>> Vocabulary(speakers={"as_heard": "neighbours"}).speaker("as_heard")
        'neighbours'
        """
        return self.speakers.get(name, name)
