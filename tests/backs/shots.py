"""Pictures to look at, and those that the README shows: `python -m tests.backs.shots FOLDER`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import backpain_bn as bb
from backpain_bn.model.network import Network
from tests.browser.chromium import Watched, answered, chromium, lacking
from tests.browser.firefox import DARK, LIGHT, firefox, path_of_firefox
from tests.browser.jupyter import opened, ready, run_all, server, typed, write_notebook
from tests.browser.networks import car, hostile, of_200, public
from tests.browser.pages import node, tell, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = (390, 1024, 1280, 1440)
SCHEMES = {"light": LIGHT, "dark": DARK}
NETWORKS: dict[str, Callable[[], Network]] = {
    "shipped": bb.load,
    "car": car,
    "asia": lambda: public("asia"),
    "alarm": lambda: public("alarm"),
    "hostile": hostile,
    "of_200": of_200,
}
CELL = """\
import backpain_bn as bb
w = bb.diagnose({told!r}).explore()
w"""
HIGH = 2600
"""A notebook's window is as high as its widget, for a picture of a page shows no more."""


def told(network: Network) -> dict[str, Any]:
    """The outcome and what one says first of it; nothing where there is no outcome."""
    outcome = network.outcome
    if not outcome:
        return {}
    first = next(name for name in network.order if name in network.ancestors(outcome))
    usual = "sitting_hours" if "sitting_hours" in network else first
    return {name: network.states[name][-1] for name in (usual, outcome)}


def shown(
    browser: Browser, html: str, width: int, scheme: Any = "light", height: int = 900
) -> Page:
    """Return a browser page that shows an explorer, at rest, its ranges drawn."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = Watched(context.new_page()).show(html)
    if page.locator(".bp-causes").count():
        page.wait_for_selector(".bp[data-ranged]", state="attached", timeout=60_000)
    return page


def chromium_shots(browser: Browser, folder: Path) -> Iterator[str]:
    """Each network at each width in each theme."""
    for name, make in NETWORKS.items():
        network = make()
        text = text_of(told(network), network)
        for scheme in SCHEMES:
            page = shown(browser, text, WIDTHS[0], scheme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_function("() => explorer.room() === explorer.laid")
                page.screenshot(path=folder / f"{name}_{width}_{scheme}.png", full_page=True)
                yield f"{name}_{width}_{scheme}"
            page.context.close()


def firefox_shots(folder: Path) -> Iterator[str]:
    """The same in Firefox."""
    with firefox() as window:
        for name, make in NETWORKS.items():
            network = make()
            window.resize(1440, 900)
            window.show(text_of(told(network), network))
            for scheme, override in SCHEMES.items():
                window.scheme(override)
                for width in WIDTHS:
                    window.resize(width, 900)
                    window.until("return explorer.room() === explorer.laid")
                    window.screenshot(folder / f"firefox_{name}_{width}_{scheme}.png")
                    yield f"firefox_{name}_{width}_{scheme}"


def state_shots(browser: Browser, folder: Path) -> Iterator[str]:
    """What a reader does: a first step, a card, a path that lights up, a change, search, flags."""
    network = bb.load()
    outcome = {network.outcome: "yes"}

    def shot(page: Page, name: str, whole: bool = True) -> str:
        page.screenshot(path=folder / f"state_{name}.png", full_page=whole)
        return f"state_{name}"

    page = shown(browser, text_of(outcome, network), 1440)
    yield shot(page, "first")
    page.locator(".bp-roles button").first.click()
    yield shot(page, "column")
    tell(page, "sitting_hours", 2)
    page.evaluate("() => { explorer.calm = 0; explorer.pointed(undefined); }")
    page.wait_for_selector(".bp-graph.focused")
    yield shot(page, "card")
    page.keyboard.press("Escape")
    for _ in range(2):
        page.locator(".bp-roles button").first.click()
    page.evaluate("() => { explorer.calm = 0; }")
    page.locator(".bp-causes li").first.hover()
    page.wait_for_selector(".bp-graph.focused")
    yield shot(page, "path")
    page.locator(".bp-find").fill("hip")
    yield shot(page, "search")
    for sign in ("do", "treat"):
        page = shown(browser, text_of(told(network), network), 1280)
        node(page, "tight_hip_flexors").click()
        page.get_by_text("What if it were made so?").click()
        page.locator(f".bp-act:has(.{sign})").first.click()
        answered(page)
        yield shot(page, sign)
    for scheme in SCHEMES:
        page = shown(browser, text_of(outcome, network, {"fever": "yes"}), 1280, scheme)
        yield shot(page, f"flag_{scheme}")
    page = shown(browser, text_of(outcome, network), 390)
    node(page, network.outcome).click()
    yield shot(page, "phone_card", whole=False)


def printed_shots(browser: Browser, folder: Path) -> Iterator[str]:
    """The printed page, as PDF and, where pdftoppm is, as picture."""
    network = bb.load()
    page = shown(browser, text_of(told(network), network), 1280)
    file = folder / "diagnosis.pdf"
    page.pdf(path=file, prefer_css_page_size=True, print_background=True)
    if shutil.which("pdftoppm"):
        command = ["pdftoppm", "-r", "110", "-png", "-singlefile", file, folder / "diagnosis"]
        subprocess.run(command, check=True)
    yield "diagnosis"


def readme_shot(browser: Browser, folder: Path) -> Iterator[str]:
    """The picture of the README: a habit was told, and its path to the pain is lit."""
    network = bb.load()
    page = shown(browser, text_of({network.outcome: "yes"}, network), 1440, height=980)
    page.locator(".bp-more button", has_text="Hours spent sitting").click()
    page.locator(".bp-state").last.click()
    answered(page)
    page.keyboard.press("Escape")
    page.wait_for_selector(".bp[data-ranged]", state="attached", timeout=60_000)
    page.evaluate("() => { explorer.calm = 0; scrollTo(0, 0); }")
    page.locator(".bp-causes li").first.hover()
    page.wait_for_selector(".bp-graph.focused")
    page.screenshot(path=folder / "explorer.png")
    yield "explorer"


def notebook_shots(browser: Browser, folder: Path, kind: str) -> Iterator[str]:
    """A notebook with the widget, after a click, at each width in light and dark."""
    network = bb.load()
    with tempfile.TemporaryDirectory() as made, server(Path(made), kind) as address:
        cell = CELL.format(told=told(network))
        write_notebook(Path(made) / "back.ipynb", (cell, "1"))
        page = browser.new_context(viewport={"width": 1440, "height": HIGH}).new_page()
        opened(page, address, kind, "back.ipynb")
        ready(page)
        run_all(page, 2)
        page.wait_for_selector(".bp[data-ranged]", state="attached", timeout=60_000)
        node(page, network.outcome).click()
        typed(page, 1, "w.case")
        page.keyboard.press("Escape")
        if kind == "lab":
            page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
        for theme in ("Light", "Dark"):
            change = f"() => jupyterapp.commands.execute('apputils:change-theme', {{ theme: 'JupyterLab {theme}' }})"
            page.evaluate(change)
            page.wait_for_selector(f".bp{'.bp-dark' if theme == 'Dark' else ':not(.bp-dark)'}")
            page.wait_for_selector("#jupyterlab-splash", state="detached")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": HIGH})
                page.locator(".bp h1").scroll_into_view_if_needed()
                page.wait_for_timeout(600)
                name = f"{kind}_{width}_{theme.lower()}"
                page.screenshot(path=folder / f"{name}.png")
                yield name
        page.context.close()


def main() -> None:
    """Make all pictures, each named as it is made."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.backs.shots FOLDER")
    if lacking() or path_of_firefox() is None:
        sys.exit(f"NOT RUN: {lacking() or 'Firefox'} is missing")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    start, count = time.monotonic(), 0
    with chromium() as browser:
        for some in (
            readme_shot(browser, folder),
            printed_shots(browser, folder),
            state_shots(browser, folder),
            chromium_shots(browser, folder),
            *(notebook_shots(browser, folder, kind) for kind in ("lab", "notebook")),
            firefox_shots(folder),
        ):
            for name in some:
                count += 1
                print(f"{count:4} {time.monotonic() - start:5.0f} s  {name}", flush=True)
    print(f"{count} pictures in {folder}")


if __name__ == "__main__":
    main()
