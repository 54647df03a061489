"""Nothing in the picture lies on anything else, whatever the network, its labels and the room."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from itertools import combinations, pairwise

import pytest

from backpain_bn.explorer import layout as placed
from backpain_bn.explorer.graph import links_of
from backpain_bn.explorer.layout import Column, Layout, columns_of, layout
from backpain_bn.model.distributions import Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.browser.networks import car, hostile, large, of_200, public

NETWORKS: dict[str, Callable[[], Network]] = {
    "car": car,
    "hostile": hostile,
    "large": large,
    "200": of_200,
    "asia": lambda: public("asia"),
    "alarm": lambda: public("alarm"),
}


WIDTHS = (390, 1000, 1700)
Box = tuple[float, float, float, float]


def plans(network: Network, share: float = 1.0) -> list[tuple[Layout, dict[str, Box]]]:
    """Some or all boxes, of all heights, in several widths: the plan, and each box as its left,
    top, right and bottom.
    """
    draw = random.Random(4)
    names = [name for name in network if draw.random() < share]
    heights = {name: float(draw.choice((46, 62, 94, 126))) for name in names}
    links = [pair for pair in links_of(network) if set(pair) <= set(names)]
    found = [layout(columns_of(network), heights, links, width) for width in WIDTHS]
    return [
        (
            plan,
            {name: (x, y, x + plan.box, y + heights[name]) for name, (x, y) in plan.places.items()},
        )
        for plan in found
    ]


def corners(path: str) -> list[tuple[float, float]]:
    """Points along a path, close enough that none jumps over a box."""
    found: list[tuple[float, float]] = []
    at = (0.0, 0.0)
    for kind, text in re.findall(r"([MLC])([^MLC]+)", path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", text)]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        if kind != "M":
            curve = [at, *(points if kind == "C" else [at, points[-1], points[-1]])]
            for step in range(41):
                t = step / 40
                weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
                x, y = (
                    sum(weight * point[axis] for weight, point in zip(weights, curve, strict=True))
                    for axis in (0, 1)
                )
                found.append((x, y))
        at = points[-1]
    return found


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_no_link_passes_through_a_box(make: Callable[[], Network]) -> None:
    network = make()
    for plan, shown in plans(network):
        for route in plan.routes:
            for x, y in corners(route.path):
                for left, top, right, bottom in shown.values():
                    assert not (left < x < right and top < y < bottom)


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_no_box_lies_on_another_or_outside(make: Callable[[], Network]) -> None:
    network = make()
    for plan, places in plans(network):
        shown = list(places.values())
        assert len(shown) == len(network)
        for (left, top, right, bottom), (u, v, w, x) in combinations(shown, 2):
            aside = left - w >= placed.NEAREST or u - right >= placed.NEAREST
            assert aside or top - x >= placed.GAP - 1e-9 or v - bottom >= placed.GAP - 1e-9
        for left, top, right, bottom in shown:
            assert left >= 0 and right <= plan.width
            assert top >= placed.TOP and bottom <= plan.height


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_links_start_and_end_at_their_boxes(make: Callable[[], Network]) -> None:
    network = make()
    plan, shown = plans(network)[1]
    for (one, other), route in zip(links_of(network), plan.routes, strict=True):
        numbers = [float(each) for each in re.findall(r"-?[\d.]+", route.path)]
        for name, x, y in ((one, *numbers[:2]), (other, *numbers[-2:])):
            left, top, right, bottom = shown[name]
            assert min(abs(x - left), abs(x - right)) < 0.6 and top < y < bottom


def test_a_picture_is_as_wide_as_its_room_where_that_can_be() -> None:
    network = car()
    for width, (plan, _) in zip(WIDTHS, plans(network), strict=True):
        assert placed.NARROWEST <= plan.box <= placed.WIDEST
        assert width < 1000 or plan.width <= width


def test_some_boxes_are_laid_without_the_columns_of_the_others() -> None:
    plan, _ = plans(public("alarm"), 0.2)[1]
    titles = [column.title for column, _ in plan.columns]
    assert 1 < len(titles) < len(columns_of(public("alarm")))
    assert all(one < other for (_, one), (_, other) in pairwise(plan.columns))


def test_columns_are_the_roles_and_the_outcome_has_its_own() -> None:
    network = car()
    columns = columns_of(network)
    assert [column.key for column in columns if column.key != placed.OUTCOME] == list(
        network.vocabulary.roles
    )
    (own,) = [column for column in columns if column.key == placed.OUTCOME]
    assert own.names == (network.outcome,)
    place = {name: i for i, column in enumerate(columns) for name in column.names}
    assert set(place) == set(network)
    assert all(place[name] < place[network.outcome] for name in network.ancestors(network.outcome))
    for column in columns:
        if column is not own:
            assert {network[name].role for name in column.names} == {column.key}


def test_a_network_without_roles_goes_from_cause_to_effect() -> None:
    def follows(name: str, parent: str) -> Variable:
        rows = (Row(("no",), (number(0.9), number(0.1))), Row(("yes",), (number(0.2), number(0.8))))
        return Variable(name, ("no", "yes"), Table((parent,), rows))

    network = Network(
        "chain",
        {
            "c": follows("c", "b"),
            "b": follows("b", "a"),
            "a": Variable("a", ("no", "yes"), prior(0.5, 0.5)),
        },
    )
    columns = columns_of(network)
    assert [column.names for column in columns] == [("a",), ("b",), ("c",)]
    assert [column.title for column in columns] == ["Step 1", "Step 2", "Step 3"]


def test_boxes_stand_beside_what_they_are_linked_with() -> None:
    columns = [Column(key, key, tuple(f"{key}{i}" for i in range(6))) for key in "ab"]
    links = [(f"a{i}", f"b{5 - i}") for i in range(6)]
    heights = dict.fromkeys((name for column in columns for name in column.names), 46.0)
    plan = layout(columns, heights, links, 800)
    assert all(abs(plan.places[one][1] - plan.places[other][1]) < 1 for one, other in links)
