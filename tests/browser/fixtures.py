"""One Chromium and one Firefox for all browser tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import Watched, chromium, lacking, missing
from tests.browser.firefox import Firefox, firefox, path_of_firefox

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; where it is missing, the tests say that they did not run."""
    if what := lacking():
        missing(what)
    with chromium() as started:
        yield started


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A new page that is watched."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    yield Watched(context.new_page())
    context.close()


@pytest.fixture(scope="session")
def fox() -> Iterator[Firefox]:
    """Headless Firefox."""
    if path_of_firefox() is None:
        missing("Firefox")
    with firefox() as started:
        yield started
