"""Expectation maximisation with cited ranges as priors, one pass over all patterns at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..inference.beliefs import Array
from ..inference.elimination import needed
from ..inference.engine import Engine
from ..model.network import Network
from ..model.numbers import places_of
from ..records import record
from .conditions import Holding, with_conditions
from .patterns import Patterns
from .priors import Simplex

Places = NDArray[np.intp]
Answer = TypeVar("Answer")
TINY, FURTHEST = 1e-200, 1e3
STEEPEST = 1e300
"""A slope by a cell of 0 may be beyond any number where all that is not 0 hardly explains a row."""


class Expected(NamedTuple):
    """What one pass finds under the numbers as they are: log P(all rows); how often each cell is
    expected to have been used (C,); and the derivative of log P(all rows) by the log-odds of each
    cell, and by the cell itself (C,).
    """

    log_evidence: float
    counts: Array
    score: Array
    slopes: Array


class Model:
    """The circuit of a network and where the cells of the simplexes lie in it.

    `theta` (C,) holds the cells of all simplexes, one simplex after the other. Those that no column
    can tell anything about are left out: `simplexes` are the others.
    """

    def __init__(self, network: Network, simplexes: Sequence[Simplex], told: Sequence[str]) -> None:
        kept = frozenset(needed(network, told))
        self.simplexes = tuple(simplex for simplex in simplexes if simplex.variable in kept)
        mechanisms = [simplex for simplex in self.simplexes if simplex.is_mechanism]
        numbers = [simplex.numbers[0] for simplex in mechanisms]
        self.network, holding = with_conditions(network, numbers)
        targets = frozenset(one.variable for one in holding)
        varied = frozenset(simplex.variable for simplex in self.simplexes)
        self.engine = Engine(self.network, targets, frozenset(told), varied)
        own = places_of(network)
        self.cells = _joined([_cells(simplex, own, self.engine) for simplex in self.simplexes])
        sizes = [len(simplex.cited) for simplex in self.simplexes]
        self.simplex_of: Places = np.repeat(np.arange(len(self.simplexes)), sizes)
        self.first: Places = np.cumsum([0, *sizes[:-1]]).astype(np.intp)
        self.cited = np.concatenate([np.zeros(0), *(simplex.cited for simplex in self.simplexes)])
        self.worth = np.array([simplex.worth for simplex in self.simplexes])
        self.is_row = np.array([simplex.is_row for simplex in self.simplexes], dtype=bool)
        self.holds = self._holds(holding)

    def _holds(self, holding: Sequence[Holding]) -> Array:
        """Return which states (S, simplexes) let the conditions of each mechanism hold."""
        found = np.zeros((len(self.network.columns), len(self.simplexes)))
        mechanisms = [index for index, simplex in enumerate(self.simplexes) if simplex.is_mechanism]
        for index, one in zip(mechanisms, holding, strict=True):
            start = self.network.slices[one.variable].start
            for state in one.states:
                found[start + self.network.state(one.variable, state), index] = 1.0
        return found

    @cached_property
    def is_leak(self) -> NDArray[np.bool_]:
        """Which simplexes are leaks, which every case tells about."""
        mechanisms = np.array([simplex.is_mechanism for simplex in self.simplexes], dtype=bool)
        found: NDArray[np.bool_] = ~(self.is_row | mechanisms)
        return found

    def sums(self, values: Array) -> Array:
        """Return the sum of values (C,) over the cells of each simplex."""
        found: Array = np.bincount(self.simplex_of, values, len(self.simplexes)).astype(np.float64)
        return found

    def parameters(self, theta: Array) -> Array:
        """Return the engine's parameters (P,) with the cells of the simplexes in place."""
        found = self.engine.parameters.copy()
        found[self.cells] = theta
        return found

    def expected(self, patterns: Patterns, theta: Array) -> Expected:
        """Return what one pass finds; impossible rows must have been left out."""
        parameters = self.parameters(theta)

        def run(part: slice) -> tuple[float, Array, Array]:
            evidence, weights = patterns.evidence(self.network, part), patterns.weights[part]
            with np.errstate(over="ignore"):
                beliefs, slopes = self.engine.with_slopes(evidence, parameters, threads=1)
            # Not by matrix products, whose own threads would wait for each other.
            return (
                float(np.einsum("i,i", weights, beliefs.log_evidence)),
                np.einsum("i,ij", weights, beliefs.marginals),
                np.einsum("i,ij", weights, slopes),
            )

        log_evidence, slopes = 0.0, np.zeros(len(parameters))
        holds = np.zeros(len(self.network.columns))
        for part in over(patterns, run):
            log_evidence += part[0]
            holds += part[1]
            slopes += part[2]
        own = np.minimum(slopes[self.cells], STEEPEST)
        used = own * theta
        score = used - theta * self.sums(used)[self.simplex_of]
        cases = holds @ self.holds
        cases[self.is_leak] = patterns.weights.sum()
        # Of a pair: p times the cases in which the conditions hold, plus p (1 - p) times the slope.
        pairs = np.maximum(theta * cases[self.simplex_of] + score, 0.0)
        counts = np.where(self.is_row[self.simplex_of], np.maximum(used, 0.0), pairs)
        return Expected(log_evidence, counts, score, own)

    def log_evidence(self, patterns: Patterns, theta: Array) -> Array:
        """Return log P(row) of each pattern (m,)."""
        parameters = self.parameters(theta)
        found = np.zeros(len(patterns))

        def run(part: slice) -> None:
            evidence = patterns.evidence(self.network, part)
            found[part] = self.engine.with_slopes(evidence, parameters, threads=1)[0].log_evidence

        over(patterns, run)
        return found


def over(patterns: Patterns, run: Callable[[slice], Answer]) -> list[Answer]:
    """Return what `run` makes of some rows at a time, on every core."""
    parts = patterns.parts
    if len(parts) < 2:
        return [run(part) for part in parts]
    with ThreadPoolExecutor(min(os.cpu_count() or 1, len(parts))) as pool:
        return list(pool.map(run, parts))


def _joined(parts: Sequence[Places]) -> Places:
    return np.concatenate([np.zeros(0, dtype=np.intp), *parts])


def _cells(simplex: Simplex, own: Mapping[str, slice], engine: Engine) -> Places:
    """Return where the cells of a simplex lie among the engine's parameters."""
    one = simplex.numbers[0]
    start = engine.places[simplex.variable].start + one.first - own[simplex.variable].start
    return np.arange(start, start + one.size)


class Pass(NamedTuple):
    """One pass: the log posterior before it (up to a constant), the numbers after it (C,), and the
    most that one of them moved.
    """

    log_posterior: float
    theta: Array
    moved: float


class Objective(NamedTuple):
    """What is to be made as likely as can be: the `patterns`, under a `prior` (C,) that is worth so
    many cases of each cell; only the simplexes that are `free` (simplexes,) may move.
    """

    model: Model
    patterns: Patterns
    prior: Array
    free: NDArray[np.bool_]


def one_pass(objective: Objective, theta: Array) -> Pass:
    """Return what one pass of EM makes of the numbers theta (C,).

    theta' = (expected counts + prior) / their sum within each simplex: the maximum on the log-odds
    scale, where the density of a Dirichlet is product theta^prior and its mode the cited number
    (Dempster et al. 1977). The links of a noisy-OR count the cases in which their conditions hold,
    split by whether the mechanism fired (Vomlel 2006). A simplex that nothing tells of stays.
    """
    model, prior = objective.model, objective.prior
    found = model.expected(objective.patterns, theta)
    counted = found.counts + prior
    total = model.sums(counted)[model.simplex_of]
    moves = (total > 0) & objective.free[model.simplex_of]
    new = np.divide(counted, total, out=theta.copy(), where=moves)
    new[moves & (new < TINY)] = 0.0
    moved = float(np.abs(new - theta).max(initial=0.0))
    return Pass(found.log_evidence + log_prior(prior, theta), new, moved)


class Climb(NamedTuple):
    """How far one start came: its numbers (C,), the log posterior (up to a constant) before each
    pass and after the last, and the most that a number would move in one more.
    """

    theta: Array
    trace: tuple[float, ...]
    moved: float


@record
class Stop:
    """When to stop: a pass moves no number by more than `tolerance`, or there were `passes`."""

    passes: int
    tolerance: float


def climb(objective: Objective, start: Array, stop: Stop, told: Callable[[float], None]) -> Climb:
    """Return where EM leads from a start; `told` gets the most that a number moved in each pass.

    After every two passes it goes on in their direction, on the log scale, by the length of
    Varadhan and Roland (2008), and comes back where the log posterior would have fallen.
    """
    point = best = start
    before: list[Array] = []
    trace: list[float] = []
    for _ in range(stop.passes):
        one = one_pass(objective, point)
        if point is not best and one.log_posterior < trace[-1]:
            trace.append(trace[-1])
            point, before = best, []
            continue
        trace.append(one.log_posterior)
        before.append(point)
        point = best = one.theta
        told(one.moved)
        if one.moved <= stop.tolerance:
            break
        if len(before) == 2:
            point, before = _further(objective.model, before[0], before[1], best), []
    last = one_pass(objective, best)
    return Climb(best, (*trace, last.log_posterior), last.moved)


def _further(model: Model, before: Array, one: Array, other: Array) -> Array:
    """Return where two passes point to, from the numbers before, between and after them."""
    logs = np.log(np.maximum([before, one, other], TINY))
    first, second = logs[1] - logs[0], logs[2] - logs[1]
    bent = float(np.linalg.norm(second - first))
    length = 1.0
    if bent > 0:
        length = min(max(float(np.linalg.norm(first)) / bent, 1.0), FURTHEST)
    point = logs[0] + 2 * length * first + length**2 * (second - first)
    point = np.where(other > 0, point, -np.inf)
    top = np.maximum.reduceat(point, model.first)[model.simplex_of]
    found = np.where(other > 0, np.maximum(np.exp(point - top), TINY), 0.0)
    return found / model.sums(found)[model.simplex_of]


def log_prior(prior: Array, theta: Array) -> float:
    """Return the log of the prior density on the log-odds scale, up to a constant."""
    some = prior > 0
    return float(prior[some] @ np.log(np.maximum(theta[some], TINY)))
