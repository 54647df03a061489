"""`python -m tests.fuzz LOADER --seconds N`: feed a reader with broken files until it breaks.

Coverage-guided (atheris, the extra `nightly`), with a limit of 5 s and 1 GB a file. What it finds
is kept in `tests/fuzz/corpus/LOADER/`, once for each place that raised, and is a test from then on.
A file that takes too long, too much memory or the whole process ends the run and is kept as well.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import pkgutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["backpain_bn", "yaml", "csv"]):
    import backpain_bn.formats

    for module in pkgutil.iter_modules(backpain_bn.formats.__path__):
        importlib.import_module(f"backpain_bn.formats.{module.name}")
    from .loaders import CORPUS, LOADERS, Folder

from .mutations import mutated

SECONDS_A_FILE = 5
MEGABYTES = 1024
LONGEST = 20_000


class Fuzzing:
    """One run: what is fed, and the places at which it broke so far."""

    def __init__(self, name: str, folder: Path) -> None:
        self.corpus = CORPUS / name
        self.reader = Folder(LOADERS[name], folder)
        self.places: set[tuple[str, int | None]] = set()

    def feed(self, data: bytes) -> None:
        """Read one file, and keep it where something is raised at a place that is new."""
        try:
            self.reader.read(data)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = (last.filename, last.lineno)
            if place not in self.places:
                self.places.add(place)
                self.keep(data)
                traceback.print_exc()

    def keep(self, data: bytes) -> None:
        """Add a file to those that are read in every test from now on."""
        self.corpus.mkdir(parents=True, exist_ok=True)
        (self.corpus / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)


def change(data: bytes, most: int, seed: int) -> bytes:
    """Return a file changed by words, or, every other time, by bytes as libFuzzer does."""
    if seed % 2:
        return mutated(data, most, seed)
    changed: Any = atheris.Mutate(data, most)
    return bytes(changed)


def main() -> None:
    """Fuzz the loader that is named for so many seconds."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("loader", choices=LOADERS)
    parser.add_argument("--seconds", type=int, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as growing:
        run = Fuzzing(options.loader, Path(folder))
        (Path(growing) / "seed").write_bytes(LOADERS[options.loader].seed())
        run.corpus.mkdir(parents=True, exist_ok=True)
        limits = (
            f"-max_total_time={options.seconds}",
            f"-timeout={SECONDS_A_FILE}",
            f"-rss_limit_mb={MEGABYTES}",
            f"-max_len={LONGEST}",
            f"-artifact_prefix={run.corpus}/",
        )
        arguments = [sys.argv[0], *limits, "-print_final_stats=1", growing, str(run.corpus)]
        atheris.Setup(arguments, run.feed, custom_mutator=change)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
