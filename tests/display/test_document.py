"""A diagnosis as a document."""

from __future__ import annotations

import json

import pytest

import backpain_bn as bb
from backpain_bn.display.document import SUFFIXES, TITLE, report

DESK = {"sitting_hours": "over_8", "low_back_pain": "yes", "pain_during_run": "yes"}


def test_a_report_says_all_that_the_printed_answer_says() -> None:
    d = bb.diagnose(DESK, red_flags={"fever": "no"})
    for text in (report(d, ".md"), report(d, ".html")):
        places = [text.index(view.title) for view in d.views() if view.blocks]
        assert places == sorted(places)
        for words in (
            TITLE,
            bb.load().vocabulary.disclaimer,
            "Hours spent sitting per day: over 8",
            "RF-SIT-01",
            d.network.version,
            d.network.name,
            "42 %",
        ):
            assert words.replace(" %", "\N{NO-BREAK SPACE}%") in text or words in text
    assert json.loads(report(d, ".json")) == d.to_dict()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_urgent_red_flag_silences_every_kind(suffix: str) -> None:
    text = report(bb.diagnose(DESK, red_flags={"saddle_numbness": "yes"}), suffix)
    assert (
        "contributes" not in text
        and "do not stop running" not in text
        and "Tight hip flexors" not in text
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_case_gives_the_same_report(suffix: str) -> None:
    assert report(bb.diagnose(DESK), suffix) == report(bb.diagnose(DESK), suffix)


@pytest.mark.parametrize("suffix", ["", ".pdf", "md", ".HTML"])
def test_another_kind_is_refused_with_those_that_there_are(suffix: str) -> None:
    with pytest.raises(bb.BackpainError, match=r"\.md, \.html or \.json"):
        report(bb.diagnose(DESK), suffix)
