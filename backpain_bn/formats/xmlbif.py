"""XMLBIF 0.3, the XML-based BayesNets Interchange Format of 1998."""

from __future__ import annotations

import re
from html import escape

from ..errors import shown
from ..model.network import Network
from .parsed_network import FlatTable, ParsedNetwork
from .written_cells import check_names, table_of, title_of, words_of
from .xml_tree import Element, check_parts, named, numbers, root, single

KIND = "XMLBIF"
_NAME = re.compile(r"(?!\s).+(?<!\s)", re.DOTALL)
_RULE = "names there have no blanks around them and no control characters"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<BIF VERSION="0.3">\n<NETWORK>\n'
"""Without a document type, over which some readers stumble."""


def read(parsed: ParsedNetwork, text: str) -> None:
    """Read the variables and tables of an XMLBIF file; properties are passed over."""
    network = single(parsed, root(parsed, text, "BIF"), "NETWORK")
    single(parsed, network, "NAME")
    check_parts(parsed, network, "NAME", "PROPERTY", "VARIABLE", "DEFINITION")
    for element in network.all("VARIABLE"):
        _variable(parsed, element)
    for element in network.all("DEFINITION"):
        _definition(parsed, element)


def _variable(parsed: ParsedNetwork, element: Element) -> None:
    check_parts(parsed, element, "NAME", "OUTCOME", "PROPERTY")
    name = named(parsed, single(parsed, element, "NAME"))
    kind = element.attributes.get("TYPE", "nature")
    if kind != "nature":
        said = f"{shown(name)} is of type {shown(kind)}; only nature is read"
        parsed.complain(element.place, said)
    for entry in element.all("PROPERTY"):
        if entry.text and entry.text.count("=") != 1:
            said = f"a property must read name = value, not {shown(entry.text)}"
            parsed.complain(entry.place, said)
    states = [named(parsed, outcome) for outcome in element.all("OUTCOME")]
    parsed.variable(element.place, name, states)


def _definition(parsed: ParsedNetwork, element: Element) -> None:
    check_parts(parsed, element, "FOR", "GIVEN", "TABLE", "PROPERTY")
    name = named(parsed, single(parsed, element, "FOR"))
    parents = [named(parsed, given) for given in element.all("GIVEN")]
    values = numbers(parsed, single(parsed, element, "TABLE"))
    parsed.table(name, FlatTable(element.place, parents, values, (*parents, name)))


def write(network: Network) -> str:
    """Return a network as XMLBIF, which holds names, states and tables; a noisy-OR is written out.

    Raises `BackpainError` for a name that XML cannot hold, or a noisy-OR above 2^16 cells.
    """
    check_names(network, KIND, _NAME, _NAME, _RULE)
    parts = [_HEAD, f"{_tagged('NAME', title_of(network, _NAME))}\n"]
    for name, variable in network.variables.items():
        outcomes = "".join(f"  {_tagged('OUTCOME', state)}\n" for state in variable.states)
        head = f'<VARIABLE TYPE="nature">\n  {_tagged("NAME", name)}\n'
        parts.append(f"{head}{outcomes}</VARIABLE>\n")
    parts += [_written(network, name) for name in network]
    return "".join([*parts, "</NETWORK>\n</BIF>\n"])


def _tagged(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>"


def _written(network: Network, name: str) -> str:
    given = "".join(f"  {_tagged('GIVEN', parent)}\n" for parent in network[name].parents)
    rows = "\n    ".join(" ".join(row) for row in words_of(table_of(network, name, KIND)))
    table = f"  <TABLE>\n    {rows}\n  </TABLE>\n"
    return f"<DEFINITION>\n  {_tagged('FOR', name)}\n{given}{table}</DEFINITION>\n"
