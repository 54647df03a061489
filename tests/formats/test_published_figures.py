"""Judgements with ranges, published figures and what authors say in a card, as files hold them."""

from __future__ import annotations

from pathlib import Path

import pytest

from backpain_bn.errors import FileProblem
from backpain_bn.formats.card_file import card_beside, read_card
from backpain_bn.formats.effect_sizes import link_strength
from backpain_bn.formats.load import load
from backpain_bn.formats.red_flag_file import read_rules
from backpain_bn.formats.schema import json_schema
from backpain_bn.model.card import Card
from backpain_bn.model.distributions import NoisyOr
from backpain_bn.model.numbers import number_class

SOURCES = """id,kind,says,read
S1,claim,Rain wets the lawn,
X1,study,Wet lawns are common,A
"""
FILE = """name: lawn
version: 1
outcome: wet
sources: sources.csv
conversion:
  scale: {p: 0.67, range: [0.5, 1], note: A guess.}
  designs: {whole: 1, half: {p: 0.5, range: [0.3, 0.7]}}
variables:
  rain:
    label: Rain
    states: [no, some, much]
    prior:
      some: {p: 0.3, range: [0.2, 0.4], sources: [X1]}
      much: {p: 0.1, range: [0, 0.2], sources: [X1]}
  wet:
    label: Wet
    states: [no, yes]
    marginal: {p: 0.3, range: [0.2, 0.4], sources: [X1]}
    leak: {p: 0.1, range: [0.05, 0.2], sources: [expert]}
    causes:
      - {when: {rain: much}, odds_ratio: 3, range: [2, 4.5], design: half, sources: [X1]}
published:
  - {says: Wet lawns, of: {wet: yes}, value: 0.3, range: [0.2, 0.4], sources: [X1]}
  - {says: After rain, measure: odds ratio, of: {wet: yes}, given: {rain: [some, much]}, against: {rain: no}, value: 2, range: [1, 3], sources: [X1]}
"""


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    text = FILE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "sources.csv").write_text(SOURCES, encoding="utf-8")
    path = folder / "lawn.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, *changes: tuple[str, str]) -> list[str]:
    with pytest.raises(FileProblem) as error:
        load(written(folder, *changes))
    return [line.replace(f"{folder}/", "") for line in error.value.lines]


def test_judgements_are_read_with_their_ranges(tmp_path: Path) -> None:
    conversion = load(written(tmp_path)).conversion
    assert (conversion.scale.p, conversion.scale.low, conversion.scale.high) == (0.67, 0.5, 1.0)
    assert conversion.scale.note == "A guess."
    half, whole = conversion.designs["half"], conversion.designs["whole"]
    assert (half.p, half.low, half.high) == (0.5, 0.3, 0.7)
    assert (whole.p, whole.low, whole.high) == (1.0, 1.0, 1.0), "a plain number has no range"


def test_a_converted_number_can_be_converted_again(tmp_path: Path) -> None:
    network = load(written(tmp_path))
    model = network["wet"].distribution
    assert isinstance(model, NoisyOr)
    number = model.mechanisms[0].number
    found = number.derived
    assert found is not None and (found.value, found.interval, found.design) == (
        3.0,
        (2.0, 4.5),
        "half",
    )
    assert (found.marginal, found.exposure) == (0.3, 0.1)
    ends = [link_strength(found, 0.35, 0.5, 0.67, z) for z in (0.0, -1.96, 1.96)]
    assert [number.p, number.low, number.high] == pytest.approx(ends)
    assert link_strength(found, 0.35, 0.7, 0.67) > number.p > link_strength(found, 0.35, 0.3, 0.67)
    assert number_class(number, network.sources) == "published, times a judgement"
    assert model.leak.derived is None


def test_figures_are_read_and_their_sources_kept(tmp_path: Path) -> None:
    network = load(written(tmp_path))
    first, second = network.published
    assert (first.measure, dict(first.of), first.value) == ("probability", {"wet": ("yes",)}, 0.3)
    assert dict(second.given) == {"rain": ("some", "much")}
    assert dict(second.against) == {"rain": ("no",)}
    assert "X1" in network.sources


def test_an_overlay_inherits_figures_and_judgements(tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / "ours.yaml"
    path.write_text("name: ours\nversion: 1\nbase: lawn\n", encoding="utf-8")
    ours, lawn = load(path), load(tmp_path / "lawn.yaml")
    assert ours.published == lawn.published
    assert ours.conversion == lawn.conversion


WRONG = [
    (
        ("half: {p: 0.5, range: [0.3, 0.7]}", "half: {p: 0.5, range: [0.6, 0.7]}"),
        "range [0.6, 0.7] must lie in [0, 1] and around 0.5",
    ),
    (
        ("half: {p: 0.5, range: [0.3, 0.7]}", "half: some"),
        'lawn.yaml:7:29 half must be a number, not "some"',
    ),
    (
        ("half: {p: 0.5, range: [0.3, 0.7]}", "half: 1.5"),
        'lawn.yaml:7:29 half: input should be less than or equal to 1, not "1.5"',
    ),
    (
        ("scale: {p: 0.67, range: [0.5, 1], note: A guess.}", "scale: {p: 0.67, range: [0, 1]}"),
        "lawn.yaml:6:10 scale and its range must lie above 0",
    ),
    (
        ("says: Wet lawns, of: {wet: yes}", "says: Wet lawns, of: {wit: yes}"),
        'unknown variable "wit"; did you mean "wet"?',
    ),
    (
        ("says: Wet lawns, of: {wet: yes}", "says: Wet lawns, of: {wet: yess}"),
        'unknown state of wet "yess"; did you mean "yes"?',
    ),
    (
        ("says: Wet lawns, of: {wet: yes}", "says: Wet lawns, of: {}"),
        "of names no variable; it says what the figure is of",
    ),
    (
        ("measure: odds ratio", "measure: ratio"),
        'measure is "ratio"; allowed: probability, odds ratio, risk ratio or difference',
    ),
    (
        ("against: {rain: no}, ", ""),
        "odds ratio needs against: the conditions of those compared with",
    ),
    (
        ("against: {rain: no}", "against: {wet: no}"),
        "wet is no condition of the figure; these are: rain",
    ),
    (("measure: odds ratio, ", ""), "a probability is compared with nothing; leave against out"),
    (
        (
            "given: {rain: [some, much]}, against: {rain: no}",
            "do: {rain: much}, against: {rain: [no, some]}",
        ),
        "rain is set to one state, not 2",
    ),
    (("value: 2, range: [1, 3]", "value: 4, range: [1, 3]"), "range [1, 3] must lie around 4"),
    (
        ("value: 2, range: [1, 3], sources: [X1]", "value: 2, range: [1, 3], sources: [S1]"),
        "S1 is a claim; only studies publish figures",
    ),
    (
        ("value: 2, range: [1, 3], sources: [X1]", "value: 2, range: [1, 3], sources: [X2]"),
        'unknown source "X2"; allowed: S1, X1',
    ),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_a_problem_is_told_once_at_its_place(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    [line] = refused(tmp_path, change)
    assert message in line and line.startswith("lawn.yaml:")


def test_editors_take_a_plain_number_or_one_with_a_range() -> None:
    plain, ranged = json_schema()["$defs"]["DiscountShape"]["anyOf"]
    assert plain == {"type": "number"} and set(ranged["properties"]) == {"p", "range", "note"}


RED_FLAGS = """name: alarms
version: 1
about: Of fire.
questions:
  smoke: {question: Is there smoke?, sources: [expert]}
rules:
  fire: {label: Fire, urgency: emergency, any: [[smoke]], action: Get out., why: It burns., sources: [expert]}
"""


@pytest.mark.parametrize(
    ("line", "confirmed"), [("", False), ("confirmed: no\n", False), ("confirmed: yes\n", True)]
)
def test_red_flags_are_confirmed_only_where_the_file_says_so(
    tmp_path: Path, line: str, confirmed: bool
) -> None:
    path = tmp_path / "alarms.yaml"
    path.write_text(line + RED_FLAGS, encoding="utf-8")
    assert read_rules(path).confirmed is confirmed


CARD = """purpose: To plan a picnic.
limits: [It rains.]
checklists:
  - title: A list
    reference: Somebody 2020.
    items:
      "1": {asks: A title?, met: Above.}
      "2": {asks: Validated?, not_met: no data.}
"""


def test_a_card_lies_beside_its_network(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert card_beside(path) == Card()
    (tmp_path / "lawn.card.yaml").write_text(CARD, encoding="utf-8")
    card = card_beside(str(path))
    assert card.purpose == "To plan a picnic." and card.limits == ("It rains.",)
    [checklist] = card.checklists
    assert [item.number for item in checklist.items] == ["1", "2"]
    assert [item.number for item in checklist.unmet] == ["2"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "not_met: no data.",
            "met: ''",
            "8:12 item 2 says neither where it is met nor what is not met",
        ),
        ("limits:", "limit:", 'unknown key "limit"; did you mean "limits"?'),
        ("reference: Somebody 2020.", "reference: ''", "5:16"),
    ],
)
def test_a_problem_of_a_card_is_told_at_its_place(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "lawn.card.yaml"
    path.write_text(CARD.replace(old, new), encoding="utf-8")
    with pytest.raises(FileProblem) as error:
        read_card(path)
    [line] = error.value.lines
    assert message in line


def test_a_figure_that_numbers_were_set_to_says_so(tmp_path: Path) -> None:
    here = "value: 0.3, range: [0.2, 0.4], sources: [X1]}"
    network = load(written(tmp_path, (here, here.replace("sources", "fitted: yes, sources"))))
    assert [one.fitted for one in network.published] == [True, False]
