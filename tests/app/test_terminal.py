"""The manners of the command line: help, suggestions, pipes, terminals, standard input, exit codes."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import backpain_bn as bb
from backpain_bn.cli import main
from backpain_bn.cli.output import INSTEAD
from backpain_bn.cli.parser import front
from tests.app.test_cli import answer, refusal
from tests.oracles.networks import FLAGGED_CAR

CAR = ("--network", "car")
CASE = ("no_start=yes", "dim_lights=yes", *CAR)
WHY = ("why", *CASE, "--about", "weak_battery")
URGENT = ("no_start=yes", "--network", str(FLAGGED_CAR), "smoke=yes")
COMMANDS = dict(front().commands)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run(*words: str, **settings: object) -> subprocess.CompletedProcess[bytes]:
    """Run the command line as a process."""
    given = {name: settings.pop(name) for name in list(settings) if name.isupper()}
    command = [sys.executable, "-m", "backpain_bn", *words]
    environment = {**os.environ, **{name: str(value) for name, value in given.items()}}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings}
    return subprocess.run(command, env=environment, check=False, **options)  # type: ignore[call-overload, no-any-return]


def test_help_lists_every_command_with_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    listing = answer(capsys, "help")
    assert answer(capsys) == answer(capsys, "--help") == listing
    for name, parser in COMMANDS.items():
        at = listing.index(f"\n    {name} ")
        part = listing[at:].split("\n    ", 2)[1]
        assert str(parser.description)[:30] in part
    assert "3          an urgent red flag is set (with --exit-code)" in listing


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_of_a_command_explains_each_of_its_options(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = answer(capsys, "help", name)
    assert answer(capsys, name, "--help") == said
    listing = answer(capsys, "help")
    for action in COMMANDS[name]._actions:
        assert action.help and " ".join(action.help.split())[:20] in " ".join(said.split())
        for flag in action.option_strings:
            assert flag in said and (flag in listing or action.dest == "help")


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "--version") == f"backpain-bn {bb.__version__}\n"


@pytest.mark.parametrize(("words", "part"), [
    (("diagnos",), 'unknown command "diagnos"; did you mean "diagnose"?'),
    (("interviw",), 'did you mean "interview"?'),
    (("help", "wy"), 'unknown command "wy"; did you mean "why"?'),
    (("schema", "interview"), 'unknown command with --json "interview"'),
    (("ask", *CASE, "--minuts", "5"), 'unknown option of ask "--minuts"; did you mean "--minutes"?'),
    (("ask", *CASE, "--netwrk=car"), 'unknown option of ask "--netwrk"; did you mean "--network"?'),
    (("check", "car", "bus"), '"bus" is one word too many for check'),
    (("foo",), 'unknown command "foo"; allowed: diagnose, '),
    (("help", "foo"), 'unknown command "foo"; allowed: diagnose, '),
    (("-",), 'unknown command "-"; allowed: '),
    (("--", "ask"), 'unknown command "--"; allowed: '),
], ids=str)  # fmt: skip
def test_what_is_mistyped_gets_a_suggestion(
    words: tuple[str, ...], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert part in refusal(capsys, *words)


def test_exit_codes_tell_of_an_urgent_flag_where_they_are_asked_to() -> None:
    words = ("diagnose", *URGENT)
    assert main(words) == 0 and main((*words, "--exit-code")) == 3
    assert main(("diagnose", *CASE, "--exit-code")) == 0
    assert main(("treat", *URGENT, "--exit-code")) == 3


def test_questions_are_listed_for_any_network(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "questions", "--network", str(FLAGGED_CAR))
    network = bb.load(FLAGGED_CAR)
    assert all(name in said for name in network) and "smoke" in said
    data = json.loads(answer(capsys, "questions", *CAR, "--json"))
    assert [row["name"] for row in data["rows"]] == list(bb.load("car"))


def test_questions_say_where_a_number_may_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    said = " ".join(answer(capsys, "questions", *CAR).split())
    assert "over_5_years, or a number from 0 to 50. How old is the battery" in said
    assert "no, yes. Did it freeze last night" in said
    rows = json.loads(answer(capsys, "questions", *CAR, "--json"))["rows"]
    numbers = {row["name"]: row["number"] for row in rows if row["number"]}
    assert numbers["battery_age"] == "a number from 0 to 50"
    network = bb.load("car")
    assert set(numbers) == {name for name in network if network[name].bins}


@pytest.mark.parametrize(
    "text",
    ["findings: {no_start: yes}\n", '{"findings": {"no_start": "yes"}}', "\ufefffindings: {no_start: yes}\n"],
)  # fmt: skip
def test_a_case_may_come_on_standard_input(
    text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (("diagnose", "-", *CAR, "--json"), ("diagnose", "no_start=yes", *CAR, "--json")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert json.loads(answer(capsys, *words))["findings"] == {"no_start": "yes"}


@pytest.mark.parametrize(("text", "place"), [
    (b"findings: {no_start: [}", "standard input:1:23"),
    (b'{"findings": 3', "standard input:"),
    (b"", "standard input:1:1"),
    (b"findings: {no_start: \xff}", "standard input:1:22"),
])  # fmt: skip
def test_problems_of_standard_input_are_named_so(
    text: bytes,
    place: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for words in (("diagnose", "-", *CAR), ("check", "-")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert refusal(capsys, *words).startswith(f"backpain-bn: {place}")


def test_files_and_tables_may_come_on_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def given(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    given(b"findings: {no_start: yes}\n")
    assert answer(capsys, "check", "-").startswith("fine: standard input: a case, 1 finding")
    given((FLAGGED_CAR.parents[2] / "networks" / "car.yaml").read_bytes())
    assert answer(capsys, "check", "-").startswith("fine: car 1.0: 20 variables")
    given(b"id,no_start\nann,yes\nbo,\n")
    out = tmp_path / "scored.csv"
    assert main(("score", "-", "--out", str(out), "--keep", "id", *CAR)) == 0
    assert [line.split(",")[0].strip('"') for line in out.read_text("utf-8").splitlines()] == [
        "id", "ann", "bo",
    ]  # fmt: skip


def test_a_cohort_that_is_refused_leaves_no_empty_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort = tmp_path / "cohort.csv"
    cohort.write_text("no_start\nyes\n", encoding="utf-8")
    words = ("score", str(cohort), "--out", str(tmp_path / "out.csv"), *CAR)
    begin = 'backpain-bn: unknown variable "fuel_gage"'
    assert refusal(capsys, *words, "--targets", "fuel_gage").startswith(begin)
    assert main(words) == 0
    assert capsys.readouterr().err.startswith("1 row, 1 column recognised in car\n")


def test_what_standard_input_names_is_not_looked_for_in_a_folder_of_ours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'name: x\nversion: "1"\nred_flags: flags\nsources: s.csv\n'
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{text}variables: {{}}".encode()))
    )
    said = refusal(capsys, "check", "-").splitlines()
    why = "files that it names cannot be found from standard input; name the file itself"
    assert f"standard input:3:12 no such file beside the network: flags ({why})" in said[0]
    assert "/" not in "".join(said) and len(said) >= 2


def test_closed_standard_input_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    for words in (("diagnose", "-", *CAR), ("check", "-"), ("interview", *CAR)):
        assert refusal(capsys, *words) == (
            "backpain-bn: standard input is closed: nothing can be read from it\n"
        )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_terminal_without_the_characters_gets_plain_ones(encoding: str) -> None:
    done = run(*WHY, PYTHONIOENCODING=encoding)
    said = done.stdout.decode(encoding)
    assert done.returncode == 0 and done.stderr == b""
    assert "WHAT SPEAKS FOR AND AGAINST" in said and "?" not in said
    assert re.search(r"failure to start +\|(#|█)+ +\+15\.0 decibans", said)
    data = json.loads(run(*WHY, "--json", PYTHONIOENCODING=encoding).stdout.decode(encoding))
    assert data["rows"][0]["finding"] == "failure to start"


def test_every_replacement_is_plain() -> None:
    assert all(part.isascii() and not sign.isascii() for sign, part in INSTEAD.items())
    refused = run("diagnose", "n\u00f6=yes", *CAR, PYTHONIOENCODING="ascii")
    assert refused.returncode == 2 and b'unknown variable "no"' in refused.stderr


def test_a_full_disk_is_said_in_one_line() -> None:
    for words in (WHY, ("--version",)):
        with Path("/dev/full").open("wb") as full:
            done = run(*words, stdout=full)
        assert done.returncode == 1
        assert done.stderr.decode().splitlines() == [
            "backpain-bn: the answer could not be written: no space left on device"
        ]


def test_a_closed_pipe_is_no_error() -> None:
    bash = shutil.which("bash") or "sh"
    command = f"{sys.executable} -m backpain_bn sources --network car | head -1"
    script = f"set -o pipefail; {command}; echo $?"
    done = subprocess.run([bash, "-c", script], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert len(lines) == 2 and lines[1] in ("0", "141") and done.stderr == ""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done_too = run("questions", *CAR, stdout=closed)
    assert done_too.returncode == 141 and done_too.stderr == b""


def on_a_terminal(*words: str, **environment: str) -> tuple[str, int]:
    """Return what a command says on a terminal, and its exit code."""
    parent, child = pty.openpty()
    given = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "backpain_bn", *words],
        stdout=child,
        stderr=subprocess.PIPE,
        env={**given, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **environment},
    )
    os.close(child)
    said = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:
            break
        if not part:
            break
        said += part
    assert process.stderr is not None and process.stderr.read() == b""
    process.stderr.close()
    os.close(parent)
    return said.decode().replace("\r\n", "\n"), process.wait()


def test_an_alarm_is_red_on_a_terminal_and_nowhere_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said, code = on_a_terminal("diagnose", *URGENT)
    assert code == 0 and "\x1b[1;31mEMERGENCY" in said.replace("\x1b[1;31m  ", "\x1b[1;31m")
    piped = answer(capsys, "diagnose", *URGENT)
    assert "\x1b" not in piped and ANSI.sub("", said).split() == piped.split()
    assert "\x1b" not in on_a_terminal("diagnose", *URGENT, NO_COLOR="1")[0]


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_the_width_of_the_terminal_is_honoured(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    longest = 0
    for words in (
        WHY,
        ("diagnose", *CASE, "--full"),
        ("diagnose", *CASE),
        ("treat", *CASE),
        ("sure", *CASE, "--draws", "20"),
        ("questions", *CAR),
        ("sources", *CAR, "weak_battery"),
        ("help",),
    ):
        lines = answer(capsys, *words).splitlines()
        longest = max(longest, *map(len, lines))
        assert max(map(len, lines)) <= columns, words
    assert longest > 0.9 * columns


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_shell_completes_commands_and_options(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    script = answer(capsys, "completion", shell)
    assert all(name in script for name in COMMANDS)
    assert "rather-than" in script and "exit-code" in script


def test_bash_completes_what_is_begun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(answer(capsys, "completion", "bash"), encoding="utf-8")
    function = re.search(r"complete .*-F (\S+)", script.read_text(encoding="utf-8"))
    assert function
    for words, expected in (
        (("inter",), ["interview"]),
        (("why", "--rath"), ["--rather-than"]),
    ):
        line = ["backpain-bn", *words]
        bash = (
            f"source {script}; COMP_WORDS=({' '.join(line)}); COMP_CWORD={len(line) - 1}; "
            f"{function[1]} backpain-bn {line[-1]} {line[-2]}; echo ${{COMPREPLY[@]}}"
        )
        done = subprocess.run(["bash", "-c", bash], capture_output=True, text=True, check=False)
        assert done.stdout.split() == expected
