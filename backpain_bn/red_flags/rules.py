"""Red flags: plain questions, and fixed rules on their answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..records import record

YES, NO, NOT_ASKED = "yes", "no", "not asked"


ABOVE, BELOW = "above", "below"


ANSWERS = (YES, NO, NOT_ASKED)


URGENCIES = ("emergency", "urgent", "soon")


SUPPRESSING = frozenset({"emergency", "urgent"})
"""While a rule of such an urgency fires, nothing is ranked and nobody is told to carry on."""


EMERGENCY_NUMBER = "your local emergency number"


When = tuple[tuple[str, tuple[str, ...]], ...] | None
"""Findings with which something is asked first, as (variable, its states), all of which have to
hold; None: with no findings in particular.
"""


@record
class RedFlagQuestion:
    """One question, answered yes, no or not asked, and the source rows that say why it is asked.

    `finding`, as `variable=state`, says yes to it as well, and findings that it `contradicts` say
    no; among other questions (`question`, `question=no`) what it contradicts raises a doubt. A
    `number` told for a variable answers it where that lies above, or below, a bound: (variable,
    side, bound). `when` it is asked first is for its rules to say, unless it says so itself. The
    `label` names it in the middle of a sentence.
    """

    id: str
    text: str
    sources: tuple[str, ...]
    finding: str = ""
    contradicts: tuple[str, ...] = ()
    when: When = None
    label: str = ""
    number: tuple[str, str, float] | None = None

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return self.label or self.id.replace("_", " ")


@record
class Rule:
    """One condition to act on: `any` lists combinations of question ids, and one whose answers are
    all yes is enough.
    """

    id: str
    label: str
    urgency: str
    any: tuple[tuple[str, ...], ...]
    action: str
    why: str
    sources: tuple[str, ...]
    when: When = None

    @property
    def asks(self) -> frozenset[str]:
        """The ids of its questions."""
        return frozenset(name for each in self.any for name in each)

    def status(self, answers: Mapping[str, str]) -> str:
        """Return set (a combination is all yes), not_set (every combination holds a no) or open;
        strong Kleene logic (Kleene 1952).

        >>> either = (("fever",), ("chills", "night_pain"))
        >>> rule = Rule("infection", "Infection", "urgent", either, "Go today.", "", ())
        >>> rule.status({"fever": "no", "chills": "yes", "night_pain": "not asked"})
        'open'
        >>> rule.status({"fever": "no", "chills": "no", "night_pain": "not asked"})
        'not_set'
        """
        told = [[answers[name] for name in combination] for combination in self.any]
        if any(all(answer == YES for answer in each) for each in told):
            return "set"
        return "not_set" if all(NO in each for each in told) else "open"

    def reasons(self, answers: Mapping[str, str]) -> tuple[str, ...]:
        """Return the question ids that make this rule fire, in the rule's order; none if it does
        not fire.

        >>> either = (("fever",), ("chills", "night_pain"))
        >>> rule = Rule("infection", "Infection", "urgent", either, "Go today.", "", ())
        >>> rule.reasons({"fever": "yes", "chills": "yes", "night_pain": "no"})
        ('fever',)
        """
        met = [each for each in self.any if all(answers[name] == YES for name in each)]
        return tuple(dict.fromkeys(name for each in met for name in each))


@record
class Rules:
    """All questions in the order to ask them, and all rules, most urgent first; none by default.

    `withheld` is said while an urgent rule fires, `common` of an answer that meets no rule alone.
    `confirmed`: somebody trained has checked every question, rule and action.
    """

    name: str = ""
    version: str = ""
    questions: tuple[RedFlagQuestion, ...] = ()
    rules: tuple[Rule, ...] = ()
    about: str = ""
    withheld: str = "No causes are ranked until somebody trained has looked at this."
    common: str = "It meets no rule by itself, but may count beside another sign: tell it."
    confirmed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of all questions."""
        return tuple(question.id for question in self.questions)

    def in_words(self, ids: Iterable[str]) -> str:
        """Return questions by what they are called in a sentence."""
        called = {question.id: question.name for question in self.questions}
        return ", ".join(called.get(id, id.replace("_", " ")) for id in ids)
