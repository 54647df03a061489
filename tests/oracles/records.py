"""Every record that an answer is made of, and what is asked of each."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import backpain_bn as bb
from backpain_bn.model.findings import Told

LONGEST_REPR = 400


def answers(network: bb.Network, findings: Told, variable: str) -> list[Any]:
    """Return the answer to every question about a case, and what they are about."""
    d = bb.diagnose(findings, network)
    later = d.follow_up({}, treatments=list(network.treatments)[:1])
    rows = d.contributors().rows
    rival = next(row.variable for row in rows if row.variable != variable and not row.told)
    other = network.do(**{variable: network[variable].states[0]})
    return [
        d,
        d.full,
        d.screen,
        bb.questions(network),
        d.contributors(),
        d.why(variable),
        d.why(variable, rather_than=rival),
        d.paths(variable),
        d.most_probable(k=2),
        d.compare(other),
        d.next_questions(),
        d.next_questions().same_decision,
        d.what_could_change(),
        d.what_helps(),
        d.robustness(draws=20),
        d.sensitivity(variable),
        later,
        *d.full.views(),
    ]


def records(value: object, seen: set[int] | None = None) -> Iterator[Any]:
    """Yield every record in a value, itself included, each object once."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return
    seen.add(id(value))
    if hasattr(value, "__dataclass_fields__"):
        yield value
        for field in fields(value):  # type: ignore[arg-type]
            yield from records(getattr(value, field.name), seen)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from records(each, seen)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from records(each, seen)


def check(record: Any) -> None:
    """Assert that a record goes through pickle and copies, is hashed by what it holds, and shows
    itself in a few lines.
    """
    for other in (pickle.loads(pickle.dumps(record)), copy.copy(record), copy.deepcopy(record)):
        assert other == record and hash(other) == hash(record) and type(other) is type(record)
    assert record != object() and len({record, copy.deepcopy(record)}) == 1
    shown = repr(record)
    assert len(shown) <= LONGEST_REPR and "\n" not in shown
    assert shown.startswith((type(record).__name__, "{"))
    # Where there are no red-flag rules, nothing is said of red flags.
    assert str(record) or not record.rules.rules
