"""Pictures to look at, and those that the README shows: `python -m tests.browser.shots FOLDER`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import backpain_bn as bb
from backpain_bn.explorer import page as pages
from tests.browser.chromium import Watched, answered, chromium, lacking
from tests.browser.jupyter import opened, ready, run_all, server, typed, write_notebook
from tests.browser.networks import hostile, large

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DESK = {"sitting_hours": "over_8", "running_back_pain": "yes", "pain_during_run": "yes"}
CELL = f"""\
import backpain_bn as bb
from backpain_bn import red_flags
from backpain_bn.explorer import widget
w = widget.explore(bb.load(), {DESK!r}, red_flags.check(bb.load().red_flags, {{}}))
w"""


def text_of(
    findings: dict[str, Any],
    network: bb.Network | None = None,
    red_flags: dict[str, str] | None = None,
) -> str:
    """Return the page of a case."""
    d = bb.diagnose(findings, network, red_flags)
    return pages.standalone(d.network, d.findings, d.red_flags, d.posterior)


def shown(
    browser: Browser,
    html: str,
    width: int = 1750,
    height: int = 1080,
    scheme: Any = "light",
    scale: float = 1,
) -> Any:
    """Return a browser page that shows an explorer."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=scale
    )
    return Watched(context.new_page()).show(html)


def page_shots(browser: Browser, folder: Path) -> None:
    """The standalone page in all its states."""
    desk = text_of(DESK)
    page = shown(browser, desk)
    page.screenshot(path=folder / "page.png")
    page.locator('.node[data-id="tight_hip_flexors"]').hover()
    page.screenshot(path=folder / "page_links.png")
    page.locator(".bp-clear").focus()
    page.keyboard.press("Tab")
    page.locator(".bp-find").fill("hip")
    page.screenshot(path=folder / "page_search.png")
    shown(browser, desk, scheme="dark").screenshot(path=folder / "page_dark.png")
    shown(browser, desk, 800, 1100).screenshot(path=folder / "page_narrow.png", full_page=True)
    unsure = DESK | {"weak_core": {"yes": 0.8, "no": 0.4}}
    shown(browser, text_of(unsure, red_flags={"fever": "yes"})).screenshot(
        path=folder / "page_flag.png"
    )
    shown(browser, text_of(unsure, red_flags={"fever": "yes"}), scheme="dark").screenshot(
        path=folder / "page_flag_dark.png"
    )
    shown(browser, text_of({}, large()), 1750, 900).screenshot(
        path=folder / "page_76.png", full_page=True
    )
    shown(browser, text_of({}, hostile()), 1750, 700).screenshot(
        path=folder / "page_hostile.png", full_page=True
    )


def printed_shots(browser: Browser, folder: Path) -> None:
    """The printed page, as PDF and, where pdftoppm is, as picture."""
    for name, findings, scheme in (("printed", DESK, "light"), ("printed_dark", DESK, "dark")):
        shown(browser, text_of(findings), scheme=scheme).pdf(
            path=folder / f"{name}.pdf", prefer_css_page_size=True, print_background=True
        )
        if shutil.which("pdftoppm"):
            subprocess.run(
                [
                    "pdftoppm",
                    "-r",
                    "110",
                    "-png",
                    "-singlefile",
                    folder / f"{name}.pdf",
                    folder / name,
                ],
                check=True,
            )


def readme_shots(browser: Browser, folder: Path) -> None:
    """The two pictures of the README: the explorer, and the printed diagnosis."""
    shown(browser, text_of(DESK), 1700, 1060, scale=1.2).screenshot(path=folder / "explorer.png")
    if (folder / "printed.png").exists():
        shutil.copy(folder / "printed.png", folder / "diagnosis.png")


def notebook_shots(browser: Browser, folder: Path, kind: str) -> None:
    """A notebook with the widget, before and after a click, in light and dark."""
    with tempfile.TemporaryDirectory() as made, server(Path(made), kind) as address:
        write_notebook(Path(made) / "back.ipynb", (CELL, "1"))
        page = browser.new_context(viewport={"width": 1600, "height": 1250}).new_page()
        opened(page, address, kind, "back.ipynb")
        ready(page)
        run_all(page, 2)
        answered(page)
        page.locator('.node[data-id="weak_core"]').click()
        page.screenshot(path=folder / f"{kind}.png")
        typed(page, 1, "w.case")
        page.screenshot(path=folder / f"{kind}_python.png")
        page.evaluate(
            "() => jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab "
            "Dark' })"
        )
        page.wait_for_selector(".bp-dark")
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.locator(".bp h1").scroll_into_view_if_needed()
        page.screenshot(path=folder / f"{kind}_dark.png")
        page.context.close()


def main() -> None:
    """Make all pictures."""
    if len(sys.argv) != 2 or lacking():
        sys.exit(
            f"NOT RUN: {lacking()} is missing"
            if lacking()
            else "usage: python -m tests.browser.shots FOLDER"
        )
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        page_shots(browser, folder)
        printed_shots(browser, folder)
        readme_shots(browser, folder)
        for kind in ("lab", "notebook"):
            notebook_shots(browser, folder, kind)
    print("\n".join(sorted(str(path) for path in folder.iterdir())))


if __name__ == "__main__":
    main()
