"""What is read in one go is what is read word by word, and what the checks of a network pass."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import backpain_bn as bb
from backpain_bn.formats import bif
from backpain_bn.formats.bif_at_once import network_at_once
from backpain_bn.formats.parsed_network import ParsedNetwork
from tests.oracles.foreign_files import networks, public

USUAL = """network cold {
}
variable rain {
  type discrete [ 2 ] { no, yes };
}
variable wind {
  type discrete [ 3 ] { calm, some, much };
}
variable ill {
  type discrete [ 2 ] { no, yes };
}
probability ( rain ) {
  table 0.7, 0.3;
}
probability ( wind | rain ) {
  (no) 0.5, 0.3, 0.2;
  (yes) 0.2, 0.3, 0.5;
}
probability ( ill | wind, rain ) {
  (calm, no) 0.9, 0.1;
  (some, no) 0.8, 0.2;
  (much, no) 0.7, 0.3;
  (calm, yes) 0.6, 0.4;
  (some, yes) 0.5, 0.5;
  (much, yes) 0.25, 0.75;
}
"""
ILL = "  (calm, no) 0.9, 0.1;\n  (some, no) 0.8, 0.2;\n"
IN_ORDER = "".join(
    f"  ({wind}, {rain}) {p}, {1 - p};\n"
    for wind, both in (("calm", (0.9, 0.6)), ("some", (0.8, 0.5)), ("much", (0.7, 0.25)))
    for rain, p in zip(("no", "yes"), both, strict=True)
)


def read(folder: Path, text: str) -> bb.Network:
    path = folder / "cold.bif"
    path.write_text(text, encoding="utf-8")
    return bb.load(path)


def slow(*_: object) -> None:
    raise AssertionError("read word by word")


def word_by_word(text: str) -> bb.Network:
    parsed = ParsedNetwork("cold.bif", bif.KIND)
    bif.read(parsed, text)
    return parsed.network("cold")


def assert_alike(found: bb.Network | None, expected: bb.Network) -> None:
    """Assert that both are the same, and that nothing is wrong with the first."""
    assert found is not None
    assert dict(found.variables) == dict(expected.variables)
    assert list(found) == list(expected)
    again = bb.Network(found.name, found.variables, notes=found.notes)
    assert vars(again).keys() >= vars(found).keys()
    for part in ("name", "variables", "notes", "vocabulary", "sources", "red_flags"):
        assert getattr(found, part) == getattr(expected, part) == getattr(again, part)


@pytest.mark.parametrize("name", ["asia", "sachs", "child", "alarm", "insurance", "munin1"])
def test_public_networks_are_read_at_once_as_word_by_word(name: str) -> None:
    text = public(name)
    assert_alike(network_at_once(text, "cold"), word_by_word(text))


@settings(max_examples=25, deadline=None)
@given(network=networks(most_states=6))
def test_what_is_written_is_read_at_once(network: bb.Network) -> None:
    text = bif.write(network)
    assert_alike(network_at_once(text, "cold"), word_by_word(text))


@pytest.mark.parametrize("rows", ["the first parent fastest", "the last parent fastest"])
def test_usual_blocks_are_read_in_one_go(
    rows: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = USUAL
    if rows.startswith("the last"):
        start, end = USUAL.index(ILL), USUAL.rindex("}")
        text = USUAL[:start] + IN_ORDER + USUAL[end:]
    expected = read(tmp_path, text.replace("{ no, yes }", '{ "no", yes }'))
    monkeypatch.setattr(bif, "_variable", slow)
    monkeypatch.setattr(bif, "_probability", slow)
    network = read(tmp_path, text)
    assert network.table("ill")[2] == pytest.approx(np.array([[0.7, 0.3], [0.25, 0.75]]))
    for name in network:
        assert network.states[name] == expected.states[name]
        assert network[name].parents == expected[name].parents
        assert network.table(name) == pytest.approx(expected.table(name), abs=1e-15)


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        ("(calm, no)", "(calm,no)"),
        ("network cold {\n}\n", ""),
        ("variable rain", "// wet or not\nvariable rain"),
        (ILL, "".join(reversed(ILL.splitlines(keepends=True)))),
        ("0.9, 0.1;", "0.9 0.1;"),
        ("(calm, no)", '("calm", no)'),
        ("0.25, 0.75;\n}", "0.25, 0.75;\n  property seen = once;\n}"),
    ],
)
def test_unusual_blocks_are_read_all_the_same(usual: str, other: str, tmp_path: Path) -> None:
    assert USUAL.count(usual) == 1
    assert network_at_once(USUAL.replace(usual, other), "cold") is None
    expected, found = read(tmp_path, USUAL), read(tmp_path, USUAL.replace(usual, other))
    for name in expected:
        assert (found.table(name) == expected.table(name)).all()


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("0.9, 0.1;", "0.9, 0.2;", "20:4 probabilities of ill .* sum to 1.1"),
        ("0.9, 0.1;", "0.9, 0.1, 0;", "20:4 a row of .ill. has 3 numbers for 2 states"),
        (
            "(some, no)",
            "(calm, no)",
            "21:4 the row of .ill. given wind=calm, rain=no is written twi",
        ),
        ("(some, no)", "(sone, no)", "21:4 .*sone.* is no combination of states"),
        ("(some, no)", "(some, no", "21:.* expected"),
        ("0.9, 0.1;", "0.9, 1_0;", '20:19 "1_0" is no probability'),
        ("0.9, 0.1;", "nan, 0.1;", '20:14 "nan" is no probability'),
        ("0.9, 0.1;", "1.1, -0.1;", '20:14 "1.1" is no probability'),
        ("0.7, 0.3;", "0.7, 0.3;;", "13:18 not valid BIF"),
        ("wind, rain )", "wind, wind )", "a parent of .ill. is listed twice"),
        ("wind | rain", "wind | ill", "in a circle"),
        ("[ 3 ]", "[ 4 ]", "6:10 variable .wind. says it has 4 states and names 3"),
        ("calm, some, much }", "calm, some, some }", "two or more different states"),
        ("variable wind", "variable rain", "is declared twice"),
        ("probability ( rain )", "probability ( rains )", "unknown variable .rains."),
        ("}\nprobability ( wind", "}}\nprobability ( wind", "not valid BIF"),
    ],
)
def test_wrong_rows_are_named_with_their_place(
    right: str, wrong: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(bb.FileProblem, match=message):
        read(tmp_path, USUAL.replace(right, wrong))
