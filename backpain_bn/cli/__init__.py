"""`backpain-bn`: every question about one case, an interview, cohorts, and what a network file
holds.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..display.text import plain_spaces
from ..errors import BackpainError
from .output import REFUSED, Reply, guarded, plain_warnings, prepare, style, width
from .parser import parsed

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code (see `output.CODES`)."""
    prepare()
    return guarded(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = parsed(arguments)
        with plain_warnings():
            answer = options.run(options)
    except BackpainError as error:
        print(f"backpain-bn: {error}", file=sys.stderr)
        return REFUSED
    except SystemExit as stop:
        # argparse has said what there is to say: a help, a version.
        return stop.code if isinstance(stop.code, int) else REFUSED
    said = answer if isinstance(answer, Reply) else Reply(lambda *_: plain_spaces(str(answer)))
    text = said.lay_out(width(), style())
    if text:
        print(text)
    return said.code
