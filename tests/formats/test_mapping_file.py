"""The mapping beside a network of another format: what it gives, and what is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from backpain_bn.errors import BackpainError, FileProblem
from backpain_bn.formats.load import load
from backpain_bn.formats.mapping_file import REST, MappedShape, MappingShape
from backpain_bn.formats.schema import Shape, VocabularyShape
from backpain_bn.formats.text_files import SHIPPED
from backpain_bn.model.network import Network
from tests.oracles.foreign_files import public, read

MAPPING = """
outcome: lung
vocabulary:
  subject: patient
  roles:
    habit: {title: Habits, contributes: yes, persists: yes}
    disease: {title: Diseases, contributes: yes}
  means:
    ask: {title: Ask}
    device: {title: With a machine, trained: yes}
variables:
  smoke:
    label: Smokes
    role: habit
    healthy: no
    question: Do you smoke?
  lung: {role: disease, healthy: no}
  xray: {cost: {minutes: 20, discomfort: 1, who: device}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "asia.bif"
    found.write_text(public("asia"), encoding="utf-8")
    return found


def mapped(path: Path, text: str = MAPPING) -> Network:
    path.with_name("asia.mapping.yaml").write_text(text, encoding="utf-8")
    return load(path)


def test_without_a_mapping_nothing_is_guessed(path: Path) -> None:
    network = load(path)
    assert network.outcome == ""
    assert network["smoke"].states == ("yes", "no")
    assert {variable.role for variable in network.variables.values()} == {"variable"}
    with pytest.raises(BackpainError, match="which state of smoke is the healthy one is not known"):
        _ = network["smoke"].healthy


def test_a_mapping_gives_what_the_file_lacks(path: Path) -> None:
    plain, network = load(path), mapped(path)
    assert (network.outcome, network.vocabulary.subject) == ("lung", "patient")
    smoke, lung, xray = network["smoke"], network["lung"], network["xray"]
    assert (smoke.label, smoke.role, smoke.question) == ("Smokes", "habit", "Do you smoke?")
    assert (smoke.states, smoke.healthy, smoke.persists) == (("no", "yes"), "no", True)
    assert (lung.healthy, lung.persists) == ("no", False)
    assert (xray.cost.minutes, xray.cost.discomfort, xray.cost.who) == (20, 1, "device")
    assert network.causes == ("smoke",)
    assert network.vocabulary.roles["variable"] == REST
    assert (network["bronc"].role, network["bronc"].healthy_first) == ("variable", False)
    np.testing.assert_array_equal(network.table("lung"), plain.table("lung")[::-1, ::-1])
    np.testing.assert_array_equal(network.table("xray"), plain.table("xray"))


def test_one_call_may_say_otherwise(path: Path) -> None:
    mapped(path)
    network = load(path, outcome="bronc", healthy={"smoke": "yes", "bronc": "no"})
    assert (network.outcome, network["smoke"].healthy, network["bronc"].healthy) == (
        "bronc",
        "yes",
        "no",
    )


@pytest.mark.parametrize("text", ["outcome: lung", "variables: {}", "vocabulary: {subject: dog}"])
def test_every_part_may_be_left_out(path: Path, text: str) -> None:
    assert set(mapped(path, text).variables) == set(read(public("asia")).variables)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("outcome: lung", "outcome: lungs", 2, 'unknown outcome "lungs"; did you mean "lung"?'),
        ("outcome: lung", "outcom: lung", 2, 'unknown key "outcom"; did you mean "outcome"?'),
        ("  smoke:\n", "  smokes:\n", 12, 'unknown variable "smokes"; did you mean "smoke"?'),
        ("healthy: no\n", "healthy: nno\n", 15, 'unknown state of smoke "nno"; did you mean "no"'),
        ("role: habit", "role: habbit", 14, 'unknown role "habbit"; did you mean "habit"?'),
        ("label: Smokes", "labl: Smokes", 13, 'unknown key "labl"; did you mean "label"?'),
        ("label: Smokes", "label: []", 13, "label must be text, not a list"),
        ("minutes: 20", "minutes: long", 18, 'minutes must be a number, not "long"'),
        ("minutes: 20", "minuts: 20", 18, 'unknown key "minuts"; did you mean "minutes"?'),
        ("who: device", "who: devise", 18, 'unknown means "devise"; did you mean "device"?'),
        ("title: Habits", "titel: Habits", 6, 'unknown key "titel"; did you mean "title"?'),
        ("subject: patient", "actions: {rest: [rest]}", 4, "rest names treatments, which a file"),
        ("subject: patient", "subject: 'a\0'", 4, "control characters are not allowed"),
        (
            "label: Smokes",
            f"label: {'a' * 10**5}",
            13,
            "label has 100,000 characters; the limit is 255",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    path: Path, old: str, new: str, line: int, message: str
) -> None:
    assert old in MAPPING
    with pytest.raises(FileProblem) as caught:
        mapped(path, MAPPING.replace(old, new, 1))
    start = f"{path.with_name('asia.mapping.yaml')}:{line}:"
    assert any(each.startswith(start) and message in each for each in caught.value.lines)


def test_everything_is_told_at_once(path: Path) -> None:
    text = MAPPING.replace("outcome: lung", "outcome: x").replace("role: habit", "role: y")
    with pytest.raises(FileProblem) as caught:
        mapped(path, text.replace("who: device", "who: z"))
    assert len(caught.value.lines) == 3


@pytest.mark.parametrize("text", ["- a", "text", ""])
def test_a_mapping_that_is_no_mapping(path: Path, text: str) -> None:
    with pytest.raises(FileProblem, match=r"asia\.mapping\.yaml:1:1 the file"):
        mapped(path, text)


def test_the_mapping_that_the_documentation_shows_is_read(path: Path) -> None:
    text = (SHIPPED / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    shown = next(block for block in blocks if block.startswith("outcome: lung"))
    assert mapped(path, shown).causes == ("smoke",)


@pytest.mark.parametrize("shape", [VocabularyShape, MappedShape, MappingShape])
def test_every_key_of_a_vocabulary_and_a_mapping_is_documented(shape: type[Shape]) -> None:
    text = (SHIPPED / "README.md").read_text(encoding="utf-8")
    missing = [key for key in shape.model_fields if not re.search(rf"\b{key}\b", text)]
    assert missing == []


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("cost:", "bins: [1, 2], cost:", 18, "bins has 2 entries; xray has 2 states"),
        ("cost:", "leaves: {smok: yes}, cost:", 18, 'unknown variable "smok"; did you mean'),
        ("cost:", "persists: often, cost:", 18, 'persists is "often"; allowed: no or yes'),
        ("subject: patient", "voices: {nope: x}", 4, "no such network: a voice is the name of a"),
        ("subject: patient", "whole: lungs", 4, 'unknown variable "lungs"; did you mean "lung"?'),
        ("label: Smokes", 'label: "  "', 13, 'of "smoke" is empty'),
        ("label: Smokes", 'label: "a\\u202Eb"', 13, "invisible character in it (U+202E)"),
    ],
)
def test_what_else_a_mapping_may_say_is_checked(
    path: Path, old: str, new: str, line: int, message: str
) -> None:
    test_what_is_wrong_is_told_with_its_place(path, old, new, line, message)


def test_what_else_a_mapping_may_say(path: Path) -> None:
    more = "bins: [0.5], limits: [0, 9], persists: no, leaves: {bronc: yes}, about: A picture."
    xray = mapped(path, MAPPING.replace("cost:", f"{more}, cost:"))["xray"]
    assert (xray.bins, xray.persists, dict(xray.leaves)) == ((0.5,), False, {"bronc": "yes"})
    assert xray.about == "A picture." and xray.limits == (0.0, 9.0)
