"""What writers of other formats share: tables in words, and the names that a format can hold."""

from __future__ import annotations

import math
import re

import numpy as np

from ..errors import BackpainError, shown
from ..model.distributions import Floats, NoisyOr
from ..model.network import Network

MOST_CELLS = 2**16
"""A noisy-OR with more cells than this is not written out as a table."""


_WAY_OUT = (
    "save(..., plain_names=True) writes others in their place, on the command line convert "
    "--plain-names"
)


def table_of(network: Network, name: str, kind: str) -> Floats:
    """Return P(variable | parents), shape (*parent sizes, own size), to be written down.

    Raises `BackpainError` for a noisy-OR above 2^16 cells, which `kind` cannot hold otherwise.
    """
    variable = network[name]
    sizes = [len(network.states[parent]) for parent in variable.parents]
    cells = math.prod(sizes) * len(variable.states)
    if isinstance(variable.distribution, NoisyOr) and cells > MOST_CELLS:
        raise BackpainError(
            f"{kind} cannot hold the noisy-OR of {shown(name)}, and written out it has {cells:,} "
            f"cells (the limit is {MOST_CELLS:,}); save(..., divorced=True) writes it as a chain "
            "of small ones, on the command line convert --divorced"
        )
    # A product of mechanisms may end one rounding step above 1.
    return np.minimum(network.table(name), 1.0)


def words_of(table: Floats) -> list[list[str]]:
    """Return the rows of a table, the last parent changing fastest, as words that read back as the
    same numbers.
    """
    rows = table.reshape(-1, table.shape[-1]).tolist()
    return [list(map(repr, row)) for row in rows]


def check_names(
    network: Network, kind: str, name: re.Pattern[str], state: re.Pattern[str], rule: str
) -> None:
    """Raise `BackpainError` for the first variable or state whose name `kind` cannot hold."""
    for variable in network.variables.values():
        if not _fits(name, variable.name):
            what = f"the variable {shown(variable.name)}"
            raise BackpainError(f"{kind} cannot hold {what}: {rule}; {_WAY_OUT}")
        for each in variable.states:
            if not _fits(state, each):
                what = f"the state {shown(each)} of {shown(variable.name)}"
                raise BackpainError(f"{kind} cannot hold {what}: {rule}; {_WAY_OUT}")


def title_of(network: Network, pattern: re.Pattern[str]) -> str:
    """Return the name of a network where a format can hold it, and a neutral one elsewhere."""
    return network.name if _fits(pattern, network.name) else "unnamed"


def _fits(pattern: re.Pattern[str], name: str) -> bool:
    return bool(pattern.fullmatch(name))
