"""A network as a scikit-learn classifier, for pipelines, cross-validation and calibration (extra
`sklearn`).
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .cohort.columns import Codes
from .cohort.distinct_rows import RowScorer
from .errors import BackpainError, ImpossibleEvidence, listed, names_in, no_outcome, shown, unknown
from .formats.load import network_of
from .inference.beliefs import Array
from .learn.fit import fit
from .learn.priors import ALL
from .model.network import Network
from .model.variables import Variable

__all__ = ["BayesianNetworkClassifier"]

WEIGHTS = "sample weight"
CHECKS_THAT_CANNOT_APPLY = {
    "check_sample_weight_equivalence_on_dense_data": (
        "its cells are fractions such as 0.37, and without bins a number is the position of a state"
    ),
    "check_classifiers_classes": (
        "labels -1 and 1 for a target of more than two states: which states they are is not said"
    ),
}
"""Checks of `check_estimator` that cannot apply where a column has no `bins`, or where the target
has more than two states, each with the reason. With bins and two states all of them pass.
"""


class BayesianNetworkClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """P(target | columns), by a network whose numbers are learned with their cited ranges as priors
    (see `learn.fit`).

    How X is read: a DataFrame's columns are variables by their names; an array's are `features`, by
    default the network's variables but the target, in its order, as many as there are columns. A
    cell that is NaN or None is not observed. Text, True and False are states, as in `score`. A
    number falls into its bin where the variable has `bins`; else it is the position of a state,
    from 0. How y is read: labels that are states, or stand for one, mean it. Other labels must be
    numbers: whole ones from 0 are positions; numbers as many as there are states mean these in
    order (-1 and 1, say). `classes_` are the labels of y, and probabilities are among these.

    `network` is a network, a name or a path (default: the shipped one), `target` one of its
    variables (default: its outcome), `learn` and `prior_strength` are as in `learn.fit`. After
    `fit`, `network_` is the learned network and `fitted_` what was learned, number by number.

    Raises `BackpainError` for what cannot be read, `UnknownName` for columns, states and labels
    that do not exist, `ImpossibleEvidence` for a row that cannot be.

    >>> from backpain_bn.formats.load import load
    >>> X = pandas.DataFrame(
    ...     {"dim_lights": ["yes", "no", None, "no"], "clicking": ["yes", "no", "yes", None]}
    ... )
    >>> y = ["yes", "no", "yes", "no"]
    >>> model = BayesianNetworkClassifier(load("car"), "weak_battery").fit(X, y)
    >>> model.classes_.tolist(), model.predict(X).tolist()
    (['no', 'yes'], ['yes', 'no', 'no', 'no'])
    """

    def __init__(
        self,
        network: Network | str | Path | None = None,
        target: str | None = None,
        *,
        features: Sequence[str] | None = None,
        learn: str | Sequence[str] = ALL,
        prior_strength: float = 1.0,
    ) -> None:
        self.network = network
        self.target = target
        self.features = features
        self.learn = learn
        self.prior_strength = prior_strength

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> BayesianNetworkClassifier:
        """Learn the network's numbers from rows (n, m) and their labels (n,), each row counting as
        often as its weight says.
        """
        model = network_of(self.network)
        target = self._target(model)
        _check_table(X)
        X, y = validate_data(self, X, y, dtype=None, ensure_all_finite="allow-nan")
        _check_labels(model[target], y)
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind != "binary" and len(model[target].states) == 2:
            raise BackpainError(
                f"Only binary classification is supported. The type of the target is {kind}, and "
                f"{target} has two states"
            )
        self.classes_ = np.unique(y)
        weights = self._weights(sample_weight, X)
        counted = np.unique(y[weights > 0])
        if len(counted) < 2:
            raise BackpainError(f"y holds 1 class only, {shown(counted[0])}; two are needed")
        self.places_ = _places(model[target], self.classes_)
        self.variables_ = self._variables(model, target)
        told = np.array(model[target].states, dtype=object)[self.places_]
        frame: dict[str, NDArray[Any]] = {
            name: _named(model[name].states, column)
            for name, column in zip(self.variables_, self._codes(model, X), strict=True)
        }
        frame[target] = told[np.searchsorted(self.classes_, y)]
        frame[WEIGHTS] = weights
        self.fitted_ = fit(
            model,
            pandas.DataFrame(frame),
            learn=self.learn,
            prior_strength=self.prior_strength,
            weights=WEIGHTS,
        )
        self.network_ = self.fitted_.network
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return P(label | row) of rows (n, m), shape (n, classes)."""
        check_is_fitted(self)
        _check_table(X)
        X = validate_data(self, X, dtype=None, ensure_all_finite="allow-nan", reset=False)
        model = self.network_
        scorer = RowScorer(model, [self._target(model)], self.variables_)
        answers = scorer.answer(self._codes(model, X), len(X))
        p: Array = answers.values[:-1].T[:, self.places_]
        whole = p.sum(axis=1, keepdims=True)
        never = ~(whole[:, 0] > 0)
        if never.any():
            raise ImpossibleEvidence(
                f"row {int(np.argmax(never))} cannot be in {model.name} with any of these labels: "
                "its probability is 0"
            )
        found: Array = p / whole
        return found

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likeliest label of each row, the first of `classes_` where two are level."""
        check_is_fitted(self)
        found: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        model = network_of(self.network)
        target = self._target(model)
        positions = any(not model[name].bins for name in model if name != target)
        tags.input_tags.categorical = tags.input_tags.positive_only = positions
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = len(model[target].states) > 2
        return tags

    def _weights(self, given: Any, X: NDArray[Any]) -> Array:
        """Return how often each row counts."""
        try:
            found: Array = _check_sample_weight(given, X, dtype=float, ensure_non_negative=True)
        except (OverflowError, TypeError, ValueError) as error:
            raise BackpainError(f"sample_weight: {error}") from error
        if not found.any():
            raise BackpainError("every sample weight is zero: no row counts")
        return found

    def _target(self, model: Network) -> str:
        if self.target is None and not model.outcome:
            raise no_outcome(model.name)
        return model[model.outcome if self.target is None else self.target].name

    def _variables(self, model: Network, target: str) -> tuple[str, ...]:
        """Return the variables that the columns tell."""
        allowed = [name for name in model if name != target]
        if hasattr(self, "feature_names_in_"):
            names = tuple(self.feature_names_in_.tolist())
        elif self.features is None:
            names = tuple(allowed[: self.n_features_in_])
        else:
            names = names_in("features", self.features)
        for name in names:
            if name not in allowed:
                raise unknown("column", name, allowed)
        if len(names) != self.n_features_in_:
            raise BackpainError(
                f"X has {self.n_features_in_} columns; {listed(names, 3)} are {len(names)}"
            )
        return names

    def _codes(self, model: Network, X: NDArray[Any]) -> list[Codes]:
        """Return each column as positions of states, the number of states where a cell is empty."""
        if X.dtype == object:
            X = X.copy()
            X[pandas.isna(X)] = None
        columns = [(model[name], cells) for name, cells in zip(self.variables_, X.T, strict=True)]
        for variable, cells in columns:
            _check_cells(variable, cells)
        return [_read(variable, cells) for variable, cells in columns]


def _check_table(X: Any) -> None:
    """Raise `BackpainError` for columns of one name, and for rows that differ in length."""
    if isinstance(X, pandas.DataFrame):
        twice = X.columns[X.columns.duplicated()]
        if len(twice):
            raise BackpainError(f"X has several columns of the name {shown(twice[0])}")
    if not isinstance(X, list | tuple):
        return
    sizes = [len(row) for row in X if isinstance(row, list | tuple)]
    for row, size in enumerate(sizes):
        if size != sizes[0]:
            raise BackpainError(f"row {row} of X has {size} cells; row 0 has {sizes[0]}")


def _check_labels(variable: Variable, y: NDArray[Any]) -> None:
    """Raise `BackpainError` for labels that are missing or cannot be put in order, `UnknownName`
    for text that is no state.
    """
    for row, label in enumerate(y):
        if label is None or label is pandas.NA:
            raise BackpainError(f"y, row {row}: no label is told; leave the row out")
    texts = [label for label in y if isinstance(label, str)]
    for label in dict.fromkeys(texts):
        if variable.meant(label) is None:
            raise unknown(f"label of y, a state of {variable.name}", label, variable.allowed)
    others = [label for label in y if not isinstance(label, str)]
    if texts and others:
        told = f"{shown(texts[0])} and {shown(others[0])}"
        raise BackpainError(f"the labels of y are text or numbers, not both: {told}")


def _check_cells(variable: Variable, column: NDArray[Any]) -> None:
    """Raise an error for what no cell can hold, in the words that scikit-learn has for it."""
    for row, cell in enumerate(column if column.dtype == object else ()):
        if cell is not None and not isinstance(cell, str | Real | np.bool_):
            raise TypeError(
                f"{variable.name}, row {row}: argument must be a string or a number, not "
                f"{type(cell).__name__}"
            )
    if variable.bins:
        return
    if any(isinstance(cell, Real) and cell < 0 for cell in pandas.unique(column)):
        raise BackpainError(f"Negative values in data: positions of {variable.name} count from 0")


def _read(variable: Variable, column: NDArray[Any]) -> Codes:
    indices, labels = pandas.factorize(column)
    size = len(variable.states)
    codes = [_code(variable, label, indices, number) for number, label in enumerate(labels)]
    table = np.array([*codes, size], dtype=np.min_scalar_type(size + 1))
    found: Codes = table[indices]
    return found


def _code(variable: Variable, label: object, indices: NDArray[np.intp], number: int) -> int:
    """Return the position of the state that a cell means."""
    row = int(np.argmax(indices == number))
    position = _position(variable, label)
    if position is None:
        kind = f"state of {variable.name} (row {row})"
        allowed = (*variable.allowed, f"a position from 0 to {len(variable.states) - 1}")
        raise unknown(kind, label, allowed[:-1] if variable.bins else allowed)
    return position


def _position(variable: Variable, label: object) -> int | None:
    """Return the position of the state that a value stands for, None where it stands for none."""
    state = variable.meant(label)
    if state is not None:
        return variable.states.index(state)
    if variable.bins or isinstance(label, str | bool | np.bool_):
        return None
    return _whole(label, len(variable.states))


def _whole(label: object, size: int) -> int | None:
    """Return a whole number from 0 that is below `size`, None for anything else."""
    if not isinstance(label, Real):
        return None
    return next((position for position in range(size) if position == label), None)


def _named(states: Sequence[str], codes: Codes) -> NDArray[np.object_]:
    named: NDArray[np.object_] = np.array([*states, None], dtype=object)[codes]
    return named


def _places(variable: Variable, labels: NDArray[Any]) -> NDArray[np.intp]:
    """Return the position of the state that each label means."""
    values = labels.tolist()
    found = [variable.meant(value) for value in values]
    if all(state is not None for state in found):
        positions = [variable.states.index(state) for state in found if state is not None]
    else:
        positions = _numbered(variable, values)
    if len(set(positions)) < len(positions):
        raise BackpainError(f"two labels of y mean the same state of {variable.name}: {values}")
    return np.array(positions, dtype=np.intp)


def _numbered(variable: Variable, labels: Sequence[object]) -> list[int]:
    """Return the positions that numbers mean; raises `UnknownName` for other labels."""
    size = len(variable.states)
    for label in labels:
        number = isinstance(label, Real) and not isinstance(label, bool)
        if not number and variable.meant(label) is None:
            raise unknown(f"label of y, a state of {variable.name}", label, variable.allowed)
    whole = [_whole(label, size) for label in labels]
    if None not in whole:
        return [position for position in whole if position is not None]
    if len(labels) != size:
        raise BackpainError(
            f"the labels {listed(list(map(str, labels)))} are no states of {variable.name} "
            f"({', '.join(variable.states)}), nor whole numbers from 0 to {size - 1}, nor as many "
            "numbers as there are states"
        )
    return list(range(size))
