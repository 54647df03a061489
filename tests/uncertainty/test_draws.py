"""Numbers drawn from their ranges, and the judgements behind converted ratios with them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backpain_bn.errors import BackpainError
from backpain_bn.formats.effect_sizes import link_strength
from backpain_bn.model.distributions import (
    Association,
    Conversion,
    Mechanism,
    NoisyOr,
    Number,
    number,
    prior,
)
from backpain_bn.model.network import Network
from backpain_bn.model.numbers import numbers_of, parameters_of
from backpain_bn.model.variables import Variable
from backpain_bn.uncertainty.draws import (
    check_draws,
    drawn,
    judged_otherwise,
    judgements,
    links_through,
)

YES_NO = ("no", "yes")
DRAWS = 4000
EXACT = 1e-6


def association(value: float, design: str, width: float = EXACT) -> Association:
    """Return an odds ratio whose interval is so narrow that only judgements move its link."""
    ends = (value * math.exp(-width), value * math.exp(width))
    return Association("odds_ratio", value, ends, None, design, marginal=0.2, exposure=0.3)


def judged(scale: Number, found: dict[str, Association], **designs: Number) -> Network:
    """Return a network whose one effect has a cause for each association."""
    conversion = Conversion(0.35, scale, designs)
    mechanisms = []
    for name, each in found.items():
        discount = designs[each.design].p
        p, low, high = (
            link_strength(each, conversion.prior_sd, discount, scale.p, z) for z in (0, -1.96, 1.96)
        )
        made = Number(p, min(low, p), max(high, p), derived=each)
        mechanisms.append(Mechanism({name: ("yes",)}, made))
    variables = {name: Variable(name, YES_NO, prior(0.7, 0.3)) for name in found}
    variables["effect"] = Variable("effect", YES_NO, NoisyOr(number(0.1), tuple(mechanisms)))
    return Network("judged", variables, outcome="effect", conversion=conversion)


def links(network: Network, tables: np.ndarray) -> dict[str, np.ndarray]:
    """Return the draws of each cause's link."""
    return {
        next(iter(one.when)): tables[:, one.first + 1]
        for one in numbers_of(network)
        if one.number.derived
    }


ONE = Number(1.0, 1.0, 1.0)


def test_one_draw_of_a_discount_is_shared_by_all_links_that_pass_it() -> None:
    found = {
        "a": association(3.0, "weak"),
        "b": association(1.5, "weak"),
        "c": association(3, "good"),
    }
    network = judged(ONE, found, weak=Number(0.5, 0.3, 0.7), good=ONE)
    draws = links(network, drawn(network, DRAWS, 0))
    assert np.corrcoef(draws["a"].argsort().argsort(), draws["b"].argsort().argsort())[0, 1] > 0.999
    assert np.ptp(draws["c"]) < 1e-5
    low, high = (link_strength(found["a"], 0.35, discount, 1.0) for discount in (0.3, 0.7))
    assert np.quantile(draws["a"], [0.025, 0.975]) == pytest.approx([low, high], abs=0.006)


def test_the_scale_is_drawn_once_for_all_links() -> None:
    found = {"a": association(3.0, "good"), "b": association(2.0, "good")}
    network = judged(Number(0.67, 0.5, 0.9), found, good=ONE)
    draws = links(network, drawn(network, DRAWS, 0))
    whole = {name: link_strength(each, 0.35, 1.0, 1.0) for name, each in found.items()}
    scales = {name: np.log1p(-draws[name]) / math.log1p(-whole[name]) for name in draws}
    assert scales["a"] == pytest.approx(scales["b"], rel=1e-3)
    assert scales["a"].mean() == pytest.approx(0.67, abs=0.01)


def test_without_ranges_of_judgements_a_link_follows_its_shrunk_interval() -> None:
    found = association(2.5, "good", width=0.5)
    network = judged(ONE, {"a": found}, good=ONE)
    draws = links(network, drawn(network, DRAWS, 0))["a"]
    ends = [link_strength(found, 0.35, 1.0, 1.0, z) for z in (-1.645, 0.0, 1.645)]
    assert np.quantile(draws, [0.05, 0.5, 0.95]) == pytest.approx(ends, abs=0.008)


def test_a_range_of_a_judgement_widens_what_is_drawn() -> None:
    found = {"a": association(2.5, "weak", width=0.3)}
    narrow, wide = (
        np.std(links(network, drawn(network, DRAWS, 0))["a"])
        for network in (
            judged(ONE, found, weak=Number(0.5, 0.5, 0.5)),
            judged(ONE, found, weak=Number(0.5, 0.2, 0.8)),
        )
    )
    assert wide > 1.1 * narrow


def test_another_judgement_changes_all_links_that_passed_it_and_no_other() -> None:
    found = {"a": association(3.0, "weak"), "b": association(3.0, "good")}
    network = judged(Number(0.67, 0.5, 0.9), found, weak=Number(0.5, 0.3, 0.7), good=ONE)
    assert list(judgements(network.conversion)) == ["scale", "discount of weak", "discount of good"]
    [through] = links_through(network, "discount of weak")
    assert set(through.when) == {"a"} and len(links_through(network, "scale")) == 2
    changed = judged_otherwise(network, "discount of weak", 0.7)
    own = parameters_of(network)
    expected = link_strength(found["a"], 0.35, 0.7, 0.67)
    assert changed[through.first + 1] == pytest.approx(expected)
    assert np.flatnonzero(changed != own).tolist() == [through.first, through.first + 1]
    assert judged_otherwise(network, "scale", 0.67) == pytest.approx(own)


@pytest.mark.parametrize("draws", [0, -1, True, 2.5, "many"])
def test_draws_are_a_whole_number_from_one_up(draws: int) -> None:
    with pytest.raises(BackpainError, match="whole number from 1 to 1,000,000"):
        check_draws(draws)
