"""The arithmetic between what a paper states and what a network holds, against numbers worked out
apart from it.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backpain_bn.errors import BackpainError
from backpain_bn.formats.effect_sizes import (
    baseline,
    from_hazard_ratio,
    from_odds_ratio,
    from_risk_ratio,
    prevalence,
)
from backpain_bn.formats.network_file import build, vocabulary_of
from backpain_bn.formats.schema import CauseShape, NetworkShape, VariableShape
from backpain_bn.formats.shape_problems import checked
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.problems_of_one import Problem
from backpain_bn.model.variables import Source, Variable
from backpain_bn.red_flags.rules import Rules

ROWS = {"X": Source("X", "study", "a study", read="A")}
UNIT = {"range": ["0", "1"], "sources": ["expert"]}


def data(
    marginal: str | None = "0.25", leak: str = "0.05", root: str = "0.3", **strength: Any
) -> dict[str, Any]:
    cause = {"when": {"a": "yes"}, "sources": ["X"]} | strength
    effect: dict[str, Any] = {
        "label": "E",
        "role": "mechanism",
        "states": ["no", "yes"],
        "leak": {"p": leak} | UNIT,
        "causes": [cause],
    }
    if marginal is not None:
        effect["marginal"] = {"p": marginal} | UNIT
    cause_of_it = {
        "label": "A",
        "role": "form",
        "states": ["no", "yes"],
        "prior": {"yes": {"p": root} | UNIT},
    }
    roles = {"form": {"title": "Form"}, "mechanism": {"title": "Mechanisms"}}
    conversion = {"prior_sd": "0.35", "scale": "0.67", "designs": {"whole": "1", "half": "0.5"}}
    return {
        "name": "n",
        "version": "1",
        "conversion": conversion,
        "vocabulary": {"roles": roles},
        "variables": {"a": cause_of_it, "e": effect},
    }


def built(content: dict[str, Any]) -> tuple[Network | None, list[Problem]]:
    """Return what a file of this content holds, or what is wrong with its meaning."""
    shape, problems = checked(NetworkShape, content)
    assert shape is not None, problems
    return build(shape, ROWS, Rules(), vocabulary_of(shape.vocabulary))


def converted(**strength: Any) -> Number:
    network, problems = built(data(**strength))
    assert network is not None, problems
    model = network["e"].distribution
    assert isinstance(model, NoisyOr)
    return model.mechanisms[0].number


def problems_of(**strength: Any) -> list[Problem]:
    network, problems = built(data(**strength))
    assert network is None
    return problems


def solve(marginal: float, q: float, exposed: Any) -> float:
    """Return p0 with (1 - q) p0 + q exposed(p0) = marginal, by halving."""
    low, high = 0.0, 1.0
    for _ in range(200):
        p0 = (low + high) / 2
        low, high = (low, p0) if (1 - q) * p0 + q * exposed(p0) > marginal else (p0, high)
    return low


EXPOSED = {
    "odds_ratio": lambda ratio: lambda p0: ratio * p0 / (1 - p0 + ratio * p0),
    "risk_ratio": lambda ratio: lambda p0: min(ratio * p0, 1.0),
    "hazard_ratio": lambda ratio: lambda p0: 1 - (1 - p0) ** ratio,
}


@pytest.mark.parametrize("spelling", ["odds_ratio", "risk_ratio", "hazard_ratio"])
@pytest.mark.parametrize(("design", "discount"), [("whole", 1.0), ("half", 0.5)])
@pytest.mark.parametrize("carried", ["0", "0.02"])
def test_a_ratio_becomes_the_link_that_reproduces_it(
    spelling: str, design: str, discount: float, carried: str
) -> None:
    """b = ln 2.5 = 0.9163, SE = (ln 4 - ln 1.5) / 3.92 = 0.2502, weight = 0.1225 / (0.1225 +
    0.0626) = 0.6618, b* = 0.6064, sd* = 0.2035.
    """
    weight = 0.35**2 / (0.35**2 + 0.250212**2)
    expected = []
    for z in (0, -1.96, 1.96):
        ratio = math.exp(discount * 0.916291 * weight + z * math.sqrt(weight) * 0.250212)
        p0 = solve(0.25, 0.3, EXPOSED[spelling](ratio))
        w = max(EXPOSED[spelling](ratio)(p0) - p0 - float(carried), 0) / (1 - p0)
        expected.append(1 - (1 - w) ** 0.67)
    made = converted(**{spelling: "2.5"}, range=["1.5", "4"], design=design, carried=carried)
    assert [made.p, made.low, made.high] == pytest.approx(expected, abs=2e-5)
    assert made.published == f"{spelling.replace('_', ' ')} 2.5 (1.5 to 4)"


def test_worked_by_hand() -> None:
    """OR* = e^0.6064 = 1.834; p0 = 0.2093, p1 = 0.3448 gives 0.7 * 0.2093 + 0.3 * 0.3448 = 0.25; w
    = 0.1715; 1 - 0.8285^0.67 = 0.1184... with leak.
    """
    made = converted(odds_ratio="2.5", range=["1.5", "4"], design="whole")
    p0, p1 = baseline(0.25, 0.3, 1.8338)
    assert 0.7 * p0 + 0.3 * p1 == pytest.approx(0.25) and p1 / (1 - p1) == pytest.approx(
        1.8338 * p0 / (1 - p0)
    )
    assert made.p == pytest.approx(1 - (1 - (p1 - p0) / (1 - p0)) ** 0.67, abs=1e-5)


def test_a_difference_is_its_odds_ratio() -> None:
    """SMD 0.5 (0.2 to 0.8): ln OR = 1.8138 d, so OR 2.476 (1.437 to 4.267)."""
    one = converted(smd="0.5", range=["0.2", "0.8"], design="whole")
    other = converted(
        odds_ratio=repr(math.exp(0.5 * math.pi / 3**0.5)),
        range=[repr(math.exp(x * math.pi / 3**0.5)) for x in (0.2, 0.8)],
        design="whole",
    )
    assert [one.p, one.low, one.high] == pytest.approx([other.p, other.low, other.high])
    assert one.published == "smd 0.5 (0.2 to 0.8)"


def test_a_p_value_stands_for_an_interval() -> None:
    """Two-sided p = 0.05 of ln 2.5: SE = 0.9163 / 1.96 = 0.4675, so the interval is 1 to 6.25."""
    one = converted(odds_ratio="2.5", p_value="0.05", design="whole")
    other = converted(odds_ratio="2.5", range=["1", "6.25"], design="whole")
    assert [one.p, one.low, one.high] == pytest.approx([other.p, other.low, other.high], abs=1e-6)
    assert one.published == "odds ratio 2.5 (p = 0.05)"


def test_the_exposure_of_a_single_root_need_not_be_written() -> None:
    written = converted(odds_ratio="2.5", range=["1.5", "4"], design="whole", exposure="0.3")
    assert written == converted(odds_ratio="2.5", range=["1.5", "4"], design="whole")
    assert (
        written.p
        != converted(odds_ratio="2.5", range=["1.5", "4"], design="whole", exposure="0.1").p
    )


def test_a_risk_includes_the_leak() -> None:
    """(0.3 - 0.05) / 0.95 = 0.26316, (0.2 - 0.05) / 0.95 = 0.15789, (0.4 - 0.05) / 0.95 =
    0.36842.
    """
    made = converted(risk="0.3", range=["0.2", "0.4"])
    assert [made.p, made.low, made.high] == pytest.approx([0.263158, 0.157895, 0.368421], abs=1e-6)
    assert made.published == "risk 0.3 (0.2 to 0.4)"


WRONG = [
    ({"odds_ratio": "2.5", "range": ["1.5", "4"]}, ["causes.0.design: an odds ratio needs "
                                                    "`design`, one of: whole, half"]),
    ({"odds_ratio": "2.5", "range": ["1.5", "4"], "design": "hole"}, ['causes.0.design: unknown design "hole"; did you mean "whole"? allowed: whole, half']),
    ({"smd": "0.5", "range": ["0.2", "0.8"], "design": "whole", "marginal": None}, ["causes.0.smd: an smd needs the `marginal` of its effect, between 0 and 1"]),
    ({"odds_ratio": "2.5", "range": ["1.5", "4"], "design": "whole", "marginal": "0"}, ["causes.0.odds_ratio: an odds ratio needs the `marginal` of its effect, between 0 and 1"]),
    ({"risk_ratio": "2", "range": ["1.5", "4"], "design": "whole", "when": {"a": "yes", "b": "yes"}},
     ["causes.0.exposure: a risk ratio needs `exposure`, the prevalence of its conditions, in [0, "
      "1)", 'causes.0.when.b: unknown parent of e "b"; allowed: a']),
    ({"risk_ratio": "2", "range": ["1.5", "4"], "design": "whole", "exposure": "1"}, ["causes.0.exposure: a risk ratio needs `exposure`, the prevalence of its conditions, in [0, 1)"]),
    ({"risk_ratio": "50", "range": ["40", "60"], "design": "whole", "exposure": "0.001"},
     ["causes.0.risk_ratio: risk ratio 50 cannot hold with marginal 0.25 and exposure 0.001: a "
      "risk would be 1 or more"]),
    ({"odds_ratio": "2.5", "range": ["1.5", "4"], "p_value": "0.1", "design": "whole"}, ["causes.0.range: a ratio needs its 95 % interval (range) or its p_value, and not both"]),
    ({"odds_ratio": "2.5", "design": "whole"}, ["causes.0.range: a ratio needs its 95 % interval "
                                                "(range) or its p_value, and not both"]),
    ({"odds_ratio": "2.5", "range": ["3", "4"], "design": "whole"}, ["causes.0.range: range [3, 4] must lie around 2.5"]),
    ({"odds_ratio": "2.5", "range": ["0", "4"], "design": "whole"}, ["causes.0.range: the interval of a ratio lies above 0; range begins at 0"]),
    ({"odds_ratio": "-1", "range": ["-2", "4"], "design": "whole"},
     ["causes.0.odds_ratio: odds_ratio must lie between 0.0001 and 10000, not -1", "causes.0.range: the interval of a ratio lies above 0; range begins at -2"]),
    ({"hazard_ratio": "1e300", "range": ["1", "1e301"], "design": "whole"}, ["causes.0.hazard_ratio: hazard_ratio must lie between 0.0001 and 10000, not 1e+300"]),
    ({"smd": "500", "range": ["1", "1000"], "design": "whole"}, ["causes.0.smd: smd must lie "
                                                                 "between -5 and 5, not 500"]),
    ({"odds_ratio": "2.5", "p_value": "0", "design": "whole"}, ["causes.0.p_value: p_value must "
                                                                "lie between 0 and 1, not 0"]),
    ({"odds_ratio": "1", "p_value": "0.5", "design": "whole"},
     ["causes.0.p_value: a result of no association has no standard error that a p_value could "
      "give: print its interval as range"]),
    ({"odds_ratio": "2.5", "range": ["1.5", "4"], "design": "whole", "carried": "-5"}, ["causes.0.carried: carried is a difference of risks in [0, 1], not -5"]),
    ({"p": "0.3", "range": ["0.2", "0.4"], "design": "whole"}, ["causes.0.design: design belongs "
                                                                "to a published ratio; this cause "
                                                                "gives p"]),
    ({"risk": "0.3", "range": ["0.2", "0.4"], "exposure": "0.1"}, ["causes.0.exposure: exposure "
                                                                   "belongs to a published ratio; "
                                                                   "this cause gives risk"]),
    ({"risk": "0.03", "range": ["0.02", "0.4"]}, ["causes.0.risk: risk 0.03 and its range must "
                                                  "lie between the leak 0.05 of e and 1"]),
    ({"risk": "0.3", "range": ["0.02", "0.4"]}, ["causes.0.risk: risk 0.3 and its range must lie "
                                                 "between the leak 0.05 of e and 1"]),
    ({"risk": "0.3", "range": ["0.35", "0.4"]}, ["causes.0.range: range [0.35, 0.4] must lie "
                                                 "around 0.3"]),
    ({"risk": "1", "range": ["1", "1"], "leak": "1"}, ["causes.0.risk: risk 1 and its range must "
                                                       "lie between the leak 1 of e and 1"]),
]  # fmt: skip


@pytest.mark.parametrize(("strength", "expected"), WRONG)
def test_what_cannot_be_converted_says_why(strength: dict[str, Any], expected: list[str]) -> None:
    assert [
        ".".join(map(str, problem.path[2:])) + ": " + problem.message
        for problem in problems_of(**strength)
    ] == expected


ratios = st.floats(-4, 4).map(math.exp)
share = st.floats(0.001, 0.999)


@settings(max_examples=300, deadline=None)
@given(spelling=st.sampled_from(sorted(EXPOSED)), ratio=ratios, below=st.floats(0, 3), above=st.floats(0, 3), marginal=share, exposure=st.floats(0, 0.99),
       carried=st.floats(0, 1), design=st.sampled_from(["whole", "half"]))  # fmt: skip
def test_a_link_and_its_range_are_probabilities_in_order(
    spelling: str,
    ratio: float,
    below: float,
    above: float,
    marginal: float,
    exposure: float,
    carried: float,
    design: str,
) -> None:
    given = {
        spelling: repr(ratio),
        "range": [repr(ratio * math.exp(-below)), repr(ratio * math.exp(above))],
    }
    whole = {"design": design, "exposure": repr(exposure), "carried": repr(carried)}
    network, problems = built(data(marginal=repr(marginal), **whole, **given))
    if network is None:
        assert (
            spelling == "risk_ratio"
            and [p for p in problems if "cannot hold with marginal" not in p.message] == []
        )
        return
    model = network["e"].distribution
    assert isinstance(model, NoisyOr)
    made = model.mechanisms[0].number
    assert 0 <= made.low <= made.p <= made.high <= 1
    assert ratio > 1 or made.p == 0


@settings(max_examples=200, deadline=None)
@given(
    ratio=st.floats(-4, 4).map(math.exp), marginal=st.floats(0.01, 0.9), exposure=st.floats(0, 0.95)
)
def test_odds_and_hazard_ratios_are_reproduced(
    ratio: float, marginal: float, exposure: float
) -> None:
    p0, p1 = baseline(marginal, exposure, ratio)
    assert 0 < p0 < 1 and 0 < p1 < 1
    assert (1 - exposure) * p0 + exposure * p1 == pytest.approx(marginal) and p1 / (
        1 - p1
    ) == pytest.approx(ratio * p0 / (1 - p0))
    if ratio > 1:
        w = from_odds_ratio(ratio, marginal, exposure)
        assert 1 - (1 - p0) * (1 - w) == pytest.approx(p1)
        h = from_hazard_ratio(ratio, marginal, exposure)
        start = solve(marginal, exposure, EXPOSED["hazard_ratio"](ratio))
        assert 1 - (1 - start) * (1 - h) == pytest.approx(1 - (1 - start) ** ratio, abs=1e-9)
        if ratio * marginal < 0.9:
            r = from_risk_ratio(ratio, marginal, exposure)
            start = marginal / (1 - exposure + exposure * ratio)
            assert 1 - (1 - start) * (1 - r) == pytest.approx(ratio * start)


def test_a_noisy_or_over_many_parents_is_not_written_out() -> None:
    roots = {f"r{i}": Variable(f"r{i}", ("no", "yes"), prior(0.5, 0.5)) for i in range(22)}
    model = NoisyOr(number(0.1), tuple(Mechanism({name: ("yes",)}, number(0.1)) for name in roots))
    network = Network("wide", roots | {"y": Variable("y", ("no", "yes"), model)})
    with pytest.raises(BackpainError, match="22 parents and 4194304 rows"):
        network.table("y")


def test_a_conjunction_of_alternatives_is_written_out_cell_by_cell() -> None:
    model = NoisyOr(
        number(0.1),
        (
            Mechanism({"a": ("y", "z"), "b": ("yes",)}, number(0.5)),
            Mechanism({"a": ("z",)}, number(0.2)),
        ),
    )
    a, b = (
        Variable("a", ("x", "y", "z"), prior(0.2, 0.3, 0.5)),
        Variable("b", ("no", "yes"), prior(0.5, 0.5)),
    )
    network = Network("n", {"a": a, "b": b, "e": Variable("e", ("no", "yes"), model)})
    assert network.table("e")[..., 0].tolist() == [
        [0.9, 0.9],
        [0.9, 0.45],
        [pytest.approx(0.72), pytest.approx(0.36)],
    ]


@pytest.mark.parametrize(("when", "expected"), [
    ({"load": "high"}, 0.1), ({"load": ["some", "high"]}, 0.4), ({"load": "low"}, 0.6),
    ({"load": ["low", "some", "high"]}, 1.0), ({"load": "other"}, 0.0),
    ({"load": "high", "age": "old"}, None), ({"age": "old"}, None), ({"weak": "yes"}, None),
])  # fmt: skip
def test_how_common_one_condition_on_a_root_is(
    when: dict[str, Any], expected: float | None
) -> None:
    share = {"range": ["0", "1"], "sources": ["expert"]}
    load = {"some": {"p": "0.3", **share}, "high": {"p": "0.1", **share}}
    shapes = {
        "load": VariableShape.model_validate(
            {"label": "Load", "states": ["low", "some", "high"], "prior": load}
        ),
        "weak": VariableShape.model_validate(
            {"label": "Weak", "states": ["no", "yes"], "leak": {"p": "0.1", **share}}
        ),
    }
    cause = CauseShape.model_validate({"when": when, "p": "0.5", **share})
    assert prevalence(cause, shapes) == (expected if expected is None else pytest.approx(expected))
