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

    case: Summary

    def to_dicts(self) -> list[dict[str, object]]:
        """Return the contributors as plain data."""
        return self.case.here.to_dicts() if self.case.here else []

    def sections(self) -> list[View]:
        """Return the whole answer as sections, red flags first."""
        network, flags = self.case.network, self.case.red_flags
        disclaimer = network.vocabulary.disclaimer
        last = [View("Please note", (Note(disclaimer),))] if disclaimer else []
        first = [flag_view(flags)] if network.red_flags.rules else []
        if flags.urgent:
            return [*first, *last]
        doubts = tuple(Note(doubt) for doubt in self.case.doubts)
        views = [
            *first,
            View("What you told", tuple(self._told())),
            View("Does not fit together", doubts),
            View(network.vocabulary.kinds, tuple(self._kinds())),
            *self._contributors(),
            *self._path(),
            *(self.case.effects.views() if self.case.effects else ()),
            *(self.case.worth_asking.views() if self.case.worth_asking else ()),
            View("Good to know", tuple(() if self.case.effects else self._advice())),
            View("What is not known", tuple(self._unknown())),
        ]
        return [view for view in views if view.blocks] + [*self._references(), *last]

    def _contributors(self) -> list[View]:
        """Return the ranking, or in a sentence what it lacks."""
        if self.case.here is None:
            return [View("What may lie behind it", (Note(self.case.missing),))]
        return self.case.here.views()

    def _path(self) -> list[View]:
        if self.case.path is None:
            return []
        words = path_words(self.case.network, self.case.path, self.case.findings)
        evidence = evidence_words(self.case.network, self.case.path)
        return [View("How it hangs together", (Note(words), Note(evidence)))]

    def _references(self) -> list[View]:
        if not self.case.network.sources or self.case.here is None:
            return []
        table = references(self.case.network, self.case.here.sources())
        return [View("Sources of the numbers above", (table,))]

    def _told(self) -> Iterator[Block]:
        for name, finding in self.case.findings.items():
            label = full_label(self.case.network[name])
            yield Note(f"{label}: {finding_words(finding)}")
        if not self.case.findings:
            yield Note(nothing_told(self.case.network))

    def _kinds(self) -> Iterator[Block]:
        network = self.case.network
        if not network.kinds or self.case.is_absent:
            return
        before = posterior(network)
        for name in network.kinds:
            label = full_label(network[name])
            yield Bar(label, self.case.now.present(name), before.present(name))
        free = {
            name: network[name].healthy for name in network.kinds if name not in self.case.findings
        }
        untold = len(free) == len(network.kinds)
        if untold and told_present(network, self.case.findings, network.outcome):
            neither = joint(network, self.case.findings, free, self.case.now)
            yield Note(f"{network.vocabulary.no_kind}: {percent(neither)}.")

    def _advice(self) -> Iterator[Block]:
        yield from advice(self.case.network, self.case.findings, self.case.red_flags)

    def _unknown(self) -> Iterator[Block]:
        network = self.case.network
        open_questions = [
            variable
            for name, variable in network.variables.items()
            if variable.question and not network.role(name).test and name not in self.case.findings
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
