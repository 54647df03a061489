"""`-` in place of a file: what comes on standard input."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from ..errors import BackpainError, FileProblem

DASH = "-"
NAME = "standard input"
PARQUET = b"PAR1"
"""How a Parquet file begins."""
FIRST_BYTES = 1000
STANDS_FOR = "a case, a cohort, the cases of --train, and what check and convert read"
"""What may come on standard input."""
LIES_NOWHERE = "files that it names cannot be found from standard input; name the file itself"


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
    """Return a text in which standard input is called so, and no folder for it is named."""
    if path.stem != NAME:
        return text
    called = text.replace(str(path), NAME)
    folder = f"{path.parent}{os.sep}"
    if folder not in called:
        return called
    return f"{called.replace(folder, '')} ({LIES_NOWHERE})"


def opened() -> TextIO:
    """Return standard input; raises `BackpainError` where it is closed."""
    if sys.stdin is None:
        raise BackpainError("standard input is closed: nothing can be read from it")
    return sys.stdin


def by_name(word: str) -> str:
    """Return what names a file; raises `ArgumentTypeError` for `-`, where that names none."""
    if word == DASH:
        raise ArgumentTypeError(f'is "-"; only these may come on standard input: {STANDS_FOR}')
    return word


def path_by_name(word: str) -> Path:
    """Return the path of a file; raises as `by_name` does."""
    return Path(by_name(word))


def _copied(folder: Path, table: bool) -> Path:
    whole = folder / NAME
    with whole.open("wb") as file:
        shutil.copyfileobj(opened().buffer, file)
    with whole.open("rb") as file:
        start = file.read(FIRST_BYTES)
    ending = _kind_of_table(start) if table else _kind_of_text(start)
    return whole.rename(whole.with_name(NAME + ending))


def _kind_of_table(data: bytes) -> str:
    return ".parquet" if data.startswith(PARQUET) else ".csv"


def _kind_of_text(data: bytes) -> str:
    return ".json" if data.lstrip().startswith((b"{", b"[")) else ".yaml"
