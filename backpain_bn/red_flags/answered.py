"""What the answers to red-flag questions set off, and what is said of it, before any probability is
shown and never turned into one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

import numpy as np

from ..errors import NOT_KNOWN, better_left_out, check_mapping, unknown
from ..phrases import phrase
from ..records import FrozenDict, record
from .rules import ANSWERS, NO, NOT_ASKED, SUPPRESSING, URGENCIES, YES, Rule, Rules

SAID = {YES: YES, "true": YES, NO: NO, "false": NO, NOT_ASKED: NOT_ASKED, "not_asked": NOT_ASKED}
"""Answers as they may be written, in small letters."""


FEW = 6
"""So many questions that were not asked are named; more are counted."""


UNCONFIRMED = "Nobody trained has confirmed these rules."


@record
class RedFlags:
    """What the answers set off: every rule is in exactly one of `set`, `open`, `not_set`, most
    urgent first; `answers` is the full log; what `follows` from findings was not asked for itself.
    What is `disputed` was answered otherwise than what follows says: the yes counts.

    Not asked is never cleared: a rule is in `not_set` only if its every combination holds a no,
    whatever the open answers turn out to be.
    """

    set: tuple[Rule, ...]
    open: tuple[Rule, ...]
    not_set: tuple[Rule, ...]
    asked: tuple[str, ...]
    not_asked: tuple[str, ...]
    answers: Mapping[str, str] = field(hash=False)
    rules: Rules = Rules()
    follows: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()

    @property
    def denied(self) -> tuple[str, ...]:
        """The questions answered no although what was told says yes; the yes counts."""
        return tuple(name for name in self.disputed if name in self.follows)

    @property
    def urgent(self) -> bool:
        """Whether a rule fires that silences the ranking and all advice."""
        return any(rule.urgency in SUPPRESSING for rule in self.set)

    @property
    def actions(self) -> tuple[str, ...]:
        """What to do, most urgent first."""
        return tuple(rule.action for rule in self.set)

    @property
    def noted(self) -> tuple[str, ...]:
        """The questions answered yes that set off no rule by themselves or together; they are never
        dropped.
        """
        used = {name for rule in self.set for name in rule.reasons(self.answers)}
        return tuple(
            name for name, answer in self.answers.items() if answer == YES and name not in used
        )

    def __str__(self) -> str:
        """Return all that was answered and all that was not, in words."""
        left = [phrase("flag_open", answers=self._in_words(self.not_asked))]
        lines = [*self.alarms(), *self._noted(), *self._overruled(), *self._denied()]
        return "\n".join([*lines, *(left if self.not_asked else self._unasked()), *self.doubt()])

    def summary(self) -> list[str]:
        """Return what stands above an answer on one screen: what fired, and in one line how many
        were answered. Not asked is never cleared, and no answer clears anything else.
        """
        if self.set:
            above = [*self.alarms(), *self._noted(), *self._overruled()]
            fired = [line.strip() for line in above]
            rest = " ".join([*self._count(), *self.doubt()])
            return [*fired, rest] if rest else fired
        many = _counted(len(self.answers))
        said = f"None of {many} was answered, so nothing is cleared."
        if self.asked:
            clears = "the others are not cleared" if self.not_asked else "that clears nothing else"
            said = f"{self._how_many(many)}, and no rule is met; {clears}."
        return [" ".join([said, *self.doubt()]), *self._noted(), *self._overruled()]

    def _how_many(self, many: str) -> str:
        more = len(self.follows) - len(self.denied)
        answered = f"{len(self.asked) - more} of {many} answered"
        if not more:
            return answered
        return f"{answered}, {more} more {'follows' if more == 1 else 'follow'} from what was told"

    def lines(self) -> list[str]:
        """Return the paragraphs to show before any probability: what fired and what to do, what was
        noted, what is still open.

        >>> from backpain_bn.red_flags import RedFlagQuestion
        >>> smoke = RedFlagQuestion("smoke", "Is there smoke?", ("MANUAL-1",))
        >>> action = "Get out and call for help."
        >>> rule = Rule("fire", "Fire", "emergency", (("smoke",),), action, "", ())
        >>> rules = Rules("demo", "1", (smoke,), (rule,))
        >>> print("\\n".join(check(rules, {"smoke": "yes"}).lines()))
        EMERGENCY, to be checked: Fire. Because of: smoke.
          Get out and call for help.
        No causes are ranked until somebody trained has looked at this.
        >>> print("\\n".join(check(rules, {"smoke": "no"}).lines()))
        None of the listed red flags was reported. This does not rule out a serious cause.
        """
        told = [*self.alarms(), *self._noted(), *self._overruled()]
        return [*told, *self._denied(), *self._unasked()]

    def alarms(self) -> list[str]:
        """Return the paragraphs about the rules that fired, and what to do."""
        # Beside an emergency, a mild rule's own advice ("book an appointment") would compete with
        # the advice that counts.
        acted_on = [rule for rule in self.set if rule.urgency in SUPPRESSING] or self.set
        told = []
        for rule in acted_on:
            reasons = self._in_words(rule.reasons(self.answers))
            urgency = rule.urgency.upper()
            told += [phrase("flag_fired", urgency=urgency, rule=rule.label, reasons=reasons)]
            told += [f"  {rule.action}"]
        if len({rule.urgency for rule in acted_on}) > 1:
            told += [phrase("flag_first")]
        also = self.set[len(acted_on) :]
        if also:
            listed = "; ".join(
                f"{rule.label}: {self._in_words(rule.reasons(self.answers))}" for rule in also
            )
            told += [phrase("flag_also", rules=listed)]
        if self.urgent:
            told += [self.rules.withheld]
        return told

    def _noted(self) -> list[str]:
        if not self.noted:
            return []
        return [phrase("flag_noted", answers=self._in_words(self.noted), common=self.rules.common)]

    def _overruled(self) -> list[str]:
        if not self.denied:
            return []
        return [phrase("flag_overruled", answers=self._in_words(self.denied))]

    def _denied(self) -> list[str]:
        if not self.not_asked:
            return []
        denied = [name for name, answer in self.answers.items() if answer == NO]
        said = {
            "flag_denied": [name for name in denied if name not in self.follows],
            "flag_follows": [name for name in denied if name in self.follows],
        }
        found = {each: names for each, names in said.items() if names}
        return [phrase(each, answers=self._in_words(names)) for each, names in found.items()]

    def _unasked(self) -> list[str]:
        if self.not_asked:
            return self._count()
        if self.set or not self.rules.rules:
            return []
        found = "flag_not_met" if self.noted else "flag_none_reported"
        return [phrase(found, caution=phrase("flag_caution"))]

    def _count(self) -> list[str]:
        if not self.not_asked:
            return []
        if len(self.not_asked) <= FEW:
            return [phrase("flag_open", answers=self._in_words(self.not_asked))]
        every = _counted(len(self.answers))
        return [phrase("flag_count", open=str(len(self.not_asked)), every=every)]

    def doubt(self) -> list[str]:
        """Return the sentence that stands in every answer while nobody trained has confirmed the
        rules.
        """
        return [] if self.rules.confirmed or not self.rules.rules else [UNCONFIRMED]

    def _in_words(self, ids: Iterable[str]) -> str:
        return self.rules.in_words(ids)


def check(
    rules: Rules,
    answers: Mapping[str, str | bool | None],
    follows: Mapping[str, str] | None = None,
) -> RedFlags:
    """Return what the answers set off; True and False are yes and no. A question left out,
    or answered None, is not asked, and not asked is never cleared. What `follows` from findings
    (see `implied`) counts where a question has no answer of its own; a yes counts over a no, and
    a no does not over None: where two answers disagree, the sign is taken to be there.

    Raises `BackpainError` for answers that are no mapping, and `UnknownName` for a question or an
    answer that does not exist. That a single sign acts, and its absence does not reassure, follows
    Finucane et al. 2020 (JOSPT 50:350).

    >>> from backpain_bn.red_flags import RedFlagQuestion
    >>> fever = RedFlagQuestion("fever", "Have you had a fever?", ("GL-RF-01",))
    >>> rules = Rules(
    ...     "demo",
    ...     "1",
    ...     (fever,),
    ...     (
    ...         Rule(
    ...             "infection",
    ...             "Infection",
    ...             "urgent",
    ...             (("fever",),),
    ...             "Have it looked at today.",
    ...             "",
    ...             (),
    ...         ),
    ...     ),
    ... )
    >>> check(rules, {"fever": "yes"}).urgent
    True
    >>> [rule.id for rule in check(rules, {}).open]
    ['infection']
    >>> check(rules, {"fevr": "yes"})
    Traceback (most recent call last):
    backpain_bn.errors.UnknownName: unknown red flag "fevr"; did you mean "fever"? allowed: fever
    """
    ids = rules.names
    check_mapping("red_flags", answers, "questions to yes or no")
    given = {name: _answer(ids, name, answer) for name, answer in answers.items()}
    implied = {
        name: answer
        for name, answer in (follows or {}).items()
        if name not in given or (given[name] != YES and answer == YES)
    }
    disputed = tuple(
        name
        for name, answer in (follows or {}).items()
        if given.get(name) not in (None, NOT_ASKED, answer)
    )
    given |= implied
    told = {name: given.get(name, NOT_ASKED) for name in ids}
    ordered = sorted(rules.rules, key=lambda rule: URGENCIES.index(rule.urgency))
    by_status = {
        status: tuple(rule for rule in ordered if rule.status(told) == status)
        for status in ("set", "open", "not_set")
    }
    return RedFlags(
        **by_status,
        asked=tuple(name for name in ids if told[name] != NOT_ASKED),
        not_asked=tuple(name for name in ids if told[name] == NOT_ASKED),
        answers=FrozenDict(told),
        rules=rules,
        follows=tuple(implied),
        disputed=disputed,
    )


def _answer(ids: tuple[str, ...], name: str, answer: object) -> str:
    """Return an answer as one of `ANSWERS`; True and False are yes and no, and any case will do."""
    if name not in ids:
        raise unknown("red flag", name, ids)
    if answer is None:
        return NOT_ASKED
    if isinstance(answer, bool | np.bool_):
        return YES if answer else NO
    word = answer.strip().lower() if isinstance(answer, str) else ""
    if word in NOT_KNOWN:
        raise better_left_out(name, answer, ANSWERS)
    if word not in SAID:
        raise unknown(f"answer to {name}", answer, ANSWERS)
    return SAID[word]


def _counted(many: int) -> str:
    return f"{many} warning {'sign' if many == 1 else 'signs'}"
