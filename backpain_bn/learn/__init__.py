"""Numbers of a network learned from a cohort with missing answers, beside the cited ones."""

from .fit import fit
from .fitted import Fitted
from .learned import Learned

__all__ = ["Fitted", "Learned", "fit"]
