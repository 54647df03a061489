"""One family of errors; each message repeats what was typed, what was allowed, and the nearest
match.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from importlib.util import find_spec
from numbers import Integral, Real
from typing import Any

MOST_WORDS = 4
LONGEST_ECHO = 40
"""An error repeats no more than this many characters of what was typed: a state, never somebody's
free text.
"""


ALIKE = 0.5
"""How much alike two names are, from 0 to 1, where one is probably meant by the other."""
LONGEST_NAME = 60
"""A list of allowed names shows no more than this of each."""


class BackpainError(ValueError):
    """Whatever the user typed that cannot be used.

    >>> issubclass(UnknownName, BackpainError) and issubclass(BackpainError, ValueError)
    True
    """


class UnknownName(BackpainError):
    """A variable, state, network, treatment or question that does not exist."""


class ImpossibleEvidence(BackpainError):
    """Findings that cannot hold together: P(findings) is exactly 0."""


class AnswerWithheld(BackpainError, AttributeError):
    """An answer that is not given while an urgent red flag is set."""


class FileProblem(BackpainError):
    """Everything that is wrong with one file, one line each, `path:line:column message`."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))

    def __reduce__(self) -> tuple[type[FileProblem], tuple[tuple[str, ...]]]:
        return type(self), (self.lines,)


class TooHard(BackpainError):
    """A network whose exact inference would need more steps than the stated limit."""


def shown(value: object) -> str:
    """Return `value` as an error may repeat it: what looks like a state, quoted, in one line, cut
    after 40 characters; never a story.

    >>> shown("over_9"), shown(9), shown("a story that somebody told about the old car")
    ('"over_9"', '9', '(a text of 9 words)')
    """
    if isinstance(value, str) and len(value.split()) > MOST_WORDS:
        return f"(a text of {len(value.split())} words)"
    text = re.sub(r"\s+", " ", str(value) if isinstance(value, str) else repr(value))
    text = "".join(sign if sign.isprintable() else "?" for sign in text)
    text = text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "…"
    return f'"{text}"' if isinstance(value, str) else text


NOT_KNOWN = frozenset(
    ("na", "n/a", "#n/a", "nan", "null", "none", "-", "?", ".", "unknown", "not known", "missing")
)
"""How people write, in small letters, that something is not known."""


def better_left_out(what: str, value: object, allowed: Sequence[str]) -> UnknownName:
    """Return the error for an answer that says that nothing is known.

    >>> print(better_left_out("age", "n/a", ["young", "old"]))
    age is "n/a"; leave it out where it is not known, or tell one of: young, old
    """
    return UnknownName(
        f"{what} is {shown(value)}; leave it out where it is not known, or tell one of: "
        f"{listed(allowed)}"
    )


def check_mapping(what: str, given: object, maps: str = "variables to states") -> Mapping[Any, Any]:
    """Return a mapping; raises `BackpainError` for what is none.

    >>> check_mapping("findings", 3)
    Traceback (most recent call last):
    backpain_bn.errors.BackpainError: findings must map variables to states, not int
    """
    if not isinstance(given, Mapping):
        raise BackpainError(f"{what} must map {maps}, not {type(given).__name__}")
    return given


def names_in(what: str, given: object) -> tuple[str, ...]:
    """Return names in their order, each once; raises `BackpainError` for what is no list of them.

    >>> names_in("treatments", ["rest", "walk", "rest"])
    ('rest', 'walk')
    >>> names_in("treatments", "rest")
    Traceback (most recent call last):
    backpain_bn.errors.BackpainError: treatments must be a list of names, not "rest"
    """
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise BackpainError(f"{what} must be a list of names, not {shown(given)}")
    names: list[str] = []
    for name in given:
        if not isinstance(name, str):
            raise BackpainError(f"{what} must be a list of names; {shown(name)} is none")
        names.append(name)
    return tuple(dict.fromkeys(names))


def whole(what: str, value: object, least: int, most: int | None = None) -> int:
    """Return a whole number, numpy's included; raises `BackpainError` for what is none, or lies
    outside.

    >>> whole("starts", 3, 1)
    3
    >>> whole("bins", 0, 1, 100)
    Traceback (most recent call last):
    backpain_bn.errors.BackpainError: bins is 0; it must be a whole number from 1 to 100
    """
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if least <= number and (most is None or number <= most):
            return number
    end = "up" if most is None else f"to {most:,}"
    raise BackpainError(f"{what} is {shown(value)}; it must be a whole number from {least} {end}")


def amount(what: str, value: object, hint: str = "") -> float:
    """Return a number from 0 up that a float can hold, numpy's included; raises `BackpainError` for
    what is none.

    >>> amount("minutes", 3)
    3.0
    >>> amount("minutes", -1)
    Traceback (most recent call last):
    backpain_bn.errors.BackpainError: minutes is -1; it must be a number from 0 up
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        with suppress(OverflowError):
            number = float(value)
            if 0 <= number < math.inf:
                return number
    raise BackpainError(f"{what} is {shown(value)}; it must be a number from 0 up{hint}")


def needs(module: str, what: str, install: str) -> None:
    """Raise `BackpainError` where a library that `what` needs is not installed.

    >>> needs("no_such_library", "to_frame", "pandas")
    Traceback (most recent call last):
    backpain_bn.errors.BackpainError: to_frame needs no_such_library: pip install 'pandas'
    """
    if find_spec(module) is None:
        raise BackpainError(f"{what} needs {module}: pip install '{install}'")


def nearest(value: object, allowed: Iterable[str], alike: float = ALIKE) -> str | None:
    """Return the allowed name that looks most like `value`, or None where none is so much `alike`
    (0 to 1).

    >>> nearest("weak_batery", ["weak_battery", "empty_tank"])
    'weak_battery'
    """
    found = get_close_matches(
        str(value)[:100].strip().lower().replace(" ", "_"), list(allowed), n=1, cutoff=alike
    )
    return found[0] if found else None


def unknown(kind: str, value: object, allowed: Iterable[str], alike: float = ALIKE) -> UnknownName:
    """Return the error for a name that does not exist; the nearest one is told where it is so much
    `alike` (0 to 1).

    >>> print(unknown("state of battery_age", "9", ["under_3_years", "over_5_years"]))
    unknown state of battery_age "9"; allowed: under_3_years, over_5_years
    >>> print(unknown("variable", "weak_batery", ["weak_battery", "empty_tank"]))
    unknown variable "weak_batery"; did you mean "weak_battery"? allowed: weak_battery, empty_tank
    >>> print(unknown("treatment", "rest", []))
    unknown treatment "rest"; there is none
    """
    names = list(allowed)
    if not names:
        return UnknownName(f"unknown {kind} {shown(value)}; there is none")
    match = nearest(value, names, alike)
    guess = f'; did you mean "{match}"? allowed: ' if match else "; allowed: "
    return UnknownName(f"unknown {kind} {shown(value)}{guess}{listed(names)}")


def listed(names: Sequence[str], most: int = 12) -> str:
    """Return names in a row, cut after `most`.

    >>> listed(["a", "b", "c"], most=2)
    'a, b, and 1 more'
    """
    rest = len(names) - most
    short = [
        name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "…" for name in names[:most]
    ]
    return ", ".join(short) + (f", and {rest} more" if rest > 0 else "")


def no_outcome(network: str) -> BackpainError:
    """Return the error for a question about the outcome of a network that names none.

    >>> print(no_outcome("asia"))
    asia names no outcome; name it in a mapping file (asia.mapping.yaml beside it, "outcome: X"), \
or for one call: load(..., outcome="X"), on the command line --outcome X
    """
    return BackpainError(
        f"{network} names no outcome; name it in a mapping file ({network}.mapping.yaml beside it, "
        '"outcome: X"), or for one call: load(..., outcome="X"), on the command line --outcome X'
    )


def naming_healthy(variable: str, states: Sequence[str]) -> str:
    """Return how one says which of a variable's states is the healthy one.

    >>> print(naming_healthy("lung", ["yes", "no"]))
    in a mapping file, or for one call: load(..., healthy={"lung": ...}), on the command line \
--healthy lung=..., with one of yes, no
    """
    return (
        f'in a mapping file, or for one call: load(..., healthy={{"{variable}": ...}}), '
        f"on the command line --healthy {variable}=..., with one of {listed(states)}"
    )
