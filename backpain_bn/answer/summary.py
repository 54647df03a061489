"""What one case's findings come to: what is to blame, how, what to do and what to ask."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from ..decide.next_questions import next_questions
from ..decide.questions import NextQuestions, Question
from ..decide.treatment_effects import TreatmentEffect, TreatmentEffects
from ..decide.treatments import what_helps
from ..display.words import capital
from ..errors import BackpainError
from ..explain.attribution import Contributor, Contributors, contributors
from ..explain.causal_paths import CausalPath
from ..explain.contradictions import contradictions
from ..formats.load import other_voice
from ..inference.posterior import Posterior
from ..model.findings import Findings, told_absent, told_present
from ..model.network import Network
from ..records import Caching, record
from ..red_flags.answered import RedFlags

FEWEST_ACTIONS, MOST_ACTIONS, MOST_QUESTIONS = 2, 3, 2
CERTAIN = 0.995
LEAST_TEST = 0.05
"""A test that tells fewer bits of what can be worked on does not tell much."""
NEXT_TO_NOTHING = 0.01
"""A cause with a smaller share in every voice is next to nothing in this case."""


@record
class Summary(Caching):
    """What one case's findings come to.

    `here` are the contributors, with their shares in the other voice where there is one. `missing`
    is the sentence that says what a ranking lacks, where the network cannot give one; then, and
    under an urgent red flag, there are none. Under that `now` is withheld as well.
    """

    network: Network
    findings: Findings
    red_flags: RedFlags
    now: Posterior
    here: Contributors | None = None
    effects: TreatmentEffects | None = None
    worth_asking: NextQuestions | None = None
    doubts: tuple[str, ...] = ()
    missing: str = ""

    @property
    def whole(self) -> str:
        """The variable that the outcome is a part of, or the outcome itself."""
        return self.network.vocabulary.whole or self.network.outcome

    @property
    def is_there(self) -> bool:
        """Whether the outcome, or the whole that it is part of, was told to be there."""
        names = (self.whole, self.network.outcome)
        return any(told_present(self.network, self.findings, name) for name in names)

    @property
    def is_absent(self) -> bool:
        """Whether the outcome, or the whole that it is part of, was told to be absent."""
        names = (self.whole, self.network.outcome)
        return any(told_absent(self.network, self.findings, name) for name in names)

    @cached_property
    def told(self) -> tuple[Contributor, ...]:
        """The causes that were told, the most to blame first."""
        rows = self.here.rows if self.here else ()
        return tuple(row for row in rows if row.told)

    @cached_property
    def suspected(self) -> tuple[Contributor, ...]:
        """What was not told and can be worked on, or follows from what was told, the most to blame
        in both voices first.
        """
        rows = self.here.rows if self.here else ()
        found = [row for row in rows if not row.told and matters(row) and self._is_suspected(row)]
        return tuple(sorted(found, key=blame, reverse=True))

    @cached_property
    def background(self) -> tuple[Contributor, ...]:
        """What else may contribute, neither told nor suspected."""
        rows = self.here.rows if self.here else ()
        some = (row for row in rows if not row.told and matters(row))
        return tuple(row for row in some if not self._is_suspected(row))

    def _is_suspected(self, row: Contributor) -> bool:
        above = self.network.ancestors(row.variable)
        return self.network.role(row.variable).workable or any(
            other.variable in above for other in self.told if matters(other)
        )

    @cached_property
    def elsewhere(self) -> tuple[str, ...]:
        """What was told and adds to the whole alone, by ways that are not the outcome's."""
        network = self.network
        if self.here is None:
            return ()
        ranked = {row.variable for row in self.told}
        return tuple(
            name
            for name in self.findings
            if name not in ranked
            and network.role(name).contributes
            and told_present(network, self.findings, name)
            and name in network.ancestors(self.whole)
        )

    @property
    def path(self) -> CausalPath | None:
        """The traced path from what was told through what is suspected most, or else from what was
        told alone, or from what is suspected.
        """
        told = [row for row in sorted(self.told, key=blame, reverse=True) if matters(row)]
        paths = [row.ways.traced for row in (*self.suspected, *told) if row.ways.traced]
        causes = {row.variable for row in told}
        begun = [path for path in paths if path.variables[0] in causes]
        return next(iter(begun or paths), None)

    @property
    def actions(self) -> tuple[TreatmentEffect, ...]:
        """The best action, and those that act on what was told or is suspected, the best for what
        was told among them; or another one.
        """
        if self.effects is None:
            return ()
        blamed = {row.variable for row in (*self.told, *self.suspected) if matters(row)}
        told = {row.variable for row in self.told if matters(row)}
        best, others = self.effects.helping[:1], self.effects.helping[1:]
        fitting = [row for row in others if not blamed.isdisjoint(row.treatment.targets)]
        own = [row for row in self.effects.rows if not told.isdisjoint(row.treatment.targets)]
        own = [row for row in own if row.effect > 0][:1]
        first = {row.name: row for row in (*best, *fitting[:1], *own, *fitting[1:])}
        rest = [row for row in others if row.name not in first]
        missing = max(0, FEWEST_ACTIONS - len(first))
        return (*first.values(), *rest[:missing])[:MOST_ACTIONS]

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions most worth their effort, whose answers are not known already."""
        rows = () if self.worth_asking is None else self.worth_asking.top()
        open_ = [row for row in rows if max(each.probability for each in row.answers) < CERTAIN]
        return tuple(open_[:MOST_QUESTIONS])

    @property
    def telling_test(self) -> Question | None:
        """The test that tells most of what can be worked on, where it tells much and no question
        tells as much.
        """
        rows = () if self.worth_asking is None else self.worth_asking.rows
        least = LEAST_TEST
        best = None
        for row in rows:
            if row.bits > least:
                least = row.bits
                best = row if self.network.role(row.variable).test else None
        return best


def blame(row: Contributor) -> float:
    """Return the shares of a cause in both voices, added."""
    return row.share + (row.other_share or 0.0)


def matters(row: Contributor) -> bool:
    """Return whether a cause is more than next to nothing in some voice."""
    return max(row.share, row.other_share or 0.0) >= NEXT_TO_NOTHING


def summary(network: Network, findings: Findings, red_flags: RedFlags, now: Posterior) -> Summary:
    """Return what one case's findings come to.

    Nothing is ranked while an urgent red flag is set. A network without an outcome, or without
    healthy states, says in one sentence what it lacks.
    """
    if red_flags.urgent:
        withheld = Posterior.withhold(red_flags, network=network)
        return Summary(network, findings, red_flags, withheld)
    doubts = contradictions(network, findings, red_flags)
    found = Summary(network, findings, red_flags, now, doubts=doubts)
    other = other_voice(network)
    try:
        here = contributors(network, findings, now, other=other)
    except BackpainError as error:
        return replace(found, missing=f"{capital(str(error), network)}.")
    effects = None
    if network.treatments:
        effects = what_helps(network, findings, now=now, red_flags=red_flags)
    return replace(
        found,
        here=here,
        effects=effects,
        worth_asking=next_questions(network, findings, red_flags=red_flags),
    )
