"""What is said of one case: the answer on one screen (`one_screen`), the whole answer with its
sources (`full`), and what stands in place of every answer under an urgent red flag.
"""

from .withheld import Withheld

__all__ = ["Withheld"]
