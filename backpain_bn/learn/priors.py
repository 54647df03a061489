"""Which numbers are learned, and what their cited ranges are worth in cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ..errors import BackpainError, names_in, shown, unknown
from ..inference.beliefs import Array
from ..model.distributions import Number
from ..model.network import Network
from ..model.numbers import MECHANISM, ROW, Parameter, numbers_of, parameters_of
from ..uncertainty.draws import WIDTH_95

ALL = "all"
WITHOUT_RANGE = 1.0
"""The cases that a number is worth that states neither a range nor a source."""


@dataclass(frozen=True, eq=False)
class Simplex:
    """Cells that sum to 1 and are learned together: a row of a table, or the pair (1 - p, p) of a
    leak or a mechanism.

    `cited` (size,) are its probabilities as cited, `worth` the cases that their ranges are worth:
    the prior is Dirichlet(worth * cited). Where it has no range, `ranged` is False.
    """

    numbers: tuple[Parameter, ...]
    cited: Array
    worth: float
    ranged: bool

    @property
    def variable(self) -> str:
        """Whose numbers these are."""
        return self.numbers[0].variable

    @property
    def is_mechanism(self) -> bool:
        """Whether this is the strength of a mechanism, of which only those tell who have its
        conditions.
        """
        return self.numbers[0].kind == MECHANISM

    @property
    def is_row(self) -> bool:
        """Whether this is a row of a table."""
        return self.numbers[0].kind == ROW


def worth_of(numbers: Iterable[Number]) -> float | None:
    """Return how many cases the ranges of the numbers of one row are worth together: the nu of the
    Dirichlet(nu p) with their variances, nu + 1 = sum of p (1 - p) / sum of sd^2, where sd =
    (high - low) / 3.92; None where there is no range.

    It is at least 1 / max(p), as in `uncertainty.draws.beta`, whose Beta this is for one number.

    >>> round(worth_of([Number(0.15, 0.05, 0.30)]), 3)
    30.347
    """
    ranged = [one for one in numbers if one.high > one.low and 0 < one.p < 1]
    if not ranged:
        return None
    spread = sum(((one.high - one.low) / WIDTH_95) ** 2 for one in ranged)
    most = max(max(one.p, 1 - one.p) for one in ranged)
    return max(sum(one.p * (1 - one.p) for one in ranged) / spread - 1, 1 / most)


def simplexes_of(network: Network) -> Iterator[Simplex]:
    """Yield all that can be learned: not what is 0 or 1 for certain, and not what its source states
    without a range.
    """
    own = parameters_of(network)
    for _, group in groupby(numbers_of(network), lambda one: one.first):
        numbers = tuple(group)
        cited = own[numbers[0].cells]
        if np.count_nonzero(cited) < 2:
            continue
        worth = worth_of(one.number for one in numbers)
        if worth is not None:
            yield Simplex(numbers, cited, worth, True)
        elif not any(one.number.sources for one in numbers):
            yield Simplex(numbers, cited, WITHOUT_RANGE, False)


def chosen_simplexes(network: Network, chosen: object) -> tuple[Simplex, ...]:
    """Return what is to be learned: "all", or the names of variables and roles.

    Raises `UnknownName` for a name that is neither, and `BackpainError` where nothing of what was
    chosen can be learned.
    """
    simplexes = tuple(simplexes_of(network))
    names = names_in("learn", [chosen] if isinstance(chosen, str) else chosen)
    if not names:
        raise BackpainError(
            f'learn is empty; name variables or roles of {network.name}, or "{ALL}" for all of them'
        )
    if names != (ALL,):
        roles = {variable.role for variable in network.variables.values()}
        for name in names:
            if name not in network and name not in roles:
                raise unknown("variable or role", name, [*network.variables, *sorted(roles), ALL])
        wanted = set(names)
        simplexes = tuple(
            simplex
            for simplex in simplexes
            if {simplex.variable, network[simplex.variable].role} & wanted
        )
    if not simplexes:
        raise BackpainError(
            f"nothing to learn in {network.name} by {shown(chosen)}: every number there is 0 or 1, "
            "or its source states it without a range"
        )
    return simplexes


def drawn_cells(simplexes: Iterable[Simplex], seed: int) -> list[Array]:
    """Return the cells of each simplex drawn from its prior."""
    chance = np.random.default_rng(seed)
    found = []
    for simplex in simplexes:
        cells = np.zeros(len(simplex.cited))
        some = simplex.cited > 0
        cells[some] = chance.dirichlet(simplex.worth * simplex.cited[some]).clip(1e-12)
        found.append(cells / cells.sum())
    return found
