"""Strict scans of BIF, XMLBIF and XDSL files that know the lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from ..errors import listed, shown
from .parsed_network import Block, Document, Place

MOST_DEPTH = 20

_WORD = re.compile(r'(?:(?!//|/\*)[^\s{}()\[\],;|"])+')
_TOKEN = re.compile(
    rf"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)|"(?P<quoted>[^"\n]*)"|(?P<mark>[{{}}()\[\],;|])|(?P<word>{_WORD.pattern})|.""",
    re.DOTALL,
)


class _Bif:
    """The words of a BIF file, one after another."""

    def __init__(self, document: Document, text: str) -> None:
        self.document = document
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.tokens = [match for match in _TOKEN.finditer(text) if match.lastgroup != "space"]
        self.at = 0

    @property
    def place(self) -> Place:
        """Where the next word stands."""
        offset = self.tokens[min(self.at, len(self.tokens) - 1)].start() if self.tokens else 0
        line = bisect_right(self.lines, offset)
        return line, offset - self.lines[line - 1] + 1

    @property
    def next(self) -> str:
        """The next word or mark, without taking it; nothing at the end."""
        return self.tokens[self.at].group() if self.at < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        """Take the next word or mark, which must be one of those expected (none given: any)."""
        word = self.next
        if not word or (expected and word not in expected):
            wanted = " or ".join(f'"{each}"' for each in expected) or "more"
            self.document.refuse(
                self.place,
                f"not valid BIF: expected {wanted}, found "
                f"{shown(word) if word else 'the end of the file'}",
            )
        self.at += 1
        return word

    def name(self) -> str:
        """Take a name, quoted or not."""
        place, token = self.place, self.tokens[min(self.at, len(self.tokens) - 1)]
        self.take()
        if token.lastgroup == "word":
            return token.group()
        if token.lastgroup != "quoted":
            self.document.refuse(
                place, f"not valid BIF: expected a name, found {shown(token.group())}"
            )
        name = token["quoted"]
        if not _WORD.fullmatch(name):
            self.document.complain(
                place,
                f"the name {shown(name)} has a space or a mark in it, which BIF files do not "
                "carry safely",
            )
        return name

    def words(self, *ends: str) -> Iterator[tuple[Place, str]]:
        """Take names or numbers up to one of the ends, with or without commas between them."""
        while self.next not in ends:
            place = self.place
            yield place, self.name()
            if self.next == ",":
                self.take()
        self.take(*ends)

    def skip(self, end: str) -> None:
        """Take everything up to `end`: properties, which say nothing about probabilities."""
        while self.take() != end:
            pass


def _scan_bif(document: Document, text: str) -> None:
    bif = _Bif(document, text)
    if bif.next == "network":
        bif.skip("{")
        while bif.take("property", "}") == "property":
            bif.skip(";")
    while bif.next:
        if bif.take("variable", "probability") == "variable":
            _bif_variable(document, bif)
        else:
            _bif_probability(document, bif)


def _bif_variable(document: Document, bif: _Bif) -> None:
    place, name = bif.place, bif.name()
    bif.take("{")
    states: list[str] | None = None
    while (word := bif.take("type", "property", "}")) != "}":
        if word == "property":
            bif.skip(";")
            continue
        if states is not None:
            document.complain(place, f"variable {shown(name)} has two types")
        bif.take("discrete")
        bif.take("[")
        size = bif.name()
        bif.take("]")
        bif.take("{")
        states = [state for _, state in bif.words("}")]
        bif.take(";")
        if size != str(len(states)):
            document.complain(
                place,
                f"variable {shown(name)} says it has {size} states and names {len(states)} (no "
                "spaces in names)",
            )
    document.variable(place, name, states or [])


def _bif_probability(document: Document, bif: _Bif) -> None:
    bif.take("(")
    place, name = bif.place, bif.name()
    parents = [parent for _, parent in bif.words(")")] if bif.take("|", ")") == "|" else []
    block = Block(place, parents)
    bif.take("{")
    while (word := bif.take("(", "table", "property", "default", "}")) != "}":
        place = bif.place
        if word == "property":
            bif.skip(";")
        elif word == "default":
            document.complain(place, f"default rows are not read; write every row of {shown(name)}")
            bif.skip(";")
        elif word == "table":
            if block.flat is not None:
                document.complain(place, f"{shown(name)} has a second table")
            block.flat = [document.number(*each) for each in bif.words(";")]
        else:
            given = tuple(state for _, state in bif.words(")"))
            block.rows.append((place, given, [document.number(*each) for each in bif.words(";")]))
    if block.flat is not None and block.rows:
        document.complain(block.place, f"{shown(name)} has both a table and rows")
    document.block(name, block)


@dataclass(slots=True)
class _Element:
    tag: str
    attributes: dict[str, str]
    place: Place
    text: str = ""
    inside: list[_Element] = field(default_factory=list)

    def all(self, tag: str) -> list[_Element]:
        return [each for each in self.inside if each.tag == tag]


def _tree(document: Document, text: str) -> _Element:
    """Return the root of an XML file; whatever could reach outside the file or grow without limit
    is refused.
    """
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text, parser.buffer_size = True, 2**20
    stack = [_Element("", {}, (1, 1))]

    def place() -> Place:
        return parser.CurrentLineNumber, parser.CurrentColumnNumber + 1

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(stack) > MOST_DEPTH:
            document.refuse(place(), f"more than {MOST_DEPTH} levels deep")
        stack.append(_Element(tag, attributes, place()))
        stack[-2].inside.append(stack[-1])

    def end(_: str) -> None:
        stack.pop()

    def characters(data: str) -> None:
        stack[-1].text += data

    def doctype(_: str, system: str | None, public: str | None, __: bool) -> None:
        if system or public:
            document.refuse(
                place(), "the file asks for a document type from outside; remove the reference"
            )

    def entity(*_: object) -> None:
        document.refuse(place(), "entities are not allowed (<!ENTITY ...>)")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = doctype, entity
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        document.refuse(
            (error.lineno, error.offset + 1), f"not valid XML: {expat.ErrorString(error.code)}"
        )
    return stack[0].inside[0]


def _parts(document: Document, element: _Element, *known: str) -> None:
    """Complain of every element inside that is not known: pgmpy would pass over it."""
    for each in element.inside:
        if each.tag not in known:
            document.complain(
                each.place,
                f"<{each.tag}> in <{element.tag}> is not read, only {listed(known) or 'text'}",
            )


def _single(document: Document, element: _Element, tag: str) -> _Element:
    every = element.all(tag)
    if len(every) != 1:
        document.refuse(
            element.place, f"<{element.tag}> needs exactly one <{tag}>, it has {len(every)}"
        )
    return every[0]


def _name(document: Document, element: _Element) -> str:
    name = element.text
    if not name or name != name.strip() or element.inside:
        document.complain(
            element.place,
            f"<{element.tag}> needs a name without spaces around it, not {shown(name)}",
        )
    return name


def _numbers(document: Document, element: _Element) -> list[float]:
    _parts(document, element)
    return [document.number(element.place, word) for word in element.text.split()]


def _root(document: Document, text: str, tag: str) -> _Element:
    root = _tree(document, text)
    if root.tag != tag:
        document.refuse(
            root.place, f"not {document.kind}: the file begins with <{root.tag}>, not <{tag}>"
        )
    return root


def _scan_xmlbif(document: Document, text: str) -> None:
    network = _single(document, _root(document, text, "BIF"), "NETWORK")
    _single(document, network, "NAME")
    _parts(document, network, "NAME", "PROPERTY", "VARIABLE", "DEFINITION")
    for element in network.all("VARIABLE"):
        _parts(document, element, "NAME", "OUTCOME", "PROPERTY")
        name = _name(document, _single(document, element, "NAME"))
        if element.attributes.get("TYPE", "nature") != "nature":
            document.complain(
                element.place,
                f"{shown(name)} is of type {shown(element.attributes['TYPE'])}; only nature is "
                "read",
            )
        for entry in element.all("PROPERTY"):
            if entry.text and entry.text.count("=") != 1:
                document.complain(
                    entry.place, f"a property must read name = value, not {shown(entry.text)}"
                )
        document.variable(
            element.place, name, [_name(document, outcome) for outcome in element.all("OUTCOME")]
        )
    for element in network.all("DEFINITION"):
        _parts(document, element, "FOR", "GIVEN", "TABLE", "PROPERTY")
        name = _name(document, _single(document, element, "FOR"))
        parents = [_name(document, given) for given in element.all("GIVEN")]
        document.block(
            name,
            Block(element.place, parents, _numbers(document, _single(document, element, "TABLE"))),
        )


def _id(document: Document, element: _Element) -> str:
    name = element.attributes.get("id", "")
    if not _WORD.fullmatch(name):
        document.complain(
            element.place, f"<{element.tag}> needs an id without spaces or marks, not {shown(name)}"
        )
    return name


def _scan_xdsl(document: Document, text: str) -> None:
    root = _root(document, text, "smile")
    _parts(document, root, "properties", "nodes", "extensions")
    nodes = _single(document, root, "nodes")
    _parts(document, nodes, "cpt")
    for element in nodes.all("cpt"):
        _parts(document, element, "state", "parents", "probabilities", "property")
        name = _id(document, element)
        document.variable(
            element.place, name, [_id(document, state) for state in element.all("state")]
        )
        parents = [parent for every in element.all("parents") for parent in every.text.split()]
        document.block(
            name,
            Block(
                element.place,
                parents,
                _numbers(document, _single(document, element, "probabilities")),
            ),
        )


SCANS: dict[str, tuple[str, Callable[[Document, str], None]]] = {
    ".bif": ("BIF", _scan_bif),
    ".xdsl": ("XDSL", _scan_xdsl),
    ".xml": ("XMLBIF", _scan_xmlbif),
    ".xmlbif": ("XMLBIF", _scan_xmlbif),
}
