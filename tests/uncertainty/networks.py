"""A network with a range for every number, and the same with one number really changed."""

from __future__ import annotations

import math
from dataclasses import replace

from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, Row, Table, number
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import Parameter
from backpain_bn.model.variables import Variable
from tests.oracles.networks import WORDS, YES_NO


def wide(p: float) -> Number:
    return Number(p, p / 3, min(1.0, p * 2))


def small(load: tuple[float, float, float] = (0.5, 0.3, 0.2)) -> Network:
    """A root of three states, noisy-ORs with a joint condition, a test and a table with two
    parents.
    """
    pain = NoisyOr(
        wide(0.1),
        (
            Mechanism({"weak": ("yes",), "sit": ("medium", "long")}, wide(0.4)),
            Mechanism({"tight": ("yes",)}, wide(0.3)),
        ),
    )
    weak = NoisyOr(wide(0.2), (Mechanism({"sit": ("long",)}, wide(0.35)),))
    tight = NoisyOr(wide(0.25), (Mechanism({"sit": ("medium", "long")}, wide(0.15)),))
    test = Table(
        ("weak",), (Row(("no",), (wide(0.85), wide(0.15))), Row(("yes",), (wide(0.3), wide(0.7))))
    )
    given = [
        (("no", "no"), 0.05),
        (("no", "yes"), 0.2),
        (("yes", "no"), 0.4),
        (("yes", "yes"), 0.6),
    ]
    ache = Table(
        ("pain", "tight"), tuple(Row(states, (wide(1 - p), wide(p))) for states, p in given)
    )
    return Network(
        "small",
        {
            "sit": Variable(
                "sit",
                ("short", "medium", "long"),
                Table((), (Row((), tuple(map(wide, load))),)),
                "Sitting",
                "risk_factor",
            ),
            "weak": Variable("weak", YES_NO, weak, "Weak core", "impairment"),
            "tight": Variable("tight", YES_NO, tight, "Tight hips", "impairment"),
            "pain": Variable("pain", YES_NO, pain, "Pain", "presentation"),
            "test": Variable("test", ("negative", "positive"), test, "Plank test", "test"),
            "ache": Variable("ache", YES_NO, ache, "Ache", "presentation"),
        },
        outcome="pain",
        vocabulary=WORDS,
    )


def changed(network: Network, one: Parameter, t: float) -> Network:
    """Return the network with one number at t, found by identity, its siblings in proportion:
    nothing of the code under test.
    """

    def entry(old: Number, numbers: tuple[Number, ...]) -> Number:
        if old is one.number:
            return number(t)
        if all(other is not one.number for other in numbers):
            return old
        rest = math.fsum(other.p for other in numbers if other is not one.number)
        return number(old.p * (1 - t) / rest if rest > 0 else (1 - t) / (len(numbers) - 1))

    def distribution(old: NoisyOr | Table) -> NoisyOr | Table:
        if isinstance(old, NoisyOr):
            links = tuple(replace(m, number=entry(m.number, (m.number,))) for m in old.mechanisms)
            return NoisyOr(entry(old.leak, (old.leak,)), links)
        return Table(
            old.parents,
            tuple(
                Row(row.given, tuple(entry(x, row.numbers) for x in row.numbers))
                for row in old.rows
            ),
        )

    new = {
        name: replace(v, distribution=distribution(v.distribution))
        for name, v in network.variables.items()
    }
    return replace(network, variables=new)
