"""Families as factors, and orders: what they multiply to, what they cost, how fast they come."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings

from backpain_bn.inference.elimination import (
    CONSTANT_VALUES,
    CONSTANTS,
    Axis,
    Factor,
    elimination_order,
    family,
)
from backpain_bn.model.network import Network
from tests.oracles import networks


def multiplied(factors: Iterable[Factor], values: np.ndarray, kept: tuple[Axis, ...]) -> np.ndarray:
    """Return the product of factors of cells, summed over all axes but the kept."""
    factors = list(factors)
    axes = list(dict.fromkeys([*kept, *(axis for factor in factors for axis in factor.axes)]))
    terms = []
    for factor in factors:
        terms += [values[factor.table], [axes.index(axis) for axis in factor.axes]]
    return np.einsum(*terms, list(range(len(kept))), optimize=True)


@pytest.mark.parametrize("chained", [False, True])
@settings(max_examples=40, deadline=None)
@given(network=networks.random_networks())
def test_the_factors_of_a_family_multiply_to_its_table(network: Network, chained: bool) -> None:
    for name, variable in network.variables.items():
        values = np.concatenate([CONSTANT_VALUES, variable.distribution.parameters()])
        factors = family(network, variable, CONSTANTS, chained)
        found = multiplied(factors, values, (*variable.parents, name))
        assert np.abs(found - network.table(name)).max() < 1e-12


def test_the_chained_form_never_subtracts() -> None:
    network = networks.noisy_or_pair()
    for name in ("y", "z"):
        for factor in family(network, network[name], CONSTANTS, True):
            assert (np.array(CONSTANT_VALUES)[factor.table[factor.table < CONSTANTS]] >= 0).all()


def cells_of(order: Iterable[Axis], scopes: list[tuple[str, ...]], sizes: dict[str, int]) -> int:
    """Return the cells of all cliques when axes go in this order: the definition."""
    left, total = [set(scope) for scope in scopes], 0
    for axis in order:
        clique = set().union(*(scope for scope in left if axis in scope), {axis})
        total += int(np.prod([sizes[other] for other in clique]))
        left = [scope for scope in left if axis not in scope] + [clique - {axis}]
    return total


@settings(max_examples=60, deadline=None)
@given(network=networks.random_networks())
def test_an_order_costs_what_it_says(network: Network) -> None:
    sizes = {name: len(states) for name, states in network.states.items()}
    scopes = [(*variable.parents, name) for name, variable in network.variables.items()]
    order = elimination_order(scopes, sizes)
    assert sorted(order.axes) == sorted(sizes)
    assert order.cells == pytest.approx(cells_of(order.axes, scopes, sizes), rel=1e-12)


def test_a_greedy_order_is_close_to_the_best_of_all() -> None:
    network = networks.asia()
    sizes = dict.fromkeys(network.variables, 2)
    scopes = [(*variable.parents, name) for name, variable in network.variables.items()]
    best = min(cells_of(order, scopes, sizes) for order in permutations(sizes))
    assert elimination_order(scopes, sizes).cells == best


def test_kept_axes_stay_and_are_joined() -> None:
    order = elimination_order(
        [("a", "b"), ("c", "d"), ("d", "e")], dict.fromkeys("abcde", 2), ("b", "c")
    )
    assert sorted(order.axes) == ["a", "d", "e"]


def test_two_thousand_axes_take_a_fraction_of_a_second() -> None:
    random = np.random.default_rng(0)
    names = [f"v{i}" for i in range(2000)]
    scopes = [
        (name, *(names[max(0, i - int(back))] for back in random.integers(1, 12, size=3)))
        for i, name in enumerate(names)
    ]
    start = time.perf_counter()
    order = elimination_order(scopes, dict.fromkeys(names, 2))
    assert time.perf_counter() - start < 5
    assert len(order.axes) == 2000
    assert len(order.largest) < 20
