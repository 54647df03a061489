"""README's Python blocks are tests; what they write goes into a folder of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

pytest_plugins = ["tests.browser.fixtures"]


def into_a_folder(namespace: dict[str, Any]) -> None:
    namespace["here"], namespace["folder"] = Path.cwd(), tempfile.TemporaryDirectory()
    os.chdir(namespace["folder"].name)


def back(namespace: dict[str, Any]) -> None:
    os.chdir(namespace["here"])
    namespace["folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    setup=into_a_folder,
    teardown=back,
).pytest()
