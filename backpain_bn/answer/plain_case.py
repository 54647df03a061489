"""One case as plain data: what stands at the head of every answer in JSON."""

from __future__ import annotations

from ..display.document import plain_network
from ..model.findings import Findings
from ..model.network import Network
from ..red_flags.answered import RedFlags

VERSION = 1
"""The version of the shape of all answers in JSON; it rises when a key goes or means another
thing.
"""


def schema_of(command: str) -> str:
    """Return what an answer in JSON calls its shape.

    >>> schema_of("why")
    'backpain-bn/why/1'
    """
    return f"backpain-bn/{command}/{VERSION}"


def plain_case(
    command: str, network: Network, findings: Findings, red_flags: RedFlags
) -> dict[str, object]:
    """Return the head of an answer: its shape, network, findings, red flags, and whether it is
    withheld.
    """
    told = {
        name: finding if isinstance(finding, str) else dict(finding)
        for name, finding in findings.items()
        if finding
    }
    return {
        "red_flags": plain_flags(red_flags),
        "withheld": red_flags.rules.withheld if red_flags.urgent else None,
        "schema": schema_of(command),
        "network": plain_network(network),
        "findings": told,
        "note": network.vocabulary.disclaimer,
    }


def plain_flags(red_flags: RedFlags) -> dict[str, object]:
    """Return what was answered and what it set off, the most urgent first."""
    fired = [
        {"id": rule.id, "label": rule.label, "urgency": rule.urgency, "action": rule.action}
        for rule in red_flags.set
    ]
    return {
        "urgent": red_flags.urgent,
        "set": fired,
        "answers": dict(red_flags.answers),
        "not_asked": list(red_flags.not_asked),
    }
