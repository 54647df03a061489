"""The command that learns numbers from a cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..answer.plain_case import schema_of
from ..display.blocks import Note, View
from ..display.document import plain_network
from ..model.network import Network
from .cohorts import columns_on, with_cohort
from .networks import network_on, with_network
from .output import Reply, json_reply, reply
from .progress import progress
from .questions import add_command, option, several, with_json
from .standard_input import file_of, path_by_name
from .typed import Options, own_file

if TYPE_CHECKING:
    from ..learn.fitted import Fitted

FIT_OPTIONS = (
    option(
        "--out", "clinic.yaml: an overlay on the network's file", type=path_by_name, required=True
    ),
    option(
        "--source",
        "by which id the overlay cites the cohort (default: the name of the overlay in capitals)",
        metavar="ID",
    ),
    several("--learn", "variables or roles (default: all)", metavar="NAME"),
    option(
        "--prior-strength",
        "how much the cited ranges count (default 1: as cited; 0: not at all)",
        type=float,
        default=1.0,
        metavar="X",
    ),
    option("--weights", "the column that says how often each row counts", metavar="COLUMN"),
    option("--starts", "how many starts (default 1)", type=int, default=1, metavar="N"),
    option("--passes", "passes over the data at most (default 300)", type=int, default=300),
)


def add_fit(commands: Any) -> None:
    """Add the command `fit`."""
    command = add_command(
        commands,
        "fit",
        "numbers learned from a cohort file with missing answers, as an overlay (needs pyarrow)",
    )
    with_cohort(command)
    for flag, settings in FIT_OPTIONS:
        command.add_argument(flag, **settings)
    with_json(command)
    with_network(command)
    command.set_defaults(run=_fit)


def _fit(options: Options) -> Reply:
    from ..learn.fit import fit
    from ..learn.overlay_file import sources_beside, target_of

    network = network_on(options)
    source = options.source or options.out.stem.upper()
    out, _ = target_of(network, options.out, source, options.network)
    for written in (out, sources_beside(out)):
        own_file(written, options.cohort, *([options.map] if options.map else []))
    columns = columns_on(options)
    with (
        file_of(options.cohort, table=True) as cohort,
        progress("reading", "learning", "ranges") as (_, moved),
    ):
        fitted = fit(
            network,
            cohort,
            learn=options.learn or "all",
            prior_strength=options.prior_strength,
            weights=options.weights,
            columns=columns,
            missing=options.missing,
            starts=options.starts,
            passes=options.passes,
            progress=moved,
        )
    fitted.save_overlay(out, source, base=options.network)
    if options.json:
        head = {"schema": schema_of("fit"), "out": str(out), "source": source}
        return json_reply(head | _plain(fitted, network))
    saved = Note(f"{out}, which cites the cohort as {source}")
    return reply([*fitted.views(), View("Saved", (saved,))])


def _plain(fitted: Fitted, network: Network) -> dict[str, object]:
    used = fitted.used
    return {
        "network": plain_network(network),
        "converged": fitted.converged,
        "used": {"rows": used.rows, "impossible_rows": used.impossible_rows},
        "rows": fitted.to_dicts(),
    }
