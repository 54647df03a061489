"""Networks into files of other formats."""

from __future__ import annotations

from pathlib import Path

from ..errors import BackpainError, listed, shown
from ..model.network import Network
from .foreign import FORMATS
from .text_files import write


def save(network: Network, path: str | Path) -> None:
    """Write a network to a file, whole or not at all; the ending of its name says in which format:
    .bif, .xml or .xmlbif, .xdsl, .net, .uai.

    All of them hold the graph, the states and the probabilities, exactly; UAI holds no names. None
    holds labels, roles, questions, sources, ranges, treatments or advice. A noisy-OR is kept in
    XDSL, where each mechanism has one parent, and written out as a table elsewhere. Raises
    `BackpainError` for an ending that is none of these and for a network that the format cannot
    hold, and `FileProblem` where the file cannot be written.
    """
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        known = listed(list(FORMATS))
        raise BackpainError(
            f"{shown(str(path))}: a network is saved to a file that ends in one of {known}"
        )
    write(path, FORMATS[ending].write(network))
