"""Six runners as the articles describe them, with what a reader of the articles would conclude."""

from __future__ import annotations

import math

import pytest

import backpain_bn as bb
from tests.backs.vignettes import VIGNETTES


def logit_rise(
    network: bb.Network, findings: dict[str, str], name: str, before: dict[str, str] | None = None
) -> float:
    """Return by how much the findings raise the log-odds of the last state of `name`."""
    state = network[name].states[-1]
    first, then = (bb.posterior(network, told)[name][state] for told in (before or {}, findings))
    return math.log(then / (1 - then)) - math.log(first / (1 - first))


@pytest.mark.parametrize("name", VIGNETTES)
def test_what_should_rise_rises_in_both_voices(name: str, voice: bb.Network) -> None:
    vignette = VIGNETTES[name]
    for variable in vignette["rises"]:
        assert logit_rise(voice, vignette["findings"], variable) > 0, variable


@pytest.mark.parametrize("name", VIGNETTES)
def test_what_should_be_ahead_is_ahead_in_the_articles_voice(name: str) -> None:
    """Counted from what the pain alone says, which is most for what hurts by definition."""
    vignette, network = VIGNETTES[name], bb.load("as_claimed")
    pain = {network.outcome: "yes"}
    for ahead, behind in vignette["ahead"]:
        rises = [logit_rise(network, vignette["findings"], each, pain) for each in (ahead, behind)]
        assert rises[0] > rises[1], (ahead, behind)


@pytest.mark.parametrize("name", VIGNETTES)
def test_the_expected_treatments_act_on_something_upstream_of_the_pain(
    name: str, voice: bb.Network
) -> None:
    upstream = voice.ancestors("running_back_pain")
    for treatment in VIGNETTES[name]["helps"]:
        assert set(voice.treatments[treatment].targets) & upstream, treatment


@pytest.mark.parametrize("name", VIGNETTES)
def test_the_printed_answer_is_whole(name: str, voice: bb.Network) -> None:
    text = str(bb.diagnose(VIGNETTES[name]["findings"], voice))
    assert text.startswith("Red flags")
    assert "No identified cause" in text
    assert "no medical diagnosis" in text
    assert "nan" not in text.split()
