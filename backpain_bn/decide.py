"""What to ask or test next, what each answer would do, and when to stop asking."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from . import cite
from .cost import Budget, budget_of, cost_words, effort
from .enough import SameDecision, Utilities, same_decision, utilities_of, workable
from .errors import BackpainError, listed, shown
from .evidence import Findings
from .lookahead import Outcomes, Plan, entropy_reward, gains, outcomes, two_steps
from .network import Cost, Network
from .render import Result, percent
from .triage import RedFlags
from .view import Item, Note, View

SHOWN = 5
SMALLEST_VALUE = 0.0005
"""Bits; questions that tell less are not printed."""
TITLE = "What to ask next"
MOST_STEPS = 2
WITHHELD = "A red flag is set: no questions are ranked until a clinician has looked at this."


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question: its probability, and the hypothesis that it moves most: P(present) `before` and `after`.

    `action` is the best one after this answer, where utilities were given.
    """

    state: str
    probability: float
    hypothesis: str
    before: float
    after: float
    action: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question or test that is not answered yet, and what it is worth.

    `bits` = sum over hypotheses h of H(h | e) - sum over answers x of P(x | e) H(h | e, x). `value` is that too, or EVSI where utilities were given
    (sum over x of P(x | e) max_a EU(a | e, x) - max_a EU(a | e)). `rate` = value / effort, effort being minutes + points of discomfort.
    `ahead` is the rate of the best plan of two questions beginning with this one, `then` its second questions as (answer, question), where
    such a plan beats each of its questions asked alone; else `rate` again, and nothing.
    """

    variable: str
    label: str
    question: str
    cost: Cost
    bits: float
    value: float
    rate: float
    ahead: float
    then: tuple[tuple[str, str], ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class NextQuestions(Result):
    """Open questions, the one most worth its effort first, and whether asking more would change what to do.

    `doubt` is the entropy of the hypotheses now, in bits (their sum). `worth` holds V_k - V_0 for k = 0, 1, .. questions ahead, with
    V_k(e) = max{V_0(e), max_X [-price * effort(X) + sum over x of P(x | e) V_{k-1}(e, x)]} and V_0 = -doubt, or max_a EU(a | e).
    `red_flags` are red-flag questions not asked yet: they come first, whatever they are worth here. `withheld` says why nothing is ranked.
    """

    network: Network
    findings: Findings
    rows: tuple[Question, ...]
    hypotheses: tuple[str, ...]
    doubt: float
    worth: tuple[float, ...]
    budget: Budget = Budget()
    red_flags: tuple[str, ...] = ()
    utilities: Utilities | None = None
    action: str = ""
    perfect: float = 0.0
    withheld: str = ""

    def __iter__(self) -> Iterator[Question]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Question:
        return self.rows[index]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per question."""
        return [
            {
                "variable": row.variable, "label": row.label, "question": row.question, "minutes": row.cost.minutes,
                "discomfort": row.cost.discomfort, "who": row.cost.who, "bits": row.bits, "value": row.value, "rate": row.rate,
                "ahead": row.ahead, "then": dict(row.then),
                "answers": [{name: getattr(answer, name) for name in Answer.__dataclass_fields__} for answer in row.answers],
            }
            for row in self.rows
        ]  # fmt: skip

    def top(self) -> tuple[Question, ...]:
        """Return the first few questions that tell something."""
        return tuple(row for row in self.rows if row.value > 0 and row.bits >= SMALLEST_VALUE)[:SHOWN]

    def fitting(self) -> tuple[Question, ...]:
        """Return the questions that fit into the minutes of the budget together, taken in order."""
        left, found = self.budget.minutes, []
        for row in self.rows:
            if row.value > 0 and row.cost.minutes <= left:
                left -= row.cost.minutes
                found.append(row)
        return tuple(found)

    @cached_property
    def same_decision(self) -> SameDecision | None:
        """The probability that what to do stays the same whatever the cheap open questions are answered (see `enough.same_decision`).

        Cheap are those that one asks oneself, or all where there is none. None where nothing is ranked or nothing can be decided.
        """
        if self.withheld or not (self.utilities or workable(self.network)):
            return None
        cheap = [row.variable for row in self.rows if row.cost.who == "ask"] or [row.variable for row in self.rows]
        return same_decision(self.network, self.findings, cheap, self.utilities)

    def views(self) -> list[View]:
        """Return the red-flag questions that come first, the best questions with what each answer would do, and whether to go on."""
        if self.withheld:
            return [View(TITLE, (Note(self.withheld),))]
        items = [Item(row.question, tuple(self._details(row))) for row in self.top()]
        return [View(TITLE, (*self._before(), *items, *self._after(bool(items)))), View("Whether to go on asking", tuple(self._stop()))]

    def _before(self) -> Iterator[Note]:
        if self.red_flags:
            names = listed([name.replace("_", " ") for name in self.red_flags], 5)
            yield Note(f"Red-flag questions come first, whatever they tell about causes. Not asked yet (so not cleared): {names}.")
        aims = listed([cite.short_label(self.network[name]) for name in self.hypotheses], 4)
        if self.utilities:
            known = cite.short_label(self.network[self.utilities.variable])
            yield Note(
                f"Best by your own weighing now: {self.action}. To know for certain ({known}) would be worth {self.perfect:.3g} in your units, "
                "so no answer is worth more. Ranked by what an answer is expected to add to that, for the effort it takes."
            )
        elif self.rows:
            yield Note(
                f"Ranked by what an answer is expected to tell about {aims}, for the minutes and the discomfort it takes. "
                f"Together they hold {self.doubt:.1f} bits of doubt (1 bit: as open as the toss of a coin)."
            )

    def _details(self, row: Question) -> Iterator[str]:
        yield f"{cost_words(row.cost)}. {self._worth_words(row)}"
        for answer in row.answers:
            if answer.probability > 0:
                yield self._answer_words(answer)
        for state, second in row.then:
            yield f"Worth more than it tells by itself: after {_said(state)}, ask next about {cite.short_label(self.network[second])}."

    def _worth_words(self, row: Question) -> str:
        if self.utilities:
            return f"Expected to add {row.value:.2g} to what the best choice is worth."
        return f"Expected to settle {row.bits:.2g} of the {self.doubt:.1f} bits: {row.rate:.2g} for each minute of effort."

    def _answer_words(self, answer: Answer) -> str:
        said = f"If {_said(answer.state)} ({percent(answer.probability)} likely): "
        act = f"{answer.action} becomes best; " if answer.action != self.action else ""
        if percent(answer.before) == percent(answer.after):
            return f"{said}{act}nothing moves by more than a point."
        label = cite.short_label(self.network[answer.hypothesis])
        return f"{said}{act}{label} {percent(answer.after)} likely, now {percent(answer.before)}."

    def _after(self, some: bool) -> Iterator[Note]:
        if not self.rows:
            yield Note("No question is left that fits. That clears nothing: it only means that this network has nothing more to ask.")
        elif not some:
            yield Note("No single answer would tell enough to print. That clears nothing: it only means that this network has little more to ask.")
        elif self.budget.minutes < math.inf:
            fitting = [str(index) for index, row in enumerate(self.top(), 1) if row in self.fitting()]
            yield Note(f"Of these, taken in order, {' and '.join([', '.join(fitting[:-1]), fitting[-1]] if fitting[1:] else fitting)} fit into {self.budget.minutes:g} minutes.")

    def _stop(self) -> Iterator[Note]:
        same = self.same_decision
        if same is None or not same.questions:
            return
        what = "The best choice now" if self.utilities else "What to work on first now"
        label = same.decision if self.utilities else cite.short_label(self.network[same.decision])
        error = f", give or take {percent(same.standard_error)}" if same.standard_error else ""
        yield Note(
            f"{what}: {label}. With all {len(same.questions)} open questions that you can ask yourself answered, it would still be so with "
            f"probability {percent(same.probability)}{error}."
        )


def next_questions(
    network: Network,
    findings: Findings,
    red_flags: RedFlags | None = None,
    budget: Mapping[str, object] | None = None,
    *,
    hypotheses: Sequence[str] | None = None,
    utilities: Mapping[str, Mapping[str, float]] | None = None,
    about: str | None = None,
    without: Collection[str] = (),
    steps: int = MOST_STEPS,
    price: float = 0.0,
) -> NextQuestions:
    """Return the open questions and tests, ranked by what they are expected to tell for what they cost, looking `steps` (1 or 2) ahead.

    value(X) = sum over h of [H(h | e) - sum over x of P(x | e) H(h | e, x)] in bits: the expected drop of the hypotheses' marginal entropies, at
    least 0 (what is within 1e-12 of 0 is rounding and counts as 0). `hypotheses` are by default the impairments and form faults that can
    contribute to the outcome, are not observed, and have no question of their own: what can be asked outright counts only for what it says of
    the rest. With `utilities` {action: {state of `about`: utility}} the value is EVSI instead. `about` is the outcome unless it is named.
    Ranked by value per effort, effort = minutes + discomfort (0 to 10), or by the better rate of a plan of two questions. One step is
    one batch of rows, one for each answer; the second step is one more, one for each pair of answers. `budget` may hold minutes (in all),
    discomfort (of a single question) and who (ask, home, clinician); `without` names questions that are not to be asked; `price` is what a
    minute of effort costs, in bits or in the units of the utilities, and matters for `worth` alone.

    Raises `UnknownName` for an unknown variable, budget key or helper, `BackpainError` for a hypothesis that is observed already and
    for utilities that miss a state, and as `posterior` does (Lindley 1956; Howard 1966; Heckerman, Horvitz and Middleton 1993).

    >>> from .network import Network, Variable, prior, Table, Row, number
    >>> two = ("no", "yes")
    >>> test = Table(("weak",), (Row(("no",), (number(0.9), number(0.1))), Row(("yes",), (number(0.2), number(0.8)))))
    >>> pain = Table(("weak",), (Row(("no",), (number(0.9), number(0.1))), Row(("yes",), (number(0.5), number(0.5)))))
    >>> runner = Network("runner", {"weak": Variable("weak", two, prior(0.7, 0.3), role="impairment"),
    ...     "hold": Variable("hold", two, test, question="Can you hold it?", role="test", cost=Cost(5, 1, "home")),
    ...     "pain": Variable("pain", two, pain, role="presentation")}, outcome="pain")
    >>> found = next_questions(runner, {"pain": "yes"})
    >>> row = found[0]
    >>> round(found.doubt, 4), round(row.bits, 4), round(row.rate, 4), round(row.answers[1].after, 4)
    (0.9013, 0.3683, 0.0614, 0.9449)
    """
    told = {name: finding for name, finding in findings.items() if finding is not None}
    allowed = budget_of(budget)
    _check_numbers(steps, price)
    chosen = None if utilities is None else utilities_of(network, told, utilities, about)
    aims = _hypotheses(network, told, hypotheses, chosen)
    open_flags = red_flags.not_asked if red_flags else ()
    asked = outcomes(network, told, _candidates(network, told, allowed, without))
    if red_flags is not None and red_flags.urgent:
        return NextQuestions(network, told, (), aims, 0.0, (0.0,), allowed, open_flags, withheld=WITHHELD)
    rows, worth = _ranked(asked, aims, chosen, allowed, steps, price)
    doubt = max(-float(entropy_reward(network, aims)(asked.now[None])[0]), 0.0)
    best = chosen.best(network, asked.now[None])[0] if chosen else ""
    perfect = chosen.perfect(network, asked.now) if chosen else doubt
    return NextQuestions(network, told, rows, aims, doubt, worth, allowed, open_flags, chosen, best, perfect)


def _ranked(
    asked: Outcomes, aims: tuple[str, ...], chosen: Utilities | None, budget: Budget, steps: int, price: float
) -> tuple[tuple[Question, ...], tuple[float, ...]]:
    entropy = entropy_reward(asked.network, aims)
    reward = chosen.reward(asked.network) if chosen else entropy
    efforts = np.array([effort(asked.network[name].cost) for name in asked.names])
    bits = gains(asked, entropy)
    value = gains(asked, reward) if chosen else bits
    worth, plans = [0.0, float((value - price * efforts).max(initial=0.0))], {}
    if steps > 1:
        costs = [(asked.network[name].cost.minutes, one) for name, one in zip(asked.names, efforts.tolist(), strict=True)]
        two, plans = two_steps(asked, reward, value, costs, budget.minutes, price)
        worth.append(max(two, worth[1]))
    rows = [
        _question(asked, index, (float(bits[index]), float(value[index])), plans.get(name), tuple(_answers(asked, index, aims, chosen)))
        for index, name in enumerate(asked.names)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.ahead, -row.bits / effort(row.cost)))), tuple(worth)


def _question(asked: Outcomes, index: int, worth: tuple[float, float], plan: Plan | None, answers: tuple[Answer, ...]) -> Question:
    variable = asked.network[asked.names[index]]
    rate = worth[1] / effort(variable.cost)
    then = tuple((variable.states[answer], second) for answer, second in plan.then) if plan else ()
    ahead = plan.rate if plan else rate
    label = variable.label or variable.name
    return Question(variable.name, label, variable.question, variable.cost, *worth, rate, ahead, then, answers)


def _answers(asked: Outcomes, index: int, aims: tuple[str, ...], chosen: Utilities | None) -> Iterator[Answer]:
    network, name = asked.network, asked.names[index]
    healthy = np.array([network.slices[aim].start for aim in aims if aim != name] or [network.slices[name].start])
    names = [aim for aim in aims if aim != name] or [name]
    rows = np.flatnonzero(asked.owner == index)
    actions = chosen.best(network, asked.after[rows]) if chosen else ("",) * len(rows)
    for row, state, action in zip(rows, network[name].states, actions, strict=True):
        before, after = 1 - asked.now[healthy], 1 - asked.after[row, healthy]
        most = int(np.abs(after - before).argmax())
        possible = asked.chance[row] > 0
        yield Answer(state, float(asked.chance[row]), names[most], float(before[most]), float(after[most] if possible else before[most]), action)


def _candidates(network: Network, told: Findings, budget: Budget, without: Collection[str]) -> list[str]:
    for name in without:
        network[name]
    return [
        name
        for name, variable in network.variables.items()
        if variable.question and name not in told and name not in without and budget.allows(variable.cost)
    ]


def _hypotheses(network: Network, told: Findings, wanted: Sequence[str] | None, chosen: Utilities | None) -> tuple[str, ...]:
    if wanted is not None:
        for name in wanted:
            network[name]
            if isinstance(told.get(name), str):
                raise BackpainError(f"{name} is observed already ({told[name]}); a hypothesis must be open")
        return tuple(dict.fromkeys(wanted))
    causes = workable(network)
    if not causes and chosen is not None:
        return (chosen.variable,)
    if not causes:
        raise BackpainError(f"{network.name} has no impairments or form faults upstream of an outcome; name the hypotheses to decide between")
    unseen = [name for name in causes if not network[name].question] or causes
    return tuple(name for name in unseen if not isinstance(told.get(name), str))


def _check_numbers(steps: int, price: float) -> None:
    if isinstance(steps, bool) or steps not in range(1, MOST_STEPS + 1):
        raise BackpainError(f"steps is {shown(steps)}; allowed: 1 (each question by itself) or 2 (with the best that may follow it)")
    if isinstance(price, bool) or not (isinstance(price, (int, float)) and 0 <= price < math.inf):
        raise BackpainError(f"the price of a minute is {shown(price)}; it must be a number from 0 up")


def _said(state: str) -> str:
    return state.replace("_", " ")
