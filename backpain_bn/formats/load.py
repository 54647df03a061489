"""The only module that touches disk: YAML and CSV <-> `Network`, overlays, other people's
formats.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..errors import FileProblem, unknown
from ..model.network import Network
from ..model.variables import Source
from .overlay import overlaid
from .red_flag_file import red_flags_beside
from .sources import sources_beside
from .text_files import MOST_FOREIGN_BYTES, SHIPPED, read_text
from .yaml_document import read_yaml

DEFAULT = (SHIPPED / "default").read_text(encoding="utf-8").strip()
"""The network that is meant where none is named."""
FOREIGN = (".bif", ".xml", ".xmlbif", ".xdsl")


def load(source: str | Path = DEFAULT) -> Network:
    """Return a network: a shipped one by name, or one from a file (.yaml, .yml, .bif, .xml,
    .xmlbif).

    Raises `UnknownName` for a name that is not shipped, and `FileProblem` with everything that is
    wrong with a file.

    >>> load().outcome
    'low_back_pain'
    """
    name = str(source)
    if not isinstance(source, str | Path):
        raise unknown("network", source, shipped())
    if (
        isinstance(source, Path)
        or Path(name).suffix.lower() in (".yaml", ".yml", *FOREIGN)
        or "/" in name
        or "\\" in name
    ):
        return _from_file(Path(name))
    if name not in shipped():
        raise unknown("network", name, shipped())
    return _shipped(name)


def shipped() -> tuple[str, ...]:
    """Return the names of the networks that come with the package."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml") if path.stem != "red_flags"))


@lru_cache(maxsize=8)
def _shipped(name: str) -> Network:
    return _from_file(SHIPPED / f"{name}.yaml")


def _from_file(path: Path) -> Network:
    if path.suffix.lower() in FOREIGN:
        from .pgmpy_models import from_text

        return from_text(
            read_text(path, MOST_FOREIGN_BYTES), path.suffix.lower(), path.stem, str(path)
        )
    from .network_file import build

    document = read_yaml(path)
    rows: dict[str, Source] | None = {}
    if isinstance(document.data, dict):
        document, rows = (
            overlaid(document)
            if "base" in document.data
            else (document, sources_beside(document, path.parent))
        )
    network, problems = build(document.data, rows, red_flags_beside(document))
    for problem in problems:
        document.complain(problem.path, problem.message)
    if network is None or document.found:
        raise FileProblem(document.lines())
    return network


def network_of(network: Network | str | Path | None) -> Network:
    """Return a network as it is, or the one that a name or a path means (see `load`); None means
    the default one. Raises as `load` does.
    """
    if isinstance(network, Network):
        return network
    return load(DEFAULT if network is None else network)
