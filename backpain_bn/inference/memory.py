"""How much memory is free, and how much of it one question may take."""

from __future__ import annotations

import os
from pathlib import Path

SHARE = 0.5
"""The share of the free memory that one question may take."""
UNKNOWN = 4 * 2**30
"""What is taken to be free where the system does not say."""


def allowed_bytes() -> int:
    """Return how many bytes one question may take now: `SHARE` of what the system says is
    available.
    """
    return int(SHARE * _available())


def _available() -> int:
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    known = hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names
    pages = os.sysconf("SC_PHYS_PAGES") if known else -1
    # WebAssembly has the question and answers -1.
    return pages * os.sysconf("SC_PAGE_SIZE") if pages > 0 else UNKNOWN
