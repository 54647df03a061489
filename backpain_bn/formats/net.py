"""Hugin NET: nodes with quoted states, and potentials whose numbers stand in nested brackets."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ..errors import shown
from ..model.distributions import Floats
from ..model.network import Network
from .parsed_network import FlatTable, ParsedNetwork, Place
from .scanner import Scanner
from .written_cells import check_names, table_of, words_of

KIND = "Hugin NET"
_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|%[^\n]*', re.DOTALL)
_TOKEN = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<mark>[{}()=,;|])|(?P<word>[^\s{}()=,;|"]+)|.', re.DOTALL
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STATE = re.compile(r".+")
_RULE = "names of variables there are letters, digits and underscores, no digit first"
_OTHERS = ("continuous", "decision", "utility", "function", "class")


@dataclass(slots=True)
class NestedTable(FlatTable):
    """A table whose numbers stand in brackets, one pair for each row and each group of rows, or
    one pair around all; `brackets` holds them with how many numbers stand between, "((2)(2))".
    """

    brackets: str

    def cells(self, parsed: ParsedNetwork, name: str) -> Floats | None:
        """Return the probabilities, if the brackets are those of the parents."""
        cells = FlatTable.cells(self, parsed, name)
        if cells is None:
            return None
        groups = [len(parsed.states[parent]) for parent in self.parents]
        expected = f"({len(parsed.states[name])})"
        for size in reversed(groups):
            expected = f"({expected * size})"
        if self.brackets in (expected, f"({cells.size})"):
            return cells
        rows = math.prod(groups)
        said = f"the brackets in the data of {shown(name)} do not fit its {rows} rows"
        parsed.complain(self.place, said)
        return None


def read(parsed: ParsedNetwork, text: str) -> None:
    """Read the nodes and potentials of a NET file; how it is drawn is passed over."""
    net = Scanner(parsed, text, _TOKEN, _COMMENT, escapes=True)
    while net.next:
        place = net.place
        word = net.take("net", "node", "discrete", "potential", *_OTHERS)
        if word in _OTHERS:
            parsed.refuse(place, f'"{word}" is not read, only discrete nodes and potentials')
        elif word == "net":
            net.skip("{")
            _fields(net)
        elif word == "potential":
            _potential(parsed, net)
        else:
            if word == "discrete":
                net.take("node")
            place, name = net.place, net.name()
            net.take("{")
            states, label = _fields(net)
            parsed.variable(place, name, states, label)


def _fields(net: Scanner) -> tuple[list[str], str]:
    """Pass over the fields up to the closing brace; return the states and the label among them."""
    states: list[str] = []
    label = ""
    seen: set[str] = set()
    while True:
        place, field = net.place, net.take()
        if field == "}":
            return states, label
        _once(net, place, field, seen)
        net.take("=")
        if field == "states":
            net.take("(")
            states = net.names(")")
            net.take(";")
        elif field == "label":
            # An empty label is no name.
            label = "" if net.next == '""' else net.name()
            net.skip(";")
        else:
            net.skip(";")


def _once(net: Scanner, place: Place, field: str, seen: set[str]) -> None:
    """Complain of a field that the same block has already."""
    if field in seen:
        net.parsed.complain(place, f"{shown(field)} is written twice")
    seen.add(field)


def _potential(parsed: ParsedNetwork, net: Scanner) -> None:
    net.take("(")
    place, name = net.place, net.name()
    parents = net.names(")") if net.take("|", ")") == "|" else []
    axes = (*parents, name)
    found = NestedTable(place, parents, [], axes, "(0)")
    seen: set[str] = set()
    net.take("{")
    while True:
        field_place, field = net.place, net.take()
        if field == "}":
            break
        _once(net, field_place, field, seen)
        net.take("=")
        if field != "data":
            if field.startswith("model"):
                said = f"{field} of {shown(name)} is not read, only data"
                parsed.complain(field_place, said)
            net.skip(";")
            continue
        start, text = net.until(";")
        brackets = re.sub("[^()]+", _count, text)
        numbers = net.numbers(start, re.sub("[()]", " ", text))
        found = NestedTable(place, parents, numbers, axes, brackets)
    parsed.table(name, found)


def _count(between: re.Match[str]) -> str:
    """Return how many numbers stand between two brackets, nothing for none."""
    count = len(between.group().replace(",", " ").split())
    return str(count) if count else ""


def write(network: Network) -> str:
    """Return a network as Hugin NET, which holds names, labels, states and tables; a noisy-OR is
    written out.

    Raises `BackpainError` for a name that NET cannot hold, or a noisy-OR above 2^16 cells.
    """
    check_names(network, KIND, _NAME, _STATE, _RULE)
    parts = ["net\n{\n}\n"]
    for name, variable in network.variables.items():
        states = " ".join(map(_quoted, variable.states))
        label = f"  label = {_quoted(variable.label)};\n" if variable.label else ""
        parts.append(f"node {name}\n{{\n{label}  states = ({states});\n}}\n")
    parts += [_written(network, name) for name in network]
    return "".join(parts)


def _quoted(text: str) -> str:
    """Return a text in quotes, a backslash before what would end it."""
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'


def _written(network: Network, name: str) -> str:
    parents = network[name].parents
    groups = [f"({' '.join(row)})" for row in words_of(table_of(network, name, KIND))]
    for parent in reversed(parents):
        size = len(network.states[parent])
        starts = range(0, len(groups), size)
        groups = [f"({' '.join(groups[start : start + size])})" for start in starts]
    under = f" | {' '.join(parents)}" if parents else ""
    return f"potential ({name}{under})\n{{\n  data = {groups[0]};\n}}\n"
