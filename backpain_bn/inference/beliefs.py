"""What every engine answers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import BackpainError

Array = NDArray[np.float64]


class Beliefs(NamedTuple):
    """What an engine answers for n rows over the S states of all variables.

    `marginals` (n, S): P(variable = state | row's evidence), each variable's states sum to 1; all 0
    where the row is impossible. `log_evidence` (n,): natural log of P(evidence), -inf where the row
    is impossible.
    """

    marginals: Array
    log_evidence: Array


def check_shapes(evidence: Array, parameters: Array | None, states: int, size: int) -> None:
    """Raise `BackpainError` unless evidence is (n, states) and parameters are (size,) or
    (n, size).
    """
    if evidence.ndim != 2 or evidence.shape[1] != states:
        raise BackpainError(
            f"likelihoods have shape {evidence.shape}; rows of {states} are needed, one per state"
        )
    if parameters is not None and parameters.shape not in ((size,), (len(evidence), size)):
        raise BackpainError(
            f"parameters have shape {parameters.shape}; {(size,)} or {(len(evidence), size)} is "
            "needed"
        )
