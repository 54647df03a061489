"""What every question gets for an answer while an urgent red flag is set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..display.blocks import Alarm, Note, View
from ..display.result import Result
from ..errors import AnswerWithheld
from ..red_flags import RedFlags


def flag_view(red_flags: RedFlags) -> View:
    """Return what was flagged, what to do, what was not asked, and who confirmed the rules."""
    alarms = red_flags.alarms()
    lines = [*red_flags.lines(), *red_flags.doubt()]
    told = [Alarm(line) for line in alarms] + [Note(line) for line in lines[len(alarms) :]]
    return View("Red flags first", tuple(told))


@dataclass(frozen=True)
class Withheld(Result):
    """What every question gets for an answer while an urgent red flag is set: the flag, what to do,
    and nothing else.

    Whatever else is asked of it raises `AnswerWithheld`, which says why.
    """

    red_flags: RedFlags
    rows: tuple[()] = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise self._why(name)

    def __getitem__(self, name: object) -> Any:
        raise self._why(name)

    def _why(self, name: object) -> AnswerWithheld:
        reasons = "; ".join(rule.label for rule in self.red_flags.set)
        said = self.red_flags.rules.withheld
        return AnswerWithheld(f"{name} is withheld. {said} ({reasons})")

    def __iter__(self) -> Iterator[object]:
        return iter(self.rows)

    def __len__(self) -> int:
        return 0

    def views(self) -> list[View]:
        """Return the red flags and what to do."""
        return [flag_view(self.red_flags)]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return no rows."""
        return []
