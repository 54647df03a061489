"""What is said of one case: the answer on one screen, and the whole answer with its sources."""

from .full import FullAnswer
from .one_screen import OneScreen

__all__ = ["FullAnswer", "OneScreen"]
