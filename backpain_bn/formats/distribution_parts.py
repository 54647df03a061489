"""Distributions from the parts of a network file: prior, noisy-OR, table, test; each function notes
everything that is wrong with its part.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from ..errors import listed, shown, unknown
from ..model.distributions import (
    EXPERT,
    LARGEST_TABLE,
    Conversion,
    Distribution,
    Mechanism,
    NoisyOr,
    Number,
    Row,
    Table,
    complement,
)
from ..model.problems_of_one import Problem
from ..model.validation import number_problems
from ..model.variables import Source
from ..model.vocabulary import Vocabulary
from .effect_sizes import RATIOS, link, prevalence, without_leak
from .schema import (
    STRENGTHS,
    CauseShape,
    DiscountShape,
    NetworkShape,
    NumberShape,
    RowShape,
    TableShape,
    TrialShape,
    VariableShape,
)
from .yaml_document import Steps

ROUNDING = 1e-6
"""A table row whose sum is this near to 1 is taken for rounded, normalised, and noted."""
HARMLESS = Number(0.0, 0.0, 1.0)
"""Stands for a number that has been complained about, so that what lies around it is checked."""
Figures = tuple[float, float, float]
"""A figure and its range."""
Cited = NumberShape | CauseShape | RowShape | TrialShape


@dataclass(slots=True)
class Reading:
    """A file of the right shape on its way to a network, with what was wrong and what was noted.

    `rows` are the sources by id; None, where they could not be read, leaves the ids unchecked.
    """

    file: NetworkShape
    rows: Mapping[str, Source] | None
    vocabulary: Vocabulary
    found: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def conversion(self) -> Conversion:
        """How published associations become links."""
        given = self.file.conversion
        designs = {name: _discount(shape) for name, shape in given.designs.items()}
        return Conversion(given.prior_sd, _discount(given.scale), designs)

    def complain(self, steps: Steps, message: str) -> None:
        """Note a problem."""
        self.found.append(Problem(steps, message))

    def known(self, ids: Iterable[str], allowed: Collection[str], kind: str, steps: Steps) -> None:
        """Complain of every id that is not allowed."""
        for index, id in enumerate(ids):
            if id not in allowed:
                self.complain((*steps, index), str(unknown(kind, id, allowed)))

    def states(self, chosen: Mapping[str, str], steps: Steps) -> None:
        """Complain of every variable or state that does not exist."""
        variables = self.file.variables
        for name, state in chosen.items():
            if name not in variables:
                self.complain((*steps, name), str(unknown("variable", name, variables)))
            elif state not in variables[name].states:
                allowed = dict.fromkeys(variables[name].states)
                self.complain((*steps, name), str(unknown(f"state of {name}", state, allowed)))

    def cited(self, shape: Cited, steps: Steps) -> None:
        """Check the ids of a number: they exist, and a figure that no study gives says `expert`."""
        if self.rows is None:
            return
        self.known(shape.sources, (*self.rows, EXPERT), "source", (*steps, "sources"))
        self.known(shape.against, self.rows, "source", (*steps, "against"))
        kinds = {self.rows[id].kind for id in shape.sources if id in self.rows}
        if EXPERT not in shape.sources and kinds == {"claim"}:
            why = "a claim gives no figure: add the study that does, or the word expert"
            self.complain((*steps, "sources"), why)
        for index, id in enumerate(shape.against):
            place = (*steps, "against", index)
            if id in self.rows and self.rows[id].kind == "claim":
                why = f"only studies speak against a number; {shown(id)} is a claim"
                self.complain(place, why)
            elif id in self.rows and id in shape.sources:
                why = f"source {shown(id)} cannot speak both for and against one number"
                self.complain(place, why)

    def number(self, shape: NumberShape, steps: Steps) -> Number:
        """Return a number, with its sources checked."""
        self.cited(shape, steps)
        low, high = shape.range
        sources, against = tuple(shape.sources), tuple(shape.against)
        return Number(shape.p, low, high, sources, against, shape.note)

    def probability(self, shape: NumberShape, steps: Steps) -> Number:
        """Return a number whose p and range are probabilities in order; a harmless one where they
        are not.
        """
        made = self.number(shape, steps)
        wrong = list(number_problems(steps, made))
        self.found += wrong
        return HARMLESS if wrong else made


def _discount(shape: DiscountShape) -> Number:
    low, high = shape.range or (shape.p, shape.p)
    return Number(shape.p, low, high, (EXPERT,), note=shape.note)


def distribution_of(reading: Reading, name: str, shape: VariableShape) -> Distribution | None:
    """Return P(variable | parents), or None where what is wrong leaves none to be made."""
    steps: Steps = ("variables", name)
    owners = ("prior", "leak", "table", "observes")
    given = [key for key in owners if getattr(shape, key) is not None]
    if len(given) != 1:
        has = " and ".join(given) or "none"
        why = (
            f"{name} needs exactly one of prior, leak (with causes), table, observes; it has {has}"
        )
        reading.complain(steps, why)
        return None
    owned = {"causes": "leak", "sensitivity": "observes", "specificity": "observes"}
    for key, owner in owned.items():
        if getattr(shape, key) and given != [owner]:
            why = f"{key} goes with {owner}; {name} has {given[0]}"
            reading.complain((*steps, key), why)
    if shape.prior is not None:
        return _prior(reading, name, shape, shape.prior)
    if shape.leak is not None:
        return _noisy_or(reading, name, shape, shape.leak)
    if shape.table is not None:
        return _table(reading, name, shape, shape.table)
    return _test(reading, name, shape, str(shape.observes))


def _prior(
    reading: Reading, name: str, shape: VariableShape, stated: Mapping[str, NumberShape]
) -> Table | None:
    steps: Steps = ("variables", name, "prior")
    before = len(reading.found)
    given = {state: reading.probability(entry, (*steps, state)) for state, entry in stated.items()}
    for state in given:
        if state not in shape.states:
            why = str(unknown(f"state of {name}", state, shape.states))
            reading.complain((*steps, state), why)
    first, rest = shape.states[0], shape.states[1:]
    missing = [state for state in rest if state not in given]
    if missing:
        why = (
            f"the prior of {name} lacks {listed(missing)}; only the first state ({first}) may be "
            "left out"
        )
        reading.complain(steps, why)
    if len(reading.found) > before or len({*shape.states}) < len(shape.states):
        return None
    total = math.fsum(entry.p for entry in given.values())
    if first not in given and total > 1 + ROUNDING:
        why = f"probabilities of {name} sum to {total:.9g}, which leaves nothing for {first}"
        reading.complain(steps, why)
        return None
    given.setdefault(first, complement([given[state] for state in rest]))
    row = _normalised(reading, tuple(given[state] for state in shape.states), name, ())
    total = math.fsum(entry.p for entry in row.numbers)
    if abs(total - 1) > ROUNDING:
        reading.complain(steps, f"probabilities of {name} sum to {total:.9g}, not 1")
        return None
    return Table((), (row,))


def _normalised(
    reading: Reading, numbers: tuple[Number, ...], name: str, given: tuple[str, ...]
) -> Row:
    total = math.fsum(entry.p for entry in numbers)
    off = abs(total - 1)
    if not 1e-9 < off <= ROUNDING or any(entry.p < 0 for entry in numbers):
        return Row(given, numbers)
    row = f"{name} given {', '.join(given)}" if given else name
    reading.notes.append(
        f"the probabilities of {row} summed to {total:.12g} (rounded) and were normalised"
    )
    shares = [entry.p / total for entry in numbers]
    whole = (
        replace(entry, p=p, low=min(entry.low, p), high=max(entry.high, p))
        for entry, p in zip(numbers, shares, strict=True)
    )
    return Row(given, tuple(whole))


def _noisy_or(reading: Reading, name: str, shape: VariableShape, stated: NumberShape) -> NoisyOr:
    steps: Steps = ("variables", name)
    leak = reading.number(stated, (*steps, "leak"))
    mechanisms = [
        _mechanism(reading, name, cause, leak, (*steps, "causes", index))
        for index, cause in enumerate(shape.causes)
    ]
    return NoisyOr(leak, tuple(mechanisms))


def _mechanism(
    reading: Reading, name: str, cause: CauseShape, leak: Number, steps: Steps
) -> Mechanism:
    """Return one cause, with a harmless strength where its own cannot be used."""
    reading.cited(cause, steps)
    when = {
        parent: (states,) if isinstance(states, str) else tuple(states)
        for parent, states in cause.when.items()
    }
    given = [key for key in STRENGTHS if getattr(cause, key) is not None]
    if len(given) != 1:
        has = " and ".join(given) or "none"
        why = f"a cause needs exactly one of {', '.join(STRENGTHS)}; it has {has}"
        reading.complain(steps, why)
        return Mechanism(when, HARMLESS)
    if given[0] in RATIOS:
        return Mechanism(when, _converted(reading, given[0], name, cause, steps))
    for key in ("p_value", "design", "exposure", "carried"):
        if key in cause.model_fields_set:
            why = f"{key} belongs to a published ratio; this cause gives {given[0]}"
            reading.complain((*steps, key), why)
    low, high = cause.range or (0.0, 1.0)
    if cause.range is None:
        reading.complain(steps, "range is missing")
        return Mechanism(when, HARMLESS)
    if cause.p is not None:
        return Mechanism(when, _sourced(cause, (cause.p, low, high)))
    risks = (cause.risk or 0.0, low, high)
    return Mechanism(when, _leak_excluded(reading, name, cause, risks, leak, steps))


def _sourced(cause: CauseShape, figures: Figures, published: str = "") -> Number:
    sources, against = tuple(cause.sources), tuple(cause.against)
    return Number(*figures, sources, against, cause.note, published)


def _leak_excluded(
    reading: Reading, name: str, cause: CauseShape, risks: Figures, leak: Number, steps: Steps
) -> Number:
    """Return the strength of a cause whose published risk includes the leak."""
    risk, low, high = risks
    if not 0 <= leak.p < 1 or not all(leak.p <= value <= 1 for value in risks):
        why = f"risk {risk:g} and its range must lie between the leak {leak.p:g} of {name} and 1"
        reading.complain((*steps, "risk"), why)
        return HARMLESS
    if not low <= risk <= high:
        why = f"range [{low:g}, {high:g}] must lie around {risk:g}"
        reading.complain((*steps, "range"), why)
        return HARMLESS
    alone = (without_leak(risk, leak.p), without_leak(low, leak.p), without_leak(high, leak.p))
    return _sourced(cause, alone, f"risk {risk:g} ({low:g} to {high:g})")


def _converted(
    reading: Reading, spelling: str, name: str, cause: CauseShape, steps: Steps
) -> Number:
    """Return the strength of a cause whose association was published as a ratio."""
    variables = reading.file.variables
    stated = variables[name].marginal
    marginal = stated.p if stated is not None else None
    exposure = cause.exposure if cause.exposure is not None else prevalence(cause, variables)
    made = link(spelling, cause, marginal, exposure, reading.conversion)
    if isinstance(made, Number):
        sources, against = tuple(cause.sources), tuple(cause.against)
        return replace(made, sources=sources, against=against, note=cause.note)
    for key, message in made:
        reading.complain((*steps, key), message)
    return HARMLESS


def _table(reading: Reading, name: str, shape: VariableShape, stated: TableShape) -> Table | None:
    steps: Steps = ("variables", name, "table")
    variables = reading.file.variables
    parents = tuple(stated.parents)
    before = len(reading.found)
    for index, parent in enumerate(parents):
        if parent not in variables:
            others = [other for other in variables if other != name]
            why = str(unknown(f"parent of {name}", parent, others))
            reading.complain((*steps, "parents", index), why)
    for index, parent in enumerate(parents):
        if parent in parents[:index]:
            why = f"parent {shown(parent)} is listed twice"
            reading.complain((*steps, "parents", index), why)
    sizes = [len(variables[parent].states) for parent in parents if parent in variables]
    cells = math.prod(sizes) * len(shape.states)
    if cells > LARGEST_TABLE:
        why = f"the table of {name} would have {cells:,} cells; the limit is {LARGEST_TABLE:,}"
        reading.complain(steps, why)
    if len(reading.found) > before:
        return None
    make = partial(_row, reading, name, shape, parents)
    rows = [make(row, (*steps, "rows", index)) for index, row in enumerate(stated.rows)]
    whole = [row for row in rows if row is not None]
    return Table(parents, tuple(whole)) if len(whole) == len(rows) else None


def _row(
    reading: Reading,
    name: str,
    shape: VariableShape,
    parents: tuple[str, ...],
    row: RowShape,
    steps: Steps,
) -> Row | None:
    reading.cited(row, steps)
    before = len(reading.found)
    if set(row.when) != set(parents):
        named = listed(list(row.when)) or "none"
        why = (
            f"a row of {name} must name the state of each parent ({listed(parents)}), it names "
            f"{named}"
        )
        reading.complain((*steps, "when"), why)
    told = {parent: state for parent, state in row.when.items() if parent in parents}
    reading.states(told, (*steps, "when"))
    for key, values in (("probabilities", row.probabilities), ("range", row.range)):
        if len(values) != len(shape.states):
            why = f"{key} has {len(values)} entries for the {len(shape.states)} states of {name}"
            reading.complain((*steps, key), why)
    if len(reading.found) > before:
        return None
    numbers = tuple(
        Number(p, low, high, tuple(row.sources), tuple(row.against), row.note)
        for p, (low, high) in zip(row.probabilities, row.range, strict=True)
    )
    return _normalised(reading, numbers, name, tuple(row.when[parent] for parent in parents))


def _test(reading: Reading, name: str, shape: VariableShape, observed: str) -> Table | None:
    """Return P(test | what it observes) from sensitivity and specificity."""
    steps: Steps = ("variables", name)
    if shape.sensitivity is None or shape.specificity is None:
        why = f"{name} observes {observed}: it needs sensitivity and specificity"
        reading.complain((*steps, "observes"), why)
        return None
    sensitivity = reading.probability(shape.sensitivity, (*steps, "sensitivity"))
    specificity = reading.probability(shape.specificity, (*steps, "specificity"))
    variables = reading.file.variables
    if observed not in variables:
        why = str(unknown("variable", observed, variables))
        reading.complain((*steps, "observes"), why)
        return None
    hidden = variables[observed].states
    if len(hidden) != 2 or len(shape.states) != 2:
        why = f"sensitivity and specificity need two states each: {name} and {observed}"
        reading.complain((*steps, "observes"), why)
        return None
    absent = Row((hidden[0],), (specificity, complement([specificity])))
    present = Row((hidden[1],), (complement([sensitivity]), sensitivity))
    return Table((observed,), (absent, present))
