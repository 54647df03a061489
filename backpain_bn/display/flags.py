"""Red flags as a section, which stands in place of every answer while an urgent one is set."""

from __future__ import annotations

from ..red_flags.answered import RedFlags
from .blocks import Alarm, Note, View


def flag_view(red_flags: RedFlags) -> View:
    """Return what was flagged, what to do, what was not asked, and who confirmed the rules."""
    alarms = red_flags.alarms()
    lines = [*red_flags.lines(), *red_flags.doubt()]
    told = [Alarm(line) for line in alarms] + [Note(line) for line in lines[len(alarms) :]]
    return View("Red flags first", tuple(told))
