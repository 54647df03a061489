"""See is not do: what the network believes under interventions, many cases under many sets of
parameters at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..model.network import Network
from ..model.numbers import parameters_of, places_of
from .beliefs import Array, Beliefs
from .engine import Names, engine_for

CELLS_AT_ONCE = 2**22
"""Parameters of all rows that are handed to the engine at once."""

Ask = Callable[[Array, Array], Beliefs]
"""An engine that answers rows (n, S), each under parameters of its own (n, P)."""


@dataclass(frozen=True, slots=True, eq=False)
class SeenAndDone:
    """What is found, as `rows` of likelihoods (n, S) or one row for all, and what is done:
    `settings` maps variables to the states that they are set to.
    """

    rows: Array
    settings: Mapping[str, str] = field(default_factory=dict)


def intervened(network: Network, parameters: Array, settings: Mapping[str, str]) -> Array:
    """Return the parameters, (P,) or (n, P), under do(settings): each set variable is certain of
    its state, whatever its parents (Pearl 2009, section 3.2).

    Raises `UnknownName` for a variable or state that does not exist.
    """
    changed = parameters.copy()
    _intervene(network, changed, settings)
    return changed


def _intervene(network: Network, parameters: Array, settings: Mapping[str, str]) -> None:
    places = places_of(network)
    for name, state in settings.items():
        certain = network[name].distribution.certain(network.state(name, state))
        parameters[..., places[name]] = certain


def answers(
    network: Network,
    cases: Sequence[SeenAndDone],
    *,
    parameters: Array | None = None,
    targets: Names = None,
) -> Iterator[Beliefs]:
    """Yield for each case what is believed of its n rows: P(variable = state | row, do(settings)).

    `parameters` (n, P) gives every row its own, (1, P) or (P,) all the same, None the network's. A
    case with one row, or one set of parameters, has it for all n. `targets` are the variables whose
    marginals are wanted, None: all. Cases are answered together, up to `CELLS_AT_ONCE`.

    >>> from backpain_bn.inference.evidence import encode
    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ... )
    >>> nothing, seen = encode(garden, [{}]), encode(garden, [{"wet": "yes"}])
    >>> see, do = answers(garden, [SeenAndDone(seen), SeenAndDone(nothing, {"wet": "yes"})])
    >>> print(see.marginals[0].round(4), do.marginals[0].round(4))
    [0.3053 0.6947 0.     1.    ] [0.8 0.2 0.  1. ]
    """
    engine = engine_for(network, targets)
    own = np.atleast_2d(parameters_of(network) if parameters is None else parameters)
    n = max([len(own), *(len(case.rows) for case in cases)])
    cells = n * own.shape[1]
    if len(own) == 1 and cells > CELLS_AT_ONCE:
        for case in cases:
            rows = np.broadcast_to(case.rows, (n, len(network.columns)))
            yield engine(np.ascontiguousarray(rows), intervened(network, own[0], case.settings))
        return
    together = max(1, CELLS_AT_ONCE // max(1, cells))
    for start in range(0, len(cases), together):
        yield from _together(network, engine, cases[start : start + together], own, n)


def _together(
    network: Network, engine: Ask, cases: Sequence[SeenAndDone], own: Array, n: int
) -> Iterator[Beliefs]:
    """Yield what is believed of n rows in each case, all of them put to the engine at once."""
    rows = np.empty((len(cases), n, len(network.columns)))
    tables = np.empty((len(cases), n, own.shape[1]))
    for row, table, case in zip(rows, tables, cases, strict=True):
        row[:] = case.rows
        table[:] = own
        _intervene(network, table, case.settings)
    beliefs = engine(rows.reshape(len(cases) * n, -1), tables.reshape(len(cases) * n, -1))
    for first in range(0, len(cases) * n, n):
        part = slice(first, first + n)
        yield Beliefs(beliefs.marginals[part], beliefs.log_evidence[part])
