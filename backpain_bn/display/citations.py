"""Where every number comes from: a variable's numbers in words, and the sources behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby

from ..model.distributions import EXPERT, NoisyOr, Number
from ..model.grades import grade
from ..model.network import Network
from ..model.numbers import (
    CLASSES,
    LEAK,
    PUBLISHED,
    ROW,
    Parameter,
    number_class,
    numbers_of,
)
from ..model.variables import Source, Trial
from ..records import record
from ..red_flags.answered import RedFlags
from .blocks import Note, TextTable, View
from .words import conditions_words, counted, grade_words, number_words, percent, plain

JUDGEMENT = "the judgement of this network's authors"


@record
class Entry:
    """One number of a variable: what it is the probability of, the number, its class and sources
    (see `classed`), and its grade ("" for what is no link).
    """

    what: str
    number: Number
    sources: str
    grade: str = ""


def entries(network: Network, name: str) -> Iterator[Entry]:
    """Yield every number of one variable, in the order of the file.

    >>> from backpain_bn.model import Mechanism, Variable, number, prior
    >>> wet = NoisyOr(number(0.1), (Mechanism({"rain": ("yes",)}, number(0.9)),))
    >>> garden = {
    ...     "rain": Variable("rain", ("no", "yes"), prior(0.8, 0.2)),
    ...     "wet": Variable("wet", ("no", "yes"), wet),
    ... }
    >>> for entry in entries(Network("garden", garden), "wet"):
    ...     print(f"{entry.what}: {entry.number.p}")
    with none of the causes below: 0.1
    rain: 0.9
    """
    marginal = network[name].marginal
    if marginal is not None:
        sources = classed(network, marginal)
        yield Entry("overall (checked, not used as a link)", marginal, sources)
    for one in _by_variable(network)[name]:
        linked = graded(network, one.number) if one.when else ""
        sources = classed(network, one.number)
        yield Entry(_what(network, one), one.number, sources, linked)


@lru_cache(maxsize=8)
def _by_variable(network: Network) -> Mapping[str, tuple[Parameter, ...]]:
    groups = groupby(numbers_of(network), lambda one: one.variable)
    return {name: tuple(group) for name, group in groups}


def _what(network: Network, one: Parameter) -> str:
    """Of what one number is the probability."""
    if one.kind == LEAK:
        return "with none of the causes below"
    given = conditions_words(network, one.when)
    if one.kind != ROW:
        return given
    return f"{plain(one.state)} given {given}" if given else plain(one.state)


def graded(network: Network, number: Number) -> str:
    """Return the grade of one number's sources (see `network.grade`)."""
    return grade(number.sources, number.against, network.sources)


def ids(number: Number | Trial) -> str:
    """Return a number's sources as ids, those against it last.

    >>> ids(Number(0.1, 0.0, 0.2, ("SIT-HF-01", "S4.8"), ("HF-NORM-01",)))
    'SIT-HF-01, S4.8; against: HF-NORM-01'
    """
    against = f"; against: {', '.join(number.against)}" if number.against else ""
    return f"{', '.join(number.sources) or 'no source'}{against}"


def classed(network: Network, number: Number) -> str:
    """Return the class of a number and its sources.

    >>> from backpain_bn.model import Variable, prior
    >>> rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
    >>> classed(Network("garden", {"rain": rain}), Number(0.2, 0.1, 0.3, ("expert",)))
    'judgement: expert'
    """
    return f"{number_class(number, network.sources)}: {ids(number)}"


def references(network: Network, wanted: Iterable[str]) -> TextTable:
    """Return the sources of these ids, as a table of id and what it is; grade C rows say that they
    are not verified.
    """
    rows = []
    for id in dict.fromkeys(wanted):
        if id == EXPERT:
            rows.append((id, JUDGEMENT))
        elif id in network.sources:
            source = network.sources[id]
            rows.append((id, f"{reference(source)}: {source.says}{unverified(source)}"))
    return TextTable(("source", "what it is"), tuple(rows))


def reference(source: Source) -> str:
    """Return where a source was published."""
    return f"{source.reference} doi:{source.doi}" if source.doi else source.reference


def unverified(source: Source) -> str:
    """Return what to say behind a source that nobody has read; nothing of others."""
    return " [not verified: do not rely on it]" if source.read == "C" else ""


def views(network: Network, names: Iterable[str]) -> list[View]:
    """Return, for each variable, every number with range, grade and sources, and so those of the
    links that leave it for what is not listed itself, and then the sources.
    """
    sections: list[View] = []
    wanted: list[str] = []
    listed = list(names)
    for name in listed:
        variable = network[name]
        found, leaving = list(entries(network, name)), list(leaving_links(network, name, listed))
        about = [Note(variable.about)] if variable.about else []
        sections.append(View(f"{name}: {variable.label}", (*about, _table(found))))
        if leaving:
            sections.append(View(f"{name}: what it leads to", (_table(leaving),)))
        for entry in (*found, *leaving):
            wanted += [*entry.number.sources, *entry.number.against]
    table = references(network, wanted)
    return [*sections, View("Sources", (table,), aside=True)] if table.rows else sections


def number_rows(network: Network, names: Iterable[str]) -> list[dict[str, object]]:
    """Return one plain dict for every number of some variables: what it is, with range, grade and
    sources.
    """
    return [
        {
            "variable": name,
            "what": entry.what,
            "p": entry.number.p,
            "low": entry.number.low,
            "high": entry.number.high,
            "grade": entry.grade,
            "class": number_class(entry.number, network.sources),
            "published": entry.number.published,
            "note": entry.number.note,
            "sources": list(entry.number.sources),
            "against": list(entry.number.against),
        }
        for name in names
        for entry in entries(network, network[name].name)
    ]


def leaving_links(network: Network, name: str, listed: Collection[str]) -> Iterator[Entry]:
    """Yield the numbers of the links from one variable to those that are not listed."""
    for one in numbers_of(network):
        if name in one.when and one.variable not in listed:
            grade_of_it, sources = graded(network, one.number), classed(network, one.number)
            yield Entry(number_words(network, one), one.number, sources, grade_of_it)


def _table(found: Iterable[Entry]) -> TextTable:
    header = ("probability", "grade", "of what, its class, and its sources")
    return TextTable(header, tuple(map(_row, found)))


def _row(entry: Entry) -> tuple[str, str, str]:
    number = entry.number
    printed = f" from {number.published}" if number.published else ""
    return (
        f"{number.p:.3g} ({number.low:.3g} to {number.high:.3g})",
        entry.grade or "-",
        f"{entry.what}{printed} [{entry.sources}]",
    )


def advice(network: Network, findings: Mapping[str, object], red_flags: RedFlags) -> Iterator[Note]:
    """Yield the advice that goes with the findings, with its sources; while any red flag is set,
    only where to be looked at.
    """
    for entry in network.advice.values():
        applies = entry.when and all(
            findings.get(name) == state for name, state in entry.when.items()
        )
        if applies and not (red_flags.set and entry.kind == "caution"):
            words = grade_words(network, grade(entry.sources, (), network.sources))
            yield Note(f"{entry.text} [{words}: {', '.join(entry.sources)}]")


def classes(network: Network) -> dict[str, int]:
    """Return how many numbers of the network belong to each class (see `number_class`)."""
    numbers = [number for variable in network.variables.values() for number in variable.numbers]
    numbers += [treatment.success for treatment in network.treatments.values()]
    found = dict.fromkeys(CLASSES, 0)
    for number in numbers:
        found[number_class(number, network.sources)] += 1
    found[PUBLISHED] += sum(each.trial is not None for each in network.treatments.values())
    return found


def counts(network: Network) -> dict[str, int]:
    """Return how many variables, links, mechanisms, treatments, claims, studies and numbers the
    network holds.
    """
    models = [variable.distribution for variable in network.variables.values()]
    kinds = [source.kind for source in network.sources.values()]
    return {
        "variables": len(network.variables),
        "links": sum(len(model.parents) for model in models),
        "mechanisms": sum(len(each.mechanisms) for each in models if isinstance(each, NoisyOr)),
        "treatments": len(network.treatments),
        "claims": kinds.count("claim"),
        "studies": kinds.count("study"),
        "numbers": sum(classes(network).values()),
    }


def summary(network: Network) -> str:
    """Return the counts in one sentence."""
    n = counts(network)
    parts = ("variable", "mechanism", "treatment")
    size = ", ".join(counted(n[f"{part}s"], part) for part in parts)
    if n["studies"]:
        studies = "1 study" if n["studies"] == 1 else f"{n['studies']} studies"
        size += f"; {counted(n['claims'], 'claim')} and {studies} as sources"
    return f"{size}; {counted(n['numbers'], 'number')}: {classes_words(network)}"


def classes_words(network: Network) -> str:
    """Return how many numbers belong to each class that occurs, in words."""
    n = classes(network)
    total = max(sum(n.values()), 1)
    return ", ".join(f"{many} {kind} ({percent(many / total)})" for kind, many in n.items() if many)
