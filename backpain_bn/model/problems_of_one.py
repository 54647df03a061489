"""What can be wrong with one variable by itself: its label, states, bins, limits and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from ..errors import listed, shown, unknown
from ..records import record
from .names import are_plain, name_problem
from .variables import NO, YES


@record
class Problem:
    """Something wrong at one place: `path` leads to it from the top of the file, `("variables",
    "age", "prior")`.
    """

    path: tuple[str | int, ...]
    message: str


def label_problems(name: str, label: str) -> Iterator[Problem]:
    """Yield what is wrong with the name and the label of a variable."""
    wrong = name_problem(name)
    if wrong:
        yield Problem(("variables", name), f"the name {shown(name)} of a variable {wrong}")
    wrong = name_problem(label) if label else ""
    if wrong:
        where = ("variables", name, "label")
        yield Problem(where, f"the label {shown(label)} of {shown(name)} {wrong}")


def state_problems(name: str, states: tuple[str, ...]) -> Iterator[Problem]:
    """Yield the states that have no proper name, or are listed twice."""
    if are_plain(states) and len(set(states)) == len(states):
        return
    for position, state in enumerate(states):
        wrong = name_problem(state)
        if wrong:
            yield Problem(
                ("variables", name, "states", position),
                f"the state {shown(state)} of {shown(name)} {wrong}",
            )
        if state in states[:position]:
            yield Problem(
                ("variables", name, "states", position),
                f"state {shown(state)} of {name} is listed twice",
            )


def bin_problems(
    name: str,
    states: tuple[str, ...],
    bins: tuple[float, ...],
    limits: tuple[float, ...] = (),
) -> Iterator[Problem]:
    """Yield what is wrong with the numbers between the states, and with the limits of all."""
    where = ("variables", name, "bins")
    if bins and len(bins) != len(states) - 1:
        why = (
            f"bins has {len(bins)} entries; {name} has {len(states)} states and needs "
            f"{len(states) - 1}, the numbers between them"
        )
        yield Problem(where, why)
    falling = len(bins) > 1 and bins[0] > bins[1]
    for index, (one, other) in enumerate(pairwise(bins), start=1):
        if one == other or (one > other) is not falling:
            why = f"bins must all rise, or all fall; {other:g} follows {one:g}"
            yield Problem((*where, index), why)
    if limits:
        yield from _limit_problems(name, bins, limits)


def _limit_problems(
    name: str, bins: tuple[float, ...], limits: tuple[float, ...]
) -> Iterator[Problem]:
    where = ("variables", name, "limits")
    if not bins:
        yield Problem(where, f"{name} has limits and no bins, so no number can be told for it")
    elif len(limits) != 2 or limits[0] > min(bins) or limits[1] < max(bins):
        given = listed([f"{number:g}" for number in limits])
        why = (
            f"limits are {given}; they are the least and the largest number, with all of the "
            f"bins between: {min(bins):g} to {max(bins):g}"
        )
        yield Problem(where, why)


def answer_problems(
    name: str, states: tuple[str, ...], answers: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield what yes or no is said to mean and is no state."""
    for word, state in answers.items():
        where = ("variables", name, "answers", word)
        if word not in (YES, NO):
            yield Problem(where, str(unknown("answer", word, (YES, NO))))
        elif state not in states:
            yield Problem(where, str(unknown(f"state of {name}", state, states)))
        elif word in states and state != word:
            yield Problem(where, f"{word} is a state of {name} and cannot mean {shown(state)}")
