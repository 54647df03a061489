"""An answer as a document: every kind says the same, and another kind is refused."""

from __future__ import annotations

import json

import pytest

from backpain_bn.display.blocks import Bar, Note, View
from backpain_bn.display.document import SUFFIXES, document
from backpain_bn.errors import BackpainError

TITLE = "Noise under the bonnet"
VIEWS = [
    View("What you told", (Note("Squeals when cold: yes"),)),
    View("Likely kind", (Bar("belt", 0.42, 0.1), Bar("bearing", 0.07, 0.05))),
    View("Nothing to say", ()),
]
FOOT = "Worked out with the network car, version 1.0."
DATA = {"told": {"squeals_when_cold": "yes"}, "belt": 0.42}


def written(suffix: str) -> str:
    return document(suffix, TITLE, VIEWS, FOOT, DATA)


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_title_sections_and_foot_stand_in_order(suffix: str) -> None:
    text = written(suffix).replace("\N{NO-BREAK SPACE}", " ")
    parts = (TITLE, "What you told", "Squeals when cold: yes", "Likely kind", "42 %", FOOT)
    places = [text.rindex(part) for part in parts]
    assert places == sorted(places)
    assert "Nothing to say" not in text


def test_json_is_the_plain_data() -> None:
    assert json.loads(written(".json")) == DATA


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_answer_gives_the_same_text(suffix: str) -> None:
    assert written(suffix) == written(suffix)


@pytest.mark.parametrize("suffix", ["", ".pdf", "md", ".HTML"])
def test_another_kind_is_refused_with_those_that_there_are(suffix: str) -> None:
    with pytest.raises(BackpainError, match=r"\.md, \.html or \.json"):
        written(suffix)
