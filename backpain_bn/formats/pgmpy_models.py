"""Networks to and from pgmpy, and through its readers from BIF, XMLBIF and XDSL files.

pgmpy's readers drop what they do not know and guess what is missing. So every file is read twice,
by pgmpy and by a strict scan of our own that knows the lines, and is refused where the two do not
agree on every state, parent and probability.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FileProblem, listed, shown
from ..model.network import TOLERANCE, Mechanism, Network, NoisyOr, Row, Table, Variable, number
from .bif import SCANS
from .effect_sizes import table
from .parsed_network import NEARLY_ONE, Array, Document, row_problem, tables

if TYPE_CHECKING:
    from pgmpy.models import DiscreteBayesianNetwork

MOST_COLUMNS = 2**10
"""A noisy-OR whose parents have more combinations than this is chained for pgmpy instead of written
out.
"""


def to_pgmpy(network: Network) -> DiscreteBayesianNetwork:
    """Return the network as a pgmpy model that passes `check_model()` and gives the same P(variable
    | evidence).

    Every family becomes a `TabularCPD` with the names of its states. A noisy-OR with more than 2^10
    combinations of parents is chained through helper variables (see `divorced`), which every query
    sums out. Raises `BackpainError` for a table above 2^22 cells.
    """
    pgmpy = _pgmpy()
    chained = divorced(network)
    cpds = []
    model = pgmpy.DiscreteBayesianNetwork()
    model.name = network.name
    model.add_nodes_from(list(chained.variables))
    model.add_edges_from(
        [
            (parent, name)
            for name, variable in chained.variables.items()
            for parent in variable.parents
        ]
    )
    for name, variable in chained.variables.items():
        sizes = [len(chained[parent].states) for parent in variable.parents]
        # A sum of mechanisms may end one rounding step above 1.
        values = np.minimum(table(chained, name), 1.0).reshape(-1, len(variable.states)).T
        states = {each: list(chained[each].states) for each in (name, *variable.parents)}
        cpds.append(
            pgmpy.TabularCPD(
                name,
                len(variable.states),
                values,
                list(variable.parents),
                sizes,
                state_names=states,
            )
        )
    model.add_cpds(*cpds)
    return model


def divorced(network: Network) -> Network:
    """Return the same distribution with every large noisy-OR written as a chain, one mechanism per
    link (Olesen et al. 1989).

    Of `y` with n mechanisms, the helper `y__or_i` (states no, yes) says whether the leak or one of
    mechanisms 1 to i produced the effect, i < n, and `y` itself ends the chain. A name that is
    taken gets a further `_`.

    >>> from backpain_bn.model.network import prior
    >>> causes = {f"x{i}": Variable(f"x{i}", ("no", "yes"), prior(0.9, 0.1)) for i in range(11)}
    >>> model = NoisyOr(
    ...     number(0.02), tuple(Mechanism({name: ("yes",)}, number(0.3)) for name in causes)
    ... )
    >>> chained = divorced(
    ...     Network("pain", {**causes, "y": Variable("y", ("no", "yes"), model)})
    ... )
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
    """Return a pgmpy model as a network of explicit tables: names and states as text, labels the
    names, role `risk_factor`.

    Rows whose sum is off by 1e-9 to 1e-6, or with 1 + 2e-16 for a 1, are divided by their sum, and
    `notes` says so. Raises `FileProblem` listing everything wrong: rows further off, names that are
    the same as text, missing tables, tables that do not fit the edges.

    >>> from backpain_bn.model.network import prior
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
