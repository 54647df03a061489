"""The whole answer about one case, section by section, with the sources of its numbers."""

from __future__ import annotations

from collections.abc import Iterator

from ..display.blocks import Bar, Block, Note, View
from ..display.citations import advice, classes_words, counts, references
from ..display.flags import flag_view
from ..display.result import Result
from ..display.words import (
    counted,
    finding_words,
    full_label,
    nothing_told,
    percent,
    short_label,
)
from ..explain.causal_paths import evidence_words, path_words
from ..inference.posterior import joint, posterior
from ..model.findings import told_present
from ..records import record
from .summary import Summary


@record
class FullAnswer(Result):
    """All that one case's findings say: kinds, contributors, what would help, what to ask, advice,
    what is not known, sources.
    """

    summary: Summary

    def to_dicts(self) -> list[dict[str, object]]:
        """Return the contributors as plain data."""
        return self.summary.here.to_dicts() if self.summary.here else []

    def sections(self) -> list[View]:
        """Return the whole answer as sections, red flags first."""
        network, flags = self.summary.network, self.summary.red_flags
        disclaimer = network.vocabulary.disclaimer
        last = [View("Please note", (Note(disclaimer),))] if disclaimer else []
        first = [flag_view(flags)] if network.red_flags.rules else []
        if flags.urgent:
            return [*first, *last]
        doubts = tuple(Note(doubt) for doubt in self.summary.doubts)
        views = [
            *first,
            View("What you told", tuple(self._told())),
            View("Does not fit together", doubts),
            View(network.vocabulary.kinds, tuple(self._kinds())),
            *self._contributors(),
            *self._path(),
            *(self.summary.effects.views() if self.summary.effects else ()),
            *(self.summary.worth_asking.views() if self.summary.worth_asking else ()),
            View("Good to know", tuple(() if self.summary.effects else self._advice())),
            View("What is not known", tuple(self._unknown())),
        ]
        return [view for view in views if view.blocks] + [*self._references(), *last]

    def _contributors(self) -> list[View]:
        """Return the ranking, or in a sentence what it lacks."""
        if self.summary.here is None:
            return [View("What may lie behind it", (Note(self.summary.missing),))]
        return self.summary.here.views()

    def _path(self) -> list[View]:
        if self.summary.path is None:
            return []
        words = path_words(self.summary.network, self.summary.path, self.summary.findings)
        evidence = evidence_words(self.summary.network, self.summary.path)
        return [View("How it hangs together", (Note(words), Note(evidence)))]

    def _references(self) -> list[View]:
        if not self.summary.network.sources or self.summary.here is None:
            return []
        table = references(self.summary.network, self.summary.here.sources())
        return [View("Sources of the numbers above", (table,))]

    def _told(self) -> Iterator[Block]:
        for name, finding in self.summary.findings.items():
            label = full_label(self.summary.network[name])
            yield Note(f"{label}: {finding_words(finding)}")
        if not self.summary.findings:
            yield Note(nothing_told(self.summary.network))

    def _kinds(self) -> Iterator[Block]:
        network = self.summary.network
        if not network.kinds or self.summary.is_absent:
            return
        before = posterior(network)
        for name in network.kinds:
            label = full_label(network[name])
            yield Bar(label, self.summary.now.present(name), before.present(name))
        free = {
            name: network[name].healthy
            for name in network.kinds
            if name not in self.summary.findings
        }
        untold = len(free) == len(network.kinds)
        if untold and told_present(network, self.summary.findings, network.outcome):
            neither = joint(network, self.summary.findings, free, self.summary.now)
            yield Note(f"{network.vocabulary.no_kind}: {percent(neither)}.")

    def _advice(self) -> Iterator[Block]:
        yield from advice(self.summary.network, self.summary.findings, self.summary.red_flags)

    def _unknown(self) -> Iterator[Block]:
        network = self.summary.network
        open_questions = [
            variable
            for name, variable in network.variables.items()
            if variable.question
            and not network.role(name).test
            and name not in self.summary.findings
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
