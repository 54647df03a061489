"""`Network` built in Python: complete or refused, frozen, and what it tells about its graph."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, Row, Table, number, prior
from backpain_bn.model.grades import grade
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Treatment, Trial, Variable

STATES = ("no", "yes")
ROOT = Variable("a", STATES, prior(0.7, 0.3))


def effect(name: str, *parents: str, p: float = 0.5) -> Variable:
    return Variable(
        name,
        STATES,
        NoisyOr(number(0.1), tuple(Mechanism({parent: ("yes",)}, number(p)) for parent in parents)),
    )


@pytest.fixture
def diamond() -> Network:
    """d depends on b and c, they on a; d comes first."""
    rows = tuple(
        Row((b, c), (number(0.5), number(0.25), number(0.25))) for b in STATES for c in STATES
    )
    d = Variable("d", ("low", "mid", "top"), Table(("b", "c"), rows))
    return Network(
        "diamond", {"d": d, "a": ROOT, "b": effect("b", "a"), "c": effect("c", "a")}, outcome="d"
    )


def test_order_slices_columns(diamond: Network) -> None:
    assert diamond.order == ("a", "b", "c", "d")
    assert diamond.columns == (
        "d=low",
        "d=mid",
        "d=top",
        "a=no",
        "a=yes",
        "b=no",
        "b=yes",
        "c=no",
        "c=yes",
    )
    assert dict(diamond.slices) == {
        "d": slice(0, 3),
        "a": slice(3, 5),
        "b": slice(5, 7),
        "c": slice(7, 9),
    }
    assert [diamond.columns[diamond.slices["b"]][i] for i in (0, 1)] == ["b=no", "b=yes"]


def test_kin(diamond: Network) -> None:
    assert dict(diamond.children) == {"d": (), "a": ("b", "c"), "b": ("d",), "c": ("d",)}
    assert diamond.ancestors("d") == {"a", "b", "c"} and diamond.ancestors("a") == frozenset()
    assert diamond.descendants("a") == {"b", "c", "d"} and diamond.descendants("d") == frozenset()


def test_do_cuts_the_parents_and_nothing_else(diamond: Network) -> None:
    after = diamond.do(b="yes", a="no")
    assert (
        after["b"].parents == ()
        and after["b"].distribution == prior(0.0, 1.0)
        and after["a"].distribution == prior(1.0, 0.0)
    )
    assert (
        after["c"] == diamond["c"]
        and after["d"] == diamond["d"]
        and after.columns == diamond.columns
        and after.outcome == "d"
    )
    assert diamond["b"].parents == ("a",) and diamond.do().columns == diamond.columns
    assert bb.posterior(after)["c"]["yes"] == pytest.approx(0.1)
    assert (
        bb.posterior(diamond, {"b": "yes"})["c"]["yes"]
        > bb.posterior(diamond.do(b="yes"))["c"]["yes"]
    )
    assert diamond.do(b=True)["b"].distribution == diamond.do(b="yes")["b"].distribution
    marked = Network("m", {"a": replace(ROOT, marginal=Number(0.3, 0.2, 0.4))})
    assert marked.do(a="yes")["a"].marginal is None


@pytest.mark.parametrize(("settings", "message"), [
    ({"x": "yes"}, 'unknown variable "x"; allowed: d, a, b, c'),
    ({"d": "mit"}, 'unknown state of d "mit"; did you mean "mid"? allowed: low, mid, top'),
    ({"d": True}, "unknown state of d True; allowed: low, mid, top"),
    ({"a": ["yes"]}, "unknown state of a ['yes']; did you mean \"yes\"? allowed: no, yes"),
])  # fmt: skip
def test_do_refuses_what_does_not_exist(
    diamond: Network, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(bb.errors.UnknownName) as error:
        diamond.do(**settings)
    assert str(error.value) == message


def test_a_network_is_frozen(diamond: Network, car: Network) -> None:
    with pytest.raises(FrozenInstanceError):
        diamond.name = "x"  # type: ignore[misc]
    for mapping in (
        diamond.variables,
        diamond.sources,
        diamond.treatments,
        diamond.advice,
        diamond.slices,
        diamond.children,
    ):
        with pytest.raises(TypeError):
            mapping["a"] = None  # type: ignore[index]
    model = diamond["b"].distribution
    assert isinstance(model, NoisyOr)
    with pytest.raises(FrozenInstanceError):
        model.leak.p = 0.9  # type: ignore[misc]
    with pytest.raises(TypeError):
        model.mechanisms[0].when["c"] = ("yes",)  # type: ignore[index]
    with pytest.raises(TypeError):
        next(iter(car.treatments.values())).targets["battery_age"] = "x"  # type: ignore[index]
    with pytest.raises(TypeError):
        next(iter(car.advice.values())).when["battery_age"] = "x"  # type: ignore[index]


def test_a_network_does_not_follow_the_mapping_it_was_made_from() -> None:
    variables, when = {"a": ROOT}, {"a": ("yes",)}
    network = Network("n", variables)
    variables["b"] = effect("b")
    mechanism = Mechanism(when, number(0.5))
    when["a"] = ("no",)
    assert list(network.variables) == ["a"] and dict(mechanism.when) == {"a": ("yes",)}


def test_networks_are_compared_by_what_they_hold(diamond: Network) -> None:
    same = replace(diamond)
    assert diamond == same and len({diamond, same}) == 1 and diamond != "diamond"
    backwards = replace(diamond, variables=dict(reversed(diamond.variables.items())))
    for other in (diamond.do(a="no"), replace(diamond, version="9"), backwards):
        assert diamond != other and len({diamond, other}) == 2


@pytest.mark.parametrize("name", ["x", 5, None, ["a"]])
def test_a_variable_that_does_not_exist(diamond: Network, name: Any) -> None:
    with pytest.raises(bb.errors.UnknownName, match="allowed: d, a, b, c"):
        diamond[name]


def row(*p: float, given: tuple[str, ...] = ()) -> Row:
    return Row(given, tuple(number(value) for value in p))


nan = float("nan")
BROKEN = [
    ({"a": Variable("a", ("no",), prior(1.0))}, ["variables.a.states: a needs at least two states"]),
    ({"a": Variable("a", ("no", "no"), prior(0.5, 0.5))}, ['variables.a.states.1: state "no" of a '
                                                           'is listed twice']),
    ({"a": Variable("b", STATES, prior(0.5, 0.5))}, ['variables.a: variable "b" stands under the '
                                                     'name "a"']),
    ({"a": Variable("a", STATES, prior(0.5, 0.6))}, ["variables.a.table.rows.0: probabilities of "
                                                     "a sum to 1.1, not 1"]),
    ({"a": Variable("a", STATES, prior(0.5, 0.500000002))}, ["variables.a.table.rows.0: "
                                                             "probabilities of a sum to 1, not 1"]),
    ({"a": Variable("a", STATES, prior(1.5, -0.5))},
     ["variables.a.table.rows.0.p: probability 1.5 is outside [0, 1]", "variables.a.table.rows.0.p: probability -0.5 is outside [0, 1]"]),
    ({"a": Variable("a", STATES, prior(nan, 1.0))}, ["variables.a.table.rows.0.p: probability nan "
                                                     "is outside [0, 1]"]),
    ({"a": Variable("a", STATES, prior(1.0))}, ["variables.a.table.rows.0: a row of a has 1 "
                                                "probabilities for 2 states"]),
    ({"a": Variable("a", STATES, Table((), ()))}, ["variables.a.table.rows: the table of a lacks "
                                                   "the rows for no parents"]),
    ({"a": Variable("a", STATES, Table((), (row(0.5, 0.5), row(0.5, 0.5))))}, ["variables.a.table.rows.1: the table of a has no place for another row for no parents"]),
    ({"a": Variable("a", STATES, NoisyOr(Number(0.1, 0.2, 0.3), ()))}, ["variables.a.leak.range: range [0.2, 0.3] must lie in [0, 1] and around 0.1"]),
    ({"a": Variable("a", STATES, NoisyOr(Number(0.1, nan, 0.3), ()))}, ["variables.a.leak.range: range [nan, 0.3] must lie in [0, 1] and around 0.1"]),
    ({"a": replace(ROOT, marginal=Number(0.5, 0.6, 0.7))}, ["variables.a.marginal.range: range "
                                                            "[0.6, 0.7] must lie in [0, 1] and "
                                                            "around 0.5"]),
    ({"b": effect("b", "a")}, ['variables.b.causes.0.when.a: unknown parent of b "a"; there is none']),
    ({"b": effect("b", "b")}, ["variables.b.causes.0.when.b: b is a cause of itself"]),
    ({"a": effect("a", "c"), "b": effect("b", "a"), "c": effect("c", "b")}, ["variables.a.causes.0.when.c: variables cause each other in a circle: a > b > c > a"]),
    ({"a": effect("a", "b"), "b": effect("b", "a"), "c": effect("c", "a", "d"), "d": effect("d", "c", p=2)},
     ["variables.d.causes.0.p: probability 2 is outside [0, 1]", "variables.a.causes.0.when.b: "
                                                                 "variables cause each other in a "
                                                                 "circle: a > b > a",
      "variables.c.causes.1.when.d: variables cause each other in a circle: c > d > c"]),
    ({"a": ROOT, "b": Variable("b", STATES, Table(("a",), (row(0.5, 0.5, given=("no",)), row(0.5, 0.5, given=("ja",)))))},
     ["variables.b.table.rows.1: the table of b has no place for another row for ja", "variables.b.table.rows: the table of b lacks the rows for yes"]),
    ({"a": ROOT, "b": Variable("b", ("x", "y", "z"), NoisyOr(number(0.1), ()))},
     ["variables.b: b has 3 states; leak and causes are for two-state variables, use a table"]),
    ({"a": ROOT, "b": Variable("b", STATES, NoisyOr(number(0.1), (Mechanism({"a": ("yes",)}, number(0.1)), Mechanism({"a": ("yes",)}, number(0.2)))))},
     ["variables.b.causes.1.when: cause 2 of b repeats the conditions of an earlier one"]),
    ({"a": ROOT, "b": Variable("b", STATES, NoisyOr(number(0.1), (Mechanism({"a": ()}, number(0.1)), Mechanism({}, number(0.2)))))},
     ["variables.b.causes.0.when.a: the condition names no state of a, so it never holds", "variables.b.causes.1.when: cause 2 of b has no condition; what needs none is the leak"]),
]  # fmt: skip


@pytest.mark.parametrize(("variables", "expected"), BROKEN)
def test_an_unsound_network_is_not_built(
    variables: dict[str, Variable], expected: list[str]
) -> None:
    with pytest.raises(bb.errors.FileProblem) as error:
        Network("broken", variables)
    assert list(error.value.lines) == expected


def test_a_table_over_the_limit_is_refused_without_writing_it_out() -> None:
    roots = {f"r{i}": Variable(f"r{i}", STATES, prior(0.5, 0.5)) for i in range(40)}
    with pytest.raises(
        bb.errors.FileProblem,
        match="the table of y would have 2,199,023,255,552 cells; the limit is 4,194,304",
    ):
        Network("wide", roots | {"y": Variable("y", STATES, Table(tuple(roots), ()))})


def test_a_long_chain_is_no_recursion() -> None:
    chain = {f"v{i}": effect(f"v{i}", f"v{i + 1}") for i in range(3000)} | {
        "v3000": Variable("v3000", STATES, prior(0.5, 0.5))
    }
    network = Network("chain", chain)
    assert (
        network.order[0] == "v3000"
        and network.order[-1] == "v0"
        and len(network.ancestors("v0")) == 3000
    )


@given(
    st.integers(1, 9).flatmap(
        lambda n: st.tuples(
            st.permutations(range(n)),
            st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=20),
        )
    )
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_parents_come_before_children(drawn: tuple[list[int], list[tuple[int, int]]]) -> None:
    names, pairs = [f"v{i}" for i in drawn[0]], {pair for pair in drawn[1] if pair[0] < pair[1]}
    network = Network(
        "g",
        {
            name: effect(name, *(f"v{a}" for a, b in sorted(pairs) if f"v{b}" == name))
            for name in names
        },
    )
    assert sorted(network.order) == sorted(names)
    assert all(network.order.index(f"v{a}") < network.order.index(f"v{b}") for a, b in pairs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"targets": {"wett": "no"}}, 'treatments.dry.targets.wett: unknown variable "wett"'),
        ({"targets": {"wet": "noo"}}, 'unknown state of wet "noo"; did you mean "no"'),
        ({"who": "nobody"}, 'treatments.dry.who: unknown means "nobody"; allowed: ask'),
        ({"name": "other"}, 'treatment "other" stands under the name "dry"'),
        ({"success": number(1.5)}, "treatments.dry.success.p: probability 1.5 is outside"),
        ({"trial": Trial(0.5, 0.6, 0.9)}, "the range 0.6 to 0.9 does not hold the risk ratio 0.5"),
    ],
)
def test_treatments_are_checked(change: dict[str, Any], message: str) -> None:
    dry = Treatment("dry", "Dry it", {"wet": "no"}, number(0.5))
    wet = Variable("wet", ("no", "yes"), prior(0.5, 0.5))
    assert Network("fine", {"wet": wet}, treatments={"dry": dry}).treatments["dry"] is dry
    with pytest.raises(bb.errors.FileProblem, match=re.escape(message)):
        Network("odd", {"wet": wet}, treatments={"dry": replace(dry, **change)})


def test_what_a_variable_leaves_behind_is_checked() -> None:
    for leaves, message in (({"dry": "no"}, "wet.leaves.dry"), ({"wet": "x"}, 'of wet "x"')):
        wet = Variable("wet", ("no", "yes"), prior(0.5, 0.5), leaves=leaves)
        with pytest.raises(bb.errors.FileProblem, match=message):
            Network("odd", {"wet": wet})


def test_grades() -> None:
    from backpain_bn.model.variables import Source

    rows = {
        id: Source(id, kind, "", read=read)
        for id, kind, read in [
            ("A", "study", "A"),
            ("B", "study", "B"),
            ("C", "study", "C"),
            ("S", "claim", ""),
        ]
    }
    cases = {
        (("A",), ()): "supported", (("A", "S"), ("C",)): "supported", (("A",), ("B",)): "mixed", (("S",), ("B",)): "contradicted",
        (("C", "S"), ()): "claimed only", (("S", "expert"), ("C",)): "claimed only", (("C",), ()): "expert", (("expert",), ()): "expert",
    }  # fmt: skip
    assert {case: grade(*case, rows) for case in cases} == cases
