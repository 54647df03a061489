"""The car, the shipped network that any test may use, and the same with red flags."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import backpain_bn as bb
from backpain_bn.inference import engine
from tests.oracles.networks import FLAGGED_CAR

USUAL = engine.CIRCUIT_OF_ONE_ROW


@pytest.fixture(autouse=True, scope="session")
def single_rows_stay_with_dense_tables() -> Iterator[None]:
    """A single row that is asked again may by then have moved to the circuit, and differ in its
    last bit: when, hangs on all that was asked before it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "CIRCUIT_OF_ONE_ROW", 2**62)
        yield


@pytest.fixture
def single_rows_go_where_it_is_quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What users get."""
    monkeypatch.setattr(engine, "CIRCUIT_OF_ONE_ROW", USUAL)


@pytest.fixture(scope="session")
def car() -> bb.Network:
    """The car that will not start."""
    return bb.load("car")


@pytest.fixture(scope="session")
def flagged_car() -> bb.Network:
    """The car with red flags of its own."""
    return bb.load(FLAGGED_CAR)
