"""Findings -> likelihood rows, and every error about a variable, a state or a likelihood that
somebody typed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import combinations, islice

import numpy as np

from ..errors import BackpainError, ImpossibleEvidence, shown
from ..model.findings import Finding, Findings, Told, findings_of
from ..model.network import Network
from .beliefs import Array
from .engine import NONE, engine_for

MOST_SETS = 20_000
"""Sets of findings tried at most when looking for a smallest one that cannot hold together."""
MOST_CELLS, CELLS_OF_A_SET = 2**28, 2**18
"""Cells that may be worked through for that, and what one set costs beside those of the network."""


def encode(network: Network, cases: Sequence[Told]) -> Array:
    """Return the likelihoods of n cases over the S states of all variables, shape (n, S).

    A state, or a value that stands for one (see `findings_of`), gives 1 for itself and 0 for its
    siblings; {state: likelihood} gives the likelihoods divided by their largest, states not named
    get 0, for only ratios matter (Pearl 1988, section 2.2.2); None, like a variable left out, gives
    1 for all states (not observed). Raises `UnknownName` for a variable or state that does not
    exist, `BackpainError` for likelihoods that are no likelihoods.

    >>> from backpain_bn.model import Variable, prior
    >>> network = Network("one", {"rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2))})
    >>> encode(network, [{}, {"rain": "yes"}, {"rain": {"no": 1, "yes": 4}}]).tolist()
    [[1.0, 1.0], [0.0, 1.0], [0.25, 1.0]]
    """
    rows = np.ones((len(cases), len(network.columns)))
    for row, findings in zip(rows, cases, strict=True):
        for name, finding in findings_of(network, findings).items():
            row[network.slices[name]] = likelihood(network, name, finding)
    return rows


def likelihood(network: Network, name: str, finding: Finding) -> Array:
    """Return the likelihoods of one variable's states; see `encode`."""
    weights = np.zeros(len(network[name].states))
    if not isinstance(finding, Mapping):
        weights[network.state(name, network[name].state_of(finding))] = 1.0
        return weights
    for state, weight in finding.items():
        weights[network.state(name, state)] = _weight(name, state, weight)
    if not weights.any():
        raise BackpainError(
            f"the likelihoods of {name} are all zero: nothing is left that {name} could be"
        )
    shares: Array = weights / weights.max()
    return shares


def _weight(name: str, state: str, weight: object) -> float:
    value = math.nan
    if not isinstance(weight, bool | np.bool_ | str | bytes | bytearray):
        with suppress(TypeError, ValueError, OverflowError):
            value = float(weight)  # type: ignore[arg-type]
    if not (0 <= value < math.inf):
        raise BackpainError(
            f"the likelihood of {name}={state} is {shown(weight)}; it must be a number from 0 up"
        )
    return value


def impossible(network: Network, findings: Told) -> ImpossibleEvidence:
    """Return the error that names, by labels, a smallest set of findings that cannot hold together
    (P(set) is exactly 0).
    """
    told = findings_of(network, findings)
    worst = _smallest(network, told, list(told))
    if not worst:
        return ImpossibleEvidence(f"these findings cannot hold together in {network.name}")
    words = [f"{network[name].label or name} ({name}={_said(told[name])})" for name in worst]
    if len(words) == 1:
        return ImpossibleEvidence(f"this finding has probability 0 in {network.name}: {words[0]}")
    return ImpossibleEvidence(
        f"these findings cannot hold together in {network.name}: {', '.join(words)}"
    )


def _said(finding: Finding) -> str:
    return str(finding) if isinstance(finding, str) else "uncertain"


def _smallest(network: Network, findings: Findings, told: list[str]) -> tuple[str, ...]:
    """Return a smallest impossible set, or none where the network is too large to look for it."""
    price = CELLS_OF_A_SET + engine_for(network).dense.order_of_all.cells
    if price * len(told) > MOST_CELLS:
        return ()
    kept = list(told)
    for name in told:
        if any(_are_impossible(network, findings, [[other for other in kept if other != name]])):
            kept.remove(name)
    for size in range(1, len(kept)):
        if math.comb(len(told), size) > MOST_SETS:
            break
        sets = combinations(told, size)
        while some := list(islice(sets, 1024)):
            for names, verdict in zip(some, _are_impossible(network, findings, some), strict=True):
                if verdict:
                    return names
    return tuple(kept)


def _are_impossible(
    network: Network, findings: Findings, sets: Sequence[Iterable[str]]
) -> list[bool]:
    rows = encode(network, [{name: findings[name] for name in names} for names in sets])
    return [bool(log) for log in np.isneginf(engine_for(network, NONE)(rows).log_evidence)]
