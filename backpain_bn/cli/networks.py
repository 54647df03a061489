"""Which network is meant on a command line, and what its file does not say."""

from __future__ import annotations

import argparse

from ..formats.load import DEFAULT, load
from ..formats.mapping import with_healthy, with_outcome
from ..model.network import Network
from .standard_input import by_name
from .typed import Options, pair, put


def with_network(parser: argparse.ArgumentParser) -> None:
    """Add the options that name the network, its outcome and its healthy states."""
    parser.add_argument(
        "--network",
        type=by_name,
        default=DEFAULT,
        metavar="NAME|FILE",
        help=f"a shipped network or a file (default {DEFAULT})",
    )
    parser.add_argument(
        "--outcome",
        metavar="variable",
        help="what is to be explained, where the file does not say it or says otherwise",
    )
    parser.add_argument(
        "--healthy",
        action="append",
        default=[],
        metavar="variable=state",
        help="the healthy state of a variable, where the file does not say it; once for each",
    )


def network_on(options: Options) -> Network:
    """Return the network that a command line names, with its outcome and its healthy states."""
    network = load(options.network)
    healthy: dict[str, str] = {}
    for word in options.healthy:
        put(healthy, *pair("--healthy", word, network))
    if healthy:
        network = with_healthy(network, healthy)
    if options.outcome is not None:
        network = with_outcome(network, options.outcome)
    return network
