"""Several threads ask the same network at once, and each gets what one thread alone would."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TypeVar

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.decide import next_questions
from backpain_bn.explain.share_updates import share_updates
from backpain_bn.inference.evidence import encode
from backpain_bn.inference.one_case import BLOCK, LINE, Scratch
from backpain_bn.inference.recent import Recent

THREADS, ROUNDS = 4, 6
CASES = (
    {"no_start": "yes"},
    {"no_start": "yes", "dim_lights": "yes"},
    {"no_start": "yes", "fuel_gauge": "empty"},
    {"dim_lights": "no", "no_start": "yes", "worn_spark_plugs": "no"},
)
Answer = TypeVar("Answer")


@pytest.fixture(autouse=True)
def threads_take_turns_often() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def at_once(ask: Callable[[int], Answer]) -> list[Answer]:
    """Return the answers of all threads, which begin together."""
    ready = Barrier(THREADS)

    def begin(number: int) -> Answer:
        ready.wait()
        return ask(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begin, range(THREADS)))


def anew(network: bb.Network, number: int) -> bb.Network:
    """Return the network under a name of which nothing is remembered yet."""
    return replace(network, name=f"{network.name}_{number}")


def test_share_updates_of_several_threads_are_those_of_one(car: bb.Network) -> None:
    names = [name for name in car if name not in {*CASES[1], *car.causes}]
    row = encode(car, [CASES[1]])
    wanted = share_updates(car, row, car.causes, names)
    for turn in range(ROUNDS):
        network = anew(car, turn)
        for found in at_once(lambda _, it=network: share_updates(it, row, it.causes, names)):
            for part, right in zip(found, wanted, strict=True):
                assert np.abs(part - right).max() < 1e-12


def test_next_questions_of_several_threads_are_those_of_one(car: bb.Network) -> None:
    def asked(network: bb.Network, case: dict[str, str]) -> list[tuple[str, float]]:
        return [(one.variable, one.value) for one in next_questions(network, case, steps=1)]

    wanted = [asked(car, case) for case in CASES]
    for turn in range(2):
        network = anew(car, 100 + turn)
        for found, right in zip(
            at_once(lambda number, it=network: asked(it, CASES[number])), wanted, strict=True
        ):
            assert [name for name, _ in found] == [name for name, _ in right]
            assert np.allclose([v for _, v in found], [v for _, v in right], rtol=0, atol=1e-12)


def test_posteriors_of_several_threads_are_those_of_one(car: bb.Network) -> None:
    names = [name for name in car if name != "no_start"]
    # More kinds of findings than there is room for, so that what was kept is thrown out meanwhile.
    cases = [{name: state} for name in names for state in car.states[name]]
    wanted = [bb.posterior(car, case) for case in cases]

    def ask(number: int) -> list[bb.Posterior]:
        return [bb.posterior(network, case) for case in cases[number:] + cases[:number]]

    for turn in range(ROUNDS):
        network = anew(car, 200 + turn)
        for number, found in enumerate(at_once(ask)):
            for one, right in zip(found, wanted[number:] + wanted[:number], strict=True):
                for name in car:
                    for state in car.states[name]:
                        assert abs(one[name][state] - right[name][state]) < 1e-12


def test_what_is_kept_is_never_lost_under_other_threads() -> None:
    kept: Recent[int] = Recent(3)

    def ask(number: int) -> bool:
        keys = [(step * (number + 1)) % 7 for step in range(4_000)]
        return all(kept.of(key, lambda it=key: it**2) == key**2 for key in keys)

    assert at_once(ask) == [True] * THREADS
    assert len(kept.values()) == 3


def test_none_is_kept_as_any_other_value() -> None:
    kept: Recent[None] = Recent(2)
    made: list[int] = []
    for key in (1, 1, 2, 1, 3, 2):
        kept.of(key, lambda it=key: made.append(it))
    assert made == [1, 2, 3, 2]


def test_room_is_given_to_several_threads() -> None:
    size = BLOCK + 5 * LINE
    for _ in range(50):
        scratch = Scratch()

        def ask(number: int, room: Scratch = scratch) -> tuple[int, ...]:
            take = room.room()
            sizes = [size * (1 + (number + step) % 3) for step in range(6)]
            return tuple(take((one,)).size - one for one in sizes)

        assert at_once(ask) == [(0,) * 6] * THREADS
