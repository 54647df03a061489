"""One page for each variable: its numbers with range, grade and sources, the studies behind them,
the claims that it carries, and the ways to its causes and effects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backpain_bn.display.citations import classed, graded
from backpain_bn.display.words import (
    counted,
    full_label,
    grade_words,
    percent_of_number,
    state_words,
)
from backpain_bn.model import NoisyOr
from backpain_bn.model.distributions import Number
from backpain_bn.model.numbers import LEAK, MECHANISM, Parameter
from backpain_bn.model.variables import Source, Treatment, Variable

from .book import Book, figure, key_of
from .markdown import link, page, plain, table
from .sources import finding_of, reference_of


def variable_page(book: Book, name: str) -> str:
    """Return the page of one variable."""
    variable = book.network[name]
    own = [one for one in book.numbers if one.variable == name]
    leaving = [one for one in book.numbers if name in one.when]
    named = tuple(_named(book, variable, (*own, *leaving)))
    return page(
        f"# {plain(full_label(variable))}",
        _what_it_is(book, variable),
        _how_common(book, variable),
        _section(
            "Its numbers", _how_to_read(variable), _overall(book, variable), _numbers(book, own)
        ),
        _section("What it leads to", _numbers(book, leaving, effects=True)),
        _section("What can be done", _treatments(book, name)),
        _section("Claims that it carries", _claims(book, named)),
        _section("Studies behind these numbers", _studies(book, named)),
    )


def _section(title: str, *parts: str) -> str:
    """Return a section; nothing where its last part, which the others speak of, is empty."""
    return page(f"## {title}", *parts).rstrip() if parts[-1] else ""


def _what_it_is(book: Book, variable: Variable) -> str:
    network, cost = book.network, variable.cost
    states = ", ".join(map(plain, variable.states))
    lines = [f"`{variable.name}` · {plain(network.role(variable.name).title)} · states: {states}"]
    if variable.about:
        lines.append(plain(variable.about))
    if variable.question:
        means = plain(network.vocabulary.means[cost.who].title).lower()
        trouble = f", discomfort {cost.discomfort:g} of 10" if cost.discomfort else ""
        takes = f"{means}, {counted_minutes(cost.minutes)}{trouble}"
        lines.append(f"> {plain(variable.question)}\n>\n> *{takes}*")
    if variable.also:
        lines.append(f"A search also finds it by: {plain(variable.also)}.")
    return page(*lines).rstrip()


def counted_minutes(minutes: float) -> str:
    """Return how long a question or a test takes.

    >>> counted_minutes(0.5), counted_minutes(1), counted_minutes(15)
    ('half a minute', '1 minute', '15 minutes')
    """
    if minutes == 0.5:
        return "half a minute"
    return counted(int(minutes), "minute") if minutes == int(minutes) else f"{minutes:g} minutes"


def _how_common(book: Book, variable: Variable) -> str:
    header = ("state", *(plain(words) for words in book.common))
    rows = (
        (
            plain(state.replace("_", " ")),
            *(percent_of_number(found[variable.name][state]) for found in book.common.values()),
        )
        for state in variable.states
    )
    population = plain(book.network.vocabulary.population)
    title = f"## How common it is among {population}"
    return page(title, "Worked out by the network, with nothing told.", table(header, rows))


def _how_to_read(variable: Variable) -> str:
    if isinstance(variable.distribution, NoisyOr):
        return (
            "Each cause is the chance that it alone brings this about (noisy-OR), with its range; "
            "the first line is the chance with none of the causes."
        )
    return "The chance of each state but the first, with its range."


def _overall(book: Book, variable: Variable) -> str:
    """Return how common it is by the studies, which the numbers below are checked against."""
    number = variable.marginal
    if number is None:
        return ""
    return f"Overall, checked and not used as a link: {figure(number)}; {_rests_on(book, number)}"


def _numbers(book: Book, numbers: Iterable[Parameter], *, effects: bool = False) -> str:
    header = (
        "effect" if effects else "of what",
        plain(book.own_words),
        *map(plain, book.others),
        "grade of the evidence",
        "what the number is, and its sources",
    )
    return table(header, (_row(book, one, effects) for one in numbers))


def _row(book: Book, one: Parameter, effects: bool) -> tuple[str, ...]:
    network, number = book.network, one.number
    grade = plain(grade_words(network, graded(network, number))) if one.when else "–"
    others = (figures.get(key_of(one)) for figures in book.elsewhere.values())
    return (
        _effect(book, one) if effects else _what(book, one),
        figure(number),
        *(figure(other) if other else "–" for other in others),
        grade,
        _rests_on(book, number),
    )


def _what(book: Book, one: Parameter) -> str:
    if one.kind == LEAK:
        return "with none of the causes"
    given = book.conditions(one.when)
    if one.kind == MECHANISM:
        return given
    state = plain(one.state.replace("_", " "))
    return f"{state}, given {given}" if given else state


def _effect(book: Book, one: Parameter) -> str:
    effect = book.condition(one.variable, (one.state,))
    return f"{effect}<br>by {book.conditions(one.when)}" if len(one.when) > 1 else effect


def _rests_on(book: Book, number: Number) -> str:
    kind = classed(book.network, number).split(":")[0]
    against = f"; against: {book.cite(number.against)}" if number.against else ""
    printed = f" Printed as: {plain(number.published)}." if number.published else ""
    note = f" {plain(number.note)}" if number.note else ""
    return f"{plain(kind)}: {book.cite(number.sources) or 'none'}{against}.{printed}{note}"


def _treatments(book: Book, name: str) -> str:
    found = (each for each in book.network.treatments.values() if name in each.targets)
    return "\n".join(f"- {_treatment(book, each, name)}" for each in found)


def _treatment(book: Book, each: Treatment, name: str) -> str:
    reached = plain(state_words(book.network, name, [each.targets[name]]))
    title = link(each.label, f"treatments.md#{each.name}")
    return f"{title}: reaches “{reached}” in {figure(each.success)}"


def _named(book: Book, variable: Variable, numbers: Iterable[Parameter]) -> Iterator[Source]:
    """Yield the sources of some numbers in every voice, each once."""
    every = [variable.marginal]
    for one in numbers:
        every += [one.number, *(figures.get(key_of(one)) for figures in book.elsewhere.values())]
    known = (number for number in every if number is not None)
    ids = (id for number in known for id in (*number.sources, *number.against))
    for id in dict.fromkeys(ids):
        if id in book.network.sources:
            yield book.network.sources[id]


def _claims(book: Book, named: Iterable[Source]) -> str:
    rows = (
        f"- {book.cite((source.id,))}, {plain(source.reference)}: {plain(source.says)}"
        for source in named
        if source.kind == "claim"
    )
    return "\n".join(rows)


def _studies(book: Book, named: Iterable[Source]) -> str:
    rows = (
        (
            book.cite((source.id,)),
            plain(source.says),
            finding_of(source),
            plain(source.population),
            reference_of(source),
        )
        for source in named
        if source.kind == "study"
    )
    return table(("study", "what it found", "figure", "in whom", "published in"), rows)
