"""The whole answer, and what stands in its place where something is missing."""

from __future__ import annotations

import backpain_bn as bb
from backpain_bn.answer.full import FullAnswer
from backpain_bn.answer.summary import summary
from backpain_bn.display.text import to_text
from backpain_bn.red_flags.answered import check
from tests.oracles.networks import network, noisy_or, table

CAR = bb.load("car")


def full(findings: bb.Findings, of: bb.Network = CAR) -> FullAnswer:
    return FullAnswer(summary(of, findings, check(of.red_flags, {}), bb.posterior(of, findings)))


def titles(answer: FullAnswer) -> list[str]:
    return [view.title for view in answer.views()]


def test_it_tells_what_was_told_what_is_not_known_and_the_note() -> None:
    answer = full({"no_start": "yes", "cold_night": {"no": 1.0, "yes": 3.0}})
    text = " ".join(to_text(answer.views()).split())
    assert "uncertain (no 1, yes 3)" in text
    assert "Not asked yet: " in text and CAR.vocabulary.disclaimer in text
    assert titles(answer)[0] == "What you told" and titles(answer)[-1] == "Please note"


def test_open_questions_are_counted_without_tests_and_without_what_was_told() -> None:
    asked = {n for n, v in CAR.variables.items() if v.question and not CAR.role(n).test}
    told = {"no_start": "yes", "dim_lights": "no"}
    text = " ".join(to_text(full(told).views()).split())
    assert f"Not asked yet: {len(asked - set(told))} questions" in text


def test_its_data_are_the_contributors() -> None:
    answer = full({"no_start": "yes"})
    found = bb.diagnose({"no_start": "yes"}, CAR).contributors()
    assert answer.to_dicts() == found.to_dicts()


def test_without_an_outcome_it_says_how_to_name_one() -> None:
    lawn = network(rain=table((), {(): (0.8, 0.2)}), wet=noisy_or(0.1, {"rain": 0.5}))
    answer = full({"rain": "yes"}, lawn)
    assert titles(answer) == ["What you told", "What may lie behind it"]
    assert "outcome" in to_text(answer.views())
