"""The definition of inference: write out the joint distribution and sum it."""

from __future__ import annotations

import numpy as np

from backpain_bn.inference.beliefs import Beliefs
from backpain_bn.model.network import Network


def enumerate_beliefs(network: Network, evidence: np.ndarray) -> Beliefs:
    """Return the beliefs of each row by summing the whole joint table; for networks of a few
    variables.
    """
    names = list(network.variables)
    axes = {name: index for index, name in enumerate(names)}
    joint = np.ones([len(network[name].states) for name in names])
    for name in names:
        own = [*network[name].parents, name]
        joint = joint * np.einsum(
            network.table(name), [axes[n] for n in own], sorted(axes[n] for n in own)
        ).reshape([len(network[n].states) if n in own else 1 for n in names])
    marginals, log_evidence = np.zeros(evidence.shape), np.full(len(evidence), -np.inf)
    for row, likelihood in enumerate(evidence):
        weighted = joint
        for name in names:
            shape = [-1 if n == name else 1 for n in names]
            weighted = weighted * likelihood[network.slices[name]].reshape(shape)
        total = weighted.sum()
        if total > 0:
            log_evidence[row] = np.log(total)
            for name in names:
                others = tuple(axes[n] for n in names if n != name)
                marginals[row, network.slices[name]] = weighted.sum(axis=others) / total
    return Beliefs(marginals, log_evidence)
