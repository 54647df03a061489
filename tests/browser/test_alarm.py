"""While an urgent red flag is set, neither the page nor a copy of it says a figure or a path; where
no script runs, it says what to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.chromium import Watched, answered
from tests.browser.networks import burning_car, of_200
from tests.browser.pages import clean, flag, node, same, tell, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DIM = {"dim_lights": "yes", "no_start": "yes"}
BARS = "(bars) => bars.map((bar) => bar.getAttribute('width'))"


def saved(page: Page, path: Path) -> str:
    """Press Save, and return the address of the copy."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Save a copy").click()
    download.value.save_as(path)
    return path.as_uri()


def answer_flames(page: Page, answer: str) -> None:
    page.evaluate("() => { document.querySelector('.bp-flags').open = true; }")
    flag(page, "flames", answer).check()
    answered(page)


def without_scripts(browser: Browser, address: str) -> Page:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address)
    return page


def test_a_copy_shows_its_own_case_where_no_script_runs(
    browser: Browser, watched: Watched, tmp_path: Path
) -> None:
    first = tmp_path / "page.html"
    first.write_text(text_of(DIM, burning_car()), encoding="utf-8")
    watched.page.goto(first.as_uri())
    answered(watched.page)
    tell(watched.page, "weak_battery", 1)
    answer_flames(watched.page, "yes")
    urgent = saved(watched.page, tmp_path / "urgent.html")

    page = without_scripts(browser, urgent)
    alarm = page.locator(".bp-alarm")
    assert alarm.inner_text().startswith("EMERGENCY, to be checked: Fire. Because of: flames.")
    assert "Get out and stand away." in alarm.inner_text()
    assert "%" not in page.locator(".bp").inner_text()
    assert page.locator(".node.told").count() == 3
    assert set(page.locator(".node:not(.told) .bar").evaluate_all(BARS)) == {"0"}
    assert "%" not in "".join(page.locator(".bp-graph g").all_text_contents())
    assert page.locator(".bp").get_attribute("data-paths") == "[]"
    page.context.close()

    watched.page.goto(urgent)
    answered(watched.page)
    told = DIM | {"weak_battery": "yes"}
    same(watched.page, burning_car(), told)
    groups = "() => explorer.svg.children.length"
    drawn = watched.page.evaluate(groups)
    answer_flames(watched.page, "no")
    calm = saved(watched.page, tmp_path / "calm.html")
    page = without_scripts(browser, calm)
    assert not page.locator(".bp-alarm").is_visible() and page.locator(".node.told").count() == 3
    assert "%" in "".join(page.locator(".bp-graph .value").all_text_contents())
    assert page.locator(".bp").get_attribute("data-paths") != "[]"
    page.context.close()
    watched.page.goto(calm)
    answered(watched.page)
    same(watched.page, burning_car(), told)
    assert watched.page.evaluate(groups) == drawn and watched.errors == []


def test_a_page_that_begins_urgent_says_what_to_do_before_its_scripts(
    browser: Browser, watched: Watched, tmp_path: Path
) -> None:
    first = tmp_path / "page.html"
    first.write_text(text_of(DIM, burning_car(), {"flames": "yes"}), encoding="utf-8")
    page = without_scripts(browser, first.as_uri())
    said = page.get_by_role("alert").inner_text()
    assert said.startswith("EMERGENCY") and "%" not in page.locator(".bp").inner_text()
    page.context.close()
    shown = watched.show(first.read_text(encoding="utf-8"))
    assert shown.get_by_role("alert").inner_text() == said
    answer_flames(shown, "no")
    assert not shown.get_by_role("alert").is_visible() and shown.locator(".bp-causes").count() == 1


def test_no_path_between_two_boxes_is_told_under_an_urgent_flag(watched: Watched) -> None:
    page = watched.show(text_of({}, burning_car()))
    ends = ("cold_night", "clicking")
    for name in ends:
        node(page, name).click(modifiers=["Shift"])
    assert "Freezing cold night" in page.locator(".bp-way").inner_text()
    answer_flames(page, "yes")
    silent = (
        "() => document.querySelector('.bp-way').textContent === '' && "
        "document.querySelector('.bp-note').textContent === '' && "
        "!document.querySelector('.bp-graph.focused, .node.near')"
    )
    assert page.evaluate(silent) and page.evaluate("() => explorer.spot === undefined")
    for first, second in (ends, ("cold_night", "empty_tank")):
        for name in (first, second):
            page.evaluate(
                "(id) => { const v = explorer.network.byId.get(id);"
                " explorer.press(v, explorer.picture.nodes.get(v).box, { shiftKey: true }); }",
                name,
            )
        assert page.evaluate(silent)
    answer_flames(page, "no")
    for name in ("cold_night", "empty_tank"):
        node(page, name).click(modifiers=["Shift"])
    assert page.locator(".bp-note").inner_text().startswith("No path leads from")
    clean(watched)


def test_a_finding_that_says_yes_counts_over_a_number_that_says_no(watched: Watched) -> None:
    page = watched.show(text_of({}, burning_car()))
    page.evaluate("() => { explorer.model.questions[0][2] = 'dim_lights=yes'; }")
    for follows in ({"flames": "no"}, {"flames": "yes"}, {}):
        page.evaluate(
            "(more) => explorer.set({ dim_lights: 'yes' }, {}, 'car', {}, [], more)", follows
        )
        answered(page)
        assert page.get_by_role("alert").inner_text().startswith("EMERGENCY")
    page.evaluate("() => explorer.set({}, {}, 'car', {}, [], { flames: 'no' })")
    answered(page)
    assert not page.get_by_role("alert").is_visible()


def test_nothing_is_suggested_before_it_is_ranked(watched: Watched) -> None:
    network = of_200()
    told = {network.outcome: "yes"}
    page = watched.show(text_of(told, network))
    ranked = page.locator(".node").count()
    assert ranked > 5
    boxes = (
        "() => { explorer.paths = []; explorer.update();"
        " return [...explorer.picture.nodes.keys()].map((v) => v.id); }"
    )
    assert page.evaluate(boxes) == [network.outcome]
    answered(page)
    assert page.locator(".node").count() == ranked
