"""Red flags: fixed rules on plain questions, answered before any probability is shown, and never
turned into one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from .errors import FileProblem, shown, unknown
from .formats.load import SHIPPED, read_yaml

YES, NO, NOT_ASKED = "yes", "no", "not asked"
ANSWERS = (YES, NO, NOT_ASKED)
URGENCIES = ("emergency", "urgent", "soon")
SUPPRESSING = frozenset({"emergency", "urgent"})
"""While a rule of such an urgency fires, nothing is ranked and nobody is told to keep running."""

DISCLAIMER = (
    "This is no medical diagnosis. It weighs what is published; a physiotherapist or "
    "doctor looks at you."
)
EMERGENCY_NUMBER = "your local emergency number"
_ID = re.compile(r"[a-z][a-z0-9_]*")
_TOP_KEYS = ("name", "version", "about", "sources", "emergency_number", "questions", "rules")
_QUESTION_KEYS = ("question", "sources", "finding")
_RULE_KEYS = ("label", "urgency", "any", "action", "why", "sources")


@dataclass(frozen=True, slots=True)
class Question:
    """One question, answered yes, no or not asked, and the source rows that say why it is asked."""

    id: str
    text: str
    sources: tuple[str, ...]
    finding: str = ""
    """The finding, as `variable=state`, that says yes to it as well."""


@dataclass(frozen=True, slots=True)
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

    def status(self, answers: Mapping[str, str]) -> str:
        """Return set (a combination is all yes), not_set (every combination holds a no) or open;
        strong Kleene logic (Kleene 1952).

        >>> rule = Rule(
        ...     "infection",
        ...     "Infection",
        ...     "urgent",
        ...     (("fever",), ("chills", "night_pain")),
        ...     "See a doctor today.",
        ...     "",
        ...     (),
        ... )
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

        >>> rule = Rule(
        ...     "infection",
        ...     "Infection",
        ...     "urgent",
        ...     (("fever",), ("chills", "night_pain")),
        ...     "See a doctor today.",
        ...     "",
        ...     (),
        ... )
        >>> rule.reasons({"fever": "yes", "chills": "yes", "night_pain": "no"})
        ('fever',)
        """
        met = [each for each in self.any if all(answers[name] == YES for name in each)]
        return tuple(dict.fromkeys(name for each in met for name in each))


@dataclass(frozen=True, slots=True)
class Rules:
    """All questions in the order to ask them, and all rules, most urgent first."""

    name: str
    version: str
    questions: tuple[Question, ...]
    rules: tuple[Rule, ...]
    about: str = ""


@dataclass(frozen=True, slots=True)
class RedFlags:
    """What the answers set off: every rule is in exactly one of `set`, `open`, `not_set`, most
    urgent first; `answers` is the full log.

    Not asked is never cleared: a rule is in `not_set` only if its every combination holds a no,
    whatever the open answers turn out to be.
    """

    set: tuple[Rule, ...]
    open: tuple[Rule, ...]
    not_set: tuple[Rule, ...]
    asked: tuple[str, ...]
    not_asked: tuple[str, ...]
    answers: Mapping[str, str] = field(hash=False)

    @property
    def urgent(self) -> bool:
        """Whether a rule fires that silences the ranking and the running advice."""
        return any(rule.urgency in SUPPRESSING for rule in self.set)

    @property
    def actions(self) -> tuple[str, ...]:
        """What to do, most urgent first."""
        return tuple(rule.action for rule in self.set)

    @property
    def noted(self) -> tuple[str, ...]:
        """The questions answered yes that set off no rule by themselves or together: common, yet
        never dropped.
        """
        used = {name for rule in self.set for name in rule.reasons(self.answers)}
        return tuple(
            name for name, answer in self.answers.items() if answer == YES and name not in used
        )

    def lines(self) -> list[str]:
        """Return the paragraphs to show before any probability: what fired and what to do, what was
        noted, what is still open.

        >>> numb = Question("saddle_numbness", "Is there numbness between the legs?", ("GL-RF-01",))
        >>> rule = Rule(
        ...     "cauda_equina",
        ...     "Squeezed nerves",
        ...     "emergency",
        ...     (("saddle_numbness",),),
        ...     "Go to hospital now.",
        ...     "",
        ...     ("GL-RF-02",),
        ... )
        >>> rules = Rules("demo", "1", (numb,), (rule,))
        >>> print("\\n".join(check(rules, {"saddle_numbness": "yes"}).lines()))
        EMERGENCY, to be checked: Squeezed nerves. Because of: saddle numbness.
          Go to hospital now.
        No causes are ranked and no running advice is given until a clinician has looked at this.
        >>> print("\\n".join(check(rules, {"saddle_numbness": "no"}).lines()))
        None of the listed red flags was reported. This does not rule out a serious cause.
        """
        return [*self._fired(), *self._noted(), *self._denied(), *self._unasked()]

    def _fired(self) -> list[str]:
        # Beside an emergency, a mild rule's own advice ("book an appointment") would compete with
        # the advice that counts.
        acted_on = [rule for rule in self.set if rule.urgency in SUPPRESSING] or self.set
        told = []
        for rule in acted_on:
            told += [
                f"{rule.urgency.upper()}, to be checked: {rule.label}. Because of: "
                f"{_in_words(rule.reasons(self.answers))}."
            ]
            told += [f"  {rule.action}"]
        if len({rule.urgency for rule in acted_on}) > 1:
            told += [
                "Do the first of these first; the others are more to tell the people you see there."
            ]
        also = self.set[len(acted_on) :]
        if also:
            listed = "; ".join(
                f"{rule.label}: {_in_words(rule.reasons(self.answers))}" for rule in also
            )
            told += [f"Less urgent, to tell them as well: {listed}."]
        if self.urgent:
            told += [
                "No causes are ranked and no running advice is given until a clinician has looked "
                "at this."
            ]
        return told

    def _noted(self) -> list[str]:
        if not self.noted:
            return []
        advice = "Common, and no alarm alone; tell a doctor or physiotherapist when you see one."
        return [f"Answered yes: {_in_words(self.noted)}. {advice}"]

    def _denied(self) -> list[str]:
        denied = [name for name, answer in self.answers.items() if answer == NO]
        return [f"Answered no: {_in_words(denied)}."] if denied and self.not_asked else []

    def _unasked(self) -> list[str]:
        if self.not_asked:
            lead = "" if self.asked else "No red-flag question has been answered. "
            return [f"{lead}Not asked yet (so not cleared): {_in_words(self.not_asked)}."]
        if self.set:
            return []
        found = (
            "No red-flag rule is met."
            if self.noted
            else "None of the listed red flags was reported."
        )
        return [f"{found} This does not rule out a serious cause."]


def implied(rules: Rules, findings: Mapping[str, object]) -> dict[str, str]:
    """Return the red-flag questions to which a finding says yes already.

    >>> spike = Question(
    ...     "sudden_increase", "Did you train much more lately?", (), "training_load=spike"
    ... )
    >>> implied(Rules("demo", "1", (spike,), ()), {"training_load": "spike"})
    {'sudden_increase': 'yes'}
    """
    told = {f"{name}={state}" for name, state in findings.items()}
    return {question.id: YES for question in rules.questions if question.finding in told}


def check(rules: Rules, answers: Mapping[str, str | None]) -> RedFlags:
    """Return what the answers set off; a question left out, or answered None, is not asked, and not
    asked is never cleared.

    Raises `UnknownName` for a question or an answer that does not exist.  That a single sign acts,
    and its absence does not reassure, follows Finucane et al. 2020 (JOSPT 50:350).

    >>> fever = Question("fever", "Have you had a fever?", ("GL-RF-01",))
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
    ...             "See a doctor today.",
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
    ids = tuple(question.id for question in rules.questions)
    for name, answer in answers.items():
        if name not in ids:
            raise unknown("red flag", name, ids)
        if answer is not None and not (isinstance(answer, str) and answer in ANSWERS):
            raise unknown(f"answer to {name}", answer, ANSWERS)
    told = {name: answers.get(name) or NOT_ASKED for name in ids}
    ordered = sorted(rules.rules, key=lambda rule: URGENCIES.index(rule.urgency))
    by_status = {
        status: tuple(rule for rule in ordered if rule.status(told) == status)
        for status in ("set", "open", "not_set")
    }
    return RedFlags(
        **by_status,
        asked=tuple(name for name in ids if told[name] != NOT_ASKED),
        not_asked=tuple(name for name in ids if told[name] == NOT_ASKED),
        answers=told,
    )


@lru_cache(maxsize=4)
def load_rules(path: Path = SHIPPED / "red_flags.yaml") -> Rules:
    """Return the rules of a red-flag file, by default the shipped one; raises `FileProblem` with
    every problem at once.
    """
    document = read_yaml(path)
    if document.found:
        raise FileProblem(document.found)
    return rules_from(document.data)


def rules_from(data: object) -> Rules:
    """Return the rules in the nested dicts, lists and strings of a red-flag file, with
    `{emergency_number}` filled in.

    Raises `FileProblem` with every problem at once, each led by where it stands.

    >>> data = {
    ...     "name": "demo",
    ...     "version": "1",
    ...     "about": "An example.",
    ...     "emergency_number": "112",
    ...     "questions": {
    ...         "fever": {"question": "Have you had a fever?", "sources": ["GL-RF-01"]}
    ...     },
    ...     "rules": {
    ...         "infection": {
    ...             "label": "Infection",
    ...             "urgency": "urgent",
    ...             "any": [["fever"]],
    ...             "why": "Rare.",
    ...             "action": "See a doctor today or call {emergency_number}.",
    ...             "sources": ["GL-RF-02"],
    ...         }
    ...     },
    ... }
    >>> rules_from(data).rules[0].action
    'See a doctor today or call 112.'
    >>> rules_from(data | {"questions": {}})
    Traceback (most recent call last):
    backpain_bn.errors.FileProblem: questions: must not be empty
    rules.infection.any: unknown question "fever"; allowed: none
    """
    read = _Reader([])
    top = read.entry(data, "", _TOP_KEYS, optional=("sources", "emergency_number"))
    number = read.text(top, "", "emergency_number") or EMERGENCY_NUMBER
    questions = tuple(read.question(name, entry) for name, entry in read.named(top, "questions"))
    ids = tuple(question.id for question in questions)
    rules = tuple(read.rule(name, entry, ids, number) for name, entry in read.named(top, "rules"))
    used = {name for rule in rules for each in rule.any for name in each}
    read.problems += [
        f"questions.{name}: no rule uses it" for name in ids if rules and name not in used
    ]
    texts = {key: read.text(top, "", key) for key in ("name", "version", "about")}
    if read.problems:
        raise FileProblem(read.problems)
    ordered = sorted(rules, key=lambda rule: URGENCIES.index(rule.urgency))
    return Rules(texts["name"], texts["version"], questions, tuple(ordered), texts["about"])


@dataclass(slots=True)
class _Reader:
    """Reads one entry at a time and keeps going after a mistake, so that a file's problems are told
    together.
    """

    problems: list[str]

    def entry(
        self, value: object, path: str, keys: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, object]:
        if not isinstance(value, dict):
            self.problems.append(
                f"{path or 'file'}: must be a mapping of {', '.join(keys)}, not {shown(value)}"
            )
            return {}
        self.problems += [
            f"{path or 'file'}: {unknown('key', key, keys)}" for key in value if key not in keys
        ]
        self.problems += [
            f"{_at(path, key)}: missing" for key in keys if key not in value and key not in optional
        ]
        return value

    def named(self, top: dict[str, object], key: str) -> Iterable[tuple[str, object]]:
        entries = top.get(key, {})
        if not isinstance(entries, dict):
            self.problems.append(f"{key}: must be a mapping of ids, not {shown(entries)}")
            return ()
        if not entries and key in top:
            self.problems.append(f"{key}: must not be empty")
        wrong = [name for name in entries if not _ID.fullmatch(str(name))]
        self.problems += [
            f"{key}: an id is small letters, digits and _, not {shown(name)}" for name in wrong
        ]
        return entries.items()

    def text(self, entry: dict[str, object], path: str, key: str) -> str:
        value = entry.get(key, "")
        if isinstance(value, str) and (value.strip() or key not in entry):
            return value.strip()
        self.problems.append(f"{_at(path, key)}: must be a text, not {shown(value)}")
        return ""

    def names(self, value: object, path: str) -> tuple[str, ...]:
        if (
            isinstance(value, list)
            and value
            and all(isinstance(name, str) and name for name in value)
        ):
            self.problems += [
                f"{path}: {shown(name)} stands twice"
                for name in dict.fromkeys(value)
                if value.count(name) > 1
            ]
            return tuple(value)
        self.problems.append(f"{path}: must be a list of names, not {shown(value)}")
        return ()

    def sources(self, entry: dict[str, object], path: str) -> tuple[str, ...]:
        return self.names(entry["sources"], f"{path}.sources") if "sources" in entry else ()

    def question(self, name: str, value: object) -> Question:
        path = f"questions.{name}"
        entry = self.entry(value, path, _QUESTION_KEYS, optional=("finding",))
        return Question(
            name,
            self.text(entry, path, "question"),
            self.sources(entry, path),
            self.text(entry, path, "finding"),
        )

    def rule(self, name: str, value: object, ids: tuple[str, ...], number: str) -> Rule:
        path = f"rules.{name}"
        entry = self.entry(value, path, _RULE_KEYS)
        label, urgency, action, why = (
            self.text(entry, path, key) for key in ("label", "urgency", "action", "why")
        )
        if urgency and urgency not in URGENCIES:
            self.problems.append(f"{path}.urgency: {unknown('urgency', urgency, URGENCIES)}")
        action = action.replace("{emergency_number}", number)
        if "{" in action or "}" in action:
            self.problems.append(
                f"{path}.action: the only placeholder is {{emergency_number}}, in {shown(action)}"
            )
        combinations = self.combinations(entry, f"{path}.any", ids)
        return Rule(name, label, urgency, combinations, action, why, self.sources(entry, path))

    def combinations(
        self, entry: dict[str, object], path: str, ids: tuple[str, ...]
    ) -> tuple[tuple[str, ...], ...]:
        value = entry.get("any", [])
        if not isinstance(value, list) or ("any" in entry and not value):
            self.problems.append(
                f"{path}: must be a list of lists of question ids, not {shown(value)}"
            )
            return ()
        found = tuple(self.names(each, path) for each in value)
        mentioned = dict.fromkeys(name for each in found for name in each if name not in ids)
        self.problems += [
            f"{path}: {unknown('question', name, ids or ('none',))}" for name in mentioned
        ]
        return found


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _in_words(ids: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in ids)
