"""A shipped network after something was set by hand: one posterior per setting, kept."""

from __future__ import annotations

from functools import cache

import backpain_bn as bb


@cache
def intervened(voice: str, *settings: tuple[str, str]) -> bb.Posterior:
    """Return everything that is known of the network `voice` after do(settings)."""
    return bb.posterior(bb.load(voice).do(**dict(settings)))


def risk(network: bb.Network, effect: str, **settings: str) -> float:
    """Return P(effect in its last state | do(settings))."""
    return intervened(network.name, *settings.items())[effect][network[effect].states[-1]]


def effect_of(network: bb.Network, cause: str, effect: str) -> float:
    """Return P(effect | do(cause in its last state)) - P(effect | do(cause in its first state))."""
    first, *_, last = network[cause].states
    return risk(network, effect, **{cause: last}) - risk(network, effect, **{cause: first})
