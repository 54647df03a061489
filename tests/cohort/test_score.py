"""Cohorts: every kind of table, every kind of bad input, row by row the same as `posterior`."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from dataclasses import replace
from shlex import quote
from typing import Any

import duckdb
import narwhals
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backpain_bn import BackpainError, load, posterior
from backpain_bn.cohort import ColumnMap, report_columns, score
from backpain_bn.cohort import distinct_rows as patterns_module
from backpain_bn.cohort.columns import UnrecognisedColumn
from backpain_bn.cohort.distinct_rows import IMPOSSIBLE, RowScorer
from backpain_bn.cohort.score import answer_schema, score_batches
from backpain_bn.errors import ImpossibleEvidence, UnknownName
from backpain_bn.learn import fit, validate
from backpain_bn.model.distributions import Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.networks import FLAGGED_CAR


def garden() -> Network:
    """Rain or a sprinkler make the grass wet, and nothing else can: some findings cannot hold
    together. `None` and `NA` are states.
    """
    rain = Variable("rain", ("NA", "None", "null"), prior(0.7, 0.2, 0.1))
    sprinkler = Variable("sprinkler", ("no", "yes"), prior(0.6, 0.4))
    rows = [Row((r, s), (number(1.0), number(0.0)) if (r, s) == ("NA", "no") else (number(0.1), number(0.9)))
            for r in rain.states for s in sprinkler.states]  # fmt: skip
    wet = Variable("wet", ("no", "yes"), Table(("rain", "sprinkler"), tuple(rows)))
    return Network("garden", {"rain": rain, "sprinkler": sprinkler, "wet": wet})


GARDEN = garden()
CAR = load("car")
CELLS = {
    name: st.sampled_from([*variable.states, None, "sometimes"])
    for name, variable in GARDEN.variables.items()
}
ROWS = st.lists(st.fixed_dictionaries(CELLS), max_size=30)


def expected(
    rows: list[dict[str, str | None]], network: Network = GARDEN
) -> list[list[float | str | None]]:
    """Return the answers one row at a time."""
    answers: list[list[float | str | None]] = []
    for row in rows:
        wrong = [
            name
            for name in network.variables
            if row.get(name) is not None and row[name] not in network[name].states
        ]
        nothing: list[float | str | None] = [None] * (len(network.columns) + 1)
        if wrong:
            answers.append([*nothing, f"not a state: {', '.join(wrong)}"])
            continue
        try:
            found = posterior(network, row)
            answers.append([*found.row.tolist(), found.log_evidence, None])
        except ImpossibleEvidence:
            answers.append([*nothing, IMPOSSIBLE])
    return answers


def rows_of(table: Any) -> list[list[float | str | None]]:
    """Return any answer as rows of floats, text and None."""
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    elif not isinstance(table, (pa.Table, pa.RecordBatch)):
        table = pa.table(table)
    return [list(row.values()) for row in table.to_pylist()]


def as_columns(rows: list[dict[str, str | None]]) -> dict[str, list[str | None]]:
    return {name: [row[name] for row in rows] for name in GARDEN.variables}


def arrow(rows: list[dict[str, str | None]]) -> pa.Table:
    return pa.table(
        {name: pa.array(values, pa.string()) for name, values in as_columns(rows).items()}
    )


KINDS = {
    "pandas": lambda rows: arrow(rows).to_pandas(),
    "pandas object": lambda rows: pd.DataFrame(as_columns(rows), dtype=object),
    "pandas categorical": lambda rows: arrow(rows).to_pandas().astype("category"),
    "pandas string": lambda rows: pd.DataFrame(as_columns(rows), dtype="string"),
    "polars": lambda rows: pl.DataFrame(
        as_columns(rows), schema=dict.fromkeys(GARDEN.variables, pl.String)
    ),
    "polars categorical": lambda rows: pl.DataFrame(
        as_columns(rows), schema=dict.fromkeys(GARDEN.variables, pl.Categorical)
    ),
    "arrow": arrow,
    "arrow chunks": lambda rows: pa.concat_tables([arrow(rows[:7]), arrow(rows[7:])]),
    "arrow dictionary": lambda rows: pa.table(
        [column.dictionary_encode() for column in arrow(rows).columns], names=list(GARDEN.variables)
    ),
    "duckdb": lambda rows: duckdb.from_arrow(arrow(rows)),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(rows=ROWS)
def test_every_kind_of_table_equals_posterior_row_by_row(
    kind: str, rows: list[dict[str, str | None]]
) -> None:
    frame = KINDS[kind](rows)
    scored = score(frame, GARDEN)
    assert isinstance(scored, type(frame))
    assert list(scored.columns if kind.startswith(("pandas", "polars", "duckdb")) else scored.schema.names) == [
        *GARDEN.columns, "log_evidence", "problem",
    ]  # fmt: skip
    for got, want in zip(rows_of(scored), expected(rows), strict=True):
        assert got[-1] == want[-1]
        for a, b in zip(got[:-1], want[:-1], strict=True):
            assert (a is None) == (b is None)
            assert a is None or a == pytest.approx(b, abs=1e-12)


def cohort_of(network: Network, every: int, rows: int, seed: int = 0) -> pa.Table:
    """Return rows of states drawn alike, with gaps, for one variable in `every`."""
    rng = np.random.default_rng(seed)
    names = [*network.variables][::every]
    return pa.table(
        {
            name: pa.array(rng.choice([*network[name].states, None], rows), pa.string())
            for name in names
        }
    )


def car_cohort(rows: int = 3000) -> pa.Table:
    return cohort_of(CAR, 2, rows)


def test_a_shipped_network_equals_posterior() -> None:
    cohort = car_cohort(40)
    for got, row in zip(rows_of(score(cohort, "car")), cohort.to_pylist(), strict=True):
        found = posterior(CAR, row)
        assert got[:-2] == pytest.approx(found.row.tolist(), abs=1e-10)
        assert got[-2] == pytest.approx(found.log_evidence, abs=1e-10)


def codes_of(network: Network, rows: int, names: list[str]) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    weights = [[*([1.0] * len(network[name].states)), 2.0, 0.2] for name in names]
    return [rng.choice(len(w), rows, p=np.array(w) / sum(w)).astype(np.uint8) for w in weights]


@pytest.mark.parametrize(
    ("chunk", "room"),
    [(1, 2**20), (7, 500), (256, 0), (256, 40_000), (1000, 2**28), (65_536, 0), (65_536, 2**28)],
)
@pytest.mark.parametrize("network", [GARDEN, CAR], ids=["garden", "car"])
def test_chunks_and_remembered_patterns_change_no_bit(
    network: Network, chunk: int, room: int
) -> None:
    names = list(network.variables)[:6]
    rows = 200 if chunk == 1 else 3000
    codes = codes_of(network, rows, names)
    plain = RowScorer(network, None, names, rows, 0).answer(codes, rows)
    other = RowScorer(network, None, names, chunk, room)
    answers = other.answer(codes, rows)
    assert np.array_equal(answers.values, plain.values, equal_nan=True)
    reasons = [np.array(a.reasons, dtype=object)[a.problem].tolist() for a in (answers, plain)]
    assert reasons[0] == reasons[1]
    if room == 2**28:
        assert other.inferred <= len(np.unique(np.column_stack(codes), axis=0)) < plain.problem.size


def test_unique_rows_are_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(patterns_module._Memory, "add", refuse)
    names = list(CAR.variables)
    every = np.stack(np.unravel_index(np.arange(3**6), [3] * 6)).astype(np.uint8)
    assert RowScorer(CAR, [], names[1:7]).answer(list(np.minimum(every, 2)), 3**6).values.shape == (
        1,
        729,
    )


def test_targets() -> None:
    cohort = car_cohort(5)
    assert score(cohort, "car", targets=("dim_lights", "dim_lights")).schema.names == [
        "dim_lights=no",
        "dim_lights=yes",
        "log_evidence",
        "problem",
    ]
    none = score(cohort, "car", targets=())
    assert none.schema.names == ["log_evidence", "problem"]
    assert none["log_evidence"].to_pylist() == pytest.approx(
        score(cohort, "car")["log_evidence"].to_pylist(), abs=1e-10
    )
    with pytest.raises(UnknownName, match='did you mean "dim_lights"'):
        score(cohort, "car", targets=["dim_light"])


def test_index_and_order_are_kept() -> None:
    frame = pd.DataFrame(
        {"wet": ["yes", None, "no", "yes"]}, index=pd.Index(["b", "a", "a", "b"], name="who")
    )
    scored = score(frame, GARDEN)
    assert scored.index.equals(frame.index)
    assert scored.index.name == "who"
    assert scored["wet=yes"].tolist() == pytest.approx([1, posterior(GARDEN)["wet"]["yes"], 0, 1])


@pytest.mark.parametrize("kind", KINDS)
def test_no_rows(kind: str) -> None:
    assert rows_of(score(KINDS[kind]([]), GARDEN)) == []
    assert report_columns(KINDS[kind]([]), GARDEN).rows == 0


EMPTY = [
    pd.DataFrame({"wet": [None, math.nan, pd.NA]}),
    pd.DataFrame({"wet": [np.nan] * 3}),
    pl.DataFrame({"wet": [None] * 3}),
    pa.table({"wet": pa.nulls(3)}),
]


@pytest.mark.parametrize("frame", EMPTY)
def test_nothing_observed(frame: Any) -> None:
    for row in rows_of(score(frame, GARDEN)):
        assert row[:-2] == pytest.approx(posterior(GARDEN).row.tolist())
        assert row[-2:] == [pytest.approx(0), None]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            pd.DataFrame(index=range(3)),
            "no column tells a variable of garden; the columns are: none",
        ),
        (
            pl.DataFrame({"other": [1], "wett": ["yes"]}),
            r'garden \(did you mean "wet"\?\); the columns are: "other", "wett"',
        ),
        (
            pd.DataFrame({"wet;rain": ["yes;None"]}),
            "\"wet;rain\" is 2 columns in one; .* ';' between",
        ),
    ],
)
def test_a_table_that_tells_nothing_is_refused(frame: Any, message: str) -> None:
    with pytest.raises(BackpainError, match=message):
        score(frame, GARDEN)
    assert report_columns(frame, GARDEN).recognised == ()


def test_a_column_that_is_nearly_recognised_is_warned_of() -> None:
    frame = pd.DataFrame({"wet ": ["yes"], "rain": ["None"], "note": ["long"]})
    with pytest.warns(UnrecognisedColumn, match='column "wet " is left aside; .* if it is wet'):
        score(frame, GARDEN)
    report = report_columns(frame, GARDEN)
    assert report.near_misses == (("wet ", "wet"),)
    assert 'WARNING: column "wet " is left aside' in str(report)


def test_a_record_batch_a_reader_a_lazy_frame_and_a_narwhals_frame() -> None:
    rows: list[dict[str, str | None]] = [{"rain": "None", "sprinkler": None, "wet": "yes"}]
    table, want = arrow(rows), rows_of(score(arrow(rows), GARDEN))
    batch = score(table.to_batches()[0], GARDEN)
    assert isinstance(batch, pa.RecordBatch)
    lazy = score(pl.from_arrow(table).lazy(), GARDEN)
    assert isinstance(lazy, pl.LazyFrame)
    wide = score(narwhals.from_native(table), GARDEN)
    assert isinstance(wide, narwhals.DataFrame)
    reader = score(table.to_reader(), GARDEN)
    assert (
        rows_of(batch)
        == rows_of(lazy.collect())
        == rows_of(wide.to_native())
        == rows_of(reader)
        == want
    )


@pytest.mark.parametrize(
    "thing", [None, 3, "cohort.csv", [{"wet": "yes"}], {"wet": ["yes"]}, np.zeros((2, 2))]
)
def test_what_is_no_table_is_refused(thing: object) -> None:
    with pytest.raises(BackpainError, match="a cohort is a table"):
        score(thing, GARDEN)


def test_two_columns_for_one_variable_are_refused_others_may_repeat() -> None:
    twice = pd.DataFrame([["yes", "no"]], columns=["wet", "wet"])
    with pytest.raises(BackpainError, match='two columns tell wet: "wet" and "wet"'):
        score(twice, GARDEN)
    with pytest.raises(BackpainError, match='two columns tell wet: "wet" and "grass"'):
        score(pd.DataFrame({"wet": ["no"], "grass": ["no"]}), GARDEN, columns={"grass": "wet"})
    other = pd.DataFrame([["yes", 1, 2, 3]], columns=["wet", "x", "x", 7])
    assert score(other, GARDEN)["wet=yes"].tolist() == [1]
    assert [name for name, _ in report_columns(other, GARDEN).unknown] == ["x", "x", "7"]


NUMBERS = [1, 0, 1.0, np.float64(0.0), np.int8(1), math.inf]
STRANGE = [*NUMBERS, "Yess", " yes", "", b"yes", ["yes"], {"yes": 1}, datetime.date(2020, 1, 1)]


@pytest.mark.parametrize("value", STRANGE, ids=repr)
def test_only_names_of_states_are_understood(value: object) -> None:
    frame = pd.DataFrame({"wet": pd.Series(["yes", value, None, np.str_("no")], dtype=object)})
    scored = score(frame, GARDEN)
    assert scored["wet=yes"].isna().tolist() == [False, True, False, False]
    assert scored["problem"][1] == "not a state: wet"
    assert scored["log_evidence"].isna().tolist() == [False, True, False, False]
    told = report_columns(frame, GARDEN)
    assert told.unusable == 1
    assert [(value.column, value.count, value.rows) for value in told.unknown_values] == [
        ("wet", 1, (1,))
    ]


@pytest.mark.parametrize("value", [True, np.True_, "Yes", "true", "TRUE"], ids=repr)
def test_what_means_yes_is_understood(value: object) -> None:
    frame = pd.DataFrame({"wet": pd.Series([value, "no"], dtype=object)})
    assert score(frame, GARDEN)["wet=yes"].tolist() == [1, 0]


def test_numbers_are_read_by_the_bins_and_yes_and_no_by_what_they_mean() -> None:
    wet = replace(GARDEN["wet"], states=("dry", "soaked"), bins=(5.0,), answers={"yes": "soaked"})
    network = replace(GARDEN, variables={**GARDEN.variables, "wet": wet})
    told = [4.9, 5, np.int8(7), "6.5", "yes", True, "dry"]
    column = pd.Series(told, dtype=object)
    for frame in (
        pd.DataFrame({"wet": column}),
        pl.DataFrame({"wet": [str(each) for each in told]}),
    ):
        scored = score(frame, network)
        assert list(scored["wet=soaked"]) == [0, 1, 1, 1, 1, 1, 0]
    numbers = pd.DataFrame({"wet": [4.9, 5.0, math.nan]})
    assert score(numbers, network)["wet=soaked"][:2].tolist() == [0, 1]
    assert score(numbers, network)["problem"].isna().all()
    said = str(report_columns(pd.DataFrame({"wet": pd.Series([False], dtype=object)}), network))
    assert "it takes dry, soaked, yes, a number; a column map translates other values" in said


def test_numbers_without_bins_need_a_column_map() -> None:
    frame = pl.DataFrame({"wet": [True, False, None], "sprinkler": [1.0, 0.0, math.nan]})
    told = report_columns(frame, GARDEN)
    assert told.unusable == 3
    assert "it takes no, yes; a column map translates other values, such as" in str(told)
    rules = {
        "wet": ColumnMap(values={True: "yes", "false": "no"}),
        "sprinkler": ColumnMap("sprinkler", {1: "yes", "0": "no", "nan": None}),
    }
    scored = score(frame, GARDEN, columns=rules)
    assert scored["problem"].to_list() == [None] * 3
    assert scored["sprinkler=yes"].to_list()[:2] == [1.0, 0.0]


def test_column_maps_rename_translate_and_leave_aside() -> None:
    frame = pd.DataFrame(
        {"Grass": ["nass", "trocken", "?"], "rain": ["None", "null", "NA"], "sprinkler": ["x"] * 3}
    )
    rules = {
        "Grass": ColumnMap("wet", {"nass": "yes", "trocken": "no", "?": None}),
        "sprinkler": None,
    }
    scored = score(frame, GARDEN, columns=rules)
    assert scored["problem"].isna().all()
    assert scored["wet=yes"][:2].tolist() == [1, 0]
    assert report_columns(frame, GARDEN, rules).unknown == ()
    typed_wrongly = [
        ({"Gras": "wet"}, "column"),
        ({"Grass": "wett"}, 'did you mean "wet"'),
        ({"Grass": ColumnMap("wet", {"nass": "ye"})}, "state of wet"),
    ]
    for wrong, said in typed_wrongly:
        with pytest.raises(UnknownName, match=said):
            score(frame, GARDEN, columns=wrong)


def test_unseen_categories_cost_nothing() -> None:
    frame = pd.DataFrame(
        {"wet": pd.Categorical(["yes", None], categories=["soaked", "yes", "no", 3])}
    )
    assert score(frame, GARDEN)["problem"].isna().all()
    assert report_columns(frame, GARDEN).unknown_values == ()


def test_a_bad_row_costs_the_others_nothing() -> None:
    rows: list[dict[str, str | None]] = [{"rain": "NA", "sprinkler": "no", "wet": "yes"}, {"rain": "hail", "sprinkler": "off", "wet": None},
                                         {"rain": None, "sprinkler": None, "wet": "yes"}]  # fmt: skip
    scored = rows_of(score(arrow(rows), GARDEN))
    assert [row[-1] for row in scored] == [IMPOSSIBLE, "not a state: rain, sprinkler", None]
    assert all(cell is None for row in scored[:2] for cell in row[:-1])
    assert scored[2] == rows_of(score(arrow(rows[2:]), GARDEN))[0]


def test_report_in_words() -> None:
    frame = pd.DataFrame(
        {
            "wet": ["yes", "yess", None, "yess"],
            "sprinklr": ["no"] * 4,
            "rain": [None] * 4,
            "note": ["x" * 60] * 4,
        }
    )
    told = report_columns(frame, GARDEN)
    assert str(told) == (
        "4 rows, 2 columns recognised in garden\n"
        'WARNING: column "sprinklr" is left aside; rename it if it is sprinkler\n'
        "  wet: 25.0% missing\n  rain: 100.0% missing\n"
        "2 columns left aside, no variables of garden:\n  sprinklr (did you mean sprinkler?)\n  "
        "note\n"
        "2 rows cannot be used, for a value is no state (rows counted from 0):\n"
        '  wet: "yess" in 2 rows (1, 3); did you mean "yes"?'
    )
    with pytest.raises(AttributeError):
        told.rows = 3  # type: ignore[misc]


def test_a_report_lists_twenty_values_and_repeats_no_free_text() -> None:
    told = report_columns(
        pd.DataFrame({"wet": [f"{i}_" + "secret" * 20 for i in range(50)]}), GARDEN
    )
    assert len(told.unknown_values) == 20
    assert "other values in 30 rows" in str(told)
    assert max(len(value.value) for value in told.unknown_values) <= 43
    story = report_columns(
        pd.DataFrame({"wet": [f"{i} " + "secret " * 20 for i in range(50)]}), GARDEN
    )
    assert "secret" not in str(story) and story.unknown_values[0].value == "(a text of 21 words)"


# Pandas takes 0 and False in one column of objects for the same thing, and 1 and True.
OBJECTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers().filter(lambda number: number not in (0, 1)),
    st.floats().filter(lambda number: number not in (0, 1)),
    st.text(max_size=5),
    st.sampled_from(["no", "yes"]),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(OBJECTS, max_size=20))
def test_any_column_of_any_objects(values: list[object]) -> None:
    frame = pd.DataFrame({"wet": pd.Series(values, dtype=object)})
    words = ("yes", "no", "true", "false")
    usable = [
        value.lower() in words
        if isinstance(value, str)
        else isinstance(value, bool) or bool(pd.isna(value))
        for value in values
    ]
    assert score(frame, GARDEN)["problem"].isna().tolist() == usable
    assert report_columns(frame, GARDEN).unusable == usable.count(False)


def test_red_flag_questions_are_named_as_such() -> None:
    car = load(FLAGGED_CAR)
    frame = pd.DataFrame({"no_start": ["yes"], "smoke": ["yes"], "acid": ["no"]})
    with pytest.warns(UnrecognisedColumn) as caught:
        score(frame, car, targets=["weak_battery"])
    said = [str(warning.message) for warning in caught]
    assert said == [
        f'column "{name}" is a red-flag question, not a variable: no row is checked for red flags'
        for name in ("smoke", "acid")
    ]
    report = report_columns(frame, car)
    assert report.red_flags == ("smoke", "acid")
    assert report.unknown == (("smoke", None), ("acid", None))
    assert all(f"WARNING: {words}" in str(report) for words in said)
    aside = {"smoke": None, "acid": None}
    assert report_columns(frame, car, aside).red_flags == ()


@pytest.mark.parametrize("word", ["NA", "N/A", "nan", "null", "None", "-", "?", ".", "Not known"])
def test_a_word_for_not_known_is_no_misspelt_state(word: str) -> None:
    told = str(report_columns(pd.DataFrame({"wet": [word]}), GARDEN))
    assert "did you mean" not in told
    assert f"if it means not known: --missing {quote(word)} " in told
    columns = {"wet": ColumnMap(values={word: None})}
    assert f"columns={columns!r}".replace("variable=None, ", "") in told
    assert report_columns(pd.DataFrame({"wet": [word]}), GARDEN, columns).unusable == 0


def test_a_state_called_none_is_still_guessed() -> None:
    wet = replace(GARDEN["wet"], states=("none", "soaked"))
    garden = replace(GARDEN, variables={**GARDEN.variables, "wet": wet})
    assert 'did you mean "none"?' in str(report_columns(pd.DataFrame({"wet": ["None"]}), garden))


def test_a_number_beyond_the_limits_is_no_state() -> None:
    wet = replace(GARDEN["wet"], states=("dry", "soaked"), bins=(5.0,), limits=(0.0, 100.0))
    garden = replace(GARDEN, variables={**GARDEN.variables, "wet": wet})
    for cells in ([5, 100, 101], ["5", "100", "101"]):
        told = report_columns(pd.DataFrame({"wet": cells}), garden)
        assert told.unusable == 1 and told.unknown_values[0].rows == (2,)
        assert "wet: it is a number from 0 to 100" in str(told)


WRONG_COLUMNS: list[tuple[object, str]] = [
    (3, "columns must map columns to variables, not 3"),
    (0, "columns must map columns to variables, not 0"),
    (["x"], "columns must map columns to variables, not ['x']"),
    ({"x": 3}, 'columns must map "x" to a variable, a ColumnMap or None, not 3'),
]


@pytest.mark.parametrize(("columns", "message"), WRONG_COLUMNS)
def test_columns_that_are_no_mapping_are_refused(columns: Any, message: str) -> None:
    cohort = pd.DataFrame({"rain": ["yes", "no"], "wet": ["yes", "no"], "x": ["a", "b"]})
    weighed = cohort.assign(weight=1.0)
    ways: list[Callable[[], object]] = [
        lambda: score(cohort, GARDEN, columns=columns),
        lambda: report_columns(cohort, GARDEN, columns),
        lambda: list(score_batches(pa.table(dict(cohort)).to_batches(), GARDEN, columns=columns)),
        lambda: fit(GARDEN, cohort, columns=columns),
        lambda: fit(GARDEN, weighed, columns=columns, weights="weight"),
        lambda: validate(GARDEN, cohort, "wet", columns=columns),
    ]
    for way in ways:
        with pytest.raises(BackpainError, match=f"^{re.escape(message)}$"):
            way()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"values": 3}, "values must map cells to states, not 3"),
        ({"values": {"a": 3}}, 'values must map "a" to a state or None, not 3'),
        ({"variable": 3}, "a column tells a variable, not 3"),
    ],
)
def test_a_column_map_that_maps_nothing_is_refused(given: Any, message: str) -> None:
    with pytest.raises(BackpainError, match=f"^{re.escape(message)}$"):
        ColumnMap(**given)


@pytest.mark.parametrize("targets", [3, "wet", [3]])
def test_targets_are_a_list_of_names(targets: Any) -> None:
    cohort = pa.table({"rain": ["yes", "no"]})
    ways: list[Callable[[], object]] = [
        lambda: score(cohort, GARDEN, targets),
        lambda: list(score_batches(cohort.to_batches(), GARDEN, targets)),
        lambda: answer_schema(cohort.schema, GARDEN, targets),
    ]
    for way in ways:
        with pytest.raises(BackpainError, match=r"^targets must be a list of names"):
            way()


ROUNDED_UP = {
    "b": ((601, 21, 378), (93, 349, 558), (494, 471, 35)),
    "c": ((67, 867, 66), (362, 286, 352), (160, 374, 466)),
    "d": ((208, 251, 541), (370, 454, 176), (298, 417, 285)),
}
"""Of each variable's three states below the one before it, in thousandths: all together they come
to a little more than 1.
"""


def test_no_log_of_a_probability_exceeds_zero() -> None:
    states = ("x", "y", "z")
    chain, above = {"a": Variable("a", states, prior(0.757, 0.162, 0.081))}, "a"
    for name, table in ROUNDED_UP.items():
        chances = zip(states, table, strict=True)
        rows = [Row((state,), tuple(number(p / 1000) for p in row)) for state, row in chances]
        chain[name], above = Variable(name, states, Table((above,), tuple(rows))), name
    network = Network("chain", chain)
    empty = pa.table({name: pa.nulls(4, pa.string()) for name in network})
    for log_evidence in score(empty, network)["log_evidence"].to_pylist():
        assert -1e-12 < log_evidence <= 0
    assert posterior(network).log_evidence <= 0
