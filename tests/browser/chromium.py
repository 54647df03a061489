"""Headless Chromium that reaches this machine only, and what is said where it is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1"
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def missing(what: str) -> NoReturn:
    """Say plainly that tests did not run; where CI is set, they must."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI must run these tests")
    pytest.skip(f"NOT RUN: {what} is not on this machine")


def lacking() -> str:
    """Return what is missing for tests in a browser, or nothing."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "playwright"
    return "" if any(map(shutil.which, NAMES)) else "Chromium"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium with no way to any other machine."""
    from playwright.sync_api import sync_playwright

    path = next(path for path in map(shutil.which, NAMES) if path)
    with sync_playwright() as driver:
        # root, as in containers, has no sandbox
        browser = driver.chromium.launch(
            executable_path=path, chromium_sandbox=os.geteuid() != 0, args=[ALONE, *QUIET]
        )
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page with everything that it asked of other machines, and every error on its console."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self._request(request.url))
        page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _request(self, url: str) -> None:
        if not url.startswith(("data:", "blob:", "about:", "http://localhost:", "ws://localhost:")):
            self.asked.append(url)

    def show(self, html: str) -> Page:
        """Show a page that is given as text, and wait until it has answered."""
        self.page.goto("about:blank")
        self.page.set_content(html)
        answered(self.page)
        return self.page


def answered(page: Any) -> None:
    """Wait until the explorer has ranked."""
    page.wait_for_selector(".bp[data-answered]", state="attached", timeout=20_000)


MARGINALS = "() => Object.entries(explorer.marginals())"
OVERLAPS = Path(__file__).with_name("overlaps.js").read_text(encoding="utf-8")
"""What lies on what: boxes on boxes, texts beyond their box, values on bars."""
