"""What could still change the answer: which open questions might bring another cause to the top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations, product

import numpy as np

from ..display.blocks import Block, Item, Note, View
from ..display.causes import blamed_words
from ..display.result import Rows
from ..display.words import counted, full_label, percent, plain
from ..explain.attribution import LEVEL, causes_of
from ..explain.shares import attributable_shares
from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.evidence import encode
from ..model.findings import Findings, Told, findings_of
from ..model.network import Network
from ..records import record
from .movement import Movement, movement
from .value_of_information import outcomes

SHOWN = 3
PAIRED = 6
"""Pairs are looked at among so many questions, those expected to move the shares most."""
RIVALS = 12
"""And among so many causes, those that an answer can give the largest shares."""


@record
class Turn:
    """Answers, as (question, state), that would bring another cause to the top: `first`, with its
    `share` then; `probability` is theirs, given the findings.
    """

    answers: tuple[tuple[str, str], ...]
    first: str
    share: float
    probability: float

    @property
    def questions(self) -> tuple[str, ...]:
        """The questions answered."""
        return tuple(question for question, _ in self.answers)


@record
class WhatCouldChange(Rows[Turn]):
    """The answers that could bring another cause than `first` to the top, from the smallest sets of
    questions that have such answers, the likeliest sets first; what takes somebody trained comes
    after the rest.

    `level` are the causes whose shares lie within half a point of its own, `singles` questions were
    looked at by themselves, and `pairs` of them together where none of them can do it alone.
    """

    network: Network
    findings: Findings
    first: str
    share: float
    level: tuple[str, ...]
    rows: tuple[Turn, ...]
    singles: int
    pairs: int

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per set of answers."""
        return [asdict(row) | {"answers": dict(row.answers)} for row in self.rows]

    def probability(self, questions: Sequence[str]) -> float:
        """Return the probability that the answers to these questions change what comes first."""
        return sum(row.probability for row in self.rows if row.questions == tuple(questions))

    def sections(self) -> list[View]:
        """Return what comes first, what could change that, and what was looked at."""
        title, outcome = "What could still change this", self.network.vocabulary.outcome
        if not self.first:
            nothing = f"No cause of the {outcome} is known here, so there is no order to change."
            return [View(title, (Note(nothing),))]
        sets = list(dict.fromkeys(row.questions for row in self.rows))[:SHOWN]
        items = [Item(self._asked(names), tuple(self._turns(names))) for names in sets]
        return [View(title, (self._now(), *items, *self._looked_at()))]

    def _now(self) -> Note:
        outcome = self.network.vocabulary.outcome
        name = blamed_words(self.network, self.first, self.findings)
        now = f"First now: {name}, to blame for {percent(self.share)} of the {outcome}"
        others = [blamed_words(self.network, other, self.findings) for other in self.level]
        if others:
            return Note(f"{now}; level with it, within half a point: {', '.join(others)}.")
        return Note(f"{now}.")

    def _asked(self, names: tuple[str, ...]) -> str:
        asked = " And: ".join(self._question(name) for name in names)
        return f"{asked} (changes this with a probability of {percent(self.probability(names))})"

    def _question(self, name: str) -> str:
        variable = self.network[name]
        words = variable.question
        if self.network.role(name).test:
            words = f"{full_label(variable)}. {words}"
        means = self.network.vocabulary.means[variable.cost.who]
        return f"{words} ({means.title.lower()})" if means.trained else words

    def _turns(self, names: tuple[str, ...]) -> Iterator[str]:
        for row in self.rows:
            if row.questions == names:
                answers = " and ".join(plain(state) for _, state in row.answers)
                then = {**self.findings, **dict(row.answers)}
                yield (
                    f"If {answers} ({percent(row.probability)} likely): "
                    f"{blamed_words(self.network, row.first, then)} first, to blame for "
                    f"{percent(row.share)}."
                )

    def _looked_at(self) -> Iterator[Block]:
        looked = f"{counted(self.singles, 'open question')}, each by itself"
        if self.pairs:
            looked += f", and {counted(self.pairs, 'pair')} of those that move the shares most"
        if not self.singles:
            yield Note("No question is open, so no answer can change it.")
        elif self.rows:
            yield Note(f"Looked at: {looked}. More answers together might change it too.")
        else:
            yield Note(
                f"None of what was looked at would bring another cause to the top: {looked}. More "
                "answers together still might."
            )


def what_could_change(network: Network, findings: Told) -> WhatCouldChange:
    """Return which answers could bring another cause to the top, and how likely they are.

    Causes whose shares lie within half a point are level, and change places for nothing. The first
    cause is the one with the largest share (see `contributors`). Each open question is
    looked at by itself, exactly; where no answer changes what comes first, all pairs of the six
    questions that are expected to move the shares most are, among the twelve causes that a single
    answer can give the largest shares: the same-decision probability from the other side (Choi, Xue
    and Darwiche 2012). Raises as `posterior` does, and `BackpainError` where the network names no
    outcome, or no healthy states of what is behind it.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> links = (
    ...     Mechanism({"hip": ("yes",)}, number(0.5)),
    ...     Mechanism({"core": ("yes",)}, number(0.4)),
    ... )
    >>> two = ("no", "yes")
    >>> case = Network(
    ...     "case",
    ...     {
    ...         "hip": Variable("hip", two, prior(0.6, 0.4), question="Is your hip stiff?"),
    ...         "core": Variable("core", two, prior(0.6, 0.4)),
    ...         "ache": Variable("ache", two, NoisyOr(number(0.1), links)),
    ...     },
    ...     outcome="ache",
    ... )
    >>> found = what_could_change(case, {"ache": "yes"})
    >>> row = found[0]
    >>> found.first, row.answers, row.first, round(row.probability, 3)
    ('hip', (('hip', 'no'),), 'core', 0.37)
    """
    told = findings_of(network, findings)
    causes_of(network)
    names = [
        name
        for name, variable in network.variables.items()
        if variable.question and name not in told and name != network.outcome
    ]
    if not network.causes:
        return WhatCouldChange(network, told, "", 0.0, (), (), len(names), 0)
    moves = movement(network, outcomes(network, told, names))
    first = moves.causes[int(moves.now.argmax())]
    turns, pairs = _singles(moves, first), 0
    if not turns and len(names) > 1:
        turns, pairs = _pairs(network, told, moves, first)
    likely: dict[tuple[str, ...], float] = {}
    for turn in turns:
        likely[turn.questions] = likely.get(turn.questions, 0.0) + turn.probability
    turns.sort(
        key=lambda turn: (
            _takes_training(network, turn.questions),
            -likely[turn.questions],
            turn.questions,
            -turn.probability,
        )
    )
    share = float(moves.now.max())
    level = tuple(
        name
        for name, each in zip(moves.causes, moves.now.tolist(), strict=True)
        if name != first and share - each <= LEVEL
    )
    return WhatCouldChange(network, told, first, share, level, tuple(turns), len(names), pairs)


def _takes_training(network: Network, questions: Sequence[str]) -> bool:
    """Return whether somebody trained must answer one of the questions."""
    means = network.vocabulary.means
    return any(means[network[name].cost.who].trained for name in questions)


def _singles(moves: Movement, first: str) -> list[Turn]:
    asked = moves.asked
    states = [asked.network.columns[column].partition("=")[2] for column in asked.column]
    sets = [
        ((asked.names[owner], state),) for owner, state in zip(asked.owner, states, strict=True)
    ]
    return list(_turns(sets, asked.chance, moves.after, moves.causes, first))


def _pairs(network: Network, told: Findings, moves: Movement, first: str) -> tuple[list[Turn], int]:
    best = sorted(np.argsort(-moves.values, kind="stable")[:PAIRED].tolist())
    pairs = list(combinations([moves.asked.names[index] for index in best], 2))
    sets = [
        ((one, state), (other, second))
        for one, other in pairs
        for state, second in product(network[one].states, network[other].states)
    ]
    rows = encode(network, [{}, *({**told, **dict(answers)} for answers in sets)])
    rows[0] = moves.asked.row
    logs = engine_for(network)(rows).log_evidence
    chances = np.exp(logs[1:] - logs[0])
    reach = np.maximum(moves.after.max(axis=0), moves.now)
    reach[moves.causes.index(first)] = np.inf
    rivals = [moves.causes[index] for index in np.argsort(-reach, kind="stable")[:RIVALS]]
    shares = attributable_shares(network, rows[1:], rivals).causes
    return list(_turns(sets, chances, shares, rivals, first)), len(pairs)


def _turns(
    sets: Sequence[tuple[tuple[str, str], ...]],
    chances: Array,
    shares: Array,
    causes: Sequence[str],
    first: str,
) -> Iterator[Turn]:
    """Yield the answers by which another cause passes the first by more than half a point."""
    for answers, chance, own in zip(sets, chances.tolist(), shares, strict=True):
        top = int(own.argmax())
        if chance > 0 and own[top] - own[causes.index(first)] > LEVEL:
            yield Turn(answers, causes[top], float(own[top]), chance)
