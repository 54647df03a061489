"""Red flags: fixed rules on plain questions, answered before any probability is shown; what
findings say of them; and how an answer is withheld while an urgent one is set.
"""

from .answered import RedFlags, check
from .implied import asked_first, implied, later_flags
from .rules import RedFlagQuestion, Rule, Rules

__all__ = [
    "RedFlagQuestion",
    "RedFlags",
    "Rule",
    "Rules",
    "asked_first",
    "check",
    "implied",
    "later_flags",
]
