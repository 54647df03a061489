"""What is typed wrongly: refused like everything else, with what was typed and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from backpain_bn.cli.parser import CLOSING
from tests.app.test_cli import PAIRS, answer, refusal

CAR = ("--network", "car")
TAKES = "takes every word behind it as a value"
ONLY = "only these may come on standard input: a case, a cohort, the cases of --train, and what"


@pytest.mark.parametrize(("words", "said"), [
    (("likeliest", *PAIRS, "--count", "x"), '--count is "x"; it must be a whole number'),
    (("likeliest", *PAIRS, "--count", "2.5"), '--count is "2.5"; it must be a whole number'),
    (("ask", *PAIRS, "--minutes", "abc"), '--minutes is "abc"; it must be a number'),
    (("ask", *PAIRS, "--minutes"), "--minutes needs a value: minutes to spend in all"),
    (("ask", *PAIRS, "--who"), "--who needs a value: by which of the network's means; those that "
                               "it has are listed where one is wrong"),
    (("diagnose", *PAIRS, "--json=yes"), '--json takes no value, and "yes" was given'),
    (("completion", "fish"), 'shell is "fish"; it must be one of bash, zsh, tcsh'),
    (("schema",), "schema needs COMMAND: the command whose answer is described"),
    (("fit", "c.csv"), "fit needs --out: clinic.yaml: an overlay on the network's file"),
    (("convert",), "convert needs IN: a network file, or a shipped network; and OUT: .bif, .xml, "
                   ".xmlbif, .xdsl, .net, .uai"),
    (("diagnose", *PAIRS, "--he", "x"), "ambiguous option: --he could match --help, --healthy"),
    (("diagnose", *PAIRS, *CAR, "--html", "case.pdf"), 'a page can be .html or .htm, not ".pdf"'),
    (("diagnose", *PAIRS, *CAR, "--html", "case"), "a page can be .html or .htm, and the file's name has "
                                             "no ending"),
], ids=str)  # fmt: skip
def test_every_refusal_is_one_line_of_ours(
    words: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal(capsys, *words) == f"backpain-bn: {said}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("words", "lacking", "taken"), [
    (("ask", "--who", "home", "case.yaml"), "the case", "--who"),
    (("followup", "--then", "no_start=no", "dim_lights=yes"), "the case", "--then"),
    (("treat", "--treatments", "charge_battery", "no_start=yes"), "the case", "--treatments"),
    (("score", "--missing", "NA", "cars.csv", "--out", "o.csv"), "the cohort", "--missing"),
])  # fmt: skip
def test_a_case_that_an_option_took_has_to_stand_elsewhere(
    words: tuple[str, ...], lacking: str, taken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(capsys, *words)
    assert said.startswith(f"backpain-bn: {words[0]} needs {lacking}: ")
    end = f"{taken} {TAKES}: {lacking} has to stand before {taken}, or behind --\n"
    assert said.endswith(end) and said.count("\n") == 1
    assert TAKES not in refusal(capsys, words[0])


def test_a_case_may_stand_behind_two_dashes(capsys: pytest.CaptureFixture[str]) -> None:
    plan = ("--treatments", "charge_battery")
    before = answer(capsys, "treat", *PAIRS, *CAR, *plan)
    assert answer(capsys, "treat", *CAR, *plan, "--", *PAIRS) == before
    assert answer(capsys, "treat", PAIRS[0], *CAR, *plan, "--", PAIRS[1]) == before


@pytest.mark.parametrize("words", [
    ("diagnose", *PAIRS, "--network", "-"),
    ("diagnose", *PAIRS, "--html", "-"),
    ("diagnose", *PAIRS, "--report", "-"),
    ("compare", *PAIRS, "--other", "-"),
    ("interview", "--save", "-"),
    ("check", "case.yaml", "--network", "-"),
    ("convert", "car", "-"),
    ("evidence", "--card", "-"),
    ("score", "c.csv", "--out", "-"),
    ("score", "c.csv", "--out", "o.csv", "--map", "-"),
    ("fit", "c.csv", "--out", "-"),
    ("validate", "c.csv", "--target", "no_start", "--report", "-"),
], ids=str)  # fmt: skip
def test_a_dash_names_no_network_and_nothing_that_is_written(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    name = "OUT" if words[0] == "convert" else words[-2]
    assert refusal(capsys, *words).startswith(f'backpain-bn: {name} is "-"; {ONLY}')


def test_the_help_says_where_a_dash_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert "reads standard input, for a case, a cohort, the cases of --train" in CLOSING
    assert " ".join(CLOSING.split()) in " ".join(answer(capsys, "help").split())
    assert "-" not in answer(capsys, "help", "interview").split("options:")[0].split()


def test_a_page_and_a_report_are_both_refused_before_either_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, report = tmp_path / "case.HTM", tmp_path / "case.txt"
    words = ("diagnose", *PAIRS, *CAR, "--html", str(page))
    assert "a report can be" in refusal(capsys, *words, "--report", str(report))
    assert not page.exists()
    answer(capsys, *words)
    assert page.read_text(encoding="utf-8").startswith("<!")
