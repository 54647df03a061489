"""Every kind of record that the first answers about backs are made of goes through pickle and
copies.
"""

from __future__ import annotations

import backpain_bn as bb
from tests.oracles.records import check, records

TOLD = {"sitting_hours": "over_8", "low_back_pain": "yes", "pain_during_run": "yes"}


def test_every_kind_of_record_keeps_what_it_holds() -> None:
    d = bb.diagnose(TOLD)
    found = [d, bb.questions(), d.contributors(), d.why("weak_core"), d.paths("weak_core")]
    kinds: dict[type, int] = {}
    for each in records(found):
        kinds[type(each)] = kinds.get(type(each), 0) + 1
        if kinds[type(each)] == 1:
            check(each)
    assert len(kinds) > 30
    # The longest of all, on one screen.
    assert len(repr(found[2])) < 400
