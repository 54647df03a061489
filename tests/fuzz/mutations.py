"""Changes of a text that keep its words whole, where a change of bytes would be refused at once."""

from __future__ import annotations

import random
import re

WORDS = re.compile(rb"\w+|\s+|[^\w\s]")
NASTY = (
    b"", b"-", b"--", b"0", b"-1", b"1e400", b"-1e-400", b"nan", b"inf", b"0x10", b"1_0", b"9" * 5000,
    b"1/0", b"2", b"50", b"1000000", b"null", b"no", b"~", b"[", b"]", b"{", b"}", b"[]", b"{}", b"\"",
    b"'", b"<", b">", b"</", b"&amp;", b"&", b"*", b"#", b"|", b";", b",", b"=", b"%", b"\\", b"/",
    b"\x00", b"\x1b", b"\xff", b"\xef\xbb\xbf", "\u202e".encode(), "\u0661".encode(), b"\r", b"\n\n",
    b"a" * 300, b"[" * 300, b"<a>" * 300, b"../../etc/passwd", b"/dev/zero", b"=1+1",
)  # fmt: skip
"""What readers have stumbled over: no number, no end, no letter, too much of it."""
MOST_CHANGES = 4


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """Return a text with up to four of its words, or runs of words, replaced, doubled, left out or
    moved; at most `most` bytes.
    """
    chance = random.Random(seed)
    words = WORDS.findall(data)
    for _ in range(chance.randint(1, MOST_CHANGES)):
        _change(words, chance)
    return b"".join(words)[:most]


def _change(words: list[bytes], chance: random.Random) -> None:
    start = chance.randrange(len(words) + 1)
    end = min(len(words), start + chance.choice((1, 1, 1, 3, 10, 40)))
    run = words[start:end]
    kind = chance.randrange(4)
    if kind == 0:
        words[start:end] = [chance.choice([*NASTY, *words])]
    elif kind == 1:
        words[start:end] = run + run
    elif kind == 2:
        del words[start:end]
    else:
        del words[start:end]
        place = chance.randrange(len(words) + 1)
        words[place:place] = run
