"""What is known of every variable, given one case's findings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..errors import unknown
from ..model.findings import Findings, Told
from ..model.network import Network
from .beliefs import Array
from .engine import engine_for
from .evidence import encode, impossible


class _States(dict[str, float]):
    """{state: probability} whose error for an unknown state says which there are."""

    def __init__(self, name: str, pairs: Iterable[tuple[str, float]]) -> None:
        super().__init__(pairs)
        self.name = name

    def __missing__(self, state: object) -> float:
        raise unknown(f"state of {self.name}", state, self)


@dataclass(frozen=True, eq=False)
class Posterior(Mapping[str, Mapping[str, float]]):
    """P(variable = state | findings) for every variable, and `log_evidence`, the natural log of
    P(findings).

    Likelihood findings count relative to their likeliest state.
    """

    network: Network
    row: Array
    log_evidence: float

    def __getitem__(self, name: str) -> Mapping[str, float]:
        """Return {state: probability}; raises `UnknownName` for a variable that does not exist."""
        if name not in self.network.variables:
            raise unknown("variable", name, self.network.variables)
        values = self.row[self.network.slices[name]].tolist()
        return MappingProxyType(_States(name, zip(self.network[name].states, values, strict=True)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.network.variables)

    def __len__(self) -> int:
        return len(self.network.variables)

    def __repr__(self) -> str:
        return f"Posterior({self.network.name!r}, log_evidence={self.log_evidence:.3f})"

    def present(self, name: str) -> float:
        """Return P(variable is in any state but its first, healthy one)."""
        return 1.0 - float(self.row[self.network.slices[name].start])


def posterior(network: Network, findings: Told | None = None) -> Posterior:
    """Return P(variable = state | findings) for every variable of any network, exactly.

    Raises `UnknownName` for a variable or state that does not exist, `ImpossibleEvidence` naming a
    smallest set of findings that cannot hold together (P(findings) = 0).

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ... )
    >>> round(posterior(garden, {"wet": "yes"})["rain"]["yes"], 4)
    0.6947
    """
    told = {} if findings is None else findings
    beliefs = engine_for(network)(encode(network, [told]))
    log_evidence = float(beliefs.log_evidence[0])
    if log_evidence == -math.inf:
        raise impossible(network, told)
    return Posterior(network, beliefs.marginals[0], log_evidence)


def joint(network: Network, findings: Findings, states: Mapping[str, str], now: Posterior) -> float:
    """Return P(all `states` | findings) = P(states, findings) / P(findings); `states` are of
    variables without findings.
    """
    row = encode(network, [{**findings, **states}])
    return float(math.exp(engine_for(network)(row).log_evidence[0] - now.log_evidence))
