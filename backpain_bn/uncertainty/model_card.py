"""The model card of a network: what its authors say of it, and what the audit of its evidence
found, as Markdown (Mitchell et al. 2019).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..display.blocks import Block, Item, Note, TextTable, View
from ..display.citations import counts
from ..display.document import document
from ..display.words import full_label, percent_of_number
from ..model.card import Card, Checklist, ChecklistItem
from ..model.network import Network
from .evidence_audit import EvidenceAudit


def model_card(audit: EvidenceAudit, card: Card) -> str:
    """Return the card as Markdown: purpose, population, outcome, structure, numbers, performance,
    what nobody has confirmed, limits, and each checklist with what is not met.

    >>> from backpain_bn.model import Variable, prior
    >>> from backpain_bn.uncertainty.evidence_audit import evidence_audit
    >>> rain = Variable("rain", ("no", "yes"), prior(0.8, 0.2))
    >>> audit = evidence_audit(Network("garden", {"rain": rain}))
    >>> print(model_card(audit, Card(purpose="To plan a picnic.")).splitlines()[0])
    # Model card: garden, version 0
    """
    network = audit.network
    numbers, influential, claims, figures, unconfirmed = audit.views()
    views = [
        View("Purpose", tuple(_said(card.purpose, card.users, network.vocabulary.disclaimer))),
        View("Population", tuple(_said(card.population or network.about))),
        View("Outcome", tuple(_outcome(network, card))),
        View("Structure", tuple(_structure(network))),
        numbers,
        influential,
        claims,
        View("Performance: known", (*_list(card.known), *figures.blocks)),
        View("Performance: unknown", tuple(_list(card.unknown))),
        unconfirmed,
        View("Limits", tuple(_list(card.limits))),
        *map(_checklist, card.checklists),
    ]
    title = f"Model card: {network.name}, version {network.version}"
    foot = "Written by backpain-bn evidence --card; what is wrong in it is mended in the network."
    return document(".md", title, views, foot, {})


def _said(*texts: str) -> Iterator[Note]:
    return (Note(text) for text in texts if text)


def _list(texts: tuple[str, ...]) -> Iterator[Item]:
    return map(Item, texts)


def _outcome(network: Network, card: Card) -> Iterator[Note]:
    yield from _said(card.outcome)
    if not network.outcome:
        return
    variable = network[network.outcome]
    yield Note(f"{full_label(variable)} ({variable.name}). {variable.about}".rstrip())
    stated = variable.marginal
    if stated is not None:
        p, low, high = map(percent_of_number, (stated.p, stated.low, stated.high))
        cited = ", ".join(stated.sources)
        yield Note(f"Published: {p} ({low} to {high}) [{cited}]. {stated.note}".rstrip())


def _structure(network: Network) -> Iterator[Block]:
    n = counts(network)
    yield Note(
        f"A Bayesian network of {n['variables']} variables and {n['links']} links, most of them "
        f"mechanisms of noisy-ORs ({n['mechanisms']}), with {n['treatments']} treatments; "
        f"{n['claims']} claims and {n['studies']} studies as sources. Inference is exact."
    )
    often = Counter(variable.role for variable in network.variables.values())
    roles = network.vocabulary.roles
    rows = tuple((str(often[name]), roles[name].title) for name in roles if often[name])
    yield TextTable(("variables", "role"), rows)


def _checklist(checklist: Checklist) -> View:
    unmet = len(checklist.unmet)
    note = Note(
        f"{checklist.reference} Of {len(checklist.items)} items {unmet} are not met, or not wholly."
    )
    rows = tuple((item.number, item.asks, _verdict(item)) for item in checklist.items)
    return View(checklist.title, (note, TextTable(("item", "asks", "where met"), rows)))


def _verdict(item: ChecklistItem) -> str:
    if not item.not_met:
        return item.met
    return " ".join(filter(None, [item.met, f"Not met: {item.not_met}"]))
