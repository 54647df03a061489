"""Whether variables cause each other in a circle, and in which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def is_acyclic(parents: Mapping[str, Sequence[str]]) -> bool:
    """Whether no variable leads to itself; every parent is one of the variables.

    >>> is_acyclic({"wet": ["rain"], "rain": []}), is_acyclic({"hen": ["egg"], "egg": ["hen"]})
    (True, False)
    """
    placed: set[str] = set()
    left: dict[str, Sequence[str]] = {}
    for name, above in parents.items():
        if placed.issuperset(above):
            placed.add(name)
        else:
            left[name] = above
    _remove_what_is_on_no_circle(left)
    return not left


def circles(parents: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Yield circles, the first variable again at the end, until none is left without a variable of
    those found but for its first.

    >>> list(circles({"hen": ["egg"], "egg": ["hen"], "nest": ["hen"]}))
    [['hen', 'egg', 'hen']]
    """
    left = dict(parents)
    _remove_what_is_on_no_circle(left)
    while left:
        walk = [next(iter(left))]
        while walk[-1] not in walk[:-1]:
            walk.append(next(parent for parent in left[walk[-1]] if parent in left))
        circle = walk[walk.index(walk[-1]) :][::-1]
        yield circle
        for name in circle[1:]:
            del left[name]
        _remove_what_is_on_no_circle(left)


def _remove_what_is_on_no_circle(left: dict[str, Sequence[str]]) -> None:
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
