"""What a user holds: contributors against their definition, the printed answer, and red flags that
silence it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import backpain_bn as bb
from backpain_bn.explain.attribution import contributors
from backpain_bn.explain.causal_paths import link_strength
from backpain_bn.inference.posterior import joint
from backpain_bn.model.distributions import Mechanism, NoisyOr, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS

YES_NO = ("no", "yes")
DEAD = {"no_start": "yes", "battery_age": "over_5_years", "dim_lights": "yes"}


def small() -> Network:
    """Load -> strain -> pain <- weak, load -> weak, strain -> ache: a chain, a fork and a finding
    below a cause.
    """

    def caused(leak: float, *links: tuple[str, float]) -> NoisyOr:
        return NoisyOr(
            number(leak), tuple(Mechanism({parent: ("yes",)}, number(p)) for parent, p in links)
        )

    return Network(
        "small",
        {
            "load": Variable("load", YES_NO, prior(0.7, 0.3), "Load", "risk_factor"),
            "weak": Variable("weak", YES_NO, caused(0.2, ("load", 0.4)), "Weak", "impairment"),
            "strain": Variable(
                "strain", YES_NO, caused(0.05, ("load", 0.3), ("weak", 0.2)), "Strain", "mechanism"
            ),
            "pain": Variable(
                "pain", YES_NO, caused(0.1, ("strain", 0.6), ("weak", 0.1)), "Pain", "presentation"
            ),
            "ache": Variable("ache", YES_NO, caused(0.02, ("strain", 0.5)), "Ache", "presentation"),
        },
        outcome="pain",
        vocabulary=WORDS,
    )


def by_enumeration(network: Network, findings: dict[str, str], name: str) -> dict[str, float]:
    row = np.ones((1, len(network.columns)))
    for variable, state in findings.items():
        place = network.slices[variable]
        row[0, place] = 0
        row[0, place.start + network.state(variable, state)] = 1
    marginals = enumerate_beliefs(network, row).marginals[0, network.slices[name]]
    return dict(zip(network[name].states, marginals.tolist(), strict=True))


def test_what_no_cause_explains_follows_the_definition() -> None:
    network, findings = small(), {"pain": "yes", "load": "yes"}
    bare = by_enumeration(network.do(load="no", weak="no"), {}, "pain")["yes"]
    risk = by_enumeration(network, {"load": "yes"}, "pain")["yes"]
    assert contributors(network, findings).unexplained == pytest.approx(bare / risk, abs=1e-12)


def test_the_strongest_chain_is_the_strongest_product() -> None:
    network = small()
    rows = {row.variable: row for row in contributors(network, {"pain": "yes"})}
    chain = rows["load"].path
    assert chain is not None
    assert chain.variables == ("load", "strain", "pain")
    assert chain.strength == pytest.approx(0.3 * 0.6)
    told = {row.variable: row for row in contributors(network, {"load": "yes"})}["weak"].path
    assert told is not None and told.variables == ("load", "weak", "strain", "pain")
    assert link_strength(network, "weak", "pain", bb.posterior(network)) == 0.1


def test_joint_is_the_product_rule(car: Network) -> None:
    now = bb.posterior(car, {"no_start": "yes"})
    both = joint(car, {"no_start": "yes"}, {"no_crank": "no", "no_fire": "no"}, now)
    first = now["no_crank"]["no"]
    second = bb.posterior(car, {"no_start": "yes", "no_crank": "no"})["no_fire"]["no"]
    assert both == pytest.approx(first * second, abs=1e-12)


def test_the_printed_answer_puts_red_flags_first_and_names_grades(flagged_car: Network) -> None:
    text = str(bb.diagnose(DEAD, flagged_car, red_flags={"smoke": "no"}).full)
    sections = [
        line
        for line in text.splitlines()
        if line and line == line.upper() and not line.startswith(" ")
    ]
    assert sections[0] == "RED FLAGS FIRST"
    assert sections[-1] == "PLEASE NOTE"
    assert "not asked yet (so not cleared)" in text
    assert "Age of the battery: over 5 years" in text
    assert "Evidence (weakest link): a rule of thumb" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("flag", ["smoke", "puddle", "swollen_battery"])
def test_an_urgent_red_flag_silences_ranking_and_advice(flag: str, flagged_car: Network) -> None:
    d = bb.diagnose(DEAD, flagged_car, red_flags={flag: "yes"})
    assert d.red_flags.urgent
    text = " ".join(str(d).split())
    assert "share" not in text and "Weak or flat battery" not in text and "%" not in text
    assert d.red_flags.set[0].action in text and d.red_flags.rules.withheld in text
    assert len(d.contributors()) == 0 and "RED FLAGS FIRST" in str(d.contributors())
    answer = d.to_dict()
    assert "contributors" not in answer and "posterior" not in answer and "withheld" in answer


def test_a_case_without_the_failure_is_not_told_of_this_failure(car: Network) -> None:
    text = str(bb.diagnose({"no_start": "no", "clicking": "yes"}, car).full)
    assert "this failure" not in text
    assert "WHAT WOULD CONTRIBUTE" in text


def test_nothing_told_is_an_answer_too(car: Network) -> None:
    text = str(bb.diagnose({}, car))
    assert "Nothing yet" in text


def test_likelihood_findings_are_shown_as_uncertain(car: Network) -> None:
    d = bb.diagnose({"no_start": "yes", "weak_battery": {"yes": 0.8, "no": 0.4}}, car)
    assert "weak or flat battery (uncertain)" in " ".join(str(d).split())
    assert "Weak or flat battery: uncertain (yes 0.8, no 0.4)" in str(d.full)
    assert d["weak_battery"]["yes"] > bb.diagnose({"no_start": "yes"}, car)["weak_battery"]["yes"]


def test_json_holds_the_same_numbers(flagged_car: Network) -> None:
    d = bb.diagnose(DEAD, flagged_car)
    answer = json.loads(json.dumps(d.to_dict()))
    assert next(iter(answer)) == "red_flags"
    assert answer["contributors"][0]["variable"] == d.contributors()[0].variable
    assert answer["posterior"]["weak_battery"]["yes"] == d["weak_battery"]["yes"]


def test_a_network_without_outcome_is_refused_in_words() -> None:
    network = Network("plain", {"a": Variable("a", YES_NO, prior(0.5, 0.5))})
    with pytest.raises(bb.BackpainError, match="plain names no outcome"):
        bb.diagnose({}, network).contributors()


def test_a_diagnosis_changes_nothing_and_cannot_be_changed(car: Network) -> None:
    findings = dict(DEAD)
    d = bb.diagnose(findings, car)
    findings["battery_age"] = "under_3_years"
    assert d.findings["battery_age"] == "over_5_years"
    with pytest.raises(AttributeError):
        d.network = small()  # type: ignore[misc]
    with pytest.raises(TypeError):
        d.findings["battery_age"] = "under_3_years"  # type: ignore[index]


def test_the_import_is_light() -> None:
    heavy = (
        "pgmpy",
        "pandas",
        "llvmlite",
        "networkx",
        "matplotlib",
        "pydantic",
        "pyarrow",
        "narwhals",
    )
    code = f"import sys, backpain_bn; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_finding_that_answers_a_red_flag_question_counts_as_that_answer(
    flagged_car: Network,
) -> None:
    def flags(**answers: str) -> bb.red_flags.RedFlags:
        return bb.diagnose({"lights_left_on": "yes"}, flagged_car, red_flags=answers).red_flags

    assert flags().answers["lights_found_on"] == "yes" and not flags().set
    assert [rule.id for rule in flags(jumped_before="yes").set] == ["wear"]
    both = flags(lights_found_on="no", jumped_before="yes")
    assert both.denied == ("lights_found_on",) and [rule.id for rule in both.set] == ["wear"]


def test_every_question_is_withheld_under_an_urgent_flag(flagged_car: Network) -> None:
    d = bb.diagnose(DEAD, flagged_car, red_flags={"smoke": "yes"})
    answers = [
        d.contributors(), d.why("weak_battery"), d.paths("weak_battery"), d.most_probable(), d.compare("car"),
        d.next_questions(),
        d.what_helps(), d.weigh({}), d.follow_up({}), d.robustness(), d.sensitivity("weak_battery"),
    ]  # fmt: skip
    assert {str(answer) for answer in answers} == {str(d.contributors())}
    assert all(len(answer.rows) == 0 for answer in answers)


def test_utilities_weigh_the_usual_actions(car: Network) -> None:
    worth = {
        "wait and try again": {"no": 1.0, "yes": -1.0},
        "charge the battery": {"no": 0.9, "yes": -1.1},
    }
    rows = bb.diagnose(DEAD, car).weigh(worth).rows
    assert [row.action for row in rows] == ["charge the battery", "wait and try again"]


def test_the_explorer_starts_from_the_case_and_from_nothing(car: Network) -> None:
    page = bb.diagnose(DEAD, car).explore(kernel=False)._repr_html_()
    assert page.startswith("<iframe") and "allow-scripts" in page
    told = "&quot;battery_age&quot;:&quot;over_5_years&quot;"
    assert told in page and told not in bb.explore(car, kernel=False)._repr_html_()


def test_pages_and_reports_are_written_whole(tmp_path: Path, flagged_car: Network) -> None:
    d = bb.diagnose(DEAD, flagged_car)
    d.save_html(tmp_path / "case.html")
    page = (tmp_path / "case.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and len(page.encode()) < 250_000
    for suffix, word in (
        (".md", "## Red flags first"),
        (".html", "<h"),
        (".json", '"contributors"'),
    ):
        d.save_report(tmp_path / f"case{suffix}")
        assert word in (tmp_path / f"case{suffix}").read_text(encoding="utf-8")
    with pytest.raises(bb.BackpainError, match="docx"):
        d.save_report(tmp_path / "case.docx")
    with pytest.raises(bb.errors.FileProblem, match="no such file"):
        d.save_html(tmp_path / "nowhere" / "case.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case.html", "case.json", "case.md"]


def test_no_probability_can_be_read_under_an_urgent_flag(flagged_car: Network) -> None:
    d = bb.diagnose({"no_start": "yes"}, flagged_car, {"smoke": "yes"})
    for answer in (d["weak_battery"], d.posterior):
        assert "Get out and call the breakdown service." in str(answer)
        assert "%" not in str(answer)
        with pytest.raises(bb.BackpainError, match="withheld"):
            answer["yes"]
    with pytest.raises(bb.errors.UnknownName, match="weak_battery"):
        d["weak_batery"]
    with pytest.raises(bb.BackpainError, match="withheld"):
        d.posterior.present("weak_battery")
    calm = bb.diagnose({"no_start": "yes"}, flagged_car)
    assert calm["weak_battery"] == calm.posterior["weak_battery"]
