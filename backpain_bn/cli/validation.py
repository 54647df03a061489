"""The command that sets what a network says beside what happened."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ..answer.plain_case import schema_of
from ..display.document import check_kind
from .cohorts import columns_on, with_cohort
from .networks import network_on, with_network
from .output import Reply, json_reply, reply
from .questions import add_command, option, several, with_json
from .standard_input import file_of, path_by_name
from .typed import Options, ready, state_of

OPTIONS = (
    option(
        "--target",
        "what is to be compared; default: its unhealthy states",
        required=True,
        metavar="variable[=state]",
    ),
    option(
        "--train",
        "cases for the logistic regression (default: the cohort's own, four fifths for each fifth)",
        type=Path,
        metavar="FILE",
    ),
    option("--by", "a column that divides the cases into groups", metavar="COLUMN"),
    several(
        "--causes",
        "columns to hide: how often those that were found are ranked first",
        metavar="variable",
    ),
    option(
        "--interviewed",
        "so many cases are asked until the stop rule holds",
        type=int,
        default=0,
        metavar="N",
    ),
    option("--bins", "groups of the calibration curve", type=int, default=10, metavar="N"),
    option("--seed", "which cases are interviewed", type=int, default=0, metavar="N"),
    option("--report", "save a report (.md, .html, .json)", type=path_by_name, metavar="FILE"),
)


def add_validate(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "validate",
        "a cohort file beside what the network says of it (needs pyarrow, the extra `parquet`)",
    )
    with_cohort(parser)
    for flag, settings in OPTIONS:
        parser.add_argument(flag, **settings)
    with_json(parser)
    with_network(parser)
    parser.set_defaults(run=_validate)


def _validate(options: Options) -> Reply:
    from ..learn.validation import validate

    network = network_on(options)
    target, state = state_of(options.target, network)
    if options.report:
        check_kind(options.report.suffix)
        read = filter(None, (options.cohort, options.train, options.map, options.network))
        ready(options.report, *read)
    columns = columns_on(options)
    train = file_of(options.train, table=True) if options.train else nullcontext()
    with file_of(options.cohort, table=True) as cohort, train as others:
        found = validate(
            network,
            cohort,
            target,
            state=state,
            columns=columns,
            missing=options.missing,
            train=others,
            by=options.by,
            causes=options.causes,
            interviewed=options.interviewed,
            bins=options.bins,
            seed=options.seed,
        )
    if options.report:
        found.save_report(options.report)
    if options.json:
        return json_reply({"schema": schema_of("validate"), **found.to_dict()})
    return reply(found.views())
