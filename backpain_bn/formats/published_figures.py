"""The published figures that a network file declares, to be compared with what the network says,
and the judgements by which it converts others.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import listed
from ..model.validation import number_problems
from ..model.variables import PublishedFigure
from .distribution_parts import Reading
from .schema import PublishedShape
from .yaml_document import Steps

PROBABILITY = "probability"
States = dict[str, tuple[str, ...]]


def published_figures(reading: Reading) -> tuple[PublishedFigure, ...]:
    """Return the figures of a file, and complain of everything that is wrong with them."""
    return tuple(
        _figure(reading, shape, ("published", index))
        for index, shape in enumerate(reading.file.published)
    )


def _figure(reading: Reading, shape: PublishedShape, steps: Steps) -> PublishedFigure:
    of, given, against = map(_states, (shape.of, shape.given, shape.against))
    for key, conditions in (("of", of), ("given", given), ("against", against)):
        for name, states in conditions.items():
            for state in states:
                reading.states({name: state}, (*steps, key))
    reading.states(shape.do, (*steps, "do"))
    if not of:
        reading.complain((*steps, "of"), "of names no variable; it says what the figure is of")
    _check_comparison(reading, shape, against, steps)
    _check_figures(reading, shape, steps)
    low, high = shape.range
    return PublishedFigure(
        says=shape.says,
        measure=shape.measure,
        of=of,
        given=given,
        do=shape.do,
        against=against,
        value=shape.value,
        low=low,
        high=high,
        sources=tuple(shape.sources),
        note=shape.note,
        fitted=shape.fitted == "yes",
    )


def _states(conditions: Mapping[str, str | list[str]]) -> States:
    return {
        name: (states,) if isinstance(states, str) else tuple(states)
        for name, states in conditions.items()
    }


def _check_comparison(
    reading: Reading, shape: PublishedShape, against: States, steps: Steps
) -> None:
    """Complain where what is compared, and with what, do not fit together."""
    place = (*steps, "against")
    if shape.measure == PROBABILITY:
        if against:
            reading.complain(place, "a probability is compared with nothing; leave against out")
        return
    if not against:
        why = f"{shape.measure} needs against: the conditions of those compared with"
        reading.complain(place, why)
    for name, states in against.items():
        if name not in shape.given and name not in shape.do:
            allowed = listed([*shape.given, *shape.do]) or "none are"
            why = f"{name} is no condition of the figure; these are: {allowed}"
            reading.complain((*place, name), why)
        if name in shape.do and len(states) != 1:
            why = f"{name} is set to one state, not {len(states)}"
            reading.complain((*place, name), why)


def _check_figures(reading: Reading, shape: PublishedShape, steps: Steps) -> None:
    low, high = shape.range
    if not low <= shape.value <= high:
        why = f"range [{low:g}, {high:g}] must lie around {shape.value:g}"
        reading.complain((*steps, "range"), why)
    if reading.rows is None:
        return
    reading.known(shape.sources, reading.rows, "source", (*steps, "sources"))
    for index, id in enumerate(shape.sources):
        if id in reading.rows and reading.rows[id].kind == "claim":
            why = f"{id} is a claim; only studies publish figures"
            reading.complain((*steps, "sources", index), why)


def check_conversion(reading: Reading) -> None:
    """Complain of judgements outside their own range, and of a scale that leaves nothing."""
    steps: Steps = ("conversion",)
    conversion = reading.conversion
    reading.found += number_problems((*steps, "scale"), conversion.scale)
    if conversion.scale.low <= 0:
        reading.complain((*steps, "scale"), "scale and its range must lie above 0")
    for name, discount in conversion.designs.items():
        reading.found += number_problems((*steps, "designs", name), discount)
