"""Every question of the room on a network that says nothing of its outcome, roles, or which of its
states are healthy.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

import backpain_bn as bb
from backpain_bn.explain import (
    causal_paths,
    compare,
    conflict,
    contributors,
    most_probable,
    weight_of_evidence,
)
from backpain_bn.model.distributions import prior
from backpain_bn.model.network import Network
from backpain_bn.uncertainty import rank_flips, robustness, sensitivity
from tests.oracles.networks import asia

TOLD = {"dysp": "yes", "smoke": "no"}


def unknown(outcome: str = "") -> Network:
    """Return the chest clinic as another format would have it: no healthy states."""
    variables = {
        name: replace(variable, healthy_first=False) for name, variable in asia().variables.items()
    }
    return Network("asia", variables, outcome=outcome)


def known() -> Network:
    """Return the chest clinic with an outcome and healthy states, but no words of its own."""
    return Network("asia", asia().variables, outcome="dysp")


def test_what_needs_no_healthy_state_works_without() -> None:
    weights = weight_of_evidence(unknown(), TOLD, "bronc", "yes")
    assert [row.variable for row in weights.speaks_for] == ["dysp"]
    with pytest.raises(bb.BackpainError, match="which state of bronc is the healthy one"):
        weight_of_evidence(unknown(), TOLD, "bronc")
    assert weight_of_evidence(unknown(), TOLD, "bronc", "no").speaks_against[0].variable == "dysp"
    fit = conflict(unknown(), TOLD)
    assert fit.bits > 0 and {row.variable for row in fit.rows} == set(TOLD)
    likely = most_probable(unknown(), TOLD, ["bronc", "lung"])
    assert dict(likely[0].states) == {"bronc": "yes", "lung": "no"}
    assert "1. bronc, lung: no: " in str(likely)
    curves = sensitivity(unknown(), TOLD, "bronc", "yes")
    assert 0.5 < curves.now < 1 and len(curves.rows) > 5
    other = replace(unknown(), variables={**unknown().variables, "smoke": asia()["smoke"]})
    assert all(row.matters < 1e-12 for row in compare(unknown(), TOLD, other))
    assert "They agree" in str(compare(unknown(), TOLD, other))


@pytest.mark.parametrize("question", [contributors, rank_flips, robustness])
def test_shares_ask_for_an_outcome_and_then_for_healthy_states(question: object) -> None:
    assert callable(question)
    with pytest.raises(
        bb.BackpainError, match=r"^asia names no outcome; name it in a mapping file"
    ):
        question(unknown(), TOLD)
    with pytest.raises(
        bb.BackpainError, match=r"^the healthy states of .* are not known; name them"
    ):
        question(unknown("dysp"), TOLD)


def test_paths_and_unhealthy_states_ask_for_the_healthy_one() -> None:
    with pytest.raises(
        bb.BackpainError, match=r"^asia names no outcome; name it in a mapping file"
    ):
        causal_paths(unknown(), TOLD, "smoke")
    with pytest.raises(bb.BackpainError, match=r"^which state of smoke is the healthy one is not"):
        causal_paths(unknown("dysp"), TOLD, "smoke")
    with pytest.raises(bb.BackpainError, match=r"^which state of bronc is the healthy one is not"):
        sensitivity(unknown(), TOLD, "bronc")


def test_no_answer_speaks_of_what_the_network_does_not_know() -> None:
    network = known()
    smoke = replace(network["smoke"], distribution=prior(0.2, 0.8))
    other = replace(network, name="later", variables={**network.variables, "smoke": smoke})
    answers = (
        contributors(network, TOLD),
        causal_paths(network, TOLD, "smoke"),
        compare(network, TOLD, other),
        conflict(network, TOLD),
        most_probable(network, TOLD),
        weight_of_evidence(network, {}, "bronc"),
        weight_of_evidence(network, TOLD, "bronc"),
        rank_flips(network, TOLD),
        robustness(network, TOLD, draws=50),
        sensitivity(network, TOLD, "bronc"),
    )
    for answer in answers:
        text = str(answer)
        assert len(text.splitlines()) > 1 and "nan" not in text
        assert max(map(len, text.splitlines())) <= 100
        for word in ("runner", "pain", "clinic", "back"):
            assert word not in text.lower(), (type(answer), word)


def test_the_words_are_those_of_the_network() -> None:
    words = replace(
        known().vocabulary,
        subject="patient",
        subjects="patients",
        population="patients in general",
        outcome="breathlessness",
    )
    network = replace(known(), vocabulary=words)
    told = {"dysp": "yes"}
    text = " ".join(str(contributors(network, told)).split())
    assert "of this breathlessness is due to it" in text and "among patients in general" in text
    assert "of patients like this one" in text
    assert "asked the same" in str(conflict(network, TOLD))
    assert "2,000 patients drawn from this network" in " ".join(
        str(conflict(network, TOLD)).split()
    )
    assert "dysp can come about by several ways" in " ".join(
        str(causal_paths(network, told, "smoke")).split()
    )
    assert "% of patients in general." in str(weight_of_evidence(network, {}, "bronc"))


def test_without_ranges_nothing_is_said_of_how_sure_it_is() -> None:
    found = robustness(known(), {"dysp": "yes"}, draws=20)
    assert (found.draws, found.rows, found.settled) == (0, (), False)
    for answer in (found, sensitivity(known(), TOLD, "lung"), rank_flips(known(), TOLD)):
        text = str(answer)
        assert "how sure this is cannot be said" in text
        assert "of 100" not in text and "No single number" not in text and " to " not in text


def test_numbers_without_a_source_are_called_neither_judgement_nor_studied() -> None:
    found = contributors(known(), TOLD)
    assert {row.grade for row in found} == {"not stated"}
    text = str(found)
    assert "no source stated" in text and "judgement" not in text and "study" not in text
