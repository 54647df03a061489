"""The Shapley value against its definition, a mean over all orders, and by its axioms."""

from __future__ import annotations

import importlib
import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backpain_bn.explain.shapley import Sets, changes, looked_up, prefixes, shapley, subsets
from backpain_bn.inference.beliefs import Array

module = importlib.import_module("backpain_bn.explain.shapley")
values = st.floats(-50, 50)


@st.composite
def games(draw: st.DrawFn) -> tuple[int, Array]:
    """Return how many players, and the values of all subsets."""
    players = draw(st.integers(1, 5))
    return players, np.array(draw(st.lists(values, min_size=2**players, max_size=2**players)))


def by_orders(players: int, table: Array) -> list[float]:
    """The definition: the mean over all orders of what each adds to those before it."""
    total = [0.0] * players
    for order in permutations(range(players)):
        code = 0
        for player in order:
            total[player] += table[code | 1 << player] - table[code]
            code |= 1 << player
    return [each / math.factorial(players) for each in total]


@settings(max_examples=60, deadline=None)
@given(game=games())
def test_it_is_the_mean_over_all_orders(game: tuple[int, Array]) -> None:
    players, table = game
    found = shapley(players, looked_up(table))
    assert found.weight == pytest.approx(by_orders(players, table), abs=1e-9)
    assert found.weight.sum() == pytest.approx(table[-1] - table[0], abs=1e-9)
    assert found.told.sum() == pytest.approx(table[-1] - table[0], abs=1e-9)
    assert (found.settles == 0).all() and (found.error == 0).all()
    for player in range(players):
        bit, every = 1 << player, 2**players - 1
        assert found.alone[player] == table[bit] - table[0]
        assert found.last[player] == table[every] - table[every - bit]
        moves = [table[code | bit] - table[code] for code in range(every) if not code & bit]
        assert found.swing[player] == max(map(abs, moves))


@settings(max_examples=40, deadline=None)
@given(worth=st.lists(values, min_size=6, max_size=6), extra=values)
def test_symmetry_nobody_and_additivity(worth: list[float], extra: float) -> None:
    """Players who add alike get alike, one who adds nothing gets nothing, games add up."""

    def by_number(sets: Sets) -> Array:
        return np.array([0.0, *worth])[sets[:, :3].sum(axis=1)]

    def one_more(sets: Sets) -> Array:
        return extra * sets[:, 3]

    alike = shapley(5, by_number).weight
    assert alike[:3] == pytest.approx([worth[2] / 3] * 3, abs=1e-9)
    assert alike[3:].tolist() == [0, 0]
    more = shapley(5, lambda sets: by_number(sets) + one_more(sets)).weight
    assert more == pytest.approx(alike + shapley(5, one_more).weight, abs=1e-9)


def test_who_settles_it_is_set_apart() -> None:
    """Player 2 makes it certain by itself, players 0 and 1 only add."""

    def game(sets: Sets) -> Array:
        return np.where(sets[:, 2], math.inf, sets[:, 0] * 3.0 - sets[:, 1] * 1.0)

    found = shapley(3, game)
    assert found.weight.tolist() == [3, -1, math.inf]
    assert found.settles.tolist() == [0, 0, 1]
    assert found.alone.tolist() == [3, -1, math.inf] and found.last[2] == math.inf


def test_two_who_settle_it_together_share_the_orders() -> None:
    def game(sets: Sets) -> Array:
        return np.where(sets[:, 0] & sets[:, 1], -math.inf, sets[:, 2] * 2.0)

    found = shapley(3, game)
    assert found.weight.tolist() == [-math.inf, -math.inf, 2]
    assert found.settles == pytest.approx([0.5, 0.5, 0])
    assert found.alone.tolist() == [0, 0, 2]


def test_what_was_settled_from_the_start_is_moved_by_nobody() -> None:
    found = shapley(2, lambda sets: np.full(len(sets), math.inf))
    assert all((figures == 0).all() for figures in found)


def test_all_subsets_are_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def game(sets: Sets) -> Array:
        asked.append(len(sets))
        return sets.sum(axis=1).astype(float)

    assert shapley(10, game).weight == pytest.approx([1] * 10)
    assert asked == [1024]
    monkeypatch.setattr(module, "MOST_EXACT", 3)
    assert shapley(10, game).weight == pytest.approx([1] * 10)
    assert asked[1] == module.ORDERS * 11


def test_sampled_orders_come_near_and_say_how_near(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.random.default_rng(7).normal(size=2**6)
    exact = shapley(6, looked_up(table))
    monkeypatch.setattr(module, "MOST_EXACT", 5)
    sampled = shapley(6, looked_up(table))
    assert (np.abs(sampled.weight - exact.weight) <= 4 * sampled.error).all()
    assert sampled.error.min() > 0 and sampled.error.max() < 0.1
    assert sampled.weight.sum() == pytest.approx(table[-1] - table[0])
    for name in ("alone", "last", "told"):
        assert getattr(sampled, name) == pytest.approx(getattr(exact, name))
    assert (shapley(6, looked_up(table)).weight == sampled.weight).all(), "seeded"


def test_nobody() -> None:
    assert shapley(0, lambda sets: np.zeros(len(sets))).weight.shape == (0,)
    assert subsets(0).shape == (1, 0) and prefixes(0).shape == (1, 0)


def test_changes_of_several_values_at_once() -> None:
    table = np.array([[0.0, 1.0], [2.0, math.inf], [5.0, math.inf]])
    assert changes(table).tolist() == [[2, math.inf], [3, 0]]
