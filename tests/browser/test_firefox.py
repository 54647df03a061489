"""The page in Firefox: mouse, keyboard, undo, and the same posteriors."""

from __future__ import annotations

from typing import Any

import numpy as np

import backpain_bn as bb
from tests.browser.chromium import MARGINALS
from tests.browser.firefox import ANSWERED, Firefox
from tests.browser.networks import burning_car, car
from tests.browser.pages import text_of

DIM = {"dim_lights": "yes", "no_start": "yes"}


def same(fox: Firefox, findings: dict[str, Any]) -> None:
    fox.until(ANSWERED)
    now = bb.posterior(car(), findings)
    found = fox.run(f"return ({MARGINALS})()")
    np.testing.assert_allclose([p for _, row in found for p in row], now.row, rtol=0, atol=1e-12)


def test_clicks_keys_and_undo(fox: Firefox) -> None:
    fox.resize(1280, 900)
    fox.show(text_of(DIM, car()))
    same(fox, DIM)
    fox.click('.node[data-id="weak_battery"]')
    fox.click(".bp-state")
    same(fox, DIM | {"weak_battery": "no"})
    fox.press("escape")
    assert fox.run("return document.activeElement.dataset.id") == "weak_battery"
    fox.press("delete")
    same(fox, DIM)
    fox.press("down", "enter", "tab", "enter")
    told = fox.run("return explorer.findings")
    assert len(told) == 3 and set(told) > set(DIM)
    same(fox, told)
    fox.press("control+z", "control+z")
    same(fox, DIM | {"weak_battery": "no"})


def test_an_urgent_red_flag_silences_every_number(fox: Firefox) -> None:
    fox.resize(1280, 900)
    fox.show(text_of(DIM, burning_car(), {"flames": "yes"}))
    assert "%" not in fox.run("return document.querySelector('.bp').innerText")
    fox.click('.node[data-id="weak_battery"]')
    assert "%" not in fox.run("return document.querySelector('.bp').innerText")
