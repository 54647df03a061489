"""What a network said beside what happened: against scikit-learn, `score` and cases by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas
import polars
import pyarrow
import pytest
from pyarrow import parquet
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

import backpain_bn as bb
from backpain_bn.cohort.columns import UnrecognisedColumn
from backpain_bn.decide import next_questions
from backpain_bn.display import plot
from backpain_bn.explain import contributors
from backpain_bn.learn.validation import Validation
from backpain_bn.model import Mechanism, Network, NoisyOr, Variable, number, prior
from tests.learn.cohorts import cohort

TARGET = "weak_battery"
CAUSES = ("weak_battery", "loose_terminals", "empty_tank", "damp_ignition")


@pytest.fixture(scope="module")
def cases(car: bb.Network) -> pandas.DataFrame:
    return cohort(car, 600, 3, whole=(TARGET,))


@pytest.fixture(scope="module")
def found(car: bb.Network, cases: pandas.DataFrame) -> Validation:
    return bb.validate(car, cases, TARGET)


@pytest.fixture(scope="module")
def stranded(car: bb.Network) -> pandas.DataFrame:
    """Cars of which some did not start, and what was found then."""
    drawn = cohort(car, 6000, 8, whole=("no_start", *CAUSES))
    failed = drawn[drawn["no_start"] == "yes"]
    return pandas.concat([failed, drawn[drawn["no_start"] == "no"][: len(failed)]])


def said(car: bb.Network, cases: pandas.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """P(target) of each row from its other columns, and whether it was so."""
    scored = bb.score(cases.drop(columns=TARGET), car, targets=[TARGET])
    return scored[f"{TARGET}=yes"].to_numpy(), (cases[TARGET] == "yes").to_numpy()


def garden(rain: float = 0.2, link: float = 0.9, leak: float = 0.1) -> Network:
    wet = NoisyOr(number(leak), (Mechanism({"rain": ("yes",)}, number(link)),))
    states = ("no", "yes")
    return Network(
        "garden",
        {
            "rain": Variable("rain", states, prior(1 - rain, rain), "Rain"),
            "wet": Variable("wet", states, wet, "Wet grass"),
        },
        outcome="wet",
    )


def test_figures_are_those_of_scikit_learn(
    car: bb.Network, cases: pandas.DataFrame, found: Validation
) -> None:
    p, happened = said(car, cases)
    own, alone, _ = found
    assert own.brier.value == pytest.approx(brier_score_loss(happened, p), abs=1e-12)
    assert own.log.value == pytest.approx(log_loss(happened, p), abs=1e-12)
    assert own.auc is not None
    assert own.auc.value == pytest.approx(roc_auc_score(happened, p.round(14)), abs=1e-12)
    observed, predicted = calibration_curve(happened, p.round(14), n_bins=10, strategy="quantile")
    rows = found.calibration
    assert [row.observed.value for row in rows] == pytest.approx(observed, abs=1e-12)
    assert [row.predicted for row in rows] == pytest.approx(predicted, abs=1e-12)
    before = np.full(len(p), bb.posterior(car)[TARGET]["yes"])
    assert alone.brier.value == pytest.approx(brier_score_loss(happened, before), abs=1e-12)
    assert alone.log.value == pytest.approx(log_loss(happened, before), abs=1e-12)
    assert alone.auc is not None and alone.auc.value == 0.5
    assert found.happened.value == happened.mean() and found.count == 600


def test_a_rival_is_compared_row_by_row(
    car: bb.Network, cases: pandas.DataFrame, found: Validation
) -> None:
    p, happened = said(car, cases)
    before = bb.posterior(car)[TARGET]["yes"]
    gaps = (before - happened) ** 2 - (p - happened) ** 2
    gap = found[1].brier_worse
    assert gap is not None and gap.value == pytest.approx(gaps.mean(), abs=1e-12)
    reach = 1.6448536269514722 * gaps.std(ddof=1) / np.sqrt(len(gaps))
    assert (gap.low, gap.high) == pytest.approx((gap.value - reach, gap.value + reach), abs=1e-12)
    assert gap.low > 0 and found[0].brier_worse is None


def test_a_network_is_right_about_cases_drawn_from_it(found: Validation) -> None:
    own, _, logistic = found
    assert found.happened.low <= own.predicted <= found.happened.high
    held = sum(row.observed.low <= row.predicted <= row.observed.high for row in found.calibration)
    assert held >= len(found.calibration) - 2
    assert logistic.log_worse is not None and logistic.log_worse.value > 0


def test_the_logistic_regression_is_fitted_to_other_rows(
    car: bb.Network, cases: pandas.DataFrame
) -> None:
    first, second = cases[:400], cases[400:]
    found = bb.validate(car, second, TARGET, train=first)
    names = [name for name in car if name != TARGET]
    columns = [(name, state) for name in names for state in (*car[name].states, None)]

    def cells(table: pandas.DataFrame) -> np.ndarray:
        return np.column_stack(
            [
                table[name].isna() if state is None else table[name] == state
                for name, state in columns
            ]
        ).astype(float)

    model = LogisticRegression(solver="newton-cholesky").fit(cells(first), first[TARGET] == "yes")
    p = model.predict_proba(cells(second))[:, 1]
    assert found[2].name == "logistic regression"
    assert found[2].log.value == pytest.approx(log_loss(second[TARGET] == "yes", p), abs=1e-12)
    half = bb.validate(car, second[["dim_lights", TARGET]], TARGET, train=first)
    assert half.count == 200 and len(half) == 3


def test_without_scikit_learn_the_rest_is_the_same(
    car: bb.Network, cases: pandas.DataFrame, found: Validation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backpain_bn.learn.logistic.find_spec", lambda name: None)
    assert bb.validate(car, cases, TARGET).rows == found.rows[:2]
    assert bb.validate(car, cases, TARGET, train=cases).rows == found.rows[:2]


def test_rows_columns_kinds_of_table_and_files_change_nothing(
    car: bb.Network, cases: pandas.DataFrame, tmp_path: Path
) -> None:
    some = cases[:300]
    expected = bb.validate(car, some, TARGET)
    table = pyarrow.Table.from_pandas(some, preserve_index=False)
    parquet.write_table(table, tmp_path / "c.parquet")
    some.to_csv(tmp_path / "c.csv", index=False)
    others = (
        polars.from_pandas(some),
        table,
        tmp_path / "c.parquet",
        str(tmp_path / "c.csv"),
        some[list(reversed(some.columns))],
    )
    for other in others:
        assert bb.validate(car, other, TARGET).rows == expected.rows
    turned = bb.validate(car, some[::-1], TARGET)
    for one, two in zip(turned.rows[:2], expected.rows[:2], strict=True):
        assert one.brier == pytest.approx(two.brier, abs=1e-12)
        assert one.auc == two.auc
    assert turned.calibration[0].count == expected.calibration[0].count


def test_cells_of_a_file_may_mean_not_observed(tmp_path: Path) -> None:
    days = pandas.DataFrame({"rain": ["yes", "no", "no"] * 5, "wet": ["yes", "?", "no"] * 5})
    days.to_csv(tmp_path / "c.csv", index=False)
    clean = days.replace("?", None)
    found = bb.validate(
        garden(), tmp_path / "c.csv", "rain", missing=["?"], train=tmp_path / "c.csv"
    )
    assert found.count == 15
    assert found.rows == bb.validate(garden(), clean, "rain", train=clean).rows


def test_a_column_nearly_called_like_a_variable_is_warned_of() -> None:
    days = pandas.DataFrame({"rain": ["yes", "no"], "wet": ["yes", "no"], "windd": ["no", "no"]})
    network = garden()
    wind = Variable("wind", ("no", "yes"), prior(0.5, 0.5), "Wind")
    windy = Network("garden", {**network.variables, "wind": wind}, outcome="wet")
    with pytest.warns(UnrecognisedColumn, match="windd"):
        bb.validate(windy, days, "rain")


def test_what_cannot_be_used_is_counted_and_named() -> None:
    certain = garden(link=1.0, leak=0.0)
    days = pandas.DataFrame(
        {
            "rain": ["yes", "no", None, "no", "yes", "damp", "no"],
            "wet": ["yes", "no", "yes", "yes", "no", "no", "soaked"],
            "rane": 1,
            "mood": "x",
        }
    )
    found = bb.validate(certain, days, "rain")
    reasons = {each.reason: each.rows for each in found.left_out}
    assert reasons == {
        "rain is not told": (2,),
        "not a state: rain": (5,),
        "not a state: wet": (6,),
    }
    assert found.count == 4 and found.surprises == (3, 4)
    assert found.report.unknown == (("rane", None), ("mood", None))
    text = str(found).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "1 row: rain is not told (2)",
        "no variables of garden: rane, mood",
        "4 of 7 rows could be used",
        "In 2 rows something happened that the network holds for impossible (3, 4)",
        "infinite",
    ):
        assert words in " ".join(text.split()), words


def test_impossible_rows_are_left_out_by_number() -> None:
    wet = NoisyOr(number(0.0), (Mechanism({"rain": ("yes",)}, number(1.0)),))
    puddle = NoisyOr(number(0.0), (Mechanism({"rain": ("yes",)}, number(1.0)),))
    states = ("no", "yes")
    certain = Network(
        "certain",
        {
            "rain": Variable("rain", states, prior(0.5, 0.5)),
            "wet": Variable("wet", states, wet),
            "puddle": Variable("puddle", states, puddle),
        },
    )
    days = pandas.DataFrame(
        {
            "rain": ["yes", "no", "yes", "no"],
            "wet": ["yes", "no", "yes", "yes"],
            "puddle": ["yes", "no", "no", "no"],
        }
    )
    found = bb.validate(certain, days, "rain")
    (left,) = found.left_out
    assert left.rows == (2, 3) and left.reason == "these findings cannot hold together"
    assert found[0].brier.value == 0 and found[0].log.value == 0 and found.surprises == ()


def test_groups_have_the_scores_of_their_own_rows(car: bb.Network, cases: pandas.DataFrame) -> None:
    mixed = cases.assign(site=[None, "north", "south"] * 200)
    found = bb.validate(car, mixed, TARGET, by="site")
    assert [(row.name, row.count) for row in found.groups] == [
        ("north", 200),
        ("south", 200),
        ("(not given)", 200),
    ]
    north = bb.validate(car, cases[1::3], TARGET)[0]
    assert (found.groups[0].brier, found.groups[0].auc) == (north.brier, north.auc)
    assert found.report.unknown == ()
    ages = bb.validate(car, cases, TARGET, by="battery_age")
    assert {row.name for row in ages.groups} == {*car["battery_age"].states, "(not given)"}
    assert "BY SITE" in str(found) and len(found.to_dicts()) == 6
    assert [row["by"] for row in found.to_dicts()] == [""] * 3 + ["site"] * 3


def test_a_group_in_which_all_are_alike_has_no_area(car: bb.Network) -> None:
    days = pandas.DataFrame(
        {"rain": ["yes", "no", "no"], "wet": ["yes", "no", "yes"], "day": ["a", "a", "b"]}
    )
    found = bb.validate(garden(), days, "rain", by="day")
    assert found.groups[1].auc is None and "all alike" in str(found)
    assert [row["auc"] for row in found.to_dicts()][-1] is None


def test_the_state_that_counts_can_be_named(car: bb.Network, cases: pandas.DataFrame) -> None:
    ages = cases.assign(battery_age=cohort(car, 600, 3, missing=0.0)["battery_age"])
    old = bb.validate(car, ages, "battery_age", state="over_5_years")
    scored = bb.score(ages.drop(columns="battery_age"), car, targets=["battery_age"])
    p, happened = scored["battery_age=over_5_years"], ages["battery_age"] == "over_5_years"
    assert old.states == ("over_5_years",)
    assert old[0].brier.value == pytest.approx(((p - happened) ** 2).mean(), abs=1e-12)
    any_age = bb.validate(car, ages, "battery_age")
    p = 1 - scored["battery_age=under_3_years"]
    happened = ages["battery_age"] != "under_3_years"
    assert any_age[0].brier.value == pytest.approx(((p - happened) ** 2).mean(), abs=1e-12)


def test_the_ranking_is_that_of_contributors_with_the_causes_hidden(
    car: bb.Network, stranded: pandas.DataFrame
) -> None:
    found = bb.validate(car, stranded, "no_start", causes=CAUSES).ranking
    assert found is not None and found.causes == CAUSES
    failed = stranded[stranded["no_start"] == "yes"]
    failed = failed[(failed[list(CAUSES)] == "yes").any(axis=1)]
    assert found.count == len(failed) > 50
    hits = dict.fromkeys(range(1, 5), 0)
    for _, row in failed[:25].iterrows():
        told = {name: state for name, state in row.items() if isinstance(state, str)}
        kept = {name: state for name, state in told.items() if name not in CAUSES}
        ranked = [each.variable for each in contributors(car, kept) if each.variable in CAUSES]
        for k in hits:
            hits[k] += any(told[name] == "yes" for name in ranked[:k])
    first = pandas.concat([failed[:25], stranded[stranded["no_start"] == "no"][:25]])
    again = bb.validate(car, first, "no_start", causes=CAUSES).ranking
    assert again is not None
    assert [row.hits.value for row in again.rows] == [hits[k] / 25 for k in hits]
    usual = [each.variable for each in contributors(car, {}) if each.variable in CAUSES]
    assert again.rows[0].usual == (failed[:25][usual[0]] == "yes").mean()
    assert [row.hits.value for row in found.rows] == sorted(row.hits.value for row in found.rows)
    assert found.rows[0].hits.low > found.rows[0].usual and found.rows[-1].hits.value == 1


def test_interviews_ask_what_next_questions_puts_first(
    car: bb.Network, stranded: pandas.DataFrame
) -> None:
    some = pandas.concat([stranded[:3], stranded[-3:]])
    found = bb.validate(car, some, "no_start", interviewed=2).interviews
    assert found is not None and len(found.rows) == 2
    for each in found.rows:
        row = {n: s for n, s in some.iloc[each.row].items() if isinstance(s, str)}
        told, asked = {"no_start": "yes"}, 0
        while True:
            made = next_questions(car, told, steps=1)
            left = [one.variable for one in made if row.get(one.variable) and one.question]
            settled = made.same_decision is not None and made.same_decision.settled
            if settled or not left:
                break
            told[left[0]], asked = row[left[0]], asked + 1
        assert (each.asked, each.settled) == (asked, settled)
    assert found == bb.validate(car, some, "no_start", interviewed=2).interviews
    assert 0 <= found.quartiles[0] <= found.asked.value <= 10


def test_it_prints_draws_and_saves(
    car: bb.Network, stranded: pandas.DataFrame, tmp_path: Path
) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    nasty = stranded.assign(clinic="<b>x</b>")
    found = bb.validate(car, nasty, "no_start", causes=CAUSES, by="clinic", interviewed=1)
    text = str(found)
    for title in ("GOOD THE", "CALIBRATION", "DECISION CURVE", "BY <B>", "RANKING", "QUESTIONS"):
        assert title in text or title == "BY <B>"
    assert max(map(len, text.splitlines())) <= 110
    page = found._repr_html_()
    assert page.count("<img") == 2 and "<b>x" not in page and "&lt;b&gt;x" in page
    assert len(plot(found).lines) == 2 and len(plot(found.decision_view()).lines) == 4
    pyplot.close("all")
    for ending in (".md", ".html", ".json"):
        found.save_report(tmp_path / f"r{ending}")
    kept = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert kept["rows"][0]["brier"] == found[0].brier.value and len(kept["decisions"]) == 99
    assert list(found.to_frame()["name"]) == [row.name for row in found] + ["<b>x</b>"]


def test_json_holds_no_infinity(tmp_path: Path) -> None:
    days = pandas.DataFrame({"rain": ["yes", "no"], "wet": ["no", "no"]})
    found = bb.validate(garden(link=1.0), days, "rain")
    assert found[0].log.value == float("inf")
    found.save_report(tmp_path / "r.json")
    assert "Infinity" not in (tmp_path / "r.json").read_text(encoding="utf-8")


DAYS = pandas.DataFrame({"rain": ["yes", "no", "no"], "wet": ["yes", "no", "yes"]})


@pytest.mark.parametrize(
    ("words", "given", "options"),
    [
        ('unknown variable "rane"; did you mean "rain"?', DAYS, {"target": "rane"}),
        ("no column tells wet", DAYS[["rain"]], {"target": "wet"}),
        ("no column but that of rain tells a variable of garden", DAYS[["rain"]], {}),
        ("no column tells rain.*: none", pandas.DataFrame({"x": [1]}), {}),
        ("rain is yes in all 1 rows", DAYS[:1], {}),
        ("rain is not yes in all 2 rows", DAYS[1:], {}),
        ("no row can be used to validate rain: the table is empty", DAYS[:0], {}),
        ("no row can be used.*3 rows: rain is not told", DAYS.assign(rain=None), {}),
        ("no row can be used.*3 rows: not a state: rain", DAYS.assign(rain="dry"), {}),
        ('unknown state of rain "maybe"', DAYS, {"state": "maybe"}),
        ('unknown column to divide by "wett"; did you mean "wet"', DAYS, {"by": "wett"}),
        ("bins is 0; it must be a whole number from 1 to 100", DAYS, {"bins": 0}),
        ("interviewed is -1", DAYS, {"interviewed": -1}),
        ("missing names cells of a file", DAYS, {"missing": ["?"]}),
        ("missing must be a list of names", "days.csv", {"missing": "?"}),
        ("seed is -1; it must be a whole number from 0", DAYS, {"seed": -1}),
        ('seed is "x"', DAYS, {"seed": "x"}),
        ("causes to rank is empty", DAYS, {"target": "wet", "causes": []}),
        ('unknown cause of wet that a column tells "wet"', DAYS, {"causes": ["wet"]}),
        ("causes to rank must be a list", DAYS, {"target": "wet", "causes": "rain"}),
        ("a cohort is a table", [1, 2], {}),
        ("no such file", Path("nowhere.parquet"), {}),
        ("in.txt: a cohort is read from .parquet or .csv", "in.txt", {}),
        ("different values; a column to divide by", DAYS, {"by": "day"}),
    ],
)
def test_what_cannot_be_compared_is_said(
    words: str, given: object, options: dict[str, object]
) -> None:
    if options.get("by") == "day":
        given = pandas.concat([DAYS] * 10).assign(day=range(30))
    target = options.pop("target", "wet" if "causes" in options else "rain")
    with pytest.raises(bb.BackpainError, match=words):
        bb.validate(garden(), given, str(target), **options)  # type: ignore[arg-type]


def test_where_no_healthy_state_is_known_the_state_must_be_named() -> None:
    states = ("wet", "dry")
    sky = Variable("sky", states, prior(0.4, 0.6), healthy_first=False)
    lawn = Variable(
        "lawn", ("no", "yes"), NoisyOr(number(0.2), (Mechanism({"sky": ("wet",)}, number(0.7)),))
    )
    network = Network("sky", {"sky": sky, "lawn": lawn})
    days = pandas.DataFrame({"sky": ["wet", "dry"], "lawn": ["yes", "no"]})
    with pytest.raises(bb.BackpainError, match=r"name the state that is meant: state=\.\.\."):
        bb.validate(network, days, "sky")
    assert bb.validate(network, days, "sky", state="wet").states == ("wet",)
