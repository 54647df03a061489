"""Shares as functions of one number, straight and in pieces, against shares worked out anew."""

from __future__ import annotations

import numpy as np
import pytest

from backpain_bn.explain.shares import attributable_shares
from backpain_bn.inference.evidence import encode
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import parameters_of
from backpain_bn.uncertainty.share_curves import ShareCurve, share_curves
from tests.explain.test_shares import small as with_tables
from tests.uncertainty.networks import small

GRID = np.linspace(0.01, 0.99, 33)


def anew(network: Network, findings: Findings, curve: ShareCurve) -> np.ndarray:
    own = parameters_of(network)
    tables = np.array([curve.parameter.at(own, float(t)) for t in GRID])
    row = encode(network, [findings])
    return attributable_shares(network, row, network.causes, parameters=tables).causes


@pytest.mark.parametrize(
    ("network", "findings"),
    [
        (small(), {"pain": "yes", "sit": "long"}),
        (small(), {"ache": "yes"}),
        (with_tables(), {"ache": "yes", "load": "high"}),
        (with_tables(), {"ache": "no", "sign": "yes"}),
    ],
)
def test_shares_follow_every_number(network: Network, findings: Findings) -> None:
    for curve in share_curves(network, findings, network.causes):
        found = np.array([curve(float(t)) for t in GRID])
        assert np.abs(found - anew(network, findings, curve)).max() < 1e-10, curve.parameter


def test_tables_below_a_cause_bend_where_their_rows_meet() -> None:
    curves = list(share_curves(with_tables(), {"ache": "yes"}, ["load", "weak"]))
    bent = {curve.parameter.variable for curve in curves if len(curve.t) > 3}
    assert bent == {"weak", "ache"}


@pytest.mark.parametrize(("network", "least"), [(with_tables(), 1), (small(), 2)])
def test_the_first_is_overtaken_where_the_shares_are_equal(network: Network, least: int) -> None:
    findings: Findings = {network.outcome: "yes"}
    shares = attributable_shares(network, encode(network, [findings]), network.causes).causes[0]
    ranked = [network.causes[index] for index in np.argsort(-shares, kind="stable")]
    turns = 0
    for curve in share_curves(network, findings, ranked):
        at, rival = curve.overtaken()
        if at is None:
            for t in GRID.tolist():
                assert curve(t)[0] >= curve(t)[1:].max() - 1e-9
        elif 0 < at < 1:
            turns += 1
            assert curve(at)[rival] == pytest.approx(curve(at)[0], abs=1e-9)
            p = curve.parameter.number.p
            for t in np.linspace(p, at, 9)[1:-1].tolist():
                assert curve(t)[0] >= curve(t)[1:].max() - 1e-9
    assert turns >= least
