"""All questions on networks that know nothing of each other: each answers, or says in one sentence
what is missing and how to give it.
"""

from __future__ import annotations

import gzip
import importlib.util
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

import backpain_bn as bb
from backpain_bn.interview import interview
from tests.oracles import networks
from tests.oracles.enumeration import enumerate_beliefs

DATA = Path(__file__).parent / "data"
SPOKEN_OF_RUNNERS = (
    "runner", "runners", "pain", "back", "clinic", "physio", "physiotherapist", "spine",
    "clinician", "running",
)  # fmt: skip
OUTCOME, HEALTHY = "outcome", "healthy"
BOTH = (OUTCOME, HEALTHY)
HOW = {OUTCOME: r"outcome\b.*load\(.*outcome=", HEALTHY: r"healthy\b.*load\(.*healthy="}
"""What the sentence about a thing that is missing must hold: the thing, and how to give it."""


@dataclass(frozen=True)
class Case:
    """A network, what is told, a variable to ask about, and what the network does not know."""

    network: bb.Network
    findings: Mapping[str, str]
    variable: str
    state: str
    lacks: frozenset[str] = frozenset()
    replies: tuple[str, ...] = ()
    later: Mapping[str, str] = field(default_factory=dict)

    @property
    def diagnosis(self) -> bb.Diagnosis:
        """The diagnosis of these findings."""
        return bb.diagnose(self.findings, self.network)

    @property
    def worth(self) -> dict[str, dict[str, float]]:
        """What doing nothing and doing something are worth, for any states of the outcome."""
        states = self.network[self.network.outcome].states if self.network.outcome else ("x",)
        falling = {state: float(-place) for place, state in enumerate(states)}
        return {
            "nothing": falling,
            "something": {state: value - 0.25 for state, value in falling.items()},
        }


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three networks of the public repository, one of them with a mapping."""
    spec = importlib.util.find_spec("pgmpy")
    assert spec is not None and spec.origin is not None
    models = Path(spec.origin).parent / "utils" / "example_models"
    folder = tmp_path_factory.mktemp("public")
    for name in ("asia", "alarm", "hepar2"):
        with gzip.open(models / f"{name}.bif.gz") as packed:
            (folder / f"{name}.bif").write_bytes(packed.read())
    shutil.copy(DATA / "hepar2.mapping.yaml", folder)
    return folder


def bare_asia(folder: Path) -> Case:
    """Return the chest clinic as its file has it: no outcome, no healthy states."""
    network = bb.load(folder / "asia.bif")
    told = {"dysp": "yes", "xray": "yes"}
    return Case(network, told, "lung", "yes", frozenset((OUTCOME, HEALTHY)))


def half_told_asia(folder: Path) -> Case:
    """Return the chest clinic with an outcome, and not a word on what is healthy."""
    network = bb.load(folder / "asia.bif", outcome="dysp")
    return Case(network, {"dysp": "yes", "xray": "yes"}, "lung", "yes", frozenset((HEALTHY,)))


def told_asia(folder: Path) -> Case:
    """Return the chest clinic with outcome and healthy states named for one call."""
    names = ("asia", "tub", "smoke", "lung", "bronc", "either", "xray", "dysp")
    healthy = dict.fromkeys(names, "no")
    network = bb.load(folder / "asia.bif", outcome="dysp", healthy=healthy)
    return Case(network, {"dysp": "yes", "xray": "yes"}, "lung", "yes", later={"dysp": "no"})


def bare_alarm(folder: Path) -> Case:
    """Return the monitor of a patient as its file has it."""
    network = bb.load(folder / "alarm.bif")
    told = {"CVP": "HIGH", "BP": "LOW", "HISTORY": "FALSE"}
    return Case(network, told, "HYPOVOLEMIA", "TRUE", frozenset((OUTCOME, HEALTHY)))


def mapped_hepar2(folder: Path) -> Case:
    """Return diseases of the liver with a mapping beside the file."""
    network = bb.load(folder / "hepar2.bif")
    told = {"Cirrhosis": "compensate", "fatigue": "present", "spiders": "present"}
    replies = ("1", "", "?", "2", "stop")
    later = {"Cirrhosis": "decompensate"}
    return Case(network, told, "Steatosis", "present", replies=replies, later=later)


def car(folder: Path) -> Case:
    """Return the car that will not start."""
    told = {"no_start": "yes", "dim_lights": "yes", "clicking": "yes"}
    replies = ("yes", "?", "", "back", "no", "stop")
    return Case(bb.load("car"), told, "weak_battery", "yes", replies=replies,
                later={"no_start": "no"})  # fmt: skip


MAKERS = (bare_asia, half_told_asia, told_asia, bare_alarm, mapped_hepar2, car)
CASES = {each.__name__: each for each in MAKERS}


@dataclass(frozen=True)
class Asked:
    """How to ask one question, and what a network must know for it to be answered, in order."""

    ask: Callable[[Case, Path], object]
    needs: tuple[str, ...] = ()


def saved(case: Case, folder: Path, suffix: str) -> str:
    """Return the report as it stands in its file."""
    path = folder / f"report{suffix}"
    case.diagnosis.save_report(path)
    return path.read_text(encoding="utf-8")


def interviewed(case: Case, folder: Path) -> str:
    """Return all that an interview says."""
    said: list[str] = []
    replies = iter((*case.replies, "stop"))
    interview(case.network, lambda prompt: next(replies), said.append)
    return "\n".join(said)


def scored(case: Case, folder: Path) -> str:
    """Return the belief in the variable asked about, over a table of two rows."""
    frame = pandas.DataFrame([dict(case.findings), {}], columns=list(case.findings))
    found = bb.score(frame, case.network, targets=[case.variable])
    assert found["problem"].isna().all()
    assert found[f"{case.variable}={case.state}"].between(0, 1).all()
    return str(found)


def in_pgmpy(case: Case, folder: Path) -> str:
    """Return the variables of the pgmpy model, which checks itself."""
    model = case.network.to_pgmpy()
    assert model.check_model()
    return " ".join(sorted(model.nodes()))


def as_graph(case: Case, folder: Path) -> str:
    """Return the links of the graph."""
    graph = case.network.to_networkx()
    links = sum(len(variable.parents) for variable in case.network.variables.values())
    assert len(graph) == len(case.network) and graph.number_of_edges() == links
    return str(sorted(graph.edges()))


QUESTIONS: dict[str, Asked] = {
    "posterior": Asked(lambda c, _: bb.posterior(c.network, c.findings)[c.variable]),
    "print": Asked(lambda c, _: c.diagnosis),
    "contributors": Asked(lambda c, _: c.diagnosis.contributors(), BOTH),
    "why": Asked(lambda c, _: c.diagnosis.why(c.variable), (HEALTHY,)),
    "why this state": Asked(lambda c, _: c.diagnosis.why(c.variable, c.state)),
    "paths": Asked(lambda c, _: c.diagnosis.paths(c.variable), BOTH),
    "most probable": Asked(lambda c, _: c.diagnosis.most_probable([c.variable])),
    "compare": Asked(lambda c, _: c.diagnosis.compare(c.network)),
    "next questions": Asked(lambda c, _: c.diagnosis.next_questions(), BOTH),
    "next questions about": Asked(
        lambda c, _: c.diagnosis.next_questions(hypotheses=[c.variable]), (HEALTHY,)
    ),
    "what helps": Asked(lambda c, _: c.diagnosis.what_helps(), BOTH),
    "weigh": Asked(lambda c, _: c.diagnosis.weigh(c.worth, {"nothing": (), "something": ()}), BOTH),
    "follow up": Asked(lambda c, _: c.diagnosis.follow_up(c.later), BOTH),
    "robustness": Asked(lambda c, _: c.diagnosis.robustness(draws=50), BOTH),
    "sensitivity": Asked(lambda c, _: c.diagnosis.sensitivity(c.variable), (HEALTHY,)),
    "sensitivity of this state": Asked(lambda c, _: c.diagnosis.sensitivity(c.variable, c.state)),
    "page": Asked(lambda c, _: c.diagnosis.to_html()),
    "explore": Asked(lambda c, _: c.diagnosis.explore(kernel=False)._repr_html_()),
    "report.md": Asked(lambda c, folder: saved(c, folder, ".md")),
    "report.html": Asked(lambda c, folder: saved(c, folder, ".html")),
    "report.json": Asked(lambda c, folder: saved(c, folder, ".json")),
    "interview": Asked(interviewed, BOTH),
    "score": Asked(scored),
    "to_pgmpy": Asked(in_pgmpy),
    "to_networkx": Asked(as_graph),
}
NO_FIGURE = re.compile(r"\b(nan|inf|None(?! of))\b")
PAGES = ("page", "explore", "report.html")
"""Questions whose answers hold scripts, in which "back" is an ordinary word."""


@lru_cache
def case_of(name: str, folder: Path) -> Case:
    """Return one case, read once."""
    return CASES[name](folder)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("name", CASES)
def test_every_question_answers_or_says_what_is_missing(
    name: str, question: str, public: Path, tmp_path: Path
) -> None:
    case, asked = case_of(name, public), QUESTIONS[question]
    missing = [thing for thing in asked.needs if thing in case.lacks]
    if missing:
        with pytest.raises(bb.BackpainError, match=HOW[missing[0]]) as error:
            str(asked.ask(case, tmp_path))
        assert one_sentence(str(error.value))
        return
    answer = asked.ask(case, tmp_path)
    text = str(answer)
    assert text.strip()
    assert not NO_FIGURE.search(text) or question in PAGES
    assert "{'" not in text.replace("healthy={'", "") or question == "posterior"
    if name != "mapped_hepar2":
        assert words_of_runners(text, question) == []


def one_sentence(text: str) -> bool:
    """Whether a text is one line and one sentence of bearable length."""
    return "\n" not in text and ". " not in text and 20 < len(text) < 300


def words_of_runners(text: str, question: str) -> list[str]:
    """Return the words of the text that only a network about runners may bring along."""
    allowed: tuple[str, ...] = ()
    if question == "interview" or question in PAGES:
        allowed = ("back",)
    words = set(re.findall(r"[a-z_]+", text.lower()))
    return [word for word in SPOKEN_OF_RUNNERS if word in words and word not in allowed]


@pytest.mark.parametrize("name", CASES)
def test_findings_on_any_network_add_up(name: str, public: Path) -> None:
    case = case_of(name, public)
    found = case.diagnosis
    for variable in case.network:
        assert sum(found[variable].values()) == pytest.approx(1, abs=1e-9)
    prior = bb.posterior(case.network)[case.variable][case.state]
    assert found[case.variable][case.state] > 1.5 * prior


def test_the_file_of_asia_says_what_the_oracle_says(public: Path) -> None:
    findings = {"dysp": "yes", "xray": "yes", "asia": "yes", "smoke": "no"}
    oracle = networks.asia()
    row = np.ones((1, len(oracle.columns)))
    for name, state in findings.items():
        row[0, oracle.slices[name]] = [float(each == state) for each in oracle[name].states]
    right = enumerate_beliefs(oracle, row).marginals[0]
    found = bb.posterior(case_of("bare_asia", public).network, findings)
    for name in oracle:
        assert found[name]["yes"] == pytest.approx(right[oracle.slices[name]][1], abs=1e-12)


def test_a_network_compared_with_itself_differs_nowhere(public: Path) -> None:
    for name in CASES:
        case = case_of(name, public)
        rows = case.diagnosis.compare(case.network).to_dicts()
        assert all(row["here"] == pytest.approx(row["there"], abs=1e-12) for row in rows)


def test_no_state_is_taken_for_healthy_where_none_is_named(public: Path) -> None:
    case = case_of("bare_asia", public)
    text = str(case.diagnosis.most_probable(["lung", "bronc"]))
    assert "lung: yes" in text.lower() and "none of these" not in text.lower()


def test_without_red_flags_none_are_spoken_of(public: Path) -> None:
    for name in CASES:
        case = case_of(name, public)
        assert not case.network.red_flags.questions
        assert "red flag" not in str(case.diagnosis).lower()
        assert "red flag" not in str(case.diagnosis.to_dict()).lower()


def test_the_mapping_names_outcome_roles_and_healthy_states(public: Path) -> None:
    network = case_of("mapped_hepar2", public).network
    assert network.outcome == "Cirrhosis"
    assert network["Cirrhosis"].healthy == "absent"
    assert network["Cirrhosis"].states == ("absent", "compensate", "decompensate")
    assert network["PBC"].role == "disorder" and network["PBC"].healthy == "absent"
    assert not network["sex"].healthy_first
    assert set(network.causes) >= {"ChHepatitis", "Steatosis", "fibrosis", "alcoholism"}
    found = bb.diagnose({"Cirrhosis": "compensate"}, network).contributors()
    assert found.rows[0].variable in ("fibrosis", "Steatosis")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (lambda d: d.robustness(20, -1), "the seed is -1"),
        (lambda d: d.follow_up({}, changed=["a"]), "changed must map variables to states"),
        (lambda d: d.follow_up({}, treatments=3), "treatments must be a list of names, not 3"),
        (lambda d: d.what_helps(3), "treatments must be a list of names, not 3"),
        (lambda d: d.most_probable([["a"]]), "variables must be a list of names"),
        (lambda d: d.next_questions(hypotheses=3), "hypotheses must be a list of names"),
        (lambda d: d[["a"]], "unknown variable"),
        (lambda d: d.network.ancestors("nope"), 'unknown variable "nope"'),
        (lambda d: d.save_html(None), "a file is named by a text or a path, not None"),
        (lambda d: d.save_report(None), "a file is named by a text or a path, not None"),
    ],
)
def test_an_argument_of_another_kind_is_refused_in_words(
    question: Callable[[bb.Diagnosis], object], said: str
) -> None:
    with pytest.raises(bb.BackpainError, match=re.escape(said)):
        question(bb.diagnose({"no_start": "yes"}, "car"))


@pytest.mark.parametrize(
    ("name", "variables", "said"),
    [
        ("x", {}, "the network x has no variables"),
        (3, {"a": 3}, "the network is named by a text, not 3"),
        ("x", {"a": 3}, '"a" must be a Variable, not 3'),
        ("x", "abc", "variables must map names to variables, not str"),
        ("x", {"a": replace(bb.load("car")["no_start"], states=(0, 1))}, "a tuple of texts"),
    ],
)
def test_a_network_of_other_things_is_not_built(name: Any, variables: Any, said: str) -> None:
    with pytest.raises(bb.BackpainError, match=re.escape(said)):
        bb.Network(name, variables)


def test_a_variable_without_a_label_is_named_as_it_is_typed(public: Path) -> None:
    case = told_asia(public)
    text = str(case.diagnosis) + str(case.diagnosis.full) + str(case.diagnosis.paths("smoke"))
    assert "bronc" in text and "smoke" in text
    for name in case.network:
        assert not re.search(rf"\b{name.capitalize()}\b", text)
