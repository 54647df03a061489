"""How a cause is named where something is put down to it: with the states that are to blame."""

from __future__ import annotations

from ..model.findings import Findings
from ..model.network import Network
from ..model.variables import Variable
from .words import either, is_yes_no, short_label, state_words


def cause_words(network: Network, name: str, findings: Findings) -> str:
    """Return a cause with its unhealthy states, or with the one that was told, as `state_words`
    does: "sky: light rain"; of a cause of which no healthy state is known, the label alone.
    """
    states = _blamed_states(network[name], findings)
    return state_words(network, name, states) if states else short_label(network[name])


def blamed_words(network: Network, name: str, findings: Findings) -> str:
    """Return what `cause_words` does as it stands within a sentence: the states in brackets.

    >>> from backpain_bn.model import Network, Variable, prior
    >>> oil = Variable("oil", ("regular", "none"), prior(0.7, 0.3), "Oiled (each month)")
    >>> network = Network("n", {"oil": oil})
    >>> cause_words(network, "oil", {}), blamed_words(network, "oil", {})
    ('oiled: none', 'oiled (none)')
    """
    variable = network[name]
    states = _blamed_states(variable, findings)
    if is_yes_no(variable) or not states:
        return short_label(variable)
    return f"{short_label(variable)} ({either(states)})"


def _blamed_states(variable: Variable, findings: Findings) -> tuple[str, ...]:
    if not variable.healthy_first:
        return ()
    finding = findings.get(variable.name)
    if isinstance(finding, str) and finding != variable.healthy:
        return (finding,)
    return variable.unhealthy
