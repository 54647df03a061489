"""Plain data held against a shape of `schema`, and what is wrong with it in words."""

from __future__ import annotations

from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError

from ..errors import FileProblem, nearest, shown
from ..model.problems_of_one import Problem
from .schema import Shape
from .yaml_document import Document, Steps

S = TypeVar("S", bound=Shape)
KEY = "[key]"
"""The step at which pydantic says that a key itself is wrong."""
MOST_GUESSES = 1000
"""For so many problems it is said what was meant; a file with more is no file of ours."""
UNION = ("str", "list[str]")
"""The steps that pydantic adds below a condition, for each of the forms that it may have."""
EXPECTED = {
    "dict_type": "keys and values",
    "list_type": "a list",
    "string_type": "text",
    "model_type": "keys and values",
}


def checked(shape: type[S], data: Any) -> tuple[S | None, list[Problem]]:
    """Return the validated data, or None and everything that is wrong with its shape.

    >>> from backpain_bn.formats.schema import CostShape
    >>> checked(CostShape, {"minute": "5"})[1][0].message
    'minutes is missing'
    """
    try:
        return shape.model_validate(data), []
    except ValidationError as error:
        found: dict[Steps, Problem] = {}
        for count, entry in enumerate(error.errors(include_url=False)):
            steps = _written(data, _steps(entry["loc"]))
            said = _message(shape, steps, entry) if count < MOST_GUESSES else entry["msg"]
            found.setdefault(steps, Problem(steps, said))
        return None, list(found.values())


def shaped(shape: type[S], document: Document, keys: str) -> S:
    """Return a document's data in this shape; `keys` are some that a file of it holds.

    Raises `FileProblem` with everything that is wrong with its shape.
    """
    if not isinstance(document.data, dict):
        raise document.refuse((), f"the file must hold keys and values: {keys}")
    found, wrong = checked(shape, document.data)
    document.note(wrong)
    if found is None or document.found:
        raise FileProblem(document.lines())
    return found


def _steps(location: Steps) -> Steps:
    """Return where in the file the place lies that pydantic names."""
    return tuple(
        step
        for index, step in enumerate(location)
        if step != KEY and not (step in UNION and location[index - 2] == "when")
    )


def _written(data: Any, steps: Steps) -> Steps:
    """Return the steps without the last where a plain value stands for a mapping with that key."""
    holder = data
    for step in steps[:-1]:
        if isinstance(holder, str):
            break
        holder = holder.get(step, {}) if isinstance(holder, dict) else holder[step]
    return steps[:-1] if isinstance(holder, str) else steps


def _message(shape: type[Shape], steps: Steps, entry: Any) -> str:
    kind, value, context = entry["type"], entry["input"], entry.get("ctx", {})
    name = next((str(step) for step in reversed(steps) if isinstance(step, str)), "this")
    if kind == "missing":
        return f"{name} is missing"
    if kind == "extra_forbidden":
        return _unknown_key(name, list(_shape_at(shape, steps[:-1]).model_fields))
    if kind == "literal_error":
        allowed = context["expected"].replace("'", "")
        if entry["loc"][-1] == KEY:
            return f"unknown key {shown(name)}; allowed: {allowed}"
        return f"{name} is {_short(value)}; allowed: {allowed}"
    if kind in ("float_parsing", "float_type", "finite_number"):
        return f"{name} must be a number, not {_short(value)}"
    if kind.endswith(("too_short", "too_long")):
        if isinstance(steps[-1], int) and kind.startswith("string"):
            name = f"entry {steps[-1] + 1} of {name}"
        return _size_message(name, kind, value, context)
    if kind == "string_pattern_mismatch":
        return (
            f"{_short(value)} must be at most 60 lower case letters, digits and underscores, "
            "a letter first"
        )
    if kind in EXPECTED:
        return f"{name} must be {EXPECTED[kind]}, not {_short(value)}"
    return f"{name}: {entry['msg'][0].lower()}{entry['msg'][1:]}, not {_short(value)}"


def _size_message(name: str, kind: str, value: Any, context: Any) -> str:
    if kind == "string_too_short":
        return f"{name} is empty"
    if kind == "string_too_long":
        return f"{name} has {len(value):,} characters; the limit is {context['max_length']:,}"
    bound = "least" if kind == "too_short" else "most"
    limit = context["min_length" if kind == "too_short" else "max_length"]
    count = context["actual_length"]
    return f"{name} has {count} entries; it needs at {bound} {limit}"


def _unknown_key(name: str, known: list[str]) -> str:
    guess = nearest(name, known)
    if guess:
        return f'unknown key {shown(name)}; did you mean "{guess}"?'
    return f"unknown key {shown(name)}; allowed: {', '.join(known)}"


def _short(value: object) -> str:
    if isinstance(value, str):
        return shown(value)
    return "a list" if isinstance(value, list) else "keys and values"


def _shape_at(shape: type[Shape], steps: Steps) -> type[Shape]:
    """Return the shape of the part of the file at `steps`."""
    left = list(steps)
    while left:
        inside = _inside(shape.model_fields[str(left[0])].annotation)
        if inside is None:
            break
        shape, containers = inside
        left = left[1 + containers :]
    return shape


def _inside(annotation: Any) -> tuple[type[Shape], int] | None:
    """Return the shape that a type mentions, and in how many lists or mappings it lies."""
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return annotation, 0
    container = get_origin(annotation) in (dict, list)
    for part in get_args(annotation):
        found = _inside(part)
        if found is not None:
            return found[0], found[1] + container
    return None
