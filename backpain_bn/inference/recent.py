"""What was worked out last, kept for whoever asks again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """The values of the `most` keys that were asked for last. Any number of threads may ask; none
    of them sees a value that is not complete.

    >>> squares: Recent[int] = Recent(2)
    >>> [squares.of(number, lambda: number**2) for number in (3, 4, 3)], squares.values()
    ([9, 16, 9], (16, 9))
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()

    def values(self) -> tuple[Value, ...]:
        """Return what is kept, what was asked for last at the end."""
        with self._lock:
            return tuple(self._values.values())

    def of(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made where there is none.

        It is made outside the lock, for that may take long: two threads that ask at once both make
        it, and the later one stays.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = make()
        with self._lock:
            self._values[key] = made
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        return made
