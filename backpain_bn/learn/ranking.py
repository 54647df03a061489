"""How often the cause that was found is among the first few that the network would have named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import BackpainError, names_in, unknown
from ..explain.attribution import causes_of
from ..explain.shares import attributable_shares
from ..formats.mapping import with_outcome
from ..inference.beliefs import Array
from ..records import record
from .cases import Cases, likelihoods
from .scores import Estimate, Happened, share_of

ROWS_AT_ONCE = 512
"""Rows whose shares are worked out together."""


@record
class TopK:
    """The share of cases in which a cause that was found is among the first `k`, and how often it
    would be if all cases were given the ranking of a case of which nothing else is told.
    """

    k: int
    hits: Estimate
    usual: float


@record
class Ranking:
    """The ranking of some causes, of which a column says whether they were found, in `count` cases
    that had the outcome and at least one of them.
    """

    causes: tuple[str, ...]
    count: int
    rows: tuple[TopK, ...]


def ranking(cases: Cases, happened: Happened, causes: Sequence[str]) -> Ranking:
    """Return how often a cause that was found is among the first k by its share of the target (see
    `attributable_shares`), for every k.

    The columns of all these causes are hidden from the network. Only rows count in which the target
    happened and one of the causes was told and is not healthy; the intervals are Wilson's. Raises
    `UnknownName` for what is no cause of the target that a column tells, `BackpainError` where no
    row counts.
    """
    network = with_outcome(cases.network, cases.target)
    names = names_in("causes to rank", causes)
    if not names:
        raise BackpainError("causes to rank is empty; name at least one, or leave it out")
    allowed = [name for name in causes_of(network) if name in cases.names]
    for name in names:
        if name not in allowed:
            raise unknown(f"cause of {cases.target} that a column tells", name, allowed)
    found = np.column_stack([_found(cases, name) for name in names])
    counted = happened & found.any(axis=1)
    if not counted.any():
        raise BackpainError(
            f"no row in which {cases.target} happened tells that one of these causes was found: "
            f"{', '.join(names)}"
        )
    some = cases.some(counted)
    order = np.argsort(-_shares(some, names), axis=1, kind="stable")
    usual = np.argsort(-_usual(some, names), kind="stable")
    rows = tuple(_hits(found[counted], order, usual))
    return Ranking(names, int(counted.sum()), rows)


def _found(cases: Cases, name: str) -> NDArray[np.bool_]:
    codes = cases.codes[cases.names.index(name)]
    return (codes > 0) & (codes < len(cases.network[name].states))


def _shares(cases: Cases, names: Sequence[str]) -> Array:
    """Return the share of each cause in each row, equal rows being worked out once."""
    network = with_outcome(cases.network, cases.target)
    kept = [index for index, name in enumerate(cases.names) if name not in names]
    told = [cases.target, *(cases.names[index] for index in kept)]
    table = np.column_stack([cases.states, *(cases.codes[index] for index in kept)])
    distinct, where = np.unique(table.astype(np.intp), axis=0, return_inverse=True)
    found = []
    for start in range(0, len(distinct), ROWS_AT_ONCE):
        part = distinct[start : start + ROWS_AT_ONCE]
        rows = likelihoods(network, told, part.T, len(part))
        found.append(attributable_shares(network, rows, names).causes)
    shares: Array = np.concatenate(found)[where.ravel()]
    return shares


def _usual(cases: Cases, names: Sequence[str]) -> Array:
    """Return the shares where nothing is told but that the target happened."""
    network = with_outcome(cases.network, cases.target)
    nothing = np.ones((1, len(network.columns)))
    shares: Array = attributable_shares(network, nothing, names).causes[0]
    return shares


def _hits(
    found: NDArray[np.bool_], order: NDArray[np.intp], usual: NDArray[np.intp]
) -> Iterator[TopK]:
    ranked = np.take_along_axis(found, order, axis=1)
    for k in range(1, found.shape[1] + 1):
        hits = int(ranked[:, :k].any(axis=1).sum())
        by_rote = float(found[:, usual[:k]].any(axis=1).mean())
        yield TopK(k, share_of(hits, len(found)), by_rote)
