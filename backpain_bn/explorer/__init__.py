"""The picture to click: the graph of a network with its answer in words, in a notebook (`explore`)
or as one file that works without Python (`standalone`).
"""

from __future__ import annotations

from .page import standalone
from .widget import explore

__all__ = ["explore", "standalone"]
