"""What is read in one go is what is read word by word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.formats import bif

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


@pytest.mark.parametrize("rows", ["the first parent fastest", "the last parent fastest"])
def test_usual_blocks_are_read_in_one_go(
    rows: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = USUAL
    if rows.startswith("the last"):
        start, end = USUAL.index(ILL), USUAL.rindex("}")
        text = USUAL[:start] + IN_ORDER + USUAL[end:]
    word_by_word = read(tmp_path, text.replace("{ no, yes }", '{ "no", yes }'))
    monkeypatch.setattr(bif, "_variable", slow)
    monkeypatch.setattr(bif, "_probability", slow)
    network = read(tmp_path, text)
    assert network.table("ill")[2] == pytest.approx(np.array([[0.7, 0.3], [0.25, 0.75]]))
    for name in network:
        assert network.states[name] == word_by_word.states[name]
        assert network[name].parents == word_by_word[name].parents
        assert network.table(name) == pytest.approx(word_by_word.table(name), abs=1e-15)


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        (ILL, "".join(reversed(ILL.splitlines(keepends=True)))),
        ("0.9, 0.1;", "0.9 0.1;"),
        ("(calm, no)", '("calm", no)'),
        ("0.25, 0.75;\n}", "0.25, 0.75;\n  property seen = once;\n}"),
    ],
)
def test_unusual_blocks_are_read_all_the_same(usual: str, other: str, tmp_path: Path) -> None:
    assert USUAL.count(usual) == 1
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
    ],
)
def test_wrong_rows_are_named_with_their_place(
    right: str, wrong: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(bb.errors.FileProblem, match=message):
        read(tmp_path, USUAL.replace(right, wrong))
