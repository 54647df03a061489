"""No answer puts anything down to a cause without saying in which state it is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import backpain_bn as bb
from backpain_bn.decide import next_questions
from backpain_bn.explain.causal_paths import causal_paths
from backpain_bn.uncertainty.monte_carlo import robustness
from backpain_bn.uncertainty.rank_flips import rank_flips

TOLD = {"no_start": "yes", "dim_lights": "yes"}
STATES = r"(under 3|3 to 5|over 5) years"
NAMED = rf"( \({STATES}|: {STATES})"
ANSWERS: dict[str, Callable[[bb.Network], object]] = {
    "the answer": lambda car: bb.diagnose(TOLD, car),
    "questions": lambda car: next_questions(car, TOLD),
    "paths": lambda car: causal_paths(car, TOLD, "battery_age"),
    "intervals": lambda car: robustness(car, TOLD, draws=100),
    "flips": lambda car: rank_flips(car, TOLD),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_cause_that_is_no_plain_yes_is_named_with_its_states(
    car: bb.Network, answer: str
) -> None:
    said = " ".join(str(ANSWERS[answer](car)).split())
    after = re.findall(r"age of the battery(.{30})", said, re.IGNORECASE)
    assert after and all(re.match(NAMED, words, re.IGNORECASE) for words in after), after
