"""The commands about networks, cohorts and files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..answer.plain_case import schema_of
from ..display.blocks import Note, View
from ..display.citations import number_rows, views
from ..display.document import plain_network
from ..errors import FileProblem
from ..formats.load import load
from ..formats.voices import FOREIGN, OURS
from ..model.network import Network
from .about import add_completion, add_help, add_schema
from .cohorts import columns_on, with_cohort
from .interviews import add_interview
from .learning import add_fit
from .networks import network_on, with_network
from .output import ANSWERED, REFUSED, Reply, json_reply, reply
from .progress import progress
from .questions import add_command, option, several, with_json
from .standard_input import by_name, file_of, named, path_by_name
from .typed import Options, own_file, ready
from .validation import add_validate

SCORE_OPTIONS = (
    option(
        "--out",
        "out.parquet or out.csv; appears when complete, or not at all",
        type=path_by_name,
        required=True,
    ),
    several("--targets", "variables to answer (default: all)", metavar="variable"),
    several("--keep", "columns to carry over, such as an id", default=[], metavar="COLUMN"),
)


def add_commands(commands: Any) -> None:
    """Add the commands that are no question about one case."""
    for add in ADDED:
        add(commands)


def _add_check(commands: Any) -> None:
    check = add_command(commands, "check", "read a file: everything that is wrong with it, or fine")
    endings = ", ".join((*OURS, *FOREIGN))
    check.add_argument(
        "file",
        help=(
            f"a network ({endings}; or the name of a shipped one), red flags, a mapping, a case; "
            "- for standard input"
        ),
    )
    with_json(check)
    check.add_argument(
        "--network",
        type=by_name,
        metavar="NAME|FILE",
        help="check the names and states of a case against this network, too",
    )
    check.set_defaults(run=_check)


def _add_convert(commands: Any) -> None:
    convert = add_command(
        commands, "convert", "read a network in one format and write it in another"
    )
    convert.add_argument("source", metavar="IN", help="a network file, or a shipped network")
    convert.add_argument("target", type=by_name, metavar="OUT", help=", ".join(FOREIGN))
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
    with_json(convert)
    convert.set_defaults(run=_convert)


def _add_sources(commands: Any) -> None:
    sources = add_command(commands, "sources", "every number with its range, grade and source")
    sources.add_argument("variable", nargs="*", help="variables; all if none is named")
    with_json(sources)
    with_network(sources)
    sources.set_defaults(run=_sources)


def _add_evidence(commands: Any) -> None:
    evidence = add_command(
        commands,
        "evidence",
        "what the numbers rest on, and which of them the answers hang on",
    )
    evidence.add_argument(
        "--draws", type=int, default=200, help="draws of all numbers (default: 200)"
    )
    with_json(evidence)
    evidence.add_argument(
        "--card", type=path_by_name, metavar="FILE.md", help="write the model card"
    )
    with_network(evidence)
    evidence.set_defaults(run=_evidence)


def _add_score(commands: Any) -> None:
    score = add_command(
        commands, "score", "a cohort file, row by row (needs pyarrow, the extra `parquet`)"
    )
    with_cohort(score)
    for flag, settings in SCORE_OPTIONS:
        score.add_argument(flag, **settings)
    with_json(score)
    with_network(score)
    score.set_defaults(run=_score)


def _add_mcp(commands: Any) -> None:
    tools = add_command(
        commands, "mcp", "serve the questions to an assistant as tools (needs the extra `mcp`)"
    )
    with_network(tools)
    tools.set_defaults(run=_mcp)


def _add_questions(commands: Any) -> None:
    questions = add_command(commands, "questions", "what can be told of a case, and what to ask")
    with_json(questions)
    with_network(questions)
    questions.set_defaults(run=_questions)


ADDED = (
    add_interview,
    _add_questions,
    _add_check,
    _add_convert,
    _add_sources,
    _add_evidence,
    _add_score,
    add_fit,
    add_validate,
    _add_mcp,
    add_schema,
    add_completion,
    add_help,
)
"""What adds the commands that are no question about one case, in the order of the help."""


def _questions(options: Options) -> Reply:
    from ..askable import questions

    found = questions(network_on(options))
    if not options.json:
        return reply(found.views())
    flags = [
        {"id": each.id, "text": each.text, "label": each.name}
        for each in found.network.red_flags.questions
    ]
    return _as_json("questions", found.network, found.to_dicts(), red_flag_questions=flags)


def _check(options: Options) -> str | Reply:
    from .check import check

    network = None if options.network is None else load(options.network)
    try:
        with file_of(options.file) as path:
            said = named(check(str(path), network), path)
    except FileProblem as problem:
        if not options.json:
            raise
        return _checked(False, "", list(problem.lines))
    if not options.json:
        return said
    fine, *notes = said.splitlines()
    return _checked(True, fine.removeprefix("fine: "), [], notes)


def _checked(fine: bool, what: str, problems: list[str], notes: Iterable[str] = ()) -> Reply:
    data = {
        "schema": schema_of("check"),
        "fine": fine,
        "what": what,
        "notes": [note.removeprefix("note: ") for note in notes],
        "problems": problems,
    }
    return json_reply(data, ANSWERED if fine else REFUSED)


def _convert(options: Options) -> str | Reply:
    from ..formats.save import convert

    with file_of(options.source) as path:
        network = load(str(path))
    target = own_file(options.target, options.source)
    said = convert(network, target, divorced=options.divorced, plain_names=options.plain_names)
    notes = [*network.notes, *said]
    if options.json:
        return _plainly("convert", network, out=str(target), variables=len(network), notes=notes)
    words = [f"note: {note}" for note in notes]
    return "\n".join([f"{target}: {len(network)} variables of {network.name}", *words])


def _sources(options: Options) -> Reply:
    network = network_on(options)
    names = options.variable or list(network.variables)
    if options.json:
        return _as_json("sources", network, number_rows(network, names))
    return reply(views(network, names))


def _evidence(options: Options) -> Reply:
    from ..uncertainty.evidence_audit import evidence_audit

    network = network_on(options)
    saved: list[View] = []
    if options.card:
        saved.append(View("Saved", (Note(str(ready(options.card, options.network))),)))
    audit = evidence_audit(network, options.draws)
    if options.card:
        from ..formats.card_file import card_beside
        from ..formats.text_files import write
        from ..uncertainty.model_card import model_card

        write(options.card, model_card(audit, card_beside(options.network)))
    if options.json:
        return _as_json("evidence", audit.network, audit.to_dicts())
    return reply([*audit.views(), *saved])


def _as_json(
    command: str, network: Network, rows: list[dict[str, object]], **more: object
) -> Reply:
    return _plainly(command, network, **more, rows=rows)


def _plainly(command: str, network: Network, **more: object) -> Reply:
    head = {"schema": schema_of(command), "network": plain_network(network)}
    return json_reply({**head, **more})


def _score(options: Options) -> str | Reply:
    from ..cohort.files import ScoringJob, score_file

    network = network_on(options)
    with file_of(options.cohort, table=True) as source:
        job = ScoringJob(
            source,
            network,
            tuple(options.targets) if options.targets else None,
            columns_on(options) or {},
            tuple(options.missing),
            tuple(options.keep),
        )
        with progress("reading", "scoring") as (told, moved):
            done = score_file(job, options.out, told, moved)
    if not options.json:
        return str(done)
    return _plainly(
        "score",
        network,
        out=str(done.out),
        rows=done.rows,
        without_answer=done.without_answer,
        recognised=[column.column for column in done.report.recognised],
        left_aside=[name for name, _ in done.report.unknown],
    )


def _mcp(options: Options) -> str:
    from .. import __version__
    from ..mcp_server import server

    server(network_on(options), __version__).run()
    return ""
