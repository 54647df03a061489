"""What helps, against the definition: two slices written out; and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.decide.expected_utility import usual_actions, weigh
from backpain_bn.decide.treatment_effects import TreatmentEffects
from backpain_bn.decide.treatments import CANDIDATES, what_helps
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Advice, Source, Treatment, Trial, Variable
from tests.oracles.networks import WORDS
from tests.oracles.periods import (
    YES_NO,
    Switches,
    caused,
    next_with_plan,
    next_with_trials,
    runner,
    treatment,
)
from tests.temporal.test_next_period import CASES


def pain(network: Network, findings: Findings, brought: dict[str, str]) -> float:
    return float(1 - Switches(network).next(findings, brought)[0])


def with_plan(network: Network, findings: Findings, names: tuple[str, ...]) -> float:
    """Return P(pain) with one action on the targets of those that succeed, over who succeeds."""
    plan = [network.treatments[name] for name in names]
    chances = [one.success.p for one in plan]
    return float(1 - next_with_plan(network, findings, plan, chances)[0])


def with_trials(network: Network, findings: Findings, names: tuple[str, ...]) -> float:
    """Return P(pain) with a plan, what its trials found among whom they hold for."""
    plan = [network.treatments[name] for name in names]
    return next_with_trials(network, findings, plan, [one.success.p for one in plan])


@pytest.mark.parametrize("findings", CASES)
def test_every_effect_follows_the_definition(findings: Findings) -> None:
    network = runner()
    found = what_helps(network, findings)
    assert found.now == pytest.approx(pain(network, findings, {}), abs=1e-12)
    assert {row.name for row in found} | set(found.left_out) == set(network.treatments)
    for row in found:
        assert row.before == found.now
        assert row.after == pytest.approx(with_plan(network, findings, (row.name,)), abs=1e-12)
        assert row.effect == pytest.approx(row.traced, abs=1e-15)
    assert [row.effect for row in found] == sorted((row.effect for row in found), reverse=True)


@pytest.mark.parametrize("findings", CASES)
def test_the_best_plan_is_the_best_of_all_plans(findings: Findings) -> None:
    network = runner()
    found = what_helps(network, findings)
    good = [row.name for row in found if row.effect > 0][:CANDIDATES]
    risks = {}
    for size in (2, 3):
        for names in combinations(good, size):
            targets = [target for name in names for target in network.treatments[name].targets]
            if len(targets) == len(set(targets)):
                risks[names] = with_plan(network, findings, names)
    if not risks:
        assert found.plan is None
        return
    assert found.plan is not None
    best = min(risks, key=lambda names: risks[names])
    assert set(found.plan.treatments) == set(best)
    assert found.plan.before == found.now
    assert found.plan.after == pytest.approx(risks[best], abs=1e-12)
    assert found.plan.added == pytest.approx(
        sum(row.effect for row in found if row.name in best), abs=1e-15
    )


def test_what_is_below_another_treatment_stays_in_the_plan() -> None:
    """A told impairment is not forgotten where something above it is treated as well."""
    findings = {"pain": "yes", "sitting": "very_long", "tight": "yes"}
    found = what_helps(runner(), findings, ["get_up", "stretch"])
    assert found.plan is not None and set(found.plan.treatments) == {"get_up", "stretch"}
    assert found.plan.effect > max(row.effect for row in found) + 0.01


def test_some_case_has_a_plan_and_interactions_count() -> None:
    plan = what_helps(runner(), {"pain": "yes"}).plan
    assert plan is not None and abs(plan.effect - plan.added) > 1e-3


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_plans_follow_the_definition_on_random_links(seed: int) -> None:
    """Every kind of target: kept, drawn again below another, not persisting, two at once."""
    random = np.random.default_rng(seed)
    a, b, c, d, e = (float(p) for p in random.random(5))
    named = {
        "load": Variable("load", YES_NO, prior(1 - a, a)),
        "stiff": Variable("stiff", YES_NO, caused(b / 2, ("load", c))),
        "weak": Variable("weak", YES_NO, caused(0.3)),
        "strain": Variable(
            "strain",
            YES_NO,
            caused(0.1, ("stiff", d), ("weak", 0.3)),
            role="mechanism",
            persists=False,
        ),
        "pain": Variable(
            "pain",
            YES_NO,
            caused(0.05, ("strain", e), ("weak", 0.4), ("load", 0.2)),
            role="presentation",
            persists=False,
        ),
    }
    targets = {
        "ease": {"load": "no"},
        "loosen": {"stiff": "no"},
        "rest": {"strain": "no"},
        "both": {"stiff": "no", "weak": "no"},
    }
    treatments = {
        name: Treatment(name, name, wanted, number(float(random.random())))
        for name, wanted in targets.items()
    }
    network = Network("random", named, outcome="pain", treatments=treatments, vocabulary=WORDS)
    findings = {"pain": "yes", "stiff": "yes"} if random.random() < 0.5 else {"strain": "yes"}
    plan = what_helps(network, findings).plan
    assert plan is not None
    assert plan.before == pytest.approx(pain(network, findings, {}), abs=1e-12)
    expected = with_plan(network, findings, plan.treatments)
    assert plan.after == pytest.approx(expected, abs=1e-12)


def test_the_range_is_that_of_the_success() -> None:
    success = Number(0.5, 0.2, 0.8)
    network = replace(
        runner(), treatments={"stretch": Treatment("stretch", "Stretch", {"tight": "no"}, success)}
    )
    row = what_helps(network, {"pain": "yes"})[0]
    drop = row.effect / 0.5
    assert (row.low, row.effect, row.high) == pytest.approx(
        (0.2 * drop, 0.5 * drop, 0.8 * drop), abs=1e-15
    )
    assert "fewer of 1,000" in str(what_helps(network, {"pain": "yes"}))


def test_a_plan_has_the_range_of_all_its_successes() -> None:
    network = runner()
    treatments = {
        name: replace(one, success=Number(0.5, 0.1, 0.9))
        for name, one in network.treatments.items()
    }
    plan = what_helps(replace(network, treatments=treatments), {"pain": "yes"}).plan
    assert plan is not None
    for end, chance in ((plan.low, 0.1), (plan.high, 0.9)):
        sure = {name: replace(one, success=number(chance)) for name, one in treatments.items()}
        after = with_plan(replace(network, treatments=sure), {"pain": "yes"}, plan.treatments)
        assert end == pytest.approx(plan.before - after, abs=1e-12)


def test_harm_is_shown_as_harm() -> None:
    network = runner()
    weaken = replace(treatment("weaken", 0.5, weak="yes"), success=Number(0.5, 0.4, 0.9))
    found = what_helps(
        replace(network, treatments={"weaken": weaken, "stretch": network.treatments["stretch"]}),
        {"pain": "yes"},
    )
    row = found[-1]
    assert row.name == "weaken" and row.effect < 0 and row.low < row.effect < row.high < 0
    assert (
        "Weaken: about" in str(found)
        and "more of 1,000" in str(found)
        and "It would do harm here" in str(found)
    )
    assert found.plan is None


def test_what_is_so_already_or_leads_nowhere_is_left_out_with_a_reason() -> None:
    found = what_helps(runner(), {"pain": "yes", "weak": "no"})
    assert found.left_out["strengthen"] == "what it aims at is so already (weak core: no)"
    assert (
        found.left_out["look_for_signs"]
        == "no way leads from what it aims at to back pain, as far as this network knows"
    )
    assert "all_round" not in found.left_out
    assert "Left out: Strengthen: what it aims at is so already" in str(found)


def test_what_is_implied_to_be_so_is_left_out_too() -> None:
    tight = NoisyOr(number(0), (Mechanism({"sitting": ("very_long",)}, number(0.4)),))
    network = replace(
        runner(), variables={**runner().variables, "tight": Variable("tight", YES_NO, tight)}
    )
    assert "so already" in what_helps(network, {"sitting": "short"}).left_out["stretch"]
    assert "stretch" not in what_helps(network, {"sitting": "very_long"}).left_out


def test_everything_observed_leaves_what_is_drawn_again() -> None:
    everything: Findings = {
        name: variable.states[-1] for name, variable in runner().variables.items()
    }
    found = what_helps(runner(), everything)
    assert all(row.effect > 0 for row in found)


def test_an_unknown_treatment_is_named_with_the_nearest() -> None:
    with pytest.raises(
        bb.errors.UnknownName, match='unknown treatment "strech"; did you mean "stretch"'
    ):
        what_helps(runner(), {}, ["strech"])
    with pytest.raises(bb.BackpainError, match='treatments must be a list of names, not "stretch"'):
        what_helps(runner(), {}, "stretch")


def test_treatments_can_be_chosen() -> None:
    found = what_helps(runner(), {"pain": "yes"}, ["rest", "stretch", "rest"])
    assert sorted(row.name for row in found) == ["rest", "stretch"]
    alone = what_helps(runner(), {"pain": "yes"}, ["rest"])
    assert len(alone) == 1 and alone.plan is None
    nothing = what_helps(runner(), {"pain": "yes"}, [])
    assert len(nothing) == 0 and nothing.plan is None


def test_impossible_and_misspelt_findings_are_refused() -> None:
    with pytest.raises(bb.errors.UnknownName, match="did you mean"):
        what_helps(runner(), {"weaak": "yes"})
    sure = replace(
        runner(),
        variables={**runner().variables, "weak": Variable("weak", YES_NO, prior(0.0, 1.0))},
    )
    with pytest.raises(bb.errors.ImpossibleEvidence, match="weak=no"):
        what_helps(sure, {"weak": "no"})


def test_a_network_without_outcome_or_treatments_says_so() -> None:
    with pytest.raises(bb.BackpainError, match="plain names no outcome"):
        what_helps(
            Network("plain", {"a": Variable("a", YES_NO, prior(0.5, 0.5))}, vocabulary=WORDS), {}
        )
    bare = what_helps(replace(runner(), treatments={}), {"pain": "yes"})
    assert len(bare) == 0 and "The file of runner names no treatments." in str(bare)
    assert bare.now == pytest.approx(pain(runner(), {"pain": "yes"}, {}), abs=1e-13)


def test_an_outcome_never_persists() -> None:
    """In a file without roles everything does but the outcome."""
    network = replace(
        runner(),
        variables={name: replace(one, persists=True) for name, one in runner().variables.items()},
    )
    found = what_helps(network, {"pain": "yes"}, ["stretch"])
    assert found.now < 0.9
    assert found.now == pytest.approx(pain(network, {"pain": "yes"}, {}), abs=1e-13)


def test_cautions_and_advice_are_said_beside_what_they_belong_to() -> None:
    advice = {
        "slowly": Advice("slowly", "caution", "Go slowly.", ("expert",), treatments=("stretch",)),
        "gently": Advice("gently", "caution", "Go gently.", ("expert",), when={"sign": "yes"}),
        "see": Advice("see", "referral", "See somebody about it.", ("S1",), when={"pain": "yes"}),
    }
    treatments = {
        **runner().treatments,
        "rest": replace(runner().treatments["rest"], cautions=("gently",), who="clinician"),
    }
    found = what_helps(replace(runner(), advice=advice, treatments=treatments), {"pain": "yes"})
    text = str(found)
    assert text.count("Mind: Go slowly.") == 1 and text.count("Mind: Go gently.") == 1
    assert text.rindex("See somebody about it. [") > text.index("WHATEVER IS CHOSEN")
    assert "takes somebody trained" in " ".join(text.split())
    by_name = {row["treatment"]: row for row in found.to_dicts()}
    assert by_name["stretch"]["cautions"] == ["slowly"] and by_name["rest"]["cautions"] == [
        "gently"
    ]


def test_trials_count_cases_or_are_of_the_outcome_that_is_there_or_show_nothing() -> None:
    study = Source("T1", "study", "It works.", read="A")
    against = Source("T2", "study", "It does not.", read="A")
    trials = {
        "stretch": Trial(0.7, 0.5, 0.9, ("T1",)),
        "strengthen": None,
        "rest": Trial(0.7, 0.5, 0.9, ("T1",), ("T2",)),
        "straighten": Trial(0.9, 0.8, 1.1, (), ("T2",)),
        "all_round": None,
    }
    treatments = {
        name: replace(runner().treatments[name], trial=trial) for name, trial in trials.items()
    }
    for name in ("stretch", "all_round"):
        treatments[name] = replace(treatments[name], relief_trials=("T2",))
    sources = {"T1": study, "T2": against}
    found = what_helps(replace(runner(), treatments=treatments, sources=sources), {"pain": "yes"})
    assert {row.name: (row.grade, row.proof) for row in found} == {
        "stretch": ("supported", "counted"),
        "strengthen": ("not stated", "unproven"),
        "rest": ("mixed", "counted"),
        "straighten": ("contradicted", "unproven"),
        "all_round": ("not stated", "relief"),
    }
    assert {row.name for row in found if row.unproven} == {"strengthen", "straighten"}
    said = " ".join(str(found).split())
    assert "Strengthen (unproven): about" in said and "Stretch: about" in said
    assert "All round (tried on outcome that is there): about" in said
    assert "Tried on outcome that is there, which cannot be counted in cases spared" in said
    assert said.count("No trial shows that it lowers the outcome.") == 1
    assert "Tried on outcome that is there as well. [T2]" in said
    assert set(found.sources()) == {"T1", "T2"}
    row = next(row for row in found.to_dicts() if row["treatment"] == "all_round")
    assert (row["proof"], row["relief_trials"]) == ("relief", ["T2"])


def test_that_no_treatment_cites_a_study_is_said_once() -> None:
    said = str(what_helps(runner(), {"pain": "yes"}))
    assert (
        " ".join(said.split()).count("No study is cited for any of it, so all of it is unproven")
        == 1
    )
    assert "(unproven)" not in said
    study = {"T1": Source("T1", "study", "It works.", read="A")}
    stretch = replace(runner().treatments["stretch"], trial=Trial(0.9, 0.8, 1.1, ("T1",)))
    more = {**runner().treatments, "stretch": stretch}
    told = str(what_helps(replace(runner(), sources=study, treatments=more), {"pain": "yes"}))
    assert "No study is cited" not in told and told.count("(unproven)") > 3


def tried() -> Network:
    """Return treatments of which one has a trial that shows more than is traced, and one less."""
    trials = {"stretch": Trial(0.6, 0.45, 0.8), "strengthen": Trial(0.99, 0.9, 1.05)}
    more = {name: replace(runner().treatments[name], trial=each) for name, each in trials.items()}
    return replace(runner(), treatments={**runner().treatments, **more})


def test_a_trial_of_the_outcome_itself_counts_for_what_it_found() -> None:
    findings = {"pain": "yes"}
    found = what_helps(tried(), findings)
    rows = {row.name: row for row in found}
    for name, ratio, low, high in (
        ("stretch", 0.6, 0.45, 0.8),
        ("strengthen", 0.99, 0.9, 1.05),
    ):
        row, aims = rows[name], tried().treatments[name].targets
        switches = Switches(tried())
        others = float(switches.next(findings, {}, ~switches.there(aims))[1])
        assert row.effect == pytest.approx((1 - ratio) * others, abs=1e-12)
        assert (row.low, row.high) == pytest.approx(((1 - high) * others, (1 - low) * others))
        (target,) = aims
        assert row.not_yet == pytest.approx(bb.posterior(tried(), findings).present(target))
        assert row.traced == pytest.approx(found.now - with_plan(tried(), findings, (name,)))
    text = " ".join(str(found).split())
    assert "Trials found the outcome 0.6 times (0.45 to 0.8) as often with it as without" in text
    assert "the rest by a way nobody has traced" in text
    assert "The ways traced here would take more; the trials count." in text
    assert rows["strengthen"].low < 0 < rows["strengthen"].high


@pytest.mark.parametrize("findings", CASES)
def test_a_trial_holds_for_those_who_are_not_yet_where_a_treatment_aims(findings: Findings) -> None:
    """One by one and together, for one target and for two, over everybody's state today."""
    network = tried()
    more = replace(network.treatments["all_round"], trial=Trial(0.7, 0.5, 1.2))
    network = replace(network, treatments={**network.treatments, "all_round": more})
    found = what_helps(network, findings)
    for row in found:
        expected = with_trials(network, findings, (row.name,))
        assert row.after == pytest.approx(expected, abs=1e-12), row.name
    if found.plan is not None:
        names = found.plan.treatments
        assert found.plan.after == pytest.approx(with_trials(network, findings, names), abs=1e-12)
    worth = {"it": {"no": 1.0, "yes": 0.0}, "both": {"no": 1.0, "yes": 0.0}}
    actions = {"it": ("strengthen",), "both": ("stretch", "strengthen", "rest")}
    for choice in weigh(network, findings, worth, actions=actions):
        expected = with_trials(network, findings, choice.treatments)
        assert choice.outcomes["yes"] == pytest.approx(expected, abs=1e-12)


def test_a_trial_spares_as_many_on_average_as_among_those_whom_it_can_help() -> None:
    """Not told is the mixture of told: yes and told: no."""
    network = tried()
    now = bb.posterior(network, {"pain": "yes"})
    weak = what_helps(network, {"pain": "yes", "weak": "yes"}, ["strengthen"])[0]
    fit = what_helps(network, {"pain": "yes", "weak": "no"}, ["strengthen"])
    some = what_helps(network, {"pain": "yes"}, ["strengthen"])[0]
    assert len(fit) == 0 and "so already" in fit.left_out["strengthen"]
    assert some.effect == pytest.approx(now.present("weak") * weak.effect, abs=1e-12)
    sure = what_helps(network, {"weak": "yes"}, ["strengthen"])
    assert weak.not_yet == 1.0 and "not there yet" not in str(sure)
    share = round(100 * now.present("weak"))
    said = " ".join(str(what_helps(network, {"pain": "yes"}, ["strengthen"])).split())
    assert f"counted for the {share} % of cases like this one who are not there yet" in said


def test_the_range_of_a_plan_takes_every_success_and_trial_at_its_worse_and_better_end() -> None:
    findings, network = {"pain": "yes"}, tried()
    treatments = {
        name: replace(one, success=Number(0.5, 0.1, 0.9))
        for name, one in network.treatments.items()
    }
    treatments["strengthen"] = replace(treatments["strengthen"], trial=Trial(0.7, 0.5, 0.9))
    network = replace(network, treatments=treatments)
    plan = what_helps(network, findings, ["stretch", "strengthen", "straighten"]).plan
    assert plan is not None and len(plan.treatments) == 3
    for end, chance, ratios in ((plan.low, 0.1, (0.8, 0.9)), (plan.high, 0.9, (0.45, 0.5))):
        sure = {name: replace(one, success=number(chance)) for name, one in treatments.items()}
        for name, ratio in zip(("stretch", "strengthen"), ratios, strict=True):
            sure[name] = replace(sure[name], trial=Trial(ratio, ratio, ratio))
        after = with_trials(replace(network, treatments=sure), findings, plan.treatments)
        assert end == pytest.approx(plan.before - after, abs=1e-12)


def test_rows_as_plain_data() -> None:
    found = what_helps(runner(), {"pain": "yes"})
    assert isinstance(found, TreatmentEffects)
    first = found.to_dicts()[0]
    assert (first["treatment"], first["effect"], first["targets"]) == (
        found[0].name,
        found[0].effect,
        dict(found[0].treatment.targets),
    )
    assert len(found.to_dicts()) == len(found) == len(list(found))


WORTH = {
    "keep running": {"no": 10.0, "yes": -5.0},
    "ease off": {"no": 8.0, "yes": -6.0},
    "all of it": {"no": 7.0, "yes": -7.0},
}
ACTIONS = {
    "keep running": (),
    "ease off": ("rest",),
    "all of it": ("stretch", "strengthen", "straighten"),
}


def test_actions_start_from_the_same_case() -> None:
    network, findings = runner(), {"pain": "yes", "tilt": "yes"}
    found = weigh(network, findings, WORTH, actions=ACTIONS)
    utilities = [row.utility for row in found]
    assert utilities == sorted(utilities, reverse=True)
    for row in found:
        plan = [network.treatments[name] for name in row.treatments]
        p = next_with_plan(network, findings, plan, [one.success.p for one in plan])
        assert list(row.outcomes.values()) == pytest.approx(p, abs=1e-12)
        assert row.utility == pytest.approx(p @ list(WORTH[row.action].values()), abs=1e-11)
    assert "keep running" in str(found) and "nothing new" in str(found)
    assert found.to_dicts()[0]["action"] == found[0].action


def test_two_treatments_of_one_target_succeed_independently() -> None:
    twice = {**runner().treatments, "stretch_more": treatment("stretch_more", 0.4, tight="no")}
    network = replace(runner(), treatments=twice)
    worth, both = {"both": {"no": 1.0, "yes": 0.0}}, {"both": ("stretch", "stretch_more")}
    found = weigh(network, {"pain": "yes"}, worth, actions=both)
    before, after = (pain(network, {"pain": "yes"}, brought) for brought in ({}, {"tight": "no"}))
    success = 1 - (1 - 0.5) * (1 - 0.4)
    expected = (1 - success) * before + success * after
    assert 1 - found[0].utility == pytest.approx(expected, abs=1e-12)


def test_the_usual_actions_come_from_the_vocabulary_and_the_best_plan() -> None:
    trained = {"straighten": replace(runner().treatments["straighten"], who="clinician")}
    network = replace(runner(), treatments={**runner().treatments, **trained})
    found = what_helps(network, {"pain": "yes"})
    assert found.plan is not None and "straighten" in found.plan.treatments
    own = tuple(name for name in found.plan.treatments if name != "straighten")
    assert usual_actions(found) == {
        "change nothing": (),
        "do it oneself": own,
        "see somebody trained": ("straighten",),
    }
    words = replace(WORDS, actions={"carry on": (), "lie down": ("rest",)})
    named = usual_actions(what_helps(replace(network, vocabulary=words), {"pain": "yes"}))
    assert list(named) == ["do it oneself", "see somebody trained", "carry on", "lie down"]
    assert named["carry on"] == () and named["lie down"] == ("rest",)


def test_usual_actions_without_treatments_are_to_change_nothing() -> None:
    bare = replace(runner(), treatments={})
    assert usual_actions(what_helps(bare, {"pain": "yes"})) == {"change nothing": ()}


@pytest.mark.parametrize(
    ("utilities", "actions", "message"),
    [
        ({"keep running": {"no": 1.0}}, ACTIONS, "miss pain=yes"),
        (
            {"keep runing": {"no": 1.0, "yes": 0.0}},
            ACTIONS,
            'unknown action "keep runing"; did you mean "keep running"',
        ),
        ({"ease off": {"no": 1.0, "yes": 0.0, "maybe": 2.0}}, ACTIONS, "state of pain"),
        ({}, ACTIONS, "at least one action"),
        (
            {"a": {"no": 1.0, "yes": 0.0}},
            {"a": ("restt",)},
            'unknown treatment "restt"; did you mean "rest"',
        ),
        (
            {"a": {"no": 1.0, "yes": 0.0}},
            {"a": ("stretch", "tighten")},
            "the treatments of a pull tight into several states: no, yes",
        ),
    ],
)
def test_what_cannot_be_weighed_is_refused_in_words(
    utilities: Any, actions: Any, message: str
) -> None:
    network = replace(
        runner(),
        treatments={**runner().treatments, "tighten": treatment("tighten", 0.5, tight="yes")},
    )
    with pytest.raises(bb.BackpainError, match=message):
        weigh(network, {}, utilities, actions=actions)
