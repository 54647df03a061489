"""An XML text as elements that know their places; what could reach outside the file or grow
without limit is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from ..errors import listed, shown
from .parsed_network import ParsedNetwork, Place, plain_numbers

MOST_DEPTH = 20
MOST_ELEMENTS = 300_000


@dataclass(slots=True)
class Element:
    """One element: its text without that of the elements inside it."""

    tag: str
    attributes: dict[str, str]
    place: Place
    text: str = ""
    inside: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> list[Element]:
        """Return the elements of one kind directly inside."""
        return [each for each in self.inside if each.tag == tag]


class _Reader:
    """Builds elements from what expat finds."""

    def __init__(self, parsed: ParsedNetwork) -> None:
        self.parsed = parsed
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.buffer_size = 2**20
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.entity
        self.stack = [Element("", {}, (1, 1))]
        self.elements = 0

    @property
    def place(self) -> Place:
        return self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if len(self.stack) > MOST_DEPTH:
            self.parsed.refuse(self.place, f"more than {MOST_DEPTH} levels deep")
        if self.elements > MOST_ELEMENTS:
            self.parsed.refuse(self.place, f"more than {MOST_ELEMENTS:,} elements")
        element = Element(tag, attributes, self.place)
        self.stack[-1].inside.append(element)
        self.stack.append(element)

    def end(self, _: str) -> None:
        self.stack.pop()

    def characters(self, data: str) -> None:
        self.stack[-1].text += data

    def doctype(self, _: str, system: str | None, public: str | None, __: bool) -> None:
        if system or public:
            said = "the file asks for a document type from outside; remove the reference"
            self.parsed.refuse(self.place, said)

    def entity(self, *_: object) -> None:
        self.parsed.refuse(self.place, "entities are not allowed (<!ENTITY ...>)")

    def root(self, text: str) -> Element:
        try:
            self.parser.Parse(text, True)
        except expat.ExpatError as error:
            said = f"not valid XML: {expat.ErrorString(error.code)}"
            self.parsed.refuse((error.lineno, error.offset + 1), said)
        return self.stack[0].inside[0]


def root(parsed: ParsedNetwork, text: str, tag: str) -> Element:
    """Return the outermost element, which must be a `tag`."""
    found = _Reader(parsed).root(text)
    if found.tag != tag:
        said = f"not {parsed.kind}: the file begins with <{found.tag}>, not <{tag}>"
        parsed.refuse(found.place, said)
    return found


def check_parts(parsed: ParsedNetwork, element: Element, *known: str) -> None:
    """Complain of every element inside that is not known: it could change the probabilities."""
    for each in element.inside:
        if each.tag not in known:
            said = f"<{each.tag}> in <{element.tag}> is not read, only {listed(known) or 'text'}"
            parsed.complain(each.place, said)


def single(parsed: ParsedNetwork, element: Element, tag: str) -> Element:
    """Return the only element of one kind inside another; anything but one is refused."""
    every = element.all(tag)
    if len(every) != 1:
        said = f"<{element.tag}> needs exactly one <{tag}>, it has {len(every)}"
        parsed.refuse(element.place, said)
    return every[0]


def numbers(parsed: ParsedNetwork, element: Element) -> list[float]:
    """Return the probabilities that an element holds, with blanks between them."""
    check_parts(parsed, element)
    values = plain_numbers(element.text)
    if values is None:
        return [parsed.number(element.place, word) for word in element.text.split()]
    return values


def named(parsed: ParsedNetwork, element: Element) -> str:
    """Return the name that an element holds as its text."""
    name = element.text
    if not name or name != name.strip() or element.inside:
        said = f"<{element.tag}> needs a name without spaces around it, not {shown(name)}"
        parsed.complain(element.place, said)
    return name
