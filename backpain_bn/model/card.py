"""What the authors of a network say of it in its model card, beside what is worked out."""

from __future__ import annotations

from ..records import record


@record
class ChecklistItem:
    """One item of a reporting guideline: what it asks, where that is `met`, and what is not; at
    least one of the two.
    """

    number: str
    asks: str
    met: str = ""
    not_met: str = ""


@record
class Checklist:
    """A reporting guideline applied to the network, item by item."""

    title: str
    reference: str
    items: tuple[ChecklistItem, ...]

    @property
    def unmet(self) -> tuple[ChecklistItem, ...]:
        """The items that are not met, or not wholly."""
        return tuple(item for item in self.items if item.not_met)


@record
class Card:
    """What a model card says that no figure of the network says; empty by default."""

    purpose: str = ""
    users: str = ""
    population: str = ""
    outcome: str = ""
    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    checklists: tuple[Checklist, ...] = ()
