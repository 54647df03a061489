"""The command that learns numbers from a cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .networks import network_on, with_network
from .progress import progress
from .questions import add_command, option
from .typed import Options

FIT_OPTIONS = (
    option("--out", "clinic.yaml: an overlay on the network's file", type=Path, required=True),
    option(
        "--source",
        "by which id the overlay cites the cohort (default: the name of the overlay in capitals)",
        metavar="ID",
    ),
    option("--learn", "variables or roles (default: all)", nargs="+", metavar="NAME"),
    option(
        "--prior-strength",
        "how much the cited ranges count (default 1: as cited; 0: not at all)",
        type=float,
        default=1.0,
        metavar="X",
    ),
    option("--weights", "the column that says how often each row counts", metavar="COLUMN"),
    option(
        "--map",
        "how to read columns that are named or filled differently",
        type=Path,
        metavar="columns.yaml",
    ),
    option(
        "--missing",
        "CSV cells that mean not observed, besides the empty one",
        nargs="+",
        default=[],
        metavar="TOKEN",
    ),
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
    command.add_argument(
        "cohort",
        type=Path,
        help="in.parquet or in.csv, one row per case, columns named by variables",
    )
    for flag, settings in FIT_OPTIONS:
        command.add_argument(flag, **settings)
    with_network(command)
    command.set_defaults(run=_fit)


def _fit(options: Options) -> str:
    from ..cohort.files import read_columns
    from ..learn.fit import fit

    with progress("reading", "learning", "ranges") as (_, moved):
        fitted = fit(
            network_on(options),
            options.cohort,
            learn=options.learn or "all",
            prior_strength=options.prior_strength,
            weights=options.weights,
            columns=read_columns(options.map) if options.map else None,
            missing=options.missing,
            starts=options.starts,
            passes=options.passes,
            progress=moved,
        )
    source = options.source or options.out.stem.upper()
    fitted.save_overlay(options.out, source, base=Path(options.network).stem)
    return f"{fitted}\n\nSaved: {options.out}, which cites the cohort as {source}"
