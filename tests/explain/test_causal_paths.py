"""The ways from a variable to the outcome: against a list of all paths, and as a runner reads
them.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator

import networkx
import pytest

import backpain_bn as bb
from backpain_bn.explain.causal_paths import causal_paths, link_strength, strongest_path
from backpain_bn.model.distributions import Mechanism, NoisyOr, Number, Row, Table, number, prior
from backpain_bn.model.findings import Findings
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Source, Variable
from tests.oracles.networks import WORDS

YES_NO = ("no", "yes")


def caused(*links: tuple[dict[str, tuple[str, ...]], float]) -> NoisyOr:
    return NoisyOr(number(0.05), tuple(Mechanism(when, number(p)) for when, p in links))


def rows(*present: float) -> Table:
    states = ("little", "some", "much")
    return Table(
        ("sits",),
        tuple(
            Row((state,), (number(1 - p), number(p)))
            for state, p in zip(states, present, strict=True)
        ),
    )


def small() -> Network:
    """Sitting acts on stiff by two mechanisms and on slow by a table; several ways lead on to pain,
    one of them only under load.
    """
    yes = ("yes",)
    tilt = caused(({"stiff": yes}, 0.6), ({"slow": yes}, 0.3), ({"stiff": ("no",)}, 0.9))
    pain = caused(({"tilt": yes}, 0.5), ({"stiff": yes, "load": yes}, 0.7), ({"slow": yes}, 0.02))
    return Network(
        "small",
        {
            "sits": Variable(
                "sits", ("little", "some", "much"), prior(0.5, 0.3, 0.2), "Sitting", "risk_factor"
            ),
            "load": Variable("load", YES_NO, prior(0.6, 0.4), "Load", "risk_factor"),
            "stiff": Variable(
                "stiff",
                YES_NO,
                caused(({"sits": ("some",)}, 0.2), ({"sits": ("much",)}, 0.5)),
                "Stiff hips",
                "impairment",
            ),
            "slow": Variable("slow", YES_NO, rows(0.1, 0.2, 0.4), "Slow steps", "form"),
            "tilt": Variable("tilt", YES_NO, tilt, "Tilt", "form"),
            "pain": Variable("pain", YES_NO, pain, "Pain", "presentation"),
            "limp": Variable("limp", YES_NO, caused(({"pain": yes}, 0.5)), "Limp", "presentation"),
            "shoes": Variable("shoes", YES_NO, prior(0.5, 0.5), "New shoes", "risk_factor"),
        },
        outcome="pain",
        vocabulary=WORDS,
    )


def all_ways(
    network: Network, start: str, now: bb.Posterior
) -> Iterator[tuple[float, tuple[str, ...]]]:
    """Every path from `start` to the outcome whose links all act and whose inner variables can be
    unhealthy, with its strength.
    """
    graph = networkx.DiGraph(
        [(parent, name) for name, it in network.variables.items() for parent in it.parents]
    )
    for path in networkx.all_simple_paths(graph, start, network.outcome) if start in graph else ():
        strength = math.prod(link_strength(network, a, b, now) for a, b in itertools.pairwise(path))
        if strength > 0 and all(now.present(name) > 0 for name in path[1:-1]):
            yield strength, tuple(path)


CASES: list[Findings] = [
    {},
    {"pain": "yes"},
    {"sits": "some", "pain": "yes"},
    {"tilt": "no"},
    {"load": "no", "slow": "yes"},
    {"sits": "little"},
]


@pytest.mark.parametrize("findings", CASES)
@pytest.mark.parametrize("start", ["sits", "load", "stiff", "slow", "tilt", "shoes"])
@pytest.mark.parametrize("k", [1, 2, 50])
def test_the_strongest_ways_are_those_of_a_full_list(
    findings: Findings, start: str, k: int
) -> None:
    network = small()
    now = bb.posterior(network, findings)
    wanted = sorted(all_ways(network, start, now), reverse=True)
    found = causal_paths(network, findings, start, now, k=k)
    assert [path.strength for path in found] == pytest.approx(
        [strength for strength, _ in wanted[:k]], abs=1e-12
    )
    assert {path.variables for path in causal_paths(network, findings, start, now, k=50)} == {
        path for _, path in wanted
    }


def test_the_ways_by_hand() -> None:
    found = causal_paths(small(), {}, "sits", k=9)
    assert [(path.variables, pytest.approx(path.strength)) for path in found] == [
        (("sits", "stiff", "tilt", "pain"), 0.5 * 0.6 * 0.5),
        (("sits", "stiff", "pain"), 0.5 * 0.7 * 0.4),
        (("sits", "slow", "tilt", "pain"), (0.4 - 0.1) * 0.3 * 0.5),
        (("sits", "slow", "pain"), (0.4 - 0.1) * 0.02),
    ]
    assert len(found) == 4 and found[0] is found.rows[0]


def test_what_the_runner_told_decides_which_mechanism_acts() -> None:
    network = small()
    assert causal_paths(network, {"sits": "some"}, "sits")[0].strengths == pytest.approx(
        (0.2, 0.6, 0.5)
    )
    assert causal_paths(network, {"sits": "some"}, "sits")[0].numbers[0].p == 0.2
    slow = [
        path
        for path in causal_paths(network, {"sits": "some"}, "sits")
        if path.variables[1] == "slow"
    ]
    assert slow[0].strengths[0] == pytest.approx(0.2 - 0.1)
    assert causal_paths(network, {"load": "yes"}, "stiff")[0].strength == pytest.approx(0.7)
    assert causal_paths(network, {"load": "no"}, "stiff")[0].variables == ("stiff", "tilt", "pain")


def test_no_way_leads_through_what_is_known_to_be_absent() -> None:
    ways = {path.variables for path in causal_paths(small(), {"stiff": "no"}, "sits", k=9)}
    assert ways == {("sits", "slow", "tilt", "pain"), ("sits", "slow", "pain")}
    now = bb.posterior(small(), {"stiff": "no"})
    path = strongest_path(small(), {"stiff": "no"}, "sits", now)
    assert path is not None and "stiff" not in path.variables


def test_a_cause_that_is_absent_still_shows_what_it_would_do() -> None:
    found = causal_paths(small(), {"stiff": "no"}, "stiff")
    assert found.present == 0 and found[0].variables == ("stiff", "tilt", "pain")
    assert "Stiff hips: no, as you told." in str(found)


def test_no_way_is_an_answer_too() -> None:
    assert "No way leads from new shoes to pain" in str(causal_paths(small(), {}, "shoes"))
    assert "Limp follows from pain here; it does not cause it." in str(
        causal_paths(small(), {}, "limp")
    )
    assert causal_paths(small(), {}, "shoes").to_dicts() == []


def test_links_carry_strength_grade_and_sources() -> None:
    sources = {
        "A-1": Source("A-1", "study", "a study", read="A"),
        "C-1": Source("C-1", "claim", "a claim"),
    }
    first = NoisyOr(
        number(0.1), (Mechanism({"weak": ("yes",)}, Number(0.5, 0.4, 0.6, ("C-1",), ("A-1",))),)
    )
    second = NoisyOr(
        number(0.1), (Mechanism({"strain": ("yes",)}, Number(0.4, 0.3, 0.5, ("A-1",))),)
    )
    network = Network(
        "cited",
        {
            "weak": Variable("weak", YES_NO, prior(0.5, 0.5), "Weak", "impairment"),
            "strain": Variable("strain", YES_NO, first, "Strain", "mechanism"),
            "pain": Variable("pain", YES_NO, second, "Pain", "presentation"),
        },
        outcome="pain",
        vocabulary=WORDS,
        sources=sources,
    )
    found = causal_paths(network, {}, "weak")
    assert found[0].grades == ("contradicted", "supported") and found[0].grade == "contradicted"
    assert json.loads(json.dumps(found.to_dicts()))[0]["links"][0] == {
        "parent": "weak",
        "child": "strain",
        "strength": 0.5,
        "grade": "contradicted",
        "sources": ["C-1"],
        "against": ["A-1"],
    }
    assert found.sources() == ["C-1", "A-1", "A-1"]
    text = " ".join(str(found).split())
    assert "In about 20 of 100 such cases this way alone would lead to pain." in text
    assert (
        "weak > strain: about 50 of 100, studies contradict it [judgement: C-1; "
        "against: A-1]" in text
    )
    assert "strain > pain: about 40 of 100, studies support it [published: A-1]" in text
    assert text.count("a study") == 1


def test_a_mechanism_with_more_conditions_names_them() -> None:
    assert "stiff hips together with load > pain: about 28 of 100" in str(
        causal_paths(small(), {}, "stiff")
    )


def test_bad_questions_are_refused_in_words() -> None:
    network = small()
    with pytest.raises(bb.BackpainError, match="pain is the outcome itself"):
        causal_paths(network, {}, "pain")
    with pytest.raises(
        bb.errors.UnknownName, match='unknown variable "stif"; did you mean "stiff"'
    ):
        causal_paths(network, {}, "stif")
    for k in (0, -1, 1.5, True):
        with pytest.raises(bb.BackpainError, match="the number of paths is"):
            causal_paths(network, {}, "stiff", k=k)  # type: ignore[arg-type]
    with pytest.raises(bb.BackpainError, match="plain names no outcome"):
        causal_paths(Network("plain", {"a": Variable("a", YES_NO, prior(0.5, 0.5))}), {}, "a")
