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
from backpain_bn.explain.causal_paths import GRADES, link_strength
from backpain_bn.inference.posterior import joint
from backpain_bn.model.distributions import Mechanism, NoisyOr, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from tests.oracles.enumeration import enumerate_beliefs
from tests.oracles.networks import WORDS

YES_NO = ("no", "yes")
DESK = {"sitting_hours": "over_8", "low_back_pain": "yes", "pain_during_run": "yes"}


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


def test_joint_is_the_product_rule(shipped: bb.Network) -> None:
    now = bb.posterior(shipped, {"low_back_pain": "yes"})
    both = joint(shipped, {"low_back_pain": "yes"}, {"muscle_pain": "no", "joint_pain": "no"}, now)
    first = now["muscle_pain"]["no"]
    second = bb.posterior(shipped, {"low_back_pain": "yes", "muscle_pain": "no"})["joint_pain"][
        "no"
    ]
    assert both == pytest.approx(first * second, abs=1e-12)


def test_grades_are_known_and_shown(voice: bb.Network) -> None:
    found = bb.diagnose(DESK, voice).contributors()
    assert all(row.grade in GRADES for row in found)
    assert len(found) >= 35
    assert [row.share for row in found] == sorted((row.share for row in found), reverse=True)
    assert all(np.isfinite([row.share, row.protects, row.present]).all() for row in found)


def test_the_printed_answer_puts_red_flags_first_and_names_sources() -> None:
    text = str(bb.diagnose(DESK, red_flags={"fever": "no"}).full)
    sections = [
        line
        for line in text.splitlines()
        if line and line == line.upper() and not line.startswith(" ")
    ]
    assert sections[0] == "RED FLAGS FIRST"
    assert sections[-1] == "PLEASE NOTE"
    assert "Not asked yet (so not cleared)" in text and "saddle numbness" in text
    assert "Hours spent sitting per day: over 8" in text
    assert "SIT-HF-01" in text and "Evidence (weakest link): claimed by clinics" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("flag", ["saddle_numbness", "fever", "severe_trauma"])
def test_an_urgent_red_flag_silences_ranking_and_running_advice(flag: str) -> None:
    d = bb.diagnose(DESK, red_flags={flag: "yes"})
    assert d.red_flags.urgent
    text = str(d)
    assert (
        "contributes" not in text
        and "keep running" not in text.lower()
        and "do not stop running" not in text.lower()
    )
    assert d.red_flags.set[0].action.split(".")[0].split()[0] in text
    assert len(d.contributors()) == 0 and "RED FLAGS FIRST" in str(d.contributors())
    answer = d.to_dict()
    assert "contributors" not in answer and "posterior" not in answer and "withheld" in answer


def test_without_an_urgent_flag_running_is_advised() -> None:
    assert "do not stop running" in str(bb.diagnose({**DESK, "running_back_pain": "yes"}).full)


def test_a_runner_without_pain_is_not_told_of_this_pain() -> None:
    text = str(bb.diagnose({"running_back_pain": "no", "sitting_hours": "over_8"}).full)
    assert "this pain" not in text
    assert "WHAT WOULD CONTRIBUTE" in text


def test_nothing_told_is_an_answer_too() -> None:
    text = str(bb.diagnose({}))
    assert "Nothing yet" in text


def test_likelihood_findings_are_shown_as_uncertain() -> None:
    d = bb.diagnose({"low_back_pain": "yes", "weak_core": {"yes": 0.8, "no": 0.4}})
    assert "weak core (uncertain)" in str(d)
    assert "Weak core: uncertain (yes 0.8, no 0.4)" in str(d.full)
    assert d["weak_core"]["yes"] > bb.diagnose({"low_back_pain": "yes"})["weak_core"]["yes"]


def test_json_holds_the_same_numbers() -> None:
    d = bb.diagnose(DESK)
    answer = json.loads(json.dumps(d.to_dict()))
    assert next(iter(answer)) == "red_flags"
    assert answer["contributors"][0]["variable"] == d.contributors()[0].variable
    assert answer["posterior"]["weak_core"]["yes"] == d["weak_core"]["yes"]


def test_a_network_without_outcome_is_refused_in_words() -> None:
    network = Network("plain", {"a": Variable("a", YES_NO, prior(0.5, 0.5))})
    with pytest.raises(bb.BackpainError, match="plain names no outcome"):
        bb.diagnose({}, network).contributors()


def test_a_diagnosis_changes_nothing_and_cannot_be_changed() -> None:
    findings = dict(DESK)
    d = bb.diagnose(findings)
    findings["sitting_hours"] = "under_4"
    assert d.findings["sitting_hours"] == "over_8"
    with pytest.raises(AttributeError):
        d.network = small()  # type: ignore[misc]
    with pytest.raises(TypeError):
        d.findings["sitting_hours"] = "under_4"  # type: ignore[index]


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


@pytest.mark.parametrize("flag", ["bone_pain_on_impact", "night_pain", "morning_stiffness"])
def test_no_running_advice_beside_any_flag_that_is_set(flag: str) -> None:
    d = bb.diagnose(DESK, red_flags={flag: "yes", "better_moving_than_resting": "yes"})
    if d.red_flags.set:
        for answer in (d, d.what_helps()):
            assert "do not stop running" not in str(answer)
    assert d.to_dict()["red_flags"]["answers"][flag] == "yes"  # type: ignore[index]


def test_a_finding_that_answers_a_red_flag_question_counts_as_that_answer() -> None:
    alone = bb.diagnose({"training_load": "spike"})
    assert (
        alone.red_flags.answers["sudden_training_increase"] == "yes" and not alone.red_flags.urgent
    )
    assert bb.diagnose(
        {"training_load": "spike"}, red_flags={"bone_pain_on_impact": "yes"}
    ).red_flags.urgent
    assert not bb.diagnose(
        {"training_load": "spike"}, red_flags={"sudden_training_increase": "no"}
    ).red_flags.set


def test_the_kind_of_pain_is_only_split_where_there_is_pain() -> None:
    assert "none of these in particular" in str(bb.diagnose({"running_back_pain": "yes"}).full)
    assert "none of these in particular" not in str(bb.diagnose({"slouching": "yes"}).full)
    assert "LIKELY KIND OF PAIN" not in str(bb.diagnose({"running_back_pain": "no"}).full)


def test_every_question_is_withheld_under_an_urgent_flag() -> None:
    d = bb.diagnose(DESK, red_flags={"saddle_numbness": "yes"})
    answers = [
        d.contributors(), d.why("weak_core"), d.paths("weak_core"), d.most_probable(), d.compare(bb.load("as_claimed")),
        d.next_questions(),
        d.what_helps(), d.weigh({}), d.follow_up({}), d.robustness(), d.sensitivity("weak_core"),
    ]  # fmt: skip
    assert {str(answer) for answer in answers} == {str(d.contributors())}
    assert all(len(answer.rows) == 0 for answer in answers)


def test_utilities_weigh_the_usual_actions() -> None:
    worth = {
        "keep running": {"no": 1.0, "yes": -1.0},
        "see somebody trained": {"no": 0.5, "yes": -1.0},
    }
    assert bb.diagnose(DESK).weigh(worth).rows[0].action == "keep running"


def test_the_explorer_starts_from_the_case_and_from_nothing() -> None:
    page = bb.diagnose(DESK).explore(kernel=False)._repr_html_()
    assert page.startswith("<iframe") and "allow-scripts" in page and "over_8" in page
    assert "over_8&quot;,&quot;low_back_pain" not in bb.explore(kernel=False)._repr_html_()


def test_pages_and_reports_are_written_whole(tmp_path: Path) -> None:
    d = bb.diagnose(DESK)
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
    with pytest.raises(bb.FileProblem, match="no such file"):
        d.save_html(tmp_path / "nowhere" / "case.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case.html", "case.json", "case.md"]
