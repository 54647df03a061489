"""The jobs J1 to J6 and J8: each asks every peer the same question, of as many rows as the peer
can be waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from backpain_bn.model.distributions import NoisyOr
from backpain_bn.model.network import Network

from .peers import Case, Cohort

if TYPE_CHECKING:
    import pandas

Run = Callable[[Any, int], list[Any]]


@dataclass(frozen=True)
class Job:
    """`run(peer, rows)` does `rows` units of work; `rows` says how many ours and each peer are
    given, times are per unit.
    """

    name: str
    what: str
    run: Run
    ours: int
    theirs: dict[str, int]
    unit: str = "row"


def simulate(network: Network, n: int, seed: int) -> list[dict[str, str]]:
    """Return n whole cases drawn from the network, parents before children."""
    rng = np.random.default_rng(seed)
    drawn: list[dict[str, str]] = []
    for _ in range(n):
        case: dict[str, str] = {}
        for name in network.order:
            variable = network[name]
            model = variable.distribution
            if isinstance(model, NoisyOr):
                absent = 1 - model.leak.p
                for mechanism in model.mechanisms:
                    if all(case[parent] in states for parent, states in mechanism.when.items()):
                        absent *= 1 - mechanism.number.p
                weights = [absent, 1 - absent]
            else:
                given = tuple(case[parent] for parent in model.parents)
                weights = [
                    entry.p for row in model.rows if row.given == given for entry in row.numbers
                ]
            case[name] = variable.states[
                rng.choice(len(weights), p=np.array(weights) / sum(weights))
            ]
        drawn.append(case)
    return drawn


def masked(
    cases: Sequence[Case], columns: Sequence[str], share: float, rows: int, seed: int
) -> pandas.DataFrame:
    """Return rows of these columns, each answer drawn from the cases by itself, and a share of the
    answers missing.
    """
    import pandas

    rng = np.random.default_rng(seed)
    drawn = {
        name: np.array([case[name] for case in cases], dtype=object)[
            rng.integers(len(cases), size=rows)
        ]
        for name in columns
    }
    return pandas.DataFrame(drawn).mask(rng.random((rows, len(columns))) < share, None)


def askable(network: Network) -> list[str]:
    """Return the variables that a form can ask for."""
    return [name for name, variable in network.variables.items() if variable.question] or list(
        network.variables
    )


def jobs(network: Network, quick: bool) -> list[Job]:
    """Return the jobs on one network."""
    size = 20_000 if quick else 200_000
    target = network.outcome or list(network.variables)[-1]
    form = [name for name in askable(network) if name != target]
    upstream = network.ancestors(target)
    hidden = next(
        name
        for name in network.order
        if name in upstream and not network[name].question and network[name].parents
    )
    whole = simulate(network, 3_000, seed=1)
    wide = Cohort(masked(whole, form[:26], 0.5, size, seed=2))
    narrow = Cohort(masked(whole, form[:12], 0.0, size, seed=3))
    case = {name: whole[0][name] for name in [target, *form[:12]]}
    everything, peers = (
        list(network.variables),
        ("pyAgrum LazyPropagation", "pyAgrum ShaferShenoy", "pgmpy VariableElimination"),
    )

    def counts(fast: int, slow: int) -> dict[str, int]:
        return dict(zip(peers, (fast, fast, slow), strict=True))

    def cohort(cohort: Cohort, targets: Sequence[str], peer: Any, rows: int) -> list[Any]:
        return list(peer.cohort(cohort, targets, rows))

    def one(peer: Any, rows: int) -> list[Any]:
        return [peer.marginals(case, everything) for _ in range(rows)]

    asked = [name for name in form if name not in case and name != hidden]
    answers = sum(len(network[name].states) for name in asked)
    twelve = dict(list(case.items())[:12])
    causes = [
        name for name in everything if network[name].parents and name in network.ancestors(target)
    ][:15]
    settings = [{name: state} for name in causes for state in network[name].states]
    before = {name: state for name, state in case.items() if not network[name].parents}
    draws = drawn_roots(network, 1000, seed=5)

    def questions(peer: Any, rows: int) -> list[Any]:
        return list(peer.answers(case, asked, hidden, rows))

    def subsets(peer: Any, rows: int) -> list[Any]:
        return list(peer.subsets(twelve, hidden, rows))

    def interventions(peer: Any, rows: int) -> list[Any]:
        return list(peer.under_do(settings[:rows], before, target))

    healthy = [{name: network[name].healthy} for name in network.causes if name not in before]

    def shares(peer: Any, rows: int) -> list[Any]:
        return list(peer.under_do([{}, *healthy][:rows], before, target))

    def redrawn(peer: Any, rows: int) -> list[Any]:
        return list(peer.redrawn(draws[:rows], case, hidden))

    return [
        Job("J1", "one case, all marginals", one, 200, counts(3, 1), "case"),
        Job(
            "J2a",
            "cohort of 26 half-missing columns, all targets",
            partial(cohort, wide, everything),
            size,
            counts(10, 1),
        ),
        Job("J2b", "the same, one target", partial(cohort, wide, [target]), size, counts(20, 10)),
        Job(
            "J2c",
            "cohort of a 12-question form, all targets",
            partial(cohort, narrow, everything),
            size,
            counts(10, 1),
        ),
        Job(
            "J3",
            "entropy drop of every unanswered question",
            questions,
            answers,
            counts(10, 10),
            "answer",
        ),
        Job(
            "J4", "4096 subsets of 12 findings, one target", subsets, 4096, counts(20, 10), "subset"
        ),
        Job("J5", "do() on 15 causes", interventions, len(settings), counts(10, 5), "do"),
        Job(
            "J8",
            "shares of all causes: the outcome as it is, and without each",
            shares,
            1 + len(healthy),
            counts(10, 5),
            "cause",
        ),
        Job("J6", "1000 parameter draws", redrawn, 1000, counts(10, 5), "draw"),
    ]


def drawn_roots(network: Network, n: int, seed: int) -> np.ndarray:
    """Return n draws of all roots' priors, around the network's own, shape (n, S)."""
    rng = np.random.default_rng(seed)
    draws = np.zeros((n, len(network.columns)))
    for name, variable in network.variables.items():
        if not variable.parents and not isinstance(variable.distribution, NoisyOr):
            own = np.array([entry.p for entry in variable.distribution.rows[0].numbers])
            draws[:, network.slices[name]] = rng.dirichlet(50 * own + 1, size=n)
    return draws


def agrees(ours: list[Any], theirs: list[Any]) -> float:
    """Return the largest difference between two peers' answers to the same rows."""
    worst = 0.0
    for mine, other in zip(ours, theirs, strict=False):
        worst = max(worst, float(np.abs(flat(mine) - flat(other)).max()))
    return worst


def flat(answer: Any) -> np.ndarray:
    """Return one answer as a flat array."""
    return (
        np.concatenate([np.ravel(part) for part in answer.values()])
        if isinstance(answer, dict)
        else np.ravel(answer)
    )
