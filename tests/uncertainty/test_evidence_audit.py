"""The audit of a network's evidence, on small networks of which every figure can be worked out."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from backpain_bn.display import to_html, to_markdown
from backpain_bn.errors import BackpainError
from backpain_bn.explain.shares import attributable_shares
from backpain_bn.inference.evidence import encode
from backpain_bn.inference.posterior import posterior
from backpain_bn.model.card import Card, Checklist, ChecklistItem
from backpain_bn.model.distributions import Conversion, Mechanism, NoisyOr, Number, Row, Table
from backpain_bn.model.network import Network
from backpain_bn.model.variables import PublishedFigure, Source, Variable
from backpain_bn.red_flags.rules import RedFlagQuestion, Rule, Rules
from backpain_bn.uncertainty.evidence_audit import EvidenceAudit, arrived, evidence_audit
from backpain_bn.uncertainty.influence import influences
from backpain_bn.uncertainty.model_card import model_card
from backpain_bn.uncertainty.reproduced import reproduced
from tests.uncertainty.test_draws import ONE, association, judged

YES_NO = ("no", "yes")
SOURCES = {
    "C-1": Source("C-1", "claim", "Rain wets the lawn."),
    "C-2": Source("C-2", "claim", "Dew wets the lawn."),
    "C-3": Source("C-3", "claim", "Mow it dry."),
    "X-1": Source("X-1", "study", "Rain on 2 of 10 days", read="A"),
    "X-2": Source("X-2", "study", "Dew did nothing", read="B"),
    "X-9": Source("X-9", "study", "Heard of", read="C"),
}


def common(p: float, low: float, high: float, *sources: str) -> Table:
    return Table((), (Row((), (Number(1 - p, 1 - high, 1 - low), Number(p, low, high, sources))),))


def garden(**parts: Any) -> Network:
    """Return a lawn that rain or dew wets, every number of another class."""
    by_rain = Number(0.8, 0.6, 0.9, ("C-1", "X-1", "expert"), note="As the gardener sees it.")
    by_dew = Number(0.1, 0.01, 0.3, ("C-2", "expert"), ("X-2",))
    wet = NoisyOr(
        Number(0.05, 0.01, 0.2, ("expert",)),
        (Mechanism({"rain": ("yes",)}, by_rain), Mechanism({"dew": ("yes",)}, by_dew)),
    )
    variables = {
        "rain": Variable("rain", YES_NO, common(0.2, 0.1, 0.4, "X-1"), "Rain at night"),
        "dew": Variable("dew", YES_NO, common(0.5, 0.5, 0.5, "X-9", "expert"), "Dew"),
        "wet": Variable("wet", YES_NO, wet, "Wet lawn"),
    }
    return replace(Network("garden", variables, outcome="wet", sources=SOURCES), **parts)


def figure(measure: str = "probability", **parts: Any) -> PublishedFigure:
    known: dict[str, Any] = {
        "says": "Wet lawns",
        "measure": measure,
        "of": {"wet": ("yes",)},
        "given": {},
        "do": {},
        "against": {},
        "value": 0.3,
        "low": 0.2,
        "high": 0.4,
        "sources": ("X-1",),
    }
    return PublishedFigure(**(known | parts))


def test_numbers_are_counted_by_class_and_all_of_them() -> None:
    found = evidence_audit(garden(), draws=10)
    assert found.classes == {
        "published": 1,
        "published, times a judgement": 0,
        "learned from a cohort": 0,
        "judgement guided by a study": 1,
        "judgement": 3,
        "no source": 0,
    }


def test_an_influence_is_the_swing_over_the_numbers_own_range() -> None:
    network = garden()
    found = {one.what: one for one in influences(network)}
    assert len(found) == 4, "dew has no range"
    leak = found["wet lawn, with none of its causes"]
    for end, at in ((leak.low, 0.01), (leak.high, 0.2)):
        dry = (1 - at) * (1 - 0.2 * 0.8) * (1 - 0.5 * 0.1)
        assert end == pytest.approx(1 - dry, abs=1e-12)
    swings = []
    for at in (0.01, 0.2):
        wet = network["wet"]
        assert isinstance(wet.distribution, NoisyOr)
        moved = replace(wet, distribution=replace(wet.distribution, leak=Number(at, at, at)))
        other = replace(network, variables={**network.variables, "wet": moved})
        row = encode(other, [{"wet": "yes"}])
        shares = attributable_shares(other, row, ["rain", "dew"])
        swings.append([*shares.causes[0], shares.unexplained[0]])
    moves = [abs(high - low) for low, high in zip(*swings, strict=True)]
    assert leak.share == pytest.approx(max(moves), abs=1e-10)
    assert leak.share_of == ["rain", "dew", ""][moves.index(max(moves))]


def test_the_most_influential_number_stands_first() -> None:
    sizes = [one.size for one in influences(garden())]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1] > 0


def test_judgements_behind_converted_ratios_are_among_the_numbers() -> None:
    found = {"a": association(3.0, "weak"), "b": association(2.0, "weak")}
    network = judged(Number(0.7, 0.5, 0.9), found, weak=Number(0.5, 0.3, 0.7), other=ONE)
    audit = evidence_audit(network, draws=10)
    by_name = {one.what: one for one in audit.influences}
    scale = by_name["scale, of published ratios"]
    assert scale.kind == "judgement" and scale.low < scale.high
    assert "discount of weak, of published ratios" in by_name
    assert "discount of other, of published ratios" not in by_name, "no link passed it"
    assert "discount of weak: 0.5 (0.3 to 0.7), behind 2 links." in str(audit)


@pytest.mark.parametrize("parts", [{"outcome": ""}, {"variables": {"dew": garden()["dew"]}}])
def test_without_an_outcome_the_rest_is_still_told(parts: dict[str, Any]) -> None:
    network = garden(**({"outcome": ""} | parts))
    audit = evidence_audit(network, draws=5)
    assert audit.influences == () and "names no outcome" in str(audit)


def test_claims_are_graded_over_all_links_that_rest_on_them() -> None:
    found = {row.claim: (row.grade, row.links) for row in evidence_audit(garden(), 5).claims}
    assert found == {"C-1": ("supported", 1), "C-2": ("contradicted", 1), "C-3": ("no link", 0)}
    text = str(evidence_audit(garden(), 5))
    assert "C-2: Dew wets the lawn." in text and "Left of it: dew > wet lawn, 10" in text


def test_what_is_left_of_a_contradicted_claim_is_the_link_that_studies_contradict() -> None:
    """Not a stronger one that rests on the same claim, which no study has looked at."""
    network = garden()
    table = Mechanism({"wet": ("yes",)}, Number(0.9, 0.8, 0.95, ("C-2",)))
    mud = Variable("mud", YES_NO, NoisyOr(Number(0.1, 0.1, 0.1), (table,)), "Mud")
    more = replace(network, variables={**network.variables, "mud": mud})
    row = next(row for row in evidence_audit(more, 5).claims if row.claim == "C-2")
    assert (row.grade, row.links, row.link) == ("contradicted", 2, "dew > wet lawn")
    assert row.strongest == pytest.approx(0.1)


def test_figures_that_numbers_were_set_to_are_told_from_the_rest() -> None:
    here = posterior(garden())["wet"]["yes"]
    known, far = (
        replace(figure(), value=here, low=here - 0.1, high=here + 0.1, fitted=True),
        replace(figure(), value=0.9, low=0.85, high=0.95),
    )
    audit = evidence_audit(garden(published=(known, far)), draws=5)
    said = " ".join(str(audit).split())
    assert "Of 1 figures that numbers were set to, 1 lie in the published range" in said
    assert "Of 1 that nothing was set to, 0 do." in said
    assert "inside (set)" in said and "OUTSIDE" in said and "OUTSIDE (set)" not in said
    rows = [row for row in audit.to_dicts() if row["section"] == "published figure"]
    assert [row["fitted"] for row in rows] == [True, False]


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("odds ratio", lambda one, other: one / (1 - one) / (other / (1 - other))),
        ("risk ratio", lambda one, other: one / other),
        ("difference", lambda one, other: one - other),
    ],
)
@pytest.mark.parametrize("way", ["given", "do"])
def test_a_figure_is_compared_with_what_inference_says(
    measure: str, expected: object, way: str
) -> None:
    conditions: dict[str, Any] = {"given": {"rain": ("yes",)}}
    if way == "do":
        conditions = {"do": {"rain": "yes"}}
    network = garden(published=(figure(measure, against={"rain": ("no",)}, **conditions),))
    [found] = reproduced(network, draws=20, seed=0)
    pair = [posterior(network, {"rain": state})["wet"]["yes"] for state in ("yes", "no")]
    assert callable(expected)
    assert found.value == pytest.approx(expected(*pair), rel=1e-9)
    assert found.low < found.value < found.high


def test_seeing_and_doing_differ_below_the_outcome() -> None:
    both: dict[str, Any] = {"of": {"rain": ("yes",)}}
    seen = figure(given={"wet": ("yes",)}, **both)
    done = figure(do={"wet": "yes"}, **both)
    found = reproduced(garden(published=(seen, done)), draws=5, seed=0)
    expected = posterior(garden(), {"wet": "yes"})["rain"]["yes"]
    assert [one.value for one in found] == pytest.approx([expected, 0.2])


def test_states_of_which_any_will_do_and_several_variables_at_once() -> None:
    some = figure(of={"rain": ("yes",), "dew": ("no", "yes")}, given={"wet": ("no", "yes")})
    [found] = reproduced(garden(published=(some,)), draws=5, seed=0)
    assert found.value == pytest.approx(0.2)
    assert found.inside


def test_conditions_that_cannot_hold_are_named() -> None:
    never = Number(0.0, 0.0, 0.0, ("expert",))
    wet = Variable("wet", YES_NO, NoisyOr(never, (Mechanism({"rain": ("yes",)}, never),)))
    network = garden()
    network = replace(network, variables={**network.variables, "wet": wet})
    lost = replace(network, published=(figure(of={"rain": ("yes",)}, given={"wet": ("yes",)}),))
    with pytest.raises(BackpainError, match='published figure "Wet lawns" cannot hold in garden'):
        evidence_audit(lost, draws=5)


def test_how_a_number_was_arrived_at() -> None:
    found = association(3.0, "self_report", width=0.2)
    conversion = Conversion(0.35, Number(0.67, 0.5, 1.0), {"self_report": Number(0.5, 0.3, 0.7)})
    number = Number(0.1, 0.0, 0.2, ("X-1",), published="odds ratio 3 (2.5 to 3.7)", derived=found)
    assert arrived(number, conversion) == (
        "From odds ratio 3 (2.5 to 3.7): shrunk by a sceptical prior (sd 0.35), times 0.5 for its "
        "design (self report), scaled by 0.67."
    )
    noted = Number(0.1, 0.0, 0.2, ("expert",), note="Half of what the study says.")
    assert arrived(noted, conversion) == "Half of what the study says."


def unconfirmed() -> Rules:
    smoke = RedFlagQuestion("smoke", "Is there smoke?", ("X-1",))
    rule = Rule("fire", "Fire", "emergency", (("smoke",),), "Get out.", "", ())
    return Rules("alarms", "1", (smoke,), (rule,), about="Nobody has looked.")


@pytest.mark.parametrize("confirmed", [False, True])
def test_red_flags_say_whether_they_are_confirmed(confirmed: bool) -> None:
    network = garden(red_flags=replace(unconfirmed(), confirmed=confirmed))
    audit = evidence_audit(network, draws=5)
    assert ("by nobody" in str(audit)) != confirmed
    [row] = [row for row in audit.to_dicts() if row["section"] == "red flags"]
    assert row["confirmed"] is confirmed and row["questions"] == 1


def whole() -> EvidenceAudit:
    return evidence_audit(garden(published=(figure(),), red_flags=unconfirmed()), draws=20)


def test_every_form_holds_the_same_and_json_has_no_holes() -> None:
    audit = whole()
    rows = json.loads(json.dumps(audit.to_dicts(), allow_nan=False))
    assert {row["section"] for row in rows} == {
        "class",
        "influence",
        "claim",
        "published figure",
        "red flags",
    }
    for text in (str(audit), to_markdown(audit.views()), to_html(audit.views())):
        assert "judgement guided by a study" in text and "As the gardener sees it." in text
    assert all(
        math.isfinite(value) for row in rows for value in row.values() if isinstance(value, float)
    )


def test_same_seed_same_audit() -> None:
    assert whole().to_dicts() == whole().to_dicts()


def test_a_card_says_what_is_met_and_what_is_not() -> None:
    items = (
        ChecklistItem("1", "A title?", met="Above."),
        ChecklistItem("2", "Validated?", not_met="no data."),
        ChecklistItem("3", "Half?", met="In part.", not_met="the rest."),
    )
    card = Card(
        purpose="To plan.", limits=("It rains.",), checklists=(Checklist("L", "R.", items),)
    )
    text = model_card(whole(), card)
    assert "| 1 | A title? | Above. |" in text
    assert "| 2 | Validated? | Not met: no data. |" in text
    assert "| 3 | Half? | In part. Not met: the rest. |" in text
    assert "Of 3 items 2 are not met, or not wholly." in text
    for title in ("Purpose", "Structure", "Numbers by class", "Claims by grade", "Limits"):
        assert f"## {title}\n" in text
    assert "Performance: unknown" not in text, "nothing is said of it"
