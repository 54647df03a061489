"""The commands about networks, cohorts and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..display.citations import views
from ..display.text import to_text
from ..formats.load import load
from ..formats.voices import FOREIGN, OURS
from .learning import add_fit
from .networks import network_on, with_network
from .progress import progress
from .questions import add_command, option, with_red_flags
from .typed import Options, told_on
from .validation import add_validate

SCORE_OPTIONS = (
    option(
        "--out",
        "out.parquet or out.csv; appears when complete, or not at all",
        type=Path,
        required=True,
    ),
    option(
        "--map",
        "how to read columns that are named or filled differently",
        type=Path,
        metavar="columns.yaml",
    ),
    option("--targets", "variables to answer (default: all)", nargs="+", metavar="variable"),
    option(
        "--missing",
        "CSV cells that mean not observed, besides the empty one",
        nargs="+",
        default=[],
        metavar="TOKEN",
    ),
    option(
        "--keep",
        "columns to carry over, such as an id",
        nargs="+",
        default=[],
        metavar="COLUMN",
    ),
)


def add_commands(commands: Any) -> None:
    """Add the commands that are no question about one case."""
    about_networks = (_add_interview, _add_check, _add_convert, _add_sources, _add_evidence)
    for add in (*about_networks, _add_score, add_fit, add_validate):
        add(commands)


def _add_interview(commands: Any) -> None:
    interview = add_command(
        commands,
        "interview",
        "asks the most useful question first; Enter = don't know; stop at any time",
    )
    interview.add_argument(
        "case", nargs="*", metavar="FILE|variable=state", help="what is known already"
    )
    with_red_flags(interview)
    interview.add_argument("--save", type=Path, metavar="case.yaml", help="save what was told")
    with_network(interview)
    interview.set_defaults(run=_interview)


def _add_check(commands: Any) -> None:
    check = add_command(commands, "check", "read a file: everything that is wrong with it, or fine")
    endings = ", ".join((*OURS, *FOREIGN))
    check.add_argument(
        "file",
        help=f"a network ({endings}; or the name of a shipped one), red flags, a mapping, a case",
    )
    check.set_defaults(run=_check)


def _add_convert(commands: Any) -> None:
    convert = add_command(
        commands, "convert", "read a network in one format and write it in another"
    )
    convert.add_argument("source", metavar="IN", help="a network file, or a shipped network")
    convert.add_argument("target", metavar="OUT", help=", ".join(FOREIGN))
    convert.add_argument(
        "--divorced",
        action="store_true",
        help="write large noisy-ORs as chains of small ones, for formats that hold tables only",
    )
    convert.add_argument(
        "--plain-names",
        action="store_true",
        help="write letters, digits and underscores in place of names that a format cannot hold",
    )
    convert.set_defaults(run=_convert)


def _add_sources(commands: Any) -> None:
    sources = add_command(commands, "sources", "every number with its range, grade and source")
    sources.add_argument("variable", nargs="*", help="variables; all if none is named")
    with_network(sources)
    sources.set_defaults(run=_sources)


def _add_evidence(commands: Any) -> None:
    evidence = add_command(
        commands,
        "evidence",
        "what the numbers rest on, and which of them the answers hang on",
    )
    evidence.add_argument("--draws", type=int, default=200)
    evidence.add_argument("--json", action="store_true", help="plain data instead of words")
    evidence.add_argument("--card", type=Path, metavar="FILE.md", help="write the model card")
    with_network(evidence)
    evidence.set_defaults(run=_evidence)


def _add_score(commands: Any) -> None:
    score = add_command(
        commands, "score", "a cohort file, row by row (needs pyarrow, the extra `parquet`)"
    )
    score.add_argument(
        "source",
        type=Path,
        help="in.parquet or in.csv, one row per case, columns named by variables",
    )
    for flag, settings in SCORE_OPTIONS:
        score.add_argument(flag, **settings)
    with_network(score)
    score.set_defaults(run=_score)


def _interview(options: Options) -> str:
    from ..formats.case_file import write_case
    from ..interview import interview

    network = network_on(options)
    told = told_on(options, network)
    findings, red_flags = interview(network, input, print, *told)
    if not options.save:
        return ""
    write_case(options.save, findings, red_flags)
    return f"Saved: {options.save}"


def _check(options: Options) -> str:
    from .check import check

    return check(options.file)


def _convert(options: Options) -> str:
    from ..formats.save import convert

    network = load(options.source)
    said = convert(
        network, options.target, divorced=options.divorced, plain_names=options.plain_names
    )
    notes = [f"note: {note}" for note in (*network.notes, *said)]
    return "\n".join([f"{options.target}: {len(network)} variables of {network.name}", *notes])


def _sources(options: Options) -> str:
    network = network_on(options)
    return to_text(views(network, options.variable or list(network.variables)))


def _evidence(options: Options) -> str:
    from ..uncertainty.evidence_audit import evidence_audit

    audit = evidence_audit(network_on(options), options.draws)
    if options.card:
        from ..formats.card_file import card_beside
        from ..formats.text_files import write
        from ..uncertainty.model_card import model_card

        write(options.card, model_card(audit, card_beside(options.network)))
        return f"Saved: {options.card}"
    if options.json:
        return json.dumps(audit.to_dicts(), indent=2, ensure_ascii=False, allow_nan=False)
    return str(audit)


def _score(options: Options) -> str:
    from ..cohort.files import ScoringJob, read_columns, score_file

    job = ScoringJob(
        options.source,
        network_on(options),
        tuple(options.targets) if options.targets else None,
        read_columns(options.map) if options.map else {},
        tuple(options.missing),
        tuple(options.keep),
    )
    with progress("reading", "scoring") as (told, moved):
        return str(score_file(job, options.out, told, moved))
