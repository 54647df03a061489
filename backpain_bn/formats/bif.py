"""BIF, the Interchange Format for Bayesian Networks of 1998 as the public repository writes it."""

from __future__ import annotations

import re
from itertools import product

from ..errors import shown
from ..model.network import Network
from .parsed_network import FlatTable, ParsedNetwork, Place, RowTable
from .scanner import Scanner
from .written_cells import check_names, table_of, title_of, words_of

KIND = "BIF"
_COMMENT = re.compile(r'"[^"\n]*"|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_TOKEN = re.compile(
    r'"(?P<quoted>[^"\n]*)"|(?P<mark>[{}()\[\],;|])|(?P<word>[^\s{}()\[\],;|"]+)|.', re.DOTALL
)
_BARE = re.compile(r'(?!.*(?://|/\*))[^\s{}()\[\],;|"]+')
"""A name that needs no quotes around it."""
_NAME = re.compile(r'[^"\n]+')
_RULE = "names there have no quotes in them"


def read(parsed: ParsedNetwork, text: str) -> None:
    """Read the variables and tables of a BIF file; properties and comments are passed over."""
    bif = Scanner(parsed, text, _TOKEN, _COMMENT)
    if bif.next == "network":
        bif.skip("{")
        while bif.take("property", "}") == "property":
            bif.skip(";")
    while bif.next:
        if bif.take("variable", "probability") == "variable":
            _variable(parsed, bif)
        else:
            _probability(parsed, bif)


def _variable(parsed: ParsedNetwork, bif: Scanner) -> None:
    place, name = bif.place, bif.name()
    bif.take("{")
    states: list[str] | None = None
    while (word := bif.take("type", "property", "}")) != "}":
        if word == "property":
            bif.skip(";")
            continue
        if states is not None:
            parsed.complain(place, f"variable {shown(name)} has two types")
        bif.take("discrete")
        bif.take("[")
        size = bif.name()
        bif.take("]")
        bif.take("{")
        states = bif.names("}")
        bif.take(";")
        if size != str(len(states)):
            parsed.complain(
                place,
                f"variable {shown(name)} says it has {shown(size).strip(chr(34))} states and names "
                f"{len(states)} (no spaces in names)",
            )
    parsed.variable(place, name, states or [])


def _probability(parsed: ParsedNetwork, bif: Scanner) -> None:
    bif.take("(")
    place, name = bif.place, bif.name()
    parents = bif.names(")") if bif.take("|", ")") == "|" else []
    rows = RowTable(place, parents)
    table: FlatTable | None = None
    bif.take("{")
    while (word := bif.take("(", "table", "property", "default", "}")) != "}":
        if word == "property":
            bif.skip(";")
        elif word == "default":
            said = f"default rows are not read; write every row of {shown(name)}"
            parsed.complain(bif.place, said)
            bif.skip(";")
        elif word == "table":
            if table is not None:
                parsed.complain(bif.place, f"{shown(name)} has a second table")
            table = FlatTable(place, parents, bif.numbers(*bif.until(";")), (name, *parents))
        else:
            rows.rows.append(_row(bif))
    if table is not None and rows.rows:
        parsed.complain(place, f"{shown(name)} has both a table and rows")
    parsed.table(name, table or rows)


def _row(bif: Scanner) -> tuple[Place, tuple[str, ...], list[float]]:
    """Return one row, whose opening bracket has been taken."""
    place, given = bif.place, tuple(bif.names(")"))
    return place, given, bif.numbers(*bif.until(";"))


def write(network: Network) -> str:
    """Return a network as BIF, which holds names, states and tables; a noisy-OR is written out, and
    a name with blanks or marks in it stands in quotes, which not every program reads.

    Raises `BackpainError` for a name that BIF cannot hold, or a noisy-OR above 2^16 cells.
    """
    check_names(network, KIND, _NAME, _NAME, _RULE)
    parts = [f"network {title_of(network, _BARE)} {{\n}}\n"]
    for name, variable in network.variables.items():
        states = ", ".join(map(_quoted, variable.states))
        size = len(variable.states)
        parts.append(
            f"variable {_quoted(name)} {{\n  type discrete [ {size} ] {{ {states} }};\n}}\n"
        )
    parts += [_written(network, name) for name in network]
    return "".join(parts)


def _quoted(name: str) -> str:
    return name if _BARE.fullmatch(name) else f'"{name}"'


def _written(network: Network, name: str) -> str:
    parents = network[name].parents
    every = product(*(network.states[parent] for parent in parents))
    lines = []
    for given, row in zip(every, words_of(table_of(network, name, KIND)), strict=True):
        head = f"({', '.join(map(_quoted, given))})" if parents else "table"
        lines.append(f"  {head} {', '.join(row)};\n")
    under = f" | {', '.join(map(_quoted, parents))}" if parents else ""
    return f"probability ( {_quoted(name)}{under} ) {{\n{''.join(lines)}}}\n"
