"""The pages of all studies and all claims, each with what rests on it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from backpain_bn.model.variables import Source

from .book import READ, Book
from .markdown import doi_link, page, plain


def finding_of(source: Source) -> str:
    """Return the figure of a study with its interval and unit.

    >>> finding_of(Source("X-1", "study", "", value="1.33", low="0.39", high="4.48", unit="OR"))
    '1.33 (0.39 to 4.48) OR'
    """
    interval = f" ({source.low} to {source.high})" if source.low and source.high else ""
    return plain(f"{source.value}{interval} {source.unit}")


def reference_of(source: Source) -> str:
    """Return where a study was published, with a link where its DOI is known, and how it was
    read.
    """
    known = " ".join(filter(None, (plain(source.reference), doi_link(source.doi))))
    read = READ[source.read]
    return f"{known} ({read})" if read else known


def studies_page(book: Book) -> str:
    """Return the page of all studies, by their id."""
    studies = [source for source in book.network.sources.values() if source.kind == "study"]
    intro = (
        f"All {len(studies)} studies that a number, a treatment or a piece of advice names. "
        "Those that nobody could verify decide nothing. The figure stands as printed."
    )
    entries = (_study(book, source) for source in sorted(studies, key=lambda one: one.id))
    return page("# Studies", intro, *entries)


def claims_page(book: Book) -> str:
    """Return the page of all claims, article by article."""
    claims = [source for source in book.network.sources.values() if source.kind == "claim"]
    intro = (
        f"All {len(claims)} claims that were read in the articles, in our words. A claim gives the "
        "structure, a study the strength."
    )
    return page("# Claims", intro, *_by_article(book, claims))


def _by_article(book: Book, claims: list[Source]) -> Iterator[str]:
    for article, group in groupby(claims, key=lambda one: one.reference):
        yield f"## {plain(article)}"
        for source in group:
            yield _entry(source, plain(source.says), _used(book, source))


def _study(book: Book, source: Source) -> str:
    figure = finding_of(source)
    population = f", in {plain(source.population)}" if source.population else ""
    found = f"Figure: {figure}{population}." if figure.strip() else ""
    where = f"{reference_of(source)}."
    return _entry(source, plain(source.says), found, where, _used(book, source))


def _entry(source: Source, *parts: str) -> str:
    """Return a paragraph that can be linked to by the id of its source."""
    said = " ".join(part for part in parts if part)
    return f"**{plain(source.id)}** {said}\n{{ #{source.id.lower()} .source }}"


def _used(book: Book, source: Source) -> str:
    names = book.used.get(source.id, ())
    if not names:
        return "*Rests on it: a treatment, advice, a red flag or a published figure.*"
    return f"*Rests on it: {', '.join(map(book.label, names))}.*"
