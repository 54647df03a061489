"""How sure an answer is: each number of the network moved by itself through its range, all of them
drawn at once, and which of them the first place hangs on.
"""

from .monte_carlo import robustness
from .one_way import sensitivity
from .rank_flips import rank_flips

__all__ = ["rank_flips", "robustness", "sensitivity"]
