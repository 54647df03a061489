"""Networks to and from pgmpy, and through its readers from BIF, XMLBIF and XDSL files.

pgmpy's readers drop what they do not know and guess what is missing. So every file is read twice, by pgmpy and by a strict scan of our
own that knows the lines, and is refused where the two do not agree on every state, parent and probability.
"""

from __future__ import annotations

import math
import re
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from itertools import product
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from .cpt import LARGEST_TABLE, table
from .errors import FileProblem, listed, shown, unknown
from .network import TOLERANCE, Mechanism, Network, NoisyOr, Row, Table, Variable, number

if TYPE_CHECKING:
    from pgmpy.models import DiscreteBayesianNetwork

MOST_COLUMNS = 2**10
"""A noisy-OR whose parents have more combinations than this is chained for pgmpy instead of written out."""
NEARLY_ONE = 1e-6
"""Rows that sum to 1 within this are divided by their sum, and `Network.notes` says so; rows further off are refused."""
MOST_DEPTH = 20
Place = tuple[int, int]
Array = NDArray[np.float64]


def to_pgmpy(network: Network) -> DiscreteBayesianNetwork:
    """Return the network as a pgmpy model that passes `check_model()` and gives the same P(variable | evidence).

    Every family becomes a `TabularCPD` with the names of its states. A noisy-OR with more than 2^10 combinations of parents is chained
    through helper variables (see `divorced`), which every query sums out. Raises `BackpainError` for a table above 2^22 cells.
    """
    pgmpy = _pgmpy()
    chained = divorced(network)
    cpds = []
    model = pgmpy.DiscreteBayesianNetwork()
    model.name = network.name
    model.add_nodes_from(list(chained.variables))
    model.add_edges_from([(parent, name) for name, variable in chained.variables.items() for parent in variable.parents])
    for name, variable in chained.variables.items():
        sizes = [len(chained[parent].states) for parent in variable.parents]
        values = table(chained, name).reshape(-1, len(variable.states)).T
        states = {each: list(chained[each].states) for each in (name, *variable.parents)}
        cpds.append(pgmpy.TabularCPD(name, len(variable.states), values, list(variable.parents), sizes, state_names=states))
    model.add_cpds(*cpds)
    return model


def divorced(network: Network) -> Network:
    """Return the same distribution with every large noisy-OR written as a chain, one mechanism per link (Olesen et al. 1989).

    Of `y` with n mechanisms, the helper `y__or_i` (states no, yes) says whether the leak or one of mechanisms 1 to i produced the
    effect, i < n, and `y` itself ends the chain. A name that is taken gets a further `_`.

    >>> from .network import prior
    >>> causes = {f"x{i}": Variable(f"x{i}", ("no", "yes"), prior(0.9, 0.1)) for i in range(11)}
    >>> model = NoisyOr(number(0.02), tuple(Mechanism({name: ("yes",)}, number(0.3)) for name in causes))
    >>> chained = divorced(Network("pain", {**causes, "y": Variable("y", ("no", "yes"), model)}))
    >>> len(chained.variables), chained["y__or_2"].parents, chained["y"].parents
    (22, ('y__or_1', 'x1'), ('y__or_10', 'x10'))
    """
    variables: dict[str, Variable] = {}
    for variable in network.variables.values():
        columns = math.prod(len(network[parent].states) for parent in variable.parents)
        if isinstance(variable.distribution, NoisyOr) and columns > MOST_COLUMNS:
            for link in _chain(variable, variable.distribution, network.variables):
                variables[link.name] = link
        else:
            variables[variable.name] = variable
    return replace(network, variables=variables)


def _chain(variable: Variable, model: NoisyOr, taken: Mapping[str, Variable]) -> Iterator[Variable]:
    before: tuple[Mechanism, ...] = ()
    leak = model.leak
    for index, mechanism in enumerate(model.mechanisms[:-1], start=1):
        name = f"{variable.name}__or_{index}"
        while name in taken:
            name += "_"
        yield Variable(name, ("no", "yes"), NoisyOr(leak, (*before, mechanism)))
        before, leak = (Mechanism({name: ("yes",)}, number(1.0)),), number(0.0)
    yield replace(variable, distribution=NoisyOr(leak, (*before, *model.mechanisms[-1:])))


def from_pgmpy(model: DiscreteBayesianNetwork) -> Network:
    """Return a pgmpy model as a network of explicit tables: names and states as text, labels the names, role `risk_factor`.

    Rows whose sum is off by 1e-9 to 1e-6 are divided by it, and `notes` says so. Raises `FileProblem` listing everything wrong: rows
    further off, names that are the same as text, missing tables, tables that do not fit the edges.

    >>> from .network import prior
    >>> network = Network("garden", {"rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2))})
    >>> from_pgmpy(to_pgmpy(network))["rain"].distribution == network["rain"].distribution
    True
    """
    pgmpy = _pgmpy()
    cpds = {cpd.variable: cpd for cpd in model.get_cpds()}
    found: list[str] = []
    for node in model.nodes():
        if not isinstance(cpds.get(node), pgmpy.TabularCPD):
            found.append(f"{node} has no table (TabularCPD)")
        elif set(cpds[node].variables[1:]) != set(model.predecessors(node)):
            found.append(f"the table of {node} has parents {listed(list(map(str, cpds[node].variables[1:])))}; the edges say otherwise")
    names = [str(node) for node in model.nodes()]
    found += [f"two variables are called {shown(name)} as text" for name in dict.fromkeys(names) if names.count(name) > 1]
    if found:
        raise FileProblem(found)
    states = {str(node): tuple(str(state) for state in cpds[node].state_names[node]) for node in model.nodes()}
    notes: list[str] = []
    variables = {}
    for node in model.nodes():
        rows = _rows(cpds[node], states, found, notes)
        parents = tuple(str(parent) for parent in cpds[node].variables[1:])
        variables[str(node)] = Variable(str(node), states[str(node)], Table(parents, rows), label=str(node))
    if found:
        raise FileProblem(found)
    return Network(str(model.name or "unnamed"), variables, notes=tuple(notes))


def _rows(cpd: Any, states: Mapping[str, tuple[str, ...]], found: list[str], notes: list[str]) -> tuple[Row, ...]:
    name, *parents = map(str, cpd.variables)
    own = [[str(state) for state in cpd.state_names[each]] for each in cpd.variables[1:]]
    for parent, known in zip(parents, own, strict=True):
        if sorted(known) != sorted(states[parent]) or len(set(known)) < len(known):
            found.append(f"the table of {name} has states {listed(known)} of {parent}, which has {listed(states[parent])}")
            return ()
    values = np.asarray(cpd.get_values(), dtype=np.float64).T
    place = dict(zip(product(*own), values.tolist(), strict=True))
    rows, divided = [], 0
    for given in product(*(states[parent] for parent in parents)):
        numbers = place[given]
        problem = _row_problem(name, parents, given, numbers)
        if problem:
            found.append(problem)
            continue
        total = math.fsum(numbers)
        if abs(total - 1) > TOLERANCE:
            numbers, divided = [p / total for p in numbers], divided + 1
        rows.append(Row(given, tuple(number(p) for p in numbers)))
    if divided:
        notes.append(f"{name}: {divided} of {len(values)} rows summed to 1 only within {NEARLY_ONE:g} and were divided by their sum")
    return tuple(rows)


def _row_problem(name: str, parents: Sequence[str], given: Sequence[str], numbers: Sequence[float]) -> str:
    row = f"{name} given {_condition(parents, given)}" if parents else name
    wrong = next((p for p in numbers if not 0 <= p <= 1), None)
    if wrong is not None:
        return f"probability {wrong:g} of {row} is outside [0, 1]"
    total = math.fsum(numbers)
    return f"probabilities of {row} sum to {total:.10g}, not 1" if abs(total - 1) > NEARLY_ONE else ""


def _condition(parents: Sequence[str], given: Sequence[str]) -> str:
    return ", ".join(f"{parent}={state}" for parent, state in zip(parents, given, strict=True))


def from_text(text: str, suffix: str, name: str, path: str) -> Network:
    """Return the network that a BIF (`.bif`), XMLBIF (`.xml`, `.xmlbif`) or GeNIe (`.xdsl`) file describes; `path` is for messages only.

    Raises `FileProblem` with everything found wrong, `path:line:column message`, also where pgmpy and we do not read the same.

    >>> coin = 'network n { }\\nvariable coin { type discrete [2] { tails, heads }; }\\nprobability ( coin ) { table 0.5, 0.6; }\\n'
    >>> from_text(coin, ".bif", "coin", "coin.bif")
    Traceback (most recent call last):
    backpain_bn.errors.FileProblem: coin.bif:3:15 probabilities of coin sum to 1.1, not 1
    """
    kinds: dict[str, tuple[str, Callable[[_Document, str], None]]] = {".bif": ("BIF", _scan_bif), ".xdsl": ("XDSL", _scan_xdsl)}
    kind, scan = kinds.get(suffix, ("XMLBIF", _scan_xmlbif))
    # Line ends as pgmpy has them when it opens a file itself; its BIF reader loses a last block without one.
    text = text.replace("\r\n", "\n")
    text = text if text.endswith("\n") else text + "\n"
    document = _Document(path, kind)
    scan(document, text)
    tables = _tables(document)
    model = _read(document, text)
    if set(model.nodes()) != set(tables):
        names = listed(sorted(map(str, model.nodes())))
        document.refuse((1, 1), f"pgmpy reads the variables {names}; the file has {listed(sorted(tables))}")
    for each, values in tables.items():
        if not _agrees(model.get_cpds(each), document, each, values):
            document.complain(document.blocks[each].place, f"pgmpy reads {shown(each)} differently from what is written here")
    document.stop()
    return replace(from_pgmpy(model), name=name)


def _read(document: _Document, text: str) -> Any:
    reader = _pgmpy().readers[document.kind]
    try:
        return reader(string=text).get_model()
    except Exception as error:
        document.refuse((1, 1), f"the file is not valid {document.kind}: pgmpy cannot read it ({type(error).__name__})")


def _agrees(cpd: Any, document: _Document, name: str, values: Array) -> bool:
    block = document.blocks[name]
    return (
        cpd is not None
        and list(cpd.variables) == [name, *block.parents]
        and all(list(cpd.state_names[each]) == document.states[each] for each in cpd.variables)
        and np.array_equal(np.asarray(cpd.get_values()).T, values)
    )


def _pgmpy() -> SimpleNamespace:
    """Return what is used of pgmpy, which takes seconds to import and warns of its own deprecations."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`pgmpy", category=FutureWarning)
        from pgmpy.factors.discrete import TabularCPD
        from pgmpy.models import DiscreteBayesianNetwork
        from pgmpy.readwrite import BIFReader, XDSLReader, XMLBIFReader
    readers = {"BIF": BIFReader, "XDSL": XDSLReader, "XMLBIF": XMLBIFReader}
    return SimpleNamespace(TabularCPD=TabularCPD, DiscreteBayesianNetwork=DiscreteBayesianNetwork, readers=readers)


@dataclass(slots=True)
class _Block:
    """One probability block: either `flat` numbers (the variable's own states slowest in BIF, fastest in XML) or `rows` by condition."""

    place: Place
    parents: list[str]
    flat: list[float] | None = None
    rows: list[tuple[Place, tuple[str, ...], list[float]]] = field(default_factory=list)


@dataclass(slots=True)
class _Document:
    """What our own scan finds in a file, and what is wrong with it."""

    path: str
    kind: str
    states: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    blocks: dict[str, _Block] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def complain(self, place: Place, message: str) -> None:
        self.found.append(f"{self.path}:{place[0]}:{place[1]} {message}")

    def refuse(self, place: Place, message: str) -> NoReturn:
        self.complain(place, message)
        raise FileProblem(self.found)

    def stop(self) -> None:
        if self.found:
            raise FileProblem(self.found)

    def variable(self, place: Place, name: str, states: list[str]) -> None:
        if name in self.states:
            self.complain(place, f"variable {shown(name)} is declared twice")
        if len(states) < 2 or len(set(states)) < len(states):
            self.complain(place, f"variable {shown(name)} needs two or more different states, not {listed(states) or 'none'}")
        self.states[name], self.places[name] = states, place

    def block(self, name: str, block: _Block) -> None:
        if name in self.blocks:
            self.complain(block.place, f"{shown(name)} has a second probability block")
        if len(set(block.parents)) < len(block.parents):
            self.complain(block.place, f"a parent of {shown(name)} is listed twice: {listed(block.parents)}")
        self.blocks[name] = block

    def number(self, place: Place, word: str) -> float:
        value = float(word) if _NUMBER.fullmatch(word) else math.nan
        if 0 <= value <= 1:
            return value
        self.complain(place, f"{shown(word)} is no probability between 0 and 1")
        return math.nan


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def _tables(document: _Document) -> dict[str, Array]:
    """Return P(variable | parents) of every variable, shape (rows, own size), the last parent changing fastest."""
    if not document.states and not document.found:
        document.complain((1, 1), f"the file declares no variable; it is not valid {document.kind}")
    for name, place in document.places.items():
        if name not in document.blocks:
            document.complain(place, f"variable {shown(name)} has no probability block")
    for name, block in document.blocks.items():
        for each in (name, *block.parents):
            if each not in document.states:
                document.complain(block.place, str(unknown("variable", each, document.states)))
    document.stop()
    try:
        TopologicalSorter({name: block.parents for name, block in document.blocks.items()}).prepare()
    except CycleError as error:
        document.complain(document.blocks[error.args[1][0]].place, f"variables cause each other in a circle: {listed(error.args[1])}")
    tables = {name: _table(document, name, block) for name, block in document.blocks.items()}
    document.stop()
    return tables


def _table(document: _Document, name: str, block: _Block) -> Array:
    size = len(document.states[name])
    shape = [len(document.states[parent]) for parent in block.parents]
    rows = math.prod(shape)
    if rows * size > LARGEST_TABLE:
        document.refuse(block.place, f"the table of {shown(name)} has {rows * size:,} cells; the limit is {LARGEST_TABLE:,}")
    places = [block.place] * rows
    values = np.full((rows, size), math.nan)
    if block.flat is None:
        _fill(document, name, block, values, places)
    elif len(block.flat) != rows * size:
        document.complain(block.place, f"the table of {shown(name)} has {len(block.flat)} numbers; it needs {rows * size}")
    else:
        values = np.reshape(block.flat, (size, rows)).T if document.kind == "BIF" else np.reshape(block.flat, (rows, size))
    for index in np.flatnonzero(np.abs(values.sum(axis=1) - 1) > NEARLY_ONE / 2):
        given = [document.states[p][i] for p, i in zip(block.parents, np.unravel_index(index, shape), strict=True)] if shape else []
        problem = _row_problem(name, block.parents, given, values[index].tolist())
        if problem:
            document.complain(places[index], problem)
    return values


def _fill(document: _Document, name: str, block: _Block, values: Array, places: list[Place]) -> None:
    every = list(product(*(document.states[parent] for parent in block.parents)))
    index = {given: position for position, given in enumerate(every)}
    seen: set[tuple[str, ...]] = set()
    for place, given, numbers in block.rows:
        if given not in index:
            document.complain(
                place, f"({listed(given)}) is no combination of states of {listed(block.parents)}, the parents of {shown(name)}"
            )
        elif given in seen:
            document.complain(place, f"the row of {shown(name)} given {_condition(block.parents, given)} is written twice")
        elif len(numbers) != values.shape[1]:
            document.complain(place, f"a row of {shown(name)} has {len(numbers)} numbers for {values.shape[1]} states")
        else:
            values[index[given]], places[index[given]] = numbers, place
        seen.add(given)
    missing = [given for given in every if given not in seen]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        row = f" given {_condition(block.parents, missing[0])}{more}" if missing[0] else ""
        document.complain(block.place, f"{shown(name)} has no probabilities{row}")


_WORD = re.compile(r'(?:(?!//|/\*)[^\s{}()\[\],;|"])+')
_TOKEN = re.compile(
    rf"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)|"(?P<quoted>[^"\n]*)"|(?P<mark>[{{}}()\[\],;|])|(?P<word>{_WORD.pattern})|.""", re.DOTALL
)


class _Bif:
    """The words of a BIF file, one after another."""

    def __init__(self, document: _Document, text: str) -> None:
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
            self.document.refuse(self.place, f"not valid BIF: expected {wanted}, found {shown(word) if word else 'the end of the file'}")
        self.at += 1
        return word

    def name(self) -> str:
        """Take a name, quoted or not."""
        place, token = self.place, self.tokens[min(self.at, len(self.tokens) - 1)]
        self.take()
        if token.lastgroup == "word":
            return token.group()
        if token.lastgroup != "quoted":
            self.document.refuse(place, f"not valid BIF: expected a name, found {shown(token.group())}")
        name = token["quoted"]
        if not _WORD.fullmatch(name):
            self.document.complain(place, f"the name {shown(name)} has a space or a mark in it, which BIF files do not carry safely")
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


def _scan_bif(document: _Document, text: str) -> None:
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


def _bif_variable(document: _Document, bif: _Bif) -> None:
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
            document.complain(place, f"variable {shown(name)} says it has {size} states and names {len(states)} (no spaces in names)")
    document.variable(place, name, states or [])


def _bif_probability(document: _Document, bif: _Bif) -> None:
    bif.take("(")
    place, name = bif.place, bif.name()
    parents = [parent for _, parent in bif.words(")")] if bif.take("|", ")") == "|" else []
    block = _Block(place, parents)
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


def _tree(document: _Document, text: str) -> _Element:
    """Return the root of an XML file; whatever could reach outside the file or grow without limit is refused."""
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
            document.refuse(place(), "the file asks for a document type from outside; remove the reference")

    def entity(*_: object) -> None:
        document.refuse(place(), "entities are not allowed (<!ENTITY ...>)")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = doctype, entity
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        document.refuse((error.lineno, error.offset + 1), f"not valid XML: {expat.ErrorString(error.code)}")
    return stack[0].inside[0]


def _parts(document: _Document, element: _Element, *known: str) -> None:
    """Complain of every element inside that is not known: pgmpy would pass over it."""
    for each in element.inside:
        if each.tag not in known:
            document.complain(each.place, f"<{each.tag}> in <{element.tag}> is not read, only {listed(known) or 'text'}")


def _single(document: _Document, element: _Element, tag: str) -> _Element:
    every = element.all(tag)
    if len(every) != 1:
        document.refuse(element.place, f"<{element.tag}> needs exactly one <{tag}>, it has {len(every)}")
    return every[0]


def _name(document: _Document, element: _Element) -> str:
    name = element.text
    if not name or name != name.strip() or element.inside:
        document.complain(element.place, f"<{element.tag}> needs a name without spaces around it, not {shown(name)}")
    return name


def _numbers(document: _Document, element: _Element) -> list[float]:
    _parts(document, element)
    return [document.number(element.place, word) for word in element.text.split()]


def _root(document: _Document, text: str, tag: str) -> _Element:
    root = _tree(document, text)
    if root.tag != tag:
        document.refuse(root.place, f"not {document.kind}: the file begins with <{root.tag}>, not <{tag}>")
    return root


def _scan_xmlbif(document: _Document, text: str) -> None:
    network = _single(document, _root(document, text, "BIF"), "NETWORK")
    _single(document, network, "NAME")
    _parts(document, network, "NAME", "PROPERTY", "VARIABLE", "DEFINITION")
    for element in network.all("VARIABLE"):
        _parts(document, element, "NAME", "OUTCOME", "PROPERTY")
        name = _name(document, _single(document, element, "NAME"))
        if element.attributes.get("TYPE", "nature") != "nature":
            document.complain(element.place, f"{shown(name)} is of type {shown(element.attributes['TYPE'])}; only nature is read")
        for entry in element.all("PROPERTY"):
            if entry.text and entry.text.count("=") != 1:
                document.complain(entry.place, f"a property must read name = value, not {shown(entry.text)}")
        document.variable(element.place, name, [_name(document, outcome) for outcome in element.all("OUTCOME")])
    for element in network.all("DEFINITION"):
        _parts(document, element, "FOR", "GIVEN", "TABLE", "PROPERTY")
        name = _name(document, _single(document, element, "FOR"))
        parents = [_name(document, given) for given in element.all("GIVEN")]
        document.block(name, _Block(element.place, parents, _numbers(document, _single(document, element, "TABLE"))))


def _id(document: _Document, element: _Element) -> str:
    name = element.attributes.get("id", "")
    if not _WORD.fullmatch(name):
        document.complain(element.place, f"<{element.tag}> needs an id without spaces or marks, not {shown(name)}")
    return name


def _scan_xdsl(document: _Document, text: str) -> None:
    root = _root(document, text, "smile")
    _parts(document, root, "properties", "nodes", "extensions")
    nodes = _single(document, root, "nodes")
    _parts(document, nodes, "cpt")
    for element in nodes.all("cpt"):
        _parts(document, element, "state", "parents", "probabilities", "property")
        name = _id(document, element)
        document.variable(element.place, name, [_id(document, state) for state in element.all("state")])
        parents = [parent for every in element.all("parents") for parent in every.text.split()]
        document.block(name, _Block(element.place, parents, _numbers(document, _single(document, element, "probabilities"))))
