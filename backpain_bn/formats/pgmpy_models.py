"""Networks to and from pgmpy, and through its readers from BIF, XMLBIF and XDSL files.

pgmpy's readers drop what they do not know and guess what is missing. So every file is read twice,
by pgmpy and by a strict scan of our own that knows the lines, and is refused where the two do not
agree on every state, parent and probability.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FileProblem, listed, shown
from ..model.distributions import TOLERANCE, Row, Table, number
from ..model.network import Network
from ..model.variables import Variable
from .bif import SCANS
from .parsed_network import NEARLY_ONE, Array, Document, row_problem, tables

if TYPE_CHECKING:
    from pgmpy.models import DiscreteBayesianNetwork


def from_pgmpy(model: DiscreteBayesianNetwork) -> Network:
    """Return a pgmpy model as a network of explicit tables: names and states as text, labels the
    names.

    Rows whose sum is off by 1e-9 to 1e-6, or with 1 + 2e-16 for a 1, are divided by their sum, and
    `notes` says so. Raises `FileProblem` listing everything wrong: rows further off, names that are
    the same as text, missing tables, tables that do not fit the edges.

    >>> from backpain_bn.model import prior
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
            found.append(
                f"the table of {node} has parents "
                f"{listed(list(map(str, cpds[node].variables[1:])))}; the edges say otherwise"
            )
    names = [str(node) for node in model.nodes()]
    found += [
        f"two variables are called {shown(name)} as text"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if found:
        raise FileProblem(found)
    states = {
        str(node): tuple(str(state) for state in cpds[node].state_names[node])
        for node in model.nodes()
    }
    notes: list[str] = []
    variables = {}
    for node in model.nodes():
        rows = _rows(cpds[node], states, found, notes)
        parents = tuple(str(parent) for parent in cpds[node].variables[1:])
        variables[str(node)] = Variable(
            str(node), states[str(node)], Table(parents, rows), label=str(node)
        )
    if found:
        raise FileProblem(found)
    return Network(str(model.name or "unnamed"), variables, notes=tuple(notes))


def _rows(
    cpd: Any, states: Mapping[str, tuple[str, ...]], found: list[str], notes: list[str]
) -> tuple[Row, ...]:
    name, *parents = map(str, cpd.variables)
    own = [[str(state) for state in cpd.state_names[each]] for each in cpd.variables[1:]]
    for parent, known in zip(parents, own, strict=True):
        if sorted(known) != sorted(states[parent]) or len(set(known)) < len(known):
            found.append(
                f"the table of {name} has states {listed(known)} of {parent}, which has "
                f"{listed(states[parent])}"
            )
            return ()
    values = np.asarray(cpd.get_values(), dtype=np.float64).T
    place = dict(zip(product(*own), values.tolist(), strict=True))
    rows, divided = [], 0
    for given in product(*(states[parent] for parent in parents)):
        numbers = place[given]
        problem = row_problem(name, parents, given, numbers)
        if problem:
            found.append(problem)
            continue
        total = math.fsum(numbers)
        if abs(total - 1) > TOLERANCE or max(numbers) > 1:
            numbers, divided = [p / total for p in numbers], divided + 1
        rows.append(Row(given, tuple(number(p) for p in numbers)))
    if divided:
        notes.append(
            f"{name}: {divided} of {len(values)} rows summed to 1 only within {NEARLY_ONE:g} and "
            "were divided by their sum"
        )
    return tuple(rows)


def from_text(text: str, suffix: str, name: str, path: str) -> Network:
    """Return the network that a BIF (`.bif`), XMLBIF (`.xml`, `.xmlbif`) or GeNIe (`.xdsl`) file
    describes; `path` is for messages only.

    Raises `FileProblem` with everything found wrong, `path:line:column message`, also where pgmpy
    and we do not read the same.

    >>> coin = "network n { }\\nvariable coin { type discrete [2] { tails, heads }; }\\nprobability ( coin ) { table 0.5, 0.6; }\\n"
    >>> from_text(coin, ".bif", "coin", "coin.bif")
    Traceback (most recent call last):
    backpain_bn.errors.FileProblem: coin.bif:3:15 probabilities of coin sum to 1.1, not 1
    """
    kind, scan = SCANS.get(suffix, SCANS[".xml"])
    # Line ends as pgmpy has them when it opens a file itself; its BIF reader loses a last block
    # without one.
    text = text.replace("\r\n", "\n")
    text = text if text.endswith("\n") else text + "\n"
    document = Document(path, kind)
    scan(document, text)
    read = tables(document)
    model = _read(document, text)
    if set(model.nodes()) != set(read):
        names = listed(sorted(map(str, model.nodes())))
        document.refuse(
            (1, 1), f"pgmpy reads the variables {names}; the file has {listed(sorted(read))}"
        )
    for each, values in read.items():
        if not _agrees(model.get_cpds(each), document, each, values):
            document.complain(
                document.blocks[each].place,
                f"pgmpy reads {shown(each)} differently from what is written here",
            )
    document.stop()
    return replace(from_pgmpy(model), name=name)


def _read(document: Document, text: str) -> Any:
    reader = _pgmpy().readers[document.kind]
    try:
        return reader(string=text).get_model()
    except Exception as error:
        document.refuse(
            (1, 1),
            f"the file is not valid {document.kind}: pgmpy cannot read it ({type(error).__name__})",
        )


def _agrees(cpd: Any, document: Document, name: str, values: Array) -> bool:
    block = document.blocks[name]
    return (
        cpd is not None
        and list(cpd.variables) == [name, *block.parents]
        and all(list(cpd.state_names[each]) == document.states[each] for each in cpd.variables)
        and np.array_equal(np.asarray(cpd.get_values()).T, values)
    )


def _pgmpy() -> SimpleNamespace:
    """Return what is used of pgmpy, which takes seconds to import and warns of its own
    deprecations.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`pgmpy", category=FutureWarning)
        from pgmpy.factors.discrete import TabularCPD
        from pgmpy.models import DiscreteBayesianNetwork
        from pgmpy.readwrite import BIFReader, XDSLReader, XMLBIFReader
    readers = {"BIF": BIFReader, "XDSL": XDSLReader, "XMLBIF": XMLBIFReader}
    return SimpleNamespace(
        TabularCPD=TabularCPD, DiscreteBayesianNetwork=DiscreteBayesianNetwork, readers=readers
    )
