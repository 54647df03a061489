"""A network file as a `Network`: errors of shape first, then of meaning, each pass complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import FileProblem
from ..model.distributions import EXPERT, prior
from ..model.network import Network
from ..model.problems_of_one import Problem, answer_problems, bin_problems, state_problems
from ..model.validation import problems, treatment_problems, vocabulary_problems
from ..model.variables import Advice, Cost, Source, Treatment, Trial, Variable
from ..model.vocabulary import Means, Role, Vocabulary
from ..red_flags.rules import Rules
from .distribution_parts import Reading, distribution_of
from .published_figures import check_conversion, published_figures
from .red_flag_file import rules_beside
from .schema import (
    AdviceShape,
    CostShape,
    NetworkShape,
    RoleShape,
    TreatmentShape,
    TrialShape,
    VariableShape,
    VocabularyShape,
)
from .shape_problems import shaped
from .sources import sources_beside
from .voices import with_voices
from .yaml_document import Document, Steps


def network_from(document: Document, parts: Sequence[Document]) -> Network:
    """Return the network of a document whose `parts` (itself, and its base if it is an overlay)
    name sources beside them.

    Raises `FileProblem` with everything that is wrong with its shape or, where nothing is, with its
    meaning, its sources and its red flags.
    """
    shape = shaped(NetworkShape, document, "name, version, variables, ...")
    rows = sources_beside(document, parts)
    words = with_voices(document, vocabulary_of(shape.vocabulary), shape.name)
    network, wrong = build(shape, rows, rules_beside(document), words)
    document.note(wrong)
    if network is None or document.found:
        raise FileProblem(document.lines())
    return network


def build(
    shape: NetworkShape,
    rows: Mapping[str, Source] | None,
    red_flags: Rules,
    vocabulary: Vocabulary,
) -> tuple[Network | None, list[Problem]]:
    """Return the network that a file of the right shape describes, or None and everything that is
    wrong with its meaning.

    `rows` are the sources by id; None, where they could not be read, leaves the ids unchecked.
    """
    reading = Reading(shape, rows, vocabulary)
    variables = _variables(reading)
    treatments = {name: _treatment(reading, name, part) for name, part in shape.treatments.items()}
    reading.found += treatment_problems(treatments, variables, reading.vocabulary)
    advice = {name: _advice(reading, name, part) for name, part in shape.advice.items()}
    for action, names in shape.vocabulary.actions.items():
        steps = ("vocabulary", "actions", action)
        reading.known(names, shape.treatments, "treatment", steps)
    published = published_figures(reading)
    check_conversion(reading)
    if reading.found:
        return None, reading.found
    ids = _used(variables, treatments, advice)
    ids |= {id for figure in published for id in figure.sources}
    network = Network(
        name=shape.name,
        variables=variables,
        version=shape.version,
        about=shape.about,
        outcome=shape.outcome,
        sources={id: row for id, row in (rows or {}).items() if id in ids},
        treatments=treatments,
        advice=advice,
        notes=tuple(reading.notes),
        vocabulary=reading.vocabulary,
        red_flags=red_flags,
        conversion=reading.conversion,
        published=published,
    )
    return network, []


def _variables(reading: Reading) -> dict[str, Variable]:
    """Return the variables, and complain of all that is wrong with each and with them together."""
    if not reading.file.variables:
        reading.complain(("variables",), "the network has no variables")
        return {}
    made: dict[str, Variable] = {}
    unmade: set[str] = set()
    for name, shape in reading.file.variables.items():
        variable = _variable(reading, name, shape)
        if variable is None:
            unmade.add(name)
            variable = _without_numbers(name, shape)
        made[name] = variable
    reading.found += vocabulary_problems(reading.vocabulary, made)
    for problem in problems(made, reading.vocabulary, reading.file.outcome):
        if problem.path[0] != "variables" or problem.path[1] not in unmade:
            reading.found.append(problem)
    return made


def _without_numbers(name: str, shape: VariableShape) -> Variable:
    """Return what others need of a variable that could not be made: its name and its states."""
    states = tuple(shape.states)
    return Variable(name, states, prior(1.0, *(0.0 for _ in states[1:])))


def _variable(reading: Reading, name: str, shape: VariableShape) -> Variable | None:
    steps: Steps = ("variables", name)
    states = tuple(shape.states)
    bins, limits = tuple(shape.bins or ()), tuple(shape.limits or ())
    answers = {str(answer): state for answer, state in shape.answers.items()}
    wrong = [*state_problems(name, states), *bin_problems(name, states, bins, limits)]
    wrong += answer_problems(name, states, answers)
    reading.found += wrong
    distribution = distribution_of(reading, name, shape)
    marginal = None
    if shape.marginal is not None:
        marginal = reading.number(shape.marginal, (*steps, "marginal"))
    if distribution is None or wrong:
        return None
    return Variable(
        name=name,
        states=states,
        distribution=distribution,
        label=shape.label,
        role=shape.role,
        about=shape.about,
        also=shape.also,
        question=shape.question,
        persists=_persists(reading, name, shape),
        marginal=marginal,
        cost=cost_of(shape.cost, reading.vocabulary),
        bins=bins,
        limits=limits,
        answers=answers,
        leaves=shape.leaves,
    )


def _persists(reading: Reading, name: str, shape: VariableShape) -> bool:
    """Return what the file says, else what the role says; without roles all but the outcome do."""
    if shape.persists is not None:
        return shape.persists == "yes"
    if reading.file.vocabulary.roles is None and name == reading.file.outcome:
        return False
    role = reading.vocabulary.roles.get(shape.role)
    return role is not None and role.persists


def cost_of(shape: CostShape | None, vocabulary: Vocabulary) -> Cost:
    """Return what asking costs; by the first of the means where the file does not say."""
    least = _least_means(vocabulary)
    if shape is None:
        return Cost(who=least)
    return Cost(shape.minutes, shape.discomfort, shape.who or least)


def _least_means(vocabulary: Vocabulary) -> str:
    return next(iter(vocabulary.means))


def _treatment(reading: Reading, name: str, shape: TreatmentShape) -> Treatment:
    steps: Steps = ("treatments", name)
    who = shape.who or _least_means(reading.vocabulary)
    reading.known(shape.cautions, reading.file.advice, "advice", (*steps, "cautions"))
    success = reading.probability(shape.success, (*steps, "success"))
    return Treatment(
        name=name,
        label=shape.label,
        targets=shape.targets,
        success=success,
        who=who,
        note=shape.note,
        cautions=tuple(shape.cautions),
        trial=_trial(reading, shape.trial, (*steps, "trial")),
        relief_trials=_studies(reading, shape.relief_trials, (*steps, "relief_trials")),
    )


def _studies(reading: Reading, ids: Sequence[str], steps: Steps) -> tuple[str, ...]:
    """Return the ids of studies, and complain of those that are none."""
    if reading.rows is not None:
        reading.known(ids, reading.rows, "source", steps)
        for index, id in enumerate(ids):
            if id in reading.rows and reading.rows[id].kind == "claim":
                reading.complain((*steps, index), f"{id} is a claim; a trial is a study")
    return tuple(ids)


def _trial(reading: Reading, shape: TrialShape | None, steps: Steps) -> Trial | None:
    if shape is None:
        return None
    low, high = shape.range
    reading.cited(shape, steps)
    return Trial(shape.risk_ratio, low, high, tuple(shape.sources), tuple(shape.against))


def _advice(reading: Reading, name: str, shape: AdviceShape) -> Advice:
    steps: Steps = ("advice", name)
    reading.states(shape.when, (*steps, "when"))
    treatments = tuple(shape.treatments)
    reading.known(treatments, reading.file.treatments, "treatment", (*steps, "treatments"))
    if reading.rows is not None:
        reading.known(shape.sources, (*reading.rows, EXPERT), "source", (*steps, "sources"))
    if not shape.when and not treatments:
        why = f"{name} never applies: it needs findings (when) or treatments that it goes with"
        reading.complain(steps, why)
    sources = tuple(shape.sources)
    return Advice(name, shape.kind, shape.text, sources, shape.when, treatments)


def _used(
    variables: Mapping[str, Variable],
    treatments: Mapping[str, Treatment],
    advice: Mapping[str, Advice],
) -> set[str]:
    """Return the ids of the sources that some part of the network names."""
    numbers = [entry for variable in variables.values() for entry in variable.numbers]
    numbers += [treatment.success for treatment in treatments.values()]
    trials = [treatment.trial for treatment in treatments.values() if treatment.trial]
    ids = {id for entry in numbers for id in (*entry.sources, *entry.against)}
    ids |= {id for trial in trials for id in (*trial.sources, *trial.against)}
    ids |= {id for treatment in treatments.values() for id in treatment.relief_trials}
    return ids | {id for entry in advice.values() for id in entry.sources}


def vocabulary_of(shape: VocabularyShape) -> Vocabulary:
    """Return the vocabulary that a block of a file describes; what it leaves out is neutral."""
    given = {name: getattr(shape, name) for name in shape.model_fields_set}
    if shape.roles is not None:
        given["roles"] = {name: _role(role) for name, role in shape.roles.items()}
    if shape.means is not None:
        given["means"] = {
            name: Means(means.title, means.remark, means.trained == "yes")
            for name, means in shape.means.items()
        }
    given["actions"] = {action: tuple(names) for action, names in shape.actions.items()}
    return Vocabulary(**given)


def _role(shape: RoleShape) -> Role:
    flags = shape.model_dump(exclude={"title"})
    return Role(shape.title, **{name: value == "yes" for name, value in flags.items()})
