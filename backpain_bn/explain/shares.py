"""What part of an outcome is due to each cause, to several at once, and to none of them: the
probability of causation given all findings.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from ..errors import BackpainError, no_outcome
from ..inference.beliefs import Array
from ..inference.counterfactuals import Otherwise, Slopes, two_worlds
from ..inference.engine import engine_for
from ..inference.evidence import encode
from ..model.findings import Findings
from ..model.network import Network


class Shares(NamedTuple):
    """Of the outcome of n rows: `causes` (n, causes) the share due to each cause, and `unexplained`
    (n,) what would be there if all of them were healthy.
    """

    causes: Array
    unexplained: Array


def attributable_shares(
    network: Network,
    rows: Array,
    causes: Sequence[str],
    *,
    parameters: Array | None = None,
    marginals: Array | None = None,
) -> Shares:
    """Return the share of each cause in each of n rows of likelihoods (n, S): its probability of
    causation, given all findings.

    share_c = P(c != healthy, Y' absent | row, Y present), Y the outcome and Y' the outcome of the
    same case had c been healthy (Robins and Greenland 1989; probability of necessity, Pearl 1999;
    Tian and Pearl 2000), in two worlds that share every switch (Balke and Pearl 1994).
    unexplained = P(Y' present | row, Y present) had all causes been healthy. What was told of the
    outcome is set aside where it says absent, and so is what follows from the outcome where even
    then it cannot be present; where it never can be, shares are 0. `parameters` (n, P) gives every
    row its own, as in `answers`. `marginals` (n, S) is what is believed of the causes where more is
    known than the rows say: shares are those among cases that have the cause, times how likely it
    is by then, which is exact where the rest bears on the outcome through that cause alone;
    `unexplained` goes by the rows. An explicit table below a cause follows one uniform draw in both
    worlds, its states in their order. Raises `BackpainError` where the network names no outcome, or
    a healthy state is not known, and `TooHard`.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.5)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.7, 0.3)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ...     outcome="wet",
    ... )
    >>> attributable_shares(garden, encode(garden, [{"wet": "yes"}]), ["rain"]).causes.round(3)
    array([[0.574]])
    """
    sets = [*([name] for name in causes), list(causes)]
    found = otherwise(network, rows, sets, parameters=parameters).changed
    shares = found[:, :-1]
    if marginals is not None:
        shares = shares * _likelier(network, rows, causes, marginals)
    return Shares(shares, 1 - found[:, -1])


def _likelier(network: Network, rows: Array, causes: Sequence[str], marginals: Array) -> Array:
    """Return for n rows how many times as likely each cause is present (n, causes), the outcome
    supposed to be, by the marginals as by the rows.

    The outcome multiplies the odds of a cause by as much as it does by the rows alone.
    """
    supposed = supposing(network, rows, True)
    supposed[:, network.slices[network.outcome].start] = 0.0
    healthy = [network.slices[name].start for name in causes]
    engine = engine_for(network)
    usual, now = (1 - engine(each).marginals[:, healthy] for each in (rows, supposed))
    more = 1 - marginals[:, healthy]
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = more / (1 - more) * (now / (1 - now)) / (usual / (1 - usual))
        found: Array = np.where(np.isinf(odds), 1.0, odds / (1 + odds)) / now
    certain = (now <= 0) | (now >= 1)
    return np.where(certain, np.where(more > 0, 1.0, 0.0), found)


def shares_of(
    network: Network, findings: Findings, sets: Sequence[Collection[str]]
) -> tuple[float, ...]:
    """Return for each set of causes the share of the outcome that is due to them together: P(Y'
    absent | findings, Y present) had all of them been healthy (see `attributable_shares`).

    Where none protects it is at least that of each of them; of two that are each enough alone it is
    more than the sum. Raises as `attributable_shares` does, and `UnknownName`.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> links = tuple(Mechanism({name: ("yes",)}, number(1.0)) for name in ("rain", "dew"))
    >>> common = prior(0.5, 0.5)
    >>> variables = {name: Variable(name, ("no", "yes"), common) for name in ("rain", "dew")}
    >>> variables["wet"] = Variable("wet", ("no", "yes"), NoisyOr(number(0), links))
    >>> garden = Network("garden", variables, outcome="wet")
    >>> shares_of(garden, {"rain": "yes", "dew": "yes"}, [["rain"], ["dew"], ["rain", "dew"]])
    (0.0, 0.0, 1.0)
    """
    found = otherwise(network, encode(network, [findings]), sets).changed
    return tuple(found[0].tolist())


def protections(network: Network, rows: Array, causes: Sequence[str]) -> Array:
    """Return for n rows P(Y' present | row, Y absent) of each cause (n, causes): how likely the
    outcome, were it absent, would be present had the cause been healthy.

    Only what acts through a healthy state, or a table, can protect. Raises as
    `attributable_shares` does.
    """
    worlds = two_worlds(network)
    some = [index for index, name in enumerate(causes) if worlds.may_protect([name])]
    found = np.zeros((len(rows), len(causes)))
    found[:, some] = otherwise(network, rows, [[causes[i]] for i in some], present=False).changed
    return found


def otherwise(
    network: Network,
    rows: Array,
    sets: Sequence[Collection[str]],
    *,
    present: bool = True,
    parameters: Array | None = None,
) -> Otherwise:
    """Return for n rows and each set of causes the probability that the outcome, supposed to be
    `present` or absent, would be otherwise had all of the set been healthy (see
    `attributable_shares`).
    """
    if not network.outcome:
        raise no_outcome(network.name)
    _ = network[network.outcome].healthy
    for name in (name for names in sets for name in names):
        _ = network[name].healthy
        if name == network.outcome:
            raise BackpainError(f"{name} is the outcome itself; it cannot be its own cause")
    likely = supposing(network, rows, present)
    own = None if parameters is None else np.atleast_2d(parameters)
    if own is not None and len(own) == 1:
        own = own[0]
    elif own is not None and len(likely) == 1:
        likely = np.repeat(likely, len(own), axis=0)
    return two_worlds(network).otherwise(likely, sets, present, own)


def share_slopes(network: Network, findings: Findings, causes: Sequence[str]) -> Slopes:
    """Return P(Y' absent, Y present, e) of each cause, relative to P(Y present, e), and how these
    follow each parameter, the first being P(Y present, e) itself (see `attributable_shares`).

    All of them are linear in each number as long as the others stay, for two worlds share their
    switches; tables that are read by one draw in both worlds are left out.
    """
    row = supposing(network, encode(network, [findings]), True)
    return two_worlds(network).slopes(row, [[name] for name in causes])


def supposing(network: Network, rows: Array, present: bool) -> Array:
    """Return the rows with the findings set aside that rule out what is supposed of the outcome:
    those on the outcome itself, and if that is not enough, those on what follows from it.

    >>> from backpain_bn.model import Variable, prior
    >>> wet = Variable("wet", ("no", "yes"), prior(0.7, 0.3))
    >>> garden = Network("garden", {"wet": wet}, outcome="wet")
    >>> supposing(garden, encode(garden, [{"wet": "no"}, {"wet": "yes"}]), True).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    place = network.slices[network.outcome]
    healthy = place.start + 1
    supposed = slice(healthy, place.stop) if present else slice(place.start, healthy)
    likely, asked = rows.copy(), rows.copy()
    ruled_out = ~rows[:, supposed].any(axis=1)
    likely[ruled_out, place] = asked[ruled_out, place] = 1.0
    asked[:, slice(place.start, healthy) if present else slice(healthy, place.stop)] = 0.0
    lost = np.isneginf(two_worlds(network).log_evidence(asked))
    for name in (network.outcome, *network.descendants(network.outcome)):
        likely[lost, network.slices[name]] = 1.0
    return likely
