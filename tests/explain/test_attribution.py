"""Shares by their definition, in many rows and under many parameters, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.explain.attribution import causes_of, contributors
from backpain_bn.explain.shares import attributable_shares
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Source, Variable
from tests.explain.test_shares import FINDINGS, small
from tests.oracles.networks import WORDS, YES_NO, asia, noisy_or


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


def test_a_row_says_what_was_told_and_what_is_suspected() -> None:
    network = small()
    findings: Findings = {"ache": "yes", "load": "high", "weak": {"no": 1, "yes": 3}}
    rows = {row.variable: row for row in contributors(network, findings)}
    assert [name for name, row in rows.items() if row.told] == ["load"]
    assert rows["weak"].present == bb.posterior(network, findings).present("weak")
    assert rows["weak"].prior == bb.posterior(network).present("weak")
    assert rows["brace"].protects > 0.05 and rows["brace"].share == 0
    assert [row.protects for name, row in rows.items() if name != "brace"] == [0, 0, 0]


def test_it_speaks_in_the_words_of_the_network() -> None:
    text = " ".join(str(contributors(small(), {"ache": "yes", "load": "high"})).split())
    assert "Load: high, as you told: 14 % of this outcome is due to it." in text
    assert "% likely (24 % among cases in general, before your answers), " in text
    assert "of cases like this one would be there" in text
    assert "Protects, if anything: Brace." in text
    hypothetical = " ".join(str(contributors(small(), {"ache": "no"})).split())
    assert "WHAT WOULD CONTRIBUTE" in hypothetical
    assert "of any outcome would be due to it" in hypothetical


def mechanical(direct: float = 0.3, traced: float = 0.1) -> Network:
    """A cause that leads to the outcome through a mechanism, and directly by more than that."""
    ache = noisy_or(0.1, {"overload": traced, "weak": direct})
    variables = {
        "sits": Variable("sits", YES_NO, prior(0.5, 0.5), "Sitting", "risk_factor"),
        "weak": Variable("weak", YES_NO, noisy_or(0.2, {"sits": 0.3}), "Weak", "impairment"),
        "overload": Variable(
            "overload", YES_NO, noisy_or(0.1, {"weak": 0.6}), "Overload", "mechanism"
        ),
        "ache": Variable("ache", YES_NO, ache, "Ache", "presentation"),
    }
    return Network("mechanical", variables, outcome="ache", vocabulary=WORDS)


def test_the_traced_path_is_shown_beside_the_link_that_nobody_traced() -> None:
    rows = {row.variable: row for row in contributors(mechanical(), {"ache": "yes"})}
    assert rows["weak"].path is rows["weak"].ways.traced
    assert rows["weak"].path is not None and rows["weak"].ways.direct is not None
    assert rows["weak"].path.variables == ("weak", "overload", "ache")
    assert rows["weak"].path.strength == pytest.approx(0.6 * 0.1)
    assert rows["weak"].ways.direct.variables == ("weak", "ache")
    assert rows["weak"].ways.direct.strength == pytest.approx(0.3)
    assert rows["sits"].ways.direct is None and rows["sits"].path is not None
    assert rows["sits"].path.variables == ("sits", "weak", "overload", "ache")
    text = " ".join(str(contributors(mechanical(), {"ache": "yes", "sits": "yes"})).split())
    assert "Sitting > weak > overload > ache." in text
    assert "By a way nobody has traced: Sitting > weak > ache." in text
    only = {row.variable: row for row in contributors(mechanical(traced=0.0), {"ache": "yes"})}
    assert only["weak"].ways.traced is None and only["weak"].path is only["weak"].ways.direct


def test_shares_of_another_network_stand_beside_them() -> None:
    here, there = mechanical(), mechanical(direct=0.05, traced=0.5)
    findings = {"ache": "yes", "sits": "yes"}
    found = contributors(here, findings, other=there)
    wanted = {row.variable: row.share for row in contributors(there, findings)}
    assert {row.variable: row.other_share for row in found} == pytest.approx(wanted)
    assert "(mechanical: " in str(found)
    assert [row.other_share for row in contributors(here, findings)] == [None, None]
    beside = {row.variable: row.other_share for row in contributors(here, findings, other=small())}
    alone = {row.variable: row.share for row in contributors(small(), {"ache": "yes"})}
    assert beside == {"sits": None, "weak": pytest.approx(alone["weak"])}


def test_more_may_be_known_than_the_findings_say() -> None:
    network = small()
    more = bb.posterior(network, {"ache": "yes", "weak": "yes", "load": "low"})
    rows = {row.variable: row for row in contributors(network, {"ache": "yes"}, more=more)}
    told = contributors(network, {"ache": "yes", "weak": "yes"})
    assert rows["weak"].present == 1
    assert rows["weak"].share == pytest.approx({row.variable: row for row in told}["weak"].share)
    assert rows["load"].share == 0


def test_a_network_without_outcome_or_healthy_states_says_so_in_one_sentence() -> None:
    with pytest.raises(
        bb.BackpainError, match=r'asia names no outcome; .* load\(.*"X"\).*--outcome X$'
    ):
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
    assert "No identified cause: 2" in str(found) and "nobody" not in str(found)


def test_what_acts_through_health_protects() -> None:
    """Rest without warmth harms; warmth protects, and its lack is no cause of its own."""
    hurt = NoisyOr(number(0.1), (Mechanism({"warm": ("no",)}, number(0.4)),))
    variables = {
        "warm": Variable("warm", YES_NO, prior(0.5, 0.5), "Warm", "form"),
        "hurt": Variable("hurt", YES_NO, hurt, "Hurt", "presentation"),
    }
    network = Network("warm", variables, outcome="hurt", vocabulary=WORDS)
    (row,) = contributors(network, {"warm": "yes", "hurt": "yes"})
    assert row.share == 0 and row.protects == pytest.approx(0.4, rel=1e-12)
    assert np.isfinite(contributors(network, {"warm": "no"})[0].share)


def told_of(direct: float, last: float = 1.0) -> Network:
    """A cause below a habit that somebody claims to lead there, itself claimed to lead on through a
    strain, which is pain, and studied as it stands.
    """

    def by(p: float, cause: str, *ids: str) -> Mechanism:
        return Mechanism({cause: ("yes",)}, Number(p, p, p, ids))

    study, claim = Source("A-1", "study", "seen", read="A"), Source("C-1", "claim", "said")
    pain = NoisyOr(number(0.02), (by(last, "strain", "C-1"), by(direct, "weak", "A-1")))
    found = NoisyOr(number(0.1), (by(0.1, "weak", "A-1"),))
    lame = NoisyOr(number(0.2), (by(0.1, "sits"),))
    variables = {
        "sits": Variable("sits", YES_NO, prior(0.5, 0.5), "Sitting", "risk_factor"),
        "weak": Variable("weak", YES_NO, lame, "Weak", "impairment"),
        "strain": Variable("strain", YES_NO, found, "Strain", "mechanism"),
        "pain": Variable("pain", YES_NO, pain, "Pain", "presentation"),
    }
    rows = {"A-1": study, "C-1": claim}
    return Network("told", variables, outcome="pain", vocabulary=WORDS, sources=rows)


def test_the_grade_is_that_of_the_way_that_carries_most_from_the_cause_on() -> None:
    """Not that of what was told above it, nor of a link that holds by definition."""
    for findings in ({"pain": "yes"}, {"pain": "yes", "sits": "yes"}):
        for direct, last, grade in (
            (0.3, 0.5, "supported"),
            (0.01, 0.5, "claimed only"),
            (0.01, 1.0, "supported"),
        ):
            rows = {row.variable: row for row in contributors(told_of(direct, last), findings)}
            assert rows["weak"].grade == grade, (findings, direct, last)
            assert rows["weak"].path is not None and len(rows["weak"].path.variables) >= 3
    path = contributors(told_of(0.01), {"pain": "yes", "sits": "yes"})[0].path
    assert path is not None and path.variables[0] == "sits" and path.grade == "not stated"


def test_everything_told_is_spoken_of_however_little_is_due_to_it() -> None:
    names = [f"cause_{index}" for index in range(9)]
    strengths = {name: 0.3 / (index + 1) for index, name in enumerate(names)} | {"idle": 0.0001}
    causes = {name: Variable(name, YES_NO, prior(0.5, 0.5), name) for name in strengths}
    ache = Variable("ache", YES_NO, noisy_or(0.1, strengths), "Ache")
    network = Network("many", {**causes, "ache": ache}, outcome="ache")
    told: Findings = {"ache": "yes", "idle": "yes", "cause_0": "no"} | dict.fromkeys(
        names[1:], "yes"
    )
    found = contributors(network, told)
    assert [row.variable for row in found.told[:8]] == names[1:] and len(found.told) == 10
    text = " ".join(str(found).split())
    for name in names[1:]:
        assert f"{name} (yes, as you told): " in text
    assert "Also told, with next to nothing due to it: " in text and "cause_0: no" in text
    assert text.index("WHAT YOU TOLD") < text.index("WHAT YOU DID NOT TELL")
    assert "YOU TOLD" not in str(contributors(network, {"ache": "yes"}))


def test_contributors_as_plain_data_and_the_sources_behind_them() -> None:
    network = small()
    found = contributors(network, {"ache": "yes", "load": "high"})
    for plain, row in zip(found.to_dicts(), found, strict=True):
        assert plain == {
            "variable": row.variable,
            "label": row.label,
            "role": row.role,
            "present": row.present,
            "prior": row.prior,
            "told": row.told,
            "share": row.share,
            "other_share": row.other_share,
            "protects": row.protects,
            "grade": row.grade,
            "chain": list(row.path.variables) if row.path else [],
            "direct_link": row.ways.direct is not None,
        }
    assert any(plain["chain"] for plain in found.to_dicts())
    assert {id for number in network["load"].numbers for id in number.sources} <= set(
        found.sources()
    )


def test_causes_without_a_healthy_state_are_named_and_left_out() -> None:
    bare = replace(
        bb.load("car"),
        variables={
            name: replace(
                variable, healthy_first=name in ("weak_battery", "empty_tank", "no_start")
            )
            for name, variable in bb.load("car").variables.items()
        },
    )
    found = contributors(bare, {"no_start": "yes"})
    said = " ".join(str(found).split())
    assert (
        "Left out, because it is not known which of their states is healthy, and counted with no "
        "identified cause as far as they are to blame: battery_age, cold_night, lights_left_on, "
        "loose_terminals, faulty_starter, and 4 more." in said
    )
    assert {row.variable: (row.label, row.role) for row in found} == {
        name: (bare[name].label, bare[name].role) for name in ("weak_battery", "empty_tank")
    }
    assert "Left out" not in str(contributors(bb.load("car"), {"no_start": "yes"}))


def test_shares_of_the_other_network_are_said_and_what_it_leaves_unexplained() -> None:
    car = bb.load("car")
    other = car.do(lights_left_on="no")
    found = contributors(car, {"no_start": "yes", "dim_lights": "yes"}, other=other)
    alone = contributors(other, {"no_start": "yes", "dim_lights": "yes"})
    assert found.other_unexplained == pytest.approx(alone.unexplained)
    shares = {row.variable: row.share for row in alone}
    for row in found:
        if row.variable in shares:
            assert row.other_share == pytest.approx(shares[row.variable], abs=1e-12)
