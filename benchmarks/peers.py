"""The engines that are compared, each behind the same few questions, each given the network in the
form that suits it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import backpain_bn as bb
from backpain_bn.inference.engine import engine_for
from backpain_bn.inference.evidence import encode
from backpain_bn.inference.interventions import certain
from backpain_bn.model.network import Network

Case = Mapping[str, str]
Answer = dict[str, np.ndarray]

if TYPE_CHECKING:
    import pandas


@dataclass
class Cohort:
    """Many cases: a table for ours, dicts for peers that take one case at a time."""

    frame: pandas.DataFrame

    def cases(self, rows: int) -> list[Case]:
        """The first rows; what is missing is left out."""
        return [
            {name: state for name, state in row.items() if isinstance(state, str)}
            for row in self.frame.head(rows).to_dict("records")
        ]


class Looping:
    """What a peer does that answers one case after another: everything is a loop over
    `marginals`.
    """

    network: Network

    def marginals(self, case: Case, targets: Sequence[str]) -> Answer:
        """P(target | case) for each target."""
        raise NotImplementedError

    def each(self, cases: Sequence[Case], targets: Sequence[str]) -> list[Answer]:
        """P(target | case) for each case."""
        return [self.marginals(case, targets) for case in cases]

    def cohort(self, cohort: Cohort, targets: Sequence[str], rows: int) -> list[Answer]:
        """P(target | case) for the first `rows` cases."""
        return self.each(cohort.cases(rows), targets)

    def answers(self, case: Case, asked: Sequence[str], target: str, rows: int) -> list[Answer]:
        """P(target | case, answer) for every possible answer to every question."""
        every = [{**case, name: state} for name in asked for state in self.network[name].states]
        return self.each(every[:rows], [target])

    def subsets(self, case: Case, target: str, rows: int) -> list[Answer]:
        """P(target | subset) for the subsets of a case, in binary order."""
        every = [
            {name: case[name] for i, name in enumerate(case) if mask >> i & 1}
            for mask in range(rows)
        ]
        return self.each(every, [target])


class Ours:
    """This library: every question is one batch of rows."""

    name = "backpain_bn"

    def __init__(self, network: Network) -> None:
        self.network = network
        self.engine = engine_for(network)
        for _ in range(100):  # a process that has answered a while: the compiled kernel is loaded
            self.engine(np.ones((1, len(network.columns))))

    def marginals(self, case: Case, targets: Sequence[str]) -> Answer:
        row = self.engine(encode(self.network, [case])).marginals[0]
        return {name: row[self.network.slices[name]] for name in targets}

    def cohort(self, cohort: Cohort, targets: Sequence[str], rows: int) -> list[np.ndarray]:
        frame = bb.score(cohort.frame.head(rows), self.network, targets=list(targets))
        columns = [f"{name}={state}" for name in targets for state in self.network[name].states]
        return list(np.column_stack([np.asarray(frame[column]) for column in columns]))

    def answers(self, case: Case, asked: Sequence[str], target: str, rows: int) -> list[np.ndarray]:
        places = [self.network.slices[name] for name in asked]
        evidence = np.tile(encode(self.network, [case]), (rows, 1))
        row = 0
        for place in places:
            for state in range(place.start, place.stop):
                evidence[row, place] = 0.0
                evidence[row, state] = 1.0
                row += 1
        return self.only(target, (*case, *asked))(evidence, self.network.slices[target])

    def subsets(self, case: Case, target: str, rows: int) -> list[np.ndarray]:
        own = encode(self.network, [case])[0]
        evidence = np.ones((rows, len(own)))
        masks = np.arange(rows)
        for bit, name in enumerate(case):
            evidence[masks >> bit & 1 == 1, self.network.slices[name]] = own[
                self.network.slices[name]
            ]
        return self.only(target, tuple(case))(evidence, self.network.slices[target])

    def only(
        self, target: str, seen: Iterable[str]
    ) -> Callable[[np.ndarray, slice], list[np.ndarray]]:
        """The circuit cut down to one target and what is seen."""
        engine = engine_for(self.network, frozenset([target]), frozenset(seen))
        return lambda evidence, place: list(engine(evidence).marginals[:, place])

    def under_do(self, settings: Sequence[Case], case: Case, target: str) -> list[np.ndarray]:
        circuit = self.engine.circuit
        tables = np.tile(circuit.parameters, (len(settings), 1))
        for row, setting in zip(tables, settings, strict=True):
            for name, state in setting.items():
                row[circuit.places[name]] = certain(
                    self.network[name], self.network.state(name, state)
                )
        beliefs = self.engine(np.tile(encode(self.network, [case]), (len(settings), 1)), tables)
        return list(beliefs.marginals[:, self.network.slices[target]])

    def redrawn(self, draws: np.ndarray, case: Case, target: str) -> list[np.ndarray]:
        engine = engine_for(self.network, frozenset([target]), frozenset(case))
        tables = np.tile(engine.parameters, (len(draws), 1))
        for name in roots(self.network):
            if name in engine.places:
                tables[:, engine.places[name]] = draws[:, self.network.slices[name]]
        beliefs = engine(np.tile(encode(self.network, [case]), (len(draws), 1)), tables)
        return list(beliefs.marginals[:, self.network.slices[target]])


class Agrum(Looping):
    """pyAgrum, tables set from arrays of the divorced network (its own readers round to single
    precision).
    """

    def __init__(self, network: Network, inference: str) -> None:
        import pyagrum

        self.gum, self.inference, self.name = (
            pyagrum,
            inference,
            f"pyAgrum {inference.removesuffix('Inference')}",
        )
        self.network = network
        self.model = self.build(network)
        self.engine = getattr(pyagrum, inference)(self.model)

    def build(self, network: Network) -> Any:
        model = self.gum.BayesNet(network.name)
        cpds = pgmpy_model(network).get_cpds()
        for cpd in cpds:
            model.add(
                self.gum.LabelizedVariable(
                    cpd.variable, cpd.variable, list(cpd.state_names[cpd.variable])
                )
            )
        for cpd in cpds:
            for parent in cpd.variables[1:]:
                model.addArc(parent, cpd.variable)
        for cpd in cpds:
            table = model.cpt(cpd.variable)
            axes = [cpd.variables.index(name) for name in reversed(table.names)]
            table.fillWith(np.transpose(cpd.values, axes).ravel().tolist())
        return model

    def marginals(self, case: Case, targets: Sequence[str]) -> Answer:
        self.engine.setEvidence(dict(case))
        self.engine.makeInference()
        return {name: self.engine.posterior(name).toarray() for name in targets}

    def each(self, cases: Sequence[Case], targets: Sequence[str]) -> list[Answer]:
        if len(targets) < len(self.network.variables):
            self.engine.setTargets(set(targets))
        try:
            return super().each(cases, targets)
        finally:
            self.engine.setTargets(set(self.network.variables))

    def alone(self, model: Any, case: Case, target: str) -> np.ndarray:
        """P(target | case) on a model of its own."""
        engine = getattr(self.gum, self.inference)(model)
        engine.setTargets({target})
        engine.setEvidence(dict(case))
        engine.makeInference()
        return np.asarray(engine.posterior(target).toarray())

    def under_do(self, settings: Sequence[Case], case: Case, target: str) -> list[np.ndarray]:
        found = []
        for setting in settings:
            model = self.gum.BayesNet(self.model)
            for name, state in setting.items():
                for parent in list(model.parents(name)):
                    model.eraseArc(parent, model.idFromName(name))
                model.cpt(name).fillWith(
                    [float(state == other) for other in self.network[name].states]
                )
            found.append(self.alone(model, case, target))
        return found

    def redrawn(self, draws: np.ndarray, case: Case, target: str) -> list[np.ndarray]:
        found, model = [], self.gum.BayesNet(self.model)
        for draw in draws:
            for name in roots(self.network):
                model.cpt(name).fillWith(draw[self.network.slices[name]].tolist())
            found.append(self.alone(model, case, target))
        return found


class Pgmpy(Looping):
    """pgmpy VariableElimination, one query for each target, on the divorced network."""

    name = "pgmpy VariableElimination"

    def __init__(self, network: Network) -> None:
        from pgmpy.inference import VariableElimination

        self.network, self.model = network, pgmpy_model(network)
        self.elimination = VariableElimination
        self.engine = VariableElimination(self.model)

    def marginals(self, case: Case, targets: Sequence[str]) -> Answer:
        return {name: self.query(self.engine, name, case) for name in targets}

    def query(self, engine: Any, name: str, case: Case) -> np.ndarray:
        if name in case:
            return np.array([float(state == case[name]) for state in self.network[name].states])
        factor = engine.query([name], evidence=dict(case), show_progress=False)
        order = [factor.state_names[name].index(state) for state in self.network[name].states]
        return np.asarray(factor.values)[order]

    def under_do(self, settings: Sequence[Case], case: Case, target: str) -> list[np.ndarray]:
        found = []
        for setting in settings:
            model = self.model.do(list(setting))
            case_and_setting = {**case, **setting}
            found.append(self.query(self.elimination(model), target, case_and_setting))
        return found

    def redrawn(self, draws: np.ndarray, case: Case, target: str) -> list[np.ndarray]:
        found, model = [], self.model.copy()
        for draw in draws:
            for name in roots(self.network):
                model.get_cpds(name).values = draw[self.network.slices[name]].copy()
            found.append(self.query(self.elimination(model), target, case))
        return found


def roots(network: Network) -> Iterator[str]:
    """Yield the variables without parents that have a prior."""
    return (name for name, variable in network.variables.items() if not variable.parents)


_MODELS: dict[Network, Any] = {}


def pgmpy_model(network: Network) -> Any:
    """Return the divorced network, built once."""
    if network not in _MODELS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _MODELS[network] = network.to_pgmpy()
    return _MODELS[network]


def all_peers(network: Network) -> list[Any]:
    """Return ours and every peer, on one network."""
    return [
        Ours(network),
        Agrum(network, "LazyPropagation"),
        Agrum(network, "ShaferShenoyInference"),
        Pgmpy(network),
    ]
