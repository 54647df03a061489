"""What the browser tests of the page share: its text for a case, its boxes, its answers."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

import backpain_bn as bb
from backpain_bn.model.network import Network
from tests.browser.chromium import MARGINALS, Watched, answered, missing

if TYPE_CHECKING:
    from playwright.sync_api import Page


def text_of(
    findings: Mapping[str, Any], network: Network, red_flags: Mapping[str, str] | None = None
) -> str:
    """Return the page of a case."""
    return bb.diagnose(findings, network, red_flags).to_html()


def same(page: Page, network: Network, findings: Mapping[str, Any]) -> None:
    """Every posterior in the page is Python's."""
    found, now = page.evaluate(MARGINALS), bb.posterior(network, findings)
    assert [name for name, _ in found] == list(network.variables)
    np.testing.assert_allclose([p for _, row in found for p in row], now.row, rtol=0, atol=1e-12)


def node(page: Page, name: str) -> Any:
    """The box of a variable."""
    return page.locator(f'.node[data-id="{name}"]')


def tell(page: Page, name: str, place: int) -> None:
    """Click a box, press the state at this place on its card, and wait for the answer."""
    node(page, name).click()
    page.locator(".bp-state").nth(place).click()
    answered(page)


def flag(page: Page, name: str, answer: str) -> Any:
    """The answer to a red-flag question."""
    return page.locator(f'fieldset input[name$="-{name}"][value="{answer}"]')


def clean(watched: Watched) -> None:
    """Nothing was asked of another machine, and no error was said."""
    assert watched.asked == [] and watched.errors == []


def axe(page: Page) -> list[str]:
    """Return what axe-core finds serious or critical, and where."""
    try:
        script = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        missing("axe-playwright-python")
    page.evaluate(script)
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [
        f"{one['id']}: {spot['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for spot in one["nodes"]
    ]
