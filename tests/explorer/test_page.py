"""The page answers as Python does: its scripts run in node, without a browser, on the data that the
page carries.
"""

from __future__ import annotations

import json
import math
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import seed as hypothesis_seed

import backpain_bn as bb
from backpain_bn.display.blocks import Item, Note
from backpain_bn.display.citations import advice
from backpain_bn.display.words import capital, percent
from backpain_bn.explain.attribution import contributors
from backpain_bn.explain.causal_paths import CausalPath
from backpain_bn.explain.shares import attributable_shares, protections
from backpain_bn.explorer import graph, orders, page
from backpain_bn.explorer.layout import layout, route
from backpain_bn.formats.load import load
from backpain_bn.inference.dense import dense_engine
from backpain_bn.inference.evidence import encode
from backpain_bn.inference.posterior import joint, posterior
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from backpain_bn.model.vocabulary import Vocabulary
from backpain_bn.red_flags import RedFlagQuestion, Rule, Rules, check
from tests.browser.chromium import missing
from tests.browser.networks import hostile
from tests.oracles.networks import WORDS, random_evidence, random_networks, table

VOICES = ("runner_back_pain", "as_claimed")
CASES = 12
DESK = {"sitting_hours": "over_8", "running_back_pain": "yes", "pain_during_run": "yes"}
FLAGS = load().red_flags

HARNESS = Path(__file__).with_name("harness.js").read_text(encoding="utf-8")
"""What node runs behind the scripts of the page: every answer to each of some cases."""


@pytest.fixture(autouse=True, scope="module")
def node() -> None:
    if not shutil.which("node"):
        missing("node")


READ = 'const given = JSON.parse(require("fs").readFileSync(0, "utf8"));'


def run(code: str, data: object) -> Any:
    script = f"{page.script_text()}\n{READ}\n{code}"
    done = subprocess.run(
        ["node", "-e", script], input=json.dumps(data), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def in_browser(network: Network, cases: Sequence[Any], voice: str = "") -> list[Any]:
    found: list[Any] = run(
        HARNESS, {"model": page.model(network), "voice": voice or network.name, "cases": cases}
    )
    return found


def random_cases(network: Network, count: int, seed: int) -> list[dict[str, Any]]:
    """Cases of 0 to 12 findings; one in five is uncertain."""
    draw, cases = random.Random(seed), []
    for _ in range(count):
        case: dict[str, Any] = {}
        for name in draw.sample(list(network.variables), draw.randint(0, 12)):
            states = network[name].states
            sure = draw.random() < 0.8
            case[name] = (
                draw.choice(states)
                if sure
                else {state: round(draw.uniform(0.05, 3), 3) for state in states}
            )
        cases.append(case)
    return cases


def same_beliefs(network: Network, case: dict[str, Any], found: dict[str, Any]) -> None:
    now = bb.posterior(network, case)
    assert found["log"] == pytest.approx(now.log_evidence, rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(found["marginals"], now.row, rtol=0, atol=1e-12)


def same_way(mine: dict[str, Any] | None, way: CausalPath | None) -> None:
    if mine is None or way is None:
        assert mine is way
        return
    assert mine["path"] == list(way.variables)
    assert mine["strengths"] == pytest.approx(way.strengths, abs=1e-12)
    assert mine["grade"] == way.grade


@pytest.mark.parametrize("voice", VOICES)
def test_the_page_says_what_python_says(voice: str, shipped: bb.Network) -> None:
    network, cases = bb.load(voice), random_cases(shipped, CASES, 5)
    for case, found in zip(cases, in_browser(shipped, cases, voice), strict=True):
        same_beliefs(network, case, found)
        d = bb.diagnose(case, network)
        expected = contributors(network, d.findings, d.posterior)
        rows = {row["variable"]: row for row in found["rows"]}
        assert set(rows) == {row.variable for row in expected}
        for row in expected:
            mine = rows[row.variable]
            for key in ("present", "prior", "share", "protects"):
                assert mine[key] == pytest.approx(getattr(row, key), abs=1e-12), (row.variable, key)
            same_way(mine["traced"], row.ways.traced)
            same_way(mine["direct"], row.ways.direct)
        assert found["unexplained"] == pytest.approx(expected.unexplained, abs=1e-12)


def possible_cases(network: Network, seed: int) -> list[dict[str, Any]]:
    cases = [
        {
            name: {state: p for state, p in zip(network.states[name], row[place], strict=True) if p}
            for name, place in network.slices.items()
            if row[place].min() < 1 and row[place].any()
        }
        for row in random_evidence(network, 6, seed)
    ]
    known = dense_engine(network)(encode(network, cases), None, ()).log_evidence
    return [case for case, log in zip(cases, known, strict=True) if log > -math.inf]


SMALL = """
const answer = (network, findings) => {
  const now = network.posterior(findings), ranked = finished(network.contributors(findings, now));
  const { rows, unexplained } = ranked;
  const shares = Object.fromEntries(rows.map((row) => [row.v.id, [row.share, row.protects]]));
  return { log: now.logEvidence, marginals: [...now.marginals], shares, unexplained };
};
const all = ({ model, cases }) => cases.map((findings) => answer(new Reasoner(model), findings));
console.log(JSON.stringify(given.map(all)));
"""


def some_networks(count: int, seed: int) -> list[Network]:
    """Networks as hypothesis draws them, for one run of node."""
    drawn: list[Network] = []

    @settings(max_examples=count, database=None, phases=[Phase.generate], deadline=None)
    @hypothesis_seed(seed)
    @given(random_networks())
    def draw(network: Network) -> None:
        drawn.append(network)

    draw()
    return drawn


@pytest.mark.parametrize("seed", [1, 2])
def test_small_networks_of_all_forms_agree(seed: int) -> None:
    networks = some_networks(60, seed)
    made = [
        replace(network, outcome=list(network.variables)[-1], vocabulary=WORDS)
        for network in networks
    ]
    cases = [possible_cases(network, seed) for network in made]
    data = [
        {"model": page.model(network), "cases": told}
        for network, told in zip(made, cases, strict=True)
    ]
    for network, told, found in zip(made, cases, run(SMALL, data), strict=True):
        for case, mine in zip(told, found, strict=True):
            same_beliefs(network, case, mine)
            row, causes = encode(network, [case]), network.causes
            shares = attributable_shares(network, row, causes)
            protects = protections(network, row, causes)[0]
            for name, *both in zip(causes, shares.causes[0], protects, strict=True):
                assert mine["shares"][name] == pytest.approx(both, abs=1e-12)
            assert mine["unexplained"] == pytest.approx(shares.unexplained[0], abs=1e-12)


TIMES = """
const network = new Reasoner(given.model), spent = () => process.cpuUsage().user / 1000;
const timed = (work) => { const start = spent(); work(); return spent() - start; };
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];
const posteriors = [], shares = [];
for (let round = 0; round < 15; round++) for (const findings of given.cases) {
  let now;
  posteriors.push(timed(() => { now = network.posterior(findings); }));
  if (round < 4) shares.push(timed(() => finished(network.contributors(findings, now))));
}
console.log(JSON.stringify([median(posteriors), median(shares)]));
"""


def test_answers_are_quick(shipped: bb.Network) -> None:
    names = random.Random(3).sample(list(shipped.variables), 20)
    cases = [
        {name: shipped[name].states[-1] for name in names[start : start + 5]}
        for start in range(0, 20, 5)
    ]
    posteriors, shares = run(TIMES, {"model": page.model(shipped), "cases": cases})
    print(f"five findings: all marginals {posteriors:.1f} ms, all causes {shares:.0f} ms (CPU)")
    assert posteriors < 15 and shares < 400


@pytest.mark.parametrize("voice", VOICES)
def test_the_page_uses_the_same_words(voice: str, shipped: bb.Network) -> None:
    network, cases = (
        bb.load(voice),
        [DESK, {}, {"running_back_pain": "no"}, *random_cases(shipped, 12, 6)],
    )
    for case, found in zip(cases, in_browser(shipped, cases, voice), strict=True):
        d = bb.diagnose(case, network)
        expected = contributors(network, d.findings, d.posterior)
        (view,) = expected.views()
        items = [block for block in view.blocks if isinstance(block, Item)]
        assert found["title"] == view.title
        assert found["items"] == [[item.text, list(item.details)] for item in items]
        assert found["notes"] == [block.text for block in view.blocks if isinstance(block, Note)]
        assert {id for id, *_ in found["sources"]} == set(expected.sources())
        assert found["advice"] == [note.text for note in advice(network, d.findings, d.red_flags)]
        assert all(reference for _, reference, *_ in found["sources"])


def test_kinds_of_the_outcome_are_pythons(shipped: bb.Network) -> None:
    (found,) = in_browser(shipped, [DESK])
    now = posterior(shipped, DESK)
    assert found["kinds"] == pytest.approx([now.present(name) for name in shipped.kinds], abs=1e-12)
    none = {name: shipped[name].healthy for name in shipped.kinds}
    assert found["neither"] == pytest.approx(joint(shipped, DESK, none, now), abs=1e-12)


def test_red_flags_are_told_in_the_same_words() -> None:
    draw = random.Random(7)
    ids = [question.id for question in FLAGS.questions]
    cases = [{}, dict.fromkeys(ids, "no"), dict.fromkeys(ids, "yes"), *({id: "yes"} for id in ids)]
    cases += [
        {id: draw.choice(("yes", "no", "no")) for id in draw.sample(ids, draw.randint(0, len(ids)))}
        for _ in range(60)
    ]
    model = page.model(bb.load())
    code = (
        "console.log(JSON.stringify(given.cases.map((answers) => redFlags(given.model, answers))));"
    )
    for case, found in zip(cases, run(code, {"model": model, "cases": cases}), strict=True):
        expected = check(FLAGS, case)
        assert found["lines"] == expected.lines()
        assert (found["urgent"], found["fired"], found["open"]) == (
            expected.urgent,
            bool(expected.set),
            len(expected.not_asked),
        )


def test_a_finding_answers_the_red_flag_that_it_implies() -> None:
    case = {"training_load": "spike", "running_back_pain": "yes"}
    code = (
        "console.log(JSON.stringify(given.cases.map((findings) => redFlags(given.model, "
        "implied(given.model, findings, {})).lines)));"
    )
    (found,) = run(code, {"model": page.model(bb.load()), "cases": [case]})
    d = bb.diagnose(case)
    assert found == d.red_flags.lines() != check(FLAGS, {}).lines()
    assert page.case(d.findings, d.red_flags)["flags"] == {}


def test_links_are_laid_as_python_lays_them(shipped: bb.Network) -> None:
    plan = layout(shipped)
    pairs = [(plan.places[one], plan.places[other]) for one, other in graph.pairs(shipped)]
    code = (
        "console.log(JSON.stringify(given.pairs.map(([from, to]) => "
        "route(from, to, given.columns, given.box))));"
    )
    box = page.model(shipped)["box"]
    found = run(code, {"pairs": pairs, "columns": plan.boxes, "box": box})
    assert found == [route(*pair, plan.boxes) for pair in pairs]


def test_a_case_survives_in_the_address(shipped: bb.Network) -> None:
    code = """
      const back = given.cases.map((each) => caseOf(addressOf(each), given.model));
      console.log(JSON.stringify([back, caseOf(given.wrong, given.model)]));
    """
    unsure = {"weak_core": {"yes": 0.8, "no": 0.4}}
    cases = [
        {"findings": {}, "flags": {}, "voice": ""},
        {"findings": DESK | unsure, "flags": {"fever": "no"}, "voice": "as_claimed"},
    ]
    wrong = "sitting_hours=ten&nobody=yes&flag.fever=perhaps&flag.=nobody&weak_core={&sex=%7B%7D"
    data = {"model": page.model(shipped), "cases": cases, "wrong": wrong}
    back, nothing = run(code, data)
    for given, found in zip(cases, back, strict=True):
        assert found == {
            "case": given["findings"],
            **{key: given[key] for key in given if key != "findings"},
        }
    assert nothing == {"case": {}, "flags": {}, "voice": ""}


def test_percentages_are_rounded_alike() -> None:
    ends = [0, 1, 0.004, 0.005, 0.0050001, 0.125, 0.135, 0.995, 0.9951, 1e-300, 1 - 1e-16]
    values = [*ends, *(n / 1000 for n in range(1001))]
    assert run("console.log(JSON.stringify(given.map(percent)))", values) == [*map(percent, values)]


def chained() -> Network:
    """A leak of 1e-9 (chained, not subtracted), a table whose rows stand in another order, a
    conjunction, three states.
    """
    states = ("low", "mid", "high")
    load = Variable("load", states, prior(0.5, 0.3, 0.2), role="risk_factor")
    weak = Variable(
        "weak",
        ("no", "yes"),
        NoisyOr(number(1e-9), (Mechanism({"load": ("mid", "high")}, number(1e-6)),)),
        role="impairment",
    )
    both = Mechanism({"weak": ("yes",), "load": ("high",)}, number(0.4))
    break_ = Variable(
        "break",
        ("no", "yes"),
        NoisyOr(number(1e-7), (both, Mechanism({"load": ("high",)}, number(1e-5)))),
        role="presentation",
    )
    order = [
        ("yes", "high"),
        ("no", "low"),
        ("no", "mid"),
        ("yes", "low"),
        ("no", "high"),
        ("yes", "mid"),
    ]
    rows = tuple(
        Row(given, (number(0.9 - 0.1 * i), number(0.1 + 0.1 * i))) for i, given in enumerate(order)
    )
    scan = Variable("scan", ("no", "yes"), Table(("break", "load"), rows), role="test")
    return Network(
        "chained",
        {"scan": scan, "break": break_, "weak": weak, "load": load},
        outcome="break",
        vocabulary=WORDS,
    )


CAR = Vocabulary(
    subject="car",
    subjects="cars",
    population="cars in the street",
    outcome="trouble",
    kinds="What it may be",
    no_kind="Something else",
    roles=dict(WORDS.roles),
    means=dict(WORDS.means),
)
CAR_RULES = Rules(
    questions=(RedFlagQuestion("smoke", "Is there smoke?", ()),),
    rules=(Rule("fire", "Fire", "emergency", (("smoke",),), "Get out.", "", ()),),
    withheld="Nothing is guessed while it burns.",
)


def car() -> Network:
    """A network with words and a red flag of its own."""
    found = chained()
    return replace(found, name="car", vocabulary=CAR, red_flags=CAR_RULES)


def test_a_network_is_spoken_of_in_its_own_words() -> None:
    network = car()
    cases = [{}, {"break": "yes", "load": "high"}, {"weak": "yes", "break": "yes"}]
    for case, found in zip(cases, in_browser(network, cases), strict=True):
        (view,) = contributors(network, case).views()
        assert found["title"] == view.title
        assert found["items"] == [
            [item.text, list(item.details)] for item in view.blocks if isinstance(item, Item)
        ]
        assert found["notes"] == [note.text for note in view.blocks if isinstance(note, Note)]
    said = json.dumps(found, ensure_ascii=False)
    assert "cars like this one" in said and "of this trouble" in said
    code = "console.log(JSON.stringify(redFlags(given, { smoke: 'yes' }).lines));"
    assert run(code, page.model(network)) == check(CAR_RULES, {"smoke": "yes"}).lines()


def unordered() -> Network:
    """A network of another format: no healthy states, no outcome, no words of its own."""
    fork = table(("sky",), {("sun",): (0.9, 0.1), ("rain",): (0.2, 0.8)})
    sky = Variable("sky", ("sun", "rain"), prior(0.3, 0.7), healthy_first=False)
    grass = Variable("grass", ("dry", "wet"), fork, healthy_first=False)
    return Network("garden", {"sky": sky, "grass": grass})


def test_where_no_healthy_state_is_known_a_box_shows_the_likeliest() -> None:
    network = unordered()
    code = """
      const network = new Reasoner(given.model);
      const now = network.posterior(given.case);
      console.log(JSON.stringify(network.variables.map((v) => network.shown(now, v))));
    """
    sky, _ = run(code, {"model": page.model(network), "case": {"grass": "dry"}})
    now = posterior(network, {"grass": "dry"})
    assert sky["state"] == "sun" and sky["now"] == pytest.approx(now["sky"]["sun"], abs=1e-12)
    assert sky["before"] == pytest.approx(0.3)
    picture = graph.svg(network, now, posterior(network), {"grass": "dry"})
    assert f">{percent(now['sky']['sun'])} sun<" in picture and ">dry<" in picture


@pytest.mark.parametrize("make", [unordered, chained], ids=["unordered", "without rules"])
def test_nothing_is_said_that_the_network_does_not_say(make: Callable[[], Network]) -> None:
    network = make()
    d = bb.diagnose({}, network)
    text = page.standalone(network, d.findings, d.red_flags)
    assert not re.search(r"runner|\bpain\b|clinic|doctor|physio", text)
    assert '<details class="bp-flags" hidden>' in text
    assert not re.search("studies|judgement", text[text.index("bp-legend") : text.index("<aside")])


def test_why_nothing_is_ranked_is_said_in_pythons_words() -> None:
    model = page.model(unordered())
    with pytest.raises(bb.BackpainError) as refused:
        contributors(unordered(), {})
    assert model["words"]["unranked"] == f"{capital(str(refused.value))}."
    assert page.model(car())["words"]["unranked"] == ""


def test_other_forms_of_network_agree_too() -> None:
    network = chained()
    cases = [
        {},
        {"scan": "yes"},
        {"break": "yes", "scan": "no"},
        {"break": "yes", "load": {"mid": 1, "high": 0.2}},
    ]
    for case, found in zip(cases, in_browser(network, cases), strict=True):
        same_beliefs(network, case, found)
        for row in contributors(network, case):
            mine = next(other for other in found["rows"] if other["variable"] == row.variable)
            same_way(mine["traced"], row.ways.traced)
            assert mine["share"] == pytest.approx(row.share, abs=1e-12)


def test_a_network_of_tables_without_an_outcome_agrees() -> None:
    fork = Table(
        ("a",),
        (Row(("no",), (number(0.9), number(0.1))), Row(("yes",), (number(0.2), number(0.8)))),
    )
    network = Network(
        "fork",
        {
            "a": Variable("a", ("no", "yes"), prior(0.7, 0.3)),
            "b": Variable("b", ("no", "yes"), fork),
        },
    )
    (found,) = in_browser(network, [{"b": "yes"}])
    same_beliefs(network, {"b": "yes"}, found)


def test_impossible_findings_are_named() -> None:
    never = Table(
        ("a",),
        (Row(("no",), (number(1.0), number(0.0))), Row(("yes",), (number(0.5), number(0.5)))),
    )
    names = {"a": prior(0.7, 0.3), "c": prior(0.5, 0.5), "b": never}
    network = Network(
        "never",
        {name: Variable(name, ("no", "yes"), table) for name, table in names.items()},
    )
    (found,) = in_browser(network, [{"c": "yes", "a": "no", "b": "yes"}])
    assert found["log"] is None and found["conflict"] == ["a", "b"]


def test_a_voice_of_another_form_is_left_out(shipped: bb.Network) -> None:
    assert list(page.voices(shipped)) == list(VOICES)
    assert list(page.voices(shipped.do(weak_core="yes"))) == ["runner_back_pain"]


def html(d: bb.Diagnosis) -> str:
    return page.standalone(d.network, d.findings, d.red_flags, d.posterior)


def test_the_shipped_page_is_small_and_asks_nobody() -> None:
    text = html(bb.diagnose(DESK))
    assert len(text.encode()) < 250_000
    assert page.POLICY.startswith("default-src 'none'") and page.POLICY in text
    assert page.PRIVATE in text and "no medical diagnosis" in text
    assert not re.search(
        r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\((?!#)|fetch\(|XMLHttpRequest|WebSocket|sendBeacon""",
        text,
    )


def test_uncertain_findings_travel_with_the_page() -> None:
    text = html(bb.diagnose({"running_back_pain": "yes", "weak_core": {"yes": 0.8, "no": 0.4}}))
    assert '"weak_core":{"yes":0.8,"no":0.4}' in text and "told unsure" in text


def test_an_urgent_flag_hides_the_figures_where_no_script_runs() -> None:
    text = html(bb.diagnose(DESK, red_flags={"fever": "yes"}))
    picture = text[text.index("<svg") : text.index("</svg>")]
    assert "%" not in re.sub(r"<style>.*?</style>", "", picture)
    assert ">over 8<" in picture


def test_names_that_look_like_code_stay_names() -> None:
    network = hostile()
    text = html(bb.diagnose({}, network))
    assert (
        text.count("<script") == 2 and "<script>alert" not in text and "</script>alert" not in text
    )
    data = text[text.index('id="bp-data">') + 13 :]
    read = json.loads(data[: data.index("</script>")])
    assert [entry["label"] for entry in read["model"]["variables"]] == [
        variable.label for variable in network.variables.values()
    ]


def test_a_network_too_large_for_a_browser_is_refused(
    monkeypatch: pytest.MonkeyPatch, shipped: bb.Network
) -> None:
    page.model.cache_clear()
    monkeypatch.setattr(orders, "MOST_CELLS_OF_TWO", 10)
    assert "in a browser the limit is 10" in page.model(shipped)["words"]["unranked"]
    page.model.cache_clear()
    for limit in ("MOST_CELLS", "MOST_VARIABLES"):
        monkeypatch.setattr(orders, limit, 10)
        with pytest.raises(bb.TooHard, match="in a browser the limit is 10"):
            page.model(shipped)
        monkeypatch.undo()
    with pytest.raises(bb.BackpainError, match="no variables"):
        page.model(Network("empty", {}, vocabulary=WORDS))


def test_scripts_say_nothing_of_other_machines() -> None:
    for name in page.SCRIPTS:
        assert "http" not in Path(page.__file__).with_name("web").joinpath(name).read_text()
