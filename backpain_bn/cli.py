"""`backpain-bn`: every question about one case, an interview, cohorts, and what a network file
holds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .answer.full import FullAnswer
from .answer.withheld import Withheld, flag_view
from .diagnosis import Diagnosis, diagnose
from .display.citations import summary, views
from .display.text import to_text
from .errors import BackpainError, shown
from .formats.case_file import read_case
from .formats.load import DEFAULT, load
from .inference.posterior import posterior
from .model.findings import Finding
from .model.network import divorced

MARGIN = 0.01
"""A stated marginal may differ from the network's own by this much."""
Options = argparse.Namespace


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
    about = (
        "What is probably behind a case, who says so, what to ask next, and what would help. "
        "No medical device."
    )
    parser = argparse.ArgumentParser(prog="backpain-bn", description=about)
    commands = parser.add_subparsers(required=True, metavar="command")
    for question in QUESTIONS:
        _add_question(commands, question)
    _add_files(commands)
    return parser


class Option(NamedTuple):
    """One option of a command, as argparse takes it."""

    flag: str
    settings: dict[str, Any]


def option(flag: str, help: str = "", **settings: Any) -> Option:
    """Return an option with what it means."""
    return Option(flag, {"help": help or None, **settings})


class Question(NamedTuple):
    """One question about a case: the command's name, what it asks, its options, and what answers."""

    name: str
    about: str
    options: tuple[Option, ...]
    answer: Callable[[Options, Diagnosis], Any]


def _diagnose(options: Options, diagnosis: Diagnosis) -> Any:
    if options.html:
        diagnosis.save_html(options.html)
    if options.report:
        diagnosis.save_report(options.report)
    return diagnosis.full if options.full and not options.json else diagnosis


def _sure(options: Options, diagnosis: Diagnosis) -> Any:
    if options.about:
        return diagnosis.sensitivity(*_state(options.about))
    return diagnosis.robustness(options.draws, options.seed)


def _followup(options: Options, diagnosis: Diagnosis) -> Any:
    findings, flags = _findings(options.then)
    changed: dict[str, Any] = {}
    for word in options.changed:
        if "=" not in word:
            raise BackpainError(f"--changed {shown(word)} must be variable=state")
        _put(changed, *word.split("=", 1))
    later = diagnose({}, diagnosis.network, flags)
    if later.red_flags.urgent:
        return Withheld(later.red_flags)
    return diagnosis.follow_up(findings, changed, options.treatments)


ABOUT_STATE = option("--about", required=True, metavar="variable[=state]")
TREATMENTS = option("--treatments", "default: all", nargs="+", metavar="treatment")
QUESTIONS = (
    Question(
        "diagnose",
        "one case's findings: red flags, kind, likely contributors",
        (
            option("--full", "all of it, with sources", action="store_true"),
            option("--html", "save a page to look at, click and share", type=Path, metavar="FILE"),
            option("--report", "save a report (.md, .html, .json)", type=Path, metavar="FILE"),
        ),
        _diagnose,
    ),
    Question(
        "why",
        "what speaks for and against a state, or for it rather than another",
        (
            ABOUT_STATE,
            option("--rather-than", "what to set it against", metavar="variable[=state]"),
        ),
        lambda options, d: d.why(*_state(options.about), rather_than=options.rather_than),
    ),
    Question(
        "change",
        "which open questions could bring another cause to the top",
        (),
        lambda options, d: d.what_could_change(),
    ),
    Question(
        "paths",
        "by which ways a variable reaches the outcome",
        (option("--about", required=True, metavar="variable"),),
        lambda options, d: d.paths(options.about),
    ),
    Question(
        "likeliest",
        "the likeliest combinations",
        (
            option("--variables", "default: what can be worked on", nargs="+", metavar="variable"),
            option("--count", type=int, default=3, metavar="K"),
        ),
        lambda options, d: d.most_probable(options.variables, options.count),
    ),
    Question(
        "compare",
        "where another network disagrees about this case",
        (option("--other", "default: as_claimed", default="as_claimed", metavar="NAME|FILE"),),
        lambda options, d: d.compare(options.other),
    ),
    Question(
        "ask",
        "what to ask or test next, and when to stop",
        (
            option("--minutes", "minutes to spend in all", type=float),
            option("--discomfort", "most discomfort of one test, 0 to 10", type=float),
            option("--who", "by which means", nargs="+", metavar="MEANS"),
        ),
        lambda options, d: d.next_questions(_budget(options)),
    ),
    Question(
        "help",
        "what would help, and the best plan",
        (TREATMENTS,),
        lambda options, d: d.what_helps(options.treatments),
    ),
    Question(
        "followup",
        "the same case some time later",
        (
            option(
                "--then",
                "what was told at the later visit",
                nargs="+",
                default=[],
                metavar="FILE|variable=state",
            ),
            option(
                "--changed",
                "what had changed for good",
                nargs="+",
                default=[],
                metavar="variable=state",
            ),
            option("--treatments", "what was started", nargs="+", default=[], metavar="treatment"),
        ),
        _followup,
    ),
    Question(
        "sure",
        "how sure this is",
        (
            option(
                "--about", "how one probability hangs on every number", metavar="variable[=state]"
            ),
            option("--draws", type=int, default=1000),
            option("--seed", type=int, default=0),
        ),
        _sure,
    ),
)
"""Every question about one case."""


def _add_question(commands: Any, question: Question) -> None:
    parser = commands.add_parser(question.name, help=question.about, description=question.about)
    parser.add_argument(
        "case",
        nargs="+",
        metavar="FILE|variable=state",
        help="case.yaml or case.json, and pairs such as variable=state",
    )
    for flag, settings in question.options:
        parser.add_argument(flag, **settings)
    parser.add_argument(
        "--red-flag",
        action="append",
        default=[],
        metavar="question=yes|no",
        help="an answered red-flag question",
    )
    parser.add_argument("--json", action="store_true", help="plain data instead of words")
    _with_network(parser)
    parser.set_defaults(run=lambda options: _answered(question.answer, options))


def _with_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--network",
        default=DEFAULT,
        metavar="NAME|FILE",
        help=f"a shipped network or a file (default {DEFAULT})",
    )


def _add_files(commands: Any) -> None:
    interview = commands.add_parser(
        "interview",
        help="asks the most useful question first; Enter = don't know; stop at any time",
    )
    interview.add_argument(
        "case", nargs="*", metavar="FILE|variable=state", help="what is known already"
    )
    interview.add_argument("--red-flag", action="append", default=[], metavar="question=yes|no")
    interview.add_argument("--save", type=Path, metavar="case.yaml", help="save what was told")
    _with_network(interview)
    interview.set_defaults(run=_interview)

    check = commands.add_parser(
        "check", help="read a network file: everything that is wrong with it, or fine"
    )
    check.add_argument(
        "file", help="a network file (.yaml, .bif, .xml) or the name of a shipped one"
    )
    check.set_defaults(run=_check)

    convert = commands.add_parser(
        "convert", help="read a network in one format and write it in another"
    )
    convert.add_argument("source", metavar="IN", help="a network file, or a shipped network")
    convert.add_argument("target", metavar="OUT", help=".bif, .xml, .xdsl, .net or .uai")
    convert.add_argument(
        "--divorced",
        action="store_true",
        help="write large noisy-ORs as chains of small ones, for formats that hold tables only",
    )
    convert.set_defaults(run=_convert)

    sources = commands.add_parser("sources", help="every number with its range, grade and source")
    sources.add_argument("variable", nargs="*", help="variables; all if none is named")
    _with_network(sources)
    sources.set_defaults(run=_sources)

    evidence = commands.add_parser(
        "evidence",
        help="what the numbers rest on, and which of them the answers hang on",
    )
    evidence.add_argument("--draws", type=int, default=200)
    evidence.add_argument("--json", action="store_true", help="plain data instead of words")
    evidence.add_argument("--card", type=Path, metavar="FILE.md", help="write the model card")
    _with_network(evidence)
    evidence.set_defaults(run=_evidence)

    score = commands.add_parser(
        "score", help="a cohort file, row by row (needs pyarrow, the extra `parquet`)"
    )
    score.add_argument(
        "source",
        type=Path,
        help="in.parquet or in.csv, one row per case, columns named by variables",
    )
    score.add_argument(
        "--out",
        type=Path,
        required=True,
        help="out.parquet or out.csv; appears when complete, or not at all",
    )
    score.add_argument(
        "--map",
        type=Path,
        metavar="columns.yaml",
        help="how to read columns that are named or filled differently",
    )
    score.add_argument(
        "--targets", nargs="+", metavar="variable", help="variables to answer (default: all)"
    )
    score.add_argument(
        "--missing",
        nargs="+",
        default=[],
        metavar="TOKEN",
        help="CSV cells that mean not observed, besides the empty one",
    )
    score.add_argument(
        "--keep",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="columns to carry over, such as an id",
    )
    _with_network(score)
    score.set_defaults(run=_score)


def _answered(run: Callable[[Options, Diagnosis], Any], options: Options) -> str:
    findings, red_flags = _told(options)
    diagnosis = diagnose(findings, load(options.network), red_flags)
    return _said(run(options, diagnosis), diagnosis, options)


def _told(options: Options) -> tuple[dict[str, Finding], dict[str, str | None]]:
    findings, red_flags = _findings(options.case)
    for word in options.red_flag:
        if "=" not in word:
            raise BackpainError(f"--red-flag {shown(word)} must be question=yes or question=no")
        _put(red_flags, *word.split("=", 1))
    return findings, red_flags


def _findings(words: Sequence[str]) -> tuple[dict[str, Finding], dict[str, str | None]]:
    findings: dict[str, Finding] = {}
    red_flags: dict[str, str | None] = {}
    for word in words:
        if "=" in word:
            _put(findings, *word.split("=", 1))
        elif not Path(word).suffix:
            raise BackpainError(
                f"{shown(word)} is neither a case file (.yaml, .json) nor variable=state"
            )
        else:
            case = read_case(Path(word))
            findings |= case.findings
            red_flags |= case.red_flags
    return findings, red_flags


def _put(told: dict[str, Any], name: str, answer: str) -> None:
    if told.get(name, answer) != answer:
        raise BackpainError(f"{name} was told twice, as {shown(told[name])} and as {shown(answer)}")
    told[name] = answer


def _state(word: str) -> tuple[str, str | None]:
    name, _, state = word.partition("=")
    return name, state or None


def _budget(options: Options) -> dict[str, object] | None:
    given = {"minutes": options.minutes, "discomfort": options.discomfort, "who": options.who}
    return {key: value for key, value in given.items() if value is not None} or None


def _said(answer: Any, diagnosis: Diagnosis, options: Options) -> str:
    flags = diagnosis.red_flags
    if not options.json:
        above = [] if isinstance(answer, (Diagnosis, FullAnswer, Withheld)) else [flag_view(flags)]
        return "\n\n".join([*([to_text(above)] if above else []), str(answer)])
    rows = {"red_flags": dict(flags.answers), "set": [rule.label for rule in flags.set]}
    data = answer.to_dict() if isinstance(answer, Diagnosis) else rows | {"rows": answer.to_dicts()}
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)


def _interview(options: Options) -> str:
    from .formats.case_file import write_case
    from .interview import interview

    findings, red_flags = interview(load(options.network), input, print, *_told(options))
    if not options.save:
        return ""
    write_case(options.save, findings, red_flags)
    return f"Saved: {options.save}"


def _check(options: Options) -> str:
    network = load(options.file)
    now = posterior(network)
    notes = list(network.notes)
    for name, variable in network.variables.items():
        if variable.marginal is not None:
            stated, computed = variable.marginal.p, now.present(name)
            verdict = "agrees" if abs(stated - computed) <= MARGIN else "DIFFERS"
            notes.append(f"{name}: stated marginal {stated:g}, computed {computed:.4f}: {verdict}")
    return "\n".join(
        [
            f"fine: {network.name} {network.version}: {summary(network)}",
            *(f"note: {note}" for note in notes),
        ]
    )


def _convert(options: Options) -> str:
    from .formats.save import save

    network = load(options.source)
    save(divorced(network) if options.divorced else network, options.target)
    notes = [f"note: {note}" for note in network.notes]
    return "\n".join([f"{options.target}: {len(network)} variables of {network.name}", *notes])


def _sources(options: Options) -> str:
    network = load(options.network)
    return to_text(views(network, options.variable or list(network.variables)))


def _evidence(options: Options) -> str:
    from .uncertainty.evidence_audit import evidence_audit

    audit = evidence_audit(load(options.network), options.draws)
    if options.card:
        from .formats.card_file import card_beside
        from .formats.text_files import write
        from .uncertainty.model_card import model_card

        write(options.card, model_card(audit, card_beside(options.network)))
        return f"Saved: {options.card}"
    if options.json:
        return json.dumps(audit.to_dicts(), indent=2, ensure_ascii=False, allow_nan=False)
    return str(audit)


def _score(options: Options) -> str:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    from .cohort.files import ScoringJob, read_columns, score_file

    columns = read_columns(options.map) if options.map else {}
    targets = tuple(options.targets) if options.targets else None
    job = ScoringJob(
        options.source,
        options.network,
        targets,
        columns,
        tuple(options.missing),
        tuple(options.keep),
    )
    console = Console(stderr=True)
    bars = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*bars, console=console, transient=True) as progress:
        tasks = {
            name: progress.add_task(name, total=1.0, visible=False)
            for name in ("reading", "scoring")
        }

        def moved(name: str, share: float) -> None:
            progress.update(tasks[name], completed=share, visible=True)

        summary = score_file(
            job,
            options.out,
            lambda report: console.print(str(report), markup=False, highlight=False),
            moved,
        )
    return str(summary)
