"""Where every number comes from: a variable's numbers in words, and the sources behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..model.distributions import EXPERT, NoisyOr, Number
from ..model.network import Network, grade
from ..model.variables import Trial
from ..red_flags import RedFlags
from .blocks import Note, Table, View
from .words import grade_words, state_words


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of a variable: what it is the probability of, the number, and its grade ("" for
    what is no link).
    """

    what: str
    number: Number
    grade: str = ""


def entries(network: Network, name: str) -> Iterator[Entry]:
    """Yield every number of one variable, in the order of the file."""
    variable = network[name]
    distribution = variable.distribution
    if variable.marginal is not None:
        yield Entry("overall (checked, not used as a link)", variable.marginal)
    if isinstance(distribution, NoisyOr):
        yield Entry("with none of the causes below", distribution.leak)
        for mechanism in distribution.mechanisms:
            what = " and ".join(
                state_words(network, parent, states) for parent, states in mechanism.when.items()
            )
            yield Entry(what, mechanism.number, graded(network, mechanism.number))
        return
    for row in distribution.rows:
        given = " and ".join(
            state_words(network, parent, [state])
            for parent, state in zip(distribution.parents, row.given, strict=True)
        )
        for state, number in list(zip(variable.states, row.numbers, strict=True))[1:]:
            yield Entry(
                state.replace("_", " ") + (f" given {given}" if given else ""),
                number,
                graded(network, number) if given else "",
            )


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


def references(network: Network, wanted: Iterable[str]) -> Table:
    """Return the sources of these ids, as a table of id and what it is; grade C rows say that they
    are not verified.
    """
    rows = []
    for id in dict.fromkeys(wanted):
        if id == EXPERT:
            rows.append((id, "the judgement of this network's authors"))
        elif id in network.sources:
            source = network.sources[id]
            unverified = " [not verified: do not rely on it]" if source.read == "C" else ""
            doi = f" doi:{source.doi}" if source.doi else ""
            rows.append((id, f"{source.reference}{doi}: {source.says}{unverified}"))
    return Table(("source", "what it is"), tuple(rows))


def views(network: Network, names: Iterable[str]) -> list[View]:
    """Return, for each variable, every number with range, grade and sources, and then the
    sources.
    """
    sections, wanted = [], []
    for name in names:
        variable = network[name]
        rows = []
        for entry in entries(network, name):
            number = entry.number
            printed = f" from {number.published}" if number.published else ""
            rows.append(
                (
                    f"{number.p:.3g} ({number.low:.3g} to {number.high:.3g})",
                    entry.grade or "-",
                    f"{entry.what}{printed} [{ids(number)}]",
                )
            )
            wanted += [*number.sources, *number.against]
        notes = tuple(Note(text) for text in (variable.about,) if text)
        table = Table(("probability", "grade", "of what, and its sources"), tuple(rows))
        sections.append(View(f"{name}: {variable.label}", (*notes, table)))
    table = references(network, wanted)
    return [*sections, View("Sources", (table,))] if table.rows else sections


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


def counts(network: Network) -> dict[str, int]:
    """Return how many variables, mechanisms, numbers, expert numbers, claims and studies the
    network holds.
    """
    numbers = [number for variable in network.variables.values() for number in variable.numbers]
    numbers += [treatment.success for treatment in network.treatments.values()]
    return {
        "variables": len(network.variables),
        "mechanisms": sum(
            len(variable.distribution.mechanisms)
            for variable in network.variables.values()
            if isinstance(variable.distribution, NoisyOr)
        ),
        "numbers": len(numbers),
        "judgement": sum(number.is_expert and not _studied(network, number) for number in numbers),
        "guided": sum(number.is_expert and _studied(network, number) for number in numbers),
        "claims": sum(source.kind == "claim" for source in network.sources.values()),
        "studies": sum(source.kind == "study" for source in network.sources.values()),
        "treatments": len(network.treatments),
    }


def _studied(network: Network, number: Number) -> bool:
    return any(
        id in network.sources and network.sources[id].kind == "study"
        for id in (*number.sources, *number.against)
    )


def summary(network: Network) -> str:
    """Return the counts in one sentence."""
    n = counts(network)
    if not n["studies"]:
        return (
            f"{n['variables']} variables, {n['mechanisms']} mechanisms, {n['numbers']} numbers "
            "without sources"
        )
    share = 100 * (n["judgement"] + n["guided"]) / n["numbers"]
    return (
        f"{n['variables']} variables, {n['mechanisms']} mechanisms, {n['treatments']} treatments; "
        f"{n['claims']} claims and {n['studies']} studies as sources; "
        f"of {n['numbers']} numbers {n['numbers'] - n['judgement'] - n['guided']} are published "
        "figures, "
        f"{n['guided']} judgement guided by a study, {n['judgement']} judgement alone "
        f"({share:.0f} % `expert`)"
    )
