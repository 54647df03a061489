"""The pages' Content-Security-Policy: nothing is asked of anybody, and no script but ours runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import backpain_bn as bb
from tests.browser.chromium import Watched, answered
from tests.browser.networks import burning_car
from tests.browser.pages import flag, same, tell, text_of

DIM = {"dim_lights": "yes", "no_start": "yes"}
ATTEMPTS = {
    "fetch": "fetch('http://localhost:9/x').catch(() => {})",
    "image": "new Image().src = 'http://localhost:9/x.png'",
    "script": "document.head.append(Object.assign(document.createElement('script'), "
    "{src: 'http://localhost:9/x.js'}))",
    "style": "document.head.append(Object.assign(document.createElement('link'), "
    "{rel: 'stylesheet', href: 'http://localhost:9/x.css'}))",
    "frame": "document.body.append(Object.assign(document.createElement('iframe'), "
    "{src: 'http://localhost:9/x.html'}))",
    "socket": "try { new WebSocket('ws://localhost:9/') } catch (error) {}",
    "beacon": "navigator.sendBeacon('http://localhost:9/x', 'told')",
    "form": "{const form = Object.assign(document.createElement('form'), {action: "
    "'http://localhost:9/x', method: 'post'}); document.body.append(form); form.submit()}",
    "inline": "document.body.append(Object.assign(document.createElement('script'), "
    "{textContent: 'window.ran = true'}))",
    "handler": "document.body.insertAdjacentHTML('beforeend', "
    "'<button id=x onclick=\"window.ran = true\"></button>'); document.getElementById('x').click()",
}
"""What somebody's label might try, had it slipped through."""


def test_the_page_works_under_its_policy(watched: Watched, tmp_path: Path) -> None:
    network = burning_car()
    path = tmp_path / "page.html"
    path.write_text(text_of({}, network), encoding="utf-8")
    watched.page.goto(path.as_uri())
    answered(watched.page)
    for name, place in (("dim_lights", 1), ("no_start", 1)):
        tell(watched.page, name, place)
    same(watched.page, network, DIM)
    watched.page.locator("summary").first.click()
    flag(watched.page, "burnt_smell", "yes").check()
    answered(watched.page)
    assert watched.errors == [] and watched.asked == [path.as_uri()]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_whatever_a_page_attempts_is_refused(attempt: str, watched: Watched) -> None:
    page = watched.show(text_of(DIM, burning_car()))
    page.evaluate(
        "() => { window.refused = []; document.addEventListener('securitypolicyviolation', "
        "(event) => window.refused.push(event.effectiveDirective)); }"
    )
    page.evaluate(f"() => {{ {ATTEMPTS[attempt]} }}")
    page.wait_for_function("() => window.refused.length > 0", timeout=5_000)
    assert page.evaluate("() => window.ran") is None


def test_a_report_shows_under_its_policy(watched: Watched, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    bb.diagnose(DIM, "car").save_report(path)
    watched.page.goto(path.as_uri())
    assert watched.page.locator("h1").count() == 1
    assert watched.page.evaluate("() => [...document.images].every((one) => one.naturalWidth > 0)")
    assert watched.errors == [] and watched.asked == [path.as_uri()]
