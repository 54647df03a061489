"""The first page of the evidence, the treatments and the red flags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from backpain_bn.display.citations import summary
from backpain_bn.display.words import grade_words, percent_of_number, targets_words
from backpain_bn.model.network import link_grade
from backpain_bn.model.variables import Treatment
from backpain_bn.red_flags.answered import UNCONFIRMED
from backpain_bn.red_flags.rules import Rule, Rules

from .book import Book, figure
from .markdown import page, plain, table


def evidence_page(book: Book) -> str:
    """Return the first page: what there is, and every variable by its role."""
    network = book.network
    size = summary(network)
    return page(
        "# The evidence",
        plain(network.about),
        f"{plain(size)}. Made from the network's files when these pages were built, so what stands "
        "here is what the answers are worked out with.",
        "All [studies](studies.md) · all [claims](claims.md) · [treatments](treatments.md) · "
        "[red flags](red_flags.md) · [model card](../model_card.md)",
        f"The tables say how common each is among {plain(network.vocabulary.population)}, in any "
        "state but its first, the healthy one.",
        *(_role(book, role) for role in network.vocabulary.roles),
    )


def _role(book: Book, role: str) -> str:
    network = book.network
    names = [name for name in network if network[name].role == role]
    header = ("variable", *map(plain, book.common), "its links, by grade")
    rows = (
        (_unhealthy(book, name), *_how_often(book, name), _grades(book, name)) for name in names
    )
    return page(f"## {plain(network.vocabulary.roles[role].title)}", table(header, rows)).rstrip()


def _unhealthy(book: Book, name: str) -> str:
    return book.condition(name, book.network[name].unhealthy)


def _how_often(book: Book, name: str) -> Iterator[str]:
    """Yield how common the unhealthy states are together, in each voice."""
    unhealthy = book.network[name].unhealthy
    for found in book.common.values():
        yield percent_of_number(sum(found[name][state] for state in unhealthy))


def _grades(book: Book, name: str) -> str:
    network = book.network
    counts = Counter(link_grade(network, parent, name) for parent in network[name].parents)
    words = (f"{many} {plain(grade_words(network, grade))}" for grade, many in counts.items())
    return ", ".join(words) or "no cause is named"


def treatments_page(book: Book) -> str:
    """Return the page of all treatments."""
    network = book.network
    intro = (
        "What a treatment aims at, how often it gets there, and what trials found. Without a trial "
        "it works only through its target, and is called unproven."
    )
    return page(
        "# Treatments", intro, *(_treatment(book, each) for each in network.treatments.values())
    )


def _treatment(book: Book, each: Treatment) -> str:
    aim = plain(targets_words(book.network, each.targets))
    success = each.success
    lines = [
        f"- Aims at: {aim}.",
        f"- Gets there in {figure(success)}. Sources: {book.cite(success.sources)}.",
        f"- By what means: {plain(book.network.vocabulary.means[each.who].title).lower()}.",
    ]
    if each.trial:
        trial = each.trial
        ratio = f"{trial.risk_ratio:g} ({trial.low:g} to {trial.high:g})"
        against = f"; against: {book.cite(trial.against)}" if trial.against else ""
        lines.append(f"- Trials: risk ratio {ratio}. {book.cite(trial.sources)}{against}.")
    if each.relief_trials:
        lines.append(f"- Studies of those who have it already: {book.cite(each.relief_trials)}.")
    lines += [f"- Caution: {plain(caution)}" for caution in each.cautions]
    title = f"## {plain(each.label)} {{ #{each.name} }}"
    return page(title, plain(each.note), "\n".join(lines)).rstrip()


def red_flags_page(book: Book) -> str:
    """Return the page of all rules and all questions of the red flags."""
    rules = book.network.red_flags
    confirmed = "" if rules.confirmed else f'!!! warning ""\n    {UNCONFIRMED}'
    header = ("question", "name", "sources")
    questions = (
        (plain(each.text), f"`{each.id}`", book.cite(each.sources)) for each in rules.questions
    )
    return page(
        "# Red flags",
        plain(rules.about),
        confirmed,
        "A rule is met where every answer of one of its combinations is yes. A question that was "
        "not asked clears nothing.",
        *(_rule(book, rules, each) for each in rules.rules),
        "## All questions",
        table(header, questions),
    )


def _rule(book: Book, rules: Rules, each: Rule) -> str:
    any_of = "\n".join(f"- {_all(rules, combination)}" for combination in each.any)
    return page(
        f"## {plain(each.label)}",
        f"**{plain(each.urgency)}**: {plain(each.action)}",
        f"Met by any of\n\n{any_of}",
        f"{plain(each.why)} Sources: {book.cite(each.sources)}.",
    ).rstrip()


def _all(rules: Rules, combination: tuple[str, ...]) -> str:
    return " and ".join(plain(rules.in_words([id])) for id in combination)
