"""What the pain is probably made of: causes by attributable share, and what none of them
explains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..display.blocks import Item, Note, View
from ..display.result import Rows
from ..display.words import percent, short_label
from ..errors import BackpainError
from ..inference.beliefs import Array
from ..inference.engine import engine_for
from ..inference.evidence import encode
from ..inference.interventions import acted
from ..inference.posterior import Posterior, posterior
from ..model.findings import Findings
from ..model.network import Network
from .causal_paths import Chain, cited, evidence_words, path_words, strongest_chain

SHOWN = 6
SMALLEST_SHARE = 0.005


@dataclass(frozen=True, slots=True)
class Contributor:
    """One cause: how likely it is present, how likely it was before any answer, and how much of the
    pain is due to it.

    `fraction` is the attributable fraction among those who have it, `share` = presence times
    fraction; below 0 it protects.
    """

    variable: str
    label: str
    role: str
    present: float
    prior: float
    fraction: float
    share: float
    chain: Chain | None

    @property
    def grade(self) -> str:
        """The grade of the weakest link of the strongest chain; `expert` where no chain leads to
        the outcome.
        """
        return self.chain.grade if self.chain else "expert"


@dataclass(frozen=True)
class Contributors(Rows[Contributor]):
    """Causes by attributable share, the largest first, and what no listed cause explains.

    `unexplained` = P(pain | do(every listed cause healthy)) / P(pain | findings on risk factors).
    Shares overlap, for the links of a chain share their blame, and do not add up to 1.
    """

    network: Network
    findings: Findings
    rows: tuple[Contributor, ...]
    unexplained: float

    def to_dicts(self) -> list[dict[str, object]]:
        """Return one plain dict per row, for a table or JSON."""
        return [
            {
                "variable": row.variable, "label": row.label, "role": row.role, "present": row.present, "prior": row.prior,
                "fraction": row.fraction, "share": row.share, "grade": row.grade,
                "chain": list(row.chain.variables) if row.chain else [],
            }
            for row in self.rows
        ]  # fmt: skip

    def top(self) -> tuple[Contributor, ...]:
        """Return the first few rows that explain at least half a percent of the pain."""
        return tuple(row for row in self.rows if row.share >= SMALLEST_SHARE)[:SHOWN]

    def sources(self) -> list[str]:
        """Return the ids behind the numbers of `top`: how common each cause is, and the links of
        its chain.
        """
        common = [next(self.network[row.variable].numbers) for row in self.top()]
        linked = cited(self.network, (row.chain for row in self.top()))
        return [id for number in common for id in (*number.sources, *number.against)] + linked

    def views(self) -> list[View]:
        """Return the top rows, each in a sentence with its chain and evidence."""
        told = (
            self.findings.get(self.network.outcome) == self.network[self.network.outcome].states[-1]
        )
        items = []
        for row in self.top():
            chain = row.chain
            details = (
                (
                    path_words(self.network, chain, self.findings),
                    evidence_words(self.network, chain),
                )
                if chain
                else ()
            )
            items.append(Item(self._sentence(row, told), details))
        outcome = short_label(self.network[self.network.outcome])
        none = Note(
            f"No identified cause: about {percent(min(self.unexplained, 1.0))} of the {outcome} "
            "of runners like this one "
            "would be there without any of the causes that this network knows."
        )
        overlap = Note(
            "Shares overlap, because the links of one chain share their blame; they do not add up "
            "to 100 %."
        )
        protects = [self._named(row) for row in self.rows if row.share <= -SMALLEST_SHARE]
        spared = (Note(f"Protects, if anything: {'; '.join(protects)}."),) if protects else ()
        title = "What most likely contributes" if told else "What would contribute"
        return [View(title, (*items, none, *spared, overlap))]

    def _named(self, row: Contributor) -> str:
        """Return the label, with the state that was told or the unhealthy ones where they are not
        just yes.
        """
        finding, states = self.findings.get(row.variable), self.network[row.variable].states
        if states == ("no", "yes"):
            return row.label
        shown = [finding] if isinstance(finding, str) else states[1:]
        return f"{row.label}: {' or '.join(state.replace('_', ' ') for state in shown)}"

    def _sentence(self, row: Contributor, told: bool) -> str:
        finding = self.findings.get(row.variable)
        if isinstance(finding, str):
            share = " and so of this pain" if told else ""
            answer = "yes, " if self.network[row.variable].states == ("no", "yes") else ""
            lead = f"{self._named(row)}{': ' if answer else ', '}{answer}as you told"
            return f"{lead}. This accounts for about {percent(row.fraction)} of the risk{share}."
        share = f", so about {percent(row.share)} of this pain is due to it" if told else ""
        return (
            f"{self._named(row)}: {percent(row.present)} likely ({percent(row.prior)} among "
            "runners in general, before your answers). "
            f"Where present, this accounts for about {percent(row.fraction)} of the risk{share}."
        )


def contributors(
    network: Network, findings: Findings, now: Posterior | None = None
) -> Contributors:
    """Return risk factors, impairments and form faults by attributable share.

    share_c = sum over s != healthy of P(c=s | e) * AF_s, AF_s = 1 - P(pain | do(c=healthy), b) /
    P(pain | do(c=s), b), where b are the findings on variables that are neither c nor descendants
    of c (Levin 1953; Miettinen 1974; under a noisy-OR also the probability of necessity, Pearl
    1999). Raises as `posterior` does, and `BackpainError` where the network names no outcome.

    >>> from backpain_bn.model import Mechanism, Variable, number, prior
    >>> pain = NoisyOr(number(0.1), (Mechanism({"weak": ("yes",)}, number(0.5)),))
    >>> two = Network(
    ...     "two",
    ...     {
    ...         "weak": Variable("weak", ("no", "yes"), prior(0.7, 0.3)),
    ...         "pain": Variable("pain", ("no", "yes"), pain),
    ...     },
    ...     outcome="pain",
    ... )
    >>> row = contributors(two, {"pain": "yes"})[0]
    >>> round(row.present, 3), round(row.fraction, 3), round(row.share, 3)
    (0.702, 0.818, 0.574)
    """
    if not network.outcome:
        raise BackpainError(
            f"{network.name} names no outcome that causes could contribute to; `posterior` works "
            "on any network"
        )
    now = posterior(network, findings) if now is None else now
    before = posterior(network)
    upstream = network.ancestors(network.outcome)
    causes = [
        name
        for name, variable in network.variables.items()
        if network.role(name).contributes and name in upstream
    ]
    pain, unexplained = _pain_under_actions(network, findings, causes)
    rows = []
    for name in causes:
        variable = network[name]
        healthy = pain[name, variable.states[0]]
        fractions = [
            1 - healthy / pain[name, state] if pain[name, state] > 0 else 0.0
            for state in variable.states[1:]
        ]
        likely = [now[name][state] for state in variable.states[1:]]
        share = float(np.dot(likely, fractions))
        present = sum(likely)
        fraction = share / present if present > 0 else 0.0
        rows.append(
            Contributor(name, variable.label or name, variable.role, present, before.present(name), fraction, share,
                        strongest_chain(network, name, now, findings))
        )  # fmt: skip
    return Contributors(
        network, findings, tuple(sorted(rows, key=lambda row: -row.share)), unexplained
    )


def _pain_under_actions(
    network: Network, findings: Findings, causes: list[str]
) -> tuple[dict[tuple[str, str], float], float]:
    """Return P(pain | do(c = s), b) for every cause and state, and the unexplained part: all of it
    one batch of rows.
    """
    engine = engine_for(network)
    own = engine.parameters
    asked: list[tuple[str, str]] = []
    cases: list[Findings] = []
    tables: list[Array] = []
    for name in causes:
        below = network.descendants(name) | {name}
        background = {other: finding for other, finding in findings.items() if other not in below}
        for state in network[name].states:
            asked.append((name, state))
            cases.append(background)
            tables.append(acted(own, engine.places, {name: state}, network))
    healthy = {name: network[name].states[0] for name in causes}
    cases.append({})
    tables.append(acted(own, engine.places, healthy, network))
    cases.append(
        {name: finding for name, finding in findings.items() if network.role(name).background}
    )
    tables.append(own)
    beliefs = engine(encode(network, cases), np.array(tables))
    pain = 1 - beliefs.marginals[:, network.slices[network.outcome].start]
    return dict(zip(asked, pain[:-2].tolist(), strict=True)), float(pain[-2] / pain[-1]) if pain[
        -1
    ] > 0 else 1.0
