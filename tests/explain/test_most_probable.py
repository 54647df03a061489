"""The likeliest combinations: against the whole joint distribution written out."""

from __future__ import annotations

import importlib
import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.explain.most_probable import most_probable
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS

module = importlib.import_module("backpain_bn.explain.most_probable")
YES_NO = ("no", "yes")


def caused(leak: float, **links: float) -> NoisyOr:
    return NoisyOr(
        number(leak), tuple(Mechanism({parent: ("yes",)}, number(p)) for parent, p in links.items())
    )


def small(
    a: float = 0.3, b: float = 0.6, c: float = 0.4, d: float = 0.7, e: float = 0.2
) -> Network:
    """Three impairments (one of three states) behind one pain, and a sign of one of them that is
    certain.
    """
    loaded = Row(("yes",), (number(1 - c), number(c / 4), number(3 * c / 4)))
    stiffness = Table(("load",), (Row(("no",), (number(0.7), number(0.2), number(0.1))), loaded))
    sign = Table(
        ("weak",), (Row(("no",), (number(1), number(0))), Row(("yes",), (number(0.5), number(0.5))))
    )
    return Network(
        "small",
        {
            "load": Variable("load", YES_NO, prior(1 - a, a), "Load", "risk_factor"),
            "weak": Variable("weak", YES_NO, caused(0.2, load=b), "Weak core", "impairment"),
            "stiff": Variable(
                "stiff", ("no", "slight", "very"), stiffness, "Stiffness", "impairment"
            ),
            "short": Variable("short", YES_NO, prior(1 - e, e), "Short leg", "impairment"),
            "pain": Variable(
                "pain", YES_NO, caused(0.02, weak=d, short=0.8), "Pain", "presentation"
            ),
            "sign": Variable("sign", YES_NO, sign, "Sign", "test"),
        },
        outcome="pain",
        vocabulary=WORDS,
    )


def written_out(
    network: Network, findings: Findings, names: list[str]
) -> dict[tuple[str, ...], float]:
    """P(joint state | findings) of every joint state, by enumeration."""
    every = list(product(*(network[name].states for name in names)))
    rows = np.repeat(encode(network, [findings]), len(every), axis=0)
    for row, states in zip(rows, every, strict=True):
        for name, state in zip(names, states, strict=True):
            row[network.slices[name]] *= np.eye(len(network[name].states))[
                network.state(name, state)
            ]
    joint = np.exp(enumerate_beliefs(network, rows).log_evidence)
    return dict(zip(every, (joint / joint.sum()).tolist(), strict=True))


CASES: list[tuple[Findings, list[str] | None, int]] = [
    ({}, None, 3),
    ({"pain": "yes"}, None, 3),
    ({"pain": "yes", "load": "yes"}, ["weak"], 2),
    ({"pain": "yes", "sign": "yes"}, ["weak", "short", "stiff", "load"], 5),
    ({"pain": "yes", "weak": "no"}, None, 6),
    ({"weak": {"yes": 3, "no": 1}, "pain": "yes"}, None, 4),
    ({"pain": {"yes": 0.9, "no": 0.2}}, ["pain", "weak", "sign"], 8),
    ({"load": "no", "pain": "no", "sign": "no"}, ["short", "stiff", "weak"], 100),
]


@pytest.mark.parametrize(("findings", "names", "k"), CASES)
def test_the_likeliest_joint_states_are_those_of_the_whole_joint(
    findings: Findings, names: list[str] | None, k: int
) -> None:
    network = small()
    answer = most_probable(network, findings, names, k)
    free = [name for name in ("weak", "stiff", "short") if not isinstance(findings.get(name), str)]
    assert list(answer.variables) == (names or free)
    wanted = written_out(network, findings, list(answer.variables))
    best = sorted((p for p in wanted.values() if p > 0), reverse=True)[:k]
    assert [row.probability for row in answer] == pytest.approx(best, abs=1e-12)
    for row in answer:
        assert wanted[tuple(row.states[name] for name in answer.variables)] == pytest.approx(
            row.probability, abs=1e-12
        )
    assert len({tuple(row.states.items()) for row in answer}) == len(answer)
    assert answer.combinations == len(wanted)
    marginals = bb.posterior(network, findings)
    for name in answer.variables:
        assert dict(answer.marginals[name]) == pytest.approx(dict(marginals[name]), abs=1e-14)


chances = st.floats(0.01, 0.99)


@settings(max_examples=40, deadline=None)
@given(numbers=st.tuples(chances, chances, chances, chances, chances), k=st.integers(1, 6))
def test_any_numbers(numbers: tuple[float, ...], k: int) -> None:
    network, names = small(*numbers), ["short", "stiff", "weak", "load"]
    answer = most_probable(network, {"pain": "yes"}, names, k)
    best = sorted(written_out(network, {"pain": "yes"}, names).values(), reverse=True)[:k]
    assert [row.probability for row in answer] == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("first_look", [1, 2, 4])
def test_the_bound_drops_nothing_that_belongs(
    first_look: int, monkeypatch: pytest.MonkeyPatch, car: Network
) -> None:
    findings = {"no_start": "yes", "clicking": "yes"}
    wanted = most_probable(car, findings, None, 4)
    monkeypatch.setattr(module, "FIRST_LOOK", first_look)
    assert [row.probability for row in most_probable(car, findings, None, 4)] == pytest.approx(
        [row.probability for row in wanted]
    )


def test_a_first_look_that_goes_astray_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The likelier branch at first (a = yes, 0.6) splits into six equal parts, the other stays
    whole.
    """
    parts = tuple("bcdefg")
    spread = (
        Row(("no",), (number(1), *[number(0)] * 5)),
        Row(("yes",), tuple(number(1 / 6) for _ in parts)),
    )
    network = Network(
        "astray",
        {
            "a": Variable("a", YES_NO, prior(0.4, 0.6)),
            "x": Variable("x", parts, Table(("a",), spread)),
        },
    )
    monkeypatch.setattr(module, "FIRST_LOOK", 1)
    answer = most_probable(network, {}, ["a", "x"], 1)
    assert dict(answer[0].states) == {"a": "no", "x": "b"} and answer[
        0
    ].probability == pytest.approx(0.4)


def test_each_row_says_how_it_differs() -> None:
    answer = most_probable(small(), {"pain": "yes"}, None, 12)
    assert answer[0].like is None and answer[0].differs == ()
    for index, row in enumerate(answer.rows[1:], start=1):
        apart = [
            [name for name in answer.variables if row.states[name] != other.states[name]]
            for other in answer.rows[:index]
        ]
        assert row.like is not None and list(row.differs) == apart[row.like]
        assert len(row.differs) == min(map(len, apart)) and row.like == list(map(len, apart)).index(
            len(row.differs)
        )


def test_it_reads_as_sentences() -> None:
    lines = [
        line.strip()
        for line in str(most_probable(small(), {"pain": "yes"}, None, 6))
        .replace("\N{NO-BREAK SPACE}", " ")
        .splitlines()
    ]
    assert lines[:7] == [
        "THE LIKELIEST COMBINATIONS",
        "1. Weak core and nothing else of these 3: 33 %.",
        "2. As 1, without weak core, with short leg: 19 %.",
        "3. As 1, with stiffness: very: 11 %.",
        "4. As 1, with short leg: 11 %.",
        "5. As 1, with stiffness: slight: 7 %.",
        "6. As 2, with stiffness: slight: 5 %.",
    ]


def test_the_likeliest_combination_can_hold_what_is_unlikely_by_itself() -> None:
    second = Table(
        ("first",),
        (Row(("no",), (number(0.99), number(0.01))), Row(("yes",), (number(0.5), number(0.5)))),
    )
    tables = {"first": prior(0.4, 0.6), "second": second}
    network = Network(
        "odd",
        {name: Variable(name, YES_NO, table, name, "impairment") for name, table in tables.items()},
        vocabulary=WORDS,
    )
    answer = most_probable(network, {}, None, 1)
    assert (
        dict(answer[0].states) == {"first": "no", "second": "no"}
        and answer.marginals["first"]["yes"] > 0.5
    )
    text = " ".join(str(answer).replace("\N{NO-BREAK SPACE}", " ").split())
    assert "None of these 2: 40 %." in text
    assert (
        "The likeliest combination is without first, though by itself that is 60 % likely." in text
    )
    assert "Together 40 %; the other 3 share the rest." in text


def test_what_is_certain_is_certain_in_the_combination() -> None:
    answer = most_probable(small(), {"pain": "yes", "sign": "yes"}, ["weak"], 3)
    assert len(answer) == 1 and answer[0].states["weak"] == "yes" and answer[0].probability == 1
    assert json.loads(json.dumps(answer.to_dicts())) == [
        {"probability": 1.0, "like": None, "differs": [], "states": {"weak": "yes"}}
    ]


def test_one_variable_gives_its_own_posterior() -> None:
    network = small()
    now = bb.posterior(network, {"pain": "yes"})["stiff"]
    assert {
        row.states["stiff"]: row.probability
        for row in most_probable(network, {"pain": "yes"}, ["stiff"])
    } == pytest.approx(dict(now))
    assert most_probable(network, {"pain": "yes"}, "stiff").variables == ("stiff",)


def test_bad_questions_are_refused_in_words(monkeypatch: pytest.MonkeyPatch, car: Network) -> None:
    network = small()
    for k in (0, -2, 2.0, True):
        with pytest.raises(bb.BackpainError, match="the number of combinations is"):
            most_probable(network, {}, None, k)  # type: ignore[arg-type]
    with pytest.raises(bb.BackpainError, match=r"weak is one of the findings \(weak=yes\)"):
        most_probable(network, {"weak": "yes"}, ["short", "weak"])
    with pytest.raises(bb.errors.UnknownName, match='unknown variable "weka"; did you mean "weak"'):
        most_probable(network, {}, ["weka"])
    with pytest.raises(bb.BackpainError, match="no variables are named"):
        most_probable(network, {}, [])
    with pytest.raises(
        bb.BackpainError, match="plain has nothing to combine that was not observed"
    ):
        most_probable(Network("plain", {"a": Variable("a", YES_NO, prior(0.5, 0.5))}), {"a": "no"})
    with pytest.raises(bb.errors.ImpossibleEvidence, match="cannot hold together"):
        most_probable(network, {"weak": "no", "sign": "yes"})
    monkeypatch.setattr(module, "MOST_ROWS", 50)
    with pytest.raises(
        bb.errors.TooHard,
        match=r"8 variables is spread too thinly.*more than 50 rows; name fewer variables",
    ):
        most_probable(car, {}, None, 20)


def test_a_change_to_the_healthy_state_is_said_by_its_name(car: Network) -> None:
    found = most_probable(car, {"no_start": "yes"}, ["battery_age", "weak_battery"], 3)
    text = " ".join(str(found).split())
    assert "with age of the battery: under 3 years" in text and "without age" not in text


@pytest.mark.parametrize("told", [True, "yes", "Yes"])
def test_a_finding_is_refused_however_it_is_told(told: str | bool) -> None:
    car = bb.load("car")
    with pytest.raises(bb.BackpainError, match=r"one of the findings \(weak_battery=yes\)"):
        most_probable(car, {"weak_battery": told}, ["weak_battery"])
    found = most_probable(car, {"weak_battery": told})
    assert found == most_probable(car, {"weak_battery": "yes"})
    assert "weak_battery" not in found.variables
