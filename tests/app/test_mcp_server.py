"""The tools for assistants: whatever is called in whichever order, nothing is ranked past an urgent
red flag.
"""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from mcp import Client
from mcp_types import CallToolResult

import backpain_bn as bb
from backpain_bn.mcp_server import MOST_ROWS, Desk, server
from backpain_bn.red_flags.implied import implied
from backpain_bn.red_flags.rules import check
from tests.oracles.networks import FLAGGED_CAR, asia

NETWORK = bb.load(FLAGGED_CAR)
RULES = NETWORK.red_flags
CASES = ("red estate", " Red Estate", "old van")
TOLD = {"battery_age": "over_5_years", "no_start": "yes"}
FINDINGS = st.sampled_from([
    {}, TOLD, {"no_start": True, "lights_left_on": "yes"}, {"no_start": {"no": 0.2, "yes": 0.8}},
    {"dim_lights": "no", "no_strt": "yes"}, {"no_start": "perhaps"},
    {"battery_age": 9, "lights_left_on": "no"},
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
            return tools, said

    # A browser of other tests has an event loop running in this thread.
    with ThreadPoolExecutor(1) as pool:
        tools, (refused, answered) = pool.submit(asyncio.run, talk()).result()
    assert sorted(tools) == sorted(ASKED)
    assert "battery_age: under_3_years, 3_to_5_years, over_5_years (How old" in tools["diagnose"]
    assert "smoke: Is there smoke?" in tools["red_flags"]
    assert refused.is_error and 'did you mean "no_start"?' in str(refused.content)
    said = bb.diagnose(TOLD, NETWORK).why("weak_battery")
    assert answered.structured_content is not None
    assert answered.structured_content["answer"] == str(said)


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
