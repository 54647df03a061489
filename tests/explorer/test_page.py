"""The page answers as Python does: its scripts run in node, without a browser, on the data that the
page carries.
"""

from __future__ import annotations

import json
import math
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import seed as hypothesis_seed

import backpain_bn as bb
from backpain_bn.display.words import capital, percent
from backpain_bn.explain.attribution import contributors
from backpain_bn.explain.shares import attributable_shares, protections
from backpain_bn.explain.weight_of_evidence import weight_of_evidence
from backpain_bn.explorer import layout, orders, page
from backpain_bn.explorer.picked import picked, ranked_paths
from backpain_bn.inference.dense import dense_engine
from backpain_bn.inference.evidence import encode
from backpain_bn.inference.posterior import posterior
from backpain_bn.model.distributions import Mechanism, NoisyOr, Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from backpain_bn.red_flags.answered import check
from tests.browser.chromium import missing
from tests.browser.networks import burning_car, car, hostile, of_200, public
from tests.explorer.node import in_browser, random_cases, run, same_beliefs, same_way
from tests.explorer.same import same_answer, same_kinds, same_words
from tests.oracles.networks import WORDS, random_evidence, random_networks, table

DIM = {"dim_lights": "yes", "no_start": "yes"}


@pytest.fixture(autouse=True, scope="module")
def node() -> None:
    if not shutil.which("node"):
        missing("node")


def test_the_page_says_what_python_says() -> None:
    network = car()
    cases = [DIM, {}, {"no_start": "no"}, *random_cases(network, 10, 8)]
    for case, found in zip(cases, in_browser(network, cases), strict=True):
        same_answer(network, case, found)
        same_words(network, case, found)


def test_kinds_of_the_outcome_are_pythons() -> None:
    (found,) = in_browser(car(), [DIM])
    same_kinds(car(), DIM, found)


@pytest.mark.parametrize("name", ["asia", "alarm"])
def test_public_networks_agree(name: str) -> None:
    network = public(name)
    cases = random_cases(network, 8, 9)
    for case, found in zip(cases, in_browser(network, cases), strict=True):
        if found["log"] is not None:
            same_beliefs(network, case, found)


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


def test_what_is_set_is_cut_from_its_causes() -> None:
    code = """
      const network = new Reasoner(given.model);
      console.log(JSON.stringify(given.cases.map(([findings, does]) => {
        const now = network.posterior(findings, does);
        const { rows } = finished(network.contributors(findings, now, does));
        const shares = Object.fromEntries(rows.map(({ v, share }) => [v.id, share]));
        return { log: now.logEvidence, marginals: [...now.marginals], shares };
      })));
    """
    network = car()
    cases = [(DIM, {"weak_battery": "no"}), ({"no_start": "yes"}, {"no_crank": "no"})]
    found = run(code, {"model": page.model(network), "cases": cases})
    for (case, does), mine in zip(cases, found, strict=True):
        changed = network.do(**does)
        same_beliefs(changed, case, mine)
        for row in contributors(changed, case):
            assert mine["shares"][row.variable] == pytest.approx(row.share, abs=1e-12)


def test_why_is_pythons_average_over_all_orders() -> None:
    code = """
      const network = new Reasoner(given.model), v = network.byId.get(given.about);
      console.log(JSON.stringify(finished(network.why(v, given.case, {}))));
    """
    case = {"no_start": "yes", "dim_lights": "yes", "clicking": "no", "cold_night": "yes"}
    data = {"model": page.model(car()), "about": "weak_battery", "case": case}
    found = run(code, data)
    expected = weight_of_evidence(car(), case, "weak_battery", "yes")
    known = {row.variable: row.weight for row in expected if abs(row.weight) >= 0.05}
    assert dict(found["steps"]) == pytest.approx(known, abs=1e-9)
    assert [found["before"], found["after"]] == pytest.approx(
        [expected.before, expected.after], abs=1e-12
    )
    more = case | {"fuel_gauge": "empty", "spark_test": "weak_or_none"}
    found = run(code, data | {"case": more})
    assert found["ordered"] and [id for id, _ in found["steps"]] == [
        id for id in more if id in dict(found["steps"])
    ]
    log_odds = [10 * math.log10(p / (1 - p)) for p in (found["before"], found["after"])]
    assert sum(db for _, db in found["steps"]) == pytest.approx(log_odds[1] - log_odds[0], abs=0.1)


def test_red_flags_are_told_in_the_same_words() -> None:
    rules = burning_car().red_flags
    ids = [question.id for question in rules.questions]
    told = [{}, *({id: answer} for id in ids for answer in ("yes", "no"))]
    told += [dict.fromkeys(ids, "yes"), dict.fromkeys(ids, "no")]
    follows = [{}, {ids[0]: "yes"}, {ids[0]: "no", ids[1]: "yes"}]
    cases = [[one, other] for one in told for other in follows]
    model = page.model(burning_car())
    code = "console.log(JSON.stringify(given.cases.map((each) => redFlags(given.model, ...each))));"
    for case, found in zip(cases, run(code, {"model": model, "cases": cases}), strict=True):
        expected = check(rules, *case)
        assert found["lines"] == expected.lines()
        assert (found["urgent"], found["fired"], found["open"]) == (
            expected.urgent,
            bool(expected.set),
            len(expected.not_asked),
        )


PICK = """
  const network = new Reasoner(given.model), now = network.posterior(given.case);
  const columns = given.model.columns.map(([key, title, places]) =>
    ({ key, title, members: places.map((place) => network.variables[place]) }));
  const paths = given.paths.map((path) => path.map((id) => network.byId.get(id)));
  const { shown, links } = picked(network, given.case, now, paths, columns, new Map(), []);
  const heights = new Map([...shown].map((v) => [v, given.heights[v.id]]));
  const pairs = links.map(({ start, end }) => [start, end]);
  const plan = new Layout(columns, heights, pairs, given.width);
  console.log(JSON.stringify({
    links: links.map(({ start, end, strength, grade, bridged }) => [start.id, end.id, strength, grade, bridged]),
    places: Object.fromEntries([...plan.places].map(([v, place]) => [v.id, place])),
    routes: plan.routes.map(({ path, middle }) => [path, ...middle]),
    size: [plan.box, plan.width, plan.height],
  }));
"""


@pytest.mark.parametrize("width", [390, 900, 1500])
@pytest.mark.parametrize(
    "make", [car, of_200, lambda: public("alarm")], ids=["car", "200", "alarm"]
)
def test_the_picture_is_laid_as_python_lays_it(make: Callable[[], Network], width: int) -> None:
    network = make()
    name = network.outcome or "PRESS"
    case = {name: network.states[name][-1]}
    now = posterior(network, case)
    paths = ranked_paths(network, case, now)
    draw = random.Random(2)
    heights = {name: float(draw.choice((46, 62, 94))) for name in network}
    model = page.model(network)
    data = {"model": model, "case": case, "paths": paths, "heights": heights, "width": width}
    found = run(PICK, data)
    shown = picked(network, case, now, paths)
    assert [link[:2] + link[3:] for link in found["links"]] == [
        [link.start, link.end, link.grade, link.bridged] for link in shown.links
    ]
    assert [link[2] for link in found["links"]] == pytest.approx(
        [link.strength for link in shown.links], abs=1e-12
    )
    columns = layout.columns_of(network)
    kept = {name: heights[name] for name in shown.names}
    pairs = [(link.start, link.end) for link in shown.links]
    plan = layout.layout(columns, kept, pairs, width)
    assert found["size"] == [plan.box, plan.width, plan.height]
    for name, place in plan.places.items():
        assert found["places"][name] == pytest.approx(place, abs=1e-6)
    for (path, *middle), route in zip(found["routes"], plan.routes, strict=True):
        assert middle == pytest.approx(route.middle, abs=1e-6)
        numbers = [
            [float(each) for each in re.findall(r"-?[\d.]+", one)] for one in (path, route.path)
        ]
        assert numbers[0] == pytest.approx(numbers[1], abs=0.11)


def test_a_case_survives_in_the_address() -> None:
    code = """
      const back = given.cases.map((each) => caseOf(addressOf(each, given.model), given.model));
      console.log(JSON.stringify([back, caseOf(given.wrong, given.model)]));
    """
    unsure = {"weak_battery": {"yes": 0.8, "no": 0.4}}
    cases: list[dict[str, Any]] = [
        {"findings": {}, "flags": {}, "does": {}, "treats": [], "voice": ""},
        {
            "findings": DIM | unsure,
            "flags": {"flames": "no"},
            "does": {"empty_tank": "no"},
            "treats": ["cold_night", "weak_battery"],
            "voice": "car",
        },
    ]
    wrong = "dim_lights=ten&nobody=yes&flag.flames=perhaps&flag.=nobody&no_start={&do.x=yes&do.no_start=x&treat.x=no&treat.no_start=no"
    data = {"model": page.model(burning_car()), "cases": cases, "wrong": wrong}
    back, nothing = run(code, data)
    for told, found in zip(cases, back, strict=True):
        assert found == {
            "case": told["findings"],
            "flags": told["flags"],
            "does": told["does"],
            "treats": told["treats"],
            "voice": told["voice"],
        }
    assert nothing == {"case": {}, "flags": {}, "does": {}, "treats": [], "voice": ""}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("flag.flames=Yes", "yes"),
        ("FLAG.Flames=YES", "yes"),
        ("flag.flames=%20yes", "yes"),
        ("flag.flames=No", "no"),
        ("flag.flames=yes&flag.flames=no", "yes"),
        ("flag.flames=no&flag.flames=yes", "yes"),
    ],
)
def test_a_red_flag_in_the_address_is_never_lost(text: str, answer: str) -> None:
    code = "console.log(JSON.stringify(caseOf(given.text, given.model).flags));"
    data = {"model": page.model(burning_car()), "text": text}
    assert run(code, data) == {"flames": answer}


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


def unordered() -> Network:
    """A network of another format: no healthy states, no outcome, no words of its own."""
    fork = table(("sky",), {("sun",): (0.9, 0.1), ("rain",): (0.2, 0.8)})
    sky = Variable("sky", ("sun", "rain"), prior(0.3, 0.7), healthy_first=False)
    grass = Variable("grass", ("dry", "wet"), fork, healthy_first=False)
    return Network("garden", {"sky": sky, "grass": grass})


@pytest.mark.parametrize("make", [unordered, chained], ids=["unordered", "without rules"])
def test_nothing_is_said_that_the_network_does_not_say(make: Callable[[], Network]) -> None:
    network = make()
    d = bb.diagnose({}, network)
    text = page.standalone(network, d.findings, d.red_flags)
    assert not re.search(r"runner|\bpain\b|clinic|doctor|physio", text)
    assert '<details class="bp-flags" hidden>' in text
    start = text.index('class="bp-legend"')
    assert not re.search("studies|judgement", text[start : text.index("</section>", start)])


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


def html(d: bb.Diagnosis) -> str:
    return page.standalone(d.network, d.findings, d.red_flags)


def test_a_page_asks_nobody() -> None:
    text = html(bb.diagnose(DIM, car()))
    assert page.POLICY.startswith("default-src 'none'") and page.POLICY in text
    assert page.PRIVATE in text
    assert not re.search(
        r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\((?!#)|fetch\(|XMLHttpRequest|WebSocket|sendBeacon""",
        text,
    )


def test_uncertain_findings_travel_with_the_page() -> None:
    text = html(bb.diagnose({"no_start": "yes", "weak_battery": {"yes": 0.8, "no": 0.4}}, car()))
    assert '"weak_battery":{"yes":0.8,"no":0.4}' in text and "told unsure" in text


def test_an_urgent_flag_hides_the_figures_where_no_script_runs() -> None:
    network, flags = burning_car(), check(burning_car().red_flags, {"flames": "yes"})
    text = page.standalone(network, DIM, flags)
    picture = text[text.index("<svg xmlns") : text.index("</svg>")]
    assert "%" not in re.sub(r"<style>.*?</style>", "", picture, flags=re.DOTALL)
    assert ">Dim lights<" in picture and ">yes<" in picture
    head = text[text.index('class="bp-alarm') : text.index("</details>")]
    assert head.startswith(
        'class="bp-alarm bp-fired" role="alert"><p>EMERGENCY, to be checked: Fire'
    )
    for line in flags.alarms():
        assert f"<p>{line}</p>" in head
    assert 'class="bp-alarm" role="alert" hidden></div>' in html(bb.diagnose(DIM, network))


def test_what_a_red_flag_says_is_escaped() -> None:
    network = burning_car()
    rules = tuple(replace(rule, action="<b>Get out</b>") for rule in network.red_flags.rules)
    harmful = replace(network, red_flags=replace(network.red_flags, rules=rules))
    text = html(bb.diagnose(DIM, harmful, {"flames": "yes"}))
    assert "&lt;b&gt;Get out&lt;/b&gt;" in text and "<b>Get out" not in text


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


def test_a_network_too_large_for_a_browser_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    page.model.cache_clear()
    monkeypatch.setattr(orders, "MOST_CELLS_OF_TWO", 10)
    assert "in a browser the limit is 10" in page.model(car())["words"]["unranked"]
    page.model.cache_clear()
    for limit in ("MOST_CELLS", "MOST_VARIABLES"):
        monkeypatch.setattr(orders, limit, 10)
        with pytest.raises(bb.errors.TooHard, match="in a browser the limit is 10"):
            page.model(car())
        monkeypatch.undo()
    with pytest.raises(bb.BackpainError, match="no variables"):
        page.model(Network("empty", {}, vocabulary=WORDS))


def test_scripts_say_nothing_of_other_machines() -> None:
    for name in page.SCRIPTS:
        text = Path(page.__file__).with_name("web").joinpath(name).read_text()
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
