"""Whether the answers of a network can be believed: what it said of cases of which it is known what
happened.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..cohort.columns import Columns, Report
from ..display.blocks import View
from ..display.document import document, plain_network
from ..display.result import Rows
from ..display.words import capital, state_words
from ..errors import BackpainError, whole
from ..formats.load import network_of
from ..formats.text_files import path_of, write
from ..inference.beliefs import Array
from ..inference.posterior import posterior
from ..model.network import Network
from ..records import record
from . import validation_words as words
from .cases import Cases, LeftOut, happened_in, read_cases
from .curves import CalibrationBin, DecisionPoint, calibration_curve, decision_curve
from .interviews import Interviews, interviews
from .logistic import apart, indicators, trained
from .ranking import Ranking, ranking
from .scores import (
    Estimate,
    Happened,
    Score,
    brier_terms,
    log_terms,
    mean_of,
    score_of,
    share_of,
)
from .tables import table_of, tokens_of

BINS = 10
NETWORK, PRIOR, LOGISTIC = "network", "its prior alone", "logistic regression"
MOST_BINS = 100
MOST_INTERVIEWED = 10**6
MOST_SEED = 2**32 - 1
"""scikit-learn takes no larger one."""


@record
class Validation(Rows[Score]):
    """What a network said of a target from the other columns of a cohort, beside what happened.

    `rows` are the scores of the network, of its prior alone and, where scikit-learn is installed,
    of a logistic regression; `groups` are those of the network in parts of the cohort. The target
    happened where it is in one of `states`. `surprises` are the rows in which something happened
    that the network held for impossible. Intervals are 90 %: means by the central limit theorem,
    shares by Wilson's, areas by Newcombe's method.
    """

    network: Network
    target: str
    states: tuple[str, ...]
    rows: tuple[Score, ...]
    happened: Estimate
    calibration: tuple[CalibrationBin, ...]
    decisions: tuple[DecisionPoint, ...]
    by: str
    groups: tuple[Score, ...]
    ranking: Ranking | None
    interviews: Interviews | None
    surprises: tuple[int, ...]
    left_out: tuple[LeftOut, ...]
    report: Report

    @property
    def count(self) -> int:
        """The number of rows that were used."""
        return self.rows[0].count

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per score with the ends of its intervals; last those of groups,
        which alone name the column that divides them (`by`).
        """
        whole_cohort = [{"by": "", **_plain(row)} for row in self.rows]
        return whole_cohort + [{"by": self.by, **_plain(row)} for row in self.groups]

    def to_dict(self) -> dict[str, object]:
        """Return everything as plain data, for JSON."""
        return {
            "network": plain_network(self.network),
            "target": self.target,
            "states": list(self.states),
            "happened": list(self.happened),
            "rows": [_finite(_plain(row)) for row in self.rows],
            "by": self.by,
            "groups": [_finite(_plain(row)) for row in self.groups],
            "calibration": [asdict(row) for row in self.calibration],
            "decisions": [asdict(row) for row in self.decisions],
            "ranking": asdict(self.ranking) if self.ranking else None,
            "interviews": asdict(self.interviews) if self.interviews else None,
            "surprises": list(self.surprises),
            "left_out": {each.reason: list(each.rows) for each in self.left_out},
        }

    def sections(self) -> list[View]:
        """Return the scores, the calibration, the decision curve, what else was asked for, and
        which rows and columns were used.
        """
        made = [self._scores_view(), self.calibration_view(), self.decision_view()]
        if self.groups:
            made.append(words.groups_view(self.by, self.groups))
        if self.ranking:
            made.append(words.ranking_view(self.network, self.ranking))
        if self.interviews:
            made.append(words.interviews_view(self.interviews))
        return [*made, words.rows_view(self.target, self.count, self.left_out, self.report)]

    def _scores_view(self) -> View:
        event = state_words(self.network, self.target, self.states)
        event = capital(event, self.network)
        return words.scores_view(event, self.happened, self.rows, self.surprises)

    def calibration_view(self) -> View:
        """Return what was said beside what happened, to be drawn by itself."""
        return words.calibration_view(self.calibration)

    def decision_view(self) -> View:
        """Return whether it pays to act on the probabilities, to be drawn by itself."""
        return words.decision_view(self.decisions, [row.name for row in self.rows[1:]])

    def save_report(self, path: str | Path) -> None:
        """Write all of it as .md, .html or .json, whole or not at all; raises `BackpainError` for
        another kind of file.
        """
        title = f"What {self.network.name} said, and what happened"
        foot = f"Worked out with the network {self.network.name}, version {self.network.version}."
        write(path, document(path_of(path).suffix, title, self.views(), foot, self.to_dict()))


def validate(
    network: Network | str | Path | None,
    frame: Any,
    target: str,
    *,
    state: str | None = None,
    columns: Columns | None = None,
    missing: Sequence[str] = (),
    train: Any = None,
    by: str | None = None,
    bins: int = BINS,
    causes: Sequence[str] | None = None,
    interviewed: int = 0,
    seed: int = 0,
) -> Validation:
    """Return how well P(target | the other columns) agrees with what happened, row by row of a
    table of cases that the network was not fitted to.

    `frame` and `columns` are as in `cohort.score`, or `frame` is a Parquet or CSV file, of which
    `missing` are the cells that mean not observed besides the empty one. The target happened where
    it is in `state`, by default in any of its unhealthy states. Beside the network stand its prior
    alone and, with scikit-learn, a logistic regression on the same columns (one indicator for each
    state and one for missing cells), fitted to the table `train`, or else to the other four fifths
    of the rows for each fifth. `by` is a column that divides the rows into groups with scores of
    their own, by the states of the variable that it tells or else by what it holds.
    `causes` are columns to hide from the network: how often those that were found are among the
    first of its ranking. `interviewed` many cases, drawn by `seed`, are asked until the stop rule
    holds.

    Raises `UnknownName` for a target, state, column or cause that does not exist; `BackpainError`
    where nothing can be compared: no column tells the target, no row can be used, or it is the same
    in all of them; and as `cohort.score` (Brier 1950; Good 1952; Vickers and Elkin 2006; TRIPOD
    2015).

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> states = ("no", "yes")
    >>> rain = Variable("rain", states, prior(0.8, 0.2))
    >>> garden = Network("garden", {"rain": rain, "wet": Variable("wet", states, wet)})
    >>> import pandas
    >>> days = pandas.DataFrame(
    ...     {"rain": ["no", "yes", "no", None], "wet": ["no", "yes", "yes", "no"]}
    ... )
    >>> found = validate(garden, days, "rain")
    >>> [(row.name, round(row.brier.value, 3)) for row in found][:2]
    [('network', 0.192), ('its prior alone', 0.24)]
    >>> print(found.left_out[0])
    1 row: rain is not told (3)
    """
    model = network_of(network)
    bins = whole("bins", bins, 1, MOST_BINS)
    interviewed = whole("interviewed", interviewed, 0, MOST_INTERVIEWED)
    seed = whole("seed", seed, 0, MOST_SEED)
    places = _event(model, target, state)
    tokens = tokens_of(missing, frame, train)
    cases = read_cases(model, table_of(frame, tokens), target, columns, by)
    p, happened = happened_in(cases, places)
    if happened.all() or not happened.any():
        raise BackpainError(
            f"{target} is {'' if happened.all() else 'not '}{_states_words(model, target, places)} "
            f"in all {len(p):,} rows that can be used: where nothing varies there is nothing to "
            "validate"
        )
    rivals = _rivals(cases, places, happened, (table_of(train, tokens), columns), seed)
    scores = _scores(p, happened, rivals)
    return Validation(
        network=model,
        target=target,
        states=tuple(model[target].states[place] for place in places),
        rows=scores,
        happened=share_of(int(happened.sum()), len(happened)),
        calibration=calibration_curve(p, happened, bins),
        decisions=decision_curve(p, tuple(rivals.values()), happened),
        by=by or "",
        groups=tuple(_groups(cases, p, happened)),
        ranking=None if causes is None else ranking(cases, happened, causes),
        interviews=interviews(cases, happened, interviewed, seed) if interviewed else None,
        surprises=tuple(cases.rows[np.where(happened, p == 0, p == 1)].tolist()),
        left_out=cases.left_out,
        report=cases.report,
    )


def _event(network: Network, target: str, state: str | None) -> list[int]:
    """Return the positions of the states in which the target counts as having happened."""
    variable = network[target]
    if state is not None:
        return [network.state(target, state)]
    if not variable.healthy_first:
        raise BackpainError(
            f"which state of {target} is the healthy one is not known; name the state that is "
            f"meant: state=..., on the command line --target {target}=..., with one of "
            f"{', '.join(variable.states)}"
        )
    return list(range(1, len(variable.states)))


def _states_words(network: Network, target: str, places: Sequence[int]) -> str:
    return " or ".join(network[target].states[place] for place in places)


def _rivals(
    cases: Cases,
    places: Sequence[int],
    happened: Happened,
    train: tuple[Any, Columns | None],
    seed: int,
) -> dict[str, Array]:
    """Return what else could have been said of each row."""
    before = posterior(cases.network).row[cases.network.slices[cases.target]]
    found = {PRIOR: np.full(len(happened), min(float(before[list(places)].sum()), 1.0))}
    cells = indicators(cases.codes, cases.sizes)
    frame, columns = train
    if frame is None:
        fitted = apart(cells, happened, seed)
    else:
        before_now = read_cases(cases.network, frame, cases.target, columns)
        known = _same_columns(before_now, cases)
        said = np.isin(known.states, places)
        fitted = trained((indicators(known.codes, known.sizes), said), cells)
    if fitted is not None:
        found[LOGISTIC] = fitted
    return found


def _same_columns(known: Cases, cases: Cases) -> Cases:
    """Return the cases to train on with the columns of those to predict; what they do not tell is
    missing.
    """
    told = dict(zip(known.names, known.codes, strict=True))
    rows = len(known.rows)
    codes = tuple(
        told.get(name, np.full(rows, size, dtype=np.uint8))
        for name, size in zip(cases.names, cases.sizes, strict=True)
    )
    return replace(known, names=cases.names, codes=codes)


def _scores(p: Array, happened: Happened, rivals: dict[str, Array]) -> tuple[Score, ...]:
    own = score_of(NETWORK, p, happened)
    others = (
        replace(
            score_of(name, rival, happened),
            brier_worse=_worse(brier_terms(rival, happened), brier_terms(p, happened)),
            log_worse=_worse(log_terms(rival, happened), log_terms(p, happened)),
        )
        for name, rival in rivals.items()
    )
    return (own, *others)


def _worse(rival: Array, own: Array) -> Estimate | None:
    """Return by how much a rival's score is higher, None where both are infinite."""
    if np.isinf(rival).any() and np.isinf(own).any():
        return None
    return mean_of(rival - own)


def _groups(cases: Cases, p: Array, happened: Happened) -> Iterator[Score]:
    if cases.groups is None:
        return
    for number, name in enumerate(cases.group_names):
        inside = cases.groups == number
        if inside.any():
            yield score_of(name, p[inside], happened[inside])


def _finite(row: dict[str, object]) -> dict[str, object]:
    """Return a row as JSON can hold it: nothing in the place of what is infinite."""
    return {
        key: None if isinstance(value, float) and math.isinf(value) else value
        for key, value in row.items()
    }


def _plain(score: Score) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in ("name", "count", "happened", "predicted"):
        found[name] = getattr(score, name)
    for name in ("brier", "log", "auc", "brier_worse", "log_worse"):
        figures = getattr(score, name) or (None, None, None)
        found[name], found[f"{name}_low"], found[f"{name}_high"] = figures
    return found
