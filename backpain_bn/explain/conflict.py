"""Do the findings fit together: how surprising they are jointly, which of them sits worst, what
would explain it, each from the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from ..display.blocks import Block, Note, TextTable, View
from ..display.result import Rows
from ..display.words import percent, plain, short_label, signed, state_words
from ..errors import whole
from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.evidence import encode
from ..inference.posterior import Posterior, posterior
from ..inference.simulation import simulate
from ..model.findings import Finding, Findings, Told, findings_of
from ..model.network import Network
from ..records import record

MOST_CASES = 1_000_000
ROUNDING = 1e-12
"""Bits; a smaller conflict is none."""
LISTED = 3
NOTICED = math.log2(1.05)
"""Bits below which words do not speak of a difference; the numbers always show it."""


@record
class FindingFit:
    """One finding: how likely it is in general, `alone` = P(e_i), and told the other findings,
    `predicted` = P(e_i | others).

    For an uncertain finding both are the mean of its likelihood, relative to its likeliest state.
    """

    variable: str
    words: str
    alone: float
    predicted: float

    @property
    def bits(self) -> float:
        """By how much the conflict falls if it is taken away, log2[P(e_i) / P(e_i | others)]; below
        0 it fits the others.
        """
        return math.log2(self.alone / self.predicted)


@record
class Explanation:
    """A hypothesis `variable` = `state`, its probability with and before the findings, and the
    conflict that is left if it holds.
    """

    variable: str
    state: str
    now: float
    before: float
    bits: float


@record
class Conflict(Rows[FindingFit]):
    """How badly the findings fit together.

    `bits` = log2[product of P(e_i) / P(e)]: below 0 they speak for one another, above 0 they are
    rarer together than if they had nothing to do with each other. `percentile`: the share of
    `cases` drawn from the network, observed on the same variables, whose conflict is lower (half of
    those that are equal); uncertain findings are left out there, nan where that leaves fewer than
    two findings. `rows` holds the findings, the one whose removal lowers the conflict most first;
    `explanations` the likeliest hypotheses that leave none of it, unhealthy states first.
    """

    network: Network
    findings: Findings
    bits: float
    percentile: float
    cases: int
    rows: tuple[FindingFit, ...]
    explanations: tuple[Explanation, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per finding, for a table or JSON."""
        return [
            {
                "variable": row.variable,
                "told": row.words,
                "alone": row.alone,
                "predicted": row.predicted,
                "bits": row.bits,
            }
            for row in self.rows
        ]

    def sections(self) -> list[View]:
        """Return the verdict in words, and each finding beside its prediction from the others."""
        title = "Do your answers fit together"
        if not self.rows:
            return []
        if len(self.rows) == 1:
            return [View(title, (Note("One answer alone cannot contradict another."),))]
        rows = tuple((row.words, percent(row.predicted), percent(row.alone)) for row in self.rows)
        table = TextTable(("you told", "from your other answers", "in general"), rows)
        return [View(title, (*self._verdict(), *self._among_cases(), *self._worst(), table))]

    def _verdict(self) -> Iterator[Block]:
        chance = "than if they had nothing to do with each other"
        bits = f"(conflict {signed(self.bits)} bits)"
        if abs(self.bits) < NOTICED:
            yield Note(
                "They are about as likely together as if they had nothing to do with each other "
                f"{bits}."
            )
        elif self.bits > 0:
            yield Note(f"They are {2**self.bits:.2g} times rarer together {chance} {bits}.")
        else:
            yield Note(
                f"Yes: they are {2**-self.bits:.2g} times likelier together {chance} {bits}."
            )

    def _among_cases(self) -> Iterator[Block]:
        if not math.isnan(self.percentile):
            better, worse = percent(self.percentile), percent(1 - self.percentile)
            drawn = f"{self.cases:,} {self.network.vocabulary.subjects} drawn from this network"
            yield Note(
                f"Of {drawn} and asked the same, {better} give answers that fit better, {worse} "
                "worse."
            )

    def _worst(self) -> Iterator[Block]:
        worst, next_worst = self.rows[:2]
        if worst.bits > max(NOTICED, next_worst.bits + 1e-9):
            yield Note(
                f'"{worst.words}" sits worst with the rest: it would be likelier without your '
                "other answers."
            )
        if self.bits >= NOTICED:
            yield self._explained()

    def _explained(self) -> Note:
        if not self.explanations:
            return Note(
                "Nothing in this network would explain that: one answer may be off, or something "
                "it does not know is going on."
            )
        some = [
            f"{state_words(self.network, one.variable, [one.state])} ({percent(one.now)} "
            f"likely, {percent(one.before)} before)"
            for one in self.explanations
        ]
        return Note(f"It would be explained by {' or by '.join(some)}.")


def conflict(network: Network, findings: Told, cases: int = 2000, seed: int = 0) -> Conflict:
    """Return how well the findings fit together, beside as many simulated cases, and each finding
    predicted from the others.

    conf(e) = log2[product of P(e_i) / P(e)] bits (Jensen, Chamberlain, Nordahl and Jensen 1991); a
    hypothesis h explains it where conf(e and h) = conf(e) - log2[P(h | e) / P(h)] <= 0. An
    uncertain finding counts as the observation it stands for: P(e_i) is the mean of its likelihood,
    whose scale cancels. Raises as `posterior` does, and `BackpainError` for fewer than one case.

    >>> from backpain_bn.model import Mechanism, NoisyOr, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> garden = Network(
    ...     "garden",
    ...     {
    ...         "rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2)),
    ...         "wet": Variable("wet", ("no", "yes"), wet),
    ...     },
    ... )
    >>> found = conflict(garden, {"rain": "yes", "wet": "no"})
    >>> (
    ...     round(found.bits, 4),
    ...     [(row.words, round(row.predicted, 4), round(row.alone, 4)) for row in found.rows],
    ... )
    (3.0356, [('rain: yes', 0.0244, 0.2), ('wet: no', 0.09, 0.738)])
    >>> round(conflict(garden, {"rain": "yes", "wet": "yes"}).bits, 4)
    -1.7963
    """
    cases = whole("the number of simulated cases", cases, 1, MOST_CASES)
    told = findings_of(network, findings)
    now, before = posterior(network, told), posterior(network)
    asked: list[Findings] = [{name: finding} for name, finding in told.items()]
    asked += [{other: finding for other, finding in told.items() if other != name} for name in told]
    logs = engine_for(network)(encode(network, asked)).log_evidence if told else np.zeros(0)
    alone, without = logs[: len(told)].tolist(), logs[len(told) :].tolist()
    rows = []
    for (name, finding), p, rest in zip(told.items(), alone, without, strict=True):
        words = _words(network, name, finding)
        rows.append(FindingFit(name, words, math.exp(p), math.exp(now.log_evidence - rest)))
    rows.sort(key=lambda row: -row.bits)
    bits = (math.fsum(alone) - now.log_evidence) / math.log(2)
    bits = 0.0 if abs(bits) < ROUNDING else bits
    explanations = _explanations(network, told, now, before, bits) if bits > 0 else ()
    hard = {name: finding for name, finding in told.items() if isinstance(finding, str)}
    percentile = _percentile(network, hard, before.row, cases, seed) if len(hard) > 1 else math.nan
    return Conflict(network, told, bits, percentile, cases, tuple(rows), explanations)


def _words(network: Network, name: str, finding: Finding) -> str:
    told = plain(finding) if isinstance(finding, str) else "uncertain"
    return f"{short_label(network[name])}: {told}"


def _explanations(
    network: Network, told: Findings, now: Posterior, before: Posterior, bits: float
) -> tuple[Explanation, ...]:
    found = []
    for name, state in _open_states(network, told):
        p, prior = now[name][state], before[name][state]
        if p > 0 and bits <= math.log2(p / prior):
            found.append(Explanation(name, state, p, prior, bits - math.log2(p / prior)))
    found.sort(key=lambda one: (_is_healthy(network, one), -one.now))
    return tuple(found[:LISTED])


def _open_states(network: Network, told: Findings) -> Iterator[tuple[str, str]]:
    for name, states in network.states.items():
        if name not in told:
            for state in states:
                yield name, state


def _is_healthy(network: Network, one: Explanation) -> bool:
    variable = network[one.variable]
    return variable.healthy_first and one.state == variable.healthy


def _percentile(
    network: Network, hard: Mapping[str, str], before: Array, cases: int, seed: int
) -> float:
    """Return the share of simulated cases whose conflict is lower than that of these findings, ties
    counting half.
    """
    names = list(hard)
    drawn = simulate(network, names, cases, seed)
    mine = np.array([[network.state(name, state) for name, state in hard.items()]])
    codes, where = np.unique(np.vstack([mine, drawn]), axis=0, return_inverse=True)
    evidence = np.ones((len(codes), len(network.columns)))
    logs = np.zeros(len(codes))
    for name, states in zip(names, codes.T, strict=True):
        place = network.slices[name]
        evidence[:, place] = np.eye(place.stop - place.start)[states]
        logs += np.log(before[place][states])
    values = (logs - engine_for(network)(evidence).log_evidence)[where.ravel()]
    own, others = values[0], values[1:]
    ties = np.isclose(others, own, rtol=0, atol=1e-9)
    return float(np.where(ties, 0.5, others < own).mean())
