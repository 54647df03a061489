"""Why one case is as it is: what is to blame for the outcome and by which paths, what each finding
says for and against a hypothesis, which combination is likeliest, whether the findings fit
together, and where two networks disagree.
"""

from .attribution import contributors
from .causal_paths import causal_paths
from .comparison import compare
from .conflict import conflict
from .most_probable import most_probable
from .shapley import shapley
from .shares import attributable_shares
from .weight_of_evidence import weight_of_evidence

__all__ = [
    "attributable_shares",
    "causal_paths",
    "compare",
    "conflict",
    "contributors",
    "most_probable",
    "shapley",
    "weight_of_evidence",
]
