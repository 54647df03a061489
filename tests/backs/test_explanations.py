"""Why, by which paths, together with what, and how well it fits: explanations of typical cases."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.explain.causal_paths import GRADES, causal_paths, strongest_path
from backpain_bn.explain.conflict import conflict
from backpain_bn.explain.most_probable import most_probable
from backpain_bn.explain.weight_of_evidence import weight_of_evidence
from backpain_bn.inference.engine import engine_for
from backpain_bn.inference.evidence import encode
from tests.backs.vignettes import VIGNETTES


def decibans(p: float) -> float:
    return 10 * math.log10(p / (1 - p))


@pytest.mark.parametrize("name", VIGNETTES)
def test_every_variable_of_the_shipped_networks(name: str, voice: bb.Network) -> None:
    findings = VIGNETTES[name]["findings"]
    now = bb.posterior(voice, findings)
    some = 0
    for variable in voice.variables:
        if variable == voice.outcome:
            continue
        found = causal_paths(voice, findings, variable, now, k=5)
        strengths = [path.strength for path in found]
        assert strengths == sorted(strengths, reverse=True) and len(
            {path.variables for path in found}
        ) == len(found)
        for path in found:
            assert path.variables[0] == variable and path.variables[-1] == voice.outcome
            assert set(path.grades) <= set(GRADES) and 0 < path.strength <= 1
        best = strongest_path(voice, {}, variable, now)
        through = [
            path.strength
            for path in found
            if len(path.variables) > 2 and not voice.role(path.variables[-2]).contributes
        ]
        assert (best is None) == (not strengths)
        if through:
            assert best is not None and best.strength == pytest.approx(through[0])
        text = str(found)
        assert max(map(len, text.splitlines())) <= 100 and "nan" not in text
        some += bool(strengths)
    assert some >= 40


@pytest.mark.parametrize("name", VIGNETTES)
def test_the_shipped_networks_explain_what_rises(name: str, voice: bb.Network) -> None:
    vignette = VIGNETTES[name]
    for variable in vignette["rises"]:
        if variable in vignette["findings"]:
            continue
        answer = weight_of_evidence(voice, vignette["findings"], variable)
        assert sum(row.weight for row in answer) == pytest.approx(
            decibans(answer.after) - decibans(answer.before), abs=1e-8
        )
        assert answer.after > answer.before
        assert answer.speaks_for
        text = str(answer)
        assert "What speaks for" in text and "nan" not in text
        assert max(map(len, text.splitlines())) <= 100


def test_it_reads_as_the_runner_expects(shipped: bb.Network) -> None:
    text = " ".join(
        str(
            weight_of_evidence(shipped, VIGNETTES["desk_worker"]["findings"], "tight_hip_flexors")
        ).split()
    )
    assert "What speaks for tight hip flexors: hours spent sitting per day: over 8 (+" in text
    assert "decibans, raises the odds by" in text


@pytest.mark.parametrize("name", VIGNETTES)
def test_the_impairments_of_the_shipped_networks(name: str, voice: bb.Network) -> None:
    findings = VIGNETTES[name]["findings"]
    answer = most_probable(voice, findings)
    names = list(answer.variables)
    assert names == [
        name
        for name, it in voice.variables.items()
        if it.role == "impairment" and name not in findings
    ]
    every = list(product(*(voice[name].states for name in names)))
    rows = encode(
        voice, [{**findings, **dict(zip(names, states, strict=True))} for states in every]
    )
    chance = np.exp(
        engine_for(voice)(rows).log_evidence - bb.posterior(voice, findings).log_evidence
    )
    assert chance.sum() == pytest.approx(1, abs=1e-9)
    assert [row.probability for row in answer] == pytest.approx(
        np.sort(chance)[::-1][:3].tolist(), rel=1e-9
    )
    assert [tuple(row.states.values()) for row in answer] == [
        every[index] for index in np.argsort(-chance)[:3]
    ]
    text = str(answer)
    assert max(map(len, text.splitlines())) <= 100 and "by itself" in text


def test_more_variables_than_a_batch_would_hold(shipped: bb.Network) -> None:
    findings = VIGNETTES["desk_worker"]["findings"]
    names = [
        name
        for name, it in shipped.variables.items()
        if it.role in ("impairment", "form", "mechanism")
    ]
    assert len(names) == 31
    answer = most_probable(shipped, findings, names, 2)
    assert answer.combinations == 2**31
    row = encode(shipped, [{**findings, **answer[0].states}])
    exact = math.exp(
        engine_for(shipped)(row).log_evidence[0] - bb.posterior(shipped, findings).log_evidence
    )
    assert answer[0].probability == pytest.approx(exact, rel=1e-9)
    for name in names:
        other = next(state for state in shipped[name].states if state != answer[0].states[name])
        row = encode(shipped, [{**findings, **answer[0].states, name: other}])
        assert (
            math.exp(
                engine_for(shipped)(row).log_evidence[0]
                - bb.posterior(shipped, findings).log_evidence
            )
            <= exact
        )
    assert "about 1 in" in str(answer)


def test_on_the_shipped_networks(voice: bb.Network) -> None:
    findings = {
        "sitting_hours": "over_8",
        "low_back_pain": "yes",
        "pain_during_run": "yes",
        "tight_hip_flexors": "no",
    }
    found = conflict(voice, findings)
    assert 0 < found.percentile < 1 and len(found.rows) == 4
    logs = [bb.posterior(voice, {name: state}).log_evidence for name, state in findings.items()]
    assert found.bits == pytest.approx(
        (sum(logs) - bb.posterior(voice, findings).log_evidence) / math.log(2), abs=1e-9
    )
    for row in found.rows:
        rest = {name: state for name, state in findings.items() if name != row.variable}
        assert row.predicted == pytest.approx(
            bb.posterior(voice, rest)[row.variable][findings[row.variable]], abs=1e-10
        )
    assert max(map(len, str(found).splitlines())) <= 100
    assert found.to_dicts()[0]["variable"] == found.rows[0].variable
