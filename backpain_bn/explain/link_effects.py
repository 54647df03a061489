"""What each number of which two networks disagree does to the difference of their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..display.citations import graded
from ..display.words import number_words
from ..inference.beliefs import Array
from ..inference.evidence import encode
from ..inference.interventions import SeenAndDone, answers
from ..model.distributions import Number
from ..model.findings import Findings
from ..model.network import Network
from ..records import record
from .alignment import Aligned
from .shares import attributable_shares

LINKS = 3
NO_EFFECT = 1e-12


class Subject(NamedTuple):
    """What is asked about: P(variable = state | findings), or the share of the outcome that is due
    to the variable.
    """

    variable: str
    state: str
    by_share: bool


@record
class LinkEffect:
    """One number of which the two networks think differently, and what it does to the difference,
    taken by itself.

    `effect` is the change when this number alone is taken from the other network: the mean of
    putting it into the one and of leaving it to the other last. `number` holds its sources.
    """

    child: str
    words: str
    here: float
    there: float
    effect: float
    grade: str
    number: Number


def link_effects(
    both: Aligned, findings: Findings, subjects: Sequence[Subject]
) -> list[tuple[LinkEffect, ...]]:
    """Return for each subject the numbers with the largest effects on it.

    effect = 1/2 [f(here, number from there) - f(here) + f(there) - f(there, number from here)], all
    of them one batch of parameter rows.
    """
    n = len(both.disagreements)
    first, last = np.tile(both.here, (n, 1)), np.tile(both.there, (n, 1))
    for index, each in enumerate(both.disagreements):
        cells = each.parameter.cells
        first[index, cells], last[index, cells] = both.there[cells], both.here[cells]
    tables = np.vstack([both.here, both.there, first, last])
    values = _values(both.network, findings, tables, subjects)
    here, there, first, last = values[0], values[1], values[2 : 2 + n], values[2 + n :]
    # A substitution under which the findings cannot hold together says nothing about this case.
    effects = np.nan_to_num((first - here + there - last) / 2)
    return [tuple(_largest(both, column)) for column in effects.T]


def _largest(both: Aligned, effects: Array) -> Iterator[LinkEffect]:
    for index in np.argsort(-np.abs(effects), kind="stable")[:LINKS]:
        if abs(effects[index]) <= NO_EFFECT:
            return
        each = both.disagreements[index]
        number = _both_sources(each.here, each.there)
        yield LinkEffect(
            each.parameter.variable,
            number_words(both.network, each.parameter),
            each.here.p,
            each.there.p,
            float(effects[index]),
            graded(both.network, number),
            number,
        )


def _both_sources(here: Number, there: Number) -> Number:
    sources = dict.fromkeys(here.sources + there.sources)
    against = dict.fromkeys(here.against + there.against)
    return replace(here, sources=tuple(sources), against=tuple(against))


def _values(
    network: Network, findings: Findings, tables: Array, subjects: Sequence[Subject]
) -> Array:
    """Return the value of each subject under each set of parameters, shape (sets, subjects); nan
    where the findings cannot hold together.
    """
    told = encode(network, [findings])
    beliefs = next(answers(network, [SeenAndDone(told)], parameters=tables))
    columns = [
        network.slices[name].start + network.state(name, state) for name, state, _ in subjects
    ]
    values = beliefs.marginals[:, columns]
    by_share = np.array([subject.by_share for subject in subjects], dtype=bool)
    if by_share.any():
        causes = [subject.variable for subject in subjects if subject.by_share]
        values[:, by_share] = attributable_shares(network, told, causes, parameters=tables).causes
    values[np.isneginf(beliefs.log_evidence)] = np.nan
    return values
