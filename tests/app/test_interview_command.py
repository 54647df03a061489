"""The command `interview`: what stops it before the first question, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backpain_bn.cli import main
from backpain_bn.formats.case_file import read_case
from tests.app.test_cli import FLAGGED, refusal
from tests.oracles.networks import FLAGGED_CAR


def answering(monkeypatch: pytest.MonkeyPatch, *lines: str) -> Iterator[str]:
    """Let these lines be typed, and return those that are left."""
    left = iter(lines)
    monkeypatch.setattr("builtins.input", lambda prompt: next(left))
    return left


def test_where_nothing_can_be_saved_nothing_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, case = tmp_path / "net.yaml", tmp_path / "case.yaml"
    flags = FLAGGED_CAR.with_name("car_red_flags.yaml")
    for path, source in ((network, FLAGGED_CAR), (tmp_path / flags.name, flags)):
        path.write_bytes(source.read_bytes())
    case.write_text("findings: {no_start: yes}\n", encoding="utf-8")
    before = network.read_bytes()
    left = answering(monkeypatch, "stop")
    words = ("interview", str(case), "--network", str(network), "--save")
    for target, why in (
        (tmp_path / "none" / "me.yaml", f"there is no folder {tmp_path / 'none'}"),
        (tmp_path, f"{tmp_path} is a folder; name a file in it"),
        (network, f"{network} is read: what is written needs a file of its own"),
        (case, f"{case} is read: what is written needs a file of its own"),
    ):
        assert why in refusal(capsys, *words, str(target))
    assert next(left) == "stop" and network.read_bytes() == before
    assert "the answers of an interview come on standard input" in refusal(
        capsys, "interview", "-", *FLAGGED
    )


@pytest.mark.parametrize(
    ("line", "code", "answer"), [("1", 3, "yes"), ("n", 0, "no"), ("stop", 0, None)]
)
def test_it_saves_what_was_told_and_ends_with_3_under_an_urgent_flag(
    line: str,
    code: int,
    answer: str | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saved = tmp_path / "me.yaml"
    words = ("interview", *FLAGGED, "--save", str(saved))
    for flag, ends in (((), 0), (("--exit-code",), code)):
        answering(monkeypatch, line, "quit")
        assert main((*words, *flag)) == ends
        said = capsys.readouterr()
        assert said.err == "" and said.out.endswith(f"Saved: {saved}\n")
        assert ("EMERGENCY" in said.out) == (code == 3)
        answers = read_case(saved).red_flags
        assert next(iter(answers.values()), None) == answer
        assert main(("diagnose", str(saved), *FLAGGED, "--exit-code")) == code
        capsys.readouterr()


def test_no_figure_is_torn_from_its_unit_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for columns in range(40, 100, 7):
        monkeypatch.setenv("COLUMNS", str(columns))
        answering(monkeypatch, "?", "stop")
        assert main(("interview", "--network", "car")) == 0
        lines = capsys.readouterr().out.splitlines()
        assert any(" %" in line for line in lines)
        assert not any("\N{NO-BREAK SPACE}" in line for line in lines)
        assert not any(line.lstrip().startswith("%") for line in lines)
