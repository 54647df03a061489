"""The picture: nothing lies on anything else, nothing that was written breaks it, and it says the
same in words.
"""

from __future__ import annotations

import base64
import re
from itertools import combinations
from xml.etree import ElementTree

import pytest

import backpain_bn as bb
from backpain_bn.display.html import image
from backpain_bn.display.svg import Picture
from backpain_bn.explorer import graph
from backpain_bn.explorer import layout as placed
from backpain_bn.explorer.layout import layout
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.browser.networks import hostile, large

DESK = {"sitting_hours": "over_8", "running_back_pain": "yes"}
SVG = "{http://www.w3.org/2000/svg}"


def drawn(
    network: Network, findings: dict[str, object] | None = None, *, withheld: bool = False
) -> ElementTree.Element:
    told = findings or {}
    before = bb.posterior(network)
    text = graph.svg(network, bb.posterior(network, told), before, told, withheld=withheld)  # type: ignore[arg-type]
    return ElementTree.fromstring(text)


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


@pytest.mark.parametrize("make", [bb.load, large, hostile], ids=["shipped", "large", "hostile"])
def test_no_link_passes_through_a_box(make: object) -> None:
    network = make()  # type: ignore[operator]
    plan = layout(network)
    for one, other in graph.pairs(network):
        for x, y in corners(placed.route(plan.places[one], plan.places[other], plan.boxes)):
            for left, top in plan.places.values():
                inside = left < x < left + placed.WIDTH and top < y < top + placed.HEIGHT
                assert not inside, (one, other)


@pytest.mark.parametrize("make", [bb.load, large, hostile], ids=["shipped", "large", "hostile"])
def test_no_box_lies_on_another_or_outside(make: object) -> None:
    network = make()  # type: ignore[operator]
    plan = layout(network)
    assert set(plan.places) == set(network.variables)
    for (x, y), (u, v) in combinations(plan.places.values(), 2):
        assert abs(x - u) >= placed.WIDTH + placed.BETWEEN or abs(y - v) >= placed.HEIGHT + 3
    for x, y in plan.places.values():
        assert (
            0 <= x <= plan.width - placed.WIDTH - placed.BOW
            and placed.TOP <= y <= plan.height - placed.HEIGHT
        )


def test_columns_are_the_roles(shipped: bb.Network) -> None:
    plan = layout(shipped)
    assert [column.key for column in plan.columns] == list(shipped.vocabulary.roles)
    for column in plan.columns:
        assert len({plan.places[name][0] for name in column.names}) == 1
        assert {shipped[name].role for name in column.names} == {column.key}


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
    plan = layout(network)
    assert [column.names for column in plan.columns] == [("a",), ("b",), ("c",)]
    assert [column.title for column in plan.columns] == ["Step 1", "Step 2", "Step 3"]


def test_links_cross_less_than_in_the_order_of_the_file(shipped: bb.Network) -> None:
    plan = layout(shipped)
    links = [
        (parent, child)
        for child, variable in shipped.variables.items()
        for parent in variable.parents
    ]
    file = {name: (plan.places[name][0], index) for index, name in enumerate(shipped.variables)}

    def crossings(at: dict[str, tuple[float, float]]) -> int:
        pairs = combinations([(at[parent], at[child]) for parent, child in links], 2)
        return sum(
            a[0] == c[0] and b[0] == d[0] and (a[1] - c[1]) * (b[1] - d[1]) < 0
            for (a, b), (c, d) in pairs
        )

    assert crossings(dict(plan.places)) < crossings(file)


def test_bars_ticks_and_values_are_the_posteriors(shipped: bb.Network) -> None:
    now, before = bb.posterior(shipped, DESK), bb.posterior(shipped)
    for node in drawn(shipped, DESK).iter(f"{SVG}g"):
        if name := node.get("data-id"):
            rects = {rect.get("class"): rect for rect in node.iter(f"{SVG}rect")}
            assert float(rects["bar"].get("width", "")) == pytest.approx(
                graph.TRACK * now.present(name), abs=0.06
            )
            tick = next(path for path in node.iter(f"{SVG}path") if path.get("class") == "tick")
            assert float(tick.get("d", "")[1:].split()[0]) == pytest.approx(
                8 + graph.TRACK * before.present(name), abs=0.06
            )
            assert ("told" in node.get("class", "")) == (name in DESK)


def test_links_are_as_thick_as_they_are_strong_and_drawn_by_grade(shipped: bb.Network) -> None:
    lines = [
        path
        for path in drawn(shipped).iter(f"{SVG}path")
        if (path.get("class") or "").startswith("link ") and path.get("marker-end")
    ]
    assert len(lines) == sum(len(variable.parents) for variable in shipped.variables.values())
    assert {line.get("class") for line in lines} >= {
        "link supported",
        "link mixed",
        "link claimed-only",
        "link contradicted",
    }
    assert graph.thickness(0) < graph.thickness(0.1) < graph.thickness(1) == 5


def test_a_box_says_which_states_it_counts(shipped: bb.Network) -> None:
    said = [text.text for text in drawn(shipped).iter(f"{SVG}text") if text.get("class") == "value"]
    assert any(re.fullmatch(r"\d+\s% male", value or "") for value in said)
    assert any(re.fullmatch(r"\d+\s% not under 40", value or "") for value in said)


def test_a_red_flag_withholds_every_figure(shipped: bb.Network) -> None:
    text = ElementTree.tostring(drawn(shipped, DESK, withheld=True), encoding="unicode")
    assert "%" not in re.sub("<[^>]*style>.*?style>", "", text) and "over 8" in text
    assert set(re.findall('stroke-width="([^"]+)"', text)) == {"0.6"}


def test_hostile_labels_stay_text() -> None:
    network = hostile()
    root = drawn(network, {"a": network["a"].states[1]})
    assert not [
        element
        for element in root.iter()
        if element.tag.removeprefix(SVG) in ("script", "img", "b", "i")
    ]
    names = [node.get("data-id") for node in root.iter(f"{SVG}g") if node.get("data-id")]
    assert sorted(map(str, names)) == sorted(network.variables)


def test_the_image_says_the_same_in_words(shipped: bb.Network) -> None:
    now, before = bb.posterior(shipped, DESK), bb.posterior(shipped)
    alt = graph.alternative(shipped, now, before, DESK)
    assert (
        "Told: hours spent sitting per day: over 8; back pain from running: yes." in alt
        and "back pain from muscle" in alt
    )
    assert graph.alternative(shipped, now, before, DESK, withheld=True).endswith(
        "A red flag is set: nothing is ranked."
    )
    picture = Picture(graph.svg(shipped, now, before, DESK), 'say "<b>"')
    html = image(picture, {"class": "bp-twin"})
    assert 'alt="say &quot;&lt;b&gt;&quot;"' in html and html.count("<") == 1
    assert base64.b64decode(re.findall('base64,([^"]+)', html)[0]).startswith(b"<svg")


def test_the_legend_names_the_grades_that_occur_and_no_others() -> None:
    wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, Number(0.9, 0.8, 1.0, ("expert",))),))
    rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
    network = Network("garden", {"rain": rain, "wet": Variable("wet", ("no", "yes"), wet)})
    text = graph.legend(network)
    assert network.vocabulary.grades["expert"] in text and text.count("<path") == 1
    assert graph.legend(network.do(wet="yes")) == ""
