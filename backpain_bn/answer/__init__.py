"""What is said of one case: the answer on one screen, the whole answer with its sources, and what
stands in place of both under an urgent red flag.
"""

from .full import FullAnswer
from .one_screen import OneScreen
from .withheld import Withheld

__all__ = ["FullAnswer", "OneScreen", "Withheld"]
