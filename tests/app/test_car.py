"""The car that will not start: a shipped network that has nothing to do with the other one, and
answers as somebody who mends cars would.
"""

from __future__ import annotations

import pytest

import backpain_bn as bb
from backpain_bn.formats.load import shipped
from backpain_bn.temporal.follow_up import FollowUp

FAILS = {"no_start": "yes"}
FLAT = {**FAILS, "lights_left_on": "yes", "dim_lights": "yes", "clicking": "yes"}
DRY = {**FAILS, "no_crank": "no", "fuel_gauge": "empty"}
PARTS = {
    "weak_battery", "loose_terminals", "faulty_starter", "key_not_recognised", "empty_tank",
    "fuel_supply_fault", "worn_spark_plugs", "damp_ignition",
}  # fmt: skip


def present(car: bb.Network, findings: dict[str, str], variable: str) -> float:
    return bb.posterior(car, findings).present(variable)


def test_it_is_shipped_and_small(car: bb.Network) -> None:
    assert "car" in shipped()
    assert 15 <= len(car) <= 20
    assert not car.red_flags.questions and not car.sources and not car.notes


def test_every_number_is_a_judgement_with_a_range(car: bb.Network) -> None:
    numbers = [number for each in car.variables.values() for number in each.numbers]
    numbers += [each.success for each in car.treatments.values()]
    judged = [number for number in numbers if number.sources]
    assert len(judged) >= 55
    for number in judged:
        assert number.sources == ("expert",)
        assert number.low < number.p < number.high


def test_few_cars_fail_on_any_morning_and_mostly_by_the_battery(car: bb.Network) -> None:
    assert 0.01 < present(car, {}, "no_start") < 0.05
    beliefs = {name: present(car, FAILS, name) for name in PARTS}
    assert max(beliefs, key=lambda name: beliefs[name]) == "weak_battery"
    assert 0.4 < beliefs["weak_battery"] < 0.7


def test_lights_left_on_dim_lights_and_clicks_mean_the_battery(car: bb.Network) -> None:
    found = bb.diagnose(FLAT, car)
    rows = found.contributors().rows
    assert [row.variable for row in rows[:2]] == ["weak_battery", "lights_left_on"]
    assert rows[0].share > 0.9 and rows[0].present > 0.98
    assert max(row.share for row in rows[2:]) < 0.05
    helps = [row.name for row in found.what_helps().rows]
    assert set(helps[:2]) == {"replace_battery", "charge_battery"}


def test_brisk_cranking_and_an_empty_gauge_mean_fuel(car: bb.Network) -> None:
    found = bb.diagnose(DRY, car)
    row = found.contributors().rows[0]
    assert row.variable == "empty_tank" and row.share > 0.85
    assert found["weak_battery"]["yes"] < 0.01
    best = found.what_helps().rows[0]
    assert best.name == "refuel" and best.effect > 0.7


@pytest.mark.parametrize(
    ("told", "variable", "least", "most"),
    [
        ({"battery_voltage": "under_12.0"}, "weak_battery", 0.95, 1.0),
        ({"battery_voltage": "over_12.4"}, "weak_battery", 0.0, 0.15),
        ({"no_crank": "no", "fuel_pressure": "low"}, "worn_spark_plugs", 0.0, 0.1),
        ({"no_crank": "no", "fuel_pressure": "normal"}, "fuel_supply_fault", 0.0, 0.05),
        ({"no_crank": "no", "spark_test": "weak_or_none"}, "damp_ignition", 0.5, 0.8),
        ({"no_crank": "no", "spark_test": "strong"}, "damp_ignition", 0.0, 0.06),
        ({"clicking": "yes", "dim_lights": "no"}, "faulty_starter", 0.2, 0.5),
    ],
)
def test_what_is_found_moves_beliefs(
    car: bb.Network, told: dict[str, str], variable: str, least: float, most: float
) -> None:
    assert least <= present(car, {**FAILS, **told}, variable) <= most


def test_frost_matters_for_an_old_battery_only(car: bb.Network) -> None:
    def risk(age: str, cold: str) -> float:
        return present(car, {"battery_age": age, "cold_night": cold}, "weak_battery")

    assert risk("over_5_years", "yes") > 3 * risk("over_5_years", "no")
    assert risk("under_3_years", "yes") < 0.02


def test_first_it_is_asked_whether_the_engine_turns(car: bb.Network) -> None:
    first = bb.diagnose(FAILS, car).next_questions().rows[0]
    assert first.variable in ("no_crank", "dim_lights")
    turns = bb.diagnose({**FAILS, "no_crank": "no"}, car).next_questions().rows[0]
    assert turns.variable == "fuel_gauge"
    garage = bb.diagnose(DRY, car).next_questions({"who": "garage"})
    assert "fuel_pressure" in [row.variable for row in garage.rows]


def test_what_was_left_on_is_another_matter_the_next_morning(car: bb.Network) -> None:
    later = bb.diagnose(FLAT, car).follow_up({"no_start": "no"}, treatments=["charge_battery"])
    assert isinstance(later, FollowUp)
    assert later["weak_battery"]["yes"] < 0.3
    assert later["lights_left_on"]["yes"] < 0.05


def test_the_answer_reads_as_if_written_for_cars(car: bb.Network) -> None:
    answer = bb.diagnose(FLAT, car)
    screen, text = " ".join(str(answer).split()), " ".join(str(answer.full).split())
    assert screen.startswith("This failure Both 1 %, no cranking or slow cranking 99 %.")
    assert "This is no substitute for a mechanic" in screen
    assert "among cars in general" in text
    assert "of this failure" in text
    assert "LIKELY KIND OF FAILURE" in text
    assert "Do not keep cranking" in text
    assert "This is no substitute for a mechanic" in text
    assert "a rule of thumb" in text


def test_years_and_volts_are_told_as_numbers(car: bb.Network) -> None:
    assert [car["battery_age"].state_of(years) for years in (2, 5, 7.5)] == [
        "under_3_years",
        "3_to_5_years",
        "over_5_years",
    ]
    assert [car["battery_voltage"].state_of(volts) for volts in (12.6, "12.4", 12, 11.9)] == [
        "over_12.4",
        "12.0_to_12.4",
        "12.0_to_12.4",
        "under_12.0",
    ]
