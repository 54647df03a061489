"""Everything that reads a file, as a function of the file's bytes, with small files to begin with."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from pyarrow import csv, parquet

from backpain_bn.cohort.files import ScoringJob, read_columns, report_file
from backpain_bn.diagnosis import diagnose
from backpain_bn.errors import BackpainError
from backpain_bn.fhir import case_of
from backpain_bn.formats.card_file import read_card
from backpain_bn.formats.case_file import read_case
from backpain_bn.formats.foreign import FORMATS
from backpain_bn.formats.load import load
from backpain_bn.formats.red_flag_file import read_rules
from backpain_bn.formats.sources import read_sources
from backpain_bn.model.network import Network

HERE = Path(__file__).parent
SEEDS = HERE / "seeds"
CORPUS = HERE / "corpus"
BESIDE = ("network.yaml", "red_flags.yaml", "sources.csv")
"""What lies beside the file that is read, because it may name it."""


class Loader(NamedTuple):
    """What reads a file: the file's name, what reads it, and the seed to begin with."""

    file: str
    read: Callable[[Path], object]
    seed: Callable[[], bytes]


def _seed(name: str) -> Callable[[], bytes]:
    return (SEEDS / name).read_bytes


@lru_cache(maxsize=1)
def _tables_only() -> str:
    """Return a network that every format can hold, as BIF."""
    return FORMATS[".bif"].write(load(SEEDS / "network.yaml"))


def _foreign(suffix: str) -> bytes:
    return FORMATS[suffix].write(load(SEEDS / "network.yaml")).encode()


def _mapping(path: Path) -> object:
    foreign = path.with_name("mutated.bif")
    foreign.write_text(_tables_only(), encoding="utf-8")
    return load(foreign)


def _cohort(path: Path) -> object:
    return report_file(ScoringJob(path, load(SEEDS / "network.yaml"), keep=("case",)))


@lru_cache(maxsize=1)
def _house() -> Network:
    return load(SEEDS / "network.yaml")


def _response() -> bytes:
    case = read_case(SEEDS / "case.json")
    told = diagnose(case.findings, _house(), case.red_flags).to_fhir()
    return json.dumps(told["entry"][1]["resource"]).encode()


def _fhir(path: Path) -> object:
    try:
        response = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise BackpainError("whoever reads FHIR parses its JSON") from error
    return case_of(_house(), response)


def _parquet() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cohort.parquet")
        parquet.write_table(csv.read_csv(SEEDS / "cohort.csv"), path)
        return path.read_bytes()


LOADERS = {
    "network": Loader("mutated.yaml", load, _seed("network.yaml")),
    "overlay": Loader("mutated.yaml", load, _seed("overlay.yaml")),
    "mapping": Loader("mutated.mapping.yaml", _mapping, _seed("mapping.yaml")),
    "red_flags": Loader("mutated.yaml", read_rules, _seed("red_flags.yaml")),
    "card": Loader("mutated.card.yaml", read_card, _seed("card.yaml")),
    "case_yaml": Loader("mutated.yaml", read_case, _seed("case.yaml")),
    "case_json": Loader("mutated.json", read_case, _seed("case.json")),
    "columns": Loader("mutated.yaml", read_columns, _seed("columns.yaml")),
    "sources": Loader("mutated.csv", read_sources, _seed("sources.csv")),
    "bif": Loader("mutated.bif", load, partial(_foreign, ".bif")),
    "xmlbif": Loader("mutated.xmlbif", load, partial(_foreign, ".xmlbif")),
    "xdsl": Loader("mutated.xdsl", load, partial(_foreign, ".xdsl")),
    "net": Loader("mutated.net", load, partial(_foreign, ".net")),
    "uai": Loader("mutated.uai", load, partial(_foreign, ".uai")),
    "cohort_csv": Loader("mutated.csv", _cohort, _seed("cohort.csv")),
    "fhir": Loader("mutated.json", _fhir, _response),
    "cohort_parquet": Loader("mutated.parquet", _cohort, _parquet),
}
"""Every reader of files, by the name that the command takes."""


class Folder:
    """A folder in which one loader reads one file after another."""

    def __init__(self, loader: Loader, folder: Path) -> None:
        self.loader, self.path = loader, folder / loader.file
        for name in BESIDE:
            shutil.copy(SEEDS / name, folder)

    def read(self, data: bytes) -> bool:
        """Read a file of these bytes; return whether it was taken, False where it was refused as
        it should be. Whatever else is raised is a find.
        """
        self.path.write_bytes(data)
        try:
            self.loader.read(self.path)
        except BackpainError:
            return False
        return True
