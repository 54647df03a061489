"""Read-only views of dicts, of which networks are full, can be pickled, which Python by itself
refuses.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any


def read_only(found: Mapping[Any, Any]) -> MappingProxyType[Any, Any]:
    """Return a view of a copy of a mapping, through which it cannot be changed.

    >>> import pickle
    >>> pickle.loads(pickle.dumps(read_only({"rain": "yes"})))
    mappingproxy({'rain': 'yes'})
    """
    return MappingProxyType(dict(found))


def _parts(view: MappingProxyType[Any, Any]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return read_only, (dict(view),)


copyreg.pickle(MappingProxyType, _parts)
