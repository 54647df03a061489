"""How well a number is founded: what its sources say, from which of them are on which side."""

from __future__ import annotations

from collections.abc import Mapping

from .distributions import EXPERT
from .variables import Source

NOT_STATED = "not stated"
GRADES = ("contradicted", NOT_STATED, EXPERT, "claimed only", "mixed", "supported")
"""Grades of evidence, weakest first."""


def grade(sources: tuple[str, ...], against: tuple[str, ...], rows: Mapping[str, Source]) -> str:
    """Return what the sources say of a link, from which of them are on which side.

    supported: a study for it and none against; mixed: both; contradicted: only studies against;
    claimed only: an article says so and no study was found; expert: neither; not stated: no source
    at all is named. Rows of grade C (not verified) do not count.
    """
    for_it = any(rows[id].counts for id in sources if id in rows)
    against_it = any(rows[id].counts for id in against if id in rows)
    if for_it:
        return "mixed" if against_it else "supported"
    if against_it:
        return "contradicted"
    if not sources:
        return NOT_STATED
    claimed = any(rows[id].kind == "claim" for id in sources if id in rows)
    return "claimed only" if claimed else EXPERT
