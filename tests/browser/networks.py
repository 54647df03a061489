"""Networks for the eye: labels that could do harm, many variables with labels of all lengths, and
public ones without a word about roles.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from functools import lru_cache
from gzip import decompress
from importlib.resources import files
from pathlib import Path

import backpain_bn as bb
from backpain_bn.model.distributions import Mechanism, NoisyOr, number
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from backpain_bn.red_flags.rules import RedFlagQuestion, Rule, Rules
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
    "two  spaces, {{ template }} ${code} %s",
    "a quote ' and a backslash \\",
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


def large(count: int = 76, near: int = 76) -> Network:
    """Many variables in all roles, labels of 3 to 80 letters; parents are among the `near` ones
    before.
    """
    draw = random.Random(76)
    variables: dict[str, Variable] = {}
    for index in range(count):
        some = list(variables)[-near:]
        parents = draw.sample(some, min(len(some), draw.randint(0, 3)))
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


def of_200() -> Network:
    """200 variables, narrow enough for a browser."""
    return large(200, 5)


@lru_cache(maxsize=2)
def public(name: str) -> Network:
    """A network of the bnlearn repository, read from BIF: no outcome, no roles, no labels."""
    packed = files("pgmpy.utils.example_models").joinpath(f"{name}.bif.gz").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.bif")
        path.write_bytes(decompress(packed))
        return bb.load(path)


def car() -> Network:
    """A network that is not about bodies, with words of its own."""
    return bb.load("car")


def burning_car() -> Network:
    """The same with red flags: one calls for help at once, one is for later."""
    questions = (
        RedFlagQuestion("flames", "Are there flames?", ()),
        RedFlagQuestion("burnt_smell", "Does it smell of burnt rubber?", ()),
    )
    rules = (
        Rule("fire", "Fire", "emergency", (("flames",),), "Get out and stand away.", "", ()),
        Rule("heat", "A hot belt", "soon", (("burnt_smell",),), "Have it looked at.", "", ()),
    )
    flags = Rules(questions=questions, rules=rules, withheld="Nothing is guessed while it burns.")
    return replace(car(), red_flags=flags)
