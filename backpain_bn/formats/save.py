"""Networks into files of other formats, with a mapping beside them for what those do not hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..errors import BackpainError, listed, shown
from ..model.network import Network
from ..model.network import divorced as chained
from .foreign import FORMATS
from .load import load
from .plain_names import with_plain_names
from .text_files import write

NAMELESS = ".uai"
"""The ending of the format that holds no names, so that no mapping can speak of them."""


def save(
    network: Network | str | Path,
    path: str | Path,
    *,
    divorced: bool = False,
    plain_names: bool = False,
) -> None:
    """Write a network, given as a `Network`, a name or a path, to a file, whole or not at all; the
    ending of its name says in which format: .bif, .xml or .xmlbif, .xdsl, .net, .uai.

    All of them hold the graph, the states and the probabilities, exactly; UAI holds no names. What
    they do not hold of outcome, healthy states, labels, roles, words and questions is written into
    a mapping beside the file, NAME.mapping.yaml (not for UAI), which `load` reads with it; sources,
    ranges, treatments, advice and red flags stay behind. Files of one name and several endings
    share a mapping. A noisy-OR is kept in XDSL, where each mechanism has one parent, and written
    out as a table elsewhere; `divorced` writes a large one as a chain of small ones. `plain_names`
    writes letters, digits and underscores in place of names that a format may not hold.

    Raises `BackpainError` for an ending that is none of these, for a network that the format cannot
    hold and where the mapping would not fit another file that is read with it, and `FileProblem`
    where the file cannot be written.

    >>> import tempfile
    >>> from backpain_bn.formats.load import load
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save("car", Path(folder, "car.bif"))
    ...     len(load(Path(folder, "car.bif")))
    20
    """
    convert(network, path, divorced=divorced, plain_names=plain_names)


def convert(
    network: Network | str | Path,
    path: str | Path,
    *,
    divorced: bool = False,
    plain_names: bool = False,
) -> tuple[str, ...]:
    """Write a network as `save` does, and return in sentences what stands in the mapping beside it
    and what neither holds.
    """
    network = network if isinstance(network, Network) else load(network)
    if not isinstance(path, str | Path):
        raise BackpainError(f"a network is saved to a path, not to {shown(path)}")
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in FORMATS:
        known = listed(list(FORMATS))
        raise BackpainError(
            f"{shown(str(path))}: a network is saved to a file that ends in one of {known}"
        )
    form = FORMATS[ending]
    lost = list(_lost(network))
    notes: list[str] = []
    if plain_names:
        network, renamed = with_plain_names(network)
        notes += renamed
    text = form.write(chained(network) if divorced else network)
    # Pydantic takes a tenth of a second to import.
    from .written_mapping import check_mapping_beside, check_nameless, write_mapping

    if ending == NAMELESS:
        check_nameless(text, path)
        write(path, text)
        lost = ["names", "outcome", "healthy states", "labels", "questions", *lost]
    else:
        check_mapping_beside(network, path)
        write(path, text)
        notes.append(write_mapping(network, path))
    if lost:
        notes.append(f"what {form.kind} does not hold stays behind: {', '.join(lost)}")
    return tuple(filter(None, notes))


def _lost(network: Network) -> Iterator[str]:
    """Yield what neither a file of another format nor a mapping holds."""
    numbers = [entry for variable in network.variables.values() for entry in variable.numbers]
    parts = {
        "sources": any(entry.sources for entry in numbers),
        "ranges": any(entry.low < entry.high for entry in numbers),
        "treatments": bool(network.treatments),
        "advice": bool(network.advice),
        "red flags": bool(network.red_flags.rules),
        "other voices": any(name != network.name for name in network.vocabulary.voices),
        "published figures": bool(network.published),
    }
    return (name for name, there in parts.items() if there)
