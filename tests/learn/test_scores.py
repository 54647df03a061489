"""Scores and curves: against scikit-learn, statsmodels and their own definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve as sklearn_curve
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from backpain_bn.learn.curves import calibration_curve, decision_curve
from backpain_bn.learn.scores import SAME, auc, brier_terms, log_terms, mean_of, score_of, share_of

PROBABILITIES = st.one_of(st.floats(0.001, 0.999), st.sampled_from([0.2, 0.5, 0.8]))
CASES = st.lists(st.tuples(PROBABILITIES, st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: len({happened for _, happened in rows}) == 2
)


def columns(rows: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    p, happened = zip(*rows, strict=True)
    return np.round(p, SAME), np.array(happened)


@settings(max_examples=100, deadline=None)
@given(CASES, st.integers(1, 12))
def test_figures_are_those_of_scikit_learn(rows: list[tuple[float, bool]], bins: int) -> None:
    p, happened = columns(rows)
    found = score_of("it", p, happened)
    assert found.brier.value == pytest.approx(brier_score_loss(happened, p), abs=1e-12)
    assert found.log.value == pytest.approx(log_loss(happened, p), abs=1e-12)
    assert found.auc is not None
    assert found.auc.value == pytest.approx(roc_auc_score(happened, p), abs=1e-12)
    observed, said = sklearn_curve(happened, p, n_bins=bins, strategy="quantile")
    curve = calibration_curve(p, happened, bins)
    assert [row.observed.value for row in curve] == pytest.approx(observed, abs=1e-12)
    assert [row.predicted for row in curve] == pytest.approx(said, abs=1e-12)
    assert sum(row.count for row in curve) == len(p)


@settings(max_examples=60, deadline=None)
@given(CASES)
def test_the_decision_curve_is_its_definition(rows: list[tuple[float, bool]]) -> None:
    p, happened = columns(rows)
    rival = np.full(len(p), 0.3)
    points = decision_curve(p, (rival,), happened)
    assert [point.threshold for point in points] == [n / 100 for n in range(1, 100)]
    for point in points[::7]:
        t = point.threshold
        for values, gain in (
            (p, point.network.value),
            (rival, point.rivals[0]),
            (np.ones(len(p)), point.everybody),
        ):
            right = sum(happened & (values >= t))
            needless = sum(~happened & (values >= t))
            expected = right / len(p) - needless / len(p) * t / (1 - t)
            assert gain == pytest.approx(expected, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(CASES)
def test_every_interval_holds_its_figure(rows: list[tuple[float, bool]]) -> None:
    p, happened = columns(rows)
    found = score_of("it", p, happened)
    assert found.auc is not None
    for figure in (found.brier, found.log, found.auc):
        assert 0 <= figure.low <= figure.value <= figure.high
    assert found.auc.high <= 1


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_shares_have_wilsons_interval(pair: tuple[int, int]) -> None:
    low, high = proportion_confint(*pair, alpha=0.1, method="wilson")
    assert share_of(*pair)[1:] == pytest.approx((low, high), abs=1e-12)


def test_nine_in_ten_intervals_of_an_area_hold_the_true_one() -> None:
    """Two normal distributions, 1.19 apart: the area is 0.8; and 3.29 apart: 0.99, where the method
    is known to be too careful.
    """
    chance = np.random.default_rng(5)
    happened = np.arange(60) < 20
    for apart, area in ((1.19023, 0.8), (3.28995, 0.99)):
        held = 0
        for _ in range(500):
            found = auc(chance.normal(size=60) + apart * happened, happened)
            assert found is not None
            held += found.low <= area <= found.high
        assert 0.86 <= held / 500 <= 0.98


def test_nine_in_ten_intervals_of_a_mean_hold_the_true_one() -> None:
    chance = np.random.default_rng(6)
    found = [mean_of(chance.exponential(size=200)) for _ in range(1000)]
    assert 0.87 <= np.mean([one.low <= 1 <= one.high for one in found]) <= 0.92


def test_all_alike_have_no_area_and_perfect_ones_no_interval_of_nothing() -> None:
    assert auc(np.array([0.1, 0.9]), np.array([True, True])) is None
    found = auc(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True]))
    assert found is not None and found.value == found.high == 1 and 0.2 < found.low < 0.9
    worst = auc(np.array([0.9, 0.1]), np.array([False, True]))
    assert worst is not None and worst.value == worst.low == 0 < worst.high < 1


def test_a_wrong_certainty_is_infinitely_bad_by_the_log_score() -> None:
    p, happened = np.array([0.0, 1.0, 0.5]), np.array([True, True, False])
    assert math.isinf(log_terms(p, happened)[0]) and log_terms(p, happened)[1] == 0
    found = mean_of(log_terms(p, happened))
    assert found.value == found.low == found.high == math.inf
    assert brier_terms(p, happened).tolist() == [1, 0, 0.25]
