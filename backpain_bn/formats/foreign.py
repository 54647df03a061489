"""Other people's formats, by the ending of a file's name: one reader, one writer, one line each."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..model.network import Network
from . import bif, net, uai, xdsl, xmlbif
from .bif_at_once import network_at_once
from .parsed_network import ParsedNetwork
from .yaml_document import CONTROL


class Format(NamedTuple):
    """How one format is called, read and written; where there is a way to read most files at once,
    it comes first, and returns None of all others.
    """

    kind: str
    read: Callable[[ParsedNetwork, str], None]
    write: Callable[[Network], str]
    at_once: Callable[[str, str], Network | None] | None = None


FORMATS = {
    ".bif": Format(bif.KIND, bif.read, bif.write, network_at_once),
    ".xml": Format(xmlbif.KIND, xmlbif.read, xmlbif.write),
    ".xmlbif": Format(xmlbif.KIND, xmlbif.read, xmlbif.write),
    ".xdsl": Format(xdsl.KIND, xdsl.read, xdsl.write),
    ".net": Format(net.KIND, net.read, net.write),
    ".uai": Format(uai.KIND, uai.read, uai.write),
}


def from_text(text: str, suffix: str, name: str, path: str) -> Network:
    """Return the network that a text in the format of `suffix` describes; `path` is only named in
    its problems.

    No state is known to be healthy. Rows whose sum is off by 1e-9 to 1e-6 are divided by it, and
    `notes` says so. Raises `FileProblem` with everything that is wrong, `path:line:column`.

    >>> coin = '''network n { }
    ... variable coin { type discrete [2] { tails, heads }; }
    ... probability ( coin ) { table 0.5, 0.6; }
    ... '''
    >>> from_text(coin, ".bif", "coin", "coin.bif")
    Traceback (most recent call last):
    backpain_bn.errors.FileProblem: coin.bif:3:15 probabilities of coin sum to 1.1, not 1
    """
    form = FORMATS[suffix]
    text = text.replace("\r\n", "\n")
    hidden = CONTROL.search(text)
    if form.at_once and not hidden:
        network = form.at_once(text, name)
        if network is not None:
            return network
    parsed = ParsedNetwork(path, form.kind)
    if hidden:
        before = text[: hidden.start()].split("\n")
        place = len(before), len(before[-1]) + 1
        parsed.refuse(place, f"control characters are not allowed (U+{ord(hidden[0]):04X})")
    form.read(parsed, text)
    return parsed.network(name)
