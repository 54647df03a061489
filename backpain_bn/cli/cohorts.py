"""Which cohort is meant on a command line, and how it is read."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..cohort.columns import Columns
from .standard_input import path_by_name
from .typed import Options


def with_cohort(parser: argparse.ArgumentParser) -> None:
    """Add the file of a cohort, and the options that say how it is read."""
    parser.add_argument(
        "cohort",
        type=Path,
        help=".parquet or .csv, one row per case, columns named by variables; - for standard input",
    )
    parser.add_argument(
        "--map",
        help="how to read columns that are named or filled differently",
        type=path_by_name,
        metavar="columns.yaml",
    )
    parser.add_argument(
        "--missing",
        help="cells that mean not observed, besides the empty ones",
        nargs="+",
        action="extend",
        default=[],
        metavar="TOKEN",
    )


def columns_on(options: Options) -> Columns | None:
    """Return how a command line has the columns read; raises as `read_columns`."""
    from ..cohort.files import read_columns

    return read_columns(options.map) if options.map else None
