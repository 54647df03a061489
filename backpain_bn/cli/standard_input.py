"""`-` in place of a file: what comes on standard input."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import BackpainError, FileProblem

DASH = "-"
NAME = "standard input"
PARQUET = b"PAR1"
"""How a Parquet file begins."""
FIRST_BYTES = 1000


@contextmanager
def file_of(word: str | Path, table: bool = False) -> Iterator[Path]:
    """Give the file that a word names; for `-` one that holds what comes on standard input, which
    is a `table` (CSV, or Parquet) or else a text of ours (YAML, or JSON).

    Problems of it are reported as those of `standard input`.
    """
    if str(word) != DASH:
        yield Path(word)
        return
    with TemporaryDirectory() as folder:
        path = _copied(Path(folder), table)
        try:
            yield path
        except FileProblem as problem:
            raise FileProblem([named(line, path) for line in problem.lines]) from None
        except BackpainError as error:
            raise type(error)(named(str(error), path)) from None


def named(text: str, path: Path) -> str:
    """Return a text in which standard input is called so."""
    return text.replace(str(path), NAME) if path.stem == NAME else text


def _copied(folder: Path, table: bool) -> Path:
    whole = folder / NAME
    with whole.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    with whole.open("rb") as file:
        start = file.read(FIRST_BYTES)
    ending = _kind_of_table(start) if table else _kind_of_text(start)
    return whole.rename(whole.with_name(NAME + ending))


def _kind_of_table(data: bytes) -> str:
    return ".parquet" if data.startswith(PARQUET) else ".csv"


def _kind_of_text(data: bytes) -> str:
    return ".json" if data.lstrip().startswith((b"{", b"[")) else ".yaml"
