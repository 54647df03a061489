"""What can be told of a case: every variable of a network, and what to ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .display.blocks import Note, TextTable, View
from .display.result import Rows
from .display.words import counted, full_label
from .formats.load import network_of
from .model.network import Network
from .model.variables import Cost, Variable
from .records import record


@record
class Askable:
    """One variable that can be told: its `states`, the `question` that asks for it ("" where the
    file has none), what a `number` that tells it may be ("" where none can), its `role` in the
    network, and what it costs to find out (minutes, discomfort from 0 to 10, by which means).
    """

    name: str
    label: str
    question: str
    states: tuple[str, ...]
    number: str
    role: str
    cost: Cost

    def to_dict(self) -> dict[str, object]:
        """Return the row as plain data."""
        return {
            "name": self.name,
            "label": self.label,
            "question": self.question,
            "states": list(self.states),
            "number": self.number,
            "role": self.role,
            "minutes": self.cost.minutes,
            "discomfort": self.cost.discomfort,
            "who": self.cost.who,
        }


@record
class Questions(Rows[Askable]):
    """Every variable of a network as what can be told of a case, in the order of the file.

    Red-flag questions are told apart from findings, and are listed last when this is printed.
    """

    network: Network
    rows: tuple[Askable, ...]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per variable."""
        return [row.to_dict() for row in self.rows]

    def sections(self) -> list[View]:
        """Return the variables role by role, and the red-flag questions."""
        roles = self.network.vocabulary.roles
        views = [View(role.title, tuple(self._table(name))) for name, role in roles.items()]
        flags = self.network.red_flags.questions
        if flags:
            rows = tuple((each.id, each.text) for each in flags)
            lead = f"{counted(len(flags), 'question')}, answered yes or no, apart from findings."
            views.append(View("Red flags", (Note(lead), TextTable(("name", "question"), rows))))
        return [view for view in views if view.blocks]

    def _table(self, role: str) -> Iterator[TextTable]:
        rows = tuple(
            (row.name, _cost(row), f"{_answers(row)}. {row.question or row.label}")
            for row in self.rows
            if row.role == role
        )
        if rows:
            yield TextTable(("name", "cost", "states, and what to ask"), rows)


def questions(network: Network | str | Path | None = None) -> Questions:
    """Return what can be told of a case of a network, given as a `Network`, a name or a path: for
    each of its n variables name, question, states, role and cost, as n rows.

    Raises `UnknownName` for a network that is not shipped, `FileProblem` with everything that is
    wrong with a file.

    >>> row = questions("car")[2]
    >>> row.name, row.states, row.cost.minutes
    ('lights_left_on', ('no', 'yes'), 0.5)
    >>> row.question
    'Were lights or the radio left on, or a door ajar, when the car was parked?'
    """
    model = network_of(network)
    return Questions(model, tuple(map(_askable, model.variables.values())))


def _askable(variable: Variable) -> Askable:
    return Askable(
        name=variable.name,
        label=full_label(variable),
        question=variable.question,
        states=variable.states,
        number=variable.number_words if variable.bins else "",
        role=variable.role,
        cost=variable.cost,
    )


def _answers(row: Askable) -> str:
    states = ", ".join(row.states)
    return f"{states}, or {row.number}" if row.number else states


def _cost(row: Askable) -> str:
    if not row.question:
        return ""
    said = f"{row.cost.minutes:g} min"
    return f"{said}, discomfort {row.cost.discomfort:g}" if row.cost.discomfort else said
