"""Networks for the eye: labels that could do harm, and one of 76 variables with labels of all
lengths.
"""

from __future__ import annotations

import random

from backpain_bn.model.distributions import Mechanism, NoisyOr, number
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.networks import WORDS

YES_NO = ("no", "yes")
SYLLABLES = (
    "tight",
    "weak",
    "stiff belt",
    "lower hose",
    "valve",
    "bearings",
    "WIDE",
    "MOMENTUM",
    "illi",
    "turning",
    "over long ways",
    "with",
)
LABELS = (
    '<script>alert("1")</script>',
    "\"quotes\" & 'more' </script><!-- ]]> <img src=x onerror=alert(1)>",
    "Füße, Übergröße und die sehr lange Überschrift von 60 Zeichen",
    "W" * 60,
    "腰の痛みは長い距離を走ったあとに起こることが多いと言われています",
    "line\nbreak\ttab \u2028 {{ template }} ${code} %s",
    "control \x07 character",
    "עברית العربية",
)


def caused(leak: float, *links: tuple[str, float]) -> NoisyOr:
    return NoisyOr(
        number(leak), tuple(Mechanism({parent: ("yes",)}, number(p)) for parent, p in links)
    )


def hostile() -> Network:
    """Every label tries to break out; so do some names, states and the network's own name."""
    names = ["a", 'b"]', "c'><b>x", "__proto__", "constructor", "g&lt;", "h h", "last"]
    roles = (
        "risk_factor",
        "impairment",
        "form",
        "mechanism",
        "risk_factor",
        "impairment",
        "test",
        "presentation",
    )
    variables = {}
    for index, (name, label, role) in enumerate(zip(names, LABELS, roles, strict=True)):
        states = ('no "<i>', "yes </script> " + "very " * 12) if index == 0 else YES_NO
        links = [(other, 0.2) for other in names[max(0, index - 2) : index] if other != "a"]
        variables[name] = Variable(
            name,
            states,
            caused(0.1, *links),
            label,
            role,
            question="<b>Is it?</b>" if index % 2 else "",
        )
    return Network(
        'hostile </title><script>alert("2")</script>', variables, outcome="last", vocabulary=WORDS
    )


def large(count: int = 76) -> Network:
    """Many variables in all roles, labels of 3 to 80 letters."""
    draw = random.Random(76)
    variables: dict[str, Variable] = {}
    for index in range(count):
        parents = draw.sample(list(variables), min(len(variables), draw.randint(0, 3)))
        label = " ".join(draw.choice(SYLLABLES) for _ in range(draw.randint(1, 14)))[:80]
        role = tuple(WORDS.roles)[
            min(index * len(tuple(WORDS.roles)) // count, len(tuple(WORDS.roles)) - 1)
        ]
        variables[f"v{index}"] = Variable(
            f"v{index}", YES_NO, caused(0.1, *((name, 0.3) for name in parents)), label, role
        )
    return Network(
        "large",
        variables,
        outcome=next(
            name for name, variable in variables.items() if variable.role == "presentation"
        ),
        vocabulary=WORDS,
    )
