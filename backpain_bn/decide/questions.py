"""Open questions with what each answer would do, and how that is said."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields
from functools import cached_property

from ..display.blocks import Amount, Amounts, Item, Note, View
from ..display.causes import blamed_words
from ..display.result import Rows
from ..display.words import capital, percent, plain, points, short_label
from ..errors import listed
from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Cost
from ..records import record
from .budget import Budget, asked_outright, cost_words
from .same_decision import SameDecision, same_decision
from .utilities import Utilities

SHOWN, DRAWN = 5, 4
"""So many questions are told, and drawn of each means."""
FINE = 10
SHARES, INFORMATION, UTILITIES = "shares", "information", "utilities"
LEAST = {SHARES: 0.005, INFORMATION: 0.0005, UTILITIES: 0.0}
"""Questions worth no more are not printed: half a point of all shares together, or so many bits."""


@record
class Answer:
    """One answer to a question: its probability, and the hypothesis that it moves most: P(present)
    `before` and `after`.

    `decision` is what to do after it: what has the largest share of what one can work on, or the
    best action where utilities were given. `cause` is the cause whose share of the outcome it moves
    most, with its `share` now and `share_after`; nothing where no shares were worked out.
    """

    state: str
    probability: float
    hypothesis: str
    before: float
    after: float
    decision: str = ""
    cause: str = ""
    share: float = 0.0
    share_after: float = 0.0


@record
class Question:
    """One question or test that is not answered yet, and what it is worth.

    `bits` = sum over hypotheses h of H(h | e) - sum over answers x of P(x | e) H(h | e, x). `value`
    is what ranks: the expected movement of the shares, or the bits, or EVSI where utilities were
    given (sum over x of P(x | e) max_a EU(a | e, x) - max_a EU(a | e); see `next_questions`).
    `rate` = value / effort, effort being minutes + discomfort. `ahead` is the
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

    def to_dict(self) -> dict[str, object]:
        """Return the question and its answers as plain data."""
        answers = [
            {field.name: getattr(answer, field.name) for field in fields(answer)}
            for answer in self.answers
        ]
        return {
            "variable": self.variable,
            "label": self.label,
            "question": self.question,
            "minutes": self.cost.minutes,
            "discomfort": self.cost.discomfort,
            "who": self.cost.who,
            "bits": self.bits,
            "value": self.value,
            "rate": self.rate,
            "ahead": self.ahead,
            "then": dict(self.then),
            "answers": answers,
        }


@record
class NextQuestions(Rows[Question]):
    """Open questions, the one most worth its effort first, and whether asking more would change
    what to do.

    `doubt` is the entropy of the hypotheses now, in bits (their sum). `worth` holds V_k - V_0 for k
    = 0, 1, .. questions ahead, with V_k(e) = max{V_0(e), max_X [-price * effort(X) + sum over x of
    P(x | e) V_{k-1}(e, x)]} and V_0 = -doubt, or max_a EU(a | e). `red_flags` are red-flag
    questions not asked yet: they come first, whatever they are worth here. `by` says what the
    values are: shares, information or utilities. `too_dear` counts the open
    questions that the budget leaves out.
    """

    network: Network
    findings: Findings
    rows: tuple[Question, ...]
    hypotheses: tuple[str, ...]
    doubt: float
    worth: tuple[float, ...]
    budget: Budget
    red_flags: tuple[str, ...] = ()
    utilities: Utilities | None = None
    decision: str = ""
    perfect: float = 0.0
    by: str = INFORMATION
    too_dear: int = 0

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per question."""
        return [row.to_dict() for row in self.rows]

    def top(self) -> tuple[Question, ...]:
        """Return the first few questions that tell something, by themselves or with the one after
        them.
        """
        return tuple(row for row in self.rows if row.value > self._least or row.then)[:SHOWN]

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
        answered (see `same_decision.same_decision`).

        Cheap are those that take the least troublesome means, or all where there is none. None
        where nothing can be decided.
        """
        if not (self.utilities or self.network.workable):
            return None
        every = [row.variable for row in self.rows]
        cheap = [row.variable for row in self.rows if asked_outright(self.network, row.cost)]
        return same_decision(self.network, self.findings, cheap or every, utilities=self.utilities)

    def sections(self) -> list[View]:
        """Return the red-flag questions that come first, the best questions with what each answer
        would do, and whether to go on.
        """
        items = [Item(self._asked(row), tuple(self.details(row))) for row in self.top()]
        return [
            View(
                "What to ask next",
                (*self._before(), *self._picture(), *items, *self._after(bool(items))),
            ),
            View("Whether to go on asking", tuple(self._stop())),
        ]

    def _before(self) -> Iterator[Note]:
        if self.red_flags:
            rules = self.network.red_flags
            names = listed([rules.in_words([name]) for name in self.red_flags], 5)
            yield Note(
                "Red-flag questions come first, whatever they tell about causes. Not asked yet "
                f"(so not cleared): {names}."
            )
        if self.utilities:
            known = short_label(self.network[self.utilities.variable])
            yield Note(
                f"Best by your own weighing now: {self.decision}. To know for certain ({known}) "
                f"would be worth {self.perfect:.3g} in your units, so no answer is worth more. "
                "Ranked by what an answer is expected to add, for the effort it takes."
            )
        elif self.by == SHARES and self.rows:
            outcome = self.network.vocabulary.outcome
            yield Note(
                f"Ranked by how far an answer is expected to move what is to blame for the "
                f"{outcome}, for the minutes and the discomfort it takes."
            )
        elif self.rows:
            yield from self._talk()
            aims = listed([short_label(self.network[name]) for name in self.hypotheses], 4)
            yield Note(
                f"Ranked by what an answer is expected to tell about {aims}, for the minutes and "
                f"the discomfort it takes. Together they hold {self.doubt:.1f} bits of doubt (1 "
                "bit: as open as the toss of a coin)."
            )

    def _talk(self) -> Iterator[Note]:
        """Say that talk alone cannot tell, where there is talk left and a test tells most."""
        talk = [row for row in self.rows if asked_outright(self.network, row.cost)]
        best = max(self.rows, key=lambda row: row.bits)
        if talk and best not in talk:
            name = short_label(self.network[best.variable])
            yield Note(f"Talk alone barely separates these; {name} would tell most.")

    def _picture(self) -> Iterator[Amounts]:
        """Yield what the best questions of every means are worth, the least trouble first."""
        rows = []
        for who in self.network.vocabulary.means:
            mine = [row for row in self.rows if row.cost.who == who and row.value > self._least]
            rows += sorted(mine, key=lambda row: -row.value)[:DRAWN]
        if rows:
            yield Amounts(self._unit(), tuple(map(self._amount, rows)))

    def _unit(self) -> str:
        if self.utilities:
            return "Expected to add, in your units, by what it takes"
        if self.by == SHARES:
            return "Points by which an answer is expected to move the shares, by what it takes"
        return "Bits of doubt that an answer is expected to settle, by what it takes"

    def _amount(self, row: Question) -> Amount:
        amount = 100 * row.value if self.by == SHARES else row.value
        said = f"{amount:.0f}" if amount >= FINE else f"{amount:.2g}"
        group = self.network.vocabulary.means[row.cost.who].title
        takes = cost_words(self.network, row.cost).removeprefix(f"{group}, ")
        return Amount(row.label, amount, f"{said} for {takes}", group=group)

    @property
    def _least(self) -> float:
        return LEAST[self.by]

    def _asked(self, row: Question) -> str:
        test = self.network.role(row.variable).test
        return f"{row.label}. {row.question}" if test else row.question

    def details(self, row: Question) -> Iterator[str]:
        """Yield what a question takes and tells, and what each of its answers would do."""
        worth = f"settle {row.bits:.2g} bits"
        if self.by == SHARES:
            worth = f"move the shares by {points(row.value)} in all"
        if self.utilities:
            worth = f"add {row.value:.2g} to what the best choice is worth"
        takes = cost_words(self.network, row.cost)
        rate = f"{row.rate:.2g}"
        if self.by == SHARES:
            rate = points(row.rate)
        yield f"{takes}. Expected to {worth} ({rate} a minute of effort)."
        yield from self.answers(row)

    def answers(self, row: Question) -> Iterator[str]:
        """Yield what each answer of a question would do, and what to ask after it."""
        for answer in row.answers:
            if answer.probability > 0:
                yield (
                    f"If {plain(answer.state)} ({percent(answer.probability)} likely): "
                    f"{'; '.join(self._moves(row, answer))}."
                )
        for state, second in row.then:
            yield (
                f"Worth more than it tells by itself: after {plain(state)}, ask next about "
                f"{short_label(self.network[second])}."
            )

    def _moves(self, row: Question, answer: Answer) -> Iterator[str]:
        then = {**self.findings, row.variable: answer.state}
        if self.by == SHARES and percent(answer.share) != percent(answer.share_after):
            yield (
                f"{blamed_words(self.network, answer.cause, then)} to blame for "
                f"{percent(answer.share_after)}, now {percent(answer.share)}"
            )
        elif percent(answer.before) == percent(answer.after):
            yield "moves nothing by more than a point"
        else:
            yield (
                f"{blamed_words(self.network, answer.hypothesis, then)} {percent(answer.after)} "
                f"likely, now {percent(answer.before)}"
            )
        if answer.decision != self.decision:
            lead = "then best" if self.utilities else f"then {self._first}"
            yield f"{lead}: {self._named(answer.decision, then)}"

    @property
    def _first(self) -> str:
        roles = self.network.vocabulary.roles.values()
        return "first to work on" if any(role.workable for role in roles) else "first"

    def _named(self, decision: str, findings: Findings) -> str:
        if self.utilities:
            return decision
        return blamed_words(self.network, decision, findings)

    def _after(self, some: bool) -> Iterator[Note]:
        if not self.rows and self.too_dear:
            yield Note(
                "No question fits the limits of minutes, discomfort and means; without them "
                f"{self._left_out}. That clears nothing."
            )
        elif not self.rows:
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
            fitting, top = self.fitting(), enumerate(self.top(), 1)
            numbers = ", ".join(str(index) for index, row in top if row in fitting)
            yield Note(
                f"Taken in order, these of them fit into {self.budget.minutes:g} minutes: "
                f"{numbers}."
            )

    @property
    def _left_out(self) -> str:
        return "1 is open" if self.too_dear == 1 else f"{self.too_dear} are open"

    def _stop(self) -> Iterator[Note]:
        same = self.same_decision
        if same is None or not self.rows:
            return
        if self.by == SHARES:
            yield Note(
                f"On average, the best next answer moves the shares by {points(self.worth[1])} in "
                "all."
            )
        elif not self.utilities:
            pair = f", the best two {self.worth[2]:.2g}" if len(self.worth) > 2 else ""
            yield Note(
                f"On average, the best next answer settles {self.worth[1]:.2g} of the "
                f"{self.doubt:.1f} bits{pair}."
            )
        yield Note(self._how_sure(same))
        yield Note(self._go_on(same))

    def _how_sure(self, same: SameDecision) -> str:
        what = f"{capital(self._first)}, by its share of the {self.network.vocabulary.outcome}"
        if self.utilities:
            what = "The best choice now"
        error = f", give or take {percent(same.standard_error)}" if same.standard_error else ""
        best = self._named(same.decision, self.findings)
        return (
            f"{what}: {best}. Once {self._counted(same)} answered, it will "
            f"still be that with a probability of {same.words}{error}."
        )

    def _go_on(self, same: SameDecision) -> str:
        if not same.settled:
            return "So answers can still change what to do."
        tests = [
            short_label(self.network[row.variable])
            for row in self.top()
            if row.variable not in same.questions and self._changes(row)
        ]
        still = f" What still can: {', '.join(tests)}." if tests else ""
        return f"Asking more will hardly change what to do.{still}"

    def _counted(self, same: SameDecision) -> str:
        costs = [self.network[name].cost for name in same.questions]
        outright = all(asked_outright(self.network, cost) for cost in costs)
        own = " that you can answer yourself" if outright else ""
        if len(costs) == 1:
            return f"the open question{own} is"
        return f"the {len(costs)} open questions{own} are"

    def _changes(self, row: Question) -> bool:
        return any(answer.decision != self.decision for answer in row.answers)
