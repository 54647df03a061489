"""Findings in, exact probabilities out.

What is told becomes rows of likelihoods (`encode`), an engine (`engine_for`) answers rows with
`Beliefs`, by dense tables or by a compiled circuit as is quicker, and `posterior` reads one case.
What would be if something were done, or with other numbers, is a `Case` put to `answers`: rows and
parameters for the same engine.
"""

from .beliefs import Array, Beliefs
from .engine import Engine, engine_for
from .evidence import encode
from .interventions import Case, answers
from .posterior import Posterior, posterior

__all__ = [
    "Array",
    "Beliefs",
    "Case",
    "Engine",
    "Posterior",
    "answers",
    "encode",
    "engine_for",
    "posterior",
]
