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
from tests.browser.chromium import Watched, answered, missing
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

DESK = {"sitting_hours": "over_8", "running_back_pain": "yes"}
START = f"""\
import time, json
begun = time.perf_counter()
import backpain_bn as bb
from backpain_bn import red_flags
from backpain_bn.explorer import widget
w = widget.explore(bb.load(), {DESK!r}, red_flags.check(bb.load().red_flags, {{}}))
w"""
CELLS = (START, "print(time.perf_counter() - begun)", "1")


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
        typed(page, 2, "print(json.dumps([w.case, w.red_flags, w.voice, w.marginals]))")
    )


def same(page: Any, shipped: bb.Network, case: dict[str, Any]) -> None:
    """The case and every posterior are the same in the page, in the kernel, and in this process."""
    told, _, voice, marginals = python_says(page)
    assert told == case
    network = shipped if voice == shipped.name else bb.load(voice)
    expected = bb.posterior(network, case)
    np.testing.assert_allclose(
        [p for row in marginals.values() for p in row.values()], expected.row, rtol=0, atol=1e-12
    )
    found = page.evaluate("() => document.querySelector('.bp').explorer.marginals()")
    np.testing.assert_allclose(
        [p for row in found.values() for p in row], expected.row, rtol=0, atol=1e-12
    )


def test_the_widget_lives(
    browser: Browser, address: str, kind: str, folder: Path, shipped: bb.Network
) -> None:
    watched = visited(browser, address, kind, folder, "lives.ipynb")
    page, case = watched.page, dict(DESK)
    same(page, shipped, case)
    assert (
        page.locator("img[class^=bp-twin]").count() == 1
        and not page.locator("img[class^=bp-twin]").is_visible()
    )

    page.locator('.node[data-id="tight_hip_flexors"]').click()
    case["tight_hip_flexors"] = "yes"
    same(page, shipped, case)

    page.locator('.node[data-id="tight_hip_flexors"]').focus()
    page.keyboard.press("ArrowDown")
    name = page.evaluate("() => document.activeElement.dataset.id")
    page.keyboard.press("Enter")
    case[name] = shipped[name].states[-1]
    same(page, shipped, case)
    page.locator(f'.node[data-id="{name}"]').focus()
    page.keyboard.press("Delete")
    del case[name]
    same(page, shipped, case)

    case = {"running_back_pain": "yes", "weak_core": {"no": 0.4, "yes": 0.8}}
    typed(page, 2, f"w.case = {case!r}; w.voice = 'as_claimed'")
    page.wait_for_function(
        "() => document.querySelector('.node[data-id=weak_core]').classList.contains('unsure')"
    )
    same(page, shipped, case)
    refused = typed(page, 2, "w.case = {'running_back_pain': 'perhaps'}")
    assert 'unknown state of running_back_pain "perhaps"' in refused

    typed(page, 2, "w.red_flags = {'fever': 'yes'}")
    page.wait_for_selector(".bp-urgent")
    assert "No causes are ranked" in page.locator(".bp-alarm").inner_text()
    assert watched.asked == [] and watched.errors == []
    page.context.close()


def test_saved_exported_and_reopened_it_shows_its_last_state(
    browser: Browser, address: str, kind: str, folder: Path
) -> None:
    watched = visited(browser, address, kind, folder, "saved.ipynb")
    page = watched.page
    page.locator('.node[data-id="weak_core"]').click()
    assert python_says(page)[0]["weak_core"] == "yes"
    does(page, "docmanager:save")
    path, seen = folder / "saved.ipynb", ""
    for _ in range(50):
        seen = last_image(path)
        if "Told" in seen and "weak core: yes" in seen:
            break
        time.sleep(0.2)
    assert 'alt="' in seen and "weak core: yes" in seen
    (data,) = re.findall(r"base64,([A-Za-z0-9+/=]+)", seen)
    assert base64.b64decode(data).startswith(
        b"<svg"
    ) and b'class="node colour1 told" data-id="weak_core"' in base64.b64decode(data)
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
    twin = plain.page.locator("img[alt*='weak core: yes']")
    assert twin.is_visible() and twin.evaluate("(img) => img.complete && img.naturalWidth > 1000")
    plain.page.context.close()

    (folder / "unknown.ipynb").write_text(path.read_text())
    again = Watched(browser.new_context().new_page())
    opened(again.page, address, kind, "unknown.ipynb")
    again.page.wait_for_selector("img[alt*='weak core: yes']", timeout=20_000)
    assert again.page.locator("img[alt*='weak core: yes']").is_visible()
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
      const nodes = [...document.querySelectorAll(".bp .node")], taken = [];
      const boxes = nodes.filter((node) => node.style.display !== "none").slice(0, 20);
      for (const box of boxes) {
        const start = performance.now();
        box.dispatchEvent(new MouseEvent("click", { bubbles: true }));
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
    frame = bb.diagnose(DESK)
    from backpain_bn.explorer import widget

    html = widget.explore(
        frame.network, frame.findings, frame.red_flags, kernel=False
    )._repr_html_()
    watched = Watched(browser.new_context(viewport={"width": 1600, "height": 1200}).new_page())
    watched.page.set_content(html)
    inner = watched.page.frame_locator("iframe")
    inner.locator('.node[data-id="weak_core"]').click()
    assert inner.locator('.node[data-id="weak_core"] .value').text_content() == "yes"
    assert watched.asked == [] and watched.errors == []
    watched.page.context.close()
