"""Why one rather than the other: against the difference of both hypotheses' own Shapley values by
enumeration, the question that tells most, and what cannot be asked.
"""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.explain.contrast import contrast
from backpain_bn.inference.evidence import encode
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from tests.decide.test_next_questions import certain, clinic
from tests.oracles.enumeration import enumerate_beliefs

TOLD: dict[str, Any] = {"pain": "yes", "sit": "much", "drop": "no"}


def probability(network: Network, findings: Findings, variable: str) -> float:
    """P(variable is not in its first state | findings), from the whole joint."""
    row = enumerate_beliefs(network, encode(network, [findings])).marginals[0]
    return float(row[network.slices[variable]][1:].sum())


def log_ratio(network: Network, findings: Findings, one: str, other: str) -> float:
    return 10 * math.log10(
        probability(network, findings, one) / probability(network, findings, other)
    )


def test_weights_are_the_mean_over_all_orders_and_add_up() -> None:
    network = clinic()
    found = contrast(network, TOLD, "hip", "core")
    expected = dict.fromkeys(TOLD, 0.0)
    for order in permutations(TOLD):
        told: dict[str, Any] = {}
        for name in order:
            before = log_ratio(network, told, "hip", "core")
            told[name] = TOLD[name]
            expected[name] += (log_ratio(network, told, "hip", "core") - before) / 6
    assert {row.variable: row.weight for row in found} == pytest.approx(expected, abs=1e-9)
    assert found.before == pytest.approx(log_ratio(network, {}, "hip", "core"))
    assert found.after == pytest.approx(log_ratio(network, TOLD, "hip", "core"))
    assert sum(row.weight for row in found) == pytest.approx(found.after - found.before)


def test_it_is_the_other_way_round_from_the_other_side() -> None:
    one = contrast(clinic(), TOLD, "hip", "core")
    other = contrast(clinic(), TOLD, "core", "hip")
    assert [row.weight for row in one] == pytest.approx([-row.weight for row in other])
    assert one.after == pytest.approx(-other.after)
    assert one.ask is not None and other.ask is not None
    assert one.ask.variable == other.ask.variable
    assert "Speaks for tight hip: " in str(one)


def test_the_question_is_the_one_that_moves_the_ratio_most() -> None:
    network = clinic()
    found = contrast(network, {"pain": "yes"}, "hip", "core")
    now = log_ratio(network, {"pain": "yes"}, "hip", "core")
    moves = {}
    row = enumerate_beliefs(network, encode(network, [{"pain": "yes"}])).marginals[0]
    for name in ("sit", "stranger", "drop", "hip_test", "core_test"):
        chances = row[network.slices[name]]
        after = [
            log_ratio(network, {"pain": "yes", name: state}, "hip", "core")
            for state in network[name].states
        ]
        moves[name] = float(chances @ np.abs(np.array(after) - now))
    assert found.ask is not None
    assert found.ask.variable == max(moves, key=moves.__getitem__) == "hip_test"
    assert found.ask.moves == pytest.approx(moves["hip_test"])
    assert "Hip test. Do it." in " ".join(str(found).split())


def test_what_settles_it_is_infinite_and_leaves_nothing_to_ask() -> None:
    network = clinic()
    variables = dict(certain().variables) | {"stranger": network["stranger"]}
    mixed = Network("mixed", variables, outcome="pain", vocabulary=network.vocabulary)
    found = contrast(mixed, {"ache": "no"}, "hip", "stranger")
    assert found[0].weight == -math.inf and found.after == -math.inf and found.ask is None
    assert found.to_dicts()[0]["weight"] is None
    assert "hip is ruled out" in str(found).lower()


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ("hip", "hip", "hip cannot be set against itself; name another variable"),
        ("hip", "pain", r"pain is one of the findings \(pain=yes\); compare variables"),
        ("pain", "hip", r"pain is one of the findings \(pain=yes\); compare variables"),
        ("hip", "cor", 'unknown variable "cor"; did you mean "core"'),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(one: str, other: str, message: str) -> None:
    with pytest.raises(bb.BackpainError, match=message):
        bb.diagnose({"pain": "yes"}, clinic()).why(one, rather_than=other)


def test_a_state_of_the_other_may_be_named() -> None:
    found: Any = bb.diagnose({"pain": "yes"}, clinic()).why("hip", rather_than="core=no")
    ratio = probability(clinic(), {"pain": "yes"}, "hip") / (
        1 - probability(clinic(), {"pain": "yes"}, "core")
    )
    assert found.after == pytest.approx(10 * math.log10(ratio))


def test_nothing_told_and_more_than_sixteen_findings() -> None:
    found = contrast(clinic(), {}, "hip", "core")
    assert len(found) == 0 and found.before == found.after
    assert "before your answers" in str(found)
