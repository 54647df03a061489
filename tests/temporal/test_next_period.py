"""The next period against its definition: every setting of every switch, written out and summed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.model.distributions import prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from backpain_bn.temporal.next_period import NextPeriod, Pair, next_period
from backpain_bn.temporal.unrolling import suffix
from tests.oracles.networks import WORDS, random_networks
from tests.oracles.periods import (
    MOST,
    YES_NO,
    Switches,
    caused,
    next_with_plan,
    rows,
    runner,
    treatment,
)

CASES: tuple[Findings, ...] = (
    {},
    {"pain": "yes"},
    {"pain": "no", "sign": "yes"},
    {"pain": "yes", "tilt": "yes", "sitting": "very_long"},
    {"strain": {"no": 0.2, "yes": 1.0}, "sitting": {"short": 0, "long": 1, "very_long": 3}},
    {
        "sitting": "long",
        "tight": "yes",
        "weak": "no",
        "tilt": "no",
        "strain": "yes",
        "pain": "yes",
        "sign": "no",
    },
)


@pytest.mark.parametrize("findings", CASES)
@pytest.mark.parametrize("name", [name for name in runner().treatments if name != "look_for_signs"])
def test_every_action_follows_the_definition(findings: Findings, name: str) -> None:
    network, switches = runner(), Switches(runner())
    found = next_period(network).outcomes(findings, [{}, {name: 1.0}, {name: 0.35}])
    without = switches.next(findings, {})
    with_it = switches.next(findings, network.treatments[name].targets)
    assert found[0] == pytest.approx(without, abs=1e-12)
    assert found[1] == pytest.approx(with_it, abs=1e-12)
    assert found[2] == pytest.approx(0.65 * without + 0.35 * with_it, abs=1e-12)


@pytest.mark.parametrize("plan", [("get_up", "stretch"), ("stretch", "all_round", "rest")])
def test_a_plan_is_one_action_on_all_of_its_targets(plan: tuple[str, ...]) -> None:
    network, findings = runner(), {"pain": "yes", "tilt": "yes"}
    chances = [0.3, 0.6, 0.8][: len(plan)]
    found = next_period(network).outcomes(findings, [dict(zip(plan, chances, strict=True))])[0]
    treatments = [network.treatments[name] for name in plan]
    assert found == pytest.approx(next_with_plan(network, findings, treatments, chances), abs=1e-12)


def test_what_was_told_stays_told_where_the_treatment_was_not_behind_it() -> None:
    """Of tight hips that were told, those stay that sitting did not bring about."""
    network = runner()
    told = {"sitting": "very_long", "tight": "yes"}
    kept = next_period(network).outcomes(told, [{}])[0]
    eased = next_period(network).outcomes(told, [{"get_up": 1.0}])[0]
    loose = next_period(network).outcomes(told, [{"get_up": 1.0, "stretch": 1.0}])[0]
    assert loose[1] < eased[1] < kept[1]
    assert kept == pytest.approx(Switches(network).next(told, {}), abs=1e-12)


def test_an_unhealthy_state_can_be_brought_about_too() -> None:
    more = {"weaken": treatment("weaken", 0.5, weak="yes")}
    network = replace(runner(), treatments={**runner().treatments, **more})
    found = next_period(network).outcomes({"pain": "no"}, [{"weaken": 1.0}])[0]
    assert found == pytest.approx(
        Switches(network).next({"pain": "no"}, {"weak": "yes"}), abs=1e-12
    )


def test_an_outcome_of_several_states_is_given_state_by_state() -> None:
    grades = rows(("weak",), {("no",): (0.7, 0.2, 0.1), ("yes",): (0.3, 0.3, 0.4)})
    network = Network(
        "grades",
        {
            "weak": Variable("weak", YES_NO, prior(0.6, 0.4)),
            "pain": Variable("pain", ("none", "some", "much"), grades, role="presentation"),
        },
        outcome="pain",
        treatments={"train": treatment("train", 0.5, weak="no")},
        vocabulary=WORDS,
    )
    found = next_period(network).outcomes({"pain": "much"}, [{}, {"train": 1.0}])
    assert found[0] == pytest.approx(Switches(network).next({"pain": "much"}, {}), abs=1e-14)
    assert found[1] == pytest.approx([0.7, 0.2, 0.1], abs=1e-14)


def recurring() -> Network:
    """Return a network in which the outcome leaves something behind that brings it on again."""
    pain = Variable(
        "pain", YES_NO, caused(0.1, ("before", 0.4), ("weak", 0.3)), leaves={"before": "yes"}
    )
    return Network(
        "recurring",
        {
            "weak": Variable("weak", YES_NO, prior(0.7, 0.3)),
            "before": Variable("before", YES_NO, prior(0.8, 0.2)),
            "pain": pain,
        },
        outcome="pain",
        treatments={"train": treatment("train", 0.5, weak="no")},
        vocabulary=WORDS,
    )


def test_the_outcome_leaves_something_behind() -> None:
    network = recurring()
    bare = replace(
        network,
        variables={**network.variables, "pain": replace(network["pain"], leaves={})},
    )
    for findings in ({"pain": "yes"}, {"pain": "yes", "before": "no"}, {}, {"pain": "no"}):
        found = next_period(network).outcomes(findings, [{}, {"train": 0.5}])
        assert found[0] == pytest.approx(Switches(network).next(findings, {}), abs=1e-13)
        train = [network.treatments["train"]]
        expected = next_with_plan(network, findings, train, [0.5])
        assert found[1] == pytest.approx(expected, abs=1e-13)
    told = {"pain": "yes", "before": "no", "weak": "no"}
    assert next_period(network).risks(told, [{}]) == pytest.approx([1 - 0.9 * 0.6], abs=1e-13)
    assert next_period(bare).risks(told, [{}]) == pytest.approx([0.1], abs=1e-13)
    none = {"pain": "no"}
    assert next_period(network).risks(none, [{}]) == pytest.approx(
        next_period(bare).risks(none, [{}]), abs=1e-13
    )


@settings(max_examples=40, deadline=None)
@given(random_networks(), st.data())
def test_random_networks_follow_the_definition(bare: Network, data: st.DataObject) -> None:
    names = list(bare.variables)[:5]
    kept = {name: replace(bare[name], persists=data.draw(st.booleans())) for name in names}
    target = data.draw(st.sampled_from(names))
    state = data.draw(st.sampled_from(kept[target].states))
    network = Network(
        "random",
        kept,
        outcome=names[-1],
        treatments={"act": treatment("act", 1.0, **{target: state})},
        vocabulary=WORDS,
    )
    findings = {
        name: data.draw(st.sampled_from(kept[name].states))
        for name in data.draw(st.sets(st.sampled_from(names), max_size=2))
    }
    switches = Switches(network)
    assume(switches.size <= MOST)
    expected = [switches.next(findings, brought) for brought in ({}, {target: state})]
    if not expected[0].any():
        with pytest.raises(bb.errors.ImpossibleEvidence):
            next_period(network).outcomes(findings, [{}])
        return
    found = next_period(network).outcomes(findings, [{}, {"act": 1.0}])
    assert found == pytest.approx(np.array(expected), abs=1e-7)


def test_impossible_findings_are_named() -> None:
    sure = {"pain": Variable("pain", YES_NO, prior(0.0, 1.0))}
    network = Network("sure", sure, outcome="pain", vocabulary=WORDS)
    with pytest.raises(bb.errors.ImpossibleEvidence, match="pain=no"):
        next_period(network).outcomes({"pain": "no"}, [{}])


def test_a_network_without_outcome_is_refused_in_words() -> None:
    with pytest.raises(bb.BackpainError, match="plain names no outcome"):
        next_period(
            Network("plain", {"a": Variable("a", YES_NO, prior(0.5, 0.5))}, vocabulary=WORDS)
        )


def test_names_that_look_like_ours_do_no_harm() -> None:
    network = Network(
        "odd",
        {
            "a": Variable("a", YES_NO, prior(0.5, 0.5)),
            "a@next": Variable("a@next", YES_NO, prior(0.5, 0.5)),
        },
        vocabulary=WORDS,
    )
    assert suffix(network, "next") == "@@next"
    assert suffix(network, "1") == "@1"


def test_the_pair_is_built_once_for_a_network() -> None:
    network = runner()
    assert next_period(network) is next_period(network)
    assert isinstance(next_period(network), NextPeriod)


def test_doing_nothing_keeps_what_persists_in_a_shipped_network(car: Network) -> None:
    """What persists is known, so the next period is a new draw of all that does not."""
    known = {
        name: variable.states[-1] for name, variable in car.variables.items() if variable.persists
    }
    found = next_period(car).outcomes({**known, car.outcome: "yes"}, [{}])[0]
    assert found[1] == pytest.approx(bb.posterior(car, known)[car.outcome]["yes"], abs=1e-12)


def test_where_all_treatments_at_once_are_too_hard_each_is_asked_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, findings = runner(), {"pain": "yes"}
    plans = [{}, {"stretch": 0.5}, {"get_up": 1.0, "rest": 0.2}]
    expected = NextPeriod(network).outcomes(findings, plans)
    original = NextPeriod._beliefs

    def narrow(self: NextPeriod, pair: Pair, *rest: Any) -> Any:
        if len(pair.both.successes[1]) > 2:
            raise bb.errors.TooHard("too many at once")
        return original(self, pair, *rest)

    monkeypatch.setattr(NextPeriod, "_beliefs", narrow)
    period = NextPeriod(network)
    assert period.outcomes(findings, plans) == pytest.approx(expected, abs=1e-14)
    names = ["stretch", "rest"]
    plans = [{}, *({name: 1.0} for name in names)]
    before, risks = period.alone(findings, names)
    assert [before, *risks] == pytest.approx(period.risks(findings, plans), abs=1e-14)


@pytest.mark.parametrize("findings", CASES)
def test_each_treatment_alone_is_the_plan_of_that_one(findings: Findings) -> None:
    names = list(runner().treatments)
    before, risks = next_period(runner()).alone(findings, names)
    plans = [{}, *({name: 1.0} for name in names)]
    expected = next_period(runner()).risks(findings, plans)
    assert [before, *risks] == pytest.approx(expected, abs=1e-13)


def test_a_treatment_alone_where_the_outcome_is_certain_without_it() -> None:
    """Nothing is lost where P(healthy) is 0 but for a treatment that succeeds."""
    network = Network(
        "sure",
        {
            "weak": Variable("weak", YES_NO, prior(0.0, 1.0)),
            "pain": Variable("pain", YES_NO, caused(0.25, ("weak", 1.0)), persists=False),
        },
        outcome="pain",
        treatments={
            "train": treatment("train", 0.5, weak="no"),
            "again": treatment("again", 0.5, weak="no"),
            "worry": treatment("worry", 0.5, weak="yes"),
        },
        vocabulary=WORDS,
    )
    before, risks = next_period(network).alone({}, list(network.treatments))
    assert before == pytest.approx(1.0, abs=1e-15)
    assert risks == pytest.approx([0.25, 0.25, 1.0], abs=1e-14)
