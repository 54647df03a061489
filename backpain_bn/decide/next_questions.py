"""What to ask or test next, what each answer would do, and when to stop asking."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from ..display.words import full_label
from ..errors import BackpainError, amount, names_in, shown, unknown
from ..explain.attribution import causes_of
from ..inference.beliefs import Array
from ..model.findings import Findings, Told, findings_of
from ..model.network import Network
from ..red_flags.answered import RedFlags
from .budget import budget_of, effort
from .movement import Movement, movement
from .questions import INFORMATION, SHARES, UTILITIES, Answer, NextQuestions, Question
from .utilities import Utilities, utilities_of
from .value_of_information import (
    Outcomes,
    Reward,
    TwoQuestions,
    entropy_reward,
    gains,
    outcomes,
    two_steps,
)

MOST_STEPS = 2
WAYS = (SHARES, INFORMATION)


def next_questions(
    network: Network,
    findings: Told,
    *,
    red_flags: RedFlags | None = None,
    budget: Mapping[str, object] | None = None,
    hypotheses: Sequence[str] | None = None,
    utilities: Mapping[str, Mapping[str, float]] | None = None,
    about: str | None = None,
    without: Collection[str] = (),
    steps: int = MOST_STEPS,
    price: float = 0.0,
    by: str | None = None,
) -> NextQuestions:
    """Return the open questions and tests, ranked by what they are expected to tell for what they
    cost.

    By `shares`, value(X) = sum over x of P(x | e, Y) sum over c of |share_c(e, x) - share_c(e)|,
    how far an answer is expected to move what is to blame for an outcome Y that is present (see
    `share_updates`); asked whether it is, an absent one takes all shares away. By `information`,
    value(X) = sum over h of [H(h | e) - sum over x of P(x | e) H(h | e, x)] in bits: the expected
    drop of the hypotheses' marginal entropies, at least 0 (what is within 1e-12 of 0 is rounding
    and counts as 0), looking `steps` (1 or 2) ahead. `by` default: by shares, but by information
    where hypotheses are named, where the outcome cannot be present, and where no question that can
    be asked outright moves the shares by 2 points in all. `hypotheses` are by default the
    network's `workable` causes, or its outcome where nothing contributes to it, as far as they are
    not observed and have no question of their own. With `utilities` {action: {state of `about`:
    utility}} the value is EVSI instead; `about` is the outcome unless it is named, and the only
    hypothesis unless some are.

    Ranked by value per effort (minutes + discomfort), or by the rate of a plan of two questions
    where that is better than each of them. `budget` may hold minutes (in all), discomfort (of a
    single question, 0 to 10) and who (some of the vocabulary's means); `without` names questions
    not to be asked; `price` is what a minute of effort costs, in the unit of the values, and
    matters for `worth` alone.

    Raises `UnknownName` for an unknown variable, budget key or means, `BackpainError` for a
    hypothesis that is observed already and for utilities that miss a state, and as `posterior` does
    (Lindley 1956; Howard 1966; Heckerman, Horvitz and Middleton 1993).

    >>> from backpain_bn.model import Row, Table, number, prior
    >>> from backpain_bn.model.variables import Cost, Variable
    >>> two = ("no", "yes")
    >>> test = Table(
    ...     ("weak",),
    ...     (
    ...         Row(("no",), (number(0.9), number(0.1))),
    ...         Row(("yes",), (number(0.2), number(0.8))),
    ...     ),
    ... )
    >>> ache = Table(
    ...     ("weak",),
    ...     (
    ...         Row(("no",), (number(0.9), number(0.1))),
    ...         Row(("yes",), (number(0.5), number(0.5))),
    ...     ),
    ... )
    >>> case = Network(
    ...     "case",
    ...     {
    ...         "weak": Variable("weak", two, prior(0.7, 0.3)),
    ...         "hold": Variable(
    ...             "hold",
    ...             two,
    ...             test,
    ...             question="Can you hold it?",
    ...             cost=Cost(5, 1),
    ...         ),
    ...         "ache": Variable("ache", two, ache),
    ...     },
    ...     outcome="ache",
    ... )
    >>> found = next_questions(case, {"ache": "yes"})
    >>> row = found[0]
    >>> (
    ...     round(found.doubt, 4),
    ...     round(row.bits, 4),
    ...     round(row.rate, 4),
    ...     round(row.answers[1].after, 4),
    ... )
    (0.9024, 0.3413, 0.0405, 0.9449)
    """
    told = findings_of(network, findings)
    allowed = budget_of(network, budget)
    _check(steps, price, by)
    chosen = None if utilities is None else utilities_of(network, told, utilities, about=about)
    aims = _hypotheses(network, told, hypotheses, chosen)
    open_questions = _candidates(network, told, without)
    fitting = [name for name in open_questions if allowed.allows(network[name].cost)]
    asked = outcomes(network, told, fitting)
    moves = movement(network, asked) if network.causes and chosen is None else None
    way = UTILITIES if chosen else by or _way(moves, hypotheses is not None)
    entropy = entropy_reward(network, aims)
    reward = chosen.reward(network) if chosen else entropy
    bits, value = gains(asked, entropy), gains(asked, reward)
    if way == SHARES and moves:
        value, steps = moves.values, 1
    worth, plans = _planned(asked, value, reward, allowed.minutes, steps, price)
    decided = _decided(asked, moves, chosen)
    answers = [
        tuple(_answers(asked, index, aims, decided, moves)) for index in range(len(asked.names))
    ]
    doubt = max(-float(entropy(asked.now[None])[0]), 0.0)
    return NextQuestions(
        network=network,
        findings=told,
        rows=_ranked(asked, bits, value, plans, answers),
        hypotheses=aims,
        doubt=doubt,
        worth=worth,
        budget=allowed,
        red_flags=red_flags.not_asked if red_flags else (),
        utilities=chosen,
        decision=decided[0],
        perfect=chosen.perfect(network, asked.now) if chosen else doubt,
        by=way,
        too_dear=len(open_questions) - len(fitting),
    )


def _way(moves: Movement | None, named: bool) -> str:
    """Return by what to rank where nobody says."""
    if named or moves is None or moves.absent >= 1 or not moves.talk_tells:
        return INFORMATION
    return SHARES


def _decided(asked: Outcomes, moves: Movement | None, chosen: Utilities | None) -> tuple[str, ...]:
    """Return what to do, now and after each answer; nothing where there is nothing to do."""
    if chosen:
        return chosen.best(asked.network, np.concatenate([asked.now[None], asked.after]))
    if moves and asked.network.workable:
        return moves.decisions
    return ("",) * (1 + len(asked.column))


def _planned(
    asked: Outcomes, value: Array, reward: Reward, minutes: float, steps: int, price: float
) -> tuple[tuple[float, ...], dict[str, TwoQuestions]]:
    """Return V_k - V_0 for k = 0 to `steps`, and the plans of two questions that beat each of their
    questions.
    """
    costs = [(cost.minutes, effort(cost)) for cost in asked.costs]
    efforts = np.array([each for _, each in costs])
    one = float((value - price * efforts).max(initial=0.0))
    if steps == 1:
        return (0.0, one), {}
    two, plans = two_steps(asked, reward, value, costs, minutes, price)
    return (0.0, one, max(one, two)), plans


def _ranked(
    asked: Outcomes,
    bits: Array,
    value: Array,
    plans: Mapping[str, TwoQuestions],
    answers: Sequence[tuple[Answer, ...]],
) -> tuple[Question, ...]:
    """Return the questions, those that tell most for what they cost first."""
    rows = []
    for index, name in enumerate(asked.names):
        variable, plan = asked.network[name], plans.get(name)
        rate = float(value[index]) / effort(variable.cost)
        then = plan.then if plan else ()
        rows.append(
            Question(
                name,
                full_label(variable),
                variable.question,
                variable.cost,
                float(bits[index]),
                float(value[index]),
                rate,
                plan.rate if plan else rate,
                tuple((variable.states[answer], second) for answer, second in then),
                answers[index],
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.ahead, -row.bits / effort(row.cost))))


def _answers(
    asked: Outcomes,
    index: int,
    aims: tuple[str, ...],
    decided: tuple[str, ...],
    moves: Movement | None,
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
        blamed = moves.most(int(row)) if moves else ("", 0.0, 0.0)
        yield Answer(
            state, chance, others[most], float(now[most]), float(after[most]), decision, *blamed
        )


def _candidates(network: Network, told: Findings, without: Collection[str]) -> list[str]:
    """Return the open questions, whatever they take."""
    for name in names_in("questions to leave out", without):
        network[name]
    return [
        name
        for name, variable in network.variables.items()
        if variable.question and name not in told and name not in without
    ]


def _hypotheses(
    network: Network, told: Findings, wanted: Sequence[str] | None, chosen: Utilities | None
) -> tuple[str, ...]:
    if wanted is not None:
        named = names_in("hypotheses", wanted)
        for name in named:
            _ = network[name].healthy
            if isinstance(told.get(name), str):
                raise BackpainError(
                    f"{name} is observed already ({told[name]}); a hypothesis must be open"
                )
        return named
    if chosen is not None:
        return (chosen.variable,)
    causes_of(network)
    aims = network.workable or (network.outcome,)
    unseen = [name for name in aims if not network[name].question] or aims
    return tuple(name for name in unseen if not isinstance(told.get(name), str))


def _check(steps: int, price: float, by: str | None) -> None:
    if by is not None and by not in WAYS:
        raise unknown("way to rank questions", by, WAYS)
    if isinstance(steps, bool) or steps not in range(1, MOST_STEPS + 1):
        raise BackpainError(
            f"steps is {shown(steps)}; allowed: 1 (each question by itself) or 2 (with the best "
            "that may follow it)"
        )
    amount("the price of a minute", price)
