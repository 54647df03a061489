"""Records: equal, hashed, pickled, copied and shown by what they hold; sent to other processes."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.records import FrozenDict, record
from tests.oracles.networks import FLAGGED_CAR
from tests.oracles.records import answers, check, records

CAR = bb.load("car")
TOLD = {"no_start": "yes", "dim_lights": {"no": 0.2, "yes": 0.8}, "battery_age": 4}
CASES = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(variable.states)
        | st.fixed_dictionaries({state: st.floats(0.1, 1) for state in variable.states})
        for name, variable in list(CAR.variables.items())[:5]
    },
)


@pytest.fixture(scope="module")
def every() -> list[object]:
    return list(records(answers(CAR, TOLD, "weak_battery")))


def test_every_record_of_every_answer_keeps_what_it_holds(every: list[object]) -> None:
    kinds: dict[type, int] = {}
    for each in every:
        kinds[type(each)] = kinds.get(type(each), 0) + 1
        if kinds[type(each)] <= 5:
            check(each)
    assert len(kinds) > 50 and len(every) > 500


def test_records_that_differ_are_unequal(every: list[object]) -> None:
    different = {id(each): each for each in every}.values()
    by_content = {each: pickle.dumps(each) for each in different}
    assert 100 < len(by_content) < len(every)


@given(CASES)
@settings(max_examples=20, deadline=None)
def test_a_diagnosis_is_its_network_its_findings_and_its_flags(told: dict[str, object]) -> None:
    d, again = bb.diagnose(told, CAR), bb.diagnose(dict(reversed(told.items())), "car")
    assert d == again and hash(d) == hash(again)
    back = pickle.loads(pickle.dumps(d))
    assert back == d and back["weak_battery"] == d["weak_battery"] and repr(back) == repr(d)
    assert copy.deepcopy(d.posterior) == d.posterior
    assert bb.diagnose({**told, "key_not_recognised": "yes"}, CAR) != d


def test_a_withheld_answer_is_a_record_too() -> None:
    d = bb.diagnose({"no_start": "yes"}, FLAGGED_CAR, {"smoke": "yes"})
    withheld = [d.contributors(), d.why("weak_battery"), d.follow_up({}), d.next_questions()]
    for each in [*withheld, d.posterior, d["weak_battery"], d]:
        check(each)
    for answer in withheld:
        assert answer.withheld == d.red_flags and list(answer) == answer.to_dicts() == []
        assert answer != type(answer).withhold(bb.diagnose({}, FLAGGED_CAR).red_flags)
    assert bb.diagnose({"no_start": "yes"}, FLAGGED_CAR).contributors().withheld is None


def test_no_part_of_a_withheld_answer_can_be_read() -> None:
    d = bb.diagnose({"no_start": "yes"}, FLAGGED_CAR, {"smoke": "yes"})
    calm = bb.diagnose({"no_start": "yes"}, FLAGGED_CAR)
    for given_, withheld in (
        (calm.contributors(), d.contributors()),
        (calm.next_questions(), d.next_questions()),
        (calm.robustness(draws=5), d.robustness()),
        (calm.posterior, d.posterior),
    ):
        held = {"withheld", "network" if isinstance(withheld, bb.Posterior) else "rows"}
        for name in set(given_.__dataclass_fields__) - held:
            with pytest.raises(bb.errors.AnswerWithheld, match="Fire"):
                getattr(withheld, name)
    assert list(d.posterior) == list(d["weak_battery"]) == [] and "yes" not in d["weak_battery"]
    with pytest.raises(bb.errors.AnswerWithheld):
        d["weak_battery"].get("yes", 0.0)


def probability(d: bb.Diagnosis) -> tuple[bb.Diagnosis, float]:
    return d, d["weak_battery"]["yes"]


def after(network: bb.Network, state: str) -> tuple[bb.Network, bb.Diagnosis]:
    return network, bb.diagnose({"no_start": "yes", "dim_lights": state}, network)


def test_diagnoses_go_through_a_pool_of_processes() -> None:
    told = [{"no_start": "yes"}, {"dim_lights": "yes"}, {}]
    here = [bb.diagnose(each, CAR) for each in told]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = list(pool.map(probability, here))
    assert [d for d, _ in there] == here
    assert [p for _, p in there] == pytest.approx([d["weak_battery"]["yes"] for d in here])


def test_networks_go_through_joblib() -> None:
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(after)(CAR, state) for state in ("no", "yes"))
    assert [network for network, _ in found] == [CAR, CAR]
    for state, (_, d) in zip(("no", "yes"), found, strict=True):
        assert d == after(CAR, state)[1]
    assert joblib.hash(CAR) == joblib.hash(pickle.loads(pickle.dumps(CAR)))


def test_a_frozen_dict_never_changes() -> None:
    held = FrozenDict({"a": 1})
    for change in (
        lambda: held.update(b=2),
        lambda: held.pop("a"),
        lambda: held.setdefault("b", 2),
        lambda: held.__setitem__("a", 2),
        lambda: held.__delitem__("a"),
        held.clear,
        held.popitem,
    ):
        with pytest.raises(TypeError, match="never changes"):
            change()
    assert held == {"a": 1} and held | {"b": 2} == {"a": 1, "b": 2}


@record
class Numbers:
    row: np.ndarray  # type: ignore[type-arg]
    mean: float


def test_arrays_and_what_is_no_number_are_compared_by_content() -> None:
    one = Numbers(np.array([0.0, 1.0]), float("nan"))
    same = Numbers(np.array([-0.0, 1.0]), float("nan"))
    assert one == same and hash(one) == hash(pickle.loads(pickle.dumps(one)))
    assert one != Numbers(np.array([0.0, 2.0]), float("nan"))
    assert one != Numbers(np.array([0.0, 1.0]), 0.5) and one != (one.row, one.mean)


def test_errors_go_through_pickle_with_all_their_lines() -> None:
    found = bb.errors.FileProblem(["a.yaml:1:1 one", "a.yaml:2:1 two"])
    back = pickle.loads(pickle.dumps(found))
    assert back.lines == found.lines and str(back) == str(found) == copy.copy(back).args[0]
    withheld = bb.errors.AnswerWithheld("share is withheld.")
    for each in (
        withheld,
        bb.errors.UnknownName("x"),
        bb.errors.TooHard("y"),
        bb.BackpainError("z"),
    ):
        again = pickle.loads(pickle.dumps(each))
        assert type(again) is type(each) and str(again) == str(each)
