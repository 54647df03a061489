"""How answers look: a result is made of a few kinds of block, and each format knows every kind, so
that R results in F formats cost R + F. All words that are said twice are in `words`.
"""

from __future__ import annotations

from .blocks import View
from .document import document
from .html import to_html
from .markdown import to_markdown
from .matplotlib_charts import plot
from .result import Result
from .text import to_text

__all__ = ["Result", "View", "document", "plot", "to_html", "to_markdown", "to_text"]
