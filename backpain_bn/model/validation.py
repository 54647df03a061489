"""Everything that can be wrong with a set of variables taken together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from ..errors import listed, shown, unknown
from .circles import circles
from .distributions import (
    LARGEST_TABLE,
    TOLERANCE,
    NoisyOr,
    Number,
    PlainRows,
    Row,
    Table,
    doubtful_rows,
)
from .names import are_plain
from .problems_of_one import (
    Problem,
    answer_problems,
    bin_problems,
    label_problems,
    state_problems,
)
from .variables import Treatment, Trial, Variable
from .vocabulary import Vocabulary


def problems(
    variables: Mapping[str, Variable], vocabulary: Vocabulary, outcome: str
) -> list[Problem]:
    """Return everything wrong with the variables taken together: names, states, parents, roles,
    probabilities, rows, cycles; and an outcome that is none of them.
    """
    found: list[Problem] = []
    if outcome and outcome not in variables:
        found.append(Problem(("outcome",), str(unknown("outcome", outcome, variables))))
    plain = _plain_rows(variables)
    doubtful = doubtful_rows([rows.cells for rows in plain.values()])
    left = dict(zip(plain, doubtful, strict=True))
    for name, variable in variables.items():
        found += _variable_problems(name, variable, variables)
        if name in plain:
            for index in left[name]:
                path = ("variables", name, "table", "rows", index)
                found += _row_problems(path, name, variable, plain[name][index])
        else:
            found += _distribution_problems(name, variable, variables)
        found += _word_problems(name, variable, vocabulary)
    return [*found, *_cycle_problems(variables)]


def vocabulary_problems(
    vocabulary: Vocabulary, variables: Mapping[str, Variable]
) -> Iterator[Problem]:
    """Yield the variables of which the words of a file speak and that do not exist; a part of a
    network may keep the words of the whole.
    """
    whole = vocabulary.whole
    if whole and whole not in variables:
        yield Problem(("vocabulary", "whole"), str(unknown("variable", whole, variables)))
    for name in vocabulary.kind_names:
        if name not in variables:
            said = str(unknown("variable", name, variables))
            yield Problem(("vocabulary", "kind_names", name), said)


def treatment_problems(
    treatments: Mapping[str, Treatment],
    variables: Mapping[str, Variable],
    vocabulary: Vocabulary,
) -> list[Problem]:
    """Return everything wrong with treatments: names, what they aim at, means, numbers."""
    found: list[Problem] = []
    for name, one in treatments.items():
        where = ("treatments", name)
        if one.name != name:
            said = f"treatment {shown(one.name)} stands under the name {shown(name)}"
            found.append(Problem(where, said))
        found += chosen_problems((*where, "targets"), one.targets, variables)
        if one.who not in vocabulary.means:
            said = str(unknown("means", one.who, vocabulary.means))
            found.append(Problem((*where, "who"), said))
        found += number_problems((*where, "success"), one.success)
        found += _trial_problems((*where, "trial"), one.trial)
    return found


def chosen_problems(
    path: tuple[str | int, ...], chosen: Mapping[str, str], variables: Mapping[str, Variable]
) -> Iterator[Problem]:
    """Yield the variables and states that do not exist."""
    for name, state in chosen.items():
        if name not in variables:
            yield Problem((*path, name), str(unknown("variable", name, variables)))
        elif state not in variables[name].states:
            allowed = dict.fromkeys(variables[name].states)
            yield Problem((*path, name), str(unknown(f"state of {name}", state, allowed)))


def _trial_problems(path: tuple[str | int, ...], trial: Trial | None) -> Iterator[Problem]:
    if trial is not None and not 0 <= trial.low <= trial.risk_ratio <= trial.high:
        why = (
            f"the range {trial.low:g} to {trial.high:g} does not hold the risk ratio "
            f"{trial.risk_ratio:g}"
        )
        yield Problem((*path, "range"), why)


def number_problems(path: tuple[str | int, ...], entry: Number) -> Iterator[Problem]:
    """Yield what is wrong with a probability or its range."""
    if not 0 <= entry.p <= 1:
        yield Problem((*path, "p"), f"probability {entry.p:g} is outside [0, 1]")
    elif not (0 <= entry.low <= entry.p <= entry.high <= 1):
        yield Problem(
            (*path, "range"),
            f"range [{entry.low:g}, {entry.high:g}] must lie in [0, 1] and around {entry.p:g}",
        )


def _variable_problems(
    name: str, variable: Variable, variables: Mapping[str, Variable]
) -> Iterator[Problem]:
    where = ("variables", name)
    if variable.name != name:
        yield Problem(where, f"variable {shown(variable.name)} stands under the name {shown(name)}")
    if len(variable.states) < 2:
        yield Problem((*where, "states"), f"{name} needs at least two states")
    if not are_plain((name, variable.label or name, *variable.states)):
        yield from label_problems(name, variable.label)
    yield from state_problems(name, variable.states)
    if variable.bins or variable.limits:
        yield from bin_problems(name, variable.states, variable.bins, variable.limits)
    if variable.answers:
        yield from answer_problems(name, variable.states, variable.answers)
    for parent in variable.parents:
        if parent not in variables:
            others = [other for other in variables if other != name]
            yield Problem(
                _parent_path(name, variable, parent),
                str(unknown(f"parent of {name}", parent, others)),
            )
    if variable.leaves:
        yield from chosen_problems((*where, "leaves"), variable.leaves, variables)
    if variable.marginal is not None:
        yield from number_problems((*where, "marginal"), variable.marginal)


def _distribution_problems(
    name: str, variable: Variable, variables: Mapping[str, Variable]
) -> Iterator[Problem]:
    if isinstance(variable.distribution, NoisyOr):
        return _noisy_or_problems(name, variable, variable.distribution, variables)
    return _table_problems(name, variable, variable.distribution, variables)


def _plain_rows(variables: Mapping[str, Variable]) -> dict[str, PlainRows]:
    """Return the rows without sources of all tables where they are complete."""
    found = {}
    for name, variable in variables.items():
        rows = variable.distribution.rows if isinstance(variable.distribution, Table) else None
        if isinstance(rows, PlainRows) and _fits(rows, variable, variables):
            found[name] = rows
    return found


def _fits(rows: PlainRows, variable: Variable, variables: Mapping[str, Variable]) -> bool:
    """Whether rows are there for all combinations of the parents' states."""
    known = tuple(variables[parent].states for parent in variable.parents if parent in variables)
    size = len(variable.states)
    return rows.states == known and rows.cells.shape == (math.prod(map(len, known)), size)


def _word_problems(name: str, variable: Variable, vocabulary: Vocabulary) -> Iterator[Problem]:
    where = ("variables", name)
    if variable.role not in vocabulary.roles:
        yield Problem((*where, "role"), str(unknown("role", variable.role, vocabulary.roles)))
    if variable.cost.who not in vocabulary.means:
        allowed = vocabulary.means
        yield Problem((*where, "cost", "who"), str(unknown("means", variable.cost.who, allowed)))


def _parent_path(name: str, variable: Variable, parent: str) -> tuple[str | int, ...]:
    if isinstance(variable.distribution, NoisyOr):
        first = next(
            i
            for i, mechanism in enumerate(variable.distribution.mechanisms)
            if parent in mechanism.when
        )
        return ("variables", name, "causes", first, "when", parent)
    return ("variables", name, "table", "parents", variable.parents.index(parent))


def _noisy_or_problems(
    name: str, variable: Variable, model: NoisyOr, variables: Mapping[str, Variable]
) -> Iterator[Problem]:
    where = ("variables", name)
    if len(variable.states) != 2:
        yield Problem(
            where,
            f"{name} has {len(variable.states)} states; leak and causes are for two-state "
            "variables, use a table",
        )
    yield from number_problems((*where, "leak"), model.leak)
    conditions = [
        {parent: frozenset(states) for parent, states in mechanism.when.items()}
        for mechanism in model.mechanisms
    ]
    for index, mechanism in enumerate(model.mechanisms):
        path = (*where, "causes", index)
        yield from number_problems(path, mechanism.number)
        if not mechanism.when:
            yield Problem(
                (*path, "when"),
                f"cause {index + 1} of {name} has no condition; what needs none is the leak",
            )
        if conditions[index] in conditions[:index]:
            yield Problem(
                (*path, "when"),
                f"cause {index + 1} of {name} repeats the conditions of an earlier one",
            )
        cells = 2 * math.prod(
            len(variables[parent].states) for parent in mechanism.when if parent in variables
        )
        if cells > LARGEST_TABLE:
            yield Problem(
                (*path, "when"),
                f"cause {index + 1} of {name} would need {cells:,} cells; the limit is "
                f"{LARGEST_TABLE:,}",
            )
        for parent, states in mechanism.when.items():
            yield from _condition_problems((*path, "when", parent), parent, states, variables)


def _condition_problems(
    path: tuple[str | int, ...],
    parent: str,
    states: tuple[str, ...],
    variables: Mapping[str, Variable],
) -> Iterator[Problem]:
    if not states:
        yield Problem(path, f"the condition names no state of {parent}, so it never holds")
    known = variables[parent].states if parent in variables else states
    for position, state in enumerate(states):
        if state not in known:
            yield Problem(path, str(unknown(f"state of {parent}", state, known)))
        elif state in states[:position]:
            yield Problem(path, f"the condition names {parent} {shown(state)} twice")


def _table_problems(
    name: str, variable: Variable, table: Table, variables: Mapping[str, Variable]
) -> Iterator[Problem]:
    known = [variables[parent].states for parent in table.parents if parent in variables]
    if len(known) < len(table.parents):
        return
    where = ("variables", name, "table", "rows")
    needed = math.prod(map(len, known))
    if needed * len(variable.states) > LARGEST_TABLE:
        yield Problem(
            where,
            f"the table of {name} would have {needed * len(variable.states):,} cells; the limit "
            f"is {LARGEST_TABLE:,}",
        )
        return
    left = dict.fromkeys(product(*known))
    doubtful = _doubtful_rows(table, len(variable.states))
    for index, row in enumerate(table.rows):
        if row.given in left:
            del left[row.given]
        else:
            yield Problem(
                (*where, index),
                f"the table of {name} has no place for another row for "
                f"{' '.join(row.given) or 'no parents'}",
            )
        if index in doubtful:
            yield from _row_problems((*where, index), name, variable, row)
    if left:
        yield Problem(
            where,
            f"the table of {name} lacks the rows for "
            f"{listed([' '.join(given) or 'no parents' for given in left], 3)}",
        )


def _doubtful_rows(table: Table, size: int) -> frozenset[int]:
    """Return which rows need a closer look: all at once, because tables have 10^5 cells."""
    if any(len(row.numbers) != size for row in table.rows):
        return frozenset(range(len(table.rows)))
    entries = [entry for row in table.rows for entry in row.numbers]
    p = np.array([entry.p for entry in entries])
    low = np.array([entry.low for entry in entries])
    high = np.array([entry.high for entry in entries])
    sound = (low >= 0) & (low <= p) & (p <= high) & (high <= 1)
    # Half the tolerance, because numpy adds in another order than the exact sum of a closer look.
    sums_to_one = abs(p.reshape(-1, size).sum(axis=1) - 1) <= TOLERANCE / 2
    good = sound.reshape(-1, size).all(axis=1) & sums_to_one
    return frozenset(np.flatnonzero(~good).tolist())


def _row_problems(
    path: tuple[str | int, ...], name: str, variable: Variable, row: Row
) -> Iterator[Problem]:
    if len(row.numbers) != len(variable.states):
        yield Problem(
            path,
            f"a row of {name} has {len(row.numbers)} probabilities for {len(variable.states)} "
            "states",
        )
        return
    wrong = [problem for entry in row.numbers for problem in number_problems(path, entry)]
    yield from wrong
    total = math.fsum(entry.p for entry in row.numbers)
    if not abs(total - 1) <= TOLERANCE and all(0 <= entry.p <= 1 for entry in row.numbers):
        given = f" given {', '.join(row.given)}" if row.given else ""
        yield Problem(path, f"probabilities of {name}{given} sum to {total:.9g}, not 1")


def _cycle_problems(variables: Mapping[str, Variable]) -> Iterator[Problem]:
    graph = {
        name: [parent for parent in variable.parents if parent in variables]
        for name, variable in variables.items()
    }
    for circle in circles(graph):
        said = (
            f"{circle[0]} is a cause of itself"
            if len(circle) == 2
            else f"variables cause each other in a circle: {' > '.join(circle)}"
        )
        yield Problem(_parent_path(circle[-1], variables[circle[-1]], circle[-2]), said)
