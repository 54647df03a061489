"""The page of the backs: as Python says it in both voices, small, quick, and with the path in the
picture.
"""

from __future__ import annotations

import random
import re
import shutil
from typing import Any

import pytest

import backpain_bn as bb
from backpain_bn.explorer import graph, page
from backpain_bn.explorer.picked import FEW, picked, ranked_paths
from backpain_bn.red_flags.answered import check
from tests.browser.chromium import missing
from tests.explorer.node import in_browser, random_cases, run
from tests.explorer.same import same_answer, same_kinds, same_words

VOICES = ("runner_back_pain", "as_claimed")
DESK = {"sitting_hours": "over_8", "running_back_pain": "yes", "pain_during_run": "yes"}
LARGEST = 250_000


@pytest.fixture(autouse=True, scope="module")
def node() -> None:
    if not shutil.which("node"):
        missing("node")


@pytest.mark.parametrize("voice", VOICES)
def test_the_page_says_what_python_says_in_both_voices(voice: str) -> None:
    network = bb.load()
    cases: list[dict[str, Any]] = [DESK, {}, {"running_back_pain": "no"}]
    cases += random_cases(network, 10, 5)
    for case, found in zip(cases, in_browser(network, cases, voice), strict=True):
        same_answer(bb.load(voice), case, found)
        same_words(bb.load(voice), case, found)


def test_kinds_of_pain_are_pythons() -> None:
    (found,) = in_browser(bb.load(), [DESK])
    same_kinds(bb.load(), DESK, found)


def test_a_finding_answers_the_red_flag_that_it_implies() -> None:
    case = {"training_load": "spike", "running_back_pain": "yes"}
    code = (
        "console.log(JSON.stringify(given.cases.map((findings) => redFlags(given.model, {}, "
        "implied(given.model, findings)).lines)));"
    )
    (found,) = run(code, {"model": page.model(bb.load()), "cases": [case]})
    d = bb.diagnose(case)
    assert found == d.red_flags.lines() != check(bb.load().red_flags, {}).lines()
    assert page.case(d.findings, d.red_flags)["flags"] == {}


def test_all_red_flags_are_told_in_the_same_words() -> None:
    draw, rules = random.Random(7), bb.load().red_flags
    ids = [question.id for question in rules.questions]
    cases: list[dict[str, str]] = [{}, dict.fromkeys(ids, "no"), dict.fromkeys(ids, "yes")]
    cases += [{id: "yes"} for id in ids]
    cases += [
        {id: draw.choice(("yes", "no", "no")) for id in draw.sample(ids, draw.randint(0, len(ids)))}
        for _ in range(60)
    ]
    code = (
        "console.log(JSON.stringify(given.cases.map((answers) => redFlags(given.model, answers))));"
    )
    data = {"model": page.model(bb.load()), "cases": cases}
    for case, found in zip(cases, run(code, data), strict=True):
        assert found["lines"] == check(rules, case).lines()


TIMES = """
const network = new Reasoner(given.model), spent = () => process.cpuUsage().user / 1000;
const timed = (work) => { const start = spent(); work(); return spent() - start; };
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];
const posteriors = [], shares = [];
for (let round = 0; round < 15; round++) for (const findings of given.cases) {
  let now;
  posteriors.push(timed(() => { now = network.posterior(findings); }));
  if (round < 4) shares.push(timed(() => finished(network.contributors(findings, now))));
}
console.log(JSON.stringify([median(posteriors), median(shares)]));
"""


def test_answers_are_quick() -> None:
    network = bb.load()
    names = random.Random(3).sample(list(network), 20)
    cases = [
        {name: network[name].states[-1] for name in names[start : start + 5]}
        for start in range(0, 20, 5)
    ]
    posteriors, shares = run(TIMES, {"model": page.model(network), "cases": cases})
    print(f"five findings: all marginals {posteriors:.1f} ms, all causes {shares:.0f} ms (CPU)")
    assert posteriors < 15 and shares < 400


def test_the_picture_shows_the_causes_and_their_paths_to_the_pain() -> None:
    d = bb.diagnose(DESK)
    network = d.network
    paths = ranked_paths(network, d.findings, d.posterior)
    shown = picked(network, d.findings, d.posterior, paths)
    assert 10 <= len(shown.names) <= FEW
    assert {"sitting_hours", "tight_hip_flexors", "running_back_pain"} <= set(shown.names)
    assert all(path[-1] == "running_back_pain" for path in paths) and len(paths) == 6
    assert len(shown.links) < 30
    grades = {link.grade for link in shown.links}
    assert grades >= {"supported", "claimed only", "contradicted"}
    text = graph.legend(network)
    assert text.count("<path") == 5 and "studies disagree" in text


def test_the_page_is_small_and_has_both_voices() -> None:
    d = bb.diagnose(DESK)
    text = d.to_html()
    print(f"{len(text.encode()):,} bytes")
    assert len(text.encode()) < LARGEST and "no medical diagnosis" in text
    assert list(page.voices(d.network)) == list(VOICES)
    assert list(page.voices(d.network.do(weak_core="yes"))) == ["runner_back_pain"]


def test_an_urgent_flag_hides_every_figure_of_the_picture() -> None:
    text = bb.diagnose(DESK, red_flags={"fever": "yes"}).to_html()
    picture = text[text.index("<svg xmlns") : text.index("</svg>")]
    assert "%" not in re.sub(r"<style>.*?</style>", "", picture, flags=re.DOTALL)
    assert ">over 8<" in picture
