"""Two networks on one runner: both answers, and what each differing number does, against networks
rebuilt by hand.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backpain_bn as bb
from backpain_bn.explain.alignment import aligned, obstacle
from backpain_bn.explain.attribution import contributors
from backpain_bn.explain.comparison import Comparison, SideBySide, compare
from backpain_bn.inference.evidence import encode
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, Row, Table, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Source, Variable
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS
from tests.oracles.two_worlds import expected, two_by_brute_force

YES_NO = ("no", "yes")
START = {
    "sits": 0.3,
    "weak leak": 0.2,
    "sits > weak": 0.4,
    "pain leak": 0.1,
    "weak > pain": 0.5,
    "sits > pain": 0.1,
    "test": 0.7,
}


def small(name: str = "small", **changed: float) -> Network:
    """Sitting acts on weak and on pain, weak on pain; a test of weak. `changed` sets numbers by the
    names in START.
    """
    p = {
        **START,
        **{key.replace("__", " > ").replace("_", " "): value for key, value in changed.items()},
    }

    def links(leak: float, **causes: float) -> NoisyOr:
        return NoisyOr(
            number(leak),
            tuple(Mechanism({parent: ("yes",)}, number(value)) for parent, value in causes.items()),
        )

    test = Table(
        ("weak",),
        (
            Row(("no",), (number(0.8), number(0.2))),
            Row(("yes",), (number(1 - p["test"]), number(p["test"]))),
        ),
    )
    return Network(
        name,
        {
            "sits": Variable(
                "sits", YES_NO, prior(1 - p["sits"], p["sits"]), "Sitting", "risk_factor"
            ),
            "weak": Variable(
                "weak",
                YES_NO,
                links(p["weak leak"], sits=p["sits > weak"]),
                "Weak core",
                "impairment",
            ),
            "pain": Variable(
                "pain",
                YES_NO,
                links(p["pain leak"], weak=p["weak > pain"], sits=p["sits > pain"]),
                "Pain",
                "presentation",
            ),
            "test": Variable("test", YES_NO, test, "Plank", "test"),
        },
        outcome="pain",
        vocabulary=WORDS,
    )


def value(network: Network, findings: Findings, row: SideBySide) -> float:
    """The share of a contributor, by all switches; the probability of anything else."""

    def known(network: Network, findings: Findings, name: str, state: str) -> float:
        marginals = enumerate_beliefs(network, encode(network, [findings])).marginals[
            0, network.slices[name]
        ]
        return float(marginals[network.state(name, state)])

    if row.share_here is None:
        return known(network, findings, row.variable, row.state)
    likelihoods = encode(network, [findings])[0]
    return expected(network, two_by_brute_force(network, [row.variable]), likelihoods, True)


CASES: list[Findings] = [
    {},
    {"pain": "yes"},
    {"pain": "yes", "sits": "yes", "test": "yes"},
    {"pain": {"yes": 4, "no": 1}, "weak": "no"},
]


@pytest.mark.parametrize("findings", CASES)
def test_each_number_is_exchanged_by_itself_both_ways(findings: Findings) -> None:
    changed = {"sits__weak": 0.8, "pain_leak": 0.02, "weak__pain": 0.3, "test": 0.9, "sits": 0.5}
    here, there = small("here"), small("there", **changed)
    answer = compare(here, findings, there)
    assert {row.variable for row in answer} == set(here.variables)
    words = {
        "sitting > weak core": "sits__weak",
        "pain, with none of its causes": "pain_leak",
        "weak core > pain": "weak__pain",
        "plank given weak core": "test",
        "sitting, how common": "sits",
    }
    for row in answer:
        beliefs = (bb.posterior(network, findings)[row.variable] for network in (here, there))
        assert (row.here, row.there) == pytest.approx([one["yes"] for one in beliefs], abs=1e-14)
        effects = {}
        for said, key in words.items():
            rest = {name: p for name, p in changed.items() if name != key}
            alone = value(small(**{key: changed[key]}), findings, row) - value(here, findings, row)
            last = value(there, findings, row) - value(small(**rest), findings, row)
            effects[said] = (alone + last) / 2
        largest = sorted(
            (said for said in effects if abs(effects[said]) > 1e-12),
            key=lambda said: -abs(effects[said]),
        )[:3]
        assert [link.words for link in row.links] == largest
        assert [link.effect for link in row.links] == pytest.approx(
            [effects[said] for said in largest], abs=1e-12
        )
        for link in row.links:
            key = words[link.words]
            assert (link.here, link.there) == (
                START[key.replace("__", " > ").replace("_", " ")],
                changed[key],
            )


@pytest.mark.parametrize("findings", CASES)
def test_shares_are_those_of_the_contributors(findings: Findings) -> None:
    here, there = small("here"), small("there", weak__pain=0.8)
    answer = compare(here, findings, there)
    shares = [
        {row.variable: row.share for row in contributors(network, findings)}
        for network in (here, there)
    ]
    for row in answer:
        assert (row.share_here, row.share_there) == (
            shares[0].get(row.variable),
            shares[1].get(row.variable),
        )
        wanted = (
            row.there - row.here
            if row.share_here is None
            else value(there, findings, row) - value(here, findings, row)
        )
        assert row.matters == pytest.approx(abs(wanted), abs=1e-12)
    assert [row.matters for row in answer] == sorted((row.matters for row in answer), reverse=True)
    assert answer.unexplained == (
        contributors(here, findings).unexplained,
        contributors(there, findings).unexplained,
    )


chances = st.floats(0.05, 0.95)


@settings(max_examples=25, deadline=None)
@given(one=chances, two=chances)
def test_two_differing_numbers_make_up_the_whole_difference(one: float, two: float) -> None:
    answer = compare(small(), {"pain": "yes"}, small("other", sits__weak=one, weak__pain=two))
    for row in answer:
        whole = (
            row.there - row.here
            if row.share_here is None or row.share_there is None
            else row.share_there - row.share_here
        )
        assert sum(link.effect for link in row.links) == pytest.approx(whole, abs=1e-10)


def test_the_other_way_round_every_effect_turns_its_sign() -> None:
    here, there, findings = (
        small("here"),
        small("there", sits__weak=0.8, pain_leak=0.02),
        {"pain": "yes", "sits": "yes"},
    )
    forth, back = (
        compare(here, findings, there),
        {row.variable: row for row in compare(there, findings, here)},
    )
    for row in forth:
        mirrored = back[row.variable]
        assert (row.here, row.there) == pytest.approx((mirrored.there, mirrored.here), abs=1e-14)
        assert [link.words for link in row.links] == [link.words for link in mirrored.links]
        assert [link.effect for link in row.links] == pytest.approx(
            [-link.effect for link in mirrored.links], abs=1e-12
        )


def test_a_network_agrees_with_itself() -> None:
    answer = compare(small("one"), {"pain": "yes"}, small("two"))
    assert all(row.matters == 0 and row.links == () for row in answer)
    assert answer.top() == () and answer.sources() == []
    assert "They agree, to within half a percent" in str(answer)


def with_shoes(name: str) -> Network:
    """The same, with a variable more, one more cause of pain that it takes part in, and the
    mechanisms in another order.
    """
    base = small(name)
    pain = base["pain"].distribution
    assert isinstance(pain, NoisyOr)
    shoes = Variable("shoes", YES_NO, prior(0.6, 0.4), "New shoes", "risk_factor")
    more = Mechanism({"shoes": ("yes",), "weak": ("yes",)}, Number(0.6, 0.5, 0.7, ("S-1",)))
    worn = Variable(
        "pain", YES_NO, NoisyOr(pain.leak, (more, *pain.mechanisms[::-1])), "Pain", "presentation"
    )
    sources = {"S-1": Source("S-1", "study", "Shoes.", read="A")}
    return replace(
        base, variables={**base.variables, "shoes": shoes, "pain": worn}, sources=sources
    )


@pytest.mark.parametrize("turn", [1, -1])
def test_a_mechanism_that_one_lacks_has_no_strength_there(turn: int) -> None:
    here, there = (small("plain"), with_shoes("worn"))[::turn]
    answer = compare(here, {"pain": "yes", "sits": "yes"}, there)
    assert answer.unshared == ("shoes",) and answer.untraced == ""
    assert len(aligned(here, there).disagreements) == 1
    weak = next(row for row in answer if row.variable == "weak")
    assert [(link.words, link.here, link.there) for link in weak.links] == [
        ("new shoes and weak core > pain", *(0, 0.6)[::turn])
    ]
    assert weak.links[0].grade == "supported" and weak.links[0].number.sources == ("S-1",)
    assert weak.share_here is not None and weak.share_there is not None
    assert weak.links[0].effect == pytest.approx(weak.share_there - weak.share_here, abs=1e-12)
    text = str(answer)
    assert "Not compared, because only one of the two has it in this form: shoes." in text
    assert "S-1" in text and "Shoes." in text


def test_networks_built_in_another_way_are_compared_but_not_traced() -> None:
    base = small("or")
    rows = (Row(("no",), (number(0.8), number(0.2))), Row(("yes",), (number(0.5), number(0.5))))
    other = replace(
        base,
        name="table",
        variables={
            **base.variables,
            "weak": replace(base["weak"], distribution=Table(("sits",), rows)),
        },
    )
    answer = compare(base, {"pain": "yes"}, other)
    assert answer.untraced == obstacle(base, other) == "weak is modelled in another way"
    assert all(row.links == () for row in answer) and answer.top()
    assert (
        "The difference is not traced to single numbers: weak is modelled in another way."
        in str(answer)
    )


def test_links_that_form_a_circle_together_are_not_traced() -> None:
    def pair(first: str, second: str) -> Network:
        link = NoisyOr(number(0.1), (Mechanism({first: ("yes",)}, number(0.5)),))
        return Network(
            "pair",
            {
                first: Variable(first, YES_NO, prior(0.5, 0.5)),
                second: Variable(second, YES_NO, link),
            },
        )

    one, two = pair("a", "b"), pair("b", "a")
    assert "modelled in another way" in obstacle(one, two)

    def loose(last: str) -> Network:
        links = {
            name: (Mechanism({other: ("yes",)}, number(0.5)),) if name == last else ()
            for name, other in (("a", "b"), ("b", "a"))
        }
        return Network(
            "n",
            {
                name: Variable(name, YES_NO, NoisyOr(number(0.1), mechanisms))
                for name, mechanisms in links.items()
            },
        )

    answer = compare(loose("a"), {"a": "yes"}, loose("b"))
    assert (
        answer.untraced == "their links together would form a circle" and answer.unexplained is None
    )
    assert [row.variable for row in answer] == ["b", "a"]


def test_a_variable_with_other_states_is_left_out() -> None:
    base = small("two")
    shades = replace(base["test"], states=("no", "bit", "yes"), distribution=prior(0.4, 0.3, 0.3))
    other = replace(base, name="three", variables={**base.variables, "test": shades})
    answer = compare(base, {"pain": "yes"}, other)
    assert answer.unshared == ("test",) and answer.untraced == "test has other states"
    assert {row.variable for row in answer} == {"sits", "weak", "pain"}


def test_the_state_on_which_they_differ_most_is_shown() -> None:
    def aged(*chances: float) -> Network:
        return Network(
            "aged", {"age": Variable("age", ("young", "middle", "old"), prior(*chances), "Age")}
        )

    row = compare(aged(0.5, 0.3, 0.2), {}, aged(0.3, 0.6, 0.1))[0]
    assert (row.state, row.here, row.there) == ("middle", pytest.approx(0.3), pytest.approx(0.6))
    assert row.share_here is None and row.matters == pytest.approx(0.3)
    assert [(link.words, link.here, link.there) for link in row.links] == [
        ("age: middle, how common", 0.3, 0.6)
    ]
    assert row.links[0].effect == pytest.approx(0.3)


def test_a_tiny_leak_beside_a_large_one() -> None:
    here, there = small("here", pain_leak=0.3), small("there", pain_leak=1e-15)
    answer = compare(here, {"pain": "yes", "test": "no"}, there)
    for row in answer:
        whole = (
            row.there - row.here
            if row.share_here is None or row.share_there is None
            else row.share_there - row.share_here
        )
        assert [link.words for link in row.links] == (
            ["pain, with none of its causes"] if abs(whole) > 1e-12 else []
        )
        assert sum(link.effect for link in row.links) == pytest.approx(whole, abs=1e-12)


def test_tiny_numbers_keep_their_digits() -> None:
    there = small("there", pain_leak=1e-15, weak__pain=3e-15)
    answer = compare(small("here"), {"pain": "yes", "sits": "no"}, there)
    row = next(row for row in answer if row.variable == "test")
    assert row.there == pytest.approx(0.5 * 0.7 + 0.5 * 0.2, abs=1e-9), (
        "weak is as likely as not: 0.2 * 4e-15 against 0.8 * 1e-15"
    )
    assert sum(link.effect for link in row.links) == pytest.approx(row.there - row.here, abs=1e-9)


def test_an_exchange_that_makes_the_findings_impossible_says_nothing() -> None:
    here, there = small("here", pain_leak=0.0, sits__pain=0.0), small("there", weak__pain=0.0)
    answer = compare(here, {"pain": "yes"}, there)
    links = [link for row in answer for link in row.links]
    assert {link.words for link in links} == {"pain, with none of its causes", "sitting > pain"}
    assert all(np.isfinite(link.effect) for link in links) and "nan" not in str(answer)


def test_everything_observed() -> None:
    findings = {"sits": "yes", "weak": "yes", "pain": "yes", "test": "yes"}
    answer = compare(small("here"), findings, small("there", weak__pain=0.9))
    assert all(row.here == row.there == 1 for row in answer)
    weak = next(row for row in answer if row.variable == "weak")
    assert answer[0].matters > 0.1 and weak.links[0].words == "weak core > pain"


def test_networks_that_do_not_share_the_findings_are_refused_in_words() -> None:
    network = small()
    plain = Network("plain", {"sits": Variable("sits", ("rarely", "much"), prior(0.5, 0.5))})
    with pytest.raises(
        bb.BackpainError, match="plain has no variable pain, which is one of the findings"
    ):
        compare(network, {"pain": "yes"}, plain)
    with pytest.raises(
        bb.BackpainError,
        match="in plain, sits has no state yes, which was found; it has rarely, much",
    ):
        compare(network, {"sits": "yes"}, plain)
    with pytest.raises(bb.BackpainError, match="sits has no state no"):
        compare(network, {"sits": {"no": 1, "yes": 2}, "pain": None}, plain)
    with pytest.raises(bb.errors.UnknownName, match="unknown variable"):
        compare(network, {"sitz": "yes"}, network)
    with pytest.raises(bb.errors.ImpossibleEvidence, match="probability 0 in never"):
        compare(network, {"pain": "yes"}, small("never", pain_leak=0, weak__pain=0, sits__pain=0))


def test_the_record_cannot_be_changed() -> None:
    answer = compare(small(), {"pain": "yes"}, small("b", test=0.9))
    assert isinstance(answer, Comparison) and answer[0] is answer.rows[0] and len(answer) == 4
    with pytest.raises(AttributeError):
        answer.rows = ()  # type: ignore[misc]
