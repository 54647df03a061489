"""How sure the answers about backs are: draws, single numbers, and what would turn the first place."""

from __future__ import annotations

import pytest

import backpain_bn as bb
from backpain_bn.explain.attribution import contributors
from backpain_bn.uncertainty.monte_carlo import robustness
from backpain_bn.uncertainty.one_way import sensitivity
from backpain_bn.uncertainty.rank_flips import rank_flips
from tests.backs.vignettes import DESK
from tests.uncertainty.networks import changed


def test_first_places_turn_where_it_is_said(voice: bb.Network) -> None:
    found = rank_flips(voice, DESK)
    assert found.share == pytest.approx(contributors(voice, DESK)[0].share)
    turns = [row for row in found.rows[:12] if row.at is not None and 1e-3 < row.at < 0.999]
    assert turns
    for row in turns:
        beyond, before = (
            row.at + (row.at - row.parameter.number.p) * side for side in (1e-4, -1e-4)
        )
        there, here = (
            contributors(changed(voice, row.parameter, p), DESK)[0] for p in (beyond, before)
        )
        assert (there.variable, here.variable) == (row.rival, found.first)
    assert {"turns_at", "rival", "within_range"} <= set(found.to_dicts()[0])


def test_curves_go_through_the_changed_networks(voice: bb.Network) -> None:
    again = sensitivity(voice, DESK, "tight_hip_flexors")
    assert again.now == pytest.approx(
        bb.posterior(voice, DESK).present("tight_hip_flexors"), abs=1e-14
    )
    for curve in again.rows[:12]:
        for t in (0.05, 0.6):
            moved = changed(voice, curve.parameter, t)
            assert curve(t) == pytest.approx(
                bb.posterior(moved, DESK).present("tight_hip_flexors"), abs=1e-10
            )


def test_the_words_name_the_number_its_value_and_its_range(shipped: bb.Network) -> None:
    text = str(sensitivity(shipped, DESK, "tight_hip_flexors", threshold=0.45)).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert text.startswith("WHAT THE 44 % FOR TIGHT HIP FLEXORS HANGS ON")
    assert "It would be above 45 % if one of these were" in text
    assert (
        "hours spent sitting per day: over 8 > tight hip flexors (now 17 %, range 5 % to 34 %)"
        in " ".join(text.split())
    )
    assert "anywhere in its own range, brings it above" in str(
        sensitivity(shipped, DESK, "tight_hip_flexors", threshold=0.99)
    )
    assert max(map(len, text.splitlines())) <= 100
    assert "44 % to 44 %" not in text
    rows = sensitivity(shipped, DESK, "tight_hip_flexors").to_dicts()
    assert {
        "what",
        "p",
        "low",
        "high",
        "at_low",
        "at_high",
        "slope",
        "crossing",
        "a1",
        "a0",
        "g1",
        "g0",
    } <= set(rows[0])


HEAT = {"hot_conditions": "yes", "fluid_intake": "low", "back_spasm": "yes", "low_back_pain": "yes"}


@pytest.mark.parametrize("findings", [DESK, HEAT, {}])
def test_points_lie_within_their_intervals(voice: bb.Network, findings: dict[str, str]) -> None:
    found = robustness(voice, findings, draws=400)
    for row in found.rows[:8]:
        assert row.present[0] <= row.contributor.present <= row.present[1]
        assert row.share[0] <= row.contributor.share <= row.share[1]
    assert sum(row.first for row in found.rows) == pytest.approx(1)
    assert found.unexplained[0] < found.answer.unexplained < found.unexplained[1]
    text = str(found)
    assert text.startswith("HOW SURE\n") and "comes first in" in text
    assert max(map(len, text.splitlines())) <= 100
    if not found.settled:
        assert "The order of the first two is not settled" in text
