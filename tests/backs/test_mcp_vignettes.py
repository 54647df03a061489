"""The runners of the articles, as an assistant asks about them over standard input and output."""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters, stdio_client

import backpain_bn as bb
from backpain_bn.mcp_server import MOST_ROWS, Desk
from tests.backs.vignettes import VIGNETTES

ROOT = Path(bb.__file__).parents[1]
SERVER = StdioServerParameters(
    command=sys.executable,
    args=["-m", "backpain_bn", "mcp"],
    cwd=ROOT,
    env={"PYTHONPATH": str(ROOT)},
)


async def replayed() -> dict[str, list[dict[str, Any]]]:
    """Return what the tools say of every runner, and then, one who is numb, of the last."""
    said: dict[str, list[dict[str, Any]]] = {}
    async with Client(stdio_client(SERVER)) as client:
        for name, vignette in VIGNETTES.items():
            told = {"case": name, "findings": vignette["findings"]}
            about = {"variable": vignette["ahead"][0][0]}
            said[name] = [
                await called(client, "red_flags", told),
                await called(client, "diagnose", told),
                await called(client, "why", told | about),
            ]
        said["advice"] = [
            await called(client, "next_question", told),
            await called(client, "what_helps", told),
        ]
        await called(client, "red_flags", told | {"red_flags": {"saddle_numbness": "yes"}})
        said["numb"] = [
            await called(client, "diagnose", told | {"red_flags": {"saddle_numbness": "no"}}),
            await called(client, "why", told | about),
            await called(client, "next_question", told),
            await called(client, "what_helps", told),
        ]
    return said


async def called(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error and result.structured_content is not None, result.content
    return dict(result.structured_content)


@pytest.fixture(scope="module")
def said() -> dict[str, list[dict[str, Any]]]:
    # A browser of other tests has an event loop running in this thread.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, replayed()).result()


@pytest.mark.parametrize("name", VIGNETTES)
def test_the_tools_say_what_the_library_says(
    name: str, said: dict[str, list[dict[str, Any]]]
) -> None:
    flags, likely, why = said[name]
    diagnosis = bb.diagnose(VIGNETTES[name]["findings"])
    assert flags["red_flags"]["urgent"] is False and "saddle_numbness" in flags["ask_first"]
    first = [row.variable for row in diagnosis.contributors()][:MOST_ROWS]
    assert [row["variable"] for row in likely["rows"]] == first
    assert why["answer"] == str(diagnosis.why(VIGNETTES[name]["ahead"][0][0]))


def test_what_to_ask_and_do_is_what_the_library_says(said: dict[str, list[dict[str, Any]]]) -> None:
    diagnosis = bb.diagnose(VIGNETTES[list(VIGNETTES)[-1]]["findings"])
    ask, helps = said["advice"]
    assert ask["answer"] == str(diagnosis.next_questions())
    assert helps["answer"] == str(diagnosis.what_helps())
    assert "no medical diagnosis" in helps["note"]


def test_numbness_silences_every_tool(said: dict[str, list[dict[str, Any]]]) -> None:
    for answer in said["numb"]:
        assert answer["withheld"] and not {"answer", "rows"} & answer.keys()
        assert "emergency department" in answer["red_flags"]["what_to_do"][0]
        assert "%" not in json.dumps(answer)


def test_a_number_counts_as_an_answer_here_too() -> None:
    told = {"age": 75}, {"minor_fall": "yes"}
    answer = Desk(bb.load()).diagnose("fall", *told)
    assert bb.diagnose(told[0], red_flags=told[1]).red_flags.urgent
    assert answer["red_flags"]["urgent"] and "rows" not in answer


def test_pain_that_persists_counts_over_an_earlier_no() -> None:
    desk = Desk(bb.load())
    desk.red_flags("pain", {}, {"night_pain": "yes", "no_better_after_month": "no"})
    answer = desk.diagnose("pain", {"persistent_pain": "yes"})
    assert answer["red_flags"]["urgent"] and "rows" not in answer
