"""Numbers learned from a cohort in which answers are missing, with cited ranges as priors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cohort.batches import Progress
from ..cohort.columns import Columns
from ..errors import BackpainError, amount, listed, shown, whole
from ..formats.load import network_of
from ..inference.beliefs import Array
from ..model.distributions import Table
from ..model.network import Network
from ..model.numbers import Parameter, places_of
from .em import Climb, Model, Objective, Stop, climb
from .fitted import Fitted
from .intervals import Spread, spread, tails
from .learned import TELLS, Learned, Used, with_learned
from .patterns import Patterns
from .priors import ALL, Simplex, chosen_simplexes, drawn_cells
from .reading import Cohort, cohort_of, read

LEAST_CASES = 0.01
"""The data tell nothing of a number where they are worth fewer cases than this."""


def fit(
    network: Network | str | Path,
    frame: Any,
    *,
    learn: str | Iterable[str] = ALL,
    prior_strength: float = 1.0,
    weights: str | None = None,
    columns: Columns | None = None,
    missing: Sequence[str] = (),
    starts: int = 1,
    seed: int = 0,
    passes: int = 300,
    tolerance: float = 1e-5,
    progress: Progress | None = None,
) -> Fitted:
    """Return the network with its numbers learned from the rows of a cohort, the cited ranges being
    priors: what maximises sum of log P(row) + sum of worth * p_cited * log p.

    A cited number and range count as `worth` cases with p_cited of them positive (Beta, or
    Dirichlet for a row of a table), times `prior_strength`; a number that states neither range nor
    source counts as one case. Leaks and mechanisms are learned as such, rows of tables row by row;
    what is missing is summed over (EM; Dempster et al. 1977). What the data cannot tell stays as
    cited. Numbers that are 0 or 1, and those that a source states without a range, are not learned.

    `frame` is a table as `score` takes it, or the path of a Parquet or CSV file, of which only the
    distinct rows are kept; `missing` are the cells of a file that mean not observed besides the
    empty one. `learn` names variables or roles; `weights` a column of numbers, how
    often each row counts. Columns `variable=state`, one for each state, hold likelihoods. `starts`
    beyond the first are drawn from the priors by `seed`; the best is kept. It ends when a pass
    moves no number by more than `tolerance`, or after so many `passes`.

    Raises `UnknownName` for a name that does not exist; `BackpainError` where no column is a
    variable, no row can be used, a weight or likelihood is none, or nothing can be learned;
    `TooHard` where the network cannot be unrolled. Warns of columns as `score` does.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, prior
    >>> from backpain_bn.model.distributions import Number
    >>> link = Mechanism({"rain": ("yes",)}, Number(0.9, 0.7, 1.0))
    >>> wet = NoisyOr(Number(0.1, 0.02, 0.3), (link,))
    >>> rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
    >>> garden = Network("garden", {"rain": rain, "wet": Variable("wet", ("no", "yes"), wet)})
    >>> import pandas
    >>> days = pandas.DataFrame({"rain": ["no", None, "yes"], "wet": ["yes", "yes", None]})
    >>> days["times"] = [40, 30, 10]
    >>> fitted = fit(garden, days, weights="times", learn=["wet"])
    >>> [(row.cited.kind, round(row.p, 2), row.verdict) for row in fitted]
    [('leak', 0.81, 'your data contradict this'), ('mechanism', 0.9, 'your data cannot tell')]
    """
    model = network_of(network)
    stop = _checked(prior_strength, starts, seed, passes, tolerance)
    simplexes = chosen_simplexes(model, learn)
    cohort = cohort_of(model, frame, columns, weights, missing, progress)
    patterns, report, silent = read(cohort)
    learning = _model(model, simplexes, patterns, learn)
    patterns, used = _possible(learning, patterns, silent, cohort)
    objective = _objective(learning, patterns, prior_strength)
    ends = _climbs(objective, starts, seed, stop, progress)
    best = ends[0]
    sure = spread(objective, best.theta, partial(_tell, progress, "ranges"), seed)
    told = _told(objective, sure)
    settled = _settled(objective, best, told, stop)
    cells = list(_cells(objective, simplexes, settled.theta, sure, told, prior_strength))
    return Fitted(
        with_learned(model, cells),
        model,
        tuple(one for one in cells if one.cited.position > 0),
        report,
        used,
        prior_strength,
        stop,
        best.trace,
        tuple(end.trace[-1] for end in ends),
        max(best.moved, settled.moved),
    )


def _checked(strength: float, starts: int, seed: int, passes: int, least: float) -> Stop:
    """Return when to stop; raises `BackpainError` for a setting that is none."""
    amount("prior_strength", strength, "; 0: the ranges do not count, 1: as they are cited")
    whole("starts", starts, 1)
    whole("seed", seed, 0)
    passes = whole("passes", passes, 1)
    if not 0 < amount("tolerance", least) < 1:
        raise BackpainError(f"tolerance is {shown(least)}; it must lie between 0 and 1")
    return Stop(passes, least)


def _model(
    network: Network, simplexes: Sequence[Simplex], patterns: Patterns, learn: object
) -> Model:
    """Return the circuit; raises `BackpainError` where the columns tell nothing of them."""
    found = Model(network, simplexes, patterns.told)
    if not found.simplexes:
        raise BackpainError(
            f"the columns {listed(list(patterns.told))} tell nothing about {shown(learn)}: none of "
            "them is, or depends on, a variable that was chosen"
        )
    return found


def _objective(model: Model, patterns: Patterns, strength: float) -> Objective:
    """Return what is to be made as likely as can be, all simplexes being free."""
    prior = strength * model.worth[model.simplex_of] * model.cited
    return Objective(model, patterns, prior, np.ones(len(model.simplexes), dtype=bool))


def _possible(
    model: Model, patterns: Patterns, silent: int, cohort: Cohort
) -> tuple[Patterns, Used]:
    """Return the patterns that can be, and what is used of the table and what is not."""
    never = np.isneginf(model.log_evidence(patterns, model.cited))
    lost = patterns.only(never)
    if never.all():
        raise BackpainError(
            f"no usable row: the findings of all {lost.rows.sum():,} rows cannot hold together "
            f"(P = 0 in {model.network.name}); the first is row {lost.first.min()}"
        )
    kept = patterns.only(~never)
    gone = cohort.rows_like(lost)
    count = int(kept.rows.sum())
    used = Used(count, len(kept), float(kept.weights.sum()), silent, len(gone), gone)
    return kept, used


def _climbs(
    objective: Objective, starts: int, seed: int, stop: Stop, progress: Progress | None
) -> list[Climb]:
    """Return where each start leads, the best first."""
    model = objective.model
    points = [model.cited]
    for turn in range(1, starts):
        points.append(np.concatenate(drawn_cells(model.simplexes, seed + turn)))
    ends = []
    for turn, point in enumerate(points):
        told = partial(_approach, progress, stop, turn / starts, 1 / starts)
        ends.append(climb(objective, point, stop, told))
    return sorted(ends, key=lambda end: -end.trace[-1])


def _approach(
    progress: Progress | None, stop: Stop, done: float, part: float, moved: float
) -> None:
    """Tell how near a start is to its end, by the logarithm of the last move."""
    whole = math.log(stop.tolerance)
    near = min(max(math.log(max(moved, stop.tolerance)) / whole, 0.0), 1.0)
    _tell(progress, "learning", done + part * near)


def _tell(progress: Progress | None, what: str, share: float) -> None:
    if progress is not None:
        progress(what, share)


def _told(objective: Objective, sure: Spread) -> NDArray[np.bool_]:
    """Return of which simplexes (simplexes,) the data tell: of any of their numbers."""
    model = objective.model
    enough = np.maximum(TELLS * model.sums(objective.prior), LEAST_CASES)
    found = np.zeros(len(model.simplexes), dtype=bool)
    found[model.simplex_of[sure.cases >= enough[model.simplex_of]]] = True
    return found


def _settled(objective: Objective, best: Climb, told: NDArray[np.bool_], stop: Stop) -> Climb:
    """Return where the numbers that the data tell come to rest once the others are back at what is
    cited.
    """
    model = objective.model
    start = np.where(told[model.simplex_of], best.theta, model.cited)
    return climb(objective._replace(free=told), start, stop, lambda moved: None)


def _cells(
    objective: Objective,
    simplexes: Sequence[Simplex],
    theta: Array,
    sure: Spread,
    told: NDArray[np.bool_],
    strength: float,
) -> Iterator[Learned]:
    """Yield what became of all that is not 0: of the numbers, and of the first states of rows."""
    model = objective.model
    worth = model.worth[model.simplex_of]
    # Where the number would be had its range counted as cited, whatever the strength.
    pull = (sure.cases + strength * worth) / (sure.cases + worth)
    unscaled = np.clip(model.cited + pull * (theta - model.cited), 0.0, 1.0)
    far = tails(model.cited, worth, unscaled, sure.cases)
    places = dict(zip(model.simplexes, model.first, strict=True))
    for simplex in simplexes:
        start = places.get(simplex)
        for one in _numbers(model.network, simplex):
            if start is None:
                yield _as_cited(one, simplex.worth, strength)
                continue
            place = int(start) + one.position
            p = float(theta[place])
            yield Learned(
                one,
                p,
                _posterior(p, float(sure.worth[place]), strength),
                simplex.worth * strength,
                float(sure.cases[place]),
                float(far[place]) if simplex.ranged else 1.0,
                bool(told[model.simplex_of[place]]),
            )


def _posterior(p: float, worth: float, strength: float) -> tuple[float, float]:
    """Return the Beta of a number. What a range lacks of counting as cited, one case on either side
    makes up for: without any prior a number at 0 or 1 would have no width.
    """
    least = max(0.0, 1 - strength)
    return max(worth * p, least), max(worth * (1 - p), least)


def _as_cited(one: Parameter, worth: float, strength: float) -> Learned:
    p, whole = one.number.p, worth * strength
    return Learned(one, p, _posterior(p, whole, strength), whole, 0.0, 1.0, False)


def _numbers(network: Network, simplex: Simplex) -> Iterator[Parameter]:
    """Yield the numbers of a simplex that are not 0; for a row of a table that of its first state
    too.
    """
    one = simplex.numbers[0]
    variable = network[one.variable]
    if isinstance(variable.distribution, Table):
        row = (one.first - places_of(network)[one.variable].start) // one.size
        first = variable.distribution.rows[row].numbers[0]
        if first.p > 0:
            yield replace(one, state=variable.states[0], number=first, position=0)
    yield from (each for each in simplex.numbers if each.number.p > 0)
