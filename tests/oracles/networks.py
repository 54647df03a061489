"""Small networks that tests share, and rows of evidence for them."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from backpain_bn.model.vocabulary import Means, Role, Vocabulary

FLAGGED_CAR = Path(__file__).parent / "flagged_car.yaml"
"""The car that is shipped, with red flags of its own: an overlay."""
YES_NO = ("no", "yes")
WORDS = Vocabulary(
    roles={
        "risk_factor": Role("Risk factors", contributes=True, persists=True, background=True),
        "impairment": Role("Impairments", contributes=True, persists=True, workable=True),
        "form": Role("Form", contributes=True, persists=True, workable=True),
        "mechanism": Role("Mechanisms"),
        "presentation": Role("Presentation", kind_of_outcome=True),
        "test": Role("Tests", test=True),
        "variable": Role("Variables", contributes=True, persists=True),
    },
    means={
        "ask": Means("Ask yourself"),
        "home": Means("Do at home"),
        "clinician": Means("Needs a clinician", trained=True),
    },
)
"""Roles and means as networks of tests use them."""


def table(parents: tuple[str, ...], rows: dict[tuple[str, ...], tuple[float, ...]]) -> Table:
    """Return a table from plain probabilities."""
    return Table(
        parents, tuple(Row(given, tuple(number(p) for p in row)) for given, row in rows.items())
    )


def noisy_or(leak: float, links: dict[str, float]) -> NoisyOr:
    """Return a noisy-OR of two-state parents."""
    return NoisyOr(
        number(leak), tuple(Mechanism({parent: ("yes",)}, number(p)) for parent, p in links.items())
    )


def network(**distributions: Table | NoisyOr) -> Network:
    """Return a network of two-state variables."""
    return Network(
        "small",
        {
            name: Variable(name, YES_NO, distribution)
            for name, distribution in distributions.items()
        },
    )


def asia() -> Network:
    """Return the chest clinic (Lauritzen and Spiegelhalter 1988), in which "either" is a
    deterministic OR.
    """

    def given(parent: str, no: float, yes: float) -> Table:
        return table((parent,), {("no",): (1 - no, no), ("yes",): (1 - yes, yes)})

    dyspnoea = {
        ("no", "no"): (0.9, 0.1),
        ("no", "yes"): (0.2, 0.8),
        ("yes", "no"): (0.3, 0.7),
        ("yes", "yes"): (0.1, 0.9),
    }
    return network(
        asia=prior(0.99, 0.01),
        tub=given("asia", 0.01, 0.05),
        smoke=prior(0.5, 0.5),
        lung=given("smoke", 0.01, 0.1),
        bronc=given("smoke", 0.3, 0.6),
        either=noisy_or(0.0, {"tub": 1.0, "lung": 1.0}),
        xray=given("either", 0.05, 0.98),
        dysp=table(("either", "bronc"), dyspnoea),
    )


def noisy_or_pair(leak: float = 0.05) -> Network:
    """Return two causes that share two effects."""
    return network(
        a=prior(0.7, 0.3),
        b=prior(0.9, 0.1),
        y=noisy_or(leak, {"a": 0.8, "b": 0.3}),
        z=noisy_or(leak, {"b": 0.6, "y": 1 - 1e-12, "a": 0.0}),
    )


def multi_state() -> Network:
    """Return variables of two to four states, a threshold and a conjunction."""
    low = {
        ("low",): (0.6, 0.3, 0.1, 0.0),
        ("mid",): (0.25, 0.25, 0.25, 0.25),
        ("high",): (0.0, 0.1, 0.3, 0.6),
    }
    hurt = NoisyOr(
        number(0.02),
        (
            Mechanism({"load": ("mid", "high")}, number(0.4)),
            Mechanism({"pace": ("c", "d"), "load": ("high",)}, number(0.7)),
            Mechanism({"weak": ("yes",)}, number(0.2)),
        ),
    )
    return Network(
        "multi",
        {
            "load": Variable("load", ("low", "mid", "high"), prior(0.5, 0.3, 0.2)),
            "pace": Variable("pace", ("a", "b", "c", "d"), table(("load",), low)),
            "weak": Variable("weak", YES_NO, prior(0.8, 0.2)),
            "hurt": Variable("hurt", YES_NO, hurt),
        },
    )


LEAKS = (0.0, 1e-12, 1e-3, 0.05, 0.6)
LINKS = (0.0, 1e-17, 0.3, 0.9, 1 - 1e-12, 1.0)


@st.composite
def random_networks(draw: st.DrawFn) -> Network:
    """Return networks of up to 8 variables with up to 4 states; zeros, ones and near-ones are
    common.
    """
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    variables: dict[str, Variable] = {}
    for index in range(draw(st.integers(1, 8))):
        names = (
            draw(st.lists(st.sampled_from(sorted(variables)), unique=True, max_size=3))
            if variables
            else []
        )
        name = f"v{index}"
        if names and draw(st.booleans()):
            variables[name] = Variable(
                name,
                YES_NO,
                _random_noisy_or(random, names, variables, draw(st.sampled_from(LEAKS))),
            )
        else:
            states = tuple(f"s{state}" for state in range(draw(st.integers(2, 4))))
            rows = {
                given: _random_row(random, len(states))
                for given in product(*(variables[parent].states for parent in names))
            }
            variables[name] = Variable(name, states, table(tuple(names), rows))
    return Network("random", variables)


def _random_noisy_or(
    random: np.random.Generator, names: list[str], variables: dict[str, Variable], leak: float
) -> NoisyOr:
    conditions = []
    for name in names:
        states = variables[name].states
        conditions.append({name: states[random.integers(1, len(states)) :]})
    if len(names) > 1:
        conditions.append({name: variables[name].states[:1] for name in names[:2]})
    mechanisms = (
        Mechanism(when, number(float(random.choice([*LINKS, random.random()]))))
        for when in conditions
    )
    return NoisyOr(number(leak), tuple(mechanisms))


def _random_row(random: np.random.Generator, states: int) -> tuple[float, ...]:
    row = random.random(states) * (random.random(states) > 0.2)
    row[random.integers(states)] += 1e-3
    return tuple(float(p) for p in row / row.sum())


def random_evidence(
    network: Network, rows: int, seed: int = 0, told: float = 0.3, weighed: float = 0.15
) -> np.ndarray:
    """Return rows of likelihoods (n, S): the first without findings, the others with hard and
    uncertain ones.
    """
    random = np.random.default_rng(seed)
    evidence = np.ones((rows, len(network.columns)))
    for place in network.slices.values():
        states = place.stop - place.start
        fate = random.random(rows)
        hard, uncertain = fate < told, (fate >= told) & (fate < told + weighed)
        evidence[hard, place] = np.eye(states)[random.integers(states, size=hard.sum())]
        evidence[uncertain, place] = random.random((uncertain.sum(), states)) * (
            random.random((uncertain.sum(), states)) > 0.1
        )
    evidence[0] = 1
    return evidence
