"""Under an urgent red flag nothing that a diagnosis holds or answers leads to a probability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.errors import AnswerWithheld
from backpain_bn.model.network import Network
from backpain_bn.red_flags.answered import RedFlags
from tests.oracles.networks import FLAGGED_CAR

CAR = bb.load(FLAGGED_CAR)
TOLD = {"dim_lights": "yes", "no_start": "yes"}
URGENT = bb.diagnose(TOLD, CAR, {"smoke": "yes"})
GIVEN = (Network, RedFlags, str)
"""What stands in a file or was told, and so may be seen."""


def answers(diagnosis: bb.Diagnosis) -> dict[str, Any]:
    return {
        "diagnosis": diagnosis,
        "screen": diagnosis.screen,
        "full": diagnosis.full,
        "posterior": diagnosis.posterior,
        "contributors": diagnosis.contributors(),
        "next_questions": diagnosis.next_questions(),
        "what_helps": diagnosis.what_helps(),
        "why": diagnosis.why("weak_battery"),
        "rather_than": diagnosis.why("weak_battery", rather_than="faulty_starter"),
        "most_probable": diagnosis.most_probable(),
        "follow_up": diagnosis.follow_up({"no_start": "yes"}),
        "as_data": diagnosis.to_dict(),
        "as_fhir": diagnosis.to_fhir()["entry"][2],
    }


def numbers(thing: Any, path: str, seen: dict[int, Any]) -> Iterator[str]:
    """Yield every public way to a number that is not whole, and to a text that holds a share."""
    if id(thing) in seen or thing is None or isinstance(thing, GIVEN) or callable(thing):
        return
    # Kept, lest one that is gone lends its id to another.
    seen[id(thing)] = thing
    if isinstance(thing, float | np.floating | np.ndarray):
        yield path
    elif isinstance(thing, Mapping):
        for name, each in thing.items():
            yield from numbers(each, f"{path}[{name!r}]", seen)
    elif isinstance(thing, list | tuple | frozenset):
        for place, each in enumerate(thing):
            yield from numbers(each, f"{path}[{place}]", seen)
    elif type(thing).__module__.startswith("backpain_bn"):
        for name in dir(thing):
            if not name.startswith("_"):
                yield from numbers(held(thing, name), f"{path}.{name}", seen)


def held(thing: Any, name: str) -> Any:
    try:
        return getattr(thing, name)
    except AnswerWithheld:
        return None


@pytest.mark.parametrize("name", answers(URGENT))
def test_no_public_way_leads_to_a_number(name: str) -> None:
    answer = answers(URGENT)[name]
    assert list(numbers(answer, name, {})) == []
    assert "%" not in str(answer) and "log_evidence" not in repr(answer)


def test_the_same_ways_lead_to_many_where_nothing_is_withheld() -> None:
    for name, answer in answers(bb.diagnose(TOLD, CAR)).items():
        assert next(numbers(answer, name, {})), name


def test_a_summary_withholds_as_the_diagnosis_does() -> None:
    for answer in (URGENT.full, URGENT.screen):
        with pytest.raises(AnswerWithheld, match="looked at the car"):
            answer.summary.now["weak_battery"]["yes"]
        assert "log_evidence" not in repr(answer.summary)
        assert answer.to_dicts() == []
