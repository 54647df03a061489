"""Red-flag files: the questions and rules that a network names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from ..errors import FileProblem, shown, unknown
from ..model.distributions import EXPERT
from ..red_flags.rules import (
    ABOVE,
    BELOW,
    EMERGENCY_NUMBER,
    NO,
    URGENCIES,
    YES,
    RedFlagQuestion,
    Rule,
    Rules,
    When,
)
from .schema import QuestionShape, RedFlagShape, RuleShape
from .schema import When as WhenShape
from .shape_problems import shaped
from .sources import named_by
from .text_files import SHIPPED, is_file, shown_path
from .yaml_document import Document, Steps, read_yaml

MISSPELT, SURELY_MISSPELT = 0.8, 0.9
"""Two names that are at least so similar, from 0 to 1, are taken for one that is misspelt: of
variables, and of a question, which a variable may resemble.
"""
PLACEHOLDER = "{emergency_number}"
FINDING = r"[^=]+=[^=]+"
NUMBER = r"-?\d{1,9}(\.\d{1,9})?"


def read_rules(path: Path, variables: Collection[str] = ()) -> Rules:
    """Return the rules of a red-flag file, with `{emergency_number}` filled in; `variables` are
    those of the network that names it.

    Raises `FileProblem` with everything that is wrong with its shape or, where nothing is, with its
    meaning and its sources, as `path:line:column`.
    """
    document = read_yaml(path)
    shape = shaped(RedFlagShape, document, "name, version, questions, rules, ...")
    _check_questions(document, shape, variables)
    for name, rule in shape.rules.items():
        _check_rule(document, shape, name, rule)
    _check_sources(document, shape)
    if document.found:
        raise FileProblem(document.lines())
    return _rules(shape)


def rules_beside(document: Document) -> Rules:
    """Return the rules of the file that a network names in `red_flags`, beside it or shipped; what
    is wrong with them is noted in the document.
    """
    name = document.data.get("red_flags")
    if name is None:
        return Rules()
    folders = (Path(document.place(("red_flags",))[0]).parent, SHIPPED)
    inside = Path(name).name == name
    found = next((folder / name for folder in folders if inside and is_file(folder / name)), None)
    if found is None:
        why = f"no such file beside the network: {shown_path(folders[0] / name)}"
        document.complain(("red_flags",), why)
        return Rules()
    variables = document.data.get("variables", {})
    try:
        rules = read_rules(found, variables)
    except FileProblem as error:
        document.found += error.lines
        return Rules()
    for question, variable, state in _findings(rules):
        states = variables.get(variable, {}).get("states", [state])
        if state and state not in states:
            why = f"{question}: {unknown(f'state of {variable}', state, states)}"
            document.complain(("red_flags",), why)
        near = get_close_matches(variable, variables, n=1, cutoff=MISSPELT)
        if variable not in variables and near:
            why = f'{question}: unknown variable {shown(variable)}; did you mean "{near[0]}"?'
            document.complain(("red_flags",), why)
    for each in rules.questions:
        _check_bins(document, each, variables)
    return rules


def _check_bins(
    network: Document, question: RedFlagQuestion, variables: Mapping[str, Mapping[str, object]]
) -> None:
    """Note a bound of a variable that no number tells."""
    name = question.number[0] if question.number else ""
    if name not in variables or variables[name].get("bins"):
        return
    numbered = [each for each, said in variables.items() if said.get("bins")]
    known = unknown("variable with bins", name, numbered)
    network.complain(("red_flags",), f"{question.id}: no number tells {name}: {known}")


def _findings(rules: Rules) -> Iterator[tuple[str, str, str]]:
    """Yield every finding that a question or a rule speaks of: where, the variable and its state.

    A variable that a network does not have is passed over, for several networks may share a file,
    unless it looks like one that the network has, misspelt.
    """
    for question in rules.questions:
        for finding in (question.finding, *question.contradicts):
            variable, mark, state = finding.partition("=")
            if mark:
                yield question.id, variable, state
        if question.number is not None:
            yield question.id, question.number[0], ""
    parts: list[RedFlagQuestion | Rule] = [*rules.questions, *rules.rules]
    for part in parts:
        for variable, states in part.when or ():
            for state in states:
                yield part.id, variable, state


def _check_questions(document: Document, shape: RedFlagShape, variables: Collection[str]) -> None:
    used = {name for rule in shape.rules.values() for each in rule.any for name in each}
    for name, question in shape.questions.items():
        steps = ("questions", name)
        if name not in used:
            document.complain(steps, f"no rule uses the question {name}")
        _check_once(document, question.sources, (*steps, "sources"))
        _check_bounds(document, question, steps)
        if question.finding is not None and not re.fullmatch(FINDING, question.finding):
            document.complain((*steps, "finding"), _no_finding(question.finding))
        for index, other in enumerate(question.contradicts):
            wrong = _contradicts_nothing(other, shape.questions, variables)
            if wrong:
                document.complain((*steps, "contradicts", index), wrong)


def _contradicts_nothing(other: str, questions: Collection[str], variables: Collection[str]) -> str:
    """Return what is wrong with what is no finding, no question and no answer to one; else nothing.

    What is neither a question nor looks like one may be a variable of a network not known here.
    """
    name, mark, state = other.partition("=")
    if name in questions and name not in variables:
        is_answer = not mark or state in (YES, NO)
        return "" if is_answer else str(unknown(f"answer to {name}", state, (YES, NO)))
    near = get_close_matches(name, questions, n=1, cutoff=SURELY_MISSPELT)
    if not mark or (near and name not in variables):
        return str(unknown("question", name, questions))
    return "" if re.fullmatch(FINDING, other) else _no_finding(other)


def _no_finding(said: str) -> str:
    return f"{shown(said)} is no finding; it is written variable=state"


def _check_sources(document: Document, shape: RedFlagShape) -> None:
    """Note a file of sources that is not there, and what is cited but does not stand in it."""
    if shape.sources is None:
        return
    rows = named_by(document, document, "the red flags")
    if rows is None:
        return
    cited = {("questions", name): part.sources for name, part in shape.questions.items()}
    cited |= {("rules", name): part.sources for name, part in shape.rules.items()}
    for steps, ids in cited.items():
        for index, id in enumerate(ids):
            if id != EXPERT and id not in rows:
                why = str(unknown("source", id, rows))
                document.complain((*steps, "sources", index), why)


def _check_bounds(document: Document, question: QuestionShape, steps: Steps) -> None:
    bounds = [*question.above.items(), *question.below.items()]
    if len(bounds) > 1:
        why = "one number answers a question: either above or below, and of one variable"
        document.complain(steps, why)
    for variable, bound in bounds:
        side = ABOVE if variable in question.above else BELOW
        if not re.fullmatch(NUMBER, bound):
            why = f"{shown(bound)} is no number"
            document.complain((*steps, side, variable), why)


def _check_rule(document: Document, shape: RedFlagShape, name: str, rule: RuleShape) -> None:
    steps: Steps = ("rules", name)
    _check_once(document, rule.sources, (*steps, "sources"))
    for index, combination in enumerate(rule.any):
        place = (*steps, "any", index)
        _check_once(document, combination, place)
        for position, question in enumerate(combination):
            if question not in shape.questions:
                why = str(unknown("question", question, shape.questions))
                document.complain((*place, position), why)
    rest = rule.action.replace(PLACEHOLDER, "")
    if "{" in rest or "}" in rest:
        why = f"the only placeholder is {PLACEHOLDER}, in {shown(rule.action)}"
        document.complain((*steps, "action"), why)


def _check_once(document: Document, names: Sequence[str], steps: Steps) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            document.complain((*steps, index), f"{shown(name)} stands twice")


def _rules(shape: RedFlagShape) -> Rules:
    number = shape.emergency_number or EMERGENCY_NUMBER
    questions = tuple(
        RedFlagQuestion(
            id=name,
            text=part.question,
            sources=tuple(part.sources),
            finding=part.finding or "",
            contradicts=tuple(part.contradicts),
            when=_when(part.when),
            label=part.label or "",
            number=_number(part),
        )
        for name, part in shape.questions.items()
    )
    rules = [
        Rule(
            id=name,
            label=part.label,
            urgency=part.urgency,
            any=tuple(map(tuple, part.any)),
            action=part.action.replace(PLACEHOLDER, number),
            why=part.why,
            sources=tuple(part.sources),
            when=_when(part.when),
        )
        for name, part in shape.rules.items()
    ]
    rules.sort(key=lambda rule: URGENCIES.index(rule.urgency))
    words = {"withheld": shape.withheld, "common": shape.common}
    said = {key: word for key, word in words.items() if word is not None}
    return Rules(
        name=shape.name,
        version=shape.version,
        questions=questions,
        rules=tuple(rules),
        about=shape.about,
        confirmed=shape.confirmed == "yes",
        **said,
    )


def _number(part: QuestionShape) -> tuple[str, str, float] | None:
    for side, bounds in ((ABOVE, part.above), (BELOW, part.below)):
        for variable, bound in bounds.items():
            return variable, side, float(bound)
    return None


def _when(told: WhenShape | None) -> When:
    if told is None:
        return None
    some = {name: [one] if isinstance(one, str) else one for name, one in told.items()}
    return tuple((name, tuple(states)) for name, states in some.items())
