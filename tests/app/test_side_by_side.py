"""Eight threads and four processes on one network say what one after the other says."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import product

import pytest

import backpain_bn as bb
from backpain_bn.formats.text_files import SHIPPED

THREADS, PROCESSES = 8, 4
Findings = dict[str, str | None]
CASES: list[Findings] = [
    {"battery_age": age, "no_start": start, "dim_lights": dim}
    for age, start, dim in product(("under_3_years", "over_5_years"), ("yes", None), ("no", "yes"))
]


def asked(network: bb.Network | str, findings: Findings) -> dict[str, float]:
    """Return what one case is asked: marginals, shares, the next question and what helps."""
    diagnosis = bb.diagnose(findings, network)
    names = bb.load("car")
    answer = {f"{name}={state}": p for name in names for state, p in diagnosis[name].items()}
    answer |= {f"share of {row.variable}": row.share for row in diagnosis.contributors()}
    answer |= {f"bits of {row.variable}": row.bits for row in diagnosis.next_questions()}
    return answer | {f"effect of {row.name}": row.effect for row in diagnosis.what_helps()}


def same(found: list[dict[str, float]], serial: list[dict[str, float]]) -> None:
    """Assert that answers are the same but for the last bits: a network that is asked often is
    answered by a circuit.
    """
    for one, other in zip(found, serial, strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-12)


def test_threads_and_processes_answer_as_one_after_the_other(car: bb.Network) -> None:
    serial = [asked(car, findings) for findings in CASES]
    # Nobody has asked this one yet: all threads meet before anything is worked out.
    fresh = bb.load(SHIPPED / "car.yaml")
    with ThreadPoolExecutor(THREADS) as pool:
        same(list(pool.map(partial(asked, fresh), CASES)), serial)
        same(list(pool.map(partial(asked, car), CASES)), serial)
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("forkserver")) as pool:
        same(list(pool.map(partial(asked, "car"), CASES)), serial)
