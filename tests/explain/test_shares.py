"""Shares against going through all switches of two worlds, and what must hold of any of them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.explain.share_updates import share_updates
from backpain_bn.explain.shares import attributable_shares, protections, shares_of
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import NoisyOr, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import numbers_of, parameters_of
from backpain_bn.model.variables import Variable
from tests.oracles.networks import WORDS, YES_NO, network, noisy_or, random_evidence, table
from tests.oracles.two_worlds import expected, layered_networks, two_by_brute_force

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


def without_outcome(findings: Findings) -> Findings:
    return {
        name: finding for name, finding in findings.items() if (name, finding) != ("ache", "no")
    }


def test_many_rows_at_once_are_the_definition() -> None:
    """A row that says the outcome is absent is asked as if it said nothing of it."""
    network = small()
    found = attributable_shares(network, encode(network, FINDINGS), network.causes)
    spared = protections(network, encode(network, FINDINGS), network.causes)
    assert found.causes.shape == spared.shape == (len(FINDINGS), len(network.causes))
    for place, name in enumerate(network.causes):
        worlds = two_by_brute_force(network, [name])
        for index, findings in enumerate(FINDINGS):
            row = encode(network, [without_outcome(findings)])[0]
            wanted = expected(network, worlds, row, True)
            assert found.causes[index, place] == pytest.approx(wanted, abs=1e-10)
            row[network.slices["ache"]] = 1.0
            wanted = expected(network, worlds, row, False)
            assert spared[index, place] == pytest.approx(wanted, abs=1e-10)
    worlds = two_by_brute_force(network, network.causes)
    for index, findings in enumerate(FINDINGS):
        row = encode(network, [without_outcome(findings)])[0]
        wanted = 1 - expected(network, worlds, row, True)
        assert found.unexplained[index] == pytest.approx(wanted, abs=1e-10)
    brace = network.causes.index("brace")
    assert (spared[:, brace] > 0.01).all(), "it spares the ache"
    assert (found.causes[:, brace] == 0).all() and (np.delete(spared, brace, axis=1) == 0).all()


@settings(max_examples=25, deadline=None)
@given(network=layered_networks(), seed=st.integers(0, 2**16))
def test_shares_of_random_networks(network: Network, seed: int) -> None:
    """Against all switches; between 0 and 1; several together at least each; order is nothing."""
    random = np.random.default_rng(seed)
    row = random_evidence(network, 2, seed=seed)[1:]
    row[:, network.slices[network.outcome]] = 1.0
    causes = [str(name) for name in random.permutation(list(network)[:4])]
    found = attributable_shares(network, row, causes)
    pairs = list(combinations(causes, 2))
    wanted = expected(network, two_by_brute_force(network, causes[:1]), row[0], True)
    again = attributable_shares(network, row, causes[::-1])
    assert found.causes[0, ::-1] == pytest.approx(again.causes[0], abs=1e-12)
    assert found.unexplained == pytest.approx(again.unexplained, abs=1e-12)
    assert (found.causes >= 0).all() and (found.causes <= 1).all()
    if np.isnan(wanted):
        return
    assert abs(found.causes[0, 0] - wanted) < 1e-10
    findings = {
        name: dict(zip(network.states[name], row[0, place].tolist(), strict=True))
        for name, place in network.slices.items()
    }
    together = shares_of(network, findings, [*pairs, causes])
    assert 1 - found.unexplained[0] == pytest.approx(together[-1], abs=1e-12)
    backwards = shares_of(network, dict(reversed(findings.items())), [*pairs, causes])
    assert together == pytest.approx(backwards, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_where_nothing_protects_several_are_at_least_each(seed: int) -> None:
    random = np.random.default_rng(seed)
    names = [f"v{index}" for index in range(7)]
    made: dict[str, object] = {}
    for index, name in enumerate(names):
        parents = random.permutation(names[:index])[: random.integers(0, 4)]
        links = {str(parent): float(random.random()) for parent in parents}
        leak = float(random.random() / 4)
        made[name] = noisy_or(leak, links) if links else prior(1 - leak, leak)
    variables = network(**made).variables  # type: ignore[arg-type]
    whole = Network("or", variables, outcome="v6")
    causes = names[:6]
    row = random_evidence(whole, 2, seed=seed % 1000)[1:]
    row[:, whole.slices["v6"]] = 1.0
    findings = {
        name: dict(zip(YES_NO, row[0, place].tolist(), strict=True))
        for name, place in whole.slices.items()
        if row[0, place].any()
    }
    if len(findings) < len(whole):
        return
    alone = shares_of(whole, findings, [[name] for name in causes])
    pairs = shares_of(whole, findings, list(combinations(causes, 2)))
    for (one, other), share in zip(combinations(range(6), 2), pairs, strict=True):
        assert share >= max(alone[one], alone[other]) - 1e-12
    assert shares_of(whole, findings, [causes])[0] >= max(pairs) - 1e-12
    assert (protections(whole, row, causes) == 0).all()
    told = attributable_shares(whole, row, causes).causes[0]
    healthy = [index for index, name in enumerate(causes) if findings[name]["yes"] == 0]
    assert (told[healthy] == 0).all()


def chain(**changed: float) -> Network:
    """A cause, what it leads to, and an outcome."""
    links = {"first": 0.6, "second": 0.7, **changed}
    variables = network(
        c=prior(0.7, 0.3),
        m=noisy_or(0.1, {"c": links["first"]}),
        y=noisy_or(0.05, {"m": links["second"]}),
    ).variables
    return Network("chain", variables, outcome="y")


def test_a_cause_whose_every_path_is_closed_has_no_share() -> None:
    assert shares_of(chain(), {"c": "yes", "m": "no", "y": "yes"}, [["c"]]) == (0.0,)
    assert shares_of(chain(), {"c": "no", "y": "yes"}, [["c"]]) == (0.0,)
    assert shares_of(chain(second=0.0), {"c": "yes", "y": "yes"}, [["c"]])[0] < 1e-15
    assert shares_of(chain(), {"y": "yes"}, [[], ["m"]])[0] == 0.0


def test_what_was_told_between_does_not_hide_a_cause() -> None:
    """P(m without c) = 0.1 of 0.64, and P(y without m) = 0.05 of 0.715."""
    found = shares_of(chain(), {"c": "yes", "m": "yes", "y": "yes"}, [["c"]])[0]
    assert found == pytest.approx((1 - 0.1 / 0.64) * (1 - 0.05 / 0.715), rel=1e-12)


def test_the_order_of_the_states_is_nothing_to_a_cause_that_harms() -> None:
    """A third state between and the states of a bystander turned round change no share."""
    one = small()
    turned = {
        **one.variables,
        "sign": Variable(
            "sign",
            ("yes", "no"),
            table(("weak",), {("no",): (0.1, 0.9), ("yes",): (0.73, 0.27)}),
            "Sign",
            "test",
        ),
    }
    two = Network("turned", turned, outcome="ache", vocabulary=WORDS)
    sets = [[name] for name in one.causes]
    findings = {"sign": "yes", "ache": "yes"}
    assert shares_of(one, findings, sets) == pytest.approx(shares_of(two, findings, sets))


def test_findings_that_rule_the_outcome_out_are_set_aside() -> None:
    variables = {
        **chain().variables,
        "pain": Variable("pain", YES_NO, noisy_or(0.1, {"y": 1.0})),
    }
    whole = Network("below", variables, outcome="y")
    asked = shares_of(whole, {"c": "yes"}, [["c"], ["m"]])
    assert shares_of(whole, {"c": "yes", "pain": "no"}, [["c"], ["m"]]) == pytest.approx(asked)
    none = {"c": "yes", "y": "no", "pain": "no"}
    assert shares_of(whole, none, [["c"], ["m"]]) == pytest.approx(asked)
    told = shares_of(whole, {"c": "yes", "y": "no", "pain": "yes"}, [["c"], ["m"]])
    assert told == pytest.approx(shares_of(whole, {"c": "yes", "pain": "yes"}, [["c"], ["m"]]))


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
    """What speaks of one cause alone is as if it had been told with the rest."""
    network = small()
    for findings in ({"ache": "yes"}, {"load": "mid"}, {"ache": "no"}):
        rows = encode(network, [findings])
        known = bb.posterior(network, {**findings, "weak": {"no": 1, "yes": 5}}).row[None]
        found = attributable_shares(network, rows, ["weak"], marginals=known).causes[0]
        told = encode(network, [{**findings, "weak": {"no": 1, "yes": 5}}])
        assert found == pytest.approx(attributable_shares(network, told, ["weak"]).causes[0])
    certain = bb.posterior(network, {"weak": "yes", "load": "low"}).row[None]
    found = attributable_shares(network, rows, ["weak", "load"], marginals=certain).causes[0]
    told = encode(network, [{"weak": "yes"}])
    assert found == pytest.approx([attributable_shares(network, told, ["weak"]).causes[0, 0], 0])


def test_an_outcome_that_never_is_has_no_shares() -> None:
    variables = {
        "a": Variable("a", YES_NO, prior(0.5, 0.5), "A", "impairment"),
        "ache": Variable("ache", YES_NO, NoisyOr(number(0), ()), "Ache", "presentation"),
    }
    network = Network("never", variables, outcome="ache", vocabulary=WORDS)
    rows = np.ones((2, 4))
    found = attributable_shares(network, rows, ["a"])
    assert found.causes.tolist() == [[0], [0]] and found.unexplained.tolist() == [1, 1]


def test_bad_questions_are_refused_in_words() -> None:
    with pytest.raises(bb.errors.UnknownName, match='did you mean "weak"'):
        shares_of(small(), {}, [["weka"]])
    with pytest.raises(bb.BackpainError, match="ache is the outcome itself"):
        shares_of(small(), {}, [["ache"]])
    with pytest.raises(bb.BackpainError, match="names no outcome"):
        shares_of(network(a=prior(0.5, 0.5)), {}, [["a"]])


def test_shares_before_an_answer_are_those_without_one(car: bb.Network) -> None:
    random = np.random.default_rng(8)
    for _ in range(25):
        names = random.permutation(
            [name for name in car if name not in (*car.causes, car.outcome)]
        )[:6]
        told = {str(name): str(random.choice(car.states[str(name)])) for name in names}
        row = encode(car, [{**told, car.outcome: str(random.choice(["no", "yes"]))}])
        alone = attributable_shares(car, row, car.causes).causes[0]
        assert np.abs(share_updates(car, row, car.causes, []).now - alone).max() < 1e-9
