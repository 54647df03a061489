"""What mkdocs calls while it builds: adds the pages that are made, and draws formulas."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

import backpain_bn as bb
from backpain_bn.formats import read_case
from handbook.book import Book
from handbook.formulas import with_mathml
from handbook.notebooks import notebook_page
from handbook.overview import evidence_page, red_flags_page, treatments_page
from handbook.reference import command_line_page, errors_page, front_door_page, rooms_page
from handbook.sources import claims_page, studies_page
from handbook.variables import variable_page

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
EVIDENCE, TUTORIALS, REFERENCE = "evidence", "tutorials", "reference"
CASE = EXAMPLES / "desk_worker.yaml"


@lru_cache(maxsize=1)
def book() -> Book:
    """Return the default network and its voices."""
    return Book(bb.load())


def made_pages() -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every page that is made."""
    for notebook in notebooks():
        yield f"{TUTORIALS}/{notebook.stem}.md", notebook_page(notebook)
    network = book().network
    yield f"{EVIDENCE}/index.md", evidence_page(book())
    yield f"{EVIDENCE}/studies.md", studies_page(book())
    yield f"{EVIDENCE}/claims.md", claims_page(book())
    yield f"{EVIDENCE}/treatments.md", treatments_page(book())
    yield f"{EVIDENCE}/red_flags.md", red_flags_page(book())
    for name in network:
        yield f"{EVIDENCE}/{name}.md", variable_page(book(), name)
    yield f"{REFERENCE}/front_door.md", front_door_page()
    yield f"{REFERENCE}/errors.md", errors_page()
    yield f"{REFERENCE}/rooms.md", rooms_page()
    yield f"{REFERENCE}/command_line.md", command_line_page()
    case = read_case(CASE)
    d = bb.diagnose(case.findings, network, case.red_flags)
    yield "explorer/desk_worker.html", d.to_html()


def notebooks() -> list[Path]:
    """Return the notebooks, in the order of their numbers."""
    return sorted(EXAMPLES.glob("*.ipynb"))


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the notebooks, and the page of every variable by its role, into the navigation."""
    made: dict[str, list[Any]] = {
        "Tutorials": [f"{TUTORIALS}/{notebook.stem}.md" for notebook in notebooks()],
        "Evidence": list(_by_role(book().network)),
    }
    for section in config.nav or ():
        for title, entries in section.items():
            if title in made:
                entries.extend(made[title])
    return config


def _by_role(network: bb.Network) -> Iterator[dict[str, list[str]]]:
    for role, what in network.vocabulary.roles.items():
        names = [name for name in network if network[name].role == role]
        yield {what.title: [f"{EVIDENCE}/{name}.md" for name in names]}


@event_priority(100)
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made, before any plugin looks at the files."""
    for path, text in made_pages():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_content(html: str, **_: Any) -> str:
    """Draw the formulas of one page."""
    return with_mathml(html)


def on_post_page(output: str, **_: Any) -> str:
    """Give the theme's search a name, which it lacks for those who hear the page."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')
