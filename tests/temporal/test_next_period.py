"""The next period against its definition: every pair of joint states, today's and the next
period's, written out and summed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Treatment, Variable
from backpain_bn.temporal.next_period import NextPeriod, World, next_period
from backpain_bn.temporal.unrolling import redrawn, suffix
from tests.oracles.networks import WORDS, random_networks

YES_NO = ("no", "yes")


def caused(leak: float, *links: tuple[str, float]) -> NoisyOr:
    return NoisyOr(
        number(leak), tuple(Mechanism({parent: ("yes",)}, number(p)) for parent, p in links)
    )


def rows(parents: tuple[str, ...], cells: dict[tuple[str, ...], tuple[float, ...]]) -> Table:
    return Table(
        parents, tuple(Row(given, tuple(number(p) for p in row)) for given, row in cells.items())
    )


def treatment(name: str, success: float, **targets: str) -> Treatment:
    return Treatment(name, name.replace("_", " ").capitalize(), targets, number(success))


def runner() -> Network:
    """Return sitting of three states, what it brings about, a form fault with a table, a mechanism,
    pain, and a sign of weakness.
    """
    tilt = rows(
        ("weak", "tight"),
        {
            ("no", "no"): (0.9, 0.1),
            ("no", "yes"): (0.5, 0.5),
            ("yes", "no"): (0.6, 0.4),
            ("yes", "yes"): (0.2, 0.8),
        },
    )
    sits = (("long", "very_long"), 0.3), (("very_long",), 0.2)
    tight = NoisyOr(
        number(0.25), tuple(Mechanism({"sitting": states}, number(p)) for states, p in sits)
    )
    pain = NoisyOr(
        number(0.05),
        (
            Mechanism({"strain": ("yes",)}, number(0.7)),
            Mechanism({"tilt": ("yes",), "weak": ("yes",)}, number(0.4)),
            Mechanism({"sitting": ("very_long",)}, number(0.1)),
        ),
    )
    variables = (
        Variable(
            "sitting",
            ("short", "long", "very_long"),
            prior(0.5, 0.3, 0.2),
            "Sitting",
            "risk_factor",
        ),
        Variable("tight", YES_NO, tight, "Tight hips", "impairment"),
        Variable("weak", YES_NO, caused(0.3), "Weak core", "impairment"),
        Variable("tilt", YES_NO, tilt, "Tilted pelvis", "form"),
        Variable(
            "strain",
            YES_NO,
            caused(0.1, ("tilt", 0.5), ("tight", 0.2)),
            "Strain",
            "mechanism",
            persists=False,
        ),
        Variable("pain", YES_NO, caused(0.0), "Back pain", "presentation", persists=False),
        Variable(
            "sign",
            YES_NO,
            caused(0.1, ("weak", 0.7)),
            "Sign of weakness",
            "presentation",
            persists=False,
        ),
    )
    named = {variable.name: variable for variable in variables}
    named["pain"] = replace(named["pain"], distribution=pain)
    treatments = (
        treatment("sit_less", 0.4, sitting="short"),
        treatment("stretch", 0.5, tight="no"),
        treatment("strengthen", 0.6, weak="no"),
        treatment("straighten", 0.3, tilt="no"),
        treatment("rest", 0.8, strain="no"),
        treatment("all_round", 0.25, tight="no", weak="no"),
        treatment("look_for_signs", 0.9, sign="no"),
    )
    return Network(
        "runner",
        named,
        outcome="pain",
        treatments={one.name: one for one in treatments},
        vocabulary=WORDS,
    )


def configurations(network: Network) -> np.ndarray:
    """Return every joint state, one per row, as positions of the variables' states."""
    return np.array(
        list(product(*(range(len(variable.states)) for variable in network.variables.values())))
    )


def drawn(network: Network, name: str, joint: np.ndarray) -> np.ndarray:
    """Return P(variable | parents) in each joint state."""
    columns = {other: joint[:, place] for place, other in enumerate(network.variables)}
    return network.table(name)[tuple(columns[other] for other in (*network[name].parents, name))]


def transition(network: Network, again: Iterable[str], brought: Mapping[str, str]) -> np.ndarray:
    """Return P(joint state in the next period | joint state today), by the definition, one factor
    per variable.
    """
    joint, again = configurations(network), set(again)
    found = np.ones((len(joint), len(joint)))
    for place, (name, variable) in enumerate(network.variables.items()):
        if name in brought:
            found *= joint[None, :, place] == network.state(name, brought[name])
        elif variable.persists and name != network.outcome and name not in again:
            found *= joint[:, None, place] == joint[None, :, place]
        else:
            found *= drawn(network, name, joint)[None, :]
    return found


def told(network: Network, findings: Findings) -> np.ndarray:
    """Return the likelihood of each joint state."""
    row, joint = encode(network, [findings])[0], configurations(network)
    return np.prod(
        [
            row[network.slices[name]][joint[:, place]]
            for place, name in enumerate(network.variables)
        ],
        axis=0,
    )


def today(network: Network, findings: Findings) -> np.ndarray:
    """Return P(joint state, findings)."""
    joint = configurations(network)
    return np.prod([drawn(network, name, joint) for name in network.variables], axis=0) * told(
        network, findings
    )


def marginal(network: Network, weights: np.ndarray, name: str) -> np.ndarray:
    """Return P(variable) from the weights of the joint states."""
    place = list(network.variables).index(name)
    sums = np.bincount(configurations(network)[:, place], weights, len(network[name].states))
    return np.asarray(sums / weights.sum())


def next_by_definition(
    network: Network, findings: Findings, again: Iterable[str], brought: Mapping[str, str]
) -> np.ndarray:
    return marginal(
        network, today(network, findings) @ transition(network, again, brought), network.outcome
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
    network = runner()
    targets = network.treatments[name].targets
    again = redrawn(network, targets)
    set_all = tuple((target, state, 1.0) for target, state in targets.items())
    found = next_period(network).outcomes(findings, [World(), World(again), World(again, set_all)])
    assert found[0] == pytest.approx(next_by_definition(network, findings, (), {}), abs=1e-13)
    assert found[1] == pytest.approx(next_by_definition(network, findings, again, {}), abs=1e-13)
    assert found[2] == pytest.approx(
        next_by_definition(network, findings, again, targets), abs=1e-13
    )


@pytest.mark.parametrize("name", ["sit_less", "stretch", "strengthen", "straighten"])
def test_a_chance_of_success_mixes_what_is_kept_with_what_is_brought_about(name: str) -> None:
    network, findings = runner(), {"pain": "yes", "tilt": "yes"}
    ((target, state),) = network.treatments[name].targets.items()
    again = redrawn(network, [target])
    mixed = next_period(network).outcomes(findings, [World(again, ((target, state, 0.35),))])[0]
    without, with_it = (
        next_by_definition(network, findings, again, {}),
        next_by_definition(network, findings, again, {target: state}),
    )
    assert mixed == pytest.approx(0.65 * without + 0.35 * with_it, abs=1e-13)


def test_an_unhealthy_state_can_be_brought_about_too() -> None:
    network, findings = runner(), {"pain": "no"}
    again = redrawn(network, ["weak"])
    run = next_period(network)
    for chance in (1.0, 0.25):
        found = run.outcomes(findings, [World(again, (("weak", "yes", chance),))])[0]
        ends = [
            next_by_definition(network, findings, again, brought)
            for brought in ({}, {"weak": "yes"})
        ]
        assert found == pytest.approx((1 - chance) * ends[0] + chance * ends[1], abs=1e-13)


def test_an_outcome_of_several_states_is_given_state_by_state() -> None:
    grades = rows(("weak",), {("no",): (0.7, 0.2, 0.1), ("yes",): (0.3, 0.3, 0.4)})
    network = Network(
        "grades",
        {
            "weak": Variable("weak", YES_NO, prior(0.6, 0.4)),
            "pain": Variable(
                "pain", ("none", "some", "much"), grades, role="presentation", persists=False
            ),
        },
        outcome="pain",
        treatments={"train": treatment("train", 0.5, weak="no")},
        vocabulary=WORDS,
    )
    found = next_period(network).outcomes(
        {"pain": "much"}, [World(), World(frozenset(), (("weak", "no", 1.0),))]
    )
    assert found[0] == pytest.approx(
        next_by_definition(network, {"pain": "much"}, (), {}), abs=1e-14
    )
    assert found[1] == pytest.approx([0.7, 0.2, 0.1], abs=1e-14)


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
    weights = today(network, findings)
    if weights.sum() == 0:
        with pytest.raises(bb.ImpossibleEvidence):
            next_period(network).outcomes(findings, [World()])
        return
    assert (
        found_next(network, findings, target, state)
        - defined_next(network, findings, target, state)
    ) == pytest.approx(0, abs=1e-9)


def found_next(network: Network, findings: Findings, target: str, state: str) -> np.ndarray:
    upstream = network.ancestors(network.outcome) | {network.outcome}
    again = redrawn(network, [target]) & upstream
    acted = ((target, state, 1.0),) if target in upstream else ()
    return next_period(network).outcomes(findings, [World(), World(again), World(again, acted)])


def defined_next(network: Network, findings: Findings, target: str, state: str) -> np.ndarray:
    again = redrawn(network, [target])
    return np.array(
        [
            next_by_definition(network, findings, *world)
            for world in (((), {}), (again, {}), (again, {target: state}))
        ]
    )


def test_impossible_findings_are_named() -> None:
    with pytest.raises(bb.ImpossibleEvidence, match="pain=no"):
        sure = Network(
            "sure",
            {"pain": Variable("pain", YES_NO, prior(0.0, 1.0), persists=False)},
            outcome="pain",
            vocabulary=WORDS,
        )
        next_period(sure).outcomes({"pain": "no"}, [World()])


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


def test_doing_nothing_keeps_what_persists_in_the_shipped_networks(voice: bb.Network) -> None:
    """What persists is known, so the next period is a new draw of all that does not."""
    known = {
        name: variable.states[-1] for name, variable in voice.variables.items() if variable.persists
    }
    found = next_period(voice).outcomes({**known, "low_back_pain": "yes"}, [World()])[0]
    assert found[1] == pytest.approx(bb.posterior(voice, known)["low_back_pain"]["yes"], abs=1e-12)


def test_a_new_draw_of_everything_forgets_what_was_told_of_it(voice: bb.Network) -> None:
    run = next_period(voice)
    again = frozenset(name for name in run.twins if voice[name].persists)
    found = run.outcomes({"weak_core": "yes", "training_load": "spike"}, [World(again)])[0]
    assert found[1] == pytest.approx(bb.posterior(voice)["low_back_pain"]["yes"], abs=1e-12)
