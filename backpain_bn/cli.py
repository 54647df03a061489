"""`backpain-bn`: diagnose a case, check a network file, show the sources of its numbers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import cite, render
from .diagnosis import diagnose
from .errors import BackpainError, shown
from .evidence import Finding
from .files import DEFAULT, load, read_case
from .network import Network
from .posterior import posterior

CASE_KEYS = ("story", "findings", "red_flags")
MARGIN = 0.01
"""A stated marginal may differ from the network's own by this much."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 where what was typed cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        print(options.run(options))
    except BackpainError as error:
        print(f"backpain-bn: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    about = "What a runner's back probably suffers from, and who says so. No medical device."
    parser = argparse.ArgumentParser(prog="backpain-bn", description=about)
    commands = parser.add_subparsers(required=True, metavar="command")

    diagnosis = commands.add_parser("diagnose", help="one runner's findings: a case file, or variable=state pairs")
    diagnosis.add_argument("case", nargs="+", metavar="FILE|variable=state", help="case.yaml or case.json, and pairs such as age=55_plus")
    diagnosis.add_argument("--red-flag", action="append", default=[], metavar="question=yes|no", help="an answered red-flag question")
    diagnosis.add_argument("--json", action="store_true", help="plain data instead of words")
    _with_network(diagnosis)
    diagnosis.set_defaults(run=_diagnose)

    check = commands.add_parser("check", help="read a network file: everything that is wrong with it, or fine")
    check.add_argument("file", help="a network file (.yaml, .bif, .xml) or the name of a shipped one")
    check.set_defaults(run=_check)

    sources = commands.add_parser("sources", help="every number with its range, grade and source")
    sources.add_argument("variable", nargs="*", help="variables; all if none is named")
    _with_network(sources)
    sources.set_defaults(run=_sources)

    _add_score(commands)
    return parser


def _add_score(commands: Any) -> None:
    score = commands.add_parser("score", help="a cohort file, row by row (needs pyarrow, the extra `parquet`)")
    score.add_argument("source", type=Path, help="in.parquet or in.csv, one row per runner, columns named by variables")
    score.add_argument("--out", type=Path, required=True, help="out.parquet or out.csv; appears when complete, or not at all")
    score.add_argument("--map", type=Path, metavar="columns.yaml", help="how to read columns that are named or filled differently")
    score.add_argument("--targets", nargs="+", metavar="variable", help="variables to answer (default: all)")
    score.add_argument("--missing", nargs="+", default=[], metavar="TOKEN", help="CSV cells that mean not observed, besides the empty one")
    score.add_argument("--keep", nargs="+", default=[], metavar="COLUMN", help="columns to carry over, such as an id")
    _with_network(score)
    score.set_defaults(run=_score)


def _with_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--network", default=DEFAULT, metavar="NAME|FILE", help=f"a shipped network or a file (default {DEFAULT})")


def _diagnose(options: argparse.Namespace) -> str:
    findings: dict[str, Finding] = {}
    red_flags: dict[str, str | None] = {}
    for word in options.case:
        if "=" in word:
            _put(findings, *word.split("=", 1))
        elif not Path(word).suffix:
            raise BackpainError(f"{shown(word)} is neither a case file (.yaml, .json) nor variable=state")
        else:
            from_file, flags = _case(Path(word))
            findings |= from_file
            red_flags |= flags
    for word in options.red_flag:
        if "=" not in word:
            raise BackpainError(f"--red-flag {shown(word)} must be question=yes or question=no")
        _put(red_flags, *word.split("=", 1))
    diagnosis = diagnose(findings, load(options.network), red_flags)
    if options.json:
        return json.dumps(diagnosis.to_dict(), indent=2, ensure_ascii=False)
    return str(diagnosis)


def _put(told: dict[str, Any], name: str, answer: str) -> None:
    if told.get(name, answer) != answer:
        raise BackpainError(f"{name} was told twice, as {shown(told[name])} and as {shown(answer)}")
    told[name] = answer


def _case(path: Path) -> tuple[dict[str, Finding], dict[str, str | None]]:
    content = read_case(path)
    wrong = [key for key in content if key not in CASE_KEYS]
    if wrong:
        raise BackpainError(f"{path}: unknown key {shown(wrong[0])}; allowed: {', '.join(CASE_KEYS)}")
    parts = [content.get(key, {}) for key in CASE_KEYS[1:]]
    if not all(isinstance(part, dict) for part in parts):
        raise BackpainError(f"{path}: findings and red_flags must be keys and values, such as sitting_hours: over_8")
    return parts[0], parts[1]


def _check(options: argparse.Namespace) -> str:
    network = load(options.file)
    now = posterior(network)
    notes = list(network.notes)
    for name, variable in network.variables.items():
        if variable.marginal is not None:
            stated, computed = variable.marginal.p, now.present(name)
            verdict = "agrees" if abs(stated - computed) <= MARGIN else "DIFFERS"
            notes.append(f"{name}: stated marginal {stated:g}, computed {computed:.4f}: {verdict}")
    return "\n".join([f"fine: {network.name} {network.version}: {cite.summary(network)}", *(f"note: {note}" for note in notes)])


def _sources(options: argparse.Namespace) -> str:
    network: Network = load(options.network)
    names = options.variable or list(network.variables)
    return render.text(cite.views(network, names))


def _score(options: argparse.Namespace) -> str:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    from .stream import Job, read_columns, score_file

    columns = read_columns(options.map) if options.map else {}
    targets = tuple(options.targets) if options.targets else None
    job = Job(options.source, options.network, targets, columns, tuple(options.missing), tuple(options.keep))
    console = Console(stderr=True)
    bars = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*bars, console=console, transient=True) as progress:
        tasks = {name: progress.add_task(name, total=1.0, visible=False) for name in ("reading", "scoring")}

        def moved(name: str, share: float) -> None:
            progress.update(tasks[name], completed=share, visible=True)

        summary = score_file(job, options.out, lambda report: console.print(str(report), markup=False, highlight=False), moved)
    return str(summary)
