"""Broken files: what fuzzing found once, and some more that are broken anew; each is read or refused
in our own words, and at once.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fuzz.loaders import CORPUS, LOADERS, Folder
from tests.fuzz.mutations import mutated

SECONDS = 1.0
"""CPU time that a file of a few kilobytes may take."""
MOST_SECONDS = 5.0
"""CPU time that any file may take."""
FOUND = sorted(path for path in CORPUS.rglob("*") if path.is_file())
ANEW = 80
"""Files broken for each loader; the command breaks hundreds a second."""


def read(name: str, data: bytes, folder: Path) -> tuple[bool, float]:
    """Return whether a file is taken, and the CPU time for it; what is loaded once does not count."""
    reader = Folder(LOADERS[name], folder)
    reader.read(LOADERS[name].seed())
    start = time.process_time()
    return reader.read(data), time.process_time() - start


@pytest.mark.parametrize("name", LOADERS)
def test_every_loader_takes_its_seed(name: str, tmp_path: Path) -> None:
    assert Folder(LOADERS[name], tmp_path).read(LOADERS[name].seed())


@pytest.mark.parametrize("path", FOUND, ids=lambda path: str(path.relative_to(CORPUS)))
def test_what_was_found_is_mended(path: Path, tmp_path: Path) -> None:
    _, seconds = read(path.parent.name, path.read_bytes(), tmp_path)
    assert seconds < SECONDS


@pytest.mark.parametrize("name", LOADERS)
def test_broken_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    reader, seed = Folder(LOADERS[name], tmp_path), LOADERS[name].seed()
    taken = [reader.read(mutated(seed, 20_000, number)) for number in range(ANEW)]
    assert set(taken) == {True, False}


def test_as_many_keys_as_a_file_may_hold_are_refused_at_once(tmp_path: Path) -> None:
    keys = b"".join(b"k%d: v\n" % number for number in range(190_000))
    taken, seconds = read("network", keys, tmp_path)
    assert not taken and seconds < MOST_SECONDS


def test_whatever_is_no_refusal_is_a_find(tmp_path: Path) -> None:
    def broken(path: Path) -> None:
        raise KeyError(path.name)

    with pytest.raises(KeyError):
        Folder(LOADERS["card"]._replace(read=broken), tmp_path).read(b"")
