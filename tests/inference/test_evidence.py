"""What somebody types as findings: accepted, or refused with what was typed, what is allowed, and
the nearest match.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from decimal import Decimal
from itertools import combinations
from typing import Any

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.errors import LONGEST_ECHO
from backpain_bn.inference import evidence
from backpain_bn.inference.engine import engine_for
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.enumeration import enumerate_beliefs

STATES = ("no", "yes")


def binary(
    name: str, parents: tuple[str, ...] = (), p: Callable[..., float] = lambda: 0.5
) -> Variable:
    """Return P(yes | parents) = p(*whether each parent is yes)."""
    rows = []
    for index in range(2 ** len(parents)):
        bits = [bool(index >> (len(parents) - 1 - k) & 1) for k in range(len(parents))]
        rows.append(
            Row(tuple(STATES[bit] for bit in bits), (number(1 - p(*bits)), number(p(*bits))))
        )
    return Variable(name, STATES, Table(parents, tuple(rows)), label=f"The {name}")


def asia(extra: int = 0) -> Network:
    """Lauritzen and Spiegelhalter's network (1988), in which `either` is a deterministic or, and
    `extra` variables beside it.
    """
    parts = [
        binary("trip", p=lambda: 0.01), binary("smoke"), binary("tub", ("trip",), lambda t: 0.05 if t else 0.01),
        binary("lung", ("smoke",), lambda s: 0.1 if s else 0.01), binary("bronc", ("smoke",), lambda s: 0.6 if s else 0.3),
        binary("either", ("tub", "lung"), lambda t, x: float(t or x)), binary("xray", ("either",), lambda e: 0.98 if e else 0.05),
        binary("dysp", ("bronc", "either"), lambda b, e: (0.9 if e else 0.8) if b else (0.7 if e else 0.1)),
    ]  # fmt: skip
    parts += [binary(f"more{i}", ("smoke",), lambda s: 0.3 if s else 0.2) for i in range(extra)]
    return Network("asia", {part.name: part for part in parts})


SIT = Network(
    "small",
    {
        "sit": Variable("sit", ("under_4", "4_to_8", "over_8"), prior(0.2, 0.3, 0.5)),
        "core": Variable("core", STATES, prior(0.6, 0.4)),
    },
)
NUMBER = "it must be a number from 0 up"
REFUSED: list[tuple[Any, type[bb.BackpainError], str]] = [
    ({"cor": "yes"}, bb.errors.UnknownName, 'unknown variable "cor"; did you mean "core"? allowed: sit, '
                                     'core'),
    ({"sit": "9"}, bb.errors.UnknownName, 'unknown state of sit "9"; allowed: under_4, 4_to_8, over_8'),
    ({"sit": 9}, bb.errors.UnknownName, "unknown state of sit 9; allowed: under_4, 4_to_8, over_8"),
    ({"sit": "over 8"}, bb.errors.UnknownName, 'unknown state of sit "over 8"; did you mean "over_8"? '
                                        'allowed: under_4, 4_to_8, over_8'),
    ({"core": " yes"}, bb.errors.UnknownName, 'unknown state of core " yes"; did you mean "yes"? '
                                       'allowed: no, yes'),
    ({"core": "Yess"}, bb.errors.UnknownName, 'unknown state of core "Yess"; did you mean "yes"? allowed: no, yes'),
    ({"core": ""}, bb.errors.UnknownName, 'unknown state of core ""; allowed: no, yes'),
    ({"sit": True}, bb.errors.UnknownName, "unknown state of sit True; allowed: under_4, 4_to_8, over_8"),
    ({"core": 0}, bb.errors.UnknownName, "unknown state of core 0; allowed: no, yes"),
    ({"core": 1.0}, bb.errors.UnknownName, "unknown state of core 1.0; allowed: no, yes"),
    ({"core": math.nan}, bb.errors.UnknownName, "unknown state of core nan; allowed: no, yes"),
    ({"sit": np.False_}, bb.errors.UnknownName, "unknown state of sit np.False_; allowed: under_4, 4_to_8, "
                                         "over_8"),
    ({"core": np.int64(1)}, bb.errors.UnknownName, "unknown state of core np.int64(1); allowed: no, yes"),
    ({"core": b"yes"}, bb.errors.UnknownName, "unknown state of core b'yes'; did you mean \"yes\"? "
                                       "allowed: no, yes"),
    ({"core": ["yes"]}, bb.errors.UnknownName, "unknown state of core ['yes']; did you mean \"yes\"? "
                                        "allowed: no, yes"),
    ({"core": "\x1b[31m\n"}, bb.errors.UnknownName, 'unknown state of core "?[31m "; allowed: no, yes'),
    ({5: "yes"}, bb.errors.UnknownName, "a variable is named by text, not 5"),
    ({None: "yes"}, bb.errors.UnknownName, "a variable is named by text, not None"),
    ([("core", "yes")], bb.BackpainError, "findings must map variables to states, not list"),
    ("core=yes", bb.BackpainError, "findings must map variables to states, not str"),
    ({"core": {}}, bb.BackpainError, "the likelihoods of core are all zero: nothing is left that "
                                     "core could be"),
    ({"core": {"yes": 0, "no": 0}}, bb.BackpainError, "the likelihoods of core are all zero: "
                                                      "nothing is left that core could be"),
    ({"core": {"yes": -1}}, bb.BackpainError, f"the likelihood of core=yes is -1; {NUMBER}"),
    ({"core": {"yes": math.nan}}, bb.BackpainError, f"the likelihood of core=yes is nan; {NUMBER}"),
    ({"core": {"yes": math.inf}}, bb.BackpainError, f"the likelihood of core=yes is inf; {NUMBER}"),
    ({"core": {"yes": True}}, bb.BackpainError, f"the likelihood of core=yes is True; {NUMBER}"),
    ({"core": {"yes": np.True_}}, bb.BackpainError, "the likelihood of core=yes is np.True_; "
                                                    f"{NUMBER}"),
    ({"core": {"yes": None}}, bb.BackpainError, f"the likelihood of core=yes is None; {NUMBER}"),
    ({"core": {"yes": [1]}}, bb.BackpainError, f"the likelihood of core=yes is [1]; {NUMBER}"),
    ({"core": {"yes": b"1"}}, bb.BackpainError, f"the likelihood of core=yes is b'1'; {NUMBER}"),
    ({"core": {"yes": "often"}}, bb.BackpainError, 'the likelihood of core=yes is "often"; '
                                                   f'{NUMBER}'),
    ({"core": {"yes": "0.8"}}, bb.BackpainError, f'the likelihood of core=yes is "0.8"; {NUMBER}'),
    ({"core": {"yes": Decimal("sNaN")}}, bb.BackpainError, "the likelihood of core=yes is "
                                                           f"Decimal('sNaN'); {NUMBER}"),
    ({"core": {"yes": 1j}}, bb.BackpainError, f"the likelihood of core=yes is 1j; {NUMBER}"),
    ({"core": {"yes": 10**400}}, bb.BackpainError, "the likelihood of core=yes is "
                                                   f"{'1' + '0' * 39}…; {NUMBER}"),
    ({"core": {"ja": 1}}, bb.errors.UnknownName, 'unknown state of core "ja"; allowed: no, yes'),
    ({"core": {1: 1}}, bb.errors.UnknownName, "unknown state of core 1; allowed: no, yes"),
]  # fmt: skip


@pytest.mark.parametrize(("findings", "kind", "message"), REFUSED, ids=range(len(REFUSED)))
@pytest.mark.parametrize(
    "ask",
    [lambda findings: encode(SIT, [findings]), lambda findings: bb.posterior(SIT, findings)],
    ids=["encode", "posterior"],
)
def test_what_cannot_be_used_is_refused_with_what_can(
    findings: Any, kind: type[bb.BackpainError], message: str, ask: Callable[[Any], Any]
) -> None:
    with pytest.raises(bb.BackpainError) as error:
        ask(findings)
    assert type(error.value) is kind and str(error.value) == message


def test_what_is_left_out_or_none_is_not_observed() -> None:
    assert encode(SIT, [{}, {"core": None}]).tolist() == [[1.0] * 5] * 2
    assert bb.posterior(SIT, {"core": None})["core"]["yes"] == pytest.approx(0.4)


@pytest.mark.parametrize("likelihoods", [
    {"no": 0.2, "yes": 0.8}, {"no": 1, "yes": 4}, {"no": np.float32(1), "yes": np.int64(4)}, {"no": 5e-324, "yes": 2e-323}, {"no": 2e307, "yes": 8e307},
], ids=str)  # fmt: skip
def test_only_ratios_of_likelihoods_matter(likelihoods: Any) -> None:
    assert encode(SIT, [{"core": likelihoods}])[0, 3:].tolist() == pytest.approx([0.25, 1.0])
    assert bb.posterior(SIT, {"core": likelihoods})["core"]["yes"] == pytest.approx(1.6 / 2.2)


def test_states_without_a_likelihood_are_ruled_out() -> None:
    assert encode(SIT, [{"sit": {"over_8": 0.1}}, {"sit": np.str_("4_to_8")}])[:, :3].tolist() == [
        [0, 0, 1],
        [0, 1, 0],
    ]


@settings(deadline=None)
@given(st.text(min_size=LONGEST_ECHO + 1, max_size=300))
def test_an_error_repeats_no_more_than_forty_characters(story: str) -> None:
    for findings in (
        {"core": story},
        {story: "yes"},
        {"core": {"yes": story}},
        {"core": {story: 1}},
        {"core": [story]},
        {"core": {"yes": [story]}},
    ):
        with pytest.raises(bb.BackpainError) as error:
            encode(SIT, [findings])
        message = str(error.value)
        parts = (" ".join(story.split()), repr(story), story)
        assert not any(
            part[i : i + LONGEST_ECHO + 1] in message
            for part in parts
            for i in range(max(len(part) - LONGEST_ECHO, 0))
        )
        assert message.isprintable()


def impossible(network: Network, findings: dict[str, Any]) -> str:
    with pytest.raises(bb.errors.ImpossibleEvidence) as error:
        bb.posterior(network, findings)
    return str(error.value)


CANNOT = "these findings cannot hold together in asia: "


@pytest.mark.parametrize("others", [0, 20])
def test_a_smallest_set_is_named_by_its_labels(others: int) -> None:
    network = asia(others)
    rest = {f"more{i}": STATES[i % 2] for i in range(others)}
    assert (
        impossible(network, rest | {"tub": "yes", "either": "no"})
        == f"{CANNOT}The tub (tub=yes), The either (either=no)"
    )
    three = {
        "tub": "no",
        "xray": "yes",
        "lung": "no",
        "dysp": "yes",
        "either": "yes",
        "bronc": None,
    }
    assert (
        impossible(network, three | rest)
        == f"{CANNOT}The tub (tub=no), The lung (lung=no), The either (either=yes)"
    )
    assert (
        impossible(network, rest | three)
        == f"{CANNOT}The tub (tub=no), The lung (lung=no), The either (either=yes)"
    )
    # two conflicts at once: the smaller one is named, wherever it stands
    assert impossible(
        network, rest | {"tub": "no", "lung": {"no": 1, "yes": 0}, "either": "yes"}
    ).endswith("The lung (lung=uncertain), The either (either=yes)")


def test_a_smaller_set_is_found_behind_a_larger_one() -> None:
    """d is yes exactly if a, b and c are; e is yes exactly if a is."""
    parts = [binary(name) for name in "abc"]
    parts += [
        binary("d", ("a", "b", "c"), lambda a, b, c: float(a and b and c)),
        binary("e", ("a",), float),
    ]
    network = Network("and", {part.name: part for part in parts})
    message = "these findings cannot hold together in and: The a (a=yes), The e (e=no)"
    findings = {"a": "yes", "b": "yes", "c": "yes", "d": "no", "e": "no"}
    for order in (list(findings), list(findings)[::-1]):
        words = impossible(network, {name: findings[name] for name in order})
        assert set(
            words.removeprefix("these findings cannot hold together in and: ").split(", ")
        ) == {"The a (a=yes)", "The e (e=no)"}
    assert impossible(network, findings) == message
    del findings["e"]
    assert impossible(network, findings).count("The ") == 4


def test_one_that_cannot_be_is_named_before_two_that_cannot_be_together() -> None:
    parts = [binary("never", p=lambda: 0.0), binary("a"), binary("b", ("a",), float)]
    network = Network("one", {part.name: part for part in parts})
    said = impossible(network, {"never": "yes", "a": "yes", "b": "no"})
    assert said == "this finding has probability 0 in one: The never (never=yes)"


def test_where_the_search_would_take_long_no_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    together = {"tub": "yes", "either": "no"}
    one_set = evidence.CELLS_OF_A_SET + engine_for(asia()).dense.order_of_all.cells
    monkeypatch.setattr(evidence, "MOST_CELLS", 2 * one_set)
    assert impossible(asia(), together) == f"{CANNOT}The tub (tub=yes), The either (either=no)"
    monkeypatch.setattr(evidence, "MOST_CELLS", 2 * one_set - 1)
    assert impossible(asia(), together) == CANNOT.removesuffix(": ")


def test_where_there_are_many_sets_one_that_cannot_be_made_smaller_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    findings = {"smoke": "no", "tub": "no", "lung": "no", "either": "yes"}
    for most in (3, 4):
        monkeypatch.setattr(evidence, "MOST_SETS", most)
        assert impossible(asia(), findings).count("The ") == 3


def test_one_finding_alone_may_be_impossible() -> None:
    network = Network(
        "one",
        {
            "a": Variable("a", STATES, prior(1.0, 0.0)),
            "b": Variable(
                "b", STATES, NoisyOr(number(0.0), (Mechanism({"a": ("yes",)}, number(1.0)),))
            ),
        },
    )
    assert impossible(network, {"b": "yes"}) == "this finding has probability 0 in one: b (b=yes)"
    assert (
        impossible(network, {"b": "yes", "a": "no"})
        == "this finding has probability 0 in one: b (b=yes)"
    )


@pytest.mark.parametrize("seed", range(30))
def test_named_sets_are_impossible_and_smallest(seed: int) -> None:
    network, draw = asia(), random.Random(seed)
    findings = {
        name: draw.choice(STATES)
        for name in draw.sample(list(network.variables), draw.randint(2, 8))
    }

    def possible(names: tuple[str, ...]) -> bool:
        return bool(
            np.isfinite(
                enumerate_beliefs(
                    network, encode(network, [{name: findings[name] for name in names}])
                ).log_evidence[0]
            )
        )

    if possible(tuple(findings)):
        assert math.isfinite(bb.posterior(network, findings).log_evidence)
        return
    message = impossible(network, findings)
    named = tuple(name for name in findings if f"({name}=" in message)
    assert named and not possible(named)
    assert all(
        possible(names) for size in range(len(named)) for names in combinations(findings, size)
    )


def test_the_order_of_findings_does_not_matter(car: Network) -> None:
    findings = {
        "battery_age": "over_5_years",
        "no_start": "yes",
        "weak_battery": {"no": 0.3, "yes": 0.7},
        "fuel_gauge": "empty",
        "clicking": "yes",
    }
    one, other = (
        bb.posterior(car, findings),
        bb.posterior(car, dict(reversed(findings.items()))),
    )
    assert other.row == pytest.approx(one.row, abs=1e-14)
    assert other.log_evidence == pytest.approx(one.log_evidence, abs=1e-13)
    assert findings["weak_battery"] == {"no": 0.3, "yes": 0.7}


AMBIGUOUS = [np.array([1, 2]), pandas.Series([1, 2]), pandas.NA, np.array([["yes"], ["no"]])]


@pytest.mark.parametrize("value", AMBIGUOUS, ids=lambda value: type(value).__name__)
def test_a_value_that_is_no_truth_is_refused_as_any_other(car: Network, value: object) -> None:
    told: Any = {"no_start": value}
    ways: list[Callable[[], object]] = [
        lambda: bb.posterior(car, told),
        lambda: bb.diagnose(told, car),
    ]
    for way in ways:
        with pytest.raises(bb.BackpainError, match=r"unknown state of no_start .*allowed: no, yes"):
            way()
