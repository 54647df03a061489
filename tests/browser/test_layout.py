"""In real browsers, at every width and in both themes, whatever the network: boxes lie beside each
other, links pass between them, and everything can be read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backpain_bn.model.network import Network
from tests.browser.chromium import OVERLAPS, Watched
from tests.browser.firefox import DARK, LIGHT, Firefox
from tests.browser.networks import car, hostile, large, of_200, public
from tests.browser.pages import text_of

WIDTHS = (390, 1024, 1280, 1440)
NETWORKS: dict[str, Callable[[], Network]] = {
    "car": car,
    "asia": lambda: public("asia"),
    "alarm": lambda: public("alarm"),
    "hostile": hostile,
    "large": large,
    "200": of_200,
}


def told(network: Network) -> dict[str, Any]:
    """The outcome, or nothing."""
    return {network.outcome: network.states[network.outcome][-1]} if network.outcome else {}


OPENED = """() => {
  for (const button of document.querySelectorAll(".bp-roles button")) button.click();
}"""


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_chromium_lays_nothing_on_anything(watched: Watched, make: Callable[[], Network]) -> None:
    network = make()
    page = watched.show(text_of(told(network), network))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function("() => explorer.room() === explorer.laid")
            assert page.evaluate(OVERLAPS) == []
    page.evaluate(OPENED)
    assert page.evaluate(OVERLAPS) == []
    assert watched.errors == [] and watched.asked == []


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_firefox_lays_nothing_on_anything(fox: Firefox, make: Callable[[], Network]) -> None:
    network = make()
    fox.resize(1440, 900)
    fox.show(text_of(told(network), network))
    for scheme in (LIGHT, DARK):
        fox.scheme(scheme)
        for width in WIDTHS:
            fox.resize(width, 900)
            fox.until("return explorer.room() === explorer.laid")
            assert fox.run(f"return ({OVERLAPS})()") == []
    assert fox.run("return getComputedStyle(document.querySelector('.bp')).colorScheme") == "dark"
