"""A runner is interviewed: the gravest signs first, then the pain, then what tells most."""

from __future__ import annotations

import backpain_bn as bb
from tests.interview.talk import Talk, talk


def test_numbness_of_the_saddle_ends_it_at_once(shipped: bb.Network) -> None:
    found = Talk(shipped, ["1"])
    assert "Red flags first" in found.turns[0] and "saddle area" in found.turns[0]
    assert found.red_flags["saddle_numbness"] == "yes" and found.findings == {}
    assert len(found.turns) == 2 and "EMERGENCY" in found.turns[1]
    assert shipped.red_flags.withheld in found.turns[1]


def test_the_pain_is_asked_first_and_its_causes_next(shipped: bb.Network) -> None:
    found = talk(shipped, "yes", "?", "stop")
    assert "Red flags first" not in found.turns[0]
    assert shipped[shipped.outcome].question in found.turns[0]
    assert found.findings == {"running_back_pain": "yes"}
    assert "What each answer would do:" in found.turns[2] and "to blame for" in found.turns[2]
    assert "bits" not in found.turns[2]
    assert shipped.vocabulary.disclaimer in found.turns[0]
