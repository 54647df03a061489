"""Voices: other networks that speak of the same, beside a file or shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

import backpain_bn as bb
from backpain_bn.errors import FileProblem
from backpain_bn.formats.load import other_voice, voice_of
from backpain_bn.formats.text_files import SHIPPED

CAR = (SHIPPED / "car.yaml").read_text(encoding="utf-8")
OWN = "  voices: {car: rules of thumb}\n"
TOLD = {"no_start": "yes", "dim_lights": "yes"}


def written(folder: Path, name: str, words: str, *swaps: tuple[str, str]) -> Path:
    """Write the car under another name, with other words and numbers."""
    text = CAR.replace("name: car", f"name: {name}", 1).replace(OWN, words, 1)
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


TWO = "  voices: {mine: ours, theirs: what others found}\n"
RARER = ("yes: {p: 0.12, range: [0.03, 0.3]", "yes: {p: 0.2, range: [0.03, 0.3]")


def test_a_voice_lies_beside_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "mine", TWO)
    written(tmp_path, "theirs", TWO, RARER)
    network = bb.load(path)
    other = other_voice(network)
    assert other is not None and other.name == "theirs"
    assert other["cold_night"].distribution != network["cold_night"].distribution
    assert dict(network.vocabulary.speakers) == {"mine": "mine", "theirs": "theirs"}
    said = str(bb.diagnose(TOLD, path))
    assert "mine theirs likely (in general)" in " ".join(said.split()) and "(share)" not in said


def test_a_voice_may_be_shipped(tmp_path: Path) -> None:
    network = bb.load(written(tmp_path, "mine", "  voices: {mine: ours, car: rules of thumb}\n"))
    assert voice_of(network, "car").name == "car"


def test_a_single_voice_needs_no_word(tmp_path: Path) -> None:
    network = bb.load(written(tmp_path, "mine", "  voices: {mine: ours}\n"))
    assert other_voice(network) is None and not network.vocabulary.speakers


def test_a_voice_that_cannot_speak_of_the_case_is_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, "mine", TWO)
    small = """name: theirs
version: "1"
outcome: no_start
variables:
  no_start:
    label: Failure to start
    states: [no, yes]
    prior: {yes: {p: 0.1, range: [0, 0.2], sources: [expert]}}
"""
    (tmp_path / "theirs.yaml").write_text(small, encoding="utf-8")
    assert "weak or flat battery" in str(bb.diagnose(TOLD, path)).lower()
    other = small.replace("outcome: no_start", "outcome: other").replace("  no_start:", "  other:")
    (tmp_path / "theirs.yaml").write_text(other, encoding="utf-8")
    assert other_voice(bb.load(path)) is None


@pytest.mark.parametrize(
    ("words", "line", "said"),
    [
        ("  voices: {mine: ours, nope: x}\n", 38, "no such network: a voice is the name of a file"),
        ("  voices: {../mine: x}\n", 38, "no such network"),
        ("  voices: {mine: ''}\n", 38, "mine is empty"),
        ("  voices: {mine: x}\n  speakers: {mien: x}\n", 39, 'unknown voice "mien"; did you mean'),
        ("  kind_names: {no_fir: x}\n", 38, 'unknown variable "no_fir"; did you mean "no_fire"?'),
        ("  whole: no_strat\n", 38, 'unknown variable "no_strat"; did you mean "no_start"?'),
    ],
)  # fmt: skip
def test_words_that_speak_of_nothing(tmp_path: Path, words: str, line: int, said: str) -> None:
    path = written(tmp_path, "mine", words)
    with pytest.raises(FileProblem) as caught:
        bb.load(path)
    assert len(caught.value.lines) == 1
    assert caught.value.lines[0].startswith(f"{path}:{line}:") and said in str(caught.value)


@pytest.mark.parametrize("word", ["subject", "outcome", "title", "no_kind"])
def test_no_word_is_empty(tmp_path: Path, word: str) -> None:
    text = "\n".join(
        f"  {word}: ' '" if line.startswith(f"  {word}: ") else line for line in CAR.split("\n")
    )
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileProblem, match=f"{word} is empty"):
        bb.load(path)
