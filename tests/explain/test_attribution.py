"""Attributable shares of many rows and many parameters, against the definition by enumeration."""

from __future__ import annotations

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.explain.attribution import attributable_shares, causes_of, contributors
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import NoisyOr, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import numbers_of, parameters_of
from backpain_bn.model.variables import Variable
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS, YES_NO, asia, noisy_or, table

FINDINGS: list[Findings] = [
    {},
    {"ache": "yes"},
    {"ache": "yes", "load": "high", "sign": "yes"},
    {"ache": "yes", "weak": "yes"},
    {"ache": "no", "load": "low"},
    {"ache": "yes", "weak": {"no": 1, "yes": 3}, "strain": "yes"},
]


def small(link: float = 0.6) -> Network:
    """Load behind weak and strain, weak behind strain, both behind an ache; a sign of weak; and a
    brace that spares the ache.
    """
    by_load = {("low",): (0.9, 0.1), ("mid",): (0.7, 0.3), ("high",): (0.5, 0.5)}
    spared = {("no", "no"): (0.6, 0.4), ("no", "yes"): (0.8, 0.2), ("yes", "no"): (0.3, 0.7)}
    ache = table(("strain", "brace"), {**spared, ("yes", "yes"): (0.5, 0.5)})
    return Network(
        "small",
        {
            "load": Variable(
                "load", ("low", "mid", "high"), prior(0.5, 0.3, 0.2), "Load", "risk_factor"
            ),
            "weak": Variable("weak", YES_NO, table(("load",), by_load), "Weak", "impairment"),
            "strain": Variable("strain", YES_NO, noisy_or(0.1, {"weak": link}), "Strain", "form"),
            "brace": Variable("brace", YES_NO, prior(0.8, 0.2), "Brace", "form"),
            "ache": Variable("ache", YES_NO, ache, "Ache", "presentation"),
            "sign": Variable("sign", YES_NO, noisy_or(0.1, {"weak": 0.7}), "Sign", "test"),
        },
        outcome="ache",
        vocabulary=WORDS,
    )


def risk(network: Network, findings: Findings, **settings: str) -> float:
    cut = network.do(**settings)
    beliefs = enumerate_beliefs(cut, encode(cut, [findings]))
    return float(beliefs.marginals[0, network.slices["ache"].start + 1])


def by_definition(network: Network, findings: Findings, name: str) -> float:
    now = enumerate_beliefs(network, encode(network, [findings])).marginals[0]
    below = network.descendants(name) | {name}
    rest = {other: finding for other, finding in findings.items() if other not in below}
    healthy, *unhealthy = network.states[name]
    total = 0.0
    for place, state in enumerate(unhealthy, start=network.slices[name].start + 1):
        without = risk(network, rest, **{name: healthy})
        total += now[place] * (1 - without / risk(network, rest, **{name: state}))
    return total


def test_many_rows_at_once_are_the_definition() -> None:
    network = small()
    found = attributable_shares(network, encode(network, FINDINGS), network.causes)
    assert found.causes.shape == (len(FINDINGS), len(network.causes))
    for row, findings in zip(found.causes, FINDINGS, strict=True):
        wanted = [by_definition(network, findings, name) for name in network.causes]
        assert row == pytest.approx(wanted, abs=1e-10)
    healthy = {name: network[name].healthy for name in network.causes}
    for part, findings in zip(found.unexplained, FINDINGS, strict=True):
        background = {name: each for name, each in findings.items() if name == "load"}
        wanted = risk(network, {}, **healthy) / risk(network, background)
        assert part == pytest.approx(wanted, abs=1e-10)
    brace = network.causes.index("brace")
    assert (found.causes[:, brace] < 0).all(), "it spares the ache"


def test_many_parameters_at_once_are_those_of_the_changed_networks() -> None:
    network = small()
    link = next(one for one in numbers_of(network) if one.variable == "strain" and one.when)
    strengths = (0.0, 0.2, 0.6, 1.0)
    tables = np.array([link.at(parameters_of(network), t) for t in strengths])
    told = encode(network, [{"ache": "yes", "load": "high"}])
    found = attributable_shares(network, told, network.causes, parameters=tables)
    for index, t in enumerate(strengths):
        alone = attributable_shares(small(t), told, network.causes)
        assert found.causes[index] == pytest.approx(alone.causes[0], abs=1e-12)
        assert found.unexplained[index] == pytest.approx(alone.unexplained[0], abs=1e-12)
    weak = network.causes.index("weak")
    assert found.causes[0, weak] == pytest.approx(0) and found.causes[3, weak] > 0.25


def test_what_is_believed_may_be_known_better_than_the_rows_say() -> None:
    network = small()
    rows = encode(network, [{"ache": "yes"}])
    known = bb.posterior(network, {"ache": "yes", "weak": "yes", "load": "low"}).row[None]
    found = attributable_shares(network, rows, ["weak", "load"], marginals=known).causes[0]
    without = risk(network, {}, weak="no")
    assert found == pytest.approx([1 - without / risk(network, {}, weak="yes"), 0])


def test_contributors_are_the_shares_in_order() -> None:
    network = small()
    for findings in FINDINGS:
        found = contributors(network, findings)
        shares = attributable_shares(network, encode(network, [findings]), network.causes)
        assert {row.variable: row.share for row in found} == pytest.approx(
            dict(zip(network.causes, shares.causes[0], strict=True)), abs=1e-12
        )
        assert [row.share for row in found] == sorted((row.share for row in found), reverse=True)
        assert found.unexplained == pytest.approx(shares.unexplained[0])


def test_it_speaks_in_the_words_of_the_network() -> None:
    text = " ".join(str(contributors(small(), {"ache": "yes", "load": "high"})).split())
    assert "of this outcome is due to it" in text and "among cases in general" in text
    assert "of cases like this one would be there" in text
    assert "Load: high, as you told." in text and "Protects, if anything: Brace." in text


def test_a_network_without_outcome_or_healthy_states_says_so_in_one_sentence() -> None:
    with pytest.raises(bb.BackpainError, match=r'asia names no outcome; name it: load\(.*"X"\)$'):
        contributors(Network("asia", asia().variables), {})
    unknown = {
        name: Variable(name, each.states, each.distribution, healthy_first=False)
        for name, each in asia().variables.items()
    }
    network = Network("asia", unknown, outcome="dysp")
    with pytest.raises(
        bb.BackpainError, match="the healthy states of asia, tub, smoke, and 3 more"
    ):
        contributors(network, {"smoke": "yes"})
    known = {**asia().variables, "dysp": unknown["dysp"]}
    with pytest.raises(bb.BackpainError, match="which state of dysp is the healthy one is not"):
        contributors(Network("asia", known, outcome="dysp"), {})
    some = {**unknown, "dysp": asia()["dysp"], "smoke": asia()["smoke"]}
    assert causes_of(Network("asia", some, outcome="dysp")) == ("smoke",)
    assert [row.variable for row in contributors(Network("asia", some, outcome="dysp"), {})] == [
        "smoke"
    ]


def test_a_neutral_network_ranks_all_that_is_upstream() -> None:
    found = contributors(Network("asia", asia().variables, outcome="dysp"), {"dysp": "yes"})
    assert {row.variable for row in found} == set(asia().variables) - {"dysp", "xray"}
    assert found[0].variable == "bronc" and 0.5 < found[0].share < 1
    assert "No identified cause: about 2" in str(found)


def test_an_outcome_that_never_is_has_no_shares() -> None:
    variables = {
        "a": Variable("a", YES_NO, prior(0.5, 0.5), "A", "impairment"),
        "ache": Variable("ache", YES_NO, NoisyOr(number(0), ()), "Ache", "presentation"),
    }
    network = Network("never", variables, outcome="ache", vocabulary=WORDS)
    rows = np.ones((2, 4))
    found = attributable_shares(network, rows, ["a"])
    assert found.causes.tolist() == [[0], [0]] and found.unexplained.tolist() == [1, 1]
