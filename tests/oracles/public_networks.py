"""Public networks that pgmpy brings along, as networks of ours and as models of pyAgrum."""

from __future__ import annotations

import tempfile
import warnings
from functools import lru_cache
from gzip import decompress
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from backpain_bn.inference.beliefs import Beliefs
from backpain_bn.model.distributions import Row, Table, number
from backpain_bn.model.network import Network
from backpain_bn.model.variables import Variable

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pyagrum as gum


@lru_cache(maxsize=2)
def public_network(name: str) -> tuple[Network, Any]:
    """Return a public network, and the same as a pyAgrum model: its reader rounds to 32 bits, so
    both get the rounded numbers, each row divided by its sum.
    """
    packed = files("pgmpy.utils.example_models").joinpath(f"{name}.bif.gz").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.bif")
        path.write_bytes(decompress(packed))
        model = gum.loadBN(str(path))
    variables: dict[str, Variable] = {}
    for node in sorted(model.nodes(), key=lambda node: model.variable(node).name()):
        cpt = model.cpt(node)
        own = model.variable(node).name()
        values = cpt.toarray()
        values = values / values.sum(axis=-1, keepdims=True)
        cpt[:] = values
        parents = tuple(reversed(cpt.names[1:]))
        labels = [model.variable(parent).labels() for parent in parents]
        rows = tuple(
            Row(
                tuple(label[at] for label, at in zip(labels, place, strict=True)),
                tuple(number(float(p)) for p in values[place]),
            )
            for place in np.ndindex(*values.shape[:-1])
        )
        variables[own] = Variable(own, model.variable(node).labels(), Table(parents, rows))
    return Network(name, variables), model


def pyagrum_beliefs(network: Network, model: Any, evidence: np.ndarray) -> Beliefs:
    """Return what pyAgrum's LazyPropagation says of each row."""
    marginals, logs = np.zeros(evidence.shape), np.zeros(len(evidence))
    for index, row in enumerate(evidence):
        inference = gum.LazyPropagation(model)
        told = {
            name: row[place] for name, place in network.slices.items() if (row[place] != 1).any()
        }
        inference.setEvidence({name: weights.tolist() for name, weights in told.items()})
        inference.makeInference()
        for name, place in network.slices.items():
            marginals[index, place] = inference.posterior(name).toarray()
        logs[index] = np.log(inference.evidenceProbability()) if told else 0.0
    return Beliefs(marginals, logs)
