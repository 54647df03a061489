"""Where another contributor overtakes, against contributors worked out anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.explain.attribution import contributors
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import Parameter
from backpain_bn.model.variables import Variable
from backpain_bn.uncertainty.rank_flips import rank_flips
from tests.oracles.networks import WORDS, YES_NO
from tests.uncertainty.networks import changed, small


@pytest.mark.parametrize(
    "findings",
    [
        {},
        {"pain": "yes"},
        {"pain": "yes", "sit": "long"},
        {"pain": "yes", "ache": "yes", "weak": "no"},
    ],
)
def test_shares_at_range_ends_and_turns_are_those_of_the_changed_network(
    findings: bb.Findings,
) -> None:
    network = small()
    found = rank_flips(network, findings)
    anew = contributors(network, findings)
    first = anew[0]
    assert (found.first, found.share) == (first.variable, first.share)
    near = [row.variable for row in anew if first.share - row.share <= 0.005]
    assert [found.first, *found.level] == near
    assert len(found.rows) >= 3
    for row in found.rows:
        for t, share in (
            (row.parameter.number.low, row.low),
            (row.parameter.number.high, row.high),
        ):
            anew = {
                one.variable: one.share
                for one in contributors(changed(network, row.parameter, t), findings)
            }
            assert share == pytest.approx(anew[found.first], abs=1e-10), row.parameter
        assert_turn(network, findings, found.first, row.parameter, row.at, row.rival)


def assert_turn(
    network: Network,
    findings: bb.Findings,
    first: str,
    one: Parameter,
    at: float | None,
    rival: str,
) -> None:
    if at is None:
        for t in np.linspace(0.001, 0.999, 9):
            assert contributors(changed(network, one, t), findings)[0].variable == first
        return
    p = one.number.p
    beyond, before = at + (at - p) * 1e-6, at - (at - p) * 1e-6
    if 0 <= beyond <= 1:
        assert contributors(changed(network, one, beyond), findings)[0].variable == rival
    assert contributors(changed(network, one, before), findings)[0].variable == first
    for t in np.linspace(p, before, 7):
        assert contributors(changed(network, one, t), findings)[0].variable == first


def test_turns_exist_on_both_sides_of_a_range() -> None:
    rows = rank_flips(small(), {"pain": "yes"}).rows
    assert any(row.within for row in rows) and any(
        row.at is not None and not row.within for row in rows
    )
    assert any(row.at is None and row.rival == "" for row in rows)


def test_a_turn_does_not_depend_on_where_the_range_ends() -> None:
    network = small()
    turning = [row for row in rank_flips(network, {"pain": "yes"}).rows if row.at is not None]
    assert any(row.at < row.parameter.number.p for row in turning) and any(
        row.at > row.parameter.number.p for row in turning
    )
    for row in turning:
        p = row.parameter.number.p
        for end in (
            row.at + (row.at - p) * 1e-3,
            row.at - (row.at - p) * 1e-3,
            0.0 if row.at < p else 1.0,
            p,
        ):
            object.__setattr__(row.parameter.number, "low", min(end, p))
            object.__setattr__(row.parameter.number, "high", max(end, p))
            again = {
                id(one.parameter.number): one for one in rank_flips(network, {"pain": "yes"}).rows
            }[id(row.parameter.number)]
            assert again.at == pytest.approx(row.at, abs=1e-9) and again.rival == row.rival
            assert again.within == (min(end, p) <= row.at <= max(end, p))


def test_an_impossible_end_of_a_range_has_the_share_of_its_limit() -> None:
    cause = NoisyOr(Number(0.0, 0.0, 0.0), (Mechanism({"a": ("yes",)}, Number(0.5, 0.0, 0.9)),))
    a = Variable("a", YES_NO, prior(0.6, 0.4), "A", "risk_factor")
    network = Network(
        "one",
        {"a": a, "b": Variable("b", YES_NO, cause, "B", "presentation")},
        outcome="b",
        vocabulary=WORDS,
    )
    found = rank_flips(network, {"b": "yes"})
    assert found.share == pytest.approx(1, abs=1e-14)
    assert all(np.isfinite([row.low, row.high]).all() for row in found.rows)


def test_without_causes_nothing_turns() -> None:
    network = Network(
        "bare",
        {"pain": Variable("pain", YES_NO, prior(0.7, 0.3), "Pain", "presentation")},
        outcome="pain",
        vocabulary=WORDS,
    )
    assert rank_flips(network, {"pain": "yes"}).rows == () and rank_flips(network, {}).views() == []
    with pytest.raises(bb.BackpainError, match="names no outcome"):
        rank_flips(replace(network, outcome=""), {})
