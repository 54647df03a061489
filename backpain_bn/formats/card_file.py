"""`NAME.card.yaml`: what the authors of a network say in its model card."""

from __future__ import annotations

from pathlib import Path

from ..errors import FileProblem
from ..model.card import Card, Checklist, ChecklistItem
from .schema import CardShape, ChecklistShape
from .shape_problems import shaped
from .text_files import SHIPPED, is_file
from .yaml_document import Document, Steps, read_yaml


def card_beside(source: str | Path) -> Card:
    """Return the card that lies beside a network, a shipped one by name or a file; an empty one
    where none does. Raises `FileProblem` as `read_card` does.
    """
    path = Path(source)
    if isinstance(source, str) and not path.suffix:
        path = SHIPPED / f"{source}.yaml"
    beside = path.with_name(f"{path.stem}.card.yaml")
    return read_card(beside) if is_file(beside) else Card()


def read_card(path: Path) -> Card:
    """Return the card of a file; raises `FileProblem` with everything that is wrong with it, as
    `path:line:column`.
    """
    document = read_yaml(path)
    shape = shaped(CardShape, document, "purpose, population, limits, ...")
    checklists = tuple(
        _checklist(document, part, ("checklists", index))
        for index, part in enumerate(shape.checklists)
    )
    if document.found:
        raise FileProblem(document.lines())
    return Card(
        purpose=shape.purpose,
        users=shape.users,
        population=shape.population,
        outcome=shape.outcome,
        known=tuple(shape.known),
        unknown=tuple(shape.unknown),
        limits=tuple(shape.limits),
        checklists=checklists,
    )


def _checklist(document: Document, shape: ChecklistShape, steps: Steps) -> Checklist:
    items = []
    for number, part in shape.items.items():
        if not part.met and not part.not_met:
            why = f"item {number} says neither where it is met nor what is not met"
            document.complain((*steps, "items", number), why)
        items.append(ChecklistItem(number, part.asks, part.met, part.not_met))
    return Checklist(shape.title, shape.reference, tuple(items))
