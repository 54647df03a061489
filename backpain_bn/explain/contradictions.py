"""Findings, and answers to red-flag questions, that contradict one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from ..display.words import capital, named_finding, percent, short_label
from ..inference.engine import engine_for
from ..inference.evidence import encode
from ..model.findings import Findings, Told, findings_of
from ..model.network import Network
from ..red_flags.answered import RedFlags
from ..red_flags.implied import implied, state_told
from ..red_flags.rules import NO, YES, RedFlagQuestion

RARE = 0.1
"""Two findings contradict each other where each is at most so many times as likely given the other
as in general.
"""
LISTED = 3


def contradictions(
    network: Network, findings: Told, red_flags: RedFlags | None = None
) -> tuple[str, ...]:
    """Return a sentence for every two answers that hardly go together: red-flag answers against
    what the file says of them, then up to three pairs of findings, the rarest first.

    A pair is named where P(a, b) / (P(a) P(b)) <= 0.1, so that each makes the other at least ten
    times less likely. What is uncertain is left out. Raises as `posterior` does for a name that
    does not exist.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.01), (Mechanism({"rain": ("yes",)}, number(0.97)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.5, 0.5)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ... )
    >>> (said,) = contradictions(garden, {"rain": "yes", "wet": "no"})
    >>> said.partition(":")[0], "51" in said
    ('"rain" and "wet', True)
    """
    told = findings_of(network, findings)
    flags = () if red_flags is None else tuple(_flags(network, told, red_flags))
    return (*flags, *_pairs(network, told))


def _pairs(network: Network, told: Findings) -> Iterator[str]:
    hard = {name: finding for name, finding in told.items() if isinstance(finding, str)}
    pairs = list(combinations(hard, 2))
    if not pairs:
        return
    cases: list[Mapping[str, str]] = [{name: state} for name, state in hard.items()]
    cases += [{one: hard[one], other: hard[other]} for one, other in pairs]
    logs = engine_for(network)(encode(network, cases)).log_evidence
    alone = dict(zip(hard, np.exp(logs[: len(hard)]).tolist(), strict=True))
    rare = []
    for (one, other), both in zip(pairs, np.exp(logs[len(hard) :]).tolist(), strict=True):
        lift = both / (alone[one] * alone[other])
        if lift <= RARE:
            rare.append((lift, one, other, both / alone[one], alone[other]))
    for _, one, other, given, general in sorted(rare)[:LISTED]:
        first = named_finding(network, one, hard[one])
        second = named_finding(network, other, hard[other])
        yield (
            f'"{first}" and "{second}" hardly go together: with the one, the other is '
            f"{percent(given)} likely, {percent(general)} in general. Is one of them off?"
        )


def _flags(network: Network, told: Findings, red_flags: RedFlags) -> Iterator[str]:
    texts = {question.id: question.text for question in red_flags.rules.questions}
    given = {
        name: answer
        for name, answer in red_flags.answers.items()
        if name not in implied(red_flags.rules, told)
    }
    for question in red_flags.rules.questions:
        if question.id in red_flags.denied:
            yield from _denied(network, told, question)
        elif question.id in red_flags.disputed:
            yield from _affirmed(network, told, question)
        if red_flags.answers[question.id] != YES:
            continue
        for other in question.contradicts:
            if _is_told(told, other):
                yield _against(network, other, YES, question.text)
                continue
            asked, _, said = other.partition("=")
            if given.get(asked) == (said or YES):
                yield _both(texts[asked], said or YES, question.text)


def _both(one: str, answer: str, other: str) -> str:
    if answer == YES:
        return f'Yes to both "{one}" and "{other}". One of them is off.'
    return f'Yes to "{other}" and {answer} to "{one}". One of them is off.'


def _is_told(told: Findings, finding: str) -> bool:
    name, _, state = finding.partition("=")
    return bool(name) and state_told(told.get(name)) == state


def _denied(network: Network, told: Findings, question: RedFlagQuestion) -> Iterator[str]:
    """Yield that a question was denied although what was told says yes."""
    if _is_told(told, question.finding):
        yield _against(network, question.finding, NO, question.text)
    elif question.number is not None:
        yield _number(network, question, question.number[1], NO)


def _affirmed(network: Network, told: Findings, question: RedFlagQuestion) -> Iterator[str]:
    """Yield that a question was affirmed although a number that was told says no."""
    by_a_finding = any(_is_told(told, other) for other in question.contradicts)
    if question.number is not None and not by_a_finding:
        yield _number(network, question, f"not {question.number[1]}", YES)


def _number(network: Network, question: RedFlagQuestion, side: str, answer: str) -> str:
    variable, _, bound = question.number or ("", "", 0.0)
    return (
        f"{capital(short_label(network[variable]))} was told as {side} {bound:g}, and {answer} to "
        f'the red-flag question "{question.text}" One of them is off.'
    )


def _against(network: Network, finding: str, answer: str, text: str) -> str:
    name, _, state = finding.partition("=")
    words = named_finding(network, name, state)
    return f'"{words}" was told, and {answer} to the red-flag question "{text}" One of them is off.'
