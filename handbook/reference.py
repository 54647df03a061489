"""The pages of the reference that follow the public faces: what `__all__` names is shown, and
nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout, suppress
from importlib import import_module
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import backpain_bn as bb
from backpain_bn import errors
from backpain_bn.cli import main
from backpain_bn.errors import BackpainError
from handbook.markdown import page

PACKAGE = Path(bb.__file__).parent
OWN_PAGES = ("Diagnosis", "Network")
"""Names of the front door that have a page to themselves."""
_COMMAND = re.compile(r"^ {4}([a-z]\w*) ", re.MULTILINE)


def front_door_page() -> str:
    """Return the page of the names that `import backpain_bn` shows."""
    names = [name for name in bb.__all__ if name not in OWN_PAGES and not _is_error(name)]
    intro = "What `import backpain_bn as bb` shows, beside the [errors](errors.md)."
    return page("# The front door", intro, *_shown("backpain_bn", names))


def errors_page() -> str:
    """Return the page of the family of errors."""
    intro = (
        "One family. Each message repeats what was typed, what was allowed and the nearest match; "
        "those about files begin with `path:line:column`."
    )
    return page("# Errors", intro, *_shown("backpain_bn.errors", filter(_is_error, vars(errors))))


def _is_error(name: str) -> bool:
    value = getattr(errors, name, None)
    return isinstance(value, type) and issubclass(value, BackpainError)


def rooms_page() -> str:
    """Return the page of the faces of all rooms, without what the front door shows."""
    rooms = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    intro = (
        "Each room of the package has a face of a few names; nothing else of it is promised. "
        "Questions have one shape: `(network, findings, subject, *, options)`."
    )
    return page("# Rooms", intro, *(part for room in rooms for part in _room(room)))


def _room(room: str) -> Iterator[str]:
    name = f"backpain_bn.{room}"
    face = import_module(name)
    yield f"## {room}"
    yield face.__doc__ or ""
    yield from _shown(name, (each for each in face.__all__ if each not in bb.__all__))


def _shown(module: str, names: Iterable[str]) -> Iterator[str]:
    """Yield what mkdocstrings replaces by the documentation of a name, where it is defined."""
    for name in names:
        value = getattr(import_module(module), name)
        yield f"::: {value.__module__}.{value.__name__}\n    options: {{heading_level: 3}}"


def command_line_page() -> str:
    """Return the page of all commands with all their options, as their help says it."""
    overview = _help()
    parts = [f"## {name}\n\n```text\n{_help(name)}\n```" for name in _COMMAND.findall(overview)]
    return page("# Command line", f"```text\n{overview}\n```", *parts)


def _help(*command: str) -> str:
    """Return the help of a command, 80 characters wide."""
    said = StringIO()
    with patch.dict(os.environ, {"COLUMNS": "80"}), redirect_stdout(said), suppress(SystemExit):
        main([*command, "--help"])
    return said.getvalue().rstrip()
