"""Six runners as the articles describe them, with what a reader of the articles would conclude."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

import backpain_bn as bb

VIGNETTES: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "data" / "vignettes.toml").read_text()
)


def logit_rise(network: bb.Network, findings: dict[str, str], name: str) -> float:
    state = network[name].states[-1]
    before, after = bb.posterior(network)[name][state], bb.posterior(network, findings)[name][state]
    return math.log(after / (1 - after)) - math.log(before / (1 - before))


@pytest.mark.parametrize("name", VIGNETTES)
def test_what_should_rise_rises_in_both_voices(name: str, voice: bb.Network) -> None:
    vignette = VIGNETTES[name]
    for variable in vignette["rises"]:
        assert logit_rise(voice, vignette["findings"], variable) > 0, variable


@pytest.mark.parametrize("name", VIGNETTES)
def test_what_should_be_ahead_is_ahead_in_the_articles_voice(name: str) -> None:
    vignette, network = VIGNETTES[name], bb.load("as_claimed")
    for ahead, behind in vignette["ahead"]:
        assert logit_rise(network, vignette["findings"], ahead) > logit_rise(
            network, vignette["findings"], behind
        ), (ahead, behind)


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
    assert text.startswith("RED FLAGS FIRST")
    assert "No identified cause" in text
    assert "no medical diagnosis" in text
    assert "nan" not in text.split()
