"""Numbers of a network learned from a cohort with missing answers, beside the cited ones, and
whether its answers can be believed there.
"""

from .fit import fit
from .fitted import Fitted
from .learned import Learned
from .validation import Validation, validate

__all__ = ["Fitted", "Learned", "Validation", "fit", "validate"]
