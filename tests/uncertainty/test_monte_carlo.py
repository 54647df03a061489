"""Parameter uncertainty: draws with the promised moments, and intervals that are quantiles of
networks rebuilt from the draws.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.explain.attribution import contributors
from backpain_bn.explain.conflict import conflict
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import parameters_of, places_of
from backpain_bn.model.variables import Source, Variable
from backpain_bn.uncertainty.draws import beta, drawn
from backpain_bn.uncertainty.monte_carlo import robustness
from backpain_bn.uncertainty.rank_flips import rank_flips
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS

YES_NO = ("no", "yes")
CASES = (
    {},
    {"pain": "yes"},
    {"pain": "no", "sit": "long"},
    {"pain": "yes", "weak": "yes", "ache": "no"},
    {"pain": "yes", "weak": {"no": 0.2, "yes": 0.9}},
    {"pain": "yes", "weak": "no", "sit": "medium", "ache": "yes"},
)
SOURCES = {
    id: Source(
        id, "claim" if id == "CLAIM" else "study", "says", read="C" if id == "UNREAD" else "A"
    )
    for id in ("ONE", "TWO", "CLAIM", "UNREAD")
}


def ranged(p: float, width: float, *sources: str) -> Number:
    return Number(p, p - p * width, p + (1 - p) * width, sources)


def small(width: float = 0.3) -> Network:
    """A root of three states, two noisy-ORs and a table; study ONE informs a leak, two links and a
    state, ranges scale with `width`.
    """
    load = Table(
        (), (Row((), (number(0.5), ranged(0.3, width, "ONE"), ranged(0.2, width, "ONE"))),)
    )
    weak = NoisyOr(
        ranged(0.2, width, "expert"),
        (Mechanism({"sit": ("medium", "long")}, ranged(0.4, width, "UNREAD", "ONE")),),
    )
    first = Mechanism({"weak": ("yes",)}, ranged(0.5, width, "CLAIM", "TWO", "ONE"))
    pain = NoisyOr(
        ranged(0.1, width, "CLAIM", "expert"),
        (first, Mechanism({"sit": ("long",)}, ranged(0.3, width, "ONE"))),
    )
    ache = Table(
        ("pain",),
        (
            Row(("no",), (number(0.9), ranged(0.1, width, "TWO"))),
            Row(("yes",), (number(0.3), ranged(0.7, width, "UNREAD"))),
        ),
    )
    return Network(
        "small",
        {
            "sit": Variable("sit", ("short", "medium", "long"), load, "Sitting", "risk_factor"),
            "weak": Variable("weak", YES_NO, weak, "Weak core", "impairment"),
            "pain": Variable("pain", YES_NO, pain, "Pain", "presentation"),
            "ache": Variable("ache", YES_NO, ache, "Ache", "presentation"),
        },
        outcome="pain",
        vocabulary=WORDS,
        sources=SOURCES,
    )


def rebuilt(network: Network, table: np.ndarray) -> Network:
    """Return the network whose numbers are one drawn set of parameters, in the order of
    `cpt.parameters`.
    """
    left = iter(table.tolist())

    def distribution(old: NoisyOr | Table) -> NoisyOr | Table:
        if isinstance(old, NoisyOr):
            p = [tuple(next(left) for _ in "ab")[1] for _ in range(1 + len(old.mechanisms))]
            return NoisyOr(
                number(p[0]),
                tuple(
                    Mechanism(m.when, number(q)) for m, q in zip(old.mechanisms, p[1:], strict=True)
                ),
            )
        return Table(
            old.parents,
            tuple(
                Row(row.given, tuple(number(next(left)) for _ in row.numbers)) for row in old.rows
            ),
        )

    variables = {
        name: replace(v, distribution=distribution(v.distribution))
        for name, v in network.variables.items()
    }
    return replace(network, variables=variables)


@given(st.floats(0.001, 0.999), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_the_beta_has_the_mean_and_the_spread_of_the_number(
    p: float, below: float, above: float
) -> None:
    one = Number(p, p * (1 - below), p + (1 - p) * above)
    shape, sd = beta(one), (one.high - one.low) / 3.92
    if shape is None:
        assert sd <= 1e-12
        return
    a, b = shape
    assert a / (a + b) == pytest.approx(p)
    variance = a * b / ((a + b) ** 2 * (a + b + 1))
    if max(a, b) > 1 + 1e-9:
        assert variance == pytest.approx(sd**2, rel=1e-6)
    else:
        assert variance <= sd**2 * (1 + 1e-9)
    assert max(a, b) >= 1 - 1e-9


def test_a_moderate_range_is_about_a_95_percent_interval() -> None:
    for one in (Number(0.25, 0.18, 0.33), Number(0.15, 0.05, 0.30), Number(0.6, 0.45, 0.78)):
        sample = np.random.default_rng(0).beta(*beta(one), size=100_000)
        assert np.mean((sample >= one.low) & (sample <= one.high)) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize("one", [number(0.3), Number(0.0, 0.0, 0.2), Number(1.0, 0.6, 1.0)])
def test_points_and_certainties_are_not_drawn(one: Number) -> None:
    assert beta(one) is None


def test_drawn_numbers_keep_their_moments_and_rows_sum_to_1() -> None:
    network = small()
    tables, own = drawn(network, 4000, seed=1), parameters_of(network)
    assert tables.shape == (4000, len(own))
    assert tables.min() > 0 and tables.max() < 1
    assert tables.mean(axis=0) == pytest.approx(own, abs=0.02)
    places = places_of(network)
    assert tables[:, places["sit"]].sum(axis=1) == pytest.approx(1, abs=1e-12)
    assert tables[:, places["pain"]].reshape(4000, 3, 2).sum(axis=2) == pytest.approx(1, abs=1e-12)
    link = tables[:, places["weak"].start + 3]
    assert (link.mean(), link.std()) == pytest.approx((0.4, 0.3 / 3.92), abs=0.005)


def test_one_study_has_one_draw_and_judgement_has_its_own() -> None:
    network = small()
    tables, places = drawn(network, 2000, seed=1), places_of(network)

    def rank(column: int) -> np.ndarray:
        return tables[:, column].argsort().argsort()

    def related(one: int, other: int) -> float:
        return float(np.corrcoef(rank(one), rank(other))[0, 1])

    sit, weak, pain, ache = (places[name].start for name in ("sit", "weak", "pain", "ache"))
    assert (rank(weak + 3) == rank(pain + 5)).all()
    assert (rank(pain + 3) == rank(ache + 1)).all()
    assert related(sit + 1, weak + 3) > 0.99
    for one, other in (
        (weak + 1, pain + 1),
        (weak + 1, weak + 3),
        (pain + 3, pain + 5),
        (ache + 1, ache + 3),
        (ache + 3, weak + 3),
    ):
        assert abs(related(one, other)) < 0.1
    assert abs(related(sit + 1, sit + 2)) < 0.1


def test_the_seed_decides_and_points_stay() -> None:
    network = small()
    assert (drawn(network, 7, 3) == drawn(network, 7, 3)).all()
    assert (drawn(network, 7, 3) != drawn(network, 7, 4)).any()
    points = small(0.0)
    assert (drawn(points, 4, 0) == parameters_of(points)).all()


def test_rows_that_overflow_are_scaled_back_and_zeros_stay() -> None:
    full = Row((), (number(0.0), Number(0.5, 0.1, 0.9), Number(0.5, 0.1, 0.9), number(0.0)))
    tight = Row((), (number(0.02), Number(0.49, 0.1, 0.9), Number(0.49, 0.1, 0.9), number(0.0)))
    network = Network(
        "rows",
        {
            name: Variable(name, tuple("wxyz"), Table((), (row,)))
            for name, row in (("a", full), ("b", tight))
        },
    )
    tables = drawn(network, 500, 0).reshape(500, 2, 4)
    assert tables.sum(axis=2) == pytest.approx(1, abs=1e-12)
    assert (tables[:, 0, 0] == 0).all() and (tables[:, :, 3] == 0).all()
    assert (tables[:, 1, 0] > 0).all() and tables[:, 1, 0].min() < 1e-9


@pytest.mark.parametrize("findings", CASES)
def test_everything_is_a_quantile_of_networks_rebuilt_from_the_draws(findings: bb.Findings) -> None:
    network, draws = small(), 25
    found = robustness(network, findings, draws=draws, seed=5)
    networks = [rebuilt(network, table) for table in drawn(network, draws, 5)]
    posteriors = np.vstack(
        [enumerate_beliefs(one, encode(one, [findings])).marginals for one in networks]
    )
    ends = np.quantile(posteriors, [0.05, 0.95], axis=0)
    assert found.low == pytest.approx(ends[0], abs=1e-10) and found.high == pytest.approx(
        ends[1], abs=1e-10
    )
    answers = [contributors(one, findings) for one in networks]
    shares = {
        row.contributor.variable: [
            {r.variable: r.share for r in a}[row.contributor.variable] for a in answers
        ]
        for row in found.rows
    }
    for row in found.rows:
        assert row.share == pytest.approx(
            np.quantile(shares[row.contributor.variable], [0.05, 0.95]), abs=1e-10
        )
        healthy = posteriors[:, network.slices[row.contributor.variable].start]
        assert row.present == pytest.approx(np.quantile(1 - healthy, [0.05, 0.95]), abs=1e-10)
        assert row.first == pytest.approx(
            np.mean([a[0].variable == row.contributor.variable for a in answers])
        )
    assert found.unexplained == pytest.approx(
        np.quantile([a.unexplained for a in answers], [0.05, 0.95]), abs=1e-10
    )
    one, two = (np.array(shares[row.contributor.variable]) for row in found.rows[:2])
    assert found.ahead == np.mean(one > two)


def test_intervals_shrink_to_the_point_as_ranges_do() -> None:
    findings = {"pain": "yes", "sit": "long"}
    widths = []
    for width in (0.1, 0.01, 0.001, 0.0):
        found = robustness(small(width), findings, draws=300)
        widths.append([found.high - found.low, *(np.diff(row.share) for row in found.rows)])
        assert [row.contributor.share for row in found.rows] == pytest.approx(
            [np.mean(row.share) for row in found.rows], abs=width
        )
    flat = [np.concatenate([np.ravel(part) for part in some]) for some in widths]
    moving = flat[0] > 1e-9
    assert moving.sum() >= 4
    assert flat[1][moving] == pytest.approx(flat[0][moving] / 10, rel=0.3)
    assert flat[2][moving] == pytest.approx(flat[1][moving] / 10, rel=0.05)
    assert flat[3] == pytest.approx(0, abs=1e-14)


def test_numbers_without_a_range_are_counted() -> None:
    network = two_causes(Number(0.5, 0.3, 0.7), number(0.4))
    found = robustness(network, {"pain": "yes"}, draws=20)
    assert "4 of the 5 numbers have no range, and stay as they are." in str(found)


def test_a_seed_below_zero_is_refused_in_words() -> None:
    for seed in (-1, "a", 1.5, True):
        with pytest.raises(bb.BackpainError, match=r"the seed is .*; it must be a whole number"):
            robustness(small(), {"pain": "yes"}, 20, seed)  # type: ignore[arg-type]


def two_causes(one: Number, other: Number) -> Network:
    pain = NoisyOr(
        number(0.05), (Mechanism({"a": ("yes",)}, one), Mechanism({"b": ("yes",)}, other))
    )
    causes = {
        name: Variable(name, YES_NO, prior(0.7, 0.3), f"Cause {name}", "impairment")
        for name in "ab"
    }
    return Network(
        "two",
        {**causes, "pain": Variable("pain", YES_NO, pain, "Pain", "presentation")},
        outcome="pain",
        vocabulary=WORDS,
    )


def test_like_causes_are_not_settled_and_unlike_ones_are() -> None:
    like = robustness(two_causes(Number(0.31, 0.1, 0.5), Number(0.3, 0.1, 0.5)), {"pain": "yes"})
    assert 0.4 < like.ahead < 0.65 and not like.settled
    assert like.rows[0].first == like.ahead
    assert "The order of the first two is not settled: cause a is ahead of cause b in" in str(like)
    unlike = robustness(two_causes(Number(0.6, 0.4, 0.8), Number(0.1, 0.05, 0.2)), {"pain": "yes"})
    assert unlike.settled and unlike.ahead > 0.99
    assert "not settled" not in str(unlike) and "Cause a comes first in" in str(unlike)


def test_the_strongest_rival_is_named_even_if_it_is_not_second() -> None:
    pain = NoisyOr(
        number(0.05),
        tuple(
            Mechanism({name: ("yes",)}, p)
            for name, p in (
                ("a", Number(0.3, 0.29, 0.31)),
                ("b", Number(0.28, 0.27, 0.29)),
                ("c", Number(0.25, 0.05, 0.6)),
            )
        ),
    )
    causes = {
        name: Variable(name, YES_NO, prior(0.7, 0.3), f"Cause {name}", "impairment")
        for name in "abc"
    }
    network = Network(
        "three",
        {**causes, "pain": Variable("pain", YES_NO, pain, "Pain", "presentation")},
        outcome="pain",
        vocabulary=WORDS,
    )
    found = robustness(network, {"pain": "yes"})
    assert found.settled and found.rows[0].first < 0.9 and found.rows[2].first > found.rows[1].first
    last = round(100 * found.rows[2].first)
    assert f"Cause a comes first in {100 - last} of 100 draws, cause c in {last}." in str(found)


def test_what_was_told_has_no_interval() -> None:
    found = robustness(small(), {"pain": "yes", "weak": "yes"})
    assert found.interval("weak", "yes") == (1, 1) and found.interval("weak", "no") == (0, 0)
    assert {row.contributor.variable: row.present for row in found.rows}["weak"] == (1, 1)
    assert "as told" in str(found)
    low, high = found.interval("sit", "long")
    assert low < found.now["sit"]["long"] < high


def test_a_network_of_one_cause_or_none() -> None:
    a = Variable(
        "a", YES_NO, Table((), (Row((), (number(0.6), Number(0.4, 0.3, 0.5))),)), "A", "risk_factor"
    )
    pain = Variable(
        "pain",
        YES_NO,
        NoisyOr(number(0.1), (Mechanism({"a": ("yes",)}, number(0.5)),)),
        "Pain",
        "presentation",
    )
    one = robustness(
        Network("one", {"a": a, "pain": pain}, outcome="pain", vocabulary=WORDS),
        {"pain": "yes"},
        draws=50,
    )
    assert one.ahead == 1 and one.rows[0].first == 1 and "not settled" not in str(one)
    bare = Network(
        "bare",
        {"pain": Variable("pain", YES_NO, prior(0.7, 0.3), "Pain", "presentation")},
        outcome="pain",
        vocabulary=WORDS,
    )
    none = robustness(bare, {"pain": "yes"}, draws=50)
    assert none.rows == () and none.to_dicts() == [] and none.unexplained == (1, 1)


@pytest.mark.parametrize("draws", [0, -1, 10.0, True, "1000"])
def test_a_number_of_draws_that_is_none_is_refused(draws: object) -> None:
    with pytest.raises(
        bb.BackpainError, match=r"number of draws is .*whole number from 1 to 1,000,000"
    ):
        robustness(small(), {}, draws=draws)  # type: ignore[arg-type]


def test_bad_findings_are_refused() -> None:
    with pytest.raises(bb.errors.UnknownName, match='unknown state of sit "lnog"'):
        robustness(small(), {"sit": "lnog"})
    with pytest.raises(bb.BackpainError, match="names no outcome"):
        robustness(replace(small(), outcome=""), {})
    never = Network(
        "never",
        {"pain": Variable("pain", YES_NO, prior(1.0, 0.0), "Pain", "presentation")},
        outcome="pain",
        vocabulary=WORDS,
    )
    with pytest.raises(bb.errors.ImpossibleEvidence):
        robustness(never, {"pain": "yes"})
    with pytest.raises(bb.errors.UnknownName, match="unknown variable"):
        robustness(small(), {}, draws=5).interval("wek", "yes")


def test_parts_agree_with_the_functions_of_their_own() -> None:
    network, findings = small(), {"pain": "yes", "ache": "yes"}
    found = robustness(network, findings, draws=50)
    assert found.rows[0].contributor.variable == found.answer[0].variable
    text = str(found)
    flips, fit = rank_flips(network, findings, found.answer), conflict(network, findings)
    whole = str(replace(found, rank_flips=flips, conflict=fit))
    assert whole == "\n\n".join((text, str(flips), str(fit)))
    assert flips.first == found.rows[0].contributor.variable and fit.bits < 0
    frame = found.to_frame()
    assert list(frame["variable"]) == [row.contributor.variable for row in found.rows]
    assert (frame["share_low"] <= frame["share_high"]).all() and frame[
        "first"
    ].sum() == pytest.approx(1)


def test_a_runner_without_pain_is_not_told_of_this_pain() -> None:
    text = str(robustness(small(), {"pain": "no"}, draws=50))
    assert "this pain" not in text and "Share of any outcome:" in text
