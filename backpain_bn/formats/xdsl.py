"""XDSL, the format of GeNIe and SMILE: tables, deterministic nodes, and noisy-MAX nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np

from ..errors import shown, unknown
from ..model.distributions import Floats
from ..model.network import Network
from .noisy_max import Column, NoisyMaxTable, columns_of
from .parsed_network import FlatTable, ParsedNetwork, ParsedTable
from .written_cells import check_names, table_of, title_of, words_of
from .xml_tree import Element, check_parts, numbers, root, single

KIND = "XDSL"
_WORD = re.compile(r'[^\s{}()\[\],;|"]+')
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_STATE = re.compile(r"[A-Za-z0-9_]+")
_RULE = "ids there are letters, digits and underscores, those of variables with a letter first"
_NODES = ("cpt", "deterministic", "noisymax")
_SHARED = ("state", "parents", "property")


def read(parsed: ParsedNetwork, text: str) -> None:
    """Read the nodes of an XDSL file; of how it is drawn (its extensions) only the names that are
    shown, as labels.
    """
    smile = root(parsed, text, "smile")
    check_parts(parsed, smile, "properties", "nodes", "extensions")
    nodes = single(parsed, smile, "nodes")
    check_parts(parsed, nodes, *_NODES)
    labels = _labels(smile)
    for element in nodes.inside:
        if element.tag in _NODES:
            _node(parsed, element, labels)


def _labels(smile: Element) -> dict[str, str]:
    """Return the names under which a program with pictures shows the nodes."""
    found: dict[str, str] = {}
    waiting = smile.all("extensions")
    while waiting:
        element = waiting.pop()
        # Of the nodes that lie in a drawing, each may be in a submodel.
        waiting += [each for each in element.inside if each.tag in ("genie", "submodel")]
        for node in element.all("node"):
            found |= {node.attributes.get("id", ""): name.text for name in node.all("name")}
    return found


def _node(parsed: ParsedNetwork, element: Element, labels: Mapping[str, str]) -> None:
    name = _id(parsed, element)
    states = [_id(parsed, state) for state in element.all("state")]
    parsed.variable(element.place, name, states, labels.get(name, ""))
    words = [word for every in element.all("parents") for word in every.text.split()]
    parsed.table(name, _table(parsed, element, name, words))


def _id(parsed: ParsedNetwork, element: Element) -> str:
    name = element.attributes.get("id", "")
    if not _WORD.fullmatch(name):
        said = f"<{element.tag}> needs an id without spaces or marks, not {shown(name)}"
        parsed.complain(element.place, said)
    return name


def _table(parsed: ParsedNetwork, element: Element, name: str, parents: list[str]) -> ParsedTable:
    if element.tag == "noisymax":
        check_parts(parsed, element, *_SHARED, "strengths", "parameters")
        strengths = _words(parsed, element, "strengths")
        values = numbers(parsed, single(parsed, element, "parameters"))
        return NoisyMaxTable(element.place, parents, strengths, values)
    if element.tag == "deterministic":
        check_parts(parsed, element, *_SHARED, "resultingstates")
        return ResultTable(element.place, parents, _words(parsed, element, "resultingstates"))
    check_parts(parsed, element, *_SHARED, "probabilities")
    values = numbers(parsed, single(parsed, element, "probabilities"))
    return FlatTable(element.place, parents, values, (*parents, name))


def _words(parsed: ParsedNetwork, element: Element, tag: str) -> list[str]:
    inside = single(parsed, element, tag)
    check_parts(parsed, inside)
    return inside.text.split()


@dataclass(slots=True)
class ResultTable(ParsedTable):
    """A deterministic node: the state that follows from each combination of the parents' states,
    the last parent changing fastest.
    """

    results: list[str]

    def cells(self, parsed: ParsedNetwork, name: str) -> Floats | None:
        """Return a 1 for the state that follows in each row."""
        states, rows = parsed.states[name], parsed.rows(self.parents)
        strange = next((each for each in self.results if each not in states), None)
        if strange is not None:
            parsed.complain(self.place, str(unknown(f"state of {name}", strange, states)))
            return None
        if len(self.results) != rows:
            said = f"{shown(name)} has {len(self.results)} resulting states; it needs {rows}"
            parsed.complain(self.place, said)
            return None
        places = {state: position for position, state in enumerate(states)}
        return np.eye(len(states))[[places[each] for each in self.results]]


def write(network: Network) -> str:
    """Return a network as XDSL, which holds ids, labels, states, tables, and a noisy-OR whose
    mechanisms have one parent each as a noisy-MAX node, its effect first; others are written out.
    Parents come before their children, as the readers of this format want it.

    Raises `BackpainError` for a name that is no id, or a noisy-OR above 2^16 cells.
    """
    check_names(network, KIND, _ID, _STATE, _RULE)
    models = {name: columns_of(network[name], network.states) for name in network}
    turned = frozenset(name for name, columns in models.items() if columns)
    parts = [_written(network, name, models[name], turned) for name in network.order]
    title = title_of(network, _ID)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<smile version="1.0" id="{title}">\n'
    nodes = f"<nodes>\n{''.join(parts)}</nodes>\n"
    return f"{head}{nodes}{_shown(network, title)}</smile>\n"


def _shown(network: Network, title: str) -> str:
    """Return what only programs with pictures read: the names to be shown."""
    names = "".join(
        f'<node id="{name}"><name>{escape(variable.label or name)}</name></node>\n'
        for name, variable in network.variables.items()
    )
    genie = f'<genie version="1.0" app="backpain_bn" name="{title}">\n{names}</genie>\n'
    return f"<extensions>\n{genie}</extensions>\n"


def _written(
    network: Network, name: str, columns: list[Column] | None, turned: frozenset[str]
) -> str:
    variable = network[name]
    states = [*reversed(variable.states)] if columns else variable.states
    lines = [f'  <state id="{state}"/>\n' for state in states]
    if variable.parents:
        lines.append(f"  <parents>{' '.join(variable.parents)}</parents>\n")
    if columns:
        lines += _parameters(network, variable.parents, columns, turned)
        return f'<noisymax id="{name}">\n{"".join(lines)}</noisymax>\n'
    flipped = tuple(axis for axis, parent in enumerate(variable.parents) if parent in turned)
    table = np.flip(table_of(network, name, KIND), flipped)
    values = " ".join(word for row in words_of(table) for word in row)
    lines.append(f"  <probabilities>{values}</probabilities>\n")
    return f'<cpt id="{name}">\n{"".join(lines)}</cpt>\n'


def _parameters(
    network: Network, parents: tuple[str, ...], columns: list[Column], turned: frozenset[str]
) -> list[str]:
    """Return the strengths and columns of a noisy-MAX node of two states, the leak last."""
    strengths = []
    for parent, state, _ in columns[:-1]:
        states = network.states[parent]
        place = states.index(state)
        strengths.append(str(len(states) - 1 - place if parent in turned else place))
    values = " ".join(f"{p!r} {1 - p!r}" for _, _, p in columns)
    order = f"  <strengths>{' '.join(strengths)}</strengths>\n"
    return [order, f"  <parameters>{values}</parameters>\n"]
