"""The tools for assistants: whatever is called in whichever order, nothing is ranked past an urgent
red flag.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from mcp import Client
from mcp_types import CallToolResult

import backpain_bn as bb
from backpain_bn.mcp_server import MOST_ROWS, Desk, server
from backpain_bn.red_flags.implied import implied, later_flags
from backpain_bn.red_flags.rules import ABOVE, RedFlagQuestion, Rule, Rules, check
from tests.oracles.networks import FLAGGED_CAR, asia

NETWORK = bb.load(FLAGGED_CAR)
RULES = NETWORK.red_flags
CASES = ("red estate", " Red Estate", "old van")
TOLD = {"battery_age": "over_5_years", "no_start": "yes"}
FINDINGS = st.sampled_from([
    {}, TOLD, {"no_start": True, "lights_left_on": "yes"}, {"no_start": {"no": 0.2, "yes": 0.8}},
    {"dim_lights": "no", "no_strt": "yes"}, {"no_start": "perhaps"},
    {"battery_age": 9, "lights_left_on": "no"}, {"no_start": "yes", "petrol_smell": "no"},
])  # fmt: skip
SIGNS = st.sampled_from(["smoke", "petrol_smell", "hot_wires", "acid", "lights_found_on", "smok"])
FLAGS = st.dictionaries(SIGNS, st.sampled_from(["yes", "no", True, False, None, "maybe"]))
ASKED = {
    "red_flags": {},
    "diagnose": {},
    "why": {"variable": "weak_battery"},
    "next_question": {"minutes": 5},
    "what_helps": {"treatments": ["charge_battery"]},
}


def numbers_in(answer: object) -> list[object]:
    """Return every number in an answer, and every text that holds a share."""
    if isinstance(answer, dict):
        return [each for value in answer.values() for each in numbers_in(value)]
    if isinstance(answer, list):
        return [each for value in answer for each in numbers_in(value)]
    is_number = isinstance(answer, int | float) and not isinstance(answer, bool)
    return [answer] if is_number or (isinstance(answer, str) and "%" in answer) else []


class AnyOrder(RuleBasedStateMachine):
    """An assistant that calls whatever it likes, about two cars, and mistypes now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(NETWORK)
        self.yes: dict[str, set[str]] = {}
        self.urgent: set[str] = set()
        self.unread: dict[str, set[str]] = {}

    @rule(
        tool=st.sampled_from(sorted(ASKED)),
        case=st.sampled_from(CASES),
        findings=FINDINGS,
        flags=FLAGS,
    )
    def call(self, tool: str, case: str, findings: Any, flags: Any) -> None:
        key = case.strip().lower()
        yes = self.yes.setdefault(key, set())
        yes |= {name for name in RULES.names if flags.get(name) in ("yes", True)}
        if check(RULES, dict.fromkeys(yes, "yes")).urgent:
            self.urgent.add(key)
        read = {name for name in flags if name in RULES.names and flags[name] != "maybe"}
        unread = {"smoke" if name == "smok" else name for name in flags if name not in read}
        unread |= {name for name in findings if name in RULES.names}
        self.unread[key] = (self.unread.get(key, set()) | unread) - read
        self.asked(tool, case, findings, flags)

    @precondition(lambda machine: machine.urgent)
    @rule(tool=st.sampled_from(sorted(set(ASKED) - {"red_flags"})))
    def ask_of_an_urgent_case(self, tool: str) -> None:
        for key in self.urgent:
            answer = getattr(self.desk, tool)(key, TOLD, **ASKED[tool])
            assert answer["withheld"] == RULES.withheld

    def asked(self, tool: str, case: str, findings: Any, flags: Any) -> None:
        key = case.strip().lower()
        try:
            answer = getattr(self.desk, tool)(case, findings, red_flags=flags, **ASKED[tool])
        except bb.BackpainError as error:
            assert "%" not in str(error)
            return
        if check(RULES, {**implied(RULES, findings), **flags}).urgent:
            self.urgent.add(key)
        json.dumps(answer, allow_nan=False)
        assert answer["red_flags"]["urgent"] == (key in self.urgent)
        if key in self.urgent or tool == "red_flags":
            assert not {"answer", "rows"} & answer.keys() and numbers_in(answer) == []
        elif self.unread[key]:
            assert not {"answer", "rows"} & answer.keys() and numbers_in(answer) == []
            assert all(name in answer["withheld"] for name in self.unread[key])
        else:
            assert "withheld" not in answer and numbers_in(answer)
            assert len(answer["rows"]) <= MOST_ROWS


AnyOrder.TestCase.settings = settings(max_examples=20, stateful_step_count=10, deadline=None)
TestAnyOrder = AnyOrder.TestCase


def test_a_yes_in_a_call_that_is_refused_still_counts() -> None:
    desk = Desk(NETWORK)
    with pytest.raises(bb.errors.UnknownName, match='"smok"'):
        desk.diagnose("car", TOLD, {"smok": "no", "smoke": "yes"})
    with pytest.raises(bb.errors.UnknownName, match='"no_strt"'):
        desk.why("van", {"no_strt": "yes"}, "weak_battery", red_flags={"smoke": True})
    for case in ("car", "van"):
        assert "withheld" in desk.diagnose(case, TOLD, {"smoke": "no"})


@pytest.mark.parametrize(("findings", "flags", "name"), [
    (TOLD, {"smoke": "perhaps"}, "smoke"),
    (TOLD, {"smoke": ["yes"], "acid": "no"}, "smoke"),
    (TOLD, {"smok": "yes"}, "smoke"),
    (TOLD | {"smoke": "yes"}, {}, "smoke"),
    (TOLD | {"petrol_smel": "yes"}, None, "petrol_smell"),
    (TOLD | {"no_strt": "yes"}, {"flames": 7}, "flames"),
])  # fmt: skip
def test_what_could_not_be_read_of_red_flags_withholds_until_it_is_told_again(
    findings: Any, flags: Any, name: str
) -> None:
    desk = Desk(NETWORK)
    with pytest.raises(bb.errors.UnknownName):
        desk.diagnose("car", findings, flags)
    for again in ({}, {"hot_wires": "no"}):
        answer = desk.diagnose("car", TOLD, again)
        assert not {"answer", "rows"} & answer.keys() and numbers_in(answer) == []
        assert answer["withheld"] == (
            f"An answer to {name} could not be read; tell it again among red_flags: yes, no, or "
            "null for not asked."
        )
        assert answer["withheld"] in answer["red_flags"]["in_words"]
        assert name in desk.red_flags("car", TOLD)["ask_first"]
    assert desk.diagnose("car", TOLD, {name: "no"})["rows"]
    assert desk.diagnose("other car", TOLD)["rows"]


def test_a_name_like_no_question_withholds_until_red_flags_are_told_again() -> None:
    desk = Desk(NETWORK)
    with pytest.raises(bb.errors.UnknownName, match="zzz"):
        desk.diagnose("car", TOLD, {"zzz": "yes"})
    assert "zzz" in desk.diagnose("car", TOLD)["withheld"]
    assert desk.diagnose("car", TOLD, {"hot_wires": "no"})["rows"]


def test_what_a_refused_call_tells_rightly_is_kept() -> None:
    desk = Desk(SMELLING)
    with pytest.raises(bb.errors.UnknownName, match="no_strt"):
        desk.diagnose("car", {"dim_lights": "yes", "no_strt": "yes"}, {"smell": "yes"})
    assert desk.diagnose("car", {})["withheld"]


SMELLING = replace(NETWORK, red_flags=Rules(
    "smelling", "1",
    (
        RedFlagQuestion("smell", "Does it smell?", ()),
        RedFlagQuestion("dark", "Are the lamps dark?", (), finding="dim_lights=yes"),
        RedFlagQuestion("old", "Is the battery above eight years?", (), number=("battery_age", ABOVE, 8)),
    ),
    (Rule("leak", "A leak", "urgent", (("smell", "dark"), ("smell", "old")), "Leave it.", "", ()),),
))  # fmt: skip


@pytest.mark.parametrize("calls", [
    [({}, {"smell": "yes", "dark": "no"}), ({"dim_lights": "yes"}, {})],
    [({"dim_lights": "yes"}, {}), ({}, {"smell": "yes"})],
    [({"battery_age": 9}, {"dark": "no"}), ({"dim_lights": "no"}, {"smell": True, "dark": None})],
    [({"battery_age": 2}, {"smell": "no"}), ({"battery_age": 9}, {"smell": "yes"})],
])  # fmt: skip
def test_several_calls_set_off_what_several_visits_do(calls: Any) -> None:
    (findings, flags), (later_findings, later_answers) = calls
    desk, rules = Desk(SMELLING), SMELLING.red_flags
    first = desk.red_flags("car", findings, flags)["red_flags"]
    expected = check(rules, flags, implied(rules, findings, numbers(findings)))
    assert first["urgent"] is expected.urgent is False
    expected = later_flags(expected, later_answers, later_findings, numbers(later_findings))
    said = desk.red_flags("car", later_findings, later_answers)["red_flags"]
    assert said["urgent"] == expected.urgent
    assert said["in_words"] == expected.summary()


@pytest.mark.parametrize("later", [{"dim_lights": "yes"}, {"battery_age": 9}])
def test_a_later_finding_that_says_yes_counts_over_an_earlier_no(later: dict[str, Any]) -> None:
    desk = Desk(SMELLING)
    assert desk.diagnose("car", {}, {"smell": "Yes", "dark": "no", "old": "NO"})["rows"]
    said = desk.diagnose("car", later)
    assert said["red_flags"]["urgent"] and "rows" not in said
    assert "withheld" in desk.diagnose("car", {}, {"dark": "no", "old": "no"})


def numbers(findings: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in findings.items() if isinstance(value, int)}


def test_nothing_takes_an_urgent_flag_back() -> None:
    desk = Desk(SMELLING)
    assert "withheld" in desk.diagnose("car", {"battery_age": 9}, {"smell": "yes"})
    for findings, flags in (
        ({}, {}),
        ({"battery_age": 2, "dim_lights": "no"}, {"smell": "no"}),
        ({"battery_age": 2}, {"old": "no", "smell": None}),
    ):
        assert "withheld" in desk.diagnose("car", findings, flags)


def test_an_answer_counts_red_flags_as_what_stands_above_it() -> None:
    said = Desk(SMELLING).diagnose("car", {"dim_lights": "yes", "no_start": "yes"})
    above = said["red_flags"]["in_words"][0]
    assert above.startswith("0 of 3 warning signs answered, 1 more follows from what was told")
    assert above in " ".join(said["answer"].split())


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_several_threads_tell_of_one_case() -> None:
    questions = tuple(RedFlagQuestion(f"q{place}", "?", ()) for place in range(60))
    desk = Desk(replace(NETWORK, red_flags=Rules("many", "1", questions, ())))

    def told(call: int) -> None:
        case, place = divmod(call, 60)
        desk.red_flags(f"car {case}", {}, {f"q{place}": "yes"})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(told, range(600)))
    for case in range(10):
        said = desk.red_flags(f"car {case}", {})["red_flags"]["in_words"]
        assert "60 of 60 warning signs answered" in said[0]


def test_findings_without_an_answer_do_not_hide_what_to_do() -> None:
    desk, nothing = Desk(NETWORK), {"no_start": {"no": 0.0, "yes": 0.0}}
    with pytest.raises(bb.BackpainError, match="all zero"):
        desk.diagnose("car", nothing)
    said = desk.diagnose("car", nothing, {"smoke": "yes"})["red_flags"]
    assert said["what_to_do"] == ["Get out and call the breakdown service."]


def test_questions_to_ask_first_are_told_until_they_are_answered() -> None:
    desk = Desk(NETWORK)
    first = desk.red_flags("car", {})["ask_first"]
    assert first["smoke"] == "Is there smoke?"
    assert "smoke" not in desk.red_flags("car", {}, {"smoke": "no"})["ask_first"]


def test_an_assistant_reads_refusals_and_what_can_be_told() -> None:
    async def talk() -> tuple[dict[str, str], list[CallToolResult]]:
        async with Client(server(NETWORK)) as client:
            tools = {
                tool.name: tool.description or "" for tool in (await client.list_tools()).tools
            }
            wrong = {"case": "car", "findings": {"no_strt": "yes"}}
            said = [await client.call_tool("diagnose", wrong)]
            right = {"case": "car", "findings": TOLD, "variable": "weak_battery"}
            said.append(await client.call_tool("why", right))
            list_told = right | {"red_flags": {"smoke": ["yes"]}}
            said.append(await client.call_tool("why", list_told))
            said.append(await client.call_tool("why", right))
            return tools, said

    # A browser of other tests has an event loop running in this thread.
    with ThreadPoolExecutor(1) as pool:
        tools, (refused, answered, *later) = pool.submit(asyncio.run, talk()).result()
    assert sorted(tools) == sorted(ASKED)
    assert "battery_age: under_3_years, 3_to_5_years, over_5_years (How old" in tools["diagnose"]
    assert "smoke: Is there smoke?" in tools["red_flags"]
    assert refused.is_error and 'did you mean "no_start"?' in str(refused.content)
    said = bb.diagnose(TOLD, NETWORK).why("weak_battery")
    assert answered.structured_content is not None
    assert answered.structured_content["answer"] == str(said)
    unread, withheld = later
    assert unread.is_error and "unknown answer to smoke" in str(unread.content)
    assert withheld.structured_content is not None
    assert "An answer to smoke" in withheld.structured_content["withheld"]


def test_the_server_says_its_version() -> None:
    assert server(NETWORK, bb.__version__).version == bb.__version__


def test_a_network_without_an_outcome_answers_what_it_can() -> None:
    desk, told = Desk(asia()), {"smoke": "yes"}
    answer = desk.diagnose("somebody", told)
    assert answer["rows"] == [] and "small names no outcome" in answer["answer"]
    assert desk.why("somebody", told, "lung")["rows"]
    with pytest.raises(bb.BackpainError, match="small names no outcome"):
        desk.next_question("somebody", told)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backpain_bn.errors.find_spec", lambda name: None)
    with pytest.raises(bb.BackpainError, match=r"pip install 'backpain_bn\[mcp\]'"):
        server(NETWORK)
