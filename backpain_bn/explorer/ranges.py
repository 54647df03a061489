"""How wide the range of every number is, and which numbers rest on one study: what the page draws
the shares' ranges from (web/ranges.js).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model.distributions import NoisyOr, Number
from ..model.network import Network
from ..model.numbers import numbers_of
from ..uncertainty.draws import WIDTH_95, beta, first_study

NO_STUDY = -1


def ranges(network: Network) -> tuple[list[float], list[int]]:
    """Return beside each number of the page the standard deviation of its Beta (see
    `uncertainty.draws.beta`), 0 where it has no range; and a place for the first study that it
    rests on, -1 where there is none.

    Of a noisy-OR the leak and the strengths are numbers, of a table all cells.

    >>> from backpain_bn.model import Mechanism, Variable, prior
    >>> wet = NoisyOr(
    ...     Number(0.1, 0.0, 0.2), (Mechanism({"rain": ("yes",)}, Number(0.5, 0.5, 0.5)),)
    ... )
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.7, 0.3)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ... )
    >>> ranges(garden)
    ([0, 0, 0.051, 0], [-1, -1, -1, -1])
    """
    known = {(one.first, one.position): one.number for one in numbers_of(network)}
    studies: dict[str, int] = {}
    pairs = [_range(network, known.get(cell), studies) for cell in _cells(network)]
    return [sd for sd, _ in pairs], [place for _, place in pairs]


def _cells(network: Network) -> Iterator[tuple[int, int]]:
    """Yield where each number lies: the first parameter of its row, and its place in that."""
    first = 0
    for variable in network.variables.values():
        count = len(variable.distribution.parameters())
        if isinstance(variable.distribution, NoisyOr):
            yield from ((first + pair, 1) for pair in range(0, count, 2))
        else:
            size = len(variable.states)
            yield from ((first + row, at) for row in range(0, count, size) for at in range(size))
        first += count


def _range(network: Network, number: Number | None, studies: dict[str, int]) -> tuple[float, int]:
    if number is None or beta(number) is None:
        return 0, NO_STUDY
    sd = float(f"{(number.high - number.low) / WIDTH_95:.3g}")
    study = first_study(network, number)
    place = studies.setdefault(study, len(studies)) if study else NO_STUDY
    return sd, place
