"""A Bayesian network of why runners' backs hurt, and of anything else one brings: cited, graded
numbers, exact inference, and explanations to check.

Two things to hold: a `Network` (data from a file) and a `Diagnosis` (one case's answers put to it).

>>> import backpain_bn as bb
>>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
>>> d["weak_battery"]["yes"] > bb.posterior("car")["weak_battery"]["yes"]
True

It is no medical device. Red flags come first.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import BackpainError, FileProblem, ImpossibleEvidence, TooHard, UnknownName
from .formats.load import load
from .inference.posterior import Posterior
from .model.network import Network

if TYPE_CHECKING:
    from .cohort.score import score
    from .diagnosis import Diagnosis, diagnose, explore, posterior
    from .formats.save import save
    from .learn.fit import fit
    from .learn.validation import validate

WHERE = {
    "Diagnosis": ("diagnosis", "Diagnosis"),
    "diagnose": ("diagnosis", "diagnose"),
    "explore": ("diagnosis", "explore"),
    "fit": ("learn.fit", "fit"),
    "posterior": ("diagnosis", "posterior"),
    "save": ("formats.save", "save"),
    "score": ("cohort.score", "score"),
    "validate": ("learn.validation", "validate"),
}
"""What is imported when it is first asked for: the module and the name in it."""

__version__ = "0.2.0"
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
    "fit",
    "load",
    "posterior",
    "save",
    "score",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name == "cohort":
        return import_module(".cohort", __name__)
    if name in WHERE:
        module, attribute = WHERE[name]
        return getattr(import_module(f".{module}", __name__), attribute)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
