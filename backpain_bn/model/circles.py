"""Whether variables cause each other in a circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def is_acyclic(parents: Mapping[str, Sequence[str]]) -> bool:
    """Whether no variable leads to itself; every parent is one of the variables.

    >>> is_acyclic({"wet": ["rain"], "rain": []}), is_acyclic({"hen": ["egg"], "egg": ["hen"]})
    (True, False)
    """
    placed: set[str] = set()
    left = {}
    for name, above in parents.items():
        if placed.issuperset(above):
            placed.add(name)
        else:
            left[name] = above
    remove_what_is_on_no_circle(left)
    return not left


def remove_what_is_on_no_circle(left: dict[str, Sequence[str]]) -> None:
    """Remove, parents first, every variable that no circle of those left leads to."""
    children: dict[str, list[str]] = {name: [] for name in left}
    waiting = {}
    for name, parents in left.items():
        above = [parent for parent in parents if parent in left]
        waiting[name] = len(above)
        for parent in above:
            children[parent].append(name)
    free = [name for name, count in waiting.items() if count == 0]
    while free:
        name = free.pop()
        del left[name]
        for child in children[name]:
            waiting[child] -= 1
            if waiting[child] == 0:
                free.append(child)
