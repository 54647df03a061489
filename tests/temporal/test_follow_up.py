"""Several visits, against their definition: the chain of joint states, one factor per variable,
written out and summed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.decide.treatments import what_helps
from backpain_bn.display.blocks import Waterfall
from backpain_bn.inference import memory, plan
from backpain_bn.inference.dense import dense_engine
from backpain_bn.model.distributions import number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Treatment, Trial, Variable
from backpain_bn.temporal import window
from backpain_bn.temporal.follow_up import FollowUp, follow_up
from backpain_bn.temporal.moments import LEFT_BEHIND, outcome_ahead
from backpain_bn.temporal.unrolling import unrolled
from backpain_bn.temporal.visits import Visit
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS, asia, multi_state, random_evidence, random_networks
from tests.oracles.periods import (
    YES_NO,
    caused,
    marginal,
    redrawn,
    runner,
    today,
    told,
    transition,
    treatment,
)
from tests.temporal.test_next_period import recurring

COURSES: tuple[tuple[Visit, ...], ...] = (
    (Visit({"pain": "yes"}), Visit({"pain": "no"})),
    (
        Visit({"pain": "yes", "sitting": "very_long"}),
        Visit({"pain": "yes"}),
        Visit({"pain": "no", "sign": "no"}),
    ),
    (
        Visit({"pain": "yes", "sitting": "very_long", "tilt": "yes"}),
        Visit({"pain": "no"}, {"sitting": "short"}),
    ),
    (
        Visit({"pain": "yes"}),
        Visit({"sign": "no"}, treatments=("strengthen",)),
        Visit({"pain": "no"}, treatments=("stretch",)),
    ),
    (
        Visit({"pain": "yes"}),
        Visit({"pain": "no"}, {"tilt": "no"}, ("stretch", "rest")),
        Visit({"tilt": "yes"}, {"weak": "yes"}),
    ),
    (
        Visit({"strain": {"no": 0.3, "yes": 1.0}}),
        Visit({"weak": {"no": 1, "yes": 2}}, {"sitting": "long"}),
        Visit({"weak": "yes"}),
    ),
    (
        Visit({"tight": "no"}),
        Visit({"tight": "no", "pain": "yes"}, treatments=("all_round", "straighten")),
        Visit({}),
    ),
    (
        Visit({}),
        Visit({"pain": "yes"}, {"sitting": "short"}, ("get_up", "stretch")),
        Visit({"pain": None, "sign": "yes"}),
    ),
)


def by_definition(network: Network, visits: Sequence[Visit]) -> np.ndarray:
    """Return P(joint state at the last visit, all findings)."""
    weights = today(network, visits[0].findings)
    for visit in visits[1:]:
        plan = [network.treatments[name] for name in visit.treatments]
        again = redrawn(
            network, {*visit.changed, *(target for one in plan for target in one.targets)}
        )
        step = np.zeros((len(weights), len(weights)))
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
            step += chance * transition(network, again, {**brought, **visit.changed})
        weights = (weights @ step) * told(network, visit.findings)
    return weights


def log_odds(p: float) -> float:
    return 10 * math.log10(p / (1 - p))


@pytest.mark.parametrize("visits", COURSES)
def test_every_probability_at_every_visit_follows_the_definition(visits: tuple[Visit, ...]) -> None:
    network = runner()
    course = follow_up(network, visits)
    assert len(course.moments) == len(visits)
    for index, moment in enumerate(course.moments):
        weights = by_definition(network, visits[: index + 1])
        assert moment.posterior.log_evidence == pytest.approx(math.log(weights.sum()), abs=1e-11)
        for name in network.variables:
            assert list(moment.posterior[name].values()) == pytest.approx(
                marginal(network, weights, name), abs=1e-12
            ), (index, name)


@pytest.mark.parametrize("visits", COURSES)
def test_the_outcome_ahead_follows_the_definition(visits: tuple[Visit, ...]) -> None:
    network = runner()
    weights = by_definition(network, (*visits, Visit()))
    expected = marginal(network, weights, "pain")[1]
    assert outcome_ahead(follow_up(network, visits).moments[-1]) == pytest.approx(
        expected, abs=1e-12
    )


def test_that_the_outcome_has_gone_is_said_and_what_it_means_for_the_next_period() -> None:
    network = runner()
    course = follow_up(network, (Visit({"pain": "yes"}), Visit({"pain": "no"})))
    said = " ".join(str(course).split())
    ahead = outcome_ahead(course.moments[-1])
    usual = bb.posterior(network)["pain"]["yes"]
    assert "Back pain: no longer there, as told." in said
    assert f"about {1000 * ahead:.0f} of 1,000 cases like this one will have back pain" in said
    assert f"(about {1000 * usual:.0f} of 1,000 among" in said and ahead != pytest.approx(usual)
    still = str(follow_up(network, (Visit({"pain": "yes"}), Visit({"pain": "yes"}))))
    assert "no longer there" not in still and "of 1,000" in still
    trial = replace(network.treatments["stretch"], trial=Trial(0.7, 0.5, 0.9))
    tested = replace(network, treatments={**network.treatments, "stretch": trial})
    started = follow_up(tested, (Visit({"pain": "yes"}), Visit({}, treatments=("stretch",))))
    assert "without the trials of: Stretch." in " ".join(str(started).split())


def test_bars_of_one_follow_up_are_to_one_scale_and_what_is_settled_shows_no_more() -> None:
    visits = (Visit({"pain": "yes"}), Visit({"pain": "no", "weak": "no", "sign": "no"}))
    course = follow_up(runner(), visits)
    falls = [b for view in course.views() for b in view.blocks if isinstance(b, Waterfall)]
    sizes = [abs(db) for fall in falls for _, db in fall.steps if math.isfinite(db)]
    assert len(falls) >= 3 and {fall.reach for fall in falls} == {max(sizes)}
    settled = next(fall for fall in falls if fall.after == 0.0)
    assert [db for _, db in settled.steps] == [-math.inf]
    assert len(course.moments[-1].steps["weak"]) == 3


@pytest.mark.parametrize("visits", COURSES)
def test_the_steps_add_up_to_the_whole_change(visits: tuple[Visit, ...]) -> None:
    moments = follow_up(runner(), visits).moments
    assert moments[0].steps == {}
    for before, after in pairwise(moments):
        assert set(after.steps) == {"sitting", "tight", "weak", "tilt"}
        for name, steps in after.steps.items():
            ends = before.posterior.present(name), after.posterior.present(name)
            if all(0 < p < 1 for p in ends):
                assert sum(step.decibans for step in steps) == pytest.approx(
                    log_odds(ends[1]) - log_odds(ends[0]), abs=1e-9
                )


@pytest.mark.parametrize("changed", [{}, {"weak": "no"}])
def test_what_the_time_before_left_behind_is_a_step_of_its_own(changed: dict[str, str]) -> None:
    visits = [Visit({"pain": {"no": 1.0, "yes": 3.0}}), Visit({"pain": "no"}, changed)]
    before, after = follow_up(recurring(), visits).moments
    first, *others = after.steps["before"]
    assert first.words == LEFT_BEHIND and first.decibans > 1
    assert len(others) == 1 + len(changed)
    assert first.decibans + sum(step.decibans for step in others) == pytest.approx(
        log_odds(after.posterior.present("before")) - log_odds(before.posterior.present("before")),
        abs=1e-9,
    )


def test_findings_weigh_their_average_over_all_orders() -> None:
    network, findings = runner(), {"pain": "no", "sign": "no", "strain": "no"}
    visits = (Visit({"pain": "yes"}), Visit(findings))
    steps = {
        step.words: step.decibans for step in follow_up(network, visits).moments[1].steps["weak"]
    }
    orders = list(permutations(findings))
    expected = dict.fromkeys(findings, 0.0)
    for order in orders:
        so_far: dict[str, str] = {}
        for name in order:
            odds = []
            for some in (so_far, {**so_far, name: findings[name]}):
                weights = by_definition(network, (visits[0], Visit(some)))
                odds.append(log_odds(float(1 - marginal(network, weights, "weak")[0])))
            expected[name] += (odds[1] - odds[0]) / len(orders)
            so_far[name] = findings[name]
    assert list(steps.values()) == pytest.approx(list(expected.values()), abs=1e-10)
    assert list(steps) == ["back pain: no", "sign of weakness: no", "strain: no"]


def test_actions_come_first_each_in_its_turn() -> None:
    network = runner()
    first = Visit({"pain": "yes", "sitting": "very_long"})
    steps = (
        follow_up(network, (first, Visit({"pain": "no"}, {"sitting": "short"}, ("stretch",))))
        .moments[1]
        .steps["tight"]
    )
    assert [step.words for step in steps] == [
        "now sitting: short",
        "started: Stretch",
        "back pain: no",
    ]
    visits = [
        (first,),
        (first, Visit({}, {"sitting": "short"})),
        (first, Visit({}, {"sitting": "short"}, ("stretch",))),
    ]
    odds = [
        log_odds(float(1 - marginal(network, by_definition(network, some), "tight")[0]))
        for some in visits
    ]
    assert [step.decibans for step in steps[:2]] == pytest.approx(np.diff(odds), abs=1e-10)


def test_a_visit_at_which_nothing_is_told_moves_nothing_that_persists() -> None:
    course = follow_up(runner(), (Visit({"pain": "yes", "tilt": "yes"}), Visit()))
    for name in ("sitting", "tight", "weak", "tilt"):
        assert course[name] == pytest.approx(course.moments[0].posterior[name], abs=1e-13)
        assert course.moments[1].steps[name] == ()
    assert course["pain"]["yes"] == pytest.approx(
        what_helps(runner(), {"pain": "yes", "tilt": "yes"}).now, abs=1e-13
    )


@pytest.mark.parametrize("name", ["straighten", "rest"])
def test_a_treatment_started_is_what_was_promised_of_it(name: str) -> None:
    """P(pain at the next visit) with nothing told there is what `what_helps` expected of the
    treatment, where nothing that persists descends from what it aims at.
    """
    findings: Findings = {"pain": "yes", "sitting": "long"}
    row = what_helps(runner(), findings, [name])[0]
    found = follow_up(runner(), (Visit(findings), Visit({}, treatments=(name,))))["pain"]["yes"]
    assert found == pytest.approx(row.after, abs=1e-12)


def test_the_outcome_leaves_something_behind_for_the_next_visit() -> None:
    network = recurring()
    course = follow_up(network, (Visit({"pain": "yes", "before": "no"}), Visit()))
    assert course.moments[0].posterior["before"]["yes"] == 0.0
    assert course["before"]["yes"] == pytest.approx(1.0, abs=1e-15)
    expected = what_helps(network, {"pain": "yes", "before": "no"}).now
    assert course["pain"]["yes"] == pytest.approx(expected, abs=1e-12)
    free = follow_up(network, (Visit({"pain": "no", "before": "no"}), Visit()))
    assert free["before"]["yes"] == 0.0


def test_a_finding_that_settles_it_is_said_to_and_the_others_weigh_as_without_it() -> None:
    first = Visit({"pain": "yes"})
    whole = follow_up(runner(), (first, Visit({"pain": "no", "weak": "yes", "sign": "yes"})))
    without = follow_up(runner(), (first, Visit({"pain": "no", "sign": "yes"})))
    steps, others = (course.moments[1].steps["weak"] for course in (whole, without))
    assert steps[1].decibans == math.inf
    assert [steps[0].decibans, steps[2].decibans] == pytest.approx(
        [step.decibans for step in others], abs=1e-10
    )
    assert "settles it" in str(whole)


def test_many_findings_are_accounted_for_in_the_order_told() -> None:
    links = {f"sign_{index}": 0.1 + index / 20 for index in range(9)}
    signs = {
        name: Variable(name, YES_NO, caused(0.1, ("weak", link)), persists=False)
        for name, link in links.items()
    }
    network = replace(runner(), variables={**runner().variables, **signs})
    findings = dict.fromkeys(signs, "yes")
    course = follow_up(network, (Visit({"pain": "yes"}), Visit(findings)))
    odds = log_odds(course.moments[0].posterior.present("weak"))
    for step, name in zip(course.moments[1].steps["weak"], signs, strict=True):
        lift = (0.1 + 0.9 * links[name]) / 0.1
        assert step.decibans == pytest.approx(10 * math.log10(lift), abs=1e-9)
        odds += step.decibans
    assert log_odds(course.posterior.present("weak")) == pytest.approx(odds, abs=1e-9)


def test_visits_can_be_added_one_by_one() -> None:
    visits = COURSES[4]
    course = follow_up(runner(), visits[:1])
    for visit in visits[1:]:
        course = course.follow_up(visit.findings, visit.changed, visit.treatments)
    whole = follow_up(runner(), visits)
    assert isinstance(course, FollowUp)
    assert course.posterior.row == pytest.approx(whole.posterior.row, abs=1e-14)
    assert course.visits == visits
    assert [row.variable for row in course] == [row.variable for row in whole]


def test_what_is_known_is_what_was_told_and_still_holds() -> None:
    first = Visit(
        {"pain": "yes", "sitting": "very_long", "tight": "yes", "weak": {"no": 1.0, "yes": 4.0}}
    )
    assert follow_up(runner(), (first, Visit({"pain": "no"}))).known == {
        "sitting": "very_long",
        "tight": "yes",
        "weak": {"no": 1.0, "yes": 4.0},
        "pain": "no",
    }
    again = Visit({"weak": {"no": 0.5, "yes": 1.0}}, {"sitting": "short"})
    assert follow_up(runner(), (first, again)).known == {
        "sitting": "short",
        "weak": {"no": 0.5, "yes": 4.0},
    }
    treated = Visit({"weak": {"no": 1.0, "yes": 1.0}}, treatments=("stretch",))
    assert "tight" not in follow_up(runner(), (first, treated)).known
    sure = (Visit({"weak": "yes"}), Visit({"weak": {"no": 0.5, "yes": 1.0}}))
    assert follow_up(runner(), sure).known == {"weak": "yes"}


@settings(max_examples=30, deadline=None)
@given(random_networks(), st.data())
def test_random_courses_follow_the_definition(bare: Network, data: st.DataObject) -> None:
    names = list(bare.variables)[:4]
    kept = {name: replace(bare[name], persists=data.draw(st.booleans())) for name in names}
    aims = {name: data.draw(st.sampled_from(kept[name].states)) for name in names}
    chances = {name: data.draw(st.floats(0, 1)) for name in names}
    treatments = {
        f"t_{name}": Treatment(f"t_{name}", name, {name: aims[name]}, number(chances[name]))
        for name in names
    }
    network = Network("random", kept, outcome=names[-1], treatments=treatments, vocabulary=WORDS)
    visits = []
    for index in range(3):
        changed = {
            name: aims[name]
            for name in data.draw(st.sets(st.sampled_from(names), max_size=1))
            if index and kept[name].persists and name != names[-1]
        }
        started = (
            data.draw(st.sets(st.sampled_from(sorted(treatments)), max_size=2)) if index else ()
        )
        told_now = {
            name: data.draw(st.sampled_from(kept[name].states))
            for name in data.draw(st.sets(st.sampled_from(names), max_size=2))
        }
        visits.append(
            Visit(
                {name: state for name, state in told_now.items() if name not in changed},
                changed,
                tuple(started),
            )
        )
    try:
        course = follow_up(network, visits)
    except bb.errors.ImpossibleEvidence:
        assert any(by_definition(network, visits[: index + 1]).sum() <= 1e-15 for index in range(3))
        return
    except bb.BackpainError as error:
        assert "persists, and is now told" in str(error)
        assert by_definition(network, visits).sum() == 0
        return
    weights = by_definition(network, visits)
    for name in names:
        assert list(course[name].values()) == pytest.approx(
            marginal(network, weights, name), abs=1e-7
        )


@pytest.mark.parametrize("network", [asia(), multi_state(), runner()])
def test_the_first_slice_is_the_network_itself(network: Network) -> None:
    whole, names, _, _ = unrolled(network, (Visit(),))
    assert list(whole.variables) == list(network.variables) and set(names[0].items()) == {
        (name, name) for name in network.variables
    }
    evidence = random_evidence(network, 5)
    assert enumerate_beliefs(whole, evidence).marginals == pytest.approx(
        enumerate_beliefs(network, evidence).marginals
    )


@pytest.mark.parametrize(
    ("visit", "message"),
    [
        (Visit({"paain": "yes"}), 'unknown variable "paain"; did you mean "pain"'),
        (Visit({"pain": "bad"}), 'unknown state of pain "bad"'),
        (Visit({}, {"weeak": "no"}), 'unknown variable "weeak"; did you mean "weak"'),
        (Visit({}, {"weak": "strong"}), 'unknown state of weak "strong"'),
        (
            Visit({}, {"pain": "no"}),
            "pain is drawn again each time, so it cannot have changed for good; tell pain=no "
            "as a finding",
        ),
        (
            Visit({"weak": "yes"}, {"weak": "no"}),
            "weak is said to have changed to no and to be yes",
        ),
        (Visit({}, treatments=("strech",)), 'unknown treatment "strech"; did you mean "stretch"'),
        (
            Visit({}, treatments=("stretch", "tighten")),
            "the treatments stretch, tighten pull tight into several states: no, yes",
        ),
        (
            Visit({"sitting": "short"}),
            r"sitting was long and persists, and is now told to be short; .* say so: "
            r"changed, with sitting=short \(on the command line --changed sitting=short\)",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused_in_words(visit: Visit, message: str) -> None:
    network = replace(
        runner(),
        treatments={**runner().treatments, "tighten": treatment("tighten", 0.5, tight="yes")},
    )
    with pytest.raises(bb.BackpainError, match=message):
        follow_up(network, (Visit({"sitting": "long"}), visit))


@pytest.mark.parametrize(
    ("visits", "message"),
    [
        ((), "at least one visit"),
        ((Visit({}, {"weak": "no"}),), "at the first visit nothing can have changed yet"),
        ((Visit({}, treatments=("stretch",)),), "at the first visit nothing can have changed yet"),
    ],
)
def test_a_first_visit_has_nothing_before_it(visits: Any, message: str) -> None:
    with pytest.raises(bb.BackpainError, match=message):
        follow_up(runner(), visits)


def test_a_visit_of_the_wrong_shape_is_refused_in_words() -> None:
    with pytest.raises(bb.BackpainError, match="findings must map variables to states, not list"):
        Visit(["pain"])  # type: ignore[arg-type]
    with pytest.raises(bb.BackpainError, match='treatments must be a list of names, not "rest"'):
        Visit(treatments="rest")


def test_a_network_without_outcome_is_refused_in_words() -> None:
    plain = Network("plain", {"a": Variable("a", YES_NO, prior(0.5, 0.5))}, vocabulary=WORDS)
    with pytest.raises(bb.BackpainError, match="plain names no outcome"):
        follow_up(plain, (Visit(),))


def test_findings_that_cannot_hold_together_are_named() -> None:
    sign = Variable("sign", YES_NO, caused(0.0, ("weak", 1.0)), "Sign", persists=False)
    sure = replace(runner(), variables={**runner().variables, "sign": sign})
    with pytest.raises(
        bb.errors.ImpossibleEvidence,
        match=r"at visit 2 cannot hold .* with what was known before in runner: Sign \(sign=no\)$",
    ):
        follow_up(sure, (Visit({"sign": "yes"}), Visit({"pain": "no", "sign": "no"})))
    with pytest.raises(bb.errors.ImpossibleEvidence, match="these findings cannot hold together"):
        follow_up(sure, (Visit({"sign": "yes", "weak": "no"}),))


@pytest.mark.parametrize("visits", [visits for visits in COURSES if len(visits) > 2])
def test_the_earliest_of_too_many_visits_are_summed_up(
    visits: tuple[Visit, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What persists keeps its probability at once, and loses little by the visit after it."""
    network = runner()
    whole = follow_up(network, visits)
    assert whole.summed_up == 0 and "not exact" not in str(whole)
    monkeypatch.setattr(window, "MOST_CELLS", 1)
    short = follow_up(network, visits)
    assert short.summed_up == len(visits) - 2
    assert f"not exact: so many visits take too much memory. Before visit {len(visits) - 1}" in (
        " ".join(str(short).split())
    )
    assert short.posterior.row == pytest.approx(whole.posterior.row, abs=0.04)
    assert short.posterior.log_evidence == pytest.approx(whole.posterior.log_evidence, abs=0.15)


def test_visits_that_are_summed_up_keep_every_probability_until_the_next_finding() -> None:
    network = runner()
    visits = (
        Visit({"pain": "yes", "sitting": "long"}),
        Visit({"pain": "yes"}, {"weak": "yes"}, ("stretch",)),
    )
    longer = window.window(network, visits[0]).with_visit(visits[1])
    short = replace(longer, visits=(*longer.visits, Visit()))._shorter()
    before = follow_up(network, (visits[0], replace(visits[1], findings={})))
    row = dense_engine(network)(short.row[None]).marginals[0]
    for name in ("sitting", "tight", "weak", "tilt"):
        place = network.slices[name]
        assert row[place] == pytest.approx(before.posterior.row[place], abs=1e-5)


def test_too_many_visits_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    course = follow_up(runner(), [Visit()])
    monkeypatch.setattr(memory, "SHARE", 1e-12)
    monkeypatch.setattr(plan, "ALWAYS_FREE", 0)
    message = r"2 visits are too many to follow; leave out the earliest. exact inference"
    with pytest.raises(bb.errors.TooHard, match=message):
        course.follow_up({"pain": "yes"})


def test_rows_as_plain_data() -> None:
    course = follow_up(runner(), COURSES[3])
    data = course.to_dicts()
    assert len(data) == 3 * len(course) == 3 * len(list(course))
    weak = [row for row in data if row["variable"] == "weak"]
    assert [row["present"] for row in weak] == [
        moment.posterior.present("weak") for moment in course.moments
    ]
    assert weak[0]["steps"] == [] and [words for words, _ in weak[1]["steps"]] == [
        "started: Strengthen",
        "sign of weakness: no",
    ]


def test_an_added_visit_changes_nothing_of_the_one_before() -> None:
    course = follow_up(runner(), COURSES[0])
    row = course.posterior.row.copy()
    findings = {"pain": "yes"}
    longer = course.follow_up(findings)
    findings["pain"] = "no"
    assert (
        (course.posterior.row == row).all()
        and len(course.moments) == 2
        and longer.visits[-1].findings == {"pain": "yes"}
    )


def test_a_treatment_of_what_does_not_persist_holds_for_its_visit() -> None:
    course = follow_up(runner(), (Visit({"pain": "yes"}), Visit({}, treatments=("rest",)), Visit()))
    once, later = (
        course.moments[1].posterior["strain"]["yes"],
        course.moments[2].posterior["strain"]["yes"],
    )
    untreated = follow_up(runner(), (Visit({"pain": "yes"}), Visit()))["strain"]["yes"]
    assert once == pytest.approx(0.2 * untreated, abs=1e-13) and later == pytest.approx(
        untreated, abs=1e-13
    )


def test_visits_take_what_every_answer_takes(car: Network) -> None:
    told = follow_up(car, [Visit({"no_start": True}), Visit({"no_start": False})])
    named = follow_up(car, [Visit({"no_start": "yes"}), Visit({"no_start": "no"})])
    assert str(told) == str(named) and told.known == named.known == {"no_start": "no"}


def test_what_earlier_visits_imply_counts_beside_a_later_answer(flagged_car: Network) -> None:
    rules = flagged_car.red_flags
    question = next(each for each in rules.questions if each.finding)
    name, _, state = question.finding.partition("=")
    course = follow_up(flagged_car, [Visit({name: state}), Visit({})])
    assert course.red_flags.answers[question.id] == "yes"
    assert course.red_flags.follows == (question.id,)
