"""Red-flag files: the questions and rules that a network names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..errors import FileProblem, shown, unknown
from ..red_flags import EMERGENCY_NUMBER, URGENCIES, RedFlagQuestion, Rule, Rules
from .text_files import SHIPPED, is_file
from .yaml_document import Document, read_yaml

_ID = re.compile(r"[a-z][a-z0-9_]*")


_TOP_KEYS = (
    "name",
    "version",
    "about",
    "sources",
    "emergency_number",
    "withheld",
    "common",
    "questions",
    "rules",
)


_QUESTION_KEYS = ("question", "sources", "finding")


_RULE_KEYS = ("label", "urgency", "any", "action", "why", "sources")


@lru_cache(maxsize=4)
def load_rules(path: Path) -> Rules:
    """Return the rules of a red-flag file; raises `FileProblem` with every problem at once."""
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
    top = read.entry(
        data, "", _TOP_KEYS, optional=("sources", "emergency_number", "withheld", "common")
    )
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
    said = {key: read.text(top, "", key) for key in ("withheld", "common") if key in top}
    return Rules(questions=questions, rules=tuple(ordered), **texts, **said)


def red_flags_beside(document: Document) -> Rules:
    """Return the rules of the file that a network names in `red_flags`, beside it or shipped."""
    name = document.data.get("red_flags") if isinstance(document.data, dict) else None
    if not isinstance(name, str):
        return Rules()
    folders = (Path(document.place(("red_flags",))[0]).parent, SHIPPED)
    inside = Path(name).name == name
    found = next((folder / name for folder in folders if inside and is_file(folder / name)), None)
    if found is None:
        document.complain(("red_flags",), f"no such file beside the network: {folders[0] / name}")
        return Rules()
    try:
        return load_rules(found)
    except FileProblem as error:
        document.found += error.lines
        return Rules()


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

    def question(self, name: str, value: object) -> RedFlagQuestion:
        path = f"questions.{name}"
        entry = self.entry(value, path, _QUESTION_KEYS, optional=("finding",))
        return RedFlagQuestion(
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
