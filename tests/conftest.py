"""The car, the shipped network that any test may use, and the same with red flags."""

from __future__ import annotations

import pytest

import backpain_bn as bb
from tests.oracles.networks import FLAGGED_CAR


@pytest.fixture(scope="session")
def car() -> bb.Network:
    """The car that will not start."""
    return bb.load("car")


@pytest.fixture(scope="session")
def flagged_car() -> bb.Network:
    """The car with red flags of its own."""
    return bb.load(FLAGGED_CAR)
