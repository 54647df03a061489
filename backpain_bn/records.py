"""What all records have in common: they never change, are compared and hashed by what they hold, go
through pickle and copy, and show themselves in a line or two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache, wraps
from typing import Any, NoReturn, TypeVar, dataclass_transform

import numpy as np

K = TypeVar("K")
V = TypeVar("V")
Class = TypeVar("Class")

WIDEST_VALUE = 60
LONGEST_REPR = 400
"""A record shows itself in no more characters than this: a few lines of a screen."""


class FrozenDict(dict[K, V]):
    """A dict that never changes, and so can be hashed and pickled.

    >>> states = FrozenDict({"rain": "yes"})
    >>> states == {"rain": "yes"}, hash(states) == hash(FrozenDict(states))
    (True, True)
    """

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(_hashable(dict(self)))

    def __reduce__(self) -> tuple[type[FrozenDict[K, V]], tuple[dict[K, V]]]:
        return type(self), (dict(self),)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} never changes; dict(...) gives a copy that can")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


class Caching:
    """A record of which a property is worked out once: it has a dict beside its slots."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[Class]) -> type[Class]:
    """Return a frozen dataclass, equal to another one of its class that holds the same (arrays
    included), and hashed, pickled and shown by what it holds.

    >>> @record
    ... class Rain:
    ...     chance: float
    ...     rows: tuple[int, ...]
    >>> Rain(0.2, (1, 2)) == Rain(0.2, (1, 2)), Rain(0.2, tuple(range(99)))
    (True, Rain(chance=0.2, rows=(99 items)))
    >>> print(Rain(0.2, (1, 2)))
    Rain
      chance: 0.2
      rows: (1, 2)
    """
    own = vars(cls)
    made: Any = dataclass(frozen=True, eq=False, repr=False, slots=True)(cls)
    for name, method in _METHODS.items():
        if name not in own:
            setattr(made, name, method)
    if made.__str__ is object.__str__:
        made.__str__ = _str
    # A class that says itself what is equal would else lose its hash.
    if own.get("__hash__") is None:
        made.__hash__ = _hash
    found: type[Class] = made
    return found


class _Which:
    """A key that stands for one object, whatever it holds."""

    __slots__ = ("held",)

    def __init__(self, held: Any) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Which) and self.held is other.held

    def __hash__(self) -> int:
        return id(self.held)


def kept_for_each(maxsize: int) -> Callable[[Callable[[K], V]], Callable[[K], V]]:
    """Return a decorator like `lru_cache`, for a function whose result holds parts of the very
    object that it is given: an equal object has a result of its own.

    >>> parts = kept_for_each(8)(lambda rain: [rain])
    >>> one, other = "rain", "".join(["ra", "in"])
    >>> parts(one) is parts(one), parts(one) is parts(other)
    (True, False)
    """

    def decorated(function: Callable[[K], V]) -> Callable[[K], V]:
        kept = lru_cache(maxsize)(lambda which: function(which.held))

        @wraps(function)
        def asked(one: K) -> V:
            return kept(_Which(one))

        return asked

    return decorated


def same(one: object, other: object) -> bool:
    """Return whether two records, or what they hold, are equal by content."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(np.asarray(one), np.asarray(other))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)


def same_fields(one: object, other: object) -> bool:
    """Return whether two records of one class hold the same."""
    return type(one) is type(other) and all(
        same(mine, theirs) for mine, theirs in zip(_compared(one), _compared(other), strict=True)
    )


def brief(value: object) -> str:
    """Return a value in a few words: as it is where it is short, else what and how many.

    >>> brief("rain"), brief(("no", "yes")), brief(list(range(99))), brief(0.123456)
    ("'rain'", "('no', 'yes')", '[99 items]', '0.1235')
    """
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, np.ndarray):
        return f"array{value.shape}"
    if isinstance(value, str):
        return repr(value if len(value) <= WIDEST_VALUE else f"{value[: WIDEST_VALUE - 1]}…")
    if _is_record(value):
        shown = repr(value)
        return shown if len(shown) <= WIDEST_VALUE else f"{type(value).__name__}(…)"
    if isinstance(value, Mapping):
        return _list("{}", [f"{key!r}: {brief(each)}" for key, each in value.items()])
    if isinstance(value, tuple | list | set | frozenset):
        return _list("[]" if isinstance(value, list) else "()", [brief(each) for each in value])
    return repr(value)


def _list(brackets: str, items: list[str]) -> str:
    start, end = brackets[0], brackets[1]
    joined = ", ".join(items)
    if len(joined) <= WIDEST_VALUE:
        return f"{start}{joined}{end}"
    return f"{start}{len(items)} {'item' if len(items) == 1 else 'items'}{end}"


def _held(self: Any) -> dict[str, Any]:
    """Return what a record holds, by the names of its fields; a withheld answer lacks some."""
    names = (each.name for each in fields(self))
    return {name: getattr(self, name) for name in names if hasattr(self, name)}


def _compared(self: Any) -> list[Any]:
    return [getattr(self, each.name, None) for each in fields(self) if each.compare]


def _eq(self: Any, other: object) -> bool:
    return same_fields(self, other) if type(self) is type(other) else NotImplemented


def _hash(self: Any) -> int:
    return hash((type(self).__qualname__, *map(_hashable, _compared(self))))


def _hashable(value: object) -> object:
    if isinstance(value, np.ndarray):
        return (value.shape, *value.ravel().tolist())
    if isinstance(value, Mapping) and not _is_record(value):
        return frozenset((key, _hashable(each)) for key, each in value.items())
    if isinstance(value, tuple | list):
        return tuple(map(_hashable, value))
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return value


def _getstate(self: Any) -> dict[str, Any]:
    return _held(self)


def _setstate(self: Any, state: dict[str, Any]) -> None:
    for name, value in state.items():
        object.__setattr__(self, name, value)


def _repr(self: Any) -> str:
    pairs = [f"{name}={brief(each)}" for name, each in _held(self).items() if each is not None]
    shown = f"{type(self).__name__}({', '.join(pairs)})"
    return shown if len(shown) <= LONGEST_REPR else f"{shown[: LONGEST_REPR - 2]}…)"


def _str(self: Any) -> str:
    lines = [line for name, value in _held(self).items() for line in _told(name, value)]
    return "\n".join([type(self).__name__, *lines])


def _told(name: str, value: object) -> Iterator[str]:
    """Yield a field in full, the records of a tuple one by one."""
    if isinstance(value, tuple) and any(_is_record(each) for each in value):
        yield f"  {name}:"
        yield from (f"    {brief(each)}" for each in value)
    else:
        yield f"  {name}: {value if isinstance(value, str) else brief(value)}"


def _is_record(value: object) -> bool:
    return hasattr(value, "__dataclass_fields__")


_METHODS = {
    "__eq__": _eq,
    "__repr__": _repr,
    "__getstate__": _getstate,
    "__setstate__": _setstate,
}
