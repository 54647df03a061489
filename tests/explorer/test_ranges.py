"""The ranges that the page draws are about Python's."""

from __future__ import annotations

import shutil

import pytest

from backpain_bn.explorer import page
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, Row, Table
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Source, Variable
from backpain_bn.uncertainty.monte_carlo import robustness
from tests.browser.chromium import missing
from tests.explorer.node import run
from tests.oracles.networks import WORDS

CODE = """
const network = new Reasoner(given.model), some = given.causes.map((id) => network.byId.get(id));
const found = finished(network.shareRanges(given.case, {}, some));
console.log(JSON.stringify([...found].map(([v, ends]) => [v.id, ends])));
"""


@pytest.fixture(autouse=True, scope="module")
def node() -> None:
    if not shutil.which("node"):
        missing("node")


def garden(sources: tuple[str, ...]) -> Network:
    """Three causes of one outcome, with ranges; two links of them rest on the same sources."""
    load = Table(
        (), (Row((), (Number(0.5, 0.4, 0.6), Number(0.3, 0.2, 0.4), Number(0.2, 0.1, 0.3))),)
    )
    rain = Table((), (Row((), (Number(0.7, 0.6, 0.8), Number(0.3, 0.2, 0.4))),))
    dew = NoisyOr(Number(0.2, 0.05, 0.4), (Mechanism({"rain": ("yes",)}, Number(0.3, 0.1, 0.5)),))
    links = (
        Mechanism({"load": ("mid", "high")}, Number(0.3, 0.1, 0.5, sources)),
        Mechanism({"rain": ("yes",)}, Number(0.4, 0.2, 0.6, sources)),
        Mechanism({"dew": ("yes",)}, Number(0.1, 0.02, 0.2)),
    )
    yes_no = ("no", "yes")
    wet = Variable("wet", yes_no, NoisyOr(Number(0.1, 0.05, 0.15), links), role="presentation")
    variables = {
        "load": Variable("load", ("low", "mid", "high"), load, role="risk_factor"),
        "rain": Variable("rain", yes_no, rain, role="risk_factor"),
        "dew": Variable("dew", yes_no, dew, role="impairment"),
        "wet": wet,
    }
    rows = {"X-1": Source("X-1", "study", "a figure", read="A")}
    return Network("garden", variables, outcome="wet", vocabulary=WORDS, sources=rows)


@pytest.mark.parametrize("sources", [(), ("X-1",)], ids=["apart", "one study"])
def test_ranges_are_about_pythons(sources: tuple[str, ...]) -> None:
    network, case = garden(sources), {"wet": "yes"}
    sure = {row.contributor.variable: row for row in robustness(network, case, 4000).rows}
    data = {"model": page.model(network), "case": case, "causes": list(sure)}
    found = dict(run(CODE, data))
    for name, row in sure.items():
        low, high = row.share
        assert found[name] == pytest.approx([low, high], abs=0.25 * (high - low)), name
        assert found[name][0] < row.contributor.share < found[name][1]


def test_where_no_number_has_a_range_nothing_is_drawn() -> None:
    sure = Table((), (Row((), (Number(0.7, 0.7, 0.7), Number(0.3, 0.3, 0.3))),))
    link = Mechanism({"rain": ("yes",)}, Number(0.5, 0.5, 0.5))
    wet = NoisyOr(Number(0.1, 0.1, 0.1), (link,))
    variables = {
        "rain": Variable("rain", ("no", "yes"), sure, role="risk_factor"),
        "wet": Variable("wet", ("no", "yes"), wet, role="presentation"),
    }
    network = Network("n", variables, outcome="wet", vocabulary=WORDS)
    data = {"model": page.model(network), "case": {"wet": "yes"}, "causes": ["rain"]}
    assert run(CODE, data) == []
