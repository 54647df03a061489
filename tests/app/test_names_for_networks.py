"""A name or a path where a network is meant: accepted at the front door, a sentence behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import backpain_bn as bb
from backpain_bn.decide import next_questions, weigh, what_helps
from backpain_bn.explain import (
    causal_paths,
    compare,
    conflict,
    contributors,
    most_probable,
    weight_of_evidence,
)
from backpain_bn.formats import from_pgmpy, with_healthy, with_outcome
from backpain_bn.formats.text_files import SHIPPED
from backpain_bn.model.network import divorced
from backpain_bn.uncertainty import rank_flips, robustness, sensitivity

TOLD = {"no_start": "yes"}
BEHIND: list[Callable[[Any], object]] = [
    lambda car: contributors(car, TOLD),
    lambda car: weight_of_evidence(car, TOLD, "weak_battery"),
    lambda car: causal_paths(car, TOLD, "weak_battery"),
    lambda car: most_probable(car, TOLD),
    lambda car: conflict(car, TOLD),
    lambda car: compare(car, TOLD, bb.load("car")),
    lambda car: compare(bb.load("car"), TOLD, car),
    lambda car: sensitivity(car, TOLD, "weak_battery"),
    lambda car: robustness(car, TOLD),
    lambda car: rank_flips(car, TOLD),
    lambda car: next_questions(car, TOLD),
    lambda car: what_helps(car, TOLD),
    lambda car: weigh(car, TOLD, {}),
    divorced,
    lambda car: with_outcome(car, "no_start"),
    lambda car: with_healthy(car, {}),
]


@pytest.mark.parametrize("question", BEHIND)
@pytest.mark.parametrize("given", ["car", None, 3])
def test_behind_the_front_door_a_network_is_asked_for(
    question: Callable[[Any], object], given: object
) -> None:
    with pytest.raises(bb.BackpainError, match=r"^a Network is needed here, not .*bb\.load"):
        question(given)


@pytest.mark.parametrize("given", ["car", SHIPPED / "car.yaml", str(SHIPPED / "car.yaml")])
def test_at_the_front_door_a_name_or_a_path_will_do(given: str | Path, tmp_path: Path) -> None:
    assert bb.diagnose(TOLD, given).network.name == "car"
    assert bb.posterior(given).network.name == "car"
    assert bb.diagnose(TOLD, "car").compare(given)
    bb.save(given, tmp_path / "car.bif")
    assert set(bb.load(tmp_path / "car.bif")) == set(bb.load("car"))


@pytest.mark.parametrize("given", [{}, 3, ["car"]])
def test_at_the_front_door_anything_else_is_refused(given: Any, tmp_path: Path) -> None:
    with pytest.raises(bb.errors.UnknownName, match="unknown network"):
        bb.diagnose(TOLD, given)
    with pytest.raises(bb.errors.UnknownName, match="unknown network"):
        bb.posterior(given)
    with pytest.raises(bb.errors.UnknownName, match="unknown network"):
        bb.save(given, tmp_path / "car.bif")


def test_what_is_no_model_of_pgmpy() -> None:
    with pytest.raises(bb.BackpainError, match='from_pgmpy takes a pgmpy model, not "x"'):
        from_pgmpy("x")  # type: ignore[arg-type]


def test_states_are_named_as_findings_are() -> None:
    car = bb.load("car", healthy={"dim_lights": False})
    assert car["dim_lights"].healthy == "no"
    assert car.do(no_start=True)["no_start"].distribution == (
        car.do(no_start="yes")["no_start"].distribution
    )
