"""The picture that Python draws: what it shows of a case, that nothing that was written breaks it,
and that it says the same in words.
"""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pytest

import backpain_bn as bb
from backpain_bn.display.html import image
from backpain_bn.display.svg import Picture
from backpain_bn.explain.attribution import contributors
from backpain_bn.explorer import graph
from backpain_bn.explorer.picked import FEW, Picked, picked, ranked_paths
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.browser.networks import car, hostile, large, of_200, public

DIM = {"dim_lights": "yes", "no_start": "yes"}
SVG = "{http://www.w3.org/2000/svg}"


def picked_of(network: Network, findings: Findings) -> Picked:
    now = bb.posterior(network, findings)
    return picked(network, findings, now, ranked_paths(network, findings, now))


def drawn(
    network: Network, findings: Findings | None = None, *, withheld: bool = False
) -> ElementTree.Element:
    told = findings or {}
    now, before = bb.posterior(network, told), bb.posterior(network)
    shown = picked_of(network, told)
    return ElementTree.fromstring(graph.svg(network, now, before, told, shown, withheld=withheld))


def lines(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [path for path in root.iter(f"{SVG}path") if path.get("marker-end")]


def test_a_small_network_is_shown_whole() -> None:
    network = car()
    shown = picked_of(network, DIM)
    assert shown.names == tuple(network)
    assert {(link.start, link.end) for link in shown.links} == set(graph.links_of(network))
    assert not any(link.bridged for link in shown.links)


def test_of_a_large_network_the_first_causes_are_shown_with_their_paths() -> None:
    network = of_200()
    told = {network.outcome: "yes"}
    rows = contributors(network, told).top()
    shown = picked_of(network, told)
    assert 6 < len(shown.names) <= FEW < len(network)
    pairs = {(link.start, link.end): link for link in shown.links}
    for row in rows:
        assert row.path is not None and set(row.path.variables) <= set(shown.names)
        for pair, strength, grade in zip(
            row.path.links, row.path.strengths, row.path.grades, strict=True
        ):
            assert pairs[pair].strength == pytest.approx(strength)
            assert pairs[pair].grade == grade


def test_what_was_told_is_shown_and_bridged_to_the_outcome() -> None:
    network, now = of_200(), bb.posterior(of_200())
    near = network[network.outcome].parents
    path = (near[0], network.outcome)
    far = network.ancestors(network.outcome).difference(near, *(network.ancestors(n) for n in near))
    far |= {name for name in network.ancestors(near[0]) if near[0] not in network.children[name]}
    for name in sorted(far - set(near))[:8]:
        shown = picked(network, {name: "yes"}, now, [path])
        assert set(shown.names) == {name, *path}
        (bridge,) = [link for link in shown.links if link.bridged]
        assert bridge.start == name and bridge.end in path and 0 < bridge.strength < 1


def test_without_an_outcome_the_variables_with_most_links_are_shown() -> None:
    network = public("alarm")
    shown = picked_of(network, {"PRESS": "HIGH"})
    assert len(shown.names) == FEW and "PRESS" in shown.names
    degree = {name: len(network[name].parents) + len(network.children[name]) for name in network}
    assert min(degree[name] for name in shown.names if name != "PRESS") >= max(
        degree[name] for name in network if name not in shown.names
    )


def test_bars_ticks_and_values_are_the_posteriors() -> None:
    network = car()
    now, before = bb.posterior(network, DIM), bb.posterior(network)
    tracks = 0
    for node in drawn(network, DIM).iter(f"{SVG}g"):
        if name := node.get("data-id"):
            rects = {rect.get("class"): rect for rect in node.iter(f"{SVG}rect")}
            track = float(rects["track"].get("width", ""))
            tracks += track > 80
            wide = float(rects["bar"].get("width", ""))
            assert wide == pytest.approx(track * now.present(name), abs=0.06)
            tick = next(path for path in node.iter(f"{SVG}path") if path.get("class") == "tick")
            place = float(tick.get("d", "")[1:].split()[0])
            assert place == pytest.approx(graph.PADDING + track * before.present(name), abs=0.06)
            assert ("told" in node.get("class", "")) == (name in DIM)
    assert tracks == len(network)


def test_links_are_as_thick_as_they_are_strong_and_drawn_by_grade() -> None:
    network = car()
    shown = picked_of(network, DIM)
    widths = [float(line.get("stroke-width", "")) for line in lines(drawn(network, DIM))]
    assert widths == pytest.approx(
        [graph.thickness(link.strength) for link in shown.links], abs=0.051
    )
    assert {line.get("class") for line in lines(drawn(network))} == {"link expert"}
    assert graph.thickness(0) < graph.thickness(0.1) < graph.thickness(1) == 6


def test_a_box_says_which_states_it_counts() -> None:
    root = drawn(car(), DIM)
    said = [
        " ".join(span.text or "" for span in text)
        for text in root.iter(f"{SVG}text")
        if text.get("class") == "value"
    ]
    assert any(re.fullmatch(r"\d+\s% not under 3 years", value) for value in said)
    assert any(re.fullmatch(r"\d+\s% empty", value) for value in said)
    assert said.count("yes") == len(DIM)


@pytest.mark.parametrize("make", [hostile, large, car], ids=["hostile", "large", "car"])
def test_labels_of_60_letters_are_written_out(make: object) -> None:
    network = make()  # type: ignore[operator]
    for node in drawn(network).iter(f"{SVG}g"):
        if name := node.get("data-id"):
            label = next(text for text in node.iter(f"{SVG}text") if text.get("class") == "label")
            if len(graph.full_label(network[name])) <= 60:
                assert "…" not in "".join(span.text or "" for span in label)


def test_a_red_flag_withholds_every_figure() -> None:
    root = drawn(car(), DIM, withheld=True)
    text = ElementTree.tostring(root, encoding="unicode")
    assert "%" not in re.sub("<[^>]*style>.*?style>", "", text, flags=re.DOTALL)
    assert {line.get("stroke-width") for line in lines(root)} == {"0.8"}
    told = [node for node in root.iter(f"{SVG}g") if "told" in node.get("class", "")]
    assert len(told) == len(DIM)


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


def test_the_image_says_the_same_in_words() -> None:
    network = car()
    now, before = bb.posterior(network, DIM), bb.posterior(network)
    alt = graph.alternative(network, now, before, DIM)
    assert "Told: dim lights: yes; failure to start: yes." in alt
    assert "weak or flat battery" in alt
    assert graph.alternative(network, now, before, DIM, withheld=True).endswith(
        "A red flag is set: nothing is ranked."
    )
    svg = graph.svg(network, now, before, DIM, picked_of(network, DIM))
    html = image(Picture(svg, 'say "<b>"'), {"class": "bp-twin"})
    assert 'alt="say &quot;&lt;b&gt;&quot;"' in html and html.count("<") == 1
    assert base64.b64decode(re.findall('base64,([^"]+)', html)[0]).startswith(b"<svg")


def test_the_legend_names_the_grades_that_occur_and_no_others() -> None:
    wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, Number(0.9, 0.8, 1.0, ("expert",))),))
    rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
    network = Network("garden", {"rain": rain, "wet": Variable("wet", ("no", "yes"), wet)})
    text = graph.legend(network)
    assert network.vocabulary.grades["expert"] in text and text.count("<path") == 1
    assert graph.legend(network.do(wet="yes")) == ""
