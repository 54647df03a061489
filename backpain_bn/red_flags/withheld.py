"""An answer that is not given while an urgent red flag is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from ..errors import AnswerWithheld
from .answered import RedFlags


class Withholding:
    """An answer with a field `withheld`: None, or the red flags that forbid it. A withheld answer
    holds these and what it is given besides; whatever else is asked of it raises `AnswerWithheld`.
    """

    __slots__ = ()

    @classmethod
    def withhold(cls, red_flags: RedFlags, /, **held: object) -> Self:
        """Return the answer that is not given: it has the red flags, and of its fields only what is
        `held`.
        """
        answer = object.__new__(cls)
        for name, value in {**held, "withheld": red_flags}.items():
            object.__setattr__(answer, name, value)
        return answer

    # Hidden from type checkers, to which every misspelt attribute would look right.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_") or name == "withheld" or self.withheld is None:
                return object.__getattribute__(self, name)
            raise why_withheld(name, self.withheld)


def why_withheld(name: object, red_flags: RedFlags) -> AnswerWithheld:
    """Return the error for asking for a part of an answer that is withheld."""
    reasons = "; ".join(rule.label for rule in red_flags.set)
    return AnswerWithheld(f"{name} is withheld. {red_flags.rules.withheld} ({reasons})")
