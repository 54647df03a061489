"""What any test may use of what is shipped: the car."""

from __future__ import annotations

import pytest

import backpain_bn as bb


@pytest.fixture(scope="session")
def car() -> bb.Network:
    """The car that will not start."""
    return bb.load("car")
