"""What is known of every variable, given one case's findings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ..errors import unknown
from ..model.findings import Findings, Told
from ..model.network import Network
from ..records import FrozenDict, record
from ..red_flags.answered import RedFlags
from ..red_flags.withheld import Withholding, why_withheld
from .beliefs import Array
from .engine import engine_for
from .evidence import encode, impossible


@record
class States(Mapping[str, float]):
    """{state: probability} of one variable; raises `UnknownName` for a state that it does not have.

    `withheld` is None, or the red flags that forbid an answer: then it has no states, and to ask
    for one raises `AnswerWithheld`.
    """

    variable: str
    chances: Mapping[str, float]
    withheld: RedFlags | None = None

    def __getitem__(self, state: str) -> float:
        if self.withheld is not None:
            raise why_withheld(self.variable, self.withheld)
        if state not in self.chances:
            raise unknown(f"state of {self.variable}", state, self.chances)
        return self.chances[state]

    def __contains__(self, state: object) -> bool:
        return state in self.chances

    def __iter__(self) -> Iterator[str]:
        return iter(self.chances)

    def __len__(self) -> int:
        return len(self.chances)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return dict(self) == dict(other) and self.withheld == getattr(other, "withheld", None)

    def __hash__(self) -> int:
        return hash(FrozenDict(self))

    def __repr__(self) -> str:
        return repr(dict(self)) if self.withheld is None else f"States({self.variable!r}, withheld)"

    def __str__(self) -> str:
        return repr(self) if self.withheld is None else "\n".join(self.withheld.lines())


@record
class Posterior(Withholding, Mapping[str, States]):
    """P(variable = state | findings) for every variable, and `log_evidence`, the natural log of
    P(findings). `row` (S,) has all of them one after another, as `Network.columns` names them.

    Likelihood findings count relative to their likeliest state. `withheld` is None, or the red
    flags that forbid an answer: then it is empty, and what is asked of it raises `AnswerWithheld`.

    >>> import backpain_bn as bb
    >>> now = bb.posterior("car", {"dim_lights": "yes"})
    >>> round(now["weak_battery"]["yes"], 2), round(now.present("weak_battery"), 2), len(now)
    (0.42, 0.42, 20)
    """

    network: Network
    row: Array
    log_evidence: float
    withheld: RedFlags | None = None

    def __getitem__(self, name: str) -> States:
        """Return {state: probability}; raises `UnknownName` for a variable that does not exist."""
        if self.withheld is not None and name in self.network:
            return States(name, FrozenDict(), self.withheld)
        if self.withheld is not None:
            raise why_withheld(name, self.withheld)
        if name not in self.network.variables:
            raise unknown("variable", name, self.network.variables)
        values = self.row[self.network.slices[name]].tolist()
        return States(name, FrozenDict(zip(self.network[name].states, values, strict=True)))

    def __contains__(self, name: object) -> bool:
        return self.withheld is None and name in self.network

    def __iter__(self) -> Iterator[str]:
        return iter(self.network.variables if self.withheld is None else ())

    def __len__(self) -> int:
        return len(self.network.variables) if self.withheld is None else 0

    def __repr__(self) -> str:
        if self.withheld is not None:
            return f"Posterior({self.network.name!r}, withheld)"
        return f"Posterior({self.network.name!r}, log_evidence={self.log_evidence:.3f})"

    def __str__(self) -> str:
        if self.withheld is not None:
            return "\n".join(self.withheld.lines())
        lines = [f"{name}: {_shares(self[name])}" for name in self]
        return "\n".join([f"P(variable | findings) in {self.network.name}", *lines])

    def present(self, name: str) -> float:
        """Return P(variable is in any state but its first, healthy one)."""
        return 1.0 - float(self.row[self.network.slices[name].start])


def _shares(states: States) -> str:
    return ", ".join(f"{state} {chance:.1%}" for state, chance in states.items())


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
    log_evidence = min(float(beliefs.log_evidence[0]), 0.0)
    if log_evidence == -math.inf:
        raise impossible(network, told)
    return Posterior(network, beliefs.marginals[0], log_evidence)


def joint(network: Network, findings: Findings, states: Mapping[str, str], now: Posterior) -> float:
    """Return P(all `states` | findings) = P(states, findings) / P(findings); `states` are of
    variables without findings.
    """
    row = encode(network, [{**findings, **states}])
    return float(math.exp(engine_for(network)(row).log_evidence[0] - now.log_evidence))
