"""Noisy-MAX nodes as GeNIe parametrises them, and the noisy-OR that they are with two states."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..errors import shown
from ..model.distributions import Floats, Mechanism, NoisyOr, States, number
from ..model.variables import Variable
from .parsed_network import ParsedNetwork, ParsedTable, normalised, row_problem

Column = tuple[str, str, float]
"""What one state of one parent does on its own: the parent, its state, P(effect)."""


@dataclass(slots=True)
class NoisyMaxTable(ParsedTable):
    """A noisy-MAX node (Diez 1993): of what each parent and the leak produce on their own, the
    variable takes the state that is named first.

    P(variable in state k or a later one | parents) is the product of the same probabilities of the
    columns for the parents' states and of the leak. `strengths` has for each parent its states in
    the order of their columns, the one without effect last; `values` has the columns, one after
    another, the leak last.
    """

    strengths: list[str]
    values: list[float]

    def variable(self, parsed: ParsedNetwork, name: str) -> Variable | None:
        """Return a noisy-OR of two states, the one that is produced second; of more, a table."""
        if len(parsed.states[name]) != 2:
            return ParsedTable.variable(self, parsed, name)
        columns = self._columns(parsed, name)
        if columns is None:
            return None
        leak = number(float(columns[-1][0, 0]))
        mechanisms: list[Mechanism] = []
        for parent, column in zip(self.parents, columns[:-1], strict=True):
            mechanisms += mechanisms_of(parent, parsed.states[parent], column[:, 0].tolist())
        present, absent = parsed.states[name]
        model = NoisyOr(leak, tuple(mechanisms))
        return Variable(name, (absent, present), model, label=name, healthy_first=False)

    def cells(self, parsed: ParsedNetwork, name: str) -> Floats | None:
        """Return the table written out."""
        columns = self._columns(parsed, name)
        if columns is None:
            return None
        size = len(parsed.states[name])
        found = np.ones((1, size))
        for column in columns:
            later = np.cumsum(column[:, ::-1], axis=1)[:, ::-1]
            found = (found[:, None, :] * later[None, :, :]).reshape(-1, size)
        cells = -np.diff(found, axis=1, append=0.0)
        return np.clip(cells, 0.0, 1.0)

    def _columns(self, parsed: ParsedNetwork, name: str) -> list[Floats] | None:
        """Return the columns of each parent in the order of its states, shape (states of the
        parent, own states), and of the leak, shape (1, own states); None after a complaint.
        """
        sizes = [len(parsed.states[parent]) for parent in self.parents]
        needed = (sum(sizes) + 1) * len(parsed.states[name])
        if len(self.values) != needed or len(self.strengths) != sum(sizes):
            parsed.complain(
                self.place,
                f"{shown(name)} has {len(self.strengths)} strengths and {len(self.values)} "
                f"parameters; it needs {sum(sizes)} and {needed}",
            )
            return None
        values = np.array(self.values).reshape(-1, len(parsed.states[name]))
        problems = list(self._problems(name, values, sizes))
        for problem in problems:
            parsed.complain(self.place, problem)
        if problems or np.isnan(values).any():
            return None
        values = normalised(f"parameters of {name}", values, parsed.notes)
        found = []
        for start, stop in pairwise(np.cumsum([0, *sizes]).tolist()):
            order = [int(place) for place in self.strengths[start:stop]]
            found.append(values[start:stop][np.argsort(order)])
        return [*found, values[-1:]]

    def _problems(self, name: str, values: Floats, sizes: list[int]) -> Iterator[str]:
        """Yield what is wrong with the columns and their order."""
        for index, column in enumerate(values.tolist()):
            problem = row_problem(f"column {index + 1} of {name}", (), (), column)
            if problem and not math.isnan(sum(column)):
                yield problem
        places = pairwise(np.cumsum([0, *sizes]).tolist())
        for parent, (start, stop) in zip(self.parents, places, strict=True):
            order, known = self.strengths[start:stop], list(map(str, range(stop - start)))
            if sorted(order) != sorted(known):
                yield (
                    f"the strengths of {shown(parent)} in {shown(name)} must be {' '.join(known)} "
                    "in some order"
                )
            if values[stop - 1, :-1].any():
                yield f"column {stop} of {name} must be 0 ... 0 1, as of a state without effect"


def mechanisms_of(parent: str, states: Sequence[str], effects: Sequence[float]) -> list[Mechanism]:
    """Return what a parent does in a noisy-OR, given P(effect) of each of its states alone; states
    with the same effect share a mechanism.

    >>> [each.when["a"] for each in mechanisms_of("a", ["no", "some", "much"], [0.0, 0.4, 0.4])]
    [('some', 'much')]
    """
    alike: dict[float, list[str]] = {}
    for state, p in zip(states, effects, strict=True):
        alike.setdefault(p, []).append(state)
    without = alike.pop(0.0, [])
    # A parent without any effect stays a parent.
    alike = alike or {0.0: without[-1:]}
    return [Mechanism({parent: tuple(named)}, number(p)) for p, named in alike.items()]


def columns_of(variable: Variable, states: States) -> list[Column] | None:
    """Return a noisy-OR as columns of a noisy-MAX node, those of a parent together, its state
    without effect last, the leak after all of them; None where it is none, or where a mechanism
    has several parents, or a parent has an effect in every state.
    """
    model = variable.distribution
    if not isinstance(model, NoisyOr) or not model.mechanisms:
        return None
    if any(len(each.when) != 1 for each in model.mechanisms):
        return None
    found: list[Column] = []
    for parent in model.parents:
        effects = {state: _effect(model, parent, state) for state in states[parent]}
        strongest = sorted(effects, key=lambda state: -effects[state])
        if effects[strongest[-1]] > 0:
            return None
        found += [(parent, state, effects[state]) for state in strongest]
    return [*found, ("", "", model.leak.p)]


def _effect(model: NoisyOr, parent: str, state: str) -> float:
    """Return the probability that a state of one parent produces the effect."""
    active = [each for each in model.mechanisms if state in each.when.get(parent, ())]
    if len(active) == 1:
        return active[0].number.p
    return 1 - math.prod(1 - each.number.p for each in active)
