"""What a logistic regression makes of the same columns, where scikit-learn is installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

from ..cohort.columns import Codes
from ..inference.beliefs import Array
from .scores import Happened

FOLDS = 5
SOLVER = "newton-cholesky"


def indicators(codes: Sequence[Codes], sizes: Sequence[int]) -> Array:
    """Return one column of 0 and 1 for every state of every variable, and one for its missing
    cells.
    """
    return np.hstack([np.eye(size + 1)[column] for column, size in zip(codes, sizes, strict=True)])


def apart(cells: Array, happened: Happened, seed: int) -> Array | None:
    """Return P(happened) of each row from a logistic regression on the other four fifths of the
    rows (stratified, drawn by `seed`); None where scikit-learn is not installed, or there are too
    few rows of either kind.
    """
    folds = min(FOLDS, int(happened.sum()), int((~happened).sum()))
    if folds < 2 or not find_spec("sklearn"):
        return None
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
    model = LogisticRegression(solver=SOLVER)
    found: Array = cross_val_predict(model, cells, happened, cv=parts, method="predict_proba")
    return found[:, 1]


def trained(known: tuple[Array, Happened], cells: Array) -> Array | None:
    """Return P(happened) of each row from a logistic regression on other rows, of which it is
    `known` what happened; None as in `apart`.
    """
    before, happened = known
    if happened.all() or not happened.any() or not find_spec("sklearn"):
        return None
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(solver=SOLVER).fit(before, happened)
    found: Array = model.predict_proba(cells)
    return found[:, 1]
