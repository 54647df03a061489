"""All numbers of a network drawn at once from their ranges, and the judgements behind converted
numbers with them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import whole
from ..formats.effect_sizes import link_strength
from ..inference.beliefs import Array
from ..model.distributions import Association, Conversion, Number
from ..model.network import Network
from ..model.numbers import Parameter, numbers_of, parameters_of

WIDTH_95 = 3.92
"""A cited range is taken for a 95 % interval: so many standard deviations wide."""
MOST_DRAWS = 1_000_000
INSIDE = 1e-12
"""A drawn probability keeps this distance from 0 and 1: only what is written as impossible is
impossible.
"""
SCALE = "scale"


def beta(number: Number) -> tuple[float, float] | None:
    """Return the two parameters of the Beta distribution that a number's range stands for; None
    where there is nothing to draw.

    Mean p, standard deviation sd = (high - low) / 3.92: alpha = p nu and beta = (1 - p) nu, where
    nu = p (1 - p) / sd^2 - 1. Where the range is too wide for that, nu = 1 / max(p, 1 - p): as wide
    as can be without two peaks. What is 0 or 1 stays so.

    >>> [round(value, 3) for value in beta(Number(0.15, 0.05, 0.30))]
    [4.552, 25.795]
    >>> beta(Number(0.15, 0.15, 0.15)) is None
    True
    """
    p, sd = number.p, (number.high - number.low) / WIDTH_95
    if not 0 < p < 1 or sd <= INSIDE:
        return None
    nu = max(p * (1 - p) / sd**2 - 1, 1 / max(p, 1 - p))
    return p * nu, (1 - p) * nu


NO_RANGES = "No number of this network has a range, so how sure this is cannot be said."


def without_range(network: Network) -> tuple[int, int]:
    """Return how many numbers between 0 and 1 have no range, and how many such numbers there
    are.
    """
    open_numbers = [one.number for one in numbers_of(network) if 0 < one.number.p < 1]
    return sum(beta(number) is None for number in open_numbers), len(open_numbers)


def has_ranges(network: Network) -> bool:
    """Return whether any number may be other than it is."""
    fixed, every = without_range(network)
    return fixed < every


def check_draws(draws: int, seed: int = 0) -> None:
    """Raise `BackpainError` for fewer than one draw or more than a million, a seed below 0, and
    what is no whole number.
    """
    whole("the number of draws", draws, 1, MOST_DRAWS)
    whole("the seed", seed, 0)


def drawn(network: Network, draws: int, seed: int) -> Array:
    """Return sets of the engine's parameters, shape (draws, P): every number drawn from its range.

    Each link, leak and state but the first has its own Beta (see `beta`); the first state takes the
    rest, and a row whose others exceed 1 is scaled back to 1. A link converted from a published
    ratio is converted anew from a ratio drawn within its shrunk interval (normal, of logs), under
    discounts and a scale that are drawn once each (Beta) and shared by all links that use them.
    Numbers that rest first on the same study (expert judgement and claims are none) are high in the
    same draws and low in the same draws, as if the study had read high or low; only the states of
    one row, which compete, never share. Same seed, same draws.
    """
    chance = np.random.default_rng(seed)
    judged = _judgements(network.conversion, draws, chance)
    ranks: dict[tuple[str, int], NDArray[np.intp]] = {}
    own = parameters_of(network)
    tables = np.repeat(own[None], draws, axis=0)
    touched: set[tuple[int, int]] = set()
    for one in numbers_of(network):
        shape = beta(one.number)
        if shape is None:
            continue
        found = one.number.derived
        sample = _by_itself(found, shape, draws, chance)
        study = first_study(network, one.number)
        if study:
            key = (study, one.position)
            if key not in ranks:
                ranks[key] = chance.permutation(draws)
            sample = np.sort(sample)[ranks[key]]
        if found is not None:
            sample = _links(found, network.conversion, judged, sample)
        tables[:, one.first + one.position] = sample.clip(INSIDE, 1 - INSIDE)
        touched.add((one.first, one.size))
    for first, size in touched:
        cells = tables[:, first : first + size]
        if own[first] > 0:
            cells[:, 0] = np.maximum(1 - cells[:, 1:].sum(axis=1), INSIDE)
        else:
            cells[:, 0] = 0.0
        cells /= cells.sum(axis=1, keepdims=True)
    return tables


def _by_itself(
    found: Association | None,
    shape: tuple[float, float],
    draws: int,
    chance: np.random.Generator,
) -> Array:
    """Return draws (draws,) of a number, or of how far an association is from its middle."""
    if found is None:
        return chance.beta(*shape, size=draws)
    return chance.standard_normal(draws)


def _judgements(
    conversion: Conversion, draws: int, chance: np.random.Generator
) -> Mapping[str, Array]:
    """Return draws (draws,) of each of the `judgements`."""
    found = {}
    for name, number in judgements(conversion).items():
        shape = beta(number)
        if shape is None:
            found[name] = np.full(draws, number.p)
        else:
            found[name] = chance.beta(*shape, size=draws).clip(INSIDE, 1 - INSIDE)
    return found


def judgements(conversion: Conversion) -> Mapping[str, Number]:
    """Return the scale and the discounts of a conversion, each by its name."""
    return {SCALE: conversion.scale, **{_of(name): one for name, one in conversion.designs.items()}}


def _of(design: str) -> str:
    return f"discount of {design}"


def _links(
    found: Association, conversion: Conversion, judged: Mapping[str, Array], z: Array
) -> Array:
    """Return the link (draws,) that an association becomes in each draw of judgements and z."""
    discounts, scales = judged[_of(found.design)], judged[SCALE]
    each = zip(discounts.tolist(), scales.tolist(), z.tolist(), strict=True)
    return np.array([link_strength(found, conversion.prior_sd, *values) for values in each])


def links_through(network: Network, judgement: str) -> tuple[Parameter, ...]:
    """Return the links that passed one of the `judgements` when they were converted."""
    return tuple(
        one
        for one in numbers_of(network)
        if one.number.derived is not None and judgement in (SCALE, _of(one.number.derived.design))
    )


def judged_otherwise(network: Network, judgement: str, value: float) -> Array:
    """Return the engine's parameters (P,) where one of the `judgements` has another value: all
    links that passed it change together.
    """
    conversion = network.conversion
    known = {name: number.p for name, number in judgements(conversion).items()}
    known[judgement] = value
    own = parameters_of(network).copy()
    for one in links_through(network, judgement):
        found = one.number.derived
        if found is not None:
            discount, scale = known[_of(found.design)], known[SCALE]
            own = one.at(own, link_strength(found, conversion.prior_sd, discount, scale))
    return own


def first_study(network: Network, number: Number) -> str:
    """Return the first study that a number rests on; nothing where it rests on none."""
    studies = (id for id in number.sources if id in network.sources and network.sources[id].counts)
    return next(studies, "")
