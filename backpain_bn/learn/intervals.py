"""How sure the learned numbers are: the observed information, and each number as a Beta."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..inference.beliefs import Array
from .beta import beta_cdf
from .em import Model, Problem
from .patterns import Patterns

MOST_PATTERNS = 2_048
"""The information is worked out from this many patterns, drawn at random where there are more."""
NUDGE = 1e-5
"""How far, on the log-odds scale, a number is moved to see how the score changes."""
LEAST = 1e-9
"""A prior is worth at least so many cases when covariances are worked out."""


class Spread(NamedTuple):
    """What the posterior of each cell (C,) is worth in cases, and how many of them are the data."""

    worth: Array
    cases: Array


def spread(problem: Problem, theta: Array, told: Callable[[float], None], seed: int) -> Spread:
    """Return what the posterior of each number is worth, from the curvature of the log posterior.

    The observed information (Louis 1982) is the change of the score of all rows as one number after
    the other is nudged; with the curvature of the priors it gives the covariance on the log-odds
    scale. A number with variance v there is told as surely as by nu = 1 / (v p (1 - p)) cases seen
    whole: its posterior is taken for Beta(nu p, nu (1 - p)), which is exact where no cell is
    missing.
    """
    model, prior = problem.model, problem.prior
    places = _free_places(model, theta)
    sample, factor = _sample(problem.patterns, seed)
    score = model.expected(sample, theta).score[places]
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
    some = theta > 0
    worth = np.zeros(len(theta))
    worth[some] = 1 / (np.maximum(variance, LEAST**2) * theta * (1 - theta))[some]
    mine = model.sums(prior)[model.block]
    return Spread(worth, np.where(some, np.maximum(worth - mine, 0.0), 0.0))


def _free_places(model: Model, theta: Array) -> NDArray[np.intp]:
    """Return the cells that are numbers of their own: all but the first of each block, and none
    that is 0.
    """
    first = np.zeros(len(theta), dtype=bool)
    for block in range(len(model.blocks)):
        cells = np.flatnonzero(model.block == block)
        first[cells[theta[cells] > 0][:1]] = True
    return np.flatnonzero(~first & (theta > 0))


def _sample(patterns: Patterns, seed: int) -> tuple[Patterns, float]:
    """Return some of the patterns, and how many times all weigh as much as they."""
    if len(patterns) <= MOST_PATTERNS:
        return patterns, 1.0
    chosen = np.random.default_rng(seed).permutation(len(patterns))[:MOST_PATTERNS]
    some = patterns.only(np.sort(chosen))
    return some, float(patterns.weights.sum() / some.weights.sum())


def _nudged(model: Model, theta: Array, place: int) -> Array:
    """Return the numbers with one of them moved; the others of its block make room."""
    found = theta.copy()
    found[place] *= np.exp(NUDGE)
    return found / model.sums(found)[model.block]


def _curvature(model: Model, theta: Array, worth: Array, places: NDArray[np.intp]) -> Array:
    """Return the information of Dirichlet priors, by the logs of cells over that of the first."""
    p, block = theta[places], model.block[places]
    same = block[:, None] == block[None, :]
    found: Array = (np.diag(p) - same * np.outer(p, p)) * worth[block][:, None]
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
    """Return d log-odds of each cell / d log of a free one over the first of its block (C, F)."""
    same = model.block[:, None] == model.block[places][None, :]
    found: Array = np.where(same, -theta[places][None, :] / (1 - theta)[:, None], 0.0)
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
