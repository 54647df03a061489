"""DOC."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..model.network import Network
from ..model.variables import Variable

if TYPE_CHECKING:
    pass


def decibans(db: float) -> str:
    """Return a weight of evidence with its sign, in decibans (10 log10 of the factor on the odds).

    >>> decibans(3.01), decibans(-0.04), decibans(float("-inf"))
    ('+3.0 decibans', '0.0 decibans', 'settles it (rules it out)')
    """
    if math.isinf(db):
        return "settles it" if db > 0 else "settles it (rules it out)"
    return f"{db:+.1f} decibans" if abs(db) >= 0.05 else "0.0 decibans"


def percent(p: float) -> str:
    """Return a probability as runners read it, unbreakable; never 0 % or 100 % for what is not
    certain.

    >>> print(
    ...     *(
    ...         percent(p).replace("\\N{NO-BREAK SPACE}", " ")
    ...         for p in (0.6249, 0.004, 0.9991, 1.0, 0.0)
    ...     ),
    ...     sep=", ",
    ... )
    62 %, under 1 %, over 99 %, 100 %, 0 %
    """
    if 0 < p < 1 and round(100 * p) == 0:
        return "under 1\N{NO-BREAK SPACE}%"
    if 0 < p < 1 and round(100 * p) == 100:
        return "over 99\N{NO-BREAK SPACE}%"
    return f"{100 * p:.0f}\N{NO-BREAK SPACE}%"


GRADE_WORDS = {
    "supported": "supported by studies",
    "mixed": "studies disagree",
    "contradicted": "claimed by clinics, contradicted by studies",
    "claimed only": "claimed by clinics, no study found",
    "expert": "expert judgement, no study found",
}


def state_words(network: Network, name: str, states: Iterable[str]) -> str:
    """Return a condition in words: the label alone for yes/no variables, else the label and the
    states.

    >>> from backpain_bn.model import Variable, prior
    >>> network = Network(
    ...     "n",
    ...     {
    ...         "sit": Variable(
    ...             "sit", ("under_4", "over_8"), prior(0.5, 0.5), "Hours spent sitting"
    ...         )
    ...     },
    ... )
    >>> state_words(network, "sit", ["over_8"])
    'hours spent sitting: over 8'
    """
    variable, chosen = network[name], list(states)
    label = short_label(variable)
    if variable.states == ("no", "yes"):
        return (
            label
            if chosen == ["yes"]
            else f"{label}: no"
            if chosen == ["no"]
            else f"{label}: {' or '.join(chosen)}"
        )
    return f"{label}: {' or '.join(state.replace('_', ' ') for state in chosen)}"


def short_label(variable: Variable) -> str:
    """Return the label without its bracketed precise term, in lower case unless it begins with an
    abbreviation.
    """
    label = (variable.label or variable.name.replace("_", " ")).split(" (")[0]
    return label if len(label) > 1 and label[1].isupper() else label[0].lower() + label[1:]


def odds_words(db: float) -> str:
    """Return what a weight of evidence does to the odds, in words.

    >>> print(
    ...     *(odds_words(db).replace("\\N{NO-BREAK SPACE}", " ") for db in (3.0, 1.0, 7.0)),
    ...     sep=", ",
    ... )
    doubles the odds, raises the odds by 26 %, makes the odds 5 times as high
    >>> print(
    ...     *(
    ...         odds_words(db).replace("\\N{NO-BREAK SPACE}", " ")
    ...         for db in (-3.0, -1.0, -7.0, -0.04)
    ...     ),
    ...     sep=", ",
    ... )
    halves the odds, lowers the odds by 21 %, divides the odds by 5, hardly changes the odds
    """
    factor = 10 ** (abs(db) / 10)
    if factor < 1.012:
        return "hardly changes the odds"
    if 1.9 <= factor < 2.1:
        return "doubles the odds" if db > 0 else "halves the odds"
    if 2.9 <= factor < 3.1 and db > 0:
        return "triples the odds"
    if factor < 1.9:
        return (
            f"raises the odds by {percent(factor - 1)}"
            if db > 0
            else f"lowers the odds by {percent(1 - 1 / factor)}"
        )
    times = f"{factor:.2g}" if factor < 100 else f"{float(f'{factor:.2g}'):,.0f}"
    return f"makes the odds {times} times as high" if db > 0 else f"divides the odds by {times}"


def capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
