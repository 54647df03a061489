"""Answers about backs as reports and in notebooks: all that is printed, and nothing under an urgent
red flag.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from IPython.core.formatters import DisplayFormatter

import backpain_bn as bb
from backpain_bn.display import plot, to_html
from backpain_bn.display.document import SUFFIXES
from tests.backs.vignettes import DESK

QUESTIONS: dict[str, Callable[[bb.Diagnosis], object]] = {
    "diagnosis": lambda d: d,
    "contributors": lambda d: d.contributors(),
    "next_questions": lambda d: d.next_questions(),
    "what_helps": lambda d: d.what_helps(),
    "robustness": lambda d: d.robustness(),
    "most_probable": lambda d: d.most_probable(),
    "why": lambda d: d.why("weak_core"),
    "compare": lambda d: d.compare(bb.load("as_claimed")),
}


def saved(d: bb.Diagnosis, folder: Path, suffix: str) -> str:
    path = folder / f"report{suffix}"
    d.save_report(path)
    return path.read_text(encoding="utf-8")


def test_a_report_says_all_that_the_printed_answer_says(tmp_path: Path) -> None:
    d = bb.diagnose(DESK, red_flags={"fever": "no"})
    words = d.network.vocabulary
    said = (words.title, words.disclaimer, "Hours spent sitting per day: over 8", d.network.name)
    for suffix in (".md", ".html"):
        text = saved(d, tmp_path, suffix)
        places = [text.index(view.title) for view in d.full.views() if view.blocks]
        assert places == sorted(places)
        assert all(part in text for part in said)
    assert json.loads(saved(d, tmp_path, ".json")) == json.loads(json.dumps(d.to_dict()))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_urgent_red_flag_silences_every_kind(suffix: str, tmp_path: Path) -> None:
    text = saved(bb.diagnose(DESK, red_flags={"saddle_numbness": "yes"}), tmp_path, suffix)
    for word in ("contributes", "do not stop running", "Tight hip flexors"):
        assert word not in text


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_notebook_shows_every_result_and_keeps_its_text(question: str) -> None:
    answer = QUESTIONS[question](bb.diagnose(DESK))
    shown, _ = DisplayFormatter().format(answer)
    assert shown["text/plain"] == str(answer)
    assert shown["text/html"] == to_html(answer.views(), folded=True)  # type: ignore[attr-defined]


def test_a_result_is_drawn_by_its_first_picture() -> None:
    pytest.importorskip("matplotlib.pyplot").switch_backend("agg")
    d = bb.diagnose(DESK)
    assert len(plot(d.full).patches) == len(d.network.kinds)
    assert plot(d.why("weak_core")).get_title("left") == "Weak core"
