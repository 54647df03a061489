"""The page of the backs in real browsers: a clicked habit lights its path to the pain, in both
voices, at every width, quickly.
"""

from __future__ import annotations

import re
import statistics
from pathlib import Path
from typing import Any

import pytest

import backpain_bn as bb
from tests.browser.chromium import OVERLAPS, Watched, answered
from tests.browser.firefox import Firefox
from tests.browser.pages import axe, flag, node, same, tell, text_of

DESK = {"sitting_hours": "over_8", "running_back_pain": "yes", "pain_during_run": "yes"}
WIDTHS = (390, 860, 1024, 1280, 1440)


def test_a_clicked_habit_shows_its_path_to_the_pain(watched: Watched) -> None:
    page = watched.show(text_of({"running_back_pain": "yes"}, bb.load()))
    page.locator('.bp-roles [data-key="risk_factor"]').click()
    tell(page, "sitting_hours", 2)
    same(page, bb.load(), {"running_back_pain": "yes", "sitting_hours": "over_8"})
    moved = page.locator(".bp-moved li").first.text_content() or ""
    assert re.match(r"Tight hip flexors 38\s% → 4\d\s%", moved)
    page.keyboard.press("Escape")
    page.locator('.bp-roles [data-key="risk_factor"]').click()
    page.locator('.bp-roles [data-key="risk_factor"]').click()
    page.evaluate("() => { explorer.calm = 0; }")
    page.mouse.move(2, 2)
    page.locator(".bp-causes li").filter(has_text="Tight hip flexors").hover()
    page.wait_for_selector(".bp-graph.focused")
    way = page.locator(".bp-way").inner_text()
    assert way.startswith("Hours spent sitting per day (over 8) → ") and way.count("→") > 4
    assert "SIT-HF-01" in way and bb.load().vocabulary.grades["supported"] in way
    assert page.locator(".node").count() <= 24
    clinics = page.locator(".bp-causes small").all_inner_texts()
    assert any(re.fullmatch(r"clinics: \d+\s%", text) for text in clinics)
    assert watched.errors == [] and watched.asked == []


def test_the_answer_is_pythons(watched: Watched) -> None:
    page = watched.show(text_of(DESK, bb.load()))
    d = bb.diagnose(DESK)
    shown = page.locator(".bp-causes").inner_text().replace("\n", " ")
    for row in d.contributors().top():  # type: ignore[union-attr]
        assert row.label in shown
    page.locator(".bp-causes summary").first.click()
    first = page.locator(".bp-causes details[open]").inner_text()
    assert "Evidence (weakest link): " in first
    assert "do not stop running" in page.locator(".bp-rest").inner_text()
    assert "SIT-HF-01: " in (page.locator(".bp-sources").text_content() or "")
    assert "no medical diagnosis" in page.locator("footer").inner_text()


def test_synonyms_are_found(watched: Watched) -> None:
    page = watched.show(text_of({}, bb.load()))
    for word in ("iliopsoas", "hip drop", "trendelenburg", "desk", "sciatica", "piriformis"):
        page.locator(".bp-find").fill(word)
        assert "Nothing" not in page.locator(".bp-note").inner_text(), word


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_lies_on_anything_and_axe_is_content(watched: Watched, scheme: Any) -> None:
    watched.page.emulate_media(color_scheme=scheme)
    page = watched.show(text_of(DESK | {"age": "40_to_54", "footwear": "unsupportive"}, bb.load()))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("() => explorer.room() === explorer.laid")
        assert page.evaluate(OVERLAPS) == []
        assert width < 600 or page.evaluate("() => explorer.picture.plan.width <= explorer.laid")
    for button in page.locator(".bp-roles button").all():
        button.click()
    assert page.locator(".node").count() > 60 and page.evaluate(OVERLAPS) == []
    assert axe(page) == []


def test_firefox_lays_nothing_on_anything(fox: Firefox) -> None:
    fox.resize(1440, 900)
    fox.show(text_of(DESK, bb.load()))
    for width in WIDTHS:
        fox.resize(width, 900)
        fox.until("return explorer.room() === explorer.laid")
        assert fox.run(f"return ({OVERLAPS})()") == []


def test_an_urgent_red_flag_silences_both_voices(watched: Watched) -> None:
    page = watched.show(text_of(DESK, bb.load()))
    page.locator("summary").first.click()
    flag(page, "saddle_numbness", "yes").check()
    answered(page)
    assert page.get_by_role("alert").is_visible()
    assert "%" not in page.locator(".bp-main").inner_text()
    node(page, "running_back_pain").click()
    assert "%" not in page.locator(".bp-main").inner_text()


def test_voices_live_in_the_address_and_in_a_saved_copy(
    watched: Watched,
    tmp_path: Path,
) -> None:
    page = watched.page
    file = tmp_path / "page.html"
    file.write_text(text_of(DESK, bb.load()), encoding="utf-8")
    page.goto(file.as_uri())
    answered(page)
    page.locator(".bp-voice").select_option("as_claimed")
    answered(page)
    same(page, bb.load("as_claimed"), DESK)
    page.reload()
    answered(page)
    same(page, bb.load("as_claimed"), DESK)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save a copy").click()
    copy = tmp_path / "copy.html"
    saved.value.save_as(copy)
    page.goto(copy.as_uri())
    answered(page)
    same(page, bb.load("as_claimed"), DESK)
    page.goto(f"{copy.as_uri()}#sex=male")
    page.reload()
    answered(page)
    same(page, bb.load(), {"sex": "male"})


def test_print_fills_one_page(watched: Watched) -> None:
    network = bb.load()
    many = {name: network[name].states[-1] for name in list(network)[::5]} | {
        "running_back_pain": "yes",
        "persistent_pain": "yes",
    }
    urgent = {"fever": "yes", "saddle_numbness": "yes", "over_60": "yes"}
    for case, flags in ((DESK, {}), (many, {}), (DESK, urgent)):
        page = watched.show(text_of(case, network, flags))
        data = page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b", data)) == 1


CLICKS = """async () => {
  const { network } = explorer, taken = { drawn: [], ranked: [], longest: [] };
  const told = network.variables.filter((v) => explorer.finding(v) === undefined).slice(0, 20);
  for (const v of told) {
    explorer.work.longest = 0;
    const start = performance.now();
    explorer.tell(v, v.states.at(-1));
    explorer.svg.getBoundingClientRect();
    taken.drawn.push(performance.now() - start);
    await new Promise((done) => {
      const wait = () => (explorer.root.dataset.answered ? done() : setTimeout(wait, 4));
      wait();
    });
    taken.ranked.push(performance.now() - start);
    taken.longest.push(explorer.work.longest);
    explorer.tell(v);
    await new Promise((done) => setTimeout(done, 500));
  }
  return taken;
}"""
"""From a click until boxes and links are drawn, until the causes are ranked and said, and the
longest time in which a click would have waited.
"""


def test_a_click_is_drawn_at_once_and_answered_soon(watched: Watched) -> None:
    page = watched.show(text_of(DESK, bb.load()))
    times = page.evaluate(CLICKS)
    drawn, ranked, longest = (statistics.median(times[key]) for key in times)
    print(
        f"click to boxes {drawn:.1f} ms, to contributors {ranked:.0f} ms, "
        f"longest wait {longest:.1f} ms (medians)"
    )
    assert min(times["drawn"]) < 40 and min(times["longest"]) < 80
    assert min(times["ranked"]) < 400, "a busy machine takes several times as long as a free one"
