"""Text files: read within a limit, written whole or not at all."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ..errors import BackpainError, FileProblem, shown

PACKAGE = Path(__file__).parents[1]
SHIPPED = next(
    folder for folder in (PACKAGE / "networks", PACKAGE.parent / "networks") if folder.is_dir()
)
"""The networks that come with the package: inside it in a wheel, beside it in a checkout."""
MOST_BYTES = 2_000_000
MOST_FOREIGN_BYTES = 20_000_000
FIRST_BYTES = 2**16
"""Read first, because room for as many bytes as a file may have is not made for a small one."""
LONGEST_PATH = 500
"""An error repeats no more characters than this of a path."""


ENCODINGS = {
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
}
"""What the first line of an XML file may declare instead of UTF-8."""
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """Return the text of a file, which is UTF-8, with or without a byte order mark, or XML in the
    encoding that it declares, one of `ENCODINGS`.

    Raises `FileProblem` where it cannot be read, is no UTF-8, or has more than `most` bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FIRST_BYTES)
            if len(data) == FIRST_BYTES:
                data += file.read(most + 1 - FIRST_BYTES)
    except OSError as error:
        why = why_not(error, "cannot be read")
        raise FileProblem([f"{shown_path(path)}: {why}"]) from None
    except ValueError:
        raise FileProblem([f"{shown(str(path))}: no file can have this name"]) from None
    if len(data) > most:
        raise FileProblem([f"{path}:1:1 the file has more than {most:,} bytes"])
    declared = _DECLARED.match(data)
    encoding = ENCODINGS.get(declared[1].decode().lower(), "utf-8") if declared else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        how = "iconv -f ISO-8859-1 -t UTF-8 makes it so, if it is Latin-1"
        wanted = f"UTF-8 ({how})" if encoding.startswith("utf") else encoding
        raise FileProblem([f"{path}:{line}:{column} the file is not {wanted}"]) from None


def is_file(path: Path) -> bool:
    """Whether there is such a file; False as well for a path that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def shown_path(path: Path) -> str:
    """Return a path as an error repeats it, cut after 500 characters."""
    text = str(path)
    return text if len(text) <= LONGEST_PATH else text[:LONGEST_PATH] + "…"


def path_of(named: str | Path) -> Path:
    """Return a path; raises `BackpainError` for what names no file."""
    if not isinstance(named, str | Path):
        raise BackpainError(f"a file is named by a text or a path, not {shown(named)}")
    return Path(named)


def why_not(error: OSError, otherwise: str) -> str:
    """Return in words of the system why a file cannot be read or written; a library's own words
    repeat hidden paths.

    >>> why_not(OSError(28, "Error writing bytes to file '.x.part'"), "cannot be written")
    'no space left on device'
    """
    return os.strerror(error.errno).lower() if error.errno else otherwise


def part_of(path: Path) -> Path:
    """Return where this process writes a file until it is whole: beside it, hidden. What processes
    that were killed left there for the same file is removed.
    """
    with suppress(OSError, ValueError):
        for left in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
            owner = left.name.split(".")[-2]
            if owner.isdigit() and not _runs(int(owner)):
                left.unlink(missing_ok=True)
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _runs(process: int) -> bool:
    """Whether there is such a process; where only killing it would tell, yes."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def write(path: str | Path, text: str) -> None:
    """Write a text file whole or not at all; raises `FileProblem` where it cannot be written."""
    path = path_of(path)
    part = part_of(path)
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        why = why_not(error, "cannot be written")
        raise FileProblem([f"{shown_path(path)}: {why}"]) from None
    except ValueError:
        raise FileProblem([f"{shown(str(path))}: no file can have this name"]) from None


def write_together(texts: Mapping[Path, str]) -> None:
    """Write several text files, all of them or none: where one cannot be written, the others are as
    they were before. Raises `FileProblem` as `write` does.
    """
    before = {path: _bytes_of(path) for path in texts}
    done: list[Path] = []
    try:
        for path, text in texts.items():
            write(path, text)
            done.append(path)
    except FileProblem:
        for path in done:
            _restore(path, before[path])
        raise


def _bytes_of(path: Path) -> bytes | None:
    """Return what a file holds, None where there is none."""
    if not is_file(path):
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileProblem([f"{shown_path(path)}: {why_not(error, 'cannot be read')}"]) from None


def _restore(path: Path, data: bytes | None) -> None:
    if data is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(data)
