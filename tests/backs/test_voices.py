"""The studies' voice against the articles': where they disagree about a case, and how it reads."""

from __future__ import annotations

import json

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.explain.alignment import aligned
from backpain_bn.explain.comparison import compare
from tests.backs.vignettes import VIGNETTES


@pytest.mark.parametrize("name", VIGNETTES)
def test_the_two_shipped_voices(name: str) -> None:
    studies, articles = bb.load(), bb.load("as_claimed")
    findings = VIGNETTES[name]["findings"]
    answer = compare(studies, findings, articles)
    both = aligned(studies, articles)
    beliefs = np.array([[row.here, row.there] for row in answer])
    assert beliefs.shape == (len(studies.variables), 2) and np.isfinite(beliefs).all()
    assert len(both.disagreements) >= 100 and answer.untraced == "" and answer.unshared == ()
    assert answer.unexplained is not None and answer.unexplained[0] > answer.unexplained[1], (
        "the articles explain more"
    )
    kinds = {
        name for name in studies[studies.outcome].parents if studies[name].role == "presentation"
    }
    for row in answer.top():
        assert row.share_here is not None or row.variable in kinds
        assert row.links and all(link.number.sources for link in row.links)
    text = str(answer)
    assert max(map(len, text.splitlines())) <= 100
    assert "nan" not in text and "against" in text and "SOURCES" in text
    assert (
        json.loads(json.dumps(answer.to_dicts(), allow_nan=False))[0]["matters"]
        == answer[0].matters
    )


def test_it_reads_as_the_runner_expects(shipped: bb.Network) -> None:
    text = str(compare(shipped, VIGNETTES["desk_worker"]["findings"], bb.load("as_claimed")))
    text = " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())
    assert "Hours spent sitting per day: over 8, as you told: behind" in text
    assert "hours spent sitting per day: over 8 > tight hip flexors: 17 % against 50 %" in text
    assert "of this pain (studies); " in text
    free = str(
        compare(
            shipped, {"running_back_pain": "no", "sitting_hours": "over_8"}, bb.load("as_claimed")
        )
    )
    assert "this pain" not in free and "any pain" in free
