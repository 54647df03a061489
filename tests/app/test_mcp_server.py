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
from backpain_bn.mcp_server import MOST_ROWS, UNNAMED, Desk, server
from backpain_bn.red_flags.answered import check
from backpain_bn.red_flags.implied import implied, later_flags
from backpain_bn.red_flags.rules import ABOVE, RedFlagQuestion, Rule, Rules
from tests.oracles.networks import FLAGGED_CAR, asia

NETWORK = bb.load(FLAGGED_CAR)
RULES = NETWORK.red_flags
CASES = ("red estate", " Red  Estate", "old van")
TOLD = {"battery_age": "over_5_years", "no_start": "yes"}
FINDINGS = st.sampled_from([
    {}, TOLD, {"no_start": True, "lights_left_on": "yes"}, {"no_start": {"no": 0.2, "yes": 0.8}},
    {"dim_lights": "no", "no_strt": "yes"}, {"no_start": "perhaps"},
    {"battery_age": 9, "lights_left_on": "no"}, {"no_start": "yes", "petrol_smell": "no"},
    {"lights_left_on": "perhaps"}, {"lights_left_on": {"ys": 1.0}}, ["petrol_smell"], None,
])  # fmt: skip
SIGNS = st.sampled_from(["smoke", "petrol_smell", "hot_wires", "acid", "lights_found_on", "smok"])
FLAGS = st.dictionaries(SIGNS, st.sampled_from(["yes", "no", True, False, None, "maybe"]))
NO_FLAGS = st.sampled_from([["oil_low"], "acid", 7])
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


def lost(findings: Any) -> set[str]:
    """Return the red-flag questions that findings may have answered, unreadably."""
    found = {name for name in findings or () if name in RULES.names}
    if isinstance(findings, list):
        return found | {UNNAMED}
    mistold = (findings or {}).get("lights_left_on", "no") not in ("yes", "no")
    return found | ({"lights_found_on"} if mistold else set())


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
        flags=FLAGS | NO_FLAGS,
    )
    def call(self, tool: str, case: str, findings: Any, flags: Any) -> None:
        key = " ".join(case.split()).lower()
        given = flags if isinstance(flags, dict) else {}
        yes = self.yes.setdefault(key, set())
        yes |= {name for name in RULES.names if given.get(name) in ("yes", True)}
        yes |= set(implied(RULES, findings)) if isinstance(findings, dict) else set()
        if check(RULES, dict.fromkeys(yes, "yes")).urgent:
            self.urgent.add(key)
        read = {name for name in given if name in RULES.names and given[name] != "maybe"}
        wrong = {"smoke" if name == "smok" else name for name in given if name not in read}
        if given is not flags:
            wrong |= {UNNAMED, *(name for name in ("oil_low", "acid") if name in str(flags))}
        unread = self.unread.get(key, set()) - read
        if read and not wrong:
            unread -= {UNNAMED}
        self.unread[key] = (unread | wrong | lost(findings)) - yes
        self.asked(tool, case, findings, flags)

    @precondition(lambda machine: machine.urgent)
    @rule(tool=st.sampled_from(sorted(set(ASKED) - {"red_flags"})))
    def ask_of_an_urgent_case(self, tool: str) -> None:
        for key in self.urgent:
            answer = getattr(self.desk, tool)(key, TOLD, **ASKED[tool])
            assert answer["withheld"] == RULES.withheld

    def asked(self, tool: str, case: str, findings: Any, flags: Any) -> None:
        key = " ".join(case.split()).lower()
        try:
            answer = getattr(self.desk, tool)(case, findings, red_flags=flags, **ASKED[tool])
        except bb.BackpainError as error:
            assert "%" not in str(error)
            return
        if check(RULES, {**implied(RULES, findings or {}), **flags}).urgent:
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


@pytest.mark.parametrize(("findings", "names"), [
    ({"dim_lights": "Very!"}, ["dark"]),
    ({"dim_light": "yes"}, ["dark"]),
    ({"dim_lights": {"ys": 1.0}}, ["dark"]),
    ({"dim_lights": {"no": "little", "yes": 1.0}}, ["dark"]),
    ({"battery_age": "nine or so"}, ["old"]),
    ({"dim_lights": "Very!", "battery_age": "nine or so"}, ["dark", "old"]),
    ({"odour_of_rotten_eggs": "yes"}, ["smell"]),
    ({"An odour of rotten eggs": "yes"}, ["smell"]),
    ({"red_flags": {"smell": "yes"}}, [UNNAMED]),
])  # fmt: skip
def test_a_finding_that_cannot_be_read_may_have_answered_a_red_flag_question(
    findings: Any, names: list[str]
) -> None:
    desk = Desk(SMELLING)
    with pytest.raises(bb.BackpainError):
        desk.diagnose("car", findings)
    assert f"An answer to {', '.join(names)} could" in desk.diagnose("car", TOLD)["withheld"]
    again = {"old": "no"} if names == [UNNAMED] else dict.fromkeys(names, "no")
    assert desk.diagnose("car", TOLD, again)["rows"]


def test_a_finding_told_again_that_says_yes_was_read() -> None:
    desk = Desk(SMELLING)
    with pytest.raises(bb.errors.UnknownName, match="Very!"):
        desk.diagnose("car", {"dim_lights": "Very!"})
    assert desk.diagnose("car", {"dim_lights": "yes"})["rows"]
    assert desk.diagnose("car", {}, {"smell": "yes"})["red_flags"]["urgent"]


def test_a_no_beside_a_mistyped_name_does_not_take_its_place() -> None:
    desk = Desk(NETWORK)
    with pytest.raises(bb.errors.UnknownName, match="smok"):
        desk.diagnose("car", TOLD, {"smok": "yes", "smoke": "no"})
    assert "An answer to smoke could" in desk.diagnose("car", TOLD)["withheld"]


@pytest.mark.parametrize(("findings", "flags", "error", "names"), [
    ({}, ["smoke"], "red_flags must map questions to yes or no, not list", ["smoke", UNNAMED]),
    ({}, "smoke", "red_flags must map questions to yes or no, not str", ["smoke", UNNAMED]),
    ({}, [{"smoke": "yes"}], "red_flags must map questions to yes or no, not list", [UNNAMED]),
    ({}, 7, "red_flags must map questions to yes or no, not int", [UNNAMED]),
    ([], None, "findings must map variables to states, not list", [UNNAMED]),
    (["smoke"], None, "findings must map variables to states, not list", ["smoke", UNNAMED]),
])  # fmt: skip
def test_what_is_no_mapping_withholds_until_red_flags_are_told(
    findings: Any, flags: Any, error: str, names: list[str]
) -> None:
    desk = Desk(NETWORK)
    with pytest.raises(bb.BackpainError, match=error):
        desk.diagnose("car", findings, flags)
    assert f"An answer to {', '.join(names)} could" in desk.diagnose("car", TOLD)["withheld"]
    again = {name: "no" for name in ("smoke", "acid") if name in names} or {"acid": "no"}
    assert desk.diagnose("car", TOLD, again)["rows"]


def test_beside_findings_that_are_no_mapping_a_yes_counts() -> None:
    desk = Desk(NETWORK)
    with pytest.raises(bb.BackpainError, match="not list"):
        desk.diagnose("car", [], {"smoke": "yes"})
    assert desk.diagnose("car", TOLD, {"smoke": "no"})["red_flags"]["urgent"]
    assert desk.diagnose("van", None, {"smoke": "yes"})["red_flags"]["urgent"]


def test_a_network_without_red_flags_has_none_to_be_told_again() -> None:
    desk = Desk(asia())
    with pytest.raises(bb.BackpainError, match="not str"):
        desk.why("somebody", [], "lung", red_flags="cough")
    assert desk.why("somebody", {"smoke": "yes"}, "lung")["rows"]


@pytest.mark.parametrize(("name", "again"), [
    ("José", "Jose\u0301"), ("car 1", " car \t 1\n"), ("car 1", "car\u00a01"),
    ("STRASSE", "straße"), ("car 1", "Car １"),
])  # fmt: skip
def test_a_name_in_another_spelling_is_the_same_case(name: str, again: str) -> None:
    desk = Desk(NETWORK)
    assert desk.red_flags(name, {}, {"smoke": "yes"})["red_flags"]["urgent"]
    assert "withheld" in desk.diagnose(again, TOLD)
    assert desk.diagnose(name + "a", TOLD)["rows"]


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
        RedFlagQuestion("smell", "Does it smell?", (), label="an odour of rotten eggs"),
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


MISSHAPEN = {
    "minutes": ("next_question", {"minutes": "many"}, 'is "many"; it must be a number from 0 up'),
    "no list": ("what_helps", {"treatments": "rest"}, "treatments must be a list of names"),
    "left out": ("why", {}, 'unknown variable ""; allowed: battery_age'),
    "listed": ("why", {"variable": ["weak_battery"]}, "unknown variable ['weak_battery']"),
    "state": ("why", {"variable": "weak_battery", "state": [1]}, "unknown state of weak_battery"),
    "rival": ("why", {"variable": "weak_battery", "rather_than": 3}, 'unknown variable "3"'),
    "findings": ("diagnose", {"findings": []}, "findings must map variables to states"),
    "7": ("diagnose", {"findings": {"no_strt": "yes"}}, 'did you mean "no_start"?'),
}
"""Case, tool, arguments, and the refusal; each also tells a sign."""


def test_a_call_that_is_refused_for_its_shape_keeps_the_sign_that_it_tells() -> None:
    async def talk() -> list[tuple[CallToolResult, CallToolResult]]:
        said = []
        async with Client(server(NETWORK)) as client:
            for case, (tool, told, _) in MISSHAPEN.items():
                named = {"case": 7 if case == "7" else case}
                sign = named | told | {"red_flags": {"petrol_smell": "yes"}}
                refused = await client.call_tool(tool, sign)
                other = {"case": case, "findings": TOLD, "red_flags": {"hot_wires": True}}
                said.append((refused, await client.call_tool("diagnose", other)))
        return said

    with ThreadPoolExecutor(1) as pool:
        said = pool.submit(asyncio.run, talk()).result()
    for (refused, withheld), (_, _, error) in zip(said, MISSHAPEN.values(), strict=True):
        words = refused.model_dump()["content"][0]["text"]
        assert refused.is_error and error in words and "pydantic" not in words
        assert withheld.structured_content is not None
        assert withheld.structured_content["withheld"] == RULES.withheld


def test_what_is_checked_late_is_still_described() -> None:
    async def tools() -> dict[str, Any]:
        async with Client(server(NETWORK)) as client:
            return {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}

    with ThreadPoolExecutor(1) as pool:
        schemas = pool.submit(asyncio.run, tools()).result()
    for schema in schemas.values():
        told = schema["properties"]
        assert schema["required"] == ["case"] and told["case"]["type"] == "string"
        assert types_of(told["findings"]["anyOf"][0]["additionalProperties"]) == [
            "string", "boolean", "number", "object", "null",
        ]  # fmt: skip
        answer = told["red_flags"]["anyOf"][0]["additionalProperties"]
        assert types_of(answer) == ["string", "boolean", "null"]
    assert types_of(schemas["next_question"]["properties"]["minutes"]) == ["number", "null"]
    treatments = schemas["what_helps"]["properties"]["treatments"]
    assert types_of(treatments) == ["array", "null"]
    assert treatments["anyOf"][0]["items"] == {"type": "string"}
    assert schemas["why"]["properties"]["variable"]["type"] == "string"


def types_of(schema: dict[str, Any]) -> list[str]:
    return [each["type"] for each in schema["anyOf"]]


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
