"""A network's own numbers beside those of a cohort: whether its answers can be believed there."""

from .scores import Estimate
from .validation import Validation, validate

__all__ = ["Estimate", "Validation", "validate"]
