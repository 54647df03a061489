"""Which axes are summed out together: the buckets of an elimination, small ones joined.

Every bucket costs a few calls from Python. Where tensors are small that is all they cost, so
buckets that stay small together are made one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Cluster:
    """Tensors that are multiplied: leaves, and what comes from other clusters; `dropped` axes are
    summed out of the product, which has all the `axes`.
    """

    leaves: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    axes: set[int] = field(default_factory=set)
    dropped: set[int] = field(default_factory=set)


def clustered(
    scopes: Sequence[Sequence[int]], sizes: Sequence[int], eliminated: int, small: int
) -> dict[int, Cluster]:
    """Return the clusters by number, parts before what they go into; the last has what is left.

    Axes 0, 1, ... `eliminated` - 1 are summed out in this order. A cluster is joined to the one it
    goes into where that adds no axes, or where both have at most `small` cells together; there is
    only one where all axes have.

    >>> found = clustered([(0, 1), (1, 2)], [2, 2, 2], 3, 4)
    >>> [(cluster.leaves, sorted(cluster.axes)) for cluster in found.values()]
    [([0], [0, 1]), ([1], [1, 2]), ([], [])]
    """
    if math.prod(sizes) <= small:
        every = range(len(sizes))
        leaves = list(range(len(scopes)))
        return {eliminated: Cluster(leaves, [], set(every), set(every[:eliminated]))}
    found = _buckets(scopes, eliminated)
    for number in range(eliminated):
        cluster = found[number]
        after = _after(cluster, eliminated)
        if after == eliminated:
            continue
        other = found[after]
        together = cluster.axes | other.axes
        if other.axes <= cluster.axes or math.prod([sizes[axis] for axis in together]) <= small:
            other.parts.remove(number)
            other.parts += cluster.parts
            other.leaves += cluster.leaves
            other.dropped |= cluster.dropped
            other.axes = together
            del found[number]
    return found


def _buckets(scopes: Sequence[Sequence[int]], eliminated: int) -> dict[int, Cluster]:
    found = {number: Cluster(dropped={number}) for number in range(eliminated)}
    last = found[eliminated] = Cluster()
    for leaf, scope in enumerate(scopes):
        cluster = found[min(min(scope, default=eliminated), eliminated)]
        cluster.leaves.append(leaf)
        cluster.axes.update(scope)
    for number in range(eliminated):
        cluster = found[number]
        if not cluster.axes:
            cluster.axes.add(number)
        after = found[_after(cluster, eliminated)]
        after.parts.append(number)
        after.axes |= cluster.axes - cluster.dropped
    last.dropped.clear()
    return found


def _after(cluster: Cluster, eliminated: int) -> int:
    """Return the number of the cluster that this one goes into."""
    return min(min(cluster.axes - cluster.dropped, default=eliminated), eliminated)
