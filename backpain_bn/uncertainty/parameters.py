"""The numbers of a network as things to vary: one at a time, many at once, with interventions, all
as rows of one batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ..display.citations import graded
from ..display.words import short_label, state_words
from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.evidence import encode
from ..model.distributions import NoisyOr, Number
from ..model.findings import Findings
from ..model.network import Network

CELLS_AT_ONCE = 2**22
"""Parameters of all rows that are handed to the engine at once."""

Asked = tuple[Findings, Mapping[str, str]]
"""Findings, and what is done: variable -> the state that it is set to."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number that can be varied: cell `position` of `size` cells that sum to 1, which begin at
    `first` of the engine's parameters.

    The others of its cells make room in proportion; for a link or a leak that is the pair (1 - p,
    p).
    """

    variable: str
    what: str
    number: Number
    grade: str
    first: int
    size: int
    position: int

    @property
    def cells(self) -> slice:
        """Where its cells lie."""
        return slice(self.first, self.first + self.size)

    @property
    def far(self) -> float:
        """A value far from its own, inside (0, 1) so that findings stay possible."""
        return self.number.p + (0.45 if self.number.p < 0.5 else -0.45)

    def at(self, own: Array, t: float) -> Array:
        """Return the engine's parameters `own` with this number at t."""
        changed = own.copy()
        cells = changed[self.cells]
        rest = math.fsum(np.delete(cells, self.position))
        cells[:] = cells * (1 - t) / rest if rest > 0 else (1 - t) / (self.size - 1)
        cells[self.position] = t
        return changed


def parameters(network: Network) -> tuple[Parameter, ...]:
    """Return every number that can be varied: links, leaks, and all states but the first of each
    row of a table.

    >>> from backpain_bn.model import Mechanism, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ... )
    >>> [(one.what, one.number.p, one.first) for one in parameters(garden)]
    [('rain, how common', 0.2, 0), ('wet, with none of its causes', 0.1, 2), ('rain > wet', 0.9, 4)]
    """
    return tuple(
        chain.from_iterable(
            _of(network, name, engine_for(network).places[name].start)
            for name in network.variables
        )
    )


def _of(network: Network, name: str, first: int) -> Iterator[Parameter]:
    variable = network[name]
    distribution, label = variable.distribution, short_label(variable)
    if isinstance(distribution, NoisyOr):
        yield Parameter(
            name, f"{label}, with none of its causes", distribution.leak, "", first, 2, 1
        )
        for index, mechanism in enumerate(distribution.mechanisms, 1):
            causes = " and ".join(
                state_words(network, parent, states) for parent, states in mechanism.when.items()
            )
            yield Parameter(
                name,
                f"{causes} > {label}",
                mechanism.number,
                graded(network, mechanism.number),
                first + 2 * index,
                2,
                1,
            )
        return
    size = len(variable.states)
    for index, row in enumerate(distribution.rows):
        conditions = zip(distribution.parents, row.given, strict=True)
        given = " and ".join(state_words(network, parent, [state]) for parent, state in conditions)
        for position, state in list(enumerate(variable.states))[1:]:
            what = state_words(network, name, [state]) + (
                f" given {given}" if given else ", how common"
            )
            entry = row.numbers[position]
            yield Parameter(
                name,
                what,
                entry,
                graded(network, entry) if given else "",
                first + index * size,
                size,
                position,
            )


def actions(network: Network, findings: Findings, cause: str) -> list[Asked]:
    """Return do(cause = state) for every state of a cause, with the findings on what is neither it
    nor below it.
    """
    below = network.descendants(cause) | {cause}
    background = {name: finding for name, finding in findings.items() if name not in below}
    return [(background, {cause: state}) for state in network[cause].states]


def answers(
    network: Network, asked: Sequence[Asked], tables: Array
) -> Iterator[tuple[Array, Array]]:
    """Yield, for each thing asked, the marginals (n, S) and log P(findings) (n,) under n sets of
    parameters (n, P).
    """
    engine = engine_for(network)
    n, size = tables.shape
    together = min(len(asked), max(1, CELLS_AT_ONCE // (n * size)))
    room = np.repeat(tables[None], together, axis=0)
    for start in range(0, len(asked), together):
        some = asked[start : start + together]
        for own, (_, settings) in zip(room, some, strict=False):
            for name, state in settings.items():
                own[:, engine.places[name]] = certain(
                    network[name], network.state(name, state)
                )
        rows = np.repeat(encode(network, [findings for findings, _ in some]), n, axis=0)
        beliefs = engine(rows, room[: len(some)].reshape(-1, size))
        for index, (own, (_, settings)) in enumerate(zip(room, some, strict=False)):
            yield (
                beliefs.marginals[index * n : (index + 1) * n],
                beliefs.log_evidence[index * n : (index + 1) * n],
            )
            for name in settings:
                own[:, engine.places[name]] = tables[:, engine.places[name]]


@dataclass(frozen=True, eq=False)
class Lines:
    """K probabilities, each linear in each of J numbers: `near` (K,) where the number has its own
    value p, `far` (J, K) far from it.
    """

    p: Array
    span: Array
    near: Array
    far: Array

    def __call__(self, numbers: NDArray[np.intp], t: Array) -> Array:
        """Return the values (n, k, K) with number `numbers[i]` at `t[i, j]`."""
        way = (t - self.p[numbers, None]) / self.span[numbers, None]
        return self.near + way[..., None] * (self.far[numbers] - self.near)[:, None]

    def straight(self) -> tuple[Array, Array]:
        """Return slopes and intercepts (J, K): value = slope * t + intercept."""
        slope = (self.far - self.near) / self.span[:, None]
        return slope, self.near - slope * self.p[:, None]


def lines(
    network: Network,
    asked: Sequence[Asked],
    varied: Sequence[Parameter],
    columns: Sequence[Sequence[int]],
) -> list[Lines]:
    """Return for each thing asked how P(findings) and P(column, findings) of its `columns` follow
    each number, relative to P(findings) now.

    Each is linear in each number (Castillo, Gutierrez and Hadi 1997), so its value now and one more
    evaluation, far from it, say all.
    """
    own = engine_for(network).parameters
    p = np.array([one.number.p for one in varied])
    span = np.array([one.far for one in varied]) - p
    near = [(z[0], _relative(marginals, z, z[0], wanted)[0])
            for (marginals, z), wanted in zip(answers(network, asked, own[None]), columns, strict=True)]  # fmt: skip
    far: list[list[Array]] = [[] for _ in asked]
    at_once = max(1, CELLS_AT_ONCE // len(own))
    for start in range(0, len(varied), at_once):
        tables = np.array([one.at(own, one.far) for one in varied[start : start + at_once]])
        for rows, (marginals, z), (base, _), wanted in zip(
            far, answers(network, asked, tables), near, columns, strict=True
        ):
            rows.append(_relative(marginals, z, base, wanted))
    return [
        Lines(p, span, here, np.concatenate(rows))
        for (_, here), rows in zip(near, far, strict=True)
    ]


def _relative(marginals: Array, log_evidence: Array, base: float, wanted: Sequence[int]) -> Array:
    whole = np.exp(log_evidence - base)[:, None]
    return np.hstack([whole, marginals[:, list(wanted)] * whole])
