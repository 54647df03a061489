"""The object that a user holds: one runner's findings, red flags, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from . import cite, render, triage
from .evidence import Finding, Findings
from .explain import Chain, Contributor, Contributors, contributors
from .files import load
from .network import Network, NoisyOr, Number, link_numbers
from .posterior import Posterior, posterior
from .render import percent
from .triage import RedFlags
from .view import Bar, Block, Item, Note, View

SHOWN = 6
"""Contributors in the printed answer; `contributors()` has all."""
SMALLEST_SHARE = 0.005
DISCLAIMER = "This is no medical diagnosis. It weighs what is published; a physiotherapist or doctor looks at you."


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What one runner's findings say: `d[variable]` = {state: P(state | findings)}, and one method for each question.

    `print(d)` gives the whole answer in words. Nothing that is asked of it under an urgent red flag ranks causes or reassures.
    """

    network: Network
    findings: Findings
    red_flags: RedFlags
    posterior: Posterior

    def __getitem__(self, variable: str) -> Mapping[str, float]:
        """Return {state: P(variable = state | findings)}; raises `UnknownName` for a variable that does not exist."""
        return self.posterior[variable]

    def __repr__(self) -> str:
        return f"Diagnosis({self.network.name!r}, {len(self.findings)} findings)"

    def contributors(self) -> Contributors:
        """Return the likely contributors by attributable share (see `explain.contributors`); none under an urgent red flag."""
        if self.red_flags.urgent:
            return Contributors((), 1.0, "a red flag is set: no causes are ranked until a clinician has looked at this")
        return contributors(self.network, self.findings, self.posterior)

    def __str__(self) -> str:
        return render.text(self.views())

    def views(self) -> list[View]:
        """Return the whole answer as sections, red flags first."""
        first = View("Red flags first", tuple(Note(line) for line in self.red_flags.lines()))
        last = View("Please note", (Note(DISCLAIMER),))
        if self.red_flags.urgent:
            return [first, last]
        found = self.contributors()
        shown = [row for row in found if row.share >= SMALLEST_SHARE][:SHOWN]
        return [
            first,
            View("What you told", tuple(self._told())),
            View("Likely kind of pain", tuple(self._kinds())),
            View("What most likely contributes", tuple(self._contributors(found, shown))),
            View("Good to know", tuple(self._advice())),
            View("What is not known", tuple(self._unknown())),
            View("Sources of the numbers above", (cite.references(self.network, self._sources(shown)),)),
            last,
        ]

    def _told(self) -> Iterator[Block]:
        for name, finding in self.findings.items():
            if isinstance(finding, str):
                yield Note(f"{self.network[name].label or name}: {finding.replace('_', ' ')}")
            elif finding is not None:
                weights = ", ".join(f"{state} {weight:g}" for state, weight in finding.items())
                yield Note(f"{self.network[name].label or name}: uncertain ({weights})")
        if not self.findings:
            yield Note("Nothing yet: these are the figures for runners in general.")

    def _kinds(self) -> Iterator[Block]:
        before = posterior(self.network)
        for parent in self.network[self.network.outcome].parents:
            if self.network[parent].role == "presentation":
                yield Bar(self.network[parent].label or parent, self.posterior.present(parent), before.present(parent))

    def _contributors(self, found: Contributors, shown: list[Contributor]) -> Iterator[Block]:
        outcome = cite.short_label(self.network[self.network.outcome])
        for row in shown:
            details = [self._path(row.chain), self._evidence(row.chain)] if row.chain else []
            yield Item(self._sentence(row), tuple(details))
        yield Note(
            f"No identified cause: about {percent(min(found.unexplained, 1.0))} of the {outcome} of runners like this one "
            "would be there without any of the causes that this network knows."
        )
        yield Note("Shares overlap, because the links of one chain share their blame; they do not add up to 100 %.")

    def _sentence(self, row: Contributor) -> str:
        variable = self.network[row.variable]
        finding = self.findings.get(row.variable)
        if isinstance(finding, str):
            return (
                f"{row.label}: {finding.replace('_', ' ')}, as you told. This accounts for about {percent(row.fraction)} of the risk "
                "and so of this pain."
            )
        states = " or ".join(state.replace("_", " ") for state in variable.states[1:])
        name = row.label if variable.states == ("no", "yes") else f"{row.label}, {states}"
        return (
            f"{name}: {percent(row.present)} likely ({percent(row.prior)} among runners in general, before your answers). Where present, "
            f"this accounts for about {percent(row.fraction)} of the risk, so about {percent(row.share)} of this pain is due to it."
        )

    def _path(self, chain: Chain) -> str:
        steps = []
        for name in chain.variables:
            finding = self.findings.get(name)
            variable = self.network[name]
            told = isinstance(finding, str) and variable.states != ("no", "yes")
            steps.append(cite.state_words(self.network, name, [str(finding)]) if told else cite.short_label(variable))
        text = " > ".join(steps)
        return f"{text[0].upper()}{text[1:]}."

    def _evidence(self, chain: Chain) -> str:
        links = "; ".join(cite.ids(self._strongest(parent, child)) for parent, child in zip(chain.variables[:-1], chain.variables[1:], strict=True))
        return f"Evidence (weakest link): {cite.GRADE_WORDS[chain.grade]}. [{links}]"

    def _strongest(self, parent: str, child: str) -> Number:
        """Return the number of the link's strongest mechanism that has an unhealthy condition on the parent."""
        distribution = self.network[child].distribution
        if not isinstance(distribution, NoisyOr):
            return link_numbers(self.network, parent, child)[-1]
        healthy = self.network[parent].states[0]
        acting = [m.number for m in distribution.mechanisms if parent in m.when and healthy not in m.when[parent]]
        return max(acting, key=lambda number: number.p)

    def _sources(self, shown: list[Contributor]) -> Iterator[str]:
        for row in shown:
            numbers = list(self.network[row.variable].numbers)[:1]
            chain = row.chain.variables if row.chain else ()
            numbers += [self._strongest(parent, child) for parent, child in zip(chain[:-1], chain[1:], strict=True)]
            for number in numbers:
                yield from (*number.sources, *number.against)

    def _advice(self) -> Iterator[Block]:
        for advice in self.network.advice.values():
            if advice.when and all(self.findings.get(name) == state for name, state in advice.when.items()):
                yield Note(f"{advice.text} [{', '.join(advice.sources)}]")

    def _unknown(self) -> Iterator[Block]:
        open_questions = [variable for name, variable in self.network.variables.items()
                          if variable.question and variable.role != "test" and name not in self.findings]  # fmt: skip
        if open_questions:
            some = ", ".join(cite.short_label(variable) for variable in open_questions[:8])
            yield Note(f"Not asked yet: {len(open_questions)} questions, among them {some}. Each answer can change the order above.")
        n = cite.counts(self.network)
        yield Note(
            f"{n['expert']} of the {n['numbers']} numbers behind this are expert judgement, because no study was found; "
            "the order of causes with similar shares is not settled."
        )

    def to_dict(self) -> dict[str, object]:
        """Return the answer as plain data, for JSON: red flags first, no ranking under an urgent one."""
        found = self.contributors()
        answer: dict[str, object] = {
            "red_flags": {
                "urgent": self.red_flags.urgent,
                "set": [{"id": rule.id, "label": rule.label, "urgency": rule.urgency, "action": rule.action} for rule in self.red_flags.set],
                "not_asked": list(self.red_flags.not_asked),
            },
            "network": {"name": self.network.name, "version": self.network.version},
            "findings": {name: finding if isinstance(finding, str) else dict(finding) for name, finding in self.findings.items() if finding},
            "note": DISCLAIMER,
        }
        if found.withheld:
            return answer | {"withheld": found.withheld}
        return answer | {
            "contributors": found.to_dicts(),
            "no_identified_cause": found.unexplained,
            "posterior": {name: dict(self.posterior[name]) for name in self.posterior},
        }


def diagnose(findings: Findings, network: Network | None = None, red_flags: Mapping[str, str | None] | None = None) -> Diagnosis:
    """Return what the findings of one runner say, on the shipped network or another one that names an outcome.

    `findings` maps variables to states, or to {state: likelihood} where one is unsure; what is left out, or None, is not known.
    `red_flags` maps red-flag questions to yes, no, or None (not asked); not asked never counts as cleared.
    Raises `UnknownName` for a name that does not exist, `ImpossibleEvidence` for findings that cannot hold together.

    >>> d = diagnose({"sitting_hours": "over_8", "low_back_pain": "yes", "pain_during_run": "yes"})
    >>> d["sitting_hours"]["over_8"], d.red_flags.urgent
    (1.0, False)
    """
    network = load() if network is None else network
    told: dict[str, Finding] = {name: finding for name, finding in findings.items() if finding is not None}
    flags = triage.check(triage.load_rules(), red_flags or {})
    return Diagnosis(network, MappingProxyType(told), flags, posterior(network, told))
