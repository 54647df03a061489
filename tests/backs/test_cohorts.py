"""Cohorts of runners: a network of many variables scored row by row and by patterns."""

from __future__ import annotations

import numpy as np
import pytest

from backpain_bn import load, posterior, score
from backpain_bn.cohort.distinct_rows import RowScorer
from tests.cohort.test_score import (
    codes_of,
    cohort_of,
    rows_of,
)


def test_a_large_network_equals_posterior() -> None:
    """Where no network is named, it is the one that is meant."""
    network = load()
    cohort = cohort_of(network, 4, 40)
    for got, row in zip(rows_of(score(cohort)), cohort.to_pylist(), strict=True):
        found = posterior(network, row)
        assert got[:-2] == pytest.approx(found.row.tolist(), abs=1e-10)
        assert got[-2] == pytest.approx(found.log_evidence, abs=1e-10)


def test_patterns_of_very_many_columns() -> None:
    network = load()
    names = list(network.variables)
    codes = codes_of(network, 2000, names)
    codes = [
        np.minimum(np.concatenate([column, column]), len(network[name].states))
        for name, column in zip(names, codes, strict=True)
    ]
    patterns = RowScorer(network, ["low_back_pain"], names)
    answers = patterns.answer(codes, 4000)
    assert np.array_equal(answers.values[:, :2000], answers.values[:, 2000:], equal_nan=True)
    assert np.array_equal(
        answers.values,
        RowScorer(network, ["low_back_pain"], names, room=0).answer(codes, 4000).values,
        equal_nan=True,
    )
    assert patterns.inferred <= 2000
