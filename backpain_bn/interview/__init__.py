"""An interview in a terminal: red flags first, then the most useful question each time."""

from .conversation import interview

__all__ = ["interview"]
