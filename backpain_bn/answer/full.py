"""The whole answer about one case, section by section, with the sources of its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ..display.blocks import Bar, Block, Note, View
from ..display.citations import advice, classes_words, counts, references
from ..display.result import Result
from ..display.words import capital, counted, percent, short_label
from ..errors import BackpainError
from ..explain.attribution import Contributors, contributors
from ..inference.posterior import Posterior, joint, posterior
from ..model.findings import Findings, told_absent, told_present
from ..model.network import Network
from ..red_flags import RedFlags
from .withheld import flag_view


@dataclass(frozen=True)
class FullAnswer(Result):
    """All that one case's findings say: kinds, contributors, advice, what is not known, sources."""

    network: Network
    findings: Findings
    red_flags: RedFlags
    now: Posterior

    def to_dicts(self) -> list[dict[str, object]]:
        """Return the contributors as plain data."""
        return [] if self.red_flags.urgent else self._found.to_dicts()

    @cached_property
    def _found(self) -> Contributors:
        return contributors(self.network, self.findings, self.now)

    def views(self) -> list[View]:
        """Return the whole answer as sections, red flags first."""
        disclaimer = self.network.vocabulary.disclaimer
        last = [View("Please note", (Note(disclaimer),))] if disclaimer else []
        first = [flag_view(self.red_flags)] if self.network.red_flags.rules else []
        if self.red_flags.urgent:
            return [*first, *last]
        kinds = View(self.network.vocabulary.kinds, tuple(self._kinds()))
        views = [*first, View("What you told", tuple(self._told())), kinds]
        views += [*self._contributors(), View("Good to know", tuple(self._advice()))]
        views.append(View("What is not known", tuple(self._unknown())))
        return [view for view in views if view.blocks] + [*self._references(), *last]

    def _contributors(self) -> list[View]:
        """Return the ranking, or in a sentence what it lacks."""
        try:
            return self._found.views()
        except BackpainError as error:
            return [View("What may lie behind it", (Note(f"{capital(str(error))}."),))]

    def _references(self) -> list[View]:
        if not self.network.sources or not self.network.outcome:
            return []
        table = references(self.network, self._found.sources())
        return [View("Sources of the numbers above", (table,))]

    def _told(self) -> Iterator[Block]:
        for name, finding in self.findings.items():
            label = self.network[name].label or name
            if isinstance(finding, str):
                yield Note(f"{label}: {finding.replace('_', ' ')}")
            elif finding is not None:
                weights = ", ".join(f"{state} {weight:g}" for state, weight in finding.items())
                yield Note(f"{label}: uncertain ({weights})")
        if not self.findings:
            population = self.network.vocabulary.population
            yield Note(f"Nothing yet: these are the figures for {population}.")

    def _kinds(self) -> Iterator[Block]:
        network = self.network
        if not network.kinds:
            return
        whole = network.vocabulary.whole or network.outcome
        if any(told_absent(network, self.findings, name) for name in (whole, network.outcome)):
            return
        before = posterior(network)
        for name in network.kinds:
            label = network[name].label or name
            yield Bar(label, self.now.present(name), before.present(name))
        free = {name: network[name].healthy for name in network.kinds if name not in self.findings}
        untold = len(free) == len(network.kinds)
        if untold and told_present(network, self.findings, network.outcome):
            neither = joint(network, self.findings, free, self.now)
            yield Note(f"{network.vocabulary.no_kind}: {percent(neither)}.")

    def _advice(self) -> Iterator[Block]:
        yield from advice(self.network, self.findings, self.red_flags)

    def _unknown(self) -> Iterator[Block]:
        network = self.network
        open_questions = [
            variable
            for name, variable in network.variables.items()
            if variable.question and not network.role(name).test and name not in self.findings
        ]
        if open_questions:
            some = ", ".join(short_label(variable) for variable in open_questions[:8])
            yield Note(
                f"Not asked yet: {counted(len(open_questions), 'question')}, among them {some}. "
                "Each answer can change the order above."
            )
        if network.sources:
            total = counts(network)["numbers"]
            yield Note(
                f"What the {total} numbers of this network are: {classes_words(network)}. The "
                "order of causes with similar shares is not settled."
            )
