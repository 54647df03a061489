"""The widget in JupyterLab and Notebook 7, with no way to any other machine: clicks, keys, both
ways, saved, exported, reopened.
"""

from __future__ import annotations

import base64
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import backpain_bn as bb
from tests.browser.chromium import OVERLAPS, Watched, answered, missing
from tests.browser.jupyter import (
    does,
    environment,
    last_image,
    opened,
    ready,
    run_all,
    server,
    typed,
    write_notebook,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DIM = {"dim_lights": "yes", "no_start": "yes"}
START = f"""\
import time, json
begun = time.process_time()
import backpain_bn as bb
from backpain_bn import red_flags
from backpain_bn.explorer import widget
rules = red_flags.Rules(
    questions=(red_flags.RedFlagQuestion("flames", "Are there flames?", ()),),
    rules=(red_flags.Rule("fire", "Fire", "emergency", (("flames",),), "Get out.", "", ()),),
    withheld="Nothing is guessed while it burns.",
)
from dataclasses import replace
network = replace(bb.load("car"), red_flags=rules)
w = widget.explore(network, {DIM!r}, red_flags.check(network.red_flags, {{}}))
w"""
CELLS = (START, "print(time.process_time() - begun)", "1")


@pytest.fixture(scope="module", params=["lab", "notebook"])
def kind(request: pytest.FixtureRequest) -> str:
    for name in ("anywidget", "jupyterlab", "notebook", "nbconvert"):
        try:
            __import__(name)
        except ImportError:
            missing(name)
    return str(request.param)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, kind: str) -> Path:
    return tmp_path_factory.mktemp(kind)


@pytest.fixture(scope="module")
def address(folder: Path, kind: str) -> Iterator[str]:
    with server(folder, kind) as started:
        yield started


def visited(browser: Browser, address: str, kind: str, folder: Path, name: str) -> Watched:
    write_notebook(folder / name, CELLS)
    watched = Watched(browser.new_context(viewport={"width": 1600, "height": 1200}).new_page())
    opened(watched.page, address, kind, name)
    ready(watched.page)
    watched.errors.clear()  # what a notebook says before anything of ours has run
    run_all(watched.page, len(CELLS))
    answered(watched.page)
    return watched


def python_says(page: Any) -> Any:
    return json.loads(
        typed(page, 2, "print(json.dumps([w.case, w.red_flags, w.does, w.marginals, w.treats]))")
    )


def same(page: Any, case: dict[str, Any]) -> None:
    """The case and every posterior are the same in the page, in the kernel, and in this process."""
    told, _, does, marginals, _ = python_says(page)
    assert told == case
    expected = bb.posterior(bb.load("car").do(**does), case)
    np.testing.assert_allclose(
        [p for row in marginals.values() for p in row.values()], expected.row, rtol=0, atol=1e-12
    )
    found = page.evaluate("() => document.querySelector('.bp').explorer.marginals()")
    np.testing.assert_allclose(
        [p for row in found.values() for p in row], expected.row, rtol=0, atol=1e-12
    )


def press(page: Any, name: str, place: int) -> None:
    """Click a box and the state at this place on its card."""
    page.locator(f'.node[data-id="{name}"]').click()
    page.locator(".bp-state").nth(place).click()


def test_the_widget_lives(browser: Browser, address: str, kind: str, folder: Path) -> None:
    watched = visited(browser, address, kind, folder, "lives.ipynb")
    page, case = watched.page, dict(DIM)
    same(page, case)
    twin = page.locator("img[class^=bp-twin]")
    assert twin.count() == 1 and not twin.is_visible()
    assert page.evaluate(OVERLAPS) == []

    press(page, "weak_battery", 1)
    case["weak_battery"] = "yes"
    same(page, case)

    page.locator('.node[data-id="cold_night"]').focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    case["cold_night"] = "yes"
    same(page, case)
    page.locator('.node[data-id="cold_night"]').focus()
    page.keyboard.press("Control+z")
    del case["cold_night"]
    same(page, case)
    page.locator('.node[data-id="weak_battery"]').focus()
    page.keyboard.press("Delete")
    del case["weak_battery"]
    same(page, case)

    case = {"no_start": "yes", "weak_battery": {"no": 0.4, "yes": 0.8}}
    typed(page, 2, f"w.case = {case!r}")
    page.wait_for_function(
        "() => document.querySelector('.node[data-id=weak_battery]').classList.contains('unsure')"
    )
    same(page, case)
    page.get_by_role("button", name="Close").click()
    page.locator('.node[data-id="empty_tank"]').click()
    page.get_by_text("What if it were made so?").click()
    page.get_by_role("button", name="Set to yes").click()
    same(page, case)
    assert python_says(page)[2] == {"empty_tank": "yes"}
    page.get_by_role("button", name="Put right: no").click()
    said = python_says(page)
    assert said[2] == {} and said[4] == ["empty_tank"]
    typed(page, 2, "w.treats = ['cold_night']")
    page.wait_for_selector('.node.treated[data-id="cold_night"]')
    assert page.locator(".node.treated").count() == 1
    refused = typed(page, 2, "w.case = {'no_start': 'perhaps'}")
    assert 'unknown state of no_start "perhaps"' in refused

    typed(page, 2, "w.red_flags = {'flames': 'yes'}")
    page.wait_for_selector(".bp-urgent")
    assert "Nothing is guessed" in page.locator(".bp-alarm").inner_text()
    assert watched.asked == [] and watched.errors == []
    page.context.close()


def test_saved_exported_and_reopened_it_shows_its_last_state(
    browser: Browser, address: str, kind: str, folder: Path
) -> None:
    watched = visited(browser, address, kind, folder, "saved.ipynb")
    page = watched.page
    press(page, "weak_battery", 1)
    assert python_says(page)[0]["weak_battery"] == "yes"
    does(page, "docmanager:save")
    path, seen = folder / "saved.ipynb", ""
    for _ in range(50):
        seen = last_image(path)
        if "Told" in seen and "weak or flat battery: yes" in seen:
            break
        time.sleep(0.2)
    assert 'alt="' in seen and "weak or flat battery: yes" in seen
    (data,) = re.findall(r"base64,([A-Za-z0-9+/=]+)", seen)
    assert base64.b64decode(data).startswith(
        b"<svg"
    ) and b'class="node colour1 told" data-id="weak_battery"' in base64.b64decode(data)
    page.context.close()

    exported = folder / "saved.html"
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "nbconvert",
        "--to",
        "html",
        str(path),
        "--output",
        exported.name,
    ]
    subprocess.run(command, check=True, capture_output=True, env=environment(folder))
    plain = Watched(browser.new_context().new_page())
    plain.page.route(
        "**/*",
        lambda route: (
            route.continue_() if route.request.url.startswith(("file:", "data:")) else route.abort()
        ),
    )
    plain.page.goto(exported.as_uri())
    twin = plain.page.locator("img[alt*='weak or flat battery: yes']")
    assert twin.is_visible() and twin.evaluate("(img) => img.complete && img.naturalWidth > 1000")
    plain.page.context.close()

    (folder / "unknown.ipynb").write_text(path.read_text())
    again = Watched(browser.new_context().new_page())
    opened(again.page, address, kind, "unknown.ipynb")
    again.page.wait_for_selector("img[alt*='weak or flat battery: yes']", timeout=20_000)
    assert again.page.locator("img[alt*='weak or flat battery: yes']").is_visible()
    again.page.context.close()


def test_clicks_are_quick_and_the_first_picture_comes_soon(
    browser: Browser, address: str, kind: str, folder: Path
) -> None:
    watched = visited(browser, address, kind, folder, "quick.ipynb")
    page = watched.page
    imported = float(
        page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output").inner_text()
    )
    taken = page.evaluate("""async () => {
      const { explorer } = document.querySelector(".bp"), taken = [];
      for (const v of explorer.network.variables.slice(0, 15)) {
        const start = performance.now();
        explorer.tell(v, v.states.at(-1));
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
        taken.push(performance.now() - start);
        await new Promise((done) => setTimeout(done, 120));
      }
      return taken;
    }""")
    print(
        f"{kind}: click to redrawn {statistics.median(taken):.0f} ms, import to widget sent "
        f"{imported:.2f} s"
    )
    assert statistics.quantiles(taken)[0] < 250 and imported < 1.5
    page.context.close()


def test_the_frame_needs_no_kernel(browser: Browser) -> None:
    from backpain_bn.explorer import widget

    d = bb.diagnose(DIM, bb.load("car"))
    html = widget.explore(d.network, d.findings, d.red_flags, kernel=False)._repr_html_()
    watched = Watched(browser.new_context(viewport={"width": 1600, "height": 1200}).new_page())
    watched.page.set_content(html)
    inner = watched.page.frame_locator("iframe")
    inner.locator('.node[data-id="weak_battery"]').click()
    inner.locator(".bp-state").nth(1).click()
    assert inner.locator('.node[data-id="weak_battery"] .value').text_content() == "yes"
    assert watched.asked == [] and watched.errors == []
    watched.page.context.close()
