"""How a cause is named where something is put down to it."""

from __future__ import annotations

from typing import Any

import pytest

from backpain_bn.display.causes import blamed_words, cause_words
from backpain_bn.model import Network, Variable, prior


def garden() -> Network:
    def variable(name: str, states: tuple[str, ...], label: str, **more: Any) -> Variable:
        return Variable(name, states, prior(*[1 / len(states)] * len(states)), label, **more)

    made = (
        variable("rain", ("no", "yes"), "Rain (any)"),
        variable("mown", ("weekly", "never"), "Mown (by hand)"),
        variable("slope", ("flat", "one_or_two", "steep"), "Slope of the ground"),
        variable("shade", ("sun", "trees"), "Shade", healthy_first=False),
    )
    return Network("garden", {each.name: each for each in made})


@pytest.mark.parametrize(
    ("name", "finding", "listed", "within"),
    [
        ("rain", None, "rain", "rain"),
        ("rain", "no", "rain", "rain"),
        ("mown", None, "mown: never", "mown (never)"),
        ("mown", "weekly", "mown: never", "mown (never)"),
        ("mown", {"weekly": 0.2, "never": 0.9}, "mown: never", "mown (never)"),
        ("slope", None, "slope of the ground: one or two, or steep", None),
        ("slope", "steep", "slope of the ground: steep", "slope of the ground (steep)"),
        ("shade", None, "shade", "shade"),
    ],
)
def test_the_states_that_are_to_blame_are_named(
    name: str, finding: Any, listed: str, within: str | None
) -> None:
    findings = {} if finding is None else {name: finding}
    assert cause_words(garden(), name, findings) == listed
    said = within or "slope of the ground (one or two, or steep)"
    assert blamed_words(garden(), name, findings) == said
