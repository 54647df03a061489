"""The same case over time: visit after visit, and the next period with and without treatment."""

from .follow_up import FollowUp, follow_up
from .next_period import next_period
from .visits import Visit

__all__ = ["FollowUp", "Visit", "follow_up", "next_period"]
