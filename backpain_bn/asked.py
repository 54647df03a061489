"""Every question that can be put to one case, each a method; none is answered under an urgent red
flag.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .display.result import Result
from .explain.attribution import Contributors, contributors
from .formats.load import network_of
from .inference.posterior import Posterior, States
from .model.findings import Findings, Told
from .model.network import Network
from .records import Caching, record
from .red_flags.answered import RedFlags

if TYPE_CHECKING:
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


@record
class Asked(Caching):
    """One case of a network, and the questions that can be put to it.

    Under an urgent red flag every question has an answer of its usual type in which `withheld`
    holds the red flags, `rows` is empty, and all else raises `AnswerWithheld`.
    """

    network: Network
    findings: Findings
    red_flags: RedFlags
    _now: Posterior = field(compare=False)

    @property
    def posterior(self) -> Posterior:
        """P(variable = state | findings) of every variable (Pearl 1988).

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"dim_lights": "yes"}, "car")
        >>> round(d.posterior.log_evidence, 2)
        -3.23
        """
        if self.red_flags.urgent:
            return Posterior.withhold(self.red_flags, network=self.network)
        return self._now

    def __getitem__(self, variable: str) -> States:
        """Return {state: P(variable = state | findings)}; raises `UnknownName` for a variable that
        does not exist.
        """
        return self.posterior[self.network[variable].name]

    def contributors(self) -> Contributors:
        """Return the likely contributors by their share of the outcome: share_c = P(c is not
        healthy, and the outcome would be absent had c been | findings, outcome present), the
        probability of causation (Robins and Greenland 1989; Pearl 1999). See
        `explain.contributors`.

        Raises `BackpainError` where the network names no outcome, or no healthy states.

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
        >>> row = d.contributors()[0]
        >>> row.variable, round(row.share, 2)
        ('weak_battery', 0.91)
        """
        return self._answer(Contributors, contributors, self._now)

    @overload
    def why(
        self, variable: str, state: str | None = None, *, rather_than: None = None
    ) -> WeightOfEvidence: ...

    @overload
    def why(self, variable: str, state: str | None = None, *, rather_than: str) -> Contrast: ...

    def why(
        self, variable: str, state: str | None = None, *, rather_than: str | None = None
    ) -> WeightOfEvidence | Contrast:
        """Return what speaks for and against a state, by default the last one, in decibans: the
        Shapley values of 10 log10 odds(state | findings) over the findings (Good 1950; Shapley
        1953); or for it `rather_than` another variable, or variable=state. See
        `explain.weight_of_evidence` and `contrast`.

        Raises `UnknownName` for what does not exist, `BackpainError` for what was told already.

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
        >>> [row.words for row in d.why("weak_battery")]
        ['dim lights', 'failure to start']
        >>> d.why("weak_battery", rather_than="faulty_starter").ask.variable
        'battery_voltage'
        """
        from .explain.contrast import Contrast, contrast
        from .explain.weight_of_evidence import WeightOfEvidence, weight_of_evidence

        if rather_than is None:
            return self._answer(WeightOfEvidence, weight_of_evidence, variable, state)
        other, _, its_state = str(rather_than).partition("=")
        options = {"state": state, "other_state": its_state or None}
        return self._answer(Contrast, contrast, variable, other, **options)

    def paths(self, variable: str, k: int = 3) -> CausalPaths:
        """Return the `k` strongest paths by which a variable reaches the outcome: strength =
        product over the links of p(mechanism) * P(its other conditions | findings), found by a
        best-first search (Hart, Nilsson and Raphael 1968). See `explain.causal_paths`.

        Raises `UnknownName`, and `BackpainError` for the outcome itself or k < 1.

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
        >>> d.paths("lights_left_on")[0].variables
        ('lights_left_on', 'weak_battery', 'no_crank', 'no_start')
        """
        from .explain.causal_paths import CausalPaths, causal_paths

        return self._answer(CausalPaths, causal_paths, variable, self._now, k=k)

    def most_probable(self, variables: Iterable[str] | None = None, k: int = 3) -> MostProbable:
        """Return the `k` likeliest joint states x of some variables, by default of what one can
        work on: the largest P(x | findings) = P(x, findings) / P(findings) (Park and Darwiche
        2004). See `explain.most_probable`.

        Raises `BackpainError` for k < 1 or a variable that was told, `TooHard` where the search
        would be too long.

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
        >>> dict(d.most_probable(["weak_battery", "faulty_starter"])[0].states)
        {'weak_battery': 'yes', 'faulty_starter': 'no'}
        """
        from .explain.most_probable import MostProbable, most_probable

        return self._answer(MostProbable, most_probable, variables, k, self._now)

    def compare(self, other: Network | str | Path) -> Comparison:
        """Return where another network disagrees about this case, and which numbers are
        responsible: effect = the mean of what a number does first and last when one network is
        turned into the other, the two ends of its Shapley value (Shapley 1953). See
        `explain.compare`.

        Raises `BackpainError` where the other network lacks a variable or state of the findings.

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
        >>> d.compare(bb.load("car").do(cold_night="yes"))[0].variable
        'cold_night'
        """
        from .explain.comparison import Comparison, compare

        return self._answer(Comparison, compare, network_of(other))

    def next_questions(
        self,
        budget: Mapping[str, object] | None = None,
        *,
        hypotheses: Sequence[str] | None = None,
        utilities: Mapping[str, Mapping[str, float]] | None = None,
        about: str | None = None,
        without: Collection[str] = (),
        steps: int = 2,
        price: float = 0.0,
        by: str | None = None,
    ) -> NextQuestions:
        """Return what to ask or test next, by what it is expected to tell for what it costs, and
        when to stop: value(X) = sum over x of P(x | findings) * (how far x moves the shares, or
        drops the entropy of `hypotheses`, or raises the best expected utility), per minute and
        discomfort (Lindley 1956; Howard 1966). See `decide.next_questions` for all options.

        Raises `UnknownName` for a variable, a key of the `budget` or a means that does not exist.

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"no_start": "yes"}, "car")
        >>> d.next_questions({"minutes": 5}, without=["dim_lights"])[0].variable
        'no_crank'
        """
        from .decide.next_questions import next_questions
        from .decide.questions import NextQuestions

        return self._answer(
            NextQuestions,
            next_questions,
            red_flags=self.red_flags,
            budget=budget,
            hypotheses=hypotheses,
            utilities=utilities,
            about=about,
            without=without,
            steps=steps,
            price=price,
            by=by,
        )

    def what_could_change(self) -> WhatCouldChange:
        """Return which open questions might bring another cause to the top, and how likely: P(the
        cause of the largest share changes | findings), question by question (Choi, Xue and
        Darwiche 2012). See `decide.what_could_change`.

        Raises `BackpainError` where the network names no outcome, or no healthy states.

        >>> import backpain_bn as bb
        >>> bb.diagnose({"no_start": "yes"}, "car").what_could_change().first
        'weak_battery'
        """
        from .decide.what_could_change import WhatCouldChange, what_could_change

        return self._answer(WhatCouldChange, what_could_change)

    def what_helps(self, treatments: Sequence[str] | None = None) -> TreatmentEffects:
        """Return treatments, by default all of the file, by how much they are expected to take from
        the outcome in the next period, and the best plan: effect = P(outcome next | findings,
        nothing done) - P(outcome next | findings, treatment started) (Pearl 2009). See
        `decide.what_helps`.

        Raises `UnknownName` for a treatment that the file does not have.

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
        >>> d.what_helps()[0].name
        'replace_battery'
        """
        from .decide.treatment_effects import TreatmentEffects
        from .decide.treatments import what_helps

        return self._answer(
            TreatmentEffects, what_helps, treatments, now=self._now, red_flags=self.red_flags
        )

    def weigh(
        self,
        utilities: Mapping[str, Mapping[str, float]],
        actions: Mapping[str, Sequence[str]] | None = None,
    ) -> ExpectedUtilities:
        """Return actions, by default the usual ones, by expected utility over the next period:
        EU(a) = sum over s of P(outcome next = s | findings, a) * utility(a, s) (von Neumann and
        Morgenstern 1944). See `decide.weigh`.

        Raises `UnknownName` for an action or state that does not exist, `BackpainError` for
        utilities that miss a state.

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
        >>> worth = {"wait": {"no": 1, "yes": 0}, "buy": {"no": 0.9, "yes": -0.1}}
        >>> d.weigh(worth, {"wait": [], "buy": ["replace_battery"]})[0].action
        'buy'
        """
        from .decide.expected_utility import ExpectedUtilities, weigh

        return self._answer(ExpectedUtilities, weigh, utilities, actions=actions)

    def follow_up(
        self,
        findings: Told,
        changed: Mapping[str, str] | None = None,
        treatments: Sequence[str] = (),
        red_flags: Mapping[str, str | bool | None] | None = None,
    ) -> FollowUp:
        """Return the same case some time later, P(variable = state now | all visits): what was told
        then, what had changed for good, treatments started (Pearl 2009, chapter 3). See
        `temporal.follow_up`. Answers to red-flag questions, those of before and `red_flags`, count
        together.

        Raises `BackpainError` for what contradicts what was told before and persists.

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
        >>> later = d.follow_up({"no_start": "no"}, treatments=["charge_battery"])
        >>> round(later["weak_battery"]["yes"], 2)
        0.1
        """
        from .temporal.follow_up import first_visit

        first = first_visit(self.network, self.findings, self.red_flags)
        return first.follow_up(findings, changed, treatments, red_flags)

    def robustness(self, draws: int = 1000, seed: int = 0) -> Robustness:
        """Return how sure this is: the 5 % and 95 % quantiles of P(h | findings, theta) over
        `draws` of all numbers theta from their ranges (Doubilet et al. 1985), what the first place
        hangs on, and whether the answers fit together. See `uncertainty.robustness`.

        Raises `BackpainError` for fewer than one draw, or a seed below 0.

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
        >>> low, high = d.robustness(draws=200).interval("weak_battery", "yes")
        >>> low < d["weak_battery"]["yes"] < high
        True
        """
        from .explain.conflict import conflict
        from .uncertainty.monte_carlo import Robustness, robustness
        from .uncertainty.rank_flips import rank_flips

        if self.red_flags.urgent:
            return Robustness.withhold(self.red_flags)
        found = robustness(self.network, self.findings, draws, seed)
        flips = rank_flips(self.network, self.findings, found.answer)
        fit = conflict(self.network, self.findings, seed=seed)
        return replace(found, rank_flips=flips, conflict=fit)

    def sensitivity(
        self, variable: str, state: str | None = None, threshold: float = 0.5
    ) -> Sensitivity:
        """Return how one probability follows every number t of the network: f(t) = (a1 t + a0) /
        (g1 t + g0), and where it crosses the `threshold` (Castillo, Gutierrez and Hadi 1997). See
        `uncertainty.sensitivity`.

        Raises `UnknownName` for what does not exist, `BackpainError` for a threshold outside 0..1.

        >>> import backpain_bn as bb
        >>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
        >>> row = d.sensitivity("weak_battery")[0]
        >>> row.parameter.variable, round(row.swing, 2)
        ('loose_terminals', 0.15)
        """
        from .uncertainty.one_way import Sensitivity, sensitivity

        return self._answer(Sensitivity, sensitivity, variable, state, threshold)

    def _answer(
        self,
        kind: type[Answer],
        question: Callable[..., Answer],
        *arguments: Any,
        **options: Any,
    ) -> Answer:
        """Put a question to the network and the findings, unless an urgent red flag forbids every
        answer.
        """
        if self.red_flags.urgent:
            return kind.withhold(self.red_flags)
        return question(self.network, self.findings, *arguments, **options)
