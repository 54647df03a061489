"""What a network is: variables, their distributions with the source of every number, and the frozen
`Network` that is complete when built and never changes.
"""

from .distributions import Mechanism, NoisyOr, Number, Row, Table, number, prior
from .network import Network, divorced
from .variables import Cost, Source, Treatment, Variable
from .vocabulary import Role, Vocabulary

__all__ = [
    "Cost",
    "Mechanism",
    "Network",
    "NoisyOr",
    "Number",
    "Role",
    "Row",
    "Source",
    "Table",
    "Treatment",
    "Variable",
    "Vocabulary",
    "divorced",
    "number",
    "prior",
]
