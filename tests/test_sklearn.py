"""A network as a scikit-learn classifier: scikit-learn's own checks, and what they cannot know."""

from __future__ import annotations

from sklearn.utils.estimator_checks import check_estimator

from backpain_bn.model import Network, Row, Table, Variable, number, prior
from backpain_bn.sklearn import CHECKS_THAT_CANNOT_APPLY, BayesianNetworkClassifier

TARGET = "weak_battery"
COLUMNS, SIZE = 20, 24


def even(states: tuple[str, ...]) -> Network:
    """A target that shows in columns of many states, all as likely: named as scikit-learn's checks
    name columns and labels.
    """
    chance = number(1 / SIZE)
    rows = tuple(Row((state,), (chance,) * SIZE) for state in states)
    variables = {"kind": Variable("kind", states, prior(*[1 / len(states)] * len(states)))}
    for place in range(COLUMNS):
        name = f"col_{place}"
        codes = tuple(f"s{code}" for code in range(SIZE))
        variables[name] = Variable(name, codes, Table(("kind",), rows))
    return Network("even", variables)


def test_it_passes_all_checks_of_scikit_learn() -> None:
    check_estimator(BayesianNetworkClassifier(even(("one", "two")), "kind"))


def test_with_more_states_it_passes_all_that_can_apply() -> None:
    model = BayesianNetworkClassifier(even(("one", "two", "three", "four")), "kind")
    found = check_estimator(
        model, expected_failed_checks=CHECKS_THAT_CANNOT_APPLY, on_fail=None, on_skip=None
    )
    failed = {each["check_name"]: each["exception"] for each in found if each["status"] == "failed"}
    assert failed == {}
    assert {each["check_name"] for each in found if each["status"] == "xfail"} == set(
        CHECKS_THAT_CANNOT_APPLY
    )
