"""Eleven typical runners: each author finds his own cause in the answer."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import backpain_bn as bb
from backpain_bn.display.blocks import Note
from backpain_bn.display.words import short_label

RUNNERS: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[2] / "examples" / "eleven_runners.toml").read_text()
)
BACKGROUND = (
    ("age", "40_to_54"),
    ("sex", "female"),
    ("previous_back_pain", "one_or_two"),
    ("poor_sleep", "yes"),
    ("excess_weight", "yes"),
)
"""What a runner may tell besides, none of it in the articles' stories."""
STUDIES, ARTICLES = "runner_back_pain", "as_claimed"
RANKED = [(ARTICLES, name) for name in RUNNERS] + [
    (STUDIES, name) for name, runner in RUNNERS.items() if not runner["against"]
]
"""All in the articles' voice; in the studies' those whose told cause no study contradicts."""


@cache
def shares(voice: str, runner: str, *more: tuple[str, str]) -> dict[str, float]:
    """Return the share of each cause, the largest first."""
    answer = bb.diagnose(
        {**dict(more), **RUNNERS[runner]["findings"]}, bb.load(voice)
    ).contributors()
    return {row.variable: row.share for row in answer.rows}


def best_place(voice: str, runner: str, *more: tuple[str, str]) -> int:
    """Return the best rank, from 1, of a cause that the article names for this runner."""
    order = list(shares(voice, runner, *more))
    return min(order.index(cause) + 1 for cause in RUNNERS[runner]["own"])


@pytest.mark.parametrize("runner", RUNNERS)
def test_in_the_articles_voice_a_cause_that_the_article_names_is_first_or_second(
    runner: str,
) -> None:
    assert best_place(ARTICLES, runner) <= 2


@pytest.mark.parametrize("runner", [name for voice, name in RANKED if voice == STUDIES])
def test_in_the_studies_voice_it_is_among_the_first_three_unless_studies_contradict_it(
    runner: str,
) -> None:
    assert best_place(STUDIES, runner) <= 3


@pytest.mark.parametrize(("voice_name", "runner"), RANKED)
def test_a_common_background_does_not_drown_the_story(voice_name: str, runner: str) -> None:
    assert best_place(voice_name, runner, *BACKGROUND) <= 3


@pytest.mark.parametrize("runner", [name for name, runner in RUNNERS.items() if runner["against"]])
def test_where_studies_contradict_the_article_the_told_cause_is_next_to_nothing(
    runner: str,
) -> None:
    for cause in RUNNERS[runner]["against"]:
        assert 0 <= shares(STUDIES, runner)[cause] < 0.02
        assert shares(ARTICLES, runner)[cause] > 2 * shares(STUDIES, runner)[cause]


@pytest.mark.parametrize(("voice_name", "runner"), RANKED)
def test_nothing_unasked_stands_above_everything_told(voice_name: str, runner: str) -> None:
    first = next(iter(shares(voice_name, runner)))
    assert first in {*RUNNERS[runner]["findings"], *RUNNERS[runner]["own"]}


@pytest.mark.parametrize("runner", RUNNERS)
def test_every_told_variable_is_spoken_of(runner: str, voice: bb.Network) -> None:
    text = " ".join(str(bb.diagnose(RUNNERS[runner]["findings"], voice)).split()).lower()
    for name in RUNNERS[runner]["findings"]:
        assert short_label(voice[name]).lower() in text


def test_the_eleven_runners_do_not_get_one_answer() -> None:
    for voice in (STUDIES, ARTICLES):
        assert len({next(iter(shares(voice, runner))) for runner in RUNNERS}) >= 5


def _many(voice: bb.Network, which: int) -> dict[str, str]:
    """Return all risk factors in their first or last state, and the pain."""
    risks = [name for name in voice if voice[name].role == "risk_factor"]
    return {name: voice[name].states[which] for name in risks} | {"running_back_pain": "yes"}


@pytest.mark.parametrize("which", [0, -1])
@pytest.mark.parametrize("flags", [(), ("over_70", "weight_loss", "night_pain")])
def test_much_that_was_told_still_fits_on_a_screen(
    which: int, flags: tuple[str, ...], voice: bb.Network
) -> None:
    told = _many(voice, which)
    lines = str(bb.diagnose(told, voice, dict.fromkeys(flags, "yes"))).splitlines()
    assert len(lines) <= 30 and max(map(len, lines)) <= 100


def test_the_desk_workers_screen_tells_the_articles_story(shipped: bb.Network) -> None:
    views = bb.diagnose(RUNNERS["desk_worker"]["findings"], shipped).views()
    (note,) = next(view.blocks for view in views if view.title == "How it hangs together")
    story = ("Hours spent sitting per day: over 8", "tight hip flexors", "hip does not extend")
    story += ("pelvis tipped too far forward", "facet joints are compressed", "bone or joint (")
    assert isinstance(note, Note)
    places = [note.text.index(step) for step in story]
    assert places == sorted(places)


@pytest.mark.parametrize("runner", ["too_much_too_fast", "hot_race", "stiff_upper_back"])
def test_an_action_fits_what_was_told_or_is_suspected(runner: str, shipped: bb.Network) -> None:
    fitting = {
        "too_much_too_fast": "graded run-walk",
        "hot_race": "Water and some salt",
        "stiff_upper_back": "Loosen the upper back",
    }
    text = " ".join(str(bb.diagnose(RUNNERS[runner]["findings"], shipped)).split())
    assert fitting[runner] in text[text.index("What to do") :]
