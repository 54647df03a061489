"""How many questions cases would have been asked before the stop rule held, and whether what was
to be done then is what all of their answers say.
"""

from __future__ import annotations

import numpy as np

from ..decide.next_questions import next_questions
from ..decide.same_decision import decisions
from ..formats.mapping import with_outcome
from ..inference.evidence import encode
from ..model.network import Network
from ..records import record
from .cases import Cases
from .scores import Estimate, Happened, mean_of, share_of


@record
class Interview:
    """One case: its row, how many questions were asked, whether the stop rule held by then (else
    its answers ran out), and whether the decision is that of all its answers.
    """

    row: int
    asked: int
    settled: bool
    agrees: bool


@record
class Interviews:
    """Cases drawn from those in which the target happened, each interviewed from its answers."""

    rows: tuple[Interview, ...]

    @property
    def asked(self) -> Estimate:
        """How many questions were asked on average."""
        return mean_of(np.array([row.asked for row in self.rows], dtype=float))

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """A quarter, half and three quarters of the cases were asked no more than so many."""
        low, middle, high = np.percentile([row.asked for row in self.rows], [25, 50, 75])
        return float(low), float(middle), float(high)

    @property
    def settled(self) -> Estimate:
        """In what share of cases the stop rule held before the answers ran out."""
        return share_of(sum(row.settled for row in self.rows), len(self.rows))

    @property
    def agrees(self) -> Estimate:
        """In what share of cases the decision was that of all answers."""
        return share_of(sum(row.agrees for row in self.rows), len(self.rows))


def interviews(cases: Cases, happened: Happened, count: int, seed: int) -> Interviews:
    """Return what interviews of `count` cases, drawn by `seed` from those in which the target
    happened, would have taken.

    Each begins with the target. Asked is what `next_questions` puts first of all that the row has
    an answer to, until its same-decision probability is 90 % (Choi, Xue and Darwiche 2012). Raises
    as `next_questions`.
    """
    network = with_outcome(cases.network, cases.target)
    rows = np.flatnonzero(happened)
    drawn = np.random.default_rng(seed).permutation(rows)[:count]
    return Interviews(tuple(_interview(network, cases, int(row)) for row in sorted(drawn)))


def _interview(network: Network, cases: Cases, row: int) -> Interview:
    findings = {cases.target: network[cases.target].states[cases.states[row]]}
    answers = {
        name: network[name].states[column[row]]
        for name, column in zip(cases.names, cases.codes, strict=True)
        if network[name].question and column[row] < len(network[name].states)
    }
    (best,) = decisions(network, encode(network, [findings | answers]))
    asked = 0
    while True:
        found = next_questions(network, findings, steps=1)
        same = found.same_decision
        settled = same is not None and same.settled
        following = next((each.variable for each in found if each.variable in answers), None)
        if settled or following is None:
            break
        findings[following] = answers.pop(following)
        asked += 1
    (now,) = decisions(network, encode(network, [findings]))
    return Interview(int(cases.rows[row]), asked, settled, now == best)
