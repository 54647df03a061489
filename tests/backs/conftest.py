"""What many tests share: the shipped networks in both voices."""

from __future__ import annotations

import pytest

import backpain_bn as bb

VOICES = ("runner_back_pain", "as_claimed")


@pytest.fixture(params=VOICES)
def voice(request: pytest.FixtureRequest) -> bb.Network:
    """Each shipped network in turn."""
    return bb.load(request.param)


@pytest.fixture
def shipped() -> bb.Network:
    """The network in the studies' voice."""
    return bb.load()
