"""The documentation as it is built: strictly, whole, and without a word to any other machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

import backpain_bn as bb
from tests.browser.chromium import MARGINALS, Watched
from tests.browser.pages import axe

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("mkdocs")

ROOT = Path(__file__).parents[2]
WIDTHS = (390, 1024, 1440)
PAGES = (
    "index.html",
    "start.html",
    "explorer.html",
    "compared.html",
    "tutorials/4_your_own_network.html",
    "how_to/cohorts.html",
    "methods/why.html",
    "evidence/index.html",
    "evidence/tight_hip_flexors.html",
    "evidence/studies.html",
    "evidence/red_flags.html",
    "reference/answers.html",
    "reference/command_line.html",
)
"""One page of each kind."""
OUTSIDE = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=["']?(?:https?:)?//[^>]*>"""
    r"""|<link\b[^>]*\bhref=["']?(?:https?:)?//[^>]*>"""
    r"""|@import\s+(?:url\()?["']?(?:https?:)?//\S+|url\(\s*["']?(?:https?:)?//[^)]*\)"""
)
"""What a browser would fetch from another machine without being asked to."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as CI builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("localhost", 0), partial(Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_no_page_asks_another_machine_for_anything(site: Path) -> None:
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    found = {str(path): OUTSIDE.findall(path.read_text(encoding="utf-8")) for path in files}
    assert len(files) > 100
    assert {path: what for path, what in found.items() if what} == {}


def test_the_search_for_addresses_finds_them() -> None:
    fetched = (
        '<script async src="https://a.b/c.js">',
        "<link rel=stylesheet href=//a.b/c.css>",
        '<img alt="x" src="http://a.b/c.png">',
        "@import 'https://a.b/c.css'",
        "background: url(https://a.b/c.png)",
    )
    assert all(OUTSIDE.search(text) for text in fetched)
    assert not OUTSIDE.search('<a href="https://doi.org/10.1/2">')


def test_every_variable_has_a_page_with_all_its_sources(site: Path, shipped: bb.Network) -> None:
    anchors = {
        kind: set(re.findall(r'\bid="([^"]+)"', (site / f"evidence/{kind}.html").read_text()))
        for kind in ("studies", "claims")
    }
    for name, variable in shipped.variables.items():
        html = (site / f"evidence/{name}.html").read_text(encoding="utf-8")
        for number in variable.numbers:
            for id in {*number.sources, *number.against} - {"expert"}:
                kind = "claims" if shipped.sources[id].kind == "claim" else "studies"
                assert f'href="{kind}.html#{id.lower()}"' in html, (name, id)
                assert id.lower() in anchors[kind]


def test_every_claim_and_every_study_is_told(site: Path, shipped: bb.Network) -> None:
    for id, source in shipped.sources.items():
        kind = "claims" if source.kind == "claim" else "studies"
        assert f"<strong>{id}</strong>" in (site / f"evidence/{kind}.html").read_text()


def test_all_rules_of_the_red_flags_are_told(site: Path, shipped: bb.Network) -> None:
    html = (site / "evidence/red_flags.html").read_text(encoding="utf-8")
    assert all(f"<code>{each.id}</code>" in html for each in shipped.red_flags.questions)
    assert html.count("<strong>emergency</strong>") == sum(
        rule.urgency == "emergency" for rule in shipped.red_flags.rules
    )


def test_pages_fit_every_width_and_ask_nobody(browser: Browser, address: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    watched = Watched(context.new_page())
    page = watched.page
    for name in PAGES:
        page.goto(f"{address}/{name}")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            spare = page.evaluate("innerWidth - document.documentElement.scrollWidth")
            assert spare >= 0, (name, width)
    assert watched.asked == [] and watched.errors == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_embedded_explorer_answers_in_the_colours_of_the_page(
    browser: Browser, address: str, scheme: str, shipped: bb.Network
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{address}/explorer.html")
    frame = page.frame_locator("iframe.explorer")
    frame.locator(".bp[data-answered]").wait_for(state="attached", timeout=20_000)
    told = dict(page.frames[1].evaluate(MARGINALS))
    findings = {"sitting_hours": "over_8", "running_back_pain": "yes", "pain_during_run": "yes"}
    now = bb.posterior(shipped, findings)["tight_hip_flexors"]
    assert told["tight_hip_flexors"] == pytest.approx(list(now.values()), abs=1e-12)
    assert frame.locator(".bp.bp-dark").count() == (scheme == "dark")
    context.close()


def test_a_search_finds_a_variable(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{address}/index.html")
    page.locator(".md-search__input").click()
    page.locator(".md-search__input").fill("iliopsoas")
    page.locator(".md-search-result__link", has_text="Tight hip flexors").first.wait_for()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_can_be_read_by_everybody(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    for name in ("start.html", "evidence/weak_core.html"):
        page.goto(f"{address}/{name}")
        assert axe(page) == [], name
    context.close()
