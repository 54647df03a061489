"""The standalone page, used as a person would: mouse, keyboard, search, red flags, print; and with
labels that mean harm.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backpain_bn.display.words import percent
from backpain_bn.explorer import page as pages
from backpain_bn.model.distributions import Row, Table, number, prior
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable
from backpain_bn.temporal.put_right import put_right
from tests.browser.chromium import Watched, answered
from tests.browser.networks import LABELS, burning_car, car, hostile, of_200
from tests.browser.pages import axe, clean, flag, node, same, tell, text_of

DIM = {"dim_lights": "yes", "no_start": "yes"}
STATE, FOCUSED = ".bp-state", "() => document.activeElement.dataset.id"


def test_a_card_sets_any_state_and_takes_it_back(watched: Watched) -> None:
    page, network = watched.show(text_of(DIM, car())), car()
    same(page, network, DIM)
    box = node(page, "battery_age")
    box.click()
    assert page.locator(".bp-card h2").inner_text() == "Age of the battery"
    states = page.locator(STATE)
    assert states.count() == 3
    for place in (2, 0):
        states.nth(place).click()
        answered(page)
        told = DIM | {"battery_age": network["battery_age"].states[place]}
        same(page, network, told)
        assert states.nth(place).get_attribute("aria-pressed") == "true"
        assert box.get_attribute("aria-pressed") == "true"
    states.nth(0).click()
    answered(page)
    same(page, network, DIM)
    page.get_by_role("button", name="Close").click()
    assert not page.locator(".bp-card").is_visible()
    page.get_by_role("button", name="Clear all").click()
    answered(page)
    same(page, network, {})
    clean(watched)


def test_undo_and_redo_lead_through_all_changes(watched: Watched) -> None:
    page, network = watched.show(text_of({}, burning_car())), burning_car()
    tell(page, "cold_night", 1)
    tell(page, "dim_lights", 0)
    page.locator("summary").first.click()
    flag(page, "burnt_smell", "yes").check()
    answered(page)
    steps: list[dict[str, str]] = [
        {"cold_night": "yes", "dim_lights": "no"},
        {"cold_night": "yes"},
        {},
    ]
    page.keyboard.press("Control+z")
    answered(page)
    assert not flag(page, "burnt_smell", "yes").is_checked()
    same(page, network, steps[0])
    for told in steps[1:]:
        page.get_by_role("button", name="Undo").click()
        answered(page)
        same(page, network, told)
    assert page.locator(".bp-undo").get_attribute("aria-disabled") == "true"
    for told in reversed(steps[:2]):
        page.keyboard.press("Control+Shift+z")
        answered(page)
        same(page, network, told)
    page.get_by_role("button", name="Redo").click()
    answered(page)
    assert flag(page, "burnt_smell", "yes").is_checked()


def test_a_slider_says_how_sure_one_is(watched: Watched) -> None:
    page, network = watched.show(text_of(DIM, car())), car()
    node(page, "weak_battery").click()
    page.get_by_text("Not sure?").click()
    page.locator(".bp-card input").first.fill("2.5")
    answered(page)
    same(page, network, DIM | {"weak_battery": {"no": 0.25, "yes": 1.0}})
    assert "unsure" in (node(page, "weak_battery").get_attribute("class") or "")
    page.locator(".bp-card input").first.fill("5")
    page.get_by_role("button", name="Undo").click()
    answered(page)
    same(page, network, DIM)


def test_what_is_set_looks_different_from_what_is_seen(watched: Watched) -> None:
    page, network = watched.show(text_of({"no_start": "yes"}, car())), car()
    node(page, "weak_battery").click()
    page.get_by_text("What if it were made so?").click()
    page.get_by_role("button", name="Set to no").click()
    answered(page)
    same(page, network.do(weak_battery="no"), {"no_start": "yes"})
    seen, done = (node(page, name).get_attribute("class") for name in ("no_start", "weak_battery"))
    assert "told" in (seen or "") and "done" in (done or "") and "told" not in (done or "")
    assert "set, Weak or flat battery: no" in page.locator(".bp-told").inner_text()
    page.locator(STATE).nth(1).click()
    answered(page)
    same(page, network, {"no_start": "yes", "weak_battery": "yes"})


def test_what_is_put_right_is_the_same_case_otherwise(watched: Watched) -> None:
    page, network = watched.show(text_of(DIM, car())), car()
    node(page, "weak_battery").focus()
    page.keyboard.press("Enter")
    page.get_by_text("What if it were made so?").focus()
    page.keyboard.press("Enter")
    cure = page.get_by_role("button", name="Put right: no")
    cure.focus()
    page.keyboard.press("Enter")
    answered(page)
    there = put_right(network, DIM, ["weak_battery"])
    shown = page.evaluate("() => [...explorer.seen.marginals]")
    np.testing.assert_allclose(shown, there.row, rtol=0, atol=1e-12)
    same(page, network, DIM)
    assert cure.get_attribute("aria-pressed") == "true"
    kinds = {name: node(page, name).get_attribute("class") for name in network}
    assert [name for name in kinds if "treated" in (kinds[name] or "")] == ["weak_battery"]
    assert "told" in (kinds["no_start"] or "")
    after = percent(there.present("no_start"))
    assert after in (node(page, "no_start").locator(".value").text_content() or "")
    assert f"{percent(1.0)} today, {after} without" in page.locator(".bp-answer").inner_text()
    assert "the tick is as it is today" in page.locator(".bp-twins").inner_text()
    page.get_by_role("button", name="Clear all").click()
    answered(page)
    assert page.locator(".treated, .told").count() == 0
    for _ in range(2):
        page.keyboard.press("Control+z")
        answered(page)
    same(page, network, DIM)
    assert page.evaluate("() => explorer.seen === explorer.now") and axe(page) == []
    assert page.locator(".treated").count() == 0


def test_the_first_step_stands_beside_what_was_told(watched: Watched) -> None:
    page = watched.show(text_of({"no_start": "yes"}, car()))
    offered = page.locator(".bp-more button")
    assert 0 < offered.count() <= 6 and "Age of the battery" in offered.all_inner_texts()
    page.locator(".bp-more select").select_option("cold_night")
    assert page.locator(".bp-card h2").inner_text() == "Freezing cold night"
    page.locator(STATE).nth(1).click()
    answered(page)
    page.wait_for_selector(".bp-graph.focused", timeout=5000)
    assert "Freezing cold night" in page.locator(".bp-way").inner_text()
    assert "Freezing cold night" not in page.locator(".bp-more").inner_text()
    page.wait_for_selector(".bp[data-ranged]", state="attached", timeout=30_000)
    whiskers = page.locator(".bp-meter u")
    assert whiskers.count() == page.locator(".bp-meter").count() > 3
    assert re.fullmatch(
        r"90 of 100 draws lie between .*\d\s% and \d+\s%",
        whiskers.first.get_attribute("title") or "",
    )
    clean(watched)


def test_pinching_zooms_about_the_fingers(browser: Any) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    page = Watched(context.new_page()).show(text_of(DIM, car()))
    page.locator(".bp-scroll").scroll_into_view_if_needed()
    box = page.locator(".bp-scroll").bounding_box()
    fingers, wide = (
        context.new_cdp_session(page),
        "() => explorer.svg.getBoundingClientRect().width",
    )
    before, y = page.evaluate(wide), box["y"] + 60

    def touch(kind: str, *places: float) -> None:
        points = [{"x": box["x"] + x, "y": y, "id": id} for id, x in enumerate(places)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 140, 200)
    for apart in (40, 60, 90):
        touch("touchMove", 170 - apart, 170 + apart)
    touch("touchEnd")
    assert page.evaluate(wide) == pytest.approx(2 * before, rel=0.02)
    assert page.evaluate("() => visualViewport.scale") == 1
    assert page.locator(".bp-map").is_visible()
    at = page.evaluate("() => document.querySelector('.bp-scroll').scrollLeft")
    assert at == pytest.approx(170, abs=25)
    touch("touchStart", 40, 300)
    touch("touchMove", 160, 180)
    touch("touchEnd")
    assert page.evaluate(wide) < before
    assert page.evaluate("() => document.querySelector('.bp-card').hidden")
    context.close()


def test_the_card_says_why(watched: Watched) -> None:
    page = watched.show(text_of(DIM, car()))
    node(page, "weak_battery").click()
    page.wait_for_selector(".bp-steps li")
    steps = page.locator(".bp-steps li").all_inner_texts()
    assert len(steps) == 2 and all(re.search(r"\+\d+\.\d", step) for step in steps)
    page.get_by_text("Links and their sources").click()
    page.locator(".bp-card li", has_text="Weak or flat battery → dim lights").wait_for()


def test_everything_goes_by_keyboard(watched: Watched) -> None:
    page, network = watched.show(text_of({}, car())), car()
    page.get_by_role("button", name="PNG").focus()
    page.keyboard.press("Tab")
    first = page.evaluate(FOCUSED)
    assert network[first].role == "condition"
    page.keyboard.press("ArrowDown")
    second = page.evaluate(FOCUSED)
    assert second != first and network[second].role == "condition"
    page.keyboard.press("ArrowRight")
    assert network[page.evaluate(FOCUSED)].role == "part"
    page.keyboard.press("ArrowLeft")
    name = page.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.className") == "bp-state"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    answered(page)
    told = {name: network[name].states[1]}
    same(page, network, told)
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == name and not page.locator(".bp-card").is_visible()
    page.keyboard.press("Delete")
    answered(page)
    same(page, network, {})
    page.keyboard.press("Control+z")
    answered(page)
    same(page, network, told)
    assert page.locator(".node[tabindex='0']").count() == 1
    assert page.locator(".bp-way").inner_text() != ""


def test_screen_readers_get_roles_and_names(watched: Watched) -> None:
    unsure = DIM | {"weak_battery": {"yes": 0.8, "no": 0.4}}
    page, network = watched.show(text_of(unsure, car())), car()
    assert page.locator(".node[role=button]").count() == len(network)
    names = page.locator(".node").evaluate_all(
        "(nodes) => nodes.map((node) => node.getAttribute('aria-label'))"
    )
    assert "Dim lights: yes, as you told" in names
    assert any(
        re.fullmatch(r"Weak or flat battery: uncertain \(yes 0.8, no 0.4\), \d+\s%", name)
        for name in names
    )
    assert page.locator(".bp-graph").get_attribute("role") == "group"
    assert page.locator("[role=status]").count() == 2
    assert "Most likely: " in (page.locator(".bp-status").text_content() or "")
    for button in page.get_by_role("button").all():
        assert button.get_attribute("aria-label") or button.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(watched: Watched, scheme: Any) -> None:
    watched.page.emulate_media(color_scheme=scheme)
    page = watched.show(text_of(DIM, burning_car(), {"burnt_smell": "yes"}))
    page.locator("summary").first.click()
    assert axe(page) == []
    node(page, "weak_battery").click()
    page.wait_for_selector(".bp-steps li")
    for fold in ("Not sure?", "What if it were made so?", "Links and their sources"):
        page.get_by_text(fold).click()
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 900})
    assert axe(page) == []


def test_pointing_lights_the_whole_path(watched: Watched) -> None:
    page = watched.show(text_of(DIM, car()))
    page.evaluate("() => { explorer.calm = 0; }")
    line = page.locator(".bp-causes li").filter(has_text="Lights left on overnight")
    line.hover()
    page.wait_for_selector(".bp-graph.focused")
    near = page.locator(".node.near").evaluate_all("(nodes) => nodes.map((n) => n.dataset.id)")
    assert set(near) == {"lights_left_on", "weak_battery", "no_crank", "no_start"}
    said = [one for one in page.locator(".strengths .near").all_text_contents() if one]
    assert len(said) == 3 and all(re.fullmatch(r"[<>]?\d+\s%", one) for one in said)
    way = page.locator(".bp-way").inner_text()
    assert way.count("→") == 3 and way.count(car().vocabulary.grades["expert"]) == 3
    page.mouse.move(5, 5)
    page.wait_for_selector(".bp-graph:not(.focused)")
    node(page, "cold_night").hover()
    page.wait_for_selector(".bp-graph.focused")
    assert "Freezing cold night" in page.locator(".bp-way").inner_text()


def test_nothing_fades_right_after_a_change(watched: Watched) -> None:
    page = watched.show(text_of({"no_start": "yes"}, car()))
    tell(page, "dim_lights", 1)
    node(page, "weak_battery").hover()
    page.wait_for_timeout(800)
    assert page.locator(".bp-graph.focused").count() == 0
    page.wait_for_selector(".bp-graph.focused", timeout=4000)


def test_what_moved_says_by_how_much(watched: Watched) -> None:
    page = watched.show(text_of({"no_start": "yes"}, car()))
    before = node(page, "weak_battery").locator(".value").text_content() or ""
    tell(page, "dim_lights", 1)
    after = node(page, "weak_battery").locator(".value").text_content() or ""
    points = [int(re.findall(r"\d+", text)[0]) for text in (before, after)]
    assert points[1] - points[0] > 20
    moved = node(page, "weak_battery").locator(".moved").text_content()
    assert moved == f"+{points[1] - points[0]}"
    largest = page.locator(".bp-moved li")
    assert largest.count() == 5
    assert f"{before.strip()} → {after.strip()}" in (page.locator(".bp-moved").text_content() or "")
    largest.first.get_by_role("button").click()
    assert page.evaluate(FOCUSED) is not None


def test_search_finds_and_shows_what_is_hidden(watched: Watched) -> None:
    page = watched.show(text_of({}, car()))
    find = page.locator(".bp-find")
    find.fill("immobil")
    assert page.locator(".node:not(.miss)").count() == 1
    find.press("Enter")
    assert page.evaluate(FOCUSED) == "key_not_recognised"
    find.fill("battery")
    assert page.locator(".miss").count() > 5
    find.press("Escape")
    assert find.input_value() == "" and page.locator(".miss").count() == 0
    network = of_200()
    page = watched.show(text_of({}, network))
    shown = page.locator(".node").evaluate_all("(nodes) => nodes.map((n) => n.dataset.id)")
    hidden = next(name for name in network if name not in shown)
    find.fill(network[hidden].label)
    find.press("Enter")
    assert node(page, page.evaluate(FOCUSED)).is_visible()
    assert page.locator(".node").count() > len(shown)


def test_columns_open_and_hide_and_paths_are_bridged(watched: Watched) -> None:
    page = watched.show(text_of(DIM, car()))
    parts = page.get_by_role("button", name="Parts: all shown")
    parts.click()
    assert node(page, "weak_battery").count() == 0
    assert page.locator(".link.bridged").count() > 0
    button = page.locator('.bp-roles [data-key="part"]')
    assert button.inner_text() == "Parts +8"
    button.click()
    assert node(page, "weak_battery").count() == 1 and page.locator(".link.bridged").count() == 0


def test_two_boxes_picked_with_shift_show_the_paths_between_them(watched: Watched) -> None:
    page = watched.show(text_of({}, car()))
    node(page, "cold_night").click(modifiers=["Shift"])
    node(page, "clicking").click(modifiers=["Shift"])
    assert "strongest paths between freezing cold night" in page.locator(".bp-note").inner_text()
    assert "Freezing cold night" in page.locator(".bp-way").inner_text()
    near = page.locator(".node.near").evaluate_all("(nodes) => nodes.map((n) => n.dataset.id)")
    assert set(near) == {"cold_night", "weak_battery", "clicking"}
    page.keyboard.press("Escape")
    answered(page)
    assert page.locator(".bp-note").inner_text() == ""


def test_an_urgent_red_flag_silences_every_number(watched: Watched) -> None:
    page = watched.show(text_of(DIM, burning_car()))
    page.evaluate("() => { explorer.calm = 0; }")
    page.locator("summary").first.click()
    flag(page, "flames", "yes").check()
    answered(page)
    page.evaluate("() => { explorer.calm = 0; }")
    alarm = page.get_by_role("alert").inner_text()
    assert alarm.startswith("EMERGENCY, to be checked: Fire") and "Nothing is guessed" in alarm
    assert page.locator(".bp-answer li").count() == len(DIM)
    assert (
        node(page, "weak_battery").get_attribute("aria-label") == "Weak or flat battery: withheld"
    )
    node(page, "weak_battery").hover()
    page.wait_for_selector(".bp-graph.focused")
    node(page, "weak_battery").click()
    page.get_by_text("Links and their sources").click()
    page.get_by_text("Not sure?").click()
    assert "%" not in page.locator(".bp").inner_text()
    assert "%" not in (page.locator(".bp-graph").text_content() or "").split("}")[-1]
    hidden = page.locator(".node:not(.told)").locator(".bar, .bar2, .ghost")
    assert set(hidden.evaluate_all("(bars) => bars.map((bar) => bar.style.width)")) == {"0px"}
    widths = page.locator(".links .link").evaluate_all(
        "(links) => links.map((link) => link.getAttribute('stroke-width'))"
    )
    assert set(widths) == {"0.8"}
    flag(page, "flames", "no").check()
    answered(page)
    assert not page.get_by_role("alert").is_visible() and page.locator(".bp-causes li").count() > 2


def test_what_follows_from_a_number_counts_as_an_answer(watched: Watched) -> None:
    page = watched.show(text_of(DIM, burning_car()))
    told = "(follows) => explorer.set({}, {}, 'car', {}, [], follows)"
    page.evaluate(told, {"flames": "yes"})
    answered(page)
    assert page.get_by_role("alert").inner_text().startswith("EMERGENCY, to be checked: Fire")
    assert flag(page, "flames", "yes").is_checked() and "%" not in page.locator(".bp").inner_text()
    page.evaluate(told, {})
    answered(page)
    assert not page.get_by_role("alert").is_visible() and page.locator(".bp-causes li").count() > 2
    clean(watched)


def test_flags_that_python_was_told_stand_there(watched: Watched) -> None:
    page = watched.show(text_of(DIM, burning_car(), {"flames": "yes"}))
    assert page.get_by_role("alert").is_visible()
    page.locator("summary").first.click()
    assert flag(page, "flames", "yes").is_checked()
    assert "1 not asked, so not cleared" in page.locator("summary").first.inner_text()


def test_what_cannot_be_is_explained(watched: Watched) -> None:
    never = Table(
        ("a",),
        (Row(("no",), (number(1.0), number(0.0))), Row(("yes",), (number(0.5), number(0.5)))),
    )
    yes_no = ("no", "yes")
    network = Network(
        "n",
        {
            "a": Variable("a", yes_no, prior(0.7, 0.3), "Cause"),
            "b": Variable("b", yes_no, never, "Effect"),
        },
        outcome="b",
    )
    page = watched.show(text_of({"a": "no"}, network))
    tell(page, "b", 1)
    said = "This cannot be, and was not taken: Cause: no; Effect: yes."
    assert page.locator(".bp-note").inner_text() == said
    same(page, network, {"a": "no"})
    page.locator(STATE).nth(0).click()
    answered(page)
    same(page, network, {"a": "no", "b": "no"})


def test_labels_that_mean_harm_do_none(watched: Watched) -> None:
    dialogs: list[str] = []
    watched.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    network = hostile()
    told = {"a": network["a"].states[1]}
    page = watched.show(text_of(told, network))
    names = page.locator(".node").evaluate_all(
        "(nodes) => nodes.map((node) => node.getAttribute('aria-label'))"
    )
    assert {name.split(": ")[0] for name in names} >= {LABELS[0], LABELS[3]}
    for name in network.variables:
        if name != "a":
            page.evaluate("(id) => explorer.tell(explorer.network.byId.get(id), 'yes')", name)
            told[name] = "yes"
            answered(page)
            same(page, network, told)
    page.locator(".node").first.click()
    page.get_by_text("Links and their sources").click()
    assert (
        dialogs == [] and page.locator("img, .bp-graph b, .bp i:not([style],[class])").count() == 0
    )
    clean(watched)


def test_the_picture_shows_without_scripts(browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(text_of(DIM, car()))
    assert page.locator(".node").count() == len(car())
    assert page.locator(".node.told").count() == 2
    context.close()


def test_the_picture_is_saved_as_svg_and_png(watched: Watched, tmp_path: Path) -> None:
    page = watched.show(text_of(DIM, car()))
    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as saved:
            page.get_by_role("button", name=kind).click()
        path = tmp_path / saved.value.suggested_filename
        saved.value.save_as(path)
        assert path.name == f"car.{kind.lower()}" and path.read_bytes().startswith(start)
    context = watched.page.context
    shown = context.new_page()
    shown.goto((tmp_path / "car.svg").as_uri())
    wide = shown.locator(".node .box").first.evaluate("(box) => box.getBoundingClientRect().width")
    assert wide > 100 and shown.locator(".node").count() == len(car())


def test_larger_and_smaller_never_below_11_pixels(watched: Watched) -> None:
    page = watched.show(text_of(DIM, car()))
    smallest = """() => {
      const svg = document.querySelector(".bp-graph");
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      return scale * Math.min(...[...svg.querySelectorAll("text")].map((text) => parseFloat(getComputedStyle(text).fontSize)));
    }"""
    for _ in range(6):
        page.get_by_role("button", name="Smaller").click()
    assert 10.5 < page.evaluate(smallest) < 11.2
    for _ in range(9):
        page.get_by_role("button", name="Larger").click()
    assert page.evaluate(smallest) == pytest.approx(24, abs=1)
    assert page.locator(".bp-map").is_visible()


def test_print_fills_one_page(watched: Watched) -> None:
    for flags in ({}, {"flames": "yes"}):
        page = watched.show(text_of(DIM, burning_car(), flags))
        data = page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b", data)) == 1


def test_the_case_lives_in_the_address_and_in_a_saved_copy(
    watched: Watched, tmp_path: Path
) -> None:
    page, network = watched.page, car()
    file = tmp_path / "page.html"
    file.write_text(text_of(DIM, network), encoding="utf-8")
    page.goto(file.as_uri())
    answered(page)
    tell(page, "weak_battery", 1)
    page.reload()
    answered(page)
    told = DIM | {"weak_battery": "yes"}
    same(page, network, told)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save a copy").click()
    copy = tmp_path / "copy.html"
    saved.value.save_as(copy)
    assert saved.value.suggested_filename == "car.html"
    page.goto(copy.as_uri())
    answered(page)
    same(page, network, told)
    assert page.locator(".bp-roles button").count() == len(network.vocabulary.roles)
    page.goto(f"{copy.as_uri()}#empty_tank=yes&do.weak_battery=no&treat.cold_night=no")
    page.reload()
    answered(page)
    same(page, network.do(weak_battery="no"), {"empty_tank": "yes"})
    assert "treated" in (node(page, "cold_night").get_attribute("class") or "")
    assert pages.PRIVATE in page.locator("footer").inner_text() and watched.errors == []
