"""What a network is: variables, their distributions with the source of every number, and the frozen
`Network` that is complete when built and never changes.

What a network is built from in Python stands here; sources, costs and treatments in `variables`,
roles and words in `vocabulary`.
"""

from .distributions import Mechanism, NoisyOr, Row, Table, number, prior
from .network import Network
from .variables import Variable

__all__ = ["Mechanism", "Network", "NoisyOr", "Row", "Table", "Variable", "number", "prior"]
