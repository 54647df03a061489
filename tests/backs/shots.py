"""Pictures to look at, and those that the README shows: `python -m tests.backs.shots FOLDER`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
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
    """Return a browser page that shows an explorer, at rest."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    return Watched(context.new_page()).show(html)


def chromium_shots(browser: Browser, folder: Path) -> None:
    """Each network at each width in each theme."""
    for name, make in NETWORKS.items():
        network = make()
        text = text_of(told(network), network)
        for scheme in ("light", "dark"):
            for width in WIDTHS:
                page = shown(browser, text, width, scheme)
                page.screenshot(path=folder / f"{name}_{width}_{scheme}.png", full_page=True)
                page.context.close()


def firefox_shots(folder: Path) -> None:
    """The same in Firefox, of the network that is shipped."""
    network = bb.load()
    with firefox() as window:
        window.resize(1440, 900)
        window.show(text_of(told(network), network))
        for name, scheme in (("light", LIGHT), ("dark", DARK)):
            window.scheme(scheme)
            for width in WIDTHS:
                window.resize(width, 900)
                window.until("return explorer.room() === explorer.laid")
                window.screenshot(folder / f"firefox_{width}_{name}.png")


def state_shots(browser: Browser, folder: Path) -> None:
    """What a reader does: a card, a path that lights up, a change, search, flags."""
    network = bb.load()
    outcome = {network.outcome: "yes"}
    page = shown(browser, text_of(outcome, network), 1440)
    page.locator(".bp-roles button").first.click()
    page.screenshot(path=folder / "state_column.png", full_page=True)
    tell(page, "sitting_hours", 2)
    page.screenshot(path=folder / "state_card.png", full_page=True)
    page.keyboard.press("Escape")
    for _ in range(2):
        page.locator(".bp-roles button").first.click()
    page.evaluate("() => { explorer.calm = 0; }")
    page.locator(".bp-causes li").first.hover()
    page.wait_for_selector(".bp-graph.focused")
    page.screenshot(path=folder / "state_path.png", full_page=True)
    page.locator(".bp-find").fill("hip")
    page.screenshot(path=folder / "state_search.png", full_page=True)
    for scheme in ("light", "dark"):
        page = shown(browser, text_of(outcome, network, {"fever": "yes"}), 1280, scheme)
        page.screenshot(path=folder / f"state_flag_{scheme}.png", full_page=True)
    page = shown(browser, text_of(outcome, network), 390)
    node(page, network.outcome).click()
    page.screenshot(path=folder / "state_phone_card.png")


def printed_shots(browser: Browser, folder: Path) -> None:
    """The printed page, as PDF and, where pdftoppm is, as picture."""
    network = bb.load()
    page = shown(browser, text_of(told(network), network), 1280)
    page.wait_for_selector(".bp-meter u", state="attached")
    file = folder / "diagnosis.pdf"
    page.pdf(path=file, prefer_css_page_size=True, print_background=True)
    if shutil.which("pdftoppm"):
        command = ["pdftoppm", "-r", "110", "-png", "-singlefile", file, folder / "diagnosis"]
        subprocess.run(command, check=True)


def readme_shot(browser: Browser, folder: Path) -> None:
    """The explorer as the README shows it: a habit was clicked, and its path is lit."""
    network = bb.load()
    page = shown(browser, text_of({network.outcome: "yes"}, network), 1440, height=980)
    page.locator(".bp-roles button").first.click()
    tell(page, "sitting_hours", 2)
    page.keyboard.press("Escape")
    for _ in range(2):
        page.locator(".bp-roles button").first.click()
    page.evaluate("() => { explorer.calm = 0; scrollTo(0, 0); }")
    page.locator(".bp-causes li").first.hover()
    page.wait_for_selector(".bp-graph.focused")
    page.screenshot(path=folder / "explorer.png")


def notebook_shots(browser: Browser, folder: Path, kind: str) -> None:
    """A notebook with the widget, after a click, in light and dark."""
    network = bb.load()
    with tempfile.TemporaryDirectory() as made, server(Path(made), kind) as address:
        cell = CELL.format(told=told(network))
        write_notebook(Path(made) / "back.ipynb", (cell, "1"))
        page = browser.new_context(viewport={"width": 1600, "height": 1250}).new_page()
        opened(page, address, kind, "back.ipynb")
        ready(page)
        run_all(page, 2)
        answered(page)
        node(page, network.outcome).click()
        page.screenshot(path=folder / f"{kind}.png")
        typed(page, 1, "w.case")
        page.screenshot(path=folder / f"{kind}_python.png")
        theme = "{ theme: 'JupyterLab Dark' }"
        change = f"() => jupyterapp.commands.execute('apputils:change-theme', {theme})"
        page.evaluate(change)
        page.wait_for_selector(".bp-dark")
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.locator(".bp h1").scroll_into_view_if_needed()
        page.screenshot(path=folder / f"{kind}_dark.png")
        page.context.close()


def main() -> None:
    """Make all pictures."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.backs.shots FOLDER")
    if lacking() or path_of_firefox() is None:
        sys.exit(f"NOT RUN: {lacking() or 'Firefox'} is missing")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        readme_shot(browser, folder)
        printed_shots(browser, folder)
        state_shots(browser, folder)
        chromium_shots(browser, folder)
        for kind in ("lab", "notebook"):
            notebook_shots(browser, folder, kind)
    firefox_shots(folder)
    print("\n".join(sorted(str(path) for path in folder.iterdir())))


if __name__ == "__main__":
    main()
