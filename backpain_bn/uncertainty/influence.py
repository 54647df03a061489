"""Which numbers of a network its answers hang on most, each moved through its own range."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..display.words import number_words, plain
from ..explain.shares import attributable_shares
from ..inference.beliefs import Array
from ..inference.evidence import encode
from ..inference.interventions import SeenAndDone, answers
from ..model.distributions import Number
from ..model.network import Network
from ..model.numbers import JUDGEMENT, number_class, numbers_of, parameters_of
from ..records import record
from .draws import judged_otherwise, judgements, links_through

AT_ONCE = 128
"""So many sets of parameters are answered at once."""
UNEXPLAINED = ""
"""Stands for what no cause explains where a cause is named."""


@record
class Influence:
    """One number and what it does while it runs through its own range: P(outcome) at the `low` and
    `high` end, before any finding, and by how much it moves the `share` of the cause whose share it
    moves most (`share_of`; nothing: what no cause explains), the outcome being present.
    """

    what: str
    variable: str
    kind: str
    number: Number
    low: float
    high: float
    share: float
    share_of: str

    @property
    def size(self) -> float:
        """The larger of the two swings, by which numbers are ranked."""
        return max(abs(self.high - self.low), self.share)


def influences(network: Network) -> tuple[Influence, ...]:
    """Return every number that has a range, and every judgement that links passed when they were
    converted, the most influential first; none where there is no outcome or no cause.

    One at a time: the others stay, siblings in a row make room in proportion. Shares as in
    `attributable_shares`. Raises as that does.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, prior
    >>> wet = NoisyOr(
    ...     Number(0.1, 0.05, 0.2, ("expert",)),
    ...     (Mechanism({"rain": ("yes",)}, Number(0.9, 0.89, 0.91)),),
    ... )
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ...     outcome="wet",
    ... )
    >>> for one in influences(garden):
    ...     print(one.what, round(one.low, 3), round(one.high, 3), round(one.share, 3))
    wet, with none of its causes 0.221 0.344 0.355
    rain > wet 0.26 0.264 0.005
    """
    if not network.outcome or not network[network.outcome].healthy_first or not network.causes:
        return ()
    varied = list(_varied(network))
    if not varied:
        return ()
    tables = np.concatenate([ends for *_, ends in varied])
    outcome, shares = _answers(network, tables)
    names = (*network.causes, UNEXPLAINED)
    found = []
    for index, (what, variable, kind, number, _) in enumerate(varied):
        low, high = outcome[2 * index : 2 * index + 2].tolist()
        swings = abs(shares[2 * index + 1] - shares[2 * index])
        most = int(swings.argmax())
        found.append(
            Influence(what, variable, kind, number, low, high, float(swings[most]), names[most])
        )
    return tuple(sorted(found, key=lambda one: -one.size))


Varied = tuple[str, str, str, Number, Array]
"""What a number is, its variable, its class, itself, and the parameters (2, P) at its two ends."""


def _varied(network: Network) -> Iterator[Varied]:
    own = parameters_of(network)
    for one in numbers_of(network):
        number = one.number
        if number.low < number.high:
            ends = np.stack([one.at(own, number.low), one.at(own, number.high)])
            kind = number_class(number, network.sources)
            yield number_words(network, one), one.variable, kind, number, ends
    for name, number in judgements(network.conversion).items():
        if number.low < number.high and links_through(network, name):
            ends = np.stack(
                [judged_otherwise(network, name, end) for end in (number.low, number.high)]
            )
            yield f"{plain(name)}, of published ratios", "", JUDGEMENT, number, ends


def _answers(network: Network, tables: Array) -> tuple[Array, Array]:
    """Return under each of n sets of parameters P(outcome) (n,), and the shares of all causes and
    of none (n, causes + 1) where the outcome is present.
    """
    variable = network[network.outcome]
    columns = [
        network.slices[variable.name].start + network.state(variable.name, state)
        for state in variable.unhealthy
    ]
    nothing = encode(network, [{}])
    present = encode(network, [{variable.name: dict.fromkeys(variable.unhealthy, 1.0)}])
    outcome, shares = [], []
    for start in range(0, len(tables), AT_ONCE):
        some = tables[start : start + AT_ONCE]
        beliefs = next(
            answers(
                network, [SeenAndDone(nothing)], parameters=some, targets=frozenset({variable.name})
            )
        )
        outcome.append(beliefs.marginals[:, columns].sum(axis=1))
        found = attributable_shares(network, present, network.causes, parameters=some)
        shares.append(np.column_stack([found.causes, found.unexplained]))
    return np.concatenate(outcome), np.concatenate(shares)
