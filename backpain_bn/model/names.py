"""What a name of a variable or a state, or a label, may be."""

from __future__ import annotations

import re
from collections.abc import Collection

LONGEST_NAME = 255
"""No name of a variable or a state, and no label, has more characters than this."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_INVISIBLE = re.compile("[\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Signs that are not seen, and those that turn the direction of writing round; not the joiners that
some scripts need.
"""


def name_problem(name: str) -> str:
    """Return what is wrong with the name of a variable or state, or with a label, or nothing.

    >>> name_problem("wet"), name_problem("we\u200bt"), name_problem(" ")
    ('', 'has an invisible character in it (U+200B)', 'is empty')
    """
    if len(name) > LONGEST_NAME:
        return f"has {len(name):,} characters; the limit is {LONGEST_NAME}"
    if not name.strip():
        return "is empty"
    if name.isprintable():
        return ""
    for kind, signs in (("a control", _CONTROL), ("an invisible", _INVISIBLE)):
        hidden = signs.search(name)
        if hidden:
            return f"has {kind} character in it (U+{ord(hidden[0]):04X})"
    return ""


def are_plain(names: Collection[str]) -> bool:
    """Whether all names are so plain that none needs a closer look by `name_problem`.

    >>> are_plain(["wet", "not yet"]), are_plain(["wet", " "])
    (True, False)
    """
    return (
        "".join(names).isprintable()
        and all(map(str.strip, names))
        and max(map(len, names), default=0) <= LONGEST_NAME
    )
