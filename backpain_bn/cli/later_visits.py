"""Further visits of a case, told one after another on one command line."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.findings import Findings, findings_of, numbers_told
from ..model.network import Network
from ..red_flags.implied import later_flags
from ..temporal.follow_up import FollowUp


def next_visit(
    network: Network, course: FollowUp, findings: Findings, answers: Mapping[str, str | None]
) -> FollowUp:
    """Return a course with one more visit. Where it is withheld already it stays so, with what the
    visit adds to the red flags: a graver one must not stay unsaid for having come later.
    """
    if course.withheld is None:
        return course.follow_up(findings, red_flags=answers)
    told, numbers = findings_of(network, findings), numbers_told(network, findings)
    flags = later_flags(course.withheld, answers, told, numbers)
    return FollowUp.withhold(flags) if flags.urgent else course
