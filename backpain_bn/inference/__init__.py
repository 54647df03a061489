"""Exact inference: findings become rows of likelihoods, rows become what is believed of every
variable, under interventions and in counterfactual worlds; by dense tables or by a circuit.
"""

from .beliefs import Beliefs
from .engine import engine_for
from .evidence import encode
from .posterior import Posterior, posterior

__all__ = ["Beliefs", "Posterior", "encode", "engine_for", "posterior"]
