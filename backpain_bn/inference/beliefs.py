"""What every engine answers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Beliefs(NamedTuple):
    """What an engine answers for n rows over the S states of all variables.

    `marginals` (n, S): P(variable = state | row's evidence), each variable's states sum to 1; all 0
    where the row is impossible. `log_evidence` (n,): natural log of P(evidence), -inf where the row
    is impossible.
    """

    marginals: Array
    log_evidence: Array
