"""Rows that are held as an array behave as the tuple of rows that they stand for."""

from __future__ import annotations

import pickle
from itertools import product

import numpy as np
import pytest

from backpain_bn.model.distributions import PlainRows, Row, Table, number, plain_table
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable

STATES = {"a": ("no", "yes"), "b": ("low", "mid", "top")}
CELLS = np.random.default_rng(7).dirichlet(np.ones(4), size=6)
WRITTEN = tuple(
    Row(given, tuple(map(number, row)))
    for given, row in zip(product(*STATES.values()), CELLS.tolist(), strict=True)
)
TABLE = plain_table(["a", "b"], STATES, CELLS.copy())


def test_they_are_the_rows_written_out() -> None:
    assert isinstance(TABLE.rows, PlainRows)
    assert (len(TABLE.rows), tuple(TABLE.rows)) == (6, WRITTEN)
    assert [TABLE.rows[index] for index in range(-6, 6)] == [*WRITTEN, *WRITTEN]
    assert TABLE.rows[1:4] == WRITTEN[1:4]
    with pytest.raises(IndexError):
        TABLE.rows[6]


def test_equal_tables_are_equal_and_have_the_same_hash() -> None:
    written = Table(("a", "b"), WRITTEN)
    plain = TABLE
    assert plain == written and written == plain
    assert hash(TABLE) == hash(written)
    assert plain_table(["a", "b"], STATES, CELLS.copy()) == TABLE
    other = plain_table(["a", "b"], STATES, CELLS[::-1].copy())
    assert plain != other and written != other
    assert pickle.loads(pickle.dumps(TABLE)) == TABLE


def test_they_cannot_be_changed() -> None:
    assert isinstance(TABLE.rows, PlainRows)
    with pytest.raises(ValueError, match="read-only"):
        TABLE.rows.cells[0, 0] = 1.0
    found = TABLE.table(STATES)
    found[:] = 0.5
    assert tuple(TABLE.rows) == WRITTEN


def test_rows_follow_the_states_of_the_parents() -> None:
    turned = {"a": ("yes", "no"), "b": ("low", "mid", "top")}
    priors = {
        name: plain_table([], {}, np.full((1, len(own)), 1 / len(own)))
        for name, own in turned.items()
    }
    variables = {name: Variable(name, own, priors[name]) for name, own in turned.items()}
    network = Network("n", {**variables, "y": Variable("y", ("p", "q", "r", "s"), TABLE)})
    np.testing.assert_array_equal(network.table("y").reshape(6, 4), CELLS[[3, 4, 5, 0, 1, 2]])
