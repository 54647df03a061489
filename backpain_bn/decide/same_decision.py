"""Whether enough has been asked: how likely what to do stays the same, whatever the open questions
would be answered.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from ..display.words import percent
from ..errors import BackpainError
from ..explain.shares import attributable_shares
from ..inference.beliefs import Array
from ..inference.engine import Engine, engine_for
from ..inference.evidence import encode, impossible
from ..model.findings import Findings
from ..model.network import Network
from ..records import record
from .utilities import Utilities

MOST_COMBINATIONS = 512
"""All combinations of answers are put to the network up to so many; beyond, as many draws as
`DRAWS`.
"""
DRAWS = 256
SEED = 4
ENOUGH = 0.9


@record
class SameDecision:
    """What to do now, and the probability that it stays so once the `questions` are answered (Choi,
    Xue and Darwiche 2012).

    `decisions` gives each decision's probability. `standard_error` is 0 where all combinations of
    answers were gone through, else that of a sample of them (the standard deviation of Beta(k + 1,
    n - k + 1)).
    """

    decision: str
    probability: float
    standard_error: float
    decisions: Mapping[str, float]
    questions: tuple[str, ...]

    @property
    def words(self) -> str:
        """The probability in words; a sample in which nothing changed does not make it certain."""
        return percent(min(self.probability, 0.999) if self.standard_error else self.probability)

    @property
    def settled(self) -> bool:
        """Whether asking more will hardly change what to do: the probability is at least 90 %."""
        return self.probability >= ENOUGH


def same_decision(
    network: Network,
    findings: Findings,
    questions: Sequence[str],
    *,
    utilities: Utilities | None = None,
) -> SameDecision:
    """Return the probability that the decision stays what it is now, whatever the questions are
    answered.

    SDP = sum over answers y of P(y | e) [decision(e, y) = decision(e)]. The decision is what has
    the largest share of what one can work on (see `contributors`), or with utilities the action of
    the largest expected utility. Exact up to 512 combinations of answers, else from 256 seeded
    draws of them, each from P(y | e). Raises `BackpainError` where there is nothing to decide
    between and as `posterior` does (Choi, Xue and Darwiche 2012, International Journal of
    Approximate Reasoning 53:1415).

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> two = ("no", "yes")
    >>> ache = NoisyOr(
    ...     number(0.1),
    ...     (
    ...         Mechanism({"hip": ("yes",)}, number(0.5)),
    ...         Mechanism({"core": ("yes",)}, number(0.4)),
    ...     ),
    ... )
    >>> case = Network(
    ...     "case",
    ...     {
    ...         "hip": Variable(
    ...             "hip",
    ...             two,
    ...             prior(0.7, 0.3),
    ...             question="Is your hip stiff?",
    ...         ),
    ...         "core": Variable("core", two, prior(0.6, 0.4)),
    ...         "ache": Variable("ache", two, ache),
    ...     },
    ...     outcome="ache",
    ... )
    >>> found = same_decision(case, {"ache": "yes"}, ["hip"])
    >>> found.decision, round(found.probability, 4)
    ('core', 0.4779)
    """
    engine = engine_for(network)
    row = encode(network, [findings])
    if np.isneginf(engine(row).log_evidence[0]):
        raise impossible(network, findings)
    sizes = [len(network[name].states) for name in questions]
    exact = math.prod(sizes) <= MOST_COMBINATIONS
    answers = _all_answers if exact else _drawn_answers
    rows, weights = answers(engine, row, questions)
    chosen = decisions(network, np.concatenate([row, rows]), utilities=utilities)
    likely: defaultdict[str, float] = defaultdict(float)
    for decision, weight in zip(chosen[1:], weights, strict=True):
        likely[decision] += float(weight)
    same = min(likely[chosen[0]], 1.0)
    error = 0.0 if exact else _standard_error(same, len(weights))
    ranked = dict(sorted(likely.items(), key=lambda each: -each[1]))
    return SameDecision(chosen[0], same, error, ranked, tuple(questions))


def _standard_error(share: float, n: int) -> float:
    """Return the standard deviation of Beta(k + 1, n - k + 1) where k of n draws agree."""
    k = share * n
    return math.sqrt((k + 1) * (n - k + 1) / ((n + 2) ** 2 * (n + 3)))


def decisions(
    network: Network, rows: Array, *, utilities: Utilities | None = None
) -> tuple[str, ...]:
    """Return what to do in each row of likelihoods: the best action, or else what has the largest
    share among what one can work on.

    Raises `BackpainError` where there is nothing to decide between.
    """
    if utilities is not None:
        return utilities.best(network, engine_for(network)(rows).marginals)
    causes = network.workable
    if not causes:
        raise BackpainError(
            f"{network.name} has no causes upstream of an outcome to decide between"
        )
    shares = attributable_shares(network, rows, causes).causes
    return tuple(causes[index] for index in shares.argmax(axis=1))


def _all_answers(engine: Engine, row: Array, questions: Sequence[str]) -> tuple[Array, Array]:
    """Return every combination of answers as rows of likelihoods, and P(answers | findings);
    impossible ones are left out.
    """
    rows = row
    for name in questions:
        place = engine.network.slices[name]
        own = np.eye(place.stop - place.start)
        rows = np.repeat(rows, len(own), axis=0)
        rows[:, place] *= np.tile(own, (len(rows) // len(own), 1))
    log_evidence = engine(rows).log_evidence
    possible = np.isfinite(log_evidence)
    weights = np.exp(log_evidence[possible] - log_evidence[possible].max())
    return rows[possible], weights / weights.sum()


def _drawn_answers(engine: Engine, row: Array, questions: Sequence[str]) -> tuple[Array, Array]:
    """Return draws from P(answers | findings), one question after the other, each given the answers
    drawn so far.
    """
    random = np.random.default_rng(SEED)
    rows = np.repeat(row, DRAWS, axis=0)
    for name in questions:
        place = engine.network.slices[name]
        p = engine(rows).marginals[:, place]
        level = random.random((DRAWS, 1)) * p.sum(axis=1, keepdims=True)
        state = (level >= p.cumsum(axis=1)).sum(axis=1)
        drawn = np.zeros_like(p)
        drawn[np.arange(DRAWS), np.minimum(state, p.shape[1] - 1)] = 1.0
        rows[:, place] *= drawn
    return rows, np.full(DRAWS, 1 / DRAWS)
