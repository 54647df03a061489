"""What to ask and what to do: the worth of answers before they are given, whether enough was asked,
what treatments are expected to change, and which action is worth most.
"""

from .expected_utility import weigh
from .next_questions import next_questions
from .same_decision import same_decision
from .treatments import what_helps

__all__ = ["next_questions", "same_decision", "weigh", "what_helps"]
