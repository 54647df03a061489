"""A network as a scikit-learn classifier: scikit-learn's own checks, and what they cannot know."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas
import polars
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import brier_score_loss
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer
from sklearn.utils.estimator_checks import check_estimator

import backpain_bn as bb
from backpain_bn.learn import fit
from backpain_bn.model import Network, Row, Table, Variable, number, prior
from backpain_bn.sklearn import CHECKS_THAT_CANNOT_APPLY, BayesianNetworkClassifier
from tests.learn.cohorts import cohort

TARGET = "weak_battery"
COLUMNS = 30
MOST = 14
EDGES = tuple(float(edge) for edge in range(-3, 4))


def even(states: tuple[str, ...], *kinds: tuple[float, ...]) -> Network:
    """A target that shows in columns of many states, all as likely, of these kinds by turns (by
    their bins): named as scikit-learn's checks name columns and labels.
    """
    variables = {"kind": Variable("kind", states, prior(*[1 / len(states)] * len(states)))}
    for place in range(COLUMNS):
        name, bins = f"col_{place}", kinds[place % len(kinds)]
        size = len(bins) + 1 if bins else MOST
        rows = tuple(Row((state,), (number(1 / size),) * size) for state in states)
        codes = tuple(f"s{code}" for code in range(size))
        variables[name] = Variable(name, codes, Table(("kind",), rows), bins=bins)
    return Network("even", variables)


def failed(model: BayesianNetworkClassifier, *expected: str) -> dict[str, object]:
    """What `check_estimator` finds wrong, and which of the checks that cannot apply did fail."""
    reasons = {name: CHECKS_THAT_CANNOT_APPLY[name] for name in expected}
    found = check_estimator(model, expected_failed_checks=reasons, on_fail=None, on_skip=None)
    assert len(found) > 50
    assert {each["check_name"] for each in found if each["status"] == "xfail"} == set(expected)
    return {each["check_name"]: each["exception"] for each in found if each["status"] == "failed"}


def test_with_numbers_for_bins_it_passes_all_checks_of_scikit_learn() -> None:
    model = BayesianNetworkClassifier(even(("one", "two"), EDGES), "kind")
    check_estimator(model, on_skip=None)


def test_with_positions_and_more_states_it_passes_all_that_can_apply() -> None:
    model = BayesianNetworkClassifier(even(("one", "two", "three", "four"), ()), "kind")
    assert failed(model, *CHECKS_THAT_CANNOT_APPLY) == {}


@pytest.fixture(scope="module")
def cases(car: bb.Network) -> pandas.DataFrame:
    return cohort(car, 1500, 4, missing=0.2, whole=(TARGET,))


@pytest.fixture(scope="module")
def table(cases: pandas.DataFrame) -> pandas.DataFrame:
    return cases[["battery_age", "dim_lights", "clicking", "no_crank", "battery_voltage"]]


@pytest.fixture(scope="module")
def fitted(
    car: bb.Network, table: pandas.DataFrame, cases: pandas.DataFrame
) -> BayesianNetworkClassifier:
    return BayesianNetworkClassifier(car, TARGET).fit(table, cases[TARGET])


def test_it_learns_and_says_what_fit_and_score_do(
    car: bb.Network,
    table: pandas.DataFrame,
    cases: pandas.DataFrame,
    fitted: BayesianNetworkClassifier,
) -> None:
    network = fit(car, table.assign(**{TARGET: cases[TARGET]})).network
    scored = bb.score(table, network, targets=[TARGET])
    p = fitted.predict_proba(table)
    assert fitted.classes_.tolist() == ["no", "yes"]
    assert p == pytest.approx(scored[[f"{TARGET}=no", f"{TARGET}=yes"]].to_numpy(), abs=1e-12)
    assert (fitted.predict(table) == np.where(p[:, 1] > p[:, 0], "yes", "no")).all()
    assert fitted.score(table, cases[TARGET]) == (fitted.predict(table) == cases[TARGET]).mean()
    assert fitted.fitted_.network is fitted.network_ and fitted.n_features_in_ == 5


def test_names_positions_and_kinds_of_table_mean_the_same(
    car: bb.Network,
    table: pandas.DataFrame,
    cases: pandas.DataFrame,
    fitted: BayesianNetworkClassifier,
) -> None:
    names = list(table)
    expected = fitted.predict_proba(table)
    turned = table[names[::-1]]
    again = clone(fitted).fit(turned, cases[TARGET])
    assert again.predict_proba(turned) == pytest.approx(expected, abs=1e-12)
    both = polars.from_pandas(table)
    assert clone(fitted).fit(both, cases[TARGET]).predict_proba(both) == pytest.approx(expected)
    other = BayesianNetworkClassifier(car, TARGET, features=names)
    text = table.to_numpy(dtype=object)
    assert other.fit(text, cases[TARGET]).predict_proba(text) == pytest.approx(expected)
    unbinned = [name for name in names if not car[name].bins]
    places = pandas.DataFrame(
        {name: table[name].map({s: i for i, s in enumerate(car[name].states)}) for name in unbinned}
    ).to_numpy(dtype=float)
    assert np.isnan(places).any()
    coded = BayesianNetworkClassifier(car, TARGET, features=unbinned)
    yes_no = (cases[TARGET] == "yes").to_numpy()
    for labels in (yes_no, yes_no.astype(int), np.where(yes_no, 1, -1), yes_no.astype(float)):
        p = coded.fit(places, labels).predict_proba(places)
        named = clone(fitted).fit(table[unbinned], cases[TARGET]).predict_proba(table[unbinned])
        assert p == pytest.approx(named, abs=1e-12) and coded.classes_[1] == labels.max()
        assert set(coded.predict(places)) <= set(labels.tolist())


def test_numbers_fall_into_bins(car: bb.Network, fitted: BayesianNetworkClassifier) -> None:
    told = pandas.DataFrame([[7.5, "yes", None, "yes", 11.9]], columns=fitted.feature_names_in_)
    words = [["over_5_years", "yes", np.nan, True, "under_12.0"]]
    same = pandas.DataFrame(words, columns=fitted.feature_names_in_)
    assert fitted.predict_proba(told) == pytest.approx(fitted.predict_proba(same), abs=1e-15)


def test_an_array_tells_the_first_variables_but_the_target(car: bb.Network) -> None:
    first = [name for name in car if name != "cold_night"][:3]
    rows = np.array([["over_5_years", "yes", "no"], ["under_3_years", "no", "yes"]], dtype=object)
    model = BayesianNetworkClassifier(car, "cold_night").fit(rows, ["yes", "no"])
    assert model.variables_ == tuple(first) == ("battery_age", "lights_left_on", "weak_battery")


def test_the_outcome_is_the_default_target(car: bb.Network, table: pandas.DataFrame) -> None:
    model = BayesianNetworkClassifier(car).fit(table[:2], ["no", "yes"])
    assert model.get_params()["target"] is None and model.fitted_.network.outcome == "no_start"
    outcome = clone(model).set_params(target="no_start").fit(table[:2], ["no", "yes"])
    assert (model.predict_proba(table[:9]) == outcome.predict_proba(table[:9])).all()
    with pytest.raises(bb.BackpainError, match="even names no outcome"):
        BayesianNetworkClassifier(even(("one", "two"), EDGES)).fit([[1.0], [2.0]], [0, 1])
    assert BayesianNetworkClassifier().get_params()["network"] is None


def test_weights_are_repetitions(
    car: bb.Network, table: pandas.DataFrame, cases: pandas.DataFrame
) -> None:
    some, labels = table[:60], cases[TARGET][:60]
    times = np.arange(60) % 3
    once = BayesianNetworkClassifier(car, TARGET).fit(some, labels, sample_weight=times)
    often = clone(once).fit(some.loc[some.index.repeat(times)], labels.repeat(times))
    assert once.predict_proba(some) == pytest.approx(often.predict_proba(some), abs=1e-9)


def test_it_works_in_pipelines_cross_validation_and_calibration(
    car: bb.Network, table: pandas.DataFrame, cases: pandas.DataFrame
) -> None:
    yes = (cases[TARGET] == "yes").to_numpy()
    model = BayesianNetworkClassifier(car, TARGET)
    scores = cross_val_score(model, table, yes, scoring="neg_brier_score", cv=3)
    assert (-scores < 0.9 * yes.mean() * (1 - yes.mean())).all()
    dropped = make_pipeline(FunctionTransformer(lambda X: X.drop(columns="no_crank")), model)
    assert dropped.fit(table, yes).named_steps["bayesiannetworkclassifier"].n_features_in_ == 4
    search = GridSearchCV(model, {"prior_strength": [0.5, 5.0]}, cv=2, scoring="neg_log_loss")
    assert search.fit(table[:300], yes[:300]).best_params_["prior_strength"] in (0.5, 5.0)
    calibrated = CalibratedClassifierCV(model, cv=3).fit(table, yes)
    p = calibrated.predict_proba(table)[:, 1]
    assert brier_score_loss(yes, p) < 0.9 * yes.mean() * (1 - yes.mean())


def test_positions_may_come_from_a_discretizer() -> None:
    chance = np.random.default_rng(2)
    y = chance.integers(0, 2, 400)
    X = chance.normal(size=(400, 3)) + 2.0 * y[:, None]
    network = even(("one", "two"), ())
    bins = KBinsDiscretizer(4, encode="ordinal", quantile_method="averaged_inverted_cdf")
    model = make_pipeline(bins, BayesianNetworkClassifier(network, "kind"))
    assert cross_val_score(model, X, y, cv=4).mean() > 0.85


def test_it_can_be_pickled(table: pandas.DataFrame, fitted: BayesianNetworkClassifier) -> None:
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict_proba(table) == fitted.predict_proba(table)).all()
    assert clone(fitted).network == fitted.network


X = pandas.DataFrame({"clicking": ["yes", "no"], "cold_night": ["no", "yes"]})


@pytest.mark.parametrize(
    ("words", "given", "labels", "options"),
    [
        (
            'unknown column "clickin"; did you mean "clicking"',
            X.rename(columns={"clicking": "clickin"}),
            "ny",
            {},
        ),
        ('unknown column "weak_battery"', X.rename(columns={"clicking": TARGET}), "ny", {}),
        (
            r'unknown state of clicking \(row 1\) "nope"; did you mean "no"',
            X.replace("no", "nope"),
            "ny",
            {},
        ),
        (
            r"unknown state of clicking \(row 1\) .*2",
            X.replace({"clicking": {"yes": 0, "no": 2}}),
            "ny",
            {},
        ),
        (
            "Negative values in data: positions of clicking",
            X.replace({"clicking": {"yes": -1, "no": 0}}),
            "ny",
            {},
        ),
        (
            'unknown label of y, a state of weak_battery "ye"; did you mean "yes"',
            X,
            ["ye", "no"],
            {},
        ),
        ("labels 0.5, 1.5, 2.5|Unknown label type", X, [0.5, 1.5], {}),
        ("two labels of y mean the same state", X, ["no", "No"], {}),
        ("y holds 1 class only", X, ["no", "no"], {}),
        (
            'unknown variable "weak_batery"; did you mean "weak_battery"',
            X,
            "ny",
            {"target": "weak_batery"},
        ),
        ("X has 2 columns; clicking are 1", X.to_numpy(), "ny", {"features": ["clicking"]}),
        ("prior_strength is -1", X, "ny", {"prior_strength": -1}),
        ("Only binary classification is supported", pandas.concat([X, X[:1]]), [1, 2, 3], {}),
    ],
)
def test_what_cannot_be_read_is_said(
    car: bb.Network, words: str, given: object, labels: object, options: dict[str, object]
) -> None:
    y = ["no", "yes"] if labels == "ny" else labels
    model = BayesianNetworkClassifier(car, **{"target": TARGET, **options})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=words):
        model.fit(given, y)


def test_a_row_that_cannot_be_is_named() -> None:
    states = ("no", "yes")
    rows = (Row(("no",), (number(1), number(0))), Row(("yes",), (number(0), number(1))))
    told = {name: Variable(name, states, Table(("rain",), rows)) for name in ("wet", "puddle")}
    network = Network("sure", {"rain": Variable("rain", states, prior(0.5, 0.5)), **told})
    model = BayesianNetworkClassifier(network, "rain")
    seen = pandas.DataFrame({"wet": ["yes", "no"], "puddle": ["yes", "no"]})
    model.fit(seen, ["yes", "no"])
    with pytest.raises(bb.BackpainError, match="row 1 cannot be in sure"):
        model.predict(pandas.DataFrame({"wet": ["yes", "yes"], "puddle": ["yes", "no"]}))


TABLE = pandas.DataFrame({"dim_lights": ["yes", "no", None, "no"]})
LABELS = ["yes", "no", "yes", "no"]


@pytest.mark.parametrize(("X", "y", "weights", "message"), [
    (TABLE, ["yes", "no", None, "no"], None, "y, row 2: no label is told; leave the row out"),
    (TABLE, np.array(["yes", 1, "no", 0], dtype=object), None, 'text or numbers, not both: "yes" and 1'),
    (TABLE, ["yess", "no", "yes", "no"], None, 'unknown label of y, a state of weak_battery "yess"; did you mean "yes"?'),
    (TABLE.assign(dim_lights=[10**400, 0, 1, 0]), LABELS, None, "unknown state of dim_lights (row 0) 1000"),
    (pandas.concat([TABLE, TABLE], axis=1), LABELS, None, 'several columns of the name "dim_lights"'),
    ([["yes"], ["no"], ["yes", "no"], ["no"]], LABELS, None, "row 2 of X has 2 cells; row 0 has 1"),
    (TABLE, LABELS, [1, 10**400, 1, 1], "sample_weight: int too large"),
    (TABLE, LABELS, [1, "much", 1, 1], "sample_weight: could not convert string to float: 'much'"),
])  # fmt: skip
def test_a_typing_error_is_refused_in_words(X: Any, y: Any, weights: Any, message: str) -> None:
    with pytest.raises(bb.BackpainError) as caught:
        BayesianNetworkClassifier("car", "weak_battery").fit(X, y, weights)
    assert message in str(caught.value)


def test_every_kind_of_empty_cell_is_not_observed() -> None:
    expected = BayesianNetworkClassifier("car", "weak_battery").fit(TABLE, LABELS)
    for empty in (TABLE.astype("string"), TABLE.fillna(pandas.NaT).astype(object)):
        found = BayesianNetworkClassifier("car", "weak_battery").fit(empty, LABELS)
        np.testing.assert_array_equal(found.predict_proba(empty), expected.predict_proba(TABLE))
