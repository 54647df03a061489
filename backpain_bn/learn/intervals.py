"""How sure the learned numbers are: the observed information, and each number as a Beta."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..inference.beliefs import Array
from .beta import beta_cdf
from .em import Model, Objective
from .patterns import Patterns

MOST_PATTERNS = 2_048
"""The information is worked out from this many patterns, drawn at random where there are more."""
NUDGE = 1e-5
"""How far, on the log-odds scale, a number is moved to see how the score changes."""
LEAST = 1e-9
"""A prior is worth at least so many cases when covariances are worked out."""
EDGE = 1e-8
"""A cell that a smaller share of all cases speaks for lies at the boundary: its curvature is lost
in rounding.
"""


class Spread(NamedTuple):
    """What the posterior of each cell (C,) is worth in cases, and how many of them are the data."""

    worth: Array
    cases: Array


def spread(objective: Objective, theta: Array, told: Callable[[float], None], seed: int) -> Spread:
    """Return what the posterior of each number is worth, from the curvature of the log posterior.

    The observed information (Louis 1982) is the change of the score of all rows as one number after
    the other is nudged; with the curvature of the priors it gives the covariance on the log-odds
    scale. A number with variance v there is told as surely as by nu = 1 / (v p (1 - p)) cases seen
    whole: its posterior is taken for Beta(nu p, nu (1 - p)), which is exact where no cell is
    missing. A number at 0 or 1 has no curvature there; it is told as by -d log P(all rows) / dp
    cases that all speak against moving it.
    """
    model, prior = objective.model, objective.prior
    inner = _inner(objective, theta)
    places = _free_places(model, inner)
    sample, factor = _sample(objective.patterns, seed)
    found = model.expected(sample, theta)
    score = found.score[places]
    change = np.zeros((len(places), len(places)))
    for index, place in enumerate(places):
        moved = model.expected(sample, _nudged(model, theta, int(place))).score[places]
        change[index] = (score - moved) / NUDGE * factor
        told((index + 1) / len(places))
    data = (change + change.T) / 2
    before = _curvature(model, theta, np.maximum(model.sums(prior), LEAST), places)
    covariance = _covariance(before, data)
    slopes = _slopes(model, theta, places)
    variance = np.einsum("ij,jk,ik->i", slopes, covariance, slopes)
    mine = model.sums(prior)[model.simplex_of]
    worth = mine + factor * _against_moving(model, theta, inner, found.slopes)
    worth[inner] = 1 / (np.maximum(variance, LEAST**2) * theta * (1 - theta))[inner]
    return Spread(worth, np.maximum(worth - mine, 0.0))


def _inner(objective: Objective, theta: Array) -> NDArray[np.bool_]:
    """Return which cells (C,) are neither 0 nor 1, nor so near that it makes no difference."""
    model, cases = objective.model, objective.patterns.weights.sum()
    worth = np.maximum(model.sums(objective.prior), cases)[model.simplex_of]
    some: NDArray[np.bool_] = theta * worth > EDGE * cases
    # What is left alone in its simplex is 1.
    found: NDArray[np.bool_] = some & (model.sums(some.astype(np.float64))[model.simplex_of] > 1)
    return found


def _free_places(model: Model, inner: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the inner cells that are numbers of their own: all but the first of each simplex."""
    cells = np.flatnonzero(inner)
    _, first = np.unique(model.simplex_of[cells], return_index=True)
    return np.delete(cells, first)


def _against_moving(model: Model, theta: Array, inner: NDArray[np.bool_], slopes: Array) -> Array:
    """Return how many cases speak against moving each cell (C,) away from the boundary: -d log
    P(all rows) / d cell, the others of its simplex making room; of a cell at 1, those against the
    likeliest of the others. Inner cells, and those that can only be 0, have none.
    """
    mean = model.sums(theta * slopes)[model.simplex_of]
    away = np.maximum(mean - slopes, 0.0) / np.maximum(1 - theta, EDGE)
    at_0 = ~inner & (theta < 0.5) & (model.cited > 0)
    found = np.where(at_0, away, 0.0)
    least = np.full(len(model.simplexes), np.inf)
    np.minimum.at(least, model.simplex_of[at_0], away[at_0])
    at_1 = ~inner & (theta >= 0.5)
    found[at_1] = least[model.simplex_of[at_1]]
    return found


def _sample(patterns: Patterns, seed: int) -> tuple[Patterns, float]:
    """Return some of the patterns, and how many times all weigh as much as they."""
    if len(patterns) <= MOST_PATTERNS:
        return patterns, 1.0
    chosen = np.random.default_rng(seed).permutation(len(patterns))[:MOST_PATTERNS]
    some = patterns.only(np.sort(chosen))
    return some, float(patterns.weights.sum() / some.weights.sum())


def _nudged(model: Model, theta: Array, place: int) -> Array:
    """Return the numbers with one of them moved; the others of its simplex make room."""
    found = theta.copy()
    found[place] *= np.exp(NUDGE)
    return found / model.sums(found)[model.simplex_of]


def _curvature(model: Model, theta: Array, worth: Array, places: NDArray[np.intp]) -> Array:
    """Return the information of Dirichlet priors, by the logs of cells over that of the first."""
    p, simplex = theta[places], model.simplex_of[places]
    same = simplex[:, None] == simplex[None, :]
    found: Array = (np.diag(p) - same * np.outer(p, p)) * worth[simplex][:, None]
    return found


def _covariance(before: Array, data: Array) -> Array:
    """Return the inverse of the prior's information and the data's together. In a direction of
    which the data seem to know less than nothing, they know nothing.
    """
    root = np.linalg.inv(np.linalg.cholesky(before))
    values, vectors = np.linalg.eigh(root @ data @ root.T)
    half = root.T @ vectors / np.sqrt(1 + np.maximum(values, 0.0))
    found: Array = half @ half.T
    return found


def _slopes(model: Model, theta: Array, places: NDArray[np.intp]) -> Array:
    """Return d log-odds of each cell / d log of a free one over the first of its simplex (C, F)."""
    same = model.simplex_of[:, None] == model.simplex_of[places][None, :]
    rest = np.maximum(1 - theta, EDGE)[:, None]
    found: Array = np.where(same, -theta[places][None, :] / rest, 0.0)
    found[places, np.arange(len(places))] = 1.0
    return found


def tails(cited: Array, worth: Array, learned: Array, cases: Array) -> Array:
    """Return how likely the data were to lead at least so far away from the cited numbers (n,), to
    either side, if these and their ranges hold: the prior predictive tail (Box 1980).

    Under Beta(worth * cited, worth * (1 - cited)) the mean after so many `cases`, with which the
    data alone speak, has mean `cited` and variance cited (1 - cited) / (worth + 1) * cases /
    (worth + cases); it is taken for a Beta with these. `learned` is that mean.
    """
    share = np.maximum(cases, LEAST) / (worth + np.maximum(cases, LEAST))
    nu = (worth + 1) / share - 1
    below = beta_cdf(learned, nu * cited, nu * (1 - cited))
    found: Array = np.minimum(2 * np.minimum(below, 1 - below), 1.0)
    return found
