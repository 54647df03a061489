"""The file beside a network of another format that says what the format cannot: which variable is
the outcome, which states are healthy, roles, labels, questions.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import Field

from ..errors import FileProblem, unknown
from ..model.network import Network
from ..model.problems_of_one import bin_problems, label_problems
from ..model.validation import chosen_problems, vocabulary_problems
from ..model.variables import Variable
from ..model.vocabulary import VARIABLE, Role, Vocabulary
from .mapping import with_healthy, with_outcome
from .network_file import cost_of, vocabulary_of
from .schema import CostShape, Finite, Label, Shape, Text, VocabularyShape, YesNo
from .shape_problems import shaped
from .voices import with_voices
from .yaml_document import Document, read_yaml

REST = Role("Other variables")
"""The role of variables to which a mapping with roles of its own gives none."""


class MappedShape(Shape):
    """What a mapping says of one variable."""

    label: Label | None = None
    role: str | None = None
    healthy: str | None = None
    question: Text = ""
    about: Text = ""
    bins: list[Finite] = Field(default_factory=list)
    limits: list[Finite] = Field(default_factory=list)
    persists: YesNo | None = None
    leaves: dict[str, str] = Field(default_factory=dict)
    cost: CostShape | None = None


class MappingShape(Shape):
    """A whole mapping file."""

    outcome: str | None = None
    vocabulary: VocabularyShape = VocabularyShape()
    variables: dict[str, MappedShape] = Field(default_factory=dict)


def mapping_of(path: Path) -> Path:
    """Return where the mapping of a network file lies: beside it, as NAME.mapping.yaml."""
    return path.with_name(f"{path.stem}.mapping.yaml")


def mapped(network: Network, path: Path) -> Network:
    """Return the network with what a mapping file says of it: `outcome`, a `vocabulary` as in a
    network file, and of `variables` label, role, healthy state, question, cost, bins, limits and
    what is left in the next period.

    Variables that it does not name stay as they are; where it has roles of its own, they get one
    that means nothing. Raises `FileProblem` with everything that is wrong with its shape or, where
    nothing is, with its meaning: variables, states, roles and means that do not exist.
    """
    return mapped_by(network, read_yaml(path))


def mapped_by(network: Network, document: Document) -> Network:
    """Return the network with what a mapping says of it that was read already; see `mapped`."""
    shape = shaped(MappingShape, document, "outcome, vocabulary, variables")
    vocabulary = with_voices(document, _vocabulary(shape, network), network.name)
    document.note(vocabulary_problems(vocabulary, network.variables))
    _check(document, shape, network, vocabulary)
    if document.found:
        raise FileProblem(document.lines())
    variables = {
        name: _variable(variable, shape.variables.get(name, MappedShape()), vocabulary)
        for name, variable in network.variables.items()
    }
    network = replace(network, variables=variables, vocabulary=vocabulary)
    healthy = {
        name: entry.healthy for name, entry in shape.variables.items() if entry.healthy is not None
    }
    if healthy:
        network = with_healthy(network, healthy)
    if shape.outcome is None:
        return network
    if shape.variables.get(shape.outcome, MappedShape()).persists is not None:
        return replace(network, outcome=shape.outcome)
    return with_outcome(network, shape.outcome)


def _vocabulary(shape: MappingShape, network: Network) -> Vocabulary:
    vocabulary = vocabulary_of(shape.vocabulary)
    given = {name for name, entry in shape.variables.items() if entry.role is not None}
    if VARIABLE not in vocabulary.roles and any(name not in given for name in network):
        vocabulary = replace(vocabulary, roles={**vocabulary.roles, VARIABLE: REST})
    return vocabulary


def _check(
    document: Document, shape: MappingShape, network: Network, vocabulary: Vocabulary
) -> None:
    """Note every name in a mapping that does not exist."""
    if shape.outcome is not None and shape.outcome not in network:
        document.complain(("outcome",), str(unknown("outcome", shape.outcome, network)))
    for action, names in shape.vocabulary.actions.items():
        if names:
            why = f"{action} names treatments, which a file of another format does not have"
            document.complain(("vocabulary", "actions", action), why)
    for name, entry in shape.variables.items():
        steps = ("variables", name)
        if name not in network:
            document.complain(steps, str(unknown("variable", name, network)))
        elif entry.healthy is not None and entry.healthy not in network.states[name]:
            known = network.states[name]
            why = str(unknown(f"state of {name}", entry.healthy, known))
            document.complain((*steps, "healthy"), why)
        else:
            document.note(label_problems(name, entry.label or ""))
            bins, limits = tuple(entry.bins), tuple(entry.limits)
            document.note(bin_problems(name, network.states[name], bins, limits))
        document.note(chosen_problems((*steps, "leaves"), entry.leaves, network.variables))
        if entry.role is not None and entry.role not in vocabulary.roles:
            why = str(unknown("role", entry.role, vocabulary.roles))
            document.complain((*steps, "role"), why)
        who = entry.cost.who if entry.cost is not None else None
        if who is not None and who not in vocabulary.means:
            why = str(unknown("means", who, vocabulary.means))
            document.complain((*steps, "cost", "who"), why)


def _variable(variable: Variable, entry: MappedShape, vocabulary: Vocabulary) -> Variable:
    role = entry.role or VARIABLE
    persists = vocabulary.roles[role].persists
    if entry.persists is not None:
        persists = entry.persists == "yes"
    return replace(
        variable,
        label=entry.label or variable.label,
        role=role,
        question=entry.question,
        about=entry.about,
        bins=tuple(entry.bins),
        limits=tuple(entry.limits),
        leaves=entry.leaves,
        persists=persists,
        cost=cost_of(entry.cost, vocabulary),
    )
