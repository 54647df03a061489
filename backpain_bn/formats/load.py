"""Where a network comes from: shipped by name, or a file of ours or of another format."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from ..errors import UnknownName, unknown
from ..model.network import Network
from .kinds import need_network
from .mapping import with_healthy, with_outcome
from .overlay import overlaid
from .text_files import MOST_FOREIGN_BYTES, SHIPPED, read_text
from .voices import FOREIGN, OURS, file_named
from .yaml_document import read_yaml

DEFAULT = (SHIPPED / "default").read_text(encoding="utf-8").strip()
"""The network that is meant where none is named."""
NETWORK = re.compile(r"^(variables|base):", re.MULTILINE)
"""What a network file has and a red-flag file has not."""


def load(
    source: str | Path = DEFAULT,
    *,
    outcome: str | None = None,
    healthy: Mapping[str, str | bool] | None = None,
) -> Network:
    """Return a network: a shipped one by name, or one from a file (.yaml, .yml, .bif, .xml,
    .xmlbif, .xdsl, .net, .uai), to which a file beside it, NAME.mapping.yaml, may add what those
    formats do not hold (see `mapped`).

    `outcome` names the variable to explain, `healthy` the healthy state of the variables named,
    where the file does not say it or says otherwise. Raises `UnknownName` for a name that is not
    shipped, an outcome that is no variable and a healthy state that is no state, and `FileProblem`
    with everything that is wrong with a file.

    >>> load("car").outcome
    'no_start'
    """
    network = _network(source)
    if healthy is not None:
        network = with_healthy(network, healthy)
    if outcome is not None:
        network = with_outcome(network, outcome)
    return network


@lru_cache(maxsize=1)
def shipped() -> tuple[str, ...]:
    """Return the names of the networks that come with the package: the YAML files with variables,
    or with a base that has them.
    """
    files = SHIPPED.glob("*.yaml")
    return tuple(sorted(path.stem for path in files if NETWORK.search(read_text(path))))


def _network(source: str | Path) -> Network:
    if not isinstance(source, str | Path):
        raise unknown("network", source, shipped())
    name = str(source)
    is_path = isinstance(source, Path) or "/" in name or "\\" in name
    if is_path or Path(name).suffix.lower() in (*OURS, *FOREIGN):
        return _from_file(source if isinstance(source, Path) else Path(name))
    if name not in shipped():
        error = unknown("network", name, shipped())
        endings = ", ".join((*OURS, *FOREIGN))
        raise UnknownName(f"{error}; or a file that ends in one of {endings}")
    return _shipped(name)


@lru_cache(maxsize=8)
def _shipped(name: str) -> Network:
    return _from_file(SHIPPED / f"{name}.yaml")


def _from_file(path: Path) -> Network:
    suffix = path.suffix.lower()
    if suffix in FOREIGN:
        network = foreign_network(path)
        beside = f"{str(path)[: -len(suffix)]}.mapping.yaml"
        # What lies there and is no file is told, not passed over.
        if not os.path.lexists(beside):
            return network
        from .mapping_file import mapped

        return mapped(network, Path(beside))
    # Pydantic takes a tenth of a second to import.
    from .network_file import network_from

    document = read_yaml(path)
    need_network(document)
    if isinstance(document.data, dict) and "base" in document.data:
        merged, base = overlaid(document)
        return network_from(merged, (base, document))
    return network_from(document, (document,))


def foreign_network(path: Path) -> Network:
    """Return what a file of another format says by itself, without the mapping beside it; raises
    `FileProblem` as `load` does.
    """
    from .foreign import from_text

    return from_text(read_text(path, MOST_FOREIGN_BYTES), path.suffix.lower(), path.stem, str(path))


def voice_of(network: Network, name: str) -> Network:
    """Return one of the networks that speak of the same, which lies beside the file of this one or
    among the shipped ones.

    Raises `UnknownName` where there is none of that name, and `FileProblem` as `load` does.
    """
    path = file_named(name, Path(network.vocabulary.folder or SHIPPED))
    if path is None:
        raise unknown("network", name, shipped())
    return _shipped(name) if path.parent == SHIPPED else _from_file(path)


def other_voice(network: Network) -> Network | None:
    """Return the first of the other networks that speak of the same outcome, by the vocabulary's
    voices; None where there is none. Raises as `voice_of` does.
    """
    names = [name for name in network.vocabulary.voices if name != network.name]
    voices = (voice_of(network, name) for name in names)
    return next((voice for voice in voices if voice.outcome == network.outcome), None)


def network_of(network: Network | str | Path | None) -> Network:
    """Return a network as it is, or the one that a name or a path means (see `load`); None means
    the default one. Raises as `load` does.
    """
    if isinstance(network, Network):
        return network
    return load(DEFAULT if network is None else network)
