"""A Bayesian network of why runners' backs hurt, and of anything else one brings: cited, graded
numbers, exact inference, and explanations to check.

Two things to hold: a `Network` (data from a file) and a `Diagnosis` (one case's answers put to it).

>>> import backpain_bn as bb
>>> d = bb.diagnose({"dim_lights": "yes", "no_start": "yes"}, "car")
>>> d["weak_battery"]["yes"] > bb.posterior("car")["weak_battery"]["yes"]
True

It is no medical device. Red flags come first.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

if _TYPE_CHECKING:
    from . import cohort as cohort
    from . import errors as errors
    from .askable import questions
    from .cohort.score import score
    from .diagnosis import Diagnosis, diagnose, explore, posterior
    from .errors import BackpainError
    from .formats.load import load
    from .formats.save import save
    from .inference.posterior import Posterior
    from .learn.fit import fit
    from .learn.validation import validate
    from .model.network import Network

_WHERE = {
    "BackpainError": "errors",
    "Diagnosis": "diagnosis",
    "Network": "model.network",
    "Posterior": "inference.posterior",
    "diagnose": "diagnosis",
    "explore": "diagnosis",
    "fit": "learn.fit",
    "load": "formats.load",
    "posterior": "diagnosis",
    "questions": "askable",
    "save": "formats.save",
    "score": "cohort.score",
    "validate": "learn.validation",
}
"""The public names and their modules, each imported when it is first asked for."""
_ROOMS = ("cohort", "errors")
"""Rooms that are reached without being imported by name."""

__version__ = "0.2.0"
__all__ = [
    "BackpainError",
    "Diagnosis",
    "Network",
    "Posterior",
    "diagnose",
    "explore",
    "fit",
    "load",
    "posterior",
    "questions",
    "save",
    "score",
    "validate",
]


def __dir__() -> list[str]:
    return sorted(__all__)


# Hidden from type checkers, to which every misspelt name would look right.
if not _TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name in _ROOMS:
            return import_module(f".{name}", __name__)
        if name in _WHERE:
            return getattr(import_module(f".{_WHERE[name]}", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
