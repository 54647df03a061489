"""The object that a user holds: one case's findings, red flags, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from .answer.withheld import Withheld
from .display.blocks import View, plain
from .display.html import to_html
from .display.result import Result
from .display.text import to_screen
from .display.words import counted
from .errors import check_mapping
from .explain.attribution import Contributors, contributors
from .formats.load import network_of
from .formats.text_files import path_of, write
from .inference.posterior import Posterior
from .inference.posterior import posterior as posterior_of
from .model.findings import Findings, Told, findings_of
from .model.network import Network
from .red_flags import RedFlags, check, implied

if TYPE_CHECKING:
    from .answer.full import FullAnswer
    from .answer.one_screen import OneScreen
    from .answer.summary import Summary
    from .decide.expected_utility import ExpectedUtilities
    from .decide.questions import NextQuestions
    from .decide.treatment_effects import TreatmentEffects
    from .decide.what_could_change import WhatCouldChange
    from .explain.causal_paths import CausalPaths
    from .explain.comparison import Comparison
    from .explain.contrast import Contrast
    from .explain.most_probable import MostProbable
    from .explain.weight_of_evidence import WeightOfEvidence
    from .temporal.follow_up import FollowUp
    from .uncertainty.monte_carlo import Robustness
    from .uncertainty.one_way import Sensitivity

Answer = TypeVar("Answer", bound=Result)


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What one case's findings say: `d[variable]` = {state: P(state | findings)}, and one method
    for each question.

    `print(d)` gives the answer on one screen, `print(d.full)` all of it. Nothing that is asked of
    it under an urgent red flag ranks causes or reassures.
    """

    network: Network
    findings: Findings
    red_flags: RedFlags
    _now: Posterior

    @property
    def posterior(self) -> Posterior | Withheld:
        """P(variable = state | findings) of every variable."""
        return Withheld(self.red_flags) if self.red_flags.urgent else self._now

    def __getitem__(self, variable: str) -> Mapping[str, float] | Withheld:
        """Return {state: P(variable = state | findings)}; raises `UnknownName` for a variable that
        does not exist.
        """
        name = self.network[variable].name
        return Withheld(self.red_flags) if self.red_flags.urgent else self._now[name]

    def __repr__(self) -> str:
        return f"Diagnosis({self.network.name!r}, {counted(len(self.findings), 'finding')})"

    def contributors(self) -> Contributors | Withheld:
        """Return the likely contributors by attributable share (see
        `contributors`).
        """
        return self._answer(contributors, self._now)

    def why(
        self, variable: str, state: str | None = None, *, rather_than: str | None = None
    ) -> WeightOfEvidence | Contrast | Withheld:
        """Return what speaks for and against a state, by default the last one, in decibans (see
        `weight_of_evidence`), or `rather_than` another variable, or variable=state (see
        `contrast`).
        """
        from .explain.contrast import contrast
        from .explain.weight_of_evidence import weight_of_evidence

        if rather_than is not None:
            other, _, its_state = str(rather_than).partition("=")
            question = partial(contrast, state=state, other_state=its_state or None)
            return self._answer(question, variable, other)
        return self._answer(weight_of_evidence, variable, state)

    def paths(self, variable: str, k: int = 3) -> CausalPaths | Withheld:
        """Return the strongest paths by which a variable reaches the outcome (see
        `causal_paths`).
        """
        from .explain.causal_paths import causal_paths

        return self._answer(partial(causal_paths, k=k), variable, self._now)

    def most_probable(
        self, variables: Iterable[str] | None = None, k: int = 3
    ) -> MostProbable | Withheld:
        """Return the likeliest joint states of some variables, by default of what one can work on
        (see `most_probable`).
        """
        from .explain.most_probable import most_probable

        return self._answer(most_probable, variables, k, self._now)

    def compare(self, other: Network | str | Path) -> Comparison | Withheld:
        """Return where another network disagrees about this case, and which links are responsible
        (see `compare`).
        """
        from .explain.comparison import compare

        return self._answer(compare, network_of(other))

    def next_questions(
        self, budget: Mapping[str, object] | None = None, **how: Any
    ) -> NextQuestions | Withheld:
        """Return what to ask or test next, by what it is expected to tell for what it costs, and
        when to stop (see `next_questions`).
        """
        from .decide.next_questions import next_questions

        question = partial(next_questions, red_flags=self.red_flags, budget=budget, **how)
        return self._answer(question)

    def what_could_change(self) -> WhatCouldChange | Withheld:
        """Return which open questions might bring another cause to the top, and how likely (see
        `what_could_change`).
        """
        from .decide.what_could_change import what_could_change

        return self._answer(what_could_change)

    def what_helps(self, treatments: Sequence[str] | None = None) -> TreatmentEffects | Withheld:
        """Return treatments by how much they are expected to take from the outcome in the next
        period, and the best plan (see `what_helps`).
        """
        from .decide.treatments import what_helps

        question = partial(what_helps, now=self._now, red_flags=self.red_flags)
        return self._answer(question, treatments)

    def weigh(
        self,
        utilities: Mapping[str, Mapping[str, float]],
        actions: Mapping[str, Sequence[str]] | None = None,
    ) -> ExpectedUtilities | Withheld:
        """Return actions, by default the usual ones, by expected utility over the next period (see
        `weigh`).
        """
        from .decide.expected_utility import weigh

        return self._answer(partial(weigh, actions=actions), utilities)

    def follow_up(
        self,
        findings: Told,
        changed: Mapping[str, str] | None = None,
        treatments: Sequence[str] = (),
    ) -> FollowUp | Withheld:
        """Return the same case some time later: what was told then, what had changed for good,
        treatments started (see `follow_up`).
        """
        from .temporal.follow_up import follow_up
        from .temporal.visits import Visit

        if self.red_flags.urgent:
            return Withheld(self.red_flags)
        later = findings_of(self.network, findings)
        first = follow_up(self.network, [Visit(self.findings)])
        return first.follow_up(later, changed, treatments)

    def robustness(self, draws: int = 1000, seed: int = 0) -> Robustness | Withheld:
        """Return how sure this is: intervals, what the first place hangs on, whether the answers
        fit together (see `robustness`, `rank_flips` and `conflict`).
        """
        from .explain.conflict import conflict
        from .uncertainty.monte_carlo import robustness
        from .uncertainty.rank_flips import rank_flips

        if self.red_flags.urgent:
            return Withheld(self.red_flags)
        found = robustness(self.network, self.findings, draws, seed)
        flips = rank_flips(self.network, self.findings, found.answer)
        fit = conflict(self.network, self.findings, seed=seed)
        return replace(found, rank_flips=flips, conflict=fit)

    def sensitivity(
        self, variable: str, state: str | None = None, threshold: float = 0.5
    ) -> Sensitivity | Withheld:
        """Return how one probability hangs on every number of the network (see
        `sensitivity`).
        """
        from .uncertainty.one_way import sensitivity

        return self._answer(sensitivity, variable, state, threshold)

    def _answer(self, question: Callable[..., Answer], *arguments: Any) -> Answer | Withheld:
        """Put a question to the network and the findings, unless an urgent red flag forbids every
        answer.
        """
        return (
            Withheld(self.red_flags)
            if self.red_flags.urgent
            else question(self.network, self.findings, *arguments)
        )

    def __str__(self) -> str:
        return to_screen(self.views())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return to_html(self.views(), folded=True)

    def explore(self, *, kernel: bool = True) -> Any:
        """Return the interactive graph for a notebook, starting from this case (see
        `widget.explore`; needs the extra `notebook`).
        """
        from .explorer import widget

        return widget.explore(self.network, self.findings, self.red_flags, kernel=kernel)

    @cached_property
    def _summary(self) -> Summary:
        from .answer.summary import summary

        return summary(self.network, self.findings, self.red_flags, self._now)

    @cached_property
    def screen(self) -> OneScreen:
        """The answer on one screen, which `print` shows."""
        from .answer.one_screen import one_screen

        return one_screen(self._summary)

    @property
    def full(self) -> FullAnswer:
        """The whole answer, with the sources of its numbers."""
        from .answer.full import FullAnswer

        return FullAnswer(self._summary)

    def views(self) -> list[View]:
        """Return the answer on one screen as sections, red flags first."""
        return self.screen.views()

    def to_html(self) -> str:
        """Return one self-contained page: the graph to click, the answer in words, sources; works
        without Python and without a network.
        """
        from .explorer.page import standalone

        return standalone(self.network, self.findings, self.red_flags, self._now)

    def save_html(self, path: str | Path) -> None:
        """Write `to_html` to a file, whole or not at all; raises `FileProblem` where it cannot be
        written.
        """
        write(path, self.to_html())

    def save_report(self, path: str | Path) -> None:
        """Write the answer as .md, .html or .json, whole or not at all; raises `BackpainError` for
        another kind of file.
        """
        from .display.document import document

        network = self.network
        foot = f"Worked out with the network {network.name}, version {network.version}."
        title = network.vocabulary.title
        ending = path_of(path).suffix
        write(path, document(ending, title, self.full.views(), foot, self.to_dict()))

    def to_dict(self) -> dict[str, object]:
        """Return the answer as plain data, for JSON: red flags first, no ranking under an urgent
        one; where nothing can be ranked, what is missing.
        """
        flags = self.red_flags
        fired = [
            {"id": rule.id, "label": rule.label, "urgency": rule.urgency, "action": rule.action}
            for rule in flags.set
        ]
        told = {
            name: finding if isinstance(finding, str) else dict(finding)
            for name, finding in self.findings.items()
            if finding
        }
        answer: dict[str, object] = {
            "red_flags": {
                "urgent": flags.urgent,
                "set": fired,
                "answers": dict(flags.answers),
                "not_asked": list(flags.not_asked),
            },
            "network": {"name": self.network.name, "version": self.network.version},
            "findings": told,
            "note": self.network.vocabulary.disclaimer,
        }
        if flags.urgent:
            return answer | {"withheld": flags.rules.withheld}
        case = self._summary
        answer |= {"answer": plain(self.screen.views())}
        answer |= {"posterior": {name: dict(self._now[name]) for name in self._now}}
        if case.here is None:
            return answer | {"not_ranked": case.missing}
        return answer | {
            "contributors": case.here.to_dicts(),
            "no_identified_cause": case.here.unexplained,
        }


def diagnose(
    findings: Told,
    network: Network | str | Path | None = None,
    red_flags: Mapping[str, str | bool | None] | None = None,
) -> Diagnosis:
    """Return what the findings of one case say, on the default network or another one, given as a
    `Network`, a name or a path.

    `findings` maps variables to states, True or False, numbers where the variable has bins, or to
    {state: likelihood} where one is unsure; what is left out, or None, is not known. `red_flags`
    maps red-flag questions to yes, no, or None (not asked); not asked never counts as cleared. A
    finding that says yes to a red-flag question counts as that answer where the question itself was
    not answered. Raises `UnknownName` for a name that does not exist, `ImpossibleEvidence` for
    findings that cannot hold together.

    >>> d = diagnose({"dim_lights": "yes"}, "car")
    >>> d["dim_lights"]["yes"], d.red_flags.urgent
    (1.0, False)
    """
    model = network_of(network)
    told = findings_of(model, findings)
    answers = {} if red_flags is None else red_flags
    check_mapping("red_flags", answers, "questions to yes or no")
    rules = model.red_flags
    flags = check(rules, {**implied(rules, told), **answers})
    return Diagnosis(model, MappingProxyType(told), flags, posterior_of(model, told))


def explore(network: Network | str | Path | None = None, *, kernel: bool = True) -> Any:
    """Return the interactive graph of a network for a notebook, with nothing told yet (see
    `Diagnosis.explore`).
    """
    return diagnose({}, network).explore(kernel=kernel)


def posterior(
    network: Network | str | Path | None = None, findings: Told | None = None
) -> Posterior:
    """Return P(variable = state | findings) for every variable of a network, given as a `Network`,
    a name or a path (see `inference.posterior`).

    >>> round(posterior("car")["lights_left_on"]["yes"], 2)
    0.01
    """
    return posterior_of(network_of(network), findings)
