"""What helps, against the definition: two slices written out; and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.decide.expected_utility import usual_actions, weigh
from backpain_bn.decide.treatment_effects import TreatmentEffects
from backpain_bn.decide.treatments import what_helps
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Advice, Source, Treatment, Variable
from backpain_bn.red_flags import check
from backpain_bn.temporal.unrolling import redrawn
from tests.backs.vignettes import VIGNETTES
from tests.oracles.networks import WORDS
from tests.temporal.test_next_period import (
    CASES,
    YES_NO,
    caused,
    marginal,
    next_by_definition,
    runner,
    today,
    transition,
    treatment,
)

DESK: Findings = {"sitting_hours": "over_8", "low_back_pain": "yes", "pain_during_run": "yes"}


def pain(network: Network, findings: Findings, again: Any, brought: dict[str, str]) -> float:
    return float(1 - next_by_definition(network, findings, again, brought)[0])


def plan_by_definition(
    network: Network, findings: Findings, names: tuple[str, ...]
) -> tuple[float, float]:
    """Return P(pain) as it is and with the plan: one do on the targets of those that succeed,
    summed over who succeeds.
    """
    plan = [network.treatments[name] for name in names]
    again = redrawn(network, {target for one in plan for target in one.targets})
    after = 0.0
    for successes in product((True, False), repeat=len(plan)):
        chance = np.prod(
            [
                one.success.p if success else 1 - one.success.p
                for one, success in zip(plan, successes, strict=True)
            ]
        )
        brought = {
            name: state
            for one, success in zip(plan, successes, strict=True)
            if success
            for name, state in one.targets.items()
        }
        after += float(chance) * pain(network, findings, again, brought)
    return pain(network, findings, again, {}), after


@pytest.mark.parametrize("findings", CASES)
def test_every_effect_follows_the_definition(findings: Findings) -> None:
    network = runner()
    found = what_helps(network, findings)
    assert found.now == pytest.approx(pain(network, findings, (), {}), abs=1e-13)
    assert {row.name for row in found} | set(found.left_out) == set(network.treatments)
    for row in found:
        targets = dict(row.treatment.targets)
        again = redrawn(network, targets)
        assert row.before == pytest.approx(pain(network, findings, again, {}), abs=1e-13)
        assert row.after == pytest.approx(pain(network, findings, again, targets), abs=1e-13)
        assert row.effect == pytest.approx(
            row.treatment.success.p * (row.before - row.after), abs=1e-15
        )
    assert [row.effect for row in found] == sorted((row.effect for row in found), reverse=True)


def test_the_example_of_the_docstring() -> None:
    causes = {
        "weak": Variable("weak", YES_NO, prior(0.7, 0.3)),
        "stiff": Variable("stiff", YES_NO, prior(0.8, 0.2)),
    }
    ache = Variable("pain", YES_NO, caused(0.1, ("weak", 0.5), ("stiff", 0.5)), persists=False)
    treatments = {
        "train": treatment("train", 0.5, weak="no"),
        "loosen": treatment("loosen", 0.4, stiff="no"),
    }
    network = Network(
        "back", {**causes, "pain": ache}, outcome="pain", treatments=treatments, vocabulary=WORDS
    )
    told = {"pain": "yes"}
    bare = pain(network, told, (), {})
    drops = [
        success * (bare - pain(network, told, (), {name: "no"}))
        for name, success in (("weak", 0.5), ("stiff", 0.4))
    ]
    assert [round(value, 4) for value in (bare, *drops, sum(drops))] == [
        0.5027,
        0.1121,
        0.0579,
        0.1701,
    ]
    before, after = plan_by_definition(network, told, ("train", "loosen"))
    assert round(before - after, 4) == 0.1768


@pytest.mark.parametrize("findings", CASES)
def test_the_best_plan_is_the_best_of_all_plans(findings: Findings) -> None:
    network = runner()
    found = what_helps(network, findings)
    good = [row.name for row in found if row.effect > 0]
    effects = {}
    for size in (2, 3):
        for names in combinations(good, size):
            targets = [target for name in names for target in network.treatments[name].targets]
            if len(targets) == len(set(targets)):
                before, after = plan_by_definition(network, findings, names)
                effects[names] = before - after
    if not effects:
        assert found.plan is None
        return
    assert found.plan is not None
    best = max(effects, key=lambda names: effects[names])
    assert set(found.plan.treatments) == set(best)
    assert found.plan.effect == pytest.approx(effects[best], abs=1e-13)
    before, after = plan_by_definition(network, findings, best)
    assert (found.plan.before, found.plan.after) == pytest.approx((before, after), abs=1e-13)
    assert found.plan.added == pytest.approx(
        sum(row.effect for row in found if row.name in best), abs=1e-15
    )


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
    before, after = plan_by_definition(network, findings, plan.treatments)
    assert (plan.before, plan.after) == pytest.approx((before, after), abs=1e-12)


def test_the_range_is_that_of_the_success() -> None:
    success = Number(0.5, 0.2, 0.8)
    network = replace(
        runner(), treatments={"stretch": Treatment("stretch", "Stretch", {"tight": "no"}, success)}
    )
    row = what_helps(network, {"pain": "yes"})[0]
    drop = row.before - row.after
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
        before, after = plan_by_definition(
            replace(network, treatments=sure), {"pain": "yes"}, plan.treatments
        )
        assert end == pytest.approx(before - after, abs=1e-13)


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
    with pytest.raises(bb.UnknownName, match='unknown treatment "strech"; did you mean "stretch"'):
        what_helps(runner(), {}, ["strech"])
    with pytest.raises(
        bb.BackpainError, match=r'treatments are a list of names, such as \["stretch"\]'
    ):
        what_helps(runner(), {}, "stretch")


def test_treatments_can_be_chosen() -> None:
    found = what_helps(runner(), {"pain": "yes"}, ["rest", "stretch", "rest"])
    assert sorted(row.name for row in found) == ["rest", "stretch"]
    alone = what_helps(runner(), {"pain": "yes"}, ["rest"])
    assert len(alone) == 1 and alone.plan is None
    nothing = what_helps(runner(), {"pain": "yes"}, [])
    assert len(nothing) == 0 and nothing.plan is None


def test_impossible_and_misspelt_findings_are_refused() -> None:
    with pytest.raises(bb.UnknownName, match="did you mean"):
        what_helps(runner(), {"weaak": "yes"})
    sure = replace(
        runner(),
        variables={**runner().variables, "weak": Variable("weak", YES_NO, prior(0.0, 1.0))},
    )
    with pytest.raises(bb.ImpossibleEvidence, match="weak=no"):
        what_helps(sure, {"weak": "no"})


def test_a_network_without_outcome_or_treatments_says_so() -> None:
    with pytest.raises(bb.BackpainError, match="plain names no outcome"):
        what_helps(
            Network("plain", {"a": Variable("a", YES_NO, prior(0.5, 0.5))}, vocabulary=WORDS), {}
        )
    bare = what_helps(replace(runner(), treatments={}), {"pain": "yes"})
    assert len(bare) == 0 and "The file of runner names no treatments." in str(bare)
    assert bare.now == pytest.approx(pain(runner(), {"pain": "yes"}, (), {}), abs=1e-13)


def test_an_outcome_never_persists() -> None:
    """In a file without roles everything does but the outcome."""
    network = replace(
        runner(),
        variables={name: replace(one, persists=True) for name, one in runner().variables.items()},
    )
    found = what_helps(network, {"pain": "yes"}, ["stretch"])
    assert found.now < 0.9
    assert found.now == pytest.approx(pain(network, {"pain": "yes"}, (), {}), abs=1e-13)


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


def test_unproven_is_said() -> None:
    study = Source("T1", "study", "It works.", read="A")
    against = Source("T2", "study", "It does not.", read="A")
    successes = {
        "stretch": Number(0.5, 0.4, 0.6, ("T1",)),
        "strengthen": Number(0.5, 0.4, 0.6, ("expert",)),
        "rest": Number(0.5, 0.4, 0.6, ("T1",), ("T2",)),
        "straighten": Number(0.5, 0.4, 0.6, ("expert",), ("T2",)),
    }
    treatments = {
        name: replace(runner().treatments[name], success=success)
        for name, success in successes.items()
    }
    treatments["rest"] = replace(treatments["rest"], note="Unproven for the back.")
    found = what_helps(
        replace(runner(), treatments=treatments, sources={"T1": study, "T2": against}),
        {"pain": "yes"},
    )
    rows = {row.name: row for row in found}
    assert {name: (row.grade, row.unproven) for name, row in rows.items()} == {
        "stretch": ("supported", False),
        "strengthen": ("expert", True),
        "rest": ("mixed", True),
        "straighten": ("contradicted", True),
    }
    assert "Strengthen (unproven): about" in str(found) and "Stretch: about" in str(found)


@pytest.mark.parametrize("name", VIGNETTES)
def test_what_should_help_lowers_pain_in_both_voices(name: str, voice: bb.Network) -> None:
    found = {row.name: row for row in what_helps(voice, VIGNETTES[name]["findings"])}
    for treatment_name in VIGNETTES[name]["helps"]:
        assert found[treatment_name].effect > 0, treatment_name


def test_the_shipped_answer_reads_well(voice: bb.Network) -> None:
    found = what_helps(voice, DESK)
    text = str(found)
    assert max(map(len, text.splitlines())) <= 100
    assert "do not stop running" in text and "S2.1, TX-RUN-03, PA-01, LOAD-DISC-02]" in " ".join(
        text.split()
    )
    assert "Sit less - stand and move through the day (unproven): about" in text
    assert found.plan is not None and len(found.plan.treatments) == 3
    assert all(0 <= row.after <= 1 and 0 <= row.before <= 1 for row in found)
    assert set(found.sources()) <= set(voice.sources) | {"expert"}
    for word in ("nothing to worry", "harmless", "safe", "no need to see"):
        assert word not in text.lower()


def test_nothing_advises_to_keep_running_while_a_red_flag_is_set(voice: bb.Network) -> None:
    """Not even the caution that goes with resting."""
    rules = bb.load().red_flags
    flags = next(
        flags
        for question in rules.questions
        if (flags := check(rules, {question.id: "yes"})).set and not flags.urgent
    )
    told = " ".join(
        str(what_helps(voice, VIGNETTES["too_much_too_fast"]["findings"], red_flags=flags)).split()
    )
    assert (
        "A few easy days" in told
        and "do not stop running" not in told
        and "keep running" not in told.lower()
    )
    assert "Mind: Hold, do not bend" in " ".join(
        str(what_helps(voice, DESK, ["core_strengthening"], red_flags=flags)).split()
    )


def test_no_findings_are_an_answer_too(voice: bb.Network) -> None:
    found = what_helps(voice, {})
    assert found.now == pytest.approx(bb.posterior(voice)["low_back_pain"]["yes"], abs=1e-12)
    assert "WHATEVER IS CHOSEN" not in str(found)


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


def test_actions_are_compared_under_the_same_new_draws() -> None:
    network, findings = runner(), {"pain": "yes", "tilt": "yes"}
    again = redrawn(network, ["strain", "tight", "weak", "tilt"])
    found = weigh(network, findings, WORTH, actions=ACTIONS)
    assert [row.utility for row in found.rows] == sorted(
        (row.utility for row in found.rows), reverse=True
    )
    for row in found.rows:
        p = np.zeros(2)
        plan = [network.treatments[name] for name in row.treatments]
        for successes in product((True, False), repeat=len(plan)):
            weight = np.prod(
                [
                    one.success.p if success else 1 - one.success.p
                    for one, success in zip(plan, successes, strict=True)
                ]
            )
            brought = {
                name: state
                for one, success in zip(plan, successes, strict=True)
                if success
                for name, state in one.targets.items()
            }
            p += weight * marginal(
                network, today(network, findings) @ transition(network, again, brought), "pain"
            )
        assert list(row.outcomes.values()) == pytest.approx(p, abs=1e-13)
        assert row.utility == pytest.approx(p @ list(WORTH[row.action].values()), abs=1e-12)
    assert "keep running" in str(found) and "nothing new" in str(found)
    assert found.to_dicts()[0]["action"] == found.rows[0].action


def test_two_treatments_of_one_target_succeed_independently() -> None:
    twice = {**runner().treatments, "stretch_more": treatment("stretch_more", 0.4, tight="no")}
    network = replace(runner(), treatments=twice)
    found = weigh(
        network,
        {"pain": "yes"},
        {"both": {"no": 1.0, "yes": 0.0}},
        actions={"both": ("stretch", "stretch_more")},
    )
    before, after = (
        pain(network, {"pain": "yes"}, redrawn(network, ["tight"]), brought)
        for brought in ({}, {"tight": "no"})
    )
    success = 1 - (1 - 0.5) * (1 - 0.4)
    assert 1 - found.rows[0].utility == pytest.approx(
        (1 - success) * before + success * after, abs=1e-13
    )


def test_the_usual_actions_come_from_the_vocabulary_and_the_best_plan() -> None:
    trained = {"straighten": replace(runner().treatments["straighten"], who="clinician")}
    network = replace(runner(), treatments=runner().treatments | trained)
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


def test_the_shipped_actions_can_be_weighed(shipped: bb.Network) -> None:
    actions = usual_actions(what_helps(shipped, DESK))
    trained = actions["see somebody trained"]
    assert all(shipped.treatments[name].who == "clinician" for name in trained)
    worth = {action: {"no": 1.0, "yes": 0.0} for action in actions}
    rows = {row.action: row for row in weigh(shipped, DESK, worth)}
    assert rows["do it oneself"].utility > rows["keep running"].utility


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
