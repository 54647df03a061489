"""Why does a runner's back hurt? A Bayesian network with cited, graded numbers, exact inference,
and explanations to check.

Two things to hold: a `Network` (data from a file) and a `Diagnosis` (one runner's answers put to
it).

>>> import backpain_bn as bb
>>> d = bb.diagnose(
...     {"sitting_hours": "over_8", "low_back_pain": "yes", "pain_during_run": "yes"}
... )
>>> d["tight_hip_flexors"]["yes"] > bb.posterior(bb.load())["tight_hip_flexors"]["yes"]
True

It is no medical device. Red flags come first.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import BackpainError, FileProblem, ImpossibleEvidence, TooHard, UnknownName
from .formats.load import load
from .inference.posterior import Posterior, posterior
from .model.network import Network

if TYPE_CHECKING:
    from .cohort.score import report, score
    from .diagnosis import Diagnosis, diagnose, explore

WHERE = {
    "Diagnosis": "diagnosis",
    "diagnose": "diagnosis",
    "explore": "diagnosis",
    "report": "cohort.score",
    "score": "cohort.score",
}
"""What is imported when it is first asked for, and from where."""

__version__ = "0.1.0"
__all__ = [
    "BackpainError",
    "Diagnosis",
    "FileProblem",
    "ImpossibleEvidence",
    "Network",
    "Posterior",
    "TooHard",
    "UnknownName",
    "diagnose",
    "explore",
    "load",
    "posterior",
    "report",
    "score",
]


def __getattr__(name: str) -> Any:
    if name in WHERE:
        return getattr(import_module(f".{WHERE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
