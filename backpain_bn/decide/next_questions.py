"""What to ask or test next, what each answer would do, and when to stop asking."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..display.blocks import Item, Note, View
from ..display.result import Rows
from ..display.words import percent, short_label
from ..errors import BackpainError, listed, shown
from ..inference.beliefs import Array
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Cost, Variable
from ..red_flags import RedFlags
from .budget import WHOLE, Budget, budget_of, cost_words, effort
from .same_decision import SameDecision, decisions, same_decision, workable
from .utilities import Utilities, utilities_of
from .value_of_information import Outcomes, Plan, Reward, entropy_reward, gains, outcomes, two_steps

SHOWN = 5
SMALLEST_VALUE = 0.0005
"""Bits; questions that tell less are not printed."""
TITLE = "What to ask next"
MOST_STEPS = 2
WITHHELD = "A red flag is set: no questions are ranked until a clinician has looked at this."


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a question: its probability, and the hypothesis that it moves most: P(present)
    `before` and `after`.

    `decision` is what to do after it: the impairment or form fault with the largest share, or the
    best action where utilities were given.
    """

    state: str
    probability: float
    hypothesis: str
    before: float
    after: float
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question or test that is not answered yet, and what it is worth.

    `bits` = sum over hypotheses h of H(h | e) - sum over answers x of P(x | e) H(h | e, x). `value`
    is that too, or EVSI where utilities were given (sum over x of P(x | e) max_a EU(a | e, x) -
    max_a EU(a | e)). `rate` = value / effort, effort being minutes + discomfort. `ahead` is the
    rate of the best plan of two questions beginning with this one, `then` its second questions as
    (answer, question), where such a plan beats each of its questions asked alone; else `rate`
    again, and nothing.
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
class NextQuestions(Rows[Question]):
    """Open questions, the one most worth its effort first, and whether asking more would change
    what to do.

    `doubt` is the entropy of the hypotheses now, in bits (their sum). `worth` holds V_k - V_0 for k
    = 0, 1, .. questions ahead, with V_k(e) = max{V_0(e), max_X [-price * effort(X) + sum over x of
    P(x | e) V_{k-1}(e, x)]} and V_0 = -doubt, or max_a EU(a | e). `red_flags` are red-flag
    questions not asked yet: they come first, whatever they are worth here. `withheld` says why
    nothing is ranked.
    """

    network: Network
    findings: Findings
    rows: tuple[Question, ...]
    hypotheses: tuple[str, ...]
    doubt: float
    worth: tuple[float, ...]
    budget: Budget = WHOLE
    red_flags: tuple[str, ...] = ()
    utilities: Utilities | None = None
    decision: str = ""
    perfect: float = 0.0
    withheld: str = ""

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
        """Return the first few questions that tell something, by themselves or with the one after
        them.
        """
        least = 0.0 if self.utilities else SMALLEST_VALUE
        return tuple(row for row in self.rows if row.value > least or row.then)[:SHOWN]

    def fitting(self) -> tuple[Question, ...]:
        """Return the questions that fit into the minutes of the budget together, taken in order."""
        left, found = self.budget.minutes, []
        for row in self.rows:
            if row.ahead > 0 and row.cost.minutes <= left:
                left -= row.cost.minutes
                found.append(row)
        return tuple(found)

    @cached_property
    def same_decision(self) -> SameDecision | None:
        """The probability that what to do stays the same whatever the cheap open questions are
        answered (see `enough.same_decision`).

        Cheap are those that one asks oneself, or all where there is none. None where nothing is
        ranked or nothing can be decided.
        """
        if self.withheld or not (self.utilities or workable(self.network)):
            return None
        cheap = [row.variable for row in self.rows if row.cost.who == "ask"] or [
            row.variable for row in self.rows
        ]
        return same_decision(self.network, self.findings, cheap, self.utilities)

    def views(self) -> list[View]:
        """Return the red-flag questions that come first, the best questions with what each answer
        would do, and whether to go on.
        """
        if self.withheld:
            return [View(TITLE, (Note(self.withheld),))]
        items = [Item(self._asked(row), tuple(self.details(row))) for row in self.top()]
        return [
            View(TITLE, (*self._before(), *items, *self._after(bool(items)))),
            View("Whether to go on asking", tuple(self._stop())),
        ]

    def _before(self) -> Iterator[Note]:
        if self.red_flags:
            names = listed([name.replace("_", " ") for name in self.red_flags], 5)
            yield Note(
                "Red-flag questions come first, whatever they tell about causes. Not asked yet "
                f"(so not cleared): {names}."
            )
        aims = listed([short_label(self.network[name]) for name in self.hypotheses], 4)
        if self.utilities:
            known = short_label(self.network[self.utilities.variable])
            yield Note(
                f"Best by your own weighing now: {self.decision}. To know for certain ({known}) "
                f"would be worth {self.perfect:.3g} in your "
                "units, so no answer is worth more. Ranked by what an answer is expected to add, "
                "for the effort it takes."
            )
        elif self.rows:
            yield Note(
                f"Ranked by what an answer is expected to tell about {aims}, for the minutes and "
                "the discomfort it takes. "
                f"Together they hold {self.doubt:.1f} bits of doubt (1 bit: as open as the toss "
                "of a coin)."
            )

    def _asked(self, row: Question) -> str:
        test = self.network.role(row.variable).test
        return f"{row.label}. {row.question}" if test else row.question

    def details(self, row: Question) -> Iterator[str]:
        """Yield what a question takes and tells, and what each of its answers would do."""
        worth = (
            f"add {row.value:.2g} to what the best choice is worth"
            if self.utilities
            else f"settle {row.bits:.2g} bits"
        )
        yield f"{cost_words(row.cost)}. Expected to {worth} ({row.rate:.2g} a minute of effort)."
        for answer in row.answers:
            if answer.probability > 0:
                yield (
                    f"If {_said(answer.state)} ({percent(answer.probability)} likely): "
                    f"{'; '.join(self._moves(answer))}."
                )
        for state, second in row.then:
            yield (
                f"Worth more than it tells by itself: after {_said(state)}, ask next about "
                f"{short_label(self.network[second])}."
            )

    def _moves(self, answer: Answer) -> Iterator[str]:
        if percent(answer.before) == percent(answer.after):
            yield "moves nothing by more than a point"
        else:
            yield (
                f"{short_label(self.network[answer.hypothesis])} {percent(answer.after)} "
                f"likely, now {percent(answer.before)}"
            )
        if answer.decision != self.decision:
            yield (
                f"then best: {answer.decision}"
                if self.utilities
                else f"then first to work on: {self._named(answer.decision)}"
            )

    def _named(self, decision: str) -> str:
        return decision if self.utilities else short_label(self.network[decision])

    def _after(self, some: bool) -> Iterator[Note]:
        if not self.rows:
            yield Note(
                "No question is left that fits. That clears nothing: this network just has "
                "nothing more to ask."
            )
        elif not some:
            yield Note(
                "No single answer would tell enough to print. That clears nothing: this network "
                "just has little more to ask."
            )
        elif self.budget.minutes < math.inf:
            fitting = self.fitting()
            numbers = ", ".join(
                str(index) for index, row in enumerate(self.top(), 1) if row in fitting
            )
            yield Note(
                f"Taken in order, these of them fit into {self.budget.minutes:g} minutes: "
                f"{numbers}."
            )

    def _stop(self) -> Iterator[Note]:
        same = self.same_decision
        if same is None or not self.rows:
            return
        if not self.utilities:
            pair = f", the best two {self.worth[2]:.2g}" if len(self.worth) > 2 else ""
            yield Note(
                f"On average, the best next answer settles {self.worth[1]:.2g} of the "
                f"{self.doubt:.1f} bits{pair}."
            )
        what = (
            "The best choice now"
            if self.utilities
            else "First to work on, by its share of the pain"
        )
        error = f", give or take {percent(same.standard_error)}" if same.standard_error else ""
        yield Note(
            f"{what}: {self._named(same.decision)}. Once {self._counted(same)} answered, it will "
            "still be that with a probability of "
            f"{percent(same.probability)}{error}."
        )
        if not same.settled:
            yield Note("So answers can still change what to do.")
            return
        tests = [
            row for row in self.top() if row.variable not in same.questions and self._changes(row)
        ]
        but = (
            " What still can: "
            f"{', '.join(short_label(self.network[row.variable]) for row in tests)}."
            if tests
            else ""
        )
        yield Note(f"Asking more will hardly change what to do.{but}")

    def _counted(self, same: SameDecision) -> str:
        own = (
            " that you can answer yourself"
            if all(self.network[name].cost.who == "ask" for name in same.questions)
            else ""
        )
        return (
            f"the open question{own} is"
            if len(same.questions) == 1
            else f"the {len(same.questions)} open questions{own} are"
        )

    def _changes(self, row: Question) -> bool:
        return any(answer.decision != self.decision for answer in row.answers)


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
    """Return the open questions and tests, ranked by what they are expected to tell for what they
    cost, looking `steps` (1 or 2) ahead.

    value(X) = sum over h of [H(h | e) - sum over x of P(x | e) H(h | e, x)] in bits: the expected
    drop of the hypotheses' marginal entropies, at least 0 (what is within 1e-12 of 0 is rounding
    and counts as 0). `hypotheses` are by default the impairments and form faults that can
    contribute to the outcome, are not observed, and have no question of their own: what can be
    asked outright counts only for what it says of the rest. With `utilities` {action: {state of
    `about`: utility}} the value is EVSI instead; `about` is the outcome unless it is named, and the
    only hypothesis unless some are. Ranked by value per effort (minutes + discomfort), or by the
    rate of a plan of two questions where that is better than each of them. One step is one batch of
    rows, one for each answer; two steps are one more, one for each pair of answers. `budget` may
    hold minutes (in all), discomfort (of a single question, 0 to 10) and who (ask, home,
    clinician); `without` names questions not to be asked; `price` is what a minute of effort costs,
    in bits or in the units of the utilities, and matters for `worth` alone.

    Raises `UnknownName` for an unknown variable, budget key or helper, `BackpainError` for a
    hypothesis that is observed already and for utilities that miss a state, and as `posterior` does
    (Lindley 1956; Howard 1966; Heckerman, Horvitz and Middleton 1993).

    >>> from backpain_bn.model import Network, Variable, prior, Table, Row, number
    >>> two = ("no", "yes")
    >>> test = Table(
    ...     ("weak",),
    ...     (
    ...         Row(("no",), (number(0.9), number(0.1))),
    ...         Row(("yes",), (number(0.2), number(0.8))),
    ...     ),
    ... )
    >>> pain = Table(
    ...     ("weak",),
    ...     (
    ...         Row(("no",), (number(0.9), number(0.1))),
    ...         Row(("yes",), (number(0.5), number(0.5))),
    ...     ),
    ... )
    >>> runner = Network(
    ...     "runner",
    ...     {
    ...         "weak": Variable("weak", two, prior(0.7, 0.3)),
    ...         "hold": Variable(
    ...             "hold",
    ...             two,
    ...             test,
    ...             question="Can you hold it?",
    ... ...             cost=Cost(5, 1, "home"),
    ...         ),
    ...         "pain": Variable("pain", two, pain),
    ...     },
    ...     outcome="pain",
    ... )
    >>> found = next_questions(runner, {"pain": "yes"})
    >>> row = found[0]
    >>> (
    ...     round(found.doubt, 4),
    ...     round(row.bits, 4),
    ...     round(row.rate, 4),
    ...     round(row.answers[1].after, 4),
    ... )
    (0.9024, 0.3413, 0.0569, 0.9449)
    """
    told = {name: finding for name, finding in findings.items() if finding is not None}
    allowed = budget_of(budget)
    _check_numbers(steps, price)
    chosen = None if utilities is None else utilities_of(network, told, utilities, about)
    aims = _hypotheses(network, told, hypotheses, chosen)
    asked = outcomes(network, told, _candidates(network, told, allowed, without))
    open_flags = red_flags.not_asked if red_flags else ()
    if red_flags is not None and red_flags.urgent:
        return NextQuestions(
            network, told, (), aims, 0.0, (0.0,), allowed, open_flags, withheld=WITHHELD
        )
    decided = (
        decisions(network, asked.rows, chosen)
        if chosen or workable(network)
        else ("",) * len(asked.rows)
    )
    entropy = entropy_reward(network, aims)
    reward = chosen.reward(network) if chosen else entropy
    bits, value = gains(asked, entropy), gains(asked, reward)
    worth, plans = _planned(asked, value, reward, allowed.minutes, steps, price)
    rows = [
        _question(
            network[name],
            (float(bits[index]), float(value[index])),
            plans.get(name),
            tuple(_answers(asked, index, aims, decided)),
        )
        for index, name in enumerate(asked.names)
    ]
    ranked = tuple(sorted(rows, key=lambda row: (-row.ahead, -row.bits / effort(row.cost))))
    doubt = max(-float(entropy(asked.now[None])[0]), 0.0)
    perfect = chosen.perfect(network, asked.now) if chosen else doubt
    return NextQuestions(
        network, told, ranked, aims, doubt, worth, allowed, open_flags, chosen, decided[0], perfect
    )


def _planned(
    asked: Outcomes, value: Array, reward: Reward, minutes: float, steps: int, price: float
) -> tuple[tuple[float, ...], dict[str, Plan]]:
    """Return V_k - V_0 for k = 0 to `steps`, and the plans of two questions that beat each of their
    questions.
    """
    costs = [asked.network[name].cost for name in asked.names]
    efforts = np.array([effort(cost) for cost in costs])
    one = float((value - price * efforts).max(initial=0.0))
    if steps == 1:
        return (0.0, one), {}
    two, plans = two_steps(
        asked, reward, value, [(cost.minutes, effort(cost)) for cost in costs], minutes, price
    )
    return (0.0, one, max(one, two)), plans


def _question(
    variable: Variable, worth: tuple[float, float], plan: Plan | None, answers: tuple[Answer, ...]
) -> Question:
    rate = worth[1] / effort(variable.cost)
    ahead, then = (
        (plan.rate, tuple((variable.states[answer], second) for answer, second in plan.then))
        if plan
        else (rate, ())
    )
    return Question(
        variable.name,
        variable.label or variable.name,
        variable.question,
        variable.cost,
        *worth,
        rate,
        ahead,
        then,
        answers,
    )


def _answers(
    asked: Outcomes, index: int, aims: tuple[str, ...], decided: tuple[str, ...]
) -> Iterator[Answer]:
    """Yield each answer with the hypothesis that it moves most; a question that is a hypothesis
    itself moves others.
    """
    network, name = asked.network, asked.names[index]
    others = [aim for aim in aims if aim != name] or [name]
    healthy = np.array([network.slices[aim].start for aim in others])
    for row, state in zip(np.flatnonzero(asked.owner == index), network[name].states, strict=True):
        chance = float(asked.chance[row])
        now = 1 - asked.now[healthy]
        after = 1 - asked.after[row, healthy] if chance > 0 else now
        most = int(np.abs(after - now).argmax())
        decision = decided[1 + row] if chance > 0 else decided[0]
        yield Answer(state, chance, others[most], float(now[most]), float(after[most]), decision)


def _candidates(
    network: Network, told: Findings, budget: Budget, without: Collection[str]
) -> list[str]:
    for name in without:
        network[name]
    return [
        name
        for name, variable in network.variables.items()
        if variable.question
        and name not in told
        and name not in without
        and budget.allows(variable.cost)
    ]


def _hypotheses(
    network: Network, told: Findings, wanted: Sequence[str] | None, chosen: Utilities | None
) -> tuple[str, ...]:
    if wanted is not None:
        for name in wanted:
            network[name]
            if isinstance(told.get(name), str):
                raise BackpainError(
                    f"{name} is observed already ({told[name]}); a hypothesis must be open"
                )
        return tuple(dict.fromkeys(wanted))
    if chosen is not None:
        return (chosen.variable,)
    causes = workable(network)
    if not causes:
        raise BackpainError(
            f"{network.name} has no impairments or form faults upstream of an outcome; name the "
            "hypotheses"
        )
    unseen = [name for name in causes if not network[name].question] or causes
    return tuple(name for name in unseen if not isinstance(told.get(name), str))


def _check_numbers(steps: int, price: float) -> None:
    if isinstance(steps, bool) or steps not in range(1, MOST_STEPS + 1):
        raise BackpainError(
            f"steps is {shown(steps)}; allowed: 1 (each question by itself) or 2 (with the best "
            "that may follow it)"
        )
    if isinstance(price, bool) or not (isinstance(price, (int, float)) and 0 <= price < math.inf):
        raise BackpainError(
            f"the price of a minute is {shown(price)}; it must be a number from 0 up"
        )


def _said(state: str) -> str:
    return state.replace("_", " ")
